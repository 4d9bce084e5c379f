"""Curves stay below 2,000 points, keep their peaks and show what was measured."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.figures.training import MOST_POINTS, accuracy_figure, epoch_ends, loss_figure, thin
from core.metrics import COLUMNS


def made(steps=300, epochs=3) -> pd.DataFrame:
    step = np.arange(1, steps + 1)
    frame = pd.DataFrame(
        {
            "step": step,
            "epoch": step * epochs / steps,
            "train_loss": 3 - step / steps,
            "train_accuracy": step / steps / 2,
            "valid_loss": 3 - step / steps / 2,
            "full_valid_loss": np.where(step % (steps // epochs) == 0, 2.5, np.nan),
        }
    )
    return frame.reindex(columns=list(COLUMNS)).astype("float64")


def points(figure) -> int:
    return sum(len(trace.x) for trace in figure.data)


def names(figure) -> list[str]:
    return [trace.name for trace in figure.data if trace.showlegend is not False]


@pytest.mark.parametrize("jobs", [1, 2, 5, 12])
@pytest.mark.parametrize("steps", [30, 30_000])
def test_never_more_points_than_a_browser_likes(jobs, steps):
    frames = {f"job {i}": made(steps) for i in range(jobs)}
    figure = loss_figure(frames, checkpoints={name: [10, 20, 30] for name in frames})
    assert 0 < points(figure) <= MOST_POINTS


def test_what_was_measured_is_drawn():
    figure = loss_figure({"job": made()}, checkpoints={"job": [100, 200]}, best={"job": 200})
    assert names(figure) == ["training", "validation", "full validation", "checkpoint"]
    lines = [shape.x0 for shape in figure.layout.shapes]
    assert lines == [200, 100, 200, 300]  # the best step, then the epochs
    assert figure.layout.annotations[0].text == "best: 200"
    assert figure.layout.height == 320 and figure.layout.uirevision == "training"
    json.loads(figure.to_json())


def test_without_validation_only_training_is_drawn():
    frame = made()
    frame[["valid_loss", "full_valid_loss"]] = np.nan
    figure = loss_figure({"job": frame}, checkpoints={"job": [100]})
    assert names(figure) == ["training", "checkpoint"]


def test_several_jobs_are_told_apart():
    figure = loss_figure({"a": made(), "b": made(60)})
    assert names(figure)[:2] == ["a: training", "a: validation"]
    assert {trace.line.color for trace in figure.data} == {"#000001", "#000002"}
    assert not figure.layout.shapes


def test_accuracy():
    figure = accuracy_figure({"job": made()})
    assert names(figure) == ["training"] and figure.layout.yaxis.tickformat == ".0%"


def test_nothing_yet():
    empty = made().iloc[:0]
    assert points(loss_figure({"job": empty}, checkpoints={"job": [1]})) == 0
    assert points(loss_figure({})) == 0


@pytest.mark.parametrize(("epochs", "ends"), [(3, [100, 200, 300]), (1, [300]), (100, [])])
def test_epoch_marks(epochs, ends):
    assert epoch_ends(made(epochs=epochs)) == pytest.approx(ends)
    unknown = made().assign(epoch=np.nan)
    assert epoch_ends(unknown) == []


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=500), st.integers(4, 100))
def test_thinning_keeps_ends_and_peaks(values, most):
    array = np.array(values)
    kept = thin(np.arange(len(array)), array, most)
    assert len(kept) <= max(most, 2) and (np.diff(kept) > 0).all()
    assert kept[0] == 0 and kept[-1] == len(array) - 1
    assert array[kept].max() == array.max() and array[kept].min() == array.min()
