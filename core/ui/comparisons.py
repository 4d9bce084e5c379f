"""What follows the answers: what differs, which is better, and the history of it all."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.columns import Column
from core.ui.losses import show_losses
from core.ui.real_names import unmask
from core.voice.differences import Piece, differences

if TYPE_CHECKING:
    from core.ui.side_by_side import Answer, Request

NONE = "none"


def after_the_answers(request: Request, answers: dict[Column, Answer]) -> None:
    """Compare the texts, rate them, keep the history."""
    labels = [column.label for column in answers]
    if len(answers) > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Which sounds most like you?", width="content")
            choice = st.segmented_control(
                "Which sounds most like you?",
                [*labels, NONE],
                label_visibility="collapsed",
                key=f"rating_{request.number}",
            )
            marked = st.toggle("Mark what differs", key="mark_differences")
        if marked:
            _differences(answers)
    else:
        choice = None
    show_losses(answers)
    history: dict[int, dict] = st.session_state.setdefault("comparisons", {})
    history[request.number] = {
        "prompt": [message._asdict() for message in next(iter(request.messages.values()))],
        "models": {column.label: column.model for column in answers},
        "answers": {column.label: one.texts for column, one in answers.items()},
        "failed": {c.label: str(one.problem) for c, one in answers.items() if one.problem},
        "temperature": request.sampling.temperature,
        "seed": request.sampling.seed,
        "really_written": request.real,
        "best": choice,
    }
    _history(history)


def _differences(answers: dict[Column, Answer]) -> None:
    """Every answer against the first one, the first against the second."""
    texts = [unmask(one.texts[0]) for one in answers.values()]
    pieces = [differences(texts[0], texts[1])[0]]
    pieces += [differences(texts[0], text)[1] for text in texts[1:]]
    for column, label, some in zip(
        st.columns(len(texts)), [c.label for c in answers], pieces, strict=True
    ):
        column.caption(label)
        column.html(f'<div style="white-space:pre-wrap" dir="auto">{_drawn(some)}</div>')


def _drawn(pieces: list[Piece]) -> str:
    return "".join(
        html.escape(piece.text)
        if piece.shared or not piece.text.strip()
        else f"<mark>{html.escape(piece.text)}</mark>"
        for piece in pieces
    )


def _history(history: dict[int, dict]) -> None:
    with st.expander(f"All comparisons of this session ({len(history)})"):
        for number, entry in reversed(list(history.items())):
            with st.container(border=True):
                asked = unmask(entry["prompt"][-1]["content"]) or "(blank prompt)"
                st.caption(f"{number}. {asked}")
                columns = st.columns(len(entry["answers"]))
                for column, (label, texts) in zip(columns, entry["answers"].items(), strict=True):
                    best = " :material/star:" if entry["best"] == label else ""
                    column.caption(f"{label}{best}")
                    column.text(unmask(texts[0]) or entry["failed"].get(label, ""))
        st.download_button(
            "Download",
            lambda: json.dumps(list(history.values()), ensure_ascii=False, indent=1).encode(),
            "comparisons.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
            key="download_comparisons",
        )
