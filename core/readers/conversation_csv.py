"""Conversation CSV: a column for each person, a row a turn, ``###`` between conversations.

The header row holds the names. Spreadsheets write it with ``;``, ``,`` or tabs, with a byte-order
mark or in Windows-1252 or UTF-16, with ``sep=`` in front, with empty columns behind, with line
breaks inside cells; all of that is read. ``write_conversation_csv`` writes the same file back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from core.messages import Archive, Message, Note, Owner
from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options, Rows
from core.readers.text import head_text, looks_binary, read_text

SOURCE = "conversation_csv"
TITLE = "Conversation CSV"
ORDER = 70

DELIMITERS = (";", "\t", ",")
#: Spreadsheets cut longer cells.
MAX_CELL = 32_767
MAX_NAME = 60

_SEPARATOR = re.compile(r"\s*#{3,}\s*")
_SPOILED = re.compile(
    r"#(?:NAME|NOMBRE|NOM|NOME|VALUE|WERT|VALOR|VALEUR|REF|BEZUG|N/A|DIV/0)[?!]?!?"
)
_SEP_LINE = re.compile(r"\"?sep=(.)\"?\s*\n", re.IGNORECASE)
#: Headers of ordinary tables: what stands in such a column is no person's turn.
_TABLE_WORDS = frozenset(
    [
        "date",
        "time",
        "datetime",
        "timestamp",
        "created",
        "created_at",
        "sent",
        "sent_at",
        "when",
        "author",
        "sender",
        "from",
        "to",
        "user",
        "username",
        "name",
        "nickname",
        "text",
        "message",
        "content",
        "body",
        "comment",
        "post",
        "tweet",
        "caption",
        "title",
        "subject",
        "id",
        "url",
        "link",
        "conversation",
        "chat",
        "channel",
        "thread",
        "type",
        "kind",
        "likes",
        "prompt",
        "completion",
        "instruction",
        "input",
        "output",
        "response",
        "question",
        "answer",
        "label",
        "role",
        "datum",
        "zeit",
        "absender",
        "nachricht",
        "fecha",
        "hora",
        "autor",
        "mensaje",
        "texto",
        "heure",
        "auteur",
        "data",
        "ora",
        "autore",
        "messaggio",
    ]
)


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    if any(_delimiter_of(m) for m in _candidates(members)[:50]):
        return "a table with a column for each person"
    return None


def _candidates(members: Sequence[Member]) -> list[Member]:
    if len(members) == 1:
        return [m for m in members if not looks_binary(m.head())]
    return [m for m in members if m.suffix in (".csv", ".tsv", ".txt")]


def _delimiter_of(member: Member) -> str | None:
    """The delimiter, if the head of this member is a conversation CSV."""
    head = head_text(member)
    text, declared = _without_sep_line(head)
    for delimiter in (declared,) if declared else DELIMITERS:
        if delimiter not in text:
            continue
        rows = _head_rows(text, delimiter, cut=len(head) > 60_000)
        if rows and _is_conversation(rows):
            return delimiter
    return None


def _without_sep_line(text: str) -> tuple[str, str]:
    found = _SEP_LINE.match(text)
    return (text[found.end() :], found.group(1)) if found else (text, "")


def _head_rows(text: str, delimiter: str, cut: bool) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in _cells(text, delimiter):
            rows.append(row)
            if len(rows) > 200:
                break
    except csv.Error:
        return []
    if cut and len(rows) <= 200:
        rows = rows[:-1]  # the head may end inside a row
    return [row for row in rows if any(cell.strip() for cell in row)]


def _cells(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(2**31 - 1)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _is_conversation(rows: list[list[str]]) -> bool:
    header = [cell.strip() for cell in rows[0]]
    names = [cell for cell in header if cell]
    marked = any(_is_break(row) for row in rows)
    if not names or (len(rows) < 2 and not marked):
        return False
    width = max((i + 1 for i, cell in enumerate(header) if cell), default=0)
    body = [row for row in rows[1:] if not _is_break(row)]
    if rows[0] in body and not marked:
        return False
    fits = sum(
        1 for row in body if len(row) >= min(2, width) and not any(map(str.strip, row[width:]))
    )
    if fits < 0.9 * len(body) or not (body or marked):
        return False
    if marked:
        return len(names) >= 2 or len(header) >= 2
    table = any(name.casefold().replace(" ", "_") in _TABLE_WORDS for name in names)
    return len(names) == 2 and not table and all(_is_name(name) for name in names)


def _is_name(text: str) -> bool:
    """True for text that can be a person's name: short, with a letter, no sentence."""
    return (
        0 < len(text) <= MAX_NAME
        and "\n" not in text
        and ": " not in text
        and text[-1] not in ".!?…,;:"
        and any(not c.isascii() or c.isalpha() for c in text)
    )


