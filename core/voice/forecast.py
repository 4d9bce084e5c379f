"""Before paying: will it work? A learning curve, how recognisable the writing is, and repeats.

The curve is the embedded engine's: an indicator for larger models, not a promise. It is carried
on by a rule of thumb: the next doubling of the examples gains nine tenths of what the last two
gained in the mean. On 28 measured curves of written and generated archives that was off by 0.3 to
0.4 of the gain, either way, and the interval is as wide as that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from core.duplicates import same_groups
from core.voice.chances import Interval
from core.voice.score import Scale

#: What the next doubling gains, as a part of what the last ones gained.
CARRIED_ON = 0.9
#: Standard deviation of the rule's error, as a part of the gain, and at least (nats a token).
RULE_ERROR, LEAST_ERROR = 0.45, 0.03
#: Trainings on fewer examples than this are noise.
SMALLEST = 25
MOST_SIZES = 6
#: A doubling that gains less than this is not worth its price.
USEFUL_GAIN = 0.05
#: Trainers ask for ten; below a hundred, results are a matter of luck.
FEW_EXAMPLES = 100
#: Chance that ten of my texts in a row are put above ten of somebody else's.
RECOGNISABLE, FAINT = 0.9, 0.75
MANY_REPEATS = 0.2

Outlook = Literal["good", "unsure", "poor"]


class CurvePoint(NamedTuple):
    """Held-out loss (nats a token) after training on so many examples.

    ``interval`` is the value itself where it was measured, wider the further it is carried on.
    """

    examples: int
    loss: float
    interval: Interval
    measured: bool


@dataclass(frozen=True)
class Forecast:
    """What to expect. ``useful`` is the cheapest useful number of examples.

    ``recognisable`` is ``Scale.ten_area`` (None where there is no scale), ``repeats`` the share of
    training texts that are near-duplicates of another one.
    """

    outlook: Outlook
    sentence: str
    reasons: tuple[str, ...]
    curve: tuple[CurvePoint, ...]
    useful: int
    recognisable: float | None
    repeats: float


def doubling_sizes(count: int) -> list[int]:
    """Sizes to train on: ``count`` halved again and again, at most six, none below 25."""
    sizes = [count]
    while sizes[-1] // 2 >= SMALLEST and len(sizes) < MOST_SIZES:
        sizes.append(sizes[-1] // 2)
    return sizes[::-1]


def learning_curve(
    heldout_loss: Callable[[int], float],
    count: int,
    *,
    ahead: int = 2,
    progress: Callable[[float], None] | None = None,
) -> list[CurvePoint]:
    """Measure the loss at doubling sizes and carry it on.

    Args:
        heldout_loss: trains on the first n examples and measures on held-out ones; smaller sizes
            must be parts of larger ones.
        count: how many examples there are.
        ahead: doublings to carry the curve on; none without two measured sizes.
        progress: called with the share of the work done, which grows with the sizes.
    """
    sizes = doubling_sizes(count)
    points: list[CurvePoint] = []
    for place, size in enumerate(sizes, start=1):
        loss = float(heldout_loss(size))
        points.append(CurvePoint(size, loss, Interval(loss, loss), True))
        if progress is not None:
            progress(sum(sizes[:place]) / sum(sizes))
    return points + carry_on(points, ahead)


def carry_on(points: Sequence[CurvePoint], ahead: int) -> list[CurvePoint]:
    """The next doublings after the measured points (95 % intervals)."""
    if len(points) < 2:
        return []
    last, earlier = points[-1], points[-min(3, len(points))]
    doublings = float(np.log2(last.examples / earlier.examples))
    gain = CARRIED_ON * max(0.0, (earlier.loss - last.loss) / doublings)
    found = []
    for number in range(1, ahead + 1):
        loss = last.loss - number * gain
        # A rule that is wrong for the first doubling is wrong the same way for the next.
        half = 1.96 * number * max(LEAST_ERROR, RULE_ERROR * gain)
        found.append(
            CurvePoint(
                last.examples * 2**number,
                loss,
                Interval(max(0.0, loss - half), min(last.loss + half, loss + half)),
                False,
            )
        )
    return found


def cheapest_useful(curve: Sequence[CurvePoint]) -> int:
    """The smallest measured size from which no further doubling gained anything worth its price."""
    measured = [point for point in curve if point.measured]
    best = measured[-1].loss
    for point in measured:
        doublings = np.log2(measured[-1].examples / point.examples)
        if point.loss - best <= USEFUL_GAIN * doublings and point.loss - best <= 2 * USEFUL_GAIN:
            return point.examples
    return measured[-1].examples


def repeated_share(texts: Sequence[str]) -> float:
    """Share of the texts (0-1) that are near-duplicates of an earlier one."""
    if not texts:
        return 0.0
    group, long = same_groups(texts)
    groups = group[long]
    return float(1 - len(np.unique(groups)) / len(groups)) if len(groups) else 0.0


def forecast(curve: Sequence[CurvePoint], training: Sequence[str], scale: Scale | None) -> Forecast:
    """Put curve, recognisability and repeats into one plain verdict.

    Args:
        curve: of ``learning_curve``; at least one measured point.
        training: the texts to be learnt.
        scale: of ``score.make_scale``, or None where it refused.
    """
    measured = [point for point in curve if point.measured]
    count, useful, repeats = len(training), cheapest_useful(curve), repeated_share(training)
    recognisable = scale.ten_area if scale is not None else None
    doubts, reasons = 0, []
    gained = measured[0].loss - measured[-1].loss
    reasons.append(_curve_reason(curve, gained))
    if gained < USEFUL_GAIN and len(measured) > 1:
        doubts += 1
    if count < FEW_EXAMPLES:
        doubts += 1
        reasons.append(f"{count} examples are few: below {FEW_EXAMPLES} it is a matter of luck.")
    if recognisable is None:
        reasons.append("Whether your writing is recognisable is unknown: nobody to compare with.")
    else:
        share = f"{100 * recognisable:.0f} %"
        if recognisable >= RECOGNISABLE:
            reasons.append(f"Your writing is recognisable: ten texts give you away in {share}.")
        else:
            doubts += 1 if recognisable >= FAINT else 2
            reasons.append(
                f"Your writing is hard to tell from others': ten texts give you away in {share}."
            )
    if repeats > MANY_REPEATS:
        doubts += 1
        reasons.append(
            f"{100 * repeats:.0f} % of the texts repeat another one; the model will repeat them too."
        )
    outlook: Outlook = "good" if not doubts else "unsure" if doubts == 1 else "poor"
    return Forecast(
        outlook,
        _sentence(outlook, useful, count),
        tuple(reasons),
        tuple(curve),
        useful,
        recognisable,
        repeats,
    )


def _sentence(outlook: Outlook, useful: int, count: int) -> str:
    size = (
        f"{useful:,} examples do nearly as well as all {count:,}"
        if useful < count
        else f"use all {count:,} examples"
    )
    lead = {
        "good": "It should work",
        "unsure": "It may work, with a doubt",
        "poor": "It will hardly work as things are",
    }[outlook]
    return f"{lead}; {size}."


def _curve_reason(curve: Sequence[CurvePoint], gained: float) -> str:
    measured = [point for point in curve if point.measured]
    ahead = [point for point in curve if not point.measured]
    if len(measured) < 2:
        return "There are too few examples for a learning curve."
    first, last = measured[0], measured[-1]
    said = (
        f"From {first.examples:,} to {last.examples:,} examples the held-out loss fell by "
        f"{gained:.2f} nats a token"
    )
    if not ahead:
        return f"{said}."
    more = last.loss - ahead[0].loss
    if more >= USEFUL_GAIN:
        least, most = last.loss - ahead[0].interval.high, last.loss - ahead[0].interval.low
        return (
            f"{said}; twice as many would gain about {more:.2f} more "
            f"({max(0.0, least):.2f} to {most:.2f})."
        )
    return f"{said}; more would gain little."
