"""Vietnamese names: surname and given names, and names after a form of address."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from core.privacy.common_words import words_of
from core.privacy.spans import Span, span_of

_WHOLE = regex.compile(
    r"(?<!\p{L})(?:Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Đinh|Đoàn|Trịnh|Trương|Mai|Lý)"
    r"(?: \p{Lu}\p{Ll}*){2,4}(?!\p{L})"
)
_LETTERS = regex.compile(r"[ăđơưạảấầẩậắằặẹẻẽếềểệịỉọỏốồổộớờởợụủứừửựỳỷỹ]")
_ADDRESSED = regex.compile(
    r"(?<!\p{L})(?i:chị|anh|em|cô|chú|bác|bé|cháu|ông|bà|thầy|dì|cậu|mợ|thím|dượng|bạn)\s(?P<name>\p{Lu}[\p{Ll}\p{M}]+(?:\s\p{Lu}[\p{Ll}\p{M}]+){0,2})(?!\p{L})"
)
#: As they are written: without accents they would be names as well.
_SMALL_WORDS = frozenset(words_of("vietnamese_small_words"))


def with_vietnamese(text: str, spans: Sequence[Span]) -> list[Span]:
    """``spans`` and the Vietnamese names in ``text``; a whole name replaces finds inside it."""
    found = list(spans)
    for match in _WHOLE.finditer(text):
        start, end = match.span()
        found = [s for s in found if s.end <= start or s.start >= end]
        found.append(span_of(match, "name", "surname and given names"))
    if _LETTERS.search(text):
        found += [
            span_of(match, "name", "name after a form of address", group="name")
            for match in _ADDRESSED.finditer(text)
            if match["name"].lower() not in _SMALL_WORDS
        ]
    return found
