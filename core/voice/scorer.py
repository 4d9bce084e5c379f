"""Is this text more like mine or more like theirs? Logistic regression, fitted in numpy.

Character runs of 2 to 4 (TF-IDF) and the readable habits at a tenth of their spread, ridge
penalty: the mixture that did best on short messages of people the scorer had never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from core.voice.features import measure
from core.voice.ngrams import Rows, count_rows, rarity, take, times, weighted

#: Penalty of the squared weights, per unit of summed log loss (scikit-learn's 1 / C).
RIDGE = 0.1
#: The habits' part: standard deviations of a habit are worth this much beside the runs.
HABIT_SCALE = 0.1
#: A single odd habit (a wall of exclamation marks) counts for no more than this many SDs.
MOST_SPREADS = 4.0


class Features(NamedTuple):
    """Texts made ready for a fit: ``runs`` (counts) and ``habits`` (texts, habits)."""

    runs: Rows
    habits: np.ndarray

    def __len__(self) -> int:
        return len(self.habits)

    def take(self, chosen: np.ndarray) -> Features:
        """The texts with the numbers ``chosen``."""
        return Features(take(self.runs, chosen), self.habits[chosen])


class Scorer(NamedTuple):
    """A fitted scorer; ``logits`` applies it."""

    rarities: np.ndarray
    run_weights: np.ndarray
    habit_means: np.ndarray
    habit_spreads: np.ndarray
    habit_weights: np.ndarray
    intercept: float


def features(texts: Sequence[str]) -> Features:
    """Make texts ready once for several fits or scores."""
    logs = np.log1p(measure(texts))
    return Features(count_rows(texts), logs)


def fit(mine: Sequence[str] | Features, others: Sequence[str] | Features) -> Scorer:
    """Learn to tell my texts from those of others; both sides weigh the same in total.

    Args:
        mine, others: texts, or what ``features`` made of them. Neither may be empty.
    """
    positive = mine if isinstance(mine, Features) else features(mine)
    negative = others if isinstance(others, Features) else features(others)
    if not len(positive) or not len(negative):
        raise ValueError("a scorer needs texts of both sides")
    together = join(positive, negative)
    labels = np.concatenate((np.ones(len(positive)), np.zeros(len(negative))))
    return fit_labelled(together, labels)


def fit_labelled(texts: Features, labels: np.ndarray) -> Scorer:
    """As ``fit``, from one set of features and a label (1 mine, 0 theirs) for each."""
    rarities = rarity(texts.runs)
    runs = weighted(texts.runs, rarities)
    used, columns = np.unique(runs.columns, return_inverse=True)
    compact = Rows(runs.starts, columns, runs.values)
    means = texts.habits.mean(axis=0)
    spreads = texts.habits.std(axis=0)
    spreads = np.where(spreads > 1e-9, spreads, np.inf)
    habits = _standard(texts.habits, means, spreads)
    share = np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (len(labels) - labels.sum()))
    importance = share * len(labels)
    weights = _fit_logistic(compact, len(used), habits, labels, importance)
    run_weights = np.zeros(len(rarities))
    run_weights[used] = weights[: len(used)]
    return Scorer(
        rarities, run_weights, means, spreads, weights[len(used) : -1], float(weights[-1])
    )


def logits(scorer: Scorer, texts: Sequence[str] | Features) -> np.ndarray:
    """Log-odds of "mine" for each text (float64, one for each text)."""
    ready = texts if isinstance(texts, Features) else features(texts)
    runs = times(weighted(ready.runs, scorer.rarities), scorer.run_weights)
    habits = _standard(ready.habits, scorer.habit_means, scorer.habit_spreads)
    return runs + habits @ scorer.habit_weights + scorer.intercept


def join(first: Features, second: Features) -> Features:
    """The texts of both, one after the other."""
    a, b = first.runs, second.runs
    starts = np.concatenate((a.starts, a.starts[-1] + b.starts[1:]))
    runs = Rows(
        starts,
        np.concatenate((a.columns, b.columns)),
        np.concatenate((a.values, b.values)),
    )
    return Features(runs, np.concatenate((first.habits, second.habits)))


def area_under_curve(positive: np.ndarray, negative: np.ndarray) -> float:
    """Chance that a positive value is above a negative one (ties count half); NaN if one is empty."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).sum() / (2 * len(positive) * len(negative)))


def _standard(habits: np.ndarray, means: np.ndarray, spreads: np.ndarray) -> np.ndarray:
    steps = np.clip((habits - means) / spreads, -MOST_SPREADS, MOST_SPREADS)
    return HABIT_SCALE * steps


def _fit_logistic(
    runs: Rows, width: int, habits: np.ndarray, labels: np.ndarray, importance: np.ndarray
) -> np.ndarray:
    """Weights of (runs, habits, intercept) that minimise the penalised log loss."""
    row = np.repeat(np.arange(len(runs)), np.diff(runs.starts))
    penalty = np.full(width + habits.shape[1] + 1, RIDGE)
    penalty[-1] = 0.0

    def loss_and_slope(weights: np.ndarray) -> tuple[float, np.ndarray]:
        lines = np.bincount(row, runs.values * weights[runs.columns], minlength=len(runs))
        scores = lines + habits @ weights[width:-1] + weights[-1]
        loss = np.logaddexp(0, scores) - labels * scores
        chance = 0.5 * (1 + np.tanh(scores / 2))
        error = importance * (chance - labels)
        slope = np.concatenate(
            (
                np.bincount(runs.columns, runs.values * error[row], minlength=width),
                habits.T @ error,
                [error.sum()],
            )
        )
        penalised = importance @ loss + 0.5 * (penalty * weights) @ weights
        return float(penalised), slope + penalty * weights

    return minimise(loss_and_slope, np.zeros(len(penalty)))


def minimise(
    loss_and_slope: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    *,
    steps: int = 200,
    memory: int = 10,
    tolerance: float = 1e-3,
) -> np.ndarray:
    """Smallest value of a smooth convex function by L-BFGS (Liu & Nocedal 1989).

    Stops when the largest slope is below ``tolerance`` times the first one, or after ``steps``.
    """
    point = start
    value, slope = loss_and_slope(point)
    goal = tolerance * max(1e-12, float(np.abs(slope).max()))
    moves: list[tuple[np.ndarray, np.ndarray, float]] = []
    for _ in range(steps):
        if np.abs(slope).max() <= goal:
            break
        direction = _two_loops(slope, moves)
        downhill = float(direction @ slope)
        stride = 1.0 if moves else 1.0 / max(1.0, float(np.abs(slope).sum()))
        while True:
            candidate = point + stride * direction
            new_value, new_slope = loss_and_slope(candidate)
            if new_value <= value + 1e-4 * stride * downhill or stride < 1e-10:
                break
            stride *= 0.5
        moved, bent = candidate - point, new_slope - slope
        curve = float(moved @ bent)
        if curve > 1e-12:
            moves = [*moves, (moved, bent, 1.0 / curve)][-memory:]
        point, value, slope = candidate, new_value, new_slope
    return point


def _two_loops(
    slope: np.ndarray, moves: Sequence[tuple[np.ndarray, np.ndarray, float]]
) -> np.ndarray:
    direction = -slope
    kept = []
    for moved, bent, inverse in reversed(moves):
        part = inverse * float(moved @ direction)
        direction = direction - part * bent
        kept.append(part)
    if moves:
        moved, bent, inverse = moves[-1]
        direction = direction / (inverse * float(bent @ bent))
    for (moved, bent, inverse), part in zip(moves, reversed(kept), strict=True):
        direction = direction + (part - inverse * float(bent @ direction)) * moved
    return direction
