"""Chat messages, as they come over the wire, into what the engine learns from and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.engine.preference import Pair
from core.engine.prompts import Exchange, Prompt, read_prompt
from core.tokens import TOKENS_PER_MESSAGE, encode

#: How many of the last messages before an answer are looked at for words to copy.
PROMPT_MESSAGES = 6


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, whether its content is a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part.get("text") or "" for part in parts if isinstance(part, Mapping))


def prompt_of(messages: Sequence[Mapping[str, Any]]) -> Prompt:
    """What can be copied from what the other side said last. System text is ignored: a model of this
    size learns a voice, and cannot follow instructions."""
    recent = [m for m in messages if m.get("role") != "system"][-PROMPT_MESSAGES:]
    *earlier, last = ["", *(text_of(m) for m in recent if m.get("role") == "user")]
    return read_prompt(last, "\n".join(filter(None, earlier)))


def exchanges_of(messages: Sequence[Mapping[str, Any]]) -> list[Exchange]:
    """One exchange for each assistant message that is to be learnt (weight 0: only shown)."""
    return [
        Exchange(prompt_of(messages[:place]), tuple(encode(text_of(message))))
        for place, message in enumerate(messages)
        if message.get("role") == "assistant" and message.get("weight") != 0 and text_of(message)
    ]


def read_example(example: Mapping[str, Any], method: str) -> list[Exchange]:
    """The exchanges of a checked example; for "dpo" the preferred answer and the other one."""
    if method != "dpo":
        return exchanges_of(example["messages"])
    prompt = prompt_of(example["input"]["messages"])
    outputs = (example["preferred_output"][0], example["non_preferred_output"][0])
    return [Exchange(prompt, tuple(encode(text_of(output)))) for output in outputs]


def as_pairs(examples: Sequence[Sequence[Exchange]]) -> list[Pair]:
    """Preference examples, as ``read_example`` gives them, as pairs."""
    return [Pair(preferred, other) for preferred, other in examples]


def count_example(example: Mapping[str, Any], method: str) -> int:
    """Tokens of an example as OpenAI bills them."""
    if method != "dpo":
        return count_tokens(example["messages"])
    parts = ("preferred_output", "non_preferred_output")
    return count_tokens(example["input"]["messages"]) + sum(
        count_tokens(example[part]) for part in parts
    )


def count_tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of a conversation as OpenAI bills them."""
    return sum(len(encode(text_of(message))) + TOKENS_PER_MESSAGE for message in messages)
