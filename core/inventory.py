"""What is at a provider, and whose it is: files, jobs, models and checkpoints.

Ours are jobs with our mark in their metadata, files with our mark in their name, and what those
jobs made. Everything else is somebody else's, in doubt too.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import openai
import pandas as pd
from openai import OpenAI

from core.jobs import is_ours, is_terminal
from core.providers import Profile, reraise
from core.uploads import OUR_FILE, capped, project_id

Kind = Literal["file", "job", "model", "checkpoint"]

#: "project": this project's; "app": made with this app, by another project; "other": not ours.
Owner = Literal["project", "app", "other"]

#: Most things of a kind that are looked at.
MOST = 10_000

#: Jobs of ours whose checkpoints are asked for (one request each).
MOST_CHECKPOINT_LISTS = 50


@dataclass(frozen=True, slots=True)
class Item:
    """One thing at the provider. ``job_id`` is the job that made it or uses it, if known."""

    kind: Kind
    id: str
    name: str
    owner: Owner
    created_at: int | None = None
    status: str = ""
    size: int | None = None
    job_id: str = ""
    used_by_running: str = ""

    @property
    def key(self) -> str:
        """Unique in an inventory."""
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything of the account that has to do with tuning, as it was at ``taken_at``.

    ``account`` is what a person must type to remove more than this app's own things.
    """

    provider: str
    base_url: str
    account: str
    project: str
    items: tuple[Item, ...]
    taken_at: float


def inventory(client: OpenAI, profile: Profile, project: str = "") -> Inventory:
    """Files, jobs, models and checkpoints of the account, each with whose it is.

    Args:
        project: the id under which this project uploads and launches; without one, nothing
            counts as this project's.

    Raises:
        Problem: the provider cannot be asked. Kinds that a provider does not have are empty.
    """
    try:
        files = _all(lambda: client.files.list(limit=1000, order="desc"))
        jobs = _all(lambda: client.fine_tuning.jobs.list(limit=100))
        models = _all(client.models.list)
        owners = {job.id: _job_owner(job, files, profile, project) for job in jobs}
        checkpoints = _checkpoints(client, [j for j in jobs if owners[j.id] != "other"])
    except Exception as error:
        reraise(error, profile)
    items = [
        *_file_items(files, jobs, owners, project),
        *_job_items(jobs, owners),
        *_model_items(models, jobs, owners, checkpoints),
    ]
    account = next((job.organization_id for job in jobs if job.organization_id), "")
    return Inventory(
        profile.key,
        str(client.base_url),
        account or profile.name,
        project,
        tuple(items),
        time.time(),
    )


def _all(ask: Any) -> list[Any]:
    """All items of a list; empty where the provider does not have that list."""
    try:
        return list(capped(ask(), MOST))
    except openai.NotFoundError:
        return []


def _file_owner(file: Any, project: str) -> Owner:
    marked = OUR_FILE.fullmatch(file.filename or "")
    if not marked:
        return "other"
    return "project" if project and marked["project"] == project_id(project) else "app"


def _job_owner(job: Any, files: Iterable[Any], profile: Profile, project: str) -> Owner:
    """By metadata; only where a provider keeps none, by the name of the training file."""
    if is_ours(job):
        return "project" if project and is_ours(job, project) else "app"
    if profile.metadata or job.metadata:
        return "other"
    training = next((file for file in files if file.id == job.training_file), None)
    return _file_owner(training, project) if training else "other"


def _checkpoints(client: OpenAI, jobs: list[Any]) -> dict[str, list[str]]:
    """Names of checkpoint models by job."""
    found: dict[str, list[str]] = {}
    for job in jobs[:MOST_CHECKPOINT_LISTS]:
        listed = _all(lambda job=job: client.fine_tuning.jobs.checkpoints.list(job.id, limit=100))
        found[job.id] = [c.fine_tuned_model_checkpoint for c in listed]
    return found


def _file_items(
    files: list[Any], jobs: list[Any], owners: dict[str, Owner], project: str
) -> list[Item]:
    makers = {file_id: job for job in jobs for file_id in job.result_files or ()}
    items = []
    for file in files:
        maker = makers.get(file.id)
        owner = owners[maker.id] if maker else _file_owner(file, project)
        users = [job for job in jobs if file.id in (job.training_file, job.validation_file)]
        running = [
            job.id
            for job in users
            if not is_terminal(job.status) and _rank(owners[job.id]) > _rank(owner)
        ]
        used_by = maker.id if maker else users[0].id if users else ""
        items.append(
            Item(
                "file",
                file.id,
                file.filename or file.id,
                owner,
                file.created_at,
                f"{file.purpose}, {file.status}",
                file.bytes,
                used_by,
                running[0] if running else "",
            )
        )
    return items


def _rank(owner: Owner) -> int:
    """How far from this project: a thing in use by somebody further away is left alone."""
    return ("project", "app", "other").index(owner)


def _job_items(jobs: list[Any], owners: dict[str, Owner]) -> list[Item]:
    return [
        Item("job", job.id, job.model or job.id, owners[job.id], job.created_at, job.status or "")
        for job in jobs
    ]


def _model_items(
    models: list[Any],
    jobs: list[Any],
    owners: dict[str, Owner],
    checkpoints: dict[str, list[str]],
) -> list[Item]:
    """Tuned models only: a base model is never in the list."""
    makers = {job.fine_tuned_model: job.id for job in jobs if job.fine_tuned_model}
    saved = {name: job_id for job_id, names in checkpoints.items() for name in names}
    in_use = {job.model: job for job in jobs if not is_terminal(job.status)}
    items = []
    for model in models:
        name = model.id
        job_id = makers.get(name) or saved.get(name) or ""
        tuned = name.startswith("ft:") or ".ft-" in name or bool(job_id)
        if not tuned:
            continue
        owner: Owner = owners[job_id] if job_id else "other"
        user = in_use.get(name)
        blocked = user.id if user and _rank(owners[user.id]) > _rank(owner) else ""
        kind: Kind = "checkpoint" if name in saved or ":ckpt-step-" in name else "model"
        items.append(
            Item(kind, name, name, owner, model.created, "", None, job_id, used_by_running=blocked)
        )
    return items


def inventory_frame(found: Inventory) -> pd.DataFrame:
    """The inventory as a table, one row a thing; ``key`` is what ``plan`` takes."""
    names = ["key", "kind", "name", "owner", "created_at", "status", "size", "job_id", "id"]
    frame = pd.DataFrame(
        [[getattr(item, name) for name in names] for item in found.items], columns=names
    )
    frame["created_at"] = pd.to_datetime(pd.to_numeric(frame["created_at"]), unit="s")
    frame["size"] = pd.to_numeric(frame["size"]).astype("Int64")
    return frame
