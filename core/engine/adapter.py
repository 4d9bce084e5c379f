"""The log-linear adapter: weights on the person's n-grams, learnt by gradient steps.

    P(w | h, prompt) = P0(w | h) exp(s) / Z,   s = sum over k of theta[last k-1 tokens, w] + copy

where ``copy`` is the bonus of ``prompts.py`` and P0 the frozen base. The softmax is exact over
all 200,000 tokens: only tokens with a weight differ from the base, so Z = 1 + sum over those of
P0(w) (exp(s) - 1). The sum is taken level by level of the trie, and what a shorter context
contributes is shared by all longer ones that end alike:

    A_k(c) = gamma(c) A_{k-1}(c') + sum over entries w of c of
             P0_k(w|c) (e^{s_k} - 1) - gamma(c) P0_{k-1}(w|c') (e^{s_{k-1}} - 1),     Z = 1 + A

so that a step costs as much as the contexts in its batch have followers, not as the person has
words. Training minimises cross-entropy with AdaGrad (Duchi et al., 2011) and a little L2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.engine.features import Positions, Tables
from core.engine.prompts import COPY_CLASSES

#: Start of AdaGrad's sum of squares: keeps the first step in a direction from being a leap.
FIRST_SQUARE = 0.1
L2 = 1e-4
#: exp() of more than this is no longer exact enough in float32 sums; no weight gets there.
MAX_WEIGHT = 20.0


@dataclass(slots=True)
class Weights:
    """What training changes: vocabulary weights, one array per level from 2 on, copy weights."""

    word: np.ndarray  # float32 per vocabulary item
    levels: list[np.ndarray]  # float32 per entry
    copy: np.ndarray  # float32 per copy class

    def clone(self) -> Weights:
        return Weights(self.word.copy(), [level.copy() for level in self.levels], self.copy.copy())


@dataclass(slots=True)
class LevelPass:
    """One level of a forward pass: the entries of the batch's contexts, side by side."""

    rows: np.ndarray  # rows of the batch that have a context at this level
    row_context: np.ndarray  # per such row, the number of its context in ``contexts``
    contexts: np.ndarray
    below: np.ndarray  # per context, the number of the shorter context one level below
    start: np.ndarray  # per context, its first entry
    offset: np.ndarray  # per context, where its entries begin here
    entry: np.ndarray
    owner: np.ndarray  # per entry here, the number of its context
    parent: np.ndarray  # per entry here, the place of its parent one level below
    factor: np.ndarray  # e^s
    total: np.ndarray  # A per context


