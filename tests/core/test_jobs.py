"""Jobs are followed to their end, survive a bad network and are stopped on request."""

from __future__ import annotations

import json
import traceback
from types import SimpleNamespace

import pytest

from core import jobs
from core.jobs import LaunchSettings, Snapshot, job_snapshot
from core.metrics import metrics_from_events, metrics_from_result_file
from core.problems import Problem
from core.providers import load_profiles, open_client
from tests.loopback_provider import LoopbackProvider

OPENAI = load_profiles()["openai"]
MINI = "gpt-4.1-mini-2025-04-14"
DATA = b'{"messages": []}\n' * 30


@pytest.fixture
def server():
    with LoopbackProvider(healthy_error={}) as running:
        yield running


@pytest.fixture
def client(server):
    client = open_client(OPENAI, server.key, base_url=server.url, max_retries=0)
    client.timeout = 0.4
    return client


def start(server, client, *, data=DATA, settings=None, **more):
    training = server.add_file("training.jsonl", data)
    chosen = settings or LaunchSettings(MINI, suffix="me")
    return jobs.launch(client, OPENAI, training, training, chosen, project="p1", **more)


def follow(client, job_id, most=40):
    seen, snapshot = [], None
    for _ in range(most):
        snapshot = job_snapshot(client, job_id, profile=OPENAI, known=snapshot)
        seen.append(snapshot)
        if jobs.is_terminal(snapshot.job.status):
            return seen
    raise AssertionError("never over")


def test_a_job_is_followed_from_start_to_model(server, client):
    job = start(server, client)
    seen = follow(client, job.id)
    statuses = [snapshot.job.status for snapshot in seen]
    assert statuses[0] == "queued" and statuses[-1] == "succeeded" and "running" in statuses
    sizes = [len(snapshot.events) for snapshot in seen]
    assert sizes == sorted(sizes)
    last = seen[-1]
    assert [event.id for event in last.events] == sorted(event.id for event in last.events)
    assert len({event.id for event in last.events}) == len(server.events[job.id])
    assert [c.step_number for c in last.checkpoints] == [30, 60, 90]
    assert last.job.fine_tuned_model.startswith(f"ft:{MINI}:loopback:me:")
    assert last.complete


def test_only_new_events_are_fetched(server, client):
    job = start(server, client)
    server.step_per_look = 500
    first = job_snapshot(client, job.id)
    for _ in range(3):
        first = job_snapshot(client, job.id, known=first)
    before = len(server.requests("GET", "/events"))
    again = job_snapshot(client, job.id, known=first)
    assert len(server.requests("GET", "/events")) == before + 1
    assert len(again.events) == len(server.events[job.id])


def test_events_are_capped_and_the_rest_is_owned_up_to(server, client):
    job = start(server, client)
    server.finish(job.id)
    capped = job_snapshot(client, job.id, most_events=10)
    assert len(capped.events) == 10 and not capped.complete
    assert capped.events[-1].message == "The job has successfully completed"
    assert not job_snapshot(client, job.id, known=capped, most_events=10).complete


def test_a_list_of_events_that_never_ends_is_left(server, client):
    job = start(server, client)
    server.endless = True
    snapshot = job_snapshot(client, job.id)
    assert len(snapshot.events) == len(server.events[job.id])


def test_healthy_jobs_carry_an_empty_error(server, client):
    job = start(server, client)
    assert job.error is not None and job.error.code is None


def test_validation_fails_later_with_a_code(server, client):
    job = start(server, client, data=b"{}\n" * 3)
    assert job.status == "validating_files"
    last = follow(client, job.id)[-1]
    assert (last.job.status, last.job.error.code) == ("failed", "invalid_n_examples")
    assert last.events[-1].level == "error"


