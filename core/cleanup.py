"""Clean up at a provider: look, plan, do, look again, write down.

Only what this app made is touched. Everything in the account can be removed only by somebody who
asks for it and types the account's own name; that is checked here, not on the page.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Literal

import openai
from openai import OpenAI

from core.inventory import Inventory, Item, inventory, inventory_frame
from core.jobs import is_terminal
from core.problems import Problem
from core.providers import Profile, explain_error, without_retries

__all__ = [
    "Inventory",
    "Item",
    "Outcome",
    "Plan",
    "Receipt",
    "Step",
    "execute",
    "inventory",
    "inventory_frame",
    "plan",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, in the order in which it will be done."""

    action: Literal["delete file", "stop job", "delete model"]
    item: Item


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done (nothing is yet), and what stays and why."""

    provider: str
    base_url: str
    account: str
    steps: tuple[Step, ...]
    kept: tuple[tuple[Item, str], ...]
    project: str = ""
    whole_account: bool = False
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step: "gone", "stopped", "still there" or "unknown", and why."""

    action: str
    kind: str
    id: str
    name: str
    result: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done where and when (seconds since 1970), after looking again."""

    provider: str
    base_url: str
    account: str
    whole_account: bool
    started_at: float
    finished_at: float
    outcomes: tuple[Outcome, ...]

    @property
    def complete(self) -> bool:
        """Whether everything that was planned is gone or stopped."""
        return all(outcome.result in ("gone", "stopped") for outcome in self.outcomes)

    def to_json(self) -> bytes:
        """The receipt as a file to keep."""
        return json.dumps(
            {"kind": "soundalike clean-up receipt", **asdict(self)}, indent=1
        ).encode()


# ---- plan ----

ORDER = {"file": 0, "job": 1, "checkpoint": 2, "model": 3}
ACTION: dict[str, Literal["delete file", "stop job", "delete model"]] = {
    "file": "delete file",
    "job": "stop job",
    "checkpoint": "delete model",
    "model": "delete model",
}


def plan(
    found: Inventory,
    *,
    keys: Collection[str] | None = None,
    whole_account: bool = False,
    typed: str = "",
) -> Plan:
    """What would be done: files first, then running jobs, then models. Does nothing yet.

    Args:
        keys: the items chosen (``Item.key``); None means all of this project, or with
            ``whole_account`` all there are.
        whole_account: also what others made; then ``typed`` must be the account's own name.

    Raises:
        Problem: something chosen is not ours and the account's name was not typed, or something
            chosen is not in the inventory.
    """
    if whole_account:
        _check_typed(typed, found.account)
    known = {item.key: item for item in found.items}
    if keys is None:
        chosen = [i for i in found.items if whole_account or i.owner == "project"]
    else:
        missing = [key for key in keys if key not in known]
        if missing:
            raise Problem(
                "Something chosen is not in the list any more.", "Load the list again and choose."
            )
        chosen = [known[key] for key in dict.fromkeys(keys)]
    foreign = [item for item in chosen if item.owner == "other"]
    if foreign and not whole_account:
        raise Problem(
            f"{len(foreign)} of the things chosen were not made with this app.",
            "Only your own things can be removed here.",
        )
    steps, kept = [], []
    for item in sorted(chosen, key=lambda item: ORDER[item.kind]):
        reason = _reason_to_keep(item, whole_account)
        if reason:
            kept.append((item, reason))
        else:
            steps.append(Step(ACTION[item.kind], item))
    planned = {step.item.key for step in steps} | {item.key for item, _ in kept}
    for item in found.items:
        if item.key not in planned:
            whose = "not made with this app" if item.owner == "other" else "not chosen"
            kept.append((item, whose))
    return Plan(
        found.provider,
        found.base_url,
        found.account,
        tuple(steps),
        tuple(kept),
        found.project,
        whole_account,
        typed,
    )


def _check_typed(typed: str, account: str) -> None:
    if typed.strip() != account:
        raise Problem(
            "Removing what others made needs the account's own name, typed exactly.",
            f"Type {account} to go on, or choose only your own things.",
        )


def _reason_to_keep(item: Item, whole_account: bool) -> str:
    if item.kind == "job" and is_terminal(item.status):
        return "over already; providers keep the record of a job"
    if item.used_by_running and not whole_account:
        return f"in use by the running job {item.used_by_running}, which is not yours"
    return ""


# ---- do, look again, write down ----


def execute(client: OpenAI, profile: Profile, planned: Plan) -> Receipt:
    """Carry out a plan step by step, then look at every item again.

    Before anything is touched the account is read once more: whose a thing is, and whether
    somebody else's job uses it now, is judged by that and not by the plan. Each request is sent
    once; one that fails does not stop the others, except where the key is no longer accepted.

    Raises:
        Problem: the plan was made for another provider, address or account, or it holds
            something that is not ours; then nothing was touched.
    """
    if (planned.provider, planned.base_url) != (profile.key, str(client.base_url)):
        raise Problem(
            "The plan was made for another provider.", "Load the list again for this one."
        )
    started = time.time()
    now = inventory(client, profile, planned.project)
    _check_still_ours(planned, now)
    current = {item.key: item for item in now.items}
    once = without_retries(client)
    failures: dict[str, str] = {}
    for step in planned.steps:
        item = current.get(step.item.key)
        reason = _reason_to_keep(item, planned.whole_account) if item else ""
        if reason:
            failures[step.item.key] = reason
            continue
        try:
            _do(once, step)
        except openai.NotFoundError:
            continue  # gone already, which is what was wanted
        except openai.AuthenticationError as error:
            failures |= {s.item.key: explain_error(error, profile).message for s in planned.steps}
            break
        except Exception as error:
            failures[step.item.key] = explain_error(error, profile).message
    outcomes = [_look_again(client, profile, step, failures) for step in planned.steps]
    return Receipt(
        planned.provider,
        planned.base_url,
        planned.account,
        planned.whole_account,
        started,
        time.time(),
        tuple(outcomes),
    )


def _check_still_ours(planned: Plan, now: Inventory) -> None:
    """Refuse the whole plan if one thing in it is somebody else's."""
    if planned.whole_account:
        _check_typed(planned.typed, now.account)
        return
    current = {item.key: item for item in now.items}
    for step in planned.steps:
        item = current.get(step.item.key)
        if step.item.owner == "other" or (item is not None and item.owner == "other"):
            raise Problem(
                "Something in the plan was not made with this app, so nothing was removed.",
                "Load the list again and choose.",
            )


def _do(client: OpenAI, step: Step) -> None:
    if step.action == "delete file":
        client.files.delete(step.item.id)
    elif step.action == "stop job":
        client.fine_tuning.jobs.cancel(step.item.id)
    else:
        client.models.delete(step.item.id)


def _look_again(client: OpenAI, profile: Profile, step: Step, failures: dict[str, str]) -> Outcome:
    item = step.item
    outcome = Outcome(step.action, item.kind, item.id, item.name, "still there")
    outcome = replace(outcome, reason=failures.get(item.key, ""))
    try:
        if step.action == "delete file":
            client.files.retrieve(item.id)
        elif step.action == "delete model":
            client.models.retrieve(item.id)
        elif is_terminal(client.fine_tuning.jobs.retrieve(item.id).status):
            return replace(outcome, result="stopped", reason="")
    except openai.NotFoundError:
        return replace(outcome, result="gone", reason="")
    except Exception as error:
        return replace(
            outcome,
            result="unknown",
            reason=outcome.reason or explain_error(error, profile).message,
        )
    return replace(outcome, reason=outcome.reason or "the provider said yes, but it is still there")
