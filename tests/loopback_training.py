"""The training side of the loopback provider: files, jobs that walk on as they are looked at,
events that grow, checkpoints, result files in base64."""

from __future__ import annotations

import base64
import itertools
import math
import time
from typing import Any

from tests.loopback_http import LoopbackServer, Refusal, Seen

MODELS = {
    "gpt-4.1-mini-2025-04-14": "2027-01-14",
    "gpt-4o-mini-2024-07-18": "2027-01-14",
    "gpt-6-luna": None,
}

CLOSED = {
    "message": "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning training jobs. Learn more https://developers.openai.com/api/docs/deprecations#update-to-openais-self-serve-fine-tuning",
    "type": "invalid_request_error",
    "param": None,
    "code": "training_not_available",
}

TERMINAL = ("succeeded", "failed", "cancelled")


class LoopbackTraining(LoopbackServer):
    """State of an account and the life of its jobs."""

    def __init__(
        self,
        *,
        closed: bool,
        healthy_error: Any,
        step_per_look: int,
        plain_results: bool,
        endless: bool,
    ) -> None:
        super().__init__()
        self.closed = closed
        self.healthy_error = healthy_error
        self.step_per_look = step_per_look
        self.plain_results = plain_results
        self.endless = endless
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.parts: dict[str, dict[str, bytes]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.checkpoints: dict[str, list[dict[str, Any]]] = {}
        self.models: dict[str, dict[str, Any]] = {
            name: {
                "id": name,
                "object": "model",
                "created": 1_700_000_000,
                "owned_by": "system",
                "shutdown_date": shutdown,
            }
            for name, shutdown in MODELS.items()
        }
        self._numbers = itertools.count(1)

    @property
    def creates(self) -> int:
        """Jobs that were really created: what would have been paid."""
        return len(self.jobs)

    def add_file(
        self,
        name: str,
        data: bytes = b"{}\n",
        purpose: str = "fine-tune",
        status: str = "processed",
    ) -> str:
        """Put a file there, as if somebody had uploaded it."""
        with self.lock:
            file_id = f"file-{next(self._numbers):04d}"
            self.contents[file_id] = data
            self.files[file_id] = {
                "id": file_id,
                "object": "file",
                "bytes": len(data),
                "created_at": int(time.time()),
                "filename": name,
                "purpose": purpose,
                "status": status,
            }
            return file_id

    def _new_upload(self, body: dict[str, Any]) -> dict[str, Any]:
        now = int(time.time())
        upload = {
            "id": f"upload_{next(self._numbers):04d}",
            "object": "upload",
            "bytes": body["bytes"],
            "created_at": now,
            "expires_at": now + 3600,
            "filename": body["filename"],
            "purpose": body["purpose"],
            "status": "pending",
        }
        self.uploads[upload["id"]] = upload
        self.parts[upload["id"]] = {}
        return upload

    def _new_part(self, upload_id: str, data: bytes) -> dict[str, Any]:
        part_id = f"part_{next(self._numbers):04d}"
        self.parts[upload_id][part_id] = data
        return {
            "id": part_id,
            "object": "upload.part",
            "created_at": int(time.time()),
            "upload_id": upload_id,
        }

    def add_job(
        self,
        training_file: str,
        *,
        status: str = "succeeded",
        metadata: dict[str, str] | None = None,
        model: str = "gpt-4.1-mini-2025-04-14",
        suffix: str = "",
    ) -> dict[str, Any]:
        """Put a job there, as if somebody had started it; a finished one has its model."""
        with self.lock:
            body = {"model": model, "training_file": training_file, "metadata": metadata}
            job = self._new_job(body | ({"suffix": suffix} if suffix else {}))
            job["status"] = status
            if status == "succeeded":
                self._finish(job)
            return job

    def finish(self, job_id: str) -> None:
        """Let a job run to its end at once."""
        with self.lock:
            while self.jobs[job_id]["status"] not in (*TERMINAL, "paused"):
                self._advance(self.jobs[job_id])

    def _get(self, things: dict[str, dict[str, Any]], name: str, what: str) -> dict[str, Any]:
        if name not in things:
            code = "model_not_found" if what == "model" else f"{what.replace(' ', '_')}_not_found"
            raise Refusal(404, f"No such {what}: {name}", code)
        return things[name]

    def _page(self, things: list[dict[str, Any]], seen: Seen, limit: int) -> dict[str, Any]:
        """Newest first, after an id, with has_more."""
        things = things[::-1]
        after = seen.query.get("after", [""])[0]
        limit = int(seen.query.get("limit", [str(limit)])[0])
        ids = [thing["id"] for thing in things]
        start = 0 if self.endless or after not in ids else ids.index(after) + 1
        part = things[start : start + limit]
        return {
            "object": "list",
            "data": part,
            "first_id": part[0]["id"] if part else "",
            "last_id": part[-1]["id"] if part else "",
            "has_more": self.endless or start + limit < len(things),
        }

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.closed:
            refusal = Refusal(403, "")
            refusal.error = CLOSED
            raise refusal
        if "method" in body and "hyperparameters" in body:
            raise Refusal(400, "Give method or hyperparameters, not both.", None, "method")
        if body["training_file"] not in self.files:
            raise Refusal(400, "No such file.", "invalid_file", "training_file")
        if body["model"] not in self.models:
            raise Refusal(404, "The model does not exist.", "model_not_found", "model")
        return self._new_job(body)

    def _new_job(self, body: dict[str, Any]) -> dict[str, Any]:
        job_id = f"ftjob-{next(self._numbers):04d}"
        method = body.get("method") or {"type": "supervised", "supervised": {}}
        given = (method.get(method["type"]) or {}).get("hyperparameters", {})
        given = body.get("hyperparameters") or given
        names = ("n_epochs", "batch_size", "learning_rate_multiplier")
        hyperparameters = {name: given.get(name, "auto") for name in names}
        beta = {"beta": given.get("beta", "auto")} if method["type"] == "dpo" else {}
        job = {
            "id": job_id,
            "object": "fine_tuning.job",
            "created_at": int(time.time()),
            "finished_at": None,
            "estimated_finish": None,
            "model": body["model"],
            "fine_tuned_model": None,
            "organization_id": "org-loopback",
            "training_file": body["training_file"],
            "validation_file": body.get("validation_file"),
            "result_files": [],
            "status": "validating_files",
            "trained_tokens": None,
            "hyperparameters": hyperparameters,
            "method": {
                "type": method["type"],
                method["type"]: {"hyperparameters": {**hyperparameters, **beta}},
            },
            "seed": body["seed"] if body.get("seed") is not None else 42,
            "error": self.healthy_error,
            "integrations": [],
            "metadata": body.get("metadata"),
            "user_provided_suffix": body.get("suffix"),
        }
        self.jobs[job_id] = job
        self.events[job_id] = []
        self.checkpoints[job_id] = []
        self._event(job, f"Created fine-tuning job: {job_id}")
        self._event(job, f"Validating training file: {job['training_file']}")
        return job

    def _event(
        self,
        job: dict[str, Any],
        message: str,
        data: dict[str, Any] | None = None,
        level: str = "info",
    ) -> None:
        self.events[job["id"]].append(
            {
                "id": f"ftevent-{next(self._numbers):06d}",
                "object": "fine_tuning.job.event",
                "created_at": int(time.time()),
                "level": level,
                "message": message,
                "type": "metrics" if data else "message",
                "data": data or {},
            }
        )

    def _job(self, seen: Seen, job: dict[str, Any], rest: list[str]) -> Any:
        match seen.method, rest:
            case "GET", []:
                self._advance(job)
                return job
            case "GET", ["events"]:
                return self._page(self.events[job["id"]], seen, 20)
            case "GET", ["checkpoints"]:
                return self._page(self.checkpoints[job["id"]], seen, 10)
            case "POST", [("cancel" | "pause" | "resume") as what]:
                if job["status"] in TERMINAL:
                    raise Refusal(400, f"Job has already {job['status']}.", "job_over")
                job["status"] = {"cancel": "cancelled", "pause": "paused", "resume": "running"}[
                    what
                ]
                if what == "cancel":
                    job["finished_at"] = int(time.time())
                self._event(job, f"The job was asked to {what}")
                return job
        raise Refusal(404, "Invalid URL", "unknown_url")

    def _advance(self, job: dict[str, Any]) -> None:
        """One look later."""
        if job["status"] == "validating_files":
            self._validate(job)
        elif job["status"] == "queued":
            job["status"] = "running"
            job["estimated_finish"] = int(time.time()) + 60
            self._event(job, "Fine-tuning job started")
        elif job["status"] == "running":
            total = self._total_steps(job)
            done = sum(1 for e in self.events[job["id"]] if e["type"] == "metrics")
            for step in range(done + 1, min(total, done + self.step_per_look) + 1):
                self._step(job, step, total)
            if done + self.step_per_look >= total:
                self._finish(job)

    def _validate(self, job: dict[str, Any]) -> None:
        lines = self.contents.get(job["training_file"], b"").removeprefix(b"\xef\xbb\xbf")
        count = len([line for line in lines.split(b"\n") if line.strip()])
        if count < 10:
            message = f"Training file has {count} example(s), but must have at least 10 examples"
            job["status"] = "failed"
            job["error"] = {
                "code": "invalid_n_examples",
                "message": message,
                "param": "training_file",
            }
            job["finished_at"] = int(time.time())
            self._event(job, message, level="error")
            return
        job["status"] = "queued"
        auto = {"n_epochs": 3, "batch_size": 1, "learning_rate_multiplier": 1.8}
        for name, value in auto.items():
            if job["hyperparameters"][name] == "auto":
                job["hyperparameters"][name] = value
        method = job["method"][job["method"]["type"]]["hyperparameters"]
        method.update(job["hyperparameters"])
        self._event(job, "Files validated, moving job to queued state")

    def _total_steps(self, job: dict[str, Any]) -> int:
        lines = len([x for x in self.contents[job["training_file"]].split(b"\n") if x.strip()])
        chosen = job["hyperparameters"]
        return max(1, math.ceil(lines * chosen["n_epochs"] / chosen["batch_size"]))

    def _step(self, job: dict[str, Any], step: int, total: int) -> None:
        share = step / total
        data = {
            "step": step,
            "total_steps": total,
            "train_loss": round(3.0 - 2.0 * share + 0.1 * math.sin(step), 4),
            "train_mean_token_accuracy": round(0.3 + 0.4 * share, 4),
        }
        epochs = job["hyperparameters"]["n_epochs"]
        ends = {math.ceil(total * e / epochs): e for e in range(1, epochs + 1)}
        if job["validation_file"] and step % 5 == 0:
            data["valid_loss"] = round(2.8 - 1.2 * share, 4)
            data["valid_mean_token_accuracy"] = round(0.3 + 0.2 * share, 4)
        if job["validation_file"] and step in ends:
            data["full_valid_loss"] = round(2.7 - 1.1 * share, 4)
            data["full_valid_mean_token_accuracy"] = round(0.3 + 0.2 * share, 4)
        self._event(job, f"Step {step}/{total}: training loss={data['train_loss']:.2f}", data)
        if step in ends:
            self._checkpoint(job, step, data)

    def _model_name(self, job: dict[str, Any]) -> str:
        number = job["id"].removeprefix("ftjob-")
        return f"ft:{job['model']}:loopback:{job['user_provided_suffix'] or ''}:{number}"

    def _checkpoint(self, job: dict[str, Any], step: int, data: dict[str, Any]) -> None:
        kept = ("step", "train_loss", "train_mean_token_accuracy", "full_valid_loss")
        self.checkpoints[job["id"]].append(
            {
                "id": f"ftckpt-{next(self._numbers):04d}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": int(time.time()),
                "fine_tuned_model_checkpoint": f"{self._model_name(job)}:ckpt-step-{step}",
                "fine_tuning_job_id": job["id"],
                "step_number": step,
                "metrics": {k: data[k] for k in kept if k in data},
            }
        )
        self.checkpoints[job["id"]] = self.checkpoints[job["id"]][-3:]

    def _finish(self, job: dict[str, Any]) -> None:
        rows = ["step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"]
        for event in self.events[job["id"]]:
            if event["type"] == "metrics":
                d = event["data"]
                valid = [str(d.get(k, "")) for k in ("valid_loss", "valid_mean_token_accuracy")]
                rows.append(
                    f"{d['step']},{d['train_loss']},{d['train_mean_token_accuracy']},{','.join(valid)}"
                )
        text = ("\n".join(rows) + "\n").encode()
        text = text if self.plain_results else base64.b64encode(text)
        name = self._model_name(job)
        epochs = job["hyperparameters"]["n_epochs"]
        tokens = len(self.contents.get(job["training_file"], b"")) // 4
        job["result_files"] = [self.add_file("step_metrics.csv", text, "fine-tune-results")]
        job["fine_tuned_model"] = name
        job["trained_tokens"] = tokens * (epochs if isinstance(epochs, int) else 3)
        job["status"] = "succeeded"
        job["finished_at"] = int(time.time())
        job["estimated_finish"] = None
        models = [
            name,
            *(c["fine_tuned_model_checkpoint"] for c in self.checkpoints[job["id"]][:-1]),
        ]
        for model in models:
            self.models[model] = {
                "id": model,
                "object": "model",
                "created": int(time.time()),
                "owned_by": "org-loopback",
                "shutdown_date": MODELS.get(job["model"]),
            }
        self._event(job, f"New fine-tuned model created: {name}")
        self._event(job, "The job has successfully completed")
