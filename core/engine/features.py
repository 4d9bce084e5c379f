"""What the adapter can see: the person's n-grams laid over the base, and words to copy.

The base and the person's n-grams share one trie, so that every probability the base gives and
every weight the adapter learns can be found by the same node numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.language_model import LanguageModel, Level
from core.engine.ngrams import (
    TOKEN_BITS,
    TOKEN_MASK,
    VOCABULARY,
    Counts,
    child_ranges,
    find,
    make_keys,
    make_stream,
    walk,
)
from core.engine.prompts import Exchange, list_copies

#: An n-gram of level 2, 3, 4 counts as the person's when it was written at least this often. What
#: was written once with three words before it is a quotation, and would only be recited.
MIN_COUNTS = (1, 1, 2)

#: More n-grams than this are not learnt: the rarest of the longest give way.
MAX_FEATURES = 400_000
MOST_RAISED = 10


@dataclass(frozen=True, slots=True)
class Person:
    """The n-grams of a person's texts: token ids and trie, closed under prefix and suffix."""

    vocabulary: np.ndarray  # int64, sorted token ids
    keys: list[np.ndarray]
    suffix: list[np.ndarray]


def choose_minimum(counts: Counts) -> tuple[int, ...]:
    """How often an n-gram of each level must occur to get a weight.

    MIN_COUNTS, raised from the longest n-grams down until at most MAX_FEATURES are left.
    """
    minimum = list(MIN_COUNTS)
    for depth in range(len(minimum) - 1, 0, -1):
        while _feature_count(counts, minimum) > MAX_FEATURES and minimum[depth] < MOST_RAISED:
            minimum[depth] += 1
            minimum[depth + 1 :] = [max(m, minimum[depth]) for m in minimum[depth + 1 :]]
    return tuple(minimum)


def _feature_count(counts: Counts, minimum: Sequence[int]) -> int:
    return sum(
        int(np.count_nonzero(level >= least))
        for level, least in zip(counts.counts, minimum, strict=True)
    )


def prune(counts: Counts, minimum: Sequence[int]) -> Person:
    """Leave out the n-grams seen less often than the minimum of their level.

    The minimum never falls from level to level, so what is kept stays closed: an n-gram is
    never seen more often than its prefix or suffix.
    """
    vocabulary = np.unique(counts.keys[0] & TOKEN_MASK)
    keys, suffixes = [], []
    kept_below: np.ndarray | None = None
    for depth, level_keys in enumerate(counts.keys):
        kept = np.flatnonzero(counts.counts[depth] >= minimum[depth])
        context, token = level_keys[kept] >> TOKEN_BITS, level_keys[kept] & TOKEN_MASK
        suffix = counts.suffix[depth][kept]
        if kept_below is not None:
            context = np.searchsorted(kept_below, context)
            suffix = np.searchsorted(kept_below, suffix)
        keys.append(make_keys(context, token))
        suffixes.append(suffix)
        kept_below = kept
    return Person(vocabulary, keys, suffixes)


@dataclass(frozen=True, slots=True)
class Joint:
    """Base and person in one trie; ``person[depth]`` are the person's nodes in ``levels[depth]``."""

    unigram: np.ndarray
    levels: tuple[Level, ...]
    person: list[np.ndarray]


def join(base: LanguageModel, person: Person) -> Joint:
    """Lay the person's n-grams over the base; those it never saw get what it backs off to."""
    levels: list[Level] = []
    person_nodes: list[np.ndarray] = []
    base_below = person_below = np.arange(VOCABULARY)
    lower, contexts = base.unigram, VOCABULARY
    for depth, level in enumerate(base.levels):
        base_keys, own_keys = level.keys, person.keys[depth]
        if depth:
            base_keys = make_keys(base_below[base_keys >> TOKEN_BITS], base_keys & TOKEN_MASK)
            own_keys = make_keys(person_below[own_keys >> TOKEN_BITS], own_keys & TOKEN_MASK)
        keys = np.union1d(base_keys, own_keys)
        base_nodes, own_nodes = np.searchsorted(keys, base_keys), np.searchsorted(keys, own_keys)
        gamma = np.ones(contexts, np.float32)
        gamma[base_below] = level.gamma
        suffix = np.empty(len(keys), np.int32)
        suffix[own_nodes] = person_below[person.suffix[depth]]
        suffix[base_nodes] = base_below[level.suffix]
        probability = gamma[keys >> TOKEN_BITS] * lower[suffix]
        probability[base_nodes] = level.probability
        levels.append(Level(keys, suffix, probability, gamma))
        person_nodes.append(own_nodes)
        base_below, person_below = base_nodes, own_nodes
        lower, contexts = probability, len(keys)
    return Joint(base.unigram, tuple(levels), person_nodes)


@dataclass(frozen=True, slots=True)
class Entries:
    """The nodes of one level whose last token the person uses: where a weight has an effect.

    All arrays but ``ranges`` have one item an entry. ``parent`` is the entry of the level below
    (for bigrams: the token's place in the vocabulary) with the same last token. ``backed`` is
    the probability that the level below alone would give, ``learnt`` whether the n-gram is the
    person's and so has a weight.
    """

    node: np.ndarray
    parent: np.ndarray
    probability: np.ndarray
    backed: np.ndarray
    learnt: np.ndarray
    ranges: np.ndarray  # where the entries of each context begin
    gamma: np.ndarray  # per context
    of_node: np.ndarray  # entry of each node, or -1
    best_other: np.ndarray  # per context: best probability of a token outside the vocabulary


