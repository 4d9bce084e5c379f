"""Fine-tuning jobs that are stopped, go on and take turns, through the unmodified client."""

from __future__ import annotations

import sqlite3
import time

import openai
import pytest

from core.engine import BASE_MODEL, jobs_api, worker
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


def test_only_so_many_finished_jobs_are_kept(engine, client, monkeypatch):
    monkeypatch.setattr(jobs_api, "KEPT_JOBS", 3)
    with_model = trained(client, voice(10))
    failed = [wait_for(client, start_job(client, voice(3)).id, "failed").id for _ in range(4)]
    kept = [job.id for job in client.fine_tuning.jobs.list()]
    assert kept == [failed[3], failed[2], with_model.id], "oldest without a model went first"
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.retrieve(failed[0])
    gone = engine.store.all("SELECT id FROM events WHERE job_id = ?", failed[0])
    assert gone == []
    monkeypatch.setattr(jobs_api, "KEPT_JOBS", 1)
    with pytest.raises(openai.RateLimitError, match="models") as caught:
        start_job(client, voice(10))
    assert caught.value.code == "insufficient_quota"
    for model in [*client.models.list()]:
        if model.id != BASE_MODEL:
            client.models.delete(model.id)
    last = start_job(client, voice(3))
    assert [job.id for job in client.fine_tuning.jobs.list()] == [last.id]


def test_of_a_long_job_not_every_step_is_written_down(client, monkeypatch):
    monkeypatch.setattr("core.engine.record.MOST_STEPS", 10)
    job = trained(client, voice(20), method=method(n_epochs=2, batch_size=1))
    steps = [event.data["step"] for event in events_of(client, job.id) if event.type == "metrics"]
    assert steps == list(range(4, 41, 4))
    table = client.files.content(job.result_files[0]).text.splitlines()
    assert [line.split(",")[0] for line in table[1:]] == list(map(str, steps))
    checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id)
    assert [one.step_number for one in checkpoints] == [40, 20]
