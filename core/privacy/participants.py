"""The people of the archive and every form of their names, as look-up tables.

``mentions`` finds them in texts. One dictionary look-up per word keeps ten thousand people as
fast as ten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import regex

from core.privacy.common_words import kin_words, stop_words, word_list, word_pairs, words_of
from core.privacy.evidence import Evidence
from core.privacy.inflections import (
    endings_for,
    extra_forms,
    stems_of,
)
from core.privacy.name_lists import doubtful_names, name_lists, ordinary_words
from core.privacy.other_scripts import han_variants, hyphenated, spellings, writing_of
from core.privacy.spans import fold

#: A word. Latin letters amid scripts that are written without spaces ("让Thiago把") are one of their own.
WORD = regex.compile(
    r"(?V1)[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Hangul}ー々]]+"
    r"|\p{Hangul}[\p{Hangul}\p{M}\p{N}_]*"
    r"|[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}ー々][\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}ー々\p{M}\p{N}_]*"
)
UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}ー々]+")
_HANGUL = regex.compile(r"\p{Hangul}+")
_HAN = regex.compile(r"[\p{Han}々]+")
#: "三浦さくら"
_HAN_THEN_KANA = regex.compile(r"([\p{Han}々]{1,4})([\p{Hiragana}\p{Katakana}ー]{2,})")
_KOREAN_DOUBLE_SURNAMES = frozenset(
    {"남궁", "황보", "제갈", "선우", "사공", "서문", "독고", "동방"}
)
#: Letters from which on a name in another script is sure; three elsewhere.
_LEAST_IN_SCRIPT = {"CJK": 1, "HANGUL": 1, "LATIN": 4, "CYRILLIC": 4, "GREEK": 4}
_CHINESE_BEFORE = ("小", "老", "阿", "大")
_CHINESE_AFTER = words_of("chinese_forms_of_address")
_SPANISH_DOUBLES = frozenset({"juan", "jose", "maria", "luis", "ana", "miguel", "carlos"})
HANDLE_NOISE = regex.compile(r"[_.\-\p{N}]+")
_PET_ENDINGS = word_list("pet_endings")
_SPELT_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"}
)


@dataclass(frozen=True)
class Participants:
    """Look-up tables; all words folded.

    ``single``: word -> sure, False for a name that is also an ordinary word. ``sequences``:
    first word -> whole names of two words and more. ``base``: another form -> the name's own
    word. ``unspaced``: names in scripts without spaces, by length. ``phones``: last nine
    digits of people who are known by number only -> author. ``prose``: names that the archive
    also writes in small letters. ``common``: names that are ordinary words. ``never``: stop words
    and words for kin, which are no forms of names. ``same_as``: a name in another script -> the
    header's own word. ``nobody``: words met so far that are no form of any name, so that a
    text's ordinary words cost one look-up each.
    """

    single: dict[str, bool]
    sequences: dict[str, tuple[tuple[str, ...], ...]]
    base: dict[str, str]
    joined: dict[str, tuple[str, ...]]
    stems: dict[str, str]
    endings: dict[str, frozenset[str]]
    unspaced: dict[int, dict[str, bool]]
    phones: dict[str, str]
    starts: frozenset[str] = field(default_factory=frozenset)
    prose: frozenset[str] = field(default_factory=frozenset)
    common: frozenset[str] = field(default_factory=frozenset)
    never: frozenset[str] = field(default_factory=frozenset)
    same_as: dict[str, str] = field(default_factory=dict)
    nobody: set[str] = field(default_factory=set, repr=False, compare=False)


def name_words(name: str) -> list[str]:
    """The words of a name as written: spaces and punctuation split, unspaced names are cut
    into surname and given name."""
    words: list[str] = WORD.findall(name.replace("_", " "))
    return split_unspaced(words[0]) if len(words) == 1 else words


def split_unspaced(word: str) -> list[str]:
    """Cut a Chinese, Japanese or Korean full name into surname and given name."""
    if _HANGUL.fullmatch(word) and len(word) in (3, 4):
        cut = 2 if word[:2] in _KOREAN_DOUBLE_SURNAMES else 1
        return [word[:cut], word[cut:]]
    if _HAN.fullmatch(word) and len(word) in (3, 4, 5):
        last = name_lists().last
        usual = 1 if len(word) == 3 else 2
        cut = next((n for n in (3, 2) if n < len(word) and fold(word[:n]) in last), usual)
        return [word[:cut], word[cut:]]
    kana_behind = _HAN_THEN_KANA.fullmatch(word)
    if kana_behind:
        return list(kana_behind.groups())
    return [word]


def build_participants(
    names: Iterable[str], nicknames: Iterable[tuple[str, str]], evidence: Evidence
) -> Participants:
    """Tables for the authors ``names`` and for ``nicknames`` (nickname, whose it is)."""
    doubtful = doubtful_names(evidence.languages)
    common = doubtful | stop_words(evidence.languages)
    # A script without capitals cannot say whether "Haneul" or the sky is meant: mask it.
    never = kin_words() | stop_words(evidence.languages)
    known = name_lists()
    tables = Participants({}, {}, {}, {}, {}, endings_for(evidence.languages), {}, {})
    sequences: dict[str, set[tuple[str, ...]]] = {}
    written: dict[str, None] = {}
    chosen = {fold(nickname) for nickname, _ in nicknames}
    for name in dict.fromkeys([*names, *(nickname for nickname, _ in nicknames)]):
        digits = "".join(c for c in name if c.isdigit())
        letters = sum(c.isalpha() for c in name)
        if letters == 0:
            if len(digits) >= 7:
                tables.phones[digits[-9:]] = name
            continue
        like_a_handle = " " not in name.strip() and any(c.isdigit() or c in "_." for c in name)
        words = [fold(word) for word in name_words(name)]
        written |= dict.fromkeys(words)
        if len(words) > 1:
            for start in (0, 1):
                rest = tuple(words[start:])
                if len(rest) > 1:
                    sequences.setdefault(rest[0], set()).add(rest)
            bare = HANDLE_NOISE.sub("", "".join(words))
            for glued in ("".join(words), bare, words[0] + words[-1], words[0][0] + words[-1]):
                if len(glued) > 4:
                    tables.joined.setdefault(glued, tuple(words))
        for apostrophe in regex.findall(r"[\p{L}\p{M}]+['’-][\p{L}\p{M}'’-]+", name):
            glued = fold(regex.sub(r"['’-]", "", apostrophe))
            parts = tuple(fold(w) for w in WORD.findall(apostrophe))
            if len(parts) > 1:
                sequences.setdefault(parts[0], set()).add(parts)
            tables.joined.setdefault(glued, parts)
            tables.single.setdefault(glued, True)
        for token in WORD.findall(fold(name)):
            if UNSPACED.fullmatch(token) and len(token) > 1:
                tables.unspaced.setdefault(len(token), {})[token] = token not in never
        whole = len(words) == 1
        for word in name_words(name.lower()):
            spelt_out = fold(word.translate(_SPELT_OUT))
            if spelt_out != fold(word) and len(spelt_out) > 3:
                tables.single.setdefault(spelt_out, True)
                tables.base.setdefault(spelt_out, fold(word))
        for word in words:
            if len(word) < 2 or word.isdigit():
                continue
            uncased = word[0] == word[0].upper() and len(word) > 1
            sure = word in chosen or (
                (word not in common or (uncased and word not in never))
                and (not like_a_handle or whole or word in known.first)
                and (
                    whole
                    or word in known.first
                    or word in known.last
                    or not _is_prose(word, evidence)
                )
            )
            _add_word(tables, word, sure)
    for pair, name in hyphenated(written, evidence.words).items():
        sequences.setdefault(pair[0], set()).add(pair)
        tables.joined.setdefault("".join(pair), (name,))
    # "Art" for Arthur: a short form that is a word counts where a capital says so.
    everyday = common | ordinary_words()
    for first, found in sequences.items():
        tables.sequences[first] = tuple(sorted(found, key=lambda s: (-len(s), s)))
    for name in [word for word in written if word in word_pairs("short_forms")]:
        for short in word_pairs("short_forms")[name]:
            written_forms = (short, *extra_forms(short))
            seen = any(evidence.words[form] for form in written_forms)
            if short not in tables.single and seen and short not in never:
                tables.base[short] = name
                _add_word(tables, short, len(short) > 2 and short not in everyday)
    for short, name in _cut_short(written, evidence, common | never, tables.single).items():
        tables.base[short] = name
        _add_word(tables, short, True)
    for form, real in spellings(written, evidence.words, evidence.languages).items():
        if form not in tables.single and form not in never:
            tables.same_as[form] = real
            few = len(real) < 2 or len(form) < _LEAST_IN_SCRIPT.get(writing_of(form), 3)
            # A script without capitals: as above.
            uncased = form[0] == form[0].upper()
            _add_word(tables, form, not few and (uncased or form not in common))
    tokens = [token for some in tables.unspaced.values() for token in some]
    given = [word for word in written if len(word) == 2]
    whole_names = [name for name in dict.fromkeys([*tokens, *given]) if _HAN.fullmatch(name)]
    runs = (word for word in evidence.words if _HAN.match(word)) if whole_names else ()
    for form, real in han_variants(whole_names, runs).items():
        tables.unspaced.setdefault(len(form), {})[form] = True
        tables.joined.setdefault(form, tuple(split_unspaced(real)))
        place = 0
        for part in split_unspaced(real):
            written_so = form[place : place + len(part)]
            if written_so != part:
                tables.base.setdefault(written_so, part)
                tables.same_as.setdefault(written_so, part)
            place += len(part)
    for form, real in _familiar_forms(names, evidence).items():
        if form not in tables.single and form not in never and form not in everyday:
            tables.base[form] = real
            _add_word(tables, form, True)
    starts = frozenset(stem[:3] for stem in tables.stems)
    prose = frozenset(word for word in tables.single if evidence.lower[word])
    return Participants(
        **{**tables.__dict__, "starts": starts, "prose": prose, "common": doubtful, "never": never}
    )


def _familiar_forms(names: Iterable[str], evidence: Evidence) -> dict[str, str]:
    """What languages make of a name to call somebody: form -> the name's own word; all folded.

    Chinese "小陈", "陈姐", "阿远", "远远"; Korean "훈이" of 지훈; Spanish "Juanpa" of Juan Pablo;
    Russian "Катюх" of Катюха. The archive must hold the form, alone or in a longer run.
    """
    forms: dict[str, str] = {}
    for name in names:
        words = [fold(word) for word in name_words(name)]
        if len(words) == 2 and all(map(_HAN.fullmatch, words)):
            surname, given = words
            for called in _CHINESE_BEFORE:
                forms[called + surname] = surname
                forms[called + given[-1]] = given
            forms |= {surname + called: surname for called in _CHINESE_AFTER}
            forms[given[-1] * 2] = given
        elif len(words) == 2 and _HANGUL.fullmatch(words[1]) and len(words[1]) == 2:
            forms[words[1][-1] + "이"] = words[1]
        elif len(words) > 2 and words[0] in _SPANISH_DOUBLES:
            forms[words[0] + words[1][:2]] = words[0]
            forms[words[0].rstrip("aeo") + words[1][:2]] = words[0]
        for word in words:
            calls = (word, *word_pairs("short_forms").get(word, ()))
            forms |= {c[:-1]: word for c in calls if len(c) > 3 and c[-1] in "ая"}
            forms |= {c[:-1] + "ь": word for c in calls if len(c) > 3 and c[-1] == "я"}
    forms.pop("", None)
    runs = [run for run in evidence.words if _HAN.search(run)] if forms else []
    pieces = {run[i : i + n] for run in runs for n in (2, 3) for i in range(len(run) - n + 1)}
    return {f: real for f, real in forms.items() if evidence.words[f] or f in pieces}


def _cut_short(
    names: Iterable[str], evidence: Evidence, ordinary: frozenset[str], taken: Iterable[str]
) -> dict[str, str]:
    """Words of the archive that are a name cut short ("Maximi", "Cally"): short form -> name.

    Four letters of the name, or three and an ending of pet names, are asked for, and a capital
    somewhere in the archive unless there are five: "marc" may be anything. Three alone ("Xio")
    count where the archive never writes them small and no list knows them as something else.
    """
    others = name_lists()
    beginnings: dict[str, str] = {}
    for name in names:
        if len(name) > 4 and (name in others.first or name not in ordinary):
            beginnings.setdefault(name[:3], name)
    found = {}
    places = word_list("places_and_brands")
    elsewhere = others.first.keys() | others.last.keys() | ordinary_words()
    for word in evidence.words:
        name = beginnings.get(word[:3], "")
        if not name or word in taken or word in ordinary or word in places or word == name:
            continue
        same = _same_letters(word, name)
        rest = word[same:]
        cut = rest == "" and same > 3 and len(name) - same > 1
        pet = rest in _PET_ENDINGS and len(word) > 3 and len(name) > len(word) - 2
        capital = evidence.words[word] > evidence.lower[word]
        never_small = capital and not evidence.lower[word] and word not in elsewhere
        three = rest == "" and same == 3 and len(name) > 4 and never_small
        long_enough = cut and (same > 4 or capital)
        if three or long_enough or (pet and capital and word not in others.first):
            found[word] = name
    return found


def _same_letters(word: str, other: str) -> int:
    """How many letters two words have in common from the first one on."""
    pairs = zip(word, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(word), len(other)))


def _is_prose(word: str, evidence: Evidence) -> bool:
    """Whether the archive uses ``word`` as an ordinary word: often, and rarely with a capital."""
    lower = evidence.lower[word]
    return lower >= 3 and evidence.capital[word] * 2 < lower


def _add_word(tables: Participants, word: str, sure: bool) -> None:
    sure = sure or tables.single.get(word, False)
    tables.single[word] = sure
    if UNSPACED.fullmatch(word):
        if len(word) > 1:
            tables.unspaced.setdefault(len(word), {})[word] = sure
        return
    if len(word) < 3 or word in kin_words():
        return
    for stem in stems_of(word):
        tables.stems.setdefault(stem, word)
    for form in extra_forms(word) if sure else ():
        if form not in tables.single:
            tables.single[form] = True
            tables.base[form] = word
