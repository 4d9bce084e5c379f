"""Other people in the archive: who they are, whether they agreed, and how to leave words out."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from core.messages import WRITTEN_KINDS, Archive
from core.privacy.others import Exclusion, consent_note, ledger, picked
from core.ui import frame, state
from core.ui.privacy_choices import Others, describe
from core.ui.privacy_settings import version

OTHERS: dict[Others, str] = {
    "shown": "The model may read it",
    "withheld": "Hide what it says",
    "removed": "Leave it out",
}
ABOUT_OTHERS: dict[Others, str] = {
    "shown": "With names replaced, the model sees what you answered to. It learns to write only "
    "your side.",
    "withheld": "The model sees that somebody wrote before you, but not what: [message].",
    "removed": "Only your own words are used. The model learns your way of writing, not how you "
    "answer.",
}
MOST_SHOWN = 200


def other_people(mine: state.Session) -> None:
    """Whose words are in the archive, and what may be done with them."""
    archive = mine.archive
    assert archive is not None
    table = mine.remember(
        "privacy:ledger", (id(archive), mine.me), lambda: ledger(archive.frame(), mine.me)
    )
    others = table[~table["mine"]]
    if others.empty:
        st.write("Nobody else wrote in this archive.")
        return
    if not mine.me:
        st.write("Say on the Upload page which name is yours; then the others can be told apart.")
        return
    st.dataframe(
        others.drop(columns="mine").dropna(axis="columns", how="all"),
        hide_index=True,
        height=320 if len(others) > 8 else "auto",
        column_config={
            "person": "Person",
            "messages": "Messages",
            "words": "Words",
            "share": st.column_config.NumberColumn("Share of all words", format="percent"),
            "conversations": "Conversations",
            "first": st.column_config.DateColumn("First", format="YYYY-MM-DD"),
            "last": st.column_config.DateColumn("Last", format="YYYY-MM-DD"),
        },
        key="ledger",
        alt="Other people, with how much they wrote and when",
    )
    _whose_words(mine, [str(name) for name in others["person"]])
    _consent(mine, archive)


def _change(mine: state.Session, **fields) -> None:
    """Change the choices and run the page again with them."""
    changed = replace(mine.people, **fields)
    if changed != mine.people:
        mine.people = changed
        st.rerun()


def _whose_words(mine: state.Session, names: list[str]) -> None:
    options = list(OTHERS)
    left, right = st.columns([3, 2], gap="large")
    with left:
        chosen = st.radio(
            "What others wrote before your answers",
            options,
            options.index(mine.people.others),
            format_func=OTHERS.__getitem__,
            captions=[ABOUT_OTHERS[one] for one in options],
            key=f"others_{version()}",
        )
    with right:
        left_out = st.multiselect(
            "Leave these people out entirely",
            names,
            default=[name for name in mine.people.left_out if name in names],
            help="Nothing they wrote is in any example, whatever else is chosen.",
            key=f"people_left_out_{version()}",
        )
    _change(mine, others=chosen, left_out=tuple(left_out))


# ---- consent ----


def consent_table(archive: Archive, me: tuple[str, ...], agreed: tuple[str, ...]) -> pd.DataFrame:
    """Conversations in which others wrote: agreed, conversation, people, messages; most first.

    The index holds the conversations' keys.
    """
    messages = archive.frame()
    theirs = messages[
        messages["kind"].isin(WRITTEN_KINDS)
        & messages["author"].notna()
        & ~messages["author"].isin(list(me))
    ]
    table = (
        theirs.assign(author=theirs["author"].astype("str"))
        .groupby(theirs["conversation"].astype("str"), sort=False)
        .agg(people=("author", "nunique"), messages=("author", "size"))
        .sort_values("messages", ascending=False, kind="stable")
    )
    table.insert(0, "conversation", [archive.title_of(str(key)) for key in table.index])
    table.insert(0, "agreed", table.index.isin(list(agreed)))
    return table


def _consent(mine: state.Session, archive: Archive) -> None:
    key = f"consent_{version()}"
    if key not in st.session_state:  # drawn anew, so it begins with what holds now
        mine.drop("privacy:consent")
    table = mine.remember(
        "privacy:consent",
        (id(archive), mine.me),
        lambda: consent_table(archive, mine.me, mine.people.agreed),
    )
    st.markdown("**Did they agree?**")
    edited = st.data_editor(
        table,
        hide_index=True,
        height=280 if len(table) > 7 else "auto",
        disabled=["conversation", "people", "messages"],
        column_config={
            "agreed": st.column_config.CheckboxColumn("They agreed", width="small"),
            "conversation": st.column_config.TextColumn("Conversation", width="large"),
            "people": "Other people",
            "messages": "Their messages",
        },
        key=key,
        alt="Conversations, with a tick box for the others' consent",
    )
    only = st.toggle(
        "Use other people's words only where they agreed",
        mine.people.consent_only,
        key=f"consent_only_{version()}",
    )
    _note_to_copy(mine, table)
    agreed = tuple(str(one) for one in table.index[edited["agreed"].to_numpy(bool)])
    _change(mine, agreed=agreed, consent_only=only)


def _note_to_copy(mine: state.Session, table: pd.DataFrame) -> None:
    """A few sentences to send to the people of one conversation."""
    st.markdown("**A short note to ask them**")
    some = table.head(MOST_SHOWN)
    place = 0
    if len(some) > 1:
        place = st.selectbox(
            "To the people in",
            range(len(some)),
            format_func=lambda row: str(some["conversation"].iloc[row]),
            key="note_to",
        )
    count = int(some["messages"].iloc[place])
    hosted = not state.profile().is_embedded
    note = consent_note(count, hosted=hosted, masked=mine.privacy.mode != "off")
    st.code(note, language=None, wrap_lines=True)


# ---- messages to leave out ----


def leave_messages_out(mine: state.Session) -> None:
    """Choose messages by person, days and words; see them; leave them out; take it back."""
    archive = mine.archive
    assert archive is not None
    messages = archive.frame()
    st.write(
        "A hard month, a secret somebody told you, one topic: choose messages that no example may "
        "hold, neither as an answer nor as context."
    )
    exclusion = _choose(messages, [str(name) for name in archive.authors().index])
    if exclusion != Exclusion(mentions=exclusion.mentions):
        with frame.problems_shown():
            found = messages[picked(messages, exclusion)]
            st.caption(f"{describe(exclusion)}: {len(found):,} of {len(messages):,}")
            if len(found):
                st.dataframe(
                    found[["sent_at", "author", "text"]].head(MOST_SHOWN),
                    hide_index=True,
                    height=240 if len(found) > 5 else "auto",
                    column_config={
                        "sent_at": st.column_config.DatetimeColumn(
                            "Sent", format="YYYY-MM-DD HH:mm"
                        ),
                        "author": "Author",
                        "text": st.column_config.TextColumn("Text", width="large"),
                    },
                    key="to_leave_out",
                    alt="Messages that would be left out",
                )
                label = f"Leave these {len(found):,} out"
                if st.button(label, icon=":material/remove_circle:", key="leave_out"):
                    rest = [one for one in mine.people.exclusions if one != exclusion]
                    mine.people = replace(mine.people, exclusions=(*rest, exclusion))
                    _next_round()
                    st.rerun()
    for number, one in enumerate(mine.people.exclusions):
        with st.container(horizontal=True, vertical_alignment="center"):
            count = int(picked(messages, one).sum())
            st.badge(f"{count:,} left out", color="orange")
            st.write(describe(one))
            if st.button("Take back", type="tertiary", key=f"take_back_{number}"):
                rest = [other for other in mine.people.exclusions if other != one]
                mine.people = replace(mine.people, exclusions=tuple(rest))
                st.rerun()


def _round() -> int:
    """Part of the widgets' keys, so that they are empty again after a choice was kept."""
    return st.session_state.get("exclusion_round", 0)


def _next_round() -> None:
    st.session_state["exclusion_round"] = _round() + 1


def _choose(messages: pd.DataFrame, names: list[str]) -> Exclusion:
    number = _round()
    grid = st.grid(3, min_column_width=220)
    people = grid.multiselect("Written by", names, key=f"exclude_people_{number}")
    when = messages["sent_at"].dropna()
    days: tuple = ()
    if len(when):
        first, last = when.min().date(), when.max().date()
        days = tuple(
            grid.date_input(
                "Between", [], min_value=first, max_value=last, key=f"exclude_days_{number}"
            )
        )
    words = grid.text_input("With these words", key=f"exclude_words_{number}").strip()
    mentions = bool(people) and st.toggle(
        "Also messages of others that name them", key=f"exclude_mentions_{number}"
    )
    whole = len(days) == 2
    return Exclusion(
        people=tuple(people),
        first=days[0] if whole else None,
        last=days[1] if whole else None,
        containing=words,
        mentions=mentions,
    )
