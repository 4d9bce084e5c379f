"""Training, validation and held-out parts: seeded, whole conversations, checked for leaks.

The held-out part is chosen first, over the whole period, and the other choices never change it.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from core.settings import DatasetSettings

TRAINING, VALIDATION, HELD_OUT = 0, 1, 2

#: OpenAI's least number of training examples; the embedded engine asks for the same.
FEWEST_TRAINING = 10
#: A held-out part below this says nothing about a voice.
FEWEST_HELD_OUT = 10
#: Stands for the time of a unit that has none: it sorts last.
NEVER = np.int64(2**62)
#: The period is cut into this many stretches, each giving its share.
STRETCHES = 10


def held_out_target(count: int, settings: DatasetSettings) -> tuple[int, list[str]]:
    """Examples to hold out of ``count``: the share, at least 10, at most ``held_out_most``.

    With fewer than 20 examples nothing is held out, because training comes first.
    """
    if settings.held_out_share <= 0 or count == 0:
        return 0, []
    if count < FEWEST_TRAINING + FEWEST_HELD_OUT:
        many = f"Only {count} examples" if count > 1 else "Only one example"
        return 0, [f"{many}: none is held out, so the voice cannot be judged on unseen text."]
    wish = min(round(count * settings.held_out_share), settings.held_out_most)
    target = min(max(wish, FEWEST_HELD_OUT), count - FEWEST_TRAINING)
    if target > wish:
        return target, [
            f"{target} examples are held out, more than asked, to judge by at least 10."
        ]
    return target, []


def usual_validation(settings: DatasetSettings) -> tuple[float, bool]:
    """The share of validation where none was chosen, and whether it is of what is not held out.

    Topics as the prompt come from a project that splits 80/20; there the fifth is of what is left
    after the held-out part, so that training and validation are 80/20. Otherwise a tenth of all.
    """
    if settings.recipe == "topics" and not settings.mix:
        return 0.2, True
    return 0.1, False


def validation_target(
    total: int, remaining: int, settings: DatasetSettings
) -> tuple[int, list[str]]:
    """Examples for validation, as long as 10 are left to train on.

    Args:
        total: examples there are, the held-out part included.
        remaining: those that are not held out.
        settings: ``validation_share`` is a share of ``total``; see ``usual_validation`` for None.
    """
    share, of_rest = settings.validation_share, False
    if share is None:
        share, of_rest = usual_validation(settings)
    if share <= 0 or remaining == 0:
        return 0, []
    wish = max(1, round((remaining if of_rest else total) * share))
    target = min(wish, max(remaining - FEWEST_TRAINING, 0))
    if target < wish:
        return target, ["Too few examples for a full validation part; training comes first."]
    return target, []


def choose_units(
    unit: np.ndarray,
    sent_at: np.ndarray,
    target: int,
    settings: DatasetSettings,
    rng: np.random.Generator,
) -> np.ndarray:
    """Which examples to set aside (bool): whole units, about ``target`` examples in all.

    Args:
        unit: unit of each example; units are never torn apart.
        sent_at: datetime64[ms] of each example.
        target: number of examples wanted.
        settings: ``split_by``: "conversation" samples units over the whole period, "time" takes
            the latest.
        rng: source of the choice.
    """
    if target <= 0 or not len(unit):
        return np.zeros(len(unit), bool)
    place, first, counts, begins = _by_unit(unit, sent_at)
    in_time = np.lexsort((first, begins))
    if settings.split_by == "time":
        picked = _latest(in_time, counts, target)
    else:
        picked = _over_time(in_time, counts, target, rng)
    chosen = np.zeros(len(counts), bool)
    chosen[picked] = True
    return chosen[place]


def later_units(unit: np.ndarray, sent_at: np.ndarray, moment: datetime) -> np.ndarray:
    """Which examples belong to units that begin at or after ``moment`` (bool)."""
    if not len(unit):
        return np.zeros(0, bool)
    place, _, _, begins = _by_unit(unit, sent_at)
    edge = np.datetime64(moment, "ms").astype(np.int64)
    return ((begins >= edge) & (begins < NEVER))[place]


def _by_unit(
    unit: np.ndarray, sent_at: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Place of each example's unit, and per unit: its first example, its size, when it begins.

    Times are milliseconds (int64), ``NEVER`` where no example of the unit has one.
    """
    _, first, place, counts = np.unique(
        unit, return_index=True, return_inverse=True, return_counts=True
    )
    known = np.where(np.isnat(sent_at), NEVER, sent_at.astype("datetime64[ms]").astype(np.int64))
    begins = np.full(len(counts), NEVER, np.int64)
    np.minimum.at(begins, place, known)
    return place, first, counts, begins


