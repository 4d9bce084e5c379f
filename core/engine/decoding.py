"""Answers, drawn token by token; text comes out in whole characters only."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np

from core.engine.ngrams import END, START, VOCABULARY
from core.engine.prompts import Prompt
from core.engine.tuned import COPIED_EVIDENCE, Speaker
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
    back-off from putting a full stop after "the".
    """

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = DEFAULT_MIN_P
    evidence: bool = True
    max_tokens: int = 256
    seed: int | None = None
    stop: tuple[str, ...] = ()
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    logit_bias: dict[int, float] = field(default_factory=dict)
    top_logprobs: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """One token: its id, its bytes, ln P before decoding changed anything, likeliest others."""

    token: int
    data: bytes
    log_probability: float
    top: tuple[tuple[int, float], ...] = ()


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
) -> Iterator[Piece]:
    """Draw one answer.

    Args:
        prompt: what it may copy.
        index: number of the answer; with one seed, each index gives another answer.
        begun: tokens that the answer begins with; they are not given out.
    """
    random = np.random.default_rng(None if decoding.seed is None else [abs(decoding.seed), index])
    answering = speaker.begin(prompt)
    for token in begun:
        answering.write(token)
    written = _Writer(decoding.stop)
    written.skip(b"".join(map(token_bytes, begun)))
    used: dict[int, int] = {}
    for _ in range(decoding.max_tokens):
        probabilities = answering.next_probabilities()
        attested = answering.evidence() if decoding.evidence else None
        token = _draw(
            probabilities, attested, used, bool(used or begun), written.pending, decoding, random
        )
        drawn = Drawn(
            token,
            token_bytes(token),
            float(np.log(max(probabilities[token], 1e-30))),
            _top(probabilities, decoding.top_logprobs),
        )
        if token == END:
            yield Piece(written.rest(), (drawn,), "stop")
            return
        answering.write(token)
        used[token] = used.get(token, 0) + 1
        text, stopped = written.add(drawn.data)
        if stopped:
            yield Piece(text, (drawn,), "stop")
            return
        yield Piece(text, (drawn,))
    yield Piece(written.rest(), (), "length")


def _top(probabilities: np.ndarray, count: int) -> tuple[tuple[int, float], ...]:
    if not count:
        return ()
    best = np.argpartition(probabilities, -count)[-count:]
    best = best[np.argsort(-probabilities[best])]
    return tuple((int(token), float(np.log(max(probabilities[token], 1e-30)))) for token in best)


def _draw(
    probabilities: np.ndarray,
    attested: np.ndarray | None,
    used: dict[int, int],
    may_end: bool,
    pending: bytes,
    decoding: Decoding,
    random: np.random.Generator,
) -> int:
    """One token; never END at once, and never bytes that break the character begun before."""
    weights = probabilities
    biased = np.fromiter(decoding.logit_bias, np.int64, len(decoding.logit_bias))
    if attested is not None:
        attested[biased] = np.maximum(attested[biased], COPIED_EVIDENCE)
        weighed = probabilities * attested
        if weighed.sum() >= LEAST_ATTESTED:
            weights = weighed
    if used and (decoding.frequency_penalty or decoding.presence_penalty):
        weights = weights.copy()
        tokens = np.fromiter(used, np.int64, len(used))
        times = np.fromiter(used.values(), np.float64, len(used))
        penalty = decoding.frequency_penalty * times + decoding.presence_penalty
        weights[tokens] *= np.exp(-penalty)
    if decoding.logit_bias:
        weights = weights.astype(np.float64)
        weights[biased] *= np.exp(np.fromiter(decoding.logit_bias.values(), np.float64))
    if not may_end:
        weights = weights.copy() if weights is probabilities else weights
        weights[END] = 0
    floor = max(decoding.min_p * float(weights.max()), 1e-12)
    while True:
        candidates = np.flatnonzero(weights >= floor)
        if pending:
            candidates = candidates[continuing_tokens()[candidates]]
        while len(candidates):
            place = _pick(weights[candidates].astype(np.float64), decoding, random)
            token = int(candidates[place])
            if continues_text(pending, token_bytes(token)) and (token != END or not pending):
                return token
            candidates = np.delete(candidates, place)
        if floor <= 0:
            return END
        floor = floor / 1000 if floor > 1e-30 else 0.0


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


class _Writer:
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
