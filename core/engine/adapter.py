"""The log-linear adapter: weights on the person's n-grams, learnt by gradient steps.

    P(w | h, prompt) = P0(w | h) exp(s) / Z,   s = sum over k of theta[last k-1 tokens, w] + copy[rarity of w]

where the copy weight counts while w stands in the prompt and has not been used yet. P0 is the
frozen base. The softmax is exact over all 200,000 tokens: only tokens with a weight differ from
the base, so Z = 1 + sum over those of P0(w) (exp(s) - 1). The sum is taken level by level of the
trie, and what a shorter context contributes is shared by all longer ones that end alike:

    A_k(c) = gamma(c) A_{k-1}(c') + sum over entries w of c of
             P0_k(w|c) (e^{s_k} - 1) - gamma(c) P0_{k-1}(w|c') (e^{s_{k-1}} - 1),     Z = 1 + A

so that a step costs as much as the contexts in its batch have followers, not as the person has
words. Training minimises cross-entropy with AdaGrad (Duchi et al., 2011) and a little L2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.engine.features import COPY_CLASSES, Entries, Joint, Positions

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
class Result:
    """A batch, predicted: ``log_probability`` per row in nats; ``correct`` if the likeliest."""

    log_probability: np.ndarray
    correct: np.ndarray


class Adapter:
    """The weights, their AdaGrad sums and the tables they are laid over."""

    def __init__(self, joint: Joint, entries: list[Entries], vocabulary: np.ndarray) -> None:
        self.joint, self.entries, self.vocabulary = joint, entries, vocabulary
        self.unigram = joint.unigram[vocabulary]
        self.weights = Weights(
            np.zeros(len(vocabulary), np.float32),
            [np.zeros(len(level.node), np.float32) for level in entries],
            np.zeros(COPY_CLASSES, np.float32),
        )
        self.squares = self.weights.clone()
        for square in (self.squares.word, *self.squares.levels, self.squares.copy):
            square += FIRST_SQUARE

    # -- forward ---------------------------------------------------------------------------

    def _levels(self, positions: Positions, rows: np.ndarray) -> Iterator[LevelPass]:
        factor_below = np.exp(self.weights.word)
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

    def _factors(
        self,
        passes: list[LevelPass],
        row_context: list[np.ndarray],
        rows: np.ndarray,
        level: np.ndarray,
        entry: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """e^s of entries in the passes of their rows, and their places there."""
        factor = np.ones(len(rows), np.float32)
        place = np.full(len(rows), -1)
        of_word = np.flatnonzero(level == 1)
        factor[of_word] = np.exp(self.weights.word[entry[of_word]])
        place[of_word] = entry[of_word]
        for depth, one in enumerate(passes):
            here = np.flatnonzero(level == depth + 2)
            context = row_context[depth][rows[here]]
            place[here] = entry[here] - one.start[context] + one.offset[context]
            factor[here] = one.factor[place[here]]
        return factor, place

    def run(
        self, positions: Positions, rows: np.ndarray, *, learn: Learning | None = None
    ) -> Result:
        """Predict rows of ``positions``; with ``learn``, then take one gradient step on them."""
        passes = list(self._levels(positions, rows))
        count = len(rows)
        row_context = []
        depth_of_row = np.zeros(count, np.int64)
        total = np.zeros(count)
        for depth, one in enumerate(passes):
            number = np.full(count, -1)
            number[one.rows] = one.row_context
            row_context.append(number)
            total[one.rows] = one.total[one.row_context]
            depth_of_row[one.rows] = depth

        copy_row, copied = gather(positions.copy_ranges, rows)
        copies, copy_class = positions.copies, positions.copy_class[copied]
        copy_factor, copy_place = self._factors(
            passes, row_context, copy_row, copies.level[copied], copies.entry[copied]
        )
        copy_mass = copies.probability[copied] * copy_factor
        bonus = np.exp(self.weights.copy)
        normaliser = 1 + total + np.bincount(copy_row, copy_mass * (bonus - 1)[copy_class], count)

        target = positions.target
        every = np.arange(count)
        factor, place = self._factors(
            passes, row_context, every, target.level[rows], target.entry[rows]
        )
        target_class = positions.target_class[rows]
        boosted = np.flatnonzero(target_class >= 0)
        weight = target.probability[rows] * factor
        weight[boosted] *= bonus[target_class[boosted]]
        log_probability = np.log(weight / normaliser)

        best_copy = np.zeros(count, np.float32)
        np.maximum.at(best_copy, copy_row, copy_mass * bonus[copy_class])
        rival = np.maximum(positions.best_other[rows], best_copy)
        correct = self._is_best(passes, weight, rival, depth_of_row, row_context)

        if learn is not None:
            share = learn.scale / normaliser
            pull = np.bincount(
                copy_class,
                copy_mass * bonus[copy_class] * share[copy_row],
                COPY_CLASSES,
            )
            pull -= np.bincount(target_class[boosted], learn.scale[boosted], COPY_CLASSES)
            self._backward(
                passes,
                depth_of_row,
                row_context,
                share,
                [
                    (
                        copies.level[copied],
                        copy_place,
                        copy_mass * (bonus - 1)[copy_class] * share[copy_row],
                    ),
                    (target.level[rows], place, -learn.scale),
                ],
                pull,
                learn.rate,
            )
        return Result(log_probability, correct)

    def _is_best(
        self,
        passes: list[LevelPass],
        weight: np.ndarray,
        rival: np.ndarray,
        depth_of_row: np.ndarray,
        row_context: list[np.ndarray],
    ) -> np.ndarray:
        """Whether each row's target has the largest weight of all tokens.

        Level by level the best entry of each context is known; one of a shorter context may be
        out of date where a longer context has the same token with a lower weight. Only where
        that could matter are the row's entries laid out and compared one by one.
        """
        word_factor = np.exp(self.weights.word)
        best = np.full(len(weight), (self.unigram * word_factor).max(initial=0))
        own = np.zeros(len(weight))
        for depth, one in enumerate(passes):
            level = self.entries[depth]
            value = level.probability[one.entry] * one.factor
            top = segment_max(value, one.offset, len(one.contexts))[one.row_context]
            scaled = best[one.rows] * level.gamma[one.contexts][one.row_context]
            best[one.rows] = np.maximum(scaled, top)
            own[one.rows] = top
        slack = weight * 1.000001
        correct = slack >= np.maximum(best, rival)
        unclear = ~correct & (slack >= np.maximum(own, rival))
        for row in np.flatnonzero(unclear):
            values = self.unigram * word_factor
            chain = [one for depth, one in enumerate(passes) if depth <= depth_of_row[row]]
            for depth, one in enumerate(chain):
                number = row_context[depth][row]
                first = one.offset[number]
                last = first + self._length(depth, one, number)
                values *= self.entries[depth].gamma[one.contexts[number]]
                word = self._words(passes, depth, slice(first, last))
                entry = one.entry[first:last]
                values[word] = self.entries[depth].probability[entry] * one.factor[first:last]
            correct[row] = slack[row] >= values.max()
        return correct

    def _length(self, depth: int, one: LevelPass, number: int) -> int:
        ranges, context = self.entries[depth].ranges, one.contexts[number]
        return int(ranges[context + 1] - ranges[context])

    def _words(self, passes: list[LevelPass], depth: int, part: slice) -> np.ndarray:
        """Places in the vocabulary of some entries of a pass."""
        place = passes[depth].parent[part]
        for one in reversed(passes[:depth]):
            place = one.parent[place]
        return place

    # -- backward --------------------------------------------------------------------------

    def _backward(
        self,
        passes: list[LevelPass],
        depth_of_row: np.ndarray,
        row_context: list[np.ndarray],
        share: np.ndarray,
        single: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
        copy_gradient: np.ndarray,
        rate: float,
    ) -> None:
        """Push each row's error down the levels, from longest to shortest, and step.

        ``share`` is scale / Z per row; ``single`` lists (level, place, gradient of s) of the
        entries that single rows pull at: targets and copied words.
        """
        flowing: np.ndarray = np.zeros(0)
        push: np.ndarray = np.zeros(0)
        for depth in range(len(passes) - 1, -1, -1):
            one, level = passes[depth], self.entries[depth]
            reach = np.bincount(
                row_context[depth][depth_of_row == depth],
                share[depth_of_row == depth],
                len(one.contexts),
            )
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
            inherited = (
                passes[depth - 1].factor[one.parent]
                if depth
                else np.exp(self.weights.word)[one.parent]
            )
            count_below = len(passes[depth - 1].entry) if depth else len(self.vocabulary)
            lost = reach[one.owner] * level.backed[one.entry] * inherited
            push = np.bincount(one.parent, gradient - lost, count_below)
            flowing = reach
            learnt = level.learnt[one.entry]
            self._step(
                self.weights.levels[depth],
                self.squares.levels[depth],
                one.entry[learnt],
                gradient[learnt],
                rate,
            )
        gamma = self.entries[0].gamma[passes[0].contexts]
        gradient = (gamma * flowing).sum() * self.unigram * np.exp(self.weights.word) + push
        for levels, place, pull in single:
            here = levels == 1
            gradient += np.bincount(place[here], pull[here], len(self.vocabulary))
        self._step(self.weights.word, self.squares.word, slice(None), gradient, rate)
        self._step(self.weights.copy, self.squares.copy, slice(None), copy_gradient, rate)

    @staticmethod
    def _step(
        weights: np.ndarray,
        squares: np.ndarray,
        where: np.ndarray | slice,
        gradient: np.ndarray,
        rate: float,
    ) -> None:
        gradient = gradient + L2 * weights[where]
        squares[where] += gradient * gradient
        moved = weights[where] - rate * gradient / np.sqrt(squares[where])
        weights[where] = np.clip(moved, -MAX_WEIGHT, MAX_WEIGHT)


@dataclass(frozen=True, slots=True)
class Learning:
    """How to step: the learning rate, and what each row's error counts (its sign included)."""

    rate: float
    scale: np.ndarray


def gather(ranges: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items of some rows of a table of ranges: the number of the row in ``rows``, and the item."""
    start = ranges[rows]
    length = ranges[rows + 1] - start
    owner = np.repeat(np.arange(len(rows)), length)
    offset = np.cumsum(length) - length
    return owner, np.arange(len(owner)) + (start - offset)[owner]


def segment_max(values: np.ndarray, offset: np.ndarray, count: int) -> np.ndarray:
    """Largest value of each run that begins at ``offset``; 0 for an empty run."""
    top = np.zeros(count, values.dtype)
    length = np.diff(offset, append=len(values))
    filled = np.flatnonzero(length)
    if len(filled):
        top[filled] = np.maximum.reduceat(values, offset[filled])
    return top
