"""A cookie that lets a visitor find their own jobs again after a reload."""

from __future__ import annotations

import streamlit as st

from core.ui import state


def remember_visitor() -> None:
    """Write the visitor token into a cookie of this browser, unless it is there already.

    The token is random, names nobody, and is what keeps visitors' jobs apart in the engine.
    It goes through a cookie and not through the address, because addresses are logged,
    shared and kept in histories.
    """
    visitor = state.session().visitor
    if st.context.cookies.get(state.VISITOR_COOKIE) == visitor:
        return
    st.html(
        "<script>document.cookie = '"
        f"{state.VISITOR_COOKIE}={visitor}; path=/; max-age=2592000; SameSite=Strict'"
        "</script>",
        unsafe_allow_javascript=True,
    )
