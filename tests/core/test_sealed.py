"""Sealed files: they open with their key, and with nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.sealed import seal, unseal

KEY = b"k" * 32


@given(st.binary(max_size=2000))
def test_what_goes_in_comes_out(data):
    sealed = seal(data, KEY)
    assert unseal(sealed, KEY, 2000) == data
    assert unseal(sealed, b"x" * 32, 2000) is None
    assert sealed != seal(data, KEY)


@given(st.binary(min_size=30, max_size=300), st.data())
def test_what_was_changed_does_not_open(data, draw):
    sealed = bytearray(seal(data, KEY))
    place = draw.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= draw.draw(st.integers(1, 255))
    assert unseal(bytes(sealed), KEY, 300) is None
    assert unseal(bytes(sealed[:place]), KEY, 300) is None


def test_the_words_cannot_be_read():
    words = b"Marguerite Quillfeather " * 20
    sealed = seal(words, KEY)
    assert b"Marguerite" not in sealed
    assert len(sealed) < len(words)


def test_more_than_allowed_is_not_unpacked():
    sealed = seal(bytes(10_000_000), KEY)
    assert len(sealed) < 20_000
    assert unseal(sealed, KEY, 1_000_000) is None


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data):
    assert unseal(data, KEY, 100) is None
