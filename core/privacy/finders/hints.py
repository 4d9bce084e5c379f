"""Hints: a cheap look for a keyword before an expensive pattern with that keyword is tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import regex

from core.privacy.spans import Finder

Pattern: TypeAlias = "re.Pattern[str] | regex.Pattern[str]"

#: What the standard library's ``re`` does not know or what only narrows a pattern.
_NARROWING = re.compile(r"\\b|\[\\p\{L\}-\]\*")
_ESCAPE_OR_TEXT = re.compile(r"\\.|[^\\]+")


def hint(words: str) -> Callable[[str], bool]:
    """A test whether a text may match the alternatives ``words`` in any case.

    It says yes too often (word borders are not looked at), never too rarely. ``re`` on a text
    in small letters is several times as quick as ``regex`` that ignores case.
    """
    small = _ESCAPE_OR_TEXT.sub(
        lambda m: m[0] if m[0][0] == "\\" else m[0].lower(), _NARROWING.sub("", words)
    )
    search = re.compile(small).search

    def may_match(text: str) -> bool:
        return search(lower(text)) is not None

    return may_match


def lower(text: str) -> str:
    """``text`` in small letters; that of "İ" would be an i with a dot of its own."""
    return text.lower() if text.isascii() else text.lower().replace("\u0307", "")


#: A digit of any script.
DIGIT = re.compile(r"\d")

#: Words kept with what was seen in them, and the longest that is kept: some MB for a scan.
_MOST_WORDS = 100_000
_LONGEST_WORD = 40


#: What a pattern is made of: classes of characters, brackets, repetitions, single characters.
_TOKEN = re.compile(
    r"\\[pP]\{[^}]*\}|\\.|\[(?:\\.|[^\]])*\]|\((?:\?(?:<?[=!]|[a-z-]*:))?|\{\d*,?\d*\}|."
)
_REPEATS = re.compile(r"[?*+]|\{\d*,?\d*\}")
#: Parts of a pattern that need not be matched as they are written.
_NOT_CERTAIN = re.compile(r"\[.*?\]|\(.*\)|.(?:[?*]|\{0?,\d+\})")
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]")
#: The beginning of brackets that stand for what is in them.
_OPENS = re.compile(r"\(\?i?:")


def word_hint(written: str, small: Callable[[str], str]) -> re.Pattern[str]:
    """A pattern that matches some word of ``small(text)`` wherever ``written`` matches ``text``.

    It is the longest part without a space of every alternative of ``written``, which may stand
    in brackets; ``small`` is ``fold`` or what else takes the case off. It may match too often.
    """
    return re.compile("|".join(dict.fromkeys(_longest_parts(written, small))))


def _longest_parts(
    written: str, small: Callable[[str], str], before: str = "", after: str = ""
) -> list[str]:
    """For every alternative of ``written`` its longest part without a space, in small letters."""
    found: list[str] = []
    for one in _alternatives(written):
        parts = _parts([before, *_units(one), after], small)
        found += max(reversed(parts), key=_least_letters)
    return found


def _parts(units: Sequence[str], small: Callable[[str], str]) -> list[list[str]]:
    """Parts of an alternative between spaces; one in brackets as the parts of what is in them."""
    parts: list[list[str]] = []
    part = ""
    for place, unit in enumerate([*units, " "]):
        if _LOOKS_AROUND.match(unit):
            continue
        if not any(map(_may_be_a_space, _TOKEN.findall(unit))):
            part += unit
            continue
        parts.append([_in_small(re.sub(r"\\p\{\w+\}", r"\\w", part), small)])
        part = ""
        if _OPENS.match(unit) and unit.endswith(")"):
            edges = [r"\b" if r"\b" in units[i : i + 1] else "" for i in (place - 1, place + 1)]
            inner = _OPENS.sub("", unit, count=1)[:-1]
            parts.append(_longest_parts(inner, small, *edges))
    return parts


def _least_letters(words: Iterable[str]) -> int:
    """How many letters the shortest match of any of ``words`` has."""
    return min(sum(map(_letters_of, _units(word))) for word in words)


def _letters_of(unit: str) -> int:
    if unit[-1] in "?*" and len(unit) > 1:
        return 0
    if _OPENS.match(unit):
        inner = _OPENS.sub("", unit, count=1).rpartition(")")[0]
        return _least_letters(_alternatives(inner))
    return int(unit[0].isalpha() or unit[0] == "[")


def _may_be_a_space(token: str) -> bool:
    some = token[:1] == "[" and (" " in token or r"\s" in token)
    return some or token in (" ", r"\s", r"\S", r"\W", ".") or token.startswith(("[^", r"\P"))


def _in_small(written: str, small: Callable[[str], str]) -> str:
    return _ESCAPE_OR_TEXT.sub(lambda m: m[0] if m[0][0] == "\\" else small(m[0]), written)


def _units(written: str) -> list[str]:
    """The tokens of a pattern, each with its repetitions, and what is in brackets as one."""
    units: list[str] = []
    depth = 0
    for token in _TOKEN.findall(written):
        if depth or (units and _REPEATS.fullmatch(token)):
            units[-1] += token
        else:
            units.append(token)
        depth += token.startswith("(") - (token == ")")
    return units


def _any_in_ascii(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern for what any of ``patterns`` matches in ASCII letters, quick to say no."""
    found = dict.fromkeys(one for pattern in patterns for one in _alternatives(pattern))
    ours = [one for one in found if _NOT_CERTAIN.sub("", one).isascii()]
    first = [one[2:] for one in ours if one.startswith(r"\b")]
    inside = [one for one in ours if not one.startswith(r"\b")]
    return re.compile("|".join([rf"\b(?:{'|'.join(first)})", *inside] if first else inside))


