"""Who a text was written for: to score a voice by audience, where there is more than one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core.examples import Example

PUBLIC = "in public"
#: More people than this in a conversation are a group without a list of names.
MOST_NAMES = 2


def audiences(examples: Sequence[Example], frame: pd.DataFrame, me: Sequence[str]) -> list[str]:
    """For each example the people in its conversation besides me, masked as the frame is.

    Returns:
        "Ana", "Ana and Ben", "a group of 5", or "in public" where nobody else wrote.
    """
    people = frame[frame["author"].notna() & ~frame["author"].isin(list(me))]
    by_conversation = people.groupby("conversation", sort=False)["author"].unique()
    names = {place: _words(sorted(map(str, some))) for place, some in by_conversation.items()}
    places = dict(zip(frame["id"], frame["conversation"], strict=True))
    return [
        names.get(places.get(example.answer_ids[0]), PUBLIC) if example.answer_ids else PUBLIC
        for example in examples
    ]


def _words(names: list[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"a group of {len(names) + 1}"
    return " and ".join(names)
