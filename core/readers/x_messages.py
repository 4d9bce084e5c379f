"""Direct messages of an X archive: the files hold ids of people, hardly ever names."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from core.readers.rows import Rows, iso_ms

_SHORT_LINK = re.compile(r"\s{0,3}https?://t\.co/\w+\s*$")


def likely_owner(conversations: Iterable[dict[str, Any]]) -> str:
    """The sender or recipient who takes part in every conversation, or an empty string."""
    counts: Counter[str] = Counter()
    total = 0
    for conversation in conversations:
        people = {
            str(person)
            for _, body in _events(conversation)
            for person in (body.get("senderId"), body.get("recipientId"))
            if person and str(person) != "0"
        }
        if people:
            total += 1
            counts.update(people)
    everywhere = [person for person, n in counts.items() if n == total]
    return everywhere[0] if len(everywhere) == 1 else ""


def write_conversation(
    conversation: dict[str, Any], rows: Rows, seen: set[str], names: dict[str, str], me: str
) -> int:
    """Add the rows of one conversation, oldest first.

    Args:
        seen: ids already written, from other parts.
        names: account id to name.
        me: account id of the owner.

    Returns:
        How many raw items there were.
    """
    key = f"dm-{conversation.get('conversationId') or 'unknown'}"
    raw = 0
    messages: list[tuple[int, str, str, str]] = []
    people: dict[str, None] = {}
    for kind, body in _events(conversation):
        raw += 1
        if kind != "messageCreate":
            rows.leave_out("notices in direct messages (joins, names, reactions)")
            continue
        message = str(body.get("id") or f"{key}-{raw}")
        sender = str(body.get("senderId") or "")
        if message in seen:
            rows.leave_out("direct messages that are in more than one part")
            continue
        seen.add(message)
        for person in (sender, str(body.get("recipientId") or "0")):
            if person not in ("0", "", me):
                people[person] = None
        messages.append((iso_ms(body.get("createdAt")) or -(10**15), message, sender, _text(body)))
    messages.sort(key=lambda m: (m[0], len(m[1]), m[1]))
    for ms, message, sender, text in messages:
        author = names.get(sender, f"user {sender}" if sender else "unknown")
        rows.add(message, key, ms, author, text, "message" if text else "media")
    if messages:
        others = [names.get(p, f"user {p}") for p in people]
        shown = ", ".join(others[:4]) + (" and others" if len(others) > 4 else "")
        name = conversation.get("conversationName") or shown or "yourself"
        rows.titles[key] = f"Direct messages with {name}"
    return raw


def _events(conversation: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    messages = conversation.get("messages")
    for event in messages if isinstance(messages, list) else ():
        if isinstance(event, dict):
            for kind, body in event.items():
                if isinstance(body, dict):
                    yield str(kind), body


def _text(body: dict[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str):
        return ""
    media = body.get("mediaUrls")
    urls = body.get("urls")
    for url in urls if isinstance(urls, list) else ():
        if isinstance(url, dict) and url.get("url") and url.get("expanded"):
            own_media = "/messages/media/" in str(url["expanded"])
            text = text.replace(str(url["url"]), "" if own_media else str(url["expanded"]))
    if media:
        text = _SHORT_LINK.sub("", text)
    return html.unescape(text).strip()
