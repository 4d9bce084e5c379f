"""The people of the archive, found inside texts and mentions however they are written.

One dictionary look-up per word keeps ten thousand people as fast as ten. Words are compared
without case and accents; names inside longer words do not count, except where a language
glues endings or particles to names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import regex

from core.privacy.common_words import kin_words, stop_words, word_list, word_pairs
from core.privacy.evidence import Evidence
from core.privacy.inflections import (
    KOREAN_PARTICLES,
    endings_for,
    extra_forms,
    prefix_lengths,
    stems_of,
)
from core.privacy.name_lists import doubtful_names, name_lists, script_of
from core.privacy.other_scripts import spellings
from core.privacy.spans import Span, fold, span_of

WORD = regex.compile(r"[\p{L}\p{M}\p{N}_]+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}ー々]+")
_HANGUL = regex.compile(r"\p{Hangul}+")
_GAP = regex.compile(r"[\s.\-_'·・,]{0,2}")
_JOIN_GAP = regex.compile(r"[ \-\u00a0·・]")
_MENTION = regex.compile(r"(?<=[@＠])[\p{L}\p{N}_.\-]+(?<![.\-])")
_HANDLE_NOISE = regex.compile(r"[_.\-\p{N}]+")
#: "B. Holloway"
_INITIAL = regex.compile(r"(?<![\p{L}.])\p{Lu}\. ?$")
_DIGITS = regex.compile(r"\+?\d[\d\s().\-\u00a0‑]{5,}\d")
_SENTENCE_START = regex.compile(r"(?:^|[.!?…\n]\s*|[\"“(*_]\s*)$")
_NEXT_WORD = regex.compile(r"[ \t]+(\p{Ll}+|I\b)")
_ADDRESSED = regex.compile(
    r"(?i)(?:@|\b(?:tell|ask|hey|hi|hello|thanks|thank you|dear|frag|sag|hallo|danke|dile|hola|gracias|"
    r"salut|coucou|merci|dis à|ciao|grazie|oi|obrigad[oa]|hoi|bedankt|cześć|hej|tack|привет|спасибо))\s+$"
)
_INTRODUCED = regex.compile(
    r"(?i)\b(?:it['’]?s|this is|i['’]?m|ich bin|hier ist|soy|c['’]est|sono|ik ben|sou|tu|tutaj|это|jag är|to ja)\s+$"
)
_END = regex.compile(r"\s*(?:[,.!?;\n]|$|here\b|again\b)")
_PET_ENDINGS = word_list("pet_endings")
_FOLLOWS_A_WORD = word_list("after_a_word")
_FOLLOWS_A_NAME = word_list("after_a_name")
_SPELT_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"}
)
_EMPTY: tuple[tuple[str, ...], ...] = ()


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
    words = []
    for word in WORD.findall(name.replace("_", " ")):
        words += split_unspaced(word)
    return words


def split_unspaced(word: str) -> list[str]:
    """Cut a Chinese, Japanese or Korean full name into surname and given name."""
    if _HANGUL.fullmatch(word) and len(word) == 3:
        return [word[:1], word[1:]]
    if regex.fullmatch(r"\p{Han}+", word):
        if len(word) == 4:
            return [word[:2], word[2:]]
        if len(word) == 3:
            cut = 2 if fold(word[:2]) in name_lists().last else 1
            return [word[:cut], word[cut:]]
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
            bare = _HANDLE_NOISE.sub("", "".join(words))
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
            if _UNSPACED.fullmatch(token) and len(token) > 1:
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
    for first, found in sequences.items():
        tables.sequences[first] = tuple(sorted(found, key=lambda s: (-len(s), s)))
    for name in [word for word in written if word in word_pairs("short_forms")]:
        for short in word_pairs("short_forms")[name]:
            written_forms = (short, *extra_forms(short))
            seen = any(evidence.words[form] for form in written_forms)
            if short not in tables.single and seen and short not in never:
                tables.base[short] = name
                _add_word(tables, short, len(short) > 2 and short not in common)
    for short, name in _cut_short(written, evidence, common | never, tables.single).items():
        tables.base[short] = name
        _add_word(tables, short, True)
    for form, real in spellings(written, evidence.words, evidence.languages).items():
        if form not in tables.single and form not in never:
            tables.same_as[form] = real
            few = len(real) < 2 or (len(form) < 4 and script_of(form) not in ("CJK", "HANGUL"))
            _add_word(tables, form, not few and form not in common)
    starts = frozenset(stem[:3] for stem in tables.stems)
    prose = frozenset(word for word in tables.single if evidence.lower[word])
    return Participants(
        **{**tables.__dict__, "starts": starts, "prose": prose, "common": doubtful, "never": never}
    )


def _cut_short(
    names: Iterable[str], evidence: Evidence, ordinary: frozenset[str], taken: Iterable[str]
) -> dict[str, str]:
    """Words of the archive that are a name cut short ("Maximi", "Cally"): short form -> name.

    Four letters of the name, or three and an ending of pet names, are asked for, and a capital
    somewhere in the archive unless there are five: "marc" may be anything.
    """
    others = name_lists()
    beginnings: dict[str, str] = {}
    for name in names:
        if len(name) > 4 and (name in others.first or name not in ordinary):
            beginnings.setdefault(name[:3], name)
    found = {}
    places = word_list("places_and_brands")
    for word in evidence.words:
        name = beginnings.get(word[:3], "")
        if not name or word in taken or word in ordinary or word in places or word == name:
            continue
        same = _same_letters(word, name)
        rest = word[same:]
        cut = rest == "" and same > 3 and len(name) - same > 1
        pet = rest in _PET_ENDINGS and len(word) > 3 and len(name) > len(word) - 2
        capital = evidence.words[word] > evidence.lower[word]
        if (cut and (same > 4 or capital)) or (pet and capital and word not in others.first):
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
    if _UNSPACED.fullmatch(word):
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


def find_participants(text: str, people: Participants) -> list[Span]:
    """Spans of kind "person" for every name of ``people`` in ``text``."""
    folded = fold(text)
    spans: list[Span] = []
    matches = list(WORD.finditer(folded))
    index = 0
    while index < len(matches):
        match = matches[index]
        if match.group() in people.nobody:
            index += 1
            continue
        length = _sequence_length(folded, matches, index, people)
        if length:
            end = matches[index + length - 1].end()
            spans.append(_whole_name(text, match.start(), end, people))
            index += length
            continue
        span = _one_word(text, match, people)
        if span:
            spans.append(span)
        index += 1
    if "@" in text or "＠" in text:
        spans += [
            span_of(m, "person", "mention of a person in this archive")
            for m in _MENTION.finditer(folded)
            if base_words(m.group(), people)
        ]
    if people.unspaced:
        spans += _find_unspaced(folded, people)
    if people.phones:
        spans += _find_phones(text, people)
    return _join(text, spans)


def base_words(found: str, people: Participants) -> tuple[str, ...]:
    """The folded name words that a handle stands for; empty if it is nobody's."""
    word = fold(found)
    if people.single.get(word):
        return (people.base.get(word, word),)
    plain = _HANDLE_NOISE.sub("", word)
    if plain in people.joined:
        return people.joined[plain]
    if len(plain) > 2 and people.single.get(plain):
        return (people.base.get(plain, plain),)
    parts = [part for part in _HANDLE_NOISE.split(word) if part]
    known = [p for p in parts if len(p) > 2 and people.single.get(p)]
    if known:
        return tuple(people.base.get(p, p) for p in known)
    for cut in range(len(plain) - 4, 4, -1):
        head, tail = plain[:cut], plain[cut:]
        if people.single.get(head) or head in people.joined:
            return people.joined.get(head, (people.base.get(head, head),))
        if people.single.get(tail) or tail in people.joined:
            return people.joined.get(tail, (people.base.get(tail, tail),))
    return ()


