"""Records of ready data sets to turns: chat, ShareGPT, Alpaca, preference pairs, ChatML.

A turn is (role, text) with the roles "system", "user", "assistant" and "tool".
"""

from __future__ import annotations

import re
from typing import Any

from core.readers.values import dict_of, list_of, text_of

Turn = tuple[str, str]

_ROLES = {
    "system": "system",
    "developer": "system",
    "context": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "customer": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "claude": "assistant",
}
_CHATML = re.compile(
    r"<\|im_start\|>[ \t]*(\w+)[^\n]*\n(.*?)(?:<\|im_end\|>|(?=<\|im_start\|>)|\Z)", re.DOTALL
)
_NEXT_RECORD = re.compile(r"<\|endoftext\|>|\n[ \t]*\n|</s>")


def turns_of(record: dict[str, Any]) -> list[Turn] | None:
    """Turns of one record of any kind but plain prompt and completion; None: no known kind."""
    for key in ("messages", "conversations", "conversation"):
        if isinstance(record.get(key), list):
            turns = _chat(record[key])
            system = text_of(record.get("system")) or text_of(record.get("system_prompt"))
            return [("system", system), *turns] if system else turns
    wanted = record.get("preferred_output")
    if isinstance(wanted, list):
        return _chat(list_of(dict_of(record.get("input")).get("messages"))) + _chat(wanted)
    prompt = record.get("prompt")
    answer = record.get("completion", record.get("chosen"))
    if isinstance(prompt, list) and isinstance(answer, list):
        return _chat(prompt) + _chat(answer)
    if isinstance(answer, list) and answer and isinstance(answer[0], dict):
        turns = _chat(answer)
        if isinstance(prompt, str) and not any(role == "user" for role, _ in turns):
            turns.insert(0, ("user", prompt))
        return turns
    if isinstance(record.get("instruction"), str) and "output" in record:
        return _alpaca(record)
    text = record.get("text")
    if isinstance(text, str) and "<|im_start|>" in text:
        return [turn for part in chatml(text) for turn in part]
    return None


def prompt_and_completion(record: dict[str, Any]) -> tuple[str, str] | None:
    """(prompt, completion) of a record of two strings, else None; a chosen answer counts."""
    prompt = record.get("prompt")
    answer = record.get("completion", record.get("chosen"))
    if isinstance(answer, str) and (isinstance(prompt, str) or prompt is None):
        return prompt or "", answer
    return None


def _chat(messages: list[Any]) -> list[Turn]:
    turns = []
    for message in messages:
        entry = dict_of(message)
        role = text_of(entry.get("role")) or text_of(entry.get("from"))
        content = entry.get("content", entry.get("value", entry.get("text")))
        turns.append((_ROLES.get(role.lower(), "tool"), _content(content)))
    return turns


def _content(value: object) -> str:
    """Text of a string, or of a list of parts of which those that are text are joined."""
    if isinstance(value, str):
        return value
    return "".join(text_of(dict_of(part).get("text")) for part in list_of(value))


def _alpaca(record: dict[str, Any]) -> list[Turn]:
    turns: list[Turn] = []
    system = text_of(record.get("system"))
    if system:
        turns.append(("system", system))
    for pair in list_of(record.get("history")):
        if isinstance(pair, list) and len(pair) == 2:
            turns += [("user", text_of(pair[0])), ("assistant", text_of(pair[1]))]
    asked = [text_of(record.get("instruction")), text_of(record.get("input"))]
    turns.append(("user", "\n\n".join(part for part in asked if part)))
    turns.append(("assistant", text_of(record.get("output"))))
    return turns


def chatml(text: str) -> list[list[Turn]]:
    """Conversations of a ChatML text.

    A system turn begins a new one, and so does an empty line or an end mark between turns.
    """
    conversations: list[list[Turn]] = []
    end = 0
    for match in _CHATML.finditer(text):
        turn = (_ROLES.get(match[1].lower(), "tool"), match[2].removesuffix("\n"))
        gap = text[end : match.start()]
        if not conversations or turn[0] == "system" or _NEXT_RECORD.search(gap):
            conversations.append([])
        conversations[-1].append(turn)
        end = match.end()
    return conversations
