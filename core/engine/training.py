"""The training loop: epochs over shuffled examples, validation, checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.costs import auto_epochs
from core.engine.adapter import Adapter, Learning, gather
from core.engine.base_text import base_model
from core.engine.features import (
    Exchange,
    Positions,
    join,
    learn_ngrams,
    list_entries,
    make_positions,
)
from core.engine.ngrams import make_stream
from core.engine.tuned import Learnt, extract

#: AdaGrad's rate at multiplier 1.
BASE_RATE = 1.0
#: Steps that "auto" aims at: enough for a curve, few enough for a second or two.
AIMED_STEPS = 600
#: How often the validation file is looked at in a run, beside the ends of epochs.
VALIDATIONS = 40
#: Exchanges of the validation file behind ``valid_loss``; ``full_valid_loss`` takes all.
VALIDATION_SAMPLE = 64
ROWS_AT_ONCE = 512


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


def train(
    training: Sequence[Exchange],
    validation: Sequence[Exchange],
    plan: Plan,
    languages: tuple[str, ...] = ("en",),
) -> Iterator[Step]:
    """Train an adapter; one Step is yielded after each, so the caller can stop between any two.

    The same arguments give the same weights.
    """
    base = base_model(languages)
    stream = make_stream([exchange.answer for exchange in training])
    person = learn_ngrams(stream)
    joint = join(base, person)
    entries = list_entries(joint, person.vocabulary)
    adapter = Adapter(joint, entries, person.vocabulary)

    def look_up(exchanges: Sequence[Exchange]) -> Positions:
        answers = make_stream([exchange.answer for exchange in exchanges])
        return make_positions(base, joint, entries, person.vocabulary, exchanges, answers)

    positions, valid_positions = look_up(training), look_up(validation)
    random = np.random.default_rng(plan.seed)
    sample = random.permutation(len(validation))[:VALIDATION_SAMPLE]
    per_epoch = -(-len(training) // plan.batch_size)
    total = per_epoch * plan.n_epochs
    every = max(1, total // VALIDATIONS)
    rate = BASE_RATE * plan.learning_rate_multiplier
    number = 0
    for _ in range(plan.n_epochs):
        order = random.permutation(len(training))
        for first in range(0, len(order), plan.batch_size):
            _, rows = gather(positions.answer_ranges, order[first : first + plan.batch_size])
            scale = np.full(len(rows), 1.0)
            result = adapter.run(positions, rows, learn=Learning(rate, scale))
            number += 1
            ends_epoch = number % per_epoch == 0
            measures = len(validation) > 0
            valid = full_valid = None
            if measures and (number % every == 0 or ends_epoch):
                valid = measure(adapter, valid_positions, sample)
            if measures and ends_epoch:
                full_valid = measure(adapter, valid_positions, np.arange(len(validation)))
            yield Step(
                number,
                total,
                Measured(float(-result.log_probability.mean()), float(result.correct.mean())),
                valid,
                full_valid,
                extract(adapter, person, languages) if ends_epoch else None,
            )


def measure(adapter: Adapter, positions: Positions, exchanges: np.ndarray) -> Measured:
    """Loss and accuracy over some exchanges, without learning from them."""
    _, rows = gather(positions.answer_ranges, exchanges)
    loss = correct = 0.0
    for first in range(0, len(rows), ROWS_AT_ONCE):
        result = adapter.run(positions, rows[first : first + ROWS_AT_ONCE])
        loss -= result.log_probability.sum()
        correct += result.correct.sum()
    return Measured(float(loss / max(len(rows), 1)), float(correct / max(len(rows), 1)))
