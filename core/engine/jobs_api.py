"""Fine-tuning jobs: create, list, retrieve, cancel, pause, resume, events, checkpoints."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from core.engine.files_api import check_room, find_file
from core.engine.parameters import JOBS, Parameters, check_parameters, read_page
from core.engine.store import Row, Store, new_id
from core.engine.wire import (
    ApiError,
    Request,
    Response,
    json_response,
    list_response,
    take,
)
from core.openweights.access import check_base
from core.openweights.layout import KIND
from core.problems import Problem

BASE_MODEL = "soundalike-base"
#: Stands where OpenAI's names have the organisation.
ORGANIZATION = "local"

ACTIVE = ("validating_files", "queued", "running", "paused")
#: Jobs of one tenant that may wait or run at a time.
MAX_ACTIVE = 10
#: Finished jobs of one tenant that are kept; the oldest whose models are all gone go first.
KEPT_JOBS = 1000
#: Jobs of one tenant whose metrics events are kept.
KEPT_HISTORIES = 100
METADATA_FILTER = re.compile(r"^metadata\[(.+)\]$")

#: Hyperparameters of each method: type, lowest, highest. Learning rates and beta: above 0.
LIMITS: dict[str, dict[str, tuple[Any, float, float]]] = {
    "supervised": {
        "n_epochs": (int, 1, 50),
        "batch_size": (int, 1, 256),
        "learning_rate_multiplier": ((int, float), 1e-9, 1e3),
    },
}
LIMITS["dpo"] = LIMITS["supervised"] | {"beta": ((int, float), 1e-9, 2)}


def job_object(row: Row) -> dict[str, Any]:
    """A row in OpenAI's shape."""
    method = row["method"]
    error = row["error"] or {}
    return {
        "object": "fine_tuning.job",
        "id": row["id"],
        "model": row["model"],
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
        "estimated_finish": row["estimated_finish"],
        "fine_tuned_model": row["fine_tuned_model"],
        "organization_id": f"org-{ORGANIZATION}",
        "result_files": row["result_files"],
        "status": row["status"],
        "validation_file": row["validation_file"],
        "training_file": row["training_file"],
        "hyperparameters": {
            name: value for name, value in row["hyperparameters"].items() if name != "beta"
        },
        "trained_tokens": row["trained_tokens"],
        "error": error or None,
        "seed": row["seed"],
        "integrations": [],
        "method": {"type": method, method: {"hyperparameters": row["hyperparameters"]}},
        "metadata": row["metadata"],
        "user_provided_suffix": row["suffix"],
    }


def create(store: Store, request: Request) -> Response:
    """POST /fine_tuning/jobs"""
    body = request.json()
    check_parameters(body, JOBS)
    model = take(body, "model", str)
    if not model:
        raise ApiError(400, "you must provide a model parameter", None, "model")
    kind = trainer_of(store, request, model)
    training_file = take(body, "training_file", str)
    if not training_file:
        raise ApiError(
            400,
            "'training_file' is a required property",
            "missing_required_parameter",
            "training_file",
        )
    validation_file = take(body, "validation_file", str)
    for param, file_id in (("training_file", training_file), ("validation_file", validation_file)):
        if file_id:
            check_file_exists(store, request.tenant, param, file_id)
    method, hyperparameters = read_method(body)
    row = {
        "id": new_id("ftjob-"),
        "tenant": request.tenant,
        "status": "validating_files",
        "created_at": int(time.time()),
        "model": model,
        "training_file": training_file,
        "validation_file": validation_file or None,
        "suffix": read_suffix(body),
        "seed": take(body, "seed", int, default=None, low=0, high=2**31 - 1),
        "method": method,
        "requested": hyperparameters,
        "hyperparameters": hyperparameters,
        "metadata": read_metadata(body),
        "kind": kind,
    }
    if row["seed"] is None:
        row["seed"] = secrets.randbelow(2**31)
    with store.transaction():
        active = store.one(
            "SELECT count(*) AS n FROM jobs WHERE tenant = ? AND status IN (?, ?, ?, ?)",
            request.tenant,
            *ACTIVE,
        )
        if active and active["n"] >= MAX_ACTIVE:
            raise ApiError(
                429,
                f"You already have {active['n']} fine-tuning jobs waiting or running. Wait for "
                "one to finish, or cancel one.",
                "rate_limit_exceeded",
                type="rate_limit_error",
            )
        check_room(store, request.tenant, 0)
        forget_old_jobs(store, request.tenant)
        forget_old_events(store, request.tenant)
        store.insert("jobs", row)
        store.add_event(row, f"Created fine-tuning job: {row['id']}")
        store.add_event(
            row,
            f"Validating training file: {training_file}"
            + (f" and validation file: {validation_file}" if validation_file else ""),
        )
    return json_response(job_object(find_job(store, request.tenant, row["id"])))


