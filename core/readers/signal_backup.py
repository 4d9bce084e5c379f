"""Signal's own "Export chat history": a folder with ``main.jsonl``, metadata and media.

Each line is one frame of Signal's backup in the JSON form of protocol buffers (field names in
camel case, 64-bit numbers as text), as described in ``Backups.proto`` of Signal's apps and
written by libsignal's ``BackupJsonExporter``: first a header with ``backupTimeMs``, then
``account``, ``recipient``, ``chat`` and ``chatItem`` frames. Messages that disappear are not
exported by Signal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from core.messages import Owner
from core.readers.containers import Member
from core.readers.people import People
from core.readers.rows import Options, Rows
from core.readers.text import head_text, to_utf8
from core.readers.values import dict_of, key_of, list_of, number_of, text_of

_FRAME = re.compile(r'\{\s*"(?:account|recipient|chat|chatItem)"\s*:\s*\{')
#: One message may be written over several lines; more than this are not joined.
MOST_LINES = 500
_MEDIA = ("stickerMessage", "contactMessage", "viewOnceMessage", "giftBadge", "paymentNotification")


def is_backup(member: Member) -> bool:
    """True for the file of frames."""
    if member.suffix not in (".jsonl", ".json", ".txt", ""):
        return False
    head = head_text(member, 8192)
    lines = [line for line in head.split("\n", 4)[:4] if line.strip()]
    if not lines or not lines[0].lstrip().startswith("{"):
        return False
    header = '"backupTimeMs"' in lines[0]
    frames = sum(1 for line in lines if _FRAME.match(line.lstrip()))
    return header or (frames == len(lines) and ('"recipient"' in head or '"chatItem"' in head))


def read_backup(member: Member, options: Options, rows: Rows) -> tuple[int, Owner | None]:
    """Add the messages of one export; returns how many raw items it holds, and the owner."""
    data, notes = to_utf8(member.read(), options.encoding, label=member.label)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    frames = list(_frames(data, rows, member.label))
    names, me = _recipients(frames)
    chats: dict[str, str] = {}
    for frame in frames:
        if chat := dict_of(frame.get("chat")):
            chats[key_of(chat.get("id"))] = key_of(chat.get("recipientId"))
    raw = 0
    items: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for frame in frames:
        if "chatItem" in frame:
            raw += 1
            item = dict_of(frame["chatItem"])
            chat_id = key_of(item.get("chatId"))
            if not chat_id:
                rows.leave_out("entries that belong to no chat")
                continue
            items.setdefault(chat_id, []).append((number_of(item.get("dateSent")) or 0, item))
    for chat_id, found in items.items():
        recipient = chats.get(chat_id, "")
        title = "Note to Self" if recipient and recipient == me else names.get(recipient, "")
        conversation = f"{member.file}/{chat_id}" if chat_id in rows.titles else chat_id
        rows.titles[conversation] = title or f"Chat {chat_id}"
        found.sort(key=lambda entry: entry[0])
        for sent_at, item in found:
            raw += _add(item, sent_at, conversation, rows, names, me)
    owner = names.get(me, "")
    return raw, Owner(owner, "the export says whose account it is") if owner else None


def _frames(data: bytes, rows: Rows, label: str) -> Iterator[dict[str, Any]]:
    """The frames; one that was written over several lines is put together again."""
    lines = data.split(b"\n")
    place = damaged = 0
    while place < len(lines):
        line = lines[place]
        place += 1
        if not line.strip():
            continue
        try:
            yield dict_of(orjson.loads(line))
            continue
        except orjson.JSONDecodeError:
            pass
        end = place
        while end < min(len(lines), place + MOST_LINES) and not lines[end].startswith(b'{"'):
            end += 1
        text = b"\n".join(lines[place - 1 : end]).decode("utf-8", errors="replace")
        try:
            yield dict_of(json.loads(text, strict=False))
            place = end
        except (ValueError, RecursionError):
            damaged += 1
    rows.note("warning", f"{label}: lines that are damaged or cut off", count=damaged)


def _recipients(frames: Sequence[dict[str, Any]]) -> tuple[dict[str, str], str]:
    """Name of each recipient by id, no two alike, and the id of the owner."""
    people = People()
    account: dict[str, Any] = {}
    me = ""
    others: list[tuple[str, str]] = []
    for frame in frames:
        account = account or dict_of(frame.get("account"))
        recipient = dict_of(frame.get("recipient"))
        if not recipient:
            continue
        key = key_of(recipient.get("id"))
        if "self" in recipient:
            me = me or key
        elif "group" in recipient:
            snapshot = dict_of(dict_of(recipient["group"]).get("snapshot"))
            others.append((key, text_of(dict_of(snapshot.get("title")).get("title")) or "Group"))
        elif "releaseNotes" in recipient:
            others.append((key, "Signal"))
        else:
            others.append((key, _name(dict_of(recipient.get("contact"))) or "Unknown"))
    if me:
        people.name(me, _joined(account, "givenName", "familyName") or "Me")
    for key, name in others:
        people.name(key, name)
    return people.names, me


def _name(contact: dict[str, Any]) -> str:
    """A contact as Signal shows it: nickname, address book, profile, user name, number."""
    number = key_of(contact.get("e164"))
    return (
        _joined(dict_of(contact.get("nickname")), "given", "family")
        or text_of(contact.get("systemNickname"))
        or _joined(contact, "systemGivenName", "systemFamilyName")
        or _joined(contact, "profileGivenName", "profileFamilyName")
        or text_of(contact.get("username"))
        or (f"+{number.lstrip('+')}" if number else "")
    ).strip()


def _joined(values: dict[str, Any], *keys: str) -> str:
    return " ".join(part for key in keys if (part := text_of(values.get(key)).strip()))


def _add(
    item: dict[str, Any],
    sent_at: int,
    conversation: str,
    rows: Rows,
    names: dict[str, str],
    me: str,
) -> int:
    """One row; returns how many earlier versions of the message the item holds as well."""
    earlier = len(list_of(item.get("revisions")))
    rows.merge("earlier versions of edited messages", count=earlier)
    sender = key_of(item.get("authorId")) or (me if "outgoing" in item else "")
    author = names.get(sender) or "Unknown"
    kind, text = _content(item)
    reply_to = None
    quote = dict_of(dict_of(item.get("standardMessage")).get("quote"))
    if answered := key_of(quote.get("targetSentTimestamp")):
        reply_to = f"{conversation}/{key_of(quote.get('authorId'))}/{answered}"
    id = f"{conversation}/{sender}/{sent_at}"
    who = None if kind == "system" else author
    rows.add(id, conversation, sent_at or None, who, text, kind, reply_to)
    return earlier


def _content(item: dict[str, Any]) -> tuple[str, str]:
    """Kind and text of one chat item."""
    standard = dict_of(item.get("standardMessage"))
    if "standardMessage" in item:
        text = text_of(dict_of(standard.get("text")).get("body")).strip()
        return ("message", text) if text else ("media", "")
    if "directStoryReplyMessage" in item:
        reply = dict_of(item["directStoryReplyMessage"])
        words = dict_of(dict_of(reply.get("textReply")).get("text"))
        text = text_of(words.get("body")).strip()
        return ("message", text) if text else ("media", text_of(reply.get("emoji")))
    if "remoteDeletedMessage" in item or "adminDeletedMessage" in item:
        return "deleted", ""
    if "poll" in item:
        return "poll", text_of(dict_of(item["poll"]).get("question")).strip()
    if any(key in item for key in _MEDIA):
        return "media", ""
    update = dict_of(item.get("updateMessage"))
    if "individualCall" in update or "groupCall" in update:
        return "call", ""
    return "system", ""
