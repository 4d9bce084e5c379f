"""The judge run that is kept on this machine, on the Clean up page."""

from __future__ import annotations

import streamlit as st

from core.ui import state
from core.voice.kept import forget_run, kept_bytes


def kept_run() -> None:
    """Show that a judge run is kept, and delete it after asking."""
    folder = state.judge_folder()
    size = kept_bytes(folder)
    if not size:
        return
    with st.container(border=True):
        st.header("Judge run on this machine", anchor=False)
        st.write(
            f"The answers of your last judge run on the Compare page, the held-out texts they are "
            f"measured against and your blind games: {size / 1000:,.0f} kB, masked. They are kept "
            "so that a reload does not lose what was asked and paid for."
        )
        if st.button("Delete the judge run", icon=":material/delete:", key="delete_run"):
            st.session_state["delete_run_asked"] = True
        if not st.session_state.get("delete_run_asked"):
            return
        st.markdown("**Delete it? The answers would have to be asked for again.**")
        with st.container(horizontal=True):
            if st.button("Yes, delete it", type="primary", key="confirm_delete_run"):
                state.judge_runs().stop(state.session().visitor, seconds=10)
                forget_run(folder)
                for key in ("delete_run_asked", "judge_run", "llm_result"):
                    st.session_state.pop(key, None)
                st.toast("The judge run is gone.")
                st.rerun()
            if st.button("No", key="cancel_delete_run"):
                st.session_state.pop("delete_run_asked")
                st.rerun()