def _is_break(row: Sequence[str]) -> bool:
    first = next((cell for cell in row if cell.strip()), "")
    return bool(_SEPARATOR.fullmatch(first))


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring."""
    rows = Rows()
    notes: list[Note] = []
    raw = 0
    columns: list[str] = []
    candidates = [m for m in _candidates(members) if _delimiter_of(m)]
    total = max(1, sum(m.size for m in candidates))
    done = 0
    for number, member in enumerate(candidates, 1):
        delimiter = _delimiter_of(member) or ";"
        text, more = read_text(member, options.encoding)
        notes += more
        text, _ = _without_sep_line(text)
        prefix = f"{number}-" if len(candidates) > 1 else ""
        found, names = _read_table(text, delimiter, member, rows, notes, prefix)
        raw += found
        columns = columns or names
        done += member.size
        options.report(done / total)
    me = None
    if len(columns) >= 2 and columns[1] in rows.authors:
        me = Owner(columns[1], "the second column is the one that answers")
    return rows.archive(SOURCE, raw, me=me, extra_notes=notes)


def _read_table(
    text: str, delimiter: str, member: Member, rows: Rows, notes: list[Note], prefix: str
) -> tuple[int, list[str]]:
    """Add the turns of one file; returns the raw cells and the names of the columns."""
    raw = 0
    table = _cells(text, delimiter)
    conversation, used = 1, False
    names: list[str] = []
    number = 0
    try:
        for number, row in enumerate(table, 1):
            if not any(cell and cell.strip() for cell in row):
                continue
            if not names:
                names, is_header = _names(row, member, notes)
                if is_header:
                    continue
            if _is_break(row):
                conversation += used
                used = False
                continue
            key = f"{prefix}{conversation}"
            for column, cell in enumerate(row):
                body = cell.strip()
                if not body:
                    continue
                raw += 1
                if column >= len(names):
                    rows.leave_out("cells to the right of the last name", body)
                elif _SPOILED.fullmatch(body):
                    rows.leave_out("cells that the spreadsheet turned into an error", body)
                else:
                    rows.add(f"{prefix}r{number}c{column + 1}", key, None, names[column], body)
                    rows.titles.setdefault(key, f"Conversation {key}")
                    used = True
                    if len(cell) >= MAX_CELL:
                        rows.note("warning", "cells that the spreadsheet has cut off")
                    if body.count("\n") > 50 and delimiter in body:
                        rows.note("warning", f"row {number}: a quotation mark seems to be missing")
    except csv.Error:
        notes.append(
            Note("warning", f"{member.basename}: broken after row {number}, read up to there")
        )
    return raw, names


def _names(row: list[str], member: Member, notes: list[Note]) -> tuple[list[str], bool]:
    """Names of the columns, and whether this row was the header.

    Raises:
        Problem: two columns have the same name.
    """
    names = [" ".join(cell.split()) for cell in row]
    while names and not names[-1]:
        names.pop()
    if _is_break(row) or not all(_is_name(name) for name in names if name) or len(names) < 2:
        width = max(2, len(names))
        reason = f"{member.basename} has no header row with names: the columns are called Person 1, Person 2"
        notes.append(Note("question", reason))
        return [f"Person {i}" for i in range(1, width + 1)], False
    filled = [name or f"Person {i}" for i, name in enumerate(names, 1)]
    if len(set(filled)) < len(filled):
        raise Problem(
            f"{member.basename} has two columns with the same name in its first row.",
            "Give each person a name of their own in the first row.",
        )
    return filled, True


def write_conversation_csv(
    archive: Archive | pd.DataFrame | Iterable[Message], delimiter: str = ";"
) -> bytes:
    """Write messages as a conversation CSV that reads back as the same turns.

    Args:
        archive: messages in order; notices and messages without author or text are skipped.

    Returns:
        UTF-8 with byte-order mark and CRLF, as spreadsheets like it.
    """
    if isinstance(archive, pd.DataFrame):
        archive = Archive("conversation_csv", archive)
    messages = [m for m in archive if m.author and m.text.strip()]
    names = list(dict.fromkeys(m.author for m in messages if m.author))
    if isinstance(archive, Archive) and archive.me and archive.me.name in names and len(names) > 1:
        names.remove(archive.me.name)
        names.insert(1, archive.me.name)
    if len(names) == 1:
        names.append("Nobody" if names[0] != "Nobody" else "Somebody")
    place = {name: i for i, name in enumerate(names)}
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(names)
    row: list[str] = [""] * len(names)
    filled, before = -1, None
    for message in messages:
        column = place[str(message.author)]
        new = before is not None and message.conversation != before
        if filled >= 0 and (new or column <= filled):
            writer.writerow(row)
            row, filled = [""] * len(names), -1
        if new:
            writer.writerow(["###", *[""] * (len(names) - 1)])
        row[column], filled, before = message.text, column, message.conversation
    if filled >= 0:
        writer.writerow(row)
    return out.getvalue().encode("utf-8-sig")
