"""Training jobs of open weights: the engine's queue and records around a worker process."""

from __future__ import annotations

import queue
import shutil
from pathlib import Path
from typing import Any

from core.engine.record import Record
from core.engine.store import MEBIBYTE, Row, Store
from core.engine.training import Measured, Step
from core.engine.training_files import FileFault
from core.engine.worker import Interrupted, Worker
from core.openweights import HOW_TO_ADD, installed
from core.openweights.bases import find_base, short_name
from core.openweights.layout import (
    KIND,
    Tuned,
    adapter_of,
    folders_of,
    read_tuned,
    root_of,
    size_of,
    sweep,
)
from core.openweights.process import ENDED, Child
from core.problems import Problem

#: Seconds between two looks at whether a job was stopped.
LOOK_SECONDS = 0.25
#: Seconds that a paused job's process has to finish its step and save its state.
SAVING_SECONDS = 60.0
#: What the adapters of one tenant may take, and what must stay free on the disk.
MAX_ADAPTERS = 8192 * MEBIBYTE
LEAST_FREE = 2048 * MEBIBYTE


def check_adapter_room(store: Store, tenant: str) -> None:
    """Whether another job's adapters fit.

    Raises:
        Problem: the tenant's share, or the disk, is used up.
    """
    used = sum(size_of(folder) for folder in folders_of(store, tenant))
    if used > MAX_ADAPTERS:
        raise Problem(
            "Your trained adapters take more room than this engine gives.",
            "Delete models that you no longer need.",
        )
    if shutil.disk_usage(store.path.parent).free < LEAST_FREE:
        raise Problem("Less than 2 GB are free on the disk.", "Make room and try again.")


class OpenWeightsWorker(Worker):
    """The second lane of the queue: one long job at a time, beside the embedded engine's short ones."""

    kind = KIND

    def _train(self, job: Row) -> None:
        try:
            self._train_in_child(job)
        except Problem as problem:
            raise FileFault("invalid_model", str(problem), "model") from problem

    def _train_in_child(self, job: Row) -> None:
        if not installed():
            raise Problem("The extra for open weights is gone.", HOW_TO_ADD)
        check_adapter_room(self.store, job["tenant"])
        training, validation = self._read_files(job)
        name, earlier = self._start_of(job)
        folder = root_of(self.store) / job["id"]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Child("train") as child:
            child.tell(
                {
                    "job": job["id"],
                    "name": name,
                    "folder": str(folder.resolve()),
                    "earlier": str(earlier.resolve()) if earlier else None,
                    "method": job["method"],
                    "training": training,
                    "validation": validation,
                    "requested": job["requested"],
                    "seed": job["seed"],
                }
            )
            del training, validation
            try:
                record, tokens = self._follow(job, name, child)
            except Interrupted:
                if self._closing.is_set() or self._still(job, "paused"):
                    child.tell({"stop": True})
                    child.end(5.0 if self._closing.is_set() else SAVING_SECONDS)
                child.end()
                sweep(self.store)
                raise
        self._finish(job, record, tokens)
        sweep(self.store)

    def _start_of(self, job: Row) -> tuple[str, Path | None]:
        """The base of a job, and the adapter that it goes on from.

        Raises:
            Problem: it was deleted in the meantime.
        """
        if read_tuned(self.store, job["tenant"], job["model"]) is not None:
            found = adapter_of(self.store, job["tenant"], job["model"])
            assert found is not None
            return found
        if job["model"].startswith("ft:"):
            raise Problem(f"Model {job['model']} does not exist.", "")
        find_base(job["model"])
        return job["model"], None

    def _follow(self, job: Row, name: str, child: Child) -> tuple[Record, int]:
        """Write down what the process says until it is done; its record and trained tokens.

        Raises:
            Interrupted: the job was stopped, or the engine closes.
            FileFault: training failed.
        """
        record: Record | None = None
        digest = ""
        while True:
            try:
                news = child.news.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self._renew(job, {})
                self.check_waiting_at_times()
                continue
            if "say" in news:
                digest = news.get("base_sha256", digest)
                if job["attempts"] == 1:
                    self.store.add_event(job, news["say"], level=news.get("level", "info"))
            elif "plan" in news:
                self._renew(job, {"hyperparameters": news["plan"]})
                base = short_name(name)
                record = Record(
                    self.store, job, news["plan"]["n_epochs"], self._renew, base=base, kind=KIND
                )
            elif "step" in news:
                assert record is not None
                self._add(record, job, name, digest, news["step"])
            elif "done" in news:
                assert record is not None
                return record, news["done"]["trained_tokens"]
            elif "fault" in news:
                fault = news["fault"]
                raise FileFault(fault["code"], fault["message"], "model")
            elif news is ENDED:
                self._renew(job, {})  # when it was stopped, that is why
                raise FileFault("server_error", child.how_it_ended(), "model")

    def _add(self, record: Record, job: Row, name: str, digest: str, said: Row) -> None:
        number, total, seconds = said["step"], said["total_steps"], said["seconds"]
        content = b""
        if said.get("checkpoint"):
            content = Tuned(name, digest, f"{job['id']}/{said['checkpoint']}").pack()
        rate = self._speed(number, seconds, said["tokens"])
        step = Step(
            number,
            total,
            Measured(said["train_loss"], said["train_mean_token_accuracy"]),
            _measured(said, "valid"),
            _measured(said, "full_valid"),
            None,
            said.get("train_reward_accuracy"),
            {"tokens_per_second": round(rate, 1)},
        )
        record.add(step, content, seconds * (total - number) / number)

    def _speed(self, number: int, seconds: float, tokens: int) -> float:
        """Tokens a second since the first step of this job."""
        if number == 1:
            self._tokens = 0
        self._tokens += tokens
        return self._tokens / max(seconds, 1e-3)


def _measured(said: dict[str, Any], name: str) -> Measured | None:
    if f"{name}_loss" not in said:
        return None
    return Measured(said[f"{name}_loss"], said[f"{name}_mean_token_accuracy"])
