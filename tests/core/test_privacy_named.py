"""Names behind what names somebody."""

from __future__ import annotations

import pytest

from core.privacy.finders.named import named_finder


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("zilde Akbulut yazıyor", "Akbulut"),
        ("en el telefonillo pone Urrutikoetxea", "Urrutikoetxea"),
        ("interphone Castelnau, 3e étage", "Castelnau"),
        ("Klingel: Niedermayr", "Niedermayr"),
        ("naar NL12 tnv J. Hofstra graag", "J. Hofstra"),
        ("a nombre de Pilar Quintanilla por favor", "Pilar Quintanilla"),
        ("account name is Folake Adebisi", ""),
        ("account name Folake Adebisi", "Folake Adebisi"),
        ("a/n Ratih Kusuma ya", "Ratih Kusuma"),
        ("мастер Куприянов Л. С. придёт", "Куприянов Л. С."),
    ],
)
def test_what_stands_behind_is_a_name(text, wanted):
    spans = named_finder(["de", "es", "vi", "zh"])(text)
    assert [text[s.start : s.end] for s in spans] == ([wanted] if wanted else [])


@pytest.mark.parametrize(
    "text",
    [
        "the bell is broken again",
        "z. B. Brot und Käse",
        "timbre roto otra vez",
        "Plan B. Dann gehen wir",
    ],
)
def test_other_words_stay(text):
    assert named_finder(["de", "es", "vi", "zh"])(text) == []
