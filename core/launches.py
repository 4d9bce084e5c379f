"""Launching a job: at most once, whatever the network does.

Creating a job spends money, so it is never repeated by machinery. Every job of ours carries a
mark and the token of its launch in its metadata; when the answer to "create" is unclear, the
job list is searched for that token. The same token is never sent twice.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import openai
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

from core.problems import Problem
from core.providers import (
    Profile,
    UnclearAnswer,
    answer_is_unclear,
    reraise,
    without_retries,
)
from core.uploads import MADE_BY, capped, project_id

Auto = Literal["auto"]


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """What a job is trained with. "auto" leaves a value to the provider.

    ``beta`` is for preference training (method "dpo") only.
    """

    model: str
    n_epochs: int | Auto = "auto"
    batch_size: int | Auto = "auto"
    learning_rate_multiplier: float | Auto = "auto"
    suffix: str | None = None
    seed: int | None = None
    method: Literal["supervised", "dpo"] = "supervised"
    beta: float | Auto = "auto"


@dataclass(slots=True)
class _Launch:
    """A launch that was sent: when (seconds since 1970), and the job it made if that is known."""

    started: float
    job_id: str = ""


# Launches that were sent by their tokens, so that no token is sent twice by this process.
# Tokens are random numbers or hashes and say nothing about anybody.
_sent: dict[str, _Launch] = {}
_sent_lock = threading.Lock()


def new_launch_token() -> str:
    """A token for one launch: make it when the person is asked, use it when they say yes."""
    return uuid.uuid4().hex


def launch_token(
    project: str,
    place: str,
    training: bytes,
    validation: bytes,
    settings: LaunchSettings,
    number: int = 0,
) -> str:
    """The token of training exactly this, there, for the ``number``-th time again.

    Two tabs, a reload or a second click come to the same token, so they come to the same job.

    Args:
        project: the person's project; others who train the same thing have other tokens.
        place: provider and address.
    """
    parts = [project, place, asdict(settings), number]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode())
    for data in (training, validation):
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()[:32]


def remember_sent(token: str, started: float, job_id: str = "") -> None:
    """Tell this process of a launch that was sent before it was started."""
    with _sent_lock:
        _sent.setdefault(token, _Launch(started, job_id))


def launch(
    client: OpenAI,
    profile: Profile,
    training_file_id: str,
    validation_file_id: str | None,
    settings: LaunchSettings,
    metadata: Mapping[str, str] | None = None,
    *,
    token: str | None = None,
    project: str = "",
    waits: Iterable[float] = (0.5, 2.0, 4.0),
) -> FineTuningJob:
    """Create one training job, and never two.

    A token that was already sent (a second click, a reload) gets the job that it made; nothing
    is sent again. The request itself is sent once; if its answer is unclear, the job list is
    searched for the token, after each of ``waits`` seconds.

    Raises:
        TrainingClosed: the provider no longer trains for this organisation.
        UnclearAnswer: it cannot be told whether the job exists. Nothing will be sent again.
        Problem: settings that the provider does not take, or a refusal.
    """
    body = launch_body(profile, training_file_id, validation_file_id, settings)
    token = token or new_launch_token()
    marks = {
        **(metadata or {}),
        "made_by": MADE_BY,
        "launch": token,
        "project": project_id(project),
    }
    if profile.metadata:
        body["metadata"] = check_metadata(marks)
    started = time.time()
    with _sent_lock:
        before = _sent.get(token)
        if before is None:
            _sent[token] = _Launch(started)
    if before is not None:
        return _already_sent(client, profile, token, body, before, waits)
    try:
        existing = find_launch(client, token) if profile.metadata else None
    except (openai.PermissionDeniedError, openai.NotFoundError):
        existing = None  # a key that may create but not list
    except Exception as error:
        _release(token)
        reraise(error, profile)
    if existing:  # sent before this process was started
        return _made(token, existing)
    try:
        job = without_retries(client).fine_tuning.jobs.create(**body)
        if not getattr(job, "id", None):
            raise TypeError("no job in the answer")
        return _made(token, job)
    except Exception as error:
        if answer_is_unclear(error):
            return _made(token, _resolve(client, profile, token, body, started, waits))
        _release(token)
        reraise(error, profile)


def _release(token: str) -> None:
    """Allow a token again whose launch was clearly refused: no job exists."""
    with _sent_lock:
        _sent.pop(token, None)


def _made(token: str, job: FineTuningJob) -> FineTuningJob:
    """Remember which job a token made."""
    with _sent_lock:
        if token in _sent:
            _sent[token].job_id = job.id
    return job


def _already_sent(
    client: OpenAI,
    profile: Profile,
    token: str,
    body: Mapping[str, Any],
    before: _Launch,
    waits: Iterable[float],
) -> FineTuningJob:
    """The job of a launch that was sent before; another tab may still wait for its answer."""
    for wait in (0.0, *waits):
        time.sleep(wait)
        try:
            if before.job_id:
                return client.fine_tuning.jobs.retrieve(before.job_id)
            job = _look_for(client, profile, token, body, before.started)
        except Exception as error:
            reraise(error, profile)
        if job is not None:
            return _made(token, job)
    raise UnclearAnswer(
        "This launch was already sent; it is not sent again.",
        "Look at the list of jobs in a moment.",
    )


def _look_for(
    client: OpenAI, profile: Profile, token: str, body: Mapping[str, Any], started: float
) -> FineTuningJob | None:
    if profile.metadata:
        return find_launch(client, token)
    return _find_twin(client, body, started)


def _resolve(
    client: OpenAI,
    profile: Profile,
    token: str,
    body: Mapping[str, Any],
    started: float,
    waits: Iterable[float],
) -> FineTuningJob:
    """Find the job that an unclear answer may have made."""
    for wait in waits:
        time.sleep(wait)
        try:
            job = _look_for(client, profile, token, body, started)
        except Exception:  # the network may still be down; the next look may work
            continue
        if job is not None:
            return job
    raise UnclearAnswer(
        f"{profile.name} did not say clearly whether the job was created, and it is not in the "
        "list of jobs yet.",
        "Nothing is sent again by itself. Look at the list of jobs in a few minutes before you "
        "start another one.",
    ) from None


def _find_twin(client: OpenAI, body: Mapping[str, Any], started: float) -> FineTuningJob | None:
    """A new job with our training file, for providers that keep no metadata."""
    for job in capped(client.fine_tuning.jobs.list(limit=20), 20):
        same = job.training_file == body["training_file"] and job.model == body["model"]
        if same and job.created_at >= started - 60:
            return job
    return None


def find_launch(client: OpenAI, token: str) -> FineTuningJob | None:
    """The job that carries this launch token, among the newest 300."""
    for job in capped(client.fine_tuning.jobs.list(limit=100), 300):
        if (job.metadata or {}).get("launch") == token:
            return job
    return None


def check_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata within OpenAI's limits: 16 pairs, keys of 64 and values of 512 characters."""
    if len(metadata) > 16:
        raise Problem("A job can carry at most 16 notes.", "Leave some out.")
    return {key[:64]: str(value)[:512] for key, value in metadata.items()}


