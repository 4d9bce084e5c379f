"""How sure can one be? Intervals and tests, exact where that is cheap, without scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

#: Two-sided 95 % everywhere.
CONFIDENCE = 0.95
_Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


class Interval(NamedTuple):
    """A range that holds the true value 95 times in 100."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies inside."""
        return self.low <= value <= self.high


def wilson(successes: int, rounds: int) -> Interval:
    """Wilson's score interval for a share (Wilson 1927); the whole range without rounds."""
    if not rounds:
        return Interval(0.0, 1.0)
    share, step = successes / rounds, _Z**2 / rounds
    middle = (share + step / 2) / (1 + step)
    half = _Z / (1 + step) * math.sqrt(share * (1 - share) / rounds + step / (4 * rounds))
    # Rounding must not push a share of 0 or 1 out of its own interval.
    return Interval(min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)))


def coin_chance(successes: int, rounds: int) -> float:
    """Exact two-sided chance that a fair coin is at least as far from half."""
    extreme = max(successes, rounds - successes)
    if 2 * extreme == rounds:
        return 1.0
    tail = sum(math.comb(rounds, k) for k in range(extreme, rounds + 1))
    return min(1.0, 2 * tail / 2**rounds)


def evidence(successes: int, rounds: int) -> float:
    """Evidence against a fair coin that may be looked at after every round.

    The uniform mixture of binomial likelihoods over the fair one: under a fair coin it exceeds
    20 at any time at all with a chance of 1 in 20 at most (Ville 1939), so a game may stop when
    it does.
    """
    logs = (
        math.lgamma(successes + 1)
        + math.lgamma(rounds - successes + 1)
        - math.lgamma(rounds + 2)
        + rounds * math.log(2)
    )
    return math.exp(logs)


def t_quantile(freedom: float) -> float:
    """97.5 % point of Student's t (Cornish-Fisher, within 2 % from 3 degrees of freedom up)."""
    z, v = _Z, max(freedom, 2.0)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )


def widening(count: int) -> float:
    """What a bootstrap deviation of a mean of ``count`` values must be multiplied by.

    A bootstrap knows neither that it estimated the spread (Student's t) nor that its variance is
    too small by (n-1)/n; both matter below about 50.
    """
    if count < 2:
        return 1.0
    return t_quantile(count - 1) / _Z * math.sqrt(count / (count - 1))


def resampled_means(
    values: np.ndarray, cluster: np.ndarray, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Bootstrap means of ``values``, whole clusters at a time (float64, one for each draw).

    Args:
        values: float64 (n,), n > 0.
        cluster: int (n,); values of one cluster are drawn together.
    """
    _, place = np.unique(cluster, return_inverse=True)
    count = int(place.max()) + 1
    sums = np.bincount(place, values, minlength=count)
    sizes = np.bincount(place, minlength=count)
    picks = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    means = (picks @ sums) / (picks @ sizes)
    middle = values.mean()
    return middle + (means - middle) * widening(count)


def percentiles(draws: np.ndarray, confidence: float = CONFIDENCE) -> Interval:
    """The middle ``confidence`` of the draws."""
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(float(low), float(high))


class Strength(NamedTuple):
    """A Bradley-Terry strength: ``share`` is the chance to win against an average opponent."""

    name: str
    share: float
    interval: Interval
    wins: float
    rounds: int


def bradley_terry(
    names: Sequence[str], won: Sequence[tuple[str, str]], *, prior: float = 0.5
) -> list[Strength]:
    """Strengths from pairwise results, strongest first (Bradley & Terry 1952).

    Args:
        names: who takes part; those without a round keep an open interval.
        won: (winner, loser) for each round.
        prior: virtual wins and losses of everybody against the average, so that a clean sheet
            does not become infinitely strong.
    """
    place = {name: number for number, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for winner, loser in won:
        table[place[winner], place[loser]] += 1
    games = table + table.T
    strength = np.zeros(len(names))
    for _ in range(50):
        chance = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
        against_average = 1 / (1 + np.exp(-strength))
        slope = (table - games * chance).sum(axis=1) + prior * (1 - 2 * against_average)
        curve = games * chance * (1 - chance)
        bend = np.diag(curve.sum(axis=1)) - curve
        bend += np.diag(2 * prior * against_average * (1 - against_average))
        step = np.linalg.solve(bend, slope)
        strength = strength + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    spread = np.sqrt(np.diag(np.linalg.inv(bend)))
    found = [
        Strength(
            name,
            _squash(strength[number]),
            Interval(
                _squash(strength[number] - _Z * spread[number]),
                _squash(strength[number] + _Z * spread[number]),
            ),
            float(table[number].sum()),
            int(games[number].sum()),
        )
        for number, name in enumerate(names)
    ]
    return sorted(found, key=lambda one: -one.share)


def _squash(value: float) -> float:
    return float(1 / (1 + math.exp(-value)))
