"""What a trainer takes, as it documents it: one small value per provider, filled in from data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from core.problems import Problem


@dataclass(frozen=True, slots=True)
class Limits:
    """A trainer's rules for one file of chat examples.

    None means that the trainer documents nothing about it: then it is not checked, and the person
    is told so. Of numbers, 0 means that there is no limit.

    ``min_examples``, ``max_examples``: per training file. ``max_tokens`` per example; ``longer``
    is what becomes of one above that: "end cut", "beginning cut", "dropped" or "refused".
    ``exact_tokens``: the trainer counts as this app does; otherwise counts are estimates.
    ``max_learnt_tokens``: of all answers together; above it a random sample is used.
    ``max_file_bytes``: of one file. ``alternation``: user and assistant must take turns, the user
    first. ``system_first``: a system message must be the first. ``weights``: whether ``weight`` 0
    keeps an answer from being learnt; with False, ``learns`` says what is learnt as well.
    ``empty_content``: whether an empty user message is taken. ``drops_quietly``: examples that
    break a rule are left out without a word, instead of the file being refused.
    ``good_examples`` is advice, not a rule. ``note`` is one more sentence for the person.
    """

    name: str = "The trainer"
    min_examples: int | None = None
    good_examples: int = 50
    max_examples: int | None = None
    max_tokens: int | None = None
    longer: str | None = None
    exact_tokens: bool = False
    max_learnt_tokens: int | None = None
    max_file_bytes: int | None = None
    alternation: bool = False
    system_first: bool = False
    weights: bool | None = None
    learns: str = "your earlier answers in an example"
    empty_content: bool | None = None
    drops_quietly: bool = False
    note: str = ""
    as_of: date | None = None
    source: str = ""

    @property
    def undocumented(self) -> list[str]:
        """What the trainer says nothing about, in words."""
        silent = {
            "how few examples are enough": self.min_examples,
            "how long an example may be": self.max_tokens,
            "whether blank prompts are taken": self.empty_content,
            "whether weights are obeyed": self.weights,
        }
        return [words for words, value in silent.items() if value is None]


LONGER = ("end cut", "beginning cut", "dropped", "refused")


def limits_from_table(table: Mapping[str, Any], base: Limits) -> Limits:
    """``base`` with what a table of a data file says.

    Raises:
        Problem: a field that is not one of ``Limits``, or a value of the wrong kind.
    """
    hints = get_type_hints(Limits)
    known = [one.name for one in fields(Limits) if one.name != "name"]
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise Problem(
                f"The rules of {base.name} have a field {name!r} that the app does not know.",
                f"Known fields: {', '.join(known)}.",
            )
        if not _fits(value, hints[name]) or (name == "longer" and value not in LONGER):
            raise Problem(
                f"The field {name!r} of the rules of {base.name} has a value that cannot be used.",
                f"One of {', '.join(LONGER)}." if name == "longer" else "Correct it.",
            )
        values[name] = value
    return replace(base, **values)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a TOML value is what a field wants: of a class, or of one of a union."""
    if get_origin(hint) is UnionType:
        return any(_fits(value, one) for one in get_args(hint))
    return type(value) is hint
