"""What became of single messages: found by fate or by words, with the example each ended in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.receipt import Receipt

#: Rows of a table; more can be reached by searching.
MOST_ROWS = 200

FATE, PART, EXAMPLE = "fate", "part", "example"


def trace(
    frame: pd.DataFrame,
    receipt: Receipt,
    *,
    fate: str = "",
    search: str = "",
    most: int = MOST_ROWS,
) -> tuple[pd.DataFrame, int]:
    """Messages with what became of them.

    Args:
        frame: the archive's frame that the receipt is for.
        receipt: the data set's receipt.
        fate: only messages with this fate; "" for all.
        search: only messages that contain this, whatever the case.
        most: rows.

    Returns:
        A DataFrame with the columns ``id``, ``sent_at``, ``author``, ``text``, ``fate``, ``part``
        and ``example`` (from 1; part and example missing where no example shows the message), in
        the order of the archive; and how many messages there are altogether.
    """
    fates = receipt.fates
    wanted = np.ones(len(frame), bool)
    if fate:
        wanted &= (fates["fate"] == fate).to_numpy()
    if words := search.casefold().strip():
        found = frame["text"].str.casefold().str.contains(words, regex=False)
        wanted &= found.fillna(False).to_numpy(bool)
    rows = np.flatnonzero(wanted)
    shown = rows[:most]
    table = frame[["id", "sent_at", "author", "text"]].iloc[shown].reset_index(drop=True)
    known = fates.iloc[shown].reset_index(drop=True)
    number = known["example"] + 1
    return table.assign(
        fate=known["fate"], part=known["part"], example=number.where(number > 0).astype("Int64")
    ), len(rows)
