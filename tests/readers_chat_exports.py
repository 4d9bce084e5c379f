"""Made-up exports of chats: Telegram, Meta, Discord, Slack, Google Chat and ChatGPT."""

from __future__ import annotations

import random
from typing import Any

from tests.readers_checks import sentence

# Telegram


def telegram_chat(
    count: int, seed: int = 0, *, id: int = 101, name: str = "Mara Voss", me: int = 7
) -> dict[str, Any]:
    """A personal chat as Telegram Desktop writes it, with every kind of entry."""
    rng = random.Random(seed)
    when = 1_647_637_512
    messages: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        when += rng.choice((5, 40, 600, 20_000))
        mine = rng.random() < 0.5
        one: dict[str, Any] = {
            "id": number,
            "type": "message",
            "date": "2022-03-18T21:05:12",
            "date_unixtime": str(when),
            "from": "Ilse Kamp" if mine else name,
            "from_id": f"user{me if mine else id}",
            "text": sentence(rng),
        }
        if rng.random() < 0.2 and number > 1:
            one["reply_to_message_id"] = rng.randint(1, number - 1)
        one["text_entities"] = [{"type": "plain", "text": one["text"]}]
        messages.append(one)
    return {"name": name, "type": "personal_chat", "id": id, "messages": messages}


def telegram_account(chats: int, count: int, seed: int = 0) -> dict[str, Any]:
    """A whole account of ``chats`` personal chats."""
    return {
        "about": "Here is the data you requested from Telegram.",
        "personal_information": {"user_id": 7, "first_name": "Ilse", "last_name": "Kamp"},
        "chats": {
            "about": "",
            "list": [
                telegram_chat(count, seed + i, id=101 + i, name=f"Friend {i}") for i in range(chats)
            ],
        },
    }


# Meta


def misread(value: Any) -> Any:
    """Every string as Meta's download has it: UTF-8 written letter by letter as Latin-1."""
    if isinstance(value, str):
        return value.encode().decode("latin-1")
    if isinstance(value, list):
        return [misread(v) for v in value]
    if isinstance(value, dict):
        return {k: misread(v) for k, v in value.items()}
    return value


def meta_thread(
    count: int, seed: int = 0, *, other: str = "Zoë Ådahl", me: str = "Ilse Kamp"
) -> dict[str, Any]:
    """A thread before its strings are damaged, newest first."""
    rng = random.Random(seed)
    when = 1_647_637_512_000
    messages = []
    for _ in range(count):
        when += rng.choice((5, 40, 600, 20_000)) * 1000
        messages.append(
            {
                "sender_name": rng.choice((other, me)),
                "timestamp_ms": when,
                "content": sentence(rng),
                "is_geoblocked_for_viewer": False,
            }
        )
    return {
        "participants": [{"name": other}, {"name": me}],
        "messages": messages[::-1],
        "title": other,
        "is_still_participant": True,
        "thread_path": f"inbox/{other.split()[0].lower()}_{seed}",
        "magic_words": [],
    }


def meta_clean_thread(count: int, seed: int = 0) -> dict[str, Any]:
    """A thread of Messenger's secure storage, oldest first."""
    rng = random.Random(seed)
    when = 1_707_637_512_000
    messages = []
    for _ in range(count):
        when += rng.choice((5, 40, 600)) * 1000
        messages.append(
            {
                "isUnsent": False,
                "media": [],
                "reactions": [],
                "senderName": rng.choice(("Zoë Ådahl", "Ilse Kamp")),
                "text": sentence(rng),
                "timestamp": when,
                "type": "text",
            }
        )
    return {
        "participants": ["Zoë Ådahl", "Ilse Kamp"],
        "threadName": f"Zoë Ådahl_{seed}",
        "messages": messages,
    }


# Discord


