"""Examples to the files that trainers read, and back.

The bytes are a function of the examples alone: the same choices give the same file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Any, Literal

import orjson

from core.examples import ChatMessage, Example
from core.json_text import ENDS, STARTS, encode, json_bodies
from core.legacy import LegacyStyle, to_prompt_completion_jsonl
from core.problems import Problem
from core.window_examples import WindowExamples

__all__ = [
    "BOM",
    "FORMS",
    "Form",
    "LegacyStyle",
    "chat_lines",
    "example_to_chat",
    "message_to_chat",
    "parse_chat_jsonl",
    "read_chat_jsonl",
    "to_chat_jsonl",
    "to_completion_jsonl",
    "to_preference_jsonl",
    "to_prompt_completion_jsonl",
    "to_sharegpt_json",
    "to_training_jsonl",
]

#: How a training file says which answers are learnt: by ``weight`` 0 and 1, not at all (every
#: answer is), or by its shape: a prompt, and the one answer to it as the completion.
Form = Literal["weights", "plain", "completions"]
FORMS: tuple[Form, ...] = ("weights", "plain", "completions")

#: What Azure's documentation asks for in front of a training file; OpenAI wants none.
BOM = b"\xef\xbb\xbf"

#: Examples written at a time: windows overlap only nearby, and a small table is quick.
BLOCK = 500

ROLES = ("system", "user", "assistant")
SHAREGPT_ROLES = {"system": "system", "user": "human", "assistant": "gpt"}


def message_to_chat(message: ChatMessage) -> dict[str, Any]:
    """One message as the trainer takes it; absent fields are left out."""
    made: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.weight is not None:
        made["weight"] = message.weight
    if message.name is not None:
        made["name"] = message.name
    return made


def example_to_chat(example: Example) -> dict[str, Any]:
    """One example as OpenAI's chat format: {"messages": [{"role", "content", ...}, ...]}."""
    return {"messages": [message_to_chat(message) for message in example.messages]}


def chat_lines(examples: Iterable[Example], *, weights: bool = True) -> Iterator[bytes]:
    """One line of chat JSONL per example, with its newline.

    Args:
        examples: what to write; messages shared by several examples are encoded once.
        weights: False leaves ``weight`` out, for trainers that do not know it.
    """
    if isinstance(examples, WindowExamples):
        yield from examples.lines(weights)
        return
    left = iter(examples)
    while block := list(islice(left, BLOCK)):
        messages = [example.messages for example in block]
        flat = list(chain.from_iterable(messages))
        places = list(map(id, flat))
        different = dict(zip(places, flat, strict=True))
        encoded = dict(zip(different, _encode_all(different.values(), weights), strict=True))
        parts = [encoded[place] for place in places]
        start = 0
        for one in messages:
            end = start + len(one)
            yield b'{"messages":[%b]}\n' % b",".join(parts[start:end])
            start = end


def _encode_all(messages: Collection[ChatMessage], weights: bool) -> list[bytes]:
    """Every message as JSON, the same bytes as its dictionary would give."""
    if not messages:
        return []
    roles = [message.role for message in messages]
    weighed = [message.weight for message in messages]
    names = {message.name for message in messages}
    usual = names == {None} and set(weighed) <= ENDS.keys() and set(roles) <= STARTS.keys()
    if not usual:
        return [
            encode(message_to_chat(m if weights else m._replace(weight=None))) for m in messages
        ]
    bodies = json_bodies([message.content for message in messages])
    begin = map(STARTS.__getitem__, roles)
    end = map(ENDS.__getitem__, weighed if weights else repeat(None, len(roles)))
    return list(map(b"".join, zip(begin, bodies, end, strict=True)))


def to_chat_jsonl(examples: Iterable[Example], *, bom: bool = False, weights: bool = True) -> bytes:
    """Chat JSONL as OpenAI takes it.

    Args:
        examples: what to write.
        bom: a byte-order mark in front, as Azure's documentation asks for.
        weights: False leaves the messages' weights out.
    """
    return (BOM if bom else b"") + b"".join(chat_lines(examples, weights=weights))


def to_completion_jsonl(examples: Iterable[Example]) -> bytes:
    """Prompts and completions as chats: {"prompt": [messages], "completion": [one message]}.

    TRL learns the completion only. One line per answer that is learnt (weight other than 0), so a
    whole conversation becomes as many lines as it has such answers.
    """
    lines = []
    for example in examples:
        said = [message_to_chat(message._replace(weight=None)) for message in example.messages]
        for place, message in enumerate(example.messages):
            if message.role == "assistant" and message.weight != 0:
                row = {"prompt": said[:place], "completion": [said[place]]}
                lines.append(encode(row) + b"\n")
    return b"".join(lines)


