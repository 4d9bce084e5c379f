"""The first step of the Dataset page: every choice that shapes a data set."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.recipes import RECIPES
from core.settings import (
    DatasetSettings,
    Shape,
    SpeakerNames,
    SplitBy,
)
from core.split import usual_validation
from core.turns import written
from core.ui import state
from core.ui.controls import choice, switch, within
from core.ui.dataset_filters import filters_box
from core.ui.dataset_gaps import gaps
from core.ui.dataset_mix import mix, voice

SPLITS: dict[SplitBy, str] = {
    "conversation": "by conversation",
    "time": "by time: train on the past",
}
#: What "by conversation" is called where every text stands alone.
AT_RANDOM = "at random"
SHAPES: dict[Shape, str] = {
    "pairs": "one reply each",
    "conversations": "whole conversations, only my turns learnt",
}
NAMES: dict[SpeakerNames, str] = {"auto": "in groups only", "always": "always", "never": "never"}


def shape(mine: state.Session) -> dict[str, DeltaGenerator]:
    """Draw the controls and keep what was chosen in the session.

    What a newcomer decides is in sight; everything else has a default and waits in a box. Returns
    a place under each box for what the data set has to say about it, by the keys of its advice.
    """
    places = {}
    settings = mine.settings
    left, right = st.columns(2, gap="large")
    with left:
        settings = _recipe(mine, settings)
    with right:
        settings = voice(_system(settings))
    first, second = st.columns(2, gap="large")
    with first:
        with st.expander("What to leave out, how many to use"):
            settings = filters_box(mine, settings)
        places["filters"] = st.container()
        settings = _mix_box(settings)
    with second:
        with st.expander("Validation and held-out writing"):
            settings = _split(mine, settings)
        places["split"] = st.container()
        with st.expander("Bursts and silences", on_change="rerun", key="gaps_box") as box:
            if box.open:
                settings = gaps(settings)
        places["gaps"] = st.container()
    if settings.mix:
        mixed = (f"{RECIPES[key].title} {share:.0%}" for key, share in settings.mix)
        st.caption(f"The mix is used instead of the recipe: {', '.join(mixed)}.")
    mine.settings = settings
    return places


def _mix_box(settings: DatasetSettings) -> DatasetSettings:
    with st.expander("Mix several recipes or archives", on_change="rerun", key="mix_box") as box:
        return mix(settings) if box.open else settings


def _recipe(mine: state.Session, settings: DatasetSettings) -> DatasetSettings:
    assert mine.archive is not None
    usual = "ready" if mine.archive.source == "ready" else "auto"
    recipes = [usual, *(key for key in RECIPES if key != "ready")]
    recipe = st.selectbox(
        "Recipe",
        recipes,
        index=recipes.index(settings.recipe) if settings.recipe in recipes else 0,
        format_func=lambda key: "Choose for me" if key == "auto" else RECIPES[key].title,
        help="How a training example is made from your messages.\n\n"
        + "\n".join(f"* **{one.title}**: {one.description}" for one in RECIPES.values()),
        key=state.widget_key("recipe"),
    )
    used = {key for key, _ in settings.mix} or {recipe}
    if "auto" in used:
        used = (used - {"auto"}) | {_automatic(mine, settings)}
    if not settings.mix:
        st.caption(RECIPES[next(iter(used))].description)
    changes: dict = {"recipe": recipe}
    if "replies" in used:
        changes |= _reply_options(settings)
    if "topics" in used:
        changes |= _topic_options(settings)
    if "entities" in used:
        changes |= _entity_options(settings)
    return replace(settings, **changes)


def _automatic(mine: state.Session, settings: DatasetSettings) -> str:
    """The recipe that "auto" comes to: replies if anybody else wrote something."""
    if settings.threads == "sequence":
        return "replies"
    return "blank_prompt" if _alone(mine, settings) else "replies"


def _alone(mine: state.Session, settings: DatasetSettings) -> bool:
    """Whether nobody else wrote anything in the archive."""
    safe = state.masked()
    voices = settings.clone or safe.me
    return mine.remember(
        "recipe:alone",
        (id(safe), voices),
        lambda: bool(safe.frame.loc[written(safe.frame), "author"].isin(list(voices)).all()),
    )


def _system(settings: DatasetSettings) -> DatasetSettings:
    key = state.widget_key("system_prompt")
    system_prompt = st.text_area(
        "System prompt (optional)",
        settings.system_prompt,
        help="Goes in front of every example, and Compare sends the same one.",
        height=80,
        key=key,
    ).strip()
    fitting = RECIPES[settings.recipe].suggested_system if settings.recipe in RECIPES else ""
    if fitting and not system_prompt:
        st.button(
            f"Use “{fitting}”",
            type="tertiary",
            icon=":material/add:",
            on_click=st.session_state.__setitem__,
            args=(key, fitting),
            key="suggested_system",
        )
    audience = switch(
        "Say in the system prompt who is being talked to",
        settings.audience,
        "audience",
        "So the model can write to your boss as you do, and to your sister as you do.",
    )
    return replace(settings, system_prompt=system_prompt, audience=audience)


def _reply_options(settings: DatasetSettings) -> dict:
    buffer_size = st.slider(
        "Exchanges in each prompt, the current one included (buffer_size)",
        0,
        20,
        within(settings.buffer_size, 0, 20),
        help="How much of the conversation the model sees before your reply. 1: only the message "
        "you answered. 0: nothing.",
        key=state.widget_key("buffer_size"),
    )
    left, right = st.columns(2)
    shape_ = choice(left, "One example is", SHAPES, settings.shape, "shape")
    names = choice(right, "Name the speakers", NAMES, settings.speaker_names, "speaker_names")
    chosen: dict = {"buffer_size": buffer_size, "shape": shape_, "speaker_names": names}
    if shape_ == "pairs" and buffer_size > 1:
        once = switch(
            "Learn only the last answer of each example",
            settings.context_weight == 0,
            "context_weight",
            "Your earlier answers in an example are context (weight 0). Off: they are learnt "
            "again each time they are shown.",
        )
        chosen["context_weight"] = 0 if once else None
    return chosen


def _topic_options(settings: DatasetSettings) -> dict:
    low, high = st.slider(
        "Topics in a prompt",
        1,
        3,
        (within(settings.topic_count[0], 1, 3), within(settings.topic_count[1], 1, 3)),
        help="A random number in this range, so that short prompts work later, too.",
        key=state.widget_key("topic_count"),
    )
    empty = st.slider(
        "Prompts left empty (%)",
        0,
        50,
        within(settings.empty_prompt_share * 100, 0, 50),
        5,
        key=state.widget_key("empty_prompts"),
    )
    blank = switch(
        "Use texts without a topic with an empty prompt",
        settings.topicless == "blank",
        "topicless",
        "Otherwise they are left out, and counted.",
    )
    return {
        "topic_count": (int(low), int(high)),
        "empty_prompt_share": empty / 100,
        "topicless": "blank" if blank else "leave_out",
    }


def _entity_options(settings: DatasetSettings) -> dict:
    filled = switch(
        "Fill in the names that the rules find",
        settings.entity_completion == "filled",
        "entity_completion",
        "Off: completions stay empty, to be filled in by hand.",
    )
    if not filled:
        st.caption(
            "What you fill in under Edit, “The names found”, is written; the other completions stay "
            "empty, for you to fill in in the file."
        )
    return {
        "entity_time": switch("Time in the prompt", settings.entity_time, "entity_time"),
        "entity_author": switch("Author in the prompt", settings.entity_author, "entity_author"),
        "entity_completion": "filled" if filled else "empty",
    }


def _split(mine: state.Session, settings: DatasetSettings) -> DatasetSettings:
    alone = _alone(mine, settings)
    split_by = st.segmented_control(
        "Split",
        list(SPLITS),
        default=settings.split_by,
        required=True,
        format_func=lambda one: AT_RANDOM if alone and one == "conversation" else SPLITS[one],
        help="Which examples are kept aside. Parts of one conversation never land on both sides.",
        key=state.widget_key("split_by"),
    )
    split_at = None
    if split_by == "time":
        day = st.date_input(
            "Hold out everything from this day on",
            settings.split_at.date() if settings.split_at else None,
            help="Train to June, judge July. Empty: the latest share is held out.",
            key=state.widget_key("split_at"),
        )
        split_at = datetime.combine(day, time()) if day else None
    held_out = st.slider(
        "Held out to judge the voice (%)",
        5,
        40,
        within(settings.held_out_share * 100, 5, 40),
        5,
        help="Writing that no model sees in training, to compare with at the end; at most 500 texts.",
        disabled=split_at is not None,
        key=state.widget_key("held_out"),
    )
    validation = _validation(settings)
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
        split_at=split_at,
        held_out_share=held_out / 100,
        validation_share=validation,
        seed=int(seed),
    )


def _validation(settings: DatasetSettings) -> float | None:
    """The share measured in training; None leaves it to the recipe."""
    share, of_rest = usual_validation(settings)
    usual = f"{share:.0%} of what is not held out" if of_rest else f"{share:.0%} of all examples"
    own = switch(
        "Choose the validation share myself",
        settings.validation_share is not None,
        "own_validation",
        "Validation examples are measured during training to find the best checkpoint, and "
        f"not learnt from. Usual for this recipe: {usual}.",
    )
    if not own:
        return None
    chosen = share if settings.validation_share is None else settings.validation_share
    return (
        st.slider(
            "Validation (% of all examples)",
            0,
            30,
            within(chosen * 100, 0, 30),
            help="With a fifth held out, 16 comes to 80/20 of what remains.",
            key=state.widget_key("validation"),
        )
        / 100
    )
