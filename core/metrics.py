"""What a job reports about itself, as one table: from its events, or from its result file."""

from __future__ import annotations

import base64
import binascii
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.problems import Problem

COLUMNS = (
    "step",
    "epoch",
    "train_loss",
    "train_accuracy",
    "valid_loss",
    "valid_accuracy",
    "full_valid_loss",
    "full_valid_accuracy",
)

#: Names that providers use for our columns.
ALIASES = {
    "step": ("step", "steps", "global_step", "step_number"),
    "epoch": ("epoch", "epochs"),
    "train_loss": ("train_loss", "training_loss", "loss"),
    "train_accuracy": (
        "train_accuracy",
        "train_mean_token_accuracy",
        "training_accuracy",
        "training_token_accuracy",
    ),
    "valid_loss": ("valid_loss", "validation_loss", "eval_loss"),
    "valid_accuracy": (
        "valid_accuracy",
        "valid_mean_token_accuracy",
        "validation_mean_token_accuracy",
        "validation_token_accuracy",
    ),
    "full_valid_loss": ("full_valid_loss", "full_validation_loss"),
    "full_valid_accuracy": (
        "full_valid_accuracy",
        "full_valid_mean_token_accuracy",
        "full_validation_mean_token_accuracy",
    ),
}
COLUMN_OF = {alias: column for column, names in ALIASES.items() for alias in names}

#: "Step 60/300: training loss=0.24, validation loss=0.27, full validation loss=0.40"
MESSAGE = re.compile(r"Step (\d+)(?:/(\d+))?:")
MESSAGE_VALUE = re.compile(r"(full validation|validation|training) loss=([-+.\deE]+|nan)")
MESSAGE_COLUMN = {
    "training": "train_loss",
    "validation": "valid_loss",
    "full validation": "full_valid_loss",
}


def metrics_from_events(
    events: Iterable[Any], *, n_epochs: int | str | None = None
) -> pd.DataFrame:
    """The metrics of a job's events, one row per step, by step.

    Args:
        events: event objects or dicts, in any order; those without metrics are skipped.
        n_epochs: with it and the events' ``total_steps``, the epoch of each step is known.

    Returns:
        Columns of ``COLUMNS`` (float64, NaN where not reported), RangeIndex. ``step`` counts
        from 1; ``epoch`` is the fraction of epochs done.
    """
    rows: dict[float, dict[str, float]] = {}
    total = 0.0
    for event in events:
        row, steps = _event_row(event)
        if "step" in row:
            rows.setdefault(row["step"], {}).update(row)
            total = max(total, steps)
    frame = _frame(rows.values())
    if total and isinstance(n_epochs, int):
        frame["epoch"] = frame["epoch"].fillna(frame["step"] * n_epochs / total)
    return frame


def _event_row(event: Any) -> tuple[dict[str, float], float]:
    """One event's numbers by our names, and the total steps it names (0: none)."""
    if isinstance(event, Mapping):
        data, said = event.get("data"), event.get("message")
    else:
        data, said = getattr(event, "data", None), getattr(event, "message", None)
    row: dict[str, float] = {}
    total = 0.0
    if isinstance(data, Mapping):
        for name, value in data.items():
            number = _number(value)
            if name in COLUMN_OF and number is not None:
                row[COLUMN_OF[name]] = number
        total = _number(data.get("total_steps")) or 0.0
    said = str(said or "")
    if "step" not in row and (found := MESSAGE.match(said)):
        row["step"] = float(found[1])
        total = float(found[2] or 0)
        for kind, value in MESSAGE_VALUE.findall(said):
            number = _number(value)
            if number is not None:
                row[MESSAGE_COLUMN[kind]] = number
    return (row, total) if len(row) > 1 else ({}, 0.0)


