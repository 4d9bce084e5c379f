"""The conversation CSV, as every spreadsheet writes it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages import Archive, Message
from core.problems import Problem
from core.readers.conversation_csv import write_conversation_csv
from tests.core.reading import read, read_or_problem

PLAIN = "Anna;Ben\nhi;hello\n;how are you\n###;\nbye;see you\n"


def turns(archive: Archive) -> list[tuple[str, str, str]]:
    return [(m.conversation, m.author or "", m.text) for m in archive]


EXPECTED = [
    ("1", "Anna", "hi"),
    ("1", "Ben", "hello"),
    ("1", "Ben", "how are you"),
    ("2", "Anna", "bye"),
    ("2", "Ben", "see you"),
]


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace(";", ",").encode(),
        PLAIN.replace(";", "\t").encode(),
        PLAIN.replace(";", "\t").encode("utf-16"),
        ("\ufeff" + PLAIN.replace(";", "\t")).encode("utf-16-le"),
        PLAIN.replace(";", "\t").encode("utf-16-be"),
        b"sep=;\r\n" + PLAIN.encode(),
        PLAIN.replace("###;", "###").encode(),
        PLAIN.replace("###;", "#####;#####").encode(),
        PLAIN.replace("###;", "### ;").encode(),
        PLAIN.replace("###;", ";###").encode(),
        PLAIN.replace("\n", ";;;\n").encode(),
        PLAIN.replace("###", ";;\n;\n###").encode(),
        PLAIN.replace("Anna;", " Anna ;").encode(),
    ],
)
def test_every_way_to_save_it(data: bytes) -> None:
    archive = read(data)
    assert archive.source == "conversation_csv"
    assert turns(archive) == EXPECTED
    assert archive.me is not None and archive.me.name == "Ben"


def test_several_files_agree_on_the_name_they_share() -> None:
    other = PLAIN.replace("Ben", "Cleo").replace("Anna;Cleo", "Cleo;Anna")
    archive = read([("a.csv", PLAIN.encode()), ("b.csv", other.encode())])
    assert archive.me is not None and archive.me.name == "Anna"
    assert archive.frame()["conversation"].nunique() == 4


def test_cells_cut_by_the_spreadsheet_and_open_quotes_are_warned_about() -> None:
    long = "x" * 32_767
    swallowed = "\n".join(f"line {i}; more" for i in range(60))
    archive = read(f'Anna;Ben\n{long};ok\n###;\n"{swallowed};b\n')
    assert sum("cut off" in n.reason or "quotation" in n.reason for n in archive.notes) == 2


def test_windows_1252_is_noted() -> None:
    archive = read("Zoë;Ben\nça va?;naïve – oui\n".encode("cp1252"))
    assert turns(archive)[0] == ("1", "Zoë", "ça va?")
    assert any(note.kind == "guessed" for note in archive.notes)


def test_line_breaks_and_quotes_in_cells() -> None:
    archive = read('Anna;Ben\n"one\ntwo; ""three""";\n;"\u2028 sep"\n')
    assert [m.text for m in archive] == ['one\ntwo; "three"', "sep"]


def test_more_than_two_people_need_a_break_row() -> None:
    archive = read("Anna;Ben;Cleo\na;b;c\n###;;\n;;d\n")
    assert [m.author for m in archive] == ["Anna", "Ben", "Cleo", "Cleo"]


def test_spoiled_and_stray_cells_are_left_out_and_counted() -> None:
    archive = read("Anna;Ben\nhi;#NAME?\n###;\nyo;ok;stray\n" + "a;b\n" * 12)
    assert len(archive) == 3 + 24
    assert sorted(n.count for n in archive.notes if n.kind == "left_out") == [1, 1]


def test_missing_header_is_asked_about() -> None:
    archive = read("So, how was it then?;Fine, thanks.\n###;\nhi;yo\n")
    assert {m.author for m in archive} == {"Person 1", "Person 2"}
    assert any(note.kind == "question" for note in archive.notes)


def test_same_name_twice_is_a_problem() -> None:
    with pytest.raises(Problem, match="same name"):
        read("Anna;Anna\nhi;yo\n###;\na;b\n")


def test_only_a_header_is_a_problem() -> None:
    with pytest.raises(Problem):
        read("Anna;Ben\n###;\n")


@pytest.mark.parametrize(
    "text",
    [
        "date;text\n2020-01-01;hello there\n2020-01-02;again\n",
        "Hello there, you\nThis is a post\nAnd another one, with comma, and more\nEnd\n",
    ],
)
def test_other_tables_are_not_conversations(text: str) -> None:
    try:
        archive = read(text)
    except Problem:
        return
    assert archive.source != "conversation_csv"


words = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00\ufeff"), min_size=1).filter(
    lambda t: t.strip() and not t.strip().startswith("#")
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["1", "2", "3"]), st.sampled_from("AB"), words), min_size=1),
    st.sampled_from(";,\t"),
)
def test_what_is_written_reads_back(items: list[tuple[str, str, str]], delimiter: str) -> None:
    items.sort(key=lambda item: item[0])
    messages = [
        Message(str(i), conversation, None, f"Name {author}", text, "message", None)
        for i, (conversation, author, text) in enumerate(items)
    ]
    archive = read(
        write_conversation_csv([*messages, messages[0]._replace(conversation="9")], delimiter)
    )
    assert [(m.author, m.text) for m in archive][: len(items)] == [
        (m.author, m.text.strip()) for m in messages
    ]
    again = read(write_conversation_csv(archive, delimiter))
    assert turns(again) == turns(archive)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_only_problems_are_raised(data: bytes) -> None:
    read_or_problem(b"Anna;Ben\n###;\n" + data)
