"""JSON that may be cut off: what is whole is saved, and the reader is told."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options, Rows
from core.readers.text import parse_json, to_utf8
from core.readers.values import no_collection

#: A string, a bracket, or the quotation mark of a string that never ends.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{}]', re.DOTALL)


def read_json_or_part(
    member: Member, options: Options, rows: Rows, lists: Collection[str] = ()
) -> Any:
    """One JSON document; of a cut one everything up to the last whole list entry.

    Args:
        member: the file.
        options: its ``encoding``.
        rows: takes a note when characters were repaired or the file is cut off.
        lists: keys whose lists hold the messages; a list that is the document always counts.

    Raises:
        Problem: the file cannot be read, or not one entry is whole.
    """
    data, notes = to_utf8(whole_characters(member.read()), options.encoding, label=member.label)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    data = data.strip().strip(b"\x00").strip()
    with no_collection():
        try:
            return parse_json(data, member.label)
        except Problem:
            part = whole_part(data, lists)
            if part is None:
                raise
            value = parse_json(part, member.label)
    rows.note(
        "warning",
        f"{member.label} is damaged or cut off: everything before that place was read, "
        "the rest is lost",
    )
    return value


def whole_characters(data: bytes) -> bytes:
    """UTF-8 without a character that was cut in two at the end.

    One such character makes a whole line invalid, and JSON often is one line.
    """
    for size in (1, 2, 3):
        lead = data[-size] if size <= len(data) else 0
        if lead >= 0xC0:
            needed = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return data[:-size] if size < needed else data
        if lead < 0x80:
            break
    return data


def whole_part(data: bytes, lists: Collection[str]) -> bytes | None:
    """The start of a cut JSON document, ended after the last whole entry of a list.

    Args:
        data: UTF-8 JSON whose end is missing or broken.
        lists: keys whose lists count (a list that is the document itself always does).

    Returns:
        A document that parses up to where the first damage lies, or None without a whole entry.
    """
    keys = {b'"' + key.encode() + b'"' for key in lists}
    closers: list[bytes] = []
    counts: list[bool] = []
    last_string = b""
    safe: tuple[int, bytes] | None = None
    for match in _TOKEN.finditer(data):
        token = match.group()
        if token == b'"':
            break
        if token[:1] == b'"':
            last_string = token
        elif token == b"{":
            closers.append(b"}")
            counts.append(False)
        elif token == b"[":
            counts.append(not closers or last_string in keys)
            closers.append(b"]")
        else:
            if not closers or closers.pop() != token:
                break
            counts.pop()
            if not closers:
                break
            if counts[-1]:
                safe = match.end(), b"".join(reversed(closers))
    return None if safe is None else data[: safe[0]] + safe[1]


def closing_brackets(data: bytes) -> bytes:
    """The brackets that are still open at the end of a cut document, ready to be added."""
    closers: list[bytes] = []
    for match in _TOKEN.finditer(data):
        token = match.group()
        if token in (b"{", b"["):
            closers.append(b"}" if token == b"{" else b"]")
        elif token[:1] != b'"' and closers:
            closers.pop()
    return b"".join(reversed(closers))
