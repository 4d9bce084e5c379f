"""Passwords, PINs and entry codes by the words around them, in the languages of
``keywords.toml``.

No public rule set looks for what chats hold, "the password is X" or "X is the gate code". Two
readings: a number or a mix of letters and digits is weighed by the word it stands beside, by
what leads to it, by its own form and by what follows; after a word for a password any word may
be one, so there the words are walked one by one (``passwords.py``).
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from core.privacy.finders.passwords import (
    CLAUSE_END,
    EVERYDAY,
    LETTERS,
    NEXT_WORD,
    YEAR,
    no_prose,
    password_after,
)
from core.privacy.finders.tokens import after_openers, may_hold_a_token, spelled, tokens_in
from core.privacy.finders.vocabulary import Vocabulary, Word, words_of
from core.privacy.spans import Finder, Span, fold, span_of

#: Class of word -> how much it says that a number beside it opens something.
_WEIGHT = {
    "password": 2,
    "code": 2,
    "lock": 2,
    "door": 1,
    "network": 1,
    "key": 0,
    "login": 0,
    "opener": 1,
}
_KINDS = {
    "none": ("no_codes",),
    "password": ("passwords", "passwords_unspaced"),
    "code": ("codes", "codes_unspaced"),
    "lock": ("locks", "locks_unspaced"),
    "door": ("doors", "doors_unspaced"),
    "login": ("logins",),
    "network": ("networks", "networks_unspaced"),
    "key": ("keys",),
    "opener": ("openers", "openers_unspaced"),
    "spelling": ("spelling", "spelling_unspaced"),
}
_ENOUGH = 3
#: Words beside which letters with digits are a password.
_ENTRIES = ("password", "code", "lock", "network", "login")

_DIGIT = regex.compile(r"\p{Nd}")
#: What can be a code: digits in groups, or letters and digits, with a hash or a star.
_VALUE = regex.compile(
    r"(?<![\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}_@/&=$€£+.,:-])(?<!\d\.)"
    r"(?:(?P<groups>\d{1,3}\s?(?:klucz|kl\.|ключ|кл\.|κλειδί)\s?\d{3,6}|[#*]{0,2}(?:\d{1,2}(?:\s?[-–]\s?\d{1,2}){2,3}|\d{1,2}-\d{1,2}-\d{3,5}|\d{3}[ -–]\d{3}|\d{4}[ -]\d{4}|\d{2}(?:[ -]\d{2}){2,3}|[A-Z]\d[ ]\d{2,3}|\d{1,4}[#*]\d{1,5}|[A-Z]{1,2}-\d{4,8}|[a-z\d]{4}-(?=[a-z]*\d)[a-z\d]{4})[#*]{0,2})"
    r"|(?P<dial>(?i:(?:[lr]|left|right|links|rechts|gauche|droite|izquierda|derecha|destra|sinistra)?\s?\d{1,2}\s?[lr]?\b(?:[,\s]+(?:then\s)?(?:[lr]\s?|(?:left|right|links|rechts|gauche|droite|izquierda|derecha|destra|sinistra)\s)?\d{1,2}\s?[lr]?\b){2,3}))"
    r"|(?P<mixed>(?=[\p{L}\p{M}_-]*+\p{Nd})(?=\p{Nd}*+[\p{Latin}\p{Cyrillic}\p{Greek}])[\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}]{3,12}(?:[-_][\p{Latin}\p{Nd}]{2,8}){0,3}[#*]{0,2})"
    r"|(?P<plain>[#*]{0,2}\p{Nd}{3,10}[#*]{0,2})"
    r")(?![\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}_@#*]|[.,:/=-]\p{Nd}|:\p{L}|-\p{L}|\.\p{Latin}|/)"
)
_UNIT = regex.compile(
    r"\s?(?:[%€$£¥₹₽₺₴₪]|°|(?i:usd|eur|gbp|kr|zł|kč|ft|tl|lei|руб|грн|uhr|h|am|pm|km|kg|min|ms|px|mhz|x)\b)|[行줄元円원块]|\s?(?:년|年|月|월|日|일|号线|分|분|点|時|시|个|個|명|개)"
)
_SENTENCE_END = regex.compile(r"[.!?؟。！？](?=\s|$|\p{Han}|\p{Hiragana}|\p{Katakana})|\n")
_LAST_WORD = regex.compile(r"(?r)(?P<word>[\p{L}\p{M}\u200c]+)['’.]?\s*$")
#: Signs and particles that lead from a word to its value.
_SIGN_LEAD = regex.compile(
    r"(?:[:：=>→⇒-]|[–—]|👉|➡️?|[\"“„«「『\[(‘'`])\s*$|(?:は|が|為|为|是|คือ|은|는|이|가|이름은|의)\s*$"
)
_BACK_LINK = regex.compile(
    r"^\s*[\"”»」』’'`]?\s*(?:(?:is|are|was|ist|war|est|c['’]est|es|era|é|è|is|jest|to|är|er|on|je|e|este|είναι|са|е|là|adalah|ay|ni)(?!\p{L})|[-–—=]|←|это|є|هو|هي|זה|היא|הוא|は|が|是|为|為)"
)

_QUOTES = regex.compile(r"[\"“”«„「『]")
#: "X" is the password.
_QUOTED_FIRST = regex.compile(
    r"[\"“”„«「『](?P<quoted>[^\"“”«„»\n」』]{3,50})[\"“”»」』]" + _BACK_LINK.pattern[1:]
)


def credential_finder() -> Finder:
    """A finder of passwords and codes. It remembers the words it has judged, so make one for
    every archive and drop it with the archive."""
    vocabulary = Vocabulary(_KINDS)

    def find_credentials(text: str) -> list[Span]:
        folded = fold(text)
        words = vocabulary.words(text, folded)
        nouns = [w for w in words if w.kind not in ("none", "spelling")]
        spans = _beside_words(text, folded, words, _promoted(nouns, folded)) if nouns else []
        if not spans and may_hold_a_token(text):
            spans = tokens_in(text, folded, [n for n in nouns if n.kind in _ENTRIES])
        if not spans and any(w.kind == "spelling" for w in words):
            spans = spelled(text, folded, words, nouns)
        if not spans and any(n.kind == "opener" for n in nouns):
            spans = after_openers(text, folded, nouns)
        return spans

    return find_credentials


def _beside_words(
    text: str, folded: str, words: Sequence[Word], nouns: Sequence[Word]
) -> list[Span]:
    """What the words for passwords, codes and locks lead to."""
    if not nouns:
        return []
    spans: list[Span] = []
    passwords = [w for w in nouns if w.kind == "password"]
    for index, word in enumerate(passwords):
        stop = passwords[index + 1].start if index + 1 < len(passwords) else len(text)
        spans += password_after(text, folded, word, nouns, stop)
    if passwords and _QUOTES.search(text):
        spans += [
            span_of(match, "secret", "password beside a keyword", group="quoted")
            for match in _QUOTED_FIRST.finditer(text)
            if any(0 <= w.start - match.end() < 30 for w in passwords)
        ]
    if _DIGIT.search(text):
        barriers = [w for w in words if w.kind == "none"]
        spans += _weighed(text, folded, nouns, barriers)
    return spans


def _promoted(nouns: list[Word], folded: str) -> list[Word]:
    """A key or a code of a network is its password; other keys are none."""
    networks = [n for n in nouns if n.kind == "network"]
    result = []
    for noun in nouns:
        near = [
            folded[min(n.end, noun.end) : max(n.start, noun.start)]
            for n in networks
            if n.start < noun.start or noun.kind == "code"
        ]
        if (noun.kind == "key" and any(len(gap) < 50 for gap in near)) or (
            noun.kind == "code" and any(len(LETTERS.findall(gap)) < 3 for gap in near)
        ):
            noun = noun._replace(kind="password")
        if noun.kind != "key":
            result.append(noun)
    return result


def _weighed(text: str, folded: str, nouns: Sequence[Word], barriers: Sequence[Word]) -> list[Span]:
    spans = []
    for match in _VALUE.finditer(text):
        if any(noun.start < match.end() and match.start() < noun.end for noun in nouns):
            continue
        if _form(match) < -8 or _UNIT.match(text, match.end()):
            continue
        before = [n for n in nouns if n.end <= match.start()]
        after = [n for n in nouns if n.start >= match.end()]
        best = max(
            [_before(text, folded, noun, match, barriers) for noun in before[-3:]]
            + [_after(text, folded, noun, match, barriers) for noun in after[:2]],
            default=0,
        )
        if best >= _ENOUGH:
            start, end = match.span()
            while text[start] == " ":
                start += 1
            spans.append(Span(start, end, "secret", "code beside a keyword"))
    return spans


def _form(match: regex.Match[str]) -> int:
    """What the value's own form adds; -9 if it is no value at all."""
    value = match[0].strip(" ")
    signs = "#" in value or "*" in value
    if match["dial"]:
        return 1 if regex.search(r"\p{L}", value) else -9
    if match["groups"]:
        return 1
    if match["mixed"]:
        bare = value.strip("#*")
        if EVERYDAY.fullmatch(bare) or (len(bare) < 4 and not signs and not bare[0].isupper()):
            return -9
        return 1
    digits = value.strip("#*")
    if signs and len(digits) > 2:
        return 1
    if len(digits) == 3:
        return -1 if digits[-2:] != "00" else -3
    if YEAR.fullmatch(digits) or (digits.endswith("00") and digits[0] != "0") or len(digits) > 8:
        return -1
    return 1 if len(digits) > 4 else 0


