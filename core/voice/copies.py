"""Does a model repeat the texts it was trained on? The longest verbatim run, found exactly.

Words are compared without case and punctuation; in scripts that write no spaces (Chinese,
Japanese, Thai, ...) the unit is a character. The training texts are held as one suffix array,
so a text is looked up in ``O(words x log(training words))``.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import regex

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_UNIT = regex.compile(
    rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+"
    rf"(?:['’][[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+)*"
)
_UNSPACED_START = regex.compile(rf"(?V1)[{UNSPACED}]")

#: A search compares this many units at most; longer runs are then followed one by one.
_PROBE = 64
#: Training texts that share a run longer than the probe: this many are followed.
_FOLLOWED = 8
_UNKNOWN = 0


class Copy(NamedTuple):
    """The longest verbatim run of a text in the training texts.

    ``words``: its length in words (characters where the script has no spaces), 0 for none.
    ``text``: the run as the text spells it. ``source``: number of the training text that holds
    it, -1 for none. ``share``: the run's part of the text's words, 0 to 1.
    """

    words: int
    text: str
    source: int
    share: float


class Unit(NamedTuple):
    """One word, or one character of a script without spaces: ``text[start:end]``."""

    key: str
    start: int
    end: int


def units(text: str) -> list[Unit]:
    """Cut a text into the units that copies are counted in."""
    return [
        Unit(found.group().casefold().replace("’", "'"), found.start(), found.end())
        for found in _UNIT.finditer(text)
    ]


def weight(pieces: Sequence[Unit]) -> float:
    """Length of a run in words; a character of a script without spaces counts half a word."""
    return sum(0.5 if _UNSPACED_START.match(piece.key) else 1.0 for piece in pieces)


class Run(NamedTuple):
    """Units ``start`` to ``end`` of a text stand in training text ``source`` word for word."""

    start: int
    end: int
    source: int


class CopyIndex:
    """The training texts, prepared once for many look-ups.

    Args:
        training: the texts that the model learnt from; ``Copy.source`` counts in this order.
    """

    def __init__(self, training: Sequence[str]) -> None:
        self.size = len(training)
        self.whole: dict[tuple[str, ...], int] = {}
        self._numbers: dict[str, int] = {}
        stream: list[int] = []
        starts: list[int] = []
        for source, text in enumerate(training):
            keys = tuple(piece.key for piece in units(text))
            if keys:
                self.whole.setdefault(keys, source)
            starts.append(len(stream))
            numbers = self._numbers
            stream.extend(numbers.setdefault(key, len(numbers) + 1) for key in keys)
            # Every text ends in a number of its own, so that no run crosses two texts.
            stream.append(-source - 1)
        ids = np.array(stream, dtype=np.int64)
        ids[ids < 0] = len(self._numbers) - ids[ids < 0]
        self._starts = np.array(starts, dtype=np.int64)
        self._order = _suffix_order(ids)
        # Big-endian bytes compare like the numbers do, at the speed of memcmp.
        self._bytes = ids.astype(">u4").tobytes()

    def runs(self, pieces: Sequence[Unit]) -> list[Run]:
        """For every unit, the longest run that starts there (empty runs are left out)."""
        known = [self._numbers.get(piece.key, _UNKNOWN) for piece in pieces]
        query = np.array(known, dtype=">u4").tobytes()
        found: list[Run] = []
        place = 0
        while place < len(known):
            length, position = self._longest(query[4 * place :]) if known[place] else (0, -1)
            if length == 0:
                place += 1
                continue
            source = int(np.searchsorted(self._starts, position, side="right")) - 1
            found.append(Run(place, place + length, source))
            # Inside a very long run the next starts can only end where it ends, or later
            # through a longer probe: skip to where a probe could see past its end.
            place += max(1, length - _PROBE + 1)
        return found

    def _longest(self, query: bytes) -> tuple[int, int]:
        probe = query[: 4 * _PROBE]
        width = len(probe)
        text, order = self._bytes, self._order
        place = bisect.bisect_left(
            order, probe, key=lambda at: text[4 * int(at) : 4 * int(at) + width]
        )
        best, position = 0, -1
        for neighbour in range(max(0, place - 1), min(len(order), place + _FOLLOWED)):
            at = int(order[neighbour])
            length = _common(query, text, 4 * at)
            if length > best:
                best, position = length, at
            if neighbour >= place and length < _PROBE:
                break
        return best, position


def longest_copy(text: str, training: Sequence[str] | CopyIndex) -> Copy:
    """The longest run of ``text`` that stands word for word in a training text.

    Args:
        text: what a model wrote.
        training: the training texts, or better an index of them made once.
    """
    index = training if isinstance(training, CopyIndex) else CopyIndex(training)
    pieces = units(text)
    return longest_of(text, pieces, index.runs(pieces))


def longest_of(text: str, pieces: Sequence[Unit], runs: Sequence[Run]) -> Copy:
    """The longest of the runs of a text, as ``CopyIndex.runs`` gave them for its units."""
    if not runs:
        return Copy(0, "", -1, 0.0)
    longest = max(runs, key=lambda run: run.end - run.start)
    words = longest.end - longest.start
    spelled = text[pieces[longest.start].start : pieces[longest.end - 1].end]
    return Copy(words, spelled, longest.source, words / len(pieces))


def _common(query: bytes, text: bytes, at: int) -> int:
    """Units that ``query`` and the training stream from byte ``at`` have in common."""
    other = text[at : at + len(query)]
    if other == query:
        return len(query) // 4
    same = itertools.takewhile(
        lambda step: query[step : step + 4] == other[step : step + 4], range(0, len(query), 4)
    )
    return sum(1 for _ in same)


def _suffix_order(ids: np.ndarray) -> np.ndarray:
    """Start positions of all suffixes in sorted order, by prefix doubling (Manber & Myers)."""
    rank = ids.copy()
    order = np.argsort(rank, kind="stable")
    step = 1
    while True:
        following = np.full(len(rank), -1, dtype=np.int64)
        following[:-step] = rank[step:]
        key = rank * (len(rank) + rank.max(initial=0) + 2) + following + 1
        order = np.argsort(key, kind="stable")
        ranked = key[order]
        rank = np.empty_like(rank)
        rank[order] = np.concatenate(([0], np.cumsum(ranked[1:] != ranked[:-1])))
        step *= 2
        if len(rank) <= step or rank.max() == len(rank) - 1:
            return order
