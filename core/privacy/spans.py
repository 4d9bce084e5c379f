"""Span: one found piece of personal data, and the folding that lets spellings meet."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

import regex


class Span(NamedTuple):
    """Characters ``start`` to ``end`` (half open) of a text hold something of ``kind``.

    ``rule`` is the finder's reason in a few words. ``sure`` is False for words that are also
    ordinary words: they are offered for review but not masked until the person says so.
    """

    start: int
    end: int
    kind: str
    rule: str
    sure: bool = True


Finder = Callable[[str], list[Span]]

#: Kind -> what a person calls it. The order is the priority where spans overlap.
KINDS: dict[str, str] = {
    "word": "your own word",
    "secret": "password or key",
    "email": "e-mail address",
    "url": "link",
    "iban": "bank account",
    "card": "bank card",
    "id": "ID or document number",
    "ip": "internet address",
    "phone": "phone number",
    "coordinates": "place on the map",
    "birth_date": "date of birth",
    "address": "postal address",
    "person": "person in this archive",
    "handle": "user name",
    "name": "another person's name",
    "number": "long number",
}

PRIORITY = {kind: rank for rank, kind in enumerate(KINDS)}

#: Kinds that get a made-up name; every other kind gets a short tag.
NAMED_KINDS = frozenset({"person", "name", "handle"})

TAGS = {
    "word": "[private]",
    "secret": "[secret]",
    "email": "[email]",
    "url": "[link]",
    "iban": "[account]",
    "card": "[card]",
    "id": "[id]",
    "phone": "[phone]",
    "coordinates": "[place]",
    "ip": "[ip]",
    "birth_date": "[date of birth]",
    "address": "[address]",
    "number": "[number]",
}


class _FoldTable(dict[int, int]):
    """Character -> its base letter in lower case; one character stays one character."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        # Hangul and kana fall apart into letters that are no base letters.
        european = code < 0x0900 or 0x1E00 <= code < 0x2000
        base = unicodedata.normalize("NFD", character)[0] if european else character
        lower = base.lower()
        folded = ord(lower) if len(lower) == 1 else ord(base)
        self[code] = self.get(folded, folded)
        return self[code]


_FOLD = _FoldTable(
    {
        ord(a): ord(b)
        for a, b in (
            *zip("ıłøđðħŧŀ", "iloddhtl", strict=True),
            *zip("ةىٱیکھ", "هيايكه", strict=True),
            *zip("‘’ʼ＇`´ʹ", "'''''''", strict=True),
            ("ς", "σ"),
            ("ё", "е"),
            ("Ё", "е"),
        )
    }
)


def fold(text: str) -> str:
    """``text`` in lower case without accents, with every character where it was.

    The result has the length of ``text``, so offsets found in one hold in the other.
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    return text.translate(_FOLD)


def span_of(
    match: regex.Match[str], kind: str, rule: str, sure: bool = True, *, group: str | int = 0
) -> Span:
    """The span of a match, or of one of its groups."""
    return Span(match.start(group), match.end(group), kind, rule, sure)


def merge(spans: Iterable[Span]) -> list[Span]:
    """Non-overlapping spans that cover the same characters, in text order.

    Where two overlap, the kind earlier in ``KINDS`` wins (then the longer one). A loser that
    reaches further is joined to the winner, or, where one of the two is a person's name, cut
    to what the winner leaves over, so that a name never swallows its neighbour.
    """
    spans = sorted(spans)
    if all(one.end <= other.start for one, other in pairwise(spans)):
        return spans
    taken: list[Span] = []
    for span in sorted(spans, key=lambda s: (PRIORITY[s.kind], s.start - s.end, s.start)):
        pieces = [span]
        for index, other in enumerate(taken):
            if not pieces:
                break
            if all(p.end <= other.start or other.end <= p.start for p in pieces):
                continue
            if (span.start + 1, span.end) == (other.start, other.end) and span.kind == "handle":
                # "@anna", where Anna is a find of its own: no find is made of the sign alone.
                taken[index] = other._replace(start=span.start)
                pieces = []
            elif span.kind in NAMED_KINDS:
                pieces = [piece for p in pieces for piece in _minus(p, other)]
            else:
                low = min(other.start, min(p.start for p in pieces))
                high = max(other.end, max(p.end for p in pieces))
                taken[index] = other._replace(start=low, end=high)
                pieces = []
        taken += pieces
    return _without_overlap(taken)


def _minus(span: Span, other: Span) -> list[Span]:
    left = span._replace(end=min(span.end, other.start))
    right = span._replace(start=max(span.start, other.end))
    return [piece for piece in (left, right) if piece.end > piece.start]


def _without_overlap(spans: list[Span]) -> list[Span]:
    """Cut what joining has made overlap, the earlier kind first."""
    if len(spans) < 2:
        return spans
    spans = sorted(spans)
    result = [spans[0]]
    for span in spans[1:]:
        last = result[-1]
        if span.start >= last.end:
            result.append(span)
        elif last.kind in NAMED_KINDS and span.kind not in NAMED_KINDS:
            result[-1] = last._replace(end=span.start)
            result.append(span._replace(end=max(span.end, last.end)))
        elif span.end > last.end:
            if span.kind in NAMED_KINDS:
                result.append(span._replace(start=last.end))
            else:
                result[-1] = last._replace(end=span.end)
    return [span for span in result if span.end > span.start]
