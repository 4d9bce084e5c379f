"""The worker: one thread that checks files, trains jobs one by one and writes down how it went.

All that must survive is in the database. A job is claimed with a lease that the worker renews
while it trains; a job whose worker is gone is queued again. Training is repeated from the seed,
so the second run takes the very same steps and only adds to the history what was missing.
"""

from __future__ import annotations

import csv
import io
import os
import re
import socket
import threading
import time
from typing import Any

from core.engine import training
from core.engine.conversation import as_pairs, count_example, read_example
from core.engine.files_api import add_file
from core.engine.jobs_api import BASE_MODEL, ORGANIZATION, tidy_suffix
from core.engine.preference import AUTO_BETA, train_preferences
from core.engine.start import base_loss, begin, choose_languages
from core.engine.store import Row, Store, new_id
from core.engine.training_files import FileFault, check_file
from core.engine.tuned import Learnt, pack, unpack

#: A worker that has not been heard of for this many seconds is taken for dead.
LEASE_SECONDS = 20.0
FLUSH_SECONDS = 0.15
IDLE_SECONDS = 2.0
#: A job that took the process down this often is not tried again.
MAX_ATTEMPTS = 4


class Interrupted(Exception):
    """The job was cancelled, paused or deleted, or the engine is closing."""


class Worker:
    """Owns the training thread of one engine; ``start`` is harmless when it runs already."""

    def __init__(self, store: Store) -> None:
        self.store = store
        host = re.sub(r"\W", "-", socket.gethostname())
        self.name = f"{host}:{os.getpid()}:{new_id('', 8)}"
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the thread, or wake it up."""
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Stop after the current step; a running job goes back to the queue."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            self.requeue_lost()
            self.check_waiting()
            job = self.claim()
            if job is None:
                self._wake.wait(IDLE_SECONDS)
            else:
                self.attempt(job)

    # -- the queue -------------------------------------------------------------------------

    def requeue_lost(self) -> None:
        """Queue jobs again whose worker died with them, or fail them after too many tries."""
        with self.store.transaction():
            for job in self.store.all("SELECT * FROM jobs WHERE status = 'running'"):
                if job["owner"] == self.name or not self._is_lost(job):
                    continue
                if job["attempts"] >= MAX_ATTEMPTS:
                    self._fail(job, "server_error", "Training stopped the engine several times.")
                    continue
                changes = {"status": "queued", "owner": None, "estimated_finish": None}
                self.store.update("jobs", job["id"], changes)
                self.store.add_event(
                    job, "The engine was restarted; the job is queued again", level="warn"
                )

    def _is_lost(self, job: Row) -> bool:
        host, pid, _ = (job["owner"] or "::").rsplit(":", 2)
        if (job["lease_until"] or 0) < time.time():
            return True
        own_host, own_pid, _ = self.name.rsplit(":", 2)
        if host != own_host or os.name != "posix":
            return False
        if pid == own_pid:  # the number of a process that is gone was given to this one
            return not _lives_here(job["owner"])
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    def claim(self) -> Row | None:
        """Take the next queued job: of the tenant that has waited longest since its last one."""
        with self.store.transaction():
            rows = self.store.all(
                """UPDATE jobs SET status = 'running', owner = ?, lease_until = ?,
                          started_at = ?, attempts = attempts + 1
                   WHERE id = (SELECT id FROM jobs AS j WHERE status = 'queued'
                               ORDER BY (SELECT coalesce(max(started_at), 0) FROM jobs AS own
                                         WHERE own.tenant = j.tenant AND own.id != j.id), seq
                               LIMIT 1)
                   RETURNING *""",
                self.name,
                time.time() + LEASE_SECONDS,
                time.time(),
            )
            if not rows:
                return None
            if rows[0]["attempts"] == 1:
                self.store.add_event(rows[0], "Fine-tuning job started")
            return rows[0]

    def check_waiting(self) -> None:
        """Check the files of new jobs: to the queue with them, or failed with OpenAI's code."""
        for job in self.store.all("SELECT * FROM jobs WHERE status = 'validating_files'"):
            try:
                self._read_files(job)
            except FileFault as fault:
                with self.store.transaction():
                    if self._still(job, "validating_files"):
                        self._fail(job, fault.code, fault.message, fault.param)
                continue
            with self.store.transaction():
                if self._still(job, "validating_files"):
                    self.store.update("jobs", job["id"], {"status": "queued"})
                    self.store.add_event(job, "Files validated, moving job to queued state")

    def _still(self, job: Row, status: str) -> bool:
        row = self.store.one("SELECT status FROM jobs WHERE id = ?", job["id"])
        return row is not None and row["status"] == status

    def _read_files(self, job: Row) -> tuple[list[Row], list[Row]]:
        examples: list[list[Row]] = []
        for param in ("training_file", "validation_file"):
            if not job[param]:
                examples.append([])
                continue
            file = self.store.one(
                "SELECT content FROM files WHERE id = ? AND tenant = ?", job[param], job["tenant"]
            )
            if file is None:
                raise FileFault(f"invalid_{param}", f"File {job[param]} does not exist", param)
            examples.append(check_file(file["content"], job["method"], param))
        return examples[0], examples[1]

    def _fail(self, job: Row, code: str, message: str, param: str | None = None) -> None:
        error = {"code": code, "message": message, "param": param}
        self.store.update(
            "jobs",
            job["id"],
            {
                "status": "failed",
                "finished_at": int(time.time()),
                "estimated_finish": None,
                "owner": None,
                "error": error,
            },
        )
        self.store.add_event(job, f"The job failed: {message}", level="error")

    # -- one job ---------------------------------------------------------------------------

    def attempt(self, job: Row) -> None:
        """Train a claimed job to its end, or until somebody stops it."""
        try:
            with _Alive(self.name):
                self._train(job)
        except Interrupted:
            if self._closing.is_set():
                self.store.update(
                    "jobs",
                    job["id"],
                    {"status": "queued", "owner": None, "attempts": job["attempts"] - 1},
                    f"status = 'running' AND owner = '{self.name}'",
                )
        except FileFault as fault:
            with self.store.transaction():
                self._fail(job, fault.code, fault.message, fault.param)
        except Exception as error:
            # The thread must outlive any one job; the person sees that it failed, and of what.
            with self.store.transaction():
                if self._still(job, "running"):
                    self._fail(job, "server_error", f"Training broke off ({type(error).__name__}).")

    def _train(self, job: Row) -> None:
        train_examples, valid_examples = self._read_files(job)
        given, earlier = job["requested"], self._earlier(job)
        taught = [read_example(example, job["method"]) for example in train_examples]
        held = [read_example(example, job["method"]) for example in valid_examples]
        answers = [exchange.answer for example in taught for exchange in example]
        prompts = [exchange.prompt for example in taught for exchange in example]
        languages = earlier.languages if earlier else choose_languages(answers)
        start = begin(answers, prompts, languages, earlier)
        plan = training.resolve(
            len(taught),
            n_epochs=given["n_epochs"],
            batch_size=given["batch_size"],
            rate=given["learning_rate_multiplier"],
            seed=job["seed"],
            base_loss=0.0 if earlier or job["method"] == "dpo" else base_loss(start, answers),
        )
        resolved: Row = {
            "n_epochs": plan.n_epochs,
            "batch_size": plan.batch_size,
            "learning_rate_multiplier": plan.learning_rate_multiplier,
        }
        if job["method"] == "dpo":
            beta = AUTO_BETA if given["beta"] == "auto" else given["beta"]
            resolved["beta"] = beta
            steps = train_preferences(start, as_pairs(taught), as_pairs(held), plan, beta)
        else:
            steps = training.train(start, taught, held, plan)
        self._renew(job, {"hyperparameters": resolved, "languages": list(languages)})
        record = _Record(self, job, plan)
        for step in steps:
            record.add(step)
        billed = sum(count_example(example, job["method"]) for example in train_examples)
        self._finish(job, record, billed * record.epochs)

    def _earlier(self, job: Row) -> Learnt | None:
        """The fine-tuned model that the job goes on from, if it does.

        Raises:
            FileFault: it was deleted in the meantime.
        """
        if job["model"] == BASE_MODEL:
            return None
        row = self.store.one(
            "SELECT content FROM models WHERE id = ? AND tenant = ?", job["model"], job["tenant"]
        )
        if row is None:
            raise FileFault("model_not_found", f"Model {job['model']} does not exist", "model")
        return unpack(row["content"])

    def _renew(self, job: Row, changes: Row) -> None:
        """Write to a running job of this worker and renew the lease.

        Raises:
            Interrupted: it is this worker's no more.
        """
        own = f"status = 'running' AND owner = '{self.name}'"
        lease = {"lease_until": time.time() + LEASE_SECONDS}
        if self._closing.is_set() or not self.store.update("jobs", job["id"], changes | lease, own):
            raise Interrupted

    def _finish(self, job: Row, record: _Record, trained_tokens: int) -> None:
        """Everything that makes a job a success, in one transaction."""
        learnt, chosen = record.best()
        content = pack(learnt)
        now = int(time.time())
        with self.store.transaction():
            record.flush()
            self._renew(job, {})
            result = add_file(
                self.store,
                job["tenant"],
                "step_metrics.csv",
                "fine-tune-results",
                result_csv(self.store, job),
                made_here=True,
            )
            self.store.insert(
                "models",
                {
                    "id": record.model,
                    "tenant": job["tenant"],
                    "created_at": now,
                    "job_id": job["id"],
                    "checkpoint": 0,
                    "content": content,
                },
            )
            for sentence in chosen:
                self.store.add_event(job, sentence)
            self.store.add_event(job, f"New fine-tuned model created: {record.model}")
            self.store.add_event(job, "The job has successfully completed")
            self.store.update(
                "jobs",
                job["id"],
                {
                    "status": "succeeded",
                    "finished_at": now,
                    "estimated_finish": None,
                    "owner": None,
                    "fine_tuned_model": record.model,
                    "result_files": [result["id"]],
                    "trained_tokens": trained_tokens,
                },
            )