def _latest(in_time: np.ndarray, counts: np.ndarray, target: int) -> np.ndarray:
    """The latest units that come closest to the target; not all of them."""
    backwards = in_time[::-1]
    total = np.cumsum(counts[backwards])
    take = int(np.argmin(np.abs(total - target))) + 1
    return backwards[: min(take, len(backwards) - 1)]


def _over_time(
    in_time: np.ndarray, counts: np.ndarray, target: int, rng: np.random.Generator
) -> np.ndarray:
    """Random units from every stretch of the period, in proportion to what was written there."""
    in_time = in_time[counts[in_time] <= 2 * target]  # a giant would be the whole part
    total = np.cumsum(counts[in_time])
    if not len(total):
        return in_time
    edges = np.searchsorted(total, np.linspace(0, total[-1], STRETCHES + 1)[1:-1])
    picked: list[np.ndarray] = []
    got = 0
    rest: list[np.ndarray] = []
    stretches = np.split(in_time, edges)
    for number, stretch in enumerate(stretches, 1):
        if not len(stretch):
            continue
        shuffled = rng.permutation(stretch)
        size = counts[shuffled]
        wanted = target * number / STRETCHES - got
        take = np.cumsum(size) - size / 2 <= wanted
        picked.append(shuffled[take])
        rest.append(shuffled[~take])
        got += int(size[take].sum())
    left = np.concatenate(rest) if rest else in_time[:0]
    for one in left[np.argsort(counts[left], kind="stable")].tolist():  # rounding left a gap
        if got >= target or got + counts[one] / 2 > target:
            break
        picked.append(np.array([one]))
        got += int(counts[one])
    return np.concatenate(picked) if picked else in_time[:0]


def straddlers(
    part: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    chosen: np.ndarray,
    group: np.ndarray,
) -> np.ndarray:
    """Examples that repeat what an earlier part shows (bool): they must leave their own part.

    Parts rank training, validation, held out. An example of a later part leaves when its answer
    is a near-duplicate of any text of mine that an example of an earlier part shows, as answer or
    as context.

    Args:
        part: part of each example.
        low: first exchange of the context of each example.
        high: last exchange of the context; its answer is shown only if it is before ``chosen``.
        chosen: exchange whose answer each example ends with.
        group: group of near-duplicates of each exchange's answer, -1 for none.
    """
    leaving = np.zeros(len(part), bool)
    if not len(part):
        return leaving
    edges = np.zeros(len(group) + 2, np.int64)
    for later in (VALIDATION, HELD_OUT):
        earlier = (part == later - 1) & ~leaving
        np.add.at(edges, low[earlier], 1)
        np.add.at(edges, high[earlier] + 1, -1)
        np.add.at(edges, chosen[earlier], 1)
        np.add.at(edges, chosen[earlier] + 1, -1)
        shown = np.cumsum(edges)[: len(group)] > 0
        seen = _members(group[shown & (group >= 0)], group)
        leaving |= (part == later) & (group[chosen] >= 0) & seen[group[chosen]]
    return leaving


def _members(some: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """A table (bool) that tells for each number from 0 on whether it is one of ``some``."""
    table = np.zeros(int(numbers.max(initial=-1)) + 2, bool)
    table[some] = True
    return table


def repeated_examples(
    part: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    chosen: np.ndarray,
    prompted: np.ndarray,
    group: np.ndarray,
    prompts: list[str],
    answers: list[str],
) -> np.ndarray:
    """Examples that are word for word the same as one of an earlier part (bool).

    Compared are only examples whose answers are in one group and whose last message before it has
    the same hash.

    Args:
        part, low, high, chosen: as for ``straddlers``.
        prompted: whether each example shows what the others said.
        group: of every exchange's answer; equal at least where the answers are.
        prompts, answers: texts of every exchange.
    """
    leaving = np.zeros(len(part), bool)
    firsts, lasts, learnt = low.tolist(), high.tolist(), chosen.tolist()

    own = group[chosen]

    def ends(places: np.ndarray) -> np.ndarray:
        shown = high[places].tolist()
        last = np.fromiter((hash(prompts[i]) for i in shown), np.int64, len(shown))
        return np.where(prompted[places], last, 0) * 31 + own[places]

    def whole(one: int) -> tuple[str, ...]:
        if not prompted[one]:
            return "", answers[learnt[one]]
        first, last = firsts[one], lasts[one]
        return (*prompts[first : last + 1], *answers[first:last], answers[learnt[one]])

    for later in (VALIDATION, HELD_OUT):
        mine = (part == later) & ~leaving
        earlier = (part < later) & ~leaving
        alike = (_members(own[mine], own) & _members(own[earlier], own))[own]
        doubtful = np.flatnonzero(mine & alike)
        before = np.flatnonzero(earlier & alike)
        before = before[np.isin(ends(before), ends(doubtful))]
        seen = {whole(one) for one in before.tolist()}
        for one in doubtful.tolist():
            leaving[one] = whole(one) in seen
    return leaving
