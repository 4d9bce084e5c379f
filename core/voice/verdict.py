"""In plain words: did fine-tuning help, would prompting have done, or can nobody say yet?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from core.voice.chances import Interval, percentiles
from core.voice.judge import ModelReport, Report

Outcome = Literal["helped", "prompting", "not_enough"]

TITLES: dict[Outcome, str] = {
    "helped": "Fine-tuning helped",
    "prompting": "Prompting would have done",
    "not_enough": "Not enough evidence",
}
#: Closer to the person, and a part of that is their own sentences again.
HELPED_BY_COPYING = "Fine-tuning helped, but the model copies"
#: A difference of the voice score below this is not worth money, however sure.
WORTH_POINTS = 10.0
#: The same for the chance to be told apart (0-1).
WORTH_AREA = 0.05


@dataclass(frozen=True)
class ThreeWay:
    """The verdict: ``title`` in a few words, ``reasons`` with the figures, ``cautions`` beside."""

    outcome: Outcome
    title: str
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]


class Difference(NamedTuple):
    """How much better the first model is; ``sure`` when the 95 % interval leaves out none."""

    value: float
    interval: Interval
    worth: float

    @property
    def sure(self) -> bool:
        """Better beyond doubt and by enough to matter."""
        return self.interval.low > 0 and self.value >= self.worth

    @property
    def surely_worse(self) -> bool:
        """Worse beyond doubt."""
        return self.interval.high < 0


class Kept(NamedTuple):
    """Which tuned model to keep, how often it came first in the resamples, and why."""

    key: str
    chance: float
    reason: str


def three_way(report: Report) -> ThreeWay:
    """Read a report. Uses the first base, the best tuned model and the first prompted one."""
    base, prompted = _first(report, "base"), _first(report, "prompted")
    kept = keep_which(report)
    tuned = next((m for m in report.models if kept and m.contestant.key == kept.key), None)
    if base is None or tuned is None:
        missing = "a base model" if base is None else "a fine-tuned model"
        return _made("not_enough", [f"The run had no answers of {missing}."], ())
    cautions = tuple(_cautions(tuned))
    gain = difference(tuned, base)
    if gain is None:
        few = min(tuned.answers, base.answers)
        return _made(
            "not_enough",
            [
                f"{few} answers of each model are too few to compare them: it takes 20, better 50. "
                "Give the held-out part a larger share on the Dataset page, or bring more writing."
            ],
            cautions,
        )
    reasons = [_compare(tuned, base, gain)]
    broken = _broken(tuned)
    if broken:
        return _made("not_enough", [*reasons, broken], cautions)
    if prompted is not None:
        over_base, over_tuned = difference(prompted, base), difference(tuned, prompted)
        if over_base is not None and over_tuned is not None:
            reasons.append(_compare(tuned, prompted, over_tuned))
            if over_base.sure and not over_tuned.sure and not _broken(prompted):
                reasons.append(_compare(prompted, base, over_base))
                return _made("prompting", reasons, cautions)
    else:
        reasons.append("The base model with examples in its prompt was not tried.")
    if gain.sure:
        made = _made("helped", reasons, cautions)
        return replace(made, title=HELPED_BY_COPYING) if tuned.copies.finding else made
    if gain.surely_worse:
        reasons.append("The evidence points the other way: the base model is closer to you.")
    return _made("not_enough", reasons, cautions)


def difference(one: ModelReport, other: ModelReport) -> Difference | None:
    """How much closer ``one`` is to me: by voice score, else by detectability; None if neither."""
    if one.score is not None and other.score is not None:
        drawn = one.score.draws - other.score.draws
        return Difference(one.score.value - other.score.value, percentiles(drawn), WORTH_POINTS)
    a, b = one.detectability, other.detectability
    if a is None or b is None:
        return None
    gain = b.area - a.area
    # Both are measured against the same texts of mine, so adding the widths is on the safe side.
    low = gain - float(np.hypot(b.area - b.interval.low, a.interval.high - a.area))
    high = gain + float(np.hypot(b.interval.high - b.area, a.area - a.interval.low))
    return Difference(gain, Interval(low, high), WORTH_AREA)


def keep_which(report: Report) -> Kept | None:
    """The tuned model or checkpoint to keep: closest to me among those that do not copy.

    Among models that cannot be told apart from the best, the one that copies least.
    """
    tuned = [m for m in report.models if m.contestant.role in ("tuned", "checkpoint") and m.answers]
    if not tuned:
        return None
    scored = [m for m in tuned if m.score is not None]
    clean = [m for m in scored if not m.copies.finding and not _broken(m)]
    field = clean or scored
    if not field:
        first = tuned[0].contestant.key
        return Kept(first, 1.0 / len(tuned), "There is no voice score to choose by.")
    draws = np.stack([m.score.draws for m in field if m.score is not None])
    # Above 100 is not better: the distance to my own writing counts.
    distance = np.abs(100 - draws)
    best = np.argmin(distance, axis=0)
    chances = np.bincount(best, minlength=len(field)) / draws.shape[1]
    leader = int(np.argmin(distance.mean(axis=1)))
    gaps = distance - distance[leader]
    # The usual rule of one standard error: nearer than that is the same.
    close = [n for n in range(len(field)) if gaps[n].mean() <= gaps[n].std()]
    chosen = min(close, key=lambda n: (round(field[n].copies.model.near, 2), n != leader))
    name = field[chosen].contestant.key
    if len(tuned) == 1:
        reason = "It is the only one."
    elif len(close) > 1:
        reason = f"{len(close)} models are too close to tell apart; {name} copies no more than the others."
    else:
        reason = f"{name} is clearly the closest to your own writing."
    if not clean:
        reason += " Every model copies your texts or writes babble."
    return Kept(name, float(chances[chosen]), reason)


def _compare(one: ModelReport, other: ModelReport, gap: Difference) -> str:
    a, b = one.contestant.key, other.contestant.key
    sure = "" if gap.sure or gap.surely_worse else ", which may be chance"
    if one.score is not None and other.score is not None:
        return (
            f"Voice score: {a} {one.score.value:.0f}, {b} {other.score.value:.0f}; a difference of "
            f"{gap.value:+.0f} ({gap.interval.low:+.0f} to {gap.interval.high:+.0f}){sure}."
        )
    assert one.detectability is not None and other.detectability is not None
    return (
        f"Told from your writing: {a} {100 * one.detectability.area:.0f} %, "
        f"{b} {100 * other.detectability.area:.0f} % (50 % is a coin){sure}."
    )


def _broken(model: ModelReport) -> str:
    """Why no style figure of this model can be trusted, or ""."""
    name, rates = model.contestant.key, model.copies.model
    if model.copies.finding and rates.near > 0.2:
        return f"{name} repeats your training texts in {100 * rates.near:.0f} % of its answers."
    if model.variety is None:
        return ""
    seen, usual = model.variety.model, model.variety.mine
    if seen.looping > usual.looping + 0.3 or seen.same > usual.same + 0.5:
        return f"{name} says the same thing again and again."
    if seen.new_words > usual.new_words + 0.2:
        return f"{100 * seen.new_words:.0f} % of the words of {name} are in no real text."
    return ""


def _cautions(model: ModelReport) -> Sequence[str]:
    found = []
    if model.score is not None and model.score.above_me:
        found.append("A score clearly above 100 is a caricature or a copy, not a better likeness.")
    told = model.detectability
    if model.score is not None and told is not None:
        likeness = model.score.value
        if likeness >= 50 and told.area >= 0.95:
            tell = f" ({told.tells[0].sentence()})" if told.tells else ""
            found.append(
                f"The voice score is {likeness:.0f}, yet a simple machine tells the answers from "
                f"yours in {100 * told.area:.0f} %: something that the score overlooks gives them "
                f"away{tell}."
            )
    copies, chance = model.copies.model, model.copies.chance
    if model.copies.finding:
        found.append(
            f"{100 * copies.long_run:.0f} % of the answers repeat eight words or more of a training "
            f"text in a row ({100 * chance.long_run:.0f} % of your own new texts do), and "
            f"{100 * copies.near:.0f} % are mostly one training text."
        )
    if copies.stitched > chance.stitched + 0.2:
        found.append(
            f"{100 * copies.stitched:.0f} % of the answers are stitched together from pieces of "
            f"training texts ({100 * chance.stitched:.0f} % of your own new texts are)."
        )
    if model.variety is not None:
        found.extend(model.variety.findings)
    if model.errors:
        found.append(f"{sum(model.errors.values())} requests failed.")
    return found


def _first(report: Report, role: str) -> ModelReport | None:
    return next((m for m in report.models if m.contestant.role == role and m.answers), None)


def _made(outcome: Outcome, reasons: Sequence[str], cautions: Sequence[str]) -> ThreeWay:
    return ThreeWay(outcome, TITLES[outcome], tuple(reasons), tuple(cautions))
