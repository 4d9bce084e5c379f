"""Message and Archive: the values that everything downstream of the readers speaks.

An archive holds its messages as one pandas frame (a row a message, in file order), because
a million small objects would cost more memory than the app may have on a small host.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple, get_args

import pandas as pd

Kind = Literal[
    "message", "post", "reply", "repost", "media", "deleted", "system", "call", "poll"
]
KINDS: tuple[str, ...] = get_args(Kind)

#: Kinds whose text was typed by the author and may be learnt from.
WRITTEN_KINDS: tuple[str, ...] = ("message", "post", "reply")

COLUMNS: tuple[str, ...] = (
    "id",
    "conversation",
    "sent_at",
    "author",
    "text",
    "kind",
    "reply_to",
)

NoteKind = Literal["left_out", "merged", "repaired", "guessed", "question"]


class Message(NamedTuple):
    """One row of an archive; see ``Archive.frame`` for what the fields mean."""

    id: str
    conversation: str
    sent_at: datetime | None
    author: str | None
    text: str
    kind: str
    reply_to: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader left out, merged, repaired, guessed or must ask about.

    ``left_out`` and ``merged`` notes count raw items that have no row of their own, so that
    ``archive.raw_count == len(archive.frame()) + archive.missing_rows``.
    """

    kind: NoteKind
    reason: str
    count: int = 1
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who the archive seems to belong to, and the evidence in one clause."""

    name: str
    reason: str


@dataclass(frozen=True)
class Archive:
    """Everything that one read of one or several files produced."""

    source: str
    table: pd.DataFrame
    me: Owner | None = None
    notes: list[Note] = field(default_factory=list)
    raw_count: int = 0
    titles: dict[str, str] = field(default_factory=dict)

    def frame(self) -> pd.DataFrame:
        """Messages in file order.

        Returns:
            A DataFrame with the columns of ``COLUMNS`` and a plain RangeIndex:
            ``id`` str, unique in the archive; ``conversation`` str, a key into ``titles``;
            ``sent_at`` datetime64 without zone: local time where the export has no zone, else
            UTC, NaT where unknown; ``author`` str, missing for system lines; ``text`` str;
            ``kind`` one of ``KINDS``; ``reply_to`` id of the message answered, or missing.
        """
        return self.table

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Message]:
        for row in self.table.itertuples(index=False):
            author = None if pd.isna(row.author) else row.author
            reply_to = None if pd.isna(row.reply_to) else row.reply_to
            sent_at = None if pd.isna(row.sent_at) else row.sent_at.to_pydatetime()
            yield Message(
                row.id, row.conversation, sent_at, author, row.text, row.kind, reply_to
            )

    @property
    def missing_rows(self) -> int:
        """Raw items without a row of their own (left out or merged into another)."""
        return sum(n.count for n in self.notes if n.kind in ("left_out", "merged"))

    def authors(self) -> pd.Series:
        """Written messages per author, most talkative first."""
        written = self.table["kind"].isin(WRITTEN_KINDS)
        return self.table.loc[written, "author"].value_counts()

    def with_me(self, name: str, reason: str = "you said so") -> Archive:
        """The same archive with ``name`` as its owner."""
        return replace(self, me=Owner(name, reason))


def make_frame(columns: dict[str, list]) -> pd.DataFrame:
    """Build the frame of ``Archive`` from one list per name in ``COLUMNS``.

    ``sent_at`` may hold datetimes without zone or None. All lists have the same length.
    """
    frame = pd.DataFrame({name: columns[name] for name in COLUMNS if name != "sent_at"})
    for name in ("id", "conversation", "author", "text", "kind", "reply_to"):
        frame[name] = frame[name].astype("str")
    for name in ("conversation", "author", "kind"):
        frame[name] = frame[name].astype("category")
    sent_at = pd.to_datetime(pd.Series(columns["sent_at"], dtype="object"), errors="coerce")
    frame.insert(2, "sent_at", sent_at.astype("datetime64[ms]"))
    return frame
