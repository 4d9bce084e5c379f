"""People of the archive found inside texts and mentions, however they are written.

Words are compared without case and accents; names inside longer words do not count, except
where a language glues endings or particles to names.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from core.privacy.common_words import kin_words, word_list
from core.privacy.inflections import KOREAN_PARTICLES, case_lengths, prefix_lengths
from core.privacy.participants import HANDLE_NOISE, UNSPACED, WORD, Participants
from core.privacy.spans import Span, fold, span_of

_GAP = regex.compile(r"[\s.\-_'·・,]{0,2}")
_JOIN_GAP = regex.compile(r"[ \-\u00a0·・]")
_MENTION = regex.compile(r"(?<=[@＠])[\p{L}\p{N}_.\-]+(?<![.\-])")
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
#: "Emre'nin arabası", "Hope's": only a name takes an ending behind an apostrophe.
_OWNS = regex.compile(r"['’](?:s\b|\p{Ll}{2,}\b(?<!['’](?:ll|re|ve)))")
_END = regex.compile(r"\s*(?:[,.!?;\n]|$|here\b|again\b)")
#: "Will, ring me": whoever is spoken to stands before a comma; these words do, too.
_COMMA = regex.compile(r",[ \t]+[\p{L}'’]")
_BEFORE_A_COMMA = word_list("before_a_comma")
#: "will.hope_77": a user name in which the words of a name stand apart.
_APART = regex.compile(
    r"(?<![\p{L}\p{N}@._-])\p{L}[\p{L}\p{N}]*(?:[._-][\p{L}\p{N}]+)+(?![\p{L}\p{N}@_-])"
)
_FOLLOWS_A_WORD = word_list("after_a_word")
_HAS_SIGN = regex.compile(r"[_\p{N}]")
_FOLLOWS_A_NAME = word_list("after_a_name")
_EMPTY: tuple[tuple[str, ...], ...] = ()


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
    if "_" in text or "." in text or "-" in text:
        spans += [
            span_of(m, "person", "user name of a person in this archive")
            for m in _APART.finditer(folded)
            if _HAS_SIGN.search(m.group()) and HANDLE_NOISE.sub("", m.group()) in people.joined
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
    plain = HANDLE_NOISE.sub("", word)
    if plain in people.joined:
        return people.joined[plain]
    if len(plain) > 2 and people.single.get(plain):
        return (people.base.get(plain, plain),)
    parts = [part for part in HANDLE_NOISE.split(word) if part]
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
    if sure is None and not word.isalpha() and HANDLE_NOISE.search(word):
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
        elif name := _without_case(word, people):
            sure, end = True, start + len(name)
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
    if _OWNS.match(text, end):
        return True
    if not _SENTENCE_START.search(text, max(0, start - 3), start):
        return True
    if word not in _BEFORE_A_COMMA and _COMMA.match(text, end):
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
        # A surname has one syllable or two.
        whole = (n for length in (1, 2) for n in people.sequences.get(word[:length], _EMPTY))
        if any("".join(name) == word[:cut] for name in whole):
            return cut if word[cut:] in KOREAN_PARTICLES or cut == len(word) else 0
    return 0


def _without_case(word: str, people: Participants) -> str | None:
    stems = (word[:-n] for n in reversed(case_lengths(word)))
    return next((stem for stem in stems if people.single.get(stem)), None)


def _find_unspaced(folded: str, people: Participants) -> list[Span]:
    spans = []
    for run in UNSPACED.finditer(folded):
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
