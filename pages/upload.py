"""1 Upload & preview: what was read, whose it is, when it was written, what was left out."""

import pandas as pd
import streamlit as st

from core.figures.archive import timeline
from core.messages import WRITTEN_KINDS, Archive
from core.readers import SOURCES
from core.source_files import file_table
from core.ui import frame, state
from core.ui.cards import figures
from core.ui.upload_reading import offer_upload, read_differently
from core.ui.upload_views import (
    READ_TAB,
    all_messages,
    conversation_sizes,
    escaped,
    left_out,
    list_conversations,
    list_files,
    read_conversation,
    sentence,
)


def recognised(archive: Archive, mine: state.Session) -> None:
    title = SOURCES.get(archive.source, archive.source)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(title, icon=":material/check:", color="green")
        shown = ", ".join(mine.file_names[:3])
        more = len(mine.file_names) - 3
        st.caption(f"{shown} and {more} more" if more > 0 else shown, width="content")
        if st.button("Use another file", key="another_file", type="tertiary"):
            state.clear_archive()
            st.rerun()
    if archive.recognised:
        st.caption(f"Recognised by: {archive.recognised}.")
    if mine.recalled:
        changed, out = len(mine.settings.filters.edits), len(mine.settings.filters.excluded_ids)
        labelled = (
            f", {len(mine.labels):,} with topics or names of their own" if mine.labels else ""
        )
        st.caption(
            f"Your changes from an earlier visit are back: {changed:,} texts corrected, {out:,} "
            f"taken out{labelled}. The Dataset page has them under Edit."
        )


def summary(archive: Archive, messages: pd.DataFrame) -> None:
    written = messages["kind"].isin(WRITTEN_KINDS)
    when = messages["sent_at"].dropna()
    years, days = period_words(when.min(), when.max()) if len(when) else ("unknown", "No dates.")
    missing = sum(n.count for n in archive.notes if n.kind == "left_out")
    figures(
        ("Messages", f"{int(written.sum()):,}"),
        ("People", f"{messages['author'].nunique():,}"),
        ("Period", years, days),
        ("Left out", f"{int((~written).sum()) + missing:,}", "The last tab says what and why."),
    )


def period_words(first: pd.Timestamp, last: pd.Timestamp) -> tuple[str, str]:
    """The period short enough for a card on a phone, and to the day."""
    days = f"From {first:%d %B %Y} to {last:%d %B %Y}."
    if first.year != last.year:
        return f"{first.year}–{last.year}", days
    return (f"{first:%b %Y}" if first.month == last.month else str(first.year)), days


def who_is_me(archive: Archive, mine: state.Session) -> None:
    counts = archive.authors()
    names = [str(name) for name in counts.index if counts[name]]
    if archive.me:
        st.caption(f"Proposed: **{archive.me.name}**, because {archive.me.reason}.")
    chosen = st.multiselect(
        "Which of these names are you?",
        names,
        default=[name for name in mine.me if name in names],
        format_func=lambda name: f"{name} ({counts[name]:,})",
        key="who_is_me",
        help="The model learns to write like this person. Choose several if you changed your "
        "name or your number: they count as one.",
    )
    if tuple(chosen) != mine.me:
        mine.me = tuple(chosen)
        st.rerun()
    if not chosen:
        st.caption("Choose your name: nothing can be learnt before that.")
    if len(names) == 1 and archive.source != "plain":
        st.caption(
            "Only one person wrote here, so the model learns to write on its own, not to answer."
        )


def choose_period(messages: pd.DataFrame, mine: state.Session) -> None:
    when = messages["sent_at"].dropna()
    if when.empty or when.min().date() == when.max().date():
        return
    whole = (when.min().date(), when.max().date())
    chosen = st.slider(
        "Which you? Only messages from this period are used",
        *whole,
        value=mine.period or whole,
        format="D MMM YYYY",
        key="period",
    )
    period = None if tuple(chosen) == whole else (chosen[0], chosen[1])
    if period != mine.period:
        mine.period = period
        st.rerun()


mine = frame.enter()
archive = mine.archive
if archive is None:
    frame.title(
        "Train a model that writes like you",
        "Your own posts, chats or mails go in; out comes a model in your voice, and evidence of how "
        "close it gets. The default trainer runs right here: no key, no download, nothing sent.",
    )
    offer_upload(mine)
    st.stop()

frame.title(
    "Upload & preview", "Read your archive, see what is in it, and say which name is yours."
)

recognised(archive, mine)
messages = archive.frame()
somebody = bool(len(archive.authors()) and archive.authors().iloc[0])
for note in archive.notes:
    if note.kind == "warning" and somebody:
        st.warning(escaped(sentence(note, mine.file_names)), icon=":material/warning:")
read_differently(mine, archive)
if not somebody:
    st.error(
        "Export the chat again with its messages, or use another file.",
        title="Nobody wrote a message here: the file holds notices and media only.",
        icon=":material/error:",
    )
summary(archive, messages)
if somebody:
    with st.container(border=True):
        who_is_me(archive, mine)
        choose_period(messages, mine)
    if messages["sent_at"].notna().any():
        with st.container(border=True):
            st.plotly_chart(
                mine.remember(
                    "timeline",
                    (id(archive), mine.me, mine.period),
                    lambda: timeline(messages, mine.me, mine.period),
                ),
                key="timeline",
                config={"displayModeBar": False},
                alt="Messages over time, by author",
            )
sizes = mine.remember("upload:sizes", id(archive), lambda: conversation_sizes(messages))
several = len(sizes) > 1
files = mine.remember("upload:files", id(archive), lambda: file_table(archive, mine.file_names))
names = [READ_TAB, "All conversations", "All messages", "Files", "What was left out"]
if not several:
    names.remove("All conversations")
if len(files) < 2:
    names.remove("Files")
tabs = dict(zip(names, st.tabs(names, key="preview_tab", on_change="rerun"), strict=True))
if tabs[READ_TAB].open:
    with tabs[READ_TAB]:
        read_conversation(mine, archive, messages)
if several and tabs["All conversations"].open:
    with tabs["All conversations"]:
        list_conversations(mine, archive, messages)
if tabs["All messages"].open:
    with tabs["All messages"]:
        all_messages(mine, archive, messages)
if len(files) > 1 and tabs["Files"].open:
    with tabs["Files"]:
        list_files(files)
if tabs["What was left out"].open:
    with tabs["What was left out"]:
        left_out(archive, messages)
if somebody:
    frame.next_step("pages/privacy.py", "Check what is private")
