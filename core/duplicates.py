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

#: Lengths of the character runs that texts are looked up by.
RUN_LENGTHS = (5, 9)
#: Rarest runs looked at per text and length.
RUNS_PER_TEXT = 4
#: Neighbours compared within one run's list.
NEIGHBOURS = 8
CHUNK = 500_000


def normalise(texts: Sequence[str]) -> list[str]:
    """Texts as they are compared; a text that would be empty (":-)") stays as it is, stripped."""
    if not len(texts):
        return []
    column = pa.array(texts, pa.large_string())
    plain = pc.utf8_lower(pc.utf8_normalize(column, form="NFKC"))
    plain = pc.replace_substring_regex(plain, r"https?://\S+|www\.\S+|@\w+", " ")
    plain = pc.replace_substring_regex(plain, r"[\pP\pC]+", " ")
    plain = pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, r"[\s\pZ]+", " "))
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
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), "<u4")
    ends = np.cumsum(lengths)
    starts = ends - lengths
    nearest = (100 - threshold) / 100  # |a - b| / (a + b) beyond this cannot reach the threshold
    found: list[np.ndarray] = []
    for run_length in RUN_LENGTHS:
        hashes = _run_hashes(points, run_length)
        owner, value = _rarest_runs(hashes, starts, ends, run_length)
        by_value = np.lexsort((owner, value))
        owner, value = owner[by_value], value[by_value]
        for step in range(1, NEIGHBOURS + 1):
            same = value[step:] == value[:-step]
            low, high = owner[:-step][same], owner[step:][same]
            both = lengths[low] + lengths[high]
            worth = np.abs(lengths[low] - lengths[high]) <= nearest * both
            worth &= low != high
            found.append(low[worth] * len(texts) + high[worth])
    pairs = np.unique(np.concatenate(found))
    return pairs // len(texts), pairs % len(texts)


def _run_hashes(points: np.ndarray, length: int) -> np.ndarray:
    """A 64-bit hash of the run of ``length`` characters that begins at each position."""
    usable = max(len(points) - length + 1, 0)
    value = np.zeros(usable, np.uint64)
    for i in range(length):
        value *= np.uint64(0x9E3779B97F4A7C15)
        value += points[i : i + usable]
        value ^= value >> np.uint64(29)
    return value * np.uint64(0xD6E8FEB86659FD93)


def _rarest_runs(
    hashes: np.ndarray, starts: np.ndarray, ends: np.ndarray, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """The rarest runs of each text that occur elsewhere too: text numbers and their runs' hashes.

    A run that occurs only once connects nothing, and a typing error makes five of them: these
    are skipped.
    """
    bits = int(min(max(np.ceil(np.log2(len(hashes) + 1)) + 2, 12), 26))
    bucket = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    count = np.bincount(bucket, minlength=1 << bits)[bucket]
    never = np.int64(2**62)
    rank = (count << 34) + np.arange(len(hashes))
    rank[count < 2] = never
    crossing = (ends[:-1, None] - np.arange(1, length)[None, :]).ravel()
    rank[crossing[(crossing >= 0) & (crossing < len(rank))]] = never
    texts = np.flatnonzero(starts < len(hashes))
    picks: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(RUNS_PER_TEXT):
        best = np.minimum.reduceat(rank, starts[texts])
        good = best < never
        place = best[good] & np.int64(2**34 - 1)
        picks.append((texts[good], hashes[place]))
        rank[place] = never
    owners, values = zip(*picks, strict=True)
    return np.concatenate(owners), np.concatenate(values)


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
