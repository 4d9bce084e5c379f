"""Signal: its own export (``main.jsonl``), and what signal-export writes.

signal-export makes ``chat.md`` (Markdown) or ``data.json`` (JSON lines); for Signal's own see
``signal_backup``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.rows import Options, Rows, iso_ms
from core.readers.signal_backup import is_backup, read_backup
from core.readers.text import head_text, parse_json, read_text, to_utf8
from core.readers.values import dict_of, list_of, text_of

SOURCE = "signal"
TITLE = "Signal"
ORDER = 30

ME = "Me"
_SUFFIXES = (".md", ".txt", ".json", ".jsonl", "")
NOBODY = "No-Sender"
_DELETED = "(This message was deleted)"
_HEADER = re.compile(r"^\[(\d{4}-\d\d-\d\d),? (\d\d:\d\d(?::\d\d)?)\] ([^\n:]{1,120}):(?: |$)(.*)$")
_REACTIONS = re.compile(r"\s{0,9}+\(- [^()\n]{1,200}:? [^()\n]{1,40}-\)\s*$")
_STICKER = re.compile(r"\(\( .{1,40} \)\)")
_MEDIA = re.compile(r"!?\[[^\[\]\n]{0,300}+\]\(\.?/?(?:<)?(?:\./)?media/[^)\n]*\)")
_CALL = re.compile(r"(?:Incoming|Outgoing|Missed)(?: voice| video)? call(?: \([^()]*\))?")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    backup = _backups(members)
    if backup:
        return f"Signal's own export ({backup[0].basename})"
    found = _files(with_suffix(members, *_SUFFIXES)[:FEW])
    return f"signal-export's {found[0].basename}" if found else None


def _backups(members: Sequence[Member]) -> list[Member]:
    """Files of Signal's own export; beside media there is one named main.jsonl."""
    if len(members) == 1:
        return [m for m in members if is_backup(m)]
    return [m for m in members if m.basename.lower().endswith("main.jsonl") and is_backup(m)]


def _files(members: Sequence[Member]) -> list[Member]:
    """Files to read; of a chat in both forms the JSON, which says more."""
    found = [m for m in members if _is_json(m) or _is_markdown(m)]
    folders = {_folder(m) for m in found if _is_json(m)}
    return [m for m in found if _is_json(m) or _folder(m) not in folders]


def _folder(member: Member) -> tuple[str, str]:
    return member.file, member.path.rpartition("/")[0] or member.path


def _is_markdown(member: Member) -> bool:
    if member.suffix in (".json", ".jsonl"):
        return False
    lines = [line for line in head_text(member, 4096).split("\n") if line.strip()][:40]
    found = [match for line in lines if (match := _HEADER.match(line))]
    named = member.basename.lower() in ("chat.md", "index.md")
    own = any(match[3] == ME for match in found)
    return bool(found) and bool(lines) and _HEADER.match(lines[0]) is not None and (named or own)


def _is_json(member: Member) -> bool:
    if member.suffix in (".md", ".txt"):
        return False
    head = head_text(member, 4096)
    return re.match(r'\s*\{\s*"date"\s*:\s*"\d{4}-', head) is not None and (
        '"sender"' in head and '"body"' in head
    )


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring.

    ``sent_at`` is UTC in Signal's own export, else the local time of the exporting computer.
    """
    rows = Rows()
    raw = 0
    owner: Owner | None = None
    backups = [m for m in members if is_backup(m)] if len(members) < FEW else _backups(members)
    for member in backups:
        rows.reading(member)
        found, me = read_backup(member, options, rows)
        raw += found
        owner = owner or me
    files = [m for m in _files(with_suffix(members, *_SUFFIXES)) if m not in backups]
    for done, member in enumerate(files):
        rows.reading(member)
        folder = member.path.rpartition("/")[0].rpartition("/")[2]
        chat = folder or re.sub(r"\.[a-z]+$", "", member.basename)
        conversation = f"{chat} ({done + 1})" if chat in rows.titles else chat
        rows.titles[conversation] = chat
        if _is_json(member):
            raw += _read_json(member, conversation, options, rows)
        else:
            raw += _read_markdown(member, conversation, options, rows)
        options.report((done + 1) / len(files))
    if not raw:
        raise Problem("This Signal export holds no message.", "Export it again.")
    if owner is None and ME in set(rows.authors):
        owner = Owner(ME, "signal-export calls the owner Me")
    return rows.archive(SOURCE, raw, me=owner)


def _read_markdown(member: Member, conversation: str, options: Options, rows: Rows) -> int:
    text, notes = read_text(member, options.encoding)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    raw = 0
    said: dict[str, str] = {}
    current: tuple[str, str, list[str]] | None = None
    for line in [*text.split("\n"), None]:
        match = _HEADER.match(line) if line is not None else None
        if line is not None and match is None:
            if current is not None:
                current[2].append(line)
            elif line.strip():
                raw += 1
                rows.leave_out("lines before the first message")
            continue
        if current is not None:
            raw += 1
            _add_markdown(*current, conversation, rows, said)
        if match is not None:
            current = (f"{match[1]}T{match[2]}", match[3], [match[4]])
    return raw


def _add_markdown(
    when: str, sender: str, lines: list[str], conversation: str, rows: Rows, said: dict[str, str]
) -> None:
    body = [line.rstrip() for line in lines]
    kept = [line for line in body if not line.startswith(">")]
    quote = "\n".join(line[1:].strip() for line in body if line.startswith(">"))
    text = _REACTIONS.sub("", "\n".join(kept).strip())
    words = _STICKER.sub("", _MEDIA.sub("", text)).strip()
    _add(rows, conversation, iso_ms(when), sender, words, bool(text), quote, said)


def _add(
    rows: Rows,
    conversation: str,
    sent_at: int | None,
    sender: str,
    words: str,
    has_media: bool,
    quote: str,
    said: dict[str, str],
) -> None:
    """One row. ``said`` holds the last message with each text, by which a quotation is found."""
    kind = "message"
    if words == _DELETED:
        kind = "deleted"
    elif _CALL.fullmatch(words):
        kind = "call"
    elif not words:
        kind = "media" if has_media or sender != NOBODY else "system"
    id = f"{conversation}/{len(rows)}"
    author = None if kind == "system" else "Unknown" if sender == NOBODY else sender
    rows.add(id, conversation, sent_at, author, words, kind, said.get(quote) if quote else None)
    if words:
        said[words] = id


def _read_json(member: Member, conversation: str, options: Options, rows: Rows) -> int:
    data, notes = to_utf8(member.read(), options.encoding, label=member.label)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    raw = 0
    said: dict[str, str] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        raw += 1
        message = _line(line)
        if message is None:
            rows.leave_out("lines that are not a JSON object", f"line {number}")
            continue
        text = text_of(message.get("body")).strip()
        sender = text_of(message.get("sender")) or NOBODY
        media = bool(list_of(message.get("attachments")) or message.get("sticker"))
        quoted = text_of(message.get("quote")).strip()
        quote = "\n".join(line.removeprefix(">").strip() for line in quoted.split("\n"))
        words = _DELETED if message.get("deleted") is True else text
        sent_at = iso_ms(message.get("date"))
        _add(rows, conversation, sent_at, sender, words, media, quote, said)
    return raw


def _line(line: bytes) -> dict[str, Any] | None:
    try:
        return dict_of(orjson.loads(line)) or None
    except orjson.JSONDecodeError:
        pass
    try:
        return dict_of(parse_json(line, "a line")) or None
    except Problem:
        return None
