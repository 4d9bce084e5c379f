"""4 Train: launch a job, follow its curves, come back to it later."""

import datetime

import pandas as pd
import streamlit as st

from core.costs import (
    ModelPrice,
    billed_tokens,
    compare_actual,
    money,
    resolve_epochs,
    training_cost,
)
from core.figures.training import accuracy_figure, loss_figure
from core.formats import to_chat_jsonl
from core.jobs import (
    LaunchSettings,
    Snapshot,
    cancel,
    is_terminal,
    job_snapshot,
    launch,
    list_jobs,
    new_launch_token,
    poll_seconds,
    status_words,
    tidy_suffix,
    upload,
)
from core.metrics import best_checkpoint, describe, metrics_from_events
from core.problems import Problem
from core.providers import TrainingClosed
from core.shutdown import shutdown_of, shutdown_sentence
from core.spending import check_budget
from core.tokens import count_examples
from core.ui import frame, state
from core.ui.cards import figures
from core.ui.models import prices, trainable_models

COLOURS = {"succeeded": "green", "failed": "red", "cancelled": "orange"}


def choose_settings() -> LaunchSettings:
    profile = state.profile()
    made = state.dataset()
    models = trainable_models()
    left, middle, right = st.columns(3)
    model = left.selectbox(
        "Base model",
        models,
        accept_new_options=not profile.is_embedded,
        help="The model to start from; it stays as it is, the training makes a new one.",
        key=f"base_model_{profile.key}",
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
    )


def start(mine: state.Session, settings: LaunchSettings, token: str) -> None:
    profile, client, made = state.profile(), state.client(), state.dataset()
    with st.spinner("Handing over the examples…"):
        marks = {"profile": profile, "project": mine.project}
        training = upload(client, to_chat_jsonl(made.training), "training.jsonl", **marks)
        validation = (
            upload(client, to_chat_jsonl(made.validation), "validation.jsonl", **marks).id
            if made.validation
            else None
        )
        job = launch(
            client, profile, training.id, validation, settings, token=token, project=mine.project
        )
    mine.launch_token = new_launch_token()
    st.query_params.update(job=job.id, at=profile.key)
    st.rerun()


def price_of(model: str) -> ModelPrice | None:
    """The price of a model at the chosen provider, if the price list has it."""
    place = state.profile().key
    return next((p for p in prices() if p.provider == place and p.model == model), None)


@st.dialog("Start a paid training job?")
def confirm(mine: state.Session, settings: LaunchSettings) -> None:
    """Say what is sent, where to and what it costs, before anything is."""
    profile, made = state.profile(), state.dataset()
    data = to_chat_jsonl(made.training)
    counts = count_examples(made.training)
    epochs = resolve_epochs(settings.n_epochs, len(made.training), profile.auto_epochs)
    price = price_of(settings.model)
    cost = None
    if price is not None:
        cost = training_cost(billed_tokens(counts, price.max_example_tokens), epochs, price)
    end = shutdown_sentence(shutdown_of(settings.model, profile.key), datetime.date.today())
    st.markdown(
        f"- **Where to:** {profile.name}\n"
        f"- **What is sent:** {len(made.training):,} training and {len(made.validation):,} "
        f"validation examples, {len(data):,} bytes of your and other people's words\n"
        f"- **Cost:** about **{money(cost).replace('$', chr(92) + '$')}** "
        f"({int(counts.sum()):,} tokens, {epochs} epochs)"
    )
    st.caption(f"{end} {profile.privacy}")
    with st.expander("The first examples that would be sent"):
        for example in made.training[:3]:
            st.code(to_chat_jsonl([example]).decode(), language="json", wrap_lines=True)
    if st.button("Send and train", type="primary", key="confirm_launch"):
        try:
            check_budget(cost, mine.budget)
            start(mine, settings, mine.launch_token)
        except TrainingClosed as closed:
            st.session_state["training_closed"] = closed
            st.rerun()
        except Problem as problem:
            frame.show_problem(problem)


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


def launch_box(mine: state.Session) -> None:
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
            made = state.dataset()
            settings = choose_settings()
            free = profile.is_embedded
            place = "on this machine, free" if free else f"at {profile.name}"
            st.caption(
                f"{len(made.training):,} training and {len(made.validation):,} validation "
                f"examples, {place}."
            )
            pressed = st.button(
                "Train now", type="primary", icon=":material/play_arrow:", key="train"
            )
            if pressed or st.session_state.pop("train_here", False):
                if free:
                    start(mine, settings, mine.launch_token)
                else:
                    confirm(mine, settings)


def follow(job_id: str) -> None:
    place = st.query_params.get("at", "embedded")
    if place != state.profile().key:
        names = {key: profile.name for key, profile in state.profiles().items()}
        st.info(
            f"The job in the address runs at {names.get(place, 'another provider')}; choose that "
            "provider in the sidebar to follow it."
        )
        return
    with frame.problems_shown():
        snapshot = job_snapshot(state.client(), job_id, profile=state.profile())
        wait = poll_seconds(snapshot)
        if wait and state.profile().is_embedded:
            wait = 0.7
        st.fragment(watch, run_every=wait)(job_id)


