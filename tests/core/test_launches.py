"""A launch is paid at most once, whatever the network, the person or the machine does."""

from __future__ import annotations

import threading

import pytest

from core import launches
from core.launches import LaunchSettings, launch, launch_body, new_launch_token
from core.problems import Problem
from core.providers import TrainingClosed, UnclearAnswer, load_profiles, open_client
from tests.loopback_provider import CLOSED, LoopbackProvider

PROFILES = load_profiles()
OPENAI, AZURE, NEBIUS = PROFILES["openai"], PROFILES["azure"], PROFILES["nebius"]
MINI = "gpt-4.1-mini-2025-04-14"
SETTINGS = LaunchSettings(MINI)

#: Every way in which an answer can get lost after the job was made, and one before.
LOST = [
    ("cut", {"done": True}),
    ("half", {"done": True}),
    ("html", {"done": True}),
    ("text", {"done": True, "body": "OK"}),
    ("redirect", {"done": True, "location": "http://127.0.0.1:9/"}),
    ("status", {"done": True, "status": 500}),
    ("status", {"done": True, "status": 502}),
    ("status", {"done": True, "status": 409}),
    ("status", {"done": True, "status": 408}),
    ("status", {"done": True, "status": 503, "headers": {"x-should-retry": "true"}}),
    ("hang", {"done": True, "seconds": 0.7}),
]


@pytest.fixture
def server():
    with LoopbackProvider() as running:
        yield running


@pytest.fixture
def training(server):
    return server.add_file("training.jsonl", b'{"a": 1}\n' * 20)


def client_for(server, profile=OPENAI):
    client = open_client(profile, server.key, base_url=server.url, max_retries=2)
    client.timeout = 0.4
    return client


def start(server, training, *, profile=OPENAI, settings=SETTINGS, waits=(0.0, 0.0), **more):
    client = client_for(server, profile)
    return launch(client, profile, training, None, settings, waits=waits, **more)


def posts(server):
    return len(server.requests("POST", "/fine_tuning/jobs"))


def test_a_launch_makes_one_job_with_our_mark(server, training):
    job = start(server, training, metadata={"data_sha256": "ab"}, project="p1")
    assert server.creates == 1
    assert job.metadata["made_by"] == "soundalike"
    assert job.metadata["project"] == "p1"
    assert job.metadata["data_sha256"] == "ab"
    assert len(job.metadata["launch"]) == 32


# ---- paid twice ----


@pytest.mark.parametrize(("how", "more"), LOST)
def test_a_lost_answer_is_never_paid_twice(server, training, how, more):
    server.fault("POST", "/fine_tuning/jobs", how, times=99, **more)
    job = start(server, training)
    assert job.id in server.jobs
    assert (server.creates, posts(server)) == (1, 1)


@pytest.mark.parametrize(("how", "more"), LOST)
@pytest.mark.parametrize("profile", [AZURE, NEBIUS], ids=lambda p: p.key)
def test_nor_where_jobs_keep_no_metadata(server, training, profile, how, more):
    server.fault("POST", "/fine_tuning/jobs", how, times=99, **more)
    job = start(server, training, profile=profile)
    assert job.id in server.jobs and job.metadata is None
    assert (server.creates, posts(server)) == (1, 1)


def test_where_it_cannot_be_told_nothing_is_sent_again(server, training):
    server.fault("POST", "/fine_tuning/jobs", "cut")  # before the job was made
    token = new_launch_token()
    with pytest.raises(UnclearAnswer, match="did not say clearly"):
        start(server, training, token=token)
    for _ in range(3):
        with pytest.raises(UnclearAnswer, match="already sent"):
            start(server, training, token=token)
    assert (server.creates, posts(server)) == (0, 1)


def test_a_job_that_shows_up_late_is_found_by_the_second_click(server, training):
    server.fault("POST", "/fine_tuning/jobs", "cut", done=True)
    server.fault("GET", "/fine_tuning/jobs", "html", times=0)
    list_fails = server.faults[-1]
    token = new_launch_token()

    def waits():
        list_fails.times = 9  # from now on, when the lost answer is being looked for
        yield 0.0

    with pytest.raises(UnclearAnswer):
        start(server, training, token=token, waits=waits())
    list_fails.times = 0
    assert start(server, training, token=token).id in server.jobs
    assert (server.creates, posts(server)) == (1, 1)


