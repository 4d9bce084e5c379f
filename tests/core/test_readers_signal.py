"""Signal, as signal-export writes it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import read_archive, signal
from tests.readers_chat_texts import SIGNAL_JSON, SIGNAL_MD
from tests.readers_checks import damaged, fuzz, only_problems, read_with, zip_of


def test_markdown():
    archive = read_with(signal, ("chat.md", SIGNAL_MD))
    frame = archive.frame()
    assert frame["text"].tolist() == [
        "where is the kettle",
        "under the stairs\nsecond line",
        "",
        "",
        "(This message was deleted)",
        "Incoming voice call (accepted, 2m 3s)",
        "",
    ]
    assert frame["kind"].tolist() == [
        "message", "message", "media", "media", "deleted", "call", "system",
    ]  # fmt: skip
    assert frame["reply_to"][1] == frame["id"][0]
    assert str(frame["sent_at"][2]) == "2019-05-29 15:06:00"
    assert archive.me is not None and archive.me.name == "Me"


def test_json_lines_are_preferred_where_both_exist():
    files = {"Mara/chat.md": SIGNAL_MD, "Mara/data.json": SIGNAL_JSON, "Odo/chat.md": SIGNAL_MD}
    archive = read_with(signal, ("signal.zip", zip_of(files)))
    frame = archive.frame()
    assert frame["conversation"].value_counts().to_dict() == {"Odo": 7, "Mara": 3}
    first = frame[frame["conversation"] == "Mara"].reset_index()
    assert first["text"].tolist() == ["kettle?", "here", ""]
    assert first["reply_to"][1] == first["id"][0]


def test_read_archive_recognises_both():
    assert read_archive(SIGNAL_MD.encode(), name="chat.md").source == "signal"
    assert read_archive(SIGNAL_JSON.encode(), name="data.json").source == "signal"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    name, text = data.draw(st.sampled_from([("chat.md", SIGNAL_MD), ("data.json", SIGNAL_JSON)]))
    only_problems(signal, (name, damaged(data.draw, text.encode())))


def backup(*items: dict, **frames) -> str:
    """Signal's own export: the header, two people and a group, and these chat items."""
    lines = [
        {"version": "1", "backupTimeMs": "1766000000000"},
        {"account": {"givenName": "Ilse", "familyName": "Kamp"}},
        {"recipient": {"id": "1", "self": {"avatarColor": "A100"}}},
        {
            "recipient": {
                "id": "2",
                "contact": {
                    "e164": "15550001111",
                    "profileGivenName": "Zoë",
                    "nickname": {"given": "Zo"},
                },
            }
        },
        {"recipient": {"id": "3", "contact": {"e164": "15550002222"}}},
        {"recipient": {"id": "4", "group": {"snapshot": {"title": {"title": "Tea"}}}}},
        {"chat": {"id": "10", "recipientId": "2"}},
        {"chat": {"id": "11", "recipientId": "4"}},
        {"chat": {"id": "12", "recipientId": "1"}},
    ]
    for number, item in enumerate(items):
        base = {"chatId": "10", "authorId": "2", "dateSent": str(1_700_000_000_000 + number * 1000)}
        lines.append({"chatItem": base | item})
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"


def said(text: str, **more) -> dict:
    return {"standardMessage": {"text": {"body": text}, **more}}


KINDS = [
    (said("hello"), "message", "hello"),
    (
        {"standardMessage": {"attachments": [{"pointer": {"contentType": "image/jpeg"}}]}},
        "media",
        "",
    ),
    ({"stickerMessage": {"sticker": {"emoji": "🙂"}}}, "media", ""),
    ({"viewOnceMessage": {}}, "media", ""),
    ({"remoteDeletedMessage": {}}, "deleted", ""),
    ({"poll": {"question": "Tea or coffee?", "options": []}}, "poll", "Tea or coffee?"),
    ({"directStoryReplyMessage": {"textReply": {"text": {"body": "lovely"}}}}, "message", "lovely"),
    ({"updateMessage": {"individualCall": {"type": "AUDIO_CALL"}}}, "call", ""),
    ({"updateMessage": {"simpleUpdate": {"type": "IDENTITY_UPDATE"}}}, "system", ""),
]


@pytest.mark.parametrize(("item", "kind", "text"), KINDS)
def test_kinds_of_signals_own_export(item, kind, text):
    row = read_with(signal, ("main.jsonl", backup(item))).frame().iloc[0]
    assert (row["kind"], row["text"]) == (kind, text)


def test_signals_own_export():
    quote = {"targetSentTimestamp": "1700000000000", "authorId": "2"}
    data = backup(
        said("hello"),
        said("hi back", quote=quote) | {"authorId": "1", "outgoing": {}, "revisions": [said("hi")]},
        said("in the group") | {"chatId": "11", "authorId": "3"},
        said("buy milk") | {"chatId": "12", "authorId": "1"},
    )
    for source in (
        ("main.jsonl", data),
        (
            "signal.zip",
            zip_of({"export/main.jsonl": data, "export/metadata.json": '{"version":1}'}),
        ),
    ):
        archive = read_with(signal, source)
        frame = archive.frame()
        assert frame["author"].tolist() == ["Zo", "Ilse Kamp", "+15550002222", "Ilse Kamp"]
        assert list(archive.titles.values()) == ["Zo", "Tea", "Note to Self"]
        assert frame["reply_to"][1] == frame["id"][0]
        assert str(frame["sent_at"][0]) == "2023-11-14 22:13:20"
        assert archive.me is not None and archive.me.name == "Ilse Kamp"
        assert archive.missing_rows == 1


def test_a_message_written_over_two_lines_is_whole():
    data = backup(said("one LF two"), said("three")).replace(" LF ", "\n")
    assert read_with(signal, ("main.jsonl", data)).frame()["text"].tolist() == ["one\ntwo", "three"]


@fuzz
@given(st.data())
def test_signals_own_export_raises_only_problems(data):
    whole = backup(*(item for item, _, _ in KINDS)).encode()
    only_problems(signal, ("main.jsonl", damaged(data.draw, whole)))
