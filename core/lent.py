"""What may be done with a host's key, enforced on the wire.

Strangers share one account when a host lends a key. Every request with that key passes here:
lists show the visitor's own project only, things of others are not found, a job is created only
where its cost has been set aside, and an answer is booked at the most it can cost before it is
asked for. Anything else is refused here and never sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx2

from core.prices import ModelPrice
from core.problems import Problem
from core.shutdown import base_model
from core.spending import Ledger, OwnerKey
from core.tokens import count_texts
from core.uploads import MADE_BY, OUR_FILE, project_id

#: Longest answer, in tokens, that a host's key pays for.
LONGEST_ANSWER = 4096

#: Tokens that a message may cost beyond its text: more than OpenAI's four, to be sure.
MESSAGE_ROOM = 10

Keep = Callable[[dict[str, Any]], bool]


class LentTransport(httpx2.BaseTransport):
    """A transport for one visitor who uses a host's key.

    Args:
        inner: what really sends.
        owner: the lent key and its cap.
        ledger: what was spent, of the whole process.
        project: the visitor's project, whose marks files and jobs carry.
        prices: the app's own price list (not one that a visitor has edited).
        base_path: path of the provider's base URL, such as "/v1".
    """

    def __init__(
        self,
        inner: httpx2.BaseTransport,
        owner: OwnerKey,
        ledger: Ledger,
        project: str,
        prices: Sequence[ModelPrice],
        base_path: str,
    ) -> None:
        self._inner = inner
        self._owner = owner
        self._ledger = ledger
        self._project = project_id(project)
        self._prices = {p.model: p for p in prices if p.provider == owner.provider}
        self._base = base_path.rstrip("/")
        self._jobs: set[str] = set()
        self._files: set[str] = set()
        self._models: set[str] = set()

    def close(self) -> None:
        self._inner.close()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request if a host's key may pay for it, else answer like a provider that
        refuses."""
        path = request.url.path.removeprefix(self._base)
        match request.method, path.strip("/").split("/"):
            case "GET", ["fine_tuning", "jobs"]:
                mine = request.url.copy_merge_params({"metadata[project]": self._project})
                return self._listed(_moved(request, mine), self._is_my_job)
            case "POST", ["fine_tuning", "jobs"]:
                return self._create(request)
            case (("GET" | "POST"), ["fine_tuning", "jobs", job_id, *_]):
                if job_id in self._jobs or self._look(request, f"fine_tuning/jobs/{job_id}"):
                    return self._inner.handle_request(request)
                return _refusal(404, "not_found")
            case "GET", ["files"]:
                self._look_at_jobs(request)
                return self._listed(request, self._is_my_file)
            case "POST", ["files"] | ["uploads", *_]:
                return self._inner.handle_request(request)
            case (("GET" | "DELETE"), ["files", file_id, *_]):
                if file_id in self._files or self._look(request, f"files/{file_id}"):
                    return self._inner.handle_request(request)
                return _refusal(404, "not_found")
            case "GET", ["models"]:
                self._look_at_jobs(request)
                return self._listed(request, lambda model: self._may_ask(str(model["id"])))
            case (("GET" | "DELETE"), ["models", *name]):
                return self._model(request, "/".join(name))
            case "POST", ["chat", "completions"]:
                return self._answer(request)
            case "POST", ["moderations"]:  # free
                return self._inner.handle_request(request)
        return _refusal(403, "host_key_not_for_this")

    def _create(self, request: httpx2.Request) -> httpx2.Response:
        """A job, only where its cost was set aside under the token of its launch."""
        marks = _json(request.read()).get("metadata") or {}
        reserved = self._ledger.holds(str(marks.get("launch")))
        if marks.get("project") != self._project or not reserved:
            return _refusal(403, "host_key_not_for_this")
        return self._inner.handle_request(request)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        body = _json(request.read())
        model = str(body.get("model"))
        if not self._may_ask(model):
            self._look_at_jobs(request)
            if not self._may_ask(model):
                return _refusal(404, "model_not_found")
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if not isinstance(limit, int) or not 0 < limit <= LONGEST_ANSWER:
            return _refusal(403, "host_key_no_limit")
        price = self._prices.get(base_model(model))
        if price is None or price.input is None or price.output is None:
            return _refusal(403, "host_key_price_unknown")
        said = [json.dumps(message) for message in body.get("messages") or ()]
        asked = int(count_texts(said).sum()) + MESSAGE_ROOM * len(said)
        most = (price.input * asked + price.output * limit * int(body.get("n") or 1)) / 1e6
        try:
            self._ledger.charge(self._owner, most)
        except Problem:
            return _refusal(403, "host_key_cap_reached")
        return self._inner.handle_request(request)

    def _model(self, request: httpx2.Request, name: str) -> httpx2.Response:
        tuned = name.startswith("ft:")
        if tuned and not self._may_ask(name):
            self._look_at_jobs(request)
        allowed = self._may_ask(name) and (tuned or request.method == "GET")
        return self._inner.handle_request(request) if allowed else _refusal(404, "model_not_found")

    # ---- whose is it ----

    def _is_my_job(self, job: dict[str, Any]) -> bool:
        marks = job.get("metadata") or {}
        mine = marks.get("made_by") == MADE_BY and marks.get("project") == self._project
        if mine:
            self._jobs.add(str(job["id"]))
            self._files.update(job.get("result_files") or ())
            if job.get("fine_tuned_model"):
                self._models.add(str(job["fine_tuned_model"]))
        return mine

    def _is_my_file(self, file: dict[str, Any]) -> bool:
        marked = OUR_FILE.fullmatch(str(file.get("filename") or ""))
        mine = file["id"] in self._files or bool(marked and marked["project"] == self._project)
        if mine:
            self._files.add(str(file["id"]))
        return mine

    def _may_ask(self, model: str) -> bool:
        """A base model, a model of this project or a checkpoint of one."""
        if not model.startswith("ft:"):
            return True
        return any(model == m or model.startswith(f"{m}:ckpt-") for m in self._models)

    def _look(self, request: httpx2.Request, path: str) -> bool:
        """Ask for one job or file, and whether it is this project's."""
        if path.startswith("files/"):
            self._look_at_jobs(request)
        url = request.url.copy_with(path=f"{self._base}/{path}", query=None)
        answer = self._inner.handle_request(_asking(request, url))
        answer.read()
        found = _json(answer.content) if answer.status_code == 200 else {}
        if "id" not in found:
            return False
        return self._is_my_job(found) if path.startswith("fine") else self._is_my_file(found)

    def _look_at_jobs(self, request: httpx2.Request) -> None:
        """Learn which result files and models are this project's."""
        url = request.url.copy_with(path=f"{self._base}/fine_tuning/jobs", query=None)
        url = url.copy_merge_params({"limit": "100", "metadata[project]": self._project})
        self._listed(_asking(request, url), self._is_my_job)

    def _listed(self, request: httpx2.Request, keep: Keep) -> httpx2.Response:
        """The answer to a list request with this project's things only."""
        answer = self._inner.handle_request(request)
        answer.read()
        body = _json(answer.content)
        if answer.status_code != 200 or not isinstance(body.get("data"), list):
            return _again(answer)
        body["data"] = [item for item in body["data"] if keep(item)]
        return httpx2.Response(200, json=body)


def _again(answer: httpx2.Response) -> httpx2.Response:
    """An answer that has been read, to be read once more."""
    kind = answer.headers.get("content-type", "application/json")
    return httpx2.Response(
        answer.status_code, content=answer.content, headers={"content-type": kind}
    )


def _asking(request: httpx2.Request, url: httpx2.URL) -> httpx2.Request:
    """A GET of our own in the name of ``request``."""
    headers = {"authorization": request.headers["authorization"], "accept": "application/json"}
    return httpx2.Request("GET", url, headers=headers, extensions=request.extensions)


def _moved(request: httpx2.Request, url: httpx2.URL) -> httpx2.Request:
    return httpx2.Request(
        request.method, url, headers=request.headers, extensions=request.extensions
    )


def _json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _refusal(status: int, code: str) -> httpx2.Response:
    error = {"message": code, "type": "invalid_request_error", "param": None, "code": code}
    return httpx2.Response(status, json={"error": error})
