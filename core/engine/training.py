"""The training loop: epochs over shuffled examples, validation, checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.costs import auto_epochs
from core.engine.adapter import Adapter, Forward, Learning, gather
from core.engine.base_text import base_model
from core.engine.features import (
    Located,
    Tables,
    choose_minimum,
    locate,
    make_positions,
    make_tables,
    prune,
)
from core.engine.language_model import LanguageModel, build_language_model
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
from core.engine.ngrams import Stream, count_ngrams, make_stream
from core.engine.prompts import Exchange, instruction_tokens
from core.engine.tuned import Learnt, own_weights

#: AdaGrad's rate at multiplier 1.
BASE_RATE = 1.0
#: Steps that "auto" aims at: enough for a curve, few enough for a second or two.
AIMED_STEPS = 600
#: How often the validation file is looked at in a run, beside the ends of epochs.
VALIDATIONS = 40
#: Examples of the validation file behind ``valid_loss``; ``full_valid_loss`` takes all.
VALIDATION_SAMPLE = 64
ROWS_AT_ONCE = 512
#: The memory grows in this many portions in the first epoch; each is a fold afterwards.
FOLDS = 10

Example = Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyperparameters, resolved."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    seed: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Mean loss (nats per token) and share of tokens that were the likeliest."""

    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step taken. ``learnt`` is given at the end of each epoch."""

    number: int
    total: int
    train: Measured
    valid: Measured | None
    full_valid: Measured | None
    learnt: Learnt | None


def resolve(
    examples: int, *, n_epochs: int | str, batch_size: int | str, rate: float | str, seed: int
) -> Plan:
    """Numbers for what was left at "auto"."""
    epochs = auto_epochs(examples) if isinstance(n_epochs, str) else n_epochs
    if isinstance(batch_size, str):
        batch_size = min(256, max(1, -(-examples * epochs // AIMED_STEPS)))
    return Plan(epochs, batch_size, 1.0 if isinstance(rate, str) else rate, seed)


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

    def __init__(self) -> None:
        self.now = self._carried = np.zeros(BUCKETS)
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


def train(
    training: Sequence[Example],
    validation: Sequence[Example],
    plan: Plan,
    languages: tuple[str, ...] = ("en",),
) -> Iterator[Step]:
    """Train an adapter and its memory; a Step is yielded after each, to stop between any two.

    The same arguments give the same weights.

    Args:
        training, validation: lists of exchanges; an example counts as a whole in a batch.
    """
    counts = count_ngrams(
        make_stream([exchange.answer for example in training for exchange in example])
    )
    minimum = choose_minimum(counts)
    ignored = instruction_tokens([e.prompt for example in training for e in example])
    tables = make_tables(base_model(languages), prune(counts, minimum), ignored)
    adapter = Adapter(tables)
    taught, held = Material(tables, training), Material(tables, validation)
    shares = Shares()

    random = np.random.default_rng(plan.seed)
    every_held = np.arange(len(held))
    sample = random.permutation(len(held))[:VALIDATION_SAMPLE]
    batches = -(-len(taught) // plan.batch_size)
    total = batches * plan.n_epochs
    look_every = max(1, total // VALIDATIONS)
    rate = BASE_RATE * plan.learning_rate_multiplier
    grow_at = sorted({round(fold * batches / FOLDS) for fold in range(1, FOLDS)} - {0})
    number = 0
    for epoch in range(plan.n_epochs):
        order = random.permutation(len(taught))
        for batch in range(batches):
            first = batch * plan.batch_size
            if epoch == 0 and batch in grow_at:
                later = [at for at in grow_at if at > batch]
                until = later[0] * plan.batch_size if later else len(order)
                memory = build_language_model(taught.stream(order[:first]))
                taught.remember(memory, order[first:until])
                held.remember(memory, every_held)
                shares.fit(taught)
                if len(sample):
                    shares.fit_held_out(adapter, held, held.rows(sample))
            rows = taught.rows(order[first : first + plan.batch_size])
            done = adapter.forward(taught.positions, rows)
            measured = _measure(adapter, taught, [done], shares.now)
            if epoch == 0:
                shares.note(rows, done.probability)
            adapter.learn(done, Learning(rate, np.ones(len(rows))))
            number += 1
            valid = full_valid = learnt = None
            ends = batch == batches - 1
            if ends:
                if epoch == 0:
                    _fill_memory(taught, held, order)
                    shares.fit(taught)
                if len(held):
                    shares.fit_held_out(adapter, held, held.rows(every_held))
                    full_valid = measure(adapter, held, every_held, shares.now)
                learnt = Learnt(
                    counts, minimum, own_weights(adapter), shares.now, ignored, languages
                )
            if len(held) and (number % look_every == 0 or ends):
                valid = measure(adapter, held, sample, shares.now)
            yield Step(number, total, measured, valid, full_valid, learnt)


def _fill_memory(taught: Material, held: Material, order: np.ndarray) -> None:
    """After the first epoch: each fold by a memory of all others, validation by all of it."""
    folds = np.array_split(order, min(FOLDS, len(order)))
    for fold in folds:
        others = np.setdiff1d(order, fold)
        taught.remember(build_language_model(taught.stream(others)), fold)
    if len(held):
        memory = build_language_model(taught.stream(np.sort(order)))
        held.remember(memory, np.arange(len(held)))


def measure(
    adapter: Adapter, material: Material, examples: np.ndarray, shares: np.ndarray
) -> Measured:
    """Loss and accuracy over some examples, without learning from them."""
    parts = portions(material.rows(examples))
    done = (adapter.forward(material.positions, rows) for rows in parts)
    return _measure(adapter, material, done, shares)


def _measure(
    adapter: Adapter, material: Material, parts: Iterable[Forward], shares: np.ndarray
) -> Measured:
    loss = correct = count = 0.0
    for done in parts:
        said, top = material.recall_of(done.rows)
        loss -= np.log(mix(done, said, shares)).sum()
        correct += likeliest(adapter, done, said, shares, top).sum()
        count += len(done.rows)
    return Measured(float(loss / max(count, 1)), float(correct / max(count, 1)))
