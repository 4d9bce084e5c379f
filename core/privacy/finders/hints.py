"""Hints: a cheap look for a keyword before an expensive pattern with that keyword is tried."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
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
        return search(_lower(text)) is not None

    return may_match


def _lower(text: str) -> str:
    """``text`` in small letters; that of "İ" would be an i with a dot of its own."""
    return text.lower() if text.isascii() else text.lower().replace("\u0307", "")


#: A digit of any script.
DIGIT = re.compile(r"\d")

#: Words kept with what was seen in them, and the longest that is kept: some MB for a scan.
_MOST_WORDS = 100_000
_LONGEST_WORD = 40


class Hinted(NamedTuple):
    """A finder, and what must be seen in a text before it can find anything: ``DIGIT``, and
    each further pattern of ``needs`` in some word. A pattern sees one word between spaces, in
    small letters. Without ``needs`` the finder reads every text."""

    needs: tuple[Pattern, ...]
    find: Finder


class WordHints:
    """Which of some patterns the words of a text match, each word judged once.

    Most words come again and again, so this is far quicker than a search of every text for
    every pattern. It remembers words: make one for every scan and drop it with the scan.
    """

    def __init__(self, hinted: Iterable[Hinted]) -> None:
        self._bits: dict[Pattern, int] = {DIGIT: 1}
        self._known: dict[str, int] = {}
        #: What ``seen`` must hold for a finder to be tried, and the finder.
        self.finders = [(self._needed(one.needs), one.find) for one in hinted]
        # Most words match nothing; one look says so.
        written = [p.pattern for p in self._bits if r"\p" not in p.pattern]
        self._any = re.compile("|".join(written))

    def _needed(self, needs: tuple[Pattern, ...]) -> int:
        needed = 0
        for pattern in needs:
            needed |= self._bits.setdefault(pattern, 1 << len(self._bits))
        return needed

    def seen(self, text: str) -> int:
        """Which patterns the words of ``text`` match, one bit a pattern.

        All other patterns are for texts with a digit, so a text without one is not looked at.
        """
        if not DIGIT.search(text):
            return 0
        known = self._known
        if len(known) > _MOST_WORDS:
            known.clear()
        seen = 0
        for word in _lower(text).split():
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
