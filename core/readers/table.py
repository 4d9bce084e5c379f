"""Any other table - CSV, JSON, JSON lines or Excel - with columns that a person may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.containers import Member, open_containers
from core.readers.rows import Options, Rows, to_ms
from core.readers.table_cells import ROLES, Table, header_words, is_table, load_tables
from core.readers.written_dates import read_times

SOURCE = "table"
TITLE = "Table (CSV, JSON, Excel)"
ORDER = 80
AUTHOR = "me"
#: Progress is told after this many rows.
REPORTED = 20_000


@dataclass(frozen=True)
class Preview:
    """What a person needs to see to choose columns: names, first rows, and the guess.

    ``guess`` maps roles (``text``, ``author``, ``time``, ``conversation``) to columns; a role
    without a column is missing.
    """

    columns: tuple[str, ...]
    rows: list[list[str]]
    guess: dict[str, str]


def preview(source: Any, *, name: str | None = None, encoding: str | None = None) -> Preview:
    """Columns of a table, for the person to choose from.

    Raises:
        Problem: it is not a table, or cannot be read.
    """
    with open_containers(source, name) as (containers, problems):
        for container in containers:
            for _, table in load_tables(container.members, encoding):
                return Preview(table.columns, table.rows[:5], guess_columns(table))
    if problems:
        raise problems[0]
    raise Problem("There is no table in this file.", "Save it as CSV with a header row.")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return is_table(members)


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``options.columns`` maps roles to column names."""
    rows = Rows()
    raw = 0
    files: dict[str, list[Member]] = {}
    for member in members:
        files.setdefault(member.file, []).append(member)
    tables = [t for group in files.values() for t in load_tables(group, options.encoding)]
    if not tables:
        raise Problem("There is no table in this file.", "Save it as CSV with a header row.")
    for number, (member, table) in enumerate(tables, 1):
        rows.reading(member)
        chosen = _columns(table, options.columns, member, rows)
        prefix = f"{number}-" if len(tables) > 1 else ""
        part = options.part((number - 1) / len(tables), 1 / len(tables))
        _read_rows(table, chosen, member, part, rows, prefix)
        raw += len(table.rows)
        part.report(1.0)
    authors = dict.fromkeys(rows.authors)
    me = None
    if list(authors) == [AUTHOR]:
        me = Owner(AUTHOR, "the table names nobody, so all of it is taken for yours")
    return rows.archive(SOURCE, raw, me=me)


def guess_columns(table: Table) -> dict[str, str]:
    """Role to column by the columns' names; the longest texts where no name says ``text``."""
    found: dict[str, str] = {}
    for role, usual in ROLES.items():
        for column in table.columns:
            if column not in found.values() and header_words(column) & usual:
                found.setdefault(role, column)
    if "text" not in found:
        lengths = {
            column: sum(len(row[i]) for row in table.rows[:500]) / max(1, len(table.rows[:500]))
            for i, column in enumerate(table.columns)
            if column not in found.values()
        }
        if lengths:
            found["text"] = max(lengths, key=lambda column: lengths[column])
    return found


def _columns(
    table: Table, chosen: Mapping[str, str] | None, member: Member, rows: Rows
) -> dict[str, str]:
    """Columns by role, chosen or guessed.

    Raises:
        Problem: a chosen column or role does not exist, or none holds text.
    """
    if chosen is not None:
        picked = {role: column for role, column in chosen.items() if column}
        for role, column in picked.items():
            if role not in ROLES or column not in table.columns:
                raise Problem(
                    f"{member.basename} has no column for '{role}' with that name.",
                    f"Choose one of: {', '.join(table.columns[:12])}.",
                )
    else:
        picked = guess_columns(table)
        listed = ", ".join(f"{role}: {column}" for role, column in picked.items())
        rows.note("guessed", f"{member.basename}: columns taken by their names ({listed})")
    if "text" not in picked:
        raise Problem(
            f"{member.basename} has no column that holds text.", "Choose the column with the words."
        )
    return picked


def _read_rows(
    table: Table,
    chosen: Mapping[str, str],
    member: Member,
    options: Options,
    rows: Rows,
    prefix: str,
) -> None:
    place = {role: table.columns.index(column) for role, column in chosen.items()}
    times: list[int | None] = [None] * len(table.rows)
    if "time" in place:
        written = [row[place["time"]] for row in table.rows]
        if table.serial_dates:
            written = [_from_serial(text) for text in written]
        times = read_times(written, options, rows, member.basename)
    chat = "author" in place or "conversation" in place
    for number, (row, ms) in enumerate(zip(table.rows, times, strict=True), 1):
        if number % REPORTED == 0:
            options.report(number / len(table.rows))
        text = row[place["text"]].strip()
        if not text:
            rows.leave_out("rows without text")
            continue
        author = row[place["author"]].strip() if "author" in place else ""
        key = row[place["conversation"]].strip() if "conversation" in place else ""
        conversation = f"{prefix}{key or 'table'}" if chat else f"{prefix}{number}"
        rows.add(
            f"{prefix}{number}",
            conversation,
            ms,
            (author or None) if "author" in place else AUTHOR,
            text,
            "message" if chat else "post",
        )


def _from_serial(text: str) -> str:
    """Excel counts days since the end of 1899; other cells stay as they are."""
    try:
        days = float(text)
    except ValueError:
        return text
    if not 20_000 <= days <= 80_000:
        return text
    ms = to_ms(datetime(1899, 12, 30)) + round(days * 86_400_000)
    return (datetime(1970, 1, 1) + timedelta(milliseconds=ms)).isoformat()
