"""Completions, the older endpoint: how likely a given text is, and how it goes on.

``prompt`` is the beginning of an answer. With ``echo=True, max_tokens=0, logprobs=0`` nothing
is written and every token of the text is scored, as OpenAI's completions did. Two additions:
``messages`` in the request (the conversation that the text answers), and ``end_logprob`` with
each scored choice (how likely the text is to end where it does).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from core.engine.chat_api import MAX_ANSWERS, read_decoding, read_messages, usage_object
from core.engine.conversation import prompt_of
from core.engine.decoding import Drawn, answer, token_bytes
from core.engine.ngrams import END, START
from core.engine.prompts import Prompt
from core.engine.scoring import score_texts
from core.engine.store import new_id
from core.engine.tuned import Speaker
from core.engine.wire import ApiError, Request, Response, event_stream, json_response, take
from core.tokens import encode

MAX_LOGPROBS = 5
DEFAULT_MAX_TOKENS = 16
MAX_PROMPTS = 2048
MAX_PROMPT_TOKENS = 200_000


def read_prompts(body: dict[str, Any]) -> list[list[int]]:
    """The texts of a request, as token ids; a text, tokens, or a list of either.

    Raises:
        ApiError: something else, or too much of it.
    """
    given = body.get("prompt")
    if given is None:
        given = ""
    several = isinstance(given, list) and not all(isinstance(item, int) for item in given)
    prompts = []
    for one in given if several else [given]:
        if isinstance(one, str):
            prompts.append(encode(one))
        elif isinstance(one, list) and all(
            isinstance(token, int) and 0 <= token < START for token in one
        ):
            prompts.append(one)
        else:
            raise ApiError(
                400, "Invalid 'prompt': texts or lists of token ids.", "invalid_value", "prompt"
            )
    if len(prompts) > MAX_PROMPTS or sum(map(len, prompts)) > MAX_PROMPT_TOKENS:
        raise ApiError(
            400,
            f"Invalid 'prompt': at most {MAX_PROMPTS} texts and {MAX_PROMPT_TOKENS} tokens.",
            "above_max_value",
            "prompt",
        )
    return prompts


def complete(speaker: Speaker, request: Request) -> Response:
    """POST /completions"""
    body = request.json()
    if body.get("suffix"):
        raise ApiError(400, "'suffix' is not available here.", "unsupported_parameter", "suffix")
    prompts = read_prompts(body)
    top = take(body, "logprobs", int, low=0, high=MAX_LOGPROBS)
    echo = take(body, "echo", bool, default=False)
    count = take(body, "n", int, default=1, low=1, high=MAX_ANSWERS)
    decoding = read_decoding(body, default_tokens=DEFAULT_MAX_TOKENS, top=top or 0)
    conversation = prompt_of(read_messages(body)) if body.get("messages") else Prompt()
    frame = {
        "id": new_id("cmpl-"),
        "object": "text_completion",
        "created": int(time.time()),
        "model": body["model"],
        "system_fingerprint": "fp_soundalike",
    }
    if take(body, "stream", bool, default=False):
        values = (
            frame | {"choices": [choice]}
            for number, tokens in enumerate(prompts)
            for index in range(count)
            for choice in _stream(
                speaker, conversation, tokens, decoding, index, number * count + index
            )
        )
        return event_stream(values)
    choices: list[dict[str, Any]] = []
    written = 0
    scores: list[list[Drawn]] = [[] for _ in prompts]
    if echo:
        scores = score_texts(speaker, conversation, prompts, top or 0)
    for tokens, scored in zip(prompts, scores, strict=True):
        for index in range(count):
            pieces = []
            if decoding.max_tokens:
                pieces = list(answer(speaker, conversation, decoding, index, tokens))
            drawn = [one for piece in pieces for one in piece.drawn if one.token != END]
            written += len(drawn)
            text = "".join(piece.text for piece in pieces)
            choice: dict[str, Any] = {
                "index": len(choices),
                "text": _text(tokens) + text if echo else text,
                "finish_reason": pieces[-1].finish if pieces else "length",
                "logprobs": None,
            }
            if top is not None:
                choice["logprobs"] = logprob_object([*scored[:-1], *drawn], top)
            if scored:
                choice["end_logprob"] = scored[-1].log_probability
            choices.append(choice)
    usage = usage_object(sum(map(len, prompts)), written)
    return json_response(frame | {"choices": choices, "usage": usage})


def _text(tokens: list[int]) -> str:
    return b"".join(map(token_bytes, tokens)).decode("utf-8", "replace")


def _stream(
    speaker: Speaker,
    conversation: Prompt,
    tokens: list[int],
    decoding: Any,
    index: int,
    number: int,
) -> Iterator[dict[str, Any]]:
    if not decoding.max_tokens:
        return
    for piece in answer(speaker, conversation, decoding, index, tokens):
        if piece.text or piece.finish:
            yield {
                "index": number,
                "text": piece.text,
                "finish_reason": piece.finish,
                "logprobs": None,
            }


def logprob_object(drawn: list[Drawn], top: int) -> dict[str, Any]:
    """Log-probabilities in the shape of this endpoint."""
    names, offsets, length = [], [], 0
    so_far = b""
    for one in drawn:
        names.append(token_name(one.data))
        offsets.append(length)
        so_far += one.data
        length = len(so_far.decode("utf-8", "ignore"))
    shape: dict[str, Any] = {
        "tokens": names,
        "token_logprobs": [one.log_probability for one in drawn],
        "text_offset": offsets,
    }
    if top:
        shape["top_logprobs"] = [
            {token_name(data): value for data, value in one.top} for one in drawn
        ]
    return shape


def token_name(data: bytes) -> str:
    """A token as text; one that is not whole characters as OpenAI spells it."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)
