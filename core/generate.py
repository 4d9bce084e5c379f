"""One prompt, several streams: answers of a chat model, piece by piece."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openai
from openai import OpenAI

from core.examples import ChatMessage
from core.problems import Problem
from core.providers import ANY_PROVIDER, Profile, reraise, without_retries


@dataclass(frozen=True, slots=True)
class Sampling:
    """How answers are drawn. ``stop`` holds up to four texts that end an answer."""

    temperature: float = 0.8
    top_p: float = 1.0
    max_tokens: int = 200
    seed: int | None = None
    n: int = 1
    stop: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class StreamUsage:
    """What one stream took. Token numbers are the provider's own, None where it gives none.

    ``seconds_to_first_token`` is None when no text came. ``finish_reasons`` has one entry per
    answer: "stop", "length" (cut at max_tokens), "content_filter" or None.
    """

    seconds: float
    seconds_to_first_token: float | None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    finish_reasons: tuple[str | None, ...] = ()

    @property
    def tokens_per_second(self) -> float | None:
        """Tokens per second after the first one; None where it cannot be told."""
        writing = self.seconds - (self.seconds_to_first_token or 0.0)
        if not self.completion_tokens or writing <= 0:
            return None
        return self.completion_tokens / writing


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of answer number ``index``; the last one of a stream has no text but ``usage``."""

    index: int
    text: str
    usage: StreamUsage | None = None


Messages = Sequence[ChatMessage | Mapping[str, Any]]


def chat_messages(messages: Messages) -> list[dict[str, Any]]:
    """Messages as the chat endpoint takes them: no ``weight``, that is for training only."""
    plain = []
    for message in messages:
        if isinstance(message, ChatMessage):
            plain.append({"role": message.role, "content": message.content})
            if message.name:
                plain[-1]["name"] = message.name
        else:
            plain.append({k: v for k, v in message.items() if k != "weight"})
    return plain


def request_body(model: str, messages: Messages, sampling: Sampling) -> dict[str, Any]:
    """The arguments of ``chat.completions.create``; what is at its default is left out."""
    body: dict[str, Any] = {
        "model": model,
        "messages": chat_messages(messages),
        "temperature": sampling.temperature,
        "max_tokens": sampling.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    optional = {
        "top_p": None if sampling.top_p == 1.0 else sampling.top_p,
        "seed": sampling.seed,
        "n": None if sampling.n == 1 else sampling.n,
        "stop": list(sampling.stop) if sampling.stop else None,
    }
    return body | {key: value for key, value in optional.items() if value is not None}


def stream_answer(
    client: OpenAI,
    model: str,
    messages: Messages,
    sampling: Sampling | None = None,
    *,
    profile: Profile = ANY_PROVIDER,
) -> Generator[Delta, None, None]:
    """Pieces of ``sampling.n`` answers as they arrive, then one Delta with the usage.

    Closing the iterator early closes the connection, so the server can stop. The request is
    sent once; only where a server clearly refuses an optional field is it sent without that.

    Raises:
        Problem: nothing came, or the stream broke off; pieces that were yielded stay valid.
    """
    sampling = sampling or Sampling()
    started = time.perf_counter()
    clock = _Clock(started, [None] * sampling.n)
    stream = None
    try:
        stream = _open_stream(without_retries(client), request_body(model, messages, sampling))
        for chunk in stream:
            yield from clock.read(chunk)
        if clock.first is None and not any(clock.reasons):
            raise Problem(
                "The model sent an empty answer.", "Try again, or choose another model name."
            )
    except Exception as error:
        reraise(error, profile)
    finally:
        if stream is not None:
            stream.close()
    yield Delta(0, "", clock.usage())


@dataclass(slots=True)
class _Clock:
    """What one stream has shown so far."""

    started: float
    reasons: list[str | None]
    first: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None

    def read(self, chunk: Any) -> Iterator[Delta]:
        """Pieces of text in one chunk; the chunk with the usage has no choices."""
        if chunk.usage:
            self.prompt_tokens = chunk.usage.prompt_tokens
            self.completion_tokens = chunk.usage.completion_tokens
        for choice in chunk.choices or ():
            if choice.finish_reason and choice.index < len(self.reasons):
                self.reasons[choice.index] = choice.finish_reason
            text = (choice.delta.content or choice.delta.refusal or "") if choice.delta else ""
            if text:
                if self.first is None:
                    self.first = time.perf_counter() - self.started
                yield Delta(choice.index, text)

    def usage(self) -> StreamUsage:
        seconds = time.perf_counter() - self.started
        return StreamUsage(
            seconds, self.first, self.prompt_tokens, self.completion_tokens, tuple(self.reasons)
        )


def _open_stream(client: OpenAI, body: dict[str, Any]) -> Any:
    """Start a stream; on a clear refusal (HTTP 400) of an optional field, once without it."""
    for _ in range(3):
        try:
            return client.chat.completions.create(**body)
        except openai.BadRequestError as error:
            said = f"{error.param or ''} {error.message}"
            if "stream_options" in said and "stream_options" in body:
                del body["stream_options"]
            elif "max_tokens" in said and "max_completion_tokens" in said and "max_tokens" in body:
                body["max_completion_tokens"] = body.pop("max_tokens")
            else:
                raise
    return client.chat.completions.create(**body)


def answer_texts(deltas: Iterable[Delta], n: int = 1) -> tuple[list[str], StreamUsage | None]:
    """All pieces of a stream put together: one text per answer, and the usage."""
    texts = [""] * n
    usage = None
    for delta in deltas:
        if delta.index < n:
            texts[delta.index] += delta.text
        usage = delta.usage or usage
    return texts, usage
