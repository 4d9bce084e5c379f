"""Differences: nothing is lost, shared words are marked on both sides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.voice.differences import differences


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_come_back_whole(left, right):
    one, other = differences(left, right)
    assert "".join(piece.text for piece in one) == left
    assert "".join(piece.text for piece in other) == right
    assert [p.text for p in one if p.shared] == [p.text for p in other if p.shared]


@pytest.mark.parametrize(
    ("left", "right", "own"),
    [
        ("the bus was late", "the train was late", (["bus"], ["train"])),
        ("same", "same", ([], [])),
        ("a", "", (["a"], [])),
        ("ok!", "ok.", (["!"], ["."])),
    ],
)
def test_own_words(left, right, own):
    one, other = differences(left, right)
    assert ([p.text for p in one if not p.shared], [p.text for p in other if not p.shared]) == own
