"""What the adapter can see: the person's n-grams laid over the base, and words to copy.

The base and the person's n-grams share one trie, so that every probability the base gives and
every weight the adapter learns can be found by the same node numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.language_model import LanguageModel, Level
from core.engine.ngrams import (
    END,
    TOKEN_BITS,
    TOKEN_MASK,
    VOCABULARY,
    Counts,
    Stream,
    child_ranges,
    count_ngrams,
    find,
    make_keys,
    walk,
)
from core.tokens import encode

#: An n-gram of this level counts as the person's when it was written at least this often. What
#: was written once with three words before it is a quotation, and would only be recited.
MIN_COUNTS = {2: 1, 3: 1, 4: 2}

#: More n-grams than this are not learnt: the rarest of the longest give way.
MAX_FEATURES = 400_000

#: At most this many different tokens of a prompt can be copied, the rarest first.
MAX_COPIED = 48

#: Bounds, in -ln P(token) of the base, between the classes of the copy weights: rare to common.
RARITY_BOUNDS = (13.0, 10.5, 8.0)
COPY_CLASSES = len(RARITY_BOUNDS) + 1

WORD = re.compile(r"\w[\w'’-]*")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer to learn or to score: the prompt's words to copy, and the answer's tokens."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """The n-grams of a person's texts: token ids and trie, closed under prefix and suffix."""

    vocabulary: np.ndarray  # int64, sorted token ids
    keys: list[np.ndarray]
    suffix: list[np.ndarray]


def copyable_tokens(prompt: str) -> tuple[int, ...]:
    """Tokens of a prompt that an answer may repeat, in every spelling with one token a word.

    A word at the start of a text, after a space, in lower case and capitalised are different
    tokens, and an answer needs whichever fits.
    """
    tokens: dict[int, None] = {}
    for match in WORD.finditer(prompt):
        word = match.group()
        for spelling in {word, word.lower(), word.capitalize()}:
            for form in (" " + spelling, spelling):
                pieces = encode(form)
                if len(pieces) == 1 or spelling == word:
                    tokens.update(dict.fromkeys(pieces))
    return tuple(tokens)


def rarity_classes(base: LanguageModel, tokens: np.ndarray) -> np.ndarray:
    """Copy-weight class of each token by how surprising the base finds it: 0 is the rarest."""
    surprise = -np.log(np.maximum(base.unigram[tokens], 1e-12))
    return np.searchsorted(-np.array(RARITY_BOUNDS), -surprise)


def choose_copied(base: LanguageModel, tokens: Sequence[int]) -> np.ndarray:
    """The at most MAX_COPIED rarest of the prompt's tokens, in ascending order: int64."""
    found = np.unique(np.asarray(tokens, np.int64))
    if len(found) > MAX_COPIED:
        found = np.sort(found[np.argsort(base.unigram[found], kind="stable")[:MAX_COPIED]])
    return found


def learn_ngrams(stream: Stream) -> Person:
    """The n-grams of a stream that get a weight each."""
    counts = count_ngrams(stream)
    minimum = dict(MIN_COUNTS)
    for level in (4, 3):
        while _feature_count(counts, minimum) > MAX_FEATURES and minimum[level] < 10:
            minimum[level] += 1
            minimum[4] = max(minimum[3], minimum[4])
    vocabulary = np.unique(stream.tokens[stream.predicted])
    return prune(vocabulary, counts, minimum)


def _feature_count(counts: Counts, minimum: dict[int, int]) -> int:
    return sum(int((c >= minimum[depth + 2]).sum()) for depth, c in enumerate(counts.counts))


def prune(vocabulary: np.ndarray, counts: Counts, minimum: dict[int, int]) -> Person:
    """Leave out the n-grams seen less often than the minimum of their level.

    The minimum never falls from level to level, so what is kept stays closed: an n-gram is
    never seen more often than its prefix or suffix.
    """
    keys, suffixes = [], []
    kept_below: np.ndarray | None = None
    for depth, level_keys in enumerate(counts.keys):
        kept = np.flatnonzero(counts.counts[depth] >= minimum[depth + 2])
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


