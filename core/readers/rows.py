"""Rows: collects what one read found, and keeps the receipt while doing so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from core.messages import Archive, Note, NoteKind, Owner, make_frame
from core.readers.members import Member
from core.source_files import files_of_runs

#: How many examples a note carries, and how long each may be.
MAX_EXAMPLES = 5
MAX_EXAMPLE = 120

_EPOCH = datetime(1970, 1, 1)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_NO_TIME = -(2**63)
_LAST_MS = 253_402_300_799_999  # 9999-12-31
_FIRST_MS = -62_135_596_800_000  # 0001-01-01


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may say about a file; None: find out, and note what was guessed."""

    day_first: bool | None = None
    encoding: str | None = None
    me: str | None = None
    columns: Mapping[str, str] | None = None
    unit: str | None = None
    progress: Callable[[float], None] | None = None

    def report(self, fraction: float) -> None:
        """Tell whoever waits that ``fraction`` (0 to 1) of the work is done."""
        if self.progress is not None:
            self.progress(min(max(fraction, 0.0), 1.0))

    def part(self, start: float, share: float) -> Options:
        """The same options for a part of the work, of which 0 to 1 is ``share`` of the whole."""
        if self.progress is None:
            return self
        return replace(self, progress=lambda fraction: self.report(start + share * fraction))


def to_ms(when: datetime) -> int:
    """Milliseconds since 1970; a time with an offset is turned into UTC first."""
    gap = when - (_EPOCH if when.tzinfo is None else _EPOCH_UTC)
    return gap.days * 86_400_000 + gap.seconds * 1000 + gap.microseconds // 1000


def times_or_none(ms: np.ndarray) -> np.ndarray:
    """``datetime64[ms]`` of milliseconds since 1970; 0 and what is no date are missing."""
    good = (ms != 0) & (ms >= _FIRST_MS) & (ms <= _LAST_MS)
    return np.where(good, ms, _NO_TIME).view("datetime64[ms]")


def iso_ms(text: object) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 time (UTC if it has an offset), else None."""
    if not isinstance(text, str):
        return None
    try:
        return to_ms(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


class Rows:
    """Collects rows and notes; ``archive`` turns them into the value that is handed on.

    Every raw item ends in exactly one call of ``add``, ``leave_out`` or ``merge``.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.conversations: list[str] = []
        self.times: list[int | None] = []
        self.authors: list[str | None] = []
        self.texts: list[str] = []
        self.kinds: list[str] = []
        self.replies: list[str | None] = []
        self.titles: dict[str, str] = {}
        self._files: list[tuple[str, int]] = []  # file, and the place of its first row
        self._notes: dict[tuple[NoteKind, str], tuple[int, list[str]]] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def reading(self, member: Member, ahead: int = 0) -> None:
        """From here on (or from ``ahead`` rows later on), rows are from this file."""
        if not self._files or self._files[-1][0] != member.where:
            self._files.append((member.where, len(self.ids) + ahead))

    def files(self) -> list[tuple[str, int]]:
        """(file, number of rows) in the order of the rows; empty where no file was named."""
        ends = [place for _, place in [*self._files[1:], ("", len(self.ids))]]
        return [(file, end - place) for (file, place), end in zip(self._files, ends, strict=False)]

    def add(
        self,
        id: str,
        conversation: str,
        sent_at: datetime | int | None,
        author: str | None,
        text: str,
        kind: str = "message",
        reply_to: str | None = None,
    ) -> None:
        """One row. ``sent_at``: a datetime, or milliseconds since 1970, or None."""
        if isinstance(sent_at, datetime):
            sent_at = to_ms(sent_at)
        elif sent_at is not None and not _FIRST_MS <= sent_at <= _LAST_MS:
            sent_at = None
        self.ids.append(id)
        self.conversations.append(conversation)
        self.times.append(sent_at)
        self.authors.append(author)
        self.texts.append(text)
        self.kinds.append(kind)
        self.replies.append(reply_to)

    def time_column(self) -> np.ndarray:
        """The times so far as ``datetime64[ms]``."""
        values = [_NO_TIME if t is None else t for t in self.times]
        return np.array(values, dtype=np.int64).view("datetime64[ms]")

    def leave_out(self, reason: str, example: str = "", count: int = 1) -> None:
        """``count`` raw items that get no row, and why."""
        self.note("left_out", reason, example, count)

    def merge(self, reason: str, example: str = "", count: int = 1) -> None:
        """``count`` raw items whose content went into another row, and why."""
        self.note("merged", reason, example, count)

    def note(self, kind: NoteKind, reason: str, example: str = "", count: int = 1) -> None:
        """Count ``reason`` (a clause a person reads), keeping a few examples."""
        if count <= 0:
            return
        before, examples = self._notes.get((kind, reason), (0, []))
        if example and len(examples) < MAX_EXAMPLES:
            examples.append(example[:MAX_EXAMPLE])
        self._notes[kind, reason] = (before + count, examples)

    def notes(self) -> list[Note]:
        """The notes so far, in the order in which their reasons first came up."""
        return [
            Note(kind, reason, count, tuple(examples))
            for (kind, reason), (count, examples) in self._notes.items()
        ]

    def archive(
        self,
        source: str,
        raw_count: int,
        *,
        me: Owner | None = None,
        recognised: str = "",
        extra_notes: list[Note] | None = None,
        frame: pd.DataFrame | None = None,
        files: pd.Categorical | None = None,
    ) -> Archive:
        """The archive. ``raw_count`` is the reader's own, independent count of raw items.

        ``frame`` and ``files`` stand in for the rows of readers that build their columns
        themselves.
        """
        if frame is None:
            files = files_of_runs(self.files()) if self._files or not self.ids else None
            frame = make_frame(
                {
                    "id": self.ids,
                    "conversation": self.conversations,
                    "sent_at": self.time_column(),
                    "author": self.authors,
                    "text": self.texts,
                    "kind": self.kinds,
                    "reply_to": self.replies,
                }
            )
        return Archive(
            source,
            frame,
            me,
            self.notes() + list(extra_notes or ()),
            raw_count,
            self.titles,
            recognised,
            files,
        )
