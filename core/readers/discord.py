"""Discord: DiscordChatExporter's JSON and CSV, and the data package that Discord mails.

The data package holds only the owner's messages; DiscordChatExporter has both sides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

from core.messages import Archive
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.csv_rows import cell, header_of, read_csv
from core.readers.discord_package import message_files, read_package
from core.readers.json_pieces import Entries, read_pieces
from core.readers.people import People, shared_owner, the_other_of_two
from core.readers.rows import Options, Rows, iso_ms
from core.readers.text import head_text
from core.readers.values import dict_of, key_of, no_collection, text_of
from core.readers.written_dates import read_times

SOURCE = "discord"
TITLE = "Discord"
ORDER = 20

_CSV_HEADER = ("authorid", "author", "date", "content", "attachments", "reactions")
#: Discord's message types that a person writes, as numbers in very old exports.
_WRITTEN = {"Default": "message", "Reply": "message", "0": "message", "19": "message"}
#: How a message begins; attachments, stickers and people have no timestamp there.
_ENTRY = r'"id"\s*:\s*"\d+"\s*,\s*"type"\s*:\s*"?\w+"?\s*,\s*"timestamp"\s*:'
_CALLS = {"Call", "3"}


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    if message_files(members):
        return "Discord's data package (messages/index.json)"
    if any(_is_json(m) for m in with_suffix(members, ".json")[:FEW]):
        return "DiscordChatExporter's JSON"
    if any(_is_csv(m) for m in with_suffix(members, ".csv")[:FEW]):
        return "DiscordChatExporter's CSV"
    return None


def _is_json(member: Member) -> bool:
    head = head_text(member, 4096)
    return bool(re.match(r'\s*\{\s*"guild":\s*\{', head)) and '"channel":' in head


def _is_csv(member: Member) -> bool:
    return header_of(member)[:6] == _CSV_HEADER


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring.

    ``sent_at`` is UTC; in CSV files without offset it is the exporting computer's local time.
    """
    rows, people = Rows(), People()
    raw, me = read_package(members, options, rows, people)
    exports = [m for m in with_suffix(members, ".json") if _is_json(m)]
    tables = [m for m in with_suffix(members, ".csv") if _is_csv(m)]
    others: list[str] = []
    seen: set[str] = set()
    before, total = 0, sum(m.size for m in exports + tables) or 1
    for member in exports:
        rows.reading(member)
        with no_collection():
            part = options.part(before / total, member.size / total)
            whole, entries = read_pieces(member, part, rows, "messages", _ENTRY)
            raw += _read_channel(dict_of(whole), entries, rows, people, seen, others)
        before += member.size
        options.report(before / total)
    for member in tables:
        rows.reading(member)
        raw += _read_csv(member, options, rows, people)
        before += member.size
        options.report(before / total)
    if not raw:
        raise Problem(
            "This Discord export holds no message.", "Export the channel or chat again as JSON."
        )
    if me is None and len(set(others)) == 1:
        me = the_other_of_two(rows, others[0], "the chat is named after the other")
    return rows.archive(SOURCE, raw, me=me or shared_owner(rows))


def _read_channel(
    document: dict[str, Any],
    entries: Entries,
    rows: Rows,
    people: People,
    seen: set[str],
    others: list[str],
) -> int:
    guild, channel = dict_of(document.get("guild")), dict_of(document.get("channel"))
    conversation = key_of(channel.get("id")) or f"channel {len(rows.titles) + 1}"
    name = text_of(channel.get("name"))
    direct = key_of(guild.get("id")) == "0" or text_of(channel.get("type")).startswith("Direct")
    rows.titles[conversation] = name if direct else f"{text_of(guild.get('name'))} #{name}"
    raw = 0
    for message in chain.from_iterable(entries(document.get("messages"))):
        raw += 1
        if not isinstance(message, dict):
            rows.leave_out("entries that are not messages")
            continue
        id = key_of(message.get("id")) or f"{conversation}/{len(rows)}"
        if id in seen:
            rows.merge("the same message in two files")
            continue
        seen.add(id)
        author = dict_of(message.get("author"))
        account = key_of(author.get("id")) or text_of(author.get("name")) or "unknown"
        shown = text_of(author.get("nickname")) or text_of(author.get("name"))
        who = people.names.get(account) or people.name(account, shown)
        if direct and not others and name in (text_of(author.get("name")), shown):
            others.append(who)
        text = text_of(message.get("content"))
        kind = key_of(message.get("type"))
        row_kind = _WRITTEN.get(kind)
        if row_kind is None:
            if kind in _CALLS:
                rows.add(id, conversation, iso_ms(message.get("timestamp")), who, text, "call")
            else:
                rows.add(id, conversation, iso_ms(message.get("timestamp")), None, text, "system")
            continue
        forwarded = message.get("forwardedMessage")
        if isinstance(forwarded, dict):
            text, row_kind = text or text_of(forwarded.get("content")), "repost"
        elif message.get("poll"):
            question = dict_of(message["poll"]).get("question")
            text = text or text_of(question) or text_of(dict_of(question).get("text"))
            row_kind = "poll"
        elif not text or text.isspace():
            row_kind = "media"
        reply_to = key_of(dict_of(message.get("reference")).get("messageId"))
        rows.add(
            id,
            conversation,
            iso_ms(message.get("timestamp")),
            who,
            text,
            row_kind,
            reply_to if reply_to and kind in ("Reply", "19") else None,
        )
    return raw


def _read_csv(member: Member, options: Options, rows: Rows, people: People) -> int:
    stem = re.sub(r"\.csv$", "", member.basename, flags=re.IGNORECASE)
    found = re.search(r"\[(\d{5,20})\]", stem)
    conversation = found[1] if found else stem
    rows.titles[conversation] = re.sub(r"\s*\[\d+\]|\s*\[part \d+\]", "", stem).strip() or stem
    table = read_csv(member, options, rows)
    times = read_times([cell(row, 2) for row in table.rows], options, rows, member.label)
    for row, sent_at in zip(table.rows, times, strict=True):
        if not any(row):
            rows.leave_out("empty rows")
            continue
        author = re.sub(r"#(?:0|0000)$", "", cell(row, 1))
        who = people.name(cell(row, 0) or author, author)
        content = cell(row, 3)
        kind = "message" if content.strip() else "media"
        rows.add(f"{conversation}/{len(rows)}", conversation, sent_at, who, content, kind)
    return len(table.rows)
