"""Made-up exports in the formats of the readers, and helpers to read and to break them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from hypothesis import settings
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

#: For tests that read many made-up files: a slow moment of the machine is no failure.
fuzz = settings(max_examples=80, deadline=None)


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
    assert archive.files is not None and len(archive.files) == len(frame)
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


# Mastodon


def mastodon_archive() -> dict[str, Any]:
    """An outbox with a post, a reply, a boost, a poll, a picture and a private mention."""
    public = "https://www.w3.org/ns/activitystreams#Public"
    here = "https://social.example/users/ilse"

    def create(
        number: int, html: str, to: list[str], cc: list[str], **extra: Any
    ) -> dict[str, Any]:
        note = {
            "id": f"{here}/statuses/{number}",
            "type": "Note",
            "content": html,
            "summary": None,
            "inReplyTo": None,
            "attachment": [],
        } | extra
        return {
            "id": f"{here}/statuses/{number}/activity",
            "type": "Create",
            "published": f"2023-01-{number:02}T10:00:00Z",
            "to": to,
            "cc": cc,
            "object": note,
        }

    followers = f"{here}/followers"
    mention = '<span class="h-card"><a href="https://x" class="u-url mention">@<span>mara</span></a></span>'
    link = '<a href="https://a.b/c"><span class="invisible">https://</span><span>a.b/c</span></a>'
    items = [
        create(1, f"<p>Kettle<br />sings &amp; sings</p><p>see {link}</p>", [public], [followers]),
        create(2, f"<p>{mention} under the stairs</p>", [public], [], inReplyTo="https://else/1"),
        create(3, "<p>more</p>", [followers], [], inReplyTo=f"{here}/statuses/1"),
        create(4, "<p>secret</p>", ["https://else/users/mara"], []),
        create(5, "", [public], [], attachment=[{"type": "Document"}]),
        create(6, "<p>Lemons or limes?</p>", [followers], [public], type="Question"),
        {
            "id": f"{here}/statuses/7/activity",
            "type": "Announce",
            "published": "2023-01-07T10:00:00Z",
            "to": [public],
            "cc": [],
            "object": "https://else/2",
        },
        {"id": "x", "type": "Update", "object": {}},
    ]
    return {
        "outbox.json": {"@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json",
                        "type": "OrderedCollection", "totalItems": 99, "orderedItems": items},
        "actor.json": {"type": "Person", "preferredUsername": "ilse", "name": "Ilse K."},
        "likes.json": {"type": "OrderedCollection", "orderedItems": ["https://else/3"]},
    }  # fmt: skip


# Bluesky


def cbor(value: Any) -> bytes:
    """A value as DAG-CBOR; a tuple ("link", bytes) becomes a link."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _cbor_head(0, value) if value >= 0 else _cbor_head(1, -1 - value)
    if isinstance(value, str):
        data = value.encode()
        return _cbor_head(3, len(data)) + data
    if isinstance(value, bytes):
        return _cbor_head(2, len(value)) + value
    if isinstance(value, tuple):
        return b"\xd8\x2a" + cbor(b"\0" + value[1])
    if isinstance(value, list):
        return _cbor_head(4, len(value)) + b"".join(map(cbor, value))
    pairs = b"".join(cbor(k) + cbor(v) for k, v in value.items())
    return _cbor_head(5, len(value)) + pairs


def _cbor_head(major: int, size: int) -> bytes:
    if size < 24:
        return bytes([major << 5 | size])
    width = next(w for w in (1, 2, 4, 8) if size < 1 << 8 * w)
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + size.to_bytes(width, "big")


def car_of(*records: Any) -> bytes:
    """A CAR file of these records, each in a block of its own."""

    def varint(n: int) -> bytes:
        out = b""
        while n >= 0x80:
            out += bytes([n & 0x7F | 0x80])
            n >>= 7
        return out + bytes([n])

    header = cbor({"roots": [("link", link_of({}))], "version": 1})
    data = varint(len(header)) + header
    for record in records:
        block = link_of(record) + cbor(record)
        data += varint(len(block)) + block
    return data


