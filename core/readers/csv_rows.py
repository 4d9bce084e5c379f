"""CSV files that an app wrote: a header row that names the columns, then one row an item."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options, Rows
from core.readers.text import head_text, read_text

_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Table:
    """Header cells in lower case without surrounding space, and the rows below."""

    header: tuple[str, ...]
    rows: list[list[str]]

    def place(self, *names: str) -> int | None:
        """Position of the first of these columns that exists."""
        for name in names:
            if name in self.header:
                return self.header.index(name)
        return None


def cell(row: Sequence[str], place: int | None) -> str:
    """A cell, or an empty string where the row or the column is missing."""
    return row[place] if place is not None and place < len(row) else ""


def header_of(member: Member) -> tuple[str, ...]:
    """Header cells of a member as ``Table.header``; empty when it cannot be one. Never raises."""
    text = head_text(member, 8192)
    try:
        first = next(_rows(text), [])
    except csv.Error:
        return ()
    return _clean(first)


def read_csv(member: Member, options: Options, rows: Rows) -> Table:
    """A whole CSV file. Rows without any text are counted as left out.

    Raises:
        Problem: the file cannot be read as CSV; the sentence names the line.
    """
    text, notes = read_text(member, options.encoding)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    found: list[list[str]] = []
    try:
        found.extend(_rows(text))
    except csv.Error:
        raise Problem(
            f"{member.label} is not a valid CSV file near row {len(found) + 1}.",
            "Export it again; do not open and save it in between.",
        ) from None
    return Table(_clean(found[0]) if found else (), found[1:])


def _rows(text: str) -> Iterator[list[str]]:
    if csv.field_size_limit() < 2**30:
        csv.field_size_limit(2**30)
    first_line = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    for row in csv.reader(io.StringIO(text.lstrip("\n"), newline=""), delimiter=delimiter):
        if row:
            yield row


def _clean(header: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in header)
