"""The voice score: known cases land where they must, intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.authors import HANDS, random_hand, write
from core.problems import Problem
from core.voice import score
from core.voice.score import Scale, make_scale, place, voice_score

ME = random_hand(1)
OTHERS = {f"person {n}": write(random_hand(100 + n), 60, 0) for n in range(8)}
STRANGERS = [write(random_hand(500 + n), 1, 0)[0] for n in range(200)]


@pytest.fixture(scope="module")
def scale():
    return make_scale(write(ME, 200, 0), OTHERS)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (write(ME, 200, 5), 100),
        (write(ME, 100, 5) + STRANGERS[:100], 50),
        (STRANGERS, 0),
    ],
    ids=["me", "half", "strangers"],
)
def test_known_cases(scale, answers, expected):
    found = voice_score(scale, answers)
    assert found.value == pytest.approx(expected, abs=18)
    assert found.interval.holds(expected)


def test_assistant_style_lies_below_strangers_or_near(scale):
    answers = [
        f"Certainly! Here is a short message about topic {n}. I hope this helps." for n in range(40)
    ]
    assert voice_score(scale, answers).interval.high < 50


def test_bands_frame_me_and_the_others(scale):
    found = voice_score(scale, write(ME, 50, 6))
    assert found.me_band.holds(100)
    assert found.others_band.holds(0)
    assert found.others_band.high < found.me_band.low


def test_the_scale_says_what_it_rests_on(scale):
    assert scale.single_area > 0.7 and scale.ten_area > scale.single_area
    assert scale.negatives == "Compared with 8 other people (480 texts)."


def test_neutral_texts_only_fill_up():
    few = {name: texts[:12] for name, texts in OTHERS.items()}
    neutral = [f"The weather is mild on day {n}." for n in range(400)]
    made = make_scale(write(ME, 60, 0), few, neutral=neutral)
    assert made.negatives == "Compared with 8 other people (96 texts) and 204 neutral texts."


def test_empty_answers_are_counted_apart(scale):
    found = voice_score(scale, [*write(ME, 20, 7), "", "  "])
    assert (found.answers, found.empty) == (20, 2)


def test_same_prompt_answers_widen_the_interval(scale):
    answers = [text for text in write(ME, 12, 8) for _ in range(6)]
    apart = voice_score(scale, answers).interval
    together = voice_score(scale, answers, np.repeat(np.arange(12), 6).tolist()).interval
    assert together.high - together.low > apart.high - apart.low


@pytest.mark.parametrize(
    ("mine", "others", "word"),
    [
        (write(ME, 29, 0), OTHERS, "29 of your texts"),
        (write(ME, 60, 0), {"one": OTHERS["person 0"]}, "no voice score"),
        (write(ME, 60, 0), {"one": OTHERS["person 0"], "quiet": ["hi"]}, "no voice score"),
        (write(ME, 60, 0), {}, "no voice score"),
        (write(ME, 60, 0), {str(n): ["hello you"] for n in range(29)}, "no voice score"),
        (write(ME, 80, 0), {str(n): write(ME, 80, n + 1) for n in range(3)}, "too alike"),
    ],
)
def test_refuses_with_a_reason(mine, others, word):
    with pytest.raises(Problem) as refused:
        make_scale(mine, others)
    assert word in refused.value.message and refused.value.hint


def test_never_a_score_for_a_single_message(scale):
    with pytest.raises(Problem) as refused:
        voice_score(scale, ["just this one"])
    assert "too few" in refused.value.message


def made_up_scale(rng: np.random.Generator, mine: int, people: int) -> Scale:
    """A scale whose true floor is -1 and true ceiling +1."""
    person = np.repeat(np.arange(people), 40)
    others = -1 + 0.4 * rng.normal(size=people)[person] + rng.normal(size=40 * people)
    texts = 1 + rng.normal(size=mine)
    names = tuple(str(n) for n in range(people))
    return Scale((), texts, np.zeros(mine, int), others, person, names, 0.9, 0.99, "", ())


@pytest.mark.parametrize(("mine", "people", "answers"), [(40, 3, 20), (60, 5, 50), (200, 12, 100)])
@pytest.mark.parametrize("truth", [0, 50, 100])
def test_intervals_hold_the_truth(monkeypatch, mine, people, answers, truth):
    monkeypatch.setattr(score, "DRAWS", 300)
    rng = np.random.default_rng(truth + mine)
    held = 0
    for _ in range(120):
        scale = made_up_scale(rng, mine, people)
        values = truth / 50 - 1 + rng.normal(size=answers)
        held += place(scale, values, np.arange(answers)).interval.holds(truth)
    assert held / 120 >= 0.9


def test_whole_way_intervals_hold_half_and_half(monkeypatch):
    monkeypatch.setattr(score, "DRAWS", 300)
    held = 0
    for trial in range(12):
        me = random_hand(9000 + trial)
        others = {str(n): write(random_hand(20 * trial + n), 40, 0) for n in range(6)}
        strangers = [write(random_hand(4000 + 50 * trial + n), 1, 0)[0] for n in range(30)]
        made = make_scale(write(me, 80, 0), others, seed=trial)
        held += voice_score(made, write(me, 30, 1) + strangers).interval.holds(50)
    assert held >= 11


def test_hands_that_a_reader_would_know():
    texts = {hand.name: write(hand, 80, 0) for hand in HANDS}
    me = HANDS[2].name
    made = make_scale(texts[me], {name: t for name, t in texts.items() if name != me})
    assert made.ten_area > 0.99
    assert voice_score(made, write(HANDS[2], 60, 3)).interval.holds(100)
    assert voice_score(made, write(HANDS[0], 60, 3)).interval.high < 50


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [([12, 30], [12, 30]), ([1] * 25, [10, 15]), ([4, 4, 4, 11], [11, 12]), ([3, 3], []), ([], [])],
)
def test_people_with_few_texts_stand_together(sizes, groups):
    people = {str(n): ["text"] * size for n, size in enumerate(sizes)}
    assert sorted(map(len, score.pool_small(people).values())) == groups


def test_a_hundred_passed_on_posts_are_enough():
    strangers = {str(n): write(random_hand(700 + n), 1, 0) for n in range(100)}
    made = make_scale(write(ME, 120, 0), strangers)
    assert made.negatives == "Compared with 100 other people (100 texts)."
    assert voice_score(made, write(ME, 80, 3)).interval.holds(100)
