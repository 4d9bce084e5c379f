"""Budgets hold at launch, and a lent key never spends beyond its cap."""

from __future__ import annotations

import threading
import time

import pytest

from core import spending
from core.problems import Problem
from core.providers import UnclearAnswer
from core.spending import Ledger, OwnerKey

OWNER = OwnerKey("openai", "sk-owner-secret", 1.0, "open sesame")


@pytest.mark.parametrize(
    ("cost", "budget", "spent", "fits"),
    [
        (5.0, None, 99.0, True),
        (None, None, 0.0, True),
        (1.0, 1.0, 0.0, True),
        (0.0, 0.0, 0.0, True),
        (0.1, 0.3, 0.2, True),
        (1.01, 1.0, 0.0, False),
        (0.6, 1.0, 0.5, False),
        (None, 1.0, 0.0, False),
    ],
)
def test_a_budget(cost, budget, spent, fits):
    if fits:
        spending.check_budget(cost, budget, spent)
    else:
        with pytest.raises(Problem, match="budget"):
            spending.check_budget(cost, budget, spent)


TABLE = {"api_key": "sk-owner", "spending_cap": 5, "password": "pw"}


@pytest.mark.parametrize(
    ("secrets", "public", "lent"),
    [
        ({}, False, False),
        ({"OPENAI_API_KEY": "sk-owner"}, False, False),
        ({"soundalike": "x"}, False, False),
        ({"soundalike": {"openai": {}}}, True, False),
        ({"soundalike": {"azure": TABLE}}, True, False),
        ({"soundalike": {"openai": TABLE}}, True, True),
        ({"soundalike": {"openai": {"api_key": "k", "spending_cap": 5}}}, False, True),
    ],
)
def test_a_key_is_lent_only_when_it_was_meant_to_be(secrets, public, lent):
    assert (spending.owner_key(secrets, "openai", public=public) is not None) == lent


@pytest.mark.parametrize(
    ("change", "public", "said"),
    [
        ({"spending_cap": 0}, False, "no spending cap"),
        ({"spending_cap": "5"}, False, "no spending cap"),
        ({"spending_cap": True}, False, "no spending cap"),
        ({"password": ""}, True, "no password"),
    ],
)
def test_a_key_without_its_guards_is_not_used(change, public, said):
    secrets = {"soundalike": {"openai": {**TABLE, **change}}}
    with pytest.raises(Problem, match=said) as refused:
        spending.owner_key(secrets, "openai", public=public)
    assert "sk-owner" not in str(refused.value)


def test_the_password_opens_it_and_nothing_shows_it():
    assert spending.unlock(OWNER, "open sesame")
    for wrong in ("Open Sesame", "", "öffne"):
        assert not spending.unlock(OWNER, wrong, wait=0)
    assert spending.unlock(OwnerKey("openai", "k", 1.0), "")
    assert "secret" not in repr(OWNER) and "sesame" not in repr(OWNER)


def test_sums_are_reserved_settled_and_given_back():
    ledger = Ledger()
    first = ledger.reserve(OWNER, 0.6)
    with pytest.raises(Problem, match="left of"):
        ledger.reserve(OWNER, 0.5)
    ledger.release(first)
    second = ledger.reserve(OWNER, 0.9)
    ledger.settle(second, 0.4)
    ledger.settle(second, 0.4)
    ledger.release(second)
    assert ledger.spent("openai") == pytest.approx(0.4)
    ledger.settle(ledger.reserve(OWNER, 0.6))
    assert ledger.spent("openai") == pytest.approx(1.0)
    assert ledger.spent("azure") == 0.0


def test_an_unknown_price_is_not_spent_from_a_lent_key():
    with pytest.raises(Problem, match="unknown"):
        Ledger().reserve(OWNER, None)


def test_the_same_launch_is_set_aside_once():
    ledger = Ledger()
    assert ledger.reserve(OWNER, 0.6, "t") == ledger.reserve(OWNER, 0.6, "t") == "t"
    ledger.settle("t")
    ledger.settle(ledger.reserve(OWNER, 0.6, "t"))
    assert ledger.spent("openai") == pytest.approx(0.6)
    ledger.release(ledger.reserve(OWNER, 0.3, "u"))
    ledger.reserve(OWNER, 0.4, "u")
    assert ledger.spent("openai") == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("raises", "spent"),
    [(None, 0.6), (UnclearAnswer("x"), 0.6), (Problem("no"), 0.0), (KeyboardInterrupt(), 0.6)],
)
def test_a_launch_on_a_lent_key(raises, spent):
    ledger, started = Ledger(), []

    def start():
        started.append(1)
        if raises:
            raise raises
        return "job"

    if raises:
        with pytest.raises(type(raises)):
            spending.lent_launch(ledger, OWNER, 0.6, "t", start)
    else:
        assert spending.lent_launch(ledger, OWNER, 0.6, "t", start) == "job"
    assert ledger.spent("openai") == pytest.approx(spent) and started == [1]
    with pytest.raises(Problem, match="left of"):
        spending.lent_launch(ledger, OWNER, 1.1, "v", start)
    assert started == [1]


def test_a_wrong_password_costs_time_one_after_the_other():
    started = time.monotonic()
    guesses = [
        threading.Thread(target=spending.unlock, args=(OWNER, "x"), kwargs={"wait": 0.1})
        for _ in range(3)
    ]
    for guess in guesses:
        guess.start()
    for guess in guesses:
        guess.join()
    assert time.monotonic() - started >= 0.3


def test_what_a_job_really_cost_replaces_what_was_expected(tmp_path):
    ledger = Ledger(tmp_path / "spent.json")
    ledger.settle(ledger.reserve(OWNER, 0.3, "t"))
    for cost in (0.5, 0.5, 0.4):
        ledger.correct("t", cost)
    ledger.correct("unknown", 9.0)
    assert ledger.spent("openai") == pytest.approx(0.4)
    assert Ledger(tmp_path / "spent.json").spent("openai") == pytest.approx(0.4)
    ledger.check(OWNER, 0.6)
    with pytest.raises(Problem, match="left of"):
        ledger.check(OWNER, 0.61)


def test_small_sums_are_charged_at_once(tmp_path):
    ledger = Ledger(tmp_path / "spent.json")
    for _ in range(4):
        ledger.charge(OWNER, 0.25)
    for cost in (0.01, None):
        with pytest.raises(Problem):
            ledger.charge(OWNER, cost)
    assert ledger.left(OWNER) == 0 and Ledger(tmp_path / "spent.json").spent("openai") == 1.0


def test_many_at_once_stay_below_the_cap():
    ledger, granted = Ledger(), []

    def take():
        for _ in range(20):
            try:
                granted.append(ledger.reserve(OWNER, 0.1))
            except Problem:
                return

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 10


def test_the_sum_survives_a_restart_and_holds_amounts_only(tmp_path):
    file = tmp_path / "spent.json"
    ledger = Ledger(file)
    ledger.settle(ledger.reserve(OWNER, 0.7))
    assert file.read_text() == '{"openai": 0.7}'
    assert Ledger(file).spent("openai") == 0.7
    with pytest.raises(Problem):
        Ledger(file).reserve(OWNER, 0.4)


@pytest.mark.parametrize("text", ["", "[]", '{"openai": "much"}', '{"openai": null}'])
def test_a_broken_record_lends_nothing(tmp_path, text):
    file = tmp_path / "spent.json"
    file.write_text(text)
    with pytest.raises(Problem, match="cannot be read"):
        Ledger(file)