def link_of(record: Any) -> bytes:
    """The link of a record."""
    return b"\x01\x71\x12\x20" + hashlib.sha256(cbor(record)).digest()


def bluesky_records() -> list[Any]:
    """A profile, a thread of two, an answer to somebody, a repost, a like and a picture."""

    def text_link(record: Any) -> str:
        return "b" + base64.b32encode(link_of(record)).decode().lower().rstrip("=")

    post = "app.bsky.feed.post"
    first = {
        "$type": post,
        "text": "Kettle sings 🍋",
        "createdAt": "2024-05-01T10:00:00.000Z",
        "langs": ["en"],
    }
    second = {
        "$type": post,
        "text": "still",
        "createdAt": "2024-05-01T10:01:00Z",
        "reply": {
            "root": {"uri": "at://x/1", "cid": text_link(first)},
            "parent": {"uri": "at://x/1", "cid": text_link(first)},
        },
    }
    other = {
        "$type": post,
        "text": "yes!",
        "createdAt": "2024-04-01T10:00:00Z",
        "reply": {
            "root": {"uri": "at://y/1", "cid": "bafy1"},
            "parent": {"uri": "at://y/1", "cid": "bafy1"},
        },
    }
    return [
        {"did": "did:plc:abc", "rev": "3k", "data": ("link", link_of({})), "prev": None, "version": 3},
        {"e": [], "l": None},
        second,
        {"$type": "app.bsky.actor.profile", "displayName": "Ilse"},
        first,
        {"$type": "app.bsky.feed.repost", "subject": {"uri": "at://z/2", "cid": "c"}, "createdAt": "2024-06-01T10:00:00Z"},
        {"$type": "app.bsky.feed.like", "subject": {"uri": "at://z/2", "cid": "c"}, "createdAt": "2024-06-01T10:00:00Z"},
        other,
        {"$type": post, "text": "", "createdAt": "2024-07-01T10:00:00Z", "embed": {"$type": "app.bsky.embed.images"}},
    ]  # fmt: skip


# Reddit and LinkedIn

REDDIT = {
    "comments.csv": (
        "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"
        'c1,https://r/c1,2023-01-15 12:34:56 UTC,,tea,0,https://www.reddit.com/r/tea/comments/p9/x/,,"&gt; quoted\n\nmine &amp; more&#x200B;",\n'
        "c2,https://r/c2,2023-01-16 12:34:56 UTC,,tea,0,https://www.reddit.com/r/tea/comments/p9/x/,c1,second,\n"
        "c3,https://r/c3,2023-01-17 12:34:56 UTC,,rain,0,https://x,c8,[removed],\n"
    ),
    "posts.csv": (
        "id,permalink,date,ip,subreddit,gildings,title,url,body\n"
        "p1,https://r/p1,2023-02-15 12:34:56 UTC,,tea,0,A kettle,https://x,It sings.\n"
    ),
    "messages.csv": (
        "id,permalink,thread_id,date,ip,from,to,subject,body\n"
        "m1,https://r/m1,m1,2023-02-15 12:34:56 UTC,,ilse_k,mara_v,Kettle,hello\n"
        "m2,https://r/m2,m1,2023-02-15 12:35:56 UTC,,mara_v,ilse_k,re: Kettle,hi\n"
    ),
    "statistics.csv": "statistic,value\naccount name,ilse_k\nexport time,x\n",
    "friends.csv": "username,note\n",
}

