"""Telegram Desktop: ``result.json`` of one chat or of the whole account.

Messages are never left out: service lines, forwards, media and polls get their own kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.json_pieces import Entries, read_pieces
from core.readers.people import People, shared_owner, the_other_of_two
from core.readers.rows import Options, Rows, iso_ms
from core.readers.text import head_text
from core.readers.values import (
    dict_of,
    key_of,
    list_of,
    no_collection,
    number_of,
    seconds_to_ms,
    text_of,
)

SOURCE = "telegram"
TITLE = "Telegram"
ORDER = 20

_CHAT = re.compile(
    r'"type":\s*"(?:personal_chat|bot_chat|saved_messages|(?:private|public)_(?:group|supergroup|channel))"'
)
_ACCOUNT = re.compile(r'"personal_information":\s*\{\s*"user_id"|"about":\s*"[^"]*Telegram')
#: How a message begins; nothing inside one has an id and a type like this.
_ENTRY = r'"id"\s*:\s*-?\d+\s*,\s*"type"\s*:\s*"(?:message|service)"'
_CALLS = {"phone_call", "group_call", "conference_call"}


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    found = [m for m in with_suffix(members, ".json")[:FEW] if _is_export(m)]
    return f"Telegram's {found[0].basename}" if found else None


def _is_export(member: Member) -> bool:
    head = head_text(member, 8192)
    if not head.lstrip().startswith("{"):
        return False
    return bool(_ACCOUNT.search(head) or (_CHAT.search(head) and '"messages"' in head))


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring.

    ``sent_at`` is UTC where the export has ``date_unixtime``, local time in older exports.
    """
    rows, people = Rows(), People()
    raw = 0
    owner_id = ""
    peers: list[str] = []
    seen: set[str] = set()
    exports = [m for m in with_suffix(members, ".json") if _is_export(m)]
    before, total = 0, sum(m.size for m in exports) or 1
    for member in exports:
        rows.reading(member)
        with no_collection():
            part = options.part(before / total, member.size / total)
            whole, entries = read_pieces(member, part, rows, "messages", _ENTRY)
            document = dict_of(whole)
            user = key_of(dict_of(document.get("personal_information")).get("user_id"))
            owner_id = owner_id or (user and f"user{user}")
            for chat in _chats(document):
                raw += _read_chat(chat, entries, rows, people, seen)
                if chat.get("type") == "saved_messages":
                    owner_id = owner_id or f"user{key_of(chat.get('id'))}"
                elif chat.get("type") == "personal_chat":
                    peers.append(f"user{key_of(chat.get('id'))}")
        before += member.size
        options.report(before / total)
    if not raw and not rows.titles:
        raise Problem(
            "This Telegram export holds no chat.",
            "Export again and tick the chats you want, with the format Machine-readable JSON.",
        )
    return rows.archive(SOURCE, raw, me=_owner(rows, people, owner_id, peers))


def _chats(document: dict[str, Any]) -> list[dict[str, Any]]:
    if "messages" in document:
        return [document]
    found = []
    for part in ("chats", "left_chats"):
        found += [
            c for c in list_of(dict_of(document.get(part)).get("list")) if isinstance(c, dict)
        ]
    return found


def _owner(rows: Rows, people: People, owner_id: str, peers: list[str]) -> Owner | None:
    if owner_id in people.names:
        return Owner(people.names[owner_id], "the export says whose account it is")
    if len(set(peers)) == 1 and peers[0] in people.names:
        found = the_other_of_two(rows, people.names[peers[0]], "the chat is named after the other")
        if found:
            return found
    return shared_owner(rows)


def _read_chat(
    chat: dict[str, Any], entries: Entries, rows: Rows, people: People, seen: set[str]
) -> int:
    chat_id = key_of(chat.get("id")) or f"chat {len(rows.titles) + 1}"
    kind = text_of(chat.get("type"))
    usual = "post" if kind.endswith("channel") else "message"
    name = text_of(chat.get("name"))
    if kind == "saved_messages":
        name = name or "Saved messages"
    raw = 0
    rows.titles.setdefault(chat_id, name or f"Deleted account {chat_id}")
    for message in chain.from_iterable(entries(chat.get("messages"))):
        raw += 1
        if not isinstance(message, dict):
            rows.leave_out("entries that are not messages")
            continue
        id = f"{chat_id}/{key_of(message.get('id')) or len(rows)}"
        if id in seen:
            rows.merge("the same message in two files or two parts of the export")
            continue
        seen.add(id)
        sent_at = seconds_to_ms(message.get("date_unixtime"))
        if sent_at is None:
            sent_at = _plain_date(message.get("date"))
        if message.get("type") == "service":
            _add_service(rows, people, id, chat_id, sent_at, message)
            continue
        account = message.get("from_id")
        author = people.names.get(account) if isinstance(account, str) else None
        if author is None:
            author = _author(message, people, "from", "from_id")
        text = message.get("text")
        if not isinstance(text, str):
            text = _text(text)
        if not text and "text_entities" in message:
            text = _text(message["text_entities"])
        row_kind = usual
        if "forwarded_from" in message or "saved_from" in message or "via_bot" in message:
            row_kind = "repost"
        elif "poll" in message:
            row_kind = "poll"
            text = text or _text(dict_of(message["poll"]).get("question"))
        elif not text or text.isspace():
            row_kind = "media"  # a photo, sticker, place ... or one that has deleted itself
        reply_to = None
        if "reply_to_message_id" in message and "reply_to_peer_id" not in message:
            answered = key_of(message["reply_to_message_id"])
            reply_to = f"{chat_id}/{answered}" if answered else None
        rows.add(id, chat_id, sent_at, author, text, row_kind, reply_to)
    return raw


def _add_service(
    rows: Rows,
    people: People,
    id: str,
    chat_id: str,
    sent_at: int | None,
    message: dict[str, Any],
) -> None:
    action = text_of(message.get("action"))
    if action in _CALLS:
        author = _author(message, people, "actor", "actor_id")
        seconds = number_of(message.get("duration_seconds"))
        rows.add(id, chat_id, sent_at, author, f"{seconds} seconds" if seconds else "", "call")
    else:
        rows.add(id, chat_id, sent_at, None, action.replace("_", " "), "system")


def _plain_date(value: object) -> int | None:
    """Local time of old exports; some hold only seconds since 1970 here."""
    found = iso_ms(value)
    return seconds_to_ms(value) if found is None else found


def _author(message: dict[str, Any], people: People, name: str, account: str) -> str:
    """Name of the sender; a deleted account has none, and old exports have bare numbers as ids."""
    shown = text_of(message.get(name))
    key = key_of(message.get(account)) or shown or "unknown"
    if key.isdigit():
        key = f"user{key}"
    known = people.names.get(key)
    return known or people.name(key, shown or f"Deleted account {key.removeprefix('user')}")


def _text(value: object) -> str:
    """Plain text of a string, or of a list of strings and formatted pieces joined without gap."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    return "".join(
        piece if isinstance(piece, str) else text_of(dict_of(piece).get("text")) for piece in value
    )
