"""A training provider on 127.0.0.1 that behaves as OpenAI documents it, faults included.

Real HTTP, its state in memory, one instance a test: ``with LoopbackProvider() as provider``.
Files are validated after the fact, jobs walk through their states as they are looked at, events
grow, results are CSV in base64. ``provider.faults`` says which of the next requests go wrong and
how; ``provider.seen`` keeps every request, so that tests can count what cost money and look for
keys. Shapes follow OpenAI's published description, which ``test_wire_shapes.py`` checks.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from python_multipart import parse_form

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


@dataclass
class Fault:
    """One kind of trouble for the next ``times`` requests that match.

    ``how``: "status" (with ``status``, ``error``, ``headers``), "cut" (the connection closes
    without an answer), "hang" (no answer for ``seconds``), "html" (a web page with ``status``),
    "redirect" (to ``location``), "half" (half of the answer's bytes), "text" (``body``).
    With ``done`` the request is carried out first and only its answer is lost.
    """

    method: str
    path: str
    how: str
    times: int = 1
    status: int = 500
    error: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 5.0
    location: str = ""
    body: str = ""
    done: bool = False


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class Refusal(Exception):
    """An error answer in OpenAI's shape."""

    def __init__(
        self, status: int, message: str, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        kind = "invalid_request_error"
        self.error = {"message": message, "type": kind, "param": param, "code": code}


class LoopbackProvider:
    """The server and its state.

    Args:
        key: the only key that is accepted.
        closed: whether the organisation may still train (403 at create).
        healthy_error: what jobs without an error carry: None, or ``{}`` as OpenAI really does.
        step_per_look: training steps that pass each time a job is looked at.
        endless: lists always say that there is more and repeat themselves.
        words: the words that chat answers are made of.
    """

    def __init__(
        self,
        *,
        key: str = "sk-test-loopback-0001",
        closed: bool = False,
        healthy_error: Any = None,
        step_per_look: int = 10,
        plain_results: bool = False,
        endless: bool = False,
        words: tuple[str, ...] = ("Well", ",", " that", " is", " me", "."),
        pause_between_words: float = 0.0,
    ) -> None:
        self.key = key
        self.closed = closed
        self.healthy_error = healthy_error
        self.step_per_look = step_per_look
        self.plain_results = plain_results
        self.endless = endless
        self.words = words
        self.pause_between_words = pause_between_words
        self.stream_error_after: int | None = None
        self.stream_cut_after: int | None = None
        self.stream_closed_early = threading.Event()
        self.refuse_stream_options = False
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
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
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> LoopbackProvider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    # ---- what tests ask and tell ----

    def requests(self, method: str, path: str) -> list[Seen]:
        """Requests whose path ends like ``path``."""
        return [s for s in self.seen if s.method == method and s.path.endswith(path)]

    @property
    def creates(self) -> int:
        """Jobs that were really created: what would have been paid."""
        return len(self.jobs)

    def fault(self, method: str, path: str, how: str, **more: Any) -> None:
        """Make the next matching requests fail; see ``Fault``."""
        self.faults.append(Fault(method, path, how, **more))

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

    # ---- the API ----

    def answer(self, seen: Seen) -> tuple[int, Any]:
        """Status and body (JSON value, bytes, or an iterator of bytes for a stream)."""
        if seen.headers.get("authorization") != f"Bearer {self.key}":
            raise Refusal(401, "Incorrect API key provided.", "invalid_api_key")
        parts = seen.path.removeprefix("/v1/").split("/")
        match seen.method, parts:
            case "POST", ["files"]:
                return 200, self._upload(seen)
            case "GET", ["files"]:
                files = [f for f in self.files.values() if self._purpose_fits(f, seen)]
                return 200, self._page(files, seen, 10000)
            case "GET", ["files", file_id]:
                return 200, self._get(self.files, file_id, "file")
            case "GET", ["files", file_id, "content"]:
                self._get(self.files, file_id, "file")
                return 200, self.contents[file_id]
            case "DELETE", ["files", file_id]:
                self._get(self.files, file_id, "file")
                del self.files[file_id], self.contents[file_id]
                return 200, {"id": file_id, "object": "file", "deleted": True}
            case "GET", ["models"]:
                return 200, {"object": "list", "data": list(self.models.values())}
            case "GET", ["models", name]:
                return 200, self._get(self.models, name, "model")
            case "DELETE", ["models", name]:
                model = self._get(self.models, name, "model")
                if model["owned_by"] == "system":
                    raise Refusal(403, "You may not delete this model.", "not_allowed")
                del self.models[name]
                return 200, {"id": name, "object": "model", "deleted": True}
            case "POST", ["fine_tuning", "jobs"]:
                return 200, self._create(seen.json)
            case "GET", ["fine_tuning", "jobs"]:
                jobs = [j for j in self.jobs.values() if self._metadata_fits(j, seen)]
                return 200, self._page(jobs, seen, 20)
            case _, ["fine_tuning", "jobs", job_id, *rest]:
                return 200, self._job(seen, self._get(self.jobs, job_id, "fine-tune job"), rest)
            case "POST", ["chat", "completions"]:
                return self._chat(seen.json)
        raise Refusal(404, f"Invalid URL ({seen.method} {seen.path})", "unknown_url")

    def _get(self, things: dict[str, dict[str, Any]], name: str, what: str) -> dict[str, Any]:
        if name not in things:
            code = "model_not_found" if what == "model" else f"{what.replace(' ', '_')}_not_found"
            raise Refusal(404, f"No such {what}: {name}", code)
        return things[name]

    @staticmethod
    def _purpose_fits(file: dict[str, Any], seen: Seen) -> bool:
        return seen.query.get("purpose", [file["purpose"]])[0] == file["purpose"]

    @staticmethod
    def _metadata_fits(job: dict[str, Any], seen: Seen) -> bool:
        wanted = {k[9:-1]: v[0] for k, v in seen.query.items() if k.startswith("metadata[")}
        return all((job["metadata"] or {}).get(k) == v for k, v in wanted.items())

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

    def _upload(self, seen: Seen) -> dict[str, Any]:
        fields: dict[str, bytes] = {}
        names: dict[str, str] = {}

        def keep_file(file: Any) -> None:
            file.file_object.seek(0)
            fields["file"] = file.file_object.read()
            names["file"] = file.file_name.decode()

        def keep_field(item: Any) -> None:
            fields[item.field_name.decode()] = item.value or b""

        headers = {k.title(): v.encode() for k, v in seen.headers.items()}
        parse_form(headers, io.BytesIO(seen.body), keep_field, keep_file)
        if "file" not in fields or fields.get("purpose") != b"fine-tune":
            raise Refusal(400, "'purpose' and 'file' are required.", None, "purpose")
        first = fields["file"].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
        try:
            json.loads(first)
        except ValueError:
            message = "Expected file to have JSONL format, where every line is a valid JSON dictionary. Line 1 is not."
            raise Refusal(400, message, "invalid_jsonl", "file") from None
        return self.files[self.add_file(names["file"], fields["file"])]

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

    # ---- chat ----

    def _chat(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body["model"] not in self.models:
            raise Refusal(404, f"The model `{body['model']}` does not exist", "model_not_found")
        if self.refuse_stream_options and "stream_options" in body:
            raise Refusal(400, "Unknown field: stream_options", None, "stream_options")
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or 10_000
        words = self.words[:limit]
        reason = "length" if limit < len(self.words) else "stop"
        usage = {
            "prompt_tokens": 7,
            "completion_tokens": len(words) * body.get("n", 1),
            "total_tokens": 7 + len(words) * body.get("n", 1),
        }
        head = {"id": "chatcmpl-1", "created": int(time.time()), "model": body["model"]}
        if body.get("stream"):
            return 200, self._stream(head, body, words, reason, usage)
        message = {"role": "assistant", "content": "".join(words), "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
        choices = [{**choice, "index": i} for i in range(body.get("n", 1))]
        return 200, {**head, "object": "chat.completion", "choices": choices, "usage": usage}

    def _stream(
        self,
        head: dict[str, Any],
        body: dict[str, Any],
        words: tuple[str, ...],
        reason: str,
        usage: dict[str, int],
    ) -> Iterator[bytes]:
        head = {**head, "object": "chat.completion.chunk"}
        indices = range(body.get("n", 1))

        def event(choices: list[dict[str, Any]], **more: Any) -> bytes:
            return b"data: " + json.dumps({**head, "choices": choices, **more}).encode() + b"\n\n"

        def choice(i: int, delta: dict[str, Any], why: str | None = None) -> dict[str, Any]:
            return {"index": i, "delta": delta, "finish_reason": why, "logprobs": None}

        for i in indices:
            yield event([choice(i, {"role": "assistant", "content": ""})])
        for number, word in enumerate(words):
            if number == self.stream_error_after:
                error = {"message": "overloaded", "type": "server_error", "code": "server_error"}
                yield b"data: " + json.dumps({"error": error}).encode() + b"\n\n"
                return
            if number == self.stream_cut_after:
                raise ConnectionResetError
            if self.pause_between_words:
                time.sleep(self.pause_between_words)
            for i in indices:
                yield event([choice(i, {"content": word})])
        for i in indices:
            yield event([choice(i, {}, reason)])
        if (body.get("stream_options") or {}).get("include_usage"):
            yield event([], usage=usage)
        yield b"data: [DONE]\n\n"

    # ---- HTTP ----

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: requests hold keys."""

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def do_GET(self) -> None:
                provider._serve(self)

            do_POST = do_DELETE = do_GET

        return Handler

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        length = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(length) if length else _read_chunked(handler)
        headers = {k.lower(): v for k, v in handler.headers.items()}
        seen = Seen(handler.command, unquote(url.path), parse_qs(url.query), headers, body)
        with self.lock:
            self.seen.append(seen)
            fault = self._take_fault(seen)
            status, value = 200, {}
            if fault is None or fault.done or fault.how == "half":
                try:
                    status, value = self.answer(seen)
                except Refusal as refusal:
                    status, value = refusal.status, {"error": refusal.error}
        if fault is not None and self._misbehave(handler, fault, value):
            return
        if isinstance(value, Iterator):
            self._send_stream(handler, value)
        elif isinstance(value, bytes):
            _send(handler, status, value, "application/octet-stream")
        else:
            _send(handler, status, json.dumps(value).encode(), "application/json")

    def _take_fault(self, seen: Seen) -> Fault | None:
        for fault in self.faults:
            if fault.method == seen.method and seen.path.endswith(fault.path) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _misbehave(self, handler: BaseHTTPRequestHandler, fault: Fault, value: Any) -> bool:
        match fault.how:
            case "status":
                error = fault.error or {
                    "message": "The server had an error",
                    "type": "server_error",
                }
                payload = json.dumps({"error": error}).encode()
                _send(handler, fault.status, payload, "application/json", fault.headers)
            case "html":
                page = b"<!doctype html><html><title>Sign in</title></html>"
                status = 200 if fault.status == 500 else fault.status
                _send(handler, status, page, "text/html; charset=utf-8")
            case "text":
                _send(handler, 200, fault.body.encode(), "text/plain")
            case "redirect":
                _send(handler, 307, b"", "text/plain", {"location": fault.location})
            case "hang":
                time.sleep(fault.seconds)
                handler.close_connection = True
            case "half":
                payload = json.dumps(value).encode()
                handler.send_response(200)
                handler.send_header("content-type", "application/json")
                handler.send_header("content-length", str(len(payload)))
                handler.end_headers()
                handler.wfile.write(payload[: len(payload) // 2])
                handler.close_connection = True
            case "cut":
                handler.close_connection = True
            case _:
                raise ValueError(fault.how)
        return True

    def _send_stream(self, handler: BaseHTTPRequestHandler, pieces: Iterator[bytes]) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        try:
            for piece in pieces:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self.stream_closed_early.set()
            handler.close_connection = True


def _read_chunked(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding", "").lower() != "chunked":
        return b""
    parts = []
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(parts)


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    payload: bytes,
    kind: str,
    headers: dict[str, str] | None = None,
) -> None:
    handler.send_response(status)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(payload)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(payload)
