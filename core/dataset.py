"""From an archive's messages to a data set: filter, turns, exchanges, split, examples, receipt.

Each stage is a pure function of the one before and of the settings it names, so a page can keep
the result of every stage and redo only what a changed control touches: ``build_dataset`` takes
such a memory as ``remember``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from core import filters, split, stages
from core.examples import Example
from core.filters import answer_reasons, apply_edits, find_copies, message_reasons
from core.messages import Note
from core.problems import Problem
from core.receipt import Receipt, make_receipt
from core.recipes import ready
from core.recipes.base import LabelMap, answer_ids
from core.settings import DatasetSettings, Filters
from core.turns import suggest_conversation_gap
from core.window_examples import WindowExamples

__all__ = ["Dataset", "DatasetSettings", "Filters", "Receipt", "build_dataset"]

#: Called as remember(name, key, make): the value of make(), kept until the key changes.
Remember = Callable[[str, Hashable, Callable[[], Any]], Any]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples in three parts, and everything one needs to trust them.

    ``voice_mine`` are the held-out texts by me, ``voice_others`` texts of other people in the
    same archive. ``topics`` are those of every answer, by the id of its first message, where the
    recipe "topics" is in use; ``labels`` those given from elsewhere. ``recipe`` is the one used where the settings say "auto"; ``conversation_gap``
    the silence (seconds) that ended a conversation. ``advice`` are sentences about what the person
    may want to change, by the settings that change it: "split", "gaps", "filters".
    """

    training: Sequence[Example]
    validation: Sequence[Example]
    held_out: Sequence[Example]
    voice_mine: list[str]
    voice_others: list[str]
    receipt: Receipt
    settings: DatasetSettings
    me: tuple[str, ...]
    advice: dict[str, list[str]] = field(default_factory=dict)
    recipe: str = ""
    conversation_gap: float | None = None
    topics: dict[str, list[str]] = field(default_factory=dict)
    labels: LabelMap = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """All of ``advice``, in order."""
        return [sentence for sentences in self.advice.values() for sentence in sentences]


def build_dataset(
    frame: pd.DataFrame,
    me: Sequence[str],
    settings: DatasetSettings,
    *,
    notes: Sequence[Note] = (),
    labels: LabelMap | None = None,
    remember: Remember | None = None,
    frame_key: Hashable = None,
    labels_key: Hashable = None,
) -> Dataset:
    """Build the data set of one archive. The same arguments give the same data set.

    Args:
        frame: an archive's frame.
        me: the names of the person whose voice is learnt.
        settings: every choice.
        notes: the reader's notes, so that the receipt counts what has no row.
        labels: topics, names or instructions from a chat model or by hand, by the id of the first
            message of an answer; what is missing is found offline.
        remember: keeps the result of each stage, as ``remember(name, key, make)``.
        frame_key, labels_key: tell frames and labels apart in ``remember``.

    Raises:
        Problem: nobody is chosen, the name does not occur, another person is to be learnt
            without consent, or nothing is left to learn from.
    """
    keep = remember or (lambda _name, _key, make: make())
    known = labels or {}
    voice = chosen_voice(frame, me, settings)
    wanted = stages.message_filters(settings.filters)
    edited = apply_edits(frame, settings.filters)
    key: tuple[Hashable, ...] = (frame_key, voice, wanted)
    codes = keep("filter", key, lambda: message_reasons(edited, voice, wanted))
    key = (*key, *stages.turn_key(settings))
    table = keep("turns", key, lambda: stages.turn_stage(edited, codes, settings))
    gap = settings.conversation_gap
    if gap is None:
        edits = (frame_key, settings.filters.edits)
        gap = keep("gap", edits, lambda: suggest_conversation_gap(edited))
    key = (*key, gap, *stages.exchange_key(settings))
    exchanges, cut = keep(
        "exchanges", key, lambda: stages.exchange_stage(table, voice, gap, settings)
    )
    if not len(exchanges):
        raise _nothing_left(codes, voice)
    copies = keep("copies", key, lambda: find_copies(exchanges.answers))
    answer_codes = answer_reasons(exchanges.answers, copies, settings.filters)
    recipes, assigned = stages.assign_recipes(exchanges, settings)
    prepared = keep(
        "prepare",
        (*key, recipes, labels_key),
        lambda: stages.prepare_stage(exchanges, recipes, known),
    )
    if settings.topicless == "leave_out" and "topics" in recipes:
        without = np.array([not one for one in prepared["topics"]])
        without &= assigned == recipes.index("topics")
        answer_codes[(answer_codes == 0) & without] = filters.CODE[filters.TOPICLESS]
    replying = np.array([one in ("replies", "ready") for one in recipes])[assigned]
    whole = settings.shape == "conversations" or "ready" in recipes
    in_context = replying & (settings.buffer_size > 0 or whole)
    shaped = replace(settings, shape="conversations") if whole else settings
    answer_codes, part, about_split = stages.split_stage(
        exchanges, answer_codes, copies, in_context, shaped
    )
    built = stages.example_stage(exchanges, answer_codes, recipes, assigned, prepared, settings)
    parts = part[built.exchange]
    shown = ready.system_rows(exchanges) if "ready" in recipes else None
    receipt = make_receipt(
        codes, table, exchanges, answer_codes, built, parts, _places(parts), notes, shown
    )
    about_gaps = [
        f"There are hardly any long silences, so conversations were cut every {cut} answers to make "
        "a fair split possible."
    ]
    training, validation, held_out = (
        _taken(built.examples, np.flatnonzero(parts == one))
        for one in (split.TRAINING, split.VALIDATION, split.HELD_OUT)
    )
    held = np.flatnonzero(part == split.HELD_OUT).tolist()
    return Dataset(
        training=training,
        validation=validation,
        held_out=held_out,
        voice_mine=[exchanges.answers[i] for i in held],
        voice_others=stages.other_voices(table, voice, settings.seed),
        receipt=receipt,
        settings=settings,
        me=voice,
        advice={
            "split": about_split,
            "gaps": about_gaps if cut else [],
            "filters": _about_filters(receipt, len(training)),
        },
        recipe=" + ".join(recipes),
        conversation_gap=gap,
        topics=dict(zip(answer_ids(exchanges), prepared["topics"], strict=True))
        if "topics" in prepared
        else {},
        labels=dict(known),
    )


