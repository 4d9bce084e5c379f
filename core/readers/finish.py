"""Checks that are the same for every format, made once after reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from core.messages import WRITTEN_KINDS, Archive, Note
from core.problems import Problem

#: Nobody chatted before this year; a date there is an exporter's way to say "unknown".
FIRST_PLAUSIBLE_YEAR = 1985


def finish(archive: Archive, recognised: str) -> Archive:
    """Add what can be said about any archive: odd dates, nobody's words, how recognised.

    Raises:
        Problem: the archive has no row at all.
    """
    frame = archive.frame()
    if frame.empty:
        if any(" is cut off" in note.reason for note in archive.notes):
            raise Problem(
                "Not one message could be read, because the file is cut off.",
                "Export or download it again.",
            )
        left_out = "; ".join(f"{n.count} {n.reason}" for n in archive.notes if n.kind == "left_out")
        raise Problem(
            "There is not a single message in this export."
            if not left_out
            else f"There is nothing to learn from in this export ({left_out}).",
            "Check that you exported the right chat and period.",
        )
    notes = list(archive.notes)
    kinds = frame["kind"].cat
    written = [i for i, name in enumerate(kinds.categories) if name in WRITTEN_KINDS]
    if not np.isin(kinds.codes.to_numpy(), written).any():
        notes.append(
            Note("warning", "nobody wrote a message in this export, it holds notices only")
        )
    early = int((frame["sent_at"] < pd.Timestamp(FIRST_PLAUSIBLE_YEAR, 1, 1)).sum())
    soon = pd.Timestamp(datetime.now() + timedelta(days=2))
    late = int((frame["sent_at"] > soon).sum())
    if early:
        notes.append(
            Note(
                "warning",
                f"messages dated before {FIRST_PLAUSIBLE_YEAR}, which cannot be right",
                early,
            )
        )
    if late:
        notes.append(Note("warning", "messages dated in the future, which cannot be right", late))
    return replace(archive, notes=notes, recognised=archive.recognised or recognised)
