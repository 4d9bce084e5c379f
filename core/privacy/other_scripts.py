"""Names in another script than the header's: "Иван" in a Latin text, "Ivan" in a Cyrillic one.

Transliterations differ (Dmitry, Dmitri, Dmitriy), so words are not spelt but compared by a key
that is the same for all of them. It is taken of the archive's vocabulary once, not of each text.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import regex
from anyascii import anyascii

from core.privacy.common_words import word_pairs
from core.privacy.inflections import KOREAN_PARTICLES, base_forms, prefix_lengths
from core.privacy.name_lists import name_lists, script_of
from core.privacy.spans import fold

#: Scripts that do not write most vowels: a key without vowels is weak, so it needs a name list.
_WITHOUT_VOWELS = frozenset({"ARABIC", "HEBREW"})
#: Scripts in which every consonant carries an "a" that is not written.
_INHERENT_A = frozenset({"DEVANAGARI", "BENGALI", "TAMIL", "TELUGU", "GURMUKHI", "GUJARATI", "KANNADA", "MALAYALAM", "SINHALA"})  # fmt: skip
#: Consonants without vowels that need no name list beside them.
_ENOUGH_CONSONANTS = 4
#: "Marcus" is "Маркус": a c that no language says as "ch" or "ts"; Slavic ones do, so both are tried.
_HARD_C = regex.compile(r"c(?![ehiyz])")
#: Letters that Tamil does not tell apart.
_TAMIL = str.maketrans("dbgc", "tpks")
_RUNS = regex.compile(
    r"[\p{Han}々]+|[\p{Katakana}ー]+|\p{Hiragana}+|[^\p{Han}々\p{Katakana}ー\p{Hiragana}]+"
)

#: Greek letters that are pronounced as one, before transliteration.
_GREEK = (("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("γγ", "ng"), ("ευ", "ev"), ("αυ", "av"), ("ου", "u"))  # fmt: skip
#: What different transliterations write, brought together. The order matters.
_SAME = (
    ("shch", "s"), ("tsch", "c"), ("sch", "s"), ("tch", "c"), ("ch", "c"), ("sh", "s"), ("zh", "z"),
    ("kh", "h"), ("ph", "f"), ("th", "t"), ("dj", "j"), ("dz", "z"), ("ts", "c"), ("tz", "c"), ("cz", "c"),
    ("ck", "k"), ("qu", "k"), ("q", "k"), ("x", "ks"), ("w", "v"), ("oo", "u"), ("ou", "u"),
    ("oy", "u"), ("ee", "i"), ("eo", "o"), ("y", "i"), ("j", "i"), ("z", "s"),
)  # fmt: skip
_DOUBLED = regex.compile(r"(.)\1+")
_KATAKANA = regex.compile(r"[\p{Katakana}ー]+")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}ー]+")
_VOWELS = regex.compile(r"[aeiou]")

#: What follows a Japanese name written in syllables.
_AFTER_KANA = regex.compile(
    "(?:ちゃん|くん|さん|さま|ちん|っち|ち|たん|ぽん|せんせい|は|が|も|の|に|と|を|って|から|へ)"
)

#: How Korean surnames are usually written, where the official romanisation differs.
_KOREAN_SURNAMES = {
    "이": "lee yi rhee", "박": "park pak", "최": "choi", "김": "kim", "정": "jung chung", "강": "kang",
    "조": "cho", "윤": "yoon", "임": "lim", "우": "woo", "유": "yoo", "류": "ryu", "권": "kwon", "노": "noh roh",
    "백": "paik baek", "신": "shin", "안": "ahn", "서": "suh", "전": "jun chun", "허": "hur huh", "구": "koo", "고": "ko",
}  # fmt: skip
_LEAST_LETTERS = 3
_LONGEST_SYLLABLE = 6
_LEAST_CONSONANTS = 3


def writing_of(word: str) -> str:
    """The script of a word, Japanese syllables apart from the characters that they spell."""
    return "KANA" if _KANA.fullmatch(word) else script_of(word)


def sound_key(word: str) -> str:
    """A key that transliterations of one name share; empty if too little of the word is left.

    Args:
        word: one name word in any script.
    """
    key = _sound(word)
    return key if len(key) >= _LEAST_LETTERS else ""


def _sound(word: str) -> str:
    word = fold(word)
    if not word.isascii():
        if script_of(word) == "GREEK":
            for greek, one in _GREEK:
                word = word.replace(greek, one)
        word = anyascii(word).lower()
    latin = word if word.isalpha() else "".join(c for c in word if c.isalpha())
    for written, one in _SAME:
        latin = latin.replace(written, one)
    key = _DOUBLED.sub(r"\1", latin)
    return key[1:] if key.startswith("ie") else key


def _consonants(key: str) -> str:
    """What is left of a key without vowels, as scripts without vowels have it."""
    bare = _VOWELS.sub("", key.replace("ch", "h").replace("v", "").replace("c", "h"))
    bare = _DOUBLED.sub(r"\1", bare.rstrip("h"))
    return bare if len(bare) >= _LEAST_CONSONANTS else ""


@functools.cache
def _japanese_readings() -> dict[str, frozenset[str]]:
    """Kanji name -> its readings in Latin letters, from Faker's lists and ours."""
    provider = importlib.import_module("faker.providers.person.ja_JP").Provider
    found: dict[str, set[str]] = {}
    for pairs in (provider.first_name_pairs, provider.last_name_pairs):
        for kanji, _, latin in pairs:
            found.setdefault(kanji, set()).add(latin.lower())
    for latin, written in word_pairs("japanese_readings").items():
        for one in written:
            found.setdefault(one, set()).add(latin)
    return {kanji: frozenset(latin) for kanji, latin in found.items()}