def test_a_double_click_gets_the_same_job(server, training):
    token = new_launch_token()
    first = start(server, training, token=token)
    second = start(server, training, token=token)
    assert first.id == second.id
    assert (server.creates, posts(server)) == (1, 1)


def test_many_clicks_at_once_make_one_job(server, training):
    token = new_launch_token()
    jobs, problems = [], []
    barrier = threading.Barrier(8)

    def click():
        barrier.wait()
        try:
            jobs.append(start(server, training, token=token).id)
        except UnclearAnswer as problem:
            problems.append(problem)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.creates, posts(server)) == (1, 1)
    assert len(jobs) + len(problems) == 8 and len(set(jobs)) == 1


def test_a_restarted_app_finds_the_job_of_its_token(server, training, monkeypatch):
    token = new_launch_token()
    first = start(server, training, token=token)
    monkeypatch.setattr(launches, "_sent", {})  # a new process knows nothing
    assert start(server, training, token=token).id == first.id
    assert (server.creates, posts(server)) == (1, 1)


def test_the_client_that_retries_reads_does_not_retry_launches(server, training):
    server.fault("POST", "/fine_tuning/jobs", "status", times=99, status=500)
    with pytest.raises(UnclearAnswer):
        start(server, training, waits=())
    assert posts(server) == 1


def test_two_confirmations_are_two_jobs(server, training):
    assert start(server, training).id != start(server, training).id
    assert server.creates == 2


# ---- refusals ----


def test_a_closed_organisation_is_told_what_stays_possible(server, training):
    server.closed = True
    token = new_launch_token()
    with pytest.raises(TrainingClosed, match="no longer trains"):
        start(server, training, token=token)
    server.closed = False
    assert start(server, training, token=token).id in server.jobs  # a clear no frees the token
    assert server.creates == 1


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (403, CLOSED, "no longer trains"),
        (401, {"message": "x"}, "does not accept"),
        (429, {"message": "x", "code": "insufficient_quota"}, "no credit"),
        (429, {"message": "x", "code": "rate_limit_exceeded"}, "too many requests"),
        (400, {"message": "x", "param": "suffix"}, "because of 'suffix'"),
    ],
)
def test_a_clear_refusal_is_explained_and_sent_once(server, training, status, error, said):
    server.fault("POST", "/fine_tuning/jobs", "status", times=9, status=status, error=error)
    with pytest.raises(Problem, match=said):
        start(server, training)
    assert (server.creates, posts(server)) == (0, 1)


def test_nothing_is_sent_when_the_list_cannot_be_read_before(server, training):
    server.fault("GET", "/fine_tuning/jobs", "status", times=9, status=401)
    token = new_launch_token()
    with pytest.raises(Problem, match="does not accept"):
        start(server, training, token=token)
    server.faults.clear()
    assert posts(server) == 0
    assert start(server, training, token=token).id in server.jobs


def test_a_key_that_may_not_list_may_still_create(server, training):
    server.fault("GET", "/fine_tuning/jobs", "status", status=403, error={"message": "x"})
    assert start(server, training).id in server.jobs


def test_no_network_frees_the_token(server, training):
    client = open_client(OPENAI, server.key, base_url="http://127.0.0.1:9/v1", max_retries=0)
    token = new_launch_token()
    with pytest.raises(Problem, match="could not be reached"):
        launch(client, OPENAI, training, None, SETTINGS, token=token)
    assert start(server, training, token=token).id in server.jobs


# ---- bodies ----


def test_auto_is_left_to_the_provider():
    body = launch_body(OPENAI, "file-1", None, SETTINGS)
    assert body == {
        "model": MINI,
        "training_file": "file-1",
        "method": {"type": "supervised", "supervised": {"hyperparameters": {}}},
    }


