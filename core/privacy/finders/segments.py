"""Addresses as people write them nearly everywhere: short parts with commas between them, some
with a word for a street, a house or a flat and a number ("flat 3, Gandhi street, Pune 411038").

Every part is judged by itself, in any script, and a chain of them is one address. Streets with
their numbers alone are found in ``addresses``.
"""

from __future__ import annotations

import functools
import itertools
import re
from typing import NamedTuple

import regex

from core.privacy.finders.passwords import no_prose
from core.privacy.finders.vocabulary import words_of
from core.privacy.spans import Span, fold

_PART = regex.compile(r"[^,،፣、;\n]+")
_ASCII_WORD = re.compile(r"[a-z']+")
_BEFORE_DIGIT = re.compile(r"(?:^|[\s,،])([^\W\d_]{1,6})[.:]?\s?\d")
_DIGIT = re.compile(r"\d")
_COMMA = regex.compile(r"[,،፣、\n]")
_WORD = regex.compile(r"[\p{L}\p{M}\u200c'’ʻ`]+|\p{Nd}+")
_TOKEN = regex.compile(r"[^\s]+")
#: Small words inside an address.
_SMALL = words_of("address_small_words")
_POSTCODE = regex.compile(
    r"(?<![\p{L}\p{Nd}])(?:[A-Z]{1,3}-)?(?:\p{Nd}{5,7}|\p{Nd}{3}[ -]\p{Nd}{2,3}|\p{Nd}{2}-\p{Nd}{3}|(?!(?:19|20)\p{Nd}\p{Nd})\p{Nd}{4}|\p{Nd}{5}-\p{Nd}{3,4}|[A-Z]{2,3}[ -]?\p{Nd}{4})(?![\p{L}\p{Nd}])"
)
_LONG_POSTCODE = regex.compile(r"\p{Nd}{5,7}|\p{Nd}{3} \p{Nd}{3}")
_NO_PART = regex.compile(
    r"\p{Nd}[:.]\p{Nd}{2}(?!\p{Nd})|[?!؟！？=@]|\p{Nd}\s?(?:%|€|\$|£|₹|(?i:am|pm|uhr|km|kg|eur|euros?|usd|lei|zł)\b)|\.\s\p{Lu}\p{Ll}+\s\p{Ll}|(?:\p{Nd}{7}|\p{Nd}[ -]?){9}"
)
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}]")
_LATIN = regex.compile(r"\p{Latin}")
_MOST_PARTS = 9


class _Part(NamedTuple):
    """Characters ``start`` to ``end``; ``keyword``: it has a word of addresses, ``number``: and
    a number, ``postcode``; ``whole``: the part has nothing else;
    ``street``: a street and its number in another script than the Latin one."""

    start: int
    end: int
    keyword: bool
    number: bool
    postcode: bool
    whole: bool
    street: bool


def find_chains(text: str) -> list[Span]:
    """Addresses of several short parts."""
    if "," not in text and (text.isascii() or not _COMMA.search(text)) and "\n" not in text:
        return []
    if not _DIGIT.search(text):
        return []
    folded = fold(text)
    words = _ASCII_WORD.findall(folded) if text.isascii() else _WORD.findall(folded)
    if _strong().isdisjoint(words) and _weak().isdisjoint(_BEFORE_DIGIT.findall(folded)):
        return []
    spans: list[Span] = []
    chain: list[_Part] = []
    for match in _PART.finditer(text):
        if chain and text[match.start() - 1] == ";":
            spans += _address(chain)
            chain = []
        part = _judged(text, folded, match.start(), match.end(), first=not chain)
        if part is None:
            spans += _address(chain)
            chain = []
            part = _judged(text, folded, match.start(), match.end(), first=True)
            if part is not None:
                chain = [part]
            continue
        chain.append(part)
        if not part.whole and len(chain) > 1:
            spans += _address(chain)
            chain = []
    return spans + _address(chain)


def _address(chain: list[_Part]) -> list[Span]:
    """The address that the parts of a chain make, cut to where it can begin and end."""
    chain = chain[:_MOST_PARTS]
    while (
        chain and not (chain[0].keyword or chain[0].number or chain[0].postcode) and len(chain) > 3
    ):
        # Words before the first street or number: at most a town and a house.
        if any(p.keyword or p.number for p in chain[:3]):
            break
        chain = chain[1:]
    numbered = sum(p.keyword and p.number for p in chain)
    keywords = sum(p.keyword for p in chain)
    if not chain or not any(p.number for p in chain):
        return []
    enough = (
        (numbered and len(chain) > 2)
        or numbered > 1
        or (keywords and len(chain) > 1 and any(p.postcode for p in chain[1:]))
        or (keywords > 1 and len(chain) > 2)
        or (len(chain) == 2 and chain[0].street and chain[1].whole and not chain[1].number)
    )
    return [Span(chain[0].start, chain[-1].end, "address", "parts of an address")] if enough else []


