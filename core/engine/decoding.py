"""Answers, drawn token by token; text comes out in whole characters only."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np

from core.engine.ngrams import END, ORDER, START, VOCABULARY
from core.engine.placing import Placing
from core.engine.prompts import Prompt
from core.engine.tuned import Answering, Speaker
from core.tokens import get_encoding

#: Tokens less likely than this share of the likeliest are not drawn. Measured to matter more
#: than the model: without it, a small model's long tail gets into every other sentence.
DEFAULT_MIN_P = 0.1


#: Less than this of the probability attested: then evidence says nothing, and is not asked.
LEAST_ATTESTED = 0.01


@dataclass(frozen=True, slots=True)
class Decoding:
    """How tokens are drawn. Penalties and ``logit_bias`` mean what OpenAI's mean.

    ``evidence``: weigh tokens by how well they are attested after the last ones, which keeps
    back-off from putting a full stop after "the"; ``strictness`` is the power that it is taken
    to: less than 1 leaves more room for what was never written so.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = DEFAULT_MIN_P
    evidence: bool = True
    strictness: float = 1.0
    max_tokens: int = 256
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    logit_bias: dict[int, float] = field(default_factory=dict)
    top_logprobs: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """One token: its id, its bytes, ln P before decoding changed anything, likeliest others.

    ``stood``: for a word of the prompt that was placed, what the model had drawn there.
    """

    token: int
    data: bytes
    log_probability: float
    top: tuple[tuple[bytes, float], ...] = ()
    stood: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step adds: whole characters (may be none) and the tokens they came from."""

    text: str
    drawn: tuple[Drawn, ...] = ()
    finish: Literal["stop", "length"] | None = None


def token_bytes(token: int) -> bytes:
    """The bytes of a token; START and END have none."""
    return b"" if token >= START else get_encoding("o200k_base").decode_single_token_bytes(token)


@cache
def continuing_tokens() -> np.ndarray:
    """Whether a token begins with a byte that can only continue a character: bool per token."""
    return np.array([b"\x80" <= token_bytes(token)[:1] < b"\xc0" for token in range(VOCABULARY)])


def answer(
    speaker: Speaker,
    prompt: Prompt,
    decoding: Decoding,
    index: int = 0,
    begun: Sequence[int] = (),
    placing: Placing | None = None,
) -> Iterator[Piece]:
    """Draw one answer.

    Args:
        prompt: what it may copy.
        index: number of the answer; with one seed, each index gives another answer.
        begun: tokens that the answer begins with; they are not given out.
        placing: words of the prompt that may be put where words of their kind were drawn.
    """
    random = np.random.default_rng(None if decoding.seed is None else [abs(decoding.seed), index])
    answering = speaker.begin(prompt)
    for token in begun:
        answering.write(token)
    written = Writer(decoding.stop)
    written.skip(b"".join(map(token_bytes, begun)))
    used: dict[int, int] = {}
    placed: list[int] = []
    for _ in range(decoding.max_tokens):
        may_end = bool(used or begun)
        if placed:
            drawn = _placed(answering, placed.pop(0), (), decoding)
        else:
            drawn = _next(answering, used, may_end, written.pending, decoding, random)
            if drawn.token == END:
                yield Piece(written.rest(), (drawn,), "stop")
                return
            if placing is not None:
                last = answering.shown[-1]
                placed = list(placing.instead(last, drawn.token, drawn.log_probability, random))
            if placed:
                drawn = _placed(answering, placed.pop(0), (drawn.token,), decoding)
        token = drawn.token
        answering.write(token, drawn.stood)
        used[token] = used.get(token, 0) + 1
        text, stopped = written.add(drawn.data)
        if stopped:
            yield Piece(text, (drawn,), "stop")
            return
        yield Piece(text, (drawn,))
    yield Piece(written.rest(), (), "length")


def _top(probabilities: np.ndarray, count: int) -> tuple[tuple[bytes, float], ...]:
    if not count:
        return ()
    best = np.argpartition(probabilities, -count)[-count:]
    best = best[np.argsort(-probabilities[best])]
    return tuple(
        (token_bytes(token), float(np.log(max(probabilities[token], 1e-30))))
        for token in best.tolist()
    )


def _placed(answering: Answering, token: int, stood: tuple[int, ...], decoding: Decoding) -> Drawn:
    """A token of a word that is placed, and what the model says of it."""
    dense = answering.next_probabilities()
    log_probability = float(np.log(max(dense[token], 1e-30)))
    top = _top(dense, decoding.top_logprobs)
    return Drawn(token, token_bytes(token), log_probability, top, stood)


def _next(
    answering: Answering,
    used: dict[int, int],
    may_end: bool,
    pending: bytes,
    decoding: Decoding,
    random: np.random.Generator,
) -> Drawn:
    """The next token: among the attested ones where they have any probability, else among all."""
    choice: int | None = None
    dense: np.ndarray | None = None
    log_probability = 0.0
    if decoding.evidence:
        tokens, probabilities, evidence = answering.attested(tuple(decoding.logit_bias))
        if probabilities.sum() >= LEAST_ATTESTED:
            weights = probabilities * evidence**decoding.strictness
            choice = _draw(tokens, weights, used, may_end, pending, decoding, random)
        if choice is not None:
            if answering.shown[1 - ORDER :] != answering.history[1 - ORDER :]:
                tokens, probabilities, _ = answering.attested((choice,), answering.history)
            at = int(np.searchsorted(tokens, choice))
            log_probability = float(np.log(max(probabilities[at], 1e-30)))
    if choice is None or decoding.top_logprobs:
        dense = answering.next_probabilities()
    if choice is None:
        assert dense is not None
        every = np.arange(VOCABULARY)
        found = _draw(every, dense, used, may_end, pending, decoding, random)
        choice = END if found is None else found
        log_probability = float(np.log(max(dense[choice], 1e-30)))
    top = () if dense is None else _top(dense, decoding.top_logprobs)
    return Drawn(choice, token_bytes(choice), log_probability, top)


def _draw(
    tokens: np.ndarray,
    weights: np.ndarray,
    used: dict[int, int],
    may_end: bool,
    pending: bytes,
    decoding: Decoding,
    random: np.random.Generator,
) -> int | None:
    """One of some sorted tokens, by their weights; None where none of them fits.

    Never END at once, and never bytes that break the character begun before.
    """
    weights = weights.astype(np.float64)
    if used and (decoding.frequency_penalty or decoding.presence_penalty):
        times = np.fromiter(used.values(), np.float64, len(used))
        penalty = decoding.frequency_penalty * times + decoding.presence_penalty
        _scale(tokens, weights, np.fromiter(used, np.int64, len(used)), np.exp(-penalty))
    if decoding.logit_bias:
        biased = np.fromiter(decoding.logit_bias, np.int64, len(decoding.logit_bias))
        bias = np.fromiter(decoding.logit_bias.values(), np.float64)
        _scale(tokens, weights, biased, np.exp(bias))
    if not may_end:
        weights[tokens == END] = 0
    if pending:
        weights[~continuing_tokens()[tokens]] = 0
    floor = max(decoding.min_p * float(weights.max(initial=0)), 1e-12)
    while True:
        candidates = np.flatnonzero(weights >= floor)
        while len(candidates):
            place = _pick(weights[candidates], decoding, random)
            token = int(tokens[candidates[place]])
            if continues_text(pending, token_bytes(token)) and (token != END or not pending):
                return token
            candidates = np.delete(candidates, place)
        if floor <= 1e-30:
            return None
        floor = max(floor / 1000, 1e-30)


def _scale(tokens: np.ndarray, weights: np.ndarray, some: np.ndarray, by: np.ndarray) -> None:
    """Multiply the weights of some tokens, in place; those that are not listed are passed over."""
    place = np.minimum(np.searchsorted(tokens, some), len(tokens) - 1)
    listed = tokens[place] == some
    weights[place[listed]] *= by[listed]


def _pick(weights: np.ndarray, decoding: Decoding, random: np.random.Generator) -> int:
    if decoding.temperature <= 0.01:
        return int(weights.argmax())
    if decoding.top_p < 1:
        order = np.argsort(-weights, kind="stable")
        mass = np.cumsum(weights[order]) / weights.sum()
        kept = order[: int(np.searchsorted(mass, decoding.top_p)) + 1]
        only = np.zeros_like(weights)
        only[kept] = weights[kept]
        weights = only
    tempered = (weights / weights.max()) ** (1 / decoding.temperature)
    mass = np.cumsum(tempered)
    return min(int(np.searchsorted(mass, random.random() * mass[-1], "right")), len(mass) - 1)


def continues_text(pending: bytes, more: bytes) -> bool:
    """Whether bytes may follow the bytes of an unfinished character in UTF-8 text."""
    try:
        codecs.utf_8_decode(pending + more, "strict", False)
    except UnicodeDecodeError:
        return False
    return True


class Writer:
    """Bytes in, whole characters out; holds back what may turn out to begin a stop text."""

    def __init__(self, stop: tuple[str, ...]) -> None:
        self.stop = tuple(text for text in stop if text)
        self.pending = b""
        self.held = ""

    def skip(self, data: bytes) -> None:
        """Bytes that were written before; of them only an unfinished character matters."""
        _, length = codecs.utf_8_decode(data, "ignore", False)
        self.pending = data[length:]

    def add(self, data: bytes) -> tuple[str, bool]:
        """Text that is certain now, and whether a stop text was reached (it is left out)."""
        text, length = codecs.utf_8_decode(self.pending + data, "ignore", False)
        self.pending = (self.pending + data)[length:]
        self.held += text
        found = [at for stop in self.stop if (at := self.held.find(stop)) >= 0]
        if found:
            text, self.held = self.held[: min(found)], ""
            return text, True
        keep = max(
            (n for stop in self.stop for n in range(len(stop)) if self.held.endswith(stop[:n])),
            default=0,
        )
        cut = len(self.held) - keep
        text, self.held = self.held[:cut], self.held[cut:]
        return text, False

    def rest(self) -> str:
        """What was held back, at the end; a character that was only begun is dropped."""
        text, self.held = self.held, ""
        return text


def score(speaker: Speaker, prompt: Prompt, tokens: Sequence[int], top: int = 0) -> list[Drawn]:
    """Log-probabilities of a given answer, its END included, as ``answer`` would see them."""
    answering = speaker.begin(prompt)
    scored = []
    for token in [*tokens, END]:
        probabilities = answering.next_probabilities()
        log_probability = float(np.log(max(probabilities[token], 1e-30)))
        scored.append(Drawn(token, token_bytes(token), log_probability, _top(probabilities, top)))
        answering.write(token)
    return scored
