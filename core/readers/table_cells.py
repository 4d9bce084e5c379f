"""Any table as header and rows of text: CSV, JSON, JSON lines or an Excel workbook."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.problems import Problem
from core.readers.containers import Member
from core.readers.text import head_text, looks_binary, parse_json, read_text
from core.readers.xls import is_old_workbook, read_old_workbook
from core.readers.xlsx import is_workbook, read_workbook

DELIMITERS = (",", ";", "\t", "|")
MAX_HEADER = 60
#: Nesting that is flattened into columns such as ``author.name``.
MAX_DEPTH = 3

#: What a column can be, and the usual names of such columns, best first.
ROLES: dict[str, frozenset[str]] = {
    role: frozenset(words.split())
    for role, words in {
        "text": "text message content body post comment tweet full_text caption msg status note"
        " words texto mensaje nachricht inhalt texte contenu testo messaggio mensagem tekst bericht",
        "author": "author sender from user username user_name name nickname screen_name speaker"
        " sender_name from_name who autor absender mittente remitente remetente person",
        "time": "time date timestamp datetime created_at created sent_at sent date_sent published"
        " when create_time datum zeit fecha hora heure data ora createdat publishedat",
        "conversation": "conversation conversation_id chat chat_id channel channel_id thread"
        " thread_id room group subject unterhaltung conversacion",
    }.items()
}

_JSON_START = re.compile(r"\s*(?:\[\s*[\[{\"\]]|\{\s*[\"}])")
_JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
_CSV_SUFFIXES = (".csv", ".tsv")


@dataclass(frozen=True)
class Table:
    """Column names and rows of text, all as wide as the header; ``serial_dates``: from Excel."""

    columns: tuple[str, ...]
    rows: list[list[str]]
    serial_dates: bool = False


def is_table(members: Sequence[Member]) -> str | None:
    """What kind of table these members of one container are, or None."""
    if is_workbook(members) or (len(members) == 1 and is_old_workbook(members[0])):
        return "an Excel workbook"
    if any(is_json(m) for m in candidates(members)):
        return "JSON with a list of entries"
    if any(csv_delimiter(m) for m in candidates(members)):
        return "a table with a header row"
    return None


def candidates(members: Sequence[Member]) -> list[Member]:
    """The one dropped file, or the members of a zip that can be tables."""
    if len(members) == 1:
        return [m for m in members if not looks_binary(m.head())]
    return [m for m in members if m.suffix in (*_JSON_SUFFIXES, *_CSV_SUFFIXES)][:1000]


def is_json(member: Member) -> bool:
    """True for a name or a beginning that only JSON has."""
    text = head_text(member, 4096)
    if member.suffix in _JSON_SUFFIXES:
        return text.lstrip()[:1] in ("[", "{")
    return bool(_JSON_START.match(text)) and '"' in text


def csv_delimiter(member: Member) -> str | None:
    """The delimiter, if the head is a table with a header row."""
    text = head_text(member)
    for delimiter in DELIMITERS:
        if delimiter not in text.split("\n", 1)[0]:
            continue
        rows = _head_rows(text, delimiter)
        header = [cell.strip() for cell in rows[0]] if rows else []
        if len(rows) < 2 or len(header) < 2 or len(set(header)) < len(header):
            continue
        # "Who wrote it?" heads a column; of two pieces of a line it is more likely prose.
        asked = [cell.removesuffix("?") if len(header) > 2 else cell for cell in header]
        plausible = all(_is_column_name(cell) for cell in asked) and rows[0] not in rows[1:]
        if member.suffix not in _CSV_SUFFIXES:  # prose has commas as well
            plausible = plausible and any(
                header_words(cell) & usual for cell in header for usual in ROLES.values()
            )
        same = sum(1 for row in rows if len(row) == len(header))
        if plausible and same >= 0.9 * len(rows):
            return delimiter
    return None


def header_words(name: str) -> set[str]:
    """A column name in the forms in which ``ROLES`` lists them: whole, and its last part."""
    word = re.sub(r"[\s\-]+", "_", name.strip().casefold())
    return {word, word.rsplit(".", 1)[-1]}


def _is_column_name(text: str) -> bool:
    if len(text) > MAX_HEADER or "\n" in text or text.endswith((".", "!", "?", "…")):
        return False
    return not text or any(c.isalpha() for c in text)


def _head_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in _parse(text, delimiter):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) > 200:
                return rows
    except csv.Error:
        return []
    return rows[:-1] if len(text) > 60_000 else rows


def _parse(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(2**31 - 1)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def load_tables(members: Sequence[Member], encoding: str | None) -> list[tuple[Member, Table]]:
    """Every table among the members of one container.

    Raises:
        Problem: JSON that is not valid, with its line; a broken row; a damaged workbook.
    """
    if is_workbook(members):
        return [(members[0], _with_header(read_workbook(members), serial_dates=True))]
    if len(members) == 1 and is_old_workbook(members[0]):
        return [(members[0], _with_header(read_old_workbook(members[0])))]
    found: list[tuple[Member, Table]] = []
    for member in candidates(members):
        if is_json(member):
            found.append((member, _json_table(member, encoding)))
        elif delimiter := csv_delimiter(member):
            text, _ = read_text(member, encoding)
            try:
                rows = list(_parse(text, delimiter))
            except csv.Error:
                raise Problem(
                    f"{member.label} has a row that cannot be read as a table.",
                    "Open it in a spreadsheet and save it as CSV UTF-8.",
                ) from None
            found.append((member, _with_header(rows)))
    return found


def _with_header(rows: list[list[str]], serial_dates: bool = False) -> Table:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    header = [" ".join(cell.split()) for cell in filled[0]] if filled else []
    while header and not header[-1]:
        header.pop()
    names = _unique(header)
    width = len(names)
    body = [(row + [""] * width)[:width] for row in filled[1:]]
    return Table(names, body, serial_dates)


def _unique(header: Sequence[str]) -> tuple[str, ...]:
    names: list[str] = []
    for place, name in enumerate(header, 1):
        base = name or f"column {place}"
        names.append(base if base not in names else f"{base} ({place})")
    return tuple(names)


def _json_table(member: Member, encoding: str | None) -> Table:
    text, _ = read_text(member, encoding)
    document = _json_document(text, member)
    entries = _entries(document)
    if not entries:
        raise Problem(
            f"{member.label} is JSON, but holds no list of entries.",
            "Choose the JSON file that has your messages or posts.",
        )
    flat = [_flat(e) if isinstance(e, dict) else {"text": _cell(e)} for e in entries]
    columns = tuple(dict.fromkeys(name for entry in flat for name in entry))
    return Table(columns, [[entry.get(name, "") for name in columns] for entry in flat])


def _json_document(text: str, member: Member) -> Any:
    """One JSON document, or a list of the documents that stand one on each line."""
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass  # the next lines find out whether it is JSON lines, and where it breaks
    by_line = member.suffix in (".jsonl", ".ndjson") or (
        len(lines) > 1 and all(line.strip().endswith("}") for _, line in lines[:20])
    )
    if not by_line:
        return parse_json(text.encode("utf-8", "replace"), member.label)
    documents = []
    for number, line in lines:
        try:
            documents.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            raise Problem(
                f"{member.label} is not valid JSON at line {number}.",
                "Repair or remove that line, or export the file again.",
            ) from None
    return documents


def _entries(document: Any, depth: int = 0) -> list[Any]:
    """The largest list of objects (or of texts) in the document."""
    if isinstance(document, list):
        objects = [e for e in document if isinstance(e, dict)]
        return objects or [e for e in document if isinstance(e, str)]
    if not isinstance(document, dict) or depth >= MAX_DEPTH:
        return []
    lists = [_entries(value, depth + 1) for value in document.values()]
    return max(lists, key=len, default=[])


def _flat(entry: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in entry.items():
        if isinstance(value, dict):
            if depth < MAX_DEPTH:
                found |= _flat(value, f"{prefix}{name}.", depth + 1)
        else:
            found[f"{prefix}{name}"] = _cell(value)
    return found


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, list):
        return ""
    return str(value)
