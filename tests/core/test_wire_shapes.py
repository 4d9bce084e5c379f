"""What goes over the wire conforms to OpenAI's published description, both ways.

The whole journey runs through the real ``openai`` client, against the loopback provider and the
embedded engine; every request and every answer is validated on its way.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import openai
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from python_multipart import parse_form
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from core import cleanup, jobs
from core.engine import BASE_MODEL, Engine, EngineTransport
from core.examples import ChatMessage
from core.generate import Sampling, stream_answer
from core.launches import LaunchSettings
from core.problems import Problem
from core.providers import load_profiles, open_client
from tests.loopback_provider import LoopbackProvider

PROFILES = load_profiles()
DESCRIPTION = Path(__file__).parents[1] / "data" / "openai_fine_tuning_openapi.yaml"
MINI = "gpt-4.1-mini-2025-04-14"


@cache
def description() -> dict[str, Any]:
    return yaml.load(DESCRIPTION.read_text("utf-8"), yaml.CSafeLoader)


@cache
def registry() -> Registry:
    return Registry().with_resource("api:", Resource(description(), DRAFT202012))


def validate(value: Any, schema: dict[str, Any], where: str) -> None:
    """Raise with the closest reason if ``value`` does not conform."""
    absolute = json.loads(json.dumps(schema).replace('"#/', '"api:#/'))
    validator = Draft202012Validator(absolute, registry=registry(), format_checker=FormatChecker())
    error = best_match(validator.iter_errors(value))
    assert error is None, f"{where}: {error.json_path}: {error.message}"


@cache
def operations() -> list[tuple[str, re.Pattern[str], dict[str, Any], str]]:
    found = []
    for path, methods in description()["paths"].items():
        pattern = re.compile("/v1" + re.sub(r"\{\w+\}", "[^/]+", path))
        found += [(m.upper(), pattern, op, path) for m, op in methods.items() if m != "parameters"]
    return found


def operation(method: str, path: str) -> tuple[dict[str, Any], str]:
    for known, pattern, described, name in operations():
        if known == method and pattern.fullmatch(path):
            return described, f"{method} {name}"
    raise AssertionError(f"{method} {path} is not in the description")


def properties(schema: dict[str, Any]) -> set[str]:
    """Names that a described object may have; ``$ref`` and ``allOf`` followed."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return properties(description()["components"]["schemas"][name])
    names = set(schema.get("properties", ()))
    for part in schema.get("allOf", ()):
        names |= properties(part)
    return names


class Watch:
    """Validates every request and answer of a client, and counts the operations used."""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()

    def client(self, transport: httpx2.BaseTransport | None = None) -> httpx2.Client:
        hooks = {"request": [self.request], "response": [self.response]}
        return httpx2.Client(transport=transport, event_hooks=hooks, timeout=20)

    def request(self, request: httpx2.Request) -> None:
        described, where = operation(request.method, unquote(request.url.path))
        content = described.get("requestBody", {}).get("content", {})
        self._query(request, described, where)
        body = request.read()
        if not body:
            assert not described.get("requestBody", {}).get("required"), where
            return
        kind = request.headers["content-type"].split(";")[0]
        schema = content[kind]["schema"]
        value = form_fields(request, body) if kind.startswith("multipart") else json.loads(body)
        validate(value, schema, f"request of {where}")
        strange = set(value) - properties(schema)
        assert not strange, f"{where}: unknown fields {strange}"

    @staticmethod
    def _query(request: httpx2.Request, described: dict[str, Any], where: str) -> None:
        known = {
            p["name"]: p["schema"] for p in described.get("parameters", ()) if p["in"] == "query"
        }
        for given, text in request.url.params.multi_items():
            name = given.partition("[")[0]  # "metadata[key]" is a key of "metadata"
            assert name in known, f"{where}: unknown query parameter {name}"
            value: Any = int(text) if known[name].get("type") == "integer" else text
            value = {given[len(name) + 1 : -1]: text} if given != name else value
            validate(value, known[name], f"{where} ?{name}")

    def response(self, response: httpx2.Response) -> None:
        request = response.request
        described, where = operation(request.method, unquote(request.url.path))
        self.used[where] += 1
        body = response.read()
        kind = response.headers["content-type"].split(";")[0]
        answers = described["responses"]
        content = answers[str(response.status_code)]["content"]
        if response.status_code != 200:
            schema = description()["components"]["schemas"]["ErrorResponse"]
            validate(json.loads(body), schema, f"error of {where}")
        elif kind == "text/event-stream":
            for line in body.decode().splitlines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    chunk = json.loads(line.removeprefix("data: "))
                    if kind not in content:  # pieces of legacy completions are not described
                        whole = content["application/json"]["schema"]
                        for choice in chunk["choices"]:  # null until the end, at OpenAI too
                            choice["finish_reason"] = choice["finish_reason"] or "stop"
                        validate(chunk, whole, f"piece of {where}")
                        continue
                    validate(chunk, content[kind]["schema"], f"piece of {where}")
        elif kind == "application/json":
            validate(json.loads(body), content[kind]["schema"], f"answer of {where}")
        else:
            assert where.endswith("/content"), f"{where} answered {kind}"


