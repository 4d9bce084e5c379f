"""Prompt/completion data sets: the marks that were put around the texts, found and taken off.

The old guide for such files asked for a separator at the end of every prompt, a blank before
every completion and a stop mark after it; others wrote the prompt as a script of two names. What
nearly all pairs share is a mark, not text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.readers.dataset_records import Turn

#: A mark must be on this share of the pairs; a few odd lines change nothing.
SHARE = 0.9
#: Not a question mark or full stop: those belong to the text, even if every prompt has one.
_MARK = re.compile(r"(?:\s+[^\w\s]+\s*|\s+|(?:->|=>|#{2,}|\|{2,})\s*)\Z")
_STOP = re.compile(r"(?:\s+(?:END|STOP|###|[^\w\s]{1,6})|\n+)\s*\Z")
_SPEAKER = re.compile(r"(?:\A|\n)([^\W\d_][^\n:]{0,39}):[ \t]*\Z")
_LINE_SPEAKER = re.compile(r"(?:\A|\n)([^\W\d_][^\n:]{0,39}): ")


@dataclass(frozen=True)
class Marks:
    """What is wrapped around the texts; ``speakers``: (the other's, mine) of a script."""

    separator: str = ""
    start: str = ""
    stop: str = ""
    speakers: tuple[str, str] | None = None


def find_marks(pairs: Sequence[tuple[str, str]]) -> Marks:
    """The marks of (prompt, completion) pairs; fewer than three pairs show none."""
    prompts = [prompt for prompt, _ in pairs if prompt]
    answers = [answer for _, answer in pairs if answer]
    if len(answers) < 3:
        return Marks()
    start = " " if _share(answers, lambda text: text.startswith(" ")) else ""
    answers = [text.removeprefix(start) for text in answers]
    speaker = _usual_ending(prompts, _SPEAKER)
    if speaker is not None:
        mine = speaker.strip(": \t\n")
        ending = _usual_ending(answers, _SPEAKER) or ""
        other = ending.strip(": \t\n") or _other_speaker(prompts, mine)
        return Marks(start=start, stop=ending, speakers=(other, mine))
    return Marks(_usual_ending(prompts, _MARK) or "", start, _usual_ending(answers, _STOP) or "")


def turns_of_pair(prompt: str, answer: str, marks: Marks) -> list[Turn]:
    """The turns of one pair without the marks."""
    answer = answer.removeprefix(marks.start)
    answer = answer.removesuffix(marks.stop) if marks.stop else answer
    if marks.speakers is None:
        if marks.separator:
            prompt = prompt.removesuffix(marks.separator)
        return [("user", prompt), ("assistant", answer)]
    return [*_script(prompt, *marks.speakers), ("assistant", answer)]


def _script(prompt: str, other: str, mine: str) -> list[Turn]:
    """Turns of ``Human: ...\\nAI: ...\\nAI:``; what stands before the first name is a system line."""
    names = "|".join(re.escape(name) for name in (other, mine) if name)
    pieces = re.split(rf"(?:\A|\n)({names}):(?: |\Z)", prompt) if names else [prompt]
    turns: list[Turn] = [("system", pieces[0])] if pieces[0].strip() else []
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        turns.append(("assistant" if name == mine else "user", text))
    if turns and turns[-1] == ("assistant", ""):
        turns.pop()
    if not any(role == "user" for role, _ in turns):
        turns.append(("user", ""))
    return turns


def _share(texts: Sequence[str], holds: object) -> bool:
    assert callable(holds)
    return bool(texts) and sum(map(holds, texts)) >= SHARE * len(texts)


def _usual_ending(texts: Sequence[str], mark: re.Pattern[str]) -> str | None:
    """The ending of that shape which nearly all texts share."""
    if len(texts) < 3:
        return None
    ends = Counter(found.group() for text in texts if (found := mark.search(text[-60:])))
    if not ends:
        return None
    ending, count = ends.most_common(1)[0]
    return ending if count >= SHARE * len(texts) else None


def _other_speaker(prompts: Sequence[str], mine: str) -> str:
    names = Counter(
        name for prompt in prompts for name in _LINE_SPEAKER.findall(prompt) if name != mine
    )
    return names.most_common(1)[0][0] if names else ""
