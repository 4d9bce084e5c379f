"""The histogram counts every example once; the cut is drawn where it matters."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.cost import cost_by_examples_figure, token_histogram


@pytest.mark.parametrize(
    "counts", [[5], [1, 2, 3], [0, 0], list(range(1000)), [3, 70_000, 65_536, 65_537]]
)
def test_every_example_is_in_one_bar(counts):
    figure = token_histogram(np.array(counts), np.array(counts[:1]))
    training, validation = figure.data
    assert sum(training.y) == len(counts) and sum(validation.y) == 1
    for count in counts:
        holding = [low <= count <= high for low, high in training.customdata]
        assert sum(holding) == 1


@pytest.mark.parametrize(
    ("biggest", "limit", "drawn"), [(10, 65_536, False), (40_000, 65_536, True), (10, 0, False)]
)
def test_the_cut_is_drawn_when_an_example_comes_near(biggest, limit, drawn):
    figure = token_histogram(np.array([1, biggest]), limit=limit)
    assert bool(figure.layout.shapes) == drawn


def test_nothing_to_draw():
    assert len(token_histogram(np.zeros(0, int)).data) == 0
    assert len(cost_by_examples_figure(np.zeros(0)).data[0].x) == 0


def test_cost_by_examples():
    costs = np.linspace(0.01, 9, 5000)
    figure = cost_by_examples_figure(costs, chosen=10, budget=5.0)
    curve, mark = figure.data
    assert len(curve.x) <= 400 and (curve.x[0], curve.x[-1]) == (1, 5000)
    assert mark.y[0] == costs[9] and figure.layout.shapes[0].y0 == 5.0
    assert len(cost_by_examples_figure(costs, chosen=9999).data) == 1
