"""Figures of the Tokens & cost page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

HEIGHT = 320

#: Bars of the histogram.
BINS = 60

#: The meaning "this is cut off": red in both themes.
CUT = "#dc2626"


def token_histogram(
    training: np.ndarray,
    validation: Sequence[int] | np.ndarray = (),
    *,
    limit: int = 0,
) -> go.Figure:
    """Examples by their size in tokens, with a line where the trainer cuts them off.

    Args:
        training, validation: tokens per example.
        limit: the trainer's most tokens per example; drawn when an example comes near it.
    """
    both = [np.asarray(counts) for counts in (training, validation)]
    biggest = max((int(counts.max()) for counts in both if len(counts)), default=1)
    edges = np.linspace(0, biggest + 1, min(BINS, biggest + 1) + 1).round().astype(int)
    edges = np.unique(edges)
    figure = go.Figure()
    for name, counts in zip(("training", "validation"), both, strict=True):
        if not len(counts):
            continue
        heights, _ = np.histogram(counts, edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=heights,
            width=np.diff(edges),
            name=name,
            customdata=np.stack([edges[:-1], edges[1:] - 1], axis=1),
            hovertemplate="%{y} examples of %{customdata[0]} to %{customdata[1]} tokens",
        )
    if limit and biggest > limit / 2:
        figure.add_vline(
            x=limit,
            line_color=CUT,
            line_dash="dash",
            annotation_text=f"cut off after {limit:,}",
        )
    figure.update_layout(
        barmode="stack",
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        bargap=0.05,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        uirevision="tokens",
        xaxis_title="Tokens per example",
        yaxis_title="Examples",
    )
    return figure
