"""Folding and merging: the two things every finder relies on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.privacy.spans import KINDS, PRIORITY, Span, fold, merge


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Jörg HÄBERLE", "jorg haberle"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("İpek ıIi", "ipek iii"),
        ("O’Donnell", "o'donnell"),
        ("ΝΊΚΟΣ", "νικοσ"),
        ("Ёжик", "ежик"),
        ("김민수 がんばる", "김민수 がんばる"),
        ("أحمد فاطمة", "احمد فاطمه"),
    ],
)
def test_spellings_meet(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_keeps_every_character_in_its_place(text):
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def span(start: int, end: int, kind: str) -> Span:
    return Span(start, end, kind, "test")


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        # A password that looks like a phone number is a password.
        ([(0, 8, "phone"), (2, 6, "secret")], [(0, 8, "secret")]),
        # A name does not swallow its neighbour.
        ([(0, 4, "person"), (0, 12, "name")], [(0, 4, "person"), (4, 12, "name")]),
        # A name inside an address is the address.
        ([(0, 20, "address"), (3, 7, "person")], [(0, 20, "address")]),
        ([(0, 5, "email"), (5, 9, "name")], [(0, 5, "email"), (5, 9, "name")]),
        ([(0, 6, "id"), (4, 10, "phone"), (9, 12, "iban")], [(0, 12, "id")]),
        ([], []),
    ],
)
def test_overlaps(spans, wanted):
    assert [(s.start, s.end, s.kind) for s in merge(span(*s) for s in spans)] == wanted


SPANS = st.builds(
    lambda start, length, kind: span(start, start + length, kind),
    st.integers(0, 30),
    st.integers(1, 12),
    st.sampled_from(sorted(KINDS)),
)


@given(st.lists(SPANS, max_size=12))
def test_merging_hides_the_same_characters_once(spans):
    merged = merge(spans)
    covered = [i for s in merged for i in range(s.start, s.end)]
    assert len(covered) == len(set(covered))
    assert set(covered) == {i for s in spans for i in range(s.start, s.end)}
    assert merged == sorted(merged)
    assert {s.kind for s in merged} <= {s.kind for s in spans} <= PRIORITY.keys()
