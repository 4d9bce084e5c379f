"""Fine-tuning jobs through the unmodified client: the whole life of a job."""

from __future__ import annotations

import csv
import io
import json

import pytest

from core.engine import BASE_MODEL, worker
from tests.core.engine_help import (
    chat_lines,
    events_of,
    method,
    start_job,
    trained,
    upload,
    voice,
    wait_for,
)


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
