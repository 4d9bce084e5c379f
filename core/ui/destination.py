"""Whom the data set is for: its rules are checked, and its files are written as it takes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.formats import Form
from core.limits import Limits
from core.openweights.bases import LONGEST_ROW, SUGGESTIONS, short_name
from core.providers.profiles import load_elsewhere
from core.ui import open_weights
from core.ui.clients import profile, profiles
from core.ui.session import Session
from core.ui.visit import session


@dataclass(frozen=True, slots=True)
class Destination:
    """A trainer, its rules, and whether its files begin with a byte-order mark."""

    key: str
    name: str
    limits: Limits
    bom: bool = False

    @property
    def form(self) -> Form:
        """How a file tells this trainer which answers to learn."""
        return "completions" if self.limits.weights is False else "weights"


def destinations() -> dict[str, Destination]:
    """Everybody whose rules are known: providers that train here, open weights, and others."""
    found = [
        Destination(one.key, one.name, _named(one.limits, one.is_embedded), one.bom)
        for one in profiles().values()
        if one.trains
    ]
    found += [_open(name) for name in open_weights.names()]
    found += [Destination(one.key, one.name, one.limits) for one in load_elsewhere() if one.rules]
    return {one.key: one for one in found}


def destination() -> Destination:
    """The chosen one, as long as the provider in the sidebar is the same; else that provider.

    Where that one only answers chats, it is the first that trains: this machine.
    """
    mine = session()
    before, key = mine.destination
    known = destinations()
    if before == mine.provider and key in known:
        return known[key]
    chosen = profile()
    first = next(iter(known.values()), Destination(chosen.key, chosen.name, chosen.limits))
    return known.get(chosen.key, first)


def choose_destination(mine: Session) -> Destination:
    """Draw the choice and keep it; the provider in the sidebar stays as it is."""
    now = destination()
    known = destinations() or {now.key: now}
    key = st.selectbox(
        "Check it for",
        list(known),
        list(known).index(now.key),
        format_func=lambda one: known[one].name,
        help="Every trainer has rules of its own. The files below are written for this one; where "
        "you train is chosen in the sidebar.",
        key=f"destination_{mine.provider}",
    )
    mine.destination = (mine.provider, key)
    return known[key]


def _named(limits: Limits, embedded: bool) -> Limits:
    return replace(limits, name="the trainer on this machine") if embedded else limits


def _open(name: str) -> Destination:
    """An open-weight base: as long as a row may be here, or the base's own context."""
    context = next((one.context for one in SUGGESTIONS if one.name == name), LONGEST_ROW)
    limits = Limits(
        name=short_name(name),
        min_examples=10,
        max_tokens=min(LONGEST_ROW, context),
        longer="beginning cut",
        weights=True,
        empty_content=True,
        source="core/openweights",
    )
    return Destination(f"open:{name}", f"{short_name(name)}, on this machine", limits)
