"""The first step of the Dataset page: every choice that shapes a data set."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.figures.dataset import describe_seconds, gap_figure
from core.languages import LANGUAGES
from core.recipes import RECIPES
from core.settings import (
    DatasetSettings,
    Filters,
    Selection,
    Shape,
    SpeakerNames,
    SplitBy,
    Threads,
)
from core.statistics import gap_histogram
from core.turns import suggest_conversation_gap
from core.ui import state
from core.ui.dataset_mix import mix, voice

SPLITS: dict[SplitBy, str] = {
    "conversation": "by conversation",
    "time": "by time: train on the past",
}
SELECTIONS: dict[Selection, str] = {
    "all": "spread over the whole time",
    "first": "the oldest",
    "latest": "the latest",
    "random": "at random",
    "most_like_me": "the most typical of me",
}
SHAPES: dict[Shape, str] = {
    "pairs": "one reply each",
    "conversations": "whole conversations, only my turns learnt",
}
THREADS: dict[Threads, str] = {
    "join": "one long post",
    "sequence": "a sequence of turns",
    "separate": "single posts",
}
NAMES: dict[SpeakerNames, str] = {"auto": "in groups only", "always": "always", "never": "never"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def shape(mine: state.Session) -> None:
    """Draw the controls and keep what was chosen in the session."""
    settings = mine.settings
    left, right = st.columns(2, gap="large")
    with left:
        settings = _recipe(settings)
    with right:
        settings = voice(_split(settings))
    first, second = st.columns(2, gap="large")
    with first, st.expander("Bursts and silences", on_change="rerun", key="gaps_box") as box:
        if box.open:
            settings = _gaps(settings)
    with second, st.expander("What to leave out, how many to use"):
        settings = _filters(settings)
    mine.settings = settings


def _mix_box(settings: DatasetSettings) -> DatasetSettings:
    with st.expander("Mix several recipes or archives", on_change="rerun", key="mix_box") as box:
        return mix(settings) if box.open else settings


def _within(value: float, low: int, high: int) -> int:
    """A value out of a settings file, as far as the control goes."""
    return round(max(low, min(high, value)))


def _recipe(settings: DatasetSettings) -> DatasetSettings:
    recipes = ["auto", *(key for key in RECIPES if key != "ready")]
    recipe = st.selectbox(
        "Recipe",
        recipes,
        index=recipes.index(settings.recipe) if settings.recipe in recipes else 0,
        format_func=lambda key: "Choose for me" if key == "auto" else RECIPES[key].title,
        help="How a training example is made from your messages.",
        key=state.widget_key("recipe"),
    )
    if recipe != "auto":
        st.caption(RECIPES[recipe].description)
    settings = _mix_box(settings)
    if settings.mix:
        mixed = (f"{RECIPES[key].title} {share:.0%}" for key, share in settings.mix)
        st.caption(f"The mix is used instead: {', '.join(mixed)}.")
    used = {key for key, _ in settings.mix} or {recipe}
    changes: dict = {"recipe": recipe}
    if used & {"auto", "replies"}:
        changes |= _reply_options(settings)
    if "topics" in used:
        changes |= _topic_options(settings)
    if "entities" in used:
        changes |= _entity_options(settings)
    changes["system_prompt"] = st.text_area(
        "System prompt (optional)",
        settings.system_prompt,
        help="Goes in front of every example, and Compare sends the same one.",
        height=80,
        key=state.widget_key("system_prompt"),
    ).strip()
    changes["audience"] = st.toggle(
        "Say in the system prompt who is being talked to",
        settings.audience,
        help="So the model can write to your boss as you do, and to your sister as you do.",
        key=state.widget_key("audience"),
    )
    return replace(settings, **changes)


def _reply_options(settings: DatasetSettings) -> dict:
    buffer_size = st.slider(
        "Exchanges in each prompt, the current one included (buffer_size)",
        0,
        20,
        _within(settings.buffer_size, 0, 20),
        help="How much of the conversation the model sees before your reply. 1: only the message "
        "you answered. 0: nothing.",
        key=state.widget_key("buffer_size"),
    )
    left, right = st.columns(2)
    shape_ = left.selectbox(
        "Example",
        list(SHAPES),
        list(SHAPES).index(settings.shape),
        format_func=SHAPES.__getitem__,
        key=state.widget_key("shape"),
    )
    names = right.selectbox(
        "Name the speakers",
        list(NAMES),
        list(NAMES).index(settings.speaker_names),
        format_func=NAMES.__getitem__,
        key=state.widget_key("speaker_names"),
    )
    return {"buffer_size": buffer_size, "shape": shape_, "speaker_names": names}


def _topic_options(settings: DatasetSettings) -> dict:
    low, high = st.slider(
        "Topics in a prompt",
        1,
        3,
        (_within(settings.topic_count[0], 1, 3), _within(settings.topic_count[1], 1, 3)),
        help="A random number in this range, so that short prompts work later, too.",
        key=state.widget_key("topic_count"),
    )
    empty = st.slider(
        "Prompts left empty (%)",
        0,
        50,
        _within(settings.empty_prompt_share * 100, 0, 50),
        5,
        key=state.widget_key("empty_prompts"),
    )
    blank = st.toggle(
        "Use texts without a topic with an empty prompt",
        settings.topicless == "blank",
        help="Otherwise they are left out, and counted.",
        key=state.widget_key("topicless"),
    )
    return {
        "topic_count": (int(low), int(high)),
        "empty_prompt_share": empty / 100,
        "topicless": "blank" if blank else "leave_out",
    }


def _entity_options(settings: DatasetSettings) -> dict:
    return {
        "entity_time": st.toggle(
            "Time in the prompt", settings.entity_time, key=state.widget_key("entity_time")
        ),
        "entity_author": st.toggle(
            "Author in the prompt", settings.entity_author, key=state.widget_key("entity_author")
        ),
        "entity_completion": "filled"
        if st.toggle(
            "Fill in the names that the rules find",
            settings.entity_completion == "filled",
            help="Off: completions stay empty, to be filled in by hand.",
            key=state.widget_key("entity_completion"),
        )
        else "empty",
    }


def _split(settings: DatasetSettings) -> DatasetSettings:
    split_by = st.segmented_control(
        "Split",
        list(SPLITS),
        default=settings.split_by,
        required=True,
        format_func=SPLITS.__getitem__,
        help="Which examples are kept aside. Parts of one conversation never land on both sides.",
        key=state.widget_key("split_by"),
    )
    held_out = st.slider(
        "Held out to judge the voice (%)",
        5,
        40,
        _within(settings.held_out_share * 100, 5, 40),
        5,
        help="Writing that no model sees in training, to compare with at the end.",
        key=state.widget_key("held_out"),
    )
    validation = st.slider(
        "Validation (%)",
        0,
        30,
        _within(settings.validation_share * 100, 0, 30),
        5,
        help="Measured during training to find the best checkpoint; not learnt from.",
        key=state.widget_key("validation"),
    )
    seed = st.number_input(
        "Seed",
        0,
        2**31 - 1,
        settings.seed,
        help="The same seed makes the same data set again.",
        key=state.widget_key("dataset_seed"),
    )
    return replace(
        settings,
        split_by=split_by,
        held_out_share=held_out / 100,
        validation_share=validation / 100,
        seed=int(seed),
    )


def _gaps(settings: DatasetSettings) -> DatasetSettings:
    mine, safe = state.session(), state.masked()
    merge_gap = st.number_input(
        "Merge messages sent within (seconds)",
        0,
        3600,
        _within(settings.merge_gap or 0, 0, 3600),
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
    return replace(settings, merge_gap=float(merge_gap), conversation_gap=gap, threads=threads)


def _filters(settings: DatasetSettings) -> DatasetSettings:
    filters = settings.filters
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
