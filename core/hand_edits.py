"""Corrections by hand: a table of the person's texts, and the changes made in it.

A table has one row per message of an answer, so that every change has the id of one message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from core.examples import Example
from core.recipes.base import Labels
from core.settings import Filters

#: Rows of a table; more can be reached by searching.
MOST_ROWS = 200

USE, EXAMPLE, PROMPT, TEXT, NAMES = "use", "example", "prompt", "text", "names"


def text_table(
    examples: Sequence[Example],
    texts: Mapping[str, str],
    *,
    search: str = "",
    most: int = MOST_ROWS,
) -> tuple[pd.DataFrame, int]:
    """My messages in these examples, to correct or take out.

    Args:
        examples: one part of a data set.
        texts: the text of each message by its id, as the data set uses it.
        search: only messages whose text or prompt contains this, whatever the case.
        most: rows.

    Returns:
        A DataFrame indexed by message id with the columns ``use`` (bool, True), ``example`` (int,
        from 1), ``prompt`` and ``text`` (str); and how many rows there are altogether.
    """
    wanted = search.casefold().strip()
    rows: list[tuple] = []
    found = 0
    for number, example in enumerate(examples, 1):
        prompt = example.prompt[-1].content if example.prompt else ""
        for one in example.answer_ids:
            text = texts.get(one, "")
            if wanted and wanted not in text.casefold() and wanted not in prompt.casefold():
                continue
            found += 1
            if len(rows) < most:
                rows.append((one, True, number, prompt, text))
    columns = ["id", USE, EXAMPLE, PROMPT, TEXT]
    return pd.DataFrame(rows, columns=columns).set_index("id"), found


def label_table(
    examples: Sequence[Example], recipe: str, *, search: str = "", most: int = MOST_ROWS
) -> tuple[pd.DataFrame, int]:
    """What the examples of a recipe say about my texts: the names in them, or the instruction.

    Args:
        examples: one part of a data set; examples of other recipes are left out.
        recipe: "entities" or "back_translation".
        search: only rows that contain this, whatever the case.
        most: rows.

    Returns:
        A DataFrame indexed by the answer's first message id with the columns ``example`` (int,
        from 1), ``text`` and either ``names`` (comma-separated) or ``prompt``; and how many rows
        there are altogether.
    """
    wanted = search.casefold().strip()
    rows: list[tuple] = []
    found = 0
    for number, example in enumerate(examples, 1):
        if example.recipe != recipe or not example.answer_ids:
            continue
        prompt, answer = example.prompt[-1].content, example.completion
        text, label = (prompt, _names_in(answer)) if recipe == "entities" else (answer, prompt)
        if wanted and wanted not in text.casefold() and wanted not in label.casefold():
            continue
        found += 1
        if len(rows) < most:
            rows.append((example.answer_ids[0], number, text, label))
    columns = ["id", EXAMPLE, TEXT, NAMES if recipe == "entities" else PROMPT]
    return pd.DataFrame(rows, columns=columns).set_index("id"), found


def _names_in(completion: str) -> str:
    return completion.partition("\n")[0].removeprefix("named_entities=")


def with_text_changes(filters: Filters, before: pd.DataFrame, after: pd.DataFrame) -> Filters:
    """The filters with what was changed in a ``text_table``; a text made empty is taken out."""
    edits, excluded = dict(filters.edits), dict.fromkeys(filters.excluded_ids)
    for one, old, new, use in zip(before.index, before[TEXT], after[TEXT], after[USE], strict=True):
        text = new.strip() if isinstance(new, str) else ""
        if not use or not text:
            excluded[one] = None
        elif text != old:
            edits[one] = text
    return replace(filters, edits=tuple(edits.items()), excluded_ids=tuple(excluded))


def with_label_changes(
    labels: Mapping[str, Labels], before: pd.DataFrame, after: pd.DataFrame
) -> dict[str, Labels]:
    """The labels with what was changed in a ``label_table``.

    An instruction made empty falls back to the one made offline; names made empty mean none.
    """
    made = dict(labels)
    column = NAMES if NAMES in before else PROMPT
    for one, old, new in zip(before.index, before[column], after[column], strict=True):
        text = new.strip() if isinstance(new, str) else ""
        if text == old:
            continue
        known = made.get(one, Labels())
        if column == PROMPT:
            made[one] = known._replace(instruction=text or None)
        else:
            names = tuple(name.strip() for name in text.split(",") if name.strip())
            made[one] = known._replace(entities=tuple(dict.fromkeys(names)))
    return made
