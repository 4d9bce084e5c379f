"""Numbers behind the figures, and the figures."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from core.dataset import DatasetSettings, build_dataset
from core.figures.dataset import (
    audience_figure,
    describe_seconds,
    funnel_figure,
    gap_figure,
    hours_figure,
    length_figure,
)
from core.messages import Note
from core.statistics import (
    audiences,
    funnel,
    gap_histogram,
    hours,
    percentiles,
    turn_lengths,
)
from core.turns import message_gaps, turn_table
from tests.core.made_frames import frame_of

FRAME = frame_of(
    (0, "Ann", "hello"),
    (10, "me", "hi there"),
    (15, "me", "you"),
    (100_000, "Ann", "again"),
    (100_090, "me", "yes"),
    (100_100, "Bob", "boo", {"conversation": "d"}),
    (None, "Bob", "no time", {"conversation": "d"}),
)


def test_gaps_are_counted_once_and_cut():
    made = gap_histogram(FRAME, 3600)
    assert made["pauses"].sum() == len(message_gaps(FRAME)) == 4
    assert made.loc[made["new_conversation"], "pauses"].sum() == 1
    assert gap_histogram(FRAME)["new_conversation"].sum() == 0


def test_turn_lengths():
    made = turn_lengths(turn_table(FRAME), ["me"])
    assert made[made["side"] == "me"]["characters"].tolist() == [12, 3]


def test_hours_are_a_week():
    made = hours(FRAME, ["me"])
    assert made.shape == (168, 3)
    assert made["messages"].sum() == 3
    assert made.query("weekday == 4 and hour == 9")["messages"].item() == 2


def test_audiences():
    made = audiences(turn_table(FRAME), ["me"])
    assert made.to_dict("list") == {
        "conversation": ["c", "d"],
        "people": [1, 1],
        "mine": [2, 0],
        "others": [2, 1],
        "share": [0.5, 0.0],
        "characters": [7.5, pytest.approx(float("nan"), nan_ok=True)],
    }


def test_funnel_goes_down_to_what_is_learnt():
    notes = [Note("left_out", "too old", 4), Note("merged", "edited", 1)]
    made = build_dataset(FRAME, ["me"], DatasetSettings(), notes=notes)
    steps = funnel(made.receipt)
    assert steps["left"].tolist()[0] == made.receipt.raw == 12
    assert steps["left"].tolist()[-1] == made.receipt.learnt == 3
    assert (steps["left"].diff().iloc[1:] + steps["lost"].iloc[1:] == 0).all()
    assert steps["step"].tolist()[1:3] == ["too old", "no answer of yours follows"]


def test_every_figure_can_be_drawn():
    table = turn_table(FRAME)
    made = build_dataset(FRAME, ["me"], DatasetSettings())
    figures = [
        gap_figure(gap_histogram(FRAME, 3600), 3600),
        length_figure(turn_lengths(table, ["me"])),
        hours_figure(hours(FRAME, ["me"])),
        audience_figure(audiences(table, ["me"]), {"c": "Ann"}),
        funnel_figure(funnel(made.receipt)),
    ]
    for figure in figures:
        assert isinstance(figure, go.Figure)
        assert 90 < figure.layout.height <= 320
        assert figure.layout.uirevision
        figure.to_json()
    assert list(figures[3].data[0].y) == ["Ann", "d"]


def test_many_audiences_are_summed():
    rows = [(i, "me", "x", {"conversation": f"c{i:02}"}) for i in range(20)]
    figure = audience_figure(audiences(turn_table(frame_of(*rows)), ["me"]))
    assert figure.data[0].y[-1] == "8 more"
    assert sum(figure.data[0].x) == 20


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (45, "45 s"),
        (60, "1 min"),
        (600, "10 min"),
        (14_400, "4 h"),
        (90_000, "25 h"),
        (172_800, "2 days"),
    ],
)
def test_durations_for_people(seconds, words):
    assert describe_seconds(seconds) == words


def test_percentiles_are_the_fifth_and_the_ninety_fifth():
    made = percentiles(np.arange(101))
    assert (made["p5"], made["median"], made["p95"], made["sum"]) == (5, 50, 95, 5050)
    assert percentiles(np.zeros(0))["mean"] == 0
