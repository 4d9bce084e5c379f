"""Launching a training job: choose the settings, confirm what it costs, start it once."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.costs import ModelPrice, billed_tokens, money, resolve_epochs, training_cost
from core.formats import to_chat_jsonl
from core.history import JobRecord, upsert
from core.jobs import LaunchSettings, launch, new_launch_token, tidy_suffix, upload
from core.problems import Problem
from core.providers import TrainingClosed
from core.shutdown import shutdown_of, shutdown_sentence
from core.spending import check_budget
from core.tokens import count_examples, count_texts
from core.ui import frame, state
from core.ui.models import callable_models, is_tuned, model_label, prices, trainable_models

METHODS = {"supervised": "my examples", "dpo": "my choices in the blind game (DPO)"}


@dataclass(frozen=True)
class Material:
    """What a job learns from: the bytes of its files, and what they count."""

    training: bytes
    validation: bytes
    examples: int
    validation_examples: int
    counts: np.ndarray


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
            settings = choose_settings(mine)
            material = _material(mine, settings.method)
            free = profile.is_embedded
            place = "on this machine, free" if free else f"at {profile.name}"
            st.caption(
                f"{material.examples:,} training and {material.validation_examples:,} validation "
                f"examples, {place}."
            )
            pressed = st.button(
                "Train now", type="primary", icon=":material/play_arrow:", key="train"
            )
            if pressed or st.session_state.pop("train_here", False):
                if free:
                    start(mine, settings, material)
                else:
                    confirm(mine, settings, material)


def choose_settings(mine: state.Session) -> LaunchSettings:
    """Draw the controls; "auto" where they are left empty."""
    profile = state.profile()
    made = state.dataset()
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
    if method == "dpo":
        models = [m for m in models if is_tuned(m)] or models
    left, middle, right = st.columns(3)
    model = left.selectbox(
        "Start from",
        models,
        format_func=model_label,
        accept_new_options=not profile.is_embedded,
        help="This model stays as it is; the training makes a new one.",
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
        placeholder=f"auto: {resolve_epochs('auto', len(made.training), profile.auto_epochs)}",
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


def price_of(model: str) -> ModelPrice | None:
    """The price of a model at the chosen provider, if the price list has it."""
    place = state.profile().key
    return next((p for p in prices() if p.provider == place and p.model == model), None)


def expected(settings: LaunchSettings, material: Material) -> tuple[int, float | None]:
    """Tokens of the whole job, and dollars where the price is known."""
    profile, price = state.profile(), price_of(settings.model)
    epochs = resolve_epochs(settings.n_epochs, material.examples, profile.auto_epochs)
    tokens = billed_tokens(material.counts, price.max_example_tokens if price else 0)
    return tokens * epochs, training_cost(tokens, epochs, price) if price else None


@st.dialog("Start a paid training job?")
def confirm(mine: state.Session, settings: LaunchSettings, material: Material) -> None:
    """Say what is sent, where to and what it costs, before anything is."""
    profile = state.profile()
    tokens, cost = expected(settings, material)
    words = money(cost).replace("$", "\\$")
    size = len(material.training) + len(material.validation)
    st.markdown(
        f"- **Where to:** {profile.name}\n"
        f"- **What is sent:** {material.examples:,} training and "
        f"{material.validation_examples:,} validation examples, {size:,} bytes\n"
        f"- **Cost:** about **{words}** ({tokens:,} tokens in all epochs)"
    )
    end = shutdown_sentence(shutdown_of(settings.model, profile.key), datetime.date.today())
    st.caption(f"{end} {profile.privacy}")
    if profile.serving:
        st.caption(f"{profile.serving} {profile.idle}".replace("$", "\\$"))
    with st.expander("The first examples that would be sent"):
        for line in material.training.decode().splitlines()[:3]:
            st.code(line, language="json", wrap_lines=True)
    if st.button("Send and train", type="primary", key="confirm_launch"):
        try:
            spent = sum(record.cost or record.expected_cost or 0.0 for record in mine.history)
            check_budget(cost, mine.budget, spent)
            start(mine, settings, material)
        except TrainingClosed as closed:
            st.session_state["training_closed"] = closed
            st.rerun()
        except Problem as problem:
            frame.show_problem(problem)


def start(mine: state.Session, settings: LaunchSettings, material: Material) -> None:
    """Upload and launch, once; the page then follows the job by its id in the address."""
    profile, client = state.profile(), state.client()
    bar = st.progress(0.0, text="Handing over the examples…")
    training = upload(
        client,
        material.training,
        "training.jsonl",
        profile=profile,
        project=mine.project,
        progress=lambda share: _move(bar, share),
    )
    validation = None
    if material.validation:
        validation = upload(
            client, material.validation, "validation.jsonl", profile=profile, project=mine.project
        ).id
    job = launch(
        client,
        profile,
        training.id,
        validation,
        settings,
        token=mine.launch_token,
        project=mine.project,
    )
    tokens, cost = expected(settings, material)
    record = JobRecord(
        provider=profile.key,
        job_id=job.id,
        settings=settings,
        training_sha256=hashlib.sha256(material.training).hexdigest(),
        validation_sha256=hashlib.sha256(material.validation).hexdigest(),
        training_examples=material.examples,
        validation_examples=material.validation_examples,
        expected_tokens=tokens,
        expected_cost=cost,
        created_at=job.created_at,
    )
    mine.history = upsert(mine.history, record)
    mine.launch_token = new_launch_token()
    st.query_params.update(job=job.id, at=profile.key)
    st.rerun()


def _move(bar: DeltaGenerator, share: float) -> None:
    bar.progress(share, text="Handing over the examples…")


def switch_to_this_machine() -> None:
    """Choose the embedded engine; runs before the sidebar is drawn, so its box follows."""
    state.session().provider = "embedded"
    st.session_state["provider"] = "embedded"
    st.session_state["train_here"] = True
    del st.session_state["training_closed"]


def show_closed(closed: TrainingClosed) -> None:
    """The provider trains no more for this account: what stays possible, one click away."""
    frame.show_problem(closed)
    with st.container(horizontal=True):
        st.button(
            "Train the same data set on this machine",
            type="primary",
            on_click=switch_to_this_machine,
            key="train_here_button",
        )
        if st.button("Look at the uploaded file", key="closed_cleanup"):
            st.switch_page("pages/cleanup.py")
        if st.button("Choose another provider", key="closed_dismiss"):
            del st.session_state["training_closed"]
            st.rerun()
