"""5 Train: launch a job, follow its curves, come back to it later."""

import streamlit as st

from core.problems import Problem
from core.ui import frame, state
from core.ui.elsewhere import train_elsewhere
from core.ui.provider_box import edit_providers
from core.ui.take_away import take_away
from core.ui.train_closed import show_closed
from core.ui.train_follow import follow
from core.ui.train_history import history
from core.ui.train_launch import launch_box

mine = frame.enter()
frame.title("Train", "Watch a model learn to write like the archive.")
job_id = st.query_params.get("job")
try:
    state.client()
    unreachable = None
except Problem as problem:  # no key or address yet: said once, and nothing is asked for
    unreachable = problem
if mine.archive is None and not job_id:
    history(None, reachable=unreachable is None)
    frame.need_archive()
if mine.archive is not None and not mine.me and not job_id:
    history(None, reachable=unreachable is None)
    frame.need_name()
closed = st.session_state.get("training_closed")
if closed is not None:
    show_closed(closed)
elif mine.archive is not None and mine.me:
    launch_box(mine)
if unreachable is not None:
    frame.show_problem(unreachable)
elif job_id:
    with frame.problems_shown():
        follow(job_id)
    seen = mine.snapshots.get(job_id)
    if (
        seen is not None
        and seen.job.status == "succeeded"
        and state.profile().key == (st.query_params.get("at", "embedded"))
    ):
        if seen.job.fine_tuned_model and state.profile().is_embedded:
            take_away(seen.job.fine_tuned_model)
        if seen.job.fine_tuned_model:  # this one, also where a newer one was trained
            st.session_state["compare_models"] = (state.profile().key, [seen.job.fine_tuned_model])
        frame.next_step("pages/compare.py", "Compare")
history(job_id, reachable=unreachable is None)
with st.expander(
    "Train somewhere else, or edit the providers", on_change="rerun", key="more_training"
) as more:
    if more.open:
        with frame.problems_shown():
            train_elsewhere()
            edit_providers()
