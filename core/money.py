"""Amounts for people, in the currency that they chose."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Currency:
    """What amounts are shown in. ``per_dollar`` is the exchange rate that the person gave."""

    symbol: str = "$"
    per_dollar: float = 1.0
    code: str = "USD"


DOLLARS = Currency()
#: Code -> (name, symbol) of currencies to choose from. No rate is bundled: one without a day
#: and a source would be a guess, and nothing is fetched.
CURRENCIES: dict[str, tuple[str, str]] = {
    "USD": ("US dollar", "$"),
    "EUR": ("euro", "€"),
    "GBP": ("British pound", "£"),
    "CHF": ("Swiss franc", "CHF "),
    "JPY": ("Japanese yen", "¥"),
    "INR": ("Indian rupee", "₹"),
    "CAD": ("Canadian dollar", "C$"),
    "AUD": ("Australian dollar", "A$"),
    "BRL": ("Brazilian real", "R$"),
    "CNY": ("Chinese yuan", "CN¥"),
    "PLN": ("Polish złoty", "PLN "),
    "SEK": ("Swedish krona", "SEK "),
}


def money(dollars: float | None, currency: Currency = DOLLARS) -> str:
    """An amount for people: "free", "unknown", "less than $0.01", "$0.42", "€1,234.50"."""
    if dollars is None or dollars != dollars:
        return "unknown"
    if dollars == 0:
        return "free"
    amount = dollars * currency.per_dollar
    return (
        f"less than {currency.symbol}0.01" if amount < 0.01 else f"{currency.symbol}{amount:,.2f}"
    )


def small_money(dollars: float, currency: Currency = DOLLARS) -> str:
    """An amount that may be a fraction of a cent: "free", "$0.000123" or "$1.20"."""
    amount = dollars * currency.per_dollar
    if not dollars or amount >= 0.01:
        return money(dollars, currency)
    if amount < 1e-6:
        return f"less than {currency.symbol}0.000001"
    return f"{currency.symbol}{amount:.6f}".rstrip("0")