def _judged(text: str, folded: str, start: int, end: int, *, first: bool) -> _Part | None:
    """The part between two commas, cut to what belongs to an address; None if nothing does."""
    while start < end and not (text[start].isalnum() or text[start] == "#"):
        start += 1
    while end > start and not (
        text[end - 1].isalnum() or text[end - 1] == ")" or regex.match(r"\p{M}", text[end - 1])
    ):
        end -= 1
    if start >= end or _NO_PART.search(text, start, end):
        return None
    whole = True
    words = list(_WORD.finditer(folded, start, end))
    if not words:
        return None
    if _CASED.search(text, start, end):
        low, high = _run(text, folded, start, end, backwards=first)
        if high <= low:
            return None
        whole = high == end
        start, end = low, high
    elif first and len(words) > 3:
        at = next((w.start() for w in words if w[0] in _strong() or w[0].isdecimal()), None)
        start = words[-1].start() if at is None else at
    elif not first and len(words) > 4:
        code = _LONG_POSTCODE.search(text, start, end)
        if code is not None:
            end, whole = code.end(), False
        elif words[0][0] in _strong():
            end, whole = words[min(3, len(words)) - 1].end(), False
        else:
            return None
    words = [w for w in words if start <= w.start() and w.end() <= end]
    if not words or len(words) > 9:
        return None
    strong = any(w[0] in _strong() for w in words)
    weak = any(
        (a[0] in _weak() and b[0].isdecimal() and a.end() < b.start())
        for a, b in itertools.pairwise(words)
    )
    if not strong and not weak and len(words) > 5:
        return None
    if len(words) == 1 and not strong and words[0][0] in no_prose():
        return None
    return _Part(
        start,
        end,
        strong or weak,
        _DIGIT.search(text[start:end]) is not None,
        _POSTCODE.search(text, start, end) is not None,
        whole,
        strong
        and len(words) > 2
        and not _LATIN.search(text, start, end)
        and words[-1][0].isdecimal(),
    )


def _run(text: str, folded: str, start: int, end: int, *, backwards: bool) -> tuple[int, int]:
    """The words at the right end (``backwards``) or the left end that an address can have:
    capitals, numbers, words of addresses and the small words between them."""
    tokens = [m.span() for m in _TOKEN.finditer(text, start, end)]
    if backwards:
        tokens.reverse()
    taken: list[tuple[int, int]] = []
    for index, (low, high) in enumerate(tokens):
        bare = folded[low:high].strip(".,()'’-–#º°ª")
        fits = (
            not bare
            or text[low].isupper()
            or any(c.isdigit() for c in bare)
            or bare in _SMALL
            or bare in _strong()
            or (bare in _weak() and (text[high - 1] == "." or len(tokens) < 4))
        )
        if not fits and backwards and index + 1 < len(tokens):
            # "Bulevar oslobođenja 12": a name in small letters behind a word for a street.
            before = folded[slice(*tokens[index + 1])].strip(".")
            fits = before in _strong() and text[tokens[index + 1][0]].isupper()
        if fits and not backwards and taken and text[low].islower() and bare not in _SMALL:
            # "Lagos is the place": a word for a part of a house goes with a number.
            fits = any(c.isdigit() for c in folded[slice(*tokens[index - 1])]) or len(tokens) < 4
        if not fits:
            break
        taken.append((low, high))
    while taken and not _can_end(text, folded, *taken[-1]):
        taken.pop()
    if not taken or not any(_can_end(text, folded, low, high) for low, high in taken):
        return start, start
    return (taken[-1][0], end) if backwards else (start, taken[-1][1])


def _can_end(text: str, folded: str, low: int, high: int) -> bool:
    bare = folded[low:high].strip(".,()'’-–#º°ª")
    return (
        text[low].isupper()
        or any(c.isdigit() for c in bare)
        or bare in _strong()
        or (bare in _weak() and bare not in _SMALL)
    )


@functools.cache
def _strong() -> frozenset[str]:
    return words_of("address_words")


@functools.cache
def _weak() -> frozenset[str]:
    return words_of("address_letters")