def _list_entries(joint: Joint, place: np.ndarray) -> list[Entries]:
    """The entries of every level from 2 on."""
    lower, below = joint.unigram, place
    listed, contexts = [], VOCABULARY
    for depth, level in enumerate(joint.levels):
        used = place[level.token] >= 0
        node = np.flatnonzero(used)
        until = np.concatenate(([0], np.cumsum(used)))
        learnt = np.zeros(len(level.keys), bool)
        learnt[joint.person[depth]] = True
        of_node = np.where(used, until[:-1], -1).astype(np.int32)
        context, suffix = level.keys >> TOKEN_BITS, level.suffix
        best_other = np.zeros(contexts, np.float32)
        np.maximum.at(best_other, context[~used], level.probability[~used])
        listed.append(
            Entries(
                node=node.astype(np.int32),
                parent=below[suffix[node]].astype(np.int32),
                probability=level.probability[node],
                backed=level.gamma[context[node]] * lower[suffix[node]],
                learnt=learnt[node],
                ranges=until[child_ranges(level.keys, contexts)],
                gamma=level.gamma,
                of_node=of_node,
                best_other=best_other,
            )
        )
        lower, below, contexts = level.probability, of_node, len(level.keys)
    return listed


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that stays the same while an adapter learns."""

    base: LanguageModel
    joint: Joint
    entries: list[Entries]
    vocabulary: np.ndarray
    place: np.ndarray  # of each token in the vocabulary, or -1
    ignored: np.ndarray  # prompt tokens that are never copied


def make_tables(base: LanguageModel, person: Person, ignored: np.ndarray) -> Tables:
    """Lay a person's n-grams over a base."""
    joint = join(base, person)
    place = np.full(VOCABULARY, -1)
    place[person.vocabulary] = np.arange(len(person.vocabulary))
    return Tables(base, joint, _list_entries(joint, place), person.vocabulary, place, ignored)


@dataclass(frozen=True, slots=True)
class Located:
    """Where (context, token) pairs stand: base probability, and the deepest entry.

    ``level`` 0: the token has no weight at all; 1: ``entry`` is its place in the vocabulary.
    """

    probability: np.ndarray  # float32
    level: np.ndarray  # int8
    entry: np.ndarray  # int32


def locate(tables: Tables, contexts: Sequence[np.ndarray], tokens: np.ndarray) -> Located:
    """Find tokens after contexts (one node per level below ORDER; -1 where there is none)."""
    probability = tables.joint.unigram[tokens]
    entry = tables.place[tokens]
    deepest = (entry >= 0).astype(np.int8)
    for depth, (level, context) in enumerate(zip(tables.joint.levels, contexts, strict=True)):
        if not len(level.keys):
            break
        probability = probability * np.where(context >= 0, level.gamma[context], np.float32(1))
        node = find(level.keys, context, tokens)
        probability = np.where(node >= 0, level.probability[node], probability)
        weighed = np.where(node >= 0, tables.entries[depth].of_node[node], -1)
        entry = np.where(weighed >= 0, weighed, entry)
        deepest = np.where(weighed >= 0, np.int8(depth + 2), deepest)
    return Located(probability.astype(np.float32), deepest, entry.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Positions:
    """Every token to predict in a list of exchanges, ready for the adapter.

    ``copies`` and the arrays that start with ``copy_`` list, position by position, the prompt
    tokens that the answer has not used yet: ``copy_ranges`` says where a position's begin.
    """

    contexts: list[np.ndarray]
    target: Located
    target_class: np.ndarray  # int8: copy class of the target while it is copyable, else -1
    best_other: np.ndarray  # float32: best base probability among tokens without weights
    copy_ranges: np.ndarray
    copies: Located
    copy_class: np.ndarray
    answer_ranges: np.ndarray  # where the positions of each exchange begin

    def __len__(self) -> int:
        return len(self.target_class)


def make_positions(tables: Tables, exchanges: Sequence[Exchange]) -> Positions:
    """Look up everything about the exchanges that no training step changes."""
    joint, vocabulary = tables.joint, tables.vocabulary
    stream = make_stream([exchange.answer for exchange in exchanges])
    where = stream.predicted
    nodes = walk([level.keys for level in joint.levels], stream)
    contexts = [node[where - 1].astype(np.int32) for node in nodes]
    tokens = stream.tokens[where]
    target = locate(tables, contexts, tokens)

    outside = np.ones(VOCABULARY, bool)
    outside[vocabulary] = False
    best_other = np.full(len(where), joint.unigram[outside].max(), np.float32)
    for level, context in zip(tables.entries, contexts, strict=True):
        known = context >= 0
        best_other = np.where(
            known,
            np.maximum(best_other * level.gamma[context], level.best_other[context]),
            best_other,
        )

    lengths = np.fromiter((len(e.answer) + 1 for e in exchanges), np.int64, len(exchanges))
    answer_ranges = np.concatenate(([0], np.cumsum(lengths)))
    owner, word, copy_class, target_class = list_copies(
        tables.base, exchanges, answer_ranges, tables.ignored, tokens
    )
    copies = locate(tables, [c[owner] for c in contexts], word)
    return Positions(
        contexts,
        target,
        target_class,
        best_other,
        np.searchsorted(owner, np.arange(len(where) + 1)),
        copies,
        copy_class,
        answer_ranges,
    )
