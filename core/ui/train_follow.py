"""Following a training job: progress, curves, events, what it cost."""

from __future__ import annotations

import time
from typing import Literal

import pandas as pd
import streamlit as st

from core.costs import compare_actual
from core.figures.training import accuracy_figure, loss_figure
from core.history import update_record, upsert
from core.jobs import (
    LaunchSettings,
    Snapshot,
    cancel,
    is_terminal,
    job_snapshot,
    pause,
    poll_seconds,
    result_file,
    resume,
    status_words,
    with_resolved,
)
from core.metrics import best_checkpoint, describe, metrics_from_events, metrics_from_result_file
from core.problems import Problem
from core.providers import explain_job_error
from core.timeline import progress, progress_words, timeline
from core.ui import frame, state
from core.ui.cards import figures
from core.ui.train_closed import switch_provider
from core.ui.train_start import price_of

Colour = Literal["green", "red", "orange", "gray", "blue"]
COLOURS: dict[str, Colour] = {
    "succeeded": "green",
    "failed": "red",
    "cancelled": "orange",
    "paused": "gray",
}
#: Seconds between two looks at a job on this machine, which costs nothing to ask.
NEAR = 0.7
PLAIN = {"displayModeBar": False}


def follow(job_id: str) -> None:
    """Draw a job and keep it up to date until it is over."""
    place = st.query_params.get("at", "embedded")
    profile, mine = state.profile(), state.session()
    if place != profile.key:
        other = state.profiles().get(place)
        st.info(f"The job in the address runs at {other.name if other else 'another provider'}.")
        if other:
            st.button(
                f"Follow it at {other.name}",
                on_click=switch_provider,
                args=(place,),
                key="follow_there",
            )
        return
    known = mine.snapshots.get(job_id)
    wait = poll_seconds(known) if known else NEAR
    if wait and profile.is_embedded:
        wait = NEAR
    st.fragment(watch, run_every=wait)(job_id)


def watch(job_id: str) -> None:
    """Look at the job and draw it; runs again on a timer until the job is over."""
    mine = state.session()
    known = mine.snapshots.get(job_id)
    if known is not None and is_terminal(known.job.status):
        show(known)
        return
    if time.time() < mine.next_look:
        _out_of_sight(mine, known)
        return
    try:
        seen = job_snapshot(state.client(), job_id, profile=state.profile(), known=known)
    except Problem as problem:
        mine.failures += 1
        mine.next_look = time.time() + (poll_seconds(known, mine.failures) or 0.0)
        mine.last_trouble = problem
        _out_of_sight(mine, known)
        return
    mine.failures, mine.next_look = 0, 0.0
    mine.snapshots[job_id] = seen
    _keep_record(mine, seen)
    if known is None or is_terminal(seen.job.status):
        mine.jobs_seen.pop(state.profile().key, None)
        state.keep_notes(mine)
        st.rerun()  # the whole page once: it sets the timer, or ends it
    show(seen)


def _out_of_sight(mine: state.Session, known: Snapshot | None) -> None:
    """The job cannot be looked at just now: why, when it is tried again, what was seen last."""
    if mine.last_trouble is not None:
        frame.show_problem(mine.last_trouble)
    wait = max(0, round(mine.next_look - time.time()))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"The training goes on without this page. Looking again in {wait} seconds.",
            width="content",
        )
        if st.button("Look now", key="look_now", type="tertiary"):
            mine.next_look = 0.0
            st.rerun()
    if known is not None:
        show(known)


def _keep_record(mine: state.Session, seen: Snapshot) -> None:
    for record in mine.history:
        if record.job_id == seen.job.id:
            metrics = metrics_from_events(seen.events)
            changed = update_record(record, seen, price_of(seen.job.model), metrics)
            mine.history = upsert(mine.history, changed)
            if changed.paid_by_host and changed.cost is not None:
                state.ledger().correct(changed.launch, changed.cost)


def show(snapshot: Snapshot) -> None:
    """One job as it is now."""
    job, mine = snapshot.job, state.session()
    over = is_terminal(job.status)
    metrics = _metrics(mine, snapshot)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(job.status or "unknown", color=COLOURS.get(job.status, "blue"))
        st.caption(f"{status_words(job.status)} · {job.model} · {job.id}", width="content")
        _controls(snapshot)
    now = progress(snapshot, time.time())
    words = progress_words(now, job.status)
    if words:
        st.progress(now.share or 0.0, text=words)
    _say_failure(snapshot)
    if len(metrics):
        _numbers(snapshot, metrics)
        _curves(mine, snapshot, metrics)
        if over:
            st.write(describe(metrics))
            _best_hint(snapshot, metrics)
    if over:
        _sums(mine, job.id)
    with st.expander("What happened (times in UTC)", expanded=not over):
        st.caption(
            " → ".join(
                f"{pd.Timestamp(stage.at, unit='s'):%H:%M:%S} **{stage.words}**"
                for stage in timeline(snapshot)
            )
        )
        lines = [
            f"{pd.Timestamp(event.created_at, unit='s'):%H:%M:%S}  {event.message}"
            for event in reversed(snapshot.events[-200:])
        ]
        if not lines:
            st.caption("The trainer has reported nothing yet.")
            return
        height: int | Literal["content"] = 220 if len(lines) > 8 else "content"
        st.code("\n".join(lines), language=None, height=height, wrap_lines=True)


