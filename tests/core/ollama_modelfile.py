"""Modelfiles as Ollama reads them: its grammar (``parser/parser.go``) and parameters, written anew.

State machine, quoting and what is dropped follow that file; parameters are those of ``api.Options``
that a Modelfile may set. ``fill`` knows the few template actions that this app writes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

COMMANDS = {
    "from", "license", "template", "system", "adapter", "draft", "renderer", "parser", "parameter",
    "message", "requires",
}  # fmt: skip
PARAMETERS: dict[str, type] = {
    "num_keep": int, "seed": int, "num_predict": int, "top_k": int, "top_p": float,
    "min_p": float, "repeat_last_n": int, "temperature": float, "repeat_penalty": float,
    "presence_penalty": float, "frequency_penalty": float, "stop": str, "num_ctx": int,
}  # fmt: skip


def parse_modelfile(text: str) -> list[tuple[str, str]]:
    """Commands in order, "model" for FROM, and parameters by their own names.

    Raises:
        ValueError: Ollama would refuse it.
    """
    found: list[tuple[str, str]] = []
    state, name, buffer = "nil", "", ""
    for letter in text:
        following, kept = _next(state, letter)
        if following != state:
            if state == "name":
                if buffer.lower() not in COMMANDS:
                    raise ValueError(f"no command: {buffer}")
                name = "model" if buffer.lower() == "from" else buffer.lower()
                following = "parameter" if name == "parameter" else "value"
            elif state == "parameter":
                name = buffer
            elif state == "value":
                value = _unquote(buffer.strip())
                if value is None or letter in " \t":
                    buffer += letter
                    continue
                found.append((name, value))
            buffer, state = "", following
        if kept and (_printable(letter)):
            buffer += letter
    if state == "value":
        value = _unquote(buffer.strip())
        if value is None:
            raise ValueError("unexpected end")
        found.append((name, value))
    elif state in ("name", "parameter"):
        raise ValueError("unexpected end")
    if "model" not in dict(found):
        raise ValueError("no FROM line")
    for name, value in found:
        if name not in COMMANDS | {"model"}:
            if name not in PARAMETERS:
                raise ValueError(f"unknown parameter {name}")
            PARAMETERS[name](value)
    return found


def _next(state: str, letter: str) -> tuple[str, bool]:
    """The state after a letter, and whether the letter is kept."""
    space, newline = letter in " \t", letter in "\r\n"
    ascii_letter = letter.isascii() and letter.isalpha()
    if state == "nil":
        if letter == "#":
            return "comment", False
        return ("nil", False) if space or newline else ("name", True)
    if state == "comment":
        return ("nil" if newline else "comment"), False
    if state == "value":
        return ("nil" if space or newline else "value"), True
    if space:
        return "value", False
    if ascii_letter or (state == "parameter" and (letter == "_" or letter.isdecimal())):
        return state, True
    raise ValueError(f"no letter of a name: {letter!r}")


def _unquote(text: str) -> str | None:
    for mark in ('"""', '"'):
        if text.startswith(mark):
            whole = len(text) >= 2 * len(mark) and text.endswith(mark)
            return text[len(mark) : -len(mark)] if whole else None
    return text


def _printable(letter: str) -> bool:
    """Go's strconv.IsPrint: letters, marks, numbers, punctuation, symbols, and the ASCII space."""
    return letter == " " or unicodedata.category(letter)[0] in "LMNPS"


def fill(template: str, messages: Sequence[Mapping[str, str]]) -> str:
    """A template of one loop over the messages, filled in as Go's text/template does."""
    found = re.fullmatch(r"\{\{- range \.Messages \}\}(.*?)\{\{ end \}\}(.*)", template, re.DOTALL)
    if found is None:
        raise ValueError("not the template that this app writes")
    body, rest = found.groups()
    pieces = re.split(r"(\{\{ \.(?:Role|Content) \}\})", body)
    values = {"{{ .Role }}": "role", "{{ .Content }}": "content"}
    made = [
        "".join(message[values[piece]] if piece in values else piece for piece in pieces)
        for message in messages
    ]
    if "{{" in rest or any("{{" in piece for piece in pieces if piece not in values):
        raise ValueError("an action that this app does not write")
    return "".join(made) + rest
