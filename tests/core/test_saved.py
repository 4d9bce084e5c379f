"""The recipe as a file: what was written comes back, and strange files are told so."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import Problem
from core.recipes.base import Labels
from core.saved import recipe_from_json, recipe_to_json
from core.settings import DatasetSettings, settings_to_json

WORDS = st.none() | st.lists(st.text(max_size=5), max_size=3).map(tuple)
LABELS = st.builds(Labels, WORDS, WORDS, st.none() | st.text(max_size=9))


@given(st.dictionaries(st.text(max_size=5), LABELS, max_size=4))
def test_round_trip(labels):
    chosen = DatasetSettings(recipe="topics", seed=3)
    data = recipe_to_json(chosen, labels)
    assert recipe_from_json(data) == (chosen, labels)
    assert recipe_to_json(*recipe_from_json(data)) == data


def test_without_labels_it_is_the_settings_file():
    assert recipe_to_json(DatasetSettings(), {}) == settings_to_json(DatasetSettings())


@pytest.mark.parametrize(
    "labels",
    [[], {"m1": []}, {"m1": {"topics": "a"}}, {"m1": {"mood": "x"}}, {"m1": {"instruction": 3}}],
)
def test_strange_labels(labels):
    values = orjson.loads(settings_to_json(DatasetSettings()))
    with pytest.raises(Problem, match="labels"):
        recipe_from_json(orjson.dumps({**values, "labels": labels}))


def test_no_such_file():
    with pytest.raises(Problem, match="JSON"):
        recipe_from_json(b"{")
