"""The Edit tab: correct a text, take one out, write names and instructions by hand, undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import pandas as pd
import streamlit as st

from core.dataset import Dataset
from core.hand_edits import (
    BEFORE,
    EXAMPLE,
    NAMES,
    NOW,
    PROMPT,
    TEXT,
    TOPICS,
    UNDO,
    USE,
    change_table,
    label_column,
    label_table,
    text_table,
    with_label_changes,
    with_text_changes,
    without_changes,
)
from core.privacy import restore
from core.settings import Filters
from core.ui import state

TEXTS = "My texts"
#: What can be edited in the examples of a recipe, besides the texts.
LABELS = {
    "topics": "The topics",
    "entities": "The names found",
    "back_translation": "The instructions",
}
CHANGES = "What I changed"

#: Steps back that are kept.
MOST_STEPS = 50


def edit(mine: state.Session, made: Dataset) -> None:
    """Draw the table of one part and take over what was changed in it."""
    parts = {"Training": made.training, "Validation": made.validation, "Held out": made.held_out}
    recipes = [key for key in LABELS if key in made.recipe.split(" + ")]
    kinds = [TEXTS, *map(LABELS.__getitem__, recipes), CHANGES]
    left, middle, right = st.columns([2, 2, 3])
    what = left.selectbox("Edit", kinds, key="edit_what")
    if what == CHANGES:
        _changes(mine, made)
        _undo(mine)
        return
    part = middle.selectbox("Examples for", list(parts), key="edit_part")
    search = right.text_input(
        "Find", placeholder="a word in your text or in the prompt", key="find"
    )
    if what == TEXTS:
        _edit_texts(mine, made, part, search, parts[part])
    else:
        recipe = next(key for key, title in LABELS.items() if title == what)
        table, found, number = mine.remember(
            "edit:table",
            (id(made), part, recipe, search),
            lambda: _numbered(*label_table(made, parts[part], recipe, search=search)),
        )
        after = _table(table, found, number)
        if after is not None:
            _step(mine)
            state.set_labels(with_label_changes(state.labels(), table, _masked(table, after)))
            state.keep_edits()
            st.rerun()
    _undo(mine)


def _edit_texts(
    mine: state.Session, made: Dataset, part: str, search: str, examples: Sequence
) -> None:
    safe = state.masked()
    texts = mine.remember(
        "edit:texts", (id(made), part), lambda: _texts(safe.frame, made, examples)
    )
    table, found, number = mine.remember(
        "edit:table",
        (id(texts), TEXTS, search),
        lambda: _numbered(*text_table(examples, texts, search=search)),
    )
    after = _table(table, found, number)
    if after is None:
        return
    _step(mine)
    new = with_text_changes(Filters(), table, after)
    edits = dict(mine.settings.filters.edits)
    edits |= {one: restore(text, safe.map) for one, text in new.edits}
    excluded = dict.fromkeys((*mine.settings.filters.excluded_ids, *new.excluded_ids))
    set_by_hand(mine, tuple(edits.items()), tuple(excluded))
    st.rerun()


def _changes(mine: state.Session, made: Dataset) -> None:
    """Every correction and exclusion, each of which can be undone alone."""
    filters = mine.settings.filters
    table, count = change_table(state.masked().frame, made.settings.filters)
    if not count:
        st.write("Nothing was corrected or taken out by hand.")
        return
    if count > len(table):
        st.caption(f"The latest {len(table):,} of {count:,}.")
    number = crc32(repr(table.to_dict("split")).encode("utf-8", "replace"))
    with st.form(f"changes_form_{number}", border=False):
        after = st.data_editor(
            table,
            hide_index=True,
            disabled=[BEFORE, NOW],
            column_config={
                UNDO: st.column_config.CheckboxColumn("Undo", width="small"),
                BEFORE: st.column_config.TextColumn("In the archive", width="large"),
                NOW: st.column_config.TextColumn("Now (nothing: taken out)", width="large"),
            },
            key=f"changes_{number}",
        )
        if st.form_submit_button("Undo the ticked ones", key="undo_ticked") and after[UNDO].any():
            _step(mine)
            kept = without_changes(filters, set(after.index[after[UNDO]]))
            set_by_hand(mine, kept.edits, kept.excluded_ids)
            st.rerun()


def _texts(frame: pd.DataFrame, made: Dataset, examples: Sequence) -> dict[str, str]:
    """The texts of the answers' messages by id, with what was corrected already."""
    ids = {one for example in examples for one in example.answer_ids}
    rows = frame[frame["id"].isin(ids)]
    texts = dict(zip(rows["id"].tolist(), rows["text"].fillna("").tolist(), strict=True))
    return texts | {one: text for one, text in made.settings.filters.edits if one in ids}