def _follows(folded: str, end: int, digits: int, plain: bool) -> int:
    """What the text after the value adds: 1 where the clause ends, less before a noun."""
    if CLAUSE_END.match(folded, end):
        return 1
    word = NEXT_WORD.match(folded, end)
    if word is not None and word["word"] in words_of("counted"):
        return -9
    if word is None or word["word"] in no_prose():
        return 1
    return 0 if digits > 3 or not plain else -2


def _before(
    text: str,
    folded: str,
    noun: Word,
    match: regex.Match[str],
    barriers: Sequence[Word],
) -> int:
    """Weight of a value for a noun before it."""
    if noun.kind == "login":
        return 0
    between = folded[noun.end : match.start()]
    if len(between) > 70 or _barred(noun, barriers, folded):
        return 0
    words = LETTERS.findall(between)
    copulas, leads = words_of("copulas"), words_of("leads")
    own = [w for w in words if w not in copulas and w not in words_of("articles")]
    crossings = len(_SENTENCE_END.findall(between))
    if len(own) > 8 or crossings > 1:
        return 0
    score = _WEIGHT[noun.kind]
    score += 1 if not own else 0 if len(own) <= 4 else -1
    score -= crossings if own or noun.kind != "code" else 0
    last = words[-1] if words else ""
    signed = _SIGN_LEAD.search(text, noun.end, match.start()) is not None
    signed = signed or (last != "" and (last in copulas or last in leads))
    if signed:
        score += 1
    elif last and last in words_of("no_leads"):
        return 0
    form = _form(match)
    if noun.kind == "lock" and match["plain"] and len(match[0]) == 3:
        form = 0
    if noun.kind in ("door", "opener") and match["mixed"] and len(match[0]) < 4:
        return 0
    if noun.kind == "network" and (not match["mixed"] or len(match[0]) < 6 or (own and not signed)):
        return 0
    if noun.kind in ("door", "opener") and (crossings or len(own) > 5):
        return 0
    digits = sum(c.isdigit() for c in match[0])
    follows = _follows(folded, match.end(), digits, match["plain"] is not None)
    if form == 0 and follows == 0 and digits > 3 and len(own) < 4 and not crossings:
        # "the PIN of the card 7306 but ...": these words mean nothing else.
        follows = folded[noun.start : noun.end] in words_of("pins")
    return score + form + follows


