"""Several drafts of an answer, and the choice among them by criteria that are told.

A model this small writes a good line about every other time, and a draft costs milliseconds.
What is looked at: how likely the model finds its own draft, whether the prompt's rare words come
up, how much of it is one run of the person's own past words, whether the draft has an end and
closed quotation marks, and whether it is about as long as the person's texts are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.decoding import Decoding, Piece, answer, token_bytes
from core.engine.language_model import LanguageModel
from core.engine.ngrams import END, ORDER, make_stream, walk
from core.engine.prompts import Prompt, choose_copied, rarity_classes
from core.engine.tuned import Speaker

DRAFTS = 4
MAX_DRAFTS = 32

#: What each criterion is worth, in nats per token of log-probability.
TOPIC, RECITED, FORM, LENGTH = 1.5, 1.0, 0.5, 0.3
#: Up to this share of a draft may be one known run of words without a deduction.
RECITED_FREELY = 0.5
#: Log-probabilities above this (nats per token) are no better: the likeliest text is the dullest.
LIKELY_ENOUGH = -2.0

CRITERIA = (
    "mean log-probability",
    "words of the prompt used",
    "share recited from the training texts",
    "complete and well-formed",
    "usual length",
)

PAIRS = (("(", ")"), ("“", "”"), ("«", "»"), ("„", "“"), ("[", "]"))
CROWDED = (",,", ",.", ".,", " .", " ,", "?.", "!.", ":.", ":,")


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole answer and what it is worth."""

    pieces: list[Piece]
    score: float

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def best_answer(
    speaker: Speaker, prompt: Prompt, decoding: Decoding, index: int, drafts: int
) -> list[Piece]:
    """The best of several drafts. The same seed gives the same drafts."""
    wanted = topic_tokens(speaker, prompt)
    made = []
    for number in range(drafts):
        pieces = list(answer(speaker, prompt, decoding, index * MAX_DRAFTS + number))
        made.append(Draft(pieces, judge(speaker, wanted, pieces)))
    return max(made, key=lambda draft: draft.score).pieces


def topic_tokens(speaker: Speaker, prompt: Prompt) -> list[set[int]]:
    """The prompt's rare words: for each, the tokens that stand for it in some spelling."""
    tokens = choose_copied(speaker.base, prompt.tokens, speaker.ignored)
    rare = tokens[rarity_classes(speaker.base, tokens) < 3]
    words: dict[str, set[int]] = {}
    for token in rare.tolist():
        word = token_bytes(token).decode("utf-8", "replace").strip().casefold()
        words.setdefault(word, set()).add(token)
    return list(words.values())


def judge(speaker: Speaker, wanted: Sequence[set[int]], pieces: Sequence[Piece]) -> float:
    """What a draft is worth; higher is better."""
    drawn = [one for piece in pieces for one in piece.drawn]
    tokens = [one.token for one in drawn if one.token != END]
    likely = float(np.mean([one.log_probability for one in drawn])) if drawn else -20.0
    score = min(likely, LIKELY_ENOUGH)
    if wanted:
        used = sum(bool(spellings.intersection(tokens)) for spellings in wanted)
        score += TOPIC * used / len(wanted)
    text = "".join(piece.text for piece in pieces)
    score -= FORM * bad_form(text, pieces[-1].finish == "length")
    if speaker.memory is not None and tokens:
        recited = longest_known_run(speaker.memory, tokens) / len(tokens)
        score -= RECITED * max(0.0, recited - RECITED_FREELY) / (1 - RECITED_FREELY)
        score -= LENGTH * abs(np.log((len(tokens) + 1) / (speaker.usual_length + 1)))
    return float(score)


def bad_form(text: str, cut: bool) -> int:
    """How many things about a text's form are wrong: cut off, open brackets, odd punctuation."""
    opened = sum(text.count(left) != text.count(right) for left, right in PAIRS)
    return cut + opened + text.count('"') % 2 + sum(text.count(mark) for mark in CROWDED)


def longest_known_run(memory: LanguageModel, tokens: Sequence[int]) -> int:
    """Tokens of the longest run of which every ORDER - 1 in a row are in the memory."""
    stream = make_stream([tokens])
    nodes = walk(memory.keys, stream)
    longest = run = 0
    known = nodes[ORDER - 2] >= 0  # three in a row
    for place in range(1, len(tokens) + 1):
        run = run + 1 if known[place] else 0
        longest = max(longest, run + ORDER - 2 if run else 0)
    return min(longest, len(tokens))
