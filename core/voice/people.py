"""Texts of other people, by person: what the voice score needs for its zero.

They come from the archive itself, because a scorer only works within one kind of writing: the
people I talk to, and the people whose posts I passed on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from core.turns import make_turns

_PASSED_ON = re.compile(r"RT @(\w+): (.+)", re.DOTALL)
#: More texts of one person than this teach nothing new.
MOST_PER_PERSON = 1_000


def others_by_person(
    frame: pd.DataFrame, me: Sequence[str], *, merge_gap: float | None = 120.0
) -> dict[str, list[str]]:
    """What each other person wrote, in turns as my examples are.

    Args:
        frame: an archive's frame, masked as the examples are.
        me: my names, whose texts are left out.
        merge_gap: pause (seconds) up to which messages of one person are one turn.

    Returns:
        Texts by name, the most talkative first, at most 1,000 spread over the whole time for
        each. Posts of others that I passed on ("RT @name: ...") stand under "@name"; where X cut
        them with "…", the cut word is left out.
    """
    found: dict[str, list[str]] = {}
    for turn in make_turns(frame, merge_gap=merge_gap):
        if turn.author not in me and turn.text.strip():
            found.setdefault(turn.author, []).append(turn.text)
    for text in frame.loc[frame["kind"] == "repost", "text"]:
        passed_on = _PASSED_ON.match(str(text))
        if passed_on and passed_on[1] not in me:
            written = passed_on[2]
            if written.endswith("…"):
                written = written[:-1].rpartition(" ")[0]
            if written.strip():
                found.setdefault(f"@{passed_on[1]}", []).append(written)
    ordered = sorted(found.items(), key=lambda item: -len(item[1]))
    return {name: _spread(texts) for name, texts in ordered}


def _spread(texts: list[str]) -> list[str]:
    if len(texts) <= MOST_PER_PERSON:
        return texts
    step = len(texts) / MOST_PER_PERSON
    return [texts[int(n * step)] for n in range(MOST_PER_PERSON)]
