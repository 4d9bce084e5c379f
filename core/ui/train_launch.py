"""The form of a new training job: what to learn from, and how."""

from __future__ import annotations

import hashlib

import streamlit as st

from core.costs import resolve_epochs
from core.formats import to_chat_jsonl
from core.jobs import LaunchSettings, tidy_suffix
from core.tokens import count_examples, count_texts
from core.ui import frame, open_weights, state
from core.ui.models import callable_models, is_tuned, model_label, trainable_models
from core.ui.train_start import Material, confirm, expected, start_here

#: Where the session keeps what the form says now.
FORM = "job_form"
METHODS = {"supervised": "my examples", "dpo": "my choices in the blind game (DPO)"}


def launch_box(mine: state.Session) -> None:
    """The form of a new job, for the chosen provider."""
    profile = state.profile()
    if not profile.trains:
        st.info(
            f"{profile.name} can be compared, not trained from here. Choose another provider in "
            "the sidebar, or download the data set and train it there."
        )
        return
    with st.container(border=True):
        st.header("New training job", anchor=False)
        with frame.problems_shown():
            settings = st.session_state[FORM] = choose_settings(mine)
            material = _material(mine, settings.method)
            free = profile.is_embedded
            _say_what_is_repeated(material)
            st.caption(_what_it_takes(mine, settings, material))
            fits = material.examples >= profile.min_examples
            if not fits:
                st.warning(
                    f"{profile.name} wants at least {profile.min_examples} examples, and there are "
                    f"{material.examples}.",
                    title="Too few to learn from",
                )
            elif free and open_weights.is_base(settings.model):
                tokens, _ = expected(settings, material)
                times = resolve_epochs(settings.n_epochs, material.examples, profile.auto_epochs)
                seen = material.examples * times
                fits = open_weights.draw_base(settings.model, tokens, seen)
            elif free:
                open_weights.say_how_to_add()
            pressed = st.button(
                "Train now",
                type="primary",
                icon=":material/play_arrow:",
                key="train",
                disabled=not fits,
            )
            if pressed or st.session_state.pop("train_here", False):
                if free:
                    start_here(mine, settings, material)
                else:
                    confirm(mine, settings, material)


def _say_what_is_repeated(material: Material) -> None:
    """That the form was filled in from a past job, and whether the examples are still the same."""
    record = st.session_state.get("repeated")
    if record is None:
        return
    same = record.training_sha256 == hashlib.sha256(material.training).hexdigest()
    data = "the same examples" if same else "other examples: the data set has changed since"
    st.caption(f":material/replay: Filled in from job {record.job_id}, with {data}.")


def _what_it_takes(mine: state.Session, settings: LaunchSettings, material: Material) -> str:
    """One line: how many examples, where, at what price."""
    profile = state.profile()
    many = f"{material.examples:,} training"
    if material.validation_examples:
        many += f" and {material.validation_examples:,} validation"
    if profile.is_embedded:
        return f"{many} examples, on this machine, free."
    cost = expected(settings, material)[1]
    about = "the price is not in the list" if cost is None else mine.about(cost)
    return f"{many} examples, at {profile.name}, {about}. You are asked before anything is sent."


def choose_settings(mine: state.Session) -> LaunchSettings:
    """Draw the controls; "auto" where they are left empty."""
    profile = state.profile()
    method = "supervised"
    if mine.preferences and "dpo" in profile.methods:
        method = st.segmented_control(
            "Learn from",
            list(METHODS),
            default="supervised",
            required=True,
            format_func=METHODS.__getitem__,
            help="DPO starts from a trained model and moves it towards what you preferred.",
            key="method",
        )
    models = trainable_models()
    if profile.is_embedded:
        models = [*models, *(m for m in callable_models() if is_tuned(m) and ":ckpt-" not in m)]
    else:
        records = [record for record in mine.history if record.provider == profile.key]
        models = [*models, *(r.fine_tuned_model for r in records if r.fine_tuned_model)]
    if method == "dpo":
        tuned = [m for m in models if is_tuned(m)]
        models = tuned if tuned and profile.is_embedded else [*dict.fromkeys([*tuned, *models])]
    many = _material(mine, method or "").examples
    left, middle, right = st.columns(3)
    model = left.selectbox(
        "Start from",
        models,
        format_func=model_label,
        accept_new_options=not profile.is_embedded or open_weights.may_type_any(),
        help="This model stays as it is; the training makes a new one."
        + (
            " You may also type a folder with a Hugging Face model, or a model's name there."
            if profile.is_embedded and open_weights.may_type_any()
            else ""
        ),
        key=f"base_model_{profile.key}_{method}",
    )
    suffix = left.text_input(
        "Name of the voice (suffix)",
        "me",
        max_chars=profile.max_suffix,
        help="Becomes part of the new model's name.",
        key="suffix",
        persist_state="session",
    )
    epochs = middle.number_input(
        "Epochs",
        1,
        profile.max_epochs,
        None,
        placeholder=f"auto: {resolve_epochs('auto', many, profile.auto_epochs)}",
        help="How often every example is read. More is more voice, and more copying.",
        key="epochs",
        persist_state="session",
    )
    batch = middle.number_input(
        "Batch size",
        1,
        profile.max_batch_size,
        None,
        placeholder="auto",
        help="Examples per step. Small batches learn faster and less smoothly.",
        key="batch_size",
        persist_state="session",
    )
    rate = right.number_input(
        "Learning-rate multiplier",
        0.01,
        20.0,
        None,
        placeholder="auto",
        help="How big each step is. Too big and the model recites; too small and nothing changes.",
        key="learning_rate",
        persist_state="session",
    )
    seed = right.number_input(
        "Seed",
        0,
        2**31 - 1,
        0,
        help="The same seed and data give the same model.",
        key="train_seed",
        persist_state="session",
    )
    return LaunchSettings(
        model=model or "",
        n_epochs=int(epochs) if epochs else "auto",
        batch_size=int(batch) if batch else "auto",
        learning_rate_multiplier=float(rate) if rate else "auto",
        suffix=tidy_suffix(suffix, profile) or None,
        seed=int(seed),
        method="dpo" if method == "dpo" else "supervised",
    )


def _material(mine: state.Session, method: str) -> Material:
    if method == "dpo":
        lines = mine.preferences.decode().splitlines()
        return Material(mine.preferences, b"", len(lines), 0, count_texts(lines))
    made = state.dataset()
    return mine.remember(
        "launch:material",
        id(made),
        lambda: Material(
            to_chat_jsonl(made.training),
            to_chat_jsonl(made.validation) if made.validation else b"",
            len(made.training),
            len(made.validation),
            count_examples(made.training),
        ),
    )
