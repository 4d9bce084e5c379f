"""The trainer's rules: each one has an example that breaks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.checks import apply_fixes, check_examples
from core.examples import ChatMessage, Example
from core.limits import Limits
from core.providers import load_elsewhere, load_profiles

OPENAI = load_profiles()["openai"].limits
#: Documented in full, and with no rule of its own.
PLAIN = Limits(min_examples=10, max_tokens=0, weights=True, empty_content=True)


def example(*messages):
    made = tuple(ChatMessage(*message) for message in messages)
    return Example(made, "c", None, ("m",), ("m",), "replies")


def good(count, word="answer"):
    return [example(("user", f"question {i}"), ("assistant", f"{word} {i}")) for i in range(count)]


def found(training, validation=(), limits=None, **more):
    made = check_examples(training, validation, limits or PLAIN, **more)
    return [(one.level, one.where, one.message) for one in made]


def test_a_good_set_has_nothing_to_say():
    assert found(good(60), good(6, "other")) == []


@pytest.mark.parametrize(
    ("bad", "limits", "level", "words"),
    [
        ([("user", "a")], PLAIN, "error", "nothing to learn"),
        ([("assistant", "a"), ("user", "b")], PLAIN, "error", "nothing to learn"),
        ([("tool", "a"), ("assistant", "b")], PLAIN, "error", "role other than"),
        ([("user", "a"), ("assistant", "b", 2)], PLAIN, "error", "weight other than"),
        ([("user", "a", 1), ("assistant", "b")], PLAIN, "error", "not the assistant's"),
        ([("user", "a"), ("assistant", "b", 0)], PLAIN, "error", "nothing is learnt"),
        ([("user", "a"), ("assistant", " ")], PLAIN, "error", "empty answer"),
        ([("user", ""), ("assistant", "b")], PLAIN, "info", "blank prompt"),
        (
            [("user", ""), ("assistant", "b")],
            replace(PLAIN, empty_content=False),
            "error",
            "refuses",
        ),
        (
            [("user", "a"), ("system", "s"), ("assistant", "b")],
            PLAIN,
            "warning",
            "not the first",
        ),
        (
            [("user", "a"), ("user", "b"), ("assistant", "c")],
            replace(PLAIN, alternation=True),
            "error",
            "take turns",
        ),
        (
            [("user", "a"), ("assistant", "b", 0), ("user", "c"), ("assistant", "d")],
            replace(PLAIN, weights=False),
            "warning",
            "does not obey weights",
        ),
        ([("user", "a", None, "n" * 65), ("assistant", "b")], PLAIN, "error", "64"),
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
    assert "MB" in found(good(60), good(6, "x"), replace(PLAIN, max_file_bytes=100))[0][2]


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
        good(60), good(6, "x"), replace(PLAIN, max_tokens=len("answer 9")), count=count
    )
    assert (level, where) == ("warning", "Training, 50 examples (11, 12, 13, 14, 15, ...)")
    assert message.startswith("longer than 8 tokens")
    assert found(good(60), good(6, "x"), replace(PLAIN, max_tokens=0), count=count) == []


def test_worst_first():
    levels = [level for level, _, _ in found([*good(5), example(("user", ""), ("assistant", "b"))])]
    assert levels == sorted(levels, key=["error", "warning", "info"].index)
    assert levels[0] == "error"


def test_fixes_repair_or_leave_out():
    weighed = example(("user", "a", 1), ("assistant", "b", 1, "n" * 70))
    bad = example(("user", "a"))
    double = good(1)[0]
    kept, done = apply_fixes([*good(3), weighed, bad], PLAIN, without=[double])
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
    assert apply_fixes([weighed], replace(PLAIN, weights=False))[0][0].messages[1].weight is None
    findings = check_examples(kept * 10, [], PLAIN)
    assert not [one for one in findings if one.level == "error"]


def test_rules_are_each_providers_own():
    talk = example(("user", "a"), ("assistant", "b", 0), ("user", "c"), ("assistant", "d"))
    late = example(("user", "a"), ("system", "s"), ("assistant", "b"))
    first = example(("assistant", "b"), ("user", "a"), ("assistant", "c"))
    set_ = [*good(20), talk, late, first]
    limits = {one.key: one.limits for one in (*load_profiles().values(), *load_elsewhere())}
    said = {
        key: [line for line in found(set_, good(6, "x"), rules) if line[0] != "info"]
        for key, rules in limits.items()
    }
    usual = [
        ("warning", "Training", "23 examples; from about 50 on the effect is clear."),
        ("warning", "Training, example 22", "a system message that is not the first."),
    ]
    assert said["embedded"] == said["openai"] == said["azure"] == usual
    assert "Nebius Token Factory does not say whether it obeys weights" in said["nebius"][1][2]
    assert [line[:2] for line in said["together"]] == [
        ("error", "Training, example 22"),
        ("error", "Training, example 23"),
        ("warning", "Training"),
    ]
    assert [line[1] for line in said["fireworks"]] == ["Training, example 22", "Training"]
    assert "it learns everything, prompts included, as well" in said["huggingface"][1][2]


@pytest.mark.parametrize(
    ("key", "fewest", "longest"),
    [
        ("embedded", 10, 0),
        ("openai", 10, 65_536),
        ("azure", 10, 65_536),
        ("nebius", None, 8192),
        ("together", None, None),
        ("fireworks", 3, None),
        ("huggingface", 0, 1024),
    ],
)
def test_what_is_not_documented_is_said_and_not_checked(key, fewest, longest):
    every = {one.key: one for one in (*load_profiles().values(), *load_elsewhere())}
    limits = every[key].limits
    assert (limits.min_examples, limits.max_tokens) == (fewest, longest)

    def count(examples):
        return np.full(len(examples), 70_000)

    findings = check_examples(good(60), good(6, "x"), limits, count=count)
    silent = [one.message for one in findings if "do not say" in one.message]
    assert bool(silent) == bool(limits.undocumented)
    assert ("how long an example may be" in "".join(silent)) == (longest is None)
    assert any("longer than" in one.message for one in findings) == bool(longest)
    if longest and not limits.longer:
        assert any("does not say what it does with those" in one.message for one in findings)


def test_only_what_trainers_say_is_counted():
    most = replace(PLAIN, max_examples=50)
    assert found(good(60), good(6, "x"), most)[0] == (
        "error",
        "Training",
        "60 examples; The trainer takes 50.",
    )