@pytest.mark.parametrize("plain", [False, True])
def test_the_result_file_tells_what_the_events_told(server, client, plain):
    server.plain_results = plain
    job = start(server, client)
    server.finish(job.id)
    snapshot = job_snapshot(client, job.id)
    from_file = metrics_from_result_file(jobs.result_file(client, snapshot.job, OPENAI))
    from_events = metrics_from_events(snapshot.events)
    for column in ("step", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy"):
        assert from_file[column].equals(from_events[column]), column


def test_no_result_file_yet(server, client):
    assert jobs.result_file(client, start(server, client)) is None


@pytest.mark.parametrize(
    ("how", "more"),
    [
        ("cut", {}),
        ("html", {}),
        ("status", {"status": 500}),
        ("hang", {"seconds": 0.7}),
        ("status", {"status": 429}),
        ("half", {}),
    ],
)
@pytest.mark.parametrize("path", ["{id}", "{id}/events", "{id}/checkpoints"])
def test_a_bad_moment_loses_nothing(server, client, how, more, path):
    job = start(server, client)
    known = job_snapshot(client, job.id)
    server.fault("GET", path.format(id=job.id), how, **more)
    with pytest.raises(Problem):
        job_snapshot(client, job.id, profile=OPENAI, known=known)
    after = job_snapshot(client, job.id, profile=OPENAI, known=known)
    assert {e.id for e in after.events} == {e["id"] for e in server.events[job.id]}


def test_providers_without_events_or_checkpoints(server, client):
    job = start(server, client)
    for path in ("/events", "/checkpoints"):
        server.fault("GET", path, "status", times=9, status=404)
    snapshot = job_snapshot(client, job.id)
    assert snapshot.events == () and snapshot.checkpoints == () and snapshot.complete


def test_an_unknown_job(client):
    with pytest.raises(Problem, match="does not have what was asked for"):
        job_snapshot(client, "ftjob-none", profile=OPENAI)


def test_a_job_that_is_no_job(server, client):
    job = start(server, client)
    server.fault("GET", job.id, "text", body="{}")
    with pytest.raises(Problem, match="not in OpenAI's format"):
        job_snapshot(client, job.id, profile=OPENAI)


def test_cancel_pause_and_resume(server, client):
    job = start(server, client)
    for _ in range(3):
        job_snapshot(client, job.id)
    assert jobs.pause(client, job.id, OPENAI).status == "paused"
    assert not jobs.is_terminal("paused")
    assert job_snapshot(client, job.id).job.status == "paused"
    assert jobs.resume(client, job.id, OPENAI).status == "running"
    assert jobs.cancel(client, job.id, OPENAI).status == "cancelled"
    with pytest.raises(Problem, match="refused"):
        jobs.cancel(client, job.id, OPENAI)


def test_a_stop_is_sent_once(server, client):
    job = start(server, client)
    server.fault("POST", "/cancel", "status", times=9, status=500)
    client.max_retries = 2
    with pytest.raises(Problem):
        jobs.cancel(client, job.id, OPENAI)
    assert len(server.requests("POST", "/cancel")) == 1


def test_pausing_needs_a_provider_that_can(client):
    nebius = load_profiles()["nebius"]
    with pytest.raises(Problem, match="cannot pause"):
        jobs.pause(client, "ftjob-1", nebius)
    with pytest.raises(Problem, match="cannot pause"):
        jobs.resume(client, "ftjob-1", nebius)


@pytest.mark.parametrize(
    ("status", "over", "said"),
    [
        ("validating_files", False, "checking the files"),
        ("queued", False, "queue"),
        ("running", False, "Training"),
        ("paused", False, "Paused"),
        ("succeeded", True, "Finished"),
        ("failed", True, "Failed"),
        ("cancelled", True, "Stopped"),
        ("brand_new", False, "brand_new"),
        (None, False, "None"),
    ],
)
def test_every_status_has_words_and_unknown_ones_are_shown(status, over, said):
    assert jobs.is_terminal(status) is over
    assert said in jobs.status_words(status)


@pytest.mark.parametrize(
    ("status", "failures", "seconds"),
    [
        ("running", 0, 5.0),
        ("queued", 0, 10.0),
        ("succeeded", 0, None),
        ("succeeded", 3, None),
        ("running", 1, 5.0),
        ("running", 3, 20.0),
        ("running", 9, 60.0),
    ],
)
def test_polling_slows_down_and_ends(status, failures, seconds):
    snapshot = Snapshot(SimpleNamespace(status=status))
    assert jobs.poll_seconds(snapshot, failures) == seconds


def test_polling_starts_without_a_snapshot():
    assert jobs.poll_seconds(None) == 5.0


def test_whose_job(server, client):
    mine = start(server, client)
    server.add_job(mine.training_file, metadata={"made_by": "somebody"})
    server.add_job(mine.training_file)
    listed = jobs.list_jobs(client, OPENAI)
    assert [jobs.is_ours(job) for job in listed] == [False, False, True]
    assert jobs.is_ours(listed[-1], "p1") and not jobs.is_ours(listed[-1], "p2")


def test_auto_is_replaced_by_what_it_became(server, client):
    settings = LaunchSettings(MINI, n_epochs=2)
    job = start(server, client, settings=settings)
    last = follow(client, job.id)[-1]
    resolved = jobs.with_resolved(settings, last.job)
    assert (resolved.n_epochs, resolved.batch_size) == (2, 1)
    assert resolved.learning_rate_multiplier == 1.8
    dpo = SimpleNamespace(hyperparameters=None, method=None)
    assert jobs.with_resolved(settings, dpo) == settings


def test_the_key_and_the_texts_stay_where_they_belong(server, client):
    """The key only in the authorization header, the texts only in the upload."""
    secret = b'{"messages": [{"role": "user", "content": "my secret diary"}]}\n' * 12
    file = jobs.upload(client, secret, "training.jsonl", profile=OPENAI, project="p1")
    job = jobs.launch(client, OPENAI, file.id, None, LaunchSettings(MINI), project="p1")
    server.finish(job.id)
    snapshot = job_snapshot(client, job.id)
    jobs.list_jobs(client)
    for seen in server.seen:
        elsewhere = (seen.path, seen.query, {**seen.headers, "authorization": ""})
        assert server.key not in repr(elsewhere) and server.key.encode() not in seen.body
        is_upload = (seen.method, seen.path) == ("POST", "/v1/files")
        assert (b"secret diary" in seen.body) == is_upload
    kept = json.dumps([server.jobs, server.files, server.events])
    assert server.key not in kept and "secret diary" not in kept
    assert server.key not in repr(snapshot)


def test_tracebacks_hold_neither_the_key_nor_what_a_provider_quotes(server, client):
    quoted = {"message": f"Incorrect key {server.key}; line 1: my secret diary", "code": "x_y"}
    calls = {
        ("GET", "/jobs/x"): lambda: job_snapshot(client, "x", profile=OPENAI),
        ("GET", "/fine_tuning/jobs"): lambda: jobs.list_jobs(client, OPENAI),
        ("POST", "/x/cancel"): lambda: jobs.cancel(client, "x", OPENAI),
        ("POST", "/files"): lambda: jobs.upload(client, DATA, "t.jsonl", profile=OPENAI),
        ("POST", "/fine_tuning/jobs"): lambda: start(server, client, waits=()),
    }
    for (method, path), call in calls.items():
        for status in (400, 401, 500):
            server.fault(method, path, "status", status=status, error=quoted)
            with pytest.raises(Problem) as caught:
                call()
            text = "".join(traceback.format_exception(caught.value))
            assert server.key not in text and "diary" not in text
            server.faults.clear()
