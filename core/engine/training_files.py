"""A training file, checked as OpenAI's trainer checks it and with its codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MIN_EXAMPLES = 10
ROLES = ("system", "developer", "user", "assistant", "tool", "function")


@dataclass(eq=False)
class FileFault(Exception):
    """Why a training or validation file is refused: the ``error`` of a failed job."""

    code: str
    message: str
    param: str = "training_file"


def read_lines(content: bytes) -> Iterator[dict[str, Any]]:
    """The JSON dictionaries of a file, one a line; blank lines are passed over.

    Raises:
        ValueError: a line is not a JSON dictionary; the words are those of the files endpoint.
    """
    text = content.removeprefix(b"\xef\xbb\xbf")
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = (
                "is not valid JSON" if isinstance(error, json.JSONDecodeError) else "is not UTF-8"
            )
            raise ValueError(
                "Expected file to have JSONL format, where every line is a valid JSON "
                f"dictionary. Line {number} {reason}."
            ) from error
        if not isinstance(value, dict):
            raise ValueError(
                "Expected file to have JSONL format, where every line is a valid JSON "
                f"dictionary. Line {number} is not a dictionary (starts with {text_start(value)})."
            )
        yield value


def text_start(value: Any) -> str:
    """The kind of a JSON value, for a message that must not quote the text."""
    return {list: "[", str: "a quotation mark", type(None): "null"}.get(type(value), "a number")


def check_file(content: bytes, method: str, param: str = "training_file") -> list[dict[str, Any]]:
    """The examples of a file, when all of them can be learnt from.

    Args:
        method: "supervised" or "dpo".
        param: "training_file" or "validation_file".

    Raises:
        FileFault: the first reason to refuse the file.
    """
    kind = "Training" if param == "training_file" else "Validation"
    try:
        examples = list(read_lines(content))
    except ValueError as error:
        raise FileFault("invalid_file_format", f"{kind} file is invalid. {error}", param) from error
    for number, example in enumerate(examples, 1):
        fault = _preference_fault(example) if method == "dpo" else _chat_fault(example)
        if fault:
            raise FileFault(
                "invalid_file_format", f"Invalid file format. Example {number} {fault}", param
            )
    if param == "training_file" and len(examples) < MIN_EXAMPLES:
        raise FileFault(
            "invalid_n_examples",
            f"{kind} file has {len(examples)} example(s), but must have at least "
            f"{MIN_EXAMPLES} examples",
            param,
        )
    if not examples:
        raise FileFault(f"invalid_{param}", f"{kind} file has no examples", param)
    return examples


def _chat_fault(example: dict[str, Any]) -> str:
    """What is wrong with a chat example, or nothing."""
    messages = example.get("messages")
    if messages is None:
        return 'is missing key "messages".'
    if not isinstance(messages, list) or not messages:
        return 'has "messages" that are not a list of messages.'
    fault = next(filter(None, map(_message_fault, messages)), "")
    if fault:
        return fault
    if not any(m["role"] == "assistant" and m.get("weight") != 0 for m in messages):
        return "must have at least one message from the assistant with weight other than 0."
    if messages[-1]["role"] != "assistant":
        return "must end with a message from the assistant."
    return ""


def _message_fault(message: Any) -> str:
    if not isinstance(message, dict):
        return "has a message that is not a dictionary."
    role, content, weight = message.get("role"), message.get("content"), message.get("weight")
    if role not in ROLES:
        return 'has a message without a valid "role".'
    calls = message.get("tool_calls") or message.get("function_call")
    if not isinstance(content, str | list) and not (role == "assistant" and calls):
        return 'has a message whose "content" is neither text nor a list of parts.'
    if weight is not None and role != "assistant":
        return 'has a "weight" on a message that is not from the assistant.'
    if weight not in (None, 0, 1) or isinstance(weight, bool):
        return 'has a "weight" that is neither 0 nor 1.'
    return ""


def _preference_fault(example: dict[str, Any]) -> str:
    """What is wrong with a preference example (DPO), or nothing."""
    given = example.get("input")
    if not isinstance(given, dict) or not isinstance(given.get("messages"), list):
        return 'is missing key "input" with "messages".'
    if not given["messages"]:
        return "has no input messages."
    fault = next(filter(None, map(_message_fault, given["messages"])), "")
    for key in ("preferred_output", "non_preferred_output"):
        output = example.get(key)
        if not isinstance(output, list) or len(output) != 1:
            return f'must have exactly one message in "{key}".'
        fault = fault or _message_fault(output[0])
        if not fault and output[0]["role"] != "assistant":
            fault = f'has a "{key}" that is not from the assistant.'
    return fault
