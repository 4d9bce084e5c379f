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
#: Bits in sort keys: for the number of a text (16.7 million), and for its sampled runs.
OWNER_BITS = 24
PLACE_BITS = 28
#: Pairs compared and characters hashed at a time, to bound the memory.
CHUNK = 500_000
BLOCK = 250_000


def normalise(texts: Sequence[str]) -> list[str]:
    """Texts as they are compared; a text that would be empty (":-)") stays as it is, stripped."""
    if not len(texts):
        return []
    column = pa.array(texts, pa.large_string())
    plain = pc.utf8_lower(pc.utf8_normalize(column, form="NFKC"))
    plain = pc.replace_substring_regex(plain, r"https?://\S+|www\.\S+|@\w+", " ")
    plain = pc.replace_substring_regex(plain, r"[\pP\pC\pZ\s]+", " ")
    plain = pc.utf8_trim_whitespace(plain)
    blank = pc.equal(pc.utf8_length(plain), 0)
    return pc.if_else(blank, pc.utf8_trim_whitespace(column), plain).to_pylist()


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
    plain = normalise(texts)
    places: dict[str, int] = {}
    where = np.fromiter((places.setdefault(t, len(places)) for t in plain), np.int64, len(plain))
    unique = list(places)
    lengths = np.fromiter(map(len, unique), np.int64, len(unique))
    label = np.arange(len(unique))
    long = np.flatnonzero(lengths >= LONG_ENOUGH)
    if len(long) > 1:
        left, right = similar_pairs([unique[i] for i in long.tolist()], threshold=threshold)
        label = join_labels(label, long[left], long[right])
    return label[where], (lengths >= LONG_ENOUGH)[where]


def similar_pairs(
    texts: Sequence[str], *, threshold: float = SIMILAR
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (left, right) of positions of texts with ``fuzz.ratio`` at or above ``threshold``.

    Enough pairs to connect what belongs together, not every pair of a large group.
    """
    order = np.array(sorted(range(len(texts)), key=texts.__getitem__), np.int64)
    ordered = [texts[i] for i in order.tolist()]
    left, right = _candidates(ordered, threshold)
    close = _close(ordered, left, right, threshold)
    return order[left[close]], order[right[close]]


def _candidates(texts: list[str], threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs worth comparing among alphabetically ordered texts, left < right, none twice."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    owner, value = _sampled_runs(texts, lengths)
    owner, value = _rarest_shared(owner, value)
    nearest = (100 - threshold) / 100  # |a - b| / (a + b) beyond this cannot reach the threshold
    found: list[np.ndarray] = [np.zeros(0, np.int64)]
    for step in range(1, NEIGHBOURS + 1):
        same = value[step:] == value[:-step]
        low, high = owner[:-step][same], owner[step:][same]
        both = lengths[low] + lengths[high]
        worth = np.abs(lengths[low] - lengths[high]) <= nearest * both
        worth &= low != high
        found.append(low[worth] * len(texts) + high[worth])
    pairs = np.sort(np.concatenate(found))  # np.unique hashes, which takes ten times as long
    pairs = pairs[np.r_[True, pairs[1:] != pairs[:-1]]] if len(pairs) else pairs
    return pairs // len(texts), pairs % len(texts)


def _sampled_runs(texts: list[str], lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """About 16 runs of each text: text number (int64) and 64-bit hash of the run.

    A run is taken when its hash is below a bound that depends only on the text's length, so two
    texts of like length take the same ones of the runs they share.
    """
    owners: list[np.ndarray] = []
    values: list[np.ndarray] = []
    ends = np.cumsum(lengths)
    start = 0
    while start < len(texts):
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + BLOCK, side="right")), start + 1)
        size = lengths[start:stop]
        points = np.frombuffer(
            "".join(texts[start:stop]).encode("utf-32-le", "surrogatepass"), "<u4"
        )
        hashes = _run_hashes(points, RUN_LENGTH)
        runs = np.maximum(size - RUN_LENGTH + 1, 0)
        bound = (np.minimum(SAMPLED / np.maximum(runs, 1), 1.0) * float(2**32)).astype(np.uint64)
        left = np.repeat(np.cumsum(size), size)[: len(hashes)] - np.arange(len(hashes))
        taken = (hashes >> np.uint64(32)) <= np.repeat(bound, size)[: len(hashes)]
        place = np.flatnonzero(taken & (left >= RUN_LENGTH))
        owners.append(np.searchsorted(np.cumsum(size), place, side="right") + start)
        values.append(hashes[place])
        start = stop
    if not owners:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    return np.concatenate(owners), np.concatenate(values)


def _run_hashes(points: np.ndarray, length: int) -> np.ndarray:
    """A 64-bit hash of the run of ``length`` characters that begins at each position."""
    usable = max(len(points) - length + 1, 0)
    value = np.zeros(usable, np.uint64)
    for i in range(length):
        value *= np.uint64(0x9E3779B97F4A7C15)
        value += points[i : i + usable]
    value ^= value >> np.uint64(31)
    return value * np.uint64(0xD6E8FEB86659FD93)


def _rarest_shared(owner: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rarest runs of each text that other texts share, ordered by run and then by text.

    A run that occurs only once connects nothing, and a typing error makes six of them. Sorting
    single 64-bit keys (hash and text, text and count) is several times faster than by columns.
    """
    low_bits = np.uint64(OWNER_BITS)
    key = np.sort((value << low_bits) | owner.astype(np.uint64))
    value = key >> low_bits
    first = np.ones(len(value), bool)
    first[1:] = value[1:] != value[:-1]
    edges = np.flatnonzero(np.r_[first, True])
    count = np.repeat(np.diff(edges), np.diff(edges))
    shared = count > 1
    value, count = value[shared], count[shared]
    owner = (key[shared] & np.uint64(2**OWNER_BITS - 1)).astype(np.int64)
    place_bits = np.uint64(PLACE_BITS)
    rare_first = np.minimum(count, 2**12 - 1).astype(np.uint64) << place_bits
    by_text = owner.astype(np.uint64) << (np.uint64(12) + place_bits)
    by_text = np.sort(by_text | rare_first | np.arange(len(owner), dtype=np.uint64))
    text = by_text >> (np.uint64(12) + place_bits)
    starts = np.flatnonzero(np.r_[True, text[1:] != text[:-1]])
    rank = np.arange(len(text)) - np.repeat(starts, np.diff(np.r_[starts, len(text)]))
    place = (by_text & np.uint64(2**PLACE_BITS - 1)).astype(np.int64)
    chosen = np.sort(place[rank < RUNS_PER_TEXT])
    return owner[chosen], value[chosen]


def _close(texts: list[str], left: np.ndarray, right: np.ndarray, threshold: float) -> np.ndarray:
    """Which candidate pairs reach the threshold (bool)."""
    from rapidfuzz import fuzz, process  # here because a small archive may have no long text

    close = np.zeros(len(left), bool)
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        scores = process.cpdist(
            [texts[i] for i in left[part].tolist()],
            [texts[i] for i in right[part].tolist()],
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
