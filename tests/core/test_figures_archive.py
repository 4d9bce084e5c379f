"""The timeline: counts that add up, the right unit, what lies outside the period shaded."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from core.figures.archive import MOST_NAMES, messages_over_time, timeline
from core.messages import make_frame


def frame(days: list[int], authors: list[str], kind: str = "message"):
    size = len(days)
    return make_frame(
        {
            "id": [str(n) for n in range(size)],
            "conversation": ["c"] * size,
            "sent_at": [datetime(2024, 1, 15) + timedelta(days=day) for day in days],
            "author": authors,
            "text": ["words"] * size,
            "kind": [kind] * size,
            "reply_to": [None] * size,
        }
    )


@pytest.mark.parametrize(
    ("days", "unit", "starts"),
    [
        ([0, 0, 3], "day", ["2024-01-15", "2024-01-18"]),
        ([0, 119], "day", ["2024-01-15", "2024-05-13"]),
        ([0, 10, 400], "month", ["2024-01-01", "2025-02-01"]),
    ],
)
def test_unit_follows_the_length(days, unit, starts):
    counts, found = messages_over_time(frame(days, ["Ann"] * len(days)))
    assert found == unit
    assert counts["start"].dt.strftime("%Y-%m-%d").tolist() == starts
    assert counts["messages"].sum() == len(days)


def test_quiet_people_are_summed():
    authors = [f"P{n}" for n in range(MOST_NAMES + 4)] + ["P0"]
    counts, _ = messages_over_time(frame([0] * len(authors), authors))
    assert counts["author"].nunique() == MOST_NAMES + 1
    assert counts.set_index("author")["messages"]["everybody else"] == 4


def test_only_what_was_written_counts():
    counts, _ = messages_over_time(frame([0, 1], ["Ann", "Bo"], kind="system"))
    assert counts.empty
    assert len(timeline(frame([0], ["Ann"], kind="media"), ("Ann",), None).data) == 0


def test_owner_is_drawn_first_and_the_rest_of_the_time_is_shaded():
    messages = frame([0, 100, 300, 300], ["Bo", "Bo", "Bo", "Ann"])
    figure = timeline(messages, ("Ann",), (date(2024, 2, 1), date(2024, 3, 1)))
    assert [trace.name for trace in figure.data] == ["Ann", "Bo"]
    assert len(figure.layout.shapes) == 2
    assert not timeline(messages, ("Ann",)).layout.shapes
