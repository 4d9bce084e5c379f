"""A training provider on 127.0.0.1 that behaves as OpenAI documents it, faults included.

Real HTTP, its state in memory, one instance a test: ``with LoopbackProvider() as provider``.
Files are validated after the fact, jobs walk through their states as they are looked at, events
grow, results are CSV in base64. ``provider.faults`` says which of the next requests go wrong and
how; ``provider.seen`` keeps every request, so that tests can count what cost money and look for
keys. Shapes follow OpenAI's published description, which ``test_wire_shapes.py`` checks.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from python_multipart import parse_form

from tests.loopback_http import Refusal, Seen
from tests.loopback_training import CLOSED, LoopbackTraining

__all__ = ["CLOSED", "LoopbackProvider"]


class LoopbackProvider(LoopbackTraining):
    """The server and its state.

    Args:
        key: the only key that is accepted.
        closed: whether the organisation may still train (403 at create).
        healthy_error: what jobs without an error carry: None, or ``{}`` as OpenAI really does.
        step_per_look: training steps that pass each time a job is looked at.
        endless: lists always say that there is more and repeat themselves.
        words: the words that chat answers are made of; ``words_of`` has those of single models,
            ``reply_to`` makes whole answers to requests for JSON.
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
        super().__init__(
            closed=closed,
            healthy_error=healthy_error,
            step_per_look=step_per_look,
            plain_results=plain_results,
            endless=endless,
        )
        self.key = key
        self.words = words
        self.words_of: dict[str, tuple[str, ...]] = {}
        self.reply_to: Callable[[dict[str, Any]], str] | None = None
        self.pause_between_words = pause_between_words
        self.stream_error_after: int | None = None
        self.stream_cut_after: int | None = None
        self.refuse_stream_options = False
        self.largest_part = 64 * 1024 * 1024

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
            case "POST", ["uploads", *rest]:
                return 200, self._parts(seen, rest)
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

    @staticmethod
    def _purpose_fits(file: dict[str, Any], seen: Seen) -> bool:
        return seen.query.get("purpose", [file["purpose"]])[0] == file["purpose"]

    @staticmethod
    def _metadata_fits(job: dict[str, Any], seen: Seen) -> bool:
        wanted = {k[9:-1]: v[0] for k, v in seen.query.items() if k.startswith("metadata[")}
        return all((job["metadata"] or {}).get(k) == v for k, v in wanted.items())

    @staticmethod
    def _form(seen: Seen) -> tuple[dict[str, bytes], dict[str, str]]:
        """Fields of a form by name, and the names of the files among them."""
        fields: dict[str, bytes] = {}
        names: dict[str, str] = {}

        def keep_file(file: Any) -> None:
            file.file_object.seek(0)
            name = file.field_name.decode()
            fields[name] = file.file_object.read()
            names[name] = file.file_name.decode()

        def keep_field(item: Any) -> None:
            fields[item.field_name.decode()] = item.value or b""

        headers = {k.title(): v.encode() for k, v in seen.headers.items()}
        parse_form(headers, io.BytesIO(seen.body), keep_field, keep_file)
        return fields, names

    def _upload(self, seen: Seen) -> dict[str, Any]:
        fields, names = self._form(seen)
        if "file" not in fields or fields.get("purpose") != b"fine-tune":
            raise Refusal(400, "'purpose' and 'file' are required.", None, "purpose")
        first = fields["file"].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
        try:
            json.loads(first)
        except ValueError:
            message = "Expected file to have JSONL format, where every line is a valid JSON dictionary. Line 1 is not."
            raise Refusal(400, message, "invalid_jsonl", "file") from None
        return self.files[self.add_file(names["file"], fields["file"])]

    def _parts(self, seen: Seen, rest: list[str]) -> dict[str, Any]:
        """The Uploads API: begin, add a part, put together, cancel."""
        if not rest:
            return self._new_upload(seen.json)
        upload = self._get(self.uploads, rest[0], "upload")
        if upload["status"] != "pending":
            raise Refusal(400, f"The upload is {upload['status']}.", "invalid_upload_status")
        match rest[1:]:
            case ["parts"]:
                data = self._form(seen)[0]["data"]
                if len(data) > self.largest_part:
                    raise Refusal(400, "The part is too large.", "part_too_large", "data")
                return self._new_part(rest[0], data)
            case ["complete"]:
                return self._put_together(upload, seen.json)
            case ["cancel"]:
                upload["status"] = "cancelled"
                return upload
        raise Refusal(404, "Invalid URL", "unknown_url")

    def _put_together(self, upload: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        own = self.parts[upload["id"]]
        if not set(body["part_ids"]) <= set(own):
            raise Refusal(400, "No such part.", "invalid_value", "part_ids")
        data = b"".join(own[part] for part in body["part_ids"])
        if len(data) != upload["bytes"]:
            raise Refusal(400, "The parts have another size.", "invalid_value", "bytes")
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        if body.get("md5") not in (None, md5):
            raise Refusal(400, "The parts have another md5.", "invalid_value", "md5")
        upload["status"] = "completed"
        file_id = self.add_file(upload["filename"], data)
        return upload | {"file": self.files[file_id]}

    def _chat(self, body: dict[str, Any]) -> tuple[int, Any]:
        if body["model"] not in self.models:
            raise Refusal(404, f"The model `{body['model']}` does not exist", "model_not_found")
        if self.refuse_stream_options and "stream_options" in body:
            raise Refusal(400, "Unknown field: stream_options", None, "stream_options")
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or 10_000
        said = self.words_of.get(body["model"], self.words)
        if self.reply_to and "response_format" in body:
            said = (self.reply_to(body),)
        words = said[:limit]
        reason = "length" if limit < len(said) else "stop"
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
