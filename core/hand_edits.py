"""Corrections by hand: a table of the person's texts, and the changes made in it.

A table has one row per message of an answer, so that every change has the id of one message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from core.dataset import Dataset
from core.examples import Example
from core.recipes.base import Labels
from core.settings import Filters

#: Rows of a table; more can be reached by searching.
MOST_ROWS = 200

USE, EXAMPLE, PROMPT, TEXT, NAMES = "use", "example", "prompt", "text", "names"
TOPICS = "topics"
#: Columns of a table of changes, besides the text as it is now.
UNDO, BEFORE, NOW = "undo", "before", "now"


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
    made: Dataset,
    examples: Sequence[Example],
    recipe: str,
    *,
    search: str = "",
    most: int = MOST_ROWS,
) -> tuple[pd.DataFrame, int]:
    """What the examples of a recipe say about my texts: topics, names in them, or the instruction.

    Args:
        made: the data set.
        examples: one part of it; examples of other recipes are left out.
        recipe: "topics", "entities" or "back_translation".
        search: only rows that contain this, whatever the case.
        most: rows.

    Returns:
        A DataFrame indexed by the answer's first message id with the columns ``example`` (int,
        from 1), ``text`` and one of ``topics``, ``names`` (both with commas) and ``prompt``; and
        how many rows there are altogether.
    """
    wanted = search.casefold().strip()
    rows: list[tuple] = []
    found = 0
    for number, example in enumerate(examples, 1):
        if example.recipe != recipe or not example.answer_ids:
            continue
        one = example.answer_ids[0]
        text, label = example.completion, example.prompt[-1].content
        if recipe == "entities":
            text, label = label, _names_in(text)
        elif recipe == "topics":
            label = ", ".join(made.topics.get(one, ()))
        if wanted and wanted not in text.casefold() and wanted not in label.casefold():
            continue
        found += 1
        if len(rows) < most:
            rows.append((one, number, text, label))
    columns = ["id", EXAMPLE, TEXT, LABEL_COLUMNS[recipe]]
    return pd.DataFrame(rows, columns=columns).set_index("id"), found


#: The column that holds what a recipe says about a text.
LABEL_COLUMNS = {"topics": TOPICS, "entities": NAMES, "back_translation": PROMPT}


def label_column(table: pd.DataFrame) -> str:
    """Which column of a ``label_table`` can be changed."""
    return next(name for name in (TOPICS, NAMES, PROMPT) if name in table)


def _names_in(completion: str) -> str:
    return completion.partition("\n")[0].removeprefix("named_entities=")


def change_table(
    frame: pd.DataFrame, filters: Filters, *, most: int = MOST_ROWS
) -> tuple[pd.DataFrame, int]:
    """What was corrected and taken out by hand, the latest first, to be undone one by one.

    Returns:
        A DataFrame indexed by message id with the columns ``undo`` (bool, False), ``before`` and
        ``now`` (str; missing where the message is taken out); and how many there are altogether.
    """
    edits, out = dict(filters.edits), set(filters.excluded_ids)
    ids = list(dict.fromkeys([*reversed(filters.excluded_ids), *reversed(list(edits))]))
    rows = frame[frame["id"].isin(ids[:most])]
    before = dict(zip(rows["id"].tolist(), rows["text"].fillna("").tolist(), strict=True))
    table = pd.DataFrame(
        [(i, False, before.get(i, ""), None if i in out else edits[i]) for i in ids[:most]],
        columns=["id", UNDO, BEFORE, NOW],
    )
    return table.set_index("id"), len(ids)


def without_changes(filters: Filters, ids: Collection[str]) -> Filters:
    """The filters without the corrections and exclusions of these messages."""
    return replace(
        filters,
        edits=tuple(one for one in filters.edits if one[0] not in ids),
        excluded_ids=tuple(one for one in filters.excluded_ids if one not in ids),
    )


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

    An instruction made empty falls back to the one made offline; topics and names made empty, or
    a dash in their place, mean that there are none.
    """
    made = dict(labels)
    column = label_column(before)
    for one, old, new in zip(before.index, before[column], after[column], strict=True):
        text = new.strip() if isinstance(new, str) else ""
        if text == old:
            continue
        known = made.get(one, Labels())
        if column == PROMPT:
            made[one] = known._replace(instruction=text or None)
        else:
            parts = (part.strip() for part in text.split(","))
            given = tuple(dict.fromkeys(part for part in parts if part.strip("-–—")))
            made[one] = (
                known._replace(topics=given) if column == TOPICS else known._replace(entities=given)
            )
    return made