def watch(job_id: str) -> None:
    """Draw the job as it is now; runs again on a timer until the job is over."""
    mine = state.session()
    with frame.problems_shown():
        known = mine.snapshots.get(job_id)
        if known is None or not is_terminal(known.job.status):
            seen = job_snapshot(state.client(), job_id, profile=state.profile(), known=known)
            mine.snapshots[job_id] = seen
            if known is not None and is_terminal(seen.job.status):
                st.rerun()  # the whole page once, which also ends the timer
        show(mine.snapshots[job_id])


def show(snapshot: Snapshot) -> None:
    job = snapshot.job
    over = is_terminal(job.status)
    metrics = metrics_from_events(snapshot.events)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(job.status, color=COLOURS.get(job.status, "blue"))
        st.caption(f"{status_words(job.status)} · {job.model} · {job.id}", width="content")
        if not over and st.button("Stop", key="cancel_job", type="tertiary"):
            with frame.problems_shown():
                cancel(state.client(), job.id, state.profile())
                st.rerun(scope="fragment")
    progress(snapshot, metrics)
    if job.status == "failed" and job.error and job.error.message:
        st.error(job.error.message, title="The job failed")
    if len(metrics):
        numbers(snapshot, metrics)
        curves(snapshot, metrics)
        if over:
            st.write(describe(metrics))
            actual(snapshot)
    with st.expander("Events", expanded=not over):
        lines = []
        for event in reversed(snapshot.events[-40:]):
            stamp = pd.Timestamp(event.created_at, unit="s")
            lines.append(f"{stamp:%H:%M:%S}  {event.message}")
        st.text("\n".join(lines) or "Nothing yet.")


def actual(snapshot: Snapshot) -> None:
    """What the job really used, beside what the data set on this page would need."""
    job, price = snapshot.job, price_of(snapshot.job.model)
    mine = state.session()
    if price is None or price.is_free or not job.trained_tokens or mine.archive is None:
        return
    with frame.problems_shown():
        made = state.dataset()
        epochs = job.hyperparameters and job.hyperparameters.n_epochs
        counted = compare_actual(
            billed_tokens(count_examples(made.training), price.max_example_tokens),
            resolve_epochs("auto", len(made.training), state.profile().auto_epochs),
            job.trained_tokens,
            price,
            epochs if isinstance(epochs, int) else None,
        )
        sums = f"expected {money(counted.expected_cost)}, billed {money(counted.cost)}"
        st.caption(f"{sums}. {counted.explanation}".replace("$", "\\$"))


def curves(snapshot: Snapshot, metrics: pd.DataFrame) -> None:
    steps = [checkpoint.step_number for checkpoint in snapshot.checkpoints]
    best = best_checkpoint(metrics, steps) if is_terminal(snapshot.job.status) else None
    frames, marks = {"job": metrics}, {"job": steps}
    loss = loss_figure(frames, checkpoints=marks, best={"job": best})
    accuracy = accuracy_figure(frames, checkpoints=marks)
    words = ("Loss by step", "Share of tokens guessed right by step")
    for column, name, figure, alt in zip(
        st.columns(2), ("loss", "accuracy"), (loss, accuracy), words, strict=True
    ):
        with column.container(border=True):
            st.plotly_chart(figure, key=name, config={"displayModeBar": False}, alt=alt)


def progress(snapshot: Snapshot, metrics: pd.DataFrame) -> None:
    totals = [(event.data or {}).get("total_steps") for event in snapshot.events if event.data]
    total = max((t for t in totals if isinstance(t, int)), default=0)
    if is_terminal(snapshot.job.status) or not total or metrics.empty:
        return
    step = int(metrics["step"].max())
    st.progress(min(step / total, 1.0), text=f"Step {step} of {total}")


def numbers(snapshot: Snapshot, metrics: pd.DataFrame) -> None:
    last = metrics.ffill().iloc[-1]
    figures(
        (
            "Training loss",
            shown(last["train_loss"]),
            "How surprised the model is by what it learns.",
        ),
        (
            "Validation loss",
            shown(last["valid_loss"]),
            "The same for texts it does not learn from.",
        ),
        (
            "Token accuracy",
            shown(last["train_accuracy"], "{:.0%}"),
            "Next word pieces guessed right.",
        ),
        ("Trained tokens", shown(snapshot.job.trained_tokens, "{:,}"), "All epochs together."),
    )


def shown(value: float | None, form: str = "{:.2f}") -> str:
    return "–" if value is None or pd.isna(value) else form.format(value)


def history(current: str | None) -> None:
    jobs = list_jobs(state.client(), state.profile(), most=50)
    if not jobs:
        return
    st.header("Jobs so far", anchor=False)
    for job in jobs[:10]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(job.status, color=COLOURS.get(job.status, "blue"))
            stamp = pd.Timestamp(job.created_at, unit="s")
            st.caption(
                f"{stamp:%d %b %Y, %H:%M} UTC · {job.fine_tuned_model or job.id}", width="content"
            )
            if job.id != current and st.button("Show", key=f"open_{job.id}", type="tertiary"):
                st.query_params.update(job=job.id, at=state.profile().key)
                st.rerun()


mine = frame.enter()
frame.title("Train", "Watch a model learn to write like the archive.")
job_id = st.query_params.get("job")
if mine.archive is None and not job_id:
    with frame.problems_shown():
        history(None)
    frame.need_archive()
closed = st.session_state.get("training_closed")
if closed is not None:
    show_closed(closed)
elif mine.archive is not None:
    launch_box(mine)
if job_id:
    follow(job_id)
    frame.next_step("pages/compare.py", "Compare")
with frame.problems_shown():
    history(job_id)
