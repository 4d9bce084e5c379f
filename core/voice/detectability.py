"""How easily can a simple machine tell a model's answers from my real writing?

A classifier two-sample test (Lopez-Paz & Oquab 2017): the scorer's method learns to tell real
from generated and is judged on texts it has not seen. 50 % means it cannot tell, 100 % that it
always can. What splits of real writing against real writing reach is shown beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.problems import Problem
from core.voice.chances import Interval, resampled_means, t_quantile
from core.voice.features import HABITS, measure, words
from core.voice.scorer import (
    Features,
    area_under_curve,
    features,
    fit_labelled,
    join,
    logits,
)

#: With fewer texts on a side the real-against-real band is wider than anything to be seen.
NEEDED = 20
#: More texts on a side cost time and sharpen nothing.
AT_MOST = 400
FOLDS = 5
ROUNDS = 2
NULL_ROUNDS = 12
#: A tell is only listed when chance would rarely produce it (two-sample z).
SURE = 3.0


class Tell(NamedTuple):
    """One thing that gives the answers away.

    ``real`` and ``generated`` are the share of texts (0-1) where ``is_share``, else a mean per
    text; ``z`` is the difference in standard errors, positive when the model does it more.
    """

    name: str
    real: float
    generated: float
    z: float
    is_share: bool

    def sentence(self) -> str:
        """In plain words: "ends with a full stop: 78 % against 1 % of yours"."""
        if self.is_share:
            return f"{self.name}: {100 * self.generated:.0f} % against {100 * self.real:.0f} % of yours"
        return f"{self.name}: {self.generated:.1f} against {self.real:.1f} in yours"


@dataclass(frozen=True)
class Detectability:
    """Cross-validated area under the curve, 0.5 (cannot tell) to 1 (always tells).

    ``null`` is where real writing against real writing falls, 95 times in 100. ``tells`` are
    habits and ``telling_words`` words that differ, the surest first.
    """

    area: float
    interval: Interval
    null: Interval
    real: int
    generated: int
    tells: tuple[Tell, ...]
    telling_words: tuple[Tell, ...]

    @property
    def told_apart(self) -> bool:
        """Whether the machine does better than on real writing against real writing."""
        return self.area > self.null.high


def detectability(
    real: Sequence[str],
    generated: Sequence[str],
    *,
    null: Interval | None = None,
    prompts: Sequence[int] | None = None,
    seed: int = 0,
) -> Detectability:
    """Tell a model's answers from my real texts.

    Args:
        real: my texts, none of which the model was trained on.
        generated: the model's answers; empty ones are answers too.
        null: ``null_band`` of the same numbers of texts, if it is known already.
        prompts: for each answer the number of the text in ``real`` written to the same prompt, so
            that both fall into the same fold and what the prompt is about gives nothing away.

    Raises:
        Problem: fewer than 20 texts on a side.
    """
    for count, whose in ((len(real), "texts of yours"), (len(generated), "answers")):
        if count < NEEDED:
            raise Problem(
                f"There are {count} {whose}, too few to say how easily the answers are told apart.",
                f"It takes {NEEDED} on each side, better 100.",
            )
    rng = np.random.default_rng(seed)
    real_place = np.arange(len(real))
    place = np.arange(len(generated)) if prompts is None else np.asarray(prompts)
    if len(real) > AT_MOST:
        keep = np.union1d(np.unique(place % len(real)), rng.permutation(len(real))[:AT_MOST])
        real_place = np.sort(keep[: 2 * AT_MOST])
    answers = np.sort(rng.permutation(len(generated))[:AT_MOST])
    shown = [real[i] for i in real_place.tolist()], [generated[i] for i in answers.tolist()]
    mine, theirs = features(shown[0]), features(shown[1])
    area, high, low = _cross_area(mine, theirs, real_place, place[answers] % len(real), rng, ROUNDS)
    band = null_band(real, len(generated), seed=seed) if null is None else null
    return Detectability(
        area=area,
        interval=_area_interval(high, low, area, rng),
        null=band,
        real=len(real_place),
        generated=len(answers),
        tells=habit_tells(*shown),
        telling_words=word_tells(*shown),
    )


def null_band(real: Sequence[str], answers: int, *, seed: int = 0) -> Interval:
    """Areas that real against real writing reaches, 95 times in 100.

    My texts are split at random into two sides, the smaller one as large as the number of
    answers where there is enough of them, and told apart like answers would be.
    """
    rng = np.random.default_rng(seed)
    ready = features([real[i] for i in rng.permutation(len(real))[: 2 * AT_MOST].tolist()])
    count = len(ready)
    small = min(count // 2, answers, AT_MOST)
    large = min(count - small, AT_MOST)
    areas = []
    for _ in range(NULL_ROUNDS):
        order = rng.permutation(count)
        one, other = ready.take(order[:large]), ready.take(order[large : large + small])
        place = np.arange(large), np.arange(small)
        areas.append(_cross_area(one, other, *place, rng, 1)[0])
    # Centred on one half: what real against real has in truth.
    spread = float(np.sqrt(np.mean((np.array(areas) - 0.5) ** 2)))
    half = t_quantile(NULL_ROUNDS) * spread
    return Interval(max(0.0, 0.5 - half), min(1.0, 0.5 + half))


def _cross_area(
    real: Features,
    generated: Features,
    real_place: np.ndarray,
    place: np.ndarray,
    rng: np.random.Generator,
    rounds: int,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean area over rounds and folds; and the out-of-fold logits of both sides, averaged."""
    together = join(real, generated)
    labels = np.concatenate((np.zeros(len(real)), np.ones(len(generated))))
    group = np.concatenate((real_place, place))
    total, areas = np.zeros(len(labels)), []
    for _ in range(rounds):
        fold = (rng.permutation(int(group.max()) + 1) % FOLDS)[group]
        for number in range(FOLDS):
            out = fold == number
            if min(labels[~out].sum(), (1 - labels[~out]).sum(), out.sum()) == 0:
                continue
            scorer = fit_labelled(together.take(np.flatnonzero(~out)), labels[~out])
            found = logits(scorer, together.take(np.flatnonzero(out)))
            total[out] += found
            areas.append(area_under_curve(found[labels[out] == 1], found[labels[out] == 0]))
    return float(np.nanmean(areas)), total[labels == 1], total[labels == 0]


