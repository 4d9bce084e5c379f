"""The worker: one thread that checks files, trains jobs one by one and writes down how it went.

All that must survive is in the database. A job is claimed with a lease that the worker renews
while it trains; a job whose worker is gone is queued again. Training is repeated from the seed,
so the second run takes the very same steps and only adds to the history what was missing.
"""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import threading
import time

import numpy as np

from core.engine import training
from core.engine.conversation import as_pairs, count_example, read_example
from core.engine.files_api import add_file
from core.engine.jobs_api import BASE_MODEL
from core.engine.preference import AUTO_BETA, train_preferences
from core.engine.prompts import Exchange
from core.engine.record import Record, result_csv
from core.engine.start import base_loss, begin, choose_languages
from core.engine.store import Row, Store, new_id
from core.engine.training_files import MIN_EXAMPLES, FileFault, check_file
from core.engine.tuned import Learnt, pack, unpack

#: A worker that has not been heard of for this many seconds is taken for dead.
LEASE_SECONDS = 20.0
CHECK_SECONDS = 0.5
IDLE_SECONDS = 2.0
#: A job that took the process down this often without getting any further has to wait before it
#: is tried again, so that the person can stop it; and after so many times it is given up.
PATIENT_ATTEMPTS, PAUSE_SECONDS = 20, 30
MAX_ATTEMPTS = 100
#: Tokens of answers that one job takes: about 1 KB of memory each.
MAX_LEARNT_TOKENS = 200_000
MAX_VALIDATION_TOKENS = 40_000


class Interrupted(Exception):
    """The job was cancelled, paused or deleted, or the engine is closing."""


class Worker:
    """Owns a training thread of one engine; ``start`` is harmless when it runs already.

    ``kind`` tells its jobs from those of another worker of the engine.
    """

    kind: str | None = None

    def __init__(self, store: Store) -> None:
        self.store = store
        host = re.sub(r"\W", "-", socket.gethostname())
        self.name = f"{host}:{os.getpid()}:{new_id('', 8)}"
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._checked_at = 0.0

    def start(self) -> None:
        """Start the thread, or wake it up."""
        with self._lock:
            alive = self._thread is not None and self._thread.is_alive()
            if not alive and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Stop after the current step; a running job goes back to the queue."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    @property
    def busy(self) -> bool:
        """Whether it is at a job now."""
        return _lives_here(self.name)

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                worked = self._work_once()
            except sqlite3.Error:  # a full disk, say: what is queued stays queued
                worked = False
            if not worked:
                self._wake.wait(IDLE_SECONDS)

    def _work_once(self) -> bool:
        """Look after waiting jobs and train the next one; whether there was one."""
        self.requeue_lost()
        self.check_waiting()
        job = self.claim()
        if job is not None:
            self.attempt(job)
        return job is not None

    # -- the queue -------------------------------------------------------------------------

    def requeue_lost(self) -> None:
        """Queue jobs again whose worker died with them, or fail them after too many tries.

        Jobs of this worker count too: it is here, so it is not training them.
        """
        with self.store.transaction():
            for job in self.store.all(
                "SELECT * FROM jobs WHERE status = 'running' AND kind IS ?", self.kind
            ):
                if job["owner"] != self.name and not self._is_lost(job):
                    continue
                if job["attempts"] >= MAX_ATTEMPTS:
                    self._fail(job, "server_error", "Training stopped the engine several times.")
                    continue
                changes = {"status": "queued", "owner": None, "estimated_finish": None}
                self.store.update("jobs", job["id"], changes)
                self.store.add_event(
                    job, "The job was interrupted and is queued again", level="warn"
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
            waiting = self.store.one(
                """SELECT id, started_at FROM jobs AS j WHERE status = 'queued' AND kind IS ?
                     AND (attempts < ? OR started_at < ?)
                   ORDER BY (SELECT coalesce(max(started_at), 0) FROM jobs AS own
                             WHERE own.tenant = j.tenant AND own.id != j.id), seq
                   LIMIT 1""",
                self.kind,
                PATIENT_ATTEMPTS,
                time.time() - PAUSE_SECONDS,
            )
            if waiting is None:
                return None
            job = self.store.one(
                """UPDATE jobs SET status = 'running', owner = ?, lease_until = ?,
                          started_at = ?, attempts = attempts + 1
                   WHERE id = ? AND status = 'queued' RETURNING *""",
                self.name,
                time.time() + LEASE_SECONDS,
                time.time(),
                waiting["id"],
            )
            if job and waiting["started_at"] is None:
                self.store.add_event(job, "Fine-tuning job started")
            return job

    def check_waiting(self) -> None:
        """Check the files of new jobs: to the queue with them, or failed with OpenAI's code."""
        for job in self.store.all(
            "SELECT * FROM jobs WHERE status = 'validating_files' AND kind IS ?", self.kind
        ):
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

    def check_waiting_at_times(self) -> None:
        """While a job trains: so that a bad file of another job is told soon."""
        if time.monotonic() - self._checked_at > CHECK_SECONDS:
            self._checked_at = time.monotonic()
            self.check_waiting()

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
        except sqlite3.Error:
            raise  # nothing can be written now; the job is found and queued again later
        except Exception as error:
            # The thread must outlive any one job; the person sees that it failed, and of what.
            with self.store.transaction():
                if self._still(job, "running"):
                    self._fail(job, "server_error", f"Training broke off ({type(error).__name__}).")

    def _train(self, job: Row) -> None:
        train_examples, valid_examples = self._read_files(job)
        given, earlier = job["requested"], self._earlier(job)
        taught = self._read(job, train_examples, MAX_LEARNT_TOKENS)
        held = self._read(job, valid_examples, MAX_VALIDATION_TOKENS)
        billed = sum(count_example(example, job["method"]) for example in train_examples)
        billed = billed * len(taught) // len(train_examples)
        del train_examples, valid_examples  # as large as all the rest, and not needed any more
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
        record = Record(self.store, job, plan.n_epochs, self._renew)
        for step in steps:
            record.add(step, pack(step.learnt) if step.learnt is not None else b"")
            self.check_waiting_at_times()
        self._finish(job, record, billed * record.epochs)

    def _read(self, job: Row, examples: list[Row], most: int) -> list[list[Exchange]]:
        """Examples as training takes them; of too many, a sample drawn with the job's seed."""
        read = [read_example(example, job["method"]) for example in examples]
        sizes = np.array([sum(len(one.answer) for one in example) for example in read])
        if sizes.sum() <= most:
            return read
        order = np.random.default_rng(job["seed"]).permutation(len(read))
        count = max(MIN_EXAMPLES, int(np.searchsorted(np.cumsum(sizes[order]), most)))
        if job["attempts"] == 1:
            self.store.add_event(
                job,
                f"{sizes.sum():,} tokens to learn are more than this engine takes ({most:,}): a "
                f"random sample of {count:,} of {len(read):,} examples is used",
                level="warn",
            )
        return [read[place] for place in np.sort(order[:count])]

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

    def _finish(self, job: Row, record: Record, trained_tokens: int) -> None:
        """Everything that makes a job a success, in one transaction."""
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
                    "content": record.content,
                    "kind": self.kind,
                },
            )
            for sentence in record.decisions():
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
