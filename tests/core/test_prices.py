"""Prices are data with dates; an edited list comes back, a wrong one is refused with its row."""

from __future__ import annotations

import pandas as pd
import pytest

from core.prices import load_prices, prices_from_frame, prices_to_frame, prices_to_toml
from core.problems import Problem

MINI = next(p for p in load_prices() if p.model == "gpt-4o-mini-2024-07-18")


def test_every_price_has_a_day_and_a_source():
    prices = load_prices()
    assert len({(p.provider, p.model) for p in prices}) == len(prices)
    for price in prices:
        assert price.as_of and price.source, price.model
    free = [price.provider for price in prices if price.is_free]
    assert free == ["embedded"]


def test_prices_survive_a_round_trip_through_table_and_toml():
    prices = load_prices()
    assert prices_from_frame(prices_to_frame(prices)) == prices
    assert load_prices(prices_to_toml(prices)) == prices


def test_an_edited_table_changes_a_price():
    frame = prices_to_frame(load_prices())
    frame.loc[frame["model"] == MINI.model, "training"] = 4.5
    added = pd.DataFrame([{"provider": "custom", "model": "mine"}]).reindex(columns=frame.columns)
    frame = pd.concat([frame.astype(object), added.astype(object)], ignore_index=True)
    prices = prices_from_frame(frame)
    edited = next(p for p in prices if p.model == MINI.model and p.provider == "openai")
    assert edited.training == 4.5
    assert prices[-1].model == "mine" and prices[-1].training is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not toml", "not valid TOML"),
        ('[[model]]\nprovider="p"', "no provider or no model"),
        ('[[model]]\nprovider="p"\nmodel="m"\ntraining=-1.0', "'training' price"),
        ('[[model]]\nprovider="p"\nmodel="m"\noutput="much"', "'output' price"),
        ('[[model]]\nprovider="p"\nmodel="m"\ncolour="red"', "unknown field 'colour'"),
        ('[[model]]\nprovider="p"\nmodel="m"\nas_of="soon"', "'as_of' that is no date"),
    ],
)
def test_a_wrong_price_list_is_refused_with_its_row(text, said):
    with pytest.raises(Problem, match=said):
        load_prices(text)
