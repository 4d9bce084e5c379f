"""Open weights end to end: a real tiny model, real processes, OpenAI's own client."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import openai
import pytest

from core.engine.store import FILE_NAME, tenant_of
from core.openweights.layout import adapter_of, read_about, root_of
from tests.core.engine_help import (
    chat_lines,
    engine_in,
    events_of,
    make_client,
    method,
    start_job,
    upload,
    voice,
    wait_for,
)
from tests.core.tiny_model import WHY, make_tiny_model

pytest.importorskip("torch", reason=WHY)
pytest.importorskip("peft", reason=WHY)

ASK = [{"role": "user", "content": "Write a post."}]
FAST = method(n_epochs=2, batch_size=8, learning_rate_multiplier=30)
LONG = method(n_epochs=50, batch_size=1, learning_rate_multiplier=1)
#: Loading torch in a process of its own takes seconds, on a busy machine many.
PATIENCE = 300


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return str(make_tiny_model(tmp_path_factory.mktemp("tiny") / "tiny-llama"))


@pytest.fixture(scope="module")
def place(tmp_path_factory, tiny):
    """An engine with one finished job."""
    folder = tmp_path_factory.mktemp("engine")
    with engine_in(folder) as engine:
        client = make_client(engine, local=True)
        job = train(client, tiny, suffix="me", method=FAST)
        yield engine, client, job


def train(client, tiny, **more):
    job = start_open_job(client, tiny, **more)
    return wait_for(client, job.id, "succeeded", seconds=PATIENCE)


def start_open_job(client, tiny, **more):
    fields = {
        "training_file": upload(client, chat_lines(voice(24))),
        "validation_file": upload(client, chat_lines(voice(6, 1))),
        "seed": 3,
    }
    return client.fine_tuning.jobs.create(model=tiny, **(fields | more))


def steps_of(client, job_id):
    return [event.data for event in events_of(client, job_id) if event.type == "metrics"]


def weights_of(engine, model, tenant="tenant-one"):
    from safetensors.numpy import load_file

    _, folder = adapter_of(engine.store, tenant_of(tenant), model)
    return load_file(folder / "adapter_model.safetensors")


def loss_of(client, model, texts):
    """Mean loss of a model on texts, by the completions endpoint."""
    plain = client.with_options()
    answer = plain.completions.create(
        model=model,
        prompt=texts,
        echo=True,
        max_tokens=0,
        logprobs=0,
        extra_body={"messages": ASK},
    )
    values = [v for choice in answer.choices for v in choice.logprobs.token_logprobs if v]
    values += [choice.model_extra["end_logprob"] for choice in answer.choices]
    return -sum(values) / len(values)


def test_a_job_tells_what_the_train_page_draws(place, tiny):
    _, client, job = place
    steps = steps_of(client, job.id)
    assert [step["step"] for step in steps] == list(range(1, 7))
    assert {step["total_steps"] for step in steps} == {6}
    assert all(step["train_loss"] > 0 and step["tokens_per_second"] > 0 for step in steps)
    assert steps[-1]["full_valid_loss"] < steps[0]["train_loss"]
    assert job.trained_tokens > 500 and job.hyperparameters.n_epochs == 2
    checkpoints = list(client.fine_tuning.jobs.checkpoints.list(job.id))
    assert [one.step_number for one in checkpoints] == [6, 3]
    table = client.files.content(job.result_files[0]).text.splitlines()
    assert len(table) == 7 and table[0].startswith("step,train_loss")


def test_models_are_listed_and_their_adapters_found(place, tiny):
    engine, client, job = place
    names = [model.id for model in client.models.list()]
    assert tiny in names and job.fine_tuned_model in names
    assert job.fine_tuned_model.startswith("ft:tiny-llama:local:me:")
    assert client.models.retrieve(job.fine_tuned_model).owned_by == "user-local"
    plain = make_client(engine, watch=False)
    assert plain.models.retrieve(tiny).id == tiny
    base, folder = adapter_of(engine.store, tenant_of("tenant-one"), job.fine_tuned_model)
    about = read_about(folder)
    assert base == tiny == about["base"] and len(about["base_sha256"]) == 64
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == tiny and config["r"] == 16
    assert not list(root_of(engine.store).rglob("state*")), "what training needed is gone"


def test_it_is_known_what_has_to_be_loaded_before_an_answer(place, tiny, monkeypatch):
    engine, _, job = place
    monkeypatch.setattr(engine.serving, "loaded", list)
    for model in (job.fine_tuned_model, tiny):
        assert engine.base_to_load("tenant-one", model) == tiny
        assert engine.base_to_load("somebody-else", model) is None
    assert engine.base_to_load("tenant-one", "soundalike-base") is None
    monkeypatch.setattr(engine.serving, "loaded", lambda: [tiny])
    assert engine.base_to_load("tenant-one", job.fine_tuned_model) is None


def test_training_lowers_the_loss_of_the_voice(place, tiny):
    engine, _, job = place
    client = make_client(engine, watch=False, local=True)
    held = voice(10, 7)
    assert loss_of(client, job.fine_tuned_model, held) < loss_of(client, tiny, held) - 0.05


def test_base_and_tuned_write_side_by_side(place, tiny):
    """Streams of both advance together, and each writes what it writes alone."""
    _, client, job = place
    models = (tiny, job.fine_tuned_model, f"{job.fine_tuned_model}:ckpt-step-3")
    how = {"messages": ASK, "max_tokens": 24, "seed": 5, "temperature": 0.9}
    alone = [client.chat.completions.create(model=m, **how).choices[0] for m in models]
    streams = [iter(client.chat.completions.create(model=m, stream=True, **how)) for m in models]
    texts, left = ["", "", ""], {0, 1, 2}
    while left:
        for number in sorted(left):
            chunk = next(streams[number], None)
            if chunk is None:
                left.discard(number)
            elif chunk.choices:
                texts[number] += chunk.choices[0].delta.content or ""
    assert texts == [one.message.content for one in alone]
    assert len(set(texts)) == 3


def test_decoding_does_what_it_says(place):
    _, client, job = place

    def ask(**how):
        answer = client.chat.completions.create(
            model=job.fine_tuned_model, messages=ASK, **({"max_tokens": 20} | how)
        )
        return answer, [choice.message.content for choice in answer.choices]

    first, texts = ask(seed=1, n=3, logprobs=True, top_logprobs=3)
    assert ask(seed=1, n=3)[1] == texts and len(set(texts)) > 1
    assert ask(seed=2, n=3)[1] != texts
    greedy = ask(temperature=0)[1]
    assert ask(temperature=0, seed=9)[1] == greedy
    drawn = first.choices[0].logprobs.content
    assert all(one.logprob <= 0 and len(one.top_logprobs) == 3 for one in drawn)
    whole, _ = ask(temperature=0, logprobs=True, top_logprobs=1)
    assert all(one.top_logprobs[0].token == one.token for one in whole.choices[0].logprobs.content)
    mark = texts[0][4:6]
    stopped, cut = ask(seed=1, n=3, stop=[mark])
    assert cut[0] == texts[0].split(mark)[0] and stopped.choices[0].finish_reason == "stop"
    short, _ = ask(max_tokens=2)
    assert short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 2
    assert short.usage.prompt_tokens > 5


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "user", "content": "long " * 900}]},
        {"temperature": 3},
        {"n": 0},
        {"logit_bias": {"x": 1}},
    ],
)
def test_what_a_model_cannot_do_is_said_in_openais_shape(place, fields):
    engine, _, job = place
    body = {"model": job.fine_tuned_model, "messages": ASK} | fields
    with pytest.raises(openai.BadRequestError) as caught:
        make_client(engine, watch=False, local=True).chat.completions.create(**body)
    assert caught.value.body["message"] and caught.value.body["type"] == "invalid_request_error"


def test_given_text_is_gone_on_with_as_by_the_embedded_engine(place, tiny):
    from core.openweights.lora import load_tokenizer
    from core.openweights.render import Template

    engine, _, job = place
    write = make_client(engine, watch=False, local=True).completions.create
    template = Template(load_tokenizer(Path(tiny)))
    ids = template.encode("the kettle")
    fields = {"model": job.fine_tuned_model, "seed": 1, "n": 2, "echo": True, "logprobs": 2}
    whole = write(prompt=["the kettle", "x"], **fields)
    by_ids = write(prompt=[ids, template.encode("x")], **fields)
    assert [c.text for c in by_ids.choices] == [c.text for c in whole.choices]
    assert by_ids.choices[0].text.startswith("the kettle")
    assert all(len(top) == 2 for top in whole.choices[0].logprobs.top_logprobs[1:])
    pieces = list(write(prompt=["the kettle", "x"], stream=True, **fields))
    for choice in whole.choices:
        parts = [p.choices[0] for p in pieces if p.choices[0].index == choice.index]
        assert "".join(part.text for part in parts) == choice.text
        assert parts[-1].finish_reason == choice.finish_reason
    with pytest.raises(openai.BadRequestError, match="not below"):
        write(model=tiny, prompt=[10**6])


def test_the_same_seed_gives_the_same_weights(place, tiny):
    engine, client, job = place
    again = train(client, tiny, method=FAST)
    one, other = (
        weights_of(engine, name) for name in (job.fine_tuned_model, again.fine_tuned_model)
    )
    assert one.keys() == other.keys() and all((one[key] == other[key]).all() for key in one)


def test_preferences_move_the_model(place, tiny):
    """DPO: what is preferred becomes likelier than the other, and the first loss is ln 2."""
    _, client, job = place
    pairs = [
        {
            "input": {"messages": ASK},
            "preferred_output": [{"role": "assistant", "content": text}],
            "non_preferred_output": [{"role": "assistant", "content": "Dear Sir or Madam."}],
        }
        for text in voice(16)
    ]
    content = "\n".join(map(json.dumps, pairs)).encode()
    file = upload(client, content)
    dpo = method("dpo", n_epochs=3, batch_size=4, learning_rate_multiplier=40, beta=0.5)
    started = client.fine_tuning.jobs.create(
        model=job.fine_tuned_model, training_file=file, validation_file=file, method=dpo, seed=1
    )
    done = wait_for(client, started.id, "succeeded", seconds=PATIENCE)
    steps = steps_of(client, done.id)
    assert abs(steps[0]["train_loss"] - 0.6931) < 0.01
    assert steps[-1]["train_loss"] < 0.3 and steps[-1]["train_reward_accuracy"] == 1


def test_stopping_pausing_and_going_on(place, tiny):
    engine, client, _ = place
    stopped = start_open_job(client, tiny, method=LONG)
    paused = start_open_job(client, tiny, method=method(n_epochs=3, batch_size=1), seed=4)
    embedded = start_job(client, voice(20))
    wait_for(client, embedded.id, "succeeded")  # the short lane does not wait for the long one
    wait_for_step(client, stopped.id, 2)
    began = time.monotonic()
    client.fine_tuning.jobs.cancel(stopped.id)
    assert client.fine_tuning.jobs.retrieve(stopped.id).status == "cancelled"
    wait_for_step(client, paused.id, 3)
    assert time.monotonic() - began < PATIENCE
    client.fine_tuning.jobs.pause(paused.id)
    state = root_of(engine.store) / paused.id / "state.pt"
    wait_until(lambda: not engine.workers[1].busy)
    before = len(steps_of(client, paused.id))
    assert state.exists()
    client.fine_tuning.jobs.resume(paused.id)
    done = wait_for(client, paused.id, "succeeded", seconds=PATIENCE)
    steps = [step["step"] for step in steps_of(client, paused.id)]
    assert steps == list(range(1, 73)) and before < 72
    undisturbed = train(client, tiny, method=method(n_epochs=3, batch_size=1), seed=4)
    one, other = (weights_of(engine, n.fine_tuned_model) for n in (done, undisturbed))
    assert all((one[key] == other[key]).all() for key in one)


def wait_for_step(client, job_id, step):
    wait_until(lambda: any(one["step"] >= step for one in steps_of(client, job_id)))


def wait_until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


KILLED = """
import sys, time
from pathlib import Path
from core.engine import Engine
Engine(Path(sys.argv[1]))
time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_while_it_trains_it_goes_on(tmp_path, tiny):
    """The server dies; its worker dies with it; the next server takes the job up and ends it."""
    with engine_in(tmp_path) as engine:
        client = make_client(engine, local=True)
        for worker in engine.workers:
            worker.close()
        job = start_open_job(client, tiny, method=method(n_epochs=4, batch_size=1))
    server = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path(__file__).parents[2]
    )
    database = tmp_path / FILE_NAME
    try:
        wait_until(lambda: written_steps(database) >= 30)
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    wait_until(lambda: not children_with(str(tmp_path)))
    with engine_in(tmp_path) as engine:
        client = make_client(engine, local=True)
        wait_for(client, job.id, "succeeded", seconds=PATIENCE)
        steps = [step["step"] for step in steps_of(client, job.id)]
        assert steps == list(range(1, 97))
        said = [event.message for event in events_of(client, job.id)]
        assert said.count("The job has successfully completed") == 1
        assert sum("Checkpoint created" in message for message in said) == 4
        assert len(list((root_of(engine.store) / job.id).iterdir())) == 4