def discord_channel(count: int, seed: int = 0, *, direct: bool = True) -> dict[str, Any]:
    """A channel as DiscordChatExporter writes it in JSON."""
    rng = random.Random(seed)
    people = (("5001", "mara.v", "Mara"), ("5002", "ilse_k", "Ilse"))
    messages: list[dict[str, Any]] = []
    for number in range(count):
        id, name, nickname = rng.choice(people)
        minute, hour = number % 60, number // 60 % 24
        one: dict[str, Any] = {
            "id": str(900_000_000_000 + seed * 1_000_000 + number),
            "type": "Default",
            "timestamp": f"2023-04-{1 + number // 1440 % 28:02}T{hour:02}:{minute:02}:07.123+02:00",
            "timestampEdited": None,
            "isPinned": False,
            "content": sentence(rng),
            "author": {
                "id": id,
                "name": name,
                "discriminator": "0000",
                "nickname": nickname,
                "isBot": False,
                "roles": [],
            },
            "attachments": [],
            "embeds": [],
            "stickers": [],
            "reactions": [],
            "mentions": [],
        }
        if number and rng.random() < 0.2:
            one["type"] = "Reply"
            one["reference"] = {"messageId": messages[-1]["id"], "channelId": "77", "guildId": "0"}
        messages.append(one)
    return {
        "guild": {"id": "0" if direct else "44", "name": "Direct Messages" if direct else "Attic"},
        "channel": {
            "id": f"77{seed}",
            "type": "DirectTextChat" if direct else "GuildTextChat",
            "name": "Mara" if direct else "general",
        },
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2023-05-01T10:00:00+00:00",
        "messages": messages,
        "messageCount": count,
    }


def discord_package() -> dict[str, Any]:
    """The files of a data package: one channel in the new form, one in the old."""
    return {
        "package/README.txt": "Welcome",
        "package/account/user.json": {
            "id": "5002",
            "username": "ilse_k",
            "global_name": "Ilse",
            "relationships": [{"id": "5001", "user": {"id": "5001", "username": "mara.v"}}],
        },
        "package/Messages/index.json": {"12345678901": "Direct Message with mara.v", "22345678901": None},
        "package/Messages/c12345678901/channel.json": {"id": "12345678901", "type": "DM"},
        "package/Messages/c12345678901/messages.json": [
            {"ID": 91, "Timestamp": "2026-01-05 12:00:00", "Contents": "hi <@5001> <a:wave:123>", "Attachments": ""},
            {"ID": 90, "Timestamp": "2026-01-05 11:59:00", "Contents": "", "Attachments": "https://x/y.png"},
            {"ID": 89, "Timestamp": "2026-01-04 11:59:00.123000+00:00", "Contents": "in <#22345678901>", "Attachments": ""},
        ],
        "package/Messages/c22345678901/channel.json": {
            "id": "22345678901", "type": 0, "name": "tea", "guild": {"id": "4", "name": "Attic"},
        },
        "package/Messages/c22345678901/messages.csv": (
            "ID,Timestamp,Contents,Attachments\r\n"
            '77,2021-03-05 12:00:00.123000+00:00,"two\nlines, one cell",\r\n'
        ),
    }  # fmt: skip


# Slack


def slack_export() -> dict[str, Any]:
    """A workspace with one channel, one direct chat, a thread, a bot and an edited user."""
    return {
        "users.json": [
            {"id": "U1", "name": "mara", "profile": {"display_name": "Mara", "real_name": "Mara Voss"}},
            {"id": "U2", "name": "ilse", "profile": {"display_name": "", "real_name": "Ilse Kamp"}},
            {"id": "U3", "name": "odo", "deleted": True, "profile": {}},
        ],
        "channels.json": [{"id": "C1", "name": "general", "members": ["U1", "U2", "U3"]}],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}, {"id": "D2", "members": ["U2", "U3"]}],
        "general/2022-03-18.json": [
            {"type": "message", "user": "U1", "ts": "1647637512.000200", "thread_ts": "1647637512.000200",
             "text": "kettle &amp; <@U2> see <https://x.y|this> in <#C1|general> &lt;3 <!here>"},
            {"type": "message", "subtype": "channel_join", "user": "U3", "ts": "1647637513.000100", "text": "<@U3> joined"},
            {"type": "message", "user": "U2", "ts": "1647637520.000100", "thread_ts": "1647637512.000200", "text": "under the stairs"},
            {"type": "message", "subtype": "bot_message", "username": "cron", "ts": "1647637530.000100", "text": "beep"},
        ],
        "general/2022-03-19.json": [
            {"type": "message", "user": "U9", "ts": "1647723912.000100", "text": "hm",
             "user_profile": {"display_name": "Gone"}},
            {"type": "message", "user": "U2", "ts": "1647723913.000100", "text": "", "files": [{"id": "F1"}]},
            {"type": "message", "user": "U2", "ts": "1647723914.000100", "text": "",
             "blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
                 {"type": "text", "text": "from "}, {"type": "emoji", "name": "lemon"}]}]}]},
            {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": "1647723915.000100", "text": "gone"},
        ],
        "D1/2022-03-18.json": [
            {"type": "message", "user": "U2", "ts": "1647637600.000100", "text": "lemons?"},
            {"type": "message", "user": "U1", "ts": "1647637601.000100", "text": "limes"},
        ],
        "D2/2022-03-18.json": [
            {"type": "message", "user": "U3", "ts": "1647637600.000100", "text": "rain"},
            {"type": "message", "user": "U2", "ts": "1647637601.000100", "text": "yes"},
        ],
    }  # fmt: skip


