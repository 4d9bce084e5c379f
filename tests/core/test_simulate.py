"""What is trained on: cut, lost, dropped."""

from __future__ import annotations

import numpy as np

from core.examples import ChatMessage, Example
from core.limits import Limits
from core.simulate import simulate_trainer


def example(*messages):
    made = tuple(ChatMessage(*message) for message in messages)
    return Example(made, "c", None, ("m",), ("m",), "replies")


def count(texts):
    return np.array([len(text) for text in texts], np.int64)


STRICT = Limits(min_examples=10, weights=True)
GOOD = [example(("user", "12345"), ("assistant", "1234567890")) for _ in range(10)]


def test_everything_counts():
    made = simulate_trainer(GOOD, STRICT, count=count)
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
    strict = simulate_trainer([*GOOD, *broken], STRICT, count=count)
    assert strict.refused
    assert list(strict.dropped.values()) == [[11]]
    quiet = Limits(alternation=True, drops_quietly=True)
    made = simulate_trainer([*GOOD, *broken], quiet, count=count)
    assert (made.examples, made.refused) == (10, False)
    assert list(made.dropped.values()) == [[11], [12]]
    assert simulate_trainer(GOOD[:9], STRICT, count=count).refused


def test_the_default_counter_is_exact():
    made = simulate_trainer(GOOD, STRICT)
    from core.tokens import count_examples

    assert made.tokens == int(count_examples(GOOD).sum())


def test_without_weights_every_answer_is_learnt():
    talk = example(("user", "a"), ("assistant", "bb", 0), ("user", "c"), ("assistant", "ddd"))
    assert simulate_trainer([talk], Limits(weights=False), count=count).learnt_tokens == 7 + 6


def test_the_beginning_is_cut_where_the_answer_stays():
    long = example(("user", "x" * 50), ("assistant", "y" * 10))
    made = simulate_trainer([long], Limits(max_tokens=40, longer="beginning cut"), count=count)
    assert (made.truncated, made.lost) == ([1], [])
    assert (made.tokens, made.learnt_tokens) == (40, 14)
    endless = example(("user", "x"), ("assistant", "y" * 100))
    made = simulate_trainer([endless], Limits(max_tokens=40, longer="beginning cut"), count=count)
    assert (made.tokens, made.learnt_tokens) == (40, 35)


def test_long_examples_are_dropped_or_refused():
    long = [*GOOD, example(("user", "x" * 50), ("assistant", "y" * 10))]
    made = simulate_trainer(long, Limits(max_tokens=40, longer="dropped"), count=count)
    assert (made.examples, made.refused) == (10, False)
    assert list(made.dropped.values()) == [[11]]
    assert simulate_trainer(long, Limits(max_tokens=40, longer="refused"), count=count).refused


def test_more_than_the_trainer_learns_is_sampled():
    assert simulate_trainer(GOOD, Limits(max_learnt_tokens=70), count=count).sampled == 5
    assert simulate_trainer(GOOD, Limits(max_learnt_tokens=140), count=count).sampled == 0
