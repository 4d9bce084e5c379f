"""Figures of the Compare page: the voice scale, detectability, habits, learning curve, ranking."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.voice.chances import Interval, Strength
from core.voice.forecast import CurvePoint
from core.voice.habits import ME, MOST_GAP
from core.voice.judge import ModelReport, Report

HEIGHT = 320
#: Colours with a meaning: strangers grey, me green, beyond me amber.
GREY, GREEN, AMBER = "rgba(128,128,128,.22)", "rgba(34,160,84,.25)", "rgba(235,160,20,.16)"


def scale_figure(report: Report) -> go.Figure:
    """Voice scores with 95 % bars between other people (0) and me (100).

    Grey band: where batches of one other person fall; green band: batches of my own; amber:
    above my own writing, possible copying. Models without a score are left out.
    """
    figure = go.Figure()
    scored = [(m.contestant.key, m.score) for m in report.models if m.score is not None]
    if scored:
        lowest = min([s.interval.low for _, s in scored] + [s.others_band.low for _, s in scored])
        highest = max([s.interval.high for _, s in scored] + [s.me_band.high for _, s in scored])
        others, me = scored[0][1].others_band, scored[0][1].me_band
        end = max(highest, me.high) + 30
        _band(figure, others.low, others.high, GREY, "other people")
        _band(figure, me.low, me.high, GREEN, "you")
        _band(figure, me.high, end, AMBER, "copying?")
        figure.update_xaxes(range=[lowest - 10, end])
    for name, score in scored:
        said = f"{score.value:.0f} ({score.interval.low:.0f} to {score.interval.high:.0f})"
        _dot(figure, name, score.value, score.interval, f"{said}, {score.answers} answers")
    figure.update_layout(
        xaxis_title="Voice score: 0 other people, 100 you", yaxis={"autorange": "reversed"}
    )
    return _framed(figure, "voice-scale", 100 + 50 * len(scored))


def detectability_figure(report: Report) -> go.Figure:
    """How often a simple machine tells each model from me, with the real-against-real band."""
    figure = go.Figure()
    told = [(m.contestant.key, m.detectability) for m in report.models if m.detectability]
    low = 0.4
    if told:
        null = told[0][1].null
        low = min([low, null.low, *(one.interval.low for _, one in told)])
        _band(figure, 100 * null.low, 100 * null.high, GREEN, "you against you")
    for name, one in told:
        bar = Interval(100 * one.interval.low, 100 * one.interval.high)
        _dot(figure, name, 100 * one.area, bar, f"told from you in {100 * one.area:.0f} %")
    figure.add_vline(x=50, line_dash="dot", line_width=1)
    figure.update_layout(
        xaxis_title="Told from your writing, % (50: cannot tell)",
        xaxis_range=[100 * low - 3, 103],
        yaxis={"autorange": "reversed"},
    )
    return _framed(figure, "voice-detectability", 100 + 50 * len(told))


def _band(figure: go.Figure, low: float, high: float, colour: str, words: str) -> None:
    """A shaded range with its name above the plot."""
    figure.add_vrect(x0=low, x1=high, fillcolor=colour, line_width=0, layer="below")
    middle = {"x": (low + high) / 2, "xref": "x", "xanchor": "center"}
    # The last band reaches to the edge, where its name has room on a narrow screen too.
    place = {"x": 1, "xref": "paper", "xanchor": "right"} if colour == AMBER else middle
    figure.add_annotation(**place, y=1, yref="paper", yanchor="bottom", text=words, showarrow=False)


def _dot(figure: go.Figure, name: str, value: float, bar: Interval, words: str) -> None:
    """One model: its value in figures over a dot on a bar."""
    figure.add_scatter(
        x=[value],
        y=[name],
        mode="markers+text",
        text=[f"{value:.0f}"],
        textposition="top center",
        cliponaxis=False,
        marker={"size": 12},
        name=name,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [bar.high - value],
            "arrayminus": [value - bar.low],
            "thickness": 2,
        },
        hovertemplate=f"{words}<extra></extra>",
    )


def habits_figure(frame: pd.DataFrame) -> go.Figure:
    """Dots of each model's habits, the largest gap on top; the line in the middle is me.

    Args:
        frame: of ``core.voice.habits.habit_frame``.
    """
    figure = go.Figure()
    names = list(dict.fromkeys(frame["habit"]))
    mine = {row["key"]: row["rate"] for row in frame.to_dict("records") if row["who"] == ME}
    for who, rows in frame[frame["who"] != ME].groupby("who", sort=False):
        shown = [
            f"{_rate(row['rate'], row['unit'])} against {_rate(mine[row['key']], row['unit'])} of yours"
            for row in rows.to_dict("records")
        ]
        figure.add_scatter(
            x=rows["gap"],
            y=rows["habit"],
            mode="markers",
            marker={"size": 11},
            name=str(who),
            customdata=shown,
            hovertemplate="%{y}: %{customdata}",
        )
    figure.add_vline(x=0, line_width=1)
    figure.update_layout(
        xaxis_title="Gap to you, in your own spreads",
        xaxis_range=[-MOST_GAP - 0.2, MOST_GAP + 0.2],
        yaxis={"categoryorder": "array", "categoryarray": names[::-1]},
    )
    return _framed(figure, "voice-habits", max(HEIGHT, 80 + 26 * len(names)), legend=True)


def habit_words(frame: pd.DataFrame, key: str, who: str) -> str:
    """The rate of one habit of one person or model in words, "" where too little was written."""
    rows = frame[(frame["key"] == key) & (frame["who"] == who)]
    return "".join(_rate(row["rate"], row["unit"]) for row in rows.to_dict("records"))


def curve_figure(curve: Sequence[CurvePoint]) -> go.Figure:
    """Held-out loss by number of examples; what is carried on is dashed, in its 95 % band."""
    measured = [point for point in curve if point.measured]
    ahead = [measured[-1], *(point for point in curve if not point.measured)] if measured else []
    figure = go.Figure()
    figure.add_scatter(
        x=[point.examples for point in measured],
        y=[point.loss for point in measured],
        mode="lines+markers",
        name="measured",
        hovertemplate="%{x:,} examples: %{y:.2f}<extra></extra>",
    )
    if len(ahead) > 1:
        size = [point.examples for point in ahead]
        figure.add_scatter(
            x=[*size, *size[::-1]],
            y=[p.interval.high for p in ahead] + [p.interval.low for p in ahead[::-1]],
            fill="toself",
            fillcolor=GREY,
            mode="none",
            hoverinfo="skip",
            name="95 %",
        )
        figure.add_scatter(
            x=size,
            y=[point.loss for point in ahead],
            mode="lines+markers",
            line={"dash": "dash"},
            name="expected",
            hovertemplate="%{x:,} examples: about %{y:.2f}<extra></extra>",
        )
    figure.update_layout(
        xaxis={
            "type": "log",
            "title": {"text": "Training examples"},
            "tickvals": [p.examples for p in curve],
            "ticktext": [f"{p.examples:,}" for p in curve],
        },
        yaxis_title="Held-out loss (nats a token)",
    )
    return _framed(figure, "voice-curve", HEIGHT, legend=True)


def strength_figure(strengths: Sequence[Strength]) -> go.Figure:
    """Chance of each model to win against an average one, with 95 % bars, strongest on top."""
    figure = go.Figure()
    for one in strengths:
        figure.add_scatter(
            x=[100 * one.share],
            y=[one.name],
            mode="markers",
            marker={"size": 12},
            name=one.name,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * (one.interval.high - one.share)],
                "arrayminus": [100 * (one.share - one.interval.low)],
            },
            hovertemplate=f"{one.wins:.0f} of {one.rounds} rounds won<extra></extra>",
        )
    figure.add_vline(x=50, line_dash="dot", line_width=1)
    figure.update_layout(
        xaxis_title="Chance to win, %", xaxis_range=[0, 100], yaxis={"autorange": "reversed"}
    )
    return _framed(figure, "voice-strengths", 90 + 45 * len(strengths))


def group_frame(models: Sequence[ModelReport]) -> pd.DataFrame:
    """Voice scores by period or audience.

    Returns:
        A DataFrame with the columns ``model``, ``by``, ``group``, ``score``, ``low``, ``high`` and
        ``answers``; empty where no group had enough answers.
    """
    rows = [
        (m.contestant.key, by, group, s.value, s.interval.low, s.interval.high, s.answers)
        for m in models
        for by, scores in m.groups.items()
        for group, s in scores.items()
    ]
    return pd.DataFrame(rows, columns=["model", "by", "group", "score", "low", "high", "answers"])


def _rate(rate: float, unit: str) -> str:
    return f"{100 * rate:.0f} %" if unit == "share" else f"{rate:.1f}"


def _framed(figure: go.Figure, revision: str, height: int, *, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=max(height, 170),
        margin={"l": 0, "r": 0, "t": 24, "b": 0},
        showlegend=legend,
        legend={"orientation": "h", "y": 1.08, "yanchor": "bottom"},
        uirevision=revision,
    )
    return figure