LINKEDIN = {
    "messages.csv": (
        "\ufeffCONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,SUBJECT,CONTENT,FOLDER\n"
        "2-a,,Ilse Kamp,https://l/ilse,Mara Voss,https://l/mara,2025-01-02 10:05:00 UTC,,<p>Under the <b>stairs</b></p>,INBOX\n"
        "2-a,,Mara Voss,https://l/mara,Ilse Kamp,https://l/ilse,2025-01-02 10:00:00 UTC,,Where is the kettle &amp; co?,INBOX\n"
        "2-b,Sponsored Conversation,An Advert,https://l/ad,Ilse Kamp,https://l/ilse,2025-01-03 10:00:00 UTC,,Buy,INBOX\n"
        "2-c,,Odo Ray,https://l/odo,Ilse Kamp,https://l/ilse,2025-01-04 10:00:00 UTC,,Rain,INBOX\n"
    ),
    "Profile.csv": "First Name,Last Name,Headline\nIlse,Kamp,Ferry clerk\n",
    "Shares.csv": (
        "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
        '2024-01-02 10:00:00,https://l/1,"First line""\n""second line",,,MEMBER_NETWORK\n'
        "2024-01-01 10:00:00,https://l/0,Earlier,,,MEMBER_NETWORK\n"
    ),
    "Comments.csv": "Date,Link,Message\n2024-01-05 10:00:00,https://l/2,Well said\n",
    "Connections.csv": "First Name,Last Name\nMara,Voss\n",
}


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


# Texts of chat apps

SIGNAL_MD = """[2019-05-29, 15:04:00] Me: where is the kettle  
(- Mara: 👍, Odo: ❤ -)
[2019-05-29, 15:05:10] Mara:

> where is the kettle

under the stairs  
second line  
[2019-05-29, 15:06] Me: ![x.jpg](./media/x.jpg)  
[2019-05-29, 15:07:00] Me:   
(( 🍋 ))
[2019-05-29, 15:08:00] Mara: (This message was deleted)
[2019-05-29, 15:09:00] Mara: Incoming voice call (accepted, 2m 3s)  
[2019-05-29, 15:10:00] No-Sender:   
"""  # noqa: W291

SIGNAL_JSON = (
    '{"date": "2019-05-29T15:04:00", "sender": "Me", "body": "kettle?  ", "quote": "", "sticker": "", "reactions": [], "attachments": []}\n'
    '{"date": "2019-05-29T15:05:00", "sender": "Mara", "body": "here  ", "quote": "\\n\\n> kettle?\\n\\n", "sticker": "", "reactions": [["Me", "x"]], "attachments": []}\n'
    '{"date": "2019-05-29T15:06:00", "sender": "Mara", "body": "  ", "quote": "", "sticker": "", "reactions": [], "attachments": [{"name": "x", "path": "media/x"}]}\n'
)

IMESSAGE = """May 17, 2022  5:29:42 PM (Read by them after 5 minutes)
Me
where is the kettle
and the cups
Tapbacks:
Loved by Mara

    May 17, 2022  5:31:00 PM
    Mara
    under the stairs

May 17, 2022  5:30:00 PM
Mara
/Users/x/Library/Messages/Attachments/1/a.heic

May 17, 2022  5:31:00 PM
Mara
under the stairs
This message responded to an earlier message.

May 17, 2022 11:02:03 PM
Me
May 17, 2022 11:02:03 PM thnaks
Edited 10 seconds later: thanks
Sent with Confetti

May 18, 2022  8:00:00 AM You renamed the conversation to Kettle club

May 18, 2022  8:00:01 AM
Mara
They unsent this message part 5 seconds after sending!

"""

LINE_JA = """[LINE] マラとのトーク履歴
保存日時：2023/01/07 10:00

2023/01/05(木)
16:35\tマラ\tやかんはどこ？
16:36\tイルゼ\t"階段の下
もう一行"
16:37\tマラ\t[スタンプ]
16:38\tマラがメッセージの送信を取り消しました
2023/01/06(金)
09:01\tイルゼ\t☎ 通話時間 1:23
09:02\tイルゼ\tおはよう
plain next line
"""

LINE_EN = """[LINE] Chat history with Mara
Saved on: 26/04/2026, 10:00

Sat, 25/04/2026
4:35PM\tMara\tkettle?
4:36PM\tIlse\tunder the stairs
Sun, 26/04/2026
12:10AM\tIlse\t[Photo]
"""

LINE_OLD = """[LINE] Chat history with Mara Voss
Saved on: 2015/12/26 10:00

2015/12/25 Fri
16:35 Mara Voss kettle?
16:36 Ilse under the stairs
16:37 Ilse really
"""

