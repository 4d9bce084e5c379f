"""Given names and surnames of 86 locales, from Faker's lists (MIT)."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import unicodedata
from collections import Counter
from typing import NamedTuple

import regex

from core.privacy.common_words import ambiguous_words, stop_words
from core.privacy.spans import fold

_FIRST = ("first_names", "first_names_female", "first_names_male")
_LAST = ("last_names", "last_names_female", "last_names_male", "unisex_last_names")
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*")


class NameLists(NamedTuple):
    """Folded single words. ``female`` and ``male`` hold given names used for one sex only."""

    first: frozenset[str]
    last: frozenset[str]
    female: frozenset[str]
    male: frozenset[str]


class Pools(NamedTuple):
    """Stand-in candidates of one script, the most international ones first."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    last: tuple[str, ...]


def script_of(word: str) -> str:
    """The script of a word's first letter as Unicode names it ("LATIN", "CJK", ...)."""
    for character in word:
        if character.isalpha():
            script = unicodedata.name(character, "LATIN").split()[0].removesuffix("-LETTER")
            return "CJK" if script in ("HIRAGANA", "KATAKANA") else script
    return "LATIN"


@functools.cache
def _words_of_lists() -> dict[str, Counter[str]]:
    """List name ("first", "last", "female", "male") -> name as written -> locales that have it."""
    package = importlib.import_module("faker.providers.person")
    found: dict[str, Counter[str]] = {k: Counter() for k in ("first", "last", "female", "male")}
    for module in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
        lists = {name: _list(provider, name) for name in _FIRST + _LAST}
        female = set(lists["first_names_female"])
        male = set(lists["first_names_male"])
        found["female"].update(w for w in female - male if _is_word(w))
        found["male"].update(w for w in male - female if _is_word(w))
        first = {word for name in _FIRST for word in lists[name]}
        last = {word for name in _LAST for word in lists[name]}
        found["first"].update(w for w in first if _is_word(w))
        found["last"].update(w for w in last if _is_word(w))
    return found


def _list(provider: type, name: str) -> tuple[str, ...]:
    found = getattr(provider, name, ())
    return tuple(found) if isinstance(found, (tuple, list, dict)) else ()


def _is_word(name: object) -> bool:
    return isinstance(name, str) and len(name) > 0 and _WORD.fullmatch(name) is not None


@functools.cache
def name_lists() -> NameLists:
    """The lists folded for look-up; built once, about 0.3 s and 15 MB."""
    words = _words_of_lists()
    sets = {key: {fold(word) for word in counter} for key, counter in words.items()}
    both = sets["female"] & sets["male"]
    return NameLists(
        frozenset(sets["first"]),
        frozenset(sets["last"]),
        frozenset(sets["female"] - both),
        frozenset(sets["male"] - both),
    )


@functools.cache
def pools(script: str) -> Pools:
    """Names of ``script`` that are no ordinary words, for made-up people.

    Scripts without lists get Latin names. Names that several countries share come first, so
    that a stand-in does not look foreign in most archives.
    """
    words = _words_of_lists()
    common = stop_words(("en", "de", "es", "fr", "it", "pt")) | ambiguous_words()
    longest = 4 if script in ("CJK", "HANGUL") else 11
    shortest = 1 if script in ("CJK", "HANGUL") else 4
    lists = []
    for key in ("female", "male", "last"):
        usable = [
            (name, locales)
            for name, locales in words[key].items()
            if shortest <= len(name) <= longest
            and script_of(name) == script
            and (script in ("CJK", "HANGUL") or fold(name) not in common)
            and "-" not in name
            and "'" not in name
            and "’" not in name
        ]
        usable.sort(key=lambda item: (-min(item[1], 3), item[0]))
        lists.append(tuple(name[0].upper() + name[1:] for name, _ in usable))
    if not all(lists):
        return pools("LATIN")
    return Pools(*lists)
