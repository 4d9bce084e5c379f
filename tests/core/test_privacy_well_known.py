"""Public figures, firms and teams stay in the text."""

from __future__ import annotations

import pytest

from core.privacy.evidence import gather_evidence
from core.privacy.finders.names import name_finder
from core.privacy.well_known import is_well_known, well_known, without_well_known


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("we saw Taylor Swift on Sunday", "Taylor Swift"),
        ("we saw Taylor Swift on Sunday", "Swift"),
        ("we saw Taylor Swift on Sunday", "Taylor"),
        ("lunch at Wendy's again", "Wendy"),
        ("pod Żabką na rogu", "Żabką"),
        ("रोहित शर्मा ने क्या मारा", "रोहित शर्मा"),
    ],
)
def test_it_is_known_with_the_words_beside_it(text, found):
    start = text.index(found)
    assert is_well_known(text, start, start + len(found))


@pytest.mark.parametrize("name", ["Adele", "Luigi", "Lisa", "Paul", "Elsa", "Sabina", "Penny"])
def test_names_that_many_people_bear_are_nobody_elses(name):
    assert name.lower() not in well_known()
    assert not is_well_known(f"and {name} came", 4, 4 + len(name))


def test_they_are_offered_and_not_sure():
    text = "yesterday Harry Kane scored and Harriet Lane cheered"
    find = without_well_known(name_finder(gather_evidence([text])))
    assert {text[s.start : s.end]: s.sure for s in find(text)} == {
        "Harry Kane": False,
        "Harriet Lane": True,
    }
