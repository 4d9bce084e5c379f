"""Write mode: a topic in, several candidates out, to edit and keep."""

from __future__ import annotations

import random
from dataclasses import replace

import streamlit as st

from core.generate import Sampling, answer_texts, stream_answer
from core.recipes.base import prompt_messages
from core.ui import frame, state
from core.ui.columns import Column, hosted
from core.ui.open_weights import loading_words
from core.ui.real_names import unmask
from core.ui.sampling import choose_sampling

#: Most characters of one post, as each network counts them for plain text.
NETWORKS = {
    "X": 280,
    "Mastodon": 500,
    "Bluesky": 300,
    "Threads": 500,
    "LinkedIn": 3000,
    "no limit": None,
}
CANDIDATES = 4


def write_mode(columns: tuple[Column, ...]) -> None:
    """Ask one of the chosen models for several drafts; keep and edit the ones that please."""
    if not columns:
        st.write("Choose a model above.")
        return
    # The model that was trained last is what people come for.
    order = sorted(columns, key=lambda column: not column.tuned)
    names = {column.key: column for column in order}
    column = order[0]
    with st.container(border=True):
        topic = st.text_input(
            "What about?",
            placeholder="A topic, a situation, a message to answer; or nothing at all",
            key="write_topic",
            persist_state="session",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pressed = st.button("Write", type="primary", icon=":material/edit:", key="write")
            network = st.selectbox("For", list(NETWORKS), key="network", width=150)
            if len(order) > 1:
                column = names[
                    st.selectbox(
                        "Writer",
                        list(names),
                        format_func=lambda key: names[key].label,
                        key="writer",
                        width=280,
                    )
                ]
            sampling = choose_sampling()
        away = hosted((column,))
        if away:
            st.caption(f"{CANDIDATES} requests go to {away[0]}, names masked.")
    if pressed:
        st.session_state["drafts"] = drafts(column, topic, sampling)
        st.session_state["drafts_round"] = st.session_state.get("drafts_round", 0) + 1
    limit = NETWORKS[network]
    for number, text in enumerate(st.session_state.get("drafts", [])):
        draft(column, number, text, limit)
    kept_list()


def drafts(column: Column, prompt: str, sampling: Sampling) -> list[str]:
    """Several answers to one prompt, each drawn with a seed of its own."""
    mine = state.session()
    messages = prompt_messages(mine.settings, state.mask_text(prompt))
    texts = []
    here = state.profile(column.provider).is_embedded
    waiting = (loading_words(column.model) if here else None) or "Writing…"
    with st.spinner(waiting), frame.problems_shown():
        for _ in range(CANDIDATES):
            one = replace(sampling, n=1, seed=random.randrange(2**31))
            found, _ = answer_texts(
                stream_answer(
                    state.client(column.provider),
                    column.model,
                    messages,
                    one,
                    profile=state.profile(column.provider),
                )
            )
            texts.append(found[0])
    return texts


def draft(column: Column, number: int, text: str, limit: int | None) -> None:
    """One candidate: edit it, count it, keep it, or ask for more like it."""
    turn = st.session_state.get("drafts_round", 0)
    with st.container(border=True):
        edited = st.text_area(
            f"Draft {number + 1}",
            unmask(text),
            key=f"draft_{turn}_{number}",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Keep", icon=":material/bookmark:", key=f"keep_{turn}_{number}"):
                st.session_state.setdefault("kept_drafts", []).append(edited)
            if st.button("More like this one", key=f"more_{turn}_{number}"):
                opening = " ".join(text.split()[:6])
                st.session_state["drafts"] = drafts(
                    column, opening, Sampling(temperature=0.7, max_tokens=120)
                )
                st.session_state["drafts_round"] = turn + 1
                st.rerun()
            count = f"{len(edited)} characters"
            if limit is not None and len(edited) > limit:
                st.badge(f"{len(edited) - limit} too many", color="red")
            st.caption(f"{count} of {limit}" if limit else count, width="content")


def kept_list() -> None:
    """What was kept, to copy or download."""
    kept: list[str] = st.session_state.get("kept_drafts", [])
    if not kept:
        return
    st.header("Kept", anchor=False)
    for number, text in enumerate(kept):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.code(text, language=None, wrap_lines=True)
            if st.button("Remove", key=f"unkeep_{number}_{len(kept)}", type="tertiary"):
                kept.pop(number)
                st.rerun()
    st.download_button(
        "Download the list",
        "\n\n".join(kept),
        "kept.txt",
        "text/plain",
        on_click="ignore",
        key="download_kept",
    )
