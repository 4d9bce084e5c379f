"""Chat completions, streaming and not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.engine.candidates import CRITERIA, DRAFTS, MAX_DRAFTS, best_answer, places_words
from core.engine.conversation import count_tokens, prompt_of
from core.engine.decoding import DEFAULT_MIN_P, Decoding, Drawn, Piece, answer
from core.engine.parameters import CHAT, check_parameters
from core.engine.prompts import Prompt
from core.engine.store import new_id
from core.engine.training_files import ROLES
from core.engine.tuned import Speaker
from core.engine.wire import ApiError, Request, Response, event_stream, json_response, take

MAX_ANSWERS = 128
MAX_TOKENS = 4096
DEFAULT_MAX_TOKENS = 512
MAX_TOP_LOGPROBS = 20

TEXT_PARTS = ("text", "refusal")

#: Tokens that open the answer, billed with the prompt: <|im_start|>assistant<|im_sep|>.
REPLY_TOKENS = 3

#: Keeps a finished answer; see ``stored_api.keep``.
Keep = Callable[[dict[str, Any]], None]


def read_messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of a request.

    Raises:
        ApiError: none, or not as they must be.
    """
    messages = take(body, "messages", list)
    if not messages:
        raise ApiError(
            400, "Invalid 'messages': at least one message is needed.", "invalid_value", "messages"
        )
    for number, message in enumerate(messages):
        _check_message(message, f"messages[{number}]")
    return messages


def _check_message(message: Any, param: str) -> None:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        known = ", ".join(f"'{role}'" for role in ROLES)
        raise ApiError(
            400,
            f"Invalid '{param}': its role must be one of {known}.",
            "invalid_value",
            f"{param}.role",
        )
    content, param = message.get("content"), f"{param}.content"
    if content is None and message["role"] == "assistant":
        return  # it called a tool or refused
    if not isinstance(content, str | list):
        raise ApiError(
            400, f"Invalid type for '{param}': expected text or parts.", "invalid_type", param
        )
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in TEXT_PARTS:
            raise ApiError(
                400,
                f"Invalid content type. '{kind}' is not supported by this model, which reads text.",
                "invalid_value",
                param,
            )


def read_decoding(
    body: dict[str, Any],
    *,
    default_tokens: int = DEFAULT_MAX_TOKENS,
    top: int = 0,
    min_p: float = DEFAULT_MIN_P,
) -> Decoding:
    """How to draw tokens, from a request. ``min_p`` and ``evidence`` are additions of ours.

    Raises:
        ApiError: a value is of the wrong type or out of bounds.
    """
    stop = take(body, "stop", (str, list), default=[])
    stop = [stop] if isinstance(stop, str) else stop
    if len(stop) > 4 or not all(isinstance(text, str) for text in stop):
        raise ApiError(400, "Invalid 'stop': at most 4 texts.", "invalid_value", "stop")
    number = (int, float)
    name = "max_tokens" if body.get("max_completion_tokens") is None else "max_completion_tokens"
    return Decoding(
        temperature=take(body, "temperature", number, default=1.0, low=0, high=2),
        top_p=take(body, "top_p", number, default=1.0, low=0, high=1),
        min_p=take(body, "min_p", number, default=min_p, low=0, high=1),
        evidence=take(body, "evidence", bool, default=True),
        max_tokens=take(body, name, int, default=default_tokens, low=0, high=MAX_TOKENS),
        seed=take(body, "seed", int, low=-(2**63), high=2**63 - 1),
        stop=tuple(stop),
        frequency_penalty=take(body, "frequency_penalty", number, default=0.0, low=-2, high=2),
        presence_penalty=take(body, "presence_penalty", number, default=0.0, low=-2, high=2),
        logit_bias=read_bias(body),
        top_logprobs=top,
    )


