"""Texts between the quotes of JSON, encoded together, are the same as one by one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.json_text import json_bodies


@pytest.mark.parametrize(
    "texts",
    [[], [""], ["", ""], [",", ","], ['she said "a",', "yes"], ["a\\", "b"], ['","', '"', ","]],
)
def test_texts_that_look_like_the_gap_between_two(texts):
    assert [json.loads(b'"%b"' % body) for body in json_bodies(texts)] == texts


@given(st.lists(st.text(alphabet='",\\a\n é')))
def test_every_text_comes_back(texts):
    assert [json.loads(b'"%b"' % body) for body in json_bodies(texts)] == texts


def test_half_a_surrogate_pair_becomes_a_mark():
    assert json_bodies(["a\ud83d", "b"]) == ["a\ufffd".encode(), b"b"]