KAKAO_ANDROID = """마라 님과 카카오톡 대화
저장한 날짜 : 2022년 3월 19일 오후 1:00


2022년 3월 18일 오후 9:05
2022년 3월 18일 오후 9:05, 마라 : 주전자 어디?
2022년 3월 18일 오후 9:06, 회원님 : 계단 밑
둘째 줄
2022년 3월 18일 오후 9:07, 마라 : 사진 3장
2022년 3월 19일 오전 12:10, 마라 : 삭제된 메시지입니다.
2022년 3월 19일 오전 12:11, 오도님이 들어왔습니다.
"""

KAKAO_IOS = """Talk_2026.2.2 10:00-1.txt
저장한 날짜 : 2026. 2. 2. 오전 10:00


2026년 2월 1일 일요일
2026. 2. 1. 오후 8:26: 오도님이 나갔습니다.
2026. 2. 1. 오후 8:27, 마라 : 주전자 어디?
2026. 2. 1. 오후 8:28, 이브 : 계단 : 밑
"""

KAKAO_PC = """마라 님과 카카오톡 대화
저장한 날짜 : 2022-03-19 13:00:00

--------------- 2022년 3월 18일 금요일 ---------------
[마라] [오후 9:05] 주전자 어디?
[이브] [오후 9:06] 계단 밑
둘째 줄
오도님이 들어왔습니다.
--------------- 2022년 3월 19일 토요일 ---------------
[이브] [오전 9:06] 이모티콘
"""

KAKAO_PC_EN = """KakaoTalk Chats with Mara
Date Saved : 2022-03-19 13:00:00

--------------- Friday, March 18, 2022 ---------------
[Mara] [9:05 PM] kettle?
[Ilse] [9:06 PM] stairs
"""

KAKAO_CSV = 'Date,User,Message\n2022-03-18 21:05:00,"마라","주전자\n어디?"\n2022-03-18 21:06:00,"이브","계단"\n'

WECHAT_MSG = (
    "\ufefflocalId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n"
    "1,w1,1,0,0,1647637512,,水壶在哪,2022-03-18 21:05:12,玛拉,mara,w1\n"
    '2,w1,1,0,1,1647637612,,"楼梯下面\n第二行",2022-03-18 21:06:52,,ilse,w0\n'
    "3,w1,3,0,1,1647637712,,<msg><img/></msg>,2022-03-18 21:08:32,,ilse,w0\n"
    "4,w1,10000,0,0,1647637812,,你已添加了玛拉,2022-03-18 21:10:12,,,\n"
    "5,w1,50,0,0,1647637912,,<voipmsg/>,2022-03-18 21:11:52,玛拉,mara,w1\n"
)
WECHAT_CLONE = (
    "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime\n"
    "0,77,文本,0,w1,玛拉,水壶在哪,,2022-03-18 21:05:12\n"
    "1,78,文本,1,w0,玛拉,楼梯下面,,2022-03-18 21:06:12\n"
    "2,79,图片,1,w0,玛拉,a.jpg,x,2022-03-18 21:07:12\n"
)
WECHAT_LOG = (
    "Time,SenderName,Sender,TalkerName,Talker,Content\n"
    "2022-03-18 21:05:12,玛拉,w1,玛拉,w1,水壶在哪\n"
    "2022-03-18 21:06:12,我自己,w0,玛拉,w1,楼梯下面\n"
)


SIGNAL_BACKUP = """{"version":"1","backupTimeMs":"1766000000000"}
{"account":{"givenName":"Ilse","familyName":"Kamp"}}
{"recipient":{"id":"1","self":{}}}
{"recipient":{"id":"2","contact":{"profileGivenName":"Mara"}}}
{"chat":{"id":"10","recipientId":"2"}}
{"chatItem":{"chatId":"10","authorId":"2","dateSent":"1700000000000","incoming":{},"standardMessage":{"text":{"body":"kettle?"}}}}
{"chatItem":{"chatId":"10","authorId":"1","dateSent":"1700000001000","outgoing":{},"standardMessage":{"text":{"body":"under the stairs"}}}}
"""
