"""Public figures, firms and teams: names that nobody's privacy hangs on.

They stay in the text, as a voice that speaks of Messi should go on doing so, but they are
offered for review, and strict masking hides them.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

import regex

from core.privacy.name_lists import name_lists
from core.privacy.spans import Finder, Span, fold

_FILE = Path(__file__).with_name("well_known.toml")
_WORD_BEFORE = regex.compile(r"[\p{L}\p{M}\p{N}.&'’-]+(?=[ -]$)")
_WORD_AFTER = regex.compile(r"(?:['’]s(?!\p{L})|[ &-]{1,3}[\p{L}\p{M}\p{N}]+)")
#: Cases of Slavic and other languages end a name with up to two letters more or less.
_STEM_LETTERS = 5


@functools.cache
def well_known() -> frozenset[str]:
    """All phrases, folded; single words only where no private person is called so."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    names = name_lists()
    phrases = _split(",".join(tables["phrases"].values()))
    return phrases - names.first.keys() - names.last.keys() | _split(tables["more_known"]["words"])


def _split(phrases: str) -> frozenset[str]:
    return frozenset(fold(phrase.strip()) for phrase in phrases.split(",") if phrase.strip())


@functools.cache
def _stems() -> frozenset[str]:
    words = (phrase for phrase in well_known() if " " not in phrase)
    return frozenset(
        word[:-1] for word in words if len(word) > _STEM_LETTERS and word[-1] in "ayаяоo"
    )


def is_well_known(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]``, alone or with the word before or after it, is in the lists."""
    found = fold(text[start:end])
    phrases = well_known()
    if found in phrases:
        return True
    if (
        len(found) > _STEM_LETTERS
        and " " not in found
        and any(found[:-cut] in _stems() for cut in (1, 2))
    ):
        return True
    before = _WORD_BEFORE.search(text, max(0, start - 20), start)
    if before and fold(text[before.start() : end]) in phrases:
        return True
    after = _WORD_AFTER.match(text, end)
    return bool(after) and fold(text[start : after.end()]) in phrases


def without_well_known(finder: Finder) -> Finder:
    """``finder`` whose finds of well-known names are no longer sure."""

    def find(text: str) -> list[Span]:
        return [
            span._replace(sure=False, rule="known to everybody")
            if span.sure and span.kind == "name" and is_well_known(text, span.start, span.end)
            else span
            for span in finder(text)
        ]

    return find
