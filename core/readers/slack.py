"""Slack's export: a zip of one folder a channel with one JSON file a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.messages import Archive
from core.problems import Problem
from core.readers.containers import Member, find
from core.readers.damaged_json import read_json_or_part
from core.readers.people import People, shared_owner
from core.readers.rows import Options, Rows
from core.readers.text import head_text, read_json
from core.readers.values import dict_of, key_of, list_of, no_collection, text_of

SOURCE = "slack"
TITLE = "Slack"
ORDER = 12

_DAY = re.compile(r"(?:^|/)([^/]+)/(\d{4}-\d{2}-\d{2})\.json$")
_LISTS = r"(?:users|channels|groups|dms|mpims)\.json"
_DAY_HEAD = re.compile(r'\s*\[\s*\{[^\0]*"ts":\s*"\d{10}\.\d{6}"')
_WRITTEN = {"", "thread_broadcast", "reply_broadcast", "me_message", "file_share", "file_comment"}
_BOTS = {"bot_message", "slackbot_response", "reminder_add"}
_MARKUP = re.compile(r"<([^<>]+)>")
#: Messages without an account: Slack's own helper and apps.
_NOBODY = "USLACKBOT"


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    days = [m for m in members if _DAY.search(m.path)]
    if days and find(members, _LISTS):
        return "Slack's export (users.json and a file a day)"
    if any(_has_messages(m) for m in days[:3] or list(members)[:1]):
        return "a channel of a Slack export"
    return None


def _is_day(member: Member) -> bool:
    return _DAY.search(member.path) is not None or (
        "/" not in member.path and _has_messages(member)
    )


def _has_messages(member: Member) -> bool:
    head = head_text(member, 4096)
    return _DAY_HEAD.match(head) is not None and '"type"' in head


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC; every thread is a conversation."""
    rows, people = Rows(), People()
    lists = _lists(members, rows)
    names = _names(lists.get("users.json", []))
    titles, dialogues = _channels(lists, names)
    days = sorted((m for m in members if _is_day(m)), key=lambda m: m.path)
    channels: dict[str, list[Member]] = {}
    for day in days:
        found = _DAY.search(day.path)
        channels.setdefault(found[1] if found else day.basename, []).append(day)
    raw, done = 0, 0
    seen: set[str] = set()
    for channel, files in channels.items():
        messages: list[tuple[float, dict[str, Any], Member]] = []
        for member in files:
            with no_collection():
                entries = list_of(read_json_or_part(member, options, rows))
            raw += len(entries)
            for entry in entries:
                if isinstance(entry, dict):
                    messages.append((_seconds(entry.get("ts")), entry, member))
                else:
                    rows.leave_out("entries that are not messages")
            done += 1
            options.report(done / len(days))
        messages.sort(key=lambda pair: pair[0])
        title = titles.get(channel, f"#{channel}")
        for seconds, message, member in messages:
            rows.reading(member)
            _add(message, seconds, channel, title, rows, people, names, titles, seen)
    if not raw:
        raise Problem(
            "This Slack export holds no message.",
            "Export again for a longer period; the free plan exports public channels only.",
        )
    owner = shared_owner(rows, [(c, [names[u] for u in us if u in names]) for c, us in dialogues])
    if owner is not None and owner.name not in set(rows.authors):
        owner = None
    return rows.archive(SOURCE, raw, me=owner)


def _lists(members: Sequence[Member], rows: Rows) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for member in find(members, _LISTS):
        try:
            found.setdefault(member.basename.lower(), []).extend(list_of(read_json(member)))
        except Problem as problem:
            rows.note("warning", problem.message)
    return found


def _names(users: list[Any]) -> dict[str, str]:
    """Names by account id."""
    people = People()
    names: dict[str, str] = {}
    for user in users:
        entry = dict_of(user)
        account = key_of(entry.get("id"))
        if account:
            names[account] = people.name(account, _shown(entry))
    return names


def _shown(user: dict[str, Any]) -> str:
    profile = dict_of(user.get("profile"))
    found = (
        text_of(profile.get("display_name")),
        text_of(profile.get("real_name")),
        text_of(user.get("real_name")),
        text_of(user.get("name")),
    )
    return next((name for name in found if name.strip()), "")


