"""Limits on spending: the person's budget, and the guard around an owner's key.

An owner may lend a key of theirs to everybody who opens the app. That is opt-in, nested in the
secrets (top-level secrets become environment variables), and never without a cap; on a public
app also never without a password.
"""

from __future__ import annotations

import hmac
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai.types.fine_tuning import FineTuningJob

from core.costs import money
from core.problems import Problem
from core.providers import UnclearAnswer


def check_budget(cost: float | None, budget: float | None, spent: float = 0.0) -> None:
    """Refuse what exceeds the budget; done again at launch, not only in the browser.

    Args:
        cost: dollars of what is about to be started, None if unknown.
        budget: dollars altogether, None for none.
        spent: dollars of this project's jobs so far.

    Raises:
        Problem: it does not fit, or it cannot be told whether it fits.
    """
    if budget is None:
        return
    if cost is None:
        raise Problem(
            "The price of this model is unknown, so it cannot be kept within your budget.",
            "Enter its price in the price list, or lift the budget.",
        )
    if spent + cost > budget + 1e-9:
        before = f" after {money(spent)} already spent" if spent else ""
        raise Problem(
            f"This costs {money(cost)}{before}, more than your budget of {money(budget)}.",
            "Use fewer examples or epochs, a cheaper model, or a bigger budget.",
        )


@dataclass(frozen=True)
class OwnerKey:
    """An owner's key from the secrets. Its text never shows in ``repr``."""

    provider: str
    api_key: str = field(repr=False)
    cap: float
    password: str = field(default="", repr=False)
    base_url: str = ""


def owner_key(secrets: Mapping[str, Any], provider: str, *, public: bool) -> OwnerKey | None:
    """The owner's key for one provider, or None where none is lent.

    Looks for ``[soundalike.PROVIDER]`` with ``api_key``, ``spending_cap`` (dollars) and, for a
    public app, ``password``.

    Raises:
        Problem: the table is there but not complete: then the key is not used at all.
    """
    section = secrets.get("soundalike")
    table = section.get(provider) if isinstance(section, Mapping) else None
    if not isinstance(table, Mapping) or not table.get("api_key"):
        return None
    cap = table.get("spending_cap")
    if isinstance(cap, bool) or not isinstance(cap, int | float) or cap <= 0:
        raise Problem(
            f"The key lent for {provider!r} has no spending cap, so it is not used.",
            f"Add spending_cap (dollars) to [soundalike.{provider}] in secrets.toml.",
        )
    password = str(table.get("password") or "")
    if public and not password:
        raise Problem(
            f"The key lent for {provider!r} has no password, so it is not used on a public app.",
            f"Add password to [soundalike.{provider}] in secrets.toml.",
        )
    base_url = str(table.get("base_url") or "")
    return OwnerKey(provider, str(table["api_key"]), float(cap), password, base_url)


def unlock(owner: OwnerKey, typed: str) -> bool:
    """Whether the typed password opens the owner's key (always, where none is set)."""
    if not owner.password:
        return True
    return hmac.compare_digest(typed.encode(), owner.password.encode())


class Ledger:
    """What an owner's key has spent, across everybody who uses the app.

    One per process. Sums are reserved before a launch and settled after it, so several people
    at once cannot exceed the cap together. With ``file`` the sum survives a restart; it holds
    amounts only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._spent: dict[str, float] = {}
        self._reserved: dict[str, tuple[str, float]] = {}
        self._settled: set[str] = set()
        if file and file.exists():
            try:
                stored = json.loads(file.read_text("utf-8"))
                self._spent = {str(k): float(v) for k, v in stored.items()}
            except (ValueError, AttributeError, TypeError) as error:
                raise Problem(
                    f"The spending record {file.name} cannot be read, so the lent key is not used.",
                    "Correct it, or delete it to start again from zero.",
                ) from error

    def spent(self, provider: str) -> float:
        """Dollars spent or reserved so far."""
        with self._lock:
            return self._sum(provider)

    def _sum(self, provider: str) -> float:
        held = sum(amount for name, amount in self._reserved.values() if name == provider)
        return self._spent.get(provider, 0.0) + held

    def reserve(self, owner: OwnerKey, cost: float | None, token: str | None = None) -> str:
        """Set ``cost`` aside and get a ticket for it.

        Args:
            token: of the launch (see ``core.jobs.new_launch_token``); the same token is set
                aside once, however often it is sent.

        Raises:
            Problem: the price is unknown or the cap would be exceeded.
        """
        with self._lock:
            ticket = token or uuid.uuid4().hex
            if ticket in self._reserved or ticket in self._settled:
                return ticket
            check_budget(cost, owner.cap, self._sum(owner.provider))
            self._reserved[ticket] = (owner.provider, cost or 0.0)
            return ticket

    def settle(self, ticket: str, cost: float | None = None) -> None:
        """Book a reservation: at ``cost`` if it is known now, else at what was set aside.

        A ticket can be settled or released once; after that nothing happens.
        """
        with self._lock:
            provider, reserved = self._reserved.pop(ticket, ("", 0.0))
            if not provider:
                return
            self._settled.add(ticket)
            amount = reserved if cost is None else cost
            self._spent[provider] = self._spent.get(provider, 0.0) + amount
            if self._file:
                temporary = self._file.with_suffix(".new")
                temporary.write_text(json.dumps(self._spent), "utf-8")
                temporary.replace(self._file)

    def release(self, ticket: str) -> None:
        """Give a reservation back: nothing was started."""
        with self._lock:
            self._reserved.pop(ticket, None)


def lent_launch(
    ledger: Ledger,
    owner: OwnerKey,
    cost: float | None,
    token: str,
    start: Callable[[], FineTuningJob],
) -> FineTuningJob:
    """Start a job on an owner's key: reserve, start, and give back only what surely was not paid.

    Args:
        start: creates the job; called once, its launch carries ``token``.

    Raises:
        Problem: beyond the cap, or what ``start`` raised.
    """
    ticket = ledger.reserve(owner, cost, token)
    try:
        job = start()
    except UnclearAnswer:
        ledger.settle(ticket)  # it may have been paid
        raise
    except BaseException:
        ledger.release(ticket)
        raise
    ledger.settle(ticket)
    return job
