"""The histogram counts every example once; the cut is drawn where it matters."""

from __future__ import annotations

import numpy as np
import pytest

from core.figures.cost import token_histogram


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
