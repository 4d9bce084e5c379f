"""Amounts in words, in any currency, down to fractions of a cent."""

from __future__ import annotations

import pytest

from core.money import Currency, money, small_money


@pytest.mark.parametrize(
    ("dollars", "words"),
    [(0, "free"), (0.004, "less than $0.01"), (0.42, "$0.42"), (1234.5, "$1,234.50")],
)
def test_money(dollars, words):
    assert money(dollars) == words


def test_money_in_another_currency():
    euros = Currency("€", 0.9)
    amounts = [money(x, euros) for x in (None, 0, 0.001, 2000)]
    assert amounts == ["unknown", "free", "less than €0.01", "€1,800.00"]


@pytest.mark.parametrize(
    ("dollars", "words"),
    [
        (0.0, "free"),
        (1e-9, "less than ¥0.000001"),
        (0.00001, "¥0.0015"),
        (0.000066, "¥0.0099"),
        (0.001, "¥0.15"),
        (20.0, "¥3,000.00"),
    ],
)
def test_small_amounts(dollars, words):
    assert small_money(dollars, Currency("¥", 150.0)) == words
