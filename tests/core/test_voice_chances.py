"""Intervals and tests against known values."""

from __future__ import annotations

import numpy as np
import pytest

from core.voice import chances


@pytest.mark.parametrize(
    ("right", "rounds", "low", "high"),
    [(10, 20, 0.299, 0.701), (0, 10, 0.0, 0.278), (50, 100, 0.404, 0.596), (0, 0, 0.0, 1.0)],
)
def test_wilson(right, rounds, low, high):
    assert chances.wilson(right, rounds) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize(("rounds", "needed"), [(10, 9), (20, 15), (30, 21), (50, 33), (100, 61)])
def test_coin_needs_as_many_as_the_tables_say(rounds, needed):
    assert chances.coin_chance(needed, rounds) < 0.05 <= chances.coin_chance(needed - 1, rounds)
    assert chances.coin_chance(rounds - needed, rounds) == chances.coin_chance(needed, rounds)


def test_looking_after_every_round_stays_honest():
    rng = np.random.default_rng(1)
    tosses = rng.integers(0, 2, (2000, 100)).cumsum(axis=1)
    fooled = sum(
        any(chances.evidence(int(right), n + 1) >= 20 for n, right in enumerate(row))
        for row in tosses[:400]
    )
    assert fooled / 400 <= 0.05


def test_evidence_grows_when_the_coin_is_loaded():
    assert chances.evidence(5, 5) < 20 <= chances.evidence(9, 9)


@pytest.mark.parametrize(("freedom", "value"), [(4, 2.776), (9, 2.262), (29, 2.045), (200, 1.972)])
def test_t_quantile(freedom, value):
    assert chances.t_quantile(freedom) == pytest.approx(value, rel=0.01)


def test_bootstrap_interval_of_a_mean_holds_it():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        values = rng.exponential(size=25)
        draws = chances.resampled_means(values, np.arange(25), 400, rng)
        held += chances.percentiles(draws).holds(1.0)
    assert held / 200 >= 0.9


def test_clusters_are_drawn_together():
    rng = np.random.default_rng(3)
    values = np.repeat(rng.normal(size=20), 10)
    apart = chances.resampled_means(values, np.arange(200), 800, rng).std()
    together = chances.resampled_means(values, np.repeat(np.arange(20), 10), 800, rng).std()
    assert together > 2.5 * apart


def test_bradley_terry_ranks_and_shows_doubt():
    won = [("b", "a")] * 9 + [("a", "b")] * 3 + [("c", "b")] * 8 + [("b", "c")] * 4
    ranked = chances.bradley_terry(["a", "b", "c", "nobody"], won)
    assert [one.name for one in ranked if one.rounds] == ["c", "b", "a"]
    nobody = next(one for one in ranked if one.name == "nobody")
    assert nobody.share == pytest.approx(0.5)
    assert nobody.interval.low < 0.06 and nobody.interval.high > 0.94
    assert all(one.interval.holds(one.share) for one in ranked)
    assert 0.5 < chances.bradley_terry(["a", "b"], [("a", "b")] * 5)[0].share < 1
