"""Copies: the longest verbatim run, checked against a slow and obvious search."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.voice.copies import CopyIndex, longest_copy, units, weight

TRAINING = [
    "the quick brown fox jumps",
    "lazy dogs sleep all day long today",
    "今日は天気がいいですね散歩",
    "",
    "😂😂",
]


@pytest.mark.parametrize(
    ("text", "words", "run", "source"),
    [
        ("I saw the Quick brown fox, jumps high", 5, "the Quick brown fox, jumps", 0),
        ("dogs sleep all night", 3, "dogs sleep all", 1),
        ("jumps lazy", 1, "jumps", 0),
        ("天気がいいですよ", 7, "天気がいいです", 2),
        ("nothing here", 0, "", -1),
        ("", 0, "", -1),
        ("😂😂", 0, "", -1),
    ],
)
def test_longest_run(text, words, run, source):
    found = longest_copy(text, CopyIndex(TRAINING))
    assert (found.words, found.text, found.source) == (words, run, source)


def test_share_is_part_of_the_words():
    assert longest_copy("the quick red fox", TRAINING).share == 0.5
    assert longest_copy("the quick brown fox jumps", TRAINING).share == 1.0


@pytest.mark.parametrize("training", [[], [""], ["", "!?"]])
def test_nothing_to_copy_from(training):
    assert longest_copy("hello there", training).words == 0


def test_a_character_weighs_half_a_word():
    assert weight(units("two words")) == 2
    assert weight(units("天気")) == 1


def slow_longest(text: str, training: list[str]) -> int:
    words = text.split()
    spans = [(i, j) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    held = [f" {source} " for source in training]
    return max(
        (j - i for i, j in spans if any(f" {' '.join(words[i:j])} " in h for h in held)), default=0
    )


sentences = st.lists(st.sampled_from("abcd"), max_size=10).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(sentences, st.lists(sentences, max_size=5))
def test_agrees_with_a_slow_search(text, training):
    assert longest_copy(text, training).words == slow_longest(text, training)


def test_runs_longer_than_a_probe():
    long = " ".join(f"w{number % 97}x{number}" for number in range(300))
    twice = [long.replace("w50x147", "other"), long]
    found = longest_copy(f"start {long} end", twice)
    assert (found.words, found.source) == (300, 1)
