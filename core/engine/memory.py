"""The memory: the person's own n-gram counts, smoothed, mixed into what the adapter says.

    P(w) = (1 - share) P_adapter(w) + share P_memory(w)

with one share for each number of past tokens that the memory knows (0 to 3). The adapter
generalises, the memory recites; together they predict unseen text better than either. Training
stays honest because an example is never predicted from a memory that holds it: in the first
epoch the memory holds what came before, later everything but the example's own fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.engine.adapter import Adapter, Forward
from core.engine.features import Located
from core.engine.language_model import LanguageModel
from core.engine.ngrams import ORDER, TOKEN_BITS, TOKEN_MASK, Stream, walk
from core.engine.ranking import is_best

BUCKETS = ORDER
#: The memory's likeliest tokens that are compared one by one to find the likeliest of the mix.
TOP = 4
#: Before anything is known, this many tokens' worth of belief in the share of FIRST_SHARE.
PRIOR_STRENGTH = 5.0
FIRST_SHARE = 0.4
#: How much belief in the shares from training is carried into fitting them on validation text.
CARRIED_STRENGTH = 20.0


@dataclass(frozen=True, slots=True)
class Recall:
    """What a memory says at a list of positions."""

    probability: np.ndarray  # float32: of the target
    bucket: np.ndarray  # int8: how many past tokens it knows
    top_token: np.ndarray  # int32, TOP columns: its likeliest tokens
    top: np.ndarray  # float32, TOP columns: their probabilities


def empty_recall(count: int) -> Recall:
    """The recall of a memory that holds nothing."""
    return Recall(
        np.zeros(count, np.float32),
        np.zeros(count, np.int8),
        np.zeros((count, TOP), np.int32),
        np.zeros((count, TOP), np.float32),
    )


def recall(memory: LanguageModel, stream: Stream) -> Recall:
    """Ask a memory about every predicted token of a stream."""
    where = stream.predicted
    nodes = walk(memory.keys, stream)
    contexts = [node[where - 1] for node in nodes]
    bucket = np.zeros(len(where), np.int8)
    best = np.argpartition(memory.unigram, -TOP)[-TOP:]
    tokens = np.broadcast_to(best, (len(where), TOP))
    values = np.broadcast_to(memory.unigram[best], (len(where), TOP))
    for depth, (level, context) in enumerate(zip(memory.levels, contexts, strict=True)):
        known = context >= 0
        gamma = np.where(known, level.gamma[context], 1).astype(np.float32)
        bucket = np.where(gamma < 1, np.int8(depth + 1), bucket)
        own_tokens, own_values = _best_children(level.keys, level.probability, context)
        tokens = np.hstack((own_tokens, tokens))
        values = np.hstack((own_values, values * gamma[:, None]))
        kept = np.argpartition(values, -TOP, axis=1)[:, -TOP:]
        tokens = np.take_along_axis(tokens, kept, axis=1)
        values = np.take_along_axis(values, kept, axis=1)
    return Recall(
        np.exp(memory.log_probabilities(stream)).astype(np.float32),
        bucket,
        tokens.astype(np.int32),
        values.astype(np.float32),
    )


def _best_children(
    keys: np.ndarray, probability: np.ndarray, contexts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The TOP likeliest last tokens of each context, and their probabilities (0: fewer)."""
    if not len(keys):
        return np.zeros((len(contexts), TOP), np.int64), np.zeros((len(contexts), TOP), np.float32)
    order = np.lexsort((-probability, keys >> TOKEN_BITS))
    asked, row = np.unique(contexts, return_inverse=True)
    lowest = np.maximum(asked, 0) << TOKEN_BITS
    first, last = np.searchsorted(keys, (lowest, lowest + TOKEN_MASK + 1))
    place = first[:, None] + np.arange(TOP)
    real = (place < last[:, None]) & (asked >= 0)[:, None]
    node = order[np.minimum(place, len(keys) - 1)]
    return (keys[node] & TOKEN_MASK)[row], np.where(real, probability[node], 0)[row]


def known_length(memory: LanguageModel, contexts: list[int]) -> int:
    """The bucket of a context (see ``ngrams.contexts_of``): how many past tokens are known."""
    bucket = 0
    for depth, (level, context) in enumerate(zip(memory.levels, contexts, strict=True)):
        if context >= 0 and level.gamma[context] < 1:
            bucket = depth + 1
    return bucket


def fit_shares(
    adapter: np.ndarray,
    memory: np.ndarray,
    bucket: np.ndarray,
    prior: np.ndarray,
    strength: float,
) -> np.ndarray:
    """The memory's share per bucket that explains a text best, by expectation maximisation.

    Args:
        adapter, memory: P(token) by each of the two.
        prior, strength: the shares believed in before, and how many tokens' worth.
    """
    shares = prior.astype(np.float64)
    counts = np.bincount(bucket, minlength=BUCKETS) + strength
    for _ in range(30):
        mine = shares[bucket] * memory
        weight = mine / (mine + (1 - shares[bucket]) * adapter + 1e-30)
        shares = (np.bincount(bucket, weight, BUCKETS) + strength * prior) / counts
    return shares


def mix(done: Forward, recalled: Recall, shares: np.ndarray) -> np.ndarray:
    """P(target) per row of a forward pass, memory included. ``recalled`` has the same rows."""
    share = shares[recalled.bucket]
    return (1 - share) * done.probability + share * recalled.probability


def likeliest(
    adapter: Adapter, done: Forward, recalled: Recall, shares: np.ndarray, located: Located
) -> np.ndarray:
    """Whether each row's target is the likeliest token of the mix.

    The memory's likeliest tokens are compared exactly, and all tokens by what the adapter says
    alone; a token that only the sum of two middling opinions would put first is not looked for.

    Args:
        located: the memory's likeliest tokens, row by row, TOP each.
    """
    share = shares[recalled.bucket]
    mixed = mix(done, recalled, shares)
    rows = np.repeat(np.arange(len(done.rows)), TOP)
    factor, _ = done.factors(rows, located.level, located.entry)
    adapted = (located.probability * factor).reshape(-1, TOP) / done.normaliser[:, None]
    rivals = (1 - share)[:, None] * adapted + share[:, None] * recalled.top
    rivals[recalled.top == 0] = 0
    first = mixed * 1.000001 >= rivals.max(axis=1)
    needed = mixed * done.normaliser / np.maximum(1 - share, 1e-9)
    return first & is_best(adapter, done, needed)
