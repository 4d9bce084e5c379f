"""Fine-tuning jobs that cannot be: what is refused, and what fails with which code."""

from __future__ import annotations

import json

import openai
import pytest

from core.engine import BASE_MODEL, training
from core.engine.training_files import FileFault, check_file
from tests.core.engine_help import (
    chat_lines,
    events_of,
    make_client,
    method,
    start_job,
    trained,
    upload,
    voice,
    wait_for,
)


def test_creation_is_checked(engine, client):
    file = upload(client, chat_lines(voice(10)))
    other_purpose = client.files.create(file=("b", b"{}"), purpose="batch").id
    good = {"model": BASE_MODEL, "training_file": file}
    plain = make_client(engine, watch=False)
    for change, said in [
        ({"model": "gpt-4o-mini-2024-07-18"}, "not available for fine-tuning"),
        ({"model": "ft:soundalike-base:local::nothere"}, "not available for fine-tuning"),
        ({"training_file": "file-none"}, "invalid training_file"),
        ({"validation_file": "file-none"}, "invalid validation_file"),
        ({"training_file": other_purpose}, "purpose"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"metadata": {"a": "b" * 513}}, "metadata"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ({"method": method(n_epochs=0)}, "n_epochs"),
        ({"method": method(n_epochs=51)}, "n_epochs"),
        ({"method": method(n_epochs=2.5)}, "n_epochs"),
        ({"method": method(n_epochs=True)}, "n_epochs"),
        ({"method": method(batch_size=257)}, "batch_size"),
        ({"method": method(learning_rate_multiplier=0)}, "learning_rate_multiplier"),
        ({"method": method(colour=1)}, "colour"),
        ({"method": method("dpo", beta=2.5)}, "beta"),
        ({"method": {"type": "reinforcement"}}, "not available here"),
    ]:
        with pytest.raises(openai.BadRequestError, match=said):
            plain.fine_tuning.jobs.create(**(good | change))
    assert list(client.fine_tuning.jobs.list()) == []


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (chat_lines(voice(3)), "invalid_n_examples", "has 3 example(s), but must have at least 10"),
        (b'{"prompt": "a"}\n' * 12, "invalid_file_format", 'Example 1 is missing key "messages"'),
    ],
)
def test_bad_files_fail_the_job_later(client, content, code, said):
    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=upload(client, content))
    assert job.status == "validating_files"
    job = wait_for(client, job.id, "failed")
    assert (job.error.code, job.error.param) == (code, "training_file")
    assert events_of(client, job.id)[-1].level == "error"
    assert said in job.error.message


def test_a_deleted_file_fails_the_job(engine, client, slow):
    busy = start_job(client, voice(10))
    wait_for(client, busy.id, "running")
    job = start_job(client, voice(10, seed=1))
    wait_for(client, job.id, "queued")
    client.files.delete(job.training_file)
    client.fine_tuning.jobs.cancel(busy.id)
    job = wait_for(client, job.id, "failed")
    assert job.error.code == "invalid_training_file"


GOOD = {"role": "assistant", "content": "x"}


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ({"messages": "hi"}, "supervised", "not a list"),
        ({"messages": []}, "supervised", "not a list"),
        ({"messages": [1]}, "supervised", "not a dictionary"),
        ({"messages": [{"role": "king", "content": "x"}]}, "supervised", '"role"'),
        ({"messages": [{"role": "user"}]}, "supervised", '"content"'),
        ({"messages": [{"role": "user", "content": "x", "weight": 1}]}, "supervised", "not from"),
        ({"messages": [GOOD | {"weight": 2}]}, "supervised", "neither 0 nor 1"),
        ({"messages": [GOOD | {"weight": True}]}, "supervised", "neither 0 nor 1"),
        ({"messages": [GOOD | {"weight": 0}]}, "supervised", "weight other than 0"),
        ({"messages": [{"role": "user", "content": "x"}]}, "supervised", "at least one message"),
        ({"messages": [GOOD, {"role": "user", "content": "x"}]}, "supervised", "must end"),
        ({"messages": [GOOD]}, "dpo", '"input"'),
        ({"input": {"messages": []}}, "dpo", "no input messages"),
        (
            {"input": {"messages": [GOOD]}, "preferred_output": [GOOD]},
            "dpo",
            '"non_preferred_output"',
        ),
        (
            {
                "input": {"messages": [GOOD]},
                "preferred_output": [GOOD],
                "non_preferred_output": [{"role": "user", "content": "x"}],
            },
            "dpo",
            "not from the assistant",
        ),
    ],
)
def test_each_fault_of_an_example_is_named(line, kind, said):
    good = {"messages": [GOOD]}
    if kind == "dpo":
        good = {
            "input": {"messages": [GOOD]},
            "preferred_output": [GOOD],
            "non_preferred_output": [GOOD],
        }
    lines = [good] * 4 + [line] + [good] * 8
    with pytest.raises(FileFault) as caught:
        check_file("\n".join(map(json.dumps, lines)).encode(), kind)
    assert caught.value.message.startswith("Invalid file format. Example 5 ")
    assert said in caught.value.message
    assert len(check_file("\n".join(map(json.dumps, [good] * 10)).encode(), kind)) == 10


def test_an_error_in_training_fails_only_that_job(client, monkeypatch):
    real = training.train

    def train(start, taught, held, plan):
        if plan.seed == 13:
            raise ZeroDivisionError("text of somebody")
        return real(start, taught, held, plan)

    monkeypatch.setattr(training, "train", train)
    job = wait_for(client, start_job(client, voice(10), seed=13).id, "failed")
    assert job.error.code == "server_error" and "somebody" not in job.error.message
    trained(client, voice(10), seed=14)
