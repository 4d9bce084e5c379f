"""The data package that Discord mails: only the owner's messages, a folder a channel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.messages import Owner
from core.problems import Problem
from core.readers.containers import Member
from core.readers.csv_rows import cell, read_csv
from core.readers.damaged_json import read_json_or_part
from core.readers.people import People
from core.readers.rows import Options, Rows
from core.readers.text import read_json
from core.readers.values import dict_of, key_of, list_of, text_of
from core.readers.written_dates import read_times

#: The folder's own name is translated and was "Messages" for some time; the inside is not.
_MESSAGES = re.compile(r"(?:^|/)(c?\d{5,20})/messages\.(?:json|csv)$", re.IGNORECASE)


def message_files(members: Sequence[Member]) -> list[Member]:
    """The files of messages, when the members are a data package, else nothing."""
    found = [m for m in members if _MESSAGES.search(m.path)]
    folders = {m.path.rsplit("/", 2)[0] if m.path.count("/") > 1 else "" for m in found}
    indexes = {m.path.rpartition("/")[0] for m in members if m.basename.lower() == "index.json"}
    return found if folders & indexes else []


def read_package(
    members: Sequence[Member], options: Options, rows: Rows, people: People
) -> tuple[int, Owner | None]:
    """Read a data package, if there is one: (raw messages, its owner)."""
    files = message_files(members)
    if not files:
        return 0, None
    documents = _documents(members, rows)
    owner, names = _account(documents)
    me = people.name(owner[0], owner[1])
    folders = {m.path.rpartition("/")[0] for m in files}
    channels = _channel_names(documents, folders)
    raw = 0
    seen: set[str] = set()
    for done, member in enumerate(files):
        rows.reading(member)
        channel = member.path.rsplit("/", 2)[-2].lstrip("c")
        rows.titles[channel] = channels.get(channel) or f"Channel {channel}"
        entries = _entries(member, options, rows)
        raw += len(entries)
        times = read_times([e[1] for e in entries], options, rows, member.label)
        for (id, _, contents, attachments), sent_at in zip(entries, times, strict=True):
            id = id or f"{channel}/{len(rows)}"
            if not contents and not attachments:
                rows.leave_out("messages without text or attachment")
            elif id in seen:
                rows.merge("the same message in two files")
            else:
                seen.add(id)
                kind = "message" if contents.strip() else "media"
                rows.add(id, channel, sent_at, me, unmarked(contents, names, channels), kind)
        options.report((done + 1) / len(files))
    rows.note(
        "warning",
        "Discord's data package holds your own messages only; for the other side of a chat, "
        "export it with DiscordChatExporter as JSON",
    )
    return raw, Owner(me, "the data package holds only its owner's messages")


def _documents(members: Sequence[Member], rows: Rows) -> dict[str, Any]:
    """The small JSON files (account, index, channels) by path; broken ones are noted."""
    found: dict[str, Any] = {}
    for member in members:
        if member.basename.lower() in ("user.json", "index.json", "channel.json"):
            try:
                found[member.path] = read_json(member)
            except Problem as problem:
                rows.note("warning", problem.message)
    return found


def _account(documents: dict[str, Any]) -> tuple[tuple[str, str], dict[str, str]]:
    """((account id, name) of the owner, names of known accounts)."""
    names: dict[str, str] = {}
    for path, document in documents.items():
        if not path.lower().endswith("user.json"):
            continue
        user = dict_of(document)
        for relation in list_of(user.get("relationships")):
            other = dict_of(dict_of(relation).get("user"))
            names[key_of(other.get("id"))] = _shown(other)
        if user.get("id"):
            names[key_of(user["id"])] = _shown(user)
            return (key_of(user["id"]), _shown(user)), names
    return ("me", "Me"), names


def _shown(user: dict[str, Any]) -> str:
    return text_of(user.get("global_name")) or text_of(user.get("username")) or "someone"


def _channel_names(documents: dict[str, Any], folders: set[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for path, document in documents.items():
        if path.lower().endswith("channel.json") and path.rpartition("/")[0] in folders:
            channel = dict_of(document)
            name = text_of(channel.get("name"))
            guild = text_of(dict_of(channel.get("guild")).get("name"))
            if name:
                names[key_of(channel.get("id"))] = f"{guild} #{name}" if guild else name
    for path, document in documents.items():
        if path.lower().endswith("index.json"):
            for channel_id, name in dict_of(document).items():
                if isinstance(name, str) and name:
                    names.setdefault(channel_id, name)
    return names


def _entries(member: Member, options: Options, rows: Rows) -> list[tuple[str, str, str, str]]:
    """(id, time, contents, attachments) of every message in a file."""
    if member.suffix == ".csv":
        table = read_csv(member, options, rows)
        places = [table.place(n) for n in ("id", "timestamp", "contents", "attachments")]
        return [
            (cell(row, places[0]), cell(row, places[1]), cell(row, places[2]), cell(row, places[3]))
            for row in table.rows
        ]
    found = []
    for entry in list_of(read_json_or_part(member, options, rows)):
        message = dict_of(entry)
        found.append(
            (
                key_of(message.get("ID")),
                text_of(message.get("Timestamp")),
                text_of(message.get("Contents")),
                text_of(message.get("Attachments")),
            )
        )
    return found


def unmarked(text: str, names: dict[str, str], channels: dict[str, str]) -> str:
    """Discord's stored markup as people see it.

    Args:
        text: a message as stored: ``<@id>``, ``<#id>``, ``<:emoji:id>``, ``</command:id>``.
        names: account id -> name; unknown ones become ``@someone``.
        channels: channel id -> name; unknown ones become ``#channel``.
    """
    if "<" not in text:
        return text
    text = re.sub(r"<@!?(\d+)>", lambda m: f"@{names.get(m[1], 'someone')}", text)
    text = re.sub(r"<@&\d+>", "@role", text)
    text = re.sub(r"<#(\d+)>", lambda m: _channel(channels.get(m[1], "")), text)
    text = re.sub(r"<a?(:\w+:)\d+>", r"\1", text)
    return re.sub(r"</([^:<>]+):\d+>", r"/\1", text)


def _channel(name: str) -> str:
    return "#" + (name.rpartition("#")[2].partition(" in ")[0] or "channel")
