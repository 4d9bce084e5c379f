"""2 Privacy: what will be masked before anything is learnt, shown or sent."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from core.privacy import decide, review_table, to_json
from core.ui import frame, state
from core.ui.bubbles import Bubble, chat
from core.ui.cards import figures

MODES = {"standard": "Standard", "strict": "Strict", "off": "Off"}
ABOUT_MODES = {
    "standard": "People get made-up names; phone numbers, addresses, links and secrets become tags.",
    "strict": "Also masks doubtful words and long numbers, and leaves out every message that may "
    "still hold something.",
    "off": "Nothing is masked. Models repeat what they learn, and other people's words are inside.",
}
CONSENT = (
    "Hi! I would like to train a small text model on my own messages, and our chat is part of "
    "them. Names and numbers are masked. Are you all right with that? I can leave your messages "
    "out, or the whole chat."
)
MOST_SHOWN = 12


def choose_mode(mine: state.Session) -> None:
    left, right = st.columns([2, 3], vertical_alignment="top")
    with left:
        mode = st.segmented_control(
            "Masking",
            list(MODES),
            default=mine.privacy.mode,
            required=True,
            format_func=MODES.__getitem__,
            key="privacy_mode",
        )
        if mode == "off":
            st.warning(ABOUT_MODES["off"], icon=":material/visibility:")
        else:
            st.caption(ABOUT_MODES[mode])
    with right:
        words = st.multiselect(
            "Also mask these words",
            list(mine.privacy.words),
            default=list(mine.privacy.words),
            accept_new_options=True,
            placeholder="A nickname, a street, a project: type it and press Enter",
            key="privacy_words",
        )
    changed = replace(mine.privacy, mode=mode, words=tuple(words))
    if changed != mine.privacy:
        mine.privacy = changed
        st.rerun()


def review(mine: state.Session) -> None:
    """The table of finds: tick or untick, change a replacement."""
    archive = mine.archive
    assert archive is not None
    table = mine.remember(
        "privacy:table",
        (id(archive), mine.me, mine.privacy),
        lambda: review_table(archive.frame(), mine.privacy, me=mine.me, scan=state.scan()),
    )
    if table.empty:
        st.write("Nothing private was found. Rules miss things: read a few examples yourself.")
        return
    kinds = list(dict.fromkeys(table["kind"]))
    kind = st.pills("Show", ["everything", *kinds], default="everything", required=True, key="kind")
    shown = table if kind == "everything" else table[table["kind"] == kind]
    edited = st.data_editor(
        shown,
        hide_index=True,
        height=420,
        disabled=["found", "kind", "count", "example", "why"],
        column_config={
            "mask": st.column_config.CheckboxColumn("Mask", width="small"),
            "found": st.column_config.TextColumn("Found"),
            "kind": "What it is",
            "count": st.column_config.NumberColumn("Times", width="small"),
            "example": st.column_config.TextColumn("For example", width="large"),
            "replacement": st.column_config.TextColumn(
                "Replaced by", help="Double-click to write your own."
            ),
            "why": "Found by",
        },
        key=f"review_{hash(mine.privacy)}_{kind}",
    )
    decided = decide(mine.privacy, shown, edited)
    if decided != mine.privacy:
        mine.privacy = decided
        st.rerun()


def before_and_after(mine: state.Session) -> None:
    archive, safe = mine.archive, state.masked()
    assert archive is not None
    before = archive.frame().set_index("id")["text"]
    after = safe.frame.set_index("id")["text"]
    changed = [message for message in safe.changed if message in after.index][:MOST_SHOWN]
    if not changed:
        st.write("No message is changed.")
        return
    left, right = st.columns(2)
    with left:
        st.caption("As it was written")
        chat((Bubble("other", "", str(before[i])) for i in changed), height=400)
    with right:
        st.caption("As every later step sees it")
        chat((Bubble("me", "", str(after[i])) for i in changed), height=400)


def other_people(mine: state.Session) -> None:
    archive = mine.archive
    assert archive is not None
    counts = archive.authors()
    others = [str(name) for name in counts.index if name not in mine.me]
    if not others:
        st.write("Nobody else wrote in this archive.")
        return
    words = (
        archive.frame()
        .groupby("author", observed=True)["text"]
        .agg(lambda texts: int(texts.str.split().str.len().sum()))
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Person": others,
                "Messages": [int(counts[name]) for name in others],
                "Words": [int(words.get(name, 0)) for name in others],
            }
        ),
        hide_index=True,
        key="ledger",
    )
    filters = mine.settings.filters
    left_out = st.multiselect(
        "Leave these people out entirely",
        others,
        default=[name for name in mine.left_out if name in others],
        help="Their messages are in no example, neither as an answer nor as context.",
        key="people_left_out",
    )
    mine.left_out = tuple(left_out)
    names = state.masked().map.authors
    without = tuple(names.get(name, name) for name in left_out)
    if without != filters.without_authors:
        mine.settings = replace(mine.settings, filters=replace(filters, without_authors=without))
    st.caption("Ask the others first. A short note to copy:")
    st.code(CONSENT, language=None, wrap_lines=True)


mine = frame.enter()
frame.title(
    "Privacy", "What is masked before anything is learnt, shown or sent. No rule finds everything."
)
frame.need_archive()
with frame.problems_shown():
    with st.container(border=True):
        choose_mode(mine)
    with st.spinner("Looking for names, numbers and secrets…", show_time=True):
        safe = state.masked()
    figures(
        ("Found and masked", f"{sum(safe.counts.values()):,}"),
        ("Messages changed", f"{len(safe.changed):,}"),
        ("Messages left out", f"{len(safe.removed):,}", "Only in strict mode."),
        ("People renamed", f"{len(safe.map.authors):,}"),
    )
    finds, compare, people = st.tabs(
        ["What was found", "Before and after", "Other people"],
        key="privacy_tab",
        on_change="rerun",
    )
    if finds.open:
        with finds:
            if mine.privacy.mode == "off":
                st.write("Masking is off.")
            else:
                review(mine)
    if compare.open:
        with compare:
            before_and_after(mine)
    if people.open:
        with people:
            other_people(mine)
    if mine.privacy.mode != "off":
        st.download_button(
            "Download the list of real and made-up names",
            lambda: to_json(safe.map),
            "real-and-made-up-names.json",
            "application/json",
            on_click="ignore",
            icon=":material/key:",
            help="Keep it to yourself: it undoes the masking. It is in no data set.",
            key="download_map",
        )
    frame.next_step("pages/dataset.py", "Shape the data set")
