"""Chats with Grok in an X archive: the questions are the owner's words.

``grok-chat-item.js`` is a flat list of ``{"grokChatItem": {chatId, createdAt, sender, message}}``
in no fixed order; ``sender.originalName`` is USER or AGENT. A question and its answer often have
the same time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from core.readers.members import Member
from core.readers.rows import Rows, iso_ms
from core.readers.values import dict_of, key_of, list_of, text_of

GROK = "Grok"
#: Marks of sources that the app draws as small numbers; no words.
_CITATION = re.compile(r"\s?<grok:render\b.*?</grok:render>", re.DOTALL)


def write_grok_chats(items: Iterable[tuple[Member, dict[str, Any]]], rows: Rows, owner: str) -> int:
    """Add a row a message, each chat oldest first.

    Args:
        items: file and object, without its wrapper.
        rows: where they go.
        owner: name of the archive's owner.

    Returns:
        How many items there were.
    """
    chats: dict[str, list[tuple[int, bool, str, str, Member]]] = {}
    seen: set[tuple[str, str, str, str]] = set()
    raw = 0
    for member, item in items:
        raw += 1
        sender = dict_of(item.get("sender"))
        mine = (text_of(sender.get("originalName")) or text_of(sender.get("name"))).upper()
        chat, message = key_of(item.get("chatId")), text_of(item.get("message")).strip()
        if not chat or mine not in ("USER", "AGENT"):
            rows.leave_out("entries of chats with Grok that are no message")
            continue
        same = (chat, text_of(item.get("createdAt")), mine, message)
        if message and same in seen:
            rows.leave_out("messages to Grok that are in more than one part")
            continue
        seen.add(same)
        text = message if mine == "USER" else _CITATION.sub("", message).strip()
        kind = "message" if text else "media"
        if not text and not list_of(item.get("attachments")) and mine == "AGENT":
            rows.leave_out("empty answers by Grok")
            continue
        chats.setdefault(chat, []).append(
            (iso_ms(item.get("createdAt")) or 0, mine == "AGENT", text, kind, member)
        )
    for chat, messages in chats.items():
        conversation = f"grok-{chat}"
        messages.sort(key=lambda message: message[:2])
        for ms, answer, text, kind, member in messages:
            rows.reading(member)
            rows.add(
                f"{conversation}/{len(rows)}",
                conversation,
                ms or None,
                GROK if answer else owner,
                text,
                kind,
            )
        question = next((text for _, answer, text, *_ in messages if not answer and text), "")
        words = " ".join(question.split())
        rows.titles[conversation] = (
            f"Grok: {words[:50]}{'…' if len(words) > 50 else ''}" if words else "Grok"
        )
    return raw
