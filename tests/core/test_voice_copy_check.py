"""A copying model is caught, my own habits of repeating myself are not."""

from __future__ import annotations

import random

import pytest

from core.voice.canaries import Canary, exposure, make_canaries, recalled
from core.voice.copies import CopyIndex, units
from core.voice.copy_check import copy_check, covered_share

WORDS = [
    "harbour",
    "lamp",
    "ticket",
    "gull",
    "engine",
    "rope",
    "night",
    "coffee",
    "rain",
    "boots",
    "queue",
    "biscuit",
    "radio",
    "fog",
    "window",
    "sailor",
    "timetable",
    "parcel",
    "bell",
    "stairs",
    "ladder",
    "heron",
    "tide",
    "cabin",
    "kettle",
    "blanket",
    "mirror",
    "song",
]


def sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(6, 14)))


RNG = random.Random(5)
TRAINING = [sentence(RNG) for _ in range(300)] + ["see you there"]
HELD_OUT = [sentence(RNG) for _ in range(80)] + ["see you there"]
FRESH = [sentence(RNG) for _ in range(80)]
INDEX = CopyIndex(TRAINING)


def one_word_changed(text: str) -> str:
    words = text.split()
    words[len(words) // 2] = "something"
    return " ".join(words)


@pytest.mark.parametrize(
    ("answers", "finding"),
    [
        (FRESH, False),
        (TRAINING[:60] + FRESH[:20], True),
        (TRAINING[:5] + FRESH[:75], True),
        ([f"well, {text.upper()}!" for text in TRAINING[:40]], True),
        (["see you there"] * 50 + FRESH[:20], False),
        ([], False),
    ],
    ids=["fresh", "copies", "a few copies", "dressed up", "everyday phrase", "nothing"],
)
def test_finding(answers, finding):
    assert copy_check(answers, INDEX, TRAINING, HELD_OUT).finding is finding


def test_rates_and_offenders():
    checked = copy_check([*FRESH[:8], TRAINING[7], TRAINING[9]], INDEX, TRAINING, HELD_OUT)
    assert checked.model.exact == pytest.approx(0.2)
    assert checked.chance.exact == 0
    assert checked.chance.too_short == 1
    assert {(one.answer, one.source) for one in checked.offenders if one.exact} == {(8, 7), (9, 9)}
    assert all(one.source_text == TRAINING[one.source] for one in checked.offenders)
    assert checked.interval.holds(checked.model.long_run)


def test_a_changed_word_is_still_a_near_copy():
    long = "harbour lamp ticket gull engine rope night coffee rain boots queue biscuit radio"
    index = CopyIndex([long])
    changed = units(one_word_changed(long))
    assert covered_share(changed, index.runs(changed)) == pytest.approx(12 / 13)
    other = units("harbour lamp window gull")
    assert covered_share(other, index.runs(other)) == 0
    assert covered_share([], []) == 0
    checked = copy_check([one_word_changed(long)], index, [long], HELD_OUT).model
    assert (checked.exact, checked.near, checked.stitched) == (0, 1, 1)


def test_pieces_of_several_texts_are_stitched_not_near():
    training = [
        "harbour lamp ticket gull engine",
        "rope night coffee rain boots",
        "fog window sailor bell stairs",
    ]
    stitched = ["harbour lamp ticket gull rope night coffee rain fog window sailor bell"]
    rates = copy_check(stitched, CopyIndex(training), training, HELD_OUT).model
    assert (rates.exact, rates.near, rates.stitched, rates.long_run) == (0, 0, 1, 0)


def test_characters_count_half_a_word():
    training = ["今日は天気がいいですね散歩に行きましょう"]
    checked = copy_check(training, CopyIndex(training), training, ["明日は雨が降るそうです"])
    assert checked.model.exact == 1 and checked.model.long_run == 1


def test_canaries_are_found_only_when_learnt():
    planted, other = make_canaries(2, seed=3)
    assert planted != other and make_canaries(2, seed=3) == [planted, other]

    def loss(text: str) -> float:
        return 1.0 if text == planted.text else 9.0 + sum(map(ord, text)) % 13 / 100

    assert exposure(loss, planted, candidates=64).bits == 6
    assert exposure(loss, planted, candidates=64).memorised
    assert not exposure(lambda text: 9.0, other, candidates=64).memorised


@pytest.mark.parametrize(
    ("answers", "times"), [(["it is 123 456", "123456!", "123 450"], 2), ([], 0)]
)
def test_recalled(answers, times):
    assert recalled(Canary("The code is", "123 456"), answers) == times
