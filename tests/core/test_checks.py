"""The trainer's rules: each one has an example that breaks it."""

from __future__ import annotations

import numpy as np
import pytest

from core.checks import Limits, apply_fixes, check_examples, limits_of
from core.examples import ChatMessage, Example
from core.providers import load_profiles


def example(*messages):
    made = tuple(ChatMessage(*message) for message in messages)
    return Example(made, "c", None, ("m",), ("m",), "replies")


def good(count, word="answer"):
    return [example(("user", f"question {i}"), ("assistant", f"{word} {i}")) for i in range(count)]


def found(training, validation=(), limits=None, **more):
    made = check_examples(training, validation, limits or Limits(), **more)
    return [(one.level, one.where, one.message) for one in made]


def test_a_good_set_has_nothing_to_say():
    assert found(good(60), good(6, "other")) == []


@pytest.mark.parametrize(
    ("bad", "limits", "level", "words"),
    [
        ([("user", "a")], Limits(), "error", "nothing to learn"),
        ([("assistant", "a"), ("user", "b")], Limits(), "error", "nothing to learn"),
        ([("tool", "a"), ("assistant", "b")], Limits(), "error", "role other than"),
        ([("user", "a"), ("assistant", "b", 2)], Limits(), "error", "weight other than"),
        ([("user", "a", 1), ("assistant", "b")], Limits(), "error", "not the assistant's"),
        ([("user", "a"), ("assistant", "b", 0)], Limits(), "error", "nothing is learnt"),
        ([("user", "a"), ("assistant", " ")], Limits(), "error", "empty answer"),
        ([("user", ""), ("assistant", "b")], Limits(), "info", "blank prompt"),
        ([("user", ""), ("assistant", "b")], Limits(empty_content=False), "error", "refuses"),
        (
            [("user", "a"), ("system", "s"), ("assistant", "b")],
            Limits(),
            "warning",
            "not the first",
        ),
        (
            [("user", "a"), ("user", "b"), ("assistant", "c")],
            Limits(alternation=True),
            "error",
            "same side",
        ),
        (
            [("user", "a"), ("assistant", "b", 0), ("user", "c"), ("assistant", "d")],
            Limits(weights=False),
            "warning",
            "does not know",
        ),
        ([("user", "a", None, "n" * 65), ("assistant", "b")], Limits(), "error", "64"),
    ],
)
def test_each_rule(bad, limits, level, words):
    ((made_level, where, message),) = found([*good(60), example(*bad)], good(6, "other"), limits)
    assert (made_level, where) == (level, "Training, example 61")
    assert words in message


def test_an_example_without_messages():
    assert ("error", "Training, example 61", "no messages at all.") in found([*good(60), example()])


def test_many_examples_are_counted_and_some_named():
    blank = [example(("user", ""), ("assistant", f"{i}")) for i in range(60)]
    ((level, where, _),) = found(blank, good(6))
    assert (level, where) == ("info", "Training, 60 examples (1, 2, 3, 4, 5, ...)")


def test_sizes():
    assert found(good(9))[0][:2] == ("error", "Training")
    assert found(good(10), good(2, "x"))[0][0] == "warning"
    assert found(good(60))[0] == (
        "info",
        "Validation",
        "There is no validation part, so overfitting will not show.",
    )
    assert "MB" in found(good(60), good(6, "x"), Limits(max_file_bytes=100))[0][2]


def test_copies():
    assert found([*good(60), *good(1)], good(6, "x"))[0][:2] == ("info", "Training, example 61")
    assert found([*good(60), *good(20)], good(6, "x"))[0][0] == "warning"
    level, where, message = found(good(60), good(6))[0]
    assert (level, message) == (
        "error",
        "also in the training part, so validation would be too kind.",
    )
    assert where.startswith("Validation, 6 examples")


def test_long_examples_with_a_counter():
    def count(examples):
        return np.array([len(one.completion) for one in examples])

    ((level, where, message),) = found(
        good(60), good(6, "x"), Limits(max_tokens=len("answer 9")), count=count
    )
    assert (level, where) == ("warning", "Training, 50 examples (11, 12, 13, 14, 15, ...)")
    assert message.startswith("longer than 8 tokens")
    assert found(good(60), good(6, "x"), Limits(max_tokens=None), count=count) == []


def test_worst_first():
    levels = [level for level, _, _ in found([*good(5), example(("user", ""), ("assistant", "b"))])]
    assert levels == sorted(levels, key=["error", "warning", "info"].index)
    assert levels[0] == "error"


def test_fixes_repair_or_leave_out():
    weighed = example(("user", "a", 1), ("assistant", "b", 1, "n" * 70))
    bad = example(("user", "a"))
    double = good(1)[0]
    kept, done = apply_fixes([*good(3), weighed, bad], Limits(), without=[double])
    assert [one.messages for one in kept[:2]] == [one.messages for one in good(3)[1:]]
    assert kept[2].messages == (
        ChatMessage("user", "a"),
        ChatMessage("assistant", "b", 1, "n" * 64),
    )
    assert done == {
        "left out: also in the other file.": 1,
        "weights or names corrected": 1,
        "left out: the last message is not an assistant message, so there is nothing to learn.": 1,
    }
    assert apply_fixes([weighed], Limits(weights=False))[0][0].messages[1].weight is None
    findings = check_examples(kept * 10, [], Limits())
    assert not [one for one in findings if one.level == "error"]


def test_limits_come_from_the_profile():
    profiles = load_profiles()
    for profile in profiles.values():
        assert limits_of(profile).min_examples == profile.min_examples
    assert limits_of(profiles["openai"]).max_file_bytes > 0
