"""Prices are data with dates; costs are arithmetic that can be redone by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import costs, money
from core import prices as lists
from core.costs import Usage
from core.prices import ModelPrice

MINI = next(p for p in lists.load_prices() if p.model == "gpt-4o-mini-2024-07-18")
TODAY = date(2026, 11, 20)


def test_the_guides_own_example():
    """100,000 tokens, 3 epochs on gpt-4o-mini cost $0.90 (OpenAI's guide)."""
    assert costs.training_cost(100_000, 3, MINI) == pytest.approx(0.90)


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [
        (0, 3),
        (1, 25),
        (4, 25),
        (5, 20),
        (10, 10),
        (33, 3),
        (34, 3),
        (8333, 3),
        (8334, 2),
        (12_501, 1),
        (26_000, 1),
    ],
)
def test_auto_epochs(examples, epochs):
    assert costs.auto_epochs(examples) == epochs


def test_auto_epochs_fit_the_real_job():
    """10 examples were resolved to 10 epochs by OpenAI."""
    assert costs.resolve_epochs("auto", 10) == 10
    assert costs.resolve_epochs("auto", 10, auto=3) == 3
    assert costs.resolve_epochs(7, 10, auto=3) == 7


def test_long_examples_are_cut_before_they_are_billed():
    counts = np.array([10, 65_536, 80_000])
    assert costs.billed_tokens(counts) == 145_546
    assert costs.billed_tokens(counts, 65_536) == 10 + 2 * 65_536


def test_unknown_prices_stay_unknown():
    unknown = replace(MINI, training=None, output=None)
    assert costs.training_cost(1000, 3, unknown) is None
    assert costs.generation_cost(10, 10, unknown) is None
    assert money.money(None) == "unknown"
    assert np.isnan(costs.cost_by_examples(np.array([5, 5]), unknown)).all()


@given(
    st.lists(st.integers(1, 90_000), min_size=1, max_size=60),
    st.sampled_from(["auto", 1, 4]),
    st.sampled_from([0, 3]),
)
def test_cost_by_examples_is_the_cost_of_each_beginning(counts, epochs, auto):
    array = np.array(counts)
    curve = costs.cost_by_examples(array, MINI, epochs, auto)
    for n in range(1, len(counts) + 1):
        tokens = costs.billed_tokens(array[:n], MINI.max_example_tokens)
        times = costs.resolve_epochs(epochs, n, auto)
        assert curve[n - 1] == pytest.approx(costs.training_cost(tokens, times, MINI))


def test_affordable_examples():
    counts = np.full(1000, 1000)
    assert costs.affordable_examples(counts, MINI, 0.9, epochs=3) == 100
    assert costs.affordable_examples(counts, MINI, 0.0) == 0
    assert costs.affordable_examples(counts, replace(MINI, training=None), 5.0) == 0


@given(st.integers(0, 6), st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 20))
def test_window_tokens_equals_summing_each_window(buffer_size, breaks, system):
    tokens = np.arange(5, 5 + len(breaks))
    starts = np.zeros(len(breaks), int)
    for i in range(1, len(breaks)):
        starts[i] = i if breaks[i] else starts[i - 1]
    answers = np.arange(0, len(breaks), 2)
    found = costs.window_tokens(tokens, starts, answers, buffer_size, system)
    for k, answer in enumerate(answers):
        first = max(answer - buffer_size, starts[answer])
        assert found[k] == tokens[first : answer + 1].sum() + system


def test_cost_table_says_everything_about_each_model():
    counts = {"o200k_base": np.array([100, 200, 70_000])}
    table = costs.cost_table(
        lists.load_prices(),
        counts,
        epochs=2,
        usage=Usage(50, 30),
        budget=1.0,
        today=TODAY,
    ).set_index(["provider", "model"])
    mini = table.loc[("openai", "gpt-4o-mini-2024-07-18")]
    assert mini["tokens"] == 65_836
    assert mini["trained_tokens"] == 131_672
    assert mini["training_cost"] == pytest.approx(131_672 * 3e-6)
    assert mini["per_1000_generations"] == pytest.approx((50 * 0.30 + 30 * 1.20) / 1000)
    assert (mini["cut"], mini["smallest"], mini["biggest"]) == (1, 100, 70_000)
    assert mini["days_left"] == 55
    assert mini["can_train"] and mini["within_budget"] and not mini["estimated"]
    dear = table.loc[("openai", "gpt-4o-2024-08-06")]
    assert not dear["within_budget"]
    unknown = table.loc[("azure", "gpt-4.1-mini-2025-04-14")]
    assert np.isnan(unknown["training_cost"]) and not unknown["within_budget"]
    assert unknown["idle_per_month"] == pytest.approx(1241.0)
    llama = table.loc[("nebius", "meta-llama/Llama-3.1-8B-Instruct")]
    assert llama["estimated"] and pd.isna(llama["days_left"])
    own = table.loc[("embedded", "soundalike-base")]
    assert own["free"] and own["training_cost"] == 0


@pytest.mark.parametrize(
    ("today", "can_train"),
    [(date(2027, 1, 5), True), (date(2027, 1, 6), False), (date(2027, 1, 20), False)],
)
def test_training_ends_on_its_day(today, can_train):
    table = costs.cost_table([MINI], {"o200k_base": np.array([9])}, today=today)
    assert bool(table["can_train"].iloc[0]) is can_train


def test_an_empty_price_list_gives_an_empty_table():
    assert costs.cost_table([], {"o200k_base": np.array([1])}).empty


def test_auto_epochs_of_a_provider_are_used():
    price = ModelPrice("nebius", "m", training=1.0)
    counts = {"o200k_base": np.full(10, 100)}
    table = costs.cost_table([price], counts, auto_epochs_of={"nebius": 3})
    assert table["epochs"].iloc[0] == 3


@pytest.mark.parametrize(
    ("trained", "actual_epochs", "said"),
    [
        (3000, None, "Exactly"),
        (2000, 2, "2 epochs where 3"),
        (3030, None, "differently"),
        (2000, None, "left out or cut"),
        (4000, None, "more per example"),
    ],
)
def test_estimate_and_bill_are_compared(trained, actual_epochs, said):
    actual = costs.compare_actual(1000, 3, trained, MINI, actual_epochs)
    assert said in actual.explanation
    assert actual.cost == pytest.approx(trained * 3e-6)
    assert actual.expected_cost == pytest.approx(3000 * 3e-6)
