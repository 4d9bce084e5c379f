"""What this project trained: one record per job, for the History list and for export.

A record holds no message, no key and no file: hashes, settings and numbers only.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from core.costs import training_cost
from core.jobs import LaunchSettings, Snapshot, with_resolved
from core.prices import ModelPrice
from core.problems import Problem


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One job that was started here. Times are seconds since 1970 (UTC), costs dollars.

    ``expected_tokens`` and ``expected_cost`` are for the whole job (all epochs), as shown
    before it was started; ``trained_tokens`` and ``cost`` are what the provider reported.
    ``launch`` is the token of its launch.
    """

    provider: str
    job_id: str
    settings: LaunchSettings
    training_sha256: str
    validation_sha256: str = ""
    training_examples: int = 0
    validation_examples: int = 0
    expected_tokens: int = 0
    expected_cost: float | None = None
    expected_epochs: int = 0
    trained_tokens: int | None = None
    cost: float | None = None
    status: str = "validating_files"
    fine_tuned_model: str | None = None
    error_code: str | None = None
    created_at: int = 0
    finished_at: int | None = None
    final_train_loss: float | None = None
    best_valid_loss: float | None = None
    best_step: int | None = None
    launch: str = ""
    paid_by_host: bool = False


def update_record(
    record: JobRecord,
    snapshot: Snapshot,
    price: ModelPrice | None = None,
    metrics: pd.DataFrame | None = None,
) -> JobRecord:
    """The record with what the provider says now; numbers it does not give stay as they were."""
    from core.metrics import best_step, validation_column

    job = snapshot.job
    tokens = job.trained_tokens
    cost = record.cost
    if tokens is not None and price is not None:
        cost = training_cost(tokens, 1, price)
    found: dict[str, Any] = {}
    if metrics is not None and len(metrics):
        losses = metrics["train_loss"].dropna()
        column = validation_column(metrics)
        found["final_train_loss"] = float(losses.iloc[-1]) if len(losses) else None
        found["best_valid_loss"] = float(metrics[column].min()) if column else None
        found["best_step"] = best_step(metrics)
    return replace(
        record,
        settings=with_resolved(record.settings, job),
        trained_tokens=tokens if tokens is not None else record.trained_tokens,
        cost=cost,
        status=job.status,
        fine_tuned_model=job.fine_tuned_model or record.fine_tuned_model,
        error_code=(job.error.code if job.error else None) or record.error_code,
        created_at=job.created_at or record.created_at,
        finished_at=job.finished_at or record.finished_at,
        **found,
    )


def upsert(records: Sequence[JobRecord], record: JobRecord) -> list[JobRecord]:
    """The list with ``record`` in it once, newest first."""
    key = (record.provider, record.job_id)
    others = [r for r in records if (r.provider, r.job_id) != key]
    return sorted([*others, record], key=lambda r: r.created_at, reverse=True)


def history_table(records: Iterable[JobRecord]) -> pd.DataFrame:
    """The history for looking at: one row a job, what people ask for first, dollars as numbers."""
    rows = [
        {
            "started": pd.Timestamp(record.created_at, unit="s"),
            "provider": record.provider,
            "model": record.fine_tuned_model or record.settings.model,
            "status": record.status,
            "examples": record.training_examples,
            "epochs": str(record.settings.n_epochs),
            "batch_size": str(record.settings.batch_size),
            "learning_rate": str(record.settings.learning_rate_multiplier),
            "cost": record.cost if record.cost is not None else record.expected_cost,
            "train_loss": record.final_train_loss,
            "valid_loss": record.best_valid_loss,
            "data": record.training_sha256[:8],
            "job": record.job_id,
        }
        for record in records
    ]
    return pd.DataFrame(rows)


def history_to_json(records: Iterable[JobRecord]) -> bytes:
    """The history as a JSON file; ``history_from_json`` reads it back unchanged."""
    body = {"kind": "soundalike history", "version": 1}
    return json.dumps(
        body | {"jobs": [dataclasses.asdict(record) for record in records]}, indent=1
    ).encode()


def history_from_json(data: bytes) -> list[JobRecord]:
    """The history from a file that was saved before.

    Raises:
        Problem: it is not such a file.
    """
    try:
        body = json.loads(data)
        return [_record(table) for table in body["jobs"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(
            "The file is not a saved history of training jobs.",
            "Choose the file that the History list saved.",
        ) from error


def _record(table: dict[str, Any]) -> JobRecord:
    settings = LaunchSettings(**table["settings"])
    hints = typing.get_type_hints(JobRecord)
    record = JobRecord(**{**table, "settings": settings})
    for name in ("provider", "job_id", "training_sha256", "status"):
        if not isinstance(getattr(record, name), hints[name]):
            raise TypeError(name)
    return record


def settings_for(record: JobRecord, model: str, *, keep_numbers: bool) -> LaunchSettings:
    """The settings of a past job for a new one with another model or provider.

    ``keep_numbers``: the same epochs, batch size and learning rate; else "auto" again, which
    suits another kind of trainer better.
    """
    if keep_numbers:
        return replace(record.settings, model=model)
    return LaunchSettings(
        model,
        suffix=record.settings.suffix,
        seed=record.settings.seed,
        method=record.settings.method,
    )
