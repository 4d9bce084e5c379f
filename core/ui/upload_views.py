"""The second half of the Upload page: what is in the archive, seen from several sides."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.messages import WRITTEN_KINDS, Archive, Note
from core.readers.conversation_csv import write_conversation_csv
from core.ui import state
from core.ui.bubbles import Bubble, chat

BUBBLES_A_PAGE = 60
#: From here on a table is sent to the browser piece by piece.
LAZY_ROWS = 20_000
#: Rows of the list of conversations that are sent to the browser.
LISTED = 5_000
READ_TAB = "Read a conversation"
#: More names than this make a menu that is slow and that nobody reads.
MENU = 500
#: Stands in the menu for the whole archive, where conversations are single posts.
EVERYTHING = ""

KIND_WORDS = {
    "message": "message",
    "post": "post",
    "reply": "reply",
    "repost": "somebody else's post, shared",
    "media": "photo, video or file",
    "deleted": "deleted message",
    "system": "notice by the app",
    "call": "call",
    "poll": "poll",
}
#: What is told in a sentence instead of counted in the table.
TOLD = ("guessed", "please decide", "please check")
NOTE_WORDS = {
    "left_out": "left out",
    "merged": "merged into another",
    "repaired": "repaired",
    "guessed": "guessed",
    "question": "please decide",
    "warning": "please check",
}


# ---- conversations ----


def conversation_sizes(messages: pd.DataFrame) -> pd.Series:
    """Rows per conversation, the longest first."""
    sizes = messages["conversation"].value_counts()
    return sizes[sizes > 0]


def menu(sizes: pd.Series, chosen: str | None) -> list[str]:
    """What the menu of conversations offers: the longest ones, and the one that is open.

    Where most are a single post, the whole archive comes first, as one long read.
    """
    names = [str(name) for name in sizes.index[:MENU]]
    if chosen and chosen in sizes.index and chosen not in names:
        names.append(chosen)
    return [EVERYTHING, *names] if len(sizes) > 1 and sizes.median() == 1 else names


def titles_of(archive: Archive, messages: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """The title of each conversation; where it has none, how its first text begins."""
    nameless = [name for name in names if name not in archive.titles]
    titles = {name: archive.title_of(name) for name in names}
    if nameless:
        rows = messages[messages["conversation"].isin(nameless) & (messages["text"] != "")]
        first = rows.drop_duplicates("conversation").set_index("conversation")["text"]
        titles |= {str(key): _beginning(text) for key, text in first.items()}
    return titles


def _beginning(text: str) -> str:
    line = " ".join(text[:200].split())
    return line if len(line) <= 60 else f"{line[:59].rstrip()}…"


def read_conversation(mine: state.Session, archive: Archive, messages: pd.DataFrame) -> None:
    """One conversation as a chat, page by page."""
    sizes = mine.remember("upload:sizes", id(archive), lambda: conversation_sizes(messages))
    names = menu(sizes, st.session_state.get("conversation"))
    titles = mine.remember(
        "upload:titles",
        (id(archive), tuple(names)),
        lambda: titles_of(archive, messages, names),
    )

    def title(key: str) -> str:
        if key == EVERYTHING:
            return f"Everything, in order ({len(messages):,})"
        return f"{titles[key]} ({sizes[key]:,})"

    label = f"Conversation (1 of {len(sizes):,})" if len(sizes) > 1 else "Conversation"
    if len(sizes) > MENU:
        label = f"Conversation (the {MENU} longest of {len(sizes):,}; the next tab has all of them)"
    name = st.selectbox(label, names, format_func=title, key="conversation")
    rows = messages if name == EVERYTHING else messages[messages["conversation"] == name]
    pages = -(-len(rows) // BUBBLES_A_PAGE)
    page = st.pagination(pages, key=f"page_{name}") if pages > 1 else 1
    shown = rows.iloc[(page - 1) * BUBBLES_A_PAGE : page * BUBBLES_A_PAGE]
    chat((bubble(row, mine.me) for row in shown.itertuples()), height=460)
    st.download_button(
        "Save as conversation CSV",
        lambda: write_conversation_csv(archive_of(archive, rows)),
        file_name="conversation.csv",
        mime="text/csv",
        key="conversation_csv",
        icon=":material/download:",
        on_click="ignore",
        help="One column per person, one exchange a row, what nobody typed left out. Edit it in any "
        "spreadsheet; it opens here again. Nothing is masked in it.",
    )


def archive_of(archive: Archive, rows: pd.DataFrame) -> Archive:
    """These rows as an archive of their own, without what nobody typed."""
    return replace(archive, table=rows[rows["kind"].isin(WRITTEN_KINDS)], files=None)


def bubble(row, me: tuple[str, ...]) -> Bubble:
    """A message as a bubble; what nobody typed becomes a small note in the middle."""
    if row.kind not in WRITTEN_KINDS and row.kind != "poll":
        what = KIND_WORDS.get(row.kind, row.kind)
        whose = "" if pd.isna(row.author) else f"{row.author}, "
        return Bubble("note", "", f"{whose}{what}: {row.text}" if row.text else f"{whose}{what}")
    author = "" if pd.isna(row.author) else str(row.author)
    stamp = "" if pd.isna(row.sent_at) else f"{row.sent_at:%d %b %Y, %H:%M}"
    who = " · ".join(part for part in (author, stamp) if part)
    return Bubble("me" if author in me else "other", who, row.text)


def conversation_table(
    archive: Archive, messages: pd.DataFrame, me: tuple[str, ...]
) -> pd.DataFrame:
    """One row a conversation: key, title, people, messages, mine, first and last day."""
    written = messages["kind"].isin(WRITTEN_KINDS)
    rows = pd.DataFrame(
        {
            "conversation": messages["conversation"],
            "author": messages["author"].astype("str"),
            "written": written,
            "mine": written & messages["author"].isin(list(me)),
            "sent_at": messages["sent_at"],
        }
    )
    table = rows.groupby("conversation", observed=True, sort=False).agg(
        people=("author", "nunique"),
        messages=("written", "sum"),
        mine=("mine", "sum"),
        first=("sent_at", "min"),
        last=("sent_at", "max"),
    )
    titles = titles_of(archive, messages, [str(key) for key in table.index])
    table.insert(0, "title", list(titles.values()))
    return table.sort_values("messages", ascending=False, kind="stable").reset_index()


def list_conversations(mine: state.Session, archive: Archive, messages: pd.DataFrame) -> None:
    """Every conversation with its counts; a click on a row opens it."""
    table = mine.remember(
        "upload:conversations",
        (id(archive), mine.me),
        lambda: conversation_table(archive, messages, mine.me),
    )

    def open_selected() -> None:
        rows = st.session_state["conversations"]["selection"]["rows"]
        if rows:
            st.session_state["conversation"] = shown["conversation"].iloc[rows[0]]
            st.session_state["preview_tab"] = READ_TAB

    words = st.text_input("Title contains", key="conversations_title") if len(table) > MENU else ""
    shown = table
    if words:
        shown = table[table["title"].str.contains(words, case=False, regex=False, na=False)]
    found = f"{len(shown):,} of {len(table):,}" if words else f"{len(table):,}"
    more = f" The {LISTED:,} longest are listed." if len(shown) > LISTED else ""
    st.caption(f"{found} conversations. Tick a row to read it.{more}")
    shown = shown.head(LISTED)
    if shown.empty:
        return
    day = st.column_config.DateColumn
    st.dataframe(
        shown.drop(columns="conversation").dropna(axis="columns", how="all"),
        hide_index=True,
        height=420 if len(table) > 10 else "auto",
        column_config={
            "title": st.column_config.TextColumn("Conversation", width="large"),
            "people": "People",
            "messages": "Messages",
            "mine": "Mine",
            "first": day("First", format="YYYY-MM-DD"),
            "last": day("Last", format="YYYY-MM-DD"),
        },
        on_select=open_selected,
        selection_mode="single-row",
        key="conversations",
        alt="Conversations with their number of people and messages, first and last day",
    )


# ---- files ----


def list_files(table: pd.DataFrame) -> None:
    """What came out of which file."""
    st.caption("A message that stands in two files is counted once.")
    day = st.column_config.DateColumn
    st.dataframe(
        table.dropna(axis="columns", how="all"),
        hide_index=True,
        height=420 if len(table) > 10 else "auto",
        column_config={
            "file": st.column_config.TextColumn("File", width="large"),
            "messages": "Messages",
            "people": "People",
            "first": day("First", format="YYYY-MM-DD"),
            "last": day("Last", format="YYYY-MM-DD"),
        },
        key="files",
        alt="Files with their number of messages and people, first and last day",
    )


# ---- all messages ----


def filter_messages(
    messages: pd.DataFrame,
    authors: list[str],
    kinds: list[str],
    days: tuple[datetime.date, ...],
    words: str,
) -> pd.DataFrame:
    """Rows that meet every filter that is set. ``days`` is empty, or a first and a last day."""
    shown = messages
    if authors:
        shown = shown[shown["author"].isin(authors)]
    if kinds:
        shown = shown[shown["kind"].isin(kinds)]
    if len(days) == 2:
        first, end = pd.Timestamp(days[0]), pd.Timestamp(days[1]) + pd.Timedelta(days=1)
        shown = shown[(shown["sent_at"] >= first) & (shown["sent_at"] < end)]
    if words:
        shown = shown[shown["text"].str.contains(words, case=False, regex=False, na=False)]
    return shown


def all_messages(mine: state.Session, archive: Archive, messages: pd.DataFrame) -> None:
    """The table of messages with filters by author, kind, days and text."""
    grid = st.grid(4, min_column_width=180)
    authors = grid.multiselect("Author", list(messages["author"].cat.categories), key="by_author")
    kinds = grid.multiselect(
        "Kind",
        list(messages["kind"].cat.categories),
        format_func=lambda kind: KIND_WORDS.get(kind, kind),
        key="by_kind",
    )
    when = messages["sent_at"].dropna()
    days: tuple[datetime.date, ...] = ()
    if len(when):
        days = grid.date_input(
            "Between",
            [],
            min_value=when.min().date(),
            max_value=when.max().date(),
            key="by_day",
        )
    words = grid.text_input("Text contains", key="by_text")
    shown = filter_messages(messages, authors, kinds, tuple(days), words)
    st.caption(f"{len(shown):,} of {len(messages):,} rows")
    columns = ["sent_at"] if len(when) else []
    columns += ["author", "kind", "text"]
    sizes = mine.remember("upload:sizes", id(archive), lambda: conversation_sizes(messages))
    table = shown[columns]
    if 1 < len(sizes) < len(messages) / 2:
        titles = {key: archive.title_of(key) for key in sizes.index}
        table = table.assign(conversation=shown["conversation"].astype("str").map(titles))
    st.dataframe(
        table,
        hide_index=True,
        height=420,
        lazy=len(shown) > LAZY_ROWS,
        column_config={
            "sent_at": st.column_config.DatetimeColumn("Sent", format="YYYY-MM-DD HH:mm"),
            "author": "Author",
            "kind": "Kind",
            "text": st.column_config.TextColumn("Text", width="large"),
            "conversation": "Conversation",
        },
        key="messages",
        alt="Messages with time, author, kind and text",
    )


# ---- what was left out ----


def sentence(note: Note, file_names: tuple[str, ...]) -> str:
    """A note as a sentence of its own; names of files are left as they are."""
    text = note.reason + (f" ({note.count:,} times)" if note.count > 1 else "")
    first = text.split(" ", 1)[0]
    if first.isalpha() and not text.startswith(tuple(name for name in file_names if name)):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def fates(archive: Archive, messages: pd.DataFrame) -> list[dict]:
    """What became of items that are not learnt from, and why, with examples."""
    unwritten = messages[~messages["kind"].isin(WRITTEN_KINDS)]
    rows = []
    for kind, count in unwritten["kind"].value_counts().items():
        if count:
            some = _examples(unwritten[unwritten["kind"] == kind])
            rows.append(_fate("shown, never learnt from", KIND_WORDS[str(kind)], count, some))
    return rows + [
        _fate(NOTE_WORDS[note.kind], note.reason, note.count, note.examples)
        for note in archive.notes
    ]


def _examples(rows: pd.DataFrame) -> list[str]:
    """Three different texts; of rows without any, whose they are and from when."""
    texts = rows["text"][rows["text"].str.strip() != ""].drop_duplicates().head(3)
    if len(texts):
        return texts.tolist()
    some = rows.head(3)
    who = some["author"].astype("str").fillna("")
    when = some["sent_at"].dt.strftime("%d %b %Y, %H:%M").fillna("")
    found = [", ".join(filter(None, pair)) for pair in zip(who, when, strict=True)]
    return [one for one in found if one]


def _fate(what: str, why: str, count: int, examples) -> dict:
    return {
        "What happened": what,
        "Why": why,
        "Items": int(count),
        "For example": " · ".join(" ".join(str(one).split()) for one in examples)[:240],
    }


def _capital(row: dict) -> str:
    return row["What happened"].capitalize()


def escaped(text: str) -> str:
    """Text with the signs of Markdown as they are: names of files are full of them."""
    return re.sub(r"([\\`*_{}\[\]<>#$~|])", r"\\\1", text)


def left_out(archive: Archive, messages: pd.DataFrame) -> None:
    """The receipt: every item of the file is a row, or counted with a reason."""
    st.write(
        f"The file holds {archive.raw_count:,} items; {len(archive):,} became rows of the table "
        f"and {archive.missing_rows:,} did not. Rows that nobody typed stay visible but are never "
        "learnt from."
    )
    rows = fates(archive, messages)
    told = [row for row in rows if row["What happened"] in TOLD]
    counted = [row for row in rows if row not in told]
    if told:
        st.markdown("\n".join(f"- **{_capital(row)}**: {escaped(row['Why'])}" for row in told))
    if not counted:
        st.write("Nothing was left out.")
        return
    st.dataframe(
        counted,
        hide_index=True,
        column_order=("Items", "Why", "What happened", "For example"),
        column_config={
            "Items": st.column_config.NumberColumn(format="localized", width=70),
            "Why": st.column_config.TextColumn(width=260),
            "What happened": st.column_config.TextColumn(width=160),
            "For example": st.column_config.TextColumn(width="large"),
        },
        key="left_out_table",
        alt="What was left out, merged, repaired or guessed, with reasons and examples",
    )
