"""The person's own words to mask: matched as typed, without case and accents."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from core.privacy.name_lists import name_lists
from core.privacy.spans import Span, fold, span_of

_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")


def own_words(words: Sequence[str]) -> regex.Pattern[str] | None:
    """One pattern for all of ``words``, to be used on folded text; None if there are none."""
    folded = sorted({fold(word).strip() for word in words} - {""}, key=lambda w: (-len(w), w))
    if not folded:
        return None
    spaced = [regex.escape(w) for w in folded if not _UNSPACED.search(w)]
    unspaced = [regex.escape(w) for w in folded if _UNSPACED.search(w)]
    branches = (
        [rf"(?<![\p{{L}}\p{{N}}])(?:{'|'.join(spaced)})(?![\p{{L}}\p{{N}}])"] if spaced else []
    )
    return regex.compile("|".join([*branches, *unspaced]))


def find_own_words(text: str, pattern: regex.Pattern[str]) -> list[Span]:
    """Spans of kind "word" for the words of ``pattern``."""
    return [span_of(m, "word", "your own word") for m in pattern.finditer(fold(text))]


def looks_like_a_name(found: str) -> bool:
    """Whether a made-up name fits better than a tag: words with capitals, or listed names."""
    words = found.split()
    lists = name_lists()
    return bool(words) and all(
        word.isalpha() and (word[0].isupper() or fold(word) in lists.first) for word in words
    )
