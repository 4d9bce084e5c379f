"""5 Train: launch a job, follow its curves, come back to it later."""

import streamlit as st

from core.ui import frame
from core.ui.provider_box import edit_providers, train_elsewhere
from core.ui.train_follow import follow, history
from core.ui.train_launch import launch_box, show_closed

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
with frame.problems_shown():
    if job_id:
        follow(job_id)
        frame.next_step("pages/compare.py", "Compare")
    history(job_id)
with st.expander(
    "Train somewhere else, or edit the providers", on_change="rerun", key="more_training"
) as more:
    if more.open:
        train_elsewhere()
        with frame.problems_shown():
            edit_providers()
