"""Slurs are counted."""

from __future__ import annotations

from codecs import decode

from core.slurs import texts_with_slurs


def test_whole_words_in_any_case_are_counted():
    word = decode("snttbg", "rot13")
    texts = ["hello", f"you {word.upper()}!", f"{word}ish", "the Scunthorpe fog", ""]
    assert texts_with_slurs(texts) == [1]
