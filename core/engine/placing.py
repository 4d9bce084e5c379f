"""Words of the prompt, put where words of their kind stood.

A model this small seldom knows how to go on after a word that its person never wrote. So while
a draft is drawn, a rare word may give its place to one of the last message: the text is gone on
with as if the first still stood there, and the sentence keeps its shape. Two words are of one kind
when they were seen between the same common words, or, where the prompt's word is unknown, when they
end alike and the place is one where words like names of things end a phrase.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np

from core.engine.language_model import LanguageModel
from core.engine.ngrams import END, START, TOKEN_BITS, TOKEN_MASK
from core.engine.prompts import COMMON, RARITY_BOUNDS, Prompt, choose_copied
from core.engine.tuned import Speaker
from core.tokens import encode, get_encoding

#: Words placed in one draft.
MOST_PLACED = 2
#: Common tokens by whose company words are compared, and how many places are open to any word.
HUBS, OPEN_PLACES = 200, 6
#: Known words are of one kind when they share this many hubs, on both sides.
SHARED = 3
#: A word that was likelier than this (ln P) belongs where it is, as "course" does after "but of".
SETTLED = -0.7
#: Endings that tell kinds of words apart, in several languages.
ENDING = re.compile(r"(ing|ed|ly|mente|ment|ción|ção|ung|en|er|ar|s)$")
ENTIRE = re.compile(r"[^\W\d_]{3,}")


class Placeable(NamedTuple):
    """A word of the prompt: its tokens after a blank, in lower case and capitalised."""

    number: int
    lower: tuple[int, ...]
    capital: tuple[int, ...]
    name: bool  # capitalised within a sentence
    ending: str
    before: frozenset[int]
    after: frozenset[int]


class Placing:
    """The words of one prompt that can be placed, and what can still be placed in a draft."""

    def __init__(self, speaker: Speaker, prompt: Prompt) -> None:
        self.speaker = speaker
        self.known: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
        models = (speaker.base, speaker.memory)
        self.bigrams = [model.levels[0].keys for model in models if model is not None]
        self.seen_as = [keys & TOKEN_MASK for keys in self.bigrams]
        self.hubs = frozenset(_common(speaker.base))
        self.open_places = _open_places(speaker.base)
        self.left = self.words = self._words(prompt)
        self.chance, self.placed = 0.0, 0

    def fresh(self, chance: float) -> Placing | None:
        """For a new draft. ``chance``: how often a place that fits is taken, from 0 to 1."""
        if not self.words or not chance:
            return None
        other = copy(self)
        other.left, other.chance, other.placed = self.words, chance, 0
        return other

    def _words(self, prompt: Prompt) -> list[Placeable]:
        copyable = choose_copied(self.speaker.base, prompt, self.speaker.ignored)
        rare = np.unique(copyable.words[copyable.classes < COMMON]).tolist()
        found = []
        for number in rare:
            word = prompt.spelled[number] if prompt.spelled else ""
            word = re.split("['’]", word)[0]
            if not ENTIRE.fullmatch(word):
                continue
            lower, capital = (tuple(encode(f" {w}")) for w in (word.lower(), word.capitalize()))
            single = [tokens[0] for tokens in (lower, capital) if len(tokens) == 1]
            before, after = self._company(single)
            name, ending = word[0].isupper(), _ending(word)
            found.append(Placeable(number, lower, capital, name, ending, before, after))
        return found

    def _company(self, tokens: Sequence[int]) -> tuple[frozenset[int], frozenset[int]]:
        """The hubs before and after which a word was seen, by the base or the person."""
        before: set[int] = set()
        after: set[int] = set()
        for token in tokens:
            for keys, last in zip(self.bigrams, self.seen_as, strict=True):
                before.update((keys[last == token] >> TOKEN_BITS).tolist())
                after.update(_followers(keys, token))
        return self.hubs & before, self.hubs & after

    def instead(
        self, last: int, token: int, log_probability: float, random: np.random.Generator
    ) -> tuple[int, ...]:
        """Tokens to write instead of one that was drawn after ``last``; none: it stays."""
        if (
            log_probability > SETTLED
            or not self.left
            or self.placed >= MOST_PLACED
            or random.random() >= self.chance
        ):
            return ()
        text = _text(token)
        if not ENTIRE.fullmatch(text[1:]) or text[0] != " " or self._is_common(token):
            return ()
        if self._goes_on(token):
            return ()
        if any(token in (word.lower[0], word.capital[0]) for word in self.left):
            return ()  # it is a word of the prompt already
        if token not in self.known:
            self.known[token] = self._company((token,))
        company = self.known[token]
        fitting = [
            word
            for word in self.left
            if (text[1].isupper() or not word.name)
            and self._fits(word, last, company, _ending(text))
        ]
        if not fitting:
            return ()
        word = fitting[int(random.integers(len(fitting)))]
        self.left = [other for other in self.left if other.number != word.number]
        self.placed += 1
        return word.capital if text[1].isupper() else word.lower

    def _fits(
        self,
        word: Placeable,
        last: int,
        company: tuple[frozenset[int], frozenset[int]],
        ending: str,
    ) -> bool:
        if word.before and word.after:
            before, after = word.before & company[0], word.after & company[1]
            return bool(before and after) and len(before) + len(after) >= SHARED
        return ending == word.ending and last in self.open_places

    def _is_common(self, token: int) -> bool:
        chance = max(float(self.speaker.base.unigram[token]), 1e-12)
        return -np.log(chance) < RARITY_BOUNDS[-1]

    def _goes_on(self, token: int) -> bool:
        """Whether the token was seen as the beginning of a longer word."""
        after = {one for keys in self.bigrams for one in _followers(keys, token) if one < START}
        return any(text[:1].isalnum() or text[:1] in "'’-" for text in map(_text, after))


def _followers(keys: np.ndarray, token: int) -> list[int]:
    low, high = np.searchsorted(keys, (token << TOKEN_BITS, (token + 1) << TOKEN_BITS))
    return (keys[low:high] & TOKEN_MASK).tolist()


def _open_places(base: LanguageModel) -> frozenset[int]:
    """The tokens between which and the end of a phrase most different rare tokens were seen."""
    pairs, triples = base.levels[0].keys, base.levels[1].keys
    closing = [END, *(t for t in _common(base) if not _text(t).strip().isalnum())]
    between = np.unique(triples[np.isin(triples & TOKEN_MASK, closing)] >> TOKEN_BITS)
    rare = base.unigram[pairs[between] & TOKEN_MASK] < np.exp(-RARITY_BOUNDS[-1])
    before, count = np.unique(pairs[between[rare]] >> TOKEN_BITS, return_counts=True)
    worded = np.array(
        [token < START and _text(token).strip().isalpha() for token in before.tolist()]
    )
    order = np.argsort(-count * worded, kind="stable")[:OPEN_PLACES]
    return frozenset(before[order].tolist())


def _common(base: LanguageModel) -> list[int]:
    return np.argsort(-base.unigram[:START], kind="stable")[:HUBS].tolist()


def _ending(word: str) -> str:
    found = ENDING.search(word.lower())
    return found[0] if found else ""


def _text(token: int) -> str:
    return get_encoding("o200k_base").decode_single_token_bytes(token).decode("utf-8", "replace")
