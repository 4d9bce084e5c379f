"""Telegram Desktop's result.json."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import Problem
from core.readers import read_archive, telegram
from tests.readers_chat_exports import telegram_account, telegram_chat
from tests.readers_checks import (
    as_bytes,
    damaged,
    dumped,
    fuzz,
    mangled,
    only_problems,
    read_with,
    zip_of,
)


def chat_of(*messages: dict, **chat) -> dict:
    """A chat with these messages; what is not given is usual."""
    whole = []
    for number, message in enumerate(messages, 1):
        usual = {
            "id": number,
            "type": "message",
            "date": f"2022-03-18T21:05:{number:02}",
            "from": "Mara",
            "from_id": "user101",
            "text": "",
        }
        whole.append(usual | message)
    return {"name": "Mara", "type": "personal_chat", "id": 101, "messages": whole} | chat


KINDS = [
    ({"text": "hello"}, "message", "hello"),
    ({"text": ["see ", {"type": "bold", "text": "this"}, "!"]}, "message", "see this!"),
    ({"text": "", "text_entities": [{"type": "plain", "text": "old"}]}, "message", "old"),
    ({"text": "a caption", "photo": "photos/1.jpg"}, "message", "a caption"),
    ({"photo": "(File not included.)"}, "media", ""),
    ({"media_type": "sticker", "sticker_emoji": "🙂", "file": "x"}, "media", ""),
    ({"location_information": {"latitude": 1.0, "longitude": 2.0}}, "media", ""),
    ({"text": "not mine", "forwarded_from": "A channel"}, "repost", "not mine"),
    ({"text": "by a bot", "via_bot": "@gif"}, "repost", "by a bot"),
    ({"poll": {"question": "Tea?", "answers": []}}, "poll", "Tea?"),
    ({"poll": {"question": [{"type": "plain", "text": "Tea?"}]}}, "poll", "Tea?"),
    ({"type": "service", "action": "pin_message", "actor": "Mara"}, "system", "pin message"),
    (
        {"type": "service", "action": "phone_call", "actor": "Mara", "actor_id": "user101",
         "duration_seconds": 61},
        "call",
        "61 seconds",
    ),
    ({}, "media", ""),
]  # fmt: skip


@pytest.mark.parametrize(("message", "kind", "text"), KINDS)
def test_kinds_and_texts(message, kind, text):
    frame = read_with(telegram, ("result.json", chat_of(message))).frame()
    assert (frame["kind"][0], frame["text"][0]) == (kind, text)


def test_unix_time_is_preferred_and_plain_dates_stay_local():
    new = chat_of({"text": "a", "date_unixtime": "1647637512"})
    old = chat_of({"text": "a"})
    assert str(read_with(telegram, ("r.json", new)).frame()["sent_at"][0]) == "2022-03-18 21:05:12"
    assert str(read_with(telegram, ("r.json", old)).frame()["sent_at"][0]) == "2022-03-18 21:05:01"


def test_the_owner_of_an_account_export_is_named_by_it():
    archive = read_with(telegram, ("result.json", telegram_account(3, 20)))
    assert archive.me is not None and archive.me.name == "Ilse Kamp"
    assert sorted(archive.titles.values()) == ["Friend 0", "Friend 1", "Friend 2"]


def test_the_owner_of_a_single_chat_is_not_the_one_it_is_named_after():
    archive = read_with(telegram, ("result.json", telegram_chat(30)))
    assert archive.me is not None and archive.me.name == "Ilse Kamp"


def test_a_group_alone_tells_no_owner():
    group = telegram_chat(30) | {"type": "private_group", "id": 555}
    assert read_with(telegram, ("result.json", group)).me is None


def test_several_groups_share_their_owner():
    files = [
        (f"{i}.json", telegram_chat(30, i, id=200 + i, name=f"P{i}") | {"type": "private_group"})
        for i in range(4)
    ]
    owner = read_with(telegram, *files).me
    assert owner is not None and owner.name == "Ilse Kamp"


def test_replies_point_at_the_message_in_the_same_chat():
    chat = chat_of({"text": "q"}, {"text": "a", "reply_to_message_id": 1})
    frame = read_with(telegram, ("result.json", chat)).frame()
    assert frame["reply_to"][1] == frame["id"][0]
    elsewhere = chat_of({"text": "a", "reply_to_message_id": 1, "reply_to_peer_id": "channel5"})
    assert read_with(telegram, ("r.json", elsewhere)).frame()["reply_to"].isna().all()


def test_two_people_of_one_name_stay_two_people():
    chat = chat_of({"text": "a"}, {"text": "b", "from_id": "user102"})
    assert read_with(telegram, ("r.json", chat)).frame()["author"].nunique() == 2


def test_a_deleted_account_has_a_name():
    chat = chat_of({"text": "a", "from": None, "from_id": "user9"})
    assert read_with(telegram, ("r.json", chat)).frame()["author"][0] == "Deleted account 9"


def test_old_exports_have_bare_numbers_as_ids():
    chat = chat_of({"text": "a", "from_id": 101}, {"text": "b", "from": "Ilse", "from_id": 7})
    owner = read_with(telegram, ("r.json", chat)).me
    assert owner is not None and owner.name == "Ilse"


def test_channel_posts_are_posts():
    channel = chat_of({"text": "news"}, type="public_channel")
    assert read_with(telegram, ("r.json", channel)).frame()["kind"][0] == "post"


def test_the_same_message_in_two_files_counts_once():
    chat = telegram_chat(20)
    archive = read_with(telegram, ("a.json", chat), ("b.json", chat))
    assert len(archive) == 20 and archive.missing_rows == 20


def test_a_zip_with_media_is_read_in_place():
    packed = zip_of(
        {"ChatExport_2022/result.json": telegram_chat(5), "ChatExport_2022/p.jpg": b"x"}
    )
    assert len(read_with(telegram, ("export.zip", packed))) == 5


def test_a_cut_file_gives_what_is_whole_and_says_so():
    whole = as_bytes(telegram_chat(50))
    archive = read_with(telegram, ("result.json", whole[: int(len(whole) * 0.7)]))
    assert 25 < len(archive) < 45
    assert any(n.kind == "warning" and "cut off" in n.reason for n in archive.notes)


def test_read_archive_recognises_it():
    archive = read_archive(as_bytes(telegram_chat(5)), name="anything")
    assert archive.source == "telegram" and len(archive) == 5


def test_html_is_refused_with_the_right_export():
    page = b"<!DOCTYPE html><html><head><title>Exported Data</title></head><body></body></html>"
    with pytest.raises(Problem) as caught:
        read_archive(page, name="messages.html")
    assert "Machine-readable JSON" in caught.value.hint


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    chat = telegram_account(2, 4) if data.draw(st.booleans()) else telegram_chat(4)
    if data.draw(st.booleans()):
        only_problems(telegram, ("result.json", dumped(mangled(data.draw, chat))))
    else:
        only_problems(telegram, ("result.json", damaged(data.draw, as_bytes(chat))))
