"""The training loop: epochs over shuffled examples, validation, checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.costs import auto_epochs
from core.engine.adapter import Learning
from core.engine.material import Example, Material, Measured, Shares, measure, measure_parts
from core.engine.start import Start
from core.engine.tuned import Learnt, own_weights

#: AdaGrad's rate at multiplier 1.
BASE_RATE = 1.0
#: Steps that "auto" aims at: enough for a curve, few enough for a second or two.
AIMED_STEPS = 600
#: How often the validation file is looked at in a run, beside the ends of epochs.
VALIDATIONS = 40
#: Examples of the validation file behind ``valid_loss``; ``full_valid_loss`` takes all.
VALIDATION_SAMPLE = 64
#: The memory grows in this many portions in the first epoch; each is a fold afterwards.
FOLDS = 10
#: A base that is this surprised by the person's text (nats a token) leaves the rate as it is;
#: each further WORSE_FIT nats add 1 to the multiplier, up to MOST_RATE.
GOOD_FIT, WORSE_FIT, MOST_RATE = 6.0, 4.0, 2.0
#: With "auto" epochs, training ends when the validation loss has been above its best for this
#: many epochs.
PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyperparameters, resolved. ``may_stop``: whether to end when validation gets worse."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    seed: int
    may_stop: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step taken. ``learnt`` is given at the end of each epoch.

    ``reward_accuracy`` is for preference training: share of pairs told apart rightly.
    ``further`` are numbers that the event of the step names besides.
    """

    number: int
    total: int
    train: Measured
    valid: Measured | None
    full_valid: Measured | None
    learnt: Learnt | None
    reward_accuracy: float | None = None
    further: dict[str, float] | None = None


def resolve(
    examples: int,
    *,
    n_epochs: int | str,
    batch_size: int | str,
    rate: float | str,
    seed: int,
    base_loss: float = 0.0,
) -> Plan:
    """Numbers for what was left at "auto".

    Args:
        examples: how many there are.
        base_loss: of the model that training starts from, in nats a token.
    """
    epochs = auto_epochs(examples) if isinstance(n_epochs, str) else n_epochs
    if isinstance(batch_size, str):
        batch_size = min(256, max(1, -(-examples * epochs // AIMED_STEPS)))
    if isinstance(rate, str):
        rate = round(min(MOST_RATE, max(1.0, 1 + (base_loss - GOOD_FIT) / WORSE_FIT)), 2)
    return Plan(epochs, batch_size, rate, seed, isinstance(n_epochs, str))


def train(
    start: Start, training: Sequence[Example], validation: Sequence[Example], plan: Plan
) -> Iterator[Step]:
    """Train an adapter and its memory; a Step is yielded after each, to stop between any two.

    The same arguments give the same weights.

    Args:
        start: from ``begin`` on the same training examples.
        training, validation: lists of exchanges; an example counts as a whole in a batch.
    """
    adapter = start.adapter
    taught, held = Material(start.tables, training), Material(start.tables, validation)
    shares = Shares(start.shares)
    random = np.random.default_rng(plan.seed)
    every_held = np.arange(len(held))
    sample = random.permutation(len(held))[:VALIDATION_SAMPLE]
    batches = -(-len(taught) // plan.batch_size)
    total = batches * plan.n_epochs
    look_every = max(1, total // VALIDATIONS)
    rate = BASE_RATE * plan.learning_rate_multiplier
    grow_at = sorted({round(fold * batches / FOLDS) for fold in range(1, FOLDS)} - {0})
    if start.remembered is not None:
        memory = start.memory_with(taught.stream(every_held[:0]))
        taught.remember(memory, np.arange(len(taught)))
        held.remember(memory, every_held)
    number = 0
    losses: list[float] = []
    for epoch in range(plan.n_epochs):
        order = random.permutation(len(taught))
        for batch in range(batches):
            first = batch * plan.batch_size
            if epoch == 0 and batch in grow_at:
                later = [at for at in grow_at if at > batch]
                until = later[0] * plan.batch_size if later else len(order)
                memory = start.memory_with(taught.stream(order[:first]))
                taught.remember(memory, order[first:until])
                held.remember(memory, every_held)
                shares.fit(taught)
                if len(sample):
                    shares.fit_held_out(adapter, held, held.rows(sample))
            rows = taught.rows(order[first : first + plan.batch_size])
            done = adapter.forward(taught.positions, rows)
            measured = measure_parts(adapter, taught, [done], shares.now)
            if epoch == 0:
                shares.note(rows, done.probability)
            adapter.learn(done, Learning(rate, np.ones(len(rows))))
            number += 1
            valid = full_valid = learnt = None
            ends = batch == batches - 1
            if ends:
                if epoch == 0:
                    _fill_memory(start, taught, held, order)
                    shares.fit(taught)
                if len(held):
                    shares.fit_held_out(adapter, held, held.rows(every_held))
                    full_valid = measure(adapter, held, every_held, shares.now)
                    losses.append(full_valid.loss)
                learnt = Learnt(
                    start.counts,
                    [old + new for old, new in zip(start.before, start.fresh, strict=True)],
                    start.minimum,
                    own_weights(adapter),
                    shares.now,
                    start.tables.ignored,
                    start.languages,
                )
            if len(held) and (number % look_every == 0 or ends):
                valid = measure(adapter, held, sample, shares.now)
            yield Step(number, total, measured, valid, full_valid, learnt)
        if plan.may_stop and losses and len(losses) - 1 - int(np.argmin(losses)) >= PATIENCE:
            return


def _fill_memory(start: Start, taught: Material, held: Material, order: np.ndarray) -> None:
    """After the first epoch: each fold by a memory of all others, validation by all of it."""
    for fold in np.array_split(order, min(FOLDS, len(order))):
        others = np.setdiff1d(order, fold)
        taught.remember(start.memory_with(taught.stream(others)), fold)
    if len(held):
        memory = start.memory_with(taught.stream(np.sort(order)))
        held.remember(memory, np.arange(len(held)))
