"""Message and Archive: the values that everything downstream of the readers speaks.

An archive holds its messages as one pandas frame (a row a message, in file order), because
a million small objects would cost more memory than the app may have on a small host.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

Kind = Literal["message", "post", "reply", "repost", "media", "deleted", "system", "call", "poll"]
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

NoteKind = Literal["left_out", "merged", "repaired", "guessed", "question", "warning"]


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
    """Something a reader left out, merged, repaired, guessed, must ask or warn about.

    ``left_out`` and ``merged`` notes count raw items that have no row of their own, so that
    ``archive.raw_count == len(archive.frame()) + archive.missing_rows``. The count of the other
    kinds is how often it happened; a ``warning`` says that something is missing or odd.
    """

    kind: NoteKind
    reason: str
    count: int = 1
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Who the archive seems to belong to, and the evidence in one clause.

    ``also`` holds other names of the same person, when several sources were read together.
    """

    name: str
    reason: str
    also: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of this person, the main one first."""
        return (self.name, *self.also)


@dataclass(frozen=True)
class Archive:
    """Everything that one read of one or several files produced.

    ``titles`` names the conversations that have a name; ``title_of`` answers for all of them.
    ``recognised`` says in a clause by what the format was recognised. ``files``, a value a row
    of the table, names the file each message came from: "chat.txt", or "export.zip/day.json" for
    one inside another; None where that is unknown.
    """

    source: str
    table: pd.DataFrame
    me: Owner | None = None
    notes: list[Note] = field(default_factory=list)
    raw_count: int = 0
    titles: dict[str, str] = field(default_factory=dict)
    recognised: str = ""
    files: pd.Categorical | None = field(default=None, repr=False)

    def frame(self) -> pd.DataFrame:
        """Messages in file order.

        Returns:
            A DataFrame with the columns of ``COLUMNS`` and a plain RangeIndex:
            ``id`` str, unique in the archive; ``conversation`` str, see ``title_of``;
            ``sent_at`` datetime64 without zone: local time where the export has no zone, else
            UTC, NaT where unknown; ``author`` str, missing for system lines; ``text`` str;
            ``kind`` one of ``KINDS``; ``reply_to`` id of the message answered, or missing.
        """
        return self.table

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Message]:
        columns = [_objects(self.table[name]) for name in COLUMNS]
        for row in zip(*columns, strict=True):
            yield Message(*row)

    @property
    def missing_rows(self) -> int:
        """Raw items without a row of their own (left out or merged into another)."""
        return sum(n.count for n in self.notes if n.kind in ("left_out", "merged"))

    def title_of(self, conversation: str) -> str:
        """Name of a conversation, or its key when it has no name."""
        return self.titles.get(conversation, conversation)

    def authors(self) -> pd.Series:
        """Written messages per author, most talkative first."""
        written = self.table["kind"].isin(WRITTEN_KINDS)
        return self.table.loc[written, "author"].value_counts()

    def with_me(self, name: str, reason: str = "you said so") -> Archive:
        """The same archive with ``name`` as its owner."""
        return replace(self, me=Owner(name, reason))


def _objects(column: pd.Series) -> list[Any]:
    """Plain Python values of a column, None where missing."""
    values = column.astype("object")
    if column.dtype.kind == "M":
        values = pd.Series(column.dt.to_pydatetime(), dtype="object")
    return [
        None if missing else value for value, missing in zip(values, column.isna(), strict=True)
    ]


def make_frame(columns: Mapping[str, Any], *, ids_are_unique: bool = False) -> pd.DataFrame:
    """Build the frame of ``Archive`` from one sequence per name in ``COLUMNS``.

    Strings come as lists (None: missing), pyarrow arrays or categoricals; ``sent_at`` as a list of naive
    datetimes or None, or as a numpy ``datetime64`` array. All have the same length. Halves of
    a broken character (lone surrogates) become U+FFFD; a repeated id gets a suffix, unless the
    caller says that there is none (looking costs a tenth of a second for a million).
    """
    ready = {
        name: _text_column(columns[name]) if name in _PLAIN else _category(columns[name])
        for name in COLUMNS
        if name != "sent_at"
    }
    ready["sent_at"] = _time_column(columns["sent_at"])
    frame = pd.DataFrame({name: ready[name] for name in COLUMNS}, copy=False)
    while not (ids_are_unique or frame["id"].is_unique):
        repeats = frame.groupby("id").cumcount()
        again = repeats > 0
        frame.loc[again, "id"] = frame["id"][again] + "~" + repeats[again].astype(str)
    return frame


def category(codes: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    """Categorical of those ``names`` that occur in ``codes``; -1 is missing."""
    counts = np.bincount(codes.astype(np.int64) + 1, minlength=len(names) + 1)[1:]
    used = np.flatnonzero(counts)
    place = np.full(len(names) + 1, -1, dtype=np.int32)
    place[used] = np.arange(len(used))
    kept = pd.Index(_text_column([names[i] for i in used.tolist()]), dtype="str")
    return pd.Categorical.from_codes(place[codes], categories=kept)


_PLAIN = ("id", "text", "reply_to")
_TEXT_TYPES = dict.fromkeys((pa.string(), pa.large_string()), pd.StringDtype(na_value=np.nan))


def _text_column(values: Any) -> Any:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values.to_pandas(types_mapper=_TEXT_TYPES.get)
    if not isinstance(values, list):
        return values
    return text_array(values).to_pandas(types_mapper=_TEXT_TYPES.get)


def text_array(values: list[str | None] | list[str]) -> pa.Array:
    """Strings as an Arrow array; halves of a broken character become U+FFFD, None is missing."""
    try:
        return pa.array(values, type=pa.large_string(), from_pandas=True)
    except UnicodeEncodeError:
        return pa.array([_whole(v) for v in values], type=pa.large_string())


def _whole(value: str | None) -> str | None:
    if value is None:
        return None
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _Codes(dict):
    """Numbers its keys from 0 in the order in which they are first asked for; None is -1."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self) - 1
        return number


def _category(values: Any) -> Any:
    if isinstance(values, pd.Categorical):
        return values
    codes: dict[str | None, int] = _Codes({None: -1})
    numbers = np.fromiter(map(codes.__getitem__, values), dtype=np.int32, count=len(values))
    names: Sequence[str | None] = list(codes)[1:]
    categories = pd.Index(_text_column(list(names)), dtype="str")
    if not categories.is_unique:  # only after repair of broken characters
        return pd.Categorical(pd.Series(categories.take(numbers)).where(numbers >= 0))
    return pd.Categorical.from_codes(numbers, categories=categories)


def _time_column(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        return values.astype("datetime64[ms]", copy=False)
    times = pd.to_datetime(pd.Series(values, dtype="object"), errors="coerce")
    return times.astype("datetime64[ms]").array
