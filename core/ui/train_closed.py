"""A provider that trains no more for this account: what stays possible, one click away."""

from __future__ import annotations

import streamlit as st

from core.providers import TrainingClosed
from core.ui import frame, state


def switch_to_this_machine() -> None:
    """Choose the embedded engine; runs before the sidebar is drawn, so its box follows."""
    state.session().provider = "embedded"
    st.session_state["provider"] = "embedded"
    st.session_state["train_here"] = True
    del st.session_state["training_closed"]


def switch_provider(key: str) -> None:
    """Choose another provider, with the same data set and settings in the form."""
    state.session().provider = key
    st.session_state["provider"] = key
    st.session_state.pop("training_closed", None)


def show_closed(closed: TrainingClosed) -> None:
    """Say it, and offer the other places with the same data set."""
    frame.show_problem(closed)
    others = [
        profile
        for profile in state.profiles().values()
        if profile.trains and profile.key not in ("embedded", state.profile().key)
    ]
    st.caption(f"Nothing was billed. {state.profile().note}".replace("$", "\\$"))
    with st.container(horizontal=True):
        st.button(
            "Train the same data set on this machine",
            type="primary",
            on_click=switch_to_this_machine,
            key="train_here_button",
        )
        for profile in others:
            st.button(
                f"Train it at {profile.name}",
                on_click=switch_provider,
                args=(profile.key,),
                key=f"train_at_{profile.key}",
            )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("The file that was uploaded:", width="content")
        if st.button("Delete it on the Clean up page", type="tertiary", key="closed_cleanup"):
            st.switch_page("pages/cleanup.py")
        if st.button("Keep it and go on", type="tertiary", key="closed_dismiss"):
            del st.session_state["training_closed"]
            st.rerun()
