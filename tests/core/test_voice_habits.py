"""Habits: the right gaps, the right order, examples that show them."""

from __future__ import annotations

import pytest

from benchmarks.authors import HANDS, write
from core.voice.features import HABITS, KEYS
from core.voice.habits import MOST_GAP, chosen_habits, habit_examples, habit_frame

DEZ, MABEL = write(HANDS[1], 80, 0), write(HANDS[0], 80, 0)


def test_a_dozen_with_emoji_and_pet_word():
    chosen = chosen_habits(DEZ, MABEL)
    assert 10 <= len(chosen) <= 12
    own = {habit.key: habit for habit in chosen}
    assert own["my_emoji"].name in ("uses 💀", "uses 😭")
    assert own["my_word"].measure(DEZ[0]) in (0.0, 1.0)
    assert "my_word" not in {habit.key for habit in chosen_habits(DEZ)}


def test_largest_gap_first_and_cut():
    frame = habit_frame({"me": DEZ, "base": MABEL, "tuned": write(HANDS[1], 80, 1)})
    assert list(frame["habit"].head(3).unique()) == [frame["habit"].iloc[0]]
    assert frame["gap"].abs().max() <= MOST_GAP
    assert (frame.loc[frame["who"] == "me", "gap"] == 0).all()
    largest = frame.groupby("key", sort=False)["gap"].apply(lambda gap: gap.abs().max())
    assert largest.is_monotonic_decreasing
    stops = frame[frame["key"] == "ends_stop"].set_index("who")
    assert stops.loc["base", "gap"] == MOST_GAP
    assert abs(stops.loc["tuned", "gap"]) < 0.5
    assert (frame["low"] <= frame["rate"]).all() and (frame["rate"] <= frame["high"]).all()


def test_a_model_with_hardly_any_answers_is_left_out():
    frame = habit_frame({"me": DEZ, "base": MABEL[:3]})
    assert set(frame["who"]) == {"me"}


@pytest.mark.parametrize(
    ("key", "texts", "shown"),
    [
        ("emoji", ["no", "yes 😂", "and 😂 more", "yes 😂"], ["yes 😂", "and 😂 more"]),
        ("ends_stop", ["a", "b"], []),
        ("words", ["a", "a b c", "a b c d e f"], ["a b c", "a", "a b c d e f"]),
        ("words", [], []),
    ],
)
def test_examples(key, texts, shown):
    assert habit_examples(HABITS[KEYS.index(key)], texts) == shown
