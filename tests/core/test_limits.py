"""Rules of trainers as data: what a table says, what it leaves open, what is wrong in it."""

from __future__ import annotations

import pytest

from core.engine.worker import MAX_LEARNT_TOKENS
from core.limits import Limits, limits_from_table
from core.problems import Problem
from core.providers import load_elsewhere, load_profiles, parse_profiles, profiles_to_toml


def test_every_table_is_read_and_has_a_source():
    profiles = load_profiles()
    named = [*profiles.values(), *load_elsewhere()]
    for one in named:
        assert one.limits.name == one.name
        if one.rules and one.key != "embedded":
            assert one.limits.source and one.limits.as_of
    assert all(profiles[key].rules for key in profiles if profiles[key].trains)


def test_the_embedded_rules_are_the_engines_own():
    assert load_profiles()["embedded"].limits.max_learnt_tokens == MAX_LEARNT_TOKENS


def test_sizes_of_the_profile_are_rules_too():
    openai = load_profiles()["openai"]
    assert openai.limits.max_file_bytes == openai.largest_file > 2**29
    assert openai.limits.min_examples == openai.min_examples


def test_rules_survive_a_round_trip():
    profiles = load_profiles()
    assert parse_profiles(profiles_to_toml(profiles.values())) == profiles


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"longest": 3}, "'longest'"),
        ({"max_tokens": "many"}, "'max_tokens'"),
        ({"max_tokens": True}, "'max_tokens'"),
        ({"weights": 1}, "'weights'"),
        ({"longer": "eaten"}, "'longer'"),
        ({"name": "x"}, "'name'"),
    ],
)
def test_wrong_rules_are_named(table, words):
    with pytest.raises(Problem, match=words):
        limits_from_table(table, Limits())
    text = '[x]\nname = "X"\nbase_url = ""\n[x.rules]\n' + "\n".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for key, value in table.items()
    )
    with pytest.raises(Problem, match=words):
        parse_profiles(text)


def test_nothing_said_is_nothing_documented():
    assert len(Limits().undocumented) == 4
    full = Limits(min_examples=0, max_tokens=0, weights=False, empty_content=True)
    assert full.undocumented == []
