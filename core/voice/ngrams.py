"""Texts as sparse rows of weighted character runs, all in numpy.

The runs are those of scikit-learn's ``char_wb`` analyser with lengths 2 to 4: they may begin or
end at a blank but never reach across one. They are counted in ``WIDTH`` hashed columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.voice.features import without_links

LENGTHS = (2, 3, 4)
WIDTH = 1 << 18
#: Longer texts are judged by their beginning, so that one long mail cannot fill the memory.
MOST_CHARACTERS = 2_000
_BLANK = 32
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Rows(NamedTuple):
    """Sparse rows: row ``i`` holds ``values[starts[i]:starts[i+1]]`` in ``columns[...]``."""

    starts: np.ndarray
    columns: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1


def count_rows(texts: Sequence[str]) -> Rows:
    """Counts of the character runs of each text (columns int32 below ``WIDTH``)."""
    padded = [f" {' '.join(without_links(t[:MOST_CHARACTERS]).split())} " for t in texts]
    codes = np.frombuffer(
        "".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32
    ).astype(np.uint64)
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    row = np.repeat(np.arange(len(padded), dtype=np.int64), lengths)
    keys = []
    for length in LENGTHS:
        size = len(codes) - length + 1
        if size <= 0:
            continue
        hashed = np.full(size, length, dtype=np.uint64)
        inside = row[:size] == row[length - 1 :]
        for place in range(length):
            part = codes[place : place + size]
            hashed = (hashed ^ part) * _MIX
            hashed ^= hashed >> np.uint64(29)
            if 0 < place < length - 1:
                inside &= part != _BLANK
        column = (hashed * _MIX) >> np.uint64(65 - WIDTH.bit_length())
        keys.append((row[:size] * WIDTH + column.astype(np.int64))[inside])
    joined = np.concatenate(keys) if keys else np.empty(0, np.int64)
    unique, counts = np.unique(joined, return_counts=True)
    starts = np.searchsorted(unique, np.arange(len(padded) + 1, dtype=np.int64) * WIDTH)
    return Rows(starts, (unique % WIDTH).astype(np.int32), counts.astype(np.float64))


def rarity(counts: Rows) -> np.ndarray:
    """Smoothed inverse document frequency of each column: ln((1+n)/(1+df)) + 1."""
    seen = np.bincount(counts.columns, minlength=WIDTH)
    return np.log((1 + len(counts)) / (1 + seen)) + 1


def weighted(counts: Rows, rarities: np.ndarray) -> Rows:
    """TF-IDF rows of length 1, with 1 + ln(count) for the count."""
    values = (1 + np.log(counts.values)) * rarities[counts.columns]
    row = np.repeat(np.arange(len(counts)), np.diff(counts.starts))
    norms = np.sqrt(np.bincount(row, weights=values**2, minlength=len(counts)))
    return Rows(counts.starts, counts.columns, values / np.maximum(norms, 1e-12)[row])


def take(rows: Rows, chosen: np.ndarray) -> Rows:
    """The rows with the numbers ``chosen``, in that order."""
    lengths = np.diff(rows.starts)[chosen]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    shift = np.repeat(rows.starts[:-1][chosen] - starts[:-1], lengths)
    places = np.arange(starts[-1]) + shift
    return Rows(starts, rows.columns[places], rows.values[places])


def times(rows: Rows, weights: np.ndarray) -> np.ndarray:
    """Each row times a vector over the columns."""
    if not len(rows.values):
        return np.zeros(len(rows))
    running = np.concatenate(([0.0], np.cumsum(rows.values * weights[rows.columns])))
    return running[rows.starts[1:]] - running[rows.starts[:-1]]
