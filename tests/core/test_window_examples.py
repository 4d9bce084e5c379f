"""Examples as columns: the same as a list, in memory and in the file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataset import DatasetSettings, build_dataset
from core.formats import chat_lines
from core.tokens import count_examples
from core.window_examples import WindowExamples, _shown, count_messages
from tests.core.made_frames import frame_of

#: Texts that JSON has to escape, two speakers, one explicit reply far back.
ROWS = [
    (400 * i, "me" if i % 2 else "Ann", f'{i}: "é\\ {chr(10)} she said "a",', {"id": f"m{i}"})
    for i in range(120)
]
ROWS[101][3]["reply_to"] = "m20"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"buffer_size": 1},
        {"system_prompt": 'Be "me",', "audience": True},
        {"context_weight": None},
        {"speaker_names": "always", "buffer_size": 9},
    ],
)
@pytest.mark.parametrize("weights", [True, False])
def test_lines_are_those_of_the_examples(changes, weights):
    made = build_dataset(frame_of(*ROWS), ["me"], DatasetSettings(**{"buffer_size": 4, **changes}))
    for part in (made.training, made.validation, made.held_out):
        assert isinstance(part, WindowExamples)
        assert list(chat_lines(part, weights=weights)) == list(
            chat_lines(list(part), weights=weights)
        )
        assert count_examples(part).tolist() == count_examples(list(part)).tolist()


def test_they_behave_like_a_list():
    made = build_dataset(frame_of(*ROWS), ["me"], DatasetSettings()).training
    plain = list(made)
    assert made == plain and plain == made and made != plain[1:]
    assert made[0] == made[-len(plain)] == plain[0] and made[-2:] == plain[-2:]
    assert made[::-3] == plain[::-3] and made[len(plain) :] == []
    with pytest.raises(IndexError):
        made[len(plain)]
    assert count_messages(made) == count_messages(plain) == sum(len(one.messages) for one in plain)
    assert made + plain == plain + made == plain + plain
    assert made.take(np.array([3, 1])) == [plain[3], plain[1]]
    assert not made.take(np.zeros(0, np.int64)) and not list(
        chat_lines(made.take(np.zeros(0, np.int64)))
    )


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 5)), max_size=8))
def test_the_numbers_in_ranges(ranges):
    low = np.array([first for first, _ in ranges], np.int64)
    high = low + np.array([more for _, more in ranges], np.int64)
    wanted = sorted({n for first, more in ranges for n in range(first, first + more + 1)})
    assert _shown(low, high).tolist() == wanted
