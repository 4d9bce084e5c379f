"""Prompt/completion files, marks inside texts."""

from __future__ import annotations

import orjson
import pytest

from core.examples import ChatMessage, Example
from core.legacy import (
    LegacyStyle,
    marks_in_texts,
    to_prompt_completion,
    to_prompt_completion_jsonl,
)


def example(*messages):
    made = tuple(ChatMessage(*message) for message in messages)
    return Example(made, "c", None, ("m",), ("m",), "replies")


TALK = example(
    ("system", "Be Sam."), ("user", "a"), ("assistant", "b", 0), ("user", "c"), ("assistant", "d")
)
BLANK = example(("user", ""), ("assistant", "d"))
SCRIPT = LegacyStyle(actors=("Human", "AI"))


@pytest.mark.parametrize(
    ("made", "style", "prompt", "completion"),
    [
        (TALK, LegacyStyle(), "Be Sam.\na\nb\nc\n\n###\n\n", " d ###"),
        (TALK, LegacyStyle(include_stop=False), "Be Sam.\na\nb\nc\n\n###\n\n", " d"),
        (TALK, LegacyStyle(separator=" ->", stop=" END"), "Be Sam.\na\nb\nc ->", " d END"),
        (TALK, SCRIPT, "Be Sam.\nHuman: a\nAI: b\nHuman: c\nAI:", " d\nHuman: "),
        (BLANK, LegacyStyle(), "", " d ###"),
        (BLANK, SCRIPT, "", " d\nHuman: "),
        (example(("user", "x"), ("assistant", "")), LegacyStyle(), "x\n\n###\n\n", ""),
    ],
)
def test_styles(made, style, prompt, completion):
    assert to_prompt_completion(made, style) == {"prompt": prompt, "completion": completion}


def test_lines():
    data = to_prompt_completion_jsonl([TALK, BLANK])
    assert [orjson.loads(line)["completion"] for line in data.splitlines()] == [" d ###"] * 2


def test_stop_sequences():
    assert LegacyStyle().stop_sequence() == " ###"
    assert SCRIPT.stop_sequence() == "\nHuman:"
    assert LegacyStyle(include_stop=False).stop_sequence() == ""


def test_marks_inside_texts_are_found():
    marked = example(("user", "a ### b"), ("assistant", "c"))
    named = example(("user", "he said\nHuman: hi"), ("assistant", "c"))
    assert marks_in_texts([TALK, marked, named], LegacyStyle()) == [2]
    assert marks_in_texts([TALK, marked, named], SCRIPT) == [3]
