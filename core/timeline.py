"""How far a job is, and what happened to it when: from its snapshot alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.jobs import Snapshot, is_terminal, status_words
from core.metrics import MESSAGE

#: What providers write when a job enters a status; matched without case, in this order.
STATUS_PHRASES = (
    ("created fine-tuning job", "validating_files"),
    ("moving job to queued", "queued"),
    ("job enqueued", "queued"),
    ("fine-tuning job started", "running"),
    ("job started", "running"),
    ("job is paused", "paused"),
    ("asked to pause", "paused"),
    ("paused", "paused"),
    ("resume", "running"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One entry of the timeline: when (seconds since 1970), which status, in plain words."""

    at: int
    status: str
    words: str


def timeline(snapshot: Snapshot) -> tuple[Stage, ...]:
    """The statuses that a job went through, oldest first, the present one last.

    Kinds of events that are neither messages nor metrics ("moderation_checks" and whatever
    comes) are entries of their own, shown as they are.
    """
    job = snapshot.job
    stages = [Stage(job.created_at or 0, "validating_files", status_words("validating_files"))]
    for event in snapshot.events:
        kind = event.type or "message"
        status = _status_in(event.message) if kind == "message" else None
        if kind not in ("message", "metrics"):
            stages.append(Stage(event.created_at, kind, kind.replace("_", " ").capitalize()))
        elif status and status != stages[-1].status:
            stages.append(Stage(event.created_at, status, status_words(status)))
    now = job.status or ""
    if now != stages[-1].status:
        at = job.finished_at if is_terminal(now) else None
        stages.append(Stage(at or stages[-1].at, now, status_words(now)))
    return tuple(stages)


def _status_in(message: str | None) -> str | None:
    said = (message or "").lower()
    return next((status for phrase, status in STATUS_PHRASES if phrase in said), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. ``share`` is 0 to 1; None is not known.

    ``seconds_left`` comes from the provider's own estimate, else from the pace so far.
    ``queue_position`` counts from 1 where the provider tells it.
    """

    step: int
    total_steps: int | None
    share: float | None
    seconds_left: float | None
    queue_position: int | None


def progress(snapshot: Snapshot, now: float) -> Progress:
    """Progress of a job from its metrics events; ``now`` in seconds since 1970."""
    job, step, total = snapshot.job, 0, None
    times: list[tuple[int, int]] = []
    for event in snapshot.events:
        data: Mapping[str, Any] = event.data if isinstance(event.data, Mapping) else {}
        said = MESSAGE.match(event.message or "")
        found = data.get("step") or (said and said[1])
        if found:
            step = max(step, int(found))
            times.append((int(found), event.created_at))
        total = data.get("total_steps") or (said and said[2]) or total
    steps = int(total) if total else None
    share = min(1.0, step / steps) if steps else None
    left = None
    if is_terminal(job.status):
        share = 1.0 if job.status == "succeeded" else share
    elif job.estimated_finish:
        left = max(0.0, job.estimated_finish - now)
    elif steps and len(times) > 1 and times[-1][1] > times[0][1] and job.status == "running":
        pace = (times[-1][1] - times[0][1]) / max(1, times[-1][0] - times[0][0])
        left = max(0.0, (steps - step) * pace - (now - times[-1][1]))
    position = (job.model_extra or {}).get("queue_position")
    return Progress(step, steps, share, left, position if isinstance(position, int) else None)


def progress_words(progress: Progress, status: str | None) -> str:
    """Progress in plain words, or an empty text where there is nothing to say."""
    if status == "queued" and progress.queue_position:
        return f"Number {progress.queue_position} in the queue"
    if not progress.step or is_terminal(status):
        return ""
    steps = f"Step {progress.step}"
    steps += f" of {progress.total_steps}" if progress.total_steps else ""
    if progress.seconds_left is None:
        return steps
    minutes = round(progress.seconds_left / 60)
    left = f"about {minutes} minutes" if minutes > 1 else "about a minute"
    return f"{steps}, {'less than a minute' if progress.seconds_left < 45 else left} left"
