"""What a project keeps between visits: its jobs, its own prices and providers, its budget.

One small JSON file per visitor on the machine that runs the app. It holds hashes, settings and
numbers: no message, no key, no file.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.history import JobRecord, history_from_json, history_to_json, upsert
from core.money import DOLLARS, Currency
from core.prices import ModelPrice, load_prices, prices_to_toml
from core.problems import Problem
from core.providers import (
    Profile,
    check_base_url,
    load_profiles,
    parse_profiles,
    profiles_to_toml,
)

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Notes:
    """A project's notes.

    ``launches`` maps the token of a launch that was sent to when it was (seconds since 1970);
    those in ``given_up`` never made a job, as far as the person could see. ``profiles`` are those
    that were edited or added, so that the others follow the app's own.
    """

    history: tuple[JobRecord, ...] = ()
    launches: dict[str, float] = field(default_factory=dict)
    given_up: frozenset[str] = frozenset()
    profiles: tuple[Profile, ...] = ()
    prices: tuple[ModelPrice, ...] = ()
    currency: Currency = DOLLARS
    budget: float | None = None
    base_urls: dict[str, str] = field(default_factory=dict)
    removed_profiles: frozenset[str] = frozenset()


def load_notes(file: Path) -> Notes:
    """The notes in ``file``; empty ones where there is none or it cannot be read."""
    try:
        return notes_from_json(file.read_bytes())
    except (OSError, Problem):
        return Notes()


def save_notes(file: Path, notes: Notes, settled: str = "") -> Notes:
    """Write the notes, together with jobs and launches that another tab has written meanwhile.

    Of the launch ``settled`` it is known what became of it: it is left out. Returns what was written. Where the disk cannot be written to, that is ``notes`` unsaved.
    """
    with _lock:
        merged = merge(load_notes(file), notes)
        merged.launches.pop(settled, None)
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, temporary = tempfile.mkstemp(dir=file.parent)  # readable by the owner only
            with os.fdopen(number, "wb") as target:
                target.write(notes_to_json(merged))
            Path(temporary).replace(file)
        except OSError:
            return notes
        return merged


def changed_profiles(profiles: dict[str, Profile]) -> tuple[tuple[Profile, ...], frozenset[str]]:
    """The profiles that are not the app's own, and the keys of its own that are missing."""
    own = load_profiles()
    changed = tuple(one for key, one in profiles.items() if one != own.get(key))
    return changed, frozenset(own.keys() - profiles.keys())


def all_profiles(changed: Sequence[Profile], removed: Collection[str]) -> dict[str, Profile]:
    """The app's own profiles as they are now, with what ``changed_profiles`` kept."""
    both = load_profiles() | {profile.key: profile for profile in changed}
    return {key: profile for key, profile in both.items() if key not in removed}


def merge(stored: Notes, notes: Notes) -> Notes:
    """``notes`` with the jobs and launches that only ``stored`` knows."""
    known = {(record.provider, record.job_id) for record in notes.history}
    history: Sequence[JobRecord] = notes.history
    for record in stored.history:
        if (record.provider, record.job_id) not in known:
            history = upsert(history, record)
    return dataclasses.replace(
        notes,
        history=tuple(history),
        launches=stored.launches | notes.launches,
        given_up=stored.given_up | notes.given_up,
    )


def notes_to_json(notes: Notes) -> bytes:
    """Notes as JSON; ``notes_from_json`` reads them back unchanged."""
    return json.dumps(
        {
            "kind": "soundalike notes",
            "version": 1,
            "history": json.loads(history_to_json(notes.history)),
            "launches": notes.launches,
            "given_up": sorted(notes.given_up),
            "profiles": profiles_to_toml(notes.profiles),
            "prices": prices_to_toml(notes.prices),
            "currency": dataclasses.asdict(notes.currency),
            "budget": notes.budget,
            "base_urls": notes.base_urls,
            "removed_profiles": sorted(notes.removed_profiles),
        }
    ).encode()


def notes_from_json(data: bytes) -> Notes:
    """Notes from JSON.

    Raises:
        Problem: it is something else.
    """
    try:
        body = json.loads(data)
        prices, profiles = body["prices"].strip(), body["profiles"].strip()
        budget = body["budget"]
        return Notes(
            tuple(history_from_json(json.dumps(body["history"]).encode())),
            {str(token): float(at) for token, at in body["launches"].items()},
            frozenset(map(str, body["given_up"])),
            tuple(parse_profiles(profiles).values()) if profiles else (),
            tuple(load_prices(prices)) if prices else (),
            Currency(**body["currency"]),
            None if budget is None else float(budget),
            {str(key): check_base_url(url) for key, url in body["base_urls"].items()},
            frozenset(map(str, body.get("removed_profiles", []))),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem("The notes of this project cannot be read.") from error
