"""The rules against the labelled messages: the goals hold on the sets they were fitted to, a floor on the other."""

from __future__ import annotations

import functools

import pytest

from benchmarks.privacy import FILES, ours, read_labelled
from core.privacy import Settings


@functools.cache
def score(name: str, mode: str):
    people, messages = read_labelled(FILES[name])
    return ours(people, messages, Settings(mode=mode))


def test_the_labelled_set_is_large_and_wide():
    messages = [message for path in FILES.values() for message in read_labelled(path)[1]]
    assert sum(len(message.items) for message in messages) >= 250
    assert len({message.locale for message in messages}) >= 17


@pytest.mark.parametrize(
    "name", ["second", "unseen", "tuning", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
)
def test_recall_and_precision(name):
    result = score(name, "standard")
    assert result.recall() >= 0.9
    assert result.precision >= 0.95


@pytest.mark.parametrize("kind", ["person", "phone", "email"])
def test_what_must_never_be_missed(kind):
    result = score("second", "standard")
    assert result.found[kind] == result.items[kind] > 0


def test_strict_touches_every_message_that_holds_something():
    result = score("second", "strict")
    assert result.touched == result.holding > 0


def test_the_set_that_no_rule_was_fitted_to():
    standard, strict = score("ninth", "standard"), score("ninth", "strict")
    assert standard.recall() >= 0.94
    assert standard.precision >= 0.97
    assert strict.touched >= 0.98 * strict.holding
    for kind in ("phone", "email"):
        assert standard.found[kind] == standard.items[kind] > 0
