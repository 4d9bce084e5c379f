"""Made-up mailboxes and archives of accounts: mail, Mastodon, Bluesky, Reddit, LinkedIn."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

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
