"""What is kept on this machine besides the trainer's files, on the Clean up page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.kept_edits import forget_kept, kept_archives
from core.kept_edits import kept_bytes as bytes_of_edits
from core.ui import state
from core.voice.kept import forget_run, kept_bytes


def kept_run() -> None:
    """Show that a judge run is kept, and delete it after asking."""
    folder = state.judge_folder()
    size = kept_bytes(folder)
    if not size:
        return

    def delete() -> None:
        state.judge_runs().stop(state.session().visitor, seconds=10)
        forget_run(folder)
        for key in ("judge_run", "llm_result"):
            st.session_state.pop(key, None)

    _box(
        "Judge run on this machine",
        f"The answers of your last judge run on the Compare page, the held-out texts they are "
        f"measured against and your blind games: {_size(size)}, masked. They are kept so that a "
        "reload does not lose what was asked and paid for.",
        "judge run",
        "The answers would have to be asked for again.",
        "run",
        delete,
    )


def kept_edits() -> None:
    """Show that changes by hand are kept, and delete them after asking."""
    folder = state.edits_folder()
    count = kept_archives(folder)
    if not count:
        return
    many = f"{count} archives" if count > 1 else "one archive"
    _box(
        "Corrections on this machine",
        f"What you corrected, took out or labelled by hand on the Dataset page, for {many}: "
        f"{_size(bytes_of_edits(folder))}, encrypted. Only this browser together with the archive "
        "itself opens them.",
        "corrections",
        "In an archive that is open now they stay until you close it.",
        "edits",
        lambda: forget_kept(folder),
    )


def _box(
    title: str, about: str, what: str, warning: str, key: str, delete: Callable[[], None]
) -> None:
    """A box that says what is there, with a button that asks before it deletes."""
    asked = f"delete_{key}_asked"
    with st.container(border=True):
        st.header(title, anchor=False)
        st.write(about)
        if st.button(f"Delete the {what}", icon=":material/delete:", key=f"delete_{key}"):
            st.session_state[asked] = True
        if not st.session_state.get(asked):
            return
        pronoun = "them" if what.endswith("s") else "it"
        st.markdown(f"**Delete {pronoun}? {warning}**")
        with st.container(horizontal=True):
            if st.button(f"Yes, delete {pronoun}", type="primary", key=f"confirm_delete_{key}"):
                delete()
                st.session_state.pop(asked)
                st.toast(f"Deleted: the {what}.")
                st.rerun()
            if st.button("No", key=f"cancel_delete_{key}"):
                st.session_state.pop(asked)
                st.rerun()


def _size(count: int) -> str:
    return f"{count / 1000:,.1f} kB"
