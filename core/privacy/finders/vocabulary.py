"""Vocabulary: quick look-up of words in lists with several kinds of entries.

Lists of hundreds of words in forty languages are slow as one pattern. Here every word of an
archive is judged once and remembered for the length of a scan.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import regex

from core.privacy.spans import fold

_FILE = Path(__file__).parents[1] / "keywords.toml"
#: A zero-width non-joiner belongs to Persian words.
_RUNS = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_ASCII_WORD = regex.compile(r"(?<![A-Za-z\d])[A-Za-z]++(?!\d)")
_WORD = regex.compile(
    rf"(?V1)[{_RUNS}]++|(?<![A-Za-z\d])[[\p{{L}}\p{{M}}\u200c]--[{_RUNS}]]++(?!\d)"
)
_UNSPACED = regex.compile(rf"[{_RUNS}]")
_HANGUL = regex.compile(r"\p{Hangul}")
#: Articles and prepositions that Hebrew and Arabic write onto the word.
_PREFIXES = ("وال", "بال", "لل", "ال", "و", "ب", "ل", "ה", "ו", "ל", "ב", "ש", "וה", "שה", "מה")


class Word(NamedTuple):
    """Characters ``start`` to ``end`` are a word of the class ``kind``."""

    start: int
    end: int
    kind: str


@functools.cache
def _lists() -> dict[str, list[str]]:
    lists = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: text.split() for name, text in lists.items()}


@functools.cache
def words_of(name: str) -> frozenset[str]:
    """The folded plain words of one list of ``keywords.toml``."""
    return frozenset(fold(word) for word in _lists()[name])


class Vocabulary:
    """Finds the words of some lists in texts.

    ``kinds``: class -> names of lists, the stronger class first. Lists whose name ends in
    "_unspaced" hold what is looked for inside runs of letters.
    """

    def __init__(self, kinds: Mapping[str, tuple[str, ...]]) -> None:
        self._exact: dict[str, str] = {}
        self._starts: dict[str, str] = {}
        self._ends: dict[str, str] = {}
        self._accented: dict[str, str] = {}
        self._several: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        unspaced: dict[str, str] = {}
        for kind, names in kinds.items():
            for name in names:
                for entry in _lists()[name]:
                    if name.endswith("_unspaced"):
                        unspaced.setdefault(fold(entry), kind)
                    else:
                        self._add(entry, kind)
        self._unspaced = unspaced
        self._accents_off = frozenset(map(fold, self._accented))
        longest = sorted(unspaced, key=lambda w: -len(w))
        self._inside = regex.compile("|".join(map(regex.escape, longest)) or r"(?!)")
        self._known: dict[str, str] = {}

    def _add(self, entry: str, kind: str) -> None:
        word = fold(entry.strip("*="))
        if "_" in word:
            first, *others = word.split("_")
            self._several.setdefault(first, []).append((tuple(others), kind))
        elif entry.startswith("="):
            self._accented.setdefault(entry[1:], kind)
        else:
            self._exact.setdefault(word, kind)
            if entry.endswith("*"):
                self._starts.setdefault(word, kind)
            if entry.startswith("*"):
                self._ends.setdefault(word, kind)

    def words(self, text: str, folded: str) -> list[Word]:
        """The listed words in ``text``, in order; ``folded`` is ``fold(text)``."""
        if text.isascii():
            known = self._known
            for word in _ASCII_WORD.findall(folded):
                kind = known[word] if word in known else self._look_up(word)
                if kind and (kind != "+" or self._may_go_on(word, folded)):
                    return self._located(text, folded, _ASCII_WORD)
            return []
        known = self._known
        for word in _WORD.findall(folded):
            kind = known[word] if word in known else self._look_up(word)
            if kind or word in self._accents_off:
                return self._located(text, folded, _WORD)
        return []

    def _located(self, text: str, folded: str, pattern: regex.Pattern[str]) -> list[Word]:
        found: list[Word] = []
        matches = list(pattern.finditer(folded))
        skip = 0
        for index, match in enumerate(matches):
            if match.start() < skip:
                continue
            start, end = match.span()
            word = match[0]
            written = text[start:end]
            if self._accented and not written.isascii() and written.lower() in self._accented:
                found.append(Word(start, end, self._accented[written.lower()]))
                continue
            kind = self._known.get(word)
            if kind is None:
                kind = self._look_up(word)
            if kind == "?":
                found += [
                    Word(m.start(), m.end(), self._unspaced[m[0]])
                    for m in self._inside.finditer(folded, start, end)
                ]
                continue
            if kind.startswith("+"):
                kind = kind[1:]
                for others, own in self._several[self._bare(word)]:
                    following = matches[index + 1 : index + 1 + len(others)]
                    if tuple(m[0] for m in following) == others:
                        kind, end = own, following[-1].end()
                        skip = end
                        break
            if kind:
                found.append(Word(start, end, kind))
        return found

    def _may_go_on(self, word: str, folded: str) -> bool:
        """Whether the second word of an entry that begins with ``word`` is in the text."""
        return any(
            f" {others[0]}" in folded or f"-{others[0]}" in folded
            for others, _ in self._several[word]
        )

    def _bare(self, word: str) -> str:
        if word in self._several or not word or word[0] < "\u0590":
            return word
        for prefix in _PREFIXES:
            if word.startswith(prefix) and word[len(prefix) :] in self._several:
                return word[len(prefix) :]
        return word

    def _look_up(self, word: str) -> str:
        """The class of a folded word; "" for none, "?" for a run to be searched, "+" before
        the class where further words may follow. Remembered, but for runs."""
        if word[0] > "\u0e00" and _UNSPACED.search(word):
            return "?"
        kind = self._class_of(word)
        if self._bare(word) in self._several:
            kind = "+" + kind
        self._known[word] = kind
        return kind

    def _class_of(self, word: str) -> str:
        kind = self._exact.get(word)
        if kind is not None:
            return kind
        if word[0] > "\u058f" and word[0] < "\u0700":
            for prefix in _PREFIXES:
                if word.startswith(prefix):
                    kind = self._exact.get(word[len(prefix) :])
                    if kind is not None:
                        return kind
        for end in range(len(word) - 1, 2 if word.isascii() else 1, -1):
            kind = self._starts.get(word[:end])
            if kind is not None:
                return kind
        if _HANGUL.match(word):
            for start in range(len(word)):
                for end in range(len(word), start + 1, -1):
                    kind = self._exact.get(word[start:end])
                    if kind is not None:
                        return kind
        for start in range(1, len(word) - 2):
            kind = self._ends.get(word[start:])
            if kind is not None:
                return kind
        return ""