def test_all_settings_in_openais_style():
    settings = LaunchSettings(MINI, 4, 8, 1.5, "me", 0)
    body = launch_body(OPENAI, "file-1", "file-2", settings)
    assert body["validation_file"] == "file-2"
    assert (body["suffix"], body["seed"]) == ("me", 0)
    assert body["method"]["supervised"]["hyperparameters"] == {
        "n_epochs": 4,
        "batch_size": 8,
        "learning_rate_multiplier": 1.5,
    }
    assert "hyperparameters" not in body


def test_preference_training():
    settings = LaunchSettings(MINI, n_epochs=2, method="dpo", beta=0.2)
    body = launch_body(OPENAI, "file-1", None, settings)
    assert body["method"] == {
        "type": "dpo",
        "dpo": {"hyperparameters": {"n_epochs": 2, "beta": 0.2}},
    }
    with pytest.raises(Problem, match="does not offer this kind"):
        launch_body(NEBIUS, "file-1", None, settings)


def test_preference_training_over_the_wire(server, training):
    settings = LaunchSettings(MINI, method="dpo", beta=0.5)
    job = start(server, training, settings=settings)
    assert job.method.type == "dpo" and job.method.dpo.hyperparameters.beta == 0.5


def test_azures_body_has_its_training_type(server, training):
    body = launch_body(AZURE, "file-1", None, SETTINGS)
    assert body["extra_body"] == {"trainingType": "GlobalStandard"}
    start(server, training, profile=AZURE)
    sent = server.requests("POST", "/fine_tuning/jobs")[0].json
    assert sent["trainingType"] == "GlobalStandard" and "metadata" not in sent


def test_nebius_body_is_flat_with_an_absolute_rate(server, training):
    settings = LaunchSettings(MINI, n_epochs=5, learning_rate_multiplier=2.0)
    body = launch_body(NEBIUS, "file-1", None, settings)
    assert "method" not in body
    assert body["hyperparameters"] == {"n_epochs": 5, "learning_rate": 2e-05, "lora": True}
    start(server, training, profile=NEBIUS, settings=settings)
    assert server.requests("POST", "/fine_tuning/jobs")[0].json["hyperparameters"]["lora"] is True


@pytest.mark.parametrize(
    ("profile", "changes", "said"),
    [
        (PROFILES["custom"], {}, "cannot be trained"),
        (OPENAI, {"model": " "}, "No model"),
        (OPENAI, {"n_epochs": 0}, "epochs"),
        (OPENAI, {"n_epochs": 51}, "1 to 50"),
        (NEBIUS, {"n_epochs": 21}, "1 to 20"),
        (OPENAI, {"batch_size": 257}, "batch size"),
        (OPENAI, {"batch_size": 1.5}, "batch size"),
        (OPENAI, {"learning_rate_multiplier": 0}, "learning rate"),
        (OPENAI, {"beta": 3, "method": "dpo"}, "Beta"),
        (OPENAI, {"seed": -1}, "seed"),
        (OPENAI, {"seed": 2**31}, "seed"),
        (OPENAI, {"suffix": "x" * 65}, "suffix"),
        (OPENAI, {"suffix": "Me!"}, "suffix"),
        (AZURE, {"suffix": "a.b"}, "suffix"),
        (AZURE, {"suffix": "x" * 19}, "suffix"),
    ],
)
def test_what_would_be_refused_is_refused_before_sending(profile, changes, said):
    settings = LaunchSettings(**{"model": MINI, **changes})
    with pytest.raises(Problem, match=said):
        launch_body(profile, "file-1", None, settings)


@pytest.mark.parametrize(
    ("text", "suffix"),
    [("My Voice!", "my-voice"), ("a.b", "a-b"), ("--", ""), ("x" * 99, "x" * 18), ("Ünal", "nal")],
)
def test_tidy_suffix(text, suffix):
    assert launches.tidy_suffix(text, AZURE) == suffix


def test_metadata_stays_within_its_limits(server, training):
    job = start(server, training, metadata={"k" * 99: "v" * 999})
    assert max(len(k) for k in job.metadata) <= 64
    assert max(len(v) for v in job.metadata.values()) <= 512
    with pytest.raises(Problem, match="at most 16"):
        start(server, training, metadata={str(i): "x" for i in range(15)})