@dataclass(slots=True)
class Forward:
    """Rows of ``positions``, predicted. Weights are P0 e^s, not yet divided by Z."""

    positions: Positions
    rows: np.ndarray
    passes: list[LevelPass]
    row_context: list[np.ndarray]  # per level and row: number of its context there, or -1
    depth: np.ndarray  # per row: its deepest level
    word_factor: np.ndarray  # e^theta of the vocabulary
    place: np.ndarray  # per row: place of the target's deepest entry
    weight: np.ndarray  # per row: of the target
    normaliser: np.ndarray  # Z per row
    copy_row: np.ndarray  # per copyable word: its row
    copied: np.ndarray  # its number in ``positions.copies``
    copy_place: np.ndarray
    copy_mass: np.ndarray  # its weight without the bonus
    bonus: np.ndarray  # e^copy weight per class

    @property
    def probability(self) -> np.ndarray:
        """P(target) per row: float64."""
        return self.weight / self.normaliser

    def factors(
        self, rows: np.ndarray, level: np.ndarray, entry: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """e^s of located entries (see ``features.Located``) of rows, and their places."""
        return _factors(self.passes, self.row_context, self.word_factor, rows, level, entry)


@dataclass(frozen=True, slots=True)
class Learning:
    """How to step: the learning rate, and what each row's error counts (its sign included)."""

    rate: float
    scale: np.ndarray


class Adapter:
    """The weights, their AdaGrad sums and the tables they are laid over."""

    def __init__(self, tables: Tables) -> None:
        self.tables, self.entries = tables, tables.entries
        self.unigram = tables.joint.unigram[tables.vocabulary]
        self.weights = Weights(
            np.zeros(len(tables.vocabulary), np.float32),
            [np.zeros(len(level.node), np.float32) for level in tables.entries],
            np.zeros(COPY_CLASSES, np.float32),
        )
        self.squares = self.weights.clone()
        for square in (self.squares.word, *self.squares.levels, self.squares.copy):
            square += FIRST_SQUARE

    # -- forward ---------------------------------------------------------------------------

    def forward(self, positions: Positions, rows: np.ndarray) -> Forward:
        """Predict rows of ``positions``."""
        word_factor = np.exp(self.weights.word)
        passes = list(self._levels(positions, rows, word_factor))
        count = len(rows)
        row_context = []
        depth = np.zeros(count, np.int64)
        total = np.zeros(count)
        for level, one in enumerate(passes):
            number = np.full(count, -1)
            number[one.rows] = one.row_context
            row_context.append(number)
            total[one.rows] = one.total[one.row_context]
            depth[one.rows] = level

        copy_row, copied = gather(positions.copy_ranges, rows)
        copies, copy_class = positions.copies, positions.copy_class[copied]
        copy_factor, copy_place = _factors(
            passes, row_context, word_factor, copy_row, copies.level[copied], copies.entry[copied]
        )
        copy_mass = copies.probability[copied] * copy_factor
        bonus = np.exp(self.weights.copy)
        normaliser = 1 + total
        normaliser += np.bincount(copy_row, copy_mass * (bonus - 1)[copy_class], count)

        target, every = positions.target, np.arange(count)
        factor, place = _factors(
            passes, row_context, word_factor, every, target.level[rows], target.entry[rows]
        )
        target_class = positions.target_class[rows]
        boosted = target_class >= 0
        weight = target.probability[rows] * factor
        weight[boosted] *= bonus[target_class[boosted]]
        return Forward(
            positions,
            rows,
            passes,
            row_context,
            depth,
            word_factor,
            place,
            weight,
            normaliser,
            copy_row,
            copied,
            copy_place,
            copy_mass,
            bonus,
        )

    def _levels(
        self, positions: Positions, rows: np.ndarray, word_factor: np.ndarray
    ) -> Iterator[LevelPass]:
        factor_below = word_factor
        total_below = np.array([self.unigram @ (factor_below - 1)])
        inverse_below = np.zeros(len(rows), np.int64)
        start_below = offset_below = np.zeros(1, np.int64)
        for depth, level in enumerate(self.entries):
            row_contexts = positions.contexts[depth][rows]
            known = np.flatnonzero(row_contexts >= 0)
            if not len(known):
                return
            contexts, first, inverse = np.unique(
                row_contexts[known], return_index=True, return_inverse=True
            )
            below = inverse_below[known[first]]
            start = level.ranges[contexts]
            length = level.ranges[contexts + 1] - start
            offset = np.cumsum(length) - length
            owner = np.repeat(np.arange(len(contexts)), length)
            entry = np.arange(len(owner)) + (start - offset)[owner]
            parent = level.parent[entry]
            if depth:
                parent = parent + (offset_below - start_below)[below][owner]
            inherited = factor_below[parent]
            factor = inherited * np.exp(self.weights.levels[depth][entry])
            gain = level.probability[entry] * (factor - 1)
            gain -= level.backed[entry] * (inherited - 1)
            total = level.gamma[contexts] * total_below[below]
            total += np.bincount(owner, gain, len(contexts))
            yield LevelPass(
                known, inverse, contexts, below, start, offset, entry, owner, parent, factor, total
            )
            inverse_below = np.full(len(rows), -1)
            inverse_below[known] = inverse
            start_below, offset_below = start, offset
            factor_below, total_below = factor, total

    # -- backward --------------------------------------------------------------------------

    def learn(self, done: Forward, learning: Learning) -> None:
        """One gradient step on rows that were predicted with the weights as they still are."""
        positions, rows = done.positions, done.rows
        share = learning.scale / done.normaliser
        copy_class = positions.copy_class[done.copied]
        flow = done.copy_mass * share[done.copy_row]
        copy_gradient = np.bincount(copy_class, flow * done.bonus[copy_class], COPY_CLASSES)
        target_class = positions.target_class[rows]
        boosted = target_class >= 0
        copy_gradient -= np.bincount(target_class[boosted], learning.scale[boosted], COPY_CLASSES)
        # (level, place, gradient of s) of the entries that single rows pull at
        single = (
            (
                positions.copies.level[done.copied],
                done.copy_place,
                flow * (done.bonus - 1)[copy_class],
            ),
            (positions.target.level[rows], done.place, -learning.scale),
        )
        passes = done.passes
        flowing: np.ndarray = np.zeros(0)
        push: np.ndarray = np.zeros(0)
        for depth in range(len(passes) - 1, -1, -1):
            one, level = passes[depth], self.entries[depth]
            ending = done.depth == depth
            reach = np.bincount(done.row_context[depth][ending], share[ending], len(one.contexts))
            if depth + 1 < len(passes):
                above = passes[depth + 1]
                gamma = self.entries[depth + 1].gamma[above.contexts]
                reach += np.bincount(above.below, gamma * flowing, len(one.contexts))
            gradient = reach[one.owner] * level.probability[one.entry] * one.factor
            if depth + 1 < len(passes):
                gradient += push
            for levels, place, pull in single:
                here = levels == depth + 2
                gradient += np.bincount(place[here], pull[here], len(one.entry))
            below = passes[depth - 1].factor if depth else done.word_factor
            lost = reach[one.owner] * level.backed[one.entry] * below[one.parent]
            push = np.bincount(one.parent, gradient - lost, len(below))
            flowing = reach
            learnt = level.learnt[one.entry]
            weights, squares = self.weights.levels[depth], self.squares.levels[depth]
            step(weights, squares, one.entry[learnt], gradient[learnt], learning.rate)
        gamma = self.entries[0].gamma[passes[0].contexts]
        gradient = (gamma * flowing).sum() * self.unigram * done.word_factor + push
        for levels, place, pull in single:
            here = levels == 1
            gradient += np.bincount(place[here], pull[here], len(self.unigram))
        every = slice(None)
        step(self.weights.word, self.squares.word, every, gradient, learning.rate)
        step(self.weights.copy, self.squares.copy, every, copy_gradient, learning.rate)


def step(
    weights: np.ndarray,
    squares: np.ndarray,
    where: np.ndarray | slice,
    gradient: np.ndarray,
    rate: float,
) -> None:
    """AdaGrad on some weights, in place."""
    gradient = gradient + L2 * weights[where]
    squares[where] += gradient * gradient
    moved = weights[where] - rate * gradient / np.sqrt(squares[where])
    weights[where] = np.clip(moved, -MAX_WEIGHT, MAX_WEIGHT)


def _factors(
    passes: list[LevelPass],
    row_context: list[np.ndarray],
    word_factor: np.ndarray,
    rows: np.ndarray,
    level: np.ndarray,
    entry: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    factor = np.ones(len(rows), np.float32)
    place = np.full(len(rows), -1)
    of_word = np.flatnonzero(level == 1)
    factor[of_word] = word_factor[entry[of_word]]
    place[of_word] = entry[of_word]
    for depth, one in enumerate(passes):
        here = np.flatnonzero(level == depth + 2)
        context = row_context[depth][rows[here]]
        place[here] = entry[here] - one.start[context] + one.offset[context]
        factor[here] = one.factor[place[here]]
    return factor, place


def gather(ranges: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items of some rows of a table of ranges: the number of the row in ``rows``, and the item."""
    start = ranges[rows]
    length = ranges[rows + 1] - start
    owner = np.repeat(np.arange(len(rows)), length)
    offset = np.cumsum(length) - length
    return owner, np.arange(len(owner)) + (start - offset)[owner]
