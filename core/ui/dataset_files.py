"""The files of a data set: downloads in every format, and settings read back from a file."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from core.bundle import to_bundle
from core.dataset import Dataset
from core.formats import FORMS, Form, to_sharegpt_json, to_training_jsonl
from core.legacy import LEGACY_STYLES, LegacyStyle, marks_in_texts, to_prompt_completion_jsonl
from core.privacy import restore
from core.saved import recipe_from_json, recipe_to_json
from core.ui import frame, state

STYLES = {
    "separators": "with separators (### at the end)",
    "script": "as a script with names",
    "plain": "plain, without marks",
}

LEARNT: dict[Form, str] = {
    "weights": "only those to learn: the others have weight 0",
    "plain": "all of them: no weight in the file",
    "completions": "only those to learn: prompts and completions (TRL)",
}


def files(mine: state.Session, made: Dataset) -> None:
    """Download buttons; nothing is converted before it is asked for."""
    target = state.destination()
    form = _form(target, made)
    with st.container(horizontal=True):
        for name, part in (("training", made.training), ("validation", made.validation)):
            st.download_button(
                f"Download {name} JSONL",
                partial(to_training_jsonl, part, form, bom=target.bom),
                f"{name}.jsonl",
                "application/jsonl",
                on_click="ignore",
                icon=":material/download:",
                disabled=not part,
                key=f"download_{name}",
            )
    more = st.expander("More formats, and settings as a file", on_change="rerun", key="formats")
    if more.open:
        left, right = more.columns(2, gap="large")
        with left:
            _more_formats(mine, made, target.bom, form)
        with right:
            _prompt_files(made)


def _form(target: state.Destination, made: Dataset) -> Form:
    """Which of my turns the files say are learnt, by default as the trainer understands it."""
    recipes, settings = made.recipe.split(" + "), made.settings
    several = settings.buffer_size > 1 or settings.shape == "conversations"
    if target.form == "weights" and not ("ready" in recipes or ("replies" in recipes and several)):
        return "weights"  # every example has one answer, and that is learnt
    return st.selectbox(
        "Which of my turns are learnt",
        FORMS,
        FORMS.index(target.form),
        format_func=LEARNT.__getitem__,
        help="An example may show earlier answers of yours as context. Marked with weight 0 they "
        "are not learnt again; trainers that do not know the mark need one of the other forms.",
        key=f"form_{target.key}",
    )


def _more_formats(mine: state.Session, made: Dataset, bom: bool, form: Form) -> None:
    st.download_button(
        "Everything as a zip, with a description",
        lambda: to_bundle(made, bom=bom, form=form),
        "dataset.zip",
        "application/zip",
        on_click="ignore",
        key="download_bundle",
    )
    st.download_button(
        "Held-out examples (never train on them)",
        lambda: to_training_jsonl(made.held_out, form, bom=bom),
        "held_out.jsonl",
        "application/jsonl",
        on_click="ignore",
        disabled=not made.held_out,
        key="download_held_out",
    )
    st.download_button(
        "ShareGPT JSON (LLaMA-Factory, Axolotl)",
        lambda: to_sharegpt_json(made.training),
        "training-sharegpt.json",
        on_click="ignore",
        key="download_sharegpt",
    )
    st.download_button(
        "The settings of this page, with your changes",
        lambda: recipe_to_json(made.settings, made.labels),
        "dataset-settings.json",
        "application/json",
        on_click="ignore",
        key="download_settings",
    )
    _load(mine)


def _prompt_files(made: Dataset) -> None:
    style = _style()
    st.download_button(
        "Prompt and completion JSONL, for older trainers",
        lambda: to_prompt_completion_jsonl(made.training, style),
        "training-prompts.jsonl",
        on_click="ignore",
        key="download_prompts",
    )
    stop = style.stop_sequence()
    if stop:
        st.caption(f"Use `{stop!r}` as the stop sequence later.")
    marked = marks_in_texts(made.training, style)
    if marked:
        st.warning(
            f"{len(marked):,} examples contain a mark of this style in their own text (the first: "
            f"{marked[0]:,}), so the model would stop too early. Choose another style.",
            icon=":material/warning:",
        )


def _style() -> LegacyStyle:
    """The chosen way to write prompts and completions as plain text."""
    name = st.selectbox(
        "Prompts and completions", list(STYLES), format_func=STYLES.__getitem__, key="legacy"
    )
    style = LEGACY_STYLES[name]
    if style.actors is not None:
        left, right = st.columns(2)
        other = left.text_input("Name of the other side", style.actors[0], key="actor_other")
        me = right.text_input("Your name", style.actors[1], key="actor_me")
        style = replace(
            style, actors=(other.strip() or style.actors[0], me.strip() or style.actors[1])
        )
    if style.include_stop:
        stop = st.toggle("Write the stop mark after each answer", True, key="include_stop")
        style = replace(style, include_stop=stop)
    return style


def _load(mine: state.Session) -> None:
    """Take over the settings that were downloaded with another data set."""
    file = st.file_uploader(
        "Use settings from a file",
        "json",
        help="The file dataset-settings.json, or settings.json out of a zip.",
        key=f"load_settings_{mine.settings_round}",
        max_upload_size=10,
    )
    if file is None:
        return
    with frame.problems_shown():
        loaded, labels = recipe_from_json(file.getvalue())
        mine.period = None
        names = state.masked().map
        edits = tuple((one, restore(text, names)) for one, text in loaded.filters.edits)
        mine.settings = replace(loaded, filters=replace(loaded.filters, edits=edits))
        mine.settings_round += 1
        if labels:
            state.set_labels(labels)
        state.keep_edits()
        st.rerun()
