"""The boxes of the first step: bursts and silences, what to leave out, how many to use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from core.figures.dataset import describe_seconds, gap_figure
from core.languages import LANGUAGES
from core.privacy import Masked
from core.settings import DatasetSettings, Filters, FollowUps, Selection, Threads
from core.statistics import gap_histogram
from core.turns import suggest_conversation_gap
from core.ui import state

JOINERS = {"\n": "a new line", " ": "a blank", ". ": "a full stop"}
FOLLOW_UPS: dict[FollowUps, str] = {
    "own": "an example of its own",
    "join": "part of the turn before",
    "leave_out": "left out",
}
SELECTIONS: dict[Selection, str] = {
    "all": "spread over the whole time",
    "first": "the oldest",
    "latest": "the latest",
    "random": "at random",
    "most_like_me": "the most typical of me",
}
THREADS: dict[Threads, str] = {
    "join": "one long post",
    "sequence": "a sequence of turns",
    "separate": "single posts",
}
#: People or conversations offered; a longer list could not be looked through.
MOST_TALKS = 500
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def within(value: float, low: int, high: int) -> int:
    """A value out of a settings file, as far as the control goes."""
    return round(max(low, min(high, value)))


def gaps(settings: DatasetSettings) -> DatasetSettings:
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
    hours = st.number_input(
        "A silence of this many hours starts a new conversation",
        0.0,
        2000.0,
        None
        if settings.conversation_gap is None
        else min(settings.conversation_gap / 3600, 2000.0),
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
    threads = st.selectbox(
        "A thread of my own posts is",
        list(THREADS),
        list(THREADS).index(settings.threads),
        format_func=THREADS.__getitem__,
        key=state.widget_key("threads"),
    )
    left, right = st.columns(2)
    joiner = left.selectbox(
        "Between merged messages",
        list(JOINERS) if settings.joiner in JOINERS else [settings.joiner, *JOINERS],
        list(JOINERS).index(settings.joiner) if settings.joiner in JOINERS else 0,
        format_func=lambda one: JOINERS.get(one, repr(one)),
        key=state.widget_key("joiner"),
    )
    longest = right.number_input(
        "Longest turn (characters)",
        1,
        100_000,
        settings.max_turn_chars,
        placeholder="no limit",
        help="A burst does not grow beyond this; what follows begins another turn.",
        key=state.widget_key("max_turn_chars"),
    )
    follow_ups = left.selectbox(
        "A second thought of mine, unanswered yet",
        list(FOLLOW_UPS),
        list(FOLLOW_UPS).index(settings.follow_ups),
        format_func=FOLLOW_UPS.__getitem__,
        help="After a pause you went on although nobody had answered.",
        key=state.widget_key("follow_ups"),
    )
    openers = st.toggle(
        "Learn how I begin conversations",
        settings.openers,
        help="Nobody said anything before, so the prompt is blank.",
        key=state.widget_key("openers"),
    )
    follow_replies = st.toggle(
        "Follow explicit replies",
        settings.follow_replies,
        help="An answer to an older message is shown with that message.",
        key=state.widget_key("follow_replies"),
    )
    return replace(
        settings,
        merge_gap=float(merge_gap),
        conversation_gap=gap,
        threads=threads,
        joiner=joiner,
        max_turn_chars=int(longest) if longest else None,
        follow_ups=follow_ups,
        openers=openers,
        follow_replies=follow_replies,
    )


def _period(mine: state.Session) -> None:
    """The first and the last day used; the same choice as on the Upload page."""
    safe = state.masked()
    whole = mine.remember("period:whole", id(safe), lambda: _days(safe.frame))
    if whole is None:
        return
    shown = mine.period or whole
    chosen = st.date_input(
        "Only messages from this period",
        (max(shown[0], whole[0]), min(shown[1], whole[1])),
        whole[0],
        whole[1],
        key=f"{state.widget_key('dataset_period')}_{shown[0]}_{shown[1]}",
    )
    if len(chosen) == 2:
        mine.period = None if tuple(chosen) == whole else (chosen[0], chosen[1])


def _days(table: pd.DataFrame) -> tuple[date, date] | None:
    when = table["sent_at"].dropna()
    return (when.min().date(), when.max().date()) if len(when) else None


def _left_out(mine: state.Session, filters: Filters) -> Filters:
    """People and conversations to leave out, where there is more than one."""
    assert mine.archive is not None
    safe, titles = state.masked(), mine.archive.titles
    people, talks = mine.remember(
        "filters:people_and_talks",
        (id(safe), mine.settings.clone),
        lambda: (
            _others(safe, mine.settings.clone or safe.me),
            _most_first(safe.frame["conversation"]),
        ),
    )
    authors: list[str] = []
    conversations: list[str] = []
    if len(people) > 1:
        authors = st.multiselect(
            "Leave out what these people wrote",
            list(people),
            [name for name in filters.without_authors if name in people],
            format_func=people.__getitem__,
            placeholder="nobody",
            help="As if they had written nothing: their messages are in no prompt.",
            key=state.widget_key("without_authors"),
        )
    if len(talks) > 1:
        conversations = st.multiselect(
            "Leave out these conversations",
            talks,
            [key for key in filters.without_conversations if key in talks],
            format_func=lambda key: titles.get(key, key),
            placeholder="none",
            help=f"The {MOST_TALKS} with the most messages can be chosen."
            if len(talks) == MOST_TALKS
            else None,
            key=state.widget_key("without_conversations"),
        )
    return replace(
        filters, without_authors=tuple(authors), without_conversations=tuple(conversations)
    )


def _others(safe: Masked, voice: tuple[str, ...]) -> dict[str, str]:
    """Everybody but those whose voice is learnt: the name in the data set -> the real one."""
    real = {made_up: name for name, made_up in safe.map.authors.items()}
    names = (name for name in _most_first(safe.frame["author"]) if name not in voice)
    return {name: real.get(name, name) for name in names}


def _most_first(column: pd.Series) -> list[str]:
    """The values of a column, the most frequent first, at most 500."""
    counts = column.dropna().astype("str").value_counts()
    return [str(one) for one in counts[counts > 0].index[:MOST_TALKS]]


def filters_box(mine: state.Session, settings: DatasetSettings) -> DatasetSettings:
    filters = settings.filters
    if not (filters.since or filters.until):
        _period(mine)
    left, right = st.columns(2)
    shortest = left.number_input(
        "Shortest answer (characters)",
        1,
        1000,
        filters.min_chars,
        key=state.widget_key("min_chars"),
    )
    longest = right.number_input(
        "Longest answer (characters)",
        1,
        100_000,
        filters.max_chars,
        placeholder="no limit",
        key=state.widget_key("max_chars"),
    )
    repeats = left.number_input(
        "Keep an identical reply at most (times)",
        1,
        1000,
        filters.max_repeats,
        placeholder="no limit",
        help='"ok", "yes", "haha": they are voice, but not five hundred times.',
        key=state.widget_key("max_repeats"),
    )
    day_hours = right.slider(
        "Hours of the day", 0, 24, filters.hours or (0, 24), key=state.widget_key("filter_hours")
    )
    weekdays = st.pills(
        "Days",
        list(range(7)),
        selection_mode="multi",
        default=list(filters.weekdays) or list(range(7)),
        format_func=DAYS.__getitem__,
        key=state.widget_key("weekdays"),
    )
    near = st.toggle(
        "Leave out near copies of longer answers",
        filters.near_duplicates,
        key=state.widget_key("near_copies"),
    )
    unseen = st.toggle(
        "Use replies to posts that are not in the archive",
        filters.unseen_replies,
        help="What you answered is unknown, so the prompt would be blank.",
        key=state.widget_key("unseen_replies"),
    )
    links = st.toggle(
        "Use answers that are only a link", filters.link_only, key=state.widget_key("link_only")
    )
    forwarded = st.toggle(
        "Use forwarded and quoted text", filters.forwarded, key=state.widget_key("forwarded")
    )
    momentary = st.toggle(
        "Use answers that are right only in their moment",
        filters.momentary,
        help='"on my way", "at 7:30", "outside".',
        key=state.widget_key("momentary"),
    )
    languages = st.multiselect(
        "Only conversations in",
        list(LANGUAGES),
        [code for code in filters.languages if code in LANGUAGES],
        format_func=LANGUAGES.__getitem__,
        placeholder="every language",
        key=state.widget_key("languages"),
    )
    filters = _left_out(mine, filters)
    if filters.since or filters.until:
        first = f"{filters.since:%d %b %Y}" if filters.since else "the beginning"
        last = f"{filters.until:%d %b %Y}" if filters.until else "the end"
        st.caption(f"Only messages from {first} until before {last}, by your settings file.")
    selection = left.selectbox(
        "If there are too many, keep",
        list(SELECTIONS),
        list(SELECTIONS).index(settings.selection),
        format_func=SELECTIONS.__getitem__,
        key=state.widget_key("selection"),
    )
    most = right.number_input(
        "Most examples",
        10,
        1_000_000,
        settings.max_examples,
        placeholder="no limit",
        key=state.widget_key("most"),
    )
    chosen: Filters = replace(
        filters,
        min_chars=int(shortest),
        max_chars=int(longest) if longest else None,
        max_repeats=int(repeats) if repeats else None,
        hours=None if tuple(day_hours) == (0, 24) else (int(day_hours[0]), int(day_hours[1]) % 24),
        weekdays=() if len(weekdays) in (0, 7) else tuple(sorted(weekdays)),
        near_duplicates=near,
        unseen_replies=unseen,
        link_only=links,
        forwarded=forwarded,
        momentary=momentary,
        languages=tuple(languages),
    )
    return replace(
        settings,
        filters=chosen,
        selection=selection,
        max_examples=int(most) if most else None,
    )
