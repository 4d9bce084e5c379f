"""A price in words, also one of a fraction of a cent."""

from __future__ import annotations

from core.costs import money


def price_words(dollars: float) -> str:
    """ "free", "$0.000123" or "$1.20"."""
    if not dollars:
        return "free"
    if dollars >= 0.01:
        return money(dollars)
    return f"${dollars:.6f}".rstrip("0").rstrip(".") if dollars >= 1e-6 else "less than $0.000001"