def chosen_voice(
    frame: pd.DataFrame, me: Sequence[str], settings: DatasetSettings
) -> tuple[str, ...]:
    """The names whose writing is learnt: mine, or those of the person to clone.

    Raises:
        Problem: nobody is chosen, they do not occur, or another person did not agree.
    """
    voice = tuple(settings.clone) or tuple(me)
    if not voice:
        raise Problem("Nobody is chosen whose voice to learn.", "Choose which name is yours.")
    if settings.clone and not settings.consent and not set(settings.clone) <= set(me):
        raise Problem(
            "Learning another person's voice needs that person's consent.",
            "Ask first, then tick the box that says they agreed.",
        )
    known = set(frame["author"].dropna().unique())
    if not known & set(voice):
        raise Problem("The chosen name wrote no message in this archive.", "Choose another name.")
    return voice


def _taken(examples: Sequence[Example], places: np.ndarray) -> Sequence[Example]:
    """The examples at some places (int64)."""
    if isinstance(examples, WindowExamples):
        return examples.take(places)
    return [examples[place] for place in places.tolist()]


def _places(parts: np.ndarray) -> np.ndarray:
    """Place of each example within its part (int64)."""
    place = np.zeros(len(parts), np.int64)
    for one in np.unique(parts):
        inside = parts == one
        place[inside] = np.arange(int(inside.sum()))
    return place


def _nothing_left(codes: np.ndarray, me: Sequence[str]) -> Problem:
    reasons = Counter(codes[codes > 0].tolist())
    if not reasons:
        return Problem("There is no message of yours to learn from.", "Choose another name.")
    code, count = reasons.most_common(1)[0]
    return Problem(
        f"Nothing is left to learn from: {count} messages were left out as {filters.REASONS[code]}.",
        "Change the filters, or choose another name.",
    )


def _about_filters(receipt: Receipt, training: int) -> list[str]:
    """Sentences about what the person may want to change."""
    warnings = []
    if not training:
        effects = (filters.NOT_NEEDED, filters.UNANSWERED)  # of other messages being left out
        causes = {one: count for one, count in receipt.left_out.items() if one not in effects}
        why = max(causes, key=causes.__getitem__, default="")
        most = f" The most frequent reason: {why} ({causes[why]:,})." if why else ""
        warnings.append(f"No example is left to train on.{most}")
    elif training < split.FEWEST_TRAINING:
        warnings.append(
            f"Only {training} training {'example' if training == 1 else 'examples'}: trainers ask "
            f"for at least {split.FEWEST_TRAINING}."
        )
    unseen = receipt.left_out.get(filters.UNSEEN, 0)
    if unseen * 2 > receipt.raw:
        warnings.append(
            f"{unseen} of {receipt.raw} items are replies to posts that are not in the archive and "
            "were left out; you can use them all the same."
        )
    return warnings
