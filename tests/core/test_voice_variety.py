"""Variety: loops, babble, one answer for all and assistants are named; I am not."""

from __future__ import annotations

import itertools
import random

import pytest

from benchmarks.authors import random_hand, write
from core.voice import assistant
from core.voice.variety import (
    distinct_pairs,
    is_looping,
    known_language,
    language_mix,
    nearest_similarity,
    variety,
)

ME = random_hand(1)
TRAINING, MINE = write(ME, 300, 0), write(ME, 100, 1)
KNOWN = known_language(TRAINING + [t for n in range(6) for t in write(random_hand(70 + n), 50, 0)])


def character_babble(count: int, order: int) -> list[str]:
    rng = random.Random(0)
    text = "\n".join(TRAINING)
    following: dict[str, list[str]] = {}
    for place in range(len(text) - order):
        following.setdefault(text[place : place + order], []).append(text[place + order])
    babble = text[:order]
    while len(babble) < 70 * count:
        babble += rng.choice(following.get(babble[-order:], [" "]))
    return [babble[n * 70 : n * 70 + 70] for n in range(count)]


def salad(count: int) -> list[str]:
    rng = random.Random(1)
    words = [word for text in TRAINING for word in text.split()]
    return [" ".join(rng.sample(words, 10)) for _ in range(count)]


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        (character_babble(60, 2), "babble"),
        (character_babble(60, 4), "babble"),
        (salad(60), "babble"),
        (["the bus was the bus was the bus was the bus was late"] * 30, "loop"),
        (["This is what I always say, my friends."] * 30, "repeats"),
        ([*MINE[:20], *[""] * 10], "empty"),
        (["I'm sorry, but I can't help with that request."] * 30, "refuses"),
        ([f"- {one}\n- {two}" for one, two in itertools.pairwise(MINE)], "lists"),
        (["Я сегодня дома и никуда не пойду, потому что идёт дождь"] * 30, "Russian"),
        ([" ".join(MINE[n : n + 6]) for n in range(60)], "up to"),
    ],
)
def test_findings(answers, word):
    assert any(word in finding for finding in variety(answers, MINE, KNOWN).findings)


def test_nothing_to_say_about_me():
    found = variety(write(ME, 100, 2), MINE, KNOWN)
    assert found.findings == ()
    assert found.model.distinct_2 == pytest.approx(found.mine.distinct_2, abs=0.1)


def test_distinct_pairs_compares_the_same_amount():
    texts = [["a", "b", "a", "b"], ["a", "b"]]
    assert distinct_pairs(texts, 100) == pytest.approx(2 / 4)
    assert distinct_pairs(texts, 3) == 1.0
    assert distinct_pairs([], 5) == 1.0


@pytest.mark.parametrize(
    ("text", "looping"),
    [
        ("no no no no no no no no", True),
        ("a b c a b c a b c", True),
        ("a b c d e f g h i", False),
        ("ha ha ha", False),
    ],
)
def test_looping(text, looping):
    assert is_looping(text.split()) is looping


def test_nearest_neighbours():
    assert nearest_similarity(["the same words", "the same words"]) == pytest.approx(1, abs=1e-5)
    assert nearest_similarity(["abc def", "xyz uvw"]) < 0.05
    assert nearest_similarity(["one"]) == 0


def test_language_mix():
    english = ["this is a message about the weather in the harbour today"] * 4
    spanish = ["hoy no puedo ir porque tengo que trabajar hasta muy tarde"] * 4
    mix = language_mix(english * 3 + spanish)
    assert list(mix) == ["English", "Spanish"] and mix["English"] > 0.6
    assert language_mix(["ok"]) == {}


@pytest.mark.parametrize(
    ("mark", "text", "expected"),
    [
        ("self_talk", "As an AI language model, I have no bike", True),
        ("self_talk", "I'm an AI", True),
        ("self_talk", "I work as an aide", False),
        ("self_talk", "Como modelo de lenguaje no tengo bici", True),
        ("refusals", "I’m sorry, but I cannot do that", True),
        ("refusals", "I can't help laughing", True),
        ("refusals", "sorry but i was late", False),
        ("phrases", "Certainly! The bus is late.", True),
        ("phrases", "it will certainly rain", False),
        ("lists", "1. milk\n2. eggs", True),
        ("lists", "**Title**", True),
        ("lists", "- just one line", False),
        ("hedges", "It depends on the day", True),
    ],
)
def test_marks_of_an_assistant(mark, text, expected):
    assert assistant.shows(mark, text) is expected
