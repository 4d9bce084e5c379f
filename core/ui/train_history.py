"""The jobs so far: open one, lay its curves over another's, train the same again elsewhere."""

from __future__ import annotations

import time

import pandas as pd
import streamlit as st
from openai.types.fine_tuning import FineTuningJob

from core.history import JobRecord, history_table, history_to_json, settings_for
from core.jobs import is_terminal, job_snapshot, list_jobs
from core.ui import frame, state
from core.ui.columns import compare_these
from core.ui.train_follow import COLOURS

#: Seconds for which the list of jobs at a paid provider is not asked for again.
FRESH = 15.0

#: Jobs that are listed.
MOST = 10


def history(current: str | None, *, reachable: bool = True) -> None:
    """The jobs at the chosen provider, newest first; then the figures of this project's jobs.

    Args:
        current: the job that is shown above, if one is.
        reachable: whether the provider can be asked; without a key only what was noted is shown.
    """
    mine = state.session()
    with frame.problems_shown():
        listed = _jobs(mine) if reachable else []
        others = [job for job in listed if job.id != current]
        if others:
            st.header("Other jobs" if current else "Jobs so far", anchor=False)
        for job in others[:MOST]:
            _row(mine, job, current)
        if len(others) > MOST:
            st.caption(f"{len(others) - MOST} older ones are on the Clean up page.")
    if mine.history:
        with st.expander("Settings, costs and results of this project's jobs"):
            _figures(mine)


def _jobs(mine: state.Session) -> list[FineTuningJob]:
    """The newest jobs at the chosen provider; asked for again when they may have changed."""
    profile = state.profile()
    at, jobs = mine.jobs_seen.get(profile.key, (0.0, []))
    if profile.is_embedded or time.time() - at > FRESH:
        jobs = list_jobs(state.client(), profile, most=50) if profile.trains else []
        mine.jobs_seen[profile.key] = (time.time(), jobs)
    return jobs


def _row(mine: state.Session, job: FineTuningJob, current: str | None) -> None:
    profile = state.profile()
    seen = mine.snapshots.get(job.id)
    status = seen.job.status if seen and is_terminal(seen.job.status) else job.status
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(status or "unknown", color=COLOURS.get(status, "blue"))
        stamp = pd.Timestamp(job.created_at, unit="s")
        st.caption(
            f"{stamp:%d %b %Y, %H:%M} UTC · {job.fine_tuned_model or job.id}", width="content"
        )
        if st.button("Open", key=f"open_{job.id}", type="tertiary"):
            st.query_params.update(job=job.id, at=profile.key)
            st.rerun()
        laid = job.id in mine.overlaid
        label = "Take its curves off" if laid else "Lay its curves over"
        if current and st.button(label, key=f"overlay_{job.id}", type="tertiary"):
            _overlay(mine, job.id, not laid)
            st.rerun()
        if job.fine_tuned_model and st.button(
            "Compare",
            key=f"compare_{job.id}",
            type="tertiary",
            help="Its answers beside those of its base"
            + (" and of the model above." if current_model(mine, current) else "."),
        ):
            compare_these([job.fine_tuned_model, *current_model(mine, current)])
        record = next((r for r in mine.history if r.job_id == job.id), None)
        if record is not None:
            _repeat_menu(record)


def current_model(mine: state.Session, current: str | None) -> list[str]:
    """The model of the job that is shown above, if it has one."""
    seen = mine.snapshots.get(current or "")
    return [seen.job.fine_tuned_model] if seen and seen.job.fine_tuned_model else []


def _repeat_menu(record: JobRecord) -> None:
    """The same settings in the form above, here or at another provider."""
    names = {key: one.name for key, one in state.profiles().items() if one.trains}
    st.menu_button(
        "Repeat at…",
        list(names),
        format_func=names.__getitem__,
        on_click=_repeat,
        args=(record,),
        key=f"repeat_{record.job_id}",
        type="tertiary",
        help="Fills in the form above. Nothing starts before you press Train now.",
    )


def _repeat(record: JobRecord) -> None:
    """Fill in the form with a past job's settings; runs before the form is drawn."""
    mine = state.session()
    place = st.session_state[f"repeat_{record.job_id}"]
    if place is None:
        return
    mine.provider = st.session_state["provider"] = place
    settings = settings_for(record, record.settings.model, keep_numbers=place == record.provider)
    for key, value in (
        ("epochs", settings.n_epochs),
        ("batch_size", settings.batch_size),
        ("learning_rate", settings.learning_rate_multiplier),
    ):
        st.session_state[key] = None if value == "auto" else value
    st.session_state["train_seed"] = settings.seed or 0
    st.session_state["suffix"] = settings.suffix or ""
    if place == record.provider:
        st.session_state[f"base_model_{place}_{settings.method}"] = settings.model
    st.session_state["repeated"] = record


def _figures(mine: state.Session) -> None:
    table = history_table(mine.history)
    profiles = state.profiles()
    table["provider"] = [profiles[k].name if k in profiles else k for k in table["provider"]]
    table["cost"] = [
        "free" if r.provider == "embedded" else mine.money(c).replace("\\", "")
        for r, c in zip(mine.history, table["cost"], strict=True)
    ]
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "started": frame.time_column("Started (UTC)"),
            "provider": "Where",
            "model": "Model",
            "status": "Status",
            "examples": "Examples",
            "epochs": "Epochs",
            "batch_size": "Batch size",
            "learning_rate": "Learning rate x",
            "cost": "Cost",
            "train_loss": st.column_config.NumberColumn("Training loss", format="%.2f"),
            "valid_loss": st.column_config.NumberColumn("Best validation loss", format="%.2f"),
            "data": st.column_config.TextColumn(
                "Data", help="The same letters: the same examples."
            ),
            "job": "Job",
        },
        key="history_table",
        alt="Jobs of this project",
    )
    st.download_button(
        "Download",
        lambda: history_to_json(mine.history),
        "jobs.json",
        "application/json",
        on_click="ignore",
        icon=":material/download:",
        key="download_history",
    )


def _overlay(mine: state.Session, job_id: str, wanted: bool) -> None:
    if not wanted:
        mine.overlaid.discard(job_id)
        return
    mine.overlaid.add(job_id)
    if job_id not in mine.snapshots:
        mine.snapshots[job_id] = job_snapshot(state.client(), job_id, profile=state.profile())