def trainer_of(store: Store, request: Request, model: str) -> str | None:
    """What trains a model: None is the embedded engine, else the kind of worker.

    Raises:
        ApiError: nothing here does.
    """
    if model == BASE_MODEL:
        return None
    own = store.one("SELECT kind FROM models WHERE id = ? AND tenant = ?", model, request.tenant)
    if own is not None:
        return own["kind"]
    if model.startswith("ft:") or "/" not in model.replace("\\", "/"):
        message = f"Model {model} is not available for fine-tuning or does not exist."
        raise ApiError(400, message, "model_not_available", "model")
    try:
        check_base(model, request.local)
    except Problem as problem:
        raise ApiError(400, str(problem), "model_not_available", "model") from problem
    return KIND


def forget_old_jobs(store: Store, tenant: str) -> None:
    """Drop a tenant's oldest finished jobs beyond KEPT_JOBS, but none that a model came from.

    Raises:
        ApiError: there are that many jobs with models.
    """
    finished = store.all(
        "SELECT id, id IN (SELECT job_id FROM models WHERE tenant = ?) AS speaks FROM jobs "
        "WHERE tenant = ? AND status IN ('succeeded', 'failed', 'cancelled') ORDER BY seq",
        tenant,
        tenant,
    )
    more = len(finished) - KEPT_JOBS + 1  # one is about to be added
    silent = [row["id"] for row in finished if not row["speaks"]]
    if more > len(silent):
        raise ApiError(
            429,
            f"You have {len(finished)} fine-tuning jobs whose models are kept. Delete models that "
            "you no longer need.",
            "insufficient_quota",
            type="insufficient_quota",
        )
    for job_id in silent[: max(0, more)]:
        for table in ("events", "checkpoints"):
            store.run(f"DELETE FROM {table} WHERE job_id = ?", job_id)
        store.run("DELETE FROM jobs WHERE id = ?", job_id)


def forget_old_events(store: Store, tenant: str) -> None:
    """Drop the metrics events of all but a tenant's newest jobs; their result files remain."""
    store.run(
        "DELETE FROM events WHERE tenant = ? AND step IS NOT NULL AND job_id NOT IN "
        "(SELECT id FROM jobs WHERE tenant = ? ORDER BY seq DESC LIMIT ?)",
        tenant,
        tenant,
        KEPT_HISTORIES,
    )


def check_file_exists(store: Store, tenant: str, param: str, file_id: str) -> None:
    """Whether a job may be started on a file.

    Raises:
        ApiError: no such file, or it was uploaded for something else.
    """
    try:
        row = find_file(store, tenant, file_id)
    except ApiError as error:
        raise ApiError(400, f"invalid {param}: {file_id}", f"invalid_{param}", param) from error
    if row["purpose"] != "fine-tune":
        raise ApiError(
            400,
            f"File '{file_id}' has purpose '{row['purpose']}', but 'fine-tune' is needed.",
            f"invalid_{param}",
            param,
        )