def _say_failure(snapshot: Snapshot) -> None:
    """Why a job failed: in our words, and in the provider's own."""
    job = snapshot.job
    if job.status != "failed":
        return
    error = job.error
    problem = explain_job_error(error.code if error else None, error.param if error else None)
    title = problem.message if problem else "The job failed."
    said = f"{state.profile().name} says: {error.message}" if error and error.message else ""
    hint = problem.hint if problem else "What it reported until then is below."
    st.error(f"{hint} {said}".strip(), title=title, icon=":material/error:")


def _best_hint(snapshot: Snapshot, metrics: pd.DataFrame) -> None:
    """Which saved checkpoint to use, where it is not the last one."""
    steps = [c.step_number for c in snapshot.checkpoints]
    best = best_checkpoint(metrics, steps)
    if best is None or best == max(steps):
        return
    name = next(
        c.fine_tuned_model_checkpoint for c in snapshot.checkpoints if c.step_number == best
    )
    st.info(
        f"Choose `{name}` on the Compare page: of the saved checkpoints it did best on texts that "
        "it had not seen.",
        title=f"Best checkpoint: step {best}",
    )


def _controls(snapshot: Snapshot) -> None:
    job, profile = snapshot.job, state.profile()
    if is_terminal(job.status):
        return
    with frame.problems_shown():
        if st.button("Stop", key="cancel_job", type="tertiary"):
            cancel(state.client(), job.id, profile)
            st.rerun()
        if not profile.has_pause:
            return
        if job.status == "paused":
            if st.button("Go on", key="resume_job", type="tertiary"):
                resume(state.client(), job.id, profile)
                st.rerun()
        elif st.button("Pause", key="pause_job", type="tertiary"):
            pause(state.client(), job.id, profile)
            st.rerun()


def _metrics(mine: state.Session, snapshot: Snapshot) -> pd.DataFrame:
    """From the events; once the job is over, from its result file where the events had less."""
    job = snapshot.job
    found = metrics_from_events(snapshot.events, n_epochs=_epochs(snapshot))
    if job.status != "succeeded" or not job.result_files:
        return found

    def read() -> pd.DataFrame:
        try:
            data = result_file(state.client(), job, state.profile())
            whole = metrics_from_result_file(data) if data else found
        except Problem:
            return found
        if len(whole) <= len(found):
            return found
        epochs = _epochs(snapshot)
        if epochs and whole["epoch"].isna().all():  # a result file has the last step of all
            whole["epoch"] = whole["step"] * epochs / whole["step"].max()
        return whole

    return mine.remember(f"result:{job.id}", job.id, read)


def _epochs(snapshot: Snapshot) -> int | None:
    """The number of epochs, once "auto" is resolved."""
    found = with_resolved(
        LaunchSettings(snapshot.job.model, method=_method(snapshot)), snapshot.job
    )
    return found.n_epochs if isinstance(found.n_epochs, int) else None


def _method(snapshot: Snapshot) -> Literal["supervised", "dpo"]:
    method = snapshot.job.method
    return "dpo" if method and method.type == "dpo" else "supervised"


def _numbers(snapshot: Snapshot, metrics: pd.DataFrame) -> None:
    last = metrics.ffill().iloc[-1]
    figures(
        (
            "Training loss",
            _shown(last["train_loss"]),
            "How surprised the model is by what it learns.",
        ),
        (
            "Validation loss",
            _shown(last["valid_loss"]),
            "The same for texts it does not learn from.",
        ),
        (
            "Token accuracy",
            _shown(last["train_accuracy"], "{:.0%}"),
            "Next word pieces guessed right.",
        ),
        ("Trained tokens", _shown(snapshot.job.trained_tokens, "{:,}"), "All epochs together."),
    )


def _shown(value: float | None, form: str = "{:.2f}") -> str:
    return "–" if value is None or pd.isna(value) else form.format(value)


def _curves(mine: state.Session, snapshot: Snapshot, metrics: pd.DataFrame) -> None:
    job = snapshot.job
    name = _name(snapshot)
    frames, steps = {name: metrics}, [c.step_number for c in snapshot.checkpoints]
    others = {
        _name(other): metrics_from_events(other.events, n_epochs=_epochs(other))
        for other in mine.snapshots.values()
        if other.job.id != job.id and other.job.id in mine.overlaid
    }
    best = best_checkpoint(metrics, steps) if is_terminal(job.status) else None
    marks = {name: steps}
    loss = loss_figure(frames | others, checkpoints=marks, best={name: best})
    accuracy = accuracy_figure(frames | others, checkpoints=marks)
    words = ("Loss by step", "Share of tokens guessed right by step")
    for column, key, figure, alt in zip(
        st.columns(2), ("loss", "accuracy"), (loss, accuracy), words, strict=True
    ):
        with column.container(border=True):
            st.plotly_chart(figure, key=key, config=PLAIN, alt=alt)


def _name(snapshot: Snapshot) -> str:
    suffix = (snapshot.job.model_extra or {}).get("user_provided_suffix")
    return f"{suffix or 'job'} {snapshot.job.id[-4:]}"


def _sums(mine: state.Session, job_id: str) -> None:
    """What was expected and what was billed, and why they differ."""
    for record in mine.history:
        if record.job_id != job_id or not record.expected_cost or not record.trained_tokens:
            continue
        price = price_of(record.settings.model)
        if price is None:
            continue
        ran = record.settings.n_epochs
        epochs = record.expected_epochs or 1
        actual = compare_actual(
            round(record.expected_tokens / epochs),
            epochs,
            record.trained_tokens,
            price,
            ran if isinstance(ran, int) else None,
        )
        st.caption(
            f"Expected {mine.money(record.expected_cost)} for {record.expected_tokens:,} tokens; "
            f"billed {mine.money(actual.cost)} for {record.trained_tokens:,}. {actual.explanation}"
        )
