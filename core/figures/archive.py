"""Figures of the upload page: who wrote how much, and when."""

from __future__ import annotations

from datetime import date

import pandas as pd
import plotly.graph_objects as go

from core.messages import WRITTEN_KINDS

#: More names than this in one plot are summed as "everybody else".
MOST_NAMES = 7
HEIGHT = 300


def messages_per_month(frame: pd.DataFrame) -> pd.DataFrame:
    """Written messages per month and author.

    Args:
        frame: an archive's frame.

    Returns:
        A DataFrame with the columns ``month`` (first day, datetime64), ``author`` (str; authors
        past the seven most talkative are summed as "everybody else") and ``messages`` (int).
    """
    written = frame[frame["kind"].isin(WRITTEN_KINDS) & frame["sent_at"].notna()]
    author = written["author"].astype("str").fillna("unknown")
    busiest = author.value_counts().index[:MOST_NAMES]
    author = author.where(author.isin(busiest), "everybody else")
    month = written["sent_at"].dt.to_period("M").dt.to_timestamp()
    counts = author.groupby([month.rename("month"), author.rename("author")]).size()
    return counts.rename("messages").reset_index()


def timeline(
    frame: pd.DataFrame,
    me: tuple[str, ...] = (),
    period: tuple[date, date] | None = None,
) -> go.Figure:
    """Stacked bars of written messages per month, the owner's at the bottom.

    Args:
        frame: an archive's frame.
        me: names of the owner, drawn first.
        period: first and last day that are used; what lies outside is shaded.
    """
    counts = messages_per_month(frame)
    totals = counts.groupby("author")["messages"].sum().sort_values(ascending=False)
    order = sorted(totals.index, key=lambda name: (name not in me, -totals[name]))
    figure = go.Figure()
    for name in order:
        mine = counts[counts["author"] == name]
        figure.add_bar(x=mine["month"], y=mine["messages"], name=str(name)[:40], xperiod="M1")
    figure.update_layout(
        barmode="stack",
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": 1.12, "x": 0},
        hovermode="x unified",
        uirevision="timeline",
        yaxis={"title": {"text": "messages a month"}},
        showlegend=len(order) > 1,
    )
    if period and len(counts):
        start = counts["month"].min()
        end = counts["month"].max() + pd.offsets.MonthEnd(1)
        used = (pd.Timestamp(period[0]), pd.Timestamp(period[1]))
        for left, right in ((start, used[0]), (used[1], end)):
            if left < right:
                figure.add_vrect(left, right, fillcolor="gray", opacity=0.35, line_width=0)
    return figure
