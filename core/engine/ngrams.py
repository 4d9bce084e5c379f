"""N-gram tries as sorted numpy arrays, and the token stream they are counted in.

A node of level k stands for k tokens in a row. Level 1 has no array: its node numbers are the
token ids. A node of a higher level is the position of its key in the level's sorted ``keys``,
where key = (node of the first k-1 tokens) << 18 | last token. So the children of a node are
neighbours, and finding one is a binary search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Token ids 0..199997 are o200k_base; two more mark where a text starts and ends.
VOCABULARY = 200_000
START = 199_998
END = 199_999
ORDER = 4
TOKEN_BITS = 18
TOKEN_MASK = (1 << TOKEN_BITS) - 1


@dataclass(frozen=True, slots=True)
class Stream:
    """Texts as one row of token ids, each text between START and END.

    ``place`` is the distance from the START of the same text, so START itself has place 0.
    """

    tokens: np.ndarray  # int64
    place: np.ndarray  # int64

    @property
    def predicted(self) -> np.ndarray:
        """Where a token is predicted: everywhere but at START."""
        return np.flatnonzero(self.place > 0)


@dataclass(frozen=True, slots=True)
class Counts:
    """N-grams of levels 2 to ORDER seen in a stream; list position 0 is level 2.

    ``suffix`` gives the node, one level below, of the same n-gram without its first token.
    ``from_start`` says whether the n-gram begins with START.
    """

    keys: list[np.ndarray]
    counts: list[np.ndarray]
    suffix: list[np.ndarray]
    from_start: list[np.ndarray]


def make_stream(texts: Sequence[Sequence[int]]) -> Stream:
    """Lay texts, given as token ids, in one stream."""
    lengths = np.fromiter((len(text) + 2 for text in texts), np.int64, len(texts))
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])) if len(texts) else lengths
    tokens = np.empty(int(lengths.sum()), np.int64)
    for start, length, text in zip(starts, lengths, texts, strict=True):
        tokens[start] = START
        tokens[start + 1 : start + length - 1] = text
        tokens[start + length - 1] = END
    place = np.arange(len(tokens)) - np.repeat(starts, lengths)
    return Stream(tokens, place)


def make_keys(context: np.ndarray, token: np.ndarray) -> np.ndarray:
    """Keys of the nodes that add ``token`` to the nodes ``context`` of the level below."""
    return (context.astype(np.int64) << TOKEN_BITS) | token


def count_ngrams(stream: Stream) -> Counts:
    """Count the n-grams of levels 2 to ORDER that lie within one text."""
    found = Counts([], [], [], [])
    node, starts = stream.tokens, stream.tokens == START
    for level in range(2, ORDER + 1):
        where = np.flatnonzero(stream.place >= level - 1)
        keys = make_keys(node[where - 1], stream.tokens[where])
        keys, first, inverse, counts = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        found.keys.append(keys)
        found.counts.append(counts)
        found.suffix.append(node[where[first]])
        found.from_start.append(starts[where[first] - 1])
        next_node = np.full(len(stream.tokens), -1)
        next_node[where] = inverse
        next_starts = np.zeros(len(stream.tokens), bool)
        next_starts[where] = starts[where - 1]
        node, starts = next_node, next_starts
    return found


def complete_counts(keys: list[np.ndarray], counts: list[np.ndarray]) -> Counts:
    """Counts from keys and numbers alone: suffixes and starts follow from the keys."""
    found = Counts(keys, counts, [], [])
    for depth, level in enumerate(keys):
        context, token = level >> TOKEN_BITS, level & TOKEN_MASK
        if depth:
            found.suffix.append(find(keys[depth - 1], found.suffix[-1][context], token))
            found.from_start.append(found.from_start[-1][context])
        else:
            found.suffix.append(token)
            found.from_start.append(context == START)
    return found


def merge_counts(first: Counts, second: Counts) -> tuple[Counts, list[np.ndarray]]:
    """The n-grams of both, their numbers added; and where those of ``first`` are in the sum."""
    keys: list[np.ndarray] = []
    counts: list[np.ndarray] = []
    places: list[np.ndarray] = []
    first_below = second_below = np.arange(VOCABULARY)
    for depth in range(len(first.keys)):
        mapped = [
            make_keys(below[level >> TOKEN_BITS], level & TOKEN_MASK)
            for below, level in (
                (first_below, first.keys[depth]),
                (second_below, second.keys[depth]),
            )
        ]
        keys.append(np.union1d(*mapped))
        first_below, second_below = (np.searchsorted(keys[-1], part) for part in mapped)
        total = np.zeros(len(keys[-1]), np.int64)
        total[first_below] += first.counts[depth]
        total[second_below] += second.counts[depth]
        counts.append(total)
        places.append(first_below)
    return complete_counts(keys, counts), places


def only_counted(counts: Counts) -> Counts:
    """Without the n-grams whose number is 0. What is left must be closed under prefixes."""
    keys: list[np.ndarray] = []
    kept_below: np.ndarray | None = None
    kept_counts = []
    for level, number in zip(counts.keys, counts.counts, strict=True):
        kept = np.flatnonzero(number)
        context, token = level[kept] >> TOKEN_BITS, level[kept] & TOKEN_MASK
        if kept_below is not None:
            context = np.searchsorted(kept_below, context)
        keys.append(make_keys(context, token))
        kept_counts.append(number[kept])
        kept_below = kept
    return complete_counts(keys, kept_counts)


def no_counts() -> Counts:
    """The counts of no text."""
    empty = [np.zeros(0, np.int64) for _ in range(2, ORDER + 1)]
    return complete_counts(empty, list(empty))


def find(keys: np.ndarray, context: np.ndarray, token: np.ndarray) -> np.ndarray:
    """Node of each (context, token) in a level's keys, or -1. A context of -1 finds nothing."""
    if not len(keys):
        return np.full(len(token), -1)
    wanted = make_keys(np.maximum(context, 0), token)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((keys[at] == wanted) & (context >= 0), at, -1)


def walk(keys: Sequence[np.ndarray], stream: Stream) -> list[np.ndarray]:
    """The node that ends at every place of the stream, per level from 1 to ORDER - 1; -1: none."""
    nodes = [stream.tokens]
    for level in range(2, ORDER):
        context = np.full(len(stream.tokens), -1)
        where = np.flatnonzero(stream.place >= level - 1)
        context[where] = nodes[-1][where - 1]
        nodes.append(find(keys[level - 2], context, stream.tokens))
    return nodes


def contexts_of(keys: Sequence[np.ndarray], history: Sequence[int]) -> list[int]:
    """The nodes that end a history, per level from 1 to ORDER - 1; -1: none.

    Args:
        history: token ids from START on; only the last ORDER - 1 count.
    """
    recent = list(history[1 - ORDER :])
    nodes = [recent[-1]]
    for level in range(2, ORDER):
        if len(recent) < level:
            nodes.append(-1)
            continue
        node = recent[-level]
        for depth, token in enumerate(recent[len(recent) - level + 1 :]):
            key = node << TOKEN_BITS | token
            at = int(np.searchsorted(keys[depth], key))
            if at == len(keys[depth]) or keys[depth][at] != key:
                node = -1
                break
            node = at
        nodes.append(node)
    return nodes


def child_ranges(keys: np.ndarray, contexts: int) -> np.ndarray:
    """Where the children of each of ``contexts`` nodes begin: int64 of length contexts + 1."""
    return np.searchsorted(keys, np.arange(contexts + 1, dtype=np.int64) << TOKEN_BITS)