def to_training_jsonl(
    examples: Iterable[Example], form: Form = "weights", *, bom: bool = False
) -> bytes:
    """A training file in one of ``FORMS``, with a byte-order mark if wanted."""
    if form == "completions":
        return (BOM if bom else b"") + to_completion_jsonl(examples)
    return to_chat_jsonl(examples, bom=bom, weights=form == "weights")


def read_chat_jsonl(data: bytes) -> list[Example]:
    """Examples of a chat JSONL file.

    Raises:
        Problem: a line is not such an example; it names the line.
    """
    examples, problems = parse_chat_jsonl(data)
    if problems:
        raise problems[0]
    return examples


def parse_chat_jsonl(data: bytes) -> tuple[list[Example], list[Problem]]:
    """Examples of a chat JSONL file, and a problem for every line that is none.

    A byte-order mark, Windows line ends, blank lines and a trailing comma are accepted, as is
    content in parts of type "text".
    """
    examples: list[Example] = []
    problems: list[Problem] = []
    for number, line in enumerate(data.removeprefix(BOM).split(b"\n"), 1):
        line = line.strip()
        if not line:
            continue
        try:
            examples.append(_read_line(line, number))
        except Problem as problem:
            problems.append(problem)
    return examples, problems


def _read_line(line: bytes, number: int) -> Example:
    where = f"line-{number}"
    hint = 'Every line is one {"messages": [...]} with roles and contents.'
    try:
        value = orjson.loads(line.removesuffix(b","))
    except orjson.JSONDecodeError as error:
        raise Problem(f"Line {number} is not JSON.", hint) from error
    messages = value.get("messages") if isinstance(value, dict) else None
    if not isinstance(messages, list) or not messages:
        raise Problem(f"Line {number} has no list of messages.", hint)
    read = tuple(
        _read_message(message, f"Line {number}, message {place}")
        for place, message in enumerate(messages, 1)
    )
    return Example(read, where, None, (where,), (where,), "ready")


def _read_message(message: Any, where: str) -> ChatMessage:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise Problem(f"{where} has no role this app knows.", f"Roles are {', '.join(ROLES)}.")
    content = message.get("content")
    if isinstance(content, list):
        texts = [part["text"] for part in content if isinstance(part, dict) and "text" in part]
        if len(texts) == len(content) and all(isinstance(text, str) for text in texts):
            content = "".join(texts)
    if not isinstance(content, str):
        raise Problem(f"{where} has no text.", "Calls of tools and pictures cannot be used.")
    weight = message.get("weight")
    if weight not in (None, 0, 1) or isinstance(weight, bool):
        raise Problem(f"{where} has a weight other than 0 or 1.", "Set it to 0 or 1.")
    name = message.get("name")
    if name is not None and not isinstance(name, str):
        raise Problem(f"{where} has a name that is not text.", "Remove the name.")
    return ChatMessage(message["role"], content, None if weight is None else int(weight), name)


def to_sharegpt_json(examples: Iterable[Example]) -> bytes:
    """A JSON list of {"conversations": [{"from": "human", "value": ...}, ...]}."""
    rows = [
        {
            "conversations": [
                {"from": SHAREGPT_ROLES[message.role], "value": message.content}
                for message in example.messages
            ]
        }
        for example in examples
    ]
    return encode(rows) + b"\n"


def to_preference_jsonl(examples: Sequence[Example], rejected: Sequence[str]) -> bytes:
    """Preference pairs (DPO) as OpenAI takes them: my answer against a rejected one.

    Args:
        examples: prompts and my answers.
        rejected: for each example, the answer not wanted (say, the base model's).

    Raises:
        Problem: there is not one rejected answer for each example.
    """
    if len(examples) != len(rejected):
        raise Problem(
            f"There are {len(examples)} examples and {len(rejected)} rejected answers.",
            "Make one rejected answer for every example.",
        )
    lines = []
    for example, answer in zip(examples, rejected, strict=True):
        prompt = [message_to_chat(message._replace(weight=None)) for message in example.prompt]
        pair = {
            "input": {"messages": prompt},
            "preferred_output": [{"role": "assistant", "content": example.completion}],
            "non_preferred_output": [{"role": "assistant", "content": answer}],
        }
        lines.append(encode(pair) + b"\n")
    return b"".join(lines)
