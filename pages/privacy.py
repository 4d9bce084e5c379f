"""2 Privacy: what is replaced before anything is learnt, shown to a model or sent."""

import streamlit as st

from core.ui import frame, state
from core.ui.cards import figures
from core.ui.privacy_finds import before_and_after, how_many, look_through, review
from core.ui.privacy_people import leave_messages_out, other_people
from core.ui.privacy_settings import choose_details, choose_mode, offer_list, undo_button

TABS = (
    "What was found",
    "How many",
    "Before and after",
    "Other people",
    "Leave messages out",
)

mine = frame.enter()
frame.title(
    "Privacy",
    "Names, numbers and secrets are replaced before anything is learnt, shown to a model or sent. "
    "No program finds everything: look for yourself.",
)
frame.need_archive()
with frame.problems_shown():
    archive = mine.archive
    assert archive is not None
    with st.container(border=True):
        choose_mode(mine)
        choose_details(mine)
    everyone = look_through()
    used = state.masked()
    figures(
        ("Found and replaced", f"{sum(everyone.counts.values()):,}"),
        ("Messages changed", f"{len(everyone.changed):,}"),
        ("People renamed", f"{len(everyone.map.authors):,}"),
        (
            "Messages left",
            f"{len(used.frame):,}",
            f"Of {len(archive):,}: what later steps see, less what strict masking and your choices "
            "leave out.",
        ),
    )
    if mine.privacy.mode == "strict":
        st.info(
            f"Strict leaves out {len(everyone.removed):,} of {len(archive):,} messages that may "
            "still hold something private. They are listed under Before and after.",
            icon=":material/shield:",
        )
    finds, counts, compare, people, messages = st.tabs(TABS, key="privacy_tab", on_change="rerun")
    if finds.open:
        with finds:
            review(mine)
    if counts.open:
        with counts:
            how_many(mine, everyone)
    if compare.open:
        with compare:
            before_and_after(mine, everyone)
    if people.open:
        with people:
            other_people(mine)
    if messages.open:
        with messages:
            leave_messages_out(mine)
    with st.container(horizontal=True):
        undo_button(mine)
        if mine.privacy.mode != "off":
            offer_list(mine)
    frame.next_step("pages/dataset.py", "Shape the data set")
