"""LINE's chat history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import line, read_archive
from tests.readers_chat_texts import LINE_EN, LINE_JA, LINE_OLD
from tests.readers_checks import damaged, fuzz, only_problems, read_with


def test_japanese():
    archive = read_with(line, ("[LINE]マラ.txt", LINE_JA))
    frame = archive.frame()
    assert frame["text"].tolist() == [
        "やかんはどこ？",
        "階段の下\nもう一行",
        "[スタンプ]",
        "マラがメッセージの送信を取り消しました",
        "☎ 通話時間 1:23",
        "おはよう\nplain next line",
    ]
    assert frame["kind"].tolist() == ["message", "message", "media", "deleted", "call", "message"]
    assert str(frame["sent_at"][5]) == "2023-01-06 09:02:00"
    assert archive.me is not None and archive.me.name == "イルゼ"
    assert list(archive.titles.values()) == ["マラ"]


def test_english_with_halves_of_the_day():
    archive = read_with(line, ("x.txt", LINE_EN))
    frame = archive.frame()
    assert frame["sent_at"].astype(str).tolist() == [
        "2026-04-25 16:35:00", "2026-04-25 16:36:00", "2026-04-26 00:10:00",
    ]  # fmt: skip
    assert archive.me is not None and archive.me.name == "Ilse"


def test_blanks_instead_of_tabs():
    frame = read_with(line, ("x.txt", LINE_OLD)).frame()
    assert frame["author"].tolist() == ["Mara Voss", "Ilse", "Ilse"]
    assert frame["text"].tolist() == ["kettle?", "under the stairs", "really"]


@pytest.mark.parametrize(
    "first", ["[LINE] Chat in Attic", "[LINE] 與Mara的聊天記錄", "[LINE] 與Mara的聊天"]
)
def test_first_lines(first):
    text = LINE_EN.replace("[LINE] Chat history with Mara", first)
    archive = read_with(line, ("x.txt", text))
    assert list(archive.titles.values()) in (["Attic"], ["Mara"])


def test_read_archive_recognises_it():
    for text in (LINE_JA, LINE_EN, LINE_OLD):
        assert read_archive(text.encode(), name="x.txt").source == "line"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    text = data.draw(st.sampled_from([LINE_JA, LINE_EN, LINE_OLD]))
    only_problems(line, ("x.txt", damaged(data.draw, text.encode())))