def _keys(word: str) -> set[str]:
    return {key for spelt in _hard_and_soft(word) for key in _keys_as_spelt(spelt)}


def _hard_and_soft(word: str) -> tuple[str, ...]:
    hard = _HARD_C.sub("k", word) if "c" in word else word
    return (word,) if hard == word else (word, hard)


def _keys_as_spelt(word: str) -> set[str]:
    key = sound_key(word)
    if word.isascii():
        return {key} - {""}
    # Katakana writes a vowel after every consonant: "emure" for Emre.
    keys = {key, key.replace("u", "")} if _KATAKANA.fullmatch(word) else {key}
    script = script_of(word)
    if script == "CJK":
        keys.update(map(sound_key, _japanese_readings().get(word, ())))
    elif script == "HANGUL":
        keys.add(key.replace("l", "r"))  # one letter for both
        # "hyeon" is written "hyun" as often.
        keys.add(sound_key(anyascii(word).lower().replace("eo", "u")))
        keys.update(map(sound_key, _KOREAN_SURNAMES.get(word, "").split()))
    return keys - {""}


def spellings(
    names: Iterable[str], vocabulary: Collection[str], languages: Iterable[str]
) -> dict[str, str]:
    """Words of ``vocabulary`` that are a name of ``names`` in another script -> that name.

    All words are folded. Forms with endings come as their nominative; whether a word is an
    ordinary one as well is for the caller to judge.
    """
    languages = tuple(languages)
    by_script: dict[str, list[str]] = {}
    for name in names:
        if len(name) > 1 or writing_of(name) in ("CJK", "HANGUL"):
            by_script.setdefault(writing_of(name), []).append(name)
    if not by_script:
        return {}
    tables: dict[str, _Table] = {}
    found: dict[str, str] = {}
    for word in vocabulary:
        # An archive with one script has nothing to compare.
        if word.isascii() and by_script.keys() == {"LATIN"}:
            continue
        for run in _RUNS.findall(word):
            script = "LATIN" if run.isascii() else writing_of(run)
            if by_script.keys() == {script}:
                continue
            if script not in tables:
                others = [n for s, some in by_script.items() if s != script for n in some]
                tables[script] = _table(others)
            forms = _forms(run, script, languages)
            for form in sorted(forms, key=lambda one: one not in vocabulary):
                name = _look_up(form, script, tables[script])
                if name:
                    found.setdefault(form, name)
                    break
    return found


def hyphenated(names: Iterable[str], vocabulary: Iterable[str]) -> dict[tuple[str, str], str]:
    """Latin spellings of Korean and Chinese given names in two words ("Do-hyun" for "도현").

    Args:
        names: folded name words.
        vocabulary: folded words of the archive.

    Returns:
        the two words -> the name.
    """
    sought = {
        key: name
        for name in names
        if len(name) == len("도현") and writing_of(name) in ("CJK", "HANGUL")
        for key in sorted(_keys(name))
    }
    syllables: dict[str, list[str]] = {}
    for word in vocabulary if sought else ():
        if word.isascii() and 1 < len(word) <= _LONGEST_SYLLABLE:
            syllables.setdefault(_sound(word), []).append(word)
    return {
        (one, other): name
        for key, name in sought.items()
        for cut in range(1, len(key))
        for one in syllables.get(key[:cut], ())
        for other in syllables.get(key[cut:], ())
    }


