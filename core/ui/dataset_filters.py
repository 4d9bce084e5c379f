"""The box on what to leave out, and how many examples to use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import islice

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.languages import LANGUAGES
from core.privacy import Masked
from core.settings import DatasetSettings, Filters, Selection
from core.ui import state
from core.ui.controls import choice, limit, several, switch

SELECTIONS: dict[Selection, str] = {
    "all": "spread over the whole time",
    "first": "the oldest",
    "latest": "the latest",
    "random": "at random",
    "most_like_me": "the most typical of me",
}
#: People or conversations in one list; of more, those that a search finds.
MOST_LISTED = 500
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def filters_box(mine: state.Session, settings: DatasetSettings) -> DatasetSettings:
    """Everything that takes messages or answers out, and the number of examples."""
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
    longest = limit(
        right, "Longest answer (characters)", 1, 100_000, filters.max_chars, "max_chars"
    )
    repeats = limit(
        left,
        "Keep an identical reply at most (times)",
        1,
        1000,
        filters.max_repeats,
        "max_repeats",
        '"ok", "yes", "haha": they are voice, but not five hundred times.',
    )
    if _whole_period(mine) is not None:
        filters = _times(right, filters)
    near = switch("Leave out near copies of longer answers", filters.near_duplicates, "near_copies")
    unseen = switch(
        "Use replies to posts that are not in the archive",
        filters.unseen_replies,
        "unseen_replies",
        "What you answered is unknown, so the prompt would be blank.",
    )
    links = switch("Use answers that are only a link", filters.link_only, "link_only")
    forwarded = switch("Use forwarded and quoted text", filters.forwarded, "forwarded")
    momentary = switch(
        "Use answers that are right only in their moment",
        filters.momentary,
        "momentary",
        '"on my way", "at 7:30", "outside".',
    )
    languages = several(
        st, "Only conversations in", LANGUAGES, filters.languages, "languages", "every language"
    )
    filters = _left_out(mine, filters)
    if filters.since or filters.until:
        first = f"{filters.since:%d %b %Y}" if filters.since else "the beginning"
        last = f"{filters.until:%d %b %Y}" if filters.until else "the end"
        st.caption(f"Only messages from {first} until before {last}, by your settings file.")
    left, right = st.columns(2)
    selection = choice(
        left, "If there are too many, keep", SELECTIONS, settings.selection, "selection"
    )
    most = limit(right, "Most examples", 10, 1_000_000, settings.max_examples, "most")
    chosen: Filters = replace(
        filters,
        min_chars=int(shortest),
        max_chars=longest,
        max_repeats=repeats,
        near_duplicates=near,
        unseen_replies=unseen,
        link_only=links,
        forwarded=forwarded,
        momentary=momentary,
        languages=languages,
    )
    return replace(settings, filters=chosen, selection=selection, max_examples=most)


def _times(right: DeltaGenerator, filters: Filters) -> Filters:
    """Hours of the day and days of the week."""
    begin, end = filters.hours or (0, 24)
    if end and begin > end:  # around midnight, by a settings file: no slider shows that
        st.caption(f"Only messages from {begin}:00 to {end}:00, by your settings file.")
        hours = filters.hours
    else:
        chosen = right.slider(
            "Hours of the day", 0, 24, (begin, end or 24), key=state.widget_key("filter_hours")
        )
        hours = None if tuple(chosen) == (0, 24) else (int(chosen[0]), int(chosen[1]) % 24)
    days = st.pills(
        "Days",
        list(range(7)),
        selection_mode="multi",
        default=list(filters.weekdays) or list(range(7)),
        format_func=DAYS.__getitem__,
        key=state.widget_key("weekdays"),
    )
    weekdays = () if len(days) in (0, 7) else tuple(sorted(days))
    return replace(filters, hours=hours, weekdays=weekdays)


def _whole_period(mine: state.Session) -> tuple[date, date] | None:
    """The first and the last day of the archive; None where it has no times."""
    safe = state.masked()
    return mine.remember("period:whole", id(safe), lambda: _days(safe.frame))


def _period(mine: state.Session) -> None:
    """The first and the last day used; the same choice as on the Upload page."""
    whole = _whole_period(mine)
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
            {key: titles.get(key, key) for key in _most_first(safe.frame["conversation"])},
        ),
    )
    authors: tuple[str, ...] = ()
    conversations: tuple[str, ...] = ()
    if len(people) > 1:
        authors = _find_and_choose(
            "Leave out what these people wrote",
            people,
            filters.without_authors,
            "without_authors",
            "nobody",
            "As if they had written nothing: their messages are in no prompt.",
        )
    if len(talks) > 1:
        conversations = _find_and_choose(
            "Leave out these conversations",
            talks,
            filters.without_conversations,
            "without_conversations",
            "none",
        )
    return replace(filters, without_authors=authors, without_conversations=conversations)


def _find_and_choose(
    label: str,
    names: dict[str, str],
    now: tuple[str, ...],
    key: str,
    nothing: str,
    help: str | None = None,
) -> tuple[str, ...]:
    """Any of many names, the most frequent first; a search above the list where it is too long."""
    if len(names) <= MOST_LISTED:
        return several(st, label, names, now, key, nothing, help)
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    search = left.text_input(
        f"Find among {len(names):,}",
        placeholder="part of a name",
        help=f"The list beside this has the {MOST_LISTED} with the most messages; with a search, "
        "those that contain it.",
        key=state.widget_key(f"find_{key}"),
    )
    chosen = st.session_state.get(state.widget_key(key), now)
    listed = listed_names(names, search, chosen)
    return several(right, label, listed, now, key, nothing, help)


def listed_names(names: dict[str, str], search: str, chosen: Iterable[str]) -> dict[str, str]:
    """The names to list: those chosen, and the first 500 that contain what is searched for."""
    wanted = search.casefold().strip()
    found = (key for key, name in names.items() if wanted in name.casefold())
    keys = [key for key in chosen if key in names]
    return {key: names[key] for key in dict.fromkeys([*keys, *islice(found, MOST_LISTED)])}


def _others(safe: Masked, voice: tuple[str, ...]) -> dict[str, str]:
    """Everybody but those whose voice is learnt: the name in the data set -> the real one."""
    real = {made_up: name for name, made_up in safe.map.authors.items()}
    names = (name for name in _most_first(safe.frame["author"]) if name not in voice)
    return {name: real.get(name, name) for name in names}


def _most_first(column: pd.Series) -> list[str]:
    """The values of a column, the most frequent first."""
    counts = column.dropna().astype("str").value_counts()
    return [str(one) for one in counts[counts > 0].index]
