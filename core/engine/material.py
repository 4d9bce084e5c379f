"""Examples as training sees them: looked up once, with what the memory says about each token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.adapter import Adapter, Forward, gather
from core.engine.features import Located, Tables, locate, make_positions
from core.engine.language_model import LanguageModel
from core.engine.memory import (
    BUCKETS,
    CARRIED_STRENGTH,
    FIRST_SHARE,
    PRIOR_STRENGTH,
    TOP,
    Recall,
    empty_recall,
    fit_shares,
    likeliest,
    mix,
    recall,
)
from core.engine.ngrams import Stream, make_stream
from core.engine.prompts import Exchange

ROWS_AT_ONCE = 512

Example = Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class Measured:
    """Mean loss (nats per token) and share of tokens that were the likeliest."""

    loss: float
    accuracy: float


class Material:
    """Examples looked up in the adapter's tables, and what the memory says about them."""

    def __init__(self, tables: Tables, examples: Sequence[Example]) -> None:
        self.tables = tables
        exchanges = [exchange for example in examples for exchange in example]
        self.answers = [exchange.answer for exchange in exchanges]
        self.positions = make_positions(tables, exchanges)
        lengths = np.fromiter((len(example) for example in examples), np.int64, len(examples))
        self.exchange_ranges = np.concatenate(([0], np.cumsum(lengths)))
        self.ranges = self.positions.answer_ranges[self.exchange_ranges]
        self.recalled = empty_recall(len(self.positions))
        self.top = self._locate(np.arange(len(self.positions)), self.recalled)

    def __len__(self) -> int:
        return len(self.exchange_ranges) - 1

    def rows(self, examples: np.ndarray) -> np.ndarray:
        """Positions of some examples."""
        return gather(self.ranges, examples)[1]

    def stream(self, examples: np.ndarray) -> Stream:
        """The answers of some examples."""
        _, exchanges = gather(self.exchange_ranges, examples)
        return make_stream([self.answers[number] for number in exchanges])

    def remember(self, memory: LanguageModel, examples: np.ndarray) -> None:
        """Note what a memory says about some examples."""
        rows = self.rows(examples)
        if not len(rows):
            return
        said = recall(memory, self.stream(examples))
        for name in ("probability", "bucket", "top_token", "top"):
            getattr(self.recalled, name)[rows] = getattr(said, name)
        located = self._locate(rows, said)
        places = _top_places(rows)
        for name in ("probability", "level", "entry"):
            getattr(self.top, name)[places] = getattr(located, name)

    def _locate(self, rows: np.ndarray, said: Recall) -> Located:
        """Where the memory's likeliest tokens stand in the adapter's tables."""
        contexts = [np.repeat(context[rows], TOP) for context in self.positions.contexts]
        return locate(self.tables, contexts, said.top_token.ravel().astype(np.int64))

    def recall_of(self, rows: np.ndarray) -> tuple[Recall, Located]:
        """The notes about some positions."""
        said, top, places = self.recalled, self.top, _top_places(rows)
        return (
            Recall(said.probability[rows], said.bucket[rows], said.top_token[rows], said.top[rows]),
            Located(top.probability[places], top.level[places], top.entry[places]),
        )


def _top_places(rows: np.ndarray) -> np.ndarray:
    return (rows[:, None] * TOP + np.arange(TOP)).ravel()


class Shares:
    """The memory's shares, fitted anew from time to time; 0 while there is no memory.

    From the training side counts only what was predicted before it was learnt: the later half
    of what the first epoch has seen so far.
    """

    def __init__(self, now: np.ndarray) -> None:
        self.now = self._carried = now
        self._rows: list[np.ndarray] = []
        self._adapted: list[np.ndarray] = []

    def note(self, rows: np.ndarray, adapted: np.ndarray) -> None:
        """Rows that the adapter has predicted with probabilities ``adapted``, still unseen."""
        self._rows.append(rows)
        self._adapted.append(adapted)

    def fit(self, taught: Material) -> None:
        """Fit to the rows noted, by what the memory says about them now."""
        half = len(self._rows) // 2
        rows, adapted = np.concatenate(self._rows[half:]), np.concatenate(self._adapted[half:])
        known = taught.recalled.top[rows, 0] > 0
        said = taught.recalled
        self.now = self._carried = fit_shares(
            adapted[known],
            said.probability[rows[known]],
            said.bucket[rows[known]],
            np.full(BUCKETS, FIRST_SHARE),
            PRIOR_STRENGTH,
        )

    def fit_held_out(self, adapter: Adapter, held: Material, rows: np.ndarray) -> None:
        """Fit to validation text, starting from what training gave."""
        adapted = np.concatenate(
            [adapter.forward(held.positions, part).probability for part in portions(rows)]
        )
        said = held.recalled
        self.now = fit_shares(
            adapted, said.probability[rows], said.bucket[rows], self._carried, CARRIED_STRENGTH
        )


def portions(rows: np.ndarray) -> list[np.ndarray]:
    """Rows in parts small enough to predict at once."""
    return [rows[first : first + ROWS_AT_ONCE] for first in range(0, len(rows), ROWS_AT_ONCE)]


def measure(
    adapter: Adapter, material: Material, examples: np.ndarray, shares: np.ndarray
) -> Measured:
    """Loss and accuracy over some examples, without learning from them."""
    parts = portions(material.rows(examples))
    done = (adapter.forward(material.positions, rows) for rows in parts)
    return measure_parts(adapter, material, done, shares)


def measure_parts(
    adapter: Adapter, material: Material, parts: Iterable[Forward], shares: np.ndarray
) -> Measured:
    loss = correct = count = 0.0
    for done in parts:
        said, top = material.recall_of(done.rows)
        loss -= np.log(mix(done, said, shares)).sum()
        correct += likeliest(adapter, done, said, shares, top).sum()
        count += len(done.rows)
    return Measured(float(loss / max(count, 1)), float(correct / max(count, 1)))
