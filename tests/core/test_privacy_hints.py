"""Hints: whatever a pattern finds in a text, its hint finds in one of the words."""

from __future__ import annotations

import pytest
import regex

from core.privacy import doubt
from core.privacy.finders import contact, dates, documents
from core.privacy.finders.hints import WordBits, lower, word_hint
from core.privacy.spans import fold


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\b(?:live at|key ?safe|log(?:g|ga) (?:inn?|på))", "I LIVE at home"),
        (r"\b(?:live at|key ?safe|log(?:g|ga) (?:inn?|på))", "the keysafe"),
        (r"\b(?:live at|key ?safe|log(?:g|ga) (?:inn?|på))", "du må logga på nu"),
        (r"sort ?(?:code)?|acc", "the sort"),
        (r"(?:car |my )?reg(?:istration)?(?: plate)?", "REG plate"),
        (r"id[- ]?(?:card|no\.?)", "my id card"),
        (r"\p{Hangul}{2,}(?:구|동)\s?\p{Nd}", "강남구 12"),
        (r"[市区](?=\P{Han}{0,3}\p{Nd})|\p{Nd}\s?[号號]", "3 号"),
        (r"\b(?:my|find me)\b[^.!?\n]{0,18}\b(?:insta(?:gram)?|user name)\b", "my old user name"),
        (r"dirección|живём", "DIRECCIÓN"),
        (r"dirección|живём", "мы живём здесь"),
    ],
)
def test_hint_sees_what_the_pattern_matches(pattern, text):
    assert regex.search(f"(?i){pattern}", text)
    assert WordBits({word_hint(pattern, fold): 1}).of(fold(text)) == 1


def test_hint_sees_nothing_in_other_words():
    words = WordBits({word_hint(r"\b(?:live at|pin\b)|парол", fold): 1})
    assert words.of("shopping for olives") == 0


@pytest.mark.parametrize(
    "hint",
    [
        doubt._SENSITIVE_HINT,
        doubt._PLACE_HINT,
        doubt._OPENS_HINT,
        dates.BORN_HINT,
        contact.HANDLE_HINT,
        contact.NETWORK_HINT,
        documents._NAME_HINT,
    ],
)
def test_hints_of_the_long_patterns_say_no_to_most_words(hint):
    words = WordBits({hint: 1})
    plain = "we had soup and then walked along that river for hours because it was so warm"
    assert not any(words.of(word) for word in lower(plain).split())
