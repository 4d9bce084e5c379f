"""The parts: sizes, whole pieces, the whole period, no leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.settings import DatasetSettings
from core.split import (
    choose_units,
    held_out_target,
    repeated_examples,
    straddlers,
    validation_target,
)


@pytest.mark.parametrize(
    ("count", "share", "target", "sentences"),
    [
        (1000, 0.2, 200, 0),
        (10_000, 0.2, 500, 0),
        (30, 0.2, 10, 1),
        (20, 0.2, 10, 1),
        (19, 0.2, 0, 1),
        (0, 0.2, 0, 0),
        (1000, 0.0, 0, 0),
        (20, 0.9, 10, 0),
    ],
)
def test_held_out_size(count, share, target, sentences):
    made, said = held_out_target(count, DatasetSettings(held_out_share=share))
    assert (made, len(said)) == (target, sentences)


@pytest.mark.parametrize(
    ("total", "remaining", "target"), [(1000, 800, 100), (20, 10, 0), (13, 13, 1), (12, 11, 1)]
)
def test_validation_size_leaves_ten_to_train_on(total, remaining, target):
    assert validation_target(total, remaining, DatasetSettings())[0] == target


@pytest.mark.parametrize(
    ("total", "remaining", "target"),
    [
        (1000, 800, 160),
        (10_000, 9500, 1900),
        (1000, 1000, 200),
        (13, 13, 3),
        (12, 12, 2),
        (20, 10, 0),
    ],
)
def test_topics_split_what_is_left_into_four_fifths_and_one(total, remaining, target):
    topics = DatasetSettings(recipe="topics")
    assert validation_target(total, remaining, topics)[0] == target
    own = replace(topics, validation_share=0.1)
    assert validation_target(1000, 800, own)[0] == 100
    mixed = replace(topics, mix=(("topics", 0.5), ("replies", 0.5)))
    assert validation_target(1000, 800, mixed)[0] == 100


def times(count):
    return np.arange(count).astype("datetime64[h]").astype("datetime64[ms]")


def test_units_stay_whole_and_cover_the_period():
    unit = np.repeat(np.arange(200), 5)
    settings = DatasetSettings()
    aside = choose_units(unit, times(1000), 200, settings, np.random.default_rng(0))
    assert 190 <= aside.sum() <= 210
    per_unit = aside.reshape(200, 5).sum(axis=1)
    assert set(per_unit.tolist()) == {0, 5}
    tenths = aside.reshape(10, 100).sum(axis=1)
    assert tenths.min() >= 10


def test_by_time_takes_the_latest():
    unit = np.arange(100)
    aside = choose_units(
        unit, times(100), 20, DatasetSettings(split_by="time"), np.random.default_rng(0)
    )
    assert np.flatnonzero(aside).tolist() == list(range(80, 100))


def test_by_time_never_takes_everything():
    aside = choose_units(
        np.array([1, 1, 1]), times(3), 2, DatasetSettings(split_by="time"), np.random.default_rng(0)
    )
    assert not aside.any()


def test_a_giant_unit_is_not_set_aside():
    unit = np.r_[np.zeros(500, int), np.arange(1, 101)]
    aside = choose_units(unit, times(600), 60, DatasetSettings(), np.random.default_rng(0))
    assert not aside[:500].any()
    assert 50 <= aside.sum() <= 70


def test_the_seed_decides():
    unit = np.arange(300)

    def pick(seed):
        rng = np.random.default_rng(seed)
        return choose_units(unit, times(300), 60, DatasetSettings(), rng)

    assert (pick(1) == pick(1)).all()
    assert (pick(1) != pick(2)).any()


def test_copies_leave_the_later_part():
    part = np.array([0, 1, 2, 2])
    chosen = np.arange(4)
    group = np.array([7, 7, 8, 8])
    left = straddlers(part, chosen, chosen, chosen, group)
    assert left.tolist() == [False, True, False, False]
    group = np.array([7, 8, 8, -1])
    assert straddlers(part, chosen, chosen, chosen, group).tolist() == [False, False, True, False]


def test_a_copy_shown_as_context_counts():
    part = np.array([0, 2])
    group = np.array([5, -1, 5])
    left = straddlers(part, np.array([0, 2]), np.array([1, 2]), np.array([1, 2]), group)
    assert left.tolist() == [False, True]


def test_same_examples_leave_and_different_contexts_stay():
    prompts, answers = ["hi", "hi", "hey", "hi"], ["yo", "yo", "yo", "no"]
    part = np.array([0, 2, 2, 2])
    chosen = np.arange(4)
    shown, group = np.ones(4, bool), np.array([0, 0, 0, 1])
    left = repeated_examples(part, chosen, chosen, chosen, shown, group, prompts, answers)
    assert left.tolist() == [False, True, False, False]
    low = np.array([0, 0, 2, 3])
    wider = repeated_examples(part, low, chosen, chosen, shown, group, prompts, answers)
    assert wider.tolist() == [False, False, False, False]
    blank = repeated_examples(part, chosen, chosen, chosen, ~shown, group, prompts, answers)
    assert blank.tolist() == [False, True, True, False]
