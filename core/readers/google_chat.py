"""Google Chat in a Takeout: ``Groups/<DM or Space>/messages.json``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW
from core.readers.containers import Member, find
from core.readers.damaged_json import read_json_or_part
from core.readers.people import People, shared_owner
from core.readers.rows import Options, Rows
from core.readers.text import head_text, read_json
from core.readers.values import dict_of, list_of, no_collection, text_of
from core.readers.written_dates import read_times

SOURCE = "google_chat"
TITLE = "Google Chat"
ORDER = 20
#: A Takeout may hold mail too.
BESIDES = ("mail",)

_GROUP = re.compile(r"(?:^|/)((?:DM|Space|Group)[^/]*)/messages\.json$", re.IGNORECASE)
_MEDIA = ("attached_files", "annotations")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    found = any(map(_is_chat, _named(members)[:FEW]))
    return "Google Chat in a Takeout (messages.json)" if found else None


def _named(members: Sequence[Member]) -> list[Member]:
    return find(members, r"messages\.json") or list(members[:1])


def _is_chat(member: Member) -> bool:
    head = head_text(member, 16 * 1024)
    if not re.match(r'\s*\{\s*"messages"\s*:\s*\[', head):
        return False
    return '"created_date"' in head or _GROUP.search(member.path) is not None


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC; every topic of a space is a conversation."""
    rows, people = Rows(), People()
    files = [m for m in _named(members) if _is_chat(m)]
    owner_mail = _owner_mail(members, rows)
    listed: list[tuple[str, list[str]]] = []
    raw = 0
    seen: set[str] = set()
    for done, member in enumerate(files):
        rows.reading(member)
        found = _GROUP.search(member.path)
        group = found[1] if found else member.basename
        title, accounts = _group_info(members, member, rows)
        with no_collection():
            document = dict_of(read_json_or_part(member, options, rows, ("messages",)))
            messages = list_of(document.get("messages"))
            raw += len(messages)
            _add_group(messages, group, title, member.label, rows, people, options, seen)
        listed.append((group, [people.name(mail, name) for mail, name in accounts if mail]))
        options.report((done + 1) / len(files))
    if not raw:
        raise Problem(
            "This Takeout holds no message of Google Chat.",
            "Request it again at takeout.google.com with Google Chat ticked.",
        )
    if owner_mail in people.names and people.names[owner_mail] in set(rows.authors):
        owner: Owner | None = Owner(people.names[owner_mail], "the Takeout is of this account")
    else:
        owner = shared_owner(rows, listed)
        if owner is not None and owner.name not in set(rows.authors):
            owner = None
    return rows.archive(SOURCE, raw, me=owner)


def _owner_mail(members: Sequence[Member], rows: Rows) -> str:
    for member in find(members, r"user_info\.json"):
        try:
            user = dict_of(dict_of(read_json(member)).get("user"))
        except Problem as problem:
            rows.note("warning", problem.message)
            continue
        if text_of(user.get("email")):
            return text_of(user["email"]).lower()
    return ""


def _group_info(
    members: Sequence[Member], chat: Member, rows: Rows
) -> tuple[str, list[tuple[str, str]]]:
    """(name of a space or "", (address, name) of everybody in it)."""
    folder = chat.path.rpartition("/")[0]
    for member in members:
        if member.path == f"{folder}/group_info.json" and member.file == chat.file:
            try:
                info = dict_of(read_json(member))
            except Problem as problem:
                rows.note("warning", problem.message)
                break
            users = [dict_of(u) for u in list_of(info.get("members"))]
            accounts = [(text_of(u.get("email")).lower(), text_of(u.get("name"))) for u in users]
            return text_of(info.get("name")).strip(), accounts
    return "", []


def _add_group(
    messages: list[Any],
    group: str,
    title: str,
    label: str,
    rows: Rows,
    people: People,
    options: Options,
    seen: set[str],
) -> None:
    entries = [m for m in messages if isinstance(m, dict)]
    rows.leave_out("entries that are not messages", count=len(messages) - len(entries))
    when = [text_of(m.get("created_date")).replace("\u202f", " ") for m in entries]
    times = read_times(when, options, rows, label)
    direct = group.upper().startswith("DM")
    names: dict[str, None] = {}
    first_of_topic: dict[str, str] = {}
    keys: set[str] = set()
    for message, sent_at in zip(entries, times, strict=True):
        creator = dict_of(message.get("creator"))
        shown = text_of(creator.get("name"))
        account = text_of(creator.get("email")).lower() or shown or "unknown"
        author: str | None = people.name(account, shown)
        names[people.name(account, shown)] = None
        id = text_of(message.get("message_id")) or f"{group}/{len(rows)}"
        if id in seen:
            rows.merge("the same message in two files")
            continue
        seen.add(id)
        topic = text_of(message.get("topic_id"))
        conversation = group if direct or not topic else f"{group}/{topic}"
        keys.add(conversation)
        reply_to = None
        if topic and not direct:
            root = first_of_topic.setdefault(topic, id)
            reply_to = root if root != id else None
        quoted = text_of(dict_of(message.get("quoted_message_metadata")).get("message_id"))
        text = text_of(message.get("text"))
        kind = "message"
        state = text_of(message.get("message_state"))
        if state == "DELETED" or "deletion_metadata" in message:
            kind, text = "deleted", ""
        elif creator.get("user_type") == "Bot":
            kind, author = "system", None
        elif not text.strip():
            kind = "media" if any(key in message for key in _MEDIA) else "deleted"
        rows.add(id, conversation, sent_at, author, text, kind, quoted or reply_to)
    for key in keys:
        rows.titles.setdefault(key, title or ", ".join(names) or group)
