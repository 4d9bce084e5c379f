"""Whether a token is the likeliest of all, found without laying out all of them."""

from __future__ import annotations

import numpy as np

from core.engine.adapter import Adapter, Forward, gather

#: Float32 sums of the same numbers in another order may differ by this much.
ROUNDING = 1.000001


def is_best(adapter: Adapter, done: Forward, weight: np.ndarray) -> np.ndarray:
    """Whether no token of a row weighs more than ``weight`` (on the scale of P0 e^s, per row).

    Level by level the best entry of each context is known; one of a shorter context may be out
    of date where a longer context has the same token with a lower weight. Only where that could
    matter are the row's entries laid out and compared one by one.
    """
    count = len(done.rows)
    best = np.full(count, (adapter.unigram * done.word_factor).max(initial=0))
    own = np.zeros(count)
    for depth, one in enumerate(done.passes):
        level = adapter.entries[depth]
        value = level.probability[one.entry] * one.factor
        top = segment_max(value, one.offset, len(one.contexts))[one.row_context]
        scaled = best[one.rows] * level.gamma[one.contexts][one.row_context]
        best[one.rows] = np.maximum(scaled, top)
        own[one.rows] = top

    rival = done.positions.best_other[done.rows].astype(np.float64)
    boosted = done.copy_mass * done.bonus[done.positions.copy_class[done.copied]]
    np.maximum.at(rival, done.copy_row, boosted)

    slack = weight * ROUNDING
    found = slack >= np.maximum(best, rival)
    unclear = ~found & (slack >= np.maximum(own, rival))
    rows = np.flatnonzero(unclear)
    if len(rows):
        found[rows] = slack[rows] >= _lay_out(adapter, done, rows).max(axis=1, initial=0)
    return found


def _lay_out(adapter: Adapter, done: Forward, rows: np.ndarray) -> np.ndarray:
    """The weight of every token of the vocabulary in some rows, without copy bonuses."""
    values = np.tile(adapter.unigram * done.word_factor, (len(rows), 1))
    places = np.arange(values.shape[1])  # in the vocabulary, of each entry of the level below
    for depth, one in enumerate(done.passes):
        level, places = adapter.entries[depth], places[one.parent]
        deep = np.flatnonzero(done.depth[rows] >= depth)
        number = done.row_context[depth][rows[deep]]
        values[deep] *= level.gamma[one.contexts[number]][:, None]
        ends = np.append(one.offset, len(one.entry))
        owner, item = gather(ends, number)
        weights = level.probability[one.entry[item]] * one.factor[item]
        values[deep[owner], places[item]] = weights
    return values


def segment_max(values: np.ndarray, offset: np.ndarray, count: int) -> np.ndarray:
    """Largest value of each run that begins at ``offset``; 0 for an empty run."""
    top = np.zeros(count, values.dtype)
    length = np.diff(offset, append=len(values))
    filled = np.flatnonzero(length)
    if len(filled):
        top[filled] = np.maximum.reduceat(values, offset[filled])
    return top