def _after(
    text: str,
    folded: str,
    noun: Word,
    match: regex.Match[str],
    barriers: Sequence[Word],
) -> int:
    """Weight of a value for a noun behind it: "4471 is the gate code", "enter 4471 at the gate"."""
    between = folded[match.end() : noun.start]
    if len(between) > 45 or _SENTENCE_END.search(between) or _barred(noun, barriers, folded):
        return 0
    own = [w for w in LETTERS.findall(between) if w not in words_of("copulas")]
    if len(own) > 5 or noun.kind in ("network", "login"):
        return 0
    score = _WEIGHT[noun.kind] + _form(match) - (1 if len(own) > 3 else 0)
    lead = _LAST_WORD.search(folded, max(0, match.start() - 20), match.start())
    led = lead is not None and lead["word"] in words_of("before_a_code")
    if not led and lead is not None and lead["word"] in words_of("no_leads"):
        return 0
    if led:
        return score + 2
    return score + 1 if _BACK_LINK.match(between) else 0


def _barred(noun: Word, barriers: Sequence[Word], folded: str) -> bool:
    """Whether "error", "zip", "de la route" make the code one of no use."""
    if noun.kind not in ("code", "password"):
        return False
    return any(
        0 <= noun.start - b.end <= 2
        or (0 <= b.start - noun.end <= 8 and len(LETTERS.findall(folded[noun.end : b.start])) < 3)
        for b in barriers
    )
