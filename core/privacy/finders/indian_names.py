"""Indian names in any script of India, by their sound, from lists in Latin letters."""

from __future__ import annotations

import functools

import regex
from anyascii import anyascii

from core.privacy.common_words import name_tables
from core.privacy.name_lists import name_lists

#: Devanagari to Malayalam; Sinhala has lists of its own.
_FIRST, _LAST = 0x900, 0xD80
#: What transliterations of one sound write, brought together. The order matters.
_SAME = (
    ("ksh", "ks"), ("x", "ks"), ("sh", "s"), ("ch", "c"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("kh", "k"),
    ("gh", "g"), ("ph", "p"), ("jh", "j"), ("f", "p"), ("w", "v"), ("ee", "i"), ("oo", "u"), ("ou", "au"),
    ("z", "j"), ("q", "k"), ("y", "i"),
)  # fmt: skip
#: Tamil writes one letter for the voiced sound and the voiceless one.
_TAMIL = str.maketrans("bdgjs", "ptkcc")
_NASAL = regex.compile(r"(?<=.)m(?![eiou])")
_DOUBLED = regex.compile(r"(.)\1+")
#: Shorter keys are words too often.
_LEAST = 5


def is_indian(word: str) -> bool:
    """Whether a word is in one of the scripts of India."""
    return _FIRST <= ord(word[0]) < _LAST


def _key(latin: str) -> str:
    for written, one in _SAME:
        latin = latin.replace(written, one)
    # The vowel "a" goes without saying in these scripts.
    return _DOUBLED.sub(r"\1", _NASAL.sub("n", latin[:1] + latin[1:].replace("a", "")))


def _tamil(key: str) -> str:
    return _DOUBLED.sub(r"\1", key.translate(_TAMIL))


@functools.cache
def _keys() -> tuple[frozenset[str], frozenset[str]]:
    tables = name_tables()
    words = frozenset(map(_key, tables["indian"]["words"].split()))
    listed = [
        name
        for name, locales in name_lists().first.items()
        if name.isascii() and any(one[:2] == "hi" for one in locales)
    ]
    keys = {_key(name) for name in [*listed, *tables["indian"]["names"].split()]} - words
    keys = {key for key in keys if len(key) >= _LEAST}
    tamil = {_tamil(key) for key in keys} - {_tamil(key) for key in words}
    return frozenset(keys), frozenset(key for key in tamil if len(key) > _LEAST)


def is_indian_name(word: str) -> bool:
    """Whether a folded word of an Indian script sounds like a given name and like nothing else."""
    if not is_indian(word):
        return False
    key = _key("".join(c for c in anyascii(word).lower() if c.isalpha()))
    if 0xB80 <= ord(word[0]) < 0xC00:
        return len(key) > _LEAST and _tamil(key) in _keys()[1]
    return len(key) >= _LEAST and key in _keys()[0]
