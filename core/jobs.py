"""Training jobs: follow, stop, pause; uploading and launching live next door and are named here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import openai
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from core.launches import (
    LaunchSettings,
    check_settings,
    find_launch,
    launch,
    new_launch_token,
    tidy_suffix,
)
from core.problems import Problem
from core.providers import ANY_PROVIDER, Profile, reraise, without_retries
from core.uploads import MADE_BY, capped, list_files, our_file_name, project_id, upload

__all__ = [
    "MADE_BY",
    "LaunchSettings",
    "Snapshot",
    "cancel",
    "check_settings",
    "find_launch",
    "is_ours",
    "is_terminal",
    "job_snapshot",
    "launch",
    "list_files",
    "list_jobs",
    "new_launch_token",
    "our_file_name",
    "pause",
    "poll_seconds",
    "result_file",
    "resume",
    "status_words",
    "tidy_suffix",
    "upload",
    "with_resolved",
]

TERMINAL = ("succeeded", "failed", "cancelled")

STATUS_WORDS = {
    "validating_files": "The trainer is checking the files",
    "queued": "Waiting in the queue",
    "running": "Training",
    "paused": "Paused",
    "succeeded": "Finished",
    "failed": "Failed",
    "cancelled": "Stopped",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job as it is now. Events are oldest first; ``complete`` is False if older ones are left."""

    job: FineTuningJob
    events: tuple[FineTuningJobEvent, ...] = ()
    checkpoints: tuple[FineTuningJobCheckpoint, ...] = ()
    complete: bool = True
    fetched_at: float = field(default=0.0, compare=False)


def is_terminal(status: str | None) -> bool:
    """Whether a job in this status will not change any more; unknown ones may."""
    return status in TERMINAL


def status_words(status: str | None) -> str:
    """A status in plain words; one that nobody knew of is shown as it is."""
    return STATUS_WORDS.get(status or "", f"Status: {status}")


def job_snapshot(
    client: OpenAI,
    job_id: str,
    *,
    profile: Profile = ANY_PROVIDER,
    known: Snapshot | None = None,
    most_events: int = 5000,
) -> Snapshot:
    """The job with its events (oldest first) and checkpoints as they are now.

    With ``known``, only what is new is fetched. Paging ends at ``most_events`` or at a repeated
    event. A provider without events or checkpoints gives empty ones.

    Raises:
        Problem: unknown job, or the provider cannot be reached; nothing is lost by that.
    """
    try:
        job = client.fine_tuning.jobs.retrieve(job_id)
        if not getattr(job, "id", None):
            raise TypeError("no job in the answer")
        old = {event.id: event for event in known.events} if known else {}
        events, complete = _new_events(client, job_id, old, most_events)
        checkpoints = _checkpoints(client, job_id)
    except Exception as error:
        reraise(error, profile)
    merged = [*old.values(), *reversed(events)]
    was_complete = known.complete if known else True
    return Snapshot(job, tuple(merged), checkpoints, complete and was_complete, time.time())


def _new_events(
    client: OpenAI, job_id: str, old: Mapping[str, FineTuningJobEvent], most: int
) -> tuple[list[FineTuningJobEvent], bool]:
    """Events newer than ``old``, newest first, and whether all of them were fetched."""
    fresh: list[FineTuningJobEvent] = []
    try:
        for event in capped(client.fine_tuning.jobs.list_events(job_id, limit=100), most + 1):
            if event.id in old:
                return fresh, True
            if len(fresh) == most:
                return fresh, False
            fresh.append(event)
    except openai.NotFoundError:
        return [], True
    return fresh, True


def _checkpoints(client: OpenAI, job_id: str) -> tuple[FineTuningJobCheckpoint, ...]:
    try:
        found = capped(client.fine_tuning.jobs.checkpoints.list(job_id, limit=100), 500)
        return tuple(sorted(found, key=lambda checkpoint: checkpoint.step_number or 0))
    except openai.NotFoundError:
        return ()


def poll_seconds(snapshot: Snapshot | None, failures: int = 0) -> float | None:
    """Seconds until the next look at a job: None once it is over; slower after failures."""
    if snapshot and is_terminal(snapshot.job.status):
        return None
    if failures:
        return min(60.0, 5.0 * 2 ** (failures - 1))
    waiting = snapshot and snapshot.job.status in ("queued", "validating_files", "paused")
    return 10.0 if waiting else 5.0


def cancel(client: OpenAI, job_id: str, profile: Profile = ANY_PROVIDER) -> FineTuningJob:
    """Stop a job; what was trained until then may be billed."""
    return _change(client, job_id, profile, "cancel")


def pause(client: OpenAI, job_id: str, profile: Profile = ANY_PROVIDER) -> FineTuningJob:
    """Pause a job where the profile has it."""
    _needs_pause(profile)
    return _change(client, job_id, profile, "pause")


def resume(client: OpenAI, job_id: str, profile: Profile = ANY_PROVIDER) -> FineTuningJob:
    """Continue a paused job."""
    _needs_pause(profile)
    return _change(client, job_id, profile, "resume")


def _needs_pause(profile: Profile) -> None:
    if not profile.has_pause:
        raise Problem(f"{profile.name} cannot pause jobs.", "Let it run, or stop it.")


def _change(client: OpenAI, job_id: str, profile: Profile, what: str) -> FineTuningJob:
    try:
        return getattr(without_retries(client).fine_tuning.jobs, what)(job_id)
    except Exception as error:
        reraise(error, profile)


def list_jobs(
    client: OpenAI, profile: Profile = ANY_PROVIDER, *, most: int = 200
) -> list[FineTuningJob]:
    """The account's newest jobs, newest first, everybody's; see ``is_ours``."""
    try:
        return list(capped(client.fine_tuning.jobs.list(limit=100), most))
    except Exception as error:
        reraise(error, profile)


def is_ours(job: FineTuningJob, project: str | None = None) -> bool:
    """Whether this app started the job and, with ``project``, for that project."""
    marks = job.metadata or {}
    ours = marks.get("made_by") == MADE_BY
    return ours and (project is None or marks.get("project") == project_id(project))


def result_file(
    client: OpenAI, job: FineTuningJob, profile: Profile = ANY_PROVIDER
) -> bytes | None:
    """The bytes of a finished job's result file; None if it has none."""
    if not job.result_files:
        return None
    try:
        return client.files.content(job.result_files[0]).read()
    except Exception as error:
        reraise(error, profile)


def with_resolved(settings: LaunchSettings, job: FineTuningJob) -> LaunchSettings:
    """The settings with what "auto" became, as far as the job says it."""
    method = getattr(job.method, settings.method, None) if job.method else None
    given = job.hyperparameters or getattr(method, "hyperparameters", None)
    names = ("n_epochs", "batch_size", "learning_rate_multiplier")
    found = {name: getattr(given, name, None) for name in names}
    return replace(settings, **{n: v for n, v in found.items() if v not in (None, "auto")})
