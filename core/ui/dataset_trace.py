"""The Every message tab: a funnel to click, lists by fate, a search, and the way to the example."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.examples import Example
from core.figures.dataset import funnel_figure
from core.receipt import CONTEXT, LEARNT, MERGED
from core.statistics import funnel
from core.trace import trace
from core.ui import state

#: What the steps of the funnel are called in the receipt, where that differs.
STEPS = {"learnt": LEARNT, "shown to the model": CONTEXT}
KEPT = {LEARNT: "learnt", CONTEXT: "shown as context only", MERGED: MERGED}
PARTS = {"training": "Training", "validation": "Validation", "held out": "Held out"}


def every_message(made: Dataset, draw: Callable[[Example], None]) -> None:
    """Draw the receipt of a data set.

    Args:
        made: the data set.
        draw: draws one example.
    """
    paper = made.receipt
    st.write(
        f"{paper.raw:,} items in the archive = {paper.kept:,} used + {paper.merged:,} merged into "
        f"a neighbour + {sum(paper.left_out.values()):,} left out. Click a bar to see its messages."
    )
    fates = [LEARNT, CONTEXT, MERGED, *sorted(paper.left_out, key=lambda one: -paper.left_out[one])]
    steps = funnel(paper)

    def open_bar() -> None:
        points = st.session_state["funnel"]["selection"]["points"]
        if points:
            step = str(points[0]["customdata"][0])
            fate = STEPS.get(step, step)
            st.session_state["receipt_reason"] = fate if fate in fates else None

    st.plotly_chart(
        funnel_figure(steps),
        key="funnel",
        on_select=open_bar,
        selection_mode="points",
        config={"displayModeBar": False},
        alt="From the archive to examples",
    )
    in_file = paper.fates["fate"].value_counts()
    counts = {one: max(int(in_file.get(one, 0)), paper.left_out.get(one, 0)) for one in fates}
    if st.session_state.get("receipt_reason") not in fates:
        st.session_state["receipt_reason"] = None
    left, right = st.columns(2)
    fate = left.selectbox(
        "Messages that are",
        fates,
        format_func=lambda name: (
            f"{KEPT.get(name, name)} ({max(counts[name], paper.left_out.get(name, 0)):,})"
        ),
        placeholder="all of them",
        key="receipt_reason",
    )
    search = right.text_input("Find", placeholder="a word of the message", key="trace_find")
    table, found = trace(_frame(made), paper, fate=fate or "", search=search)
    _list(made, table, found, paper.left_out.get(fate or "", 0), draw)


def _frame(made: Dataset) -> pd.DataFrame:
    """The archive as the data set reads it, corrections by hand included."""
    frame, edits = state.masked().frame, dict(made.settings.filters.edits)
    if not edits:
        return frame
    texts = frame["text"].where(~frame["id"].isin(list(edits)), frame["id"].map(edits))
    return frame.assign(text=texts)


def _list(
    made: Dataset, table: pd.DataFrame, found: int, due: int, draw: Callable[[Example], None]
) -> None:
    if not found:
        st.write(f"These {due:,} items have no text of their own in the file." if due else "None.")
        return
    more = f"The first {len(table):,} of {found:,}. Search to reach the others. "
    st.caption((more if found > len(table) else "") + "Tick a row to see the example it ended in.")
    picked = st.dataframe(
        table.drop(columns="id"),
        hide_index=True,
        height=300,
        column_order=["text", "author", "sent_at", "fate", "part", "example"],
        column_config={
            "text": st.column_config.TextColumn("Message", width="large"),
            "author": "Author",
            "sent_at": st.column_config.DatetimeColumn("When", format="YYYY-MM-DD HH:mm"),
            "fate": "What became of it",
            "part": "Part",
            "example": st.column_config.NumberColumn("Example", width="small"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key="left_texts",
    )
    rows = picked["selection"]["rows"]
    if not rows or rows[0] >= len(table):
        return
    row = table.iloc[rows[0]]
    if pd.isna(row["example"]):
        st.write(f"This message is in no example: {KEPT.get(str(row['fate']), row['fate'])}.")
        return
    part, number = str(row["part"]), int(row["example"])
    examples = {"training": made.training, "validation": made.validation}.get(part, made.held_out)
    st.markdown(f"**{PARTS[part]}, example {number:,}**")
    draw(examples[number - 1])
