"""Made-up names on the wire, real names on the visitor's own screen if they want them."""

from __future__ import annotations

import streamlit as st

from core.privacy import restore
from core.ui import state


def choose_real_names() -> None:
    """The switch that puts the real names back into everything the page shows."""
    mine = state.session()
    if mine.archive is None or mine.privacy.mode == "off":
        return
    st.toggle(
        "Put the real names back",
        help="Only on your screen: models saw and write the made-up names.",
        key="real_names",
        persist_state="session",
    )


def unmask(text: str) -> str:
    """The text with the real names, if the visitor asked for them."""
    mine = state.session()
    if mine.archive is None or not st.session_state.get("real_names"):
        return text
    return restore(text, state.masked().map)