def written_steps(database):
    with sqlite3.connect(database) as opened:
        row = opened.execute("SELECT count(*) FROM events WHERE step IS NOT NULL").fetchone()
    opened.close()
    return row[0]


def children_with(word):
    """Worker processes that were given a folder; they read it from their input, not arguments."""
    import psutil

    found = []
    for process in psutil.process_iter(["cmdline", "ppid"]):
        line = " ".join(process.info["cmdline"] or [])
        if "core.openweights.worker" in line and process.info["ppid"] == 1:
            found.append(process.pid)
    return found


def test_tenants_and_visitors_are_kept_apart(place, tiny):
    engine, _, job = place
    other = make_client(engine, "tenant-two", local=True)
    assert [model.id for model in other.models.list()] == ["soundalike-base"]
    for model in (job.fine_tuned_model, tiny):
        with pytest.raises(openai.NotFoundError):
            other.chat.completions.create(model=model, messages=ASK)
    visitor = make_client(engine, "tenant-three")
    file = upload(visitor, chat_lines(voice(12)))
    for model in (tiny, "/etc", "HuggingFaceTB/SmolLM2-135M-Instruct", job.fine_tuned_model):
        with pytest.raises(openai.BadRequestError) as caught:
            visitor.fine_tuning.jobs.create(model=model, training_file=file)
        assert caught.value.code == "model_not_available"
        assert "does not exist" in caught.value.message


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("/no/such/folder", "config.json cannot be read"),
        ("not/a/model/name", "neither a folder nor"),
        ("./../..", "config.json cannot be read"),
    ],
)
def test_a_base_that_is_none_is_refused_with_a_sentence(place, model, said):
    _, client, _ = place
    file = upload(client, chat_lines(voice(12)))
    with pytest.raises(openai.BadRequestError, match=said):
        client.fine_tuning.jobs.create(model=model, training_file=file)


