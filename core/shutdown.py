"""The shutdown clock: how long a model, and a voice trained on it, will answer."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from openai import OpenAI

from core.prices import PRICES_FILE
from core.providers import ANY_PROVIDER, Profile, reraise


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The day on which a model stops answering, and where that is written."""

    model: str
    day: date
    replacement: str
    source: str

    def days_left(self, today: date) -> int:
        """Days until then; 0 or less when it is over."""
        return (self.day - today).days


@dataclass(frozen=True, slots=True)
class Milestone:
    """One date of a provider's plan, in its own words."""

    provider: str
    day: date
    what: str
    as_of: date
    source: str


def load_milestones(provider: str) -> list[Milestone]:
    """The dates that a provider announced, in order."""
    tables = tomllib.loads(PRICES_FILE.read_text("utf-8"))["milestone"]
    found = [Milestone(**table) for table in tables if table["provider"] == provider]
    return sorted(found, key=lambda milestone: milestone.day)


def base_model(model: str) -> str:
    """The base of a tuned model's name: OpenAI's "ft:base:org::id", Azure's "base.ft-id"."""
    name = model.removeprefix("ft:").split(":", 1)[0] if model.startswith("ft:") else model
    return name.split(".ft-", 1)[0]


def shutdown_of(model: str, provider: str, reported: str | date | None = None) -> Shutdown | None:
    """When ``model`` stops, from the provider's own answer if it gives one, else our table.

    Args:
        reported: ``shutdown_date`` of the models endpoint ("YYYY-MM-DD"), if it was asked.
    """
    base = base_model(model)
    tables = tomllib.loads(PRICES_FILE.read_text("utf-8"))["shutdown"]
    fitting = [t for t in tables if t["provider"] == provider and base.startswith(t["prefix"])]
    listed = max(fitting, key=lambda table: len(table["prefix"]), default=None)
    replacement = listed.get("replacement", "") if listed else ""
    day = _day(reported)
    if day:
        return Shutdown(model, day, replacement, "the provider's list of models")
    return Shutdown(model, listed["day"], replacement, listed["source"]) if listed else None


def _day(value: str | date | None) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            return None
    return value


def shutdown_sentence(shutdown: Shutdown | None, today: date, *, trained: bool = False) -> str:
    """What the clock says before paying (or, with ``trained``, about a model that exists)."""
    if shutdown is None:
        return "No end is announced for this model."
    days, day = shutdown.days_left(today), f"{shutdown.day:%d %b %Y}"
    if days <= 0:
        return f"This model was switched off on {day}."
    span = "1 day" if days == 1 else f"{days} days"
    if trained:
        return f"This voice lives {span} more: its model is switched off on {day}."
    return f"A voice trained now would live {span}: the model is switched off on {day}."


def model_dates(client: OpenAI, profile: Profile = ANY_PROVIDER) -> dict[str, str | None]:
    """Model names that the provider lists, each with its ``shutdown_date`` or None.

    Empty where the provider has no list (an empty list says nothing about what can be called).

    Raises:
        Problem: the provider cannot be asked.
    """
    if not profile.lists_models:
        return {}
    try:
        models: Iterable[Any] = client.models.list()
        return {model.id: getattr(model, "shutdown_date", None) for model in models}
    except Exception as error:
        reraise(error, profile)
