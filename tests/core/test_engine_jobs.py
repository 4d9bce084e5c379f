"""Fine-tuning jobs through the unmodified client: the whole life of a job, and many at once."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import threading
import time

import openai
import pytest

from core.engine import BASE_MODEL, jobs_api, training, worker
from core.engine.training_files import FileFault, check_file
from tests.core.engine_help import (
    chat_lines,
    engine_in,
    events_of,
    make_client,
    method,
    start_job,
    trained,
    upload,
    voice,
    wait_for,
)


@pytest.fixture
def engine(tmp_path):
    with engine_in(tmp_path) as engine:
        yield engine


@pytest.fixture
def client(engine):
    return make_client(engine)


@pytest.fixture
def slow(monkeypatch):
    """Steps that take a while, so that there is time to interfere; set ``go`` to end that."""
    go = threading.Event()
    real = training.train

    def train(*arguments):
        for step in real(*arguments):
            go.wait(0.05)
            yield step

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr("core.engine.record.FLUSH_SECONDS", 0.0)
    yield go
    go.set()


# ---- a life ----


def test_a_job_from_file_to_model(client):
    job = start_job(
        client,
        voice(40),
        voice(10, seed=1),
        suffix="Ada L.",
        seed=7,
        metadata={"made_by": "a test"},
        method=method(n_epochs=3, batch_size=4, learning_rate_multiplier=0.8),
    )
    assert job.status == "validating_files" and job.hyperparameters.n_epochs == 3
    job = wait_for(client, job.id)
    assert job.status == "succeeded"
    assert job.fine_tuned_model == f"ft:{BASE_MODEL}:local:ada-l:{job.id[-8:]}"
    assert (job.seed, job.metadata, job.error) == (7, {"made_by": "a test"}, None)
    assert job.finished_at >= job.created_at
    assert job.trained_tokens % 3 == 0 and job.trained_tokens > 40 * 3 * 20

    events = events_of(client, job.id)
    said = [event.message for event in events if event.type == "message"]
    assert said[0] == f"Created fine-tuning job: {job.id}"
    assert said[1].startswith("Validating training file: file-")
    assert said[2:4] == ["Files validated, moving job to queued state", "Fine-tuning job started"]
    assert said[-2:] == [
        f"New fine-tuned model created: {job.fine_tuned_model}",
        "The job has successfully completed",
    ]
    metrics = [event.data for event in events if event.type == "metrics"]
    assert [row["step"] for row in metrics] == list(range(1, 31))
    assert {row["total_steps"] for row in metrics} == {30}
    assert metrics[0]["train_loss"] > metrics[-1]["train_loss"]
    assert metrics[-1]["train_mean_token_accuracy"] > metrics[0]["train_mean_token_accuracy"]
    full = [row["step"] for row in metrics if "full_valid_loss" in row]
    assert full == [10, 20, 30]
    assert events[-1].created_at >= events[0].created_at

    checkpoints = list(client.fine_tuning.jobs.checkpoints.list(job.id))
    assert [c.step_number for c in checkpoints] == [30, 20, 10]
    assert checkpoints[0].metrics.full_valid_loss == metrics[-1]["full_valid_loss"]
    names = {model.id for model in client.models.list()}
    assert names == {BASE_MODEL, job.fine_tuned_model} | {
        c.fine_tuned_model_checkpoint for c in checkpoints
    }

    text = client.files.content(job.result_files[0]).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [
        "step",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
        "full_valid_loss",
        "full_valid_mean_token_accuracy",
    ]
    assert [float(row["train_loss"]) for row in rows] == [row["train_loss"] for row in metrics]
    assert rows[3]["full_valid_loss"] == "" and float(rows[29]["full_valid_loss"])
    assert client.files.retrieve(job.result_files[0]).purpose == "fine-tune-results"


def test_every_checkpoint_answers_and_the_best_is_the_model(client):
    job = trained(client, voice(30), voice(8, seed=2), method=method(n_epochs=4), seed=1)
    text = voice(1, seed=5)[0]
    losses = {}
    for checkpoint in client.fine_tuning.jobs.checkpoints.list(job.id):
        name = checkpoint.fine_tuned_model_checkpoint
        losses[checkpoint.metrics.full_valid_loss] = scored(client, name, text)
        answer = client.chat.completions.create(
            model=name, messages=[{"role": "user", "content": "Write a post."}], seed=1
        )
        assert answer.choices[0].message.content
    assert len(set(losses.values())) == 4
    assert losses[min(losses)] == scored(client, job.fine_tuned_model, text)


def scored(client, model, text):
    made = client.completions.create(model=model, prompt=text, echo=True, max_tokens=0, logprobs=0)
    return tuple(made.choices[0].logprobs.token_logprobs)


def test_auto_is_resolved_when_the_job_runs(client):
    job = start_job(client, voice(12))
    assert job.hyperparameters.n_epochs == "auto" and job.method.type == "supervised"
    job = wait_for(client, job.id)
    assert job.hyperparameters.n_epochs == 8  # 100 // 12
    assert job.hyperparameters.batch_size == 1
    assert isinstance(job.hyperparameters.learning_rate_multiplier, float)
    assert job.method.supervised.hyperparameters.n_epochs == 8


def test_the_older_place_of_hyperparameters_counts_too(client):
    job = trained(client, voice(12), hyperparameters={"n_epochs": 2, "batch_size": 6})
    assert (job.hyperparameters.n_epochs, job.hyperparameters.batch_size) == (2, 6)


def test_one_seed_one_model(client):
    jobs = [trained(client, voice(20), seed=seed, suffix="s") for seed in (3, 3, 4)]
    text = voice(1, seed=8)[0]
    scores = [scored(client, job.fine_tuned_model, text) for job in jobs]
    assert scores[0] == scores[1] != scores[2]
    assert jobs[0].fine_tuned_model != jobs[1].fine_tuned_model


def test_no_seed_is_a_random_one(client):
    file = upload(client, chat_lines(voice(10)))
    seeds = {
        client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file).seed for _ in range(3)
    }
    assert len(seeds) == 3


def test_a_job_goes_on_from_a_model(client):
    first = trained(client, voice(30), suffix="one")
    job = wait_for(
        client,
        client.fine_tuning.jobs.create(
            model=first.fine_tuned_model,
            training_file=upload(client, chat_lines(voice(30, seed=3))),
            suffix="two",
        ).id,
    )
    assert job.fine_tuned_model.startswith(f"ft:{BASE_MODEL}:local:two:")
    steps = [e.data for e in events_of(client, job.id) if e.type == "metrics"]
    fresh = [e.data for e in events_of(client, first.id) if e.type == "metrics"]
    assert steps[0]["train_loss"] < fresh[0]["train_loss"] / 2
    text = voice(1, seed=4)[0]
    assert sum(scored(client, job.fine_tuned_model, text)) > sum(
        scored(client, first.fine_tuned_model, text)
    )


def test_preference_training(client):
    lines = [
        {
            "input": {"messages": [{"role": "user", "content": "Write a post."}]},
            "preferred_output": [{"role": "assistant", "content": text}],
            "non_preferred_output": [{"role": "assistant", "content": text.upper()}],
        }
        for text in voice(30)
    ]
    content = "\n".join(map(json.dumps, lines)).encode()
    job = client.fine_tuning.jobs.create(
        model=BASE_MODEL,
        training_file=upload(client, content),
        validation_file=upload(client, content[: content.index(b"\n")] + b"\n" + content),
        method=method("dpo", beta=0.2, n_epochs=2, learning_rate_multiplier=3),
    )
    job = wait_for(client, job.id)
    assert job.method.type == "dpo" and job.method.dpo.hyperparameters.beta == 0.2
    steps = [e.data for e in events_of(client, job.id) if e.type == "metrics"]
    assert steps[0]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    assert steps[-1]["full_valid_loss"] < 0.6
    assert steps[-1]["train_reward_accuracy"] == 1
    text = voice(1, seed=6)[0]
    base, tuned = (
        [sum(scored(client, model, t)) for t in (text, text.upper())]
        for model in (BASE_MODEL, job.fine_tuned_model)
    )
    assert tuned[0] - tuned[1] > base[0] - base[1]


def test_auto_epochs_end_when_validation_no_longer_falls(client):
    noise = [f"{a} {b}" for a, b in zip(voice(11, seed=1), voice(11, seed=2), strict=True)]
    other = ["Sehr geehrte Damen und Herren, anbei die Unterlagen."] * 3
    job = trained(client, noise, other, method=method(learning_rate_multiplier=5))
    said = " ".join(event.message for event in events_of(client, job.id))
    assert "Stopped after epoch" in said and "Lowest full validation loss" in said
    fixed = trained(client, noise, other, method=method(n_epochs=9, learning_rate_multiplier=5))
    said = " ".join(event.message for event in events_of(client, fixed.id))
    assert "Stopped after" not in said and "Step 99/99" in said


def test_too_much_text_is_sampled_and_said(client, monkeypatch):
    monkeypatch.setattr(worker, "MAX_LEARNT_TOKENS", 300)
    job = trained(client, voice(80), seed=1, method=method(n_epochs=1, batch_size=1))
    warned = [event for event in events_of(client, job.id) if event.level == "warn"]
    assert "random sample of" in warned[0].message and "of 80 examples" in warned[0].message
    steps = [event for event in events_of(client, job.id) if event.type == "metrics"]
    assert 10 <= len(steps) < 40


def test_german_text_gets_a_german_base(client):
    texts = [
        f"Heute war das Wetter {a}, und wir sind {b} nach Hause gegangen."
        for a in ("schön", "grau", "windig", "kalt")
        for b in ("langsam", "schnell", "gar nicht")
    ]
    job = trained(client, texts)
    first = next(e.data for e in events_of(client, job.id) if e.type == "metrics")
    fixed = trained(client, voice(12))
    assert first["train_loss"] < 7.5
    prompt = [{"role": "user", "content": "x"}]
    assert client.chat.completions.create(model=BASE_MODEL, messages=prompt, seed=1).choices
    assert fixed.status == "succeeded"


# ---- faults ----


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


# ---- stopping and going on ----


def test_cancel_within_a_step(client, slow):
    job = start_job(client, voice(40))
    wait_for(client, job.id, "running")
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    time.sleep(0.3)
    seen = len(events_of(client, job.id))
    assert events_of(client, job.id)[-1].message == "Fine-tuning job cancelled"
    time.sleep(0.3)
    assert len(events_of(client, job.id)) == seen
    after = client.fine_tuning.jobs.retrieve(job.id)
    assert after.status == "cancelled" and after.fine_tuned_model is None
    for change in (
        client.fine_tuning.jobs.cancel,
        client.fine_tuning.jobs.pause,
        client.fine_tuning.jobs.resume,
    ):
        with pytest.raises(openai.BadRequestError, match="cancelled"):
            change(job.id)


def test_pause_and_resume_change_nothing_about_the_result(client, slow):
    job = start_job(client, voice(30), voice(5, seed=1), seed=5)
    wait_for(client, job.id, "running")
    while not any(event.type == "metrics" for event in events_of(client, job.id)):
        time.sleep(0.02)
    assert client.fine_tuning.jobs.pause(job.id).status == "paused"
    time.sleep(0.2)
    steps = [e for e in events_of(client, job.id) if e.type == "metrics"]
    time.sleep(0.2)
    assert len([e for e in events_of(client, job.id) if e.type == "metrics"]) == len(steps)
    slow.set()
    assert client.fine_tuning.jobs.resume(job.id).status == "queued"
    job = wait_for(client, job.id)
    straight = trained(client, voice(30), voice(5, seed=1), seed=5)
    files = [client.files.content(j.result_files[0]).text for j in (job, straight)]
    assert files[0] == files[1]
    said = [e.message for e in events_of(client, job.id) if e.type == "message"]
    assert said.count("Fine-tuning job started") == 1
    assert "Fine-tuning job paused" in said and "Fine-tuning job resumed" in said


def test_a_closed_engine_goes_on_when_it_is_opened_again(tmp_path, slow):
    with engine_in(tmp_path) as engine:
        client = make_client(engine)
        job = start_job(client, voice(30), voice(5, seed=1), seed=5)
        wait_for(client, job.id, "running")
        while not any(event.type == "metrics" for event in events_of(client, job.id)):
            time.sleep(0.02)
    slow.set()
    with engine_in(tmp_path) as engine:
        client = make_client(engine)
        done = wait_for(client, job.id)
        straight = trained(client, voice(30), voice(5, seed=1), seed=5)
        files = [client.files.content(j.result_files[0]).text for j in (done, straight)]
        assert files[0] == files[1]
        steps = [e.data["step"] for e in events_of(client, job.id) if e.type == "metrics"]
        assert steps == sorted(set(steps))


def test_a_job_whose_worker_died_is_queued_again(engine, client, slow):
    job = start_job(client, voice(10))
    wait_for(client, job.id, "running")
    gone = {"owner": "elsewhere:1:x", "lease_until": time.time() - 1}
    engine.store.update("jobs", job.id, gone)
    slow.set()
    assert wait_for(client, job.id).status == "succeeded"
    said = [e.message for e in events_of(client, job.id) if e.level == "warn"]
    assert said == ["The job was interrupted and is queued again"]


def test_a_living_worker_keeps_its_job(engine, client, slow):
    job = start_job(client, voice(10))
    wait_for(client, job.id, "running")
    other = worker.Worker(engine.store)
    other.requeue_lost()
    assert client.fine_tuning.jobs.retrieve(job.id).status == "running"
    assert other.claim() is None


def test_a_job_that_kills_the_engine_is_given_up(engine, client, slow):
    job = start_job(client, voice(10))
    wait_for(client, job.id, "running")
    engine.store.update(
        "jobs",
        job.id,
        {"owner": "elsewhere:1:x", "lease_until": 0, "attempts": worker.MAX_ATTEMPTS},
    )
    other = worker.Worker(engine.store)
    other.requeue_lost()
    after = client.fine_tuning.jobs.retrieve(job.id)
    assert (after.status, after.error.code) == ("failed", "server_error")


def test_a_full_disk_stops_a_job_only_until_there_is_room(engine, client, slow):
    job = start_job(client, voice(40), seed=2)
    wait_for(client, job.id, "running")
    pages = engine.store.one("PRAGMA page_count")["page_count"]
    engine.store.run(f"PRAGMA max_page_count = {pages}")
    row = engine.store.one("SELECT * FROM jobs")
    with pytest.raises(sqlite3.OperationalError):
        while True:  # use up what is left of the pages there are
            engine.store.add_event(row, "x" * 200)
    slow.set()
    end = time.monotonic() + 20
    while worker._alive and time.monotonic() < end:
        time.sleep(0.01)
    assert client.fine_tuning.jobs.retrieve(job.id).status in ("running", "queued")
    engine.store.run("PRAGMA max_page_count = 1000000")
    assert wait_for(client, job.id).status == "succeeded"
    assert any("interrupted" in event.message for event in events_of(client, job.id))
    steps = [e.data["step"] for e in events_of(client, job.id) if e.type == "metrics"]
    assert steps == list(range(1, len(steps) + 1))


# ---- many ----


def test_tenants_take_turns(engine, slow):
    busy, patient = make_client(engine, "busy-tenant"), make_client(engine, "patient-one")
    first = start_job(busy, voice(10))
    wait_for(busy, first.id, "running")
    others = [start_job(busy, voice(10, seed=n)) for n in range(3)]
    late = start_job(patient, voice(10))
    slow.set()
    wait_for(patient, late.id)
    for job in (first, *others):
        wait_for(busy, job.id)
    order = engine.store.all("SELECT id FROM jobs ORDER BY started_at")
    assert [row["id"] for row in order] == [first.id, late.id, *(job.id for job in others)]


def test_a_bad_file_is_told_while_another_job_trains(client, slow, monkeypatch):
    monkeypatch.setattr(worker, "CHECK_SECONDS", 0.0)
    job = start_job(client, voice(40))
    wait_for(client, job.id, "running")
    bad = start_job(client, voice(3))
    assert wait_for(client, bad.id, "failed").error.code == "invalid_n_examples"
    assert client.fine_tuning.jobs.retrieve(job.id).status == "running"


def test_only_so_many_jobs_may_wait(client, slow, monkeypatch):
    monkeypatch.setattr(jobs_api, "MAX_ACTIVE", 2)
    file = upload(client, chat_lines(voice(40)))
    jobs = [client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file) for _ in range(2)]
    with pytest.raises(openai.RateLimitError, match="2 fine-tuning jobs"):
        client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file)
    client.fine_tuning.jobs.cancel(jobs[1].id)
    client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file)


def test_lists_are_paged_and_filtered_by_metadata(client, monkeypatch):
    file = upload(client, b"{}\n")
    marks = [{"app": "a"}, None, {"app": "b", "n": "1"}, {"app": "a", "n": "1"}]
    made = [
        client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file, metadata=mark).id
        for mark in marks
    ]
    jobs = client.fine_tuning.jobs
    assert [job.id for job in jobs.list(limit=3)] == made[::-1]
    assert [job.id for job in jobs.list(metadata={"app": "a"})] == [made[3], made[0]]
    assert [job.id for job in jobs.list(metadata={"app": "a", "n": "1"})] == [made[3]]
    page = jobs.list(limit=2)
    assert page.has_more and [job.id for job in page.data] == made[:1:-1]
    for job in made:
        wait_for(client, job, "failed")
    events = jobs.list_events(made[0], limit=1)
    assert events.has_more and len(list(events)) == 3


def test_tenants_cannot_reach_each_others_jobs(engine, client):
    job = trained(client, voice(10))
    other = make_client(engine, "tenant-two")
    assert list(other.fine_tuning.jobs.list()) == []
    assert [model.id for model in other.models.list()] == [BASE_MODEL]
    for call in (
        lambda: other.fine_tuning.jobs.retrieve(job.id),
        lambda: other.fine_tuning.jobs.cancel(job.id),
        lambda: other.fine_tuning.jobs.list_events(job.id),
        lambda: other.fine_tuning.jobs.checkpoints.list(job.id),
        lambda: other.models.retrieve(job.fine_tuned_model),
        lambda: other.models.delete(job.fine_tuned_model),
        lambda: other.files.content(job.result_files[0]),
        lambda: other.chat.completions.create(
            model=job.fine_tuned_model, messages=[{"role": "user", "content": "x"}]
        ),
    ):
        with pytest.raises(openai.NotFoundError):
            call()
    client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": "x"}]
    )
    engine.forget("tenant-one")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve(job.fine_tuned_model)


def test_a_deleted_model_is_gone(client):
    job = trained(client, voice(10))
    name = job.fine_tuned_model
    assert client.models.retrieve(name).owned_by == "user-local"
    client.chat.completions.create(model=name, messages=[{"role": "user", "content": "x"}])
    assert client.models.delete(name).deleted
    for call in (
        lambda: client.models.retrieve(name),
        lambda: client.models.delete(name),
        lambda: client.chat.completions.create(
            model=name, messages=[{"role": "user", "content": "x"}]
        ),
    ):
        with pytest.raises(openai.NotFoundError):
            call()
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete(BASE_MODEL)


def test_only_the_newest_histories_are_kept(client, monkeypatch):
    monkeypatch.setattr(jobs_api, "KEPT_HISTORIES", 1)
    first, second = trained(client, voice(10)), trained(client, voice(10))
    start_job(client, voice(3))
    assert not any(event.type == "metrics" for event in events_of(client, first.id))
    assert any(event.type == "metrics" for event in events_of(client, second.id))
    assert client.files.content(first.result_files[0]).text.count("\n") > 10
