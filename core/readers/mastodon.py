"""Mastodon's archive: ``outbox.json`` and ``actor.json``, as zip or tar.gz.

Each visibility is a conversation, so that a person can leave out what was not public.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.containers import Member, find
from core.readers.damaged_json import read_json_or_part
from core.readers.markup import html_to_text
from core.readers.rows import Options, Rows, iso_ms
from core.readers.text import head_text, read_json
from core.readers.values import dict_of, list_of, text_of

SOURCE = "mastodon"
TITLE = "Mastodon"
ORDER = 11

_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_TITLES = {
    "public": "Public posts",
    "unlisted": "Quiet public posts",
    "followers": "Posts for followers",
    "direct": "Private mentions",
}
_HIDDEN = frozenset({"invisible"})
_MENTIONS = re.compile(r"^(?:@[\w.-]+(?:@[\w.-]+)?\s+)+")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return "an ActivityPub outbox (outbox.json)" if _outboxes(members) else None


def _outboxes(members: Sequence[Member]) -> list[Member]:
    named = find(members, r"outbox[^/]*\.json")
    return [m for m in named or members[:1] if _is_outbox(m)]


def _is_outbox(member: Member) -> bool:
    head = head_text(member, 16 * 1024)
    return head.lstrip().startswith("{") and (
        '"orderedItems"' in head or '"OrderedCollection"' in head
    )


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC; the posts answered are not in the export."""
    rows = Rows()
    me = _name(members, rows)
    raw = 0
    seen: set[str] = set()
    for outbox in _outboxes(members):
        rows.reading(outbox)
        document = dict_of(read_json_or_part(outbox, options, rows, ("orderedItems",)))
        items = list_of(document.get("orderedItems"))
        raw += len(items)
        for item in items:
            _add(dict_of(item), me, rows, seen)
    if not raw:
        raise Problem(
            "This Mastodon archive holds no post.",
            "Request a new archive under Preferences, Import and export.",
        )
    return rows.archive(SOURCE, raw, me=Owner(me, "the archive holds only its owner's posts"))


def _name(members: Sequence[Member], rows: Rows) -> str:
    for member in find(members, r"actor\.json"):
        try:
            actor = dict_of(read_json(member))
        except Problem as problem:
            rows.note("warning", problem.message)
            continue
        name = text_of(actor.get("name")).strip() or text_of(actor.get("preferredUsername"))
        if name:
            return name
    return "Me"


def _add(item: dict[str, Any], me: str, rows: Rows, seen: set[str]) -> None:
    kind = item.get("type")
    note = item.get("object")
    sent_at = iso_ms(item.get("published"))
    visibility = _visibility(item)
    if kind == "Announce":
        id = text_of(item.get("id")) or f"boost {len(rows)}"
        target = text_of(note) or text_of(dict_of(note).get("id"))
        if id in seen:
            rows.merge("the same post in two archives")
            return
        seen.add(id)
        rows.titles.setdefault(visibility, _TITLES[visibility])
        rows.add(id, visibility, sent_at, me, target, "repost")
        return
    if kind != "Create" or not isinstance(note, dict):
        rows.leave_out("activities that are no post")
        return
    id = text_of(note.get("id")) or f"post {len(rows)}"
    if id in seen:
        rows.merge("the same post in two archives")
        return
    seen.add(id)
    answered = text_of(note.get("inReplyTo"))
    html = text_of(note.get("content"))
    if not html:
        html = next((t for t in dict_of(note.get("contentMap")).values() if isinstance(t, str)), "")
    text = html_to_text(html, hidden_classes=_HIDDEN)
    if answered or visibility == "direct":
        text = _MENTIONS.sub("", text)
    row_kind = "reply" if answered else "post"
    if note.get("type") == "Question":
        row_kind = "poll"
    elif not text.strip():
        row_kind = "media"
    rows.titles.setdefault(visibility, _TITLES[visibility])
    if sent_at is None:
        sent_at = iso_ms(note.get("published"))
    rows.add(id, visibility, sent_at, me, text, row_kind, answered or None)


def _visibility(item: dict[str, Any]) -> str:
    to, cc = _addressees(item.get("to")), _addressees(item.get("cc"))
    if _PUBLIC in to or "as:Public" in to:
        return "public"
    if _PUBLIC in cc or "as:Public" in cc:
        return "unlisted"
    if any(address.endswith("/followers") for address in to):
        return "followers"
    return "direct"


def _addressees(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text_of(v) for v in list_of(value)]