def form_fields(request: httpx2.Request, body: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}

    def field(item: Any) -> None:
        fields[item.field_name.decode()] = (item.value or b"").decode()

    def file(item: Any) -> None:
        fields[item.field_name.decode()] = item.file_name.decode()

    headers = {name.title(): value.encode() for name, value in request.headers.items()}
    parse_form(headers, io.BytesIO(body), field, file)
    return fields


def lines(count: int, offset: int = 0) -> bytes:
    words = ["tea", "rain", "bus", "cat", "late", "soup", "moon", "train", "shoe", "jam"]
    out = []
    for i in range(offset, offset + count):
        question = f"what about the {words[i % 10]} number {i}?"
        answer = f"oh, the {words[i % 10]}. honestly? lovely, {words[(i * 3) % 10]} and all!"
        messages = [
            {"role": "system", "content": "Reply as Ann."},
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer, "weight": 1},
        ]
        out.append(json.dumps({"messages": messages}))
    return ("\n".join(out) + "\n").encode()


def journey(client: openai.OpenAI, profile, model: str, project: str) -> None:
    """Upload, train, follow, answer, stop, clean up: everything that the app asks for."""
    training = jobs.upload(client, lines(16), "training.jsonl", profile=profile, project=project)
    again = jobs.upload(client, lines(16), "training.jsonl", profile=profile, project=project)
    assert again.id == training.id
    in_parts = replace(profile, max_file_bytes=1000, part_bytes=2000, max_upload_bytes=10**6)
    large = jobs.upload(client, lines(18), "large.jsonl", profile=in_parts, project=project)
    assert large.bytes == len(lines(18))
    validation = jobs.upload(
        client, lines(4, 90), "validation.jsonl", profile=profile, project=project
    )
    settings = LaunchSettings(model, 2, 4, 1.5, "ann", 7)
    job = jobs.launch(client, profile, training.id, validation.id, settings, project=project)
    snapshot = follow(client, profile, job.id)
    assert snapshot.job.status == "succeeded", snapshot.job.error
    assert snapshot.checkpoints and any(event.type == "metrics" for event in snapshot.events)
    assert jobs.result_file(client, snapshot.job, profile)
    prompt = [ChatMessage("system", "Reply as Ann."), ChatMessage("user", "what about the tea?")]
    for name in (model, snapshot.job.fine_tuned_model):
        sampling = Sampling(0.7, 0.9, 12, 3, 2, ("\n\n",))
        pieces = list(stream_answer(client, name, prompt, sampling, profile=profile))
        assert pieces[-1].usage.completion_tokens
        whole = client.chat.completions.create(
            model=name, messages=[{"role": "user", "content": "hi"}], max_tokens=5
        )
        assert whole.choices[0].message.role == "assistant"
    auto = jobs.launch(client, profile, training.id, None, LaunchSettings(model), project=project)
    try:
        jobs.cancel(client, auto.id, profile)
    except Problem:
        assert jobs.job_snapshot(client, auto.id, profile=profile).job.status == "succeeded"
    short = jobs.upload(client, lines(3), "short.jsonl", profile=profile, project=project)
    failing = jobs.launch(client, profile, short.id, None, LaunchSettings(model), project=project)
    failed = follow(client, profile, failing.id).job
    assert (failed.status, failed.error.code) == ("failed", "invalid_n_examples")
    for missing in (
        lambda: client.files.retrieve("file-none"),
        lambda: client.fine_tuning.jobs.retrieve("ftjob-none"),
        lambda: client.models.retrieve("ft:none"),
        lambda: client.chat.completions.create(
            model="ft:none", messages=[{"role": "user", "content": "hi"}]
        ),
    ):
        with pytest.raises(openai.NotFoundError):
            missing()
    with pytest.raises(openai.BadRequestError):
        client.files.create(file=("x.jsonl", b"this is no JSON\n"), purpose="fine-tune")
    receipt = cleanup.execute(
        client, profile, cleanup.plan(cleanup.inventory(client, profile, project))
    )
    assert receipt.outcomes and receipt.complete
    assert not [f for f in jobs.list_files(client) if f.filename == training.filename]


