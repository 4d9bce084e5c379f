"""Features, runs and the fitted scorer."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.authors import HANDS, write
from core.voice import ngrams, scorer
from core.voice.features import HABITS, KEYS, emoji, measure


@pytest.mark.parametrize(
    ("text", "habits"),
    [
        ("so good 😂😂", {"starts_small": 1, "emoji": 2, "ends_emoji": 1, "words": 2}),
        ("Hello there.", {"starts_capital": 1, "ends_stop": 1, "sentences": 1}),
        ("wait... what?! i can't", {"doubled": 1, "small_i": 1, "contractions": 1, "dots": 1}),
        ("fine...", {"ends_dots": 1, "ends_stop": 0}),
        ("haha yes :)", {"laughs": 1, "smileys": 1}),
        ("ЯЯЯ хахаха", {"laughs": 1, "shouted": 1}),
        ("今日は。", {"ends_stop": 1, "starts_small": 0, "starts_capital": 0}),
        ("see www.example.com/?a=b", {"links": 1, "questions": 0, "stretched": 0}),
        ("sooo u @dave #tag", {"stretched": 1, "short_spelling": 1, "hashtags": 1}),
        ("one\ntwo\n", {"lines": 1}),
        ("", dict.fromkeys(KEYS, 0)),
    ],
)
def test_habits(text, habits):
    found = dict(zip(KEYS, measure([text])[0], strict=True))
    assert {key: found[key] for key in habits} == habits


def test_one_emoji_is_one():
    assert emoji("👨‍👩‍👧 🇫🇷 👍🏽 ❤️ © 7") == ["👨‍👩‍👧", "🇫🇷", "👍🏽", "❤️"]


def test_habits_have_names_of_their_own():
    assert len({habit.name for habit in HABITS}) == len({habit.key for habit in HABITS}) >= 30


def slow_runs(text: str) -> int:
    padded = f" {' '.join(text.split())} "
    return len(
        {
            padded[i : i + n]
            for n in ngrams.LENGTHS
            for i in range(len(padded) - n + 1)
            if " " not in padded[i + 1 : i + n - 1]
        }
    )


@pytest.mark.parametrize("text", ["a", "to be or not", "x  y\nz", "héllo 😂 wörld", "", "今日は"])
def test_runs_stay_inside_words(text):
    rows = ngrams.count_rows(["before", text, "after"])
    assert rows.starts[2] - rows.starts[1] == slow_runs(text)


def test_rows_have_length_one_and_can_be_taken():
    rows = ngrams.count_rows(["hello hello there", "", "bye"])
    ready = ngrams.weighted(rows, ngrams.rarity(rows))
    norms = [
        np.linalg.norm(ready.values[a:b])
        for a, b in zip(ready.starts, ready.starts[1:], strict=False)
    ]
    assert norms == pytest.approx([1, norms[1], 1])
    back = ngrams.take(ready, np.array([2, 0]))
    weights = np.random.default_rng(0).normal(size=ngrams.WIDTH)
    assert ngrams.times(back, weights) == pytest.approx(ngrams.times(ready, weights)[[2, 0]])


def test_minimum_of_a_quadratic():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(12, 12))
    matrix, goal = root @ root.T + np.eye(12), rng.normal(size=12)

    def bowl(point):
        gap = point - goal
        return float(gap @ matrix @ gap) / 2, matrix @ gap

    found = scorer.minimise(bowl, np.zeros(12), tolerance=1e-8)
    assert found == pytest.approx(goal, abs=1e-5)


def test_tells_two_hands_apart_and_ignores_how_many_there_are():
    mine, theirs = write(HANDS[1], 60, 1), write(HANDS[0], 240, 1)
    fitted = scorer.fit(mine, theirs)
    new_mine = scorer.logits(fitted, write(HANDS[1], 80, 2))
    new_theirs = scorer.logits(fitted, write(HANDS[0], 80, 2))
    assert scorer.area_under_curve(new_mine, new_theirs) > 0.95
    assert np.median(new_mine) > 0 > np.median(new_theirs)


def test_a_scorer_needs_both_sides():
    with pytest.raises(ValueError, match="both sides"):
        scorer.fit(["hello"], [])


@pytest.mark.parametrize(
    ("high", "low", "area"), [([2, 3], [0, 1], 1.0), ([1], [1], 0.5), ([0], [1, 2], 0.0)]
)
def test_area_under_curve(high, low, area):
    assert scorer.area_under_curve(np.array(high), np.array(low)) == area
