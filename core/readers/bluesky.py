"""Bluesky: the repository that the app exports as ``repo.car``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.cbor import Damaged, blocks, decode
from core.readers.containers import Member
from core.readers.rows import Options, Rows, iso_ms
from core.readers.values import dict_of, no_collection, text_of

SOURCE = "bluesky"
TITLE = "Bluesky"
ORDER = 10

_HEADER = b"\xa2\x65roots"


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return "a repository file (CAR)" if _repositories(members) else None


def _repositories(members: Sequence[Member]) -> list[Member]:
    return [
        m
        for m in members
        if (m.suffix == ".car" or len(members) == 1) and _HEADER in m.head(64)[:16]
    ]


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring.

    ``sent_at`` is UTC. Rows are in the order of the dates: the file is in no order. Ids are the
    links of the records, by which an answer names the post before it.
    """
    rows = Rows()
    raw = 0
    name = ""
    found: list[tuple[int, str, dict[str, Any], Member]] = []
    seen: set[str] = set()
    for member in _repositories(members):
        for id, record in _records(member, rows):
            kind = record["$type"]
            raw += 1
            if kind == "app.bsky.actor.profile":
                name = name or text_of(record.get("displayName")).strip()
            if kind not in ("app.bsky.feed.post", "app.bsky.feed.repost"):
                rows.leave_out("likes, follows, lists and settings")
            elif id in seen:
                rows.merge("the same post in two files")
            else:
                seen.add(id)
                found.append((iso_ms(record.get("createdAt")) or 0, id, record, member))
    if not found:
        raise Problem(
            "This Bluesky repository holds no post.", "Export it again under Settings, Account."
        )
    found.sort(key=lambda entry: entry[0])
    me = name or "Me"
    rows.titles["posts"] = "Posts"
    for sent_at, id, record, member in found:
        rows.reading(member)
        text = text_of(record.get("text"))
        answered = text_of(dict_of(dict_of(record.get("reply")).get("parent")).get("cid"))
        kind = "reply" if "reply" in record else "post"
        if record["$type"] == "app.bsky.feed.repost":
            kind, text = "repost", text_of(dict_of(record.get("subject")).get("uri"))
        elif not text.strip():
            kind = "media"
        rows.add(id, "posts", sent_at or None, me, text, kind, answered or None)
    return rows.archive(SOURCE, raw, me=Owner(me, "the repository holds only its owner's posts"))


def _records(member: Member, rows: Rows) -> list[tuple[str, dict[str, Any]]]:
    """(link, record) of everything in a repository that has a type."""
    found = []
    unreadable = 0
    try:
        with no_collection():
            for link, data in blocks(member.read()):
                try:
                    record = decode(data)
                except Damaged:
                    unreadable += 1
                    continue
                if isinstance(record, dict) and isinstance(record.get("$type"), str):
                    found.append((link, record))
    except Damaged:
        rows.note("warning", f"{member.label} is cut off: everything before that place was read")
    if unreadable:
        rows.note("warning", f"{member.label}: entries that cannot be read", count=unreadable)
    return found
