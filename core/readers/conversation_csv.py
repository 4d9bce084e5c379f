"""Conversation CSV: a column for each person, a row a turn, ``###`` between conversations.

The header row holds the names. Spreadsheets write it with ``;``, ``,`` or tabs, with a byte-order
mark or in Windows-1252 or UTF-16, with ``sep=`` in front, with empty columns behind, with line
breaks inside cells; all of that is read. ``write_conversation_csv`` writes the same file back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from functools import partial

import pandas as pd

from core.messages import Archive, Message, Note, Owner
from core.problems import Problem
from core.readers.containers import Member
from core.readers.csv_turns import Turns, cells, is_break, read_turns, turns_frame
from core.readers.rows import Options, Rows
from core.readers.text import head_text, looks_binary, to_utf8
from core.readers.values import no_collection
from core.source_files import files_of_runs

SOURCE = "conversation_csv"
TITLE = "Conversation CSV"
ORDER = 70

DELIMITERS = (";", "\t", ",")
MAX_NAME = 60

_SEP_LINE = re.compile(r"\"?sep=(.)\"?[ \t]*[\r\n]+", re.IGNORECASE)
_SEP_LINE_BYTES = re.compile(_SEP_LINE.pattern.encode(), re.IGNORECASE)
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
        for row in cells(text.encode("utf-8", "replace"), delimiter):
            rows.append(row)
            if len(rows) > 200:
                break
    except csv.Error:
        return []
    if cut and len(rows) <= 200:
        rows = rows[:-1]  # the head may end inside a row
    return [row for row in rows if any(cell.strip() for cell in row)]


def _is_conversation(rows: list[list[str]]) -> bool:
    header = [cell.strip() for cell in rows[0]]
    names = [cell for cell in header if cell]
    marked = any(is_break(row) for row in rows)
    if not names or (len(rows) < 2 and not marked):
        return False
    width = max((i + 1 for i, cell in enumerate(header) if cell), default=0)
    body = [row for row in rows[1:] if not is_break(row)]
    if rows[0] in body and not marked:
        return False
    fits = sum(
        1 for row in body if len(row) >= min(2, width) and not any(map(str.strip, row[width:]))
    )
    if fits < (0.5 if marked else 0.9) * len(body) or not (body or marked):
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


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring."""
    rows = Rows()
    notes: list[Note] = []
    files: list[Turns] = []
    candidates = [(m, d) for m in _candidates(members) if (d := _delimiter_of(m))]
    total = max(1, sum(m.size for m, _ in candidates))
    done = 0
    for member, delimiter in candidates:
        data, more = to_utf8(
            member.read(), options.encoding, label=member.label, keep_line_ends=True
        )
        notes += more
        if found := _SEP_LINE_BYTES.match(data):
            data = data[found.end() :]
        header = partial(_names, member=member, notes=notes)
        report = options.part(done / total, member.size / total).report
        with no_collection():
            turns = read_turns(data, delimiter, header, rows, report)
        turns.file = member.where
        files.append(turns)
        del data
        done += member.size
    frame = turns_frame(files, rows.titles)
    me = _owner([f.names for f in files], set(frame["author"].cat.categories))
    raw = sum(f.raw for f in files)
    where = files_of_runs([(f.file, len(f)) for f in files])
    return rows.archive(SOURCE, raw, me=me, extra_notes=notes, frame=frame, files=where)


def _owner(headers: Sequence[Sequence[str]], speakers: set[str]) -> Owner | None:
    """The one name that several files share, else the second column."""
    if len(headers) > 1:
        common = set.intersection(*map(set, headers)) & speakers
        if len(common) == 1:
            return Owner(common.pop(), f"the only name in all {len(headers)} files")
    if headers and len(headers[0]) > 1 and headers[0][1] in speakers:
        return Owner(headers[0][1], "the second column is the one that answers")
    return None


def _names(row: list[str], member: Member, notes: list[Note]) -> tuple[list[str], bool]:
    """Names of the columns, and whether this row was the header.

    Raises:
        Problem: two columns have the same name.
    """
    names = [" ".join(cell.split()) for cell in row]
    while names and not names[-1]:
        names.pop()
    if is_break(row) or not all(_is_name(name) for name in names if name) or len(names) < 2:
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
