"""Prompt/completion JSONL, the format before chat: separators, stop marks, actors' names.

The conventions are those of OpenAI's old guide: a prompt ends with a separator that occurs in no
text, a completion begins with a blank and ends with a stop mark. With actors' names the prompt is
a script ("Human: ...", "AI: ...") that ends with the name of who is to speak, and the stop mark is
the other's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from core.examples import Example


@dataclass(frozen=True)
class LegacyStyle:
    """How prompts and completions are written.

    ``actors`` are (the other's, mine); with them ``separator`` and ``stop`` are not used.
    ``include_stop`` writes the mark by which a completion ends. A blank prompt stays empty, and an
    empty completion (to be filled in by hand) stays empty.
    """

    separator: str = "\n\n###\n\n"
    stop: str = " ###"
    completion_start: str = " "
    include_stop: bool = True
    actors: tuple[str, str] | None = None

    def stop_sequence(self) -> str:
        """What to give as the stop sequence when the model is used; "" for none."""
        if not self.include_stop:
            return ""
        return f"\n{self.actors[0]}: ".rstrip() if self.actors else self.stop


#: The styles people know, by name.
LEGACY_STYLES: dict[str, LegacyStyle] = {
    "separators": LegacyStyle(),
    "plain": LegacyStyle(separator="", stop="", include_stop=False),
    "script": LegacyStyle(actors=("Human", "AI")),
}


def to_prompt_completion(example: Example, style: LegacyStyle) -> dict[str, str]:
    """One example as {"prompt": ..., "completion": ...}."""
    blank = all(not message.content for message in example.prompt)
    if style.actors is not None:
        names = {"user": f"{style.actors[0]}: ", "assistant": f"{style.actors[1]}: ", "system": ""}
        lines = [names[message.role] + message.content for message in example.prompt]
        prompt = "\n".join([*lines, f"{style.actors[1]}:"])
        stop = f"\n{style.actors[0]}: "
    else:
        said = [message.content for message in example.prompt if message.content]
        prompt = "\n".join(said) + style.separator
        stop = style.stop
    answer = example.completion
    if answer:
        answer = style.completion_start + answer + (stop if style.include_stop else "")
    return {"prompt": "" if blank else prompt, "completion": answer}


def to_prompt_completion_jsonl(
    examples: Iterable[Example], style: LegacyStyle | None = None
) -> bytes:
    """Prompt/completion JSONL; weights and earlier turns of a script are plain text there."""
    chosen = style or LegacyStyle()
    return b"".join(
        orjson.dumps(to_prompt_completion(example, chosen)) + b"\n" for example in examples
    )


def marks_in_texts(examples: Iterable[Example], style: LegacyStyle) -> list[int]:
    """Numbers (from 1) of examples whose texts contain the separator or the stop mark.

    A mark inside a text ends the prompt or the answer too early.
    """
    marks = [f"\n{name}:" for name in style.actors] if style.actors else []
    if not style.actors:
        marks = [mark.strip() for mark in (style.separator, style.stop) if mark.strip()]
    return [
        number
        for number, example in enumerate(examples, 1)
        if any(mark in message.content for message in example.messages for mark in marks)
    ]
