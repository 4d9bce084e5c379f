"""5 Train: launch a job, follow its curves, come back to it later."""

import streamlit as st

from core.ui import frame, state
from core.ui.elsewhere import train_elsewhere
from core.ui.provider_box import edit_providers
from core.ui.take_away import take_away
from core.ui.train_follow import follow
from core.ui.train_history import history
from core.ui.train_launch import launch_box
from core.ui.train_start import show_closed

mine = frame.enter()
frame.title("Train", "Watch a model learn to write like the archive.")
job_id = st.query_params.get("job")
if mine.archive is None and not job_id:
    history(None)
    frame.need_archive()
closed = st.session_state.get("training_closed")
if closed is not None:
    show_closed(closed)
elif mine.archive is not None:
    launch_box(mine)
if job_id:
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
        frame.next_step("pages/compare.py", "Compare")
history(job_id)
with st.expander(
    "Train somewhere else, or edit the providers", on_change="rerun", key="more_training"
) as more:
    if more.open:
        with frame.problems_shown():
            train_elsewhere()
            edit_providers()
