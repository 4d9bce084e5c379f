"""Which file each message came from: kept beside the frame, a small number a message."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.messages import WRITTEN_KINDS, Archive, category

#: More files than this are shown folder by folder.
MOST_SHOWN = 60


def files_of_runs(runs: Sequence[tuple[str, int]]) -> pd.Categorical:
    """The file of each row, for rows that stand file by file.

    Args:
        runs: (file, number of its rows) in the order of the rows; a file may come up again.
    """
    places: dict[str, int] = {}
    codes = np.array([places.setdefault(file, len(places)) for file, _ in runs], dtype=np.int32)
    counts = np.array([count for _, count in runs], dtype=np.int64)
    return category(np.repeat(codes, counts), list(places))


def by_folder(files: Sequence[str], most: int = MOST_SHOWN) -> dict[str, str]:
    """Each of ``files`` ("export.zip/chat/day.json") -> itself, or the folder that stands for it.

    Deepest folders are drawn together first, until no more than ``most`` are left, or nothing
    but the files that were dropped.
    """
    shown = {file: file for file in files}
    while len(set(shown.values())) > most:
        deepest = max(one.count("/") for one in shown.values())
        if not deepest:
            break
        shown = {
            file: one.rpartition("/")[0] if one.count("/") == deepest else one
            for file, one in shown.items()
        }
    return shown


def file_table(archive: Archive, dropped: Sequence[str] = ()) -> pd.DataFrame:
    """What was read from which file, most first.

    Args:
        dropped: names of the files that were given; those that gave no message are listed, too.

    Returns:
        Columns: ``file`` str, see ``by_folder``; ``messages`` int, those that somebody wrote;
        ``people`` int; ``first`` and ``last`` datetime64, NaT where unknown. Empty where the
        archive does not say which file its messages are from.
    """
    columns = ["file", "messages", "people", "first", "last"]
    if archive.files is None:
        return pd.DataFrame(columns=columns)
    frame, files = archive.frame(), archive.files
    shown = by_folder(list(files.categories))
    written = frame["kind"].isin(WRITTEN_KINDS).to_numpy()
    rows = pd.DataFrame(
        {
            "file": pd.Series(files).map(shown).to_numpy(),
            "author": frame["author"].cat.codes.to_numpy(),
            "sent_at": frame["sent_at"].to_numpy(),
        }
    )[written]
    table = rows.groupby("file", sort=False).agg(
        messages=("author", "size"),
        people=("author", "nunique"),
        first=("sent_at", "min"),
        last=("sent_at", "max"),
    )
    tops = {name.partition("/")[0] for name in table.index}
    silent = [name for name in dict.fromkeys(dropped) if name not in tops]
    table = table.reindex([*table.index, *silent])
    table = table.fillna({"messages": 0, "people": 0}).astype({"messages": int, "people": int})
    table = table.sort_values("messages", ascending=False, kind="stable")
    return table.rename_axis("file").reset_index()[columns]
