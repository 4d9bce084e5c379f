"""Records of jobs are numbers and names only, and can be kept as a file."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow
import pytest

from core import history
from core.history import JobRecord
from core.jobs import LaunchSettings, job_snapshot, launch
from core.metrics import metrics_from_events
from core.prices import load_prices
from core.problems import Problem
from core.providers import load_profiles, open_client
from tests.loopback_provider import LoopbackProvider

OPENAI = load_profiles()["openai"]
MINI = "gpt-4.1-mini-2025-04-14"
PRICE = next(p for p in load_prices() if p.model == MINI and p.provider == "openai")
SETTINGS = LaunchSettings(MINI, suffix="me", seed=1)
RECORD = JobRecord("openai", "ftjob-1", SETTINGS, "ab" * 32, training_examples=20, created_at=5)


def test_a_record_follows_its_job():
    with LoopbackProvider() as server:
        client = open_client(OPENAI, server.key, base_url=server.url)
        file = server.add_file("t.jsonl", b'{"a": 1}\n' * 20)
        job = launch(client, OPENAI, file, file, SETTINGS)
        record = JobRecord("openai", job.id, SETTINGS, "ab" * 32)
        server.finish(job.id)
        snapshot = job_snapshot(client, job.id)
    metrics = metrics_from_events(snapshot.events)
    done = history.update_record(record, snapshot, PRICE, metrics)
    assert done.status == "succeeded" and done.fine_tuned_model.startswith("ft:")
    assert done.trained_tokens == snapshot.job.trained_tokens
    assert done.cost == pytest.approx(done.trained_tokens * PRICE.training / 1e6)
    assert (done.settings.n_epochs, done.settings.batch_size) == (3, 1)
    assert done.best_step == 60 and done.final_train_loss == metrics["train_loss"].iloc[-1]
    assert done.best_valid_loss == metrics["full_valid_loss"].min()
    assert history.update_record(done, snapshot).cost == done.cost


def test_a_failed_job_keeps_its_code():
    with LoopbackProvider() as server:
        client = open_client(OPENAI, server.key, base_url=server.url)
        job = launch(client, OPENAI, server.add_file("t.jsonl", b"{}\n"), None, SETTINGS)
        server.finish(job.id)
        done = history.update_record(RECORD, job_snapshot(client, job.id), PRICE)
    assert (done.status, done.error_code, done.cost) == ("failed", "invalid_n_examples", None)


def test_a_history_survives_a_file():
    records = [RECORD, JobRecord("embedded", "ftjob-2", LaunchSettings("m", 3), "cd", cost=0.5)]
    assert history.history_from_json(history.history_to_json(records)) == records


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"jobs": [{}]}',
        b'{"jobs": [{"settings": {"model": 1, "x": 2}}]}',
        json.dumps(
            {
                "jobs": [
                    {
                        "provider": 1,
                        "job_id": "j",
                        "settings": {"model": "m"},
                        "training_sha256": "",
                    }
                ]
            }
        ).encode(),
    ],
)
def test_another_file_is_no_history(data):
    with pytest.raises(Problem, match="not a saved history"):
        history.history_from_json(data)


def test_each_job_is_there_once_newest_first():
    newer = JobRecord("openai", "ftjob-2", SETTINGS, "x", created_at=9)
    records = history.upsert(history.upsert([RECORD], newer), RECORD)
    assert [r.job_id for r in records] == ["ftjob-2", "ftjob-1"]


def test_the_table_has_a_row_a_job():
    table = history.history_table([RECORD])
    assert table["model"].tolist() == [MINI] and table["started"].dt.year.tolist() == [1970]
    assert history.history_table([]).empty


def test_the_table_can_be_drawn_whatever_was_left_to_the_trainer():
    settings = [LaunchSettings(MINI), LaunchSettings(MINI, 3, 8, 1.5, "me", 7)]
    records = [JobRecord("embedded", f"j{n}", one, "x") for n, one in enumerate(settings)]
    records.append(replace(records[1], job_id="j2", cost=0.5, final_train_loss=2.5))
    drawn = pyarrow.Table.from_pandas(history.history_table(records))
    assert drawn.column("epochs").to_pylist() == ["auto", "3", "3"]
    assert drawn.column("train_loss").to_pylist() == [None, None, 2.5]


def test_repeating_elsewhere():
    record = JobRecord("openai", "j", LaunchSettings(MINI, 4, 8, 1.5, "me", 7), "x")
    same = history.settings_for(record, "other", keep_numbers=True)
    assert (same.model, same.n_epochs, same.seed) == ("other", 4, 7)
    fresh = history.settings_for(record, "other", keep_numbers=False)
    assert fresh == LaunchSettings("other", suffix="me", seed=7)
