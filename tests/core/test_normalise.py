"""Texts made comparable: the quick way for plain texts gives what the rules of Unicode give."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from core.normalise import _by_expression, normalise

ASCII = st.text(st.characters(codec="ascii"), max_size=30)
MIXED = st.text(st.sampled_from("aB z.,!?$~\n\t_-é@ßſ👍\u00a0"), max_size=30)


@given(st.lists(ASCII | MIXED | st.just("see www.a.example or HTTPS://b.example/x"), max_size=8))
def test_quick_and_thorough_agree(texts):
    column = pa.array(texts, pa.large_string())
    assert normalise(texts) == _by_expression(column).to_pylist()


def test_long_runs_of_marks():
    assert normalise(["." * 5000 + "a" + "!" * 5000, "!" * 5000]) == ["a", "!" * 5000]
