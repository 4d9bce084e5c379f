"""The engine: OpenAI's fine-tuning API, answered in this process."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.engine import chat_api, completions_api, files_api, jobs_api, stored_api, uploads_api
from core.engine.base_text import base_model, languages
from core.engine.conversation import text_of
from core.engine.jobs_api import BASE_MODEL, ORGANIZATION
from core.engine.start import choose_languages
from core.engine.store import Row, Store, tenant_of
from core.engine.tuned import Speaker, base_speaker, tuned_speaker, unpack
from core.engine.wire import ApiError, Request, Response, json_response, parse_query, take
from core.engine.worker import Worker
from core.openweights.layout import KIND, adapter_of, read_tuned, sweep
from core.openweights.layout import unpack as unpack_tuned
from core.problems import Problem
from core.tokens import encode

#: When the base model was made; OpenAI's model objects want a date.
BASE_CREATED = 1_795_132_800
#: Models kept ready to speak; one takes some megabytes.
SPEAKERS = 6
#: Tokens that a language can be told from, and characters that are looked at for it.
LEAST_SAID, MAX_SAID = 6, 2000

Handler = Callable[..., Response]

#: Operations of OpenAI's that have no meaning on one's own machine, and why.
NOT_HERE = {
    "fine_tuning/checkpoints": "There are no projects to share a checkpoint with: each bearer "
    "token is a tenant of its own. A model can be downloaded on the Train page and served from "
    "its file.",
    "fine_tuning/alpha/graders": "Graders belong to reinforcement fine-tuning; this engine has "
    "'supervised' and 'dpo'.",
    "moderations": "This engine does not judge text.",
    "embeddings": "This engine has no embeddings.",
    "responses": "This engine has no Responses API; use chat completions.",
}

STORE_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/files", files_api.create),
    ("GET", "/files", files_api.list_files),
    ("GET", "/files/{}", files_api.retrieve),
    ("DELETE", "/files/{}", files_api.delete),
    ("GET", "/files/{}/content", files_api.content),
    ("POST", "/uploads", uploads_api.create),
    ("POST", "/uploads/{}/parts", uploads_api.add_part),
    ("POST", "/uploads/{}/complete", uploads_api.complete),
    ("POST", "/uploads/{}/cancel", uploads_api.cancel),
    ("GET", "/chat/completions", stored_api.list_completions),
    ("GET", "/chat/completions/{}", stored_api.retrieve),
    ("POST", "/chat/completions/{}", stored_api.update),
    ("DELETE", "/chat/completions/{}", stored_api.delete),
    ("GET", "/chat/completions/{}/messages", stored_api.messages),
    ("POST", "/fine_tuning/jobs", jobs_api.create),
    ("GET", "/fine_tuning/jobs", jobs_api.list_jobs),
    ("GET", "/fine_tuning/jobs/{}", jobs_api.retrieve),
    ("POST", "/fine_tuning/jobs/{}/cancel", jobs_api.cancel),
    ("POST", "/fine_tuning/jobs/{}/pause", jobs_api.pause),
    ("POST", "/fine_tuning/jobs/{}/resume", jobs_api.resume),
    ("GET", "/fine_tuning/jobs/{}/events", jobs_api.list_events),
    ("GET", "/fine_tuning/jobs/{}/checkpoints", jobs_api.list_checkpoints),
]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("^" + path.replace("{}", "([^/]+)") + "$")


class Engine:
    """One folder of files, jobs and models, and the thread that trains.

    Use one Engine per folder and process; it may be called from any number of threads.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open the folder; unfinished jobs in it go on.

        Raises:
            Problem: the folder cannot be used.
        """
        from core.openweights.jobs import OpenWeightsWorker  # they import the engine
        from core.openweights.serving import Serving

        self.folder = Path(folder)
        self.store = Store(self.folder)
        self.workers = (Worker(self.store), OpenWeightsWorker(self.store))
        self.serving = Serving()
        self._speakers: OrderedDict[str, Speaker] = OrderedDict()
        self._lent: dict[str, Speaker] = {}
        self._speakers_lock = threading.Lock()
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, _pattern(path), handler) for method, path, handler in STORE_ROUTES
        ]
        self._own_routes: list[tuple[str, re.Pattern[str], Handler]] = [
            ("GET", _pattern("/models"), self._list_models),
            ("GET", re.compile("^/models/(.+)$"), self._retrieve_model),
            ("DELETE", re.compile("^/models/(.+)$"), self._delete_model),
            ("POST", _pattern("/chat/completions"), self._chat),
            ("POST", _pattern("/completions"), self._complete),
        ]
        sweep(self.store)
        for worker in self.workers:
            if self.store.one(
                "SELECT id FROM jobs WHERE status IN ('validating_files', 'queued', 'running') "
                "AND kind IS ?",
                worker.kind,
            ):
                worker.start()

    def handle(
        self,
        method: str,
        path: str,
        query: str | bytes | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        local: bool = False,
    ) -> Response:
        """Answer one request of OpenAI's API; ``path`` may begin with /v1.

        Args:
            local: whether the person at this machine asks, who may name any model on its disk.

        Never raises for a bad request: errors are answers, as over HTTP.
        """
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        try:
            tenant = _sender(lower)
            request = Request(
                tenant, method, path.removeprefix("/v1"), parse_query(query), lower, body, local
            )
            return self._route(request)
        except ApiError as error:
            return error.response()
        except sqlite3.Error as error:
            kind = type(error).__name__
            message = f"The engine could not read or write its database ({kind})."
            return ApiError(500, message, "server_error", type="server_error").response()

    def _route(self, request: Request) -> Response:
        allowed = False
        for method, pattern, handler in self._routes:
            if found := pattern.match(request.path):
                if method == request.method:
                    response = handler(self.store, request, *found.groups())
                    if method == "POST" and request.path.startswith("/fine_tuning"):
                        for worker in self.workers:
                            worker.start()
                    return response
                allowed = True
        for method, pattern, handler in self._own_routes:
            if found := pattern.match(request.path):
                if method == request.method:
                    return handler(request, *found.groups())
                allowed = True
        for path, why in NOT_HERE.items():
            if f"{request.path}/".startswith(f"/{path}/"):
                raise ApiError(404, why, "unsupported_operation")
        if allowed:
            raise ApiError(405, f"Not allowed to {request.method} on {request.path}")
        raise ApiError(404, f"Invalid URL ({request.method} {request.path})", "unknown_url")

    # -- models ----------------------------------------------------------------------------

    def _list_models(self, request: Request) -> Response:
        rows = self.store.all(
            "SELECT id, created_at FROM models WHERE tenant = ? ORDER BY seq", request.tenant
        )
        bases = [{"id": BASE_MODEL, "created_at": BASE_CREATED}]
        also = [*self._bases(request.tenant), *self._lent]
        bases += [{"id": name, "created_at": BASE_CREATED} for name in also]
        return json_response(
            {"object": "list", "data": [_model_object(row) for row in (*bases, *rows)]}
        )

    def _bases(self, tenant: str) -> list[str]:
        """Open-weight bases of the models that a tenant has trained."""
        rows = self.store.all(
            "SELECT DISTINCT content FROM models WHERE tenant = ? AND kind = ?", tenant, KIND
        )
        return sorted({unpack_tuned(row).base for row in rows})

    def _find_model(self, tenant: str, model: str) -> Row:
        row = self.store.one(
            "SELECT id, created_at, job_id, kind FROM models WHERE id = ? AND tenant = ?",
            model,
            tenant,
        )
        if row is None:
            raise ApiError(
                404,
                f"The model `{model}` does not exist or you do not have access to it.",
                "model_not_found",
            )
        return row

    def _retrieve_model(self, request: Request, model: str) -> Response:
        if model == BASE_MODEL or model in self._lent or model in self._bases(request.tenant):
            return json_response(_model_object({"id": model, "created_at": BASE_CREATED}))
        return json_response(_model_object(self._find_model(request.tenant, model)))

    def _delete_model(self, request: Request, model: str) -> Response:
        if model == BASE_MODEL:
            raise ApiError(403, "The base model cannot be deleted.", "permission_denied")
        if model in self._bases(request.tenant):
            raise ApiError(403, "A base model cannot be deleted.", "permission_denied")
        kind = self._find_model(request.tenant, model)["kind"]
        self.store.run("DELETE FROM models WHERE id = ? AND tenant = ?", model, request.tenant)
        self.store.checkpoint()
        if kind == KIND:
            sweep(self.store)
        with self._speakers_lock:
            self._speakers.pop(model, None)
        return json_response({"id": model, "object": "model", "deleted": True})

    def speaker(self, tenant: str, model: str, said: str = "") -> Speaker:
        """A model of a tenant, ready to answer.

        Args:
            said: text that tells the language of the base, where no job of the tenant did.

        Raises:
            ApiError: there is none by that name.
        """
        if model == BASE_MODEL:
            return base_speaker(base_model(self._base_languages(tenant, said)))
        if model in self._lent:
            return self._lent[model]
        self._find_model(tenant, model)
        with self._speakers_lock:
            if model in self._speakers:
                self._speakers.move_to_end(model)
                return self._speakers[model]
        row = self.store.one("SELECT content FROM models WHERE id = ?", model)
        if row is None:
            raise ApiError(404, f"The model `{model}` does not exist.", "model_not_found")
        learnt = unpack(row["content"])
        speaker = tuned_speaker(base_model(learnt.languages), learnt)
        with self._speakers_lock:
            self._speakers[model] = speaker
            while len(self._speakers) > SPEAKERS:
                self._speakers.popitem(last=False)
        return speaker

    def model_file(self, token: str, model: str) -> bytes | None:
        """A model of the embedded kind as one file, to be lent to another engine; None: no such."""
        row = self.store.one(
            "SELECT content FROM models WHERE id = ? AND tenant = ? AND kind IS NULL",
            model,
            tenant_of(token),
        )
        return bytes(row["content"]) if row else None

    def lend(self, name: str, content: bytes) -> None:
        """Let everybody who may use this engine ask a model from a file, while the engine runs.

        Raises:
            Problem: the content is no such file.
        """
        try:
            learnt = unpack(content)
        except ValueError as error:
            raise Problem(
                f"{name} is no model file of this app.",
                "They are downloaded on the Train page and end in .soundalike.",
            ) from error
        self._lent[name] = tuned_speaker(base_model(learnt.languages), learnt)

    def _base_languages(self, tenant: str, said: str) -> tuple[str, ...]:
        """Those of the tenant's last training, so that base and tuned model can be compared."""
        row = self.store.one(
            "SELECT languages FROM jobs WHERE tenant = ? AND languages IS NOT NULL "
            "ORDER BY seq DESC LIMIT 1",
            tenant,
        )
        if row is not None:
            return tuple(row["languages"])
        tokens = encode(said[:MAX_SAID])
        if len(tokens) < LEAST_SAID:
            return (languages()[0],)
        return choose_languages([tokens])

    def _speaker_for(self, request: Request) -> Speaker:
        body = request.json()
        model, messages = body.get("model"), body.get("messages")
        if not isinstance(model, str):
            raise ApiError(400, "you must provide a model parameter", None, "model")
        said = ""
        if isinstance(messages, list):
            said = " ".join(
                text_of(message)
                for message in messages
                if isinstance(message, dict) and message.get("role") == "user"
            )
        return self.speaker(request.tenant, model, said)

    def _open_weights(self, request: Request) -> tuple[str, Path | None] | None:
        """The base and the adapter folder of a request's model, where it is of that kind.

        A base answers only those who have trained it: its name may be a path, and was checked then.

        Raises:
            ApiError: its adapter is gone.
        """
        model = request.json().get("model")
        if not isinstance(model, str) or model == BASE_MODEL:
            return None
        try:
            found = adapter_of(self.store, request.tenant, model)
        except Problem as problem:
            raise ApiError(404, str(problem), "model_not_found", "model") from problem
        if found is None and model in self._bases(request.tenant):
            return model, None
        return found

    def _voice(self, request: Request) -> chat_api.Voice:
        open_weights = self._open_weights(request)
        if open_weights is not None:
            return self.serving.voice(*open_weights)
        return chat_api.embedded_voice(self._speaker_for(request))

    def _chat(self, request: Request) -> Response:
        voice = self._voice(request)
        body = request.json()
        keep = None
        if not take(body, "store", bool, default=False):
            if body.get("metadata"):
                message = "The 'metadata' parameter is only allowed when 'store' is enabled."
                raise ApiError(400, message, None, "metadata")
        else:
            metadata = jobs_api.read_metadata(body)
            files_api.check_room(self.store, request.tenant, len(request.body))

            def keep(whole: dict[str, Any]) -> None:
                stored_api.keep(self.store, request.tenant, whole, body["messages"], metadata)

        return chat_api.complete(voice, request, keep)

    def _complete(self, request: Request) -> Response:
        open_weights = self._open_weights(request)
        if open_weights is not None:
            writing = self.serving.writing(*open_weights)
        else:
            writing = completions_api.embedded_writing(self._speaker_for(request))
        return completions_api.complete(writing, request)

    def base_to_load(self, token: str, model: str) -> str | None:
        """The open-weights base that has to be loaded before a model of a bearer token answers.

        None where nothing has to: it is in memory already, or the model is of another kind.
        """
        tenant = tenant_of(token)
        tuned = read_tuned(self.store, tenant, model)
        base = tuned.base if tuned else model if model in self._bases(tenant) else None
        return None if base in self.serving.loaded() else base

    # -- life ------------------------------------------------------------------------------

    def forget(self, token: str) -> None:
        """Delete everything that belongs to a bearer token."""
        tenant = tenant_of(token)
        for row in self.store.all("SELECT id FROM models WHERE tenant = ?", tenant):
            with self._speakers_lock:
                self._speakers.pop(row["id"], None)
        self.store.forget(tenant)
        sweep(self.store)

    def close(self) -> None:
        """Stop training (unfinished jobs stay queued) and close the database."""
        for worker in self.workers:
            worker.close()
        self.serving.close()
        self.store.close()


def _sender(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError(
            401,
            "You didn't provide an API key. Send one in an Authorization header, using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
            "invalid_api_key",
        )
    return tenant_of(token.strip())


def _model_object(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "object": "model",
        "created": row["created_at"] or int(time.time()),
        "owned_by": "soundalike" if row["id"] == BASE_MODEL else f"user-{ORGANIZATION}",
        "shutdown_date": None,
    }
