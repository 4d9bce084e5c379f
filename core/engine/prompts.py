"""What an answer may copy from its prompt.

A token of the prompt gets a learnt bonus while the answer has not used it yet, by how rare it
is; and a larger one right after the token that it follows in the prompt, so that a name or a
topic of several tokens comes out whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from core.engine.language_model import LanguageModel
from core.engine.ngrams import END, START
from core.tokens import encode, get_encoding

#: At most this many different tokens of a prompt can be copied, the rarest first.
MAX_COPIED = 48
#: Bounds, in -ln P(token) of the base, between the rarity classes, from rare to common.
RARITY_BOUNDS = (13.0, 10.5, 8.0)
#: The class of words that everybody writes all the time.
COMMON = len(RARITY_BOUNDS)
#: The class of a token that follows, in the prompt, the token just written.
NEXT = COMMON + 1
COPY_CLASSES = NEXT + 1

#: A token in more than this share of all prompts belongs to the instruction, not to the topic.
INSTRUCTION_SHARE = 0.25
#: Fewer prompts than this do not tell what is instruction.
PROMPTS_TO_JUDGE = 20

WORD = re.compile(r"\w[\w'’-]*")


class Prompt(NamedTuple):
    """Copyable tokens of a prompt, and the pairs of tokens that follow each other in it.

    ``words`` are the numbers of the words that ``tokens`` spell (empty: one word each), and
    ``spelled`` those words, in lower case where they begin a sentence; "" where they stand in an
    earlier message only.
    """

    tokens: tuple[int, ...] = ()
    pairs: tuple[tuple[int, int], ...] = ()
    words: tuple[int, ...] = ()
    spelled: tuple[str, ...] = ()


class Exchange(NamedTuple):
    """One answer to learn or to score, as token ids, and what it may copy."""

    prompt: Prompt
    answer: tuple[int, ...]


def read_prompt(text: str, earlier: str = "") -> Prompt:
    """The copyable tokens of a prompt, in every spelling that has one token a word.

    A word at the start of a text, after a space, in lower case and capitalised are different
    tokens, and an answer needs whichever fits.

    Args:
        text: the last message.
        earlier: messages before it.
    """
    last, text = len(earlier) + 1 if earlier else 0, "\n".join(filter(None, (earlier, text)))
    tokens: dict[int, int] = {}
    words: dict[str, int] = {}
    spelled: dict[int, str] = {}
    pairs: dict[tuple[int, int], None] = {}
    for match in WORD.finditer(text):
        word = match.group()
        number = words.setdefault(word.casefold(), len(words))
        begins = text[: match.start()].rstrip()[-1:] in ("", *".!?…:\n")
        if match.start() >= last:
            spelled.setdefault(number, word.lower() if begins else word)
        for spelling in dict.fromkeys((word, word.lower(), word.capitalize())):
            for form in (" " + spelling, spelling):
                first, *rest = encode(form)
                if not rest or spelling == word:
                    tokens.setdefault(first, number)
                if spelling == word:  # the middle of a word follows its beginning only
                    for piece in rest:
                        if _edges(piece).first != "a":
                            tokens.setdefault(piece, words.setdefault(f"#{piece}", len(words)))
    for spelling in dict.fromkeys((text, text.lower())):
        pairs.update(dict.fromkeys(pairwise(encode(" " + spelling.strip()))))
    return Prompt(
        tuple(tokens),
        tuple(pairs),
        tuple(tokens.values()),
        tuple(spelled.get(number, "") for number in range(len(words))),
    )


class _Edges(NamedTuple):
    """How a token begins and how it ends: with a letter or digit, a blank, or something else."""

    first: str
    last: str


@lru_cache(maxsize=200_000)
def _edges(token: int) -> _Edges:
    """What may stand beside a token: "gull" not after a letter, " gull" not at the beginning.

    Letters of scripts that put no blanks between words do not count.
    """
    if token >= START:
        return _Edges(" ", " ")
    text = get_encoding("o200k_base").decode_single_token_bytes(token).decode("utf-8", "replace")
    first, last = (
        "a" if letter.isalnum() and letter < "\u0e00" else " " if letter.isspace() else "."
        for letter in (text[0], text[-1])
    )
    return _Edges(first, last)


def instruction_tokens(prompts: Sequence[Prompt]) -> np.ndarray:
    """Tokens so common in the prompts that they say nothing about one of them: sorted int64."""
    prompts = [prompt for prompt in prompts if prompt.tokens]
    if len(prompts) < PROMPTS_TO_JUDGE:
        return np.zeros(0, np.int64)
    found = np.concatenate([np.unique(prompt.tokens) for prompt in prompts])
    tokens, counts = np.unique(found, return_counts=True)
    return tokens[counts > INSTRUCTION_SHARE * len(prompts)].astype(np.int64)


class Copyable(NamedTuple):
    """Tokens of a prompt that may be copied, in ascending order: int64, one item a token each."""

    tokens: np.ndarray
    classes: np.ndarray  # by how surprising the base finds the word: 0 is the rarest
    words: np.ndarray
    first: np.ndarray  # how they begin; see ``_edges``

    def only(self, kept: np.ndarray) -> Copyable:
        """Some of them."""
        return Copyable(*(part[kept] for part in self))


def choose_copied(base: LanguageModel, prompt: Prompt, ignored: np.ndarray) -> Copyable:
    """The tokens of a prompt's rarest words, at most MAX_COPIED.

    A word is as rare as its commonest spelling: "it" without a blank before it hardly ever stands
    in a text, but says no more than " it".
    """
    tokens = np.asarray(prompt.tokens, np.int64)
    words = np.asarray(prompt.words or range(len(tokens)), np.int64)
    surprise = -np.log(np.maximum(base.unigram[tokens], 1e-12))
    least = np.full(int(words.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, words, surprise)
    rarity = least[words]
    kept = np.flatnonzero(~np.isin(tokens, ignored))
    kept = kept[np.argsort(-rarity[kept], kind="stable")[:MAX_COPIED]]
    kept = kept[np.argsort(tokens[kept])]
    return Copyable(
        tokens[kept],
        np.searchsorted(-np.array(RARITY_BOUNDS), -rarity[kept]),
        words[kept],
        np.array([_edges(token).first for token in tokens[kept].tolist()], "<U1"),
    )


class Copying:
    """What can still be copied, while an answer is being written."""

    def __init__(self, base: LanguageModel, prompt: Prompt, ignored: np.ndarray) -> None:
        self.left = choose_copied(base, prompt, ignored)
        self.followers = _followers(prompt)
        self.last = START

    def bonuses(self) -> tuple[np.ndarray, np.ndarray]:
        """Tokens that have a bonus now, and the class of each."""
        left = self.left
        if (last := _edges(self.last).last) != ".":
            left = left.only(left.first != last)
        following = self.followers.get(self.last)
        if following is None:
            return left.tokens, left.classes
        other = ~np.isin(left.tokens, following)
        return (
            np.concatenate((left.tokens[other], following)),
            np.concatenate((left.classes[other], np.full(len(following), NEXT))),
        )

    def write(self, token: int) -> None:
        """Take note of a token of the answer: its word is used now, in whatever spelling."""
        word = self.left.words[self.left.tokens == token]
        self.left = self.left.only(~np.isin(self.left.words, word))
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
        copyable = choose_copied(base, exchange.prompt, ignored)
        chosen = copyable.tokens
        first = answer_ranges[number]
        answer = np.append(np.asarray(exchange.answer, np.int64), END)
        seen = chosen[:, None] == answer[None, :]
        first_use = np.where(seen.any(axis=1), seen.argmax(axis=1), len(answer))
        of_word = np.full(int(copyable.words.max(initial=-1)) + 1, len(answer))
        np.minimum.at(of_word, copyable.words, first_use)
        open_now = of_word[copyable.words][:, None] >= np.arange(len(answer))
        last = np.array([_edges(token).last for token in (START, *exchange.answer)])
        open_now &= (copyable.first[:, None] != last) | (last == ".")
        table = np.where(open_now, copyable.classes[:, None], -1)
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
