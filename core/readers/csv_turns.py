"""The cells of a conversation CSV as columns of turns, thousands of rows at a time."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import make_frame
from core.readers.rows import Rows

BLOCK = 20_000
#: Spreadsheets cut longer cells.
MAX_CELL = 32_767
#: With more conversations than this, they get no titles.
MAX_TITLES = 20_000

SEPARATOR = re.compile(r"\s*#{3,}\s*")
_SPOILED = re.compile(
    r"#(?:NAME|NOMBRE|NOM|NOME|VALUE|WERT|VALOR|VALEUR|REF|BEZUG|N/A|DIV/0)[?!]?!?"
)


@dataclass
class Turns:
    """Turns of one file: row and column in the file, number of ``###`` rows before, and text."""

    names: list[str] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    columns: list[np.ndarray] = field(default_factory=list)
    groups: list[np.ndarray] = field(default_factory=list)
    texts: list[pa.LargeStringArray] = field(default_factory=list)
    raw: int = 0
    breaks: int = 0
    file: str = ""

    def __len__(self) -> int:
        return sum(map(len, self.texts))


def cells(data: bytes, delimiter: str) -> Iterator[list[str]]:
    """Rows of UTF-8 data; never fails on long cells."""
    csv.field_size_limit(2**31 - 1)
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8", errors="replace", newline="")
    return csv.reader(text, delimiter=delimiter)


def is_break(row: Sequence[str]) -> bool:
    """True for a row that ends a conversation: its first filled cell is ``###``."""
    first = next((cell for cell in row if cell.strip()), "")
    return bool(SEPARATOR.fullmatch(first))


def read_turns(
    data: bytes,
    delimiter: str,
    understand_header: Callable[[list[str]], tuple[list[str], bool]],
    rows: Rows,
    report: Callable[[float], None],
) -> Turns:
    """The turns of one file.

    Args:
        data: UTF-8 with any line ends, without a ``sep=`` line.
        understand_header: from the first filled row, the names and whether it was the header.
        rows: takes the notes of what is left out.
        report: called with the share that is done.
    """
    turns = Turns()
    table = cells(data, delimiter)
    lines = max(1, data.count(b"\n"))
    start = 1
    pending: list[list[str]] = []
    try:
        for number, row in enumerate(table, 1):
            if any(cell.strip() for cell in row):
                turns.names, is_header = understand_header(row)
                start = number + is_header
                pending = [] if is_header else [row]
                break
        while turns.names:
            block = pending + list(islice(table, BLOCK))
            pending = []
            if not block:
                break
            _take(turns, block, start, rows, delimiter)
            start += len(block)
            report(min(1.0, start / lines))
    except csv.Error:
        rows.note("warning", f"a row after row {start} is broken: not read from there on")
    return turns


def _take(
    turns: Turns,
    block: list[list[str]],
    start: int,
    rows: Rows,
    delimiter: str,
) -> None:
    width = len(turns.names)
    if set(map(len, block)) != {width}:
        block = [row if len(row) == width else _fitted(row, width, turns, rows) for row in block]
    flat = pa.array(list(chain.from_iterable(block)), type=pa.large_string())
    texts = pc.utf8_trim_whitespace(flat)
    if _holds_carriage_return(texts):
        texts = pc.replace_substring_regex(texts, r"\r\n?", "\n")
    size = pc.binary_length(texts).to_numpy()
    filled = (size > 0).reshape(len(block), width)
    breaks = np.zeros(len(block), dtype=bool)
    hashes = np.flatnonzero(pc.starts_with(texts, "#").to_numpy(zero_copy_only=False))
    marked = texts.take(pa.array(hashes)).to_pylist()
    for place, text in zip(hashes.tolist(), marked, strict=True):
        row, column = divmod(place, width)
        if SEPARATOR.fullmatch(text) and filled[row].argmax() == column:
            breaks[row] = True
        elif _SPOILED.fullmatch(text) and not breaks[row]:
            filled[row, column] = False
            turns.raw += 1
            rows.leave_out("cells that the spreadsheet turned into an error", text)
    filled[breaks] = False
    places = np.flatnonzero(filled.ravel())
    if len(places):
        row_of = places // width
        turns.raw += len(places)
        turns.rows.append(row_of + start)
        turns.columns.append((places % width).astype(np.int32))
        turns.groups.append(np.cumsum(breaks)[row_of] + turns.breaks)
        turns.texts.append(texts.take(pa.array(places)))
        _warn_of_long_cells(texts, size, filled, start, rows, delimiter)
    turns.breaks += int(breaks.sum())