def _channels(
    lists: dict[str, list[Any]], names: dict[str, str]
) -> tuple[dict[str, str], list[tuple[str, list[str]]]]:
    """(title by folder name and by id, members of each private dialogue)."""
    titles: dict[str, str] = {}
    dialogues: list[tuple[str, list[str]]] = []
    for file, entries in lists.items():
        for channel in map(dict_of, entries):
            id, name = key_of(channel.get("id")), text_of(channel.get("name"))
            accounts = [key_of(u) for u in list_of(channel.get("members"))]
            if file in ("dms.json", "mpims.json"):
                title = ", ".join(names.get(u, u) for u in accounts) or name or id
                dialogues.append((name or id, accounts))
            elif file != "users.json" and name:
                title = f"#{name}"
            else:
                continue
            titles[id] = title
            if name:
                titles[name] = title
    return titles, dialogues


def _seconds(value: object) -> float:
    try:
        return float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _add(
    message: dict[str, Any],
    seconds: float,
    channel: str,
    title: str,
    rows: Rows,
    people: People,
    names: dict[str, str],
    titles: dict[str, str],
    seen: set[str],
) -> None:
    ts = key_of(message.get("ts"))
    id = f"{channel}/{ts or len(rows)}"
    if id in seen:
        rows.merge("the same message in two files, or sent to thread and channel")
        return
    seen.add(id)
    subtype = text_of(message.get("subtype"))
    thread = key_of(message.get("thread_ts"))
    conversation = f"{channel}/{thread}" if thread else channel
    rows.titles.setdefault(conversation, f"{title} (thread)" if thread else title)
    text = plain_text(text_of(message.get("text")), names, titles)
    if not text.strip():
        text = plain_text(_from_blocks(message.get("blocks")), names, titles)
    author: str | None = _author(message, names, people)
    kind = "message" if text.strip() else "media"
    if subtype == "tombstone" or message.get("hidden") is True:
        kind = "deleted"
    elif subtype == "huddle_thread":
        kind = "call"
    elif subtype not in _WRITTEN or "bot_id" in message or message.get("user") == _NOBODY:
        kind, author = "system", None
    sent_at = int(seconds * 1000) if 0 < seconds < 1e11 else None
    reply_to = f"{channel}/{thread}" if thread and thread != ts else None
    rows.add(id, conversation, sent_at, author, text, kind, reply_to)


def _author(message: dict[str, Any], names: dict[str, str], people: People) -> str:
    account = key_of(message.get("user")) or text_of(message.get("username")) or "unknown"
    known = names.get(account)
    if known:
        return known
    profile = dict_of(message.get("user_profile"))
    shown = _shown({"profile": profile, "name": profile.get("name")})
    return people.name(account, shown or text_of(message.get("username")))


def _from_blocks(value: object, depth: int = 0) -> str:
    """Text of a message that has only Slack's rich-text blocks."""
    if depth > 8:
        return ""
    pieces = []
    for block in map(dict_of, list_of(value)):
        inner = block.get("elements")
        text = block.get("text")
        if isinstance(text, str):
            pieces.append(text)
        elif isinstance(text, dict):
            pieces.append(text_of(text.get("text")))
        elif block.get("type") == "emoji":
            pieces.append(f":{text_of(block.get('name'))}:")
        elif block.get("type") == "user":
            pieces.append(f"<@{key_of(block.get('user_id'))}>")
        elif block.get("type") == "link":
            pieces.append(text_of(block.get("url")))
        elif inner is not None:
            pieces.append(_from_blocks(inner, depth + 1))
    return ("\n" if depth == 0 else "").join(pieces)


def plain_text(text: str, names: dict[str, str], channels: dict[str, str]) -> str:
    """Slack's markup as people see it; ``*bold*`` and ``:emoji:`` stay as they were typed.

    Args:
        text: as in the export, with ``<...>`` references and three escapes.
        names: account id -> name.
        channels: channel id -> title.
    """
    if "<" in text:
        text = _MARKUP.sub(lambda m: _reference(m[1], names, channels), text)
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return text


def _reference(inside: str, names: dict[str, str], channels: dict[str, str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return "@" + (names.get(target[1:]) or label or "someone")
    if target.startswith("#"):
        return "#" + (label or channels.get(target[1:], "channel").lstrip("#"))
    if target.startswith("!"):
        return label or "@" + target[1:].partition("^")[0]
    return label or target.removeprefix("mailto:")