def follow(client: openai.OpenAI, profile, job_id: str) -> jobs.Snapshot:
    snapshot, end = None, time.monotonic() + 60
    while time.monotonic() < end:
        snapshot = jobs.job_snapshot(client, job_id, profile=profile, known=snapshot)
        if jobs.is_terminal(snapshot.job.status):
            return snapshot
        time.sleep(0.02)
    raise AssertionError("the job never ended")


EVERY_OPERATION = {
    "POST /files",
    "GET /files",
    "GET /files/{file_id}",
    "GET /files/{file_id}/content",
    "DELETE /files/{file_id}",
    "POST /uploads",
    "POST /uploads/{upload_id}/parts",
    "POST /uploads/{upload_id}/complete",
    "POST /fine_tuning/jobs",
    "GET /fine_tuning/jobs",
    "GET /fine_tuning/jobs/{fine_tuning_job_id}",
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/cancel",
    "GET /fine_tuning/jobs/{fine_tuning_job_id}/events",
    "GET /fine_tuning/jobs/{fine_tuning_job_id}/checkpoints",
    "GET /models",
    "GET /models/{model}",
    "DELETE /models/{model}",
    "POST /chat/completions",
}


PAUSING = {
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/pause",
    "POST /fine_tuning/jobs/{fine_tuning_job_id}/resume",
}


def test_the_journey_at_the_loopback_provider():
    watch, profile = Watch(), PROFILES["openai"]
    with LoopbackProvider(step_per_look=3) as server:
        client = open_client(
            profile, server.key, base_url=server.url, http_client=watch.client(), max_retries=0
        )
        journey(client, profile, MINI, "wire")
        settings = LaunchSettings(MINI, method="dpo", beta=0.1)
        file = server.add_file("pairs.jsonl", lines(12))
        job = jobs.launch(client, profile, file, None, settings)
        for change in (jobs.pause, jobs.resume):
            change(client, job.id, profile)
        server.closed = True
        with pytest.raises(Problem, match="no longer trains"):
            jobs.launch(client, profile, file, None, settings)
    assert set(watch.used) == EVERY_OPERATION | PAUSING


