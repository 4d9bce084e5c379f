"""What is written down about a job while it trains: steps, checkpoints, the result file."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from typing import Any

from core.engine import training
from core.engine.files_api import check_room
from core.engine.jobs_api import BASE_MODEL, ORGANIZATION, tidy_suffix
from core.engine.store import Row, Store, new_id
from core.engine.wire import ApiError

FLUSH_SECONDS = 0.15
#: Of a job with more steps than this only every second one (third, ...) is written down.
MOST_STEPS = 5000

#: Changes the row of a job that is still this worker's, or raises.
Renew = Callable[[Row, Row], None]


class Record:
    """Writes the steps of one job down, a few at a time, and keeps the best weights."""

    def __init__(
        self,
        store: Store,
        job: Row,
        n_epochs: int,
        renew: Renew,
        *,
        base: str = BASE_MODEL,
        kind: str | None = None,
    ) -> None:
        """``base`` begins the model's name; ``kind`` marks its row (None: embedded engine)."""
        self.store, self.job, self.n_epochs, self.renew = store, job, n_epochs, renew
        self.kind = kind
        self.waiting: list[tuple[training.Step, bytes]] = []
        self.written_at = self.began = time.time()
        self.best_loss: float | None = None
        self.best_step = 0
        self.content = b""
        suffix = tidy_suffix(job["suffix"] or "")
        self.model = f"ft:{base}:{ORGANIZATION}:{suffix}:{job['id'][-8:]}"
        self.epochs = 0

    def add(self, step: training.Step, content: bytes = b"", left: float | None = None) -> None:
        """Take note of a step.

        Args:
            content: of the model after this step, where it is to be kept.
            left: seconds until the end; None: at the speed so far.

        Raises:
            Interrupted: the job was stopped.
        """
        if content or step.valid or step.number % -(-step.total // MOST_STEPS) == 0:
            self.waiting.append((step, content))
        if content:
            self.epochs += 1
            loss = step.full_valid.loss if step.full_valid else None
            if loss is None or self.best_loss is None or loss < self.best_loss:
                self.best_loss, self.best_step, self.content = loss, step.number, content
        if content or time.time() - self.written_at >= FLUSH_SECONDS:
            if left is None:
                left = (time.time() - self.began) * (step.total - step.number) / step.number
            with self.store.transaction():
                changes: Row = {"estimated_finish": int(time.time() + left + 0.5)}
                self.renew(self.job, changes | ({"attempts": 1} if self.flush() else {}))
            self.written_at = time.time()

    def flush(self) -> int:
        """Write the noted steps; how many of them were not known already."""
        new = 0
        for step, content in self.waiting:
            data, message = step_event(step)
            new += self.store.add_event(self.job, message, data=data, step=step.number)
            if content:
                self._add_checkpoint(step.number, data, content)
        self.waiting.clear()
        return new

    def _add_checkpoint(self, step: int, data: Row, content: bytes) -> None:
        name = f"{self.model}:ckpt-step-{step}"
        row = {
            "id": new_id("ftckpt_"),
            "tenant": self.job["tenant"],
            "job_id": self.job["id"],
            "created_at": int(time.time()),
            "step": step,
            "model": name,
            "metrics": {key: value for key, value in data.items() if key != "total_steps"},
        }
        if not self.store.insert("checkpoints", row, or_ignore=True):
            return
        try:
            check_room(self.store, self.job["tenant"], len(content))
        except ApiError:
            self.store.add_event(self.job, f"No room to keep {name}", level="warn")
            return
        self.store.insert(
            "models",
            {
                "id": name,
                "tenant": self.job["tenant"],
                "created_at": row["created_at"],
                "job_id": self.job["id"],
                "checkpoint": 1,
                "content": content,
                "kind": self.kind,
            },
        )
        self.store.add_event(self.job, f"Checkpoint created at step {step}: {name}")

    def decisions(self) -> list[str]:
        """Sentences about what was decided during training, where there was a choice."""
        said = []
        if self.epochs < self.n_epochs:
            said.append(
                f"Stopped after epoch {self.epochs} of {self.n_epochs}: the validation loss was "
                "no longer falling"
            )
        if self.best_loss is not None:
            said.append(
                f"Lowest full validation loss: {self.best_loss:.4f} at step {self.best_step}; "
                "that step is the model"
            )
        return said


def step_event(step: training.Step) -> tuple[dict[str, Any], str]:
    """Data and message of a step's metrics event, as OpenAI words them."""
    data: dict[str, Any] = {
        "step": step.number,
        "total_steps": step.total,
        "train_loss": round(step.train.loss, 6),
        "train_mean_token_accuracy": round(step.train.accuracy, 6),
    }
    if step.reward_accuracy is not None:
        data["train_reward_accuracy"] = round(step.reward_accuracy, 6)
    message = f"Step {step.number}/{step.total}: training loss={step.train.loss:.2f}"
    if step.valid:
        data["valid_loss"] = round(step.valid.loss, 6)
        data["valid_mean_token_accuracy"] = round(step.valid.accuracy, 6)
        message += f", validation loss={step.valid.loss:.2f}"
    if step.full_valid:
        data["full_valid_loss"] = round(step.full_valid.loss, 6)
        data["full_valid_mean_token_accuracy"] = round(step.full_valid.accuracy, 6)
        message += f", full validation loss={step.full_valid.loss:.2f}"
    if step.further:
        data |= step.further
        message += "".join(
            f", {name.replace('_', ' ')}={value:,.0f}" for name, value in step.further.items()
        )
    return data, message


RESULT_COLUMNS = {
    "step": "step",
    "train_loss": "train_loss",
    "train_accuracy": "train_mean_token_accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
    "full_valid_loss": "full_valid_loss",
    "full_valid_mean_token_accuracy": "full_valid_mean_token_accuracy",
}


def result_csv(store: Store, job: Row) -> bytes:
    """The result file of a job: one row a step, from the events that were written."""
    events = store.all(
        "SELECT data FROM events WHERE job_id = ? AND step IS NOT NULL ORDER BY step", job["id"]
    )
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(RESULT_COLUMNS)
    writer.writerows(
        [event["data"].get(name, "") for name in RESULT_COLUMNS.values()] for event in events
    )
    return file.getvalue().encode()
