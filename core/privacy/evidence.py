"""Evidence: what the whole archive says about its words, before one message is judged."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from core.privacy.common_words import STOP_WORD_LANGUAGES, stop_words
from core.privacy.spans import fold

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")
_CAPITAL = regex.compile(r"(?<=[\p{Ll}\p{N},;] )\p{Lu}[\p{Ll}\p{M}]+")

#: Scripts and letters that point to a language; words alone decide for the others.
_LETTERS = (
    ("el", regex.compile(r"\p{Greek}")),
    ("he", regex.compile(r"\p{Hebrew}")),
    ("hi", regex.compile(r"\p{Devanagari}")),
    ("ja", regex.compile(r"[\p{Hiragana}\p{Katakana}]")),
    ("ko", regex.compile(r"\p{Hangul}")),
    ("th", regex.compile(r"\p{Thai}")),
    ("zh", regex.compile(r"\p{Han}")),
    ("ar", regex.compile(r"[\p{Arabic}--پچژگکی]", regex.V1)),
    ("fa", regex.compile(r"[پچژگ]")),
    ("ru", regex.compile(r"[ыэёъ]")),
    ("uk", regex.compile(r"[іїєґ]")),
    ("pl", regex.compile(r"[łżźśąęń]")),
    ("cs", regex.compile(r"[řůěťď]")),
    ("sk", regex.compile(r"[ľĺŕôť]")),
    ("hu", regex.compile(r"[őű]")),
    ("ro", regex.compile(r"[ățșţ]")),
    ("tr", regex.compile(r"[şğı]")),
    ("hr", regex.compile(r"[đćž]")),
    ("vi", regex.compile(r"[ơưạảấầẩậắằặẹẻẽếềểệịỉọỏốồổộớờởợụủứừửựỳỷỹ]")),
    ("lt", regex.compile(r"[ėųį]")),
    ("lv", regex.compile(r"[ģķļņū]")),
    ("de", regex.compile(r"ß|\p{L}ü|ö\p{L}")),
    ("es", regex.compile(r"ñ|ción")),
    ("pt", regex.compile(r"[ãõ]")),
    ("sv", regex.compile(r"å|ä\p{L}|\p{L}ö")),
    ("fi", regex.compile(r"ää|yö|öy|yy|äy|hä")),
    ("no", regex.compile(r"[øå]")),
    ("da", regex.compile(r"[øæ]")),
)
#: Texts read for the guess of the languages; more would not change it.
_SAMPLE = 20_000

#: Languages that one archive is believed to hold.
_MOST_LANGUAGES = 4


@dataclass(frozen=True)
class Evidence:
    """``words``: folded word -> how often it stands in the archive. ``capital``: the same for
    words with a capital after a lower-case word, where no sentence begins. ``lower``: the same
    for words without a capital. ``languages``: ISO 639-1 codes, the likeliest first.
    ``small_letters``: most messages begin with one, so a capital is no help."""

    words: Counter[str]
    capital: Counter[str]
    lower: Counter[str]
    languages: tuple[str, ...]
    small_letters: bool


def gather_evidence(texts: Iterable[str]) -> Evidence:
    """Count the words of ``texts`` and guess their languages."""
    words: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    small = large = 0
    for text in texts:
        small += text[:1].islower()
        large += text[:1].isupper()
        words.update(_WORD.findall(text))
        capital.update(_CAPITAL.findall(text))
    folded: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    for word, count in words.items():
        key = fold(word)
        folded[key] += count
        if word[0].islower():
            lower[key] += count
    folded_capital: Counter[str] = Counter()
    for word, count in capital.items():
        folded_capital[fold(word)] += count
    languages = guess_languages(folded, words)
    return Evidence(folded, folded_capital, lower, languages, small > large)


def guess_languages(words: Counter[str], written: Counter[str]) -> tuple[str, ...]:
    """Languages whose stop words and letters stand out, the likeliest first.

    ``words`` are folded, ``written`` are as written.
    """
    common = words.most_common(_SAMPLE)
    scores = dict.fromkeys([*STOP_WORD_LANGUAGES], 0.0)
    for word, count in common:
        if len(word) > 1:
            # A word that many languages share says little about which of them is written here.
            speakers = _speakers().get(word, ())
            for language in speakers:
                scores[language] += count / len(speakers)
    for word, count in written.items():
        if not word.isascii():
            word = word.lower()
            for language, pattern in _LETTERS:
                if pattern.search(word):
                    scores[language] += 0.5 * count
    best = max(scores.values(), default=0)
    likely = [c for c in scores if scores[c] > 0.25 * best and scores[c] >= 0.5]
    return tuple(sorted(likely, key=lambda c: -scores[c]))[:_MOST_LANGUAGES]


@functools.cache
def _speakers() -> dict[str, list[str]]:
    """Folded stop word -> the languages that have it."""
    table: dict[str, list[str]] = {}
    for language in STOP_WORD_LANGUAGES:
        for word in stop_words((language,)):
            table.setdefault(word, []).append(language)
    return table
