"""Figures that need no judge run: the learning curve and the ranking."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.voice import curve_figure, strength_figure
from core.voice.chances import Interval, bradley_terry
from core.voice.drawing import dots, ticks
from core.voice.forecast import learning_curve


def test_the_forecast_is_dashed_and_joined():
    figure = curve_figure(learning_curve(lambda n: 6 - 0.2 * np.log2(n), 200))
    measured, _, expected = figure.data
    assert list(measured.x) == [25, 50, 100, 200]
    assert list(expected.x) == [200, 400, 800] and expected.line.dash == "dash"
    assert expected.y[0] == measured.y[-1]


def test_a_single_size_has_no_forecast():
    assert len(curve_figure(learning_curve(lambda n: 5.0, 30)).data) == 1


def test_strengths_on_top_is_the_strongest():
    figure = strength_figure(bradley_terry(["a", "b"], [("b", "a")] * 6))
    assert [trace.name for trace in figure.data] == ["b", "a"]


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-120, 160), (40, 100), (5, 5), (-3e5, 2e5)])
def test_ticks_are_few_and_inside(low, high):
    found = ticks(low, high)
    assert len(found) <= 10
    assert all(low <= tick <= high for tick in found)


def test_drawing_escapes_names():
    drawn = dots(
        [("<b>", 50, Interval(40, 60), "9 answers")], bands=[(Interval(0, 10), "#888", "a & b")]
    )
    assert "<b>" not in drawn and "a &amp; b" in drawn
    assert dots([]).startswith("<svg")
