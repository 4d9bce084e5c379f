"""One visitor's work as a value: everything personal, and what was made of it so far."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass, field
from typing import Any

from openai.types.fine_tuning import FineTuningJob

from core.history import JobRecord
from core.jobs import Snapshot
from core.messages import Archive
from core.money import DOLLARS, Currency, money, small_money
from core.parts import Started
from core.prices import ModelPrice
from core.privacy import Settings as PrivacySettings
from core.privacy import StandIns
from core.problems import Problem
from core.providers import Profile
from core.recipes.base import Labels
from core.settings import DatasetSettings
from core.ui.privacy_choices import Choices


@dataclass
class Session:
    """One visitor's work, from the upload to the comparison.

    ``labels`` are topics, names and instructions from a chat model or by hand, with the real names.
    ``recalled``: changes by hand came back from an earlier visit; ``edits_kept``: they could be
    written down. ``destination`` is whom the data set is checked for, after the provider it was chosen with.
    """

    visitor: str
    archive: Archive | None = None
    file_names: tuple[str, ...] = ()
    parts: tuple[Any, ...] = ()
    reading: dict[str, Any] = field(default_factory=dict)
    me: tuple[str, ...] = ()
    period: tuple[datetime.date, datetime.date] | None = None
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    people: Choices = field(default_factory=Choices)
    known_names: StandIns | None = None
    extra_finders: tuple[str, ...] = ()
    settings: DatasetSettings = field(default_factory=DatasetSettings)
    settings_round: int = 0
    labels: dict[str, Labels] = field(default_factory=dict)
    labels_round: int = 0
    recalled: bool = False
    edits_kept: bool = True
    repair: bool = False
    destination: tuple[str, str] = ("", "")
    provider: str = "embedded"
    api_keys: dict[str, str] = field(default_factory=dict)
    on_host_key: set[str] = field(default_factory=set)
    base_urls: dict[str, str] = field(default_factory=dict)
    model_names: dict[str, list[str]] = field(default_factory=dict)
    prices: tuple[ModelPrice, ...] | None = None
    profiles: dict[str, Profile] | None = None
    budget: float | None = None
    currency: Currency = DOLLARS
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    failures: int = 0
    next_look: float = 0.0
    last_trouble: Problem | None = None
    jobs_seen: dict[str, tuple[float, list[FineTuningJob]]] = field(default_factory=dict)
    model_days: dict[tuple[str, str], datetime.date] = field(default_factory=dict)
    uploads: dict[str, Started] = field(default_factory=dict)
    overlaid: set[str] = field(default_factory=set)
    history: list[JobRecord] = field(default_factory=list)
    launches: dict[str, float] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)
    preferences: bytes = b""
    planted: bool = False
    cache: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    upload_round: int = 0

    @property
    def project(self) -> str:
        """Marks this visitor's files and jobs at a provider; says nothing about the visitor."""
        return hashlib.sha256(self.visitor.encode()).hexdigest()[:12]

    @property
    def spent(self) -> float:
        """Dollars of this project's own jobs so far, as billed, else as expected."""
        own = [record for record in self.history if not record.paid_by_host]
        return sum(record.cost or record.expected_cost or 0.0 for record in own)

    def money(self, dollars: float | None) -> str:
        """An amount in the chosen currency, safe to put into Markdown."""
        return money(dollars, self.currency).replace("$", "\\$")

    def about(self, dollars: float, *, small: bool = False) -> str:
        """An estimate: "about $0.42", but "less than $0.01" and "free" without it."""
        words = self.small_money(dollars) if small else self.money(dollars)
        return words if words.startswith(("less", "free")) else f"about {words}"

    def small_money(self, dollars: float) -> str:
        """The same for an amount that may be a fraction of a cent."""
        return small_money(dollars, self.currency).replace("$", "\\$")

    def remember(self, name: str, key: Any, make: Any) -> Any:
        """Value of ``make()``, kept until ``key`` changes; one value per name, this visitor only.

        Keys hold the ``id`` of what a value was made of. Python gives the id of a dead object to
        a new one, so a value that is replaced takes everything that was made of it along.
        """
        kept = self.cache.get(name)
        if kept is None or kept[0] != key:
            made = make()
            self.drop(name)
            kept = self.cache[name] = (key, made)
        return kept[1]

    def drop(self, name: str) -> None:
        """Forget a remembered value, and every value whose key holds its id."""
        kept = self.cache.pop(name, None)
        if kept is None:
            return
        for other, (key, _) in list(self.cache.items()):
            if _holds(key, id(kept[1])):
                self.drop(other)


def _holds(key: Any, number: int) -> bool:
    if isinstance(key, tuple):
        return any(_holds(one, number) for one in key)
    return type(key) is int and key == number