def _alternatives(written: str) -> list[str]:
    found = [""]
    for unit in _units(written):
        if unit == "|":
            found.append("")
        else:
            found[-1] += unit
    return found


class WordBits:
    """Which of some patterns the words of a text match.

    Most words come again and again, so each is judged once. It remembers words: make one for
    every scan and drop it with the scan.
    """

    def __init__(self, bits: Mapping[Pattern, int]) -> None:
        self._bits = bits
        self._known: dict[str, int] = {}
        # Most words match nothing; one look says so.
        self._any = _any_in_ascii(p.pattern for p in self._bits if r"\p" not in p.pattern)

    def of(self, text: str) -> int:
        """The bits of all words of ``text``, which is in small letters."""
        known = self._known
        if len(known) > _MOST_WORDS:
            known.clear()
        seen = 0
        for word in text.split():
            bits = known.get(word)
            if bits is None:
                bits = self._judge(word)
                if len(word) <= _LONGEST_WORD:
                    known[word] = bits
            seen |= bits
        return seen

    def _judge(self, word: str) -> int:
        if word.isascii() and not self._any.search(word):
            return 0
        return sum(b for pattern, b in self._bits.items() if pattern.search(word) is not None)


class Hinted(NamedTuple):
    """A finder, and what must be seen in a text before it can find anything: ``DIGIT``, and
    each further pattern of ``needs`` in some word. A pattern sees one word between spaces, in
    small letters. Without ``needs`` the finder reads every text."""

    needs: tuple[Pattern, ...]
    find: Finder


class WordHints:
    """Which finders may find anything in a text, by what its words match.

    It remembers words: make one for every scan and drop it with the scan.
    """

    def __init__(self, hinted: Iterable[Hinted]) -> None:
        hinted = tuple(hinted)
        needs = (pattern for one in hinted for pattern in one.needs)
        bits = {pattern: 1 << place for place, pattern in enumerate(dict.fromkeys([DIGIT, *needs]))}
        self._words = WordBits(bits)
        without_digit = (p for one in hinted if DIGIT not in one.needs for p in one.needs)
        self._without_digit = WordBits({pattern: bits[pattern] for pattern in without_digit})
        #: What ``seen`` must hold for a finder to be tried, and the finder.
        self.finders = [(sum(bits[p] for p in set(one.needs)), one.find) for one in hinted]

    def seen(self, text: str) -> int:
        """Which patterns the words of ``text`` match, one bit a pattern.

        Most patterns are for texts with a digit, so without one they are not tried.
        """
        words = self._words if DIGIT.search(text) else self._without_digit
        return words.of(lower(text))