# ChatGPT


def chatgpt_export() -> list[dict[str, Any]]:
    """A conversation with an answer generated twice, a tool call and a picture."""

    def node(
        id: str, parent: str | None, role: str, parts: list[Any], **extra: Any
    ) -> dict[str, Any]:
        content = {"content_type": extra.pop("kind", "text"), "parts": parts}
        message = {
            "id": id,
            "author": {"role": role},
            "create_time": 1700000000.5 + len(id),
            "content": content,
            "metadata": extra,
        }
        return {"id": id, "message": message, "parent": parent, "children": []}

    mapping = {
        "root": {"id": "root", "message": None, "parent": None, "children": ["s"]},
        "s": node("s", "root", "system", [""], is_visually_hidden_from_conversation=True),
        "q1": node("q1", "s", "user", ["Where is the kettle?"]),
        "a1": node("a1", "q1", "assistant", ["On the moon."]),
        "a1b": node("a1b", "q1", "assistant", ["Under the stairs."]),
        "t": node("t", "a1b", "tool", ["{}"], kind="code"),
        "q2": node(
            "q2",
            "t",
            "user",
            [{"content_type": "image_asset_pointer"}, "and this?"],
            kind="multimodal_text",
        ),
        "a2": node("a2", "q2", "assistant", ["A lemon."]),
    }
    return [
        {"title": "Kettle", "create_time": 1700000000.0, "mapping": mapping,
         "current_node": "a2", "conversation_id": "c-1"},
        {"title": None, "mapping": {}, "current_node": None, "id": "c-2"},
    ]  # fmt: skip


# Google Chat


def google_chat_takeout() -> dict[str, Any]:
    """A direct chat and a space with two topics."""
    top = "Takeout/Google Chat"
    ilse = {"name": "Ilse Kamp", "email": "ilse@example.org", "user_type": "Human"}
    mara = {"name": "Mara Voss", "email": "mara@example.org", "user_type": "Human"}
    odo = {"name": "Odo Ray", "email": "odo@example.org", "user_type": "Human"}
    bot = {"name": "Build", "user_type": "Bot"}

    def said(who: dict[str, Any], minute: int, id: str, topic: str, **extra: Any) -> dict[str, Any]:
        when = f"Monday, February 10, 2025 at 3:{minute:02}:22\u202fPM UTC"
        return {"creator": who, "created_date": when, "topic_id": topic, "message_id": id} | extra

    return {
        f"{top}/Users/User 1/user_info.json": {"user": ilse},
        f"{top}/Groups/DM abc/group_info.json": {"members": [ilse, mara]},
        f"{top}/Groups/DM abc/messages.json": {"messages": [
            said(mara, 1, "abc/t1/1", "t1", text="kettle?"),
            said(ilse, 2, "abc/t2/2", "t2", text="under the stairs"),
            said(ilse, 3, "abc/t3/3", "t3", attached_files=[{"original_name": "x.png"}]),
            said(mara, 4, "abc/t4/4", "t4", text="ah", quoted_message_metadata={"message_id": "abc/t2/2"}),
            said(mara, 5, "abc/t5/5", "t5", message_state="DELETED"),
        ]},
        f"{top}/Groups/Space xyz/group_info.json": {"name": "Attic", "members": [ilse, mara, odo]},
        f"{top}/Groups/Space xyz/messages.json": {"messages": [
            said(odo, 6, "xyz/a/1", "a", text="rain"),
            said(bot, 7, "xyz/b/1", "b", text="beep"),
            said(ilse, 8, "xyz/a/2", "a", text="yes"),
        ]},
    }  # fmt: skip
