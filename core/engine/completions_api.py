"""Completions, the older endpoint: how likely a given text is, and how it goes on.

``prompt`` is the beginning of an answer. With ``echo=True, max_tokens=0, logprobs=0`` nothing
is written and every token of the text is scored, as OpenAI's completions did. Two additions:
``messages`` in the request (the conversation that the text answers), and ``end_logprob`` with
each scored choice (how likely the text is to end where it does).
"""

from __future__ import annotations

import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from core.engine.chat_api import (
    MAX_ANSWERS,
    in_turns,
    read_decoding,
    read_messages,
    usage_object,
    wants_usage,
)
from core.engine.conversation import prompt_of
from core.engine.decoding import DEFAULT_MIN_P, Decoding, Drawn, Piece, answer
from core.engine.ngrams import START
from core.engine.parameters import COMPLETIONS, check_parameters
from core.engine.prompts import Prompt
from core.engine.scoring import score_texts
from core.engine.store import new_id
from core.engine.tuned import Speaker
from core.engine.wire import ApiError, Request, Response, event_stream, json_response, take
from core.tokens import encode

MAX_LOGPROBS = 5
MAX_BEST_OF = 20
DEFAULT_MAX_TOKENS = 16
MAX_PROMPTS = 2048
MAX_PROMPT_TOKENS = 200_000


class Given(NamedTuple):
    """The beginning of an answer: its text (None: token ids were given), and its token ids.

    Ids of a text are those of o200k_base; ids that were given are the model's own.
    """

    text: str | None
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Writing:
    """Whatever goes on with texts: the embedded engine's models, or those of open weights.

    ``draw(messages, given, decoding, count)`` begins answers that go on with a text, made while
    they are read, and says how many tokens they go on from. ``score(messages, givens, top)``
    gives each token of each text, the end of the answer last, with ln P and the likeliest others.
    """

    draw: Callable[[list[dict[str, Any]], Given, Decoding, int], tuple[list[Iterator[Piece]], int]]
    score: Callable[[list[dict[str, Any]], list[Given], int], list[list[Drawn]]]
    min_p: float


def embedded_writing(speaker: Speaker) -> Writing:
    """What completions need of a model of the embedded engine."""

    def draw(
        messages: list[dict[str, Any]], given: Given, decoding: Decoding, count: int
    ) -> tuple[list[Iterator[Piece]], int]:
        prompt = _known(messages, [given])
        answers = [answer(speaker, prompt, decoding, n, given.tokens) for n in range(count)]
        return answers, len(given.tokens)

    def score(messages: list[dict[str, Any]], givens: list[Given], top: int) -> list[list[Drawn]]:
        prompt = _known(messages, givens)
        return score_texts(speaker, prompt, [given.tokens for given in givens], top)

    return Writing(draw, score, DEFAULT_MIN_P)


def _known(messages: list[dict[str, Any]], givens: list[Given]) -> Prompt:
    """What the embedded engine may copy.

    Raises:
        ApiError: a token is not of its vocabulary.
    """
    if any(token >= START for given in givens for token in given.tokens):
        message = f"Invalid 'prompt': token ids of o200k_base, below {START}."
        raise ApiError(400, message, "invalid_value", "prompt")
    return prompt_of(messages)


def read_prompts(body: dict[str, Any]) -> list[Given]:
    """The texts of a request: a text, token ids, or a list of either.

    Raises:
        ApiError: something else, or too much of it.
    """
    given = body.get("prompt")
    if given is None:
        given = ""
    several = isinstance(given, list) and not all(isinstance(item, int) for item in given)
    found = []
    for one in given if several else [given]:
        if isinstance(one, str):
            found.append(Given(one, tuple(encode(one))))
        elif isinstance(one, list) and all(
            isinstance(token, int) and 0 <= token < 2**31 for token in one
        ):
            found.append(Given(None, tuple(one)))
        else:
            raise ApiError(
                400, "Invalid 'prompt': texts or lists of token ids.", "invalid_value", "prompt"
            )
    if len(found) > MAX_PROMPTS or sum(len(one.tokens) for one in found) > MAX_PROMPT_TOKENS:
        raise ApiError(
            400,
            f"Invalid 'prompt': at most {MAX_PROMPTS} texts and {MAX_PROMPT_TOKENS} tokens.",
            "above_max_value",
            "prompt",
        )
    return found


