"""Events and result files become one table; the words come from its numbers."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import metrics
from core.problems import Problem


def frame_of(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns).reindex(columns=list(metrics.COLUMNS)).astype("float64")


def curve(valid, train=None, step=10) -> pd.DataFrame:
    n = len(valid)
    train = np.linspace(3, 1, n) if train is None else train
    return frame_of(
        step=np.arange(1, n + 1) * step, train_loss=train, full_valid_loss=np.asarray(valid, float)
    )


OPENAI_EVENT = {
    "message": "Step 300/300: training loss=0.15, validation loss=0.27, full validation loss=0.40",
    "type": "metrics",
    "data": {
        "step": 300,
        "train_loss": 0.1499,
        "valid_loss": 0.2657,
        "total_steps": 300,
        "full_valid_loss": 0.4033,
        "train_mean_token_accuracy": 0.944,
        "valid_mean_token_accuracy": 0.957,
        "full_valid_mean_token_accuracy": 0.909,
    },
}


def test_openais_event():
    frame = metrics.metrics_from_events([OPENAI_EVENT], n_epochs=3)
    assert frame.columns.tolist() == list(metrics.COLUMNS)
    assert frame.iloc[0].tolist() == [300, 3, 0.1499, 0.944, 0.2657, 0.957, 0.4033, 0.909]
    assert set(frame.dtypes) == {np.dtype("float64")}


def test_an_event_object_and_a_message_alone():
    told = SimpleNamespace(data=None, message="Step 60: training loss=0.2452")
    full = {"message": OPENAI_EVENT["message"], "data": {}}
    frame = metrics.metrics_from_events([told, full], n_epochs=2)
    assert frame["train_loss"].tolist() == [0.2452, 0.15]
    assert frame["full_valid_loss"].tolist()[1] == 0.40
    assert frame["epoch"].tolist() == [0.4, 2.0]


@pytest.mark.parametrize(
    "event",
    [
        {"message": "Created fine-tuning job", "data": {}},
        {"message": None, "data": None},
        {},
        {"data": {"step": 5}},
        {"data": {"step": "x", "train_loss": 1}},
        {"data": {"step": True, "train_loss": 1}},
        {"data": {"step": float("nan"), "train_loss": 1}},
        {"data": ["step", 1]},
        {"message": "Step 5: training loss=nan"},
    ],
)
def test_events_without_usable_metrics_are_skipped(event):
    assert metrics.metrics_from_events([event]).empty


def test_events_in_any_order_and_twice():
    newest_first = [
        {"data": {"step": 2, "train_loss": 1.0}},
        {"data": {"step": 1, "train_loss": 2.0}},
        {"data": {"step": 2, "full_valid_loss": 1.5}},
    ]
    frame = metrics.metrics_from_events(newest_first)
    assert frame["step"].tolist() == [1, 2]
    assert frame["full_valid_loss"].tolist()[1] == 1.5
    assert frame["epoch"].isna().all()


def test_infinite_losses_are_gaps():
    frame = metrics.metrics_from_events(
        [{"data": {"step": 1, "train_loss": float("inf"), "valid_loss": 2.0}}]
    )
    assert np.isnan(frame["train_loss"].iloc[0]) and frame["valid_loss"].iloc[0] == 2.0


PLAIN = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
ROWS = "1,3.5,0.25,,\n2,3.0,0.30,3.1,0.28\n"
AZURE = (
    "step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy,"
    "full_valid_loss,full_valid_mean_token_accuracy\n1,3.5,0.25,,,,\n2,3.0,0.30,3.1,0.28,3.2,0.27\n"
)


@pytest.mark.parametrize(
    "data",
    [
        (PLAIN + ROWS).encode(),
        b"\xef\xbb\xbf" + (PLAIN + ROWS).encode(),
        (PLAIN + ROWS).replace("\n", "\r\n").encode(),
        base64.b64encode((PLAIN + ROWS).encode()),
        base64.encodebytes((PLAIN + ROWS).encode()),
        (PLAIN.upper() + ROWS).encode(),
        (PLAIN + "2,3.0,0.30,3.1,0.28\n1,3.5,0.25,,\n").encode(),
        AZURE.encode(),
    ],
)
def test_result_files_of_every_kind(data):
    frame = metrics.metrics_from_result_file(data)
    assert frame["step"].tolist() == [1, 2]
    assert frame["train_accuracy"].tolist() == [0.25, 0.30]
    assert np.isnan(frame["valid_loss"].iloc[0]) and frame["valid_accuracy"].iloc[1] == 0.28


@pytest.mark.parametrize("data", [b"", b"\n", b"a,b\n1,2\n", b"\xff\xfe\x00", b"<html>", b"AAAA"])
def test_what_is_no_result_file_is_said_so(data):
    with pytest.raises(Problem, match="not a table of training steps"):
        metrics.metrics_from_result_file(data)


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: (PLAIN + t).encode()))
def test_any_bytes_give_a_table_or_a_problem(data):
    try:
        frame = metrics.metrics_from_result_file(data)
    except Problem:
        return
    assert frame.columns.tolist() == list(metrics.COLUMNS)
    assert frame["step"].is_monotonic_increasing and frame["step"].notna().all()


def test_checkpoints():
    checkpoints = [
        SimpleNamespace(
            step_number=60, metrics=SimpleNamespace(model_dump=lambda: {"full_valid_loss": 2.0})
        ),
        SimpleNamespace(step_number=30, metrics=None),
    ]
    frame = metrics.metrics_from_checkpoints(checkpoints)
    assert frame["step"].tolist() == [30, 60] and frame["full_valid_loss"].iloc[1] == 2.0


def test_smoothing_skips_gaps():
    smoothed = metrics.smooth(pd.Series([1.0, np.nan, 1.0, 1.0]))
    assert np.isnan(smoothed[1]) and smoothed.dropna().eq(1.0).all()


RECITING = curve([2.0, 1.5, 1.2, 1.4, 1.7, 2.0])
LEARNING = curve([2.0, 1.8, 1.6, 1.4, 1.3])
LEVEL = curve([2.0, 1.5, 1.40, 1.41, 1.405])


@pytest.mark.parametrize(
    ("frame", "best", "since"),
    [
        (RECITING, 30, 30),
        (LEARNING, 50, None),
        (LEVEL, 30, None),
        (curve([1.0, 1.2, 1.5], train=[2.0, 1.5, 1.0]), 10, 10),
        (curve([2.0, 1.2, 1.5, 1.9], train=[1.0, 2.0, 3.0, 4.0]), 20, None),
        (curve([2.0, 1.0]), 20, None),
        (frame_of(step=[1, 2, 3], train_loss=[3.0, 2.0, 1.0]), None, None),
        (frame_of(step=[]), None, None),
    ],
)
def test_best_step_and_the_start_of_reciting(frame, best, since):
    assert metrics.best_step(frame) == best
    assert metrics.overfitting_since(frame) == since


def test_noisy_batches_are_smoothed_before_they_are_judged():
    noisy = frame_of(
        step=np.arange(1, 101),
        train_loss=np.linspace(3, 2, 100),
        valid_loss=np.linspace(3, 2, 100),
    )
    noisy.loc[4, "valid_loss"] = 1.0  # one lucky batch early on
    assert metrics.best_step(noisy) > 90


@pytest.mark.parametrize(
    ("steps", "best"), [([10, 30, 60], 30), ([60], 60), ([5], None), ([], None), ([35, 60], 35)]
)
def test_best_checkpoint(steps, best):
    assert metrics.best_checkpoint(RECITING, steps) == best


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (RECITING, "After step 30 it started reciting"),
        (LEARNING, "still getting better"),
        (curve([2.0, 1.5, 1.499, 1.498]), "had stopped getting better"),
        (LEVEL, "best at step 30 and held"),
        (frame_of(step=[1, 2, 3], train_loss=[3.0, 2.0, 1.0]), "Without a validation file"),
        (curve([2.0, 2.0, 2.1], train=[1.0, 1.0, 1.0]), "did not fall"),
        (frame_of(step=[1], train_loss=[3.0]), "not enough to judge"),
        (frame_of(step=[]), "not enough to judge"),
    ],
)
def test_the_curves_in_words(frame, said):
    assert said in metrics.describe(frame)


def test_the_words_name_the_numbers():
    assert "67% more loss" in metrics.describe(RECITING)


def test_two_full_measurements_do_not_hide_what_many_small_ones_show():
    frame = curve([2.9, 2.4, 2.3, 2.6, 2.9, 3.3])
    frame["valid_loss"] = frame["full_valid_loss"]
    frame["full_valid_loss"] = [None, None, 2.3, None, None, 3.3]
    assert metrics.validation_column(frame) == "valid_loss"
    frame["valid_loss"] = None
    assert metrics.validation_column(frame) == "full_valid_loss"
    assert "best at step" in metrics.describe(frame) and "43% worse" in metrics.describe(frame)
