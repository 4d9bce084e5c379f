"""Names that are also ordinary words, places or months, and what people call their kin.

A name list alone would mask "will", "May" and "Paris". These words are offered for review and
masked only where something beside them says that a person is meant.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from pathlib import Path

import stopwordsiso

from core.privacy.spans import fold

_FILE = Path(__file__).with_name("word_lists.toml")
_NAMES_FILE = Path(__file__).with_name("name_words.toml")


@functools.cache
def _lists() -> dict[str, str]:
    lists: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    tables = name_tables()
    doubtful = {f"doubtful_{language}": words for language, words in tables["doubtful"].items()}
    return lists | tables["cues"] | doubtful


@functools.cache
def name_tables() -> dict[str, dict[str, str]]:
    """The tables of ``name_words.toml``: "names" and "uncased" by language, "cues", "doubtful"."""
    return tomllib.loads(_NAMES_FILE.read_text(encoding="utf-8"))


def words_of(name: str) -> list[str]:
    """The words of one list as they are written."""
    return _lists()[name].split()


@functools.cache
def word_list(name: str) -> frozenset[str]:
    """The folded words of one list of ``word_lists.toml``."""
    return frozenset(fold(word) for word in _lists()[name].split())


@functools.cache
def word_pairs(name: str) -> dict[str, tuple[str, ...]]:
    """A list of ``word_lists.toml`` with entries "word:other,other": folded word -> the others.

    Entries whose words are the same when folded ("katerina", "kateřina") are one.
    """
    pairs: dict[str, tuple[str, ...]] = {}
    for entry in map(fold, words_of(name)):
        word, _, others = entry.partition(":")
        pairs[word] = tuple(dict.fromkeys([*pairs.get(word, ()), *others.split(",")]))
    return pairs


def ambiguous_words(languages: Iterable[str]) -> frozenset[str]:
    """Folded names that are ordinary words in one of ``languages`` or nearly everywhere, and
    words for kin."""
    own = [f"{kind}_{language}" for language in languages for kind in ("ambiguous", "doubtful")]
    lists = ["ambiguous", "ambiguous_uncased", *(name for name in own if name in _lists())]
    return kin_words().union(*(word_list(name) for name in lists))


def kin_words() -> frozenset[str]:
    """Folded words for kin, roles and contacts' labels: never masked in a text by themselves."""
    return word_list("kin_and_labels")


def stop_words(languages: Iterable[str]) -> frozenset[str]:
    """Folded stop words of ``languages`` (ISO 639-1 codes; unknown ones are skipped)."""
    return frozenset().union(*(_stop_words(language) for language in languages))


@functools.cache
def _stop_words(language: str) -> frozenset[str]:
    if not stopwordsiso.has_lang(language):
        return frozenset()
    return frozenset(fold(word) for word in stopwordsiso.stopwords(language))


STOP_WORD_LANGUAGES = (
    "en", "es", "de", "fr", "it", "pt", "nl", "pl", "tr", "ru", "uk", "ar", "he", "hi", "ja", "ko",
    "zh", "sv", "no", "da", "fi", "el", "cs", "sk", "hu", "ro", "id", "vi", "th", "fa", "bg", "hr",
    "sl", "lt", "lv", "et", "ca", "tl", "ur", "bn",
)  # fmt: skip