def read_bias(body: dict[str, Any]) -> dict[int, float]:
    """``logit_bias`` of a request.

    Raises:
        ApiError: no token ids, no numbers, or out of bounds.
    """
    bias = take(body, "logit_bias", dict, default={})
    try:
        found = {int(token): float(value) for token, value in bias.items()}
    except (TypeError, ValueError):
        found = {-1: 0.0}
    if any(not 0 <= token < 200_000 or not -100 <= value <= 100 for token, value in found.items()):
        raise ApiError(
            400,
            "Invalid 'logit_bias': token ids, with values from -100 to 100.",
            "invalid_value",
            "logit_bias",
        )
    return found


def disclosure(decoding: Decoding, drafts: int) -> dict[str, Any]:
    """What else decided about an answer: an addition of ours to each response."""
    return {
        "drafts": drafts,
        "chosen_by": list(CRITERIA) if drafts > 1 else [],
        "min_p": decoding.min_p,
        "evidence": decoding.evidence,
        "words_of_the_message_placed": places_words(decoding, drafts),
        "system_messages": "ignored",
    }


@dataclass(frozen=True, slots=True)
class Voice:
    """Whatever answers: the embedded engine's models, or those of open weights.

    ``draw(messages, decoding, count, drafts)`` begins answers, made while they are read, and
    says how many tokens the prompt has; ``disclose`` tells what else decides about them.
    ``drafts`` and ``min_p`` are taken where a request does not say.
    """

    draw: Callable[[list[dict[str, Any]], Decoding, int, int], tuple[list[Iterator[Piece]], int]]
    disclose: Callable[[Decoding, int], dict[str, Any]]
    drafts: int
    min_p: float


def embedded_voice(speaker: Speaker) -> Voice:
    """The voice of a model of the embedded engine."""

    def draw(
        messages: list[dict[str, Any]], decoding: Decoding, count: int, drafts: int
    ) -> tuple[list[Iterator[Piece]], int]:
        answers = draw_answers(speaker, prompt_of(messages), decoding, count, drafts)
        return answers, count_tokens(messages) + REPLY_TOKENS

    return Voice(draw, disclosure, DRAFTS, DEFAULT_MIN_P)


def draw_answers(
    speaker: Speaker, prompt: Prompt, decoding: Decoding, count: int, drafts: int
) -> list[Iterator[Piece]]:
    """Answers, made while they are read; the best of some drafts each, if more than one."""

    def best(index: int) -> Iterator[Piece]:
        yield from best_answer(speaker, prompt, decoding, index, drafts)

    if drafts > 1:
        return [best(index) for index in range(count)]
    return [answer(speaker, prompt, decoding, index) for index in range(count)]


def complete(voice: Voice, request: Request, keep: Keep | None) -> Response:
    """POST /chat/completions"""
    body = request.json()
    check_parameters(body, CHAT)
    messages = read_messages(body)
    logprobs = take(body, "logprobs", bool, default=False)
    top = take(body, "top_logprobs", int, default=0, low=0, high=MAX_TOP_LOGPROBS)
    if top and not logprobs:
        message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise ApiError(400, message, None, "top_logprobs")
    decoding = read_decoding(body, top=top, min_p=voice.min_p)
    if decoding.max_tokens < 1:
        raise ApiError(
            400, "Invalid 'max_tokens': must be at least 1.", "below_min_value", "max_tokens"
        )
    count = take(body, "n", int, default=1, low=1, high=MAX_ANSWERS)
    drafts = take(body, "drafts", int, default=voice.drafts, low=1, high=MAX_DRAFTS)
    if decoding.temperature == 0 and "drafts" not in body:
        drafts = 1  # they would all be the same
    stream = take(body, "stream", bool, default=False)
    usage = wants_usage(body, stream)
    frame = {
        "id": new_id("chatcmpl-"),
        "created": int(time.time()),
        "model": body["model"],
        "service_tier": "default",
        "system_fingerprint": "fp_soundalike",
        "soundalike": voice.disclose(decoding, drafts),
    }
    answers, prompt_count = voice.draw(messages, decoding, count, drafts)
    if stream:
        return event_stream(chunks(answers, frame, logprobs, prompt_count, usage, keep))
    whole = whole_answer([list(pieces) for pieces in answers], frame, logprobs, prompt_count)
    if keep is not None:
        keep(whole)
    return json_response(whole)


