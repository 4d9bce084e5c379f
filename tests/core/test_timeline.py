"""The timeline tells every status, known or not; progress never promises what it cannot know."""

from __future__ import annotations

import pytest
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent

from core.jobs import LaunchSettings, Snapshot, job_snapshot, launch, pause, resume
from core.providers import load_profiles, open_client
from core.timeline import Progress, progress, progress_words, timeline
from tests.loopback_provider import LoopbackProvider

OPENAI = load_profiles()["openai"]


def event(at: int, message: str = "", kind: str = "message", **data) -> FineTuningJobEvent:
    return FineTuningJobEvent.construct(
        id=f"e{at}", created_at=at, message=message, type=kind, data=data, level="info"
    )


def snapshot(status: str, *events, **more) -> Snapshot:
    return Snapshot(FineTuningJob.construct(id="j", created_at=1, status=status, **more), events)


def statuses(seen: Snapshot) -> list[str]:
    return [stage.status for stage in timeline(seen)]


def test_a_real_course():
    with LoopbackProvider() as server:
        client = open_client(OPENAI, server.key, base_url=server.url)
        file = server.add_file("t.jsonl", b"{}\n" * 30)
        job = launch(client, OPENAI, file, None, LaunchSettings("gpt-4.1-mini-2025-04-14"))
        for _ in range(4):
            seen = job_snapshot(client, job.id)
        assert progress(seen, 0).share == pytest.approx(20 / 90)
        pause(client, job.id, OPENAI)
        assert statuses(job_snapshot(client, job.id))[-1] == "paused"
        resume(client, job.id, OPENAI)
        server.finish(job.id)
        seen = job_snapshot(client, job.id)
    assert statuses(seen) == [
        "validating_files",
        "queued",
        "running",
        "paused",
        "running",
        "succeeded",
    ]
    assert [stage.at for stage in timeline(seen)] == sorted(s.at for s in timeline(seen))
    assert progress(seen, 0) == Progress(90, 90, 1.0, None, None)


def test_unknown_statuses_and_events_are_shown_as_they_are():
    seen = snapshot("on_holiday", event(2, "Checks", "moderation_checks"))
    stages = timeline(seen)
    assert [stage.status for stage in stages] == [
        "validating_files",
        "moderation_checks",
        "on_holiday",
    ]
    assert stages[1].words == "Moderation checks" and "on_holiday" in stages[2].words


@pytest.mark.parametrize("status", ["failed", "cancelled", "succeeded"])
def test_the_end_has_its_time(status):
    assert timeline(snapshot(status, finished_at=9))[-1].at == 9


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (snapshot("queued", queue_position=3), Progress(0, None, None, None, 3)),
        (snapshot("queued", queue_position="x"), Progress(0, None, None, None, None)),
        (
            snapshot("running", event(10, kind="metrics", step=5, total_steps=20)),
            Progress(5, 20, 0.25, None, None),
        ),
        (
            snapshot("running", event(10, "Step 5/20: training loss=1"), estimated_finish=160),
            Progress(5, 20, 0.25, 60, None),
        ),
        (
            snapshot(
                "running",
                event(80, kind="metrics", step=5, total_steps=20),
                event(100, kind="metrics", step=10, total_steps=20),
            ),
            Progress(10, 20, 0.5, 40, None),
        ),
        (
            snapshot("running", event(10, "Step 7: training loss=1")),
            Progress(7, None, None, None, None),
        ),
        (
            snapshot("failed", event(10, kind="metrics", step=5, total_steps=20)),
            Progress(5, 20, 0.25, None, None),
        ),
    ],
)
def test_progress(seen, expected):
    assert progress(seen, 100) == expected


@pytest.mark.parametrize(
    ("found", "status", "words"),
    [
        (Progress(0, None, None, None, 2), "queued", "Number 2 in the queue"),
        (Progress(0, None, None, None, None), "queued", ""),
        (Progress(3, 9, 0.3, None, None), "running", "Step 3 of 9"),
        (Progress(3, None, None, None, None), "running", "Step 3"),
        (Progress(3, 9, 0.3, 20, None), "running", "Step 3 of 9, less than a minute left"),
        (Progress(3, 9, 0.3, 70, None), "running", "Step 3 of 9, about a minute left"),
        (Progress(3, 9, 0.3, 300, None), "running", "Step 3 of 9, about 5 minutes left"),
        (Progress(9, 9, 1.0, None, None), "succeeded", ""),
    ],
)
def test_progress_in_words(found, status, words):
    assert progress_words(found, status) == words
