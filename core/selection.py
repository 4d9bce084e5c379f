"""Which answers to use when not all are wanted: the first, the latest, a random sample, spread
over the whole period, or those that are most like the person.

"Most like me" compares runs of three characters: how much likelier an answer is in my writing
than in the others' (or, if nobody else wrote, than if every run were equally likely). It is a
smoothed log-likelihood ratio per run, so long answers have no advantage.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.exchanges import Exchanges
from core.problems import Problem
from core.settings import DatasetSettings

#: Character runs are counted in this many buckets (2**16).
BUCKETS = 1 << 16
RUN = 3
#: Added to every count, so that a run never seen is unlikely but not impossible.
SMOOTHING = 0.5


def run_buckets(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Buckets of the three-character runs of all texts, and the text that each is from (int64).

    Every text is taken in lower case between two blanks, so even one letter has a run.
    """
    padded = [f" {text.lower()} " for text in texts]
    lengths = np.fromiter(map(len, padded), np.int64, len(padded))
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), "<u4")
    usable = max(len(points) - RUN + 1, 0)
    value = np.zeros(usable, np.uint64)
    for i in range(RUN):
        value = value * np.uint64(0x9E3779B97F4A7C15) + points[i : i + usable]
        value ^= value >> np.uint64(29)
    bucket = (value * np.uint64(0xD6E8FEB86659FD93) >> np.uint64(48)).astype(np.int64)
    owner = np.repeat(np.arange(len(padded)), lengths)[:usable]
    last = np.repeat(np.cumsum(lengths), lengths)[:usable]
    whole = np.arange(usable) + RUN <= last
    return bucket[whole], owner[whole]


def likeness(texts: Sequence[str], mine: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """How much each text is like ``mine`` rather than like ``others`` (float64, higher is more so).

    A text that is itself in ``mine`` counts there as well, so it is a little too high for all of
    them alike. Without ``others`` it says how typical a text is of ``mine``.
    """
    own = np.bincount(run_buckets(mine)[0], minlength=BUCKETS) + SMOOTHING
    gain = np.log(own / own.sum())
    if others:
        theirs = np.bincount(run_buckets(others)[0], minlength=BUCKETS) + SMOOTHING
        gain = gain - np.log(theirs / theirs.sum())
    bucket, owner = run_buckets(texts)
    total = np.bincount(owner, weights=gain[bucket], minlength=len(texts))
    return total / np.maximum(np.bincount(owner, minlength=len(texts)), 1)


def select(
    exchanges: Exchanges, rest: np.ndarray, settings: DatasetSettings, rng: np.random.Generator
) -> np.ndarray:
    """Positions in ``rest`` of the answers to use for training and validation, rising (int64).

    Args:
        exchanges: all exchanges.
        rest: exchanges that are not held out: nothing else is looked at.
        settings: ``max_examples`` and ``selection``; "all" spreads evenly over the period.
        rng: for "random".

    Raises:
        Problem: a share was given to an archive without usable answers.
    """
    if not settings.archive_shares:
        return _choose(exchanges, rest, settings.max_examples, settings, rng)
    names = exchanges.conversations
    shares = settings.archive_shares
    source_of = np.array(
        [
            next((i for i, (key, _) in enumerate(shares) if name.startswith(key)), -1)
            for name in names
        ],
        np.int64,
    )
    source = source_of[exchanges.conversation[rest]] if len(rest) else np.zeros(0, np.int64)
    wanted = np.array([share for _, share in shares], float)
    there = np.bincount(source[source >= 0], minlength=len(shares))
    if not (wanted > 0).all() or not (there > 0).all():
        raise Problem(
            "A share was given to an archive that has nothing to learn from, or a share is zero.",
            "Correct the shares of the archives.",
        )
    wanted /= wanted.sum()
    total = (there / wanted).min()
    if settings.max_examples is not None:
        total = min(total, settings.max_examples)
    chosen = []
    for number, share in enumerate(wanted.tolist()):
        place = np.flatnonzero(source == number)
        picked = _choose(exchanges, rest[place], round(total * share), settings, rng)
        chosen.append(place[picked])
    return np.sort(np.concatenate(chosen))


def _choose(
    exchanges: Exchanges,
    rest: np.ndarray,
    most: int | None,
    settings: DatasetSettings,
    rng: np.random.Generator,
) -> np.ndarray:
    """Positions of at most ``most`` of ``rest``, by ``settings.selection``."""
    count = len(rest)
    if most is None or most >= count:
        return np.arange(count)
    sent = exchanges.sent_at[rest]
    in_time = np.lexsort((np.arange(count), np.where(np.isnat(sent), 0, sent.astype(np.int64))))
    if settings.selection == "first":
        return np.sort(in_time[:most])
    if settings.selection == "latest":
        return np.sort(in_time[count - most :])
    if settings.selection == "random":
        return np.sort(rng.permutation(count)[:most])
    if settings.selection == "most_like_me":
        mine = [exchanges.answers[i] for i in rest.tolist()]
        others = [text for text in (exchanges.prompts[i] for i in rest.tolist()) if text]
        order = np.argsort(-likeness(mine, mine, others), kind="stable")
        return np.sort(order[:most])
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))
