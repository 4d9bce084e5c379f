"""Preference training (DPO): of two answers to a prompt, towards the one and off the other.

Rafailov et al., "Direct Preference Optimization" (2023): with the model as it was before as
reference, loss = -ln sigmoid(beta * d), where d is by how much more the preferred answer's log
probability has risen than the other's. Here the gradient goes into the adapter only; a memory
that the model already had stays as it is and takes part in both probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.adapter import Adapter, Forward, Learning, gather
from core.engine.material import Material, Measured, measure_parts, portions
from core.engine.memory import mix
from core.engine.prompts import Exchange
from core.engine.start import Start
from core.engine.training import VALIDATION_SAMPLE, VALIDATIONS, Plan, Step
from core.engine.tuned import Learnt, own_weights

AUTO_BETA = 0.1
#: AdaGrad's rate at multiplier 1. A tenth of this learns little; at ten times, the preferred
#: answers are still preferred, but no answer is left that reads well.
PREFERENCE_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one prompt."""

    preferred: Exchange
    other: Exchange


class _Pairs:
    """Pairs as material: of pair i, the preferred answer is example 2i, the other 2i + 1."""

    def __init__(self, start: Start, pairs: Sequence[Pair]) -> None:
        answers = [[answer] for pair in pairs for answer in (pair.preferred, pair.other)]
        self.material = Material(start.tables, answers)
        self.shares = start.shares
        if start.remembered is not None and pairs:
            memory = start.memory_with(self.material.stream(np.arange(0)))
            self.material.remember(memory, np.arange(len(answers)))
        every = np.arange(len(answers))
        self.reference = self.log_probabilities(start.adapter, every)

    def __len__(self) -> int:
        return len(self.material) // 2

    def log_probabilities(self, adapter: Adapter, answers: np.ndarray) -> np.ndarray:
        """ln P of whole answers as the model is now."""
        owner, rows = gather(self.material.ranges, answers)
        total = np.zeros(len(answers))
        parts = portions(rows)
        for part, owners in zip(parts, portions(owner), strict=True):
            logs, _ = self._logs(adapter.forward(self.material.positions, part))
            total += np.bincount(owners, logs, len(answers))
        return total

    def _logs(self, done: Forward) -> tuple[np.ndarray, np.ndarray]:
        """ln P per row with the memory mixed in, and the adapter's part in each."""
        mixed = mix(done, self.material.recall_of(done.rows)[0], self.shares)
        share = self.shares[self.material.recalled.bucket[done.rows]]
        return np.log(mixed), (1 - share) * done.probability / mixed

    def step(self, adapter: Adapter, pairs: np.ndarray, beta: float, rate: float) -> _Outcome:
        """One gradient step on some pairs (no step with rate 0), and how they stood before it."""
        answers = np.stack((2 * pairs, 2 * pairs + 1), axis=1).ravel()
        owner, rows = gather(self.material.ranges, answers)
        done = adapter.forward(self.material.positions, rows)
        logs, part = self._logs(done)
        risen = np.bincount(owner, logs, len(answers)) - self.reference[answers]
        margin = beta * (risen[0::2] - risen[1::2])
        pull = beta / (1 + np.exp(margin))
        if rate:
            sign = np.where(owner % 2 == 0, 1.0, -1.0)
            adapter.learn(done, Learning(rate, sign * pull[owner // 2] * part))
        return _Outcome(np.logaddexp(0, -margin), margin > 0)

    def measure(self, adapter: Adapter, pairs: np.ndarray, beta: float) -> Measured:
        """Preference loss, and token accuracy on the preferred answers."""
        losses = [
            self.step(adapter, part, beta, 0.0).loss
            for part in np.array_split(pairs, -(-len(pairs) // 16))
        ]
        return Measured(float(np.concatenate(losses).mean()), self.accuracy(adapter, pairs))

    def accuracy(self, adapter: Adapter, pairs: np.ndarray) -> float:
        """Share of the preferred answers' tokens that were the likeliest."""
        rows = portions(self.material.rows(2 * pairs))
        done = (adapter.forward(self.material.positions, part) for part in rows)
        return measure_parts(adapter, self.material, done, self.shares).accuracy


@dataclass(frozen=True, slots=True)
class _Outcome:
    loss: np.ndarray  # per pair
    told_apart: np.ndarray  # per pair: whether the preferred answer has risen more


def train_preferences(
    start: Start, training: Sequence[Pair], validation: Sequence[Pair], plan: Plan, beta: float
) -> Iterator[Step]:
    """Train on pairs; a Step is yielded after each. The same arguments give the same weights.

    Args:
        start: from ``begin`` on both answers of all training pairs.
    """
    adapter = start.adapter
    taught, held = _Pairs(start, training), _Pairs(start, validation)
    random = np.random.default_rng(plan.seed)
    sample = random.permutation(len(held))[:VALIDATION_SAMPLE]
    batches = -(-len(taught) // plan.batch_size)
    total = batches * plan.n_epochs
    look_every = max(1, total // VALIDATIONS)
    rate = PREFERENCE_RATE * plan.learning_rate_multiplier
    number = 0
    for _ in range(plan.n_epochs):
        order = random.permutation(len(taught))
        for batch in range(batches):
            pairs = order[batch * plan.batch_size : (batch + 1) * plan.batch_size]
            accuracy = taught.accuracy(adapter, pairs)
            outcome = taught.step(adapter, pairs, beta, rate)
            number += 1
            ends = batch == batches - 1
            valid = full_valid = learnt = None
            if len(held) and (ends or number % look_every == 0):
                valid = held.measure(adapter, sample, beta)
            if len(held) and ends:
                full_valid = held.measure(adapter, np.arange(len(held)), beta)
            if ends:
                learnt = _learnt(start, adapter)
            yield Step(
                number,
                total,
                Measured(float(outcome.loss.mean()), accuracy),
                valid,
                full_valid,
                learnt,
                float(outcome.told_apart.mean()),
            )


def _learnt(start: Start, adapter: Adapter) -> Learnt:
    return Learnt(
        start.counts,
        start.before,
        start.minimum,
        own_weights(adapter),
        start.shares,
        start.tables.ignored,
        start.languages,
    )
