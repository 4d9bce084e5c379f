"""The box on bursts and silences: what makes a turn, and what begins a new conversation."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.figures.dataset import describe_seconds, gap_figure
from core.settings import DatasetSettings, FollowUps, Threads
from core.statistics import gap_histogram
from core.turns import suggest_conversation_gap
from core.ui import state
from core.ui.controls import choice, limit, switch, within

JOINERS = {"\n": "a new line", " ": "a blank", ". ": "a full stop"}
FOLLOW_UPS: dict[FollowUps, str] = {
    "own": "an example of its own",
    "join": "part of the turn before",
    "leave_out": "left out",
}
THREADS: dict[Threads, str] = {
    "join": "one long post",
    "sequence": "a sequence of turns",
    "separate": "single posts",
}


def gaps(settings: DatasetSettings) -> DatasetSettings:
    mine, safe = state.session(), state.masked()
    timed = mine.remember("gap:timed", id(safe), lambda: bool(safe.frame["sent_at"].notna().any()))
    if timed:
        settings = _pauses(settings)
    else:
        st.caption("This archive has no times, so nothing is merged or cut by the clock.")
    threads = choice(st, "A thread of my own posts is", THREADS, settings.threads, "threads")
    left, right = st.columns(2)
    own = {settings.joiner: repr(settings.joiner)} if settings.joiner not in JOINERS else {}
    joiner = choice(left, "Between merged messages", own | JOINERS, settings.joiner, "joiner")
    longest = limit(
        right,
        "Longest turn (characters)",
        1,
        100_000,
        settings.max_turn_chars,
        "max_turn_chars",
        "A burst does not grow beyond this; what follows begins another turn.",
    )
    follow_ups = choice(
        left,
        "A second thought of mine, unanswered yet",
        FOLLOW_UPS,
        settings.follow_ups,
        "follow_ups",
        "After a pause you went on although nobody had answered.",
    )
    openers = switch(
        "Learn how I begin conversations",
        settings.openers,
        "openers",
        "Nobody said anything before, so the prompt is blank.",
    )
    follow_replies = switch(
        "Follow explicit replies",
        settings.follow_replies,
        "follow_replies",
        "An answer to an older message is shown with that message.",
    )
    return replace(
        settings,
        threads=threads,
        joiner=joiner,
        max_turn_chars=longest,
        follow_ups=follow_ups,
        openers=openers,
        follow_replies=follow_replies,
    )


def _pauses(settings: DatasetSettings) -> DatasetSettings:
    """What is merged and what is cut, with the plot of all pauses."""
    mine, safe = state.session(), state.masked()
    merge_gap = st.number_input(
        "Merge messages sent within (seconds)",
        0,
        3600,
        within(settings.merge_gap or 0, 0, 3600),
        help="Several messages in a row by one person become one turn.",
        key=state.widget_key("merge_gap"),
    )
    suggested = mine.remember(
        "gap:suggested", id(safe), lambda: suggest_conversation_gap(safe.frame)
    )
    now = settings.conversation_gap
    hours = st.number_input(
        "A silence of this many hours starts a new conversation",
        0.0,
        2000.0,
        None if now is None else min(now / 3600, 2000.0),
        0.5,
        placeholder=f"auto: {describe_seconds(suggested)}, read off the plot",
        key=state.widget_key("conversation_gap"),
    )
    gap = hours * 3600 if hours else None
    cut = gap or suggested
    st.plotly_chart(
        mine.remember(
            "gap:figure",
            (id(safe), cut),
            lambda: gap_figure(gap_histogram(safe.frame, cut), cut),
        ),
        key="gap_figure",
        config={"displayModeBar": False},
        alt="Pauses between messages, with the cut between conversations",
    )
    return replace(settings, merge_gap=float(merge_gap), conversation_gap=gap)