def _number(value: Any) -> float | None:
    """A finite number, or None; JSON's true is no number here."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _frame(rows: Iterable[Mapping[str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype="float64")
    return frame.sort_values("step", kind="stable", ignore_index=True)


def metrics_from_result_file(data: bytes) -> pd.DataFrame:
    """The metrics of a result file: CSV, plain or in base64 as OpenAI serves it.

    Columns are found by their aliases; empty cells are NaN. Same shape as
    ``metrics_from_events``; a trainer that reports a step twice keeps the last.

    Raises:
        Problem: it is not a table with steps.
    """
    text = _decode(data)
    try:
        table = pd.read_csv(io.StringIO(text), skipinitialspace=True, dtype=str)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise _not_a_result() from error
    named = {}
    for header in table.columns:
        column = COLUMN_OF.get(str(header).strip().lower())
        if column and column not in named:
            named[column] = pd.to_numeric(table[header], errors="coerce").astype("float64")
    if "step" not in named:
        raise _not_a_result()
    frame = pd.DataFrame(named).reindex(columns=list(COLUMNS)).astype("float64")
    frame = frame.replace([np.inf, -np.inf], np.nan).dropna(subset=["step"])
    frame = frame.drop_duplicates("step", keep="last")
    return frame.sort_values("step", kind="stable", ignore_index=True)


def _not_a_result() -> Problem:
    return Problem(
        "The result file is not a table of training steps.",
        "The curves from the job's events are shown instead.",
    )


def _decode(data: bytes) -> str:
    """The text of a result file, out of base64 if it is in base64."""
    plain = data.decode("utf-8-sig", "replace")
    if "," in plain.split("\n", 1)[0]:
        return plain
    try:
        return base64.b64decode("".join(plain.split()), validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError):
        return plain


def metrics_from_checkpoints(checkpoints: Iterable[Any]) -> pd.DataFrame:
    """Metrics that checkpoints carry, one row each; same shape as ``metrics_from_events``.

    ``epoch`` stays empty; names of the checkpoint models are in the checkpoints themselves.
    """
    rows = []
    for checkpoint in checkpoints:
        metrics = checkpoint.metrics
        given = metrics.model_dump() if hasattr(metrics, "model_dump") else dict(metrics or {})
        row, _ = _event_row({"data": {**given, "step": checkpoint.step_number}})
        rows.append(row or {"step": float(checkpoint.step_number)})
    return _frame(rows)


def smooth(values: pd.Series, span: float = 0.0) -> pd.Series:
    """Exponentially weighted mean that skips gaps; ``span`` in rows, 0 picks one by length."""
    span = span or max(2.0, values.notna().sum() / 15)
    return values.ewm(span=span, ignore_na=True).mean().where(values.notna())


def validation_column(frame: pd.DataFrame) -> str | None:
    """The validation loss to judge by: the full one where it was measured three times, or twice
    and the other one is no better known."""
    full, single = (int(frame[name].notna().sum()) for name in ("full_valid_loss", "valid_loss"))
    if full >= 3 or (full == 2 and single < 3):
        return "full_valid_loss"
    return "valid_loss" if single >= 2 else None


def _validation_curve(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Steps and validation losses, smoothed where they are the noisy ones of single batches."""
    name = validation_column(frame)
    if name is None:
        return np.zeros(0), np.zeros(0)
    rows = frame.dropna(subset=[name])
    losses = rows[name] if name == "full_valid_loss" else smooth(rows[name])
    return rows["step"].to_numpy(), losses.to_numpy()


def best_step(frame: pd.DataFrame) -> int | None:
    """The step with the lowest validation loss; None without validation."""
    steps, losses = _validation_curve(frame)
    return int(steps[losses.argmin()]) if len(steps) else None


def best_checkpoint(frame: pd.DataFrame, steps: Sequence[int]) -> int | None:
    """Of the steps that have a checkpoint, the one with the lowest validation loss.

    A checkpoint's loss is that of the last measurement up to its step.
    """
    measured, losses = _validation_curve(frame)
    at = {step: int(np.searchsorted(measured, step, side="right")) - 1 for step in steps}
    known = {step: float(losses[i]) for step, i in at.items() if i >= 0}
    return min(known, key=lambda step: (known[step], step)) if known else None


#: A rise of the validation loss over its lowest value that is worth a word (2 %).
RISE = 0.02


def overfitting_since(frame: pd.DataFrame) -> int | None:
    """The step after which the model started to recite: validation loss rose for good while
    training loss went on falling. None if it did not."""
    steps, losses = _validation_curve(frame)
    if len(steps) < 3:
        return None
    best = int(losses.argmin())
    if best > len(steps) - 3 or losses[-1] < losses[best] * (1 + RISE):
        return None
    train = frame.dropna(subset=["train_loss"])
    smoothed = smooth(train["train_loss"]).to_numpy()
    earlier = smoothed[train["step"].to_numpy() <= steps[best]]
    if len(earlier) and smoothed[-1] >= earlier[-1]:
        return None
    return int(steps[best])


#: A fall of the validation loss below this share over the last quarter of a job is none.
LEVEL = 0.005


def describe(frame: pd.DataFrame) -> str:
    """What the curves say, in plain words, only from numbers that were reported."""
    train = frame.dropna(subset=["train_loss"])
    if len(train) < 2:
        return "There is not enough to judge yet."
    first = float(train["train_loss"].head(3).mean())
    last = float(smooth(train["train_loss"]).iloc[-1])
    steps = int(train["step"].iloc[-1])
    if last < first * 0.98:
        words = [f"Training loss fell from {first:.2f} to {last:.2f} in {steps} steps."]
    else:
        words = [
            f"Training loss did not fall ({first:.2f} to {last:.2f} in {steps} steps): "
            "it has learnt little; more epochs or a higher learning rate may help."
        ]
    measured, validation = _validation_curve(frame)
    best = best_step(frame)
    since = overfitting_since(frame)
    if best is None:
        words.append("Without a validation file it cannot be told when it starts to recite.")
    elif since is not None:
        rise = validation[-1] / validation.min() - 1
        words.append(
            f"After step {since} it started reciting: on texts it had not seen it got worse "
            f"({rise:.0%} more loss), while on its own examples it went on improving. "
            "The checkpoint nearest to that step is the better choice."
        )
    elif len(measured) >= 3 and measured[-1] == best:
        earlier = validation[min(len(validation) - 2, len(validation) * 3 // 4)]
        if validation[-1] < earlier * (1 - LEVEL):
            words.append(
                "It was still getting better on texts it had not seen; more epochs may help."
            )
        else:
            words.append("On texts it had not seen it had stopped getting better by the end.")
    elif validation[-1] > validation.min() * (1 + RISE):
        rise = validation[-1] / validation.min() - 1
        words.append(
            f"On texts it had not seen it was best at step {best} and {rise:.0%} worse at the end: "
            "the checkpoint nearest to that step is the better choice."
        )
    else:
        words.append(f"On texts it had not seen it was best at step {best} and held its level.")
    return " ".join(words)