def test_the_journey_at_the_embedded_engine(tmp_path):
    watch, profile = Watch(), PROFILES["embedded"]
    engine = Engine(tmp_path)
    try:
        transport = watch.client(EngineTransport(engine))
        client = open_client(profile, "tenant-of-this-test", http_client=transport, max_retries=0)
        journey(client, profile, BASE_MODEL, "wire")
        file = jobs.upload(client, lines(40), "long.jsonl", profile=profile)
        settings = LaunchSettings(BASE_MODEL, n_epochs=50, batch_size=1)
        job = jobs.launch(client, profile, file.id, None, settings)
        while client.fine_tuning.jobs.retrieve(job.id).status == "validating_files":
            time.sleep(0.01)
        assert jobs.pause(client, job.id, profile).status == "paused"
        assert jobs.job_snapshot(client, job.id, profile=profile).job.status == "paused"
        jobs.resume(client, job.id, profile)
        assert jobs.cancel(client, job.id, profile).status == "cancelled"
        what_only_the_engine_has(client)
    finally:
        engine.close()
    assert set(watch.used) == EVERY_OPERATION | PAUSING | ENGINE_ONLY


ENGINE_ONLY = {
    "POST /uploads/{upload_id}/cancel",
    "POST /completions",
    "GET /chat/completions",
}


def what_only_the_engine_has(client: openai.OpenAI) -> None:
    """What other tools may ask the engine for and the app itself does not."""
    upload = client.uploads.create(
        bytes=9, filename="x.jsonl", mime_type="application/jsonl", purpose="fine-tune"
    )
    assert client.uploads.cancel(upload.id).status == "cancelled"
    written = client.completions.create(model=BASE_MODEL, prompt="Once", max_tokens=5, logprobs=1)
    assert written.choices[0].logprobs
    for chunk in client.completions.create(
        model=BASE_MODEL, prompt="Once", max_tokens=5, stream=True
    ):
        assert chunk.object == "text_completion"
    stored = client.chat.completions.create(
        model=BASE_MODEL,
        messages=[{"role": "user", "content": "hi"}],
        max_tokens=5,
        store=True,
        logprobs=True,
        metadata={"kind": "test"},
    )
    assert [one.id for one in client.chat.completions.list()] == [stored.id]


# ---- the validator itself ----


def answered(path: str, value: Any, method: str = "GET") -> httpx2.Response:
    request = httpx2.Request(method, f"http://127.0.0.1/v1{path}")
    return httpx2.Response(200, json=value, request=request)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("/models/x", {"id": "x", "object": "model", "created": 1}, "owned_by"),
        ("/models/x", {"id": 1, "object": "model", "created": 1, "owned_by": "me"}, "id"),
        ("/models", {"object": "list", "data": [{}]}, "required"),
        ("/files/x", {"id": "x", "object": "file"}, "required"),
        ("/fine_tuning/jobs/x", {"id": "x"}, "required"),
        ("/nowhere", {}, "not in the description"),
    ],
)
def test_the_watch_notices_wrong_answers(path, value, said):
    with pytest.raises(AssertionError, match=said):
        Watch().response(answered(path, value))


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/fine_tuning/jobs", {"model": "m"}, "training_file"),
        ("/fine_tuning/jobs", {"model": "m", "training_file": "f", "suffix": ""}, "suffix"),
        ("/fine_tuning/jobs", {"model": "m", "training_file": "f", "colour": "red"}, "colour"),
        ("/chat/completions", {"model": "m", "messages": []}, "messages"),
        ("/chat/completions", {"model": "m"}, "messages"),
    ],
)
def test_the_watch_notices_wrong_requests(path, body, said):
    request = httpx2.Request("POST", f"http://127.0.0.1/v1{path}", json=body)
    with pytest.raises(AssertionError, match=said):
        Watch().request(request)


@pytest.mark.parametrize("query", ["?colour=red", "?limit=x", "?order=sideways"])
def test_the_watch_notices_wrong_queries(query):
    request = httpx2.Request("GET", f"http://127.0.0.1/v1/files{query}")
    with pytest.raises((AssertionError, ValueError)):
        Watch().request(request)
