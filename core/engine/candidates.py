"""Several drafts of an answer, and the choice among them by criteria that are told.

A model this small writes a good line about one time in five, and a draft costs milliseconds. Most
drafts may also put words of the last message where words of their kind stood (``placing.py``).
What is looked at: how likely the model finds its own draft, whether the prompt's rare words come
up, how much of it is one run of the person's own past words, where three words follow each other
that nobody ever wrote in a row (there sentences break), whether it repeats itself, whether it has
an end and closed quotation marks, and whether it is about as long as the person's texts are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.engine.decoding import Decoding, Piece, answer
from core.engine.language_model import LanguageModel
from core.engine.ngrams import END, ORDER, find, make_stream, walk
from core.engine.placing import Placing
from core.engine.prompts import COMMON, Prompt, choose_copied
from core.engine.tuned import Speaker

DRAFTS = 12
MAX_DRAFTS = 32

#: What each criterion is worth, in nats per token of log-probability.
TOPIC, RECITED, SEAMS, REPEATED, FORM, LENGTH = 1.2, 1.0, 4.0, 3.0, 0.5, 0.6
#: Deduction for a draft that is, from its first word to its last, made of known runs of four: as
#: a rule a text that was copied whole. Short ones ("ok", "on my way") everybody writes again.
WHOLE, WHOLE_SHORT, SHORT = 2.0, 0.5, 4
#: The drafts take turns in how strictly they keep to what was written before: with few texts a
#: strict draft can only recite, with many a loose one falls apart. The choice then decides.
STRICTNESS = (1.0, 1.0, 0.6, 1.0, 1.0, 0.3)
#: And in how often a place that fits is given to a word of the prompt.
PLACING: tuple[float, ...] = (0.0, 0.3, 0.6, 1.0)
#: What a seam is worth where the base, not the person, wrote the three words in a row.
BASE_SEAM = 0.5
#: Up to this share of a draft may be one known run of words without a deduction.
RECITED_FREELY = 0.5
#: Deduction for each further token of a known run this long, about the eight words in a row from
#: which on the copy check of the evidence speaks of a copy.
LONG_RUN, RUN_FREELY = 0.1, 9
#: Log-probabilities above this (nats per token) are no better: the likeliest text is the dullest.
LIKELY_ENOUGH = -1.75

CRITERIA = (
    "mean log-probability",
    "words of the last message used",
    "share and length recited from the training texts",
    "words that follow each other as they do in known texts",
    "no repetition of itself",
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
    placing = None
    if wanted and places_words(decoding, drafts):
        placing = Placing(speaker, prompt)
    made = []
    for number in range(drafts):
        drawing = replace(decoding, strictness=STRICTNESS[number % len(STRICTNESS)])
        place = placing.fresh(PLACING[number % len(PLACING)]) if placing else None
        seed = index * MAX_DRAFTS + number
        pieces = list(answer(speaker, prompt, drawing, seed, (), place))
        made.append(Draft(pieces, judge(speaker, wanted, pieces)))
    return max(made, key=lambda draft: draft.score).pieces


def places_words(decoding: Decoding, drafts: int) -> bool:
    """Whether words may be placed: not in plain sampling, nor where the caller steers tokens."""
    return drafts > 1 and decoding.evidence and not decoding.logit_bias


def topic_tokens(speaker: Speaker, prompt: Prompt) -> list[set[int]]:
    """The last message's rare words: for each, the tokens that stand for it in some spelling."""
    copyable = choose_copied(speaker.base, prompt, speaker.ignored)
    rare = copyable.only(copyable.classes < COMMON)
    words: dict[int, set[int]] = {}
    for word, token in zip(rare.words.tolist(), rare.tokens.tolist(), strict=True):
        if prompt.spelled and not prompt.spelled[word]:
            continue
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
        score += TOPIC * (1 - 0.5**used)
    text = "".join(piece.text for piece in pieces)
    score -= FORM * bad_form(text, pieces[-1].finish == "length")
    shown = [
        token
        for one in drawn
        for token in ((one.token,) if one.stood is None else one.stood)
        if token != END
    ]
    whole = [*shown, END] if pieces[-1].finish == "stop" else shown
    score -= SEAMS * seam_share(speaker, whole) + REPEATED * repeated_share(tokens)
    if speaker.memory is not None and tokens:
        run = longest_known_run(speaker.memory, tokens)
        recited = run / len(tokens)
        score -= RECITED * max(0.0, recited - RECITED_FREELY) / (1 - RECITED_FREELY)
        score -= LONG_RUN * max(0, run - RUN_FREELY)
        if is_known(speaker.memory, tokens):
            score -= WHOLE if len(tokens) > SHORT else WHOLE_SHORT
        score -= LENGTH * abs(np.log((len(tokens) + 1) / (speaker.usual_length + 1)))
    return float(score)


def seam_share(speaker: Speaker, tokens: Sequence[int]) -> float:
    """Share of tokens that the person never wrote after the two before; half, where the base did."""
    if len(tokens) < 2:
        return 0.0
    stream = make_stream([tokens])
    seam = np.where(walk(speaker.weights.keys, stream)[2] >= 0, BASE_SEAM, 1.0)
    if speaker.memory is not None:
        seam[walk(speaker.memory.keys, stream)[2] >= 0] = 0
    return float(seam[2 : len(tokens) + 1].mean())


def repeated_share(tokens: Sequence[int]) -> float:
    """Share of the runs of three tokens that stood in the same text before."""
    runs = list(zip(tokens, tokens[1:], tokens[2:], strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def bad_form(text: str, cut: bool) -> int:
    """How many things about a text's form are wrong: cut off, open brackets, odd punctuation."""
    opened = sum(text.count(left) != text.count(right) for left, right in PAIRS)
    return cut + opened + text.count('"') % 2 + sum(text.count(mark) for mark in CROWDED)


def is_known(memory: LanguageModel, tokens: Sequence[int]) -> bool:
    """Whether a text is in the memory from its start to its end, ORDER tokens by ORDER."""
    known = _known_runs(memory, tokens)
    if len(tokens) + 2 < ORDER:
        stream = make_stream([tokens])
        return bool(walk(memory.keys, stream)[len(tokens) + 1][-1] >= 0)
    return bool(known[ORDER - 1 :].all())


def longest_known_run(memory: LanguageModel, tokens: Sequence[int]) -> int:
    """Tokens of the longest run of which every ORDER in a row are in the memory."""
    longest = run = 0
    for ends in _known_runs(memory, tokens)[1:-1]:
        run = run + 1 if ends else 0
        longest = max(longest, run + ORDER - 1 if run else 0)
    return min(longest, len(tokens))


def _known_runs(memory: LanguageModel, tokens: Sequence[int]) -> np.ndarray:
    """Whether ORDER tokens that end at each place of START, tokens, END are in the memory."""
    stream = make_stream([tokens])
    deepest = walk(memory.keys, stream)[-1]
    context = np.concatenate(([-1], deepest[:-1]))
    return find(memory.keys[-1], context, stream.tokens) >= 0
