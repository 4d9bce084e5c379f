"""Following a training job: progress, curves, events, what it cost; and the jobs before it."""

from __future__ import annotations

import time
from typing import Literal

import pandas as pd
import streamlit as st

from core.costs import money
from core.figures.training import accuracy_figure, loss_figure
from core.history import history_frame, history_to_json, update_record, upsert
from core.jobs import (
    Snapshot,
    cancel,
    is_terminal,
    job_snapshot,
    list_jobs,
    pause,
    poll_seconds,
    result_file,
    resume,
    status_words,
)
from core.metrics import best_checkpoint, describe, metrics_from_events, metrics_from_result_file
from core.problems import Problem
from core.timeline import progress, progress_words, timeline
from core.ui import frame, state
from core.ui.cards import figures
from core.ui.train_launch import price_of

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
        names = {key: one.name for key, one in state.profiles().items()}
        st.info(
            f"The job in the address runs at {names.get(place, 'another provider')}; choose that "
            "provider in the sidebar to follow it."
        )
        return
    known = mine.snapshots.get(job_id)
    wait = poll_seconds(known, mine.failures) if known else NEAR
    if wait and profile.is_embedded:
        wait = NEAR
    st.fragment(watch, run_every=wait)(job_id)


def watch(job_id: str) -> None:
    """Look at the job and draw it; runs again on a timer until the job is over."""
    mine = state.session()
    known = mine.snapshots.get(job_id)
    if known is None or not is_terminal(known.job.status):
        try:
            seen = job_snapshot(state.client(), job_id, profile=state.profile(), known=known)
        except Problem as problem:
            mine.failures += 1
            frame.show_problem(problem)
            if known is not None:
                show(known)
            return
        mine.failures = 0
        mine.snapshots[job_id] = seen
        _keep_record(mine, seen)
        if known is None or is_terminal(seen.job.status):
            st.rerun()  # the whole page once: it sets the timer, or ends it
    show(mine.snapshots[job_id])


def _keep_record(mine: state.Session, seen: Snapshot) -> None:
    for record in mine.history:
        if record.job_id == seen.job.id:
            metrics = metrics_from_events(seen.events)
            changed = update_record(record, seen, price_of(seen.job.model), metrics)
            mine.history = upsert(mine.history, changed)


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
    if job.status == "failed" and job.error and job.error.message:
        st.error(job.error.message, title="The job failed")
    if len(metrics):
        _numbers(snapshot, metrics)
        _curves(mine, snapshot, metrics)
        if over:
            st.write(describe(metrics))
            _sums(mine, job.id)
    with st.expander("What happened", expanded=not over):
        for stage in timeline(snapshot):
            stamp = pd.Timestamp(stage.at, unit="s")
            st.caption(f"{stamp:%H:%M:%S} · **{stage.words}**")
        lines = [
            f"{pd.Timestamp(event.created_at, unit='s'):%H:%M:%S}  {event.message}"
            for event in reversed(snapshot.events[-30:])
        ]
        st.text("\n".join(lines) or "No events yet.")


def _controls(snapshot: Snapshot) -> None:
    job, profile = snapshot.job, state.profile()
    if is_terminal(job.status):
        return
    with frame.problems_shown():
        if st.button("Stop", key="cancel_job", type="tertiary"):
            cancel(state.client(), job.id, profile)
            st.rerun(scope="fragment")
        if not profile.has_pause:
            return
        if job.status == "paused":
            if st.button("Go on", key="resume_job", type="tertiary"):
                resume(state.client(), job.id, profile)
                st.rerun(scope="fragment")
        elif st.button("Pause", key="pause_job", type="tertiary"):
            pause(state.client(), job.id, profile)
            st.rerun(scope="fragment")


def _metrics(mine: state.Session, snapshot: Snapshot) -> pd.DataFrame:
    """From the events; once the job is over, from its result file where the events had less."""
    found = metrics_from_events(snapshot.events)
    job = snapshot.job
    if job.status != "succeeded" or not job.result_files:
        return found

    def read() -> pd.DataFrame:
        try:
            data = result_file(state.client(), job, state.profile())
            whole = metrics_from_result_file(data) if data else found
        except Problem:
            return found
        return whole if len(whole) > len(found) else found

    return mine.remember(f"result:{job.id}", job.id, read)


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
        _name(other): metrics_from_events(other.events)
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
    """What was expected and what was billed."""
    for record in mine.history:
        if record.job_id != job_id or not record.expected_cost or record.cost is None:
            continue
        words = (
            f"Expected {money(record.expected_cost)} for {record.expected_tokens:,} tokens; billed "
            f"{money(record.cost)} for {record.trained_tokens:,}."
        )
        st.caption(words.replace("$", "\\$"))


def history(current: str | None) -> None:
    """The jobs at the chosen provider, newest first; those of this session with their figures."""
    mine, profile = state.session(), state.profile()
    jobs = list_jobs(state.client(), profile, most=50)
    if not jobs:
        return
    st.header("Jobs so far", anchor=False)
    for job in jobs[:10]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(job.status or "unknown", color=COLOURS.get(job.status, "blue"))
            stamp = pd.Timestamp(job.created_at, unit="s")
            st.caption(
                f"{stamp:%d %b %Y, %H:%M} UTC · {job.fine_tuned_model or job.id}", width="content"
            )
            if job.id == current:
                continue
            if st.button("Show", key=f"open_{job.id}", type="tertiary"):
                st.query_params.update(job=job.id, at=profile.key)
                st.rerun()
            laid = job.id in mine.overlaid
            if current and st.button(
                "Take off" if laid else "Lay over", key=f"overlay_{job.id}", type="tertiary"
            ):
                _overlay(mine, job.id, not laid)
                st.rerun()
    if mine.history:
        with st.expander("Figures of this session's jobs"):
            st.dataframe(history_frame(mine.history), hide_index=True, key="history_table")
            st.download_button(
                "Download",
                history_to_json(mine.history),
                "jobs.json",
                "application/json",
                on_click="ignore",
                key="download_history",
            )


def _overlay(mine: state.Session, job_id: str, wanted: bool) -> None:
    if not wanted:
        mine.overlaid.discard(job_id)
        return
    mine.overlaid.add(job_id)
    if job_id not in mine.snapshots:
        mine.snapshots[job_id] = job_snapshot(state.client(), job_id, profile=state.profile())