def _holds_carriage_return(texts: pa.LargeStringArray) -> bool:
    data = texts.buffers()[2]
    return data is not None and bool((np.frombuffer(data, dtype=np.uint8) == 13).any())


def _fitted(row: list[str], width: int, turns: Turns, rows: Rows) -> list[str]:
    """A row as wide as the header; what stands to the right of the last name is counted."""
    if len(row) <= width:
        return row + [""] * (width - len(row))
    if not is_break(row):
        for cell in row[width:]:
            if cell.strip():
                turns.raw += 1
                rows.leave_out("cells to the right of the last name", cell.strip())
    return row[:width]


def _warn_of_long_cells(
    texts: pa.LargeStringArray,
    size: np.ndarray,
    filled: np.ndarray,
    start: int,
    rows: Rows,
    delimiter: str,
) -> None:
    for place in np.flatnonzero((size > 200) & filled.ravel()).tolist():
        text = texts[place].as_py()
        if len(text) >= MAX_CELL - 1:
            rows.note("warning", "cells that the spreadsheet has cut off")
        if text.count("\n") > 50 and delimiter in text:
            number = start + place // filled.shape[1]
            rows.note("warning", f"row {number}: a quotation mark seems to be missing")


def turns_frame(files: Sequence[Turns], titles: dict[str, str]) -> pd.DataFrame:
    """The frame of several files, and the titles of their conversations."""
    several = len(files) > 1
    keys: list[str] = []
    codes: list[np.ndarray] = []
    ids: list[pa.Array] = []
    people = list(dict.fromkeys(name for file in files for name in file.names))
    authors: list[np.ndarray] = []
    for number, file in enumerate(files, 1):
        prefix = f"{number}-" if several else ""
        if not file.texts:
            continue
        groups = np.concatenate(file.groups)  # never falls: a conversation is a run
        numbers = np.cumsum(np.diff(groups, prepend=groups[0]) != 0)
        codes.append(numbers + len(keys))
        keys += [f"{prefix}{n}" for n in range(1, int(numbers[-1]) + 2)]
        columns = np.concatenate(file.columns)
        authors.append(np.array([people.index(name) for name in file.names])[columns])
        ids.append(_ids(prefix, np.concatenate(file.rows), columns + 1))
    if len(keys) <= MAX_TITLES:
        titles.update({key: f"Conversation {key}" for key in keys})
    count = sum(map(len, codes))
    codes = codes or [np.empty(0, dtype=np.int64)]
    authors = authors or [np.empty(0, dtype=np.int64)]
    return make_frame(
        {
            "id": pa.chunked_array(ids, type=pa.large_string()),
            "conversation": _category(np.concatenate(codes), keys),
            "sent_at": np.full(count, np.datetime64("NaT"), dtype="datetime64[ms]"),
            "author": _category(np.concatenate(authors), people),
            "text": pa.chunked_array([t for f in files for t in f.texts], type=pa.large_string()),
            "kind": _category(np.zeros(count, dtype=np.int64), ["message"]),
            "reply_to": pa.nulls(count, pa.large_string()),
        },
        ids_are_unique=True,
    )


def _category(codes: np.ndarray, names: list[str]) -> pd.Categorical:
    kept = pd.Index(names, dtype="str")
    return pd.Categorical.from_codes(codes.astype(np.int32), categories=kept)


def _ids(prefix: str, rows: np.ndarray, columns: np.ndarray) -> pa.Array:
    """``12c1`` for the first cell of the twelfth row."""
    names = pa.array([f"c{n}" for n in range(int(columns.max()) + 1)], type=pa.large_string())
    numbers = pc.cast(pa.array(rows), pa.large_string())
    start = pa.scalar(prefix, pa.large_string())
    return pc.binary_join_element_wise(
        start, numbers, names.take(pa.array(columns)), pa.scalar("", pa.large_string())
    )
