"""The readable habits: thirty-three small measures of how a text is written, in plain words.

None depends on one language or on what the text is about. They are the style features of the
scorer and the rows of the habits plot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import regex

Unit = Literal["share", "count"]

URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
MENTION = re.compile(r"(?<!\w)@\w+")
_EMOJI = regex.compile(
    r"(?:\p{Regional_Indicator}{2}|[\p{Extended_Pictographic}--[©®™]](?:\p{EMod}|\ufe0f|\u200d\p{Extended_Pictographic})*)",
    regex.V1,
)
_SMILEY = re.compile(r"(?<!\w)[:;=xX8][-'o^]?[)(DPpO/|*3](?!\w)|(?<!\w)\^_?\^|(?<!\w)<3")
_LAUGH = re.compile(
    r"\b(?:a?(?:ha){2,}h?|(?:he){2,}h?|(?:hi){2,}|a?(?:ja){2,}j?|(?:je){2,}|l+o+l+|lmf?ao+|rofl"
    r"|k{3,}|(?:rs){2,}|mdr+|ptdr+|xd+|(?:ха){2,}х?|w{3,}|5{3,})\b|哈{2,}|ㅋ{2,}|ㅎ{2,}|ه{3,}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_STRETCHED = re.compile(r"([^\W\d_])\1\1", re.IGNORECASE)
_QUOTES = '"“”„«»「」『』'


class Habit(NamedTuple):
    """One measure. ``name`` completes "in a message: ..."; a share is 0 or 1 for each text."""

    key: str
    name: str
    unit: Unit
    measure: Callable[[str], float]


def words(text: str) -> list[str]:
    """Words as written, without digits and signs (apostrophes stay inside words)."""
    return _WORD.findall(text)


def emoji(text: str) -> list[str]:
    """Emoji in the order in which they stand."""
    return _EMOJI.findall(text)


def without_links(text: str) -> str:
    """The text with links shortened to a sign and @names to "@": both name things, not habits."""
    return MENTION.sub("@", URL.sub("⎘", text)) if "@" in text or "." in text else text


def _first_letter(text: str) -> str:
    return next((letter for letter in text if letter.isalpha()), "")


def _ends(signs: str) -> Callable[[str], float]:
    return lambda text: float(text.rstrip()[-1:] in signs and bool(text.strip()))


def _ends_in_one_stop(text: str) -> float:
    bare = text.rstrip()
    return float(bare.endswith((".", "。", "।")) and not bare.endswith(".."))


def _ends_in_dots(text: str) -> float:
    return float(text.rstrip().endswith(("...", "…", "..")))


def _ends_in_nothing(text: str) -> float:
    return float(text.rstrip()[-1:].isalnum())


def _ends_in_emoji(text: str) -> float:
    bare = text.rstrip()
    return float(not bare[-1:].isascii() and any(bare.endswith(e) for e in emoji(bare)[-1:]))


def _count(signs: str) -> Callable[[str], float]:
    return lambda text: float(sum(text.count(sign) for sign in signs))


def _found(pattern: re.Pattern[str]) -> Callable[[str], float]:
    return lambda text: float(pattern.search(text) is not None)


def _mean_word(text: str) -> float:
    found = words(text)
    return sum(map(len, found)) / len(found) if found else 0.0


def _shouted(text: str) -> float:
    return float(sum(1 for word in words(text) if len(word) > 1 and word.isupper()))


_DASH = re.compile(r"[—–]|\s-{1,2}\s")
_DOUBLED = re.compile(r"[!?！？]{2,}")
_HASHTAG = re.compile(r"(?<!\w)#\w")
_LONE_SMALL_I = re.compile(r"\bi\b")
_CONTRACTION = re.compile(r"[^\W\d_]['’][^\W\d_]")
_SPELLED_SHORT = re.compile(r"\b(?:u|ur|r|n|y|k|q|pls|thx|idk|tbh|rn|bc|cuz|gonna|wanna)\b", re.I)
_SENTENCE_END = re.compile(r"[.!?…。！？]+(?=\s|$)")

HABITS: tuple[Habit, ...] = (
    Habit("characters", "length in characters", "count", lambda t: float(len(t))),
    Habit("words", "length in words", "count", lambda t: float(len(words(t)))),
    Habit("word_length", "letters per word", "count", _mean_word),
    Habit(
        "sentences",
        "sentence ends",
        "count",
        lambda t: float(sum(1 for _ in _SENTENCE_END.finditer(t))),
    ),
    Habit(
        "starts_small", "starts in lower case", "share", lambda t: float(_first_letter(t).islower())
    ),
    Habit(
        "starts_capital",
        "starts with a capital",
        "share",
        lambda t: float(_first_letter(t).isupper()),
    ),
    Habit("ends_stop", "ends with a full stop", "share", _ends_in_one_stop),
    Habit("ends_bang", "ends with !", "share", _ends("!！")),
    Habit("ends_question", "ends with ?", "share", _ends("?？؟")),
    Habit("ends_dots", "ends with ...", "share", _ends_in_dots),
    Habit("ends_emoji", "ends with an emoji", "share", _ends_in_emoji),
    Habit("ends_bare", "ends with no mark at all", "share", _ends_in_nothing),
    Habit("commas", "commas", "count", _count(",，、،")),
    Habit("bangs", "exclamation marks", "count", _count("!！")),
    Habit("questions", "question marks", "count", _count("?？؟")),
    Habit("dots", "... somewhere", "share", lambda t: float("..." in t or "…" in t)),
    Habit("doubled", "doubled marks (!!, ?!)", "share", _found(_DOUBLED)),
    Habit("dashes", "dashes", "share", _found(_DASH)),
    Habit("colons", "colons and semicolons", "count", _count(":;：；")),
    Habit("contractions", "apostrophes inside words", "share", _found(_CONTRACTION)),
    Habit("quotes", "quotation marks", "share", lambda t: float(any(q in t for q in _QUOTES))),
    Habit("brackets", "brackets", "share", lambda t: float("(" in t or "（" in t)),
    Habit("emoji", "emoji", "count", lambda t: 0.0 if t.isascii() else float(len(emoji(t)))),
    Habit("smileys", "typed smileys :)", "share", _found(_SMILEY)),
    Habit("laughs", "laughs (haha, lol, jaja)", "share", _found(_LAUGH)),
    Habit("stretched", "stretched words (sooo)", "share", _found(_STRETCHED)),
    Habit("shouted", "words in CAPITALS", "count", _shouted),
    Habit("digits", "digits", "share", lambda t: float(any(c.isdigit() for c in t))),
    Habit("short_spelling", "short spellings (u, pls, gonna)", "share", _found(_SPELLED_SHORT)),
    Habit("small_i", "a small i on its own", "share", _found(_LONE_SMALL_I)),
    Habit("links", "links", "share", _found(URL)),
    Habit(
        "hashtags",
        "hashtags and @names",
        "share",
        lambda t: float(bool(_HASHTAG.search(t) or MENTION.search(t))),
    ),
    Habit("lines", "line breaks", "count", lambda t: float(t.strip().count("\n"))),
)
KEYS: tuple[str, ...] = tuple(habit.key for habit in HABITS)


#: Measured with links left in; everything else would count the links' own marks.
_WITH_LINKS = ("links", "hashtags")


def measure_one(habit: Habit, text: str) -> float:
    """One habit in one text."""
    return habit.measure(text if habit.key in _WITH_LINKS else URL.sub("", text))


def measure(texts: Sequence[str]) -> np.ndarray:
    """Every habit in every text.

    Returns:
        float64 array (texts, habits), columns in the order of ``HABITS``.
    """
    return np.array(
        [[measure_one(habit, text) for habit in HABITS] for text in texts], dtype=np.float64
    ).reshape(len(texts), len(HABITS))