def base_word(word: str, people: Participants) -> str:
    """The name that ``word``, folded, is a form of; ``word`` itself if it is none."""
    if word in people.base:
        return people.base[word]
    if word in people.single:
        return word
    return _stem(word, people) or _without_prefix(word, people) or word


def _sequence_length(
    folded: str, matches: Sequence[regex.Match[str]], index: int, people: Participants
) -> int:
    first = matches[index].group()
    for names in people.sequences.get(first, _EMPTY):
        last = index + len(names)
        if last <= len(matches) and all(
            matches[index + i].group() == names[i]
            and (
                i == 0
                or _GAP.fullmatch(folded, matches[index + i - 1].end(), matches[index + i].start())
            )
            for i in range(len(names))
        ):
            return len(names)
    return 0


def _whole_name(text: str, start: int, end: int, people: Participants) -> Span:
    found = text[start:end]
    words = [fold(word) for word in WORD.findall(found)]
    ordinary = all(word in people.common for word in words)
    sure = not (ordinary and found.islower())
    return Span(start, end, "person", "person in this archive", sure)


def _one_word(text: str, match: regex.Match[str], people: Participants) -> Span | None:
    start, end = match.span()
    word = match.group()
    sure = people.single.get(word)
    if sure is None and not word.isalpha() and _HANDLE_NOISE.search(word):
        sure = bool(base_words(word, people)) or None
    if sure is None:
        name = _stem(word, people)
        if name and not people.single[name]:
            # "Müllers Auto": the name is a word, so only the capital says that it is one.
            sure = _is_meant(text, start, end, name, people) or None
        elif name:
            sure = True
        elif cut := _particle_end(word, people):
            sure, end = True, start + cut
        elif name := _without_prefix(word, people):
            sure, start = True, end - len(name)
        elif word not in people.sequences:
            people.nobody.add(word)
    elif not sure:
        sure = _is_meant(text, start, end, word, people)
    return None if sure is None else Span(start, end, "person", "person in this archive", sure)