def read_method(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The training method and its hyperparameters, "auto" where nothing is said.

    Raises:
        ApiError: a method or a value the engine does not take.
    """
    given = take(body, "method", dict, default={"type": "supervised"})
    method = given.get("type", "supervised")
    if method not in LIMITS:
        raise ApiError(
            400,
            f"Method '{method}' is not available here; available: {', '.join(LIMITS)}.",
            "invalid_value",
            "method",
        )
    check_parameters(
        {f"method.{name}": value for name, value in given.items() if value is not None},
        Parameters(frozenset(("method.type", f"method.{method}")), {}),
    )
    settings = take(given, method, dict, default={})
    check_parameters(settings, Parameters(frozenset(("hyperparameters",)), {}))
    chosen = take(body, "hyperparameters", dict, default={})
    chosen = chosen | take(settings, "hyperparameters", dict, default={})
    resolved: dict[str, Any] = {}
    for name, (kind, low, high) in LIMITS[method].items():
        value = chosen.get(name)
        if value in (None, "auto"):
            resolved[name] = "auto"
        else:
            resolved[name] = take({name: value}, name, kind, low=low, high=high)
    unknown = set(chosen) - set(LIMITS[method])
    if unknown:
        name = min(unknown)
        raise ApiError(400, f"Unknown hyperparameter: '{name}'.", "unknown_parameter", name)
    return method, resolved


def read_suffix(body: Mapping[str, Any]) -> str | None:
    """The suffix as it was given.

    Raises:
        ApiError: longer than 64 characters.
    """
    suffix = take(body, "suffix", str)
    if suffix is not None and not 1 <= len(suffix) <= 64:
        raise ApiError(
            400, "Invalid 'suffix': must have 1 to 64 characters.", "invalid_value", "suffix"
        )
    return suffix


def tidy_suffix(suffix: str) -> str:
    """A suffix as it appears in model names: lower case, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", suffix.lower()).strip("-")


def read_metadata(body: Mapping[str, Any]) -> dict[str, str] | None:
    """Up to 16 pairs of short strings.

    Raises:
        ApiError: more, longer, or no strings.
    """
    metadata = take(body, "metadata", dict)
    if metadata is None:
        return None
    fits = len(metadata) <= 16 and all(
        isinstance(value, str) and len(key) <= 64 and len(value) <= 512
        for key, value in metadata.items()
    )
    if not fits:
        raise ApiError(
            400,
            "Invalid 'metadata': at most 16 pairs, keys of at most 64 and values of at most 512 "
            "characters.",
            "invalid_value",
            "metadata",
        )
    return metadata


def find_job(store: Store, tenant: str, job_id: str) -> Row:
    """A tenant's job.

    Raises:
        ApiError: there is none by that id.
    """
    row = store.one("SELECT * FROM jobs WHERE id = ? AND tenant = ?", job_id, tenant)
    if row is None:
        raise ApiError(
            404, f"Could not find fine tune: {job_id}", "fine_tune_not_found", "fine_tune_id"
        )
    return row


def list_jobs(store: Store, request: Request) -> Response:
    """GET /fine_tuning/jobs, newest first; ``metadata[key]=value`` filters, "metadata=null" too."""
    where, values = "tenant = ?", [request.tenant]
    for name, value in request.query.items():
        if found := METADATA_FILTER.match(name):
            where += " AND id IN (SELECT j.id FROM jobs j, json_each(j.metadata) m WHERE m.key = ? AND m.value = ?)"
            values += [found[1], value]
    if request.query.get("metadata") == "null":
        where += " AND metadata IS NULL"
    after, limit = read_page(request.query, 100, also=("metadata",))
    rows, more = store.page("jobs", where, tuple(values), after, limit)
    return list_response([job_object(row) for row in rows], more)


def retrieve(store: Store, request: Request, job_id: str) -> Response:
    """GET /fine_tuning/jobs/{id}"""
    return json_response(job_object(find_job(store, request.tenant, job_id)))


def _move(
    store: Store,
    request: Request,
    job_id: str,
    possible: tuple[str, ...],
    status: str,
    message: str,
) -> Response:
    """Change the status of a job where that is possible.

    Raises:
        ApiError: unknown job, or it is past that.
    """
    with store.transaction():
        row = find_job(store, request.tenant, job_id)
        if status != "cancelled":  # which can be done once only
            check_room(store, request.tenant, 0)
        if row["status"] not in possible:
            raise ApiError(
                400,
                f"Job {job_id} is {row['status']}; that cannot be done now.",
                "invalid_job_status",
            )
        changes: Row = {"status": status, "owner": None, "lease_until": None}
        changes["estimated_finish"] = None
        if status == "cancelled":
            changes["finished_at"] = int(time.time())
        store.update("jobs", job_id, changes)
        store.add_event(row, message)
    return retrieve(store, request, job_id)


def cancel(store: Store, request: Request, job_id: str) -> Response:
    """POST .../cancel"""
    return _move(store, request, job_id, ACTIVE, "cancelled", "Fine-tuning job cancelled")


def pause(store: Store, request: Request, job_id: str) -> Response:
    """POST .../pause"""
    possible = ("queued", "running")
    return _move(store, request, job_id, possible, "paused", "Fine-tuning job paused")


def resume(store: Store, request: Request, job_id: str) -> Response:
    """POST .../resume"""
    return _move(store, request, job_id, ("paused",), "queued", "Fine-tuning job resumed")


def list_events(store: Store, request: Request, job_id: str) -> Response:
    """GET .../events, newest first"""
    find_job(store, request.tenant, job_id)
    rows, more = store.page("events", "job_id = ?", (job_id,), *read_page(request.query, 100))
    return list_response([event_object(row) for row in rows], more)


def event_object(row: Row) -> dict[str, Any]:
    """A row in OpenAI's shape."""
    return {
        "object": "fine_tuning.job.event",
        "id": row["id"],
        "created_at": row["created_at"],
        "level": row["level"],
        "message": row["message"],
        "data": row["data"] or {},
        "type": row["type"],
    }


def list_checkpoints(store: Store, request: Request, job_id: str) -> Response:
    """GET .../checkpoints, newest first"""
    find_job(store, request.tenant, job_id)
    page = read_page(request.query, 100, default=10)
    rows, more = store.page("checkpoints", "job_id = ?", (job_id,), *page)
    return list_response([checkpoint_object(row) for row in rows], more)


def checkpoint_object(row: Row) -> dict[str, Any]:
    """A row in OpenAI's shape."""
    return {
        "object": "fine_tuning.job.checkpoint",
        "id": row["id"],
        "created_at": row["created_at"],
        "fine_tuned_model_checkpoint": row["model"],
        "step_number": row["step"],
        "metrics": row["metrics"],
        "fine_tuning_job_id": row["job_id"],
    }