def _numbered(table: pd.DataFrame, found: int) -> tuple[pd.DataFrame, int, int]:
    """A table, how many rows there are altogether, and a number made of what the table says.

    Changes are kept by row number, so another table needs another key.
    """
    return table, found, crc32(repr(table.to_dict("split")).encode("utf-8", "replace"))


def _table(table: pd.DataFrame, found: int, number: int) -> pd.DataFrame | None:
    """The table to edit; what came out of it once the button is pressed, None before."""
    if not found:
        st.write("Nothing here contains that.")
        return None
    if found > len(table):
        st.caption(f"The first {len(table):,} of {found:,}. Search to reach the others.")
    edited_columns = [USE, TEXT] if USE in table else [label_column(table)]
    # What is edited comes first, so that a phone shows it.
    rest = [name for name in (PROMPT, TEXT, EXAMPLE) if name in table]
    order = list(dict.fromkeys([*edited_columns, *rest]))
    with st.form(f"edit_form_{number}", border=False):
        after = st.data_editor(
            table,
            hide_index=True,
            height=360,
            column_order=order,
            disabled=[str(name) for name in table if name not in edited_columns],
            column_config={
                USE: st.column_config.CheckboxColumn("Use", width="small"),
                EXAMPLE: st.column_config.NumberColumn("Example", width="small"),
                PROMPT: st.column_config.TextColumn("Prompt", width="medium"),
                TEXT: st.column_config.TextColumn("Your text", width="large"),
                NAMES: st.column_config.TextColumn(
                    "Names, with commas", width="medium", help="A dash where there are none."
                ),
                TOPICS: st.column_config.TextColumn("Topics, with commas", width="medium"),
            },
            key=f"edit_table_{number}",
        )
        if st.form_submit_button("Use these changes", key="use_edits") and not after.equals(table):
            return after
    return None


def _masked(table: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """``after`` with what was typed masked like the archive; the texts themselves stay."""
    column = label_column(table)
    safe, made = state.masked(), after.copy()
    for one in table.index[(table[column] != after[column]).to_numpy()]:
        typed = after.loc[one, column]
        if isinstance(typed, str):
            made.loc[one, column] = state.mask_text(restore(typed, safe.map))
    return made


def set_by_hand(
    mine: state.Session, edits: tuple[tuple[str, str], ...], excluded: tuple[str, ...]
) -> None:
    """Keep corrections (with the real names) and exclusions among the filters."""
    filters = replace(mine.settings.filters, edits=edits, excluded_ids=excluded)
    mine.settings = replace(mine.settings, filters=filters)
    state.keep_edits()


def leave_out(mine: state.Session, ids: list[str]) -> None:
    """Take messages out as if by hand, so that it can be undone."""
    _step(mine)
    before = mine.settings.filters
    set_by_hand(mine, before.edits, tuple(dict.fromkeys((*before.excluded_ids, *ids))))


def _steps(mine: state.Session) -> list:
    return mine.remember("edit:steps", id(state.masked()), list)


def _step(mine: state.Session) -> None:
    """Remember how things are, to come back here."""
    filters, steps = mine.settings.filters, _steps(mine)
    steps.append((filters.edits, filters.excluded_ids, dict(state.labels())))
    del steps[:-MOST_STEPS]


def _undo(mine: state.Session) -> None:
    filters, steps = mine.settings.filters, _steps(mine)
    changed = bool(filters.edits or filters.excluded_ids)
    given = len(state.labels())
    if not changed and not steps and not given:
        st.caption(
            "Untick what the model should not learn. Everything can be undone, goes into the "
            "settings file, and comes back when you open the same archive in this browser again."
        )
        return
    labelled = f" {given:,} have topics, names or an instruction given to them." if given else ""
    st.caption(
        f"{len(filters.edits):,} texts corrected, {len(filters.excluded_ids):,} taken out by hand."
        + labelled
        + (
            " They come back when you open the same archive in this browser again."
            if mine.edits_kept
            else " They could not be written down: a reload forgets them, the settings file under "
            "“More formats” keeps them."
        )
    )
    with st.container(horizontal=True):
        if st.button("Undo the last change", disabled=not steps, key="undo_last"):
            edits, excluded, labels = steps.pop()
            set_by_hand(mine, edits, excluded)
            if labels != state.labels():
                state.set_labels(labels)
                state.keep_edits()
            st.rerun()
        if st.button("Undo every correction", disabled=not changed, key="undo_all"):
            _step(mine)
            set_by_hand(mine, (), ())
            st.rerun()
        if given and st.button("Forget topics, names and instructions", key="undo_labels"):
            _step(mine)
            state.set_labels({})
            state.keep_edits()
            st.rerun()
