"""Texts that are the same, or nearly: found in time that grows with the number of texts.

Normalising follows the usual recipe for messages: NFKC, lower case, without links, @names and
punctuation. Texts with fewer than 25 characters left are compared exactly only, because short
answers ("oh ok") are a voice, not a copy. Longer ones are near-duplicates when their normalised
InDel similarity (rapidfuzz ``fuzz.ratio``) is at least 88.

Comparing all pairs is quadratic. Here two texts are compared when they share one of the rarest
character runs of either, and lie close together in the alphabet among those that share it: a
bounded number of comparisons for each text, however many there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.normalise import normalised, text_bytes

#: Normalised texts shorter than this are never near-duplicates, only equal ones.
LONG_ENOUGH = 25
#: rapidfuzz ``fuzz.ratio`` from which two long texts count as the same.
SIMILAR = 88.0

#: Length of the character runs that texts are looked up by.
RUN_LENGTH = 6
#: Runs sampled per text, on average; the same run is sampled in every text of its length.
SAMPLED = 16
#: Rarest of the sampled runs that are looked up per text.
RUNS_PER_TEXT = 4
#: Neighbours compared within one run's list.
NEIGHBOURS = 5
#: Letters are counted in this many kinds, to rule pairs out before they are compared.
KINDS = 16
#: Bits in sort keys: for the number of a text (16.7 million), and for its sampled runs.
OWNER_BITS = 24
PLACE_BITS = 28
#: Bits of the number of a cell in the sketch that counts runs (4.2 million cells, 32 MB).
SKETCH_BITS = 22
#: Rank of a run that is chosen, or never will be.
ALREADY = 2**62
#: Pairs compared and characters hashed at a time, to bound the memory.
CHUNK = 500_000
BLOCK = 250_000


def same_groups(
    texts: Sequence[str], *, threshold: float = SIMILAR
) -> tuple[np.ndarray, np.ndarray]:
    """Group number of each text, and whether the text is long enough to be a near-duplicate.

    Args:
        texts: any texts.
        threshold: ``fuzz.ratio`` (0-100) from which two long texts belong together.

    Returns:
        ``group`` (int64; equal for texts that are equal after normalising or, if long, similar
        to another of the group) and ``long`` (bool).
    """
    if not len(texts):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    coded = normalised(texts).dictionary_encode()
    where = coded.indices.to_numpy().astype(np.int64)
    unique = coded.dictionary
    is_long = pc.utf8_length(unique).to_numpy() >= LONG_ENOUGH
    label = np.arange(len(unique))
    long = np.flatnonzero(is_long)
    if len(long) > 1:
        left, right = similar_pairs(unique.filter(pa.array(is_long)), threshold=threshold)
        label = join_labels(label, long[left], long[right])
    return label[where], is_long[where]


def similar_pairs(
    texts: Sequence[str] | pa.LargeStringArray, *, threshold: float = SIMILAR
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (left, right) of positions of texts with ``fuzz.ratio`` at or above ``threshold``.

    Enough pairs to connect what belongs together, not every pair of a large group.
    """
    column = texts if isinstance(texts, pa.LargeStringArray) else pa.array(texts, pa.large_string())
    left, right = _candidates(column, threshold)
    close = _close(column, left, right, threshold)
    return left[close], right[close]


