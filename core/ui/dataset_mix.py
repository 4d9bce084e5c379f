"""Whose voice is learnt, and mixes: several recipes or several archives in one data set."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.privacy import Masked
from core.readers import SOURCES
from core.recipes import RECIPES
from core.settings import DatasetSettings
from core.sources import own_sources
from core.ui import state

#: A person with fewer messages than this is not offered to be learnt.
FEWEST_MESSAGES = 20


def voice(settings: DatasetSettings) -> DatasetSettings:
    """Me, or another person of the archive who agreed."""
    mine, safe = state.session(), state.masked()
    people = mine.remember("voice:people", (id(safe), safe.me), lambda: _people(safe))
    if not people:
        return replace(settings, clone=(), consent=False)
    options = ["", *people]
    chosen = settings.clone[0] if settings.clone else ""
    name = st.selectbox(
        "Learn the voice of",
        options,
        index=options.index(chosen) if chosen in options else 0,
        format_func=lambda one: people[one] if one else "me",
        help="Usually your own. Another person has to agree first.",
        key=state.widget_key("clone"),
    )
    if not name:
        return replace(settings, clone=(), consent=False)
    consent = st.checkbox(
        f"{people[name]} knows about this and agreed to it",
        settings.consent and name == chosen,
        key=state.widget_key(f"consent_{options.index(name)}"),
    )
    return replace(settings, clone=(name,), consent=consent)


def _people(safe: Masked) -> dict[str, str]:
    """Other people who wrote enough: the name in the data set -> what the visitor calls them."""
    counts = safe.frame["author"].value_counts()
    real = {made_up: name for name, made_up in safe.map.authors.items()}
    return {
        str(name): real.get(str(name), str(name))
        for name, count in counts.items()
        if count >= FEWEST_MESSAGES and name not in safe.me
    }


def mix(settings: DatasetSettings) -> DatasetSettings:
    """Several recipes, several archives, each with a share."""
    known = [key for key in RECIPES if key != "ready"]
    before = dict(settings.mix)
    chosen = st.multiselect(
        "Recipes to mix",
        known,
        [key for key in before if key in known],
        format_func=lambda key: RECIPES[key].title,
        placeholder="Only the recipe above",
        help="Each answer is used once, by one of these recipes.",
        key=state.widget_key("mix"),
    )
    if len(chosen) == 1:
        st.caption("Choose at least two to mix.")
    shares = (
        tuple((key, _share(f"mix_{key}", RECIPES[key].title, before.get(key))) for key in chosen)
        if len(chosen) > 1
        else ()
    )
    return _archives(replace(settings, mix=_as_shares(shares)))


def _archives(settings: DatasetSettings) -> DatasetSettings:
    mine, safe = state.session(), state.masked()
    assert mine.archive is not None
    if mine.archive.source != "several":
        return replace(settings, archive_shares=())
    names = settings.clone or safe.me
    sources = mine.remember(
        "voice:sources", (id(safe), names), lambda: own_sources(safe.frame, names)
    )
    if len(sources) < 2:
        return replace(settings, archive_shares=())
    before = dict(settings.archive_shares)
    balance = st.toggle(
        "Choose how much comes from each archive",
        bool(before),
        help="Otherwise everything is used. With shares, the fuller archives are used in part.",
        key=state.widget_key("balance"),
    )
    if not balance:
        return replace(settings, archive_shares=())
    total = sum(sources.values())
    shares = tuple(
        (key, _share(f"share_{key}", _title(key), before.get(key, count / total)))
        for key, count in sources.items()
    )
    return replace(settings, archive_shares=_as_shares(shares))


def _title(key: str) -> str:
    source = key.rstrip(":")
    return SOURCES.get(source, source)


def _share(key: str, label: str, before: float | None) -> int:
    usual = 50 if before is None else max(1, min(100, round(before * 100)))
    return st.slider(f"Share of: {label}", 1, 100, usual, key=state.widget_key(key))


def _as_shares(chosen: tuple[tuple[str, int], ...]) -> tuple[tuple[str, float], ...]:
    """Slider values as shares that sum to 1."""
    total = sum(value for _, value in chosen)
    return tuple((key, round(value / total, 4)) for key, value in chosen)