def test_a_damaged_base_fails_the_job_with_a_sentence(place, tmp_path):
    _, client, _ = place
    broken = make_tiny_model(tmp_path / "broken")
    (broken / "tokenizer.json").write_text("{}")
    job = start_open_job(client, str(broken))
    failed = wait_for(client, job.id, "failed", seconds=PATIENCE)
    assert "tokenizer of broken cannot be loaded" in failed.error.message


def test_a_process_that_dies_is_said_and_started_again(place, tiny):
    engine, client, _ = place
    talker = engine.serving.talker(tiny)
    _, news = talker.ask({"do": "chat"})
    talker.child.process.kill()
    talker.child.process.wait()
    wait_until(lambda: not news.empty())
    answer = client.chat.completions.create(model=tiny, messages=ASK, max_tokens=1)
    assert answer.choices and engine.serving.loaded() == [tiny]
    assert engine.serving.talker(tiny) is not talker


def test_models_leave_the_memory_and_the_disk(place, tiny):
    engine, client, job = place
    client.chat.completions.create(model=tiny, messages=ASK, max_tokens=1)
    assert engine.serving.loaded() == [tiny]
    engine.serving.idle_seconds = 0.2
    child = engine.serving.talker(tiny).child
    wait_until(lambda: not engine.serving.loaded())
    assert not child.alive()
    engine.serving.idle_seconds = 300
    folder = root_of(engine.store) / job.id
    names = [f"{job.fine_tuned_model}:ckpt-step-3", job.fine_tuned_model]
    client.models.delete(names[0])
    assert [one.name for one in folder.iterdir()] == ["step-6"]
    client.models.delete(names[1])
    client.models.delete(f"{job.fine_tuned_model}:ckpt-step-6")
    assert not folder.exists()