def whole_answer(
    answers: list[list[Piece]], frame: dict[str, Any], logprobs: bool, prompt_count: int
) -> dict[str, Any]:
    """Complete answers in OpenAI's shape."""
    choices = []
    total = 0
    for index, taken in enumerate(answers):
        drawn = [one for piece in taken for one in piece.drawn]
        total += len(drawn)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(piece.text for piece in taken),
            "refusal": None,
            "annotations": [],
        }
        choices.append(
            {
                "index": index,
                "message": message,
                "logprobs": logprob_object(drawn) if logprobs else None,
                "finish_reason": taken[-1].finish,
            }
        )
    return frame | {
        "object": "chat.completion",
        "choices": choices,
        "usage": usage_object(prompt_count, total),
    }


def chunks(
    answers: list[Iterator[Piece]],
    frame: dict[str, Any],
    logprobs: bool,
    prompt_count: int,
    include_usage: bool,
    keep: Keep | None,
) -> Iterator[dict[str, Any]]:
    """Chunks of all answers, taking turns; what is to be kept is kept when all have ended."""
    made: list[list[Piece]] = [[] for _ in answers]
    whole, frame = frame, frame | {"object": "chat.completion.chunk"}
    if include_usage:
        frame["usage"] = None

    def chunk(
        index: int, delta: dict[str, Any], finish: str | None = None, drawn: tuple[Drawn, ...] = ()
    ) -> dict[str, Any]:
        choice = {
            "index": index,
            "delta": delta,
            "logprobs": logprob_object(drawn) if logprobs and drawn else None,
            "finish_reason": finish,
        }
        return frame | {"choices": [choice]}

    for index in range(len(answers)):
        yield chunk(index, {"role": "assistant", "content": "", "refusal": None})
    total = 0
    for index, piece in in_turns(answers):
        made[index].append(piece)
        total += len(piece.drawn)
        if piece.text or (logprobs and piece.drawn):
            yield chunk(index, {"content": piece.text}, None, piece.drawn)
        if piece.finish:
            yield chunk(index, {}, piece.finish)
    if keep is not None:
        keep(whole_answer(made, whole, logprobs, prompt_count))
    if include_usage:
        yield frame | {"choices": [], "usage": usage_object(prompt_count, total)}


def in_turns(answers: list[Iterator[Piece]]) -> Iterator[tuple[int, Piece]]:
    """The pieces of several answers, each with its number; none waits for another to end."""
    going = dict(enumerate(answers))
    while going:
        for index, pieces in list(going.items()):
            piece = next(pieces)
            yield index, piece
            if piece.finish:
                del going[index]


def wants_usage(body: dict[str, Any], stream: bool) -> bool:
    """Whether a streamed answer ends with its token counts (``stream_options``).

    Raises:
        ApiError: an option without a stream, or one that is not available here.
    """
    options = take(body, "stream_options", dict)
    if options is None:
        return False
    if not stream:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise ApiError(400, message, None, "stream_options")
    for name in options:
        if name != "include_usage" and options[name]:
            param = f"stream_options.{name}"
            raise ApiError(400, f"'{param}' is not available here.", "unsupported_parameter", param)
    return take(options, "include_usage", bool, default=False)


def logprob_object(drawn: list[Drawn] | tuple[Drawn, ...]) -> dict[str, Any]:
    """Log-probabilities in OpenAI's shape. The end of an answer is a token without text."""

    def one(data: bytes, value: float) -> dict[str, Any]:
        token = data.decode("utf-8", "replace")
        return {"token": token, "logprob": value, "bytes": list(data)}

    content = [
        one(d.data, d.log_probability)
        | {"top_logprobs": [one(data, value) for data, value in d.top]}
        for d in drawn
    ]
    return {"content": content, "refusal": None}


def usage_object(prompt: int, completion: int) -> dict[str, Any]:
    """Token counts in OpenAI's shape."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
