"""Plain text, and chats that were written down without dates."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from tests.core.reading import make_zip, read, read_or_problem, reasons, texts


def test_one_post_a_line() -> None:
    archive = read("first post\nsecond, with comma\n\nthird\n----\n")
    assert archive.source == "plain"
    assert texts(archive, "post") == ["first post", "second, with comma", "third"]
    assert archive.me is not None and set(archive.frame()["author"]) == {archive.me.name}
    assert archive.frame()["conversation"].nunique() == 3
    assert reasons(archive, "left_out") == {"lines that hold no words": 1}


def test_one_post_a_paragraph() -> None:
    text = "A first line\nand its second.\n\nAnother one\nof two lines.\n\nShort.\n"
    archive = read(text)
    assert texts(archive) == [
        "A first line\nand its second.",
        "Another one\nof two lines.",
        "Short.",
    ]
    assert len(read(text, unit="line")) == 5
    assert len(read("a b\n\nc d\n", unit="paragraph")) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert texts(read("déjà vu\r\nnaïve – oui\r\n".encode(encoding))) == ["déjà vu", "naïve – oui"]


def test_an_encoding_that_only_the_person_knows() -> None:
    data = "日本語のつぶやき\nもう一つ\n".encode("shift_jis")
    assert texts(read(data, encoding="shift_jis")) == ["日本語のつぶやき", "もう一つ"]
    with pytest.raises(Problem, match="encoding"):
        read(data, encoding="no-such-thing")


def test_several_texts_in_a_zip() -> None:
    archive = read(make_zip({"a.txt": "one line\n", "b/c.md": "two line\n", "x.png": b"\x89PNG"}))
    assert texts(archive) == ["one line", "two line"]


def test_one_endless_line_is_a_problem() -> None:
    with pytest.raises(Problem, match="single line of 4 MB"):
        read("word " * 1_000_000)


def test_a_chat_without_dates() -> None:
    archive = read("Anna: hi\nBen: ho\nand on\nAnna: again\nBen: yes: no\n", "talk.txt")
    assert archive.source == "dialogue"
    assert [(m.author, m.text) for m in archive] == [
        ("Anna", "hi"),
        ("Ben", "ho\nand on"),
        ("Anna", "again"),
        ("Ben", "yes: no"),
    ]
    assert archive.me is None


@pytest.mark.parametrize(
    "text", ["Note: buy milk\nThen go home\nWhy: because\n", "Dear: x\n", "a\nb\nc\nd: e\n"]
)
def test_prose_with_colons_is_no_chat(text: str) -> None:
    assert read(text).source == "plain"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\ufeff"))))
def test_every_line_is_counted(lines: list[str]) -> None:
    result = read_or_problem("a letter\n" + "\n".join(lines), "p.txt", unit="line")
    if not isinstance(result, Problem) and result.source == "plain":
        assert result.raw_count == 1 + sum(1 for line in lines if line.strip())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a", "a.bin", "a.md"]))
def test_only_problems_are_raised(data: bytes, name: str) -> None:
    read_or_problem(data, name)
