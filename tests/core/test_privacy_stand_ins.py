"""Made-up names: stable, of the same script, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.privacy.name_lists import pools, script_of
from core.privacy.participants import name_words
from core.privacy.spans import fold
from core.privacy.stand_ins import (
    NamePicker,
    StandIns,
    author_name,
    from_json,
    handle_for,
    like,
    restore,
    stand_in_words,
    to_json,
)
from core.problems import Problem


def same(word: str) -> str:
    return word


def test_parts_of_a_name_keep_fitting_together():
    made_up, picker = StandIns(), NamePicker(0, ())
    full = author_name("Anna Schmidt", same, made_up, picker)
    first, last = full.split()
    assert stand_in_words("anna", same, made_up, picker) == first.lower()
    assert stand_in_words("SCHMIDT", same, made_up, picker) == last.upper()
    assert stand_in_words("Anna de Schmidt", same, made_up, picker) == f"{first} de {last}"
    assert handle_for(["anna", "schmidt"], made_up, picker) == (first + last).lower()
    assert restore(f"{full} and {first.lower()}", made_up) == "Anna Schmidt and anna"


@pytest.mark.parametrize(
    "name",
    [
        "Anna",
        "Ирина",
        "فاطمة",
        "נועה",
        "प्रिया",
        "Ελένη",
        "王小明",
        "田中美咲",
        "김민수",
        "สมชาย",
        "ანა",
    ],
)
def test_a_stand_in_has_the_script_of_the_name(name):
    made_up, picker = StandIns(), NamePicker(3, ())
    new = author_name(name, same, made_up, picker)
    assert script_of(new) == script_of(name)
    assert new != name
    assert restore(f"– {new}!", made_up) == f"– {name}!"


def test_what_the_seed_changes_and_what_it_does_not():
    def names(seed: int) -> list[str]:
        made_up, picker = StandIns(), NamePicker(seed, ())
        return [author_name(name, same, made_up, picker) for name in ("Anna", "Ben", "Chloe")]

    assert names(1) == names(1)
    assert names(1) != names(2)


def test_words_of_the_archive_are_never_given_out():
    used = {fold(name) for name in pools("LATIN").female[:500]}
    made_up, picker = StandIns(), NamePicker(0, used)
    given_out = [fold(author_name(f"Anna{c}", same, made_up, picker)) for c in "bcdefghijk"]
    assert used.isdisjoint(given_out)


def test_the_sex_of_a_name_is_kept_where_it_is_known():
    made_up, picker = StandIns(), NamePicker(0, ())
    women = {fold(n) for n in pools("LATIN").female}
    for name in ("katharina", "gudrun", "brunhilde"):
        assert fold(stand_in_words(name, same, made_up, picker)) in women


def test_more_people_than_any_list_has():
    made_up, picker = StandIns(), NamePicker(0, ())
    letters = "אבגדהוזחטי"
    names = ["ק" + "".join(letters[int(d)] for d in f"{i:04d}") for i in range(3_000)]
    assert len(names) > len({*pools("HEBREW").female, *pools("HEBREW").male})
    stand_ins = {author_name(name, same, made_up, picker) for name in names}
    assert len(stand_ins) == 3_000
    assert {script_of(name) for name in stand_ins} == {"HEBREW"}


@pytest.mark.parametrize(
    ("written", "word", "wanted"),
    [
        ("anna", "Lena", "lena"),
        ("ANNA", "Lena", "LENA"),
        ("Anna", "Lena", "Lena"),
        ("A", "Lena", "Lena"),
    ],
)
def test_letter_case_follows_the_original(written, word, wanted):
    assert like(written, word) == wanted


def test_restoring_touches_nothing_else():
    made_up, picker = StandIns(), NamePicker(0, ())
    new = author_name("Anna", same, made_up, picker)
    assert restore(f"{new}x x{new} {new}", made_up) == f"{new}x x{new} Anna"
    assert restore("", made_up) == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"version": 9, "words": {}, "authors": {}}',
        b'{"version": 1, "words": {"a": 1}, "authors": {}}',
        b"\xff",
    ],
)
def test_other_files_are_no_map(data):
    with pytest.raises(Problem, match="not a list"):
        from_json(data)


def words(name: str) -> list[str]:
    return [fold(word) for word in name_words(name) if any(c.isalpha() for c in word)]


NAMES = st.one_of(
    st.sampled_from(
        [
            "Anna",
            "anna",
            "Anna Schmidt",
            "Jean-Luc O'Brien",
            "王小明",
            "김민수",
            "💀",
            "Mom",
            "(a|b",
            "+49 171 55",
            "محمد العلي",
            "a b c d",
            "X",
        ]
    ),
    st.text(min_size=1, max_size=20),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_authors_come_back_and_stay_apart(names):
    made_up, picker = StandIns(), NamePicker(0, ())
    new = [author_name(name, same, made_up, picker) for name in names]
    assert len(set(new)) == len(names)
    assert from_json(to_json(made_up)) == made_up
    for name, stand_in in zip(names, new, strict=True):
        # Capitals and the signs around a name may be lost, its words may not.
        if sum(words(name) == words(other) for other in names) == 1:
            back = restore(stand_in, made_up)
            assert words(back) == words(name)
            assert words(name) or back == name
