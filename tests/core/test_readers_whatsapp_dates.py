"""Dates of WhatsApp exports: layouts, halves of the day, which number is the day."""

from datetime import datetime

import pytest

from tests.core.reading import read, reasons, texts
from tests.core.whatsapp_lines import LAYOUTS, chat


@pytest.mark.parametrize("stamp", LAYOUTS)
def test_every_layout(stamp: str) -> None:
    text = f"{stamp}Anna: one\nand two\n{stamp}Ben B.: 12:30? at 3: ok\n{stamp}Anna joined\n"
    archive = read(text)
    assert archive.source == "whatsapp"
    rows = list(archive)
    assert [m.author for m in rows] == ["Anna", "Ben B.", None]
    assert [m.text for m in rows] == ["one\nand two", "12:30? at 3: ok", "Anna joined"]
    assert [m.kind for m in rows] == ["message", "message", "system"]
    for message in rows:
        assert message.sent_at is not None
        assert message.sent_at.replace(second=0) == datetime(2022, 3, 18, 21, 5)
    assert not any(n.kind == "question" for n in archive.notes)


@pytest.mark.parametrize(
    ("word", "hour", "expected"),
    [
        ("12:05 AM", 0, 0),
        ("12:05 PM", 0, 12),
        ("12:05 a.m.", 0, 0),
        ("12:05 p.m.", 0, 12),
        ("1:05 p.m.", 0, 13),
        ("21:05 PM", 0, 21),
        ("下午12:05", 0, 12),
        ("上午12:05", 0, 0),
        ("中午12:05", 0, 12),
        ("中午11:05", 0, 11),
        ("凌晨1:05", 0, 1),
        ("午後0:05", 0, 12),
    ],
)
def test_halves_of_the_day(word: str, hour: int, expected: int) -> None:
    archive = read(f"2022/3/18 {word} - Anna: a\n2022/3/18 {word} - Ben: b\n")
    assert [m.sent_at.hour for m in archive if m.sent_at] == [expected] * 2


def test_unknown_words_for_the_halves_are_learnt() -> None:
    lines = []
    for day in range(10, 20):
        lines += [f"{day}/03/2022 9:0{day % 10} xo - A: a", f"{day}/03/2022 3:15 qy - B: b"]
    hours = [m.sent_at.hour for m in read("\n".join(lines)) if m.sent_at]
    assert hours == [9, 15] * 10


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_line_ends_and_encodings(end: str, encoding: str) -> None:
    text = (
        f"[18/03/22, 21:05:12] Zoë 👨‍👩‍👧: a\x0bb\u2028c\x85d{end}e{end}[18/03/22, 21:05:13] B: x"
    )
    archive = read(text.encode(encoding))
    assert texts(archive) == ["a\x0bb\u2028c\x85d\ne", "x"]
    assert archive.frame()["author"].iloc[0] == "Zoë 👨‍👩‍👧"


def test_mixed_encodings_cost_no_line() -> None:
    good = "18/03/2022, 21:05 - Zoë: ça va ½ ™ ﬁ ｆ\n".encode()
    bad = "18/03/2022, 21:06 - Zoé: déjà vu – oui\n".encode("cp1252")
    archive = read(good + bad + good)
    assert texts(archive) == ["ça va ½ ™ ﬁ ｆ", "déjà vu – oui", "ça va ½ ™ ﬁ ｆ"]
    assert sum(n.count for n in archive.notes if "Windows-1252" in n.reason) == 1


def first_day(archive) -> tuple[int, int]:
    when = archive.frame()["sent_at"].iloc[0]
    return when.day, when.month


@pytest.mark.parametrize(
    ("text", "day_month", "rule"),
    [
        (chat("03/04/2022, 10:00", "13/04/2022, 10:00"), (3, 4), "above 12"),
        (chat("04/03/2022, 10:00", "04/13/2022, 10:00"), (3, 4), "above 12"),
        (chat("2022-04-03, 10:00", "2022-05-04, 10:00"), (3, 4), "year comes first"),
        (chat("3.4.22, 10:00", "4.4.22, 10:00"), (3, 4), "dots or dashes"),
        (chat("4/3/2022, 10:00", "4/4/2022, 10:00", "4/5/2022, 10:00"), (3, 4), "steadily"),
        (chat("3/4/2022, 10:00", "4/4/2022, 10:00", "5/4/2022, 10:00"), (3, 4), "steadily"),
        (chat("3/4/2022, 10:00 pm", "3/4/2022, 11:00 pm"), (3, 4), "small letters"),
        (
            chat("3/4/2022, 10:00", "3/4/2022, 11:00", body="<Medien ausgeschlossen>"),
            (3, 4),
            "language",
        ),
        (
            chat("4/3/2022, 10:00", body="IMG-20220403-WA0001.jpg (file attached)")
            + chat("4/3/2022, 10:01"),
            (3, 4),
            "attachments",
        ),
        (
            "[04/03/2022, 10:00:00] A: \u200e<attached: 00000035-PHOTO-2022-04-03-21-55-12.jpg>\n"
            "[04/03/2022, 10:00:00] B: hi\n",
            (3, 4),
            "attachments",
        ),
    ],
)
def test_the_rule_that_decides_the_order(text: str, day_month: tuple[int, int], rule: str) -> None:
    archive = read(text)
    assert first_day(archive) == day_month
    assert any(rule in n.reason for n in archive.notes if n.kind == "guessed")
    assert not any(n.kind == "question" for n in archive.notes)


@pytest.mark.parametrize(
    ("stamp", "guess"),
    [("10/11/2022, 10:00", (10, 11)), ("3/4/22, 10:00 AM", (4, 3)), ("03/04/22, 10:00", (3, 4))],
)
def test_the_undecidable_is_asked_with_both_readings(stamp: str, guess: tuple[int, int]) -> None:
    text = chat(stamp, stamp)
    archive = read(text)
    [question] = [n.reason for n in archive.notes if n.kind == "question"]
    assert "Day first" in question and "month first" in question and "20" in question
    assert first_day(archive) == guess
    for day_first in (True, False):
        settled = read(text, day_first=day_first)
        assert not any(n.kind == "question" for n in settled.notes)
        a, b = (int(n) for n in stamp.split("/")[:2])
        assert first_day(settled) == ((a, b) if day_first else (b, a))


def test_what_reads_the_same_both_ways_is_not_asked() -> None:
    archive = read(chat("01/01/2021, 10:00", "02/02/2021, 10:00"))
    assert not reasons(archive, "question")


def test_no_message_comes_after_the_export_itself() -> None:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("_chat.txt", date_time=(2022, 5, 1, 0, 0, 0))
        archive.writestr(info, "[4/12/2022, 10:00:00] A: x\n[4/12/2022, 11:00:00] B: y\n")
    assert first_day(read(out.getvalue())) == (12, 4)


def test_an_impossible_date_is_text() -> None:
    archive = read(
        chat("18/03/2022, 10:00") + "31/02/2022, 10:00 - B: y\n" + chat("19/03/2022, 10:00")
    )
    assert texts(archive) == ["hi\n31/02/2022, 10:00 - B: y", "hi"]


def test_dates_without_a_year_are_the_last_such_days() -> None:
    archive = read("Mar 5, 8:11 PM - A: x\nMar 6, 8:11 PM - B: y\n")
    assert [(m.sent_at.month, m.sent_at.day) for m in archive if m.sent_at] == [(3, 5), (3, 6)]
    assert any("without a year" in n.reason for n in archive.notes)
