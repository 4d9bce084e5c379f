"""Will it work? The doubling rule, the cheapest useful size, the plain verdict."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.authors import HANDS, write
from core.examples import ChatMessage, Example
from core.problems import Problem
from core.voice import forecast
from core.voice.embedded_loss import embedded_loss


def curve_of(loss, count):
    return forecast.learning_curve(loss, count)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (10, [10]),
        (49, [49]),
        (50, [25, 50]),
        (400, [25, 50, 100, 200, 400]),
        (3200, [100, 200, 400, 800, 1600, 3200]),
    ],
)
def test_sizes_double(count, sizes):
    assert forecast.doubling_sizes(count) == sizes


def test_the_next_doubling_gains_nearly_what_the_last_ones_did():
    seen = []
    curve = forecast.learning_curve(lambda n: 6 - 0.3 * np.log2(n / 25), 400, progress=seen.append)
    ahead = [point for point in curve if not point.measured]
    assert [point.examples for point in ahead] == [800, 1600]
    assert [point.loss for point in ahead] == pytest.approx([4.53, 4.26])
    assert all(point.interval.holds(point.loss) for point in ahead)
    widths = [point.interval.high - point.interval.low for point in ahead]
    assert widths[0] == pytest.approx(2 * 1.96 * 0.45 * 0.27) and widths[1] > widths[0]
    assert seen[-1] == 1.0 and seen == sorted(seen)


def test_more_never_costs_and_one_point_says_nothing():
    assert forecast.carry_on([forecast.CurvePoint(25, 5.0, (5, 5), True)], 2) == []
    worse = curve_of(lambda n: 5 + n / 1000, 100)
    assert worse[-1].loss == worse[2].loss


@pytest.mark.parametrize(
    ("loss", "useful"),
    [
        (lambda n: 6 - 0.3 * np.log2(n), 400),
        (lambda n: 5.0, 25),
        (lambda n: max(5.0, 6 - (n / 100)), 100),
        (lambda n: 5 - 0.03 * np.log2(n), 50),
    ],
)
def test_cheapest_useful_size(loss, useful):
    assert forecast.cheapest_useful(curve_of(loss, 400)) == useful


TEXTS = write(HANDS[0], 120, 0)


@pytest.mark.parametrize(
    ("loss", "texts", "area", "outlook", "word"),
    [
        (
            lambda n: 6 - 0.2 * np.log2(n),
            TEXTS,
            0.97,
            "good",
            "twice as many would gain about 0.18",
        ),
        (lambda n: 6 - 0.2 * np.log2(n), TEXTS, None, "good", "unknown"),
        (lambda n: 6 - 0.2 * np.log2(n), TEXTS, 0.8, "unsure", "hard to tell"),
        (lambda n: 5.0, TEXTS, 0.6, "poor", "hard to tell"),
        (lambda n: 6 - 0.2 * np.log2(n), TEXTS[:40], 0.97, "unsure", "few"),
        (lambda n: 6 - 0.2 * np.log2(n), TEXTS[:60] * 2, 0.97, "unsure", "repeat"),
    ],
)
def test_verdict(loss, texts, area, outlook, word):
    scale = None if area is None else SimpleNamespace(ten_area=area)
    found = forecast.forecast(curve_of(loss, len(texts)), texts, scale)
    assert found.outlook == outlook
    assert any(word in reason for reason in found.reasons)
    assert f"{found.useful:,}" in found.sentence


def test_repeats():
    long = "the ferry was late again because of the fog in the harbour"
    assert forecast.repeated_share([long, long, "ok", "ok"]) == 0.5
    assert forecast.repeated_share([]) == 0


def example(text: str) -> Example:
    messages = (ChatMessage("user", ""), ChatMessage("assistant", text))
    return Example(messages, "c", None, (), (), "blank_prompt")


def test_the_embedded_engine_learns_more_from_more():
    training = [example(text) for text in write(HANDS[1], 100, 0)]
    held_out = [example(text) for text in write(HANDS[1], 30, 1)]
    loss = embedded_loss(training, held_out)
    assert loss(100) < loss(25) - 0.1
    assert loss(25) == embedded_loss(training, held_out)(25)


@pytest.mark.parametrize(("training", "held_out"), [([], [example("x")]), ([example("x")], [])])
def test_nothing_to_measure(training, held_out):
    with pytest.raises(Problem):
        embedded_loss(training, held_out)
