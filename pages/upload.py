"""1 Upload & preview: what was read, whose it is, when it was written, what was left out."""

import pandas as pd
import streamlit as st

from core.figures.archive import timeline
from core.messages import WRITTEN_KINDS, Archive
from core.readers import SOURCES, read_archive
from core.samples import SAMPLES
from core.ui import frame, state
from core.ui.bubbles import Bubble, chat
from core.ui.cards import figures
from core.ui.samples import open_sample

MOST_BUBBLES = 200
KEPT_WHERE = (
    "Your file is read in memory and stays in this browser session; nothing is sent anywhere "
    "until you press a button that says what is sent, to whom and at what price. If you train "
    "on this machine, the training file and the model stay in the app's own folder until you "
    "delete them on the Clean up page, which also has a button that forgets everything."
)


def read_uploads(files: list) -> None:
    parts = [(file.name, file.getvalue()) for file in files]
    with frame.problems_shown(), st.spinner("Reading…", show_time=True):
        archive = read_archive(parts)
        state.set_archive(archive, tuple(name for name, _ in parts))
        st.rerun()


def offer_upload(mine: state.Session) -> None:
    with st.container(border=True):
        st.header("Bring your own words", anchor=False)
        st.write(
            "Drop an X archive, a WhatsApp export or a conversation CSV; zips as they come. "
            "The format is recognised from the content."
        )
        files = st.file_uploader(
            "Your files",
            accept_multiple_files=True,
            key=f"files_{mine.upload_round}",
            label_visibility="collapsed",
        )
        if files:
            read_uploads(files)
        st.caption(KEPT_WHERE)
    st.header("Or look around first", anchor=False)
    for column, sample in zip(st.columns(len(SAMPLES)), SAMPLES, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{sample.title}**")
            st.caption(sample.about)
            first = sample is SAMPLES[0]
            label = "Try the sample" if first else f"Open {sample.title}"
            kind = "primary" if first else "secondary"
            if st.button(label, type=kind, key=f"sample_{sample.key}"):
                with frame.problems_shown():
                    open_sample(sample.key)
                    st.rerun()


def summary(archive: Archive, messages: pd.DataFrame) -> None:
    written = messages["kind"].isin(WRITTEN_KINDS)
    when = messages["sent_at"].dropna()
    years = period_words(when.min(), when.max()) if len(when) else "unknown"
    left_out = sum(n.count for n in archive.notes if n.kind == "left_out")
    figures(
        ("Messages", f"{int(written.sum()):,}"),
        ("People", f"{messages['author'].nunique():,}"),
        ("Period", years),
        ("Left out", f"{int((~written).sum()) + left_out:,}", "The last tab says what and why."),
    )


def period_words(first: pd.Timestamp, last: pd.Timestamp) -> str:
    if first.year != last.year:
        return f"{first.year} – {last.year}"
    if first.month != last.month:
        return f"{first:%b} – {last:%b %Y}"
    return f"{first:%B %Y}"


def who_is_me(archive: Archive, mine: state.Session) -> None:
    names = [str(name) for name in archive.authors().index]
    if not names:
        st.warning("Nobody in this archive wrote anything that can be learnt from.")
        return
    if archive.me:
        st.caption(f"Proposed: **{archive.me.name}**, because {archive.me.reason}.")
    chosen = st.multiselect(
        "Which of these names are you?",
        names,
        default=[name for name in mine.me if name in names],
        key="who_is_me",
        help="The model learns to write like this person. Choose several if you changed your name.",
    )
    if tuple(chosen) != mine.me:
        mine.me = tuple(chosen)
        st.rerun()


def date_question(archive: Archive) -> None:
    for note in archive.notes:
        if note.kind == "question":
            st.warning(note.reason, icon=":material/event:")


def choose_period(messages: pd.DataFrame, mine: state.Session) -> None:
    when = messages["sent_at"].dropna()
    if when.empty or when.min().date() == when.max().date():
        return
    whole = (when.min().date(), when.max().date())
    chosen = st.slider(
        "Which you? Only messages from this period are used",
        *whole,
        value=mine.period or whole,
        format="MMM YYYY",
        key="period",
    )
    period = None if tuple(chosen) == whole else (chosen[0], chosen[1])
    if period != mine.period:
        mine.period = period
        st.rerun()


def conversations(archive: Archive, messages: pd.DataFrame, mine: state.Session) -> None:
    sizes = messages["conversation"].value_counts()
    sizes = sizes[sizes > 0]
    name = st.selectbox(
        "Conversation",
        list(sizes.index),
        format_func=lambda key: f"{archive.titles.get(key, key)} ({sizes[key]:,})",
        key="conversation",
    )
    rows = messages[messages["conversation"] == name]
    pages = -(-len(rows) // MOST_BUBBLES)
    page = st.pagination(pages, key="bubble_page") if pages > 1 else 1
    rows = rows.iloc[(page - 1) * MOST_BUBBLES : page * MOST_BUBBLES]
    chat((bubble(row, mine.me) for row in rows.itertuples()), height=460)


def bubble(row, me: tuple[str, ...]) -> Bubble:
    if row.kind in WRITTEN_KINDS or row.kind == "poll":
        author = "" if pd.isna(row.author) else str(row.author)
        stamp = "" if pd.isna(row.sent_at) else f"{row.sent_at:%d %b %Y, %H:%M}"
        who = " · ".join(part for part in (author, stamp) if part)
        return Bubble("me" if author in me else "other", who, row.text)
    return Bubble("note", "", f"{row.kind}: {row.text}" if row.text else row.kind)


def table(messages: pd.DataFrame) -> None:
    left, middle, right = st.columns([2, 2, 3])
    authors = left.multiselect("Author", list(messages["author"].cat.categories), key="by_author")
    kinds = middle.multiselect("Kind", list(messages["kind"].cat.categories), key="by_kind")
    words = right.text_input("Text contains", key="by_text")
    shown = messages
    if authors:
        shown = shown[shown["author"].isin(authors)]
    if kinds:
        shown = shown[shown["kind"].isin(kinds)]
    if words:
        shown = shown[shown["text"].str.contains(words, case=False, regex=False)]
    st.caption(f"{len(shown):,} of {len(messages):,} rows")
    st.dataframe(
        shown[["sent_at", "author", "kind", "text"]],
        hide_index=True,
        height=420,
        lazy=len(shown) > 20_000,
        column_config={
            "sent_at": st.column_config.DatetimeColumn("Sent", format="YYYY-MM-DD HH:mm"),
            "author": "Author",
            "kind": "Kind",
            "text": st.column_config.TextColumn("Text", width="large"),
        },
        key="messages",
    )


KIND_WORDS = {
    "repost": "reposts: other people's words",
    "media": "photos, videos and files without words",
    "deleted": "deleted messages",
    "system": "notices by the app",
    "call": "calls",
    "poll": "polls",
}
NOTE_WORDS = {
    "left_out": "left out",
    "merged": "merged into another",
    "repaired": "repaired",
    "guessed": "guessed",
    "question": "please decide",
}


def left_out(archive: Archive, messages: pd.DataFrame) -> None:
    st.write(
        f"The file holds {archive.raw_count:,} items; {len(archive.frame()):,} became rows of the "
        f"table and {archive.missing_rows:,} did not. Rows that nobody typed stay visible but are "
        "never learnt from."
    )
    kinds = messages.loc[~messages["kind"].isin(WRITTEN_KINDS), "kind"].value_counts()
    rows = [
        {
            "What happened": "shown, never learnt from",
            "Why": KIND_WORDS.get(str(kind), str(kind)),
            "Items": int(count),
            "For example": "",
        }
        for kind, count in kinds.items()
        if count
    ]
    rows += [
        {
            "What happened": NOTE_WORDS[note.kind],
            "Why": note.reason,
            "Items": note.count,
            "For example": " · ".join(note.examples)[:200],
        }
        for note in archive.notes
    ]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="left_out_table")
    else:
        st.write("Nothing was left out.")


mine = frame.enter()
frame.title(
    "Upload & preview", "Read your archive, see what is in it, and say which name is yours."
)
archive = mine.archive
if archive is None:
    offer_upload(mine)
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    st.badge(SOURCES.get(archive.source, archive.source), icon=":material/check:", color="green")
    st.caption(", ".join(mine.file_names), width="content")
    if st.button("Use another file", key="another_file", type="tertiary"):
        state.clear_archive()
        st.rerun()
messages = archive.frame()
summary(archive, messages)
date_question(archive)
with st.container(border=True):
    who_is_me(archive, mine)
    choose_period(messages, mine)
with st.container(border=True):
    st.plotly_chart(
        mine.remember("timeline", (id(archive), mine.me), lambda: timeline(messages, mine.me)),
        key="timeline",
        config={"displayModeBar": False},
        alt="Messages per month and author",
    )
chats, rows, receipt = st.tabs(
    ["Conversations", "All messages", "What was left out"], key="preview_tab", on_change="rerun"
)
if chats.open:
    with chats:
        conversations(archive, messages, mine)
if rows.open:
    with rows:
        table(messages)
if receipt.open:
    with receipt:
        left_out(archive, messages)
frame.next_step("pages/privacy.py", "Check what is private")
