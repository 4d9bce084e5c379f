"""Curves of one or several training jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.metrics import smooth

HEIGHT = 320

#: A browser draws more points slowly; all curves of a figure together stay below this.
MOST_POINTS = 2000

#: Placeholders that Streamlit's front end replaces by the theme's categorical colours, so that
#: the raw and the smoothed curve of one thing share a colour in the light and the dark theme.
COLOURS = tuple(f"#{number:06d}" for number in range(1, 11))


def loss_figure(
    jobs: Mapping[str, pd.DataFrame],
    *,
    checkpoints: Mapping[str, Sequence[int]] | None = None,
    best: Mapping[str, int | None] | None = None,
) -> go.Figure:
    """Training and validation loss by step, raw and smoothed, of one or several jobs.

    Args:
        jobs: metrics frames (see ``core.metrics``) by the name to show.
        checkpoints: steps at which a job's model was saved, by the same names.
        best: the step to recommend, by the same names.

    Returns:
        A figure of at most ``MOST_POINTS`` points. Epoch marks are drawn for a single job.
    """
    return _figure(jobs, "loss", "Loss", checkpoints or {}, best or {})


def accuracy_figure(
    jobs: Mapping[str, pd.DataFrame],
    *,
    checkpoints: Mapping[str, Sequence[int]] | None = None,
) -> go.Figure:
    """Share of tokens guessed right by step; same arguments as ``loss_figure``."""
    figure = _figure(jobs, "accuracy", "Tokens guessed right", checkpoints or {}, {})
    figure.update_yaxes(tickformat=".0%")
    return figure


def _figure(
    jobs: Mapping[str, pd.DataFrame],
    what: str,
    title: str,
    checkpoints: Mapping[str, Sequence[int]],
    best: Mapping[str, int | None],
) -> go.Figure:
    figure = go.Figure()
    # Four curves a job (raw, smoothed, two validations), a few markers each.
    room = max(20, MOST_POINTS // (5 * max(1, len(jobs))))
    for number, (name, frame) in enumerate(jobs.items()):
        prefix = f"{name}: " if len(jobs) > 1 else ""
        colour = COLOURS[number % len(COLOURS)]
        # One job: a colour each for training and validation. Several: a colour each job.
        second = COLOURS[1] if len(jobs) == 1 else colour
        _curves(figure, frame, what, prefix, (colour, second, second), room)
        _checkpoint_marks(figure, frame, what, prefix, second, checkpoints.get(name, ()))
        marked = best.get(name)
        if marked is not None:
            figure.add_vline(
                x=marked, line_dash="dash", line_width=1, annotation_text=f"{prefix}best: {marked}"
            )
    if len(jobs) == 1:
        for step in epoch_ends(next(iter(jobs.values()))):
            figure.add_vline(x=step, line_dash="dot", line_width=1, opacity=0.4)
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        uirevision="training",
        xaxis_title="Step",
        yaxis_title=title,
    )
    return figure


def _curves(
    figure: go.Figure,
    frame: pd.DataFrame,
    what: str,
    prefix: str,
    colours: Sequence[str],
    room: int,
) -> None:
    kinds = (
        (f"train_{what}", "training", "solid"),
        (f"valid_{what}", "validation", "dot"),
        (f"full_valid_{what}", "full validation", "dash"),
    )
    for (column, words, dash), colour in zip(kinds, colours, strict=True):
        rows = frame.dropna(subset=[column])
        if rows.empty:
            continue
        steps, values = rows["step"].to_numpy(), rows[column].to_numpy()
        full = column.startswith("full_")
        shown = values if full else smooth(rows[column]).to_numpy()
        if column.startswith("train_"):
            raw = thin(steps, values, room)
            figure.add_scatter(
                x=steps[raw],
                y=values[raw],
                mode="lines",
                line={"color": colour, "width": 1},
                opacity=0.35,
                name=f"{prefix}{words}, raw",
                legendgroup=f"{prefix}{words}",
                showlegend=False,
                hoverinfo="skip",
            )
        kept = thin(steps, shown, room)
        figure.add_scatter(
            x=steps[kept],
            y=shown[kept],
            mode="lines+markers" if full else "lines",
            line={"color": colour, "width": 2, "dash": dash},
            name=f"{prefix}{words}",
            legendgroup=f"{prefix}{words}",
            hovertemplate="%{y:.3f}",
        )


def _checkpoint_marks(
    figure: go.Figure,
    frame: pd.DataFrame,
    what: str,
    prefix: str,
    colour: str,
    steps: Sequence[int],
) -> None:
    """Diamonds on the validation curve (else the training curve) where models were saved."""
    for column in (f"full_valid_{what}", f"valid_{what}", f"train_{what}"):
        rows = frame.dropna(subset=[column])
        if len(rows) and len(steps):
            values = rows[column] if column.startswith("full_") else smooth(rows[column])
            figure.add_scatter(
                x=list(steps)[:100],
                y=np.interp(list(steps)[:100], rows["step"], values),
                mode="markers",
                marker={
                    "symbol": "diamond",
                    "size": 9,
                    "color": colour,
                },
                name=f"{prefix}checkpoint",
                hovertemplate="saved at step %{x}",
            )
            return


def epoch_ends(frame: pd.DataFrame, most: int = 60) -> list[float]:
    """Steps at which an epoch was over, from the ``epoch`` column; empty where it is unknown."""
    rows = frame.dropna(subset=["epoch"])
    if len(rows) < 2:
        return []
    epochs, steps = rows["epoch"].to_numpy(), rows["step"].to_numpy()
    last = int(np.floor(epochs.max() + 1e-9))
    if last > most:
        return []
    return [float(np.interp(epoch, epochs, steps)) for epoch in range(1, last + 1)]


def thin(steps: np.ndarray, values: np.ndarray, most: int) -> np.ndarray:
    """Indices of at most ``most`` points that keep a curve's look.

    Cuts the curve into equal pieces and keeps the lowest and the highest point of each, so peaks
    stay; first and last point are kept, too.
    """
    if len(steps) <= most:
        return np.arange(len(steps))
    pieces = np.array_split(np.arange(len(steps)), max(1, (most - 2) // 2))
    kept = {0, len(steps) - 1}
    for piece in pieces:
        kept.add(int(piece[values[piece].argmin()]))
        kept.add(int(piece[values[piece].argmax()]))
    return np.array(sorted(kept))
