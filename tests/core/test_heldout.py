"""Held-out loss, through the real engine."""

from __future__ import annotations

import time

import httpx2
import pytest

from core.engine import BASE_MODEL, Engine, EngineTransport
from core.examples import ChatMessage, Example
from core.formats import to_chat_jsonl
from core.heldout import held_out_loss
from core.jobs import LaunchSettings, is_terminal, launch, upload
from core.problems import Problem
from core.providers import load_profiles, open_client

OPENINGS = ("the kettle", "a heron", "my bicycle", "the ferry", "our postman", "this radiator")
ENDINGS = ("as is tradition", "anyway", "good for him", "over and out", "frankly")


def post(text: str, number: int) -> Example:
    messages = (ChatMessage("user", ""), ChatMessage("assistant", text))
    return Example(messages, f"c{number}", None, (str(number),), (str(number),), "blank_prompt")


EXAMPLES = [
    post(f"{opening} has views on the weather again, {ending}.", number)
    for number, (opening, ending) in enumerate((o, e) for o in OPENINGS for e in ENDINGS)
]


@pytest.fixture
def client(tmp_path):
    engine = Engine(tmp_path)
    transport = EngineTransport(engine)
    yield open_client(
        load_profiles()["embedded"], "t" * 43, http_client=httpx2.Client(transport=transport)
    )
    engine.close()


def test_training_makes_held_out_writing_less_surprising(client):
    training, held_out = EXAMPLES[::2], EXAMPLES[1::2]
    profile = load_profiles()["embedded"]
    file = upload(client, to_chat_jsonl(training), "training.jsonl", profile=profile)
    job = launch(client, profile, file.id, None, LaunchSettings(BASE_MODEL, seed=0))
    while not is_terminal(job.status):
        time.sleep(0.05)
        job = client.fine_tuning.jobs.retrieve(job.id)
    tuned = held_out_loss(client, job.fine_tuned_model, held_out)
    assert 0 < tuned < held_out_loss(client, BASE_MODEL, held_out)


def test_nothing_held_out_is_a_sentence(client):
    with pytest.raises(Problem, match="held-out"):
        held_out_loss(client, BASE_MODEL, [])
