"""WhatsApp exports: layouts, dates, authors, and everything that nobody typed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from tests.core.reading import make_zip, read, read_or_problem, reasons, texts
from tests.core.whatsapp_lines import LAYOUTS, chat

# --- structure -----------------------------------------------------------------------------


def test_pasted_quotes_are_no_headers() -> None:
    archive = read(
        chat("18/03/2022, 10:00")
        + "[12/03, 10:20 PM] Name: quoted\n[18/03/21, 10:20:00] Other: quoted too\n"
        + chat(*(["19/03/2022, 10:00"] * 20))
    )
    assert texts(archive)[0].endswith("[18/03/21, 10:20:00] Other: quoted too")
    assert len(archive) == 21


def test_two_exports_glued_together_are_both_read() -> None:
    archive = read(
        chat("18/03/2022, 10:00", "18/03/2022, 10:01")
        + "[03/19/22, 10:00:00] A: x\n[03/20/22, 10:00:00] B: y\n"
    )
    assert texts(archive) == ["hi", "hi", "x", "y"]
    assert [m.sent_at.month for m in archive if m.sent_at] == [3] * 4


def test_a_second_layout_far_below_is_found() -> None:
    head = chat(*(["18/03/2022, 10:00"] * 12_000))
    archive = read(head + "[19/03/22, 10:00:00] A: x\n" * 3000)
    assert len(archive) == 15_000


def test_file_order_is_kept() -> None:
    archive = read(chat("18/03/2022, 10:00", "17/03/2022, 10:00", "19/03/2022, 10:00"))
    assert [m.sent_at.day for m in archive if m.sent_at] == [18, 17, 19]


@pytest.mark.parametrize(
    ("line", "author", "text", "kind"),
    [
        ("\u202a+90\u00a0532\u00a0000\u00a000\u00a000\u202c: yo", "+90 532 000 00 00", "yo", "message"),
        ("~\u202fAnna: yo", "Anna", "yo", "message"),
        ("😀: yo", "😀", "yo", "message"),
        ("Anna : yo", "Anna", "yo", "message"),
        ("A:B: yo", "A:B", "yo", "message"),
        ("Anna: see https://x.example/a: ok", "Anna", "see https://x.example/a: ok", "message"),
        ("Anna:", "Anna", "", "media"),
        ("Anna: ", "Anna", "", "media"),
        ("Anna: null", "Anna", "", "media"),
        ("Anna: ask @\u2068Ben\u2069 now", "Anna", "ask @Ben now", "message"),
        ("Anna: <Media omitted>", "Anna", "", "media"),
        ("Anna: <Médias omis>", "Anna", "", "media"),
        ("Anna: <メディアなし>", "Anna", "", "media"),
        ("Anna: \u200eimage omitted", "Anna", "", "media"),
        ("Anna: \u200eimagen omitida", "Anna", "", "media"),
        ("Anna: look!\u200e<attached: 00000047-PHOTO-2022-03-18-21-05-00.jpg>", "Anna", "look!", "message"),
        ("Anna: \u200e<Anhang: 00000047-PHOTO-2022-03-18-21-05-00.jpg>", "Anna", "", "media"),
        ("Anna: Plan.pdf • \u200e2 pages \u200edocument omitted", "Anna", "", "media"),
        ("Anna: IMG-20220318-WA0001.jpg (file attached)", "Anna", "", "media"),
        ("Anna: IMG-20220318-WA0001.jpg (Datei angehängt)\nlook\nhere", "Anna", "look\nhere", "message"),
        ("Anna: IMG-20220318-WA0001.jpg (zzz yyy)", "Anna", "", "media"),
        ("Anna: Bob.vcf (file attached)", "Anna", "", "media"),
        ("Anna: This message was deleted", "Anna", "", "deleted"),
        ("Anna: 🚫 This message was deleted.", "Anna", "", "deleted"),
        ("Anna: \u200eDieses ist neu", None, "Dieses ist neu", "system"),
        ("Anna: You deleted this message", "Anna", "", "deleted"),
        ("Anna: Du hast diese Nachricht gelöscht.", "Anna", "", "deleted"),
        ("Anna: ok <This message was edited>", "Anna", "ok", "message"),
        ("Anna: ok \u200e<Diese Nachricht wurde bearbeitet.>", "Anna", "ok", "message"),
        ("Anna: ok \u200e<bilinmeyen bir işaret>", "Anna", "ok", "message"),
        ("Anna: </script>", "Anna", "</script>", "message"),
        ("Anna: <title>", "Anna", "<title>", "message"),
        ("Anna: write me <anna@example.org>", "Anna", "write me <anna@example.org>", "message"),
        ("Anna: (yes) fine", "Anna", "(yes) fine", "message"),
        ("Anna: \u200eMissed voice call at 21:05", "Anna", "", "call"),
        ("Anna: Missed video call", "Anna", "", "call"),
        ("Anna: \u200eVoice call, \u200e5 min", "Anna", "", "call"),
        ("Anna: video call later?", "Anna", "video call later?", "message"),
        ("Anna: POLL:\nPizza?\nOPTION: Yes (6 votes)\nOPTION: No (1 vote)", "Anna", "Pizza?", "poll"),
        ("Anna: location: https://maps.google.com/?q=1,2", "Anna", "", "media"),
        ("Anna: Live location shared", "Anna", "", "media"),
        ("Anna: \u200f\u05e9\u05dc\u05d5\u05dd", "Anna", "\u05e9\u05dc\u05d5\u05dd", "message"),
        ("Anna: \U0001f468\u200d\U0001f469\u200d\U0001f467", "Anna", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "message"),
        ('Anna changed the subject to "Plan: B"', None, 'Anna changed the subject to "Plan: B"', "system"),
        ("Anna added Ben", None, "Anna added Ben", "system"),
        ("You created group \u201cA: B\u201d", None, "You created group \u201cA: B\u201d", "system"),
    ],
)  # fmt: skip
def test_authors_and_bodies(line: str, author: str | None, text: str, kind: str) -> None:
    around = "18/03/2022, 21:00 - Anna: hello\n18/03/2022, 21:00 - Anna: hi\n"
    archive = read(f"{around}18/03/2022, 21:05 - {line}\n18/03/2022, 21:06 - Ben: fin\n")
    row = list(archive)[2]
    assert (row.author, row.text, row.kind) == (author, text, kind)
    assert texts(archive)[-1] == "fin"


def test_names_with_a_colon() -> None:
    archive = read(
        "".join(
            f"18/03/2022, 21:0{i} - Team: {'Anna' if i % 2 else 'Ben'}: t{i}\n" for i in range(8)
        )
        + "18/03/2022, 21:09 - Cleo: one: two\n"
    )
    assert [m.author for m in archive][:2] == ["Team: Ben", "Team: Anna"]
    assert list(archive)[-1].author == "Cleo" and texts(archive)[-1] == "one: two"


def test_group_name_in_the_place_of_an_author() -> None:
    archive = read(
        "[18/03/22, 21:05:12] Gang: \u200eMessages and calls are end-to-end encrypted.\n"
        "[18/03/22, 21:05:13] Anna: hi\n[18/03/22, 21:05:14] Ben: ho\n"
    )
    assert list(archive.frame()["author"].cat.categories) == ["Anna", "Ben"]


def test_placeholders_of_an_unknown_language_are_noticed() -> None:
    lines = [
        f"18/03/2022, 21:{i:02} - {'AB'[i % 2]}: {'hahmokuva poissa' if i % 10 < 2 else f'text {i}'}\n"
        for i in range(60)
    ]
    archive = read("".join(lines))
    assert texts(archive, "message") == [f"text {i}" for i in range(60) if i % 10 >= 2]
    assert any(n.kind == "guessed" and n.count == 12 for n in archive.notes)


# --- whose it is, and several files ----------------------------------------------------------

TWO = "18/03/2022, 21:05 - Anna: hi\n18/03/2022, 21:06 - Ben: ho\n"


@pytest.mark.parametrize(
    ("name", "me"),
    [
        ("WhatsApp Chat with Anna.txt", "Ben"),
        ("WhatsApp Chat mit Ben.txt", "Anna"),
        ("Chat de WhatsApp con Anna (2).txt", "Ben"),
        ("与Anna的 WhatsApp 聊天.txt", "Ben"),
        ("WhatsApp Chat with Gang.txt", None),
        ("notes.txt", None),
    ],
)
def test_the_file_name_tells_who_is_not_me(name: str, me: str | None) -> None:
    archive = read(TWO, name)
    assert (archive.me.name if archive.me else None) == me


def test_deleting_tells_who_is_me() -> None:
    archive = read(TWO + "18/03/2022, 21:07 - Ben: You deleted this message\n", "_chat.txt")
    assert archive.me is not None and archive.me.name == "Ben" and "deleted" in archive.me.reason


def test_ios_zip_with_media() -> None:
    data = make_zip(
        {"_chat.txt": TWO, "00000035-PHOTO-2022-03-27-21-55-12.jpg": b"\xff\xd8\xff" + bytes(99)}
    )
    archive = read(data, "WhatsApp Chat - Anna.zip")
    assert len(archive) == 2 and archive.me is not None and archive.me.name == "Ben"
    assert list(archive.titles.values()) == ["Anna"]


def test_a_zip_of_several_chats_packed_again() -> None:
    data = make_zip(
        {
            "My chats/WhatsApp Chat with Anna.txt": TWO,
            "My chats/WhatsApp Chat with Cleo.txt": TWO.replace("Anna", "Cleo"),
            "My chats/readme.txt": "hello\n",
            "__MACOSX/My chats/._WhatsApp Chat with Anna.txt": b"\x00\x05\x16",
            "My chats/.DS_Store": b"\x00",
        }
    )
    archive = read(data)
    assert archive.frame()["conversation"].nunique() == 2
    assert sorted(archive.titles.values()) == ["Anna", "Cleo"]
    assert archive.me is not None and archive.me.name == "Ben"
    assert any("readme.txt" in n.reason for n in archive.notes if n.kind == "warning")


def test_several_files_agree_on_the_author_they_share() -> None:
    parts = [("a.txt", TWO.encode()), ("b.txt", TWO.replace("Anna", "Cleo").encode())]
    archive = read(parts)
    assert archive.me is not None and archive.me.name == "Ben" and "2 chats" in archive.me.reason


def test_the_same_chat_exported_twice_counts_once() -> None:
    lines = [f"18/03/2022, 21:{i:02} - {'Anna' if i % 2 else 'Ben'}: t{i}\n" for i in range(40)]
    name = "WhatsApp Chat with Anna.txt"
    archive = read([(name, "".join(lines[:30]).encode()), (name, "".join(lines[10:]).encode())])
    assert texts(archive) == [f"t{i}" for i in range(40)]
    assert sum(n.count for n in archive.notes if n.kind == "left_out") == 20


def test_lines_before_the_first_header_are_counted() -> None:
    archive = read("junk\nmore junk\n" + TWO)
    assert len(archive) == 2 and reasons(archive, "left_out")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"18/03/2022, 21:05 - \n",
        b"18/03/2022, 21:05 - Messages are end-to-end encrypted\n" * 3,
        b"18/03/2022, 21:05 - A: \x00\n" * 3,
        b"18/03/2022, 21:05 - A: " + b"x" * 1_000_000,
        b"01/01/1970, 00:00 - A: x\n" * 3,
        b"01/01/2099, 00:00 - A: x\n" * 3,
        b"99/99/9999, 99:99 - A: x\n" * 3,
        b"[18/03/22, 21:05:12] A: cut in the middle of \xf0\x9f\x98",
    ],
)
def test_odd_files_give_a_sentence_or_a_note(data: bytes) -> None:
    result = read_or_problem(data, "_chat.txt")
    assert isinstance(result, Problem) or result.source in ("whatsapp", "plain")


@pytest.mark.parametrize("year", ["1970", "2099"])
def test_impossible_years_are_noted(year: str) -> None:
    archive = read(chat(f"01/01/{year}, 00:00", f"01/13/{year}, 00:00"))
    assert any("cannot be right" in n.reason for n in archive.notes)


bodies = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\ufeff"))


names = st.sampled_from(["Anna", "Ben B.", "~ Cleo", "+49 170 1", "Zoë 👩‍👧", "A:B"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(names, bodies), min_size=1), st.sampled_from(LAYOUTS[:24]))
def test_every_header_is_one_row(items: list[tuple[str, str]], stamp: str) -> None:
    text = "".join(f"{stamp}{name}: x{body}\n" for name, body in items)
    archive = read(text, "_chat.txt")
    assert len(archive) == len(items)
    for message, (name, _) in zip(archive, items, strict=True):
        assert message.author in (None, name.removeprefix("~ "))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(LAYOUTS),
            st.text(max_size=12),
            st.sampled_from(["Anna: ", "\n", "\u200e", "<", ">", ": ", "POLL:\n", "(file attached)", "x.jpg "]),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_only_problems_are_raised(parts: list[str]) -> None:
    read_or_problem("".join(parts).encode("utf-8", "surrogatepass"), "_chat.txt")
