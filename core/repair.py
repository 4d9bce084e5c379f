"""A data set as a trainer takes it: what it would refuse is repaired or left out, and accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core.checks import apply_fixes
from core.dataset import Dataset
from core.examples import Example
from core.limits import Limits
from core.receipt import CONTEXT, LEARNT, MERGED, MOST_EXAMPLES, PARTS, Receipt

REFUSED = "the trainer would refuse it"


def repair(made: Dataset, limits: Limits) -> tuple[Dataset, dict[str, int]]:
    """The data set with every error repaired that can be; the held-out part stays as it is.

    Args:
        made: the data set.
        limits: the trainer's rules.

    Returns:
        The data set with a receipt that still adds up, and how often each thing was done. Both
        are unchanged and empty where there is nothing to do.
    """
    training, done = apply_fixes(made.training, limits)
    validation, more = apply_fixes(made.validation, limits, without=training)
    counts = dict(Counter(done) + Counter(more))
    if not counts:
        return made, {}
    places = {
        PARTS[0]: _places(made.training, training),
        PARTS[1]: _places(made.validation, validation),
    }
    parts = dict(zip(PARTS, (training, validation, made.held_out), strict=True))
    paper = _receipt(made.receipt, places, parts)
    return replace(made, training=training, validation=validation, receipt=paper), counts


def _places(before: Sequence[Example], after: Sequence[Example]) -> np.ndarray:
    """Where each example of ``before`` is in ``after``, which keeps the order; -1 where it is not."""
    places = np.full(len(before), -1, np.int64)
    place = 0
    for number, example in enumerate(before):
        if place == len(after):
            break
        other = after[place]
        if other.answer_ids == example.answer_ids and other.source_ids == example.source_ids:
            places[number] = place
            place += 1
    return places


def _receipt(
    old: Receipt, places: Mapping[str, np.ndarray], parts: Mapping[str, Sequence[Example]]
) -> Receipt:
    """The receipt after some examples went: their messages move to another one or are left out."""
    fates = old.fates.copy()
    number = fates["example"].to_numpy(np.int64, copy=True)
    lost = np.zeros(len(fates), bool)
    for part, place in places.items():
        rows = np.flatnonzero((fates["part"] == part).to_numpy() & (number >= 0))
        number[rows] = place[number[rows]]
        lost[rows] = number[rows] < 0
    shown = _shown(parts) if lost.any() else {}
    ids, fate, part_of = (fates[name].tolist() for name in ("id", "fate", "part"))
    kept, merged, learnt = old.kept, old.merged, old.learnt
    refused: list[str] = []
    for row in np.flatnonzero(lost).tolist():
        other = shown.get(ids[row])
        if fate[row] == LEARNT:
            learnt -= 1
        if other is not None:
            part_of[row], number[row] = other
            fate[row] = CONTEXT if fate[row] == LEARNT else fate[row]
            continue
        merged -= fate[row] == MERGED
        kept -= fate[row] != MERGED
        fate[row], part_of[row] = REFUSED, None
        refused.append(ids[row])
    left_out, examples = dict(old.left_out), dict(old.examples)
    if refused:
        left_out[REFUSED] = len(refused)
        examples[REFUSED] = refused[:MOST_EXAMPLES]
    names = [*fates["fate"].cat.categories, REFUSED]
    fates["fate"] = pd.Categorical(fate, names)
    fates["part"] = pd.Categorical(part_of, list(PARTS))
    fates["example"] = number
    return replace(
        old,
        kept=int(kept),
        merged=int(merged),
        learnt=learnt,
        left_out=left_out,
        examples=examples,
        fates=fates,
    )


def _shown(parts: Mapping[str, Sequence[Example]]) -> dict[str, tuple[str, int]]:
    """The first example that shows each message, by the message's id."""
    shown: dict[str, tuple[str, int]] = {}
    for part, examples in parts.items():
        for number, example in enumerate(examples):
            for one in example.source_ids:
                shown.setdefault(one, (part, number))
    return shown
