"""Made-up exports in the formats of the readers, and helpers to read and to break them."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from hypothesis import strategies as st

from core.messages import Archive
from core.problems import Problem
from core.readers.containers import open_containers
from core.readers.rows import Options

_LINE = (
    "the kettle sings again and nobody answers so I moved your bicycle under the stairs because "
    "rain was coming ok fine tomorrow then bring lemons not limes 🍋 über café naïve жду 明日 yes"
)
WORDS = tuple(_LINE.split())


def sentence(rng: random.Random, most: int = 14) -> str:
    """A made-up line of 1 to ``most`` words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(1, most)))


def as_bytes(value: Any) -> bytes:
    """Bytes as they are, text as UTF-8, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def zip_of(files: Mapping[str, Any]) -> bytes:
    """A zip with these files; values as for ``as_bytes``."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, value in files.items():
            archive.writestr(path, as_bytes(value))
    return packed.getvalue()


def read_with(reader: Any, *files: tuple[str, Any], **options: Any) -> Archive:
    """Read files with one format's module, with nothing around it that could hide an error.

    Asserts that the format claims every file and that the receipt adds up.
    """
    with open_containers([(name, as_bytes(value)) for name, value in files]) as (opened, problems):
        assert not problems, problems
        members = []
        for container in opened:
            assert reader.sniff(container.members), f"{container.name} is not claimed"
            members += container.members
        archive = reader.read(members, Options(**options))
    assert_whole(archive)
    return archive


def assert_whole(archive: Archive) -> None:
    """The receipt adds up, ids are unique, and every answer points into the same archive's ids."""
    frame = archive.frame()
    assert archive.raw_count == len(frame) + archive.missing_rows
    assert frame["id"].is_unique
    assert not frame["text"].isna().any()
    assert frame.loc[frame["kind"] == "system", "author"].isna().all()
    if archive.me is not None:
        assert archive.me.reason


def only_problems(reader: Any, *files: tuple[str, Any]) -> Archive | None:
    """Read files that may be broken in any way: an archive that adds up, or a Problem."""
    sources = [(name, as_bytes(value)) for name, value in files]
    try:
        with open_containers(sources) as (opened, _):
            members = [m for container in opened for m in container.members]
            if members:
                reader.sniff(members)
                archive = reader.read(members, Options())
                assert_whole(archive)
                return archive
    except Problem as problem:
        assert problem.message
    return None


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["", "0", "1647637512", "2022-03-18T21:05:12", "user1", "\ud83d"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)


def mangled(draw: Callable[[Any], Any], value: Any, share: float = 0.06) -> Any:
    """``value`` with some of its parts replaced, removed or repeated at random."""
    rng = draw(st.randoms(use_true_random=False))

    def visit(part: Any) -> Any:
        if rng.random() < share:
            return draw(JUNK)
        if isinstance(part, dict):
            return {k: visit(v) for k, v in part.items() if rng.random() > share / 2}
        if isinstance(part, list):
            kept = [visit(v) for v in part]
            return kept * 2 if rng.random() < share / 2 else kept
        return part

    return visit(value)


def damaged(draw: Callable[[Any], Any], data: bytes) -> bytes:
    """Bytes cut at a random place, with a few of them changed."""
    end = draw(st.integers(0, len(data)))
    broken = bytearray(data[:end])
    for place, byte in draw(
        st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=4)
    ):
        if broken:
            broken[place % len(broken)] = byte
    return bytes(broken)


def dumped(value: Any) -> bytes:
    """JSON that may hold halves of characters and numbers beyond 64 bits."""
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(value).encode()


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


# E-mail


def mail_text(
    body: str,
    *,
    sender: str = "Mara Voss <mara@example.org>",
    to: str = "Ilse Kamp <ilse@example.org>",
    subject: str = "Kettle",
    id: str = "<m1@example.org>",
    date: str = "Fri, 18 Mar 2022 21:05:12 +0100",
    **headers: str,
) -> bytes:
    """One mail; further headers with ``_`` for ``-``."""
    lines = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": id,
        "Date": date,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in lines.items() if value)
    return f"{head}\n{body}\n".encode()


def mbox_of(*mails: bytes) -> bytes:
    """An mbox with these mails."""
    return b"".join(
        b"From 1234567@xxx Fri Mar 18 20:05:12 +0000 2022\n"
        + mail.replace(b"\nFrom ", b"\n>From ")
        + b"\n"
        for mail in mails
    )