def _is_meant(text: str, start: int, end: int, word: str, people: Participants) -> bool:
    """Whether an ordinary word is used as a name here: a capital where none is due."""
    if word in kin_words() or len(word) < 2:
        return False
    if _ADDRESSED.search(text, max(0, start - 20), start):
        return True
    introduced = _INTRODUCED.search(text, max(0, start - 12), start)
    if introduced and _END.match(text, end):
        return True
    if not text[start].isupper():
        return False
    if not _SENTENCE_START.search(text, max(0, start - 3), start):
        return True
    following = _NEXT_WORD.match(text, end)
    after = fold(following.group(1)) if following else ""
    if word in people.prose:
        return after in _FOLLOWS_A_NAME
    return after not in _FOLLOWS_A_WORD


def _stem(word: str, people: Participants) -> str | None:
    if word[:3] not in people.starts or word in people.never:
        return None
    for cut in range(len(word) - 1, max(2, len(word) - 6), -1):
        name = people.stems.get(word[:cut])
        if name and word[cut:] in people.endings.get(_ending_key(word), frozenset()):
            return name
    return None


def _ending_key(word: str) -> str:
    code = ord(word[0])
    if 0x370 <= code < 0x400:
        return "greek"
    return "cyrillic" if 0x400 <= code < 0x530 else "latin"


def _without_prefix(word: str, people: Participants) -> str | None:
    if not "\u0590" <= word[0] < "\u0700":
        return None
    names = (word[n:] for n in prefix_lengths(word) if people.single.get(word[n:]))
    return next(names, None)


def _particle_end(word: str, people: Participants) -> int:
    """Length of the Korean name at the start of ``word`` if only particles follow, else 0."""
    if not "가" <= word[0] <= "힣":
        return 0
    for cut in range(min(4, len(word) - 1), 1, -1):
        if people.single.get(word[:cut]) and word[cut:] in KOREAN_PARTICLES:
            return cut
        whole = people.joined.get(word[:cut]) or people.sequences.get(word[:1], _EMPTY)
        if whole and any("".join(n) == word[:cut] for n in people.sequences.get(word[:1], _EMPTY)):
            return cut if word[cut:] in KOREAN_PARTICLES or cut == len(word) else 0
    return 0


def _find_unspaced(folded: str, people: Participants) -> list[Span]:
    spans = []
    for run in _UNSPACED.finditer(folded):
        position, end = run.span()
        while position < end:
            for length in sorted(people.unspaced, reverse=True):
                sure = people.unspaced[length].get(folded[position : position + length])
                if sure is not None and position + length <= end:
                    stop = position + length
                    spans.append(Span(position, stop, "person", "person in this archive", sure))
                    position = stop - 1
                    break
            position += 1
    return spans


def _find_phones(text: str, people: Participants) -> list[Span]:
    spans = []
    for match in _DIGITS.finditer(text):
        digits = "".join(c for c in match.group() if c.isdigit())
        if digits[-9:] in people.phones and len(digits) >= 7:
            spans.append(span_of(match, "phone", "number of a person in this archive"))
    return spans


def _join(text: str, spans: list[Span]) -> list[Span]:
    """Neighbouring name words become one find, so that a full name is one row for review."""
    joined: list[Span] = []
    for span in sorted(spans):
        initial = _INITIAL.search(text, max(0, span.start - 4), span.start)
        if initial and span.kind == "person":
            span = span._replace(start=initial.start())
        last = joined[-1] if joined else None
        if (
            last
            and last.kind == span.kind == "person"
            and last.sure == span.sure
            and (span.start <= last.end or _JOIN_GAP.fullmatch(text[last.end : span.start]))
        ):
            joined[-1] = last._replace(end=max(last.end, span.end))
        else:
            joined.append(span)
    return joined
