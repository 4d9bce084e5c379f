"""A second look at a finished data set: does anything of one part show in another?

The split is made so that it cannot; this checks the examples themselves, whatever made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.checks import Finding
from core.dataset import Dataset
from core.duplicates import same_groups
from core.examples import Example


@dataclass(frozen=True)
class LeakReport:
    """What was compared, in how many examples, and what was found (nothing, if all is well)."""

    compared: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing leaks."""
        return not self.findings


def find_leaks(made: Dataset) -> LeakReport:
    """Compare training, validation and held-out part with one another.

    Looked at: messages of the archive in two parts, pieces of one conversation in two parts,
    word-for-word equal examples, and answers of 25 characters or more that are nearly the same
    as a text of mine that an earlier part shows, be it as context.
    """
    parts = {"training": made.training, "validation": made.validation, "held out": made.held_out}
    findings: list[Finding] = []
    names = list(parts)
    for later in range(1, len(names)):
        for earlier in range(later):
            findings += _between(
                parts[names[earlier]], parts[names[later]], names[earlier], names[later]
            )
    findings += _near_copies(parts)
    return LeakReport({name: len(part) for name, part in parts.items()}, tuple(findings))


def _between(
    first: Sequence[Example], second: Sequence[Example], one: str, two: str
) -> list[Finding]:
    shared: dict[str, set] = {
        "messages of the archive": {i for e in first for i in e.source_ids}
        & {i for e in second for i in e.source_ids},
        "examples, word for word": {e.messages for e in first} & {e.messages for e in second},
        "pieces of a conversation": {e.conversation for e in first}
        & {e.conversation for e in second},
    }
    return [
        Finding("error", f"{one} and {two}", f"{len(found)} {what} are in both.")
        for what, found in shared.items()
        if found
    ]


def _near_copies(parts: dict[str, Sequence[Example]]) -> list[Finding]:
    """Answers that an earlier part shows in nearly the same words."""
    texts: list[str] = []
    part: list[int] = []
    answer: list[bool] = []
    for number, examples in enumerate(parts.values()):
        own: dict[str, bool] = {}
        for example in examples:
            if example.recipe == "entities":  # its answers are lists of names, alike by design
                continue
            for message in example.messages:
                if message.role == "assistant":
                    learnt = message is example.messages[-1]
                    own[message.content] = own.get(message.content, False) or learnt
        texts += own
        answer += own.values()
        part += [number] * len(own)
    if not texts:
        return []
    group, long = same_groups(texts)
    where, is_answer = np.array(part), np.array(answer)
    findings = []
    names = list(parts)
    for later in range(1, len(names)):
        seen = np.unique(group[(where < later) & long])
        copies = int(((where == later) & long & is_answer & np.isin(group, seen)).sum())
        if copies:
            findings.append(
                Finding(
                    "error",
                    names[later],
                    f"{copies} answers are nearly the same as a text that an earlier part shows.",
                    "Leave near-duplicates out.",
                )
            )
    return findings
