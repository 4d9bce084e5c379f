"""What surrounds every page: the menu, the provider box, the title line, errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core.problems import Problem
from core.ui import state

LOGO = Path(__file__).with_name("logo.svg")

#: (file, title, address) of every page, in the order in which a newcomer walks them.
PAGES: tuple[tuple[str, str, str], ...] = (
    ("pages/upload.py", "1 Upload", "upload"),
    ("pages/privacy.py", "2 Privacy", "privacy"),
    ("pages/dataset.py", "3 Dataset", "dataset"),
    ("pages/cost.py", "4 Cost", "cost"),
    ("pages/train.py", "5 Train", "train"),
    ("pages/compare.py", "6 Compare", "compare"),
    ("pages/cleanup.py", "Clean up", "cleanup"),
)


def navigation():
    """Declare the pages; returns the one to run."""
    pages = [
        st.Page(
            file,
            title=title,
            url_path="" if address == "upload" else address,
            default=address == "upload",
        )
        for file, title, address in PAGES
    ]
    # Streamlit gives its default page no address; this one serves whoever types /upload.
    typed = st.Page(_to_upload, title="Upload", url_path="upload", visibility="hidden")
    return st.navigation([*pages, typed], position="top")


def _to_upload() -> None:
    st.switch_page("pages/upload.py")


def enter() -> state.Session:
    """First act of every page: this visitor's session.

    A cold server opens a deep link without the entry script, because a ``pages/`` folder puts
    Streamlit into its older multipage mode until ``st.navigation`` has been called once;
    declaring the pages here and running again keeps the link working.
    """
    if not state.has_session():
        navigation()
        state.session()
        st.rerun()
    return state.session()


def title(text: str, caption: str) -> None:
    """The page's title and the one sentence under it."""
    st.title(text, anchor=False)
    st.caption(caption)


def show_problem(problem: Problem) -> None:
    """One sentence about what went wrong, and what to do about it."""
    st.error(problem.hint or "Try again.", title=problem.message, icon=":material/error:")


@contextmanager
def problems_shown() -> Iterator[None]:
    """Turn a ``Problem`` inside the block into a message on the page."""
    try:
        yield
    except Problem as problem:
        show_problem(problem)


def need_archive() -> None:
    """Stop with a friendly empty state when there is nothing to work on yet."""
    if state.session().archive is not None:
        return
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.header("Nothing here yet", anchor=False, width="content")
        st.markdown(
            "This step needs an archive: your own, or a made-up one to look around.",
            text_alignment="center",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Upload a file", type="primary", key="empty_upload"):
                st.switch_page("pages/upload.py")
            if st.button("Try the sample", key="empty_sample"):
                from core.ui.samples import open_sample

                open_sample()
                st.rerun()
        st.space("small")
    st.stop()


def need_name() -> None:
    """Stop with a way to the upload page until somebody's name is chosen."""
    if state.session().me:
        return
    st.warning("Say first which name is yours.")
    next_step("pages/upload.py", "Choose your name")
    st.stop()


def next_step(file: str, label: str) -> None:
    """The link to the next page, at the end of this one."""
    st.space("small")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button(label, type="primary", icon=":material/arrow_forward:", key="next_step"):
            st.switch_page(file)


def time_column(label: str):
    """A table's column of times of jobs, files and models, as the pages write them elsewhere."""
    return st.column_config.DatetimeColumn(label, format="D MMM YYYY, HH:mm")