class Choice:
    """One choice: what was given, if it is echoed, and what is written after it."""

    def __init__(self, index: int, given: Given, scored: list[Drawn], top: int | None) -> None:
        """``scored`` are the tokens of ``given`` if it is echoed; ``top``: see ``logprobs``."""
        self.index, self.top, self.scored = index, top, scored
        self.echoed = ""
        if scored:
            said = b"".join(one.data for one in scored)
            self.echoed = said.decode("utf-8", "replace") if given.text is None else given.text
        self._characters = getincrementaldecoder("utf-8")("ignore")
        self._length = 0

    def part(self, text: str, drawn: list[Drawn], finish: str | None) -> dict[str, Any]:
        """The choice with the next part of its text, from its tokens ``drawn``."""
        return {
            "index": self.index,
            "text": text,
            "finish_reason": finish,
            "logprobs": None if self.top is None else self._logprobs(drawn, self.top),
        }

    def begun(self) -> dict[str, Any]:
        """The part that echoes what was given."""
        return self.part(self.echoed, self.scored[:-1], None) | self._end()

    def whole(self, pieces: list[Piece]) -> dict[str, Any]:
        """The choice when it is complete."""
        text = self.echoed + "".join(piece.text for piece in pieces)
        drawn = [*self.scored[:-1], *written(pieces)]
        return self.part(text, drawn, pieces[-1].finish) | self._end()

    def _end(self) -> dict[str, float]:
        return {"end_logprob": self.scored[-1].log_probability} if self.scored else {}

    def _logprobs(self, drawn: list[Drawn], top: int) -> dict[str, Any]:
        """Log-probabilities in the shape of this endpoint."""
        offsets = []
        for one in drawn:
            offsets.append(self._length)
            self._length += len(self._characters.decode(one.data))
        shape: dict[str, Any] = {
            "tokens": [token_name(one.data) for one in drawn],
            "token_logprobs": [one.log_probability for one in drawn],
            "text_offset": offsets,
        }
        if top:
            shape["top_logprobs"] = [
                {token_name(data): value for data, value in one.top} for one in drawn
            ]
        return shape


def written(pieces: list[Piece]) -> list[Drawn]:
    """The tokens of an answer that have text: all but its end."""
    return [one for piece in pieces for one in piece.drawn if one.data]


def complete(writing: Writing, request: Request) -> Response:
    """POST /completions"""
    body = request.json()
    check_parameters(body, COMPLETIONS)
    givens = read_prompts(body)
    top = take(body, "logprobs", int, low=0, high=MAX_LOGPROBS)
    count = take(body, "n", int, default=1, low=1, high=MAX_ANSWERS)
    decoding = read_decoding(
        body, default_tokens=DEFAULT_MAX_TOKENS, top=top or 0, min_p=writing.min_p
    )
    stream = take(body, "stream", bool, default=False)
    usage = wants_usage(body, stream)
    best_of = take(body, "best_of", int, default=count, low=1, high=MAX_BEST_OF)
    if best_of < count or (stream and best_of > count):
        message = "Invalid 'best_of': at least 'n', and not more than that in a stream."
        raise ApiError(400, message, "invalid_value", "best_of")
    messages = read_messages(body) if body.get("messages") else []
    echo = take(body, "echo", bool, default=False)
    scores: list[list[Drawn]] = [[] for _ in givens]
    if echo:
        scores = writing.score(messages, givens, top or 0)
    frame = {
        "id": new_id("cmpl-"),
        "object": "text_completion",
        "created": int(time.time()),
        "model": body["model"],
        "system_fingerprint": "fp_soundalike",
    }

    def begin(given: Given, scored: list[Drawn]) -> tuple[list[Iterator[Piece]], int]:
        if not decoding.max_tokens:
            return [iter((Piece("", (), "length"),)) for _ in range(best_of)], len(scored[:-1])
        return writing.draw(messages, given, decoding, best_of)

    if stream:
        first = begin(givens[0], scores[0])  # what is wrong with it is an answer, not an event
        rest = (begin(*one) for one in zip(givens[1:], scores[1:], strict=True))
        choices = [
            Choice(number * count + index, given, scored, top)
            for number, (given, scored) in enumerate(zip(givens, scores, strict=True))
            for index in range(count)
        ]
        return event_stream(_chunks(chain((first,), rest), choices, frame, usage))
    made: list[dict[str, Any]] = []
    read = wrote = 0
    for given, scored in zip(givens, scores, strict=True):
        begun, tokens = begin(given, scored)
        answers = [list(pieces) for pieces in begun]
        read += tokens
        wrote += sum(len(written(pieces)) for pieces in answers)
        if best_of > count:
            answers.sort(key=_mean_log_probability, reverse=True)
        for pieces in answers[:count]:
            made.append(Choice(len(made), given, scored, top).whole(pieces))
    return json_response(frame | {"choices": made, "usage": usage_object(read, wrote)})


def _mean_log_probability(pieces: list[Piece]) -> float:
    drawn = [one.log_probability for one in written(pieces)]
    return sum(drawn) / max(len(drawn), 1)


def _chunks(
    begun: Iterable[tuple[list[Iterator[Piece]], int]],
    choices: list[Choice],
    frame: dict[str, Any],
    usage: bool,
) -> Iterator[dict[str, Any]]:
    """Chunks of the answers to each text, one text after the other."""
    read = wrote = first = 0
    for answers, tokens in begun:
        here = choices[first : first + len(answers)]
        first, read = first + len(answers), read + tokens
        for choice in here:
            if choice.scored:
                yield frame | {"choices": [choice.begun()]}
        for index, piece in in_turns(answers):
            drawn = written([piece])
            wrote += len(drawn)
            if piece.text or piece.finish or (drawn and here[index].top is not None):
                yield frame | {"choices": [here[index].part(piece.text, drawn, piece.finish)]}
    if usage:
        yield frame | {"choices": [], "usage": usage_object(read, wrote)}


def token_name(data: bytes) -> str:
    """A token as text; one that is not whole characters as OpenAI spells it."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)
