"""WeChat, as CSV of three programs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import read_archive, wechat
from tests.readers_chat_texts import WECHAT_CLONE, WECHAT_LOG, WECHAT_MSG
from tests.readers_checks import damaged, fuzz, only_problems, read_with, zip_of


def test_wechatmsg():
    archive = read_with(wechat, ("mara.csv", WECHAT_MSG))
    frame = archive.frame()
    assert frame["kind"].tolist() == ["message", "message", "media", "system", "call"]
    assert frame["author"].tolist()[:2] == ["玛拉", "我"]
    assert frame["text"][1] == "楼梯下面\n第二行"
    assert str(frame["sent_at"][0]) == "2022-03-18 21:05:12"
    assert archive.me is not None and archive.me.name == "我"
    assert archive.titles == {"w1": "玛拉"}


def test_weclone_and_chatlog():
    frame = read_with(wechat, ("a.csv", WECHAT_CLONE)).frame()
    assert frame["kind"].tolist() == ["message", "message", "media"]
    assert frame["author"].tolist()[1] == "我"
    log = read_with(wechat, ("a.csv", WECHAT_LOG))
    assert log.frame()["author"].tolist() == ["玛拉", "我自己"] and log.me is None
    assert log.titles == {"w1": "玛拉"}


def test_a_folder_of_chats():
    packed = zip_of(
        {"a/a.csv": WECHAT_MSG, "b/b.csv": WECHAT_MSG.replace("w1", "w2").replace("玛拉", "奥多")}
    )
    assert read_with(wechat, ("chats.zip", packed)).frame()["conversation"].nunique() == 2


@pytest.mark.parametrize("text", [WECHAT_MSG, WECHAT_CLONE, WECHAT_LOG])
def test_read_archive_recognises_it(text):
    assert read_archive(text.encode(), name="x.csv").source == "wechat"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    text = data.draw(st.sampled_from([WECHAT_MSG, WECHAT_CLONE, WECHAT_LOG]))
    only_problems(wechat, ("x.csv", damaged(data.draw, text.encode())))