class _Record:
    """Writes the steps of one job down, a few at a time, and keeps the best weights."""

    def __init__(self, worker: Worker, job: Row, plan: training.Plan) -> None:
        self.worker, self.store, self.job, self.plan = worker, worker.store, job, plan
        self.waiting: list[training.Step] = []
        self.written_at = self.began = time.time()
        self.kept: list[tuple[float | None, int, Learnt]] = []
        suffix = tidy_suffix(job["suffix"] or "")
        self.model = f"ft:{BASE_MODEL}:{ORGANIZATION}:{suffix}:{job['id'][-8:]}"
        self.epochs = 0

    def add(self, step: training.Step) -> None:
        """Take note of a step.

        Raises:
            Interrupted: the job was stopped.
        """
        self.waiting.append(step)
        if step.learnt is not None:
            self.epochs += 1
            self.kept.append(
                (step.full_valid.loss if step.full_valid else None, step.number, step.learnt)
            )
        if step.learnt is not None or time.time() - self.written_at >= FLUSH_SECONDS:
            left = (time.time() - self.began) * (step.total - step.number) / step.number
            with self.store.transaction():
                self.worker._renew(self.job, {"estimated_finish": int(time.time() + left + 0.5)})
                self.flush()
            self.written_at = time.time()
            self.worker.check_waiting()
        time.sleep(0)  # lets a thread that waits for the interpreter go first

    def flush(self) -> None:
        """Write the noted steps."""
        for step in self.waiting:
            data, message = step_event(step)
            self.store.add_event(self.job, message, data=data, step=step.number)
            if step.learnt is not None:
                self._add_checkpoint(step, step.learnt)
        self.waiting.clear()

    def _add_checkpoint(self, step: training.Step, learnt: Learnt) -> None:
        name = f"{self.model}:ckpt-step-{step.number}"
        data, _ = step_event(step)
        row = {
            "id": new_id("ftckpt_"),
            "tenant": self.job["tenant"],
            "job_id": self.job["id"],
            "created_at": int(time.time()),
            "step": step.number,
            "model": name,
            "metrics": {key: value for key, value in data.items() if key != "total_steps"},
        }
        if not self.store.insert("checkpoints", row, or_ignore=True):
            return
        self.store.insert(
            "models",
            {
                "id": name,
                "tenant": self.job["tenant"],
                "created_at": row["created_at"],
                "job_id": self.job["id"],
                "checkpoint": 1,
                "content": pack(learnt),
            },
        )
        self.store.add_event(self.job, f"Checkpoint created at step {step.number}: {name}")

    def best(self) -> tuple[Learnt, list[str]]:
        """The weights with the lowest full validation loss (the last ones without validation),
        and sentences about what was decided where there was a choice."""
        said = []
        if self.epochs < self.plan.n_epochs:
            said.append(
                f"Stopped after epoch {self.epochs} of {self.plan.n_epochs}: the validation loss "
                "was no longer falling"
            )
        measured = [
            (loss, number, learnt) for loss, number, learnt in self.kept if loss is not None
        ]
        if not measured:
            return self.kept[-1][2], said
        loss, number, learnt = min(measured, key=lambda one: (one[0], one[1]))
        said.append(
            f"Lowest full validation loss: {loss:.4f} at step {number}; that step is the model"
        )
        return learnt, said


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


#: Workers of this process that are training now, to tell them from dead ones of the same number.
_alive: set[str] = set()


def _lives_here(name: str) -> bool:
    return name in _alive


class _Alive:
    """Marks a worker as training while the block runs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        _alive.add(self.name)

    def __exit__(self, *_: object) -> None:
        _alive.discard(self.name)
