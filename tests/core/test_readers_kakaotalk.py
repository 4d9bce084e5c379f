"""KakaoTalk's chat text and CSV."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import kakaotalk, read_archive
from tests.readers_chat_texts import KAKAO_ANDROID, KAKAO_CSV, KAKAO_IOS, KAKAO_PC, KAKAO_PC_EN
from tests.readers_checks import damaged, fuzz, only_problems, read_with

FILES = [
    ("a.txt", KAKAO_ANDROID, ["message", "message", "media", "deleted", "system"], "회원님",
     "계단 밑\n둘째 줄", "2022-03-18 21:06:00"),
    ("a.txt", KAKAO_IOS, ["system", "message", "message"], None, "주전자 어디?", "2026-02-01 20:27:00"),
    ("a.txt", KAKAO_PC, ["message", "message", "system", "media"], "이브", "계단 밑\n둘째 줄",
     "2022-03-18 21:06:00"),
    ("a.txt", KAKAO_PC_EN, ["message", "message"], "Ilse", "stairs", "2022-03-18 21:06:00"),
    ("a.csv", KAKAO_CSV, ["message", "message"], None, "계단", "2022-03-18 21:06:00"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "kinds", "me", "second", "when"), FILES)
def test_every_layout(name, text, kinds, me, second, when):
    archive = read_with(kakaotalk, (name, text))
    frame = archive.frame()
    assert frame["kind"].tolist() == kinds
    assert (archive.me.name if archive.me else None) == me
    assert frame["text"][1] == second
    assert str(frame["sent_at"][1]) == when
    assert read_archive(text.encode(), name=name).source == "kakaotalk"


def test_a_colon_in_the_text_is_text():
    assert read_with(kakaotalk, ("a.txt", KAKAO_IOS)).frame()["text"][2] == "계단 : 밑"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    name, text, *_ = data.draw(st.sampled_from(FILES))
    only_problems(kakaotalk, (name, damaged(data.draw, text.encode())))
