"""A project's notes come back unchanged, never mix, and a broken file is an empty one."""

from __future__ import annotations

import dataclasses

import pytest

from core.history import JobRecord
from core.launches import LaunchSettings
from core.money import Currency
from core.notes import (
    Notes,
    all_profiles,
    changed_profiles,
    load_notes,
    merge,
    notes_from_json,
    notes_to_json,
    save_notes,
)
from core.prices import load_prices
from core.problems import Problem
from core.providers import load_profiles

RECORD = JobRecord("openai", "ftjob-1", LaunchSettings("m"), "ab", created_at=1, launch="t1")
OTHER = dataclasses.replace(RECORD, job_id="ftjob-2", created_at=2, launch="t2")
FULL = Notes(
    (RECORD,),
    {"t1": 5.0},
    frozenset(["t0"]),
    tuple(load_profiles().values()),
    tuple(load_prices()),
    Currency("€", 0.9),
    12.5,
    {"azure": "https://me.openai.azure.com/openai/v1"},
    frozenset(["nebius"]),
)


@pytest.mark.parametrize("notes", [Notes(), FULL])
def test_notes_come_back_unchanged(notes, tmp_path):
    assert notes_from_json(notes_to_json(notes)) == notes
    file = tmp_path / "projects" / "x.json"
    assert save_notes(file, notes) == notes == load_notes(file)
    assert file.stat().st_mode & 0o077 == 0
    assert [one.name for one in file.parent.iterdir()] == ["x.json"]


def test_two_tabs_keep_each_others_jobs_and_launches(tmp_path):
    file = tmp_path / "x.json"
    save_notes(file, Notes((RECORD,), {"t1": 1.0}))
    newer = dataclasses.replace(OTHER, status="failed")
    merged = save_notes(file, Notes((newer,), {"t2": 2.0}, frozenset(["t9"])))
    assert merged.history == (newer, RECORD) and merged.launches == {"t1": 1.0, "t2": 2.0}
    assert save_notes(file, merged, "t2").launches == {"t1": 1.0} == load_notes(file).launches
    mine = dataclasses.replace(RECORD, status="succeeded")
    assert merge(merged, Notes((mine,))).history == (newer, mine)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", notes_to_json(FULL)[:-9]])
def test_a_broken_file_is_an_empty_one(data, tmp_path):
    file = tmp_path / "x.json"
    file.write_bytes(data)
    assert load_notes(file) == Notes() == load_notes(tmp_path / "none.json")
    with pytest.raises(Problem):
        notes_from_json(data)


def test_where_nothing_can_be_written_the_notes_stay_in_the_session(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    assert save_notes(blocked / "projects" / "x.json", FULL) == FULL


def test_only_profiles_that_differ_are_kept(monkeypatch):
    own = load_profiles()
    edited = dataclasses.replace(own["openai"], note="mine")
    added = dataclasses.replace(own["custom"], key="lab")
    session = {k: p for k, p in own.items() if k != "azure"} | {"openai": edited, "lab": added}
    changed, removed = changed_profiles(session)
    assert changed == (edited, added) and removed == {"azure"}
    assert all_profiles(changed, removed) == session and changed_profiles(own) == ((), frozenset())
    later = own | {"nebius": dataclasses.replace(own["nebius"], name="A new name")}
    monkeypatch.setattr("core.notes.load_profiles", lambda: dict(later))
    assert all_profiles(changed, removed)["nebius"].name == "A new name"
