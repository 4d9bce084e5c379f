"""Figures of the upload page: who wrote how much, and when."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from core.messages import WRITTEN_KINDS

Unit = Literal["month", "day"]

#: A day in Plotly's unit of time (milliseconds).
DAY = 86_400_000
#: Archives shorter than this are drawn by day.
DAYS = pd.Timedelta(days=120)
#: More names than this in one plot are summed as "everybody else".
MOST_NAMES = 7
HEIGHT = 300


def messages_over_time(frame: pd.DataFrame) -> tuple[pd.DataFrame, Unit]:
    """Written messages per month and author; per day where all of them lie within four months.

    Args:
        frame: an archive's frame.

    Returns:
        A DataFrame with the columns ``start`` (of the month or day, datetime64), ``author`` (str;
        authors past the seven most talkative are summed as "everybody else") and ``messages``
        (int); and the unit, "month" or "day".
    """
    written = frame[frame["kind"].isin(WRITTEN_KINDS) & frame["sent_at"].notna()]
    sent = written["sent_at"]
    author = written["author"].astype("str").fillna("unknown")
    busiest = author.value_counts().index[:MOST_NAMES]
    author = author.where(author.isin(busiest), "everybody else")
    unit: Unit = "day" if len(sent) and sent.max() - sent.min() < DAYS else "month"
    start = sent.dt.to_period("D" if unit == "day" else "M").dt.to_timestamp()
    counts = author.groupby([start.rename("start"), author.rename("author")]).size()
    return counts.rename("messages").reset_index(), unit


def timeline(
    frame: pd.DataFrame,
    me: tuple[str, ...] = (),
    period: tuple[date, date] | None = None,
) -> go.Figure:
    """Stacked bars of written messages per month or day, the owner's at the bottom.

    Args:
        frame: an archive's frame.
        me: names of the owner, drawn first.
        period: first and last day that are used; what lies outside is shaded.
    """
    counts, unit = messages_over_time(frame)
    totals = counts.groupby("author")["messages"].sum().sort_values(ascending=False)
    order = sorted(totals.index, key=lambda name: (name not in me, -totals[name]))
    figure = go.Figure()
    for name in order:
        mine = counts[counts["author"] == name]
        figure.add_bar(
            x=mine["start"],
            y=mine["messages"],
            name=str(name)[:40],
            xperiod="M1" if unit == "month" else DAY,
            width=(26 if unit == "month" else 0.85) * DAY,
        )
    figure.update_layout(
        barmode="stack",
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        uirevision="timeline",
        yaxis={"title": {"text": f"messages a {unit}"}},
        showlegend=len(order) > 1,
    )
    if counts.groupby("start")["messages"].sum().max() < 5:
        figure.update_yaxes(tick0=0, dtick=1)
    if period and len(counts):
        start = counts["start"].min()
        last = counts["start"].max()
        end = last + (pd.offsets.MonthBegin(1) if unit == "month" else pd.Timedelta(days=1))
        used = (pd.Timestamp(period[0]), pd.Timestamp(period[1]) + pd.Timedelta(days=1))
        for left, right in ((start, used[0]), (used[1], end)):
            if left < right:
                figure.add_vrect(left, right, fillcolor="gray", opacity=0.35, line_width=0)
    return figure
