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

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.normalise import normalised, text_bytes

#: Normalised texts shorter than this are never near-duplicates, only equal ones.
LONG_ENOUGH = 25
#: rapidfuzz ``fuzz.ratio`` from which two long texts count as the same.
SIMILAR = 88.0

#: Length of the character runs that texts are looked up by.
RUN_LENGTH = 7
#: Runs sampled per text, on average; the same run is sampled in every text of its length.
SAMPLED = 12
#: Rarest of the sampled runs that are looked up per text.
RUNS_PER_TEXT = 4
#: Neighbours compared within one run's list.
NEIGHBOURS = 5
#: Letters are counted in this many kinds, to rule pairs out before they are compared.
KINDS = 16
#: Bits of the number of a cell in each of the two tables that count runs (2.1 million cells, 8 MB).
TABLE_BITS = 21
#: Rank of a run that is chosen, or never will be.
ALREADY = 2**62
#: Characters looked at, and pairs compared, at a time: what is made for them stays in the cache.
BLOCK = 250_000
CHUNK = 500_000


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
    blocks, kinds = _sampled_runs(edges, letters)
    owner, value = _rarest_shared([(place[owner], value) for owner, value in blocks])
    del blocks
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


def _words_at(letters: np.ndarray, kind: type[np.unsignedinteger]) -> np.ndarray:
    """The bytes from each place on as one number of ``kind``, without a copy."""
    return np.lib.stride_tricks.as_strided(
        letters[:8].view(kind), (len(letters) - 7,), (1,), writeable=False
    )


def _alphabetical(edges: np.ndarray, letters: np.ndarray) -> np.ndarray:
    """Order of the texts by their first 16 characters."""
    words = _words_at(letters, np.uint64)
    first, second = (words[edges[:-1] + skip].byteswap() for skip in (0, 8))
    return np.lexsort((second, first))


#: Text number (int32) and hash (uint32) of runs; those of one text lie together.
Runs = tuple[np.ndarray, np.ndarray]


def _sampled_runs(edges: np.ndarray, letters: np.ndarray) -> tuple[list[Runs], np.ndarray]:
    """About twelve runs of each text, and how often each kind of letter occurs in it.

    A run is taken when a hash of its first seven letters is below a bound that depends only on the
    text's length, so two texts of like length take the same ones of the runs they share.

    Returns:
        The runs, a block of texts at a time; letters by text and kind (uint8, at most 255).
    """
    count, sizes = len(edges) - 1, np.diff(edges)
    words, halves = _words_at(letters, np.uint64), _words_at(letters, np.uint32)
    bounds = np.minimum(SAMPLED / np.maximum(sizes - RUN_LENGTH + 1, 1), 1.0) * (2**16 - 1)
    bounds = bounds.astype(np.uint16)
    kinds = np.zeros((count, KINDS), np.uint8)
    blocks: list[Runs] = []
    start = 0
    while start < count:
        stop = max(int(np.searchsorted(edges, edges[start] + BLOCK, side="right")) - 1, start + 1)
        begin, end, size = int(edges[start]), int(edges[stop]), sizes[start:stop]
        cell = np.repeat(np.arange(0, KINDS * len(size), KINDS), size)
        cell |= letters[begin:end] & (KINDS - 1)
        seen = np.bincount(cell, minlength=KINDS * len(size))
        kinds[start:stop] = np.minimum(seen, 255).reshape(-1, KINDS)
        lot = halves[begin:end] * np.uint32(0x9E3779B1)
        lot += halves[begin + RUN_LENGTH - 4 : end + RUN_LENGTH - 4]
        lot *= np.uint32(0x85EBCA6B)
        lot >>= np.uint32(16)
        chosen = np.flatnonzero(lot.astype(np.uint16) <= np.repeat(bounds[start:stop], size))
        owner = cell[chosen] // KINDS + start
        chosen += begin
        whole = chosen + RUN_LENGTH <= edges[owner + 1]
        hashes = words[chosen[whole]] & np.uint64(2 ** (8 * RUN_LENGTH) - 1)
        hashes *= np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(32)
        hashes *= np.uint64(0xD6E8FEB86659FD93)
        hashes >>= np.uint64(32)
        blocks.append((owner[whole].astype(np.int32), hashes.astype(np.uint32)))
        start = stop
    return blocks, kinds


def _rarest_shared(blocks: list[Runs]) -> Runs:
    """The rarest runs of each text that other texts share, ordered by run and then by text.

    A run that occurs only once connects nothing, and a typing error makes seven of them. How often
    each occurs is told by a count-min sketch (Cormode and Muthukrishnan 2005), never too low, so
    only the few runs that are chosen need to be sorted, as single 64-bit keys of hash and text.
    """
    counted = _counter([value for _, value in blocks])
    keys: list[np.ndarray] = [np.zeros(0, np.uint64)]
    for owner, value in blocks:
        often = counted(value)
        starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]][: len(owner)])
        # never the same number twice, so the least one of a text names one run
        rank = often.astype(np.int64) << 32 | np.arange(len(owner))
        rank[often == 1] = ALREADY
        chosen = np.zeros(len(owner), bool)
        for _ in range(RUNS_PER_TEXT):
            least = np.minimum.reduceat(rank, starts)
            place = least[least < ALREADY] & (2**32 - 1)
            chosen[place] = True
            rank[place] = ALREADY
        keys.append(
            value[chosen].astype(np.uint64) << np.uint64(32) | owner[chosen].astype(np.uint64)
        )
    key = np.concatenate(keys)
    key.sort()
    return (key & np.uint64(2**32 - 1)).astype(np.int64), key >> np.uint64(32)


def _counter(values: list[np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """A function that tells how often hashes (uint32) occur among ``values``, or more (int32).

    Too much is told only of a hash that shares its cell with another one in both tables.
    """
    bits = min(max(sum(map(len, values)).bit_length(), 10), TABLE_BITS)
    low, high = np.zeros(2**bits, np.int32), np.zeros(2**bits, np.int32)

    def cells(value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (value & (2**bits - 1)).astype(np.int64), (value >> (32 - bits)).astype(np.int64)

    for value in values:
        for table, cell in zip((low, high), cells(value), strict=True):
            np.add.at(table, cell, np.int32(1))

    def counted(value: np.ndarray) -> np.ndarray:
        one, other = cells(value)
        return np.minimum(low[one], high[other])

    return counted


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
