"""What an answer may copy from its prompt.

A token of the prompt gets a learnt bonus while the answer has not used it yet, by how rare it
is; and a larger one right after the token that it follows in the prompt, so that a name or a
topic of several tokens comes out whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from core.engine.language_model import LanguageModel
from core.engine.ngrams import END
from core.tokens import encode

#: At most this many different tokens of a prompt can be copied, the rarest first.
MAX_COPIED = 48
#: Bounds, in -ln P(token) of the base, between the rarity classes, from rare to common.
RARITY_BOUNDS = (13.0, 10.5, 8.0)
#: The class of a token that follows, in the prompt, the token just written.
NEXT = len(RARITY_BOUNDS) + 1
COPY_CLASSES = NEXT + 1

#: A token in more than this share of all prompts belongs to the instruction, not to the topic.
INSTRUCTION_SHARE = 0.25
#: Fewer prompts than this do not tell what is instruction.
PROMPTS_TO_JUDGE = 20

WORD = re.compile(r"\w[\w'’-]*")


class Prompt(NamedTuple):
    """Copyable tokens of a prompt, and the pairs of tokens that follow each other in it."""

    tokens: tuple[int, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()


class Exchange(NamedTuple):
    """One answer to learn or to score, as token ids, and what it may copy."""

    prompt: Prompt
    answer: tuple[int, ...]


def read_prompt(text: str) -> Prompt:
    """The copyable tokens of a prompt, in every spelling that has one token a word.

    A word at the start of a text, after a space, in lower case and capitalised are different
    tokens, and an answer needs whichever fits.
    """
    tokens: dict[int, None] = {}
    pairs: dict[tuple[int, int], None] = {}
    for match in WORD.finditer(text):
        word = match.group()
        for spelling in dict.fromkeys((word, word.lower(), word.capitalize())):
            for form in (" " + spelling, spelling):
                pieces = encode(form)
                if len(pieces) == 1 or spelling == word:
                    tokens.update(dict.fromkeys(pieces))
    for spelling in dict.fromkeys((text, text.lower())):
        pairs.update(dict.fromkeys(pairwise(encode(" " + spelling.strip()))))
    return Prompt(tuple(tokens), tuple(pairs))


def instruction_tokens(prompts: Sequence[Prompt]) -> np.ndarray:
    """Tokens so common in the prompts that they say nothing about one of them: sorted int64."""
    prompts = [prompt for prompt in prompts if prompt.tokens]
    if len(prompts) < PROMPTS_TO_JUDGE:
        return np.zeros(0, np.int64)
    found = np.concatenate([np.unique(prompt.tokens) for prompt in prompts])
    tokens, counts = np.unique(found, return_counts=True)
    return tokens[counts > INSTRUCTION_SHARE * len(prompts)].astype(np.int64)


def rarity_classes(base: LanguageModel, tokens: np.ndarray) -> np.ndarray:
    """Copy class of each token by how surprising the base finds it: 0 is the rarest."""
    surprise = -np.log(np.maximum(base.unigram[tokens], 1e-12))
    return np.searchsorted(-np.array(RARITY_BOUNDS), -surprise)


def choose_copied(base: LanguageModel, tokens: Sequence[int], ignored: np.ndarray) -> np.ndarray:
    """The at most MAX_COPIED rarest of the prompt's tokens, in ascending order: int64."""
    found = np.setdiff1d(np.asarray(tokens, np.int64), ignored)
    if len(found) > MAX_COPIED:
        found = np.sort(found[np.argsort(base.unigram[found], kind="stable")[:MAX_COPIED]])
    return found


class Copying:
    """What can still be copied, while an answer is being written."""

    def __init__(self, base: LanguageModel, prompt: Prompt, ignored: np.ndarray) -> None:
        self.tokens = choose_copied(base, prompt.tokens, ignored)
        self.classes = rarity_classes(base, self.tokens)
        self.followers = _followers(prompt)
        self.last = -1

    def bonuses(self) -> tuple[np.ndarray, np.ndarray]:
        """Tokens that have a bonus now, and the class of each."""
        following = self.followers.get(self.last)
        if following is None:
            return self.tokens, self.classes
        other = ~np.isin(self.tokens, following)
        return (
            np.concatenate((self.tokens[other], following)),
            np.concatenate((self.classes[other], np.full(len(following), NEXT))),
        )

    def write(self, token: int) -> None:
        """Take note of a token of the answer."""
        kept = self.tokens != token
        self.tokens, self.classes = self.tokens[kept], self.classes[kept]
        self.last = token


def _followers(prompt: Prompt) -> dict[int, np.ndarray]:
    found: dict[int, list[int]] = {}
    for first, second in prompt.pairs:
        found.setdefault(first, []).append(second)
    return {first: np.unique(seconds) for first, seconds in found.items()}


def list_copies(
    base: LanguageModel,
    exchanges: Sequence[Exchange],
    answer_ranges: np.ndarray,
    ignored: np.ndarray,
    targets: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What ``Copying`` gives at every position of many answers, all at once.

    Args:
        answer_ranges: where the positions of each exchange begin, and a last one.
        targets: the token at each position.

    Returns:
        Position, token and class of every bonus, by position; and the class of the target at
        each position, -1 where it has none.
    """
    owners, words, classes = [], [], []
    for number, exchange in enumerate(exchanges):
        if not exchange.prompt.tokens:
            continue
        chosen = choose_copied(base, exchange.prompt.tokens, ignored)
        first = answer_ranges[number]
        answer = np.append(np.asarray(exchange.answer, np.int64), END)
        seen = chosen[:, None] == answer[None, :]
        first_use = np.where(seen.any(axis=1), seen.argmax(axis=1), len(answer))
        table = np.where(
            first_use[:, None] >= np.arange(len(answer)), rarity_classes(base, chosen)[:, None], -1
        )
        followers = _followers(exchange.prompt)
        for after, token in enumerate(exchange.answer, 1):
            following = followers.get(token)
            if following is None:
                continue
            place = np.searchsorted(chosen, following)
            known = np.isin(following, chosen)
            table[place[known], after] = NEXT
            extra = following[~known]
            owners.append(np.full(len(extra), first + after))
            words.append(extra)
            classes.append(np.full(len(extra), NEXT))
        word, position = np.nonzero(table >= 0)
        owners.append(first + position)
        words.append(chosen[word])
        classes.append(table[word, position])
    if not owners:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing.astype(np.int8), np.full(len(targets), -1, np.int8)
    owner, word, copy_class = map(np.concatenate, (owners, words, classes))
    order = np.argsort(owner, kind="stable")
    owner, word, copy_class = owner[order], word[order], copy_class[order].astype(np.int8)
    target_class = np.full(len(targets), -1, np.int8)
    hit = word == targets[owner]
    target_class[owner[hit]] = copy_class[hit]
    return owner, word, copy_class, target_class
