"""Detectability: real against real is no better than a coin, an assistant is caught at once."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.authors import HANDS, random_hand, write
from core.problems import Problem
from core.voice.detectability import detectability, habit_tells, null_band, word_tells

ME = random_hand(1)
REAL = write(ME, 120, 0)
ASSISTANT = [f"Certainly! I hope this message number {n} helps you." for n in range(60)]


@pytest.fixture(scope="module")
def null():
    return null_band(REAL, 60)


def test_real_against_real_is_a_coin(null):
    found = detectability(REAL, write(ME, 60, 4), null=null)
    assert null.low < 0.5 < null.high < 0.75
    assert not found.told_apart
    assert found.interval.low < 0.6


def test_an_assistant_is_caught_and_says_why(null):
    found = detectability(REAL, ASSISTANT, null=null)
    assert found.told_apart and found.area > 0.98
    sentences = [tell.sentence() for tell in found.tells]
    assert any(one.startswith("ends with a full stop: 100 % against") for one in sentences)
    assert any("certainly" in tell.name for tell in found.telling_words)


def test_strangers_lie_between(null):
    strangers = [write(random_hand(900 + n), 1, 0)[0] for n in range(60)]
    found = detectability(REAL, strangers, null=null)
    assert 0.55 < found.area < 0.95


def test_what_the_prompts_are_about_gives_nothing_away():
    # Real and generated share a rare word by prompt; in one fold, it must not hurt or help.
    topics = [f"zebra{n}x" for n in range(60)]
    real = [f"{topic} {text}" for topic, text in zip(topics, write(ME, 60, 1), strict=True)]
    generated = [f"{topic} {text}" for topic, text in zip(topics, write(ME, 60, 2), strict=True)]
    found = detectability(real, generated, prompts=list(range(60)))
    assert 0.3 < found.area < 0.7


@pytest.mark.parametrize(("real", "answers"), [(REAL, ASSISTANT[:19]), (REAL[:19], ASSISTANT)])
def test_too_few(real, answers):
    with pytest.raises(Problem, match="19"):
        detectability(real, answers)


def test_tells_need_more_than_chance():
    assert not habit_tells(write(ME, 60, 1), write(ME, 60, 2))
    mabel, dez = write(HANDS[0], 60, 1), write(HANDS[1], 60, 1)
    tells = habit_tells(dez, mabel)
    assert {"starts in lower case", "ends with a full stop"} <= {tell.name for tell in tells}
    assert all(abs(a.z) >= abs(b.z) for a, b in itertools.pairwise(tells))
    assert "says “dreadfully”" in {tell.name for tell in word_tells(dez, mabel)}