def _candidates(column: pa.LargeStringArray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs worth comparing, none twice."""
    count = len(column)
    edges, letters = _one_byte_each(column)
    lengths = np.diff(edges)
    order = _alphabetical(edges, letters)
    place = np.empty(count, np.int32)
    place[order] = np.arange(count, dtype=np.int32)
    owner, value, kinds = _sampled_runs(edges, letters)
    owner, value = _rarest_shared(place[owner], value)
    lengths, kinds = lengths[order], kinds[order]
    furthest = (100 - threshold) / 100  # edits as a share of both lengths; more are too different
    found: list[np.ndarray] = [np.zeros(0, np.int64)]
    for step in range(1, NEIGHBOURS + 1):
        same = value[step:] == value[:-step]
        low, high = owner[:-step][same], owner[step:][same]
        both = lengths[low] + lengths[high]
        worth = (np.abs(lengths[low] - lengths[high]) <= furthest * both) & (low != high)
        low, high, both = low[worth], high[worth], both[worth]
        worth = _letters_apart(kinds[low], kinds[high]) <= furthest * both
        low, high = low[worth], high[worth]
        found.append(low * count + high)
    pairs = np.unique(np.concatenate(found))
    return order[pairs // count], order[pairs % count]


def _letters_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Letters that only one text of each pair has: at least as many edits lie between them.

    Args:
        one, other: letters by kind, as ``_sampled_runs`` gives them, a row per pair.

    Returns:
        The sum of differences over the 16 kinds (int64): eight bytes are added up in one word.
    """
    apart = (np.maximum(one, other) - np.minimum(one, other)).view(np.uint64)
    even = np.uint64(0x00FF00FF00FF00FF)
    pairs = (apart & even) + (apart >> np.uint64(8) & even)
    total = pairs[:, 0] + pairs[:, 1]
    return (total * np.uint64(0x0001000100010001) >> np.uint64(48)).astype(np.int64)


def _one_byte_each(column: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """Where each text begins, and one byte per character; unlike characters may share a byte."""
    edges, letters = text_bytes(column)
    if len(letters) and letters.max() >= 128:
        points = np.frombuffer(letters.tobytes().decode().encode("utf-32-le"), "<u4")
        letters = (points ^ (points >> 7)).astype(np.uint8)
        edges = np.r_[0, np.cumsum(pc.utf8_length(column).to_numpy().astype(np.int64))]
    return edges, np.r_[letters, np.zeros(2 * 8, np.uint8)]  # 16 bytes can be read at any letter


def _words_at(letters: np.ndarray) -> np.ndarray:
    """The eight bytes from each place on as one number, without a copy (uint64)."""
    return np.lib.stride_tricks.as_strided(
        letters[:8].view(np.uint64), (len(letters) - 7,), (1,), writeable=False
    )


def _alphabetical(edges: np.ndarray, letters: np.ndarray) -> np.ndarray:
    """Order of the texts by their first 16 characters."""
    words = _words_at(letters)
    first, second = (words[edges[:-1] + skip].byteswap() for skip in (0, 8))
    return np.lexsort((second, first))


def _sampled_runs(
    edges: np.ndarray, letters: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """About sixteen runs of each text, and how often each kind of letter occurs in it.

    A run is taken when its hash is below a bound that depends only on the text's length, so two
    texts of like length take the same ones of the runs they share.

    Returns:
        Text number (int32) and hash (uint64) of each run; letters by text and kind (uint8, at most 255).
    """
    count, sizes = len(edges) - 1, np.diff(edges)
    words = _words_at(letters)
    runs = np.maximum(sizes - RUN_LENGTH + 1, 1)
    bounds = (np.minimum(SAMPLED / runs, 1.0) * float(2**16)).astype(np.uint32)
    kinds = np.zeros((count, KINDS), np.uint8)
    owners: list[np.ndarray] = [np.zeros(0, np.int32)]
    values: list[np.ndarray] = [np.zeros(0, np.uint64)]
    start = 0
    while start < count:
        stop = max(int(np.searchsorted(edges, edges[start] + BLOCK, side="right")) - 1, start + 1)
        begin, end, size = int(edges[start]), int(edges[stop]), sizes[start:stop]
        text = np.repeat(np.arange(stop - start), size)
        seen = np.bincount(text * KINDS + letters[begin:end] % KINDS, minlength=len(size) * KINDS)
        kinds[start:stop] = np.minimum(seen, 255).reshape(-1, KINDS)
        hashes = words[begin:end] & np.uint64(2 ** (8 * RUN_LENGTH) - 1)
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(32)
        hashes *= np.uint64(0xD6E8FEB86659FD93)
        taken = (hashes >> np.uint64(48)).astype(np.uint32) < np.repeat(bounds[start:stop], size)
        chosen = np.flatnonzero(taken)
        owner = text[chosen] + start
        whole = chosen + (begin + RUN_LENGTH) <= edges[owner + 1]
        owners.append(owner[whole].astype(np.int32))
        values.append(hashes[chosen[whole]])
        start = stop
    return np.concatenate(owners), np.concatenate(values), kinds


def _rarest_shared(owner: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rarest runs of each text that other texts share, ordered by run and then by text.

    A run that occurs only once connects nothing, and a typing error makes six of them. How often
    each occurs is told by a count-min sketch (Cormode and Muthukrishnan 2005), never too low, so
    only the few runs that are chosen need to be sorted, as single 64-bit keys of hash and text.

    Args:
        owner: number of the text of each run; the runs of one text lie together.
        value: hash of each run (uint64).
    """
    if not len(value):
        return owner, value
    often = _about_how_often(value)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    # never the same number twice, so the least one of a text names one run
    rank = often.astype(np.int64)
    rank <<= PLACE_BITS
    rank |= np.arange(len(owner))
    rank[often == 1] = ALREADY
    chosen = np.zeros(len(owner), bool)
    for _ in range(RUNS_PER_TEXT):
        least = np.minimum.reduceat(rank, starts)
        place = least[least < ALREADY] & (2**PLACE_BITS - 1)
        chosen[place] = True
        rank[place] = ALREADY
    low_bits = np.uint64(OWNER_BITS)
    key = value[chosen] >> low_bits << low_bits | owner[chosen].astype(np.uint64)
    key.sort()
    return (key & np.uint64(2**OWNER_BITS - 1)).astype(np.int64), key >> low_bits


def _about_how_often(value: np.ndarray) -> np.ndarray:
    """How often each hash occurs, or more where it shares both of its cells (int32)."""
    bits = min(max(len(value).bit_length(), 10), SKETCH_BITS)
    often = np.full(len(value), 2**30, np.int32)
    cell = np.empty(len(value), np.uint64)
    for shift in (0, OWNER_BITS):
        np.right_shift(value, np.uint64(shift), out=cell)
        cell &= np.uint64(2**bits - 1)
        place = cell.view(np.int64)
        cells = np.bincount(place, minlength=2**bits).astype(np.int32)
        np.minimum(often, cells[place], out=often)
    return often


def _close(
    column: pa.LargeStringArray, left: np.ndarray, right: np.ndarray, threshold: float
) -> np.ndarray:
    """Which candidate pairs reach the threshold (bool)."""
    from rapidfuzz import fuzz, process  # here because a small archive may have no long text

    close = np.zeros(len(left), bool)
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        scores = process.cpdist(
            column.take(pa.array(left[part])).to_pylist(),
            column.take(pa.array(right[part])).to_pylist(),
            scorer=fuzz.ratio,
            score_cutoff=threshold,
            workers=2,
        )
        close[part] = scores >= threshold
    return close


def join_labels(label: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Give connected items one label, the smallest of theirs."""
    label = label.copy()
    while True:
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, left, low)
        np.minimum.at(label, right, low)
        label = label[label]
        if np.array_equal(label, before):
            return label
