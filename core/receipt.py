"""Receipts: what became of every message, so that nothing vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.exchanges import Exchanges
from core.filters import CODE, NOT_NEEDED, REASONS, UNANSWERED
from core.messages import Note
from core.recipes.base import Built
from core.turns import TurnTable

LEARNT = "learnt"
CONTEXT = "context"
MERGED = "merged into the message before"
PARTS = ("training", "validation", "held out")

#: Message ids listed per reason in a receipt; ``fates`` has them all.
MOST_EXAMPLES = 50


def _no_fates() -> pd.DataFrame:
    return pd.DataFrame({"id": [], "fate": [], "part": [], "example": []})


@dataclass(frozen=True, eq=False)
class Receipt:
    """raw = kept + merged + left out.

    ``raw`` counts the items of the export, with those that have no row of their own. ``kept``
    messages begin a turn that some example shows, ``merged`` ones were joined to such a message,
    ``left_out`` ones are in no example, by reason; ``examples`` has ids of some of them.
    ``learnt`` of the used ones are part of an answer, the others are context. ``fates`` has a row
    per message: id, fate, and the part and number (from 0) of an example that shows it.
    """

    raw: int
    kept: int
    merged: int
    left_out: dict[str, int]
    examples: dict[str, list[str]]
    learnt: int = 0
    fates: pd.DataFrame = field(default_factory=_no_fates)

    @property
    def adds_up(self) -> bool:
        """Whether every message has exactly one fate."""
        return self.raw == self.kept + self.merged + sum(self.left_out.values())

    def messages_with(self, fate: str) -> list[str]:
        """Ids of every message with this fate: a reason, or "learnt", "context", "merged ..."."""
        return self.fates.loc[self.fates["fate"] == fate, "id"].tolist()


def make_receipt(
    codes: np.ndarray,
    table: TurnTable,
    exchanges: Exchanges,
    answer_codes: np.ndarray,
    built: Built,
    part: np.ndarray,
    number: np.ndarray,
    notes: Sequence[Note] = (),
    shown_rows: np.ndarray | None = None,
) -> Receipt:
    """Account for every message of a frame.

    Args:
        codes: reason code of each row from the message filters, 0 for those that went on.
        table: turns of the rows that went on.
        exchanges: exchanges of those turns.
        answer_codes: reason code of each exchange whose answer is not learnt, 0 where it is.
        built: the examples of all parts.
        part: part (0, 1, 2) of each example.
        number: place of each example in its part.
        notes: the reader's notes; what it left out or merged has no row but counts.
        shown_rows: further rows that examples show, such as system lines.
    """
    fate = codes.astype(np.int16).copy()
    going = fate == 0
    fate[exchanges.loose] = CODE[UNANSWERED]
    owner = np.repeat(np.arange(len(exchanges)), exchanges.end - exchanges.start)
    mine = np.arange(len(exchanges.rows)) >= exchanges.middle[owner]
    fate[exchanges.rows] = np.where(mine, answer_codes[owner], CODE[NOT_NEEDED])

    shown_by = _first_to_show(built, len(exchanges.rows))
    is_learnt = mine & (answer_codes[owner] == 0)
    learnt_by = np.full(len(exchanges), -1, np.int64)
    learnt_by[built.exchange] = np.arange(len(built.exchange))
    shown_by = np.where(is_learnt & (learnt_by[owner] >= 0), learnt_by[owner], shown_by)
    used = shown_by >= 0

    used_rows = exchanges.rows[used]
    heads = np.zeros(len(codes), bool)
    heads[table.rows[table.first[:-1]]] = True
    names = [LEARNT, CONTEXT, MERGED, *REASONS[1:]]
    label = np.where(fate > 0, fate + 2, -1)
    label[used_rows] = np.where(is_learnt[used], 0, 1)
    merged_rows = used_rows[~heads[used_rows]]
    learnt = int(is_learnt[used].sum())
    label[merged_rows] = 2
    label[going & (label < 0)] = names.index(NOT_NEEDED)

    if shown_rows is not None:
        label[shown_rows] = 1
    part_of = np.full(len(codes), -1, np.int8)
    number_of = np.full(len(codes), -1, np.int64)
    part_of[used_rows] = part[shown_by[used]]
    number_of[used_rows] = number[shown_by[used]]
    counts = np.bincount(label, minlength=len(names))
    left_out = {names[i]: int(counts[i]) for i in range(3, len(names)) if counts[i]}
    ids = table.frame["id"]
    examples = {
        reason: ids.iloc[np.flatnonzero(label == names.index(reason))[:MOST_EXAMPLES]].tolist()
        for reason in left_out
    }
    merged = int(counts[2])
    missing = 0
    for note in notes:
        if note.kind == "merged":
            merged += note.count
        elif note.kind == "left_out":
            left_out[note.reason] = left_out.get(note.reason, 0) + note.count
            examples.setdefault(note.reason, []).extend(note.examples)
        else:
            continue
        missing += note.count
    fates = pd.DataFrame(
        {
            "id": ids,
            "fate": pd.Categorical.from_codes(label, pd.Index(names)),
            "part": pd.Categorical.from_codes(part_of, pd.Index(PARTS)),
            "example": number_of,
        }
    )
    return Receipt(
        raw=len(codes) + missing,
        kept=int(counts[0] + counts[1]),
        merged=merged,
        left_out=left_out,
        examples=examples,
        learnt=learnt,
        fates=fates,
    )


def _first_to_show(built: Built, count: int) -> np.ndarray:
    """The first example that has the message at each place of ``exchanges.rows``; -1 for none."""
    example, first, end = built.spans[::-1].T
    sizes = end - first
    offset = np.repeat(first - np.r_[0, np.cumsum(sizes)[:-1]], sizes) if len(sizes) else first
    shown_by = np.full(count, -1, np.int64)
    shown_by[offset + np.arange(int(sizes.sum()))] = np.repeat(example, sizes)
    return shown_by