def _area_interval(
    high: np.ndarray, low: np.ndarray, area: float, rng: np.random.Generator
) -> Interval:
    """Bootstrap by text (DeLong's placements), centred on the cross-validated area."""
    ordered_low, ordered_high = np.sort(low), np.sort(high)
    above = np.searchsorted(ordered_low, high) / len(low)
    below = 1 - np.searchsorted(ordered_high, low) / len(high)
    drawn = (
        resampled_means(above, np.arange(len(above)), 1000, rng)
        - above.mean()
        + resampled_means(below, np.arange(len(below)), 1000, rng)
        - below.mean()
    )
    low_step, high_step = np.percentile(drawn, [2.5, 97.5])
    return Interval(max(0.0, area + float(low_step)), min(1.0, area + float(high_step)))


def habit_tells(
    real: Sequence[str], generated: Sequence[str], *, most: int = 8
) -> tuple[Tell, ...]:
    """Habits that differ beyond chance, the surest first."""
    mine, theirs = measure(real), measure(generated)
    error = np.sqrt(mine.var(axis=0) / len(mine) + theirs.var(axis=0) / len(theirs))
    # Half a text on either side keeps "never" against "always" finite.
    floor = 0.5 / min(len(mine), len(theirs))
    z = (theirs.mean(axis=0) - mine.mean(axis=0)) / np.maximum(error, floor)
    found = [
        Tell(
            habit.name,
            float(mine[:, n].mean()),
            float(theirs[:, n].mean()),
            float(z[n]),
            habit.unit == "share",
        )
        for n, habit in enumerate(HABITS)
    ]
    sure = [tell for tell in found if abs(tell.z) >= SURE]
    return tuple(sorted(sure, key=lambda tell: -abs(tell.z))[:most])


def word_tells(real: Sequence[str], generated: Sequence[str], *, most: int = 8) -> tuple[Tell, ...]:
    """Words that stand in clearly more texts of one side, the surest first."""
    mine, theirs = _document_counts(real), _document_counts(generated)
    found = []
    for word in mine.keys() | theirs.keys():
        a, b = mine[word], theirs[word]
        if a + b < 5:
            continue
        share = (a + b) / (len(real) + len(generated))
        error = (share * (1 - share) * (1 / len(real) + 1 / len(generated))) ** 0.5
        z = (b / len(generated) - a / len(real)) / max(error, 1e-9)
        if abs(z) >= SURE:
            found.append(Tell(f"says “{word}”", a / len(real), b / len(generated), z, True))
    return tuple(sorted(found, key=lambda tell: (-abs(tell.z), tell.name))[:most])


def _document_counts(texts: Sequence[str]) -> Counter[str]:
    return Counter(word for text in texts for word in {w.casefold() for w in words(text)})
