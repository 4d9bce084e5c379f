"""What is trained on: cut, lost, dropped."""

from __future__ import annotations

import numpy as np

from core.checks import Limits
from core.examples import ChatMessage, Example
from core.simulate import simulate_trainer


def example(*messages):
    made = tuple(ChatMessage(*message) for message in messages)
    return Example(made, "c", None, ("m",), ("m",), "replies")


def count(texts):
    return np.array([len(text) for text in texts], np.int64)


GOOD = [example(("user", "12345"), ("assistant", "1234567890")) for _ in range(10)]


def test_everything_counts():
    made = simulate_trainer(GOOD, Limits(), count=count)
    assert (made.examples, made.tokens, made.learnt_tokens) == (10, 230, 140)
    assert not made.refused
    assert (made.truncated, made.lost, made.dropped) == ([], [], {})


def test_weight_zero_is_billed_and_not_learnt():
    talk = example(("user", "a"), ("assistant", "bb", 0), ("user", "c"), ("assistant", "ddd"))
    made = simulate_trainer([talk], Limits(min_examples=1), count=count)
    assert (made.tokens, made.learnt_tokens) == (23, 7)


def test_long_examples_are_cut_and_may_lose_their_answer():
    long = [
        example(("user", "x" * 10), ("assistant", "y" * 10)),
        example(("user", "x" * 50), ("assistant", "y" * 10)),
    ]
    made = simulate_trainer(long, Limits(min_examples=1, max_tokens=20), count=count)
    assert (made.truncated, made.lost) == ([1, 2], [2])
    assert (made.tokens, made.learnt_tokens) == (40, 6)


def test_broken_examples_are_dropped_by_reason():
    broken = [example(("user", "a")), example(("user", "a"), ("user", "b"), ("assistant", "c"))]
    strict = simulate_trainer([*GOOD, *broken], Limits(), count=count)
    assert strict.refused
    assert list(strict.dropped.values()) == [[11]]
    quiet = Limits(alternation=True, drops_quietly=True)
    made = simulate_trainer([*GOOD, *broken], quiet, count=count)
    assert (made.examples, made.refused) == (10, False)
    assert list(made.dropped.values()) == [[11], [12]]
    assert simulate_trainer(GOOD[:9], Limits(), count=count).refused


def test_the_default_counter_is_exact():
    made = simulate_trainer(GOOD, Limits())
    from core.tokens import count_examples

    assert made.tokens == int(count_examples(GOOD).sum())