def launch_body(
    profile: Profile,
    training_file_id: str,
    validation_file_id: str | None,
    settings: LaunchSettings,
) -> dict[str, Any]:
    """The arguments of ``fine_tuning.jobs.create`` in this provider's style, without metadata.

    Raises:
        Problem: the provider does not train, or not with these settings.
    """
    check_settings(profile, settings)
    body: dict[str, Any] = {"model": settings.model, "training_file": training_file_id}
    if validation_file_id:
        body["validation_file"] = validation_file_id
    if settings.suffix:
        body["suffix"] = settings.suffix
    if settings.seed is not None:
        body["seed"] = settings.seed
    chosen: dict[str, Any] = {"n_epochs": settings.n_epochs, "batch_size": settings.batch_size}
    if profile.learning_rate == "multiplier":
        chosen["learning_rate_multiplier"] = settings.learning_rate_multiplier
    elif settings.learning_rate_multiplier != "auto":
        rate = profile.default_learning_rate * settings.learning_rate_multiplier
        chosen["learning_rate"] = float(f"{rate:.6g}")
    if settings.method == "dpo":
        chosen["beta"] = settings.beta
    chosen = {key: value for key, value in chosen.items() if value != "auto"}
    chosen |= profile.extra_hyperparameters
    if profile.hyperparameters == "method":
        body["method"] = {
            "type": settings.method,
            settings.method: {"hyperparameters": chosen},
        }
    else:
        body["hyperparameters"] = chosen
    if profile.extra_body:
        body["extra_body"] = dict(profile.extra_body)
    return body


def check_settings(profile: Profile, settings: LaunchSettings) -> None:
    """Refuse what the provider would refuse, before anything is sent.

    Widgets' limits hold in the browser only, so they are checked here.
    """
    if not profile.trains:
        raise Problem(
            f"{profile.name} cannot be trained from here.", "Choose another provider for training."
        )
    if settings.method not in profile.methods:
        raise Problem(
            f"{profile.name} does not offer this kind of training ({settings.method}).",
            f"It offers: {', '.join(profile.methods)}.",
        )
    if not settings.model.strip():
        raise Problem("No model is chosen.", "Choose the model to start from.")
    ranges = (
        ("epochs", settings.n_epochs, 1, profile.max_epochs),
        ("batch size", settings.batch_size, 1, profile.max_batch_size),
    )
    for name, value, least, most in ranges:
        if value != "auto" and (not isinstance(value, int) or not least <= value <= most):
            raise Problem(
                f"The number for {name} is outside what {profile.name} takes.",
                f"Choose a whole number from {least} to {most}, or auto.",
            )
    rate = settings.learning_rate_multiplier
    if rate != "auto" and not 0 < rate < 1000:
        raise Problem("The learning rate must be above 0.", "Choose auto, or about 0.5 to 4.")
    if settings.beta != "auto" and not 0 < settings.beta <= 2:
        raise Problem("Beta must be above 0 and at most 2.", "Choose auto, or about 0.1.")
    if settings.seed is not None and not 0 <= settings.seed <= 2_147_483_647:
        raise Problem("The seed is outside what trainers take.", "Choose 0 to 2147483647.")
    allowed = rf"[{profile.suffix_characters}]{{1,{profile.max_suffix}}}"
    if settings.suffix and not re.fullmatch(allowed, settings.suffix):
        raise Problem(
            f"The suffix does not suit {profile.name}.",
            f"Use at most {profile.max_suffix} of small letters, digits and hyphens.",
        )


def tidy_suffix(text: str, profile: Profile) -> str:
    """``text`` as a suffix that this provider takes; may come out empty."""
    kept = re.sub(rf"[^{profile.suffix_characters}]+", "-", text.lower()).strip("-")
    return kept[: profile.max_suffix].strip("-")
