"""Helpers of the engine's tests: made-up people, clients, waiting for jobs."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai

from core.engine import BASE_MODEL, Engine, EngineTransport
from tests.core.test_wire_shapes import Watch

SUBJECTS = ("the kettle", "my bicycle", "our neighbour", "the tide", "this bakery", "the cat")
VERBS = ("sulks", "wobbles", "hums", "returns", "forgets", "wins")
REASONS = ("as usual", "before noon", "out of spite", "in the drizzle", "like a duke", "twice")
ENDS = ("noted.", "carry on.", "alas!", "so there 🙂", "onwards…", "noted, with thanks.")


def voice(count: int, seed: int = 0) -> list[str]:
    """Posts of a made-up person with habits that a model can pick up."""
    draw = random.Random(seed)
    return [
        f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(REASONS)}, {draw.choice(ENDS)}"
        for _ in range(count)
    ]


def chat_lines(texts: list[str], prompt: str = "Write a post.") -> bytes:
    """A training file with one example per text."""
    lines = [
        {
            "messages": [
                {"role": "system", "content": "You write like Ada."},
                {"role": "user", "content": prompt},
                {"role": "assistant", "content": text},
            ]
        }
        for text in texts
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def make_client(
    engine: Engine, tenant: str = "tenant-one", *, watch: bool = True, local: bool = False
) -> openai.OpenAI:
    """An unmodified client on the engine; with ``watch``, every answer is validated."""
    transport = EngineTransport(engine, local=local)
    http = Watch().client(transport) if watch else httpx2.Client(transport=transport)
    return openai.OpenAI(
        api_key=tenant, base_url="http://embedded.local/v1", http_client=http, max_retries=0
    )


@contextmanager
def engine_in(folder: Path) -> Iterator[Engine]:
    """An engine that is closed at the end."""
    engine = Engine(folder)
    try:
        yield engine
    finally:
        engine.close()


def upload(client: openai.OpenAI, content: bytes, name: str = "t.jsonl") -> str:
    return client.files.create(file=(name, content), purpose="fine-tune").id


def start_job(client: openai.OpenAI, texts: list[str], held: list[str] | None = None, **more: Any):
    """Upload and create; not waited for."""
    fields: dict[str, Any] = {"training_file": upload(client, chat_lines(texts))}
    if held:
        fields["validation_file"] = upload(client, chat_lines(held))
    return client.fine_tuning.jobs.create(model=BASE_MODEL, **(fields | more))


def wait_for(client: openai.OpenAI, job_id: str, *statuses: str, seconds: float = 60):
    """The job once it is in one of the statuses (default: at its end)."""
    wanted = statuses or ("succeeded", "failed", "cancelled")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = client.fine_tuning.jobs.retrieve(job_id)
        if job.status in wanted:
            return job
        if not statuses or job.status in ("succeeded", "failed", "cancelled"):
            assert job.status not in ("failed",) or "failed" in wanted, job.error
        time.sleep(0.01)
    raise AssertionError(f"{job.status} after {seconds} s")


def trained(client: openai.OpenAI, texts: list[str], held: list[str] | None = None, **more: Any):
    """A finished job."""
    job = wait_for(client, start_job(client, texts, held, **more).id)
    assert job.status == "succeeded", job.error
    return job


def events_of(client: openai.OpenAI, job_id: str) -> list[Any]:
    """All events, oldest first."""
    return list(client.fine_tuning.jobs.list_events(job_id, limit=100))[::-1]


def method(kind: str = "supervised", **hyperparameters: Any) -> dict[str, Any]:
    return {"type": kind, kind: {"hyperparameters": hyperparameters}}
