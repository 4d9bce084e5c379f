"""Evidence: what the whole archive says about its words, before one message is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from core.privacy.common_words import STOP_WORD_LANGUAGES, stop_words
from core.privacy.spans import fold

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")
_CAPITAL = regex.compile(r"(?<=[\p{Ll}\p{N},;] )\p{Lu}[\p{Ll}\p{M}]+")

#: Scripts that only one of the supported languages uses; words alone decide for the others.
_SCRIPT_LANGUAGES = (
    ("el", regex.compile(r"\p{Greek}")),
    ("he", regex.compile(r"\p{Hebrew}")),
    ("hi", regex.compile(r"\p{Devanagari}")),
    ("ja", regex.compile(r"[\p{Hiragana}\p{Katakana}]")),
    ("ko", regex.compile(r"\p{Hangul}")),
    ("th", regex.compile(r"\p{Thai}")),
    ("zh", regex.compile(r"\p{Han}")),
)
#: Texts read for the guess of the languages; more would not change it.
_SAMPLE = 20_000


@dataclass(frozen=True)
class Evidence:
    """``words``: folded word -> how often it stands in the archive. ``capital``: the same for
    words with a capital after a lower-case word, where no sentence begins. ``lower``: the same
    for words without a capital. ``languages``: ISO 639-1 codes, the likeliest first."""

    words: Counter[str]
    capital: Counter[str]
    lower: Counter[str]
    languages: tuple[str, ...]


def gather_evidence(texts: Iterable[str]) -> Evidence:
    """Count the words of ``texts`` and guess their languages."""
    words: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for text in texts:
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
    return Evidence(folded, folded_capital, lower, guess_languages(folded))


def guess_languages(words: Counter[str]) -> tuple[str, ...]:
    """Languages whose stop words make up much of ``words``, or whose script is used at all."""
    common = words.most_common(_SAMPLE)
    scores = {
        language: sum(n for w, n in common if len(w) > 1 and w in stop_words((language,)))
        for language in STOP_WORD_LANGUAGES
    }
    best = max(scores.values(), default=0)
    likely = [c for c in scores if scores[c] > 0.35 * best and scores[c] > 2]
    likely.sort(key=lambda c: -scores[c])
    sample = "".join(word for word, _ in common)
    by_script = [code for code, pattern in _SCRIPT_LANGUAGES if pattern.search(sample)]
    return tuple(dict.fromkeys([*likely, *by_script]))