def list_entries(joint: Joint, vocabulary: np.ndarray) -> list[Entries]:
    """The entries of every level from 2 on."""
    place = np.full(VOCABULARY, -1)
    place[vocabulary] = np.arange(len(vocabulary))
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
class Located:
    """Where (context, token) pairs stand: base probability, and the deepest entry.

    ``level`` 0: the token has no weight at all; 1: ``entry`` is its place in the vocabulary.
    """

    probability: np.ndarray  # float32
    level: np.ndarray  # int8
    entry: np.ndarray  # int32


def locate(
    joint: Joint,
    entries: list[Entries],
    place: np.ndarray,
    contexts: Sequence[np.ndarray],
    tokens: np.ndarray,
) -> Located:
    """Find tokens after contexts (one node per level below ORDER; -1 where there is none)."""
    probability = joint.unigram[tokens]
    entry = place[tokens]
    deepest = (entry >= 0).astype(np.int8)
    for depth, (level, context) in enumerate(zip(joint.levels, contexts, strict=True)):
        probability = probability * np.where(context >= 0, level.gamma[context], np.float32(1))
        node = find(level.keys, context, tokens)
        probability = np.where(node >= 0, level.probability[node], probability)
        weighed = np.where(node >= 0, entries[depth].of_node[node], -1)
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


def make_positions(
    base: LanguageModel,
    joint: Joint,
    entries: list[Entries],
    vocabulary: np.ndarray,
    exchanges: Sequence[Exchange],
    stream: Stream,
) -> Positions:
    """Look up everything about the exchanges that no training step changes.

    Args:
        stream: the answers, as ``make_stream`` lays them out.
    """
    place = np.full(VOCABULARY, -1)
    place[vocabulary] = np.arange(len(vocabulary))
    where = stream.predicted
    nodes = walk([level.keys for level in joint.levels], stream)
    contexts = [node[where - 1].astype(np.int32) for node in nodes]
    tokens = stream.tokens[where]
    target = locate(joint, entries, place, contexts, tokens)

    outside = np.ones(VOCABULARY, bool)
    outside[vocabulary] = False
    best_other = np.full(len(where), joint.unigram[outside].max(), np.float32)
    for level, context in zip(entries, contexts, strict=True):
        known = context >= 0
        best_other = np.where(
            known,
            np.maximum(best_other * level.gamma[context], level.best_other[context]),
            best_other,
        )

    lengths = np.fromiter((len(e.answer) + 1 for e in exchanges), np.int64, len(exchanges))
    answer_ranges = np.concatenate(([0], np.cumsum(lengths)))
    owners, copied = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    target_class = np.full(len(where), -1, np.int8)
    for number, exchange in enumerate(exchanges):
        if not exchange.prompt:
            continue
        words = choose_copied(base, exchange.prompt)
        first = answer_ranges[number]
        answer = np.append(np.asarray(exchange.answer, np.int64), END)
        seen = words[:, None] == answer[None, :]
        first_use = np.where(seen.any(axis=1), seen.argmax(axis=1), len(answer))
        word, position = np.nonzero(first_use[:, None] >= np.arange(len(answer))[None, :])
        owners.append(first + position)
        copied.append(words[word])
        used = np.flatnonzero(first_use < len(answer))
        target_class[first + first_use[used]] = rarity_classes(base, words[used])
    owner, word = np.concatenate(owners), np.concatenate(copied)
    order = np.argsort(owner, kind="stable")
    owner, word = owner[order], word[order]
    copies = locate(joint, entries, place, [c[owner] for c in contexts], word)
    return Positions(
        contexts,
        target,
        target_class,
        best_other,
        np.searchsorted(owner, np.arange(len(where) + 1)),
        copies,
        rarity_classes(base, word).astype(np.int8),
        answer_ranges,
    )