@dataclass(frozen=True)
class _Table:
    """Names by their key, by its consonants, and by what is left of it without "a"."""

    keys: dict[str, str] = field(default_factory=dict)
    consonants: dict[str, str] = field(default_factory=dict)
    without_a: dict[str, str] = field(default_factory=dict)


def _table(names: Iterable[str]) -> _Table:
    table = _Table()
    for name in names:
        for key in sorted(_keys(name)):
            table.keys.setdefault(key, name)
            table.consonants.setdefault(_consonants(key), name)
            table.without_a.setdefault(_without_a(key), name)
    table.consonants.pop("", None)
    table.without_a.pop("", None)
    return table


def _without_a(key: str) -> str:
    bare = _DOUBLED.sub(r"\1", key.replace("a", "").translate(_TAMIL))
    return bare if len(bare) >= _LEAST_LETTERS else ""


def _look_up(word: str, script: str, table: _Table) -> str:
    lists = name_lists()
    for key in sorted(_keys(word)):
        name = table.keys.get(key)
        if name and script not in _WITHOUT_VOWELS and writing_of(name) not in _WITHOUT_VOWELS:
            return name
        bare = _consonants(key)
        name = table.consonants.get(bare)
        if name and (script in _WITHOUT_VOWELS or writing_of(name) in _WITHOUT_VOWELS):
            letter_by_letter = writing_of(name) in _WITHOUT_VOWELS and script in _WITHOUT_VOWELS
            known = word in lists.first or word in lists.last
            if known or letter_by_letter or len(bare) >= _ENOUGH_CONSONANTS:
                return name
        name = table.without_a.get(_without_a(key))
        if name and (script in _INHERENT_A or writing_of(name) in _INHERENT_A):
            return name
    return ""


def _forms(word: str, script: str, languages: Iterable[str]) -> list[str]:
    """``word`` and the nominatives it may be a form of."""
    if script in ("CYRILLIC", "GREEK"):
        return [word, *base_forms(word, languages)]
    if script == "KANA":
        cuts = range(len(word) - 1, _LEAST_LETTERS - 1, -1)
        return [word, *(word[:cut] for cut in cuts if _AFTER_KANA.match(word, cut))]
    if script == "HANGUL":
        cuts = range(len(word) - 1, 1, -1)
        return [word, *(word[:cut] for cut in cuts if word[cut:] in KOREAN_PARTICLES)]
    if script in _WITHOUT_VOWELS:
        return [word, *(word[n:] for n in prefix_lengths(word))]
    return [word]


def han_variants(names: Iterable[str], vocabulary: Iterable[str]) -> dict[str, str]:
    """Chinese names in the other characters, simplified or traditional ("陳思遠" for "陈思远").

    Args:
        names: names of two characters and more.
        vocabulary: runs of Chinese characters.

    Returns:
        the form that occurs -> the name. Every character must sound the same, and one be the same.
    """
    sought = {name: tuple(map(anyascii, name)) for name in names if len(name) > 1}
    lengths = {len(name) for name in sought}
    by_sound = {sounds: name for name, sounds in sought.items()}
    ends = {sounds[-1] for sounds in sought.values()}
    found: dict[str, str] = {}
    for run in vocabulary if sought else ():
        sounds = tuple(map(anyascii, run))
        if ends.isdisjoint(sounds):
            continue
        for length in lengths:
            for start in range(len(run) - length + 1):
                name = by_sound.get(sounds[start : start + length])
                piece = run[start : start + length]
                if name and piece != name and not set(name).isdisjoint(piece):
                    found[piece] = name
    return found


def in_letters_of(word: str, script: str) -> str:
    """A made-up name written in Latin letters; empty where it cannot be written in ``script``."""
    if script != "LATIN" or script_of(word) in _WITHOUT_VOWELS:
        return ""
    latin = "".join(c for c in anyascii(word) if c.isalpha())
    return latin[:1].upper() + latin[1:].lower()
