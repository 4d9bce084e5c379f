"""The price list as data (``prices.toml``): dollars, each with a day and a source; editable."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from core.problems import Problem

PRICES_FILE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """One trainable model at one provider.

    ``training``, ``input``, ``cached_input`` and ``output`` are dollars per million tokens,
    ``idle_per_hour`` dollars per hour of being callable; None is unknown. Examples longer than
    ``max_example_tokens`` (0: no limit known) are cut by the trainer and billed cut.
    """

    provider: str
    model: str
    training: float | None = None
    input: float | None = None
    cached_input: float | None = None
    output: float | None = None
    idle_per_hour: float | None = None
    max_example_tokens: int = 0
    methods: tuple[str, ...] = ("supervised",)
    last_training_date: date | None = None
    shutdown_date: date | None = None
    as_of: date | None = None
    source: str = ""
    verified: bool = True
    note: str = ""

    @property
    def is_free(self) -> bool:
        """Whether nothing about this model costs money."""
        return self.training == 0 and self.input == 0 and self.output == 0


MONEY_FIELDS = ("training", "input", "cached_input", "output", "idle_per_hour")


def load_prices(text: str | None = None) -> list[ModelPrice]:
    """Every trainable model with its prices, from ``prices.toml`` or from ``text`` like it.

    Raises:
        Problem: ``text`` is not TOML or a table has an unknown field or a negative price.
    """
    try:
        tables = tomllib.loads(text or PRICES_FILE.read_text("utf-8")).get("model", [])
    except tomllib.TOMLDecodeError as error:
        raise Problem(
            f"The price list is not valid TOML: {error}.", "Correct it at that place."
        ) from error
    return [_make_price(table, i + 1) for i, table in enumerate(tables)]


def prices_to_frame(prices: Sequence[ModelPrice]) -> pd.DataFrame:
    """The price list as a table, one row a model, for looking at and editing."""
    names = [item.name for item in dataclasses.fields(ModelPrice)]
    frame = pd.DataFrame([[getattr(p, n) for n in names] for p in prices], columns=names)
    frame["methods"] = [", ".join(p.methods) for p in prices]
    for name in MONEY_FIELDS:
        frame[name] = pd.to_numeric(frame[name]).astype("float64")
    return frame


def prices_from_frame(frame: pd.DataFrame) -> list[ModelPrice]:
    """The price list back from an edited table.

    Raises:
        Problem: names the row with a missing name, a negative price or a bad date.
    """
    rows = frame.to_dict("records")
    tables = [{str(k): v for k, v in row.items() if not _is_missing(v)} for row in rows]
    return [_make_price(table, i + 1) for i, table in enumerate(tables)]


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and value != value)


def _make_price(table: Mapping[str, Any], row: int) -> ModelPrice:
    known = {item.name for item in dataclasses.fields(ModelPrice)}
    values = dict(table)
    unknown = sorted(set(values) - known)
    if unknown:
        raise Problem(f"Row {row} of the price list has an unknown field {unknown[0]!r}.")
    if not values.get("provider") or not values.get("model"):
        raise Problem(f"Row {row} of the price list has no provider or no model.", "Fill both in.")
    for name in MONEY_FIELDS:
        value = values.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
            raise Problem(
                f"Row {row} of the price list has a {name!r} price that is no amount of dollars.",
                "Enter a number from 0 up, or leave it empty if it is unknown.",
            )
        values[name] = float(value)
    for name in ("last_training_date", "shutdown_date", "as_of"):
        value = values.get(name)
        if isinstance(value, pd.Timestamp):
            values[name] = value.date()
        elif value is not None and not isinstance(value, date):
            raise Problem(
                f"Row {row} of the price list has a {name!r} that is no date.",
                "Enter it as year-month-day.",
            )
    methods = values.get("methods", ("supervised",))
    parts = methods.split(",") if isinstance(methods, str) else methods
    values["methods"] = tuple(part.strip() for part in parts)
    values["max_example_tokens"] = int(values.get("max_example_tokens", 0))
    return ModelPrice(**values)


def prices_to_toml(prices: Sequence[ModelPrice]) -> str:
    """The price list as TOML text; ``load_prices`` reads it back unchanged."""
    from core.providers.profiles import toml_value

    tables = []
    for price in prices:
        lines = ["[[model]]"]
        for item in dataclasses.fields(ModelPrice):
            value = getattr(price, item.name)
            if value is not None:
                lines.append(f"{item.name} = {toml_value(value)}")
        tables.append("\n".join(lines))
    return "\n\n".join(tables) + "\n"
