"""Figures of the dataset page: pauses, lengths, hours, audiences, the funnel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

HEIGHT = 320
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Ticks of the pause axis: seconds and what people call them.
PAUSES = {
    1: "1 s",
    60: "1 min",
    600: "10 min",
    3600: "1 h",
    4 * 3600: "4 h",
    86400: "1 day",
    7 * 86400: "1 week",
    30 * 86400: "1 month",
}
#: Conversations drawn in the audience figure; the rest are summed.
MOST_AUDIENCES = 12


def _finish(figure: go.Figure, name: str, **layout: object) -> go.Figure:
    figure.update_layout(
        height=HEIGHT, margin={"l": 0, "r": 0, "t": 0, "b": 0}, uirevision=name, **layout
    )
    return figure


def gap_figure(gaps: pd.DataFrame, cut: float) -> go.Figure:
    """Pauses on a logarithmic axis with the cut between conversations drawn in.

    Args:
        gaps: from ``core.statistics.gap_histogram``.
        cut: seconds.
    """
    figure = go.Figure()
    middle = np.sqrt(gaps["seconds_from"] * gaps["seconds_to"])
    width = gaps["seconds_to"] - gaps["seconds_from"]
    for above, name in ((False, "within a conversation"), (True, "between conversations")):
        side = gaps["new_conversation"] == above
        figure.add_bar(x=middle[side], y=gaps.loc[side, "pauses"], width=width[side], name=name)
    figure.add_vline(x=cut, line={"dash": "dash"}, annotation={"text": describe_seconds(cut)})
    axis = {
        "type": "log",
        "tickvals": list(PAUSES),
        "ticktext": list(PAUSES.values()),
        "title": {"text": "pause before a message"},
    }
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    return _finish(figure, "gaps", xaxis=axis, yaxis={"title": {"text": "messages"}}, legend=legend)


def describe_seconds(seconds: float) -> str:
    """A duration for people: "45 s", "10 min", "4 h", "2 days"."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 1.5 * size or (seconds >= size and unit != "days"):
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def length_figure(lengths: pd.DataFrame, column: str = "characters") -> go.Figure:
    """Lengths of turns or examples on a logarithmic axis, one histogram per side.

    Args:
        lengths: a frame with ``column`` and, for two histograms, ``side``.
        column: what is counted; also the axis title.
    """
    longest = max(float(lengths[column].max()), 2.0) if len(lengths) else 2.0
    edges = np.unique(np.round(np.logspace(0, np.log10(longest), 40)))
    edges = np.r_[edges, edges[-1] + 1]
    sides = list(lengths.groupby("side", observed=True)) if "side" in lengths else [("", lengths)]
    figure = go.Figure()
    for name, rows in sides:
        counts, _ = np.histogram(rows[column].clip(lower=1), bins=edges)
        figure.add_scatter(
            x=edges[:-1],
            y=counts,
            name=str(name),
            mode="lines",
            line={"shape": "hv"},
            fill="tozeroy",
        )
    return _finish(
        figure,
        "lengths",
        xaxis={"type": "log", "title": {"text": column}},
        yaxis={"title": {"text": "how many"}},
        showlegend=len(sides) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )


def hours_figure(counts: pd.DataFrame) -> go.Figure:
    """When I write: day of the week by hour, darker for more.

    Args:
        counts: from ``core.statistics.hours``.
    """
    grid = counts.pivot(index="weekday", columns="hour", values="messages")
    figure = go.Figure(
        go.Heatmap(
            z=grid.to_numpy(),
            x=grid.columns.to_numpy(),
            y=list(DAYS),
            hovertemplate="%{y} %{x}:00 - %{z} messages<extra></extra>",
        )
    )
    axis = {"title": {"text": "hour"}, "dtick": 3}
    return _finish(figure, "hours", xaxis=axis, yaxis={"autorange": "reversed"})


def audience_figure(rows: pd.DataFrame, titles: dict[str, str] | None = None) -> go.Figure:
    """Turns by me and by the others in each conversation, the busiest on top.

    Args:
        rows: from ``core.statistics.audiences``.
        titles: names of conversations by key.
    """
    shown = rows.head(MOST_AUDIENCES)
    names = [(titles or {}).get(key, key)[:40] for key in shown["conversation"]]
    mine, others = shown["mine"].tolist(), shown["others"].tolist()
    if len(rows) > MOST_AUDIENCES:
        rest = rows.iloc[MOST_AUDIENCES:]
        names.append(f"{len(rest)} more")
        mine.append(int(rest["mine"].sum()))
        others.append(int(rest["others"].sum()))
    figure = go.Figure()
    figure.add_bar(y=names, x=mine, name="me", orientation="h")
    figure.add_bar(y=names, x=others, name="others", orientation="h")
    return _finish(
        figure,
        "audiences",
        barmode="stack",
        xaxis={"title": {"text": "turns"}},
        yaxis={"autorange": "reversed", "type": "category"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )


def funnel_figure(steps: pd.DataFrame) -> go.Figure:
    """From everything in the archive to what is learnt; each step can be clicked.

    Args:
        steps: from ``core.statistics.funnel``; ``customdata`` carries the step's name.
    """
    figure = go.Figure()
    told = np.stack([steps["step"], steps["lost"], steps["left"]], axis=1)
    hover = "%{customdata[0]}: %{customdata[1]:,} lost, %{customdata[2]:,} left<extra></extra>"
    for column, name, colour in (("left", "still there", None), ("lost", "lost here", "#b45309")):
        figure.add_bar(
            y=steps["step"],
            x=steps[column],
            name=name,
            orientation="h",
            customdata=told,
            hovertemplate=hover,
            marker={"color": colour} if colour else {},
            text=[f"{value:,}" if value else "" for value in steps[column]],
        )
    figure = _finish(
        figure,
        "funnel",
        barmode="stack",
        clickmode="event+select",
        dragmode=False,
        xaxis={"title": {"text": "messages"}, "fixedrange": True},
        yaxis={"autorange": "reversed", "type": "category", "fixedrange": True},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    )
    return figure.update_layout(height=90 + 34 * len(steps))
