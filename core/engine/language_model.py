"""Interpolated modified Kneser-Ney over tokens: the frozen base, and any other count model.

Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling" (1998),
with the interpolated form of their modified Kneser-Ney; n-grams that begin a text use their
plain counts at every order, as KenLM does. Below the unigrams lies a Zipf law over the ranks of
o200k_base, 1 / (rank + 50): ranks follow frequency, so an unseen word is not equally unlikely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.engine.ngrams import (
    END,
    ORDER,
    START,
    TOKEN_BITS,
    TOKEN_MASK,
    VOCABULARY,
    Counts,
    Stream,
    contexts_of,
    count_ngrams,
    find,
    walk,
)


@dataclass(frozen=True, slots=True)
class Level:
    """The n-grams of one level; all arrays but ``gamma`` have one item a node.

    ``probability`` is P(last token | the tokens before), interpolated down to the bottom.
    ``gamma`` has one item a node of the level below: the share of probability that this context
    leaves to the shorter one (1 where the context was never seen).
    """

    keys: np.ndarray  # int64, sorted
    suffix: np.ndarray  # int32, node of the level below
    probability: np.ndarray  # float32
    gamma: np.ndarray  # float32

    @property
    def token(self) -> np.ndarray:
        return self.keys & TOKEN_MASK

    def part(self, context: int) -> slice:
        """Where the nodes that follow a context are."""
        lowest = context << TOKEN_BITS
        first, last = np.searchsorted(self.keys, (lowest, lowest + TOKEN_MASK + 1))
        return slice(int(first), int(last))

    def children(self, context: int) -> np.ndarray:
        """Tokens seen after a context."""
        return self.keys[self.part(context)] & TOKEN_MASK


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A smoothed n-gram model; ``levels[0]`` holds the bigrams."""

    unigram: np.ndarray  # float32, VOCABULARY items, sums to 1
    levels: tuple[Level, ...]

    @property
    def keys(self) -> list[np.ndarray]:
        return [level.keys for level in self.levels]

    def next_weights(self, history: list[int]) -> np.ndarray:
        """P(token | history) for every token: float32, VOCABULARY items.

        Args:
            history: token ids, START first.
        """
        return interpolate(self.unigram, self.levels, history)

    def log_probabilities(self, stream: Stream) -> np.ndarray:
        """ln P of every predicted token of the stream: float64, in ``stream.predicted`` order."""
        where = stream.predicted
        nodes = walk(self.keys, stream)
        tokens = stream.tokens[where]
        probability = self.unigram[tokens].astype(np.float64)
        for level, node in zip(self.levels, nodes, strict=True):
            if not len(level.keys):
                break
            context = node[where - 1]
            probability *= np.where(context >= 0, level.gamma[context], 1)
            entry = find(level.keys, context, tokens)
            probability = np.where(entry >= 0, level.probability[entry], probability)
        return np.log(probability)


def interpolate(unigram: np.ndarray, levels: tuple[Level, ...], history: list[int]) -> np.ndarray:
    """The dense next-token distribution of an n-gram model after a history."""
    contexts = contexts_of([level.keys for level in levels], history)
    scales = [
        float(level.gamma[context]) if context >= 0 else 1.0
        for level, context in zip(levels, contexts, strict=True)
    ]
    weights = unigram * np.float32(np.prod(scales))
    for depth, (level, context) in enumerate(zip(levels, contexts, strict=True)):
        if context < 0:
            continue
        rest = np.float32(np.prod(scales[depth + 1 :]))
        weights[level.children(context)] = level.probability[level.part(context)] * rest
    return weights


def bottom_distribution() -> np.ndarray:
    """The Zipf law under the unigrams: float64, VOCABULARY items; START is never predicted."""
    weights = 1 / (np.arange(VOCABULARY) + 50)
    weights[END] = weights[0]
    weights[START] = 0
    return weights / weights.sum()


def build_language_model(stream: Stream) -> LanguageModel:
    """Count a stream and smooth the counts. An empty stream gives the bottom distribution."""
    return smooth(count_ngrams(stream))


def smooth(counts: Counts) -> LanguageModel:
    """A language model from counts."""
    unigram_counts = np.bincount(counts.keys[0] & TOKEN_MASK, minlength=VOCABULARY)
    unigram = bottom_distribution()
    if len(counts.keys[0]):
        discount = discount_counts(unigram_counts)
        total = unigram_counts.sum()
        unigram = (unigram_counts - discount + discount.sum() * unigram) / total

    levels = []
    lower, contexts = unigram, VOCABULARY
    for depth, keys in enumerate(counts.keys):
        adjusted = counts.counts[depth]
        if depth + 2 < ORDER:
            followed = np.bincount(counts.suffix[depth + 1], minlength=len(keys))
            adjusted = np.where(counts.from_start[depth], adjusted, followed)
        discount = discount_counts(adjusted)
        context = keys >> TOKEN_BITS
        total = np.bincount(context, weights=adjusted, minlength=contexts)
        removed = np.bincount(context, weights=discount, minlength=contexts)
        gamma = np.divide(removed, total, out=np.ones(contexts), where=total > 0)
        suffix = counts.suffix[depth]
        probability = (adjusted - discount) / np.maximum(total[context], 1)
        probability += gamma[context] * lower[suffix]
        levels.append(
            Level(
                keys,
                suffix.astype(np.int32),
                probability.astype(np.float32),
                gamma.astype(np.float32),
            )
        )
        lower, contexts = probability, len(keys)
    return LanguageModel(unigram.astype(np.float32), tuple(levels))


def discount_counts(counts: np.ndarray) -> np.ndarray:
    """What modified Kneser-Ney takes off each count: D1, D2 or D3 by the count, 0 off 0.

    Formulas from the counts of counts n1..n4 (Chen and Goodman, section 4.1.6 of the 1998
    report); where there is too little text for one of them, 0.75.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6).astype(np.float64)
    discounts = np.array([0, 0.75, 0.75, 0.75])
    if n[1] and n[2]:
        share = n[1] / (n[1] + 2 * n[2])
        for k in (1, 2, 3):
            if n[k] and n[k + 1]:
                discounts[k] = np.clip(k - (k + 1) * share * n[k + 1] / n[k], 0.1, k - 0.05)
    return discounts[np.minimum(counts, 3)]
