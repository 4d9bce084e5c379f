"""One visit: the session in Streamlit's state, begun with what earlier visits wrote down."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

import streamlit as st

from core.kept_edits import folder_of as edits_folder_of
from core.kept_edits import forget_kept
from core.notes import Notes, all_profiles, changed_profiles, load_notes, save_notes
from core.providers import load_profiles
from core.ui.session import Session
from core.ui.shared import engine, engine_folder, judge_runs
from core.voice.kept import folder_of, forget_run

SESSION_KEY = "soundalike"
VISITOR_COOKIE = "soundalike_visitor"


def session() -> Session:
    """This visitor's session, made on first use."""
    if SESSION_KEY not in st.session_state:
        visitor = st.context.cookies.get(VISITOR_COOKIE, "")
        if not (len(visitor) == 43 and visitor.replace("-", "").replace("_", "").isalnum()):
            visitor = secrets.token_urlsafe(32)
        st.session_state[SESSION_KEY] = Session(visitor=visitor)
        _read_notes(st.session_state[SESSION_KEY])
        place = st.query_params.get("at", "")  # a job in the address: follow it where it runs
        if place in (st.session_state[SESSION_KEY].profiles or load_profiles()):
            st.session_state[SESSION_KEY].provider = place
    return st.session_state[SESSION_KEY]


def _notes_file(mine: Session) -> Path:
    name = hashlib.sha256(f"notes {mine.visitor}".encode()).hexdigest()[:32]
    return engine_folder() / "projects" / f"{name}.json"


def _read_notes(mine: Session) -> None:
    """Take what this visitor's project kept from earlier visits into the session."""
    _take(mine, load_notes(_notes_file(mine)))


def _take(mine: Session, notes: Notes) -> None:
    mine.history = list(notes.history)
    mine.launches, mine.given_up = dict(notes.launches), set(notes.given_up)
    mine.profiles = all_profiles(notes.profiles, notes.removed_profiles)
    mine.prices = notes.prices or None
    mine.currency, mine.budget = notes.currency, notes.budget
    mine.base_urls = dict(notes.base_urls)


def keep_notes(mine: Session, settled: str = "") -> None:
    """Write this visitor's jobs, prices, providers and budget down for the next visit.

    Touches no Streamlit state: a script that the visitor has left behind ends where it does that,
    and what a job was must be written down before.

    Args:
        settled: token of a launch of which it is known now whether it made a job.
    """
    changed, removed = changed_profiles(mine.profiles or load_profiles())
    notes = Notes(
        tuple(mine.history),
        mine.launches,
        frozenset(mine.given_up),
        changed,
        mine.prices or (),
        mine.currency,
        mine.budget,
        dict(mine.base_urls),
        removed,
    )
    merged = save_notes(_notes_file(mine), notes, settled)
    mine.history = list(merged.history)
    mine.launches, mine.given_up = dict(merged.launches), set(merged.given_up)


def widget_key(name: str) -> str:
    """Key of a control that shows a setting: a new one once settings were loaded from a file.

    A control keeps what it shows as long as its key stays, whatever its default becomes.
    """
    number = session().settings_round
    return f"{name}_{number}" if number else name


def has_session() -> bool:
    """Whether the entry script has run for this visitor."""
    return SESSION_KEY in st.session_state


def judge_folder() -> Path:
    """Where this visitor's judge run is kept, beside the engine's files."""
    return folder_of(engine().folder, session().visitor)


def edits_folder() -> Path:
    """Where this visitor's changes by hand are kept, beside the engine's files."""
    return edits_folder_of(engine_folder(), session().visitor)


def forget_everything() -> None:
    """Delete this visitor's files and models on this machine, then the whole session.

    A new visitor token goes into the browser's cookie, so that nothing leads back.
    """
    judge_runs().stop(session().visitor, seconds=10)
    forget_run(judge_folder())
    forget_kept(edits_folder())
    engine().forget(session().visitor)
    _notes_file(session()).unlink(missing_ok=True)
    for key in list(st.session_state):
        del st.session_state[key]
    st.query_params.clear()
    st.session_state[SESSION_KEY] = Session(visitor=secrets.token_urlsafe(32))
