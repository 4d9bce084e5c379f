"""The trainer's own rules, run before it does.

The rules are those that each provider documents (``core.limits``, with sources in
``core/providers/profiles.toml``). Everywhere: the roles are system, user and assistant, weights
are 0 or 1 and on assistant messages only, and an assistant message comes last. An empty user or
system message is what a blank prompt is, and legal at OpenAI.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.examples import ChatMessage, Example
from core.formats import to_chat_jsonl
from core.limits import Limits

Level = Literal["error", "warning", "info"]

#: Counts the tokens of each example (``core.tokens.count_examples`` fits).
Count = Callable[[Sequence[Example]], np.ndarray]

#: Examples named in one finding; the rest are counted.
MOST_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """One thing to know before training: how bad, where, what, and what would fix it."""

    level: Level
    where: str
    message: str
    fix: str | None = None


def check_examples(
    training: Sequence[Example],
    validation: Sequence[Example],
    limits: Limits,
    *,
    count: Count | None = None,
) -> list[Finding]:
    """Everything a trainer would complain about, worst first.

    Args:
        training: the training part.
        validation: the validation part; may be empty.
        limits: the trainer's rules.
        count: counts tokens; without it lengths are not checked.
    """
    findings = [
        *_check_sizes(training, validation, limits),
        *_check_part(training, "Training", limits),
        *_check_part(validation, "Validation", limits),
        *_check_copies(training, validation),
        *_check_documented(limits),
    ]
    if count is not None:
        findings += _check_tokens(training, "Training", limits, count)
        findings += _check_tokens(validation, "Validation", limits, count)
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(findings, key=lambda finding: order[finding.level])


def apply_fixes(
    examples: Sequence[Example], limits: Limits, *, without: Sequence[Example] = ()
) -> tuple[list[Example], dict[str, int]]:
    """The examples that a trainer takes, repaired where that loses nothing.

    Weights are removed where they do not belong, names cut to 64 characters; examples that cannot
    be repaired, and those that are also in ``without``, are left out.

    Args:
        examples: one file's examples.
        limits: the trainer's rules.
        without: the other file's examples.

    Returns:
        The examples and how often each thing was done.
    """
    done: dict[str, int] = {}
    seen = {example.messages for example in without}
    kept = []
    for example in examples:
        messages = tuple(_repaired(message, limits) for message in example.messages)
        fixed = example if messages == example.messages else example._replace(messages=messages)
        wrong = [one for one in example_troubles(fixed, limits) if TROUBLES[one][0] == "error"]
        what = f"left out: {TROUBLES[wrong[0]][1]}" if wrong else ""
        if not wrong and messages in seen:
            what = "left out: also in the other file."
        if not what:
            kept.append(fixed)
            what = "weights or names corrected" if fixed is not example else ""
        if what:
            done[what] = done.get(what, 0) + 1
    return kept, done


def _repaired(message: ChatMessage, limits: Limits) -> ChatMessage:
    belongs = message.role == "assistant" and message.weight in (0, 1)
    belongs = belongs and limits.weights is not False
    if message.weight is not None and not belongs:
        message = message._replace(weight=None)
    if message.name is not None and len(message.name) > 64:
        message = message._replace(name=message.name[:64])
    return message


def _check_sizes(
    training: Sequence[Example], validation: Sequence[Example], limits: Limits
) -> list[Finding]:
    findings = []
    if len(training) < (limits.min_examples or 1):
        findings.append(
            Finding(
                "error",
                "Training",
                f"{_examples(len(training))}; {limits.name} wants at least "
                f"{limits.min_examples or 1}.",
                "Use more messages: a longer period, fewer filters, or a smaller held-out share.",
            )
        )
    elif len(training) < limits.good_examples:
        findings.append(
            Finding(
                "warning",
                "Training",
                f"{len(training)} examples; from about {limits.good_examples} on the effect is clear.",
                "Use more messages if you have them.",
            )
        )
    if limits.max_examples and len(training) > limits.max_examples:
        findings.append(
            Finding(
                "error",
                "Training",
                f"{len(training):,} examples; {limits.name} takes {limits.max_examples:,}.",
                "Limit the number of examples.",
            )
        )
    if not validation:
        findings.append(
            Finding(
                "info",
                "Validation",
                "There is no validation part, so overfitting will not show.",
                "Choose a validation share above zero.",
            )
        )
    most = limits.max_file_bytes
    for name, part in (("Training", training), ("Validation", validation)) if most else ():
        assert most is not None
        size = _file_bytes(part, most)
        if size > most:
            findings.append(
                Finding(
                    "error",
                    name,
                    f"The file has {size / 2**20:.0f} MB; "
                    f"{limits.name} takes {most / 2**20:.0f} MB.",
                    "Limit the number of examples.",
                )
            )
    return findings


def _examples(count: int) -> str:
    return "1 example" if count == 1 else f"{count:,} examples"


def _file_bytes(part: Sequence[Example], limit: int) -> int:
    """Size of the JSONL file; exact only where it may matter."""
    rough = sum(40 + sum(40 + 6 * len(m.content) for m in e.messages) for e in part)
    return len(to_chat_jsonl(part)) if rough > limit else rough


def _check_part(part: Sequence[Example], name: str, limits: Limits) -> list[Finding]:
    """Roles, weights, order and contents, one finding per kind of trouble."""
    wrong: dict[str, list[int]] = {}
    for number, example in enumerate(part, 1):
        for trouble in example_troubles(example, limits):
            wrong.setdefault(trouble, []).append(number)
    found = []
    for trouble, numbers in wrong.items():
        level, words, fix = TROUBLES[trouble]
        words = words.format(name=limits.name, learns=limits.learns)
        found.append(Finding(level, _where(name, numbers), words, fix))
    return found


TROUBLES: dict[str, tuple[Level, str, str | None]] = {
    "no messages": ("error", "no messages at all.", "Leave the example out."),
    "role": (
        "error",
        "a role other than system, user and assistant.",
        "Leave the example out or correct the role.",
    ),
    "last": (
        "error",
        "the last message is not an assistant message, so there is nothing to learn.",
        "End each example with an answer.",
    ),
    "weight value": ("error", "a weight other than 0 or 1.", "Set the weight to 0 or 1."),
    "weight role": (
        "error",
        "a weight on a message that is not the assistant's.",
        "Remove that weight.",
    ),
    "all weights zero": (
        "error",
        "every assistant message has weight 0, so nothing is learnt.",
        "Give at least one answer weight 1.",
    ),
    "weights ignored": (
        "warning",
        "an answer that is only shown (weight 0), and {name} does not obey weights: it learns "
        "{learns} as well.",
        "Download the file as prompts and completions, or learn single answers with a buffer_size "
        "of 1.",
    ),
    "weights undocumented": (
        "warning",
        "an answer that is only shown (weight 0); {name} does not say whether it obeys weights, "
        "so your earlier answers may be learnt again.",
        "To be safe, use a buffer_size of 1.",
    ),
    "empty answer": ("error", "an empty answer.", "Leave the example out."),
    "empty prompt": (
        "info",
        "a blank prompt. That is legal: from those a model learns how you begin, and how you write.",
        None,
    ),
    "empty prompt refused": (
        "error",
        "an empty user message, which {name} refuses.",
        "Use topics or replies as the prompt.",
    ),
    "alternation": (
        "error",
        "user and assistant do not take turns, the user first, which {name} insists on.",
        "Leave the example out.",
    ),
    "system place": (
        "warning",
        "a system message that is not the first.",
        "Move it to the front.",
    ),
    "system refused": (
        "error",
        "a system message that is not the first, which {name} refuses.",
        "Move it to the front.",
    ),
    "name": ("error", "a name longer than 64 characters.", "Shorten or remove the name."),
}


def example_troubles(example: Example, limits: Limits) -> list[str]:
    """Keys of ``TROUBLES`` that apply to one example, each once."""
    if not example.messages:
        return ["no messages"]
    found: dict[str, None] = {}
    answers = learnt = 0
    before = ""
    for place, message in enumerate(example.messages):
        if message.role not in ("system", "user", "assistant"):
            found["role"] = None
        if message.role == "assistant":
            answers += 1
            learnt += message.weight != 0
            if message.weight not in (None, 0, 1):
                found["weight value"] = None
            elif message.weight == 0 and not limits.weights:
                found["weights ignored" if limits.weights is False else "weights undocumented"] = (
                    None
                )
            if not message.content.strip() and message.weight != 0:
                found["empty answer"] = None
        elif message.weight is not None:
            found["weight role"] = None
        if message.role == "user" and not message.content:
            if limits.empty_content is False:
                found["empty prompt refused"] = None
            elif place >= len(example.messages) - 2:
                found["empty prompt"] = None
        if message.role == "system" and place:
            found["system refused" if limits.system_first else "system place"] = None
        due = "assistant" if before == "user" else "user"
        if limits.alternation and message.role not in ("system", due):
            found["alternation"] = None
        if message.name is not None and len(message.name) > 64:
            found["name"] = None
        before = before if message.role == "system" else message.role
    if example.messages[-1].role != "assistant":
        found["last"] = None
    elif answers and not learnt:
        found["all weights zero"] = None
    return list(found)


def _where(name: str, numbers: list[int]) -> str:
    """ "Training, example 3", or "Training, 12 examples (3, 7, ...)"."""
    if len(numbers) == 1:
        return f"{name}, example {numbers[0]}"
    named = ", ".join(str(number) for number in numbers[:MOST_NAMED])
    more = ", ..." if len(numbers) > MOST_NAMED else ""
    return f"{name}, {len(numbers)} examples ({named}{more})"


def _check_copies(training: Sequence[Example], validation: Sequence[Example]) -> list[Finding]:
    findings = []
    seen: dict[tuple, int] = {}
    copies = []
    for number, example in enumerate(training, 1):
        if seen.setdefault(example.messages, number) != number:
            copies.append(number)
    both = [number for number, example in enumerate(validation, 1) if example.messages in seen]
    if copies:
        findings.append(
            Finding(
                "info" if len(copies) * 20 < len(training) else "warning",
                _where("Training", copies),
                "word for word the same as an earlier example.",
                "Lower the number of repeats that are kept.",
            )
        )
    if both:
        findings.append(
            Finding(
                "error",
                _where("Validation", both),
                "also in the training part, so validation would be too kind.",
                "Leave them out of validation.",
            )
        )
    return findings


def _check_documented(limits: Limits) -> list[Finding]:
    """What could not be checked, and what else the trainer says."""
    name = limits.name[:1].upper() + limits.name[1:]
    findings = [Finding("info", name, limits.note)] if limits.note else []
    if limits.undocumented:
        silent = _listed(limits.undocumented)
        words = f"its documents do not say {silent}, so that is not checked."
        findings.append(Finding("info", name, words))
    return findings


def _listed(words: list[str]) -> str:
    """ "a", "a or b", "a, b or c"."""
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


#: What becomes of an example that is too long, and what helps.
LONG = {
    "end cut": "{name} cuts the end off, which is the answer.",
    "beginning cut": "the beginning of the conversation is cut off, so that the answer stays.",
    "dropped": "{name} leaves them out without a word.",
    "refused": "{name} refuses the file.",
    None: "{name} does not say what it does with those.",
}


def _check_tokens(
    part: Sequence[Example], name: str, limits: Limits, count: Count
) -> list[Finding]:
    if not limits.max_tokens or not part:
        return []
    long = np.flatnonzero(count(part) > limits.max_tokens) + 1
    if not len(long):
        return []
    about = "" if limits.exact_tokens else " (an estimate: its tokens are not OpenAI's)"
    return [
        Finding(
            "error" if limits.longer == "refused" else "warning",
            _where(name, long.tolist()),
            f"longer than {limits.max_tokens:,} tokens{about}: "
            + LONG[limits.longer].format(name=limits.name),
            "Use a smaller buffer_size, or leave out long messages.",
        )
    ]
