"""Limits on spending: the person's budget, and the guard around an owner's key.

An owner may lend a key of theirs to everybody who opens the app. That is opt-in, nested in the
secrets (top-level secrets become environment variables), and never without a cap; on a public
app also never without a password.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai.types.fine_tuning import FineTuningJob

from core.costs import training_cost
from core.money import DOLLARS, Currency, money
from core.prices import ModelPrice
from core.problems import Problem
from core.providers import UnclearAnswer
from core.shutdown import base_model
from core.uploads import MADE_BY

#: Mark on a job that was started with an owner's key; ``COST_MARK`` holds its dollars. From both
#: the sum is found again at the provider when a host's disk was wiped.
PAYER_MARK, OWNER_PAYS, COST_MARK = "paid_by", "host", "expected_cost"

#: Seconds that a wrong password costs; one guess at a time in the whole process.
WRONG_PASSWORD_WAIT = 1.0
_guessing = threading.Lock()


def check_budget(
    cost: float | None,
    budget: float | None,
    spent: float = 0.0,
    currency: Currency = DOLLARS,
) -> None:
    """Refuse what exceeds the budget; done again at launch, not only in the browser.

    Args:
        cost: dollars of what is about to be started, None if unknown.
        budget: dollars altogether, None for none.
        spent: dollars of this project's jobs so far.
        currency: to say it in.

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
        before = f" after {money(spent, currency)} already spent" if spent else ""
        raise Problem(
            f"This costs {money(cost, currency)}{before}, more than your budget of "
            f"{money(budget, currency)}.",
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


def unlock(owner: OwnerKey, typed: str, *, wait: float = WRONG_PASSWORD_WAIT) -> bool:
    """Whether the typed password opens the owner's key (always, where none is set).

    A wrong one costs ``wait`` seconds, one visitor after the other, so that nobody can try many.
    """
    if not owner.password:
        return True
    with _guessing:
        right = hmac.compare_digest(typed.encode(), owner.password.encode())
        if not right:
            time.sleep(wait)
    return right


def lent_marks(cost: float) -> dict[str, str]:
    """Metadata of a job that an owner's key pays, for ``lent_so_far``."""
    return {PAYER_MARK: OWNER_PAYS, COST_MARK: f"{cost:.6f}"}


def lent_so_far(jobs: Iterable[FineTuningJob], prices: Sequence[ModelPrice]) -> float:
    """Dollars of the jobs that an owner's key paid for, by the marks they carry.

    Once a job says what it trained, that counts; before, and where no price is known, what was
    expected when it was started.
    """
    known = {price.model: price for price in prices}
    total = 0.0
    for job in jobs:
        marks = job.metadata or {}
        if marks.get("made_by") != MADE_BY or marks.get(PAYER_MARK) != OWNER_PAYS:
            continue
        price = known.get(base_model(job.model))
        billed = training_cost(job.trained_tokens, 1, price) if job.trained_tokens and price else 0
        try:
            expected = max(0.0, float(marks.get(COST_MARK) or 0.0))
        except ValueError:
            expected = 0.0
        total += billed or expected
    return total


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
        self._settled: dict[str, tuple[str, float]] = {}
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

    def left(self, owner: OwnerKey) -> float:
        """Dollars that the owner's cap still leaves."""
        return max(0.0, owner.cap - self.spent(owner.provider))

    def holds(self, ticket: str) -> bool:
        """Whether a sum is set aside under this ticket right now."""
        with self._lock:
            return ticket in self._reserved

    def at_least(self, provider: str, amount: float) -> None:
        """Correct the sum upwards to what the provider's own list of jobs says was spent."""
        with self._lock:
            if amount > self._spent.get(provider, 0.0):
                self._spent[provider] = amount
                self._write()

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
            self._check(owner, cost)
            self._reserved[ticket] = (owner.provider, cost or 0.0)
            return ticket

    def charge(self, owner: OwnerKey, cost: float | None) -> None:
        """Book a small sum at once, before it is spent: an answer, at the most it can cost.

        Raises:
            Problem: the price is unknown or the cap would be exceeded.
        """
        with self._lock:
            self._check(owner, cost)
            self._spent[owner.provider] = self._spent.get(owner.provider, 0.0) + (cost or 0.0)
            self._write()

    def _check(self, owner: OwnerKey, cost: float | None, currency: Currency = DOLLARS) -> None:
        if cost is None:
            raise Problem(
                "The price of this model is unknown, so the host's key cannot pay for it.",
                "Choose a model from the price list, or use a key of your own.",
            )
        left = owner.cap - self._sum(owner.provider)
        if cost > left + 1e-9:
            raise Problem(
                f"This costs {money(cost, currency)}, and the host's key has "
                f"{money(left, currency) if left > 0 else 'nothing'} left of "
                f"{money(owner.cap, currency)}.",
                "Use fewer examples or epochs, a key of your own, or train on this machine.",
            )

    def settle(self, ticket: str, cost: float | None = None) -> None:
        """Book a reservation: at ``cost`` if it is known now, else at what was set aside.

        A ticket can be settled or released once; after that nothing happens.
        """
        with self._lock:
            provider, reserved = self._reserved.pop(ticket, ("", 0.0))
            if not provider:
                return
            amount = reserved if cost is None else cost
            self._settled[ticket] = (provider, amount)
            self._spent[provider] = self._spent.get(provider, 0.0) + amount
            self._write()

    def correct(self, ticket: str, cost: float) -> None:
        """Book what a job really cost, once that is known, in place of what was expected."""
        with self._lock:
            provider, booked = self._settled.get(ticket, ("", 0.0))
            if provider and cost != booked:
                self._settled[ticket] = (provider, cost)
                self._spent[provider] = max(0.0, self._spent.get(provider, 0.0) + cost - booked)
                self._write()

    def check(self, owner: OwnerKey, cost: float | None, currency: Currency = DOLLARS) -> None:
        """Refuse early what ``reserve`` would refuse.

        Raises:
            Problem: as ``reserve``.
        """
        with self._lock:
            self._check(owner, cost, currency)

    def _write(self) -> None:
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
    except Problem as problem:
        if isinstance(problem, UnclearAnswer):
            ledger.settle(ticket)  # it may have been paid
        else:
            ledger.release(ticket)
        raise
    except BaseException:  # cut off in the middle: it may have been paid
        ledger.settle(ticket)
        raise
    ledger.settle(ticket)
    return job
