"""Messages of Meta's threads as columns: a thread may have a million, so each must cost little.

A piece of some thousand messages is taken apart into columns at once. Only messages that may be
anything but typed words are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import KINDS, text_array
from core.readers.meta_text import (
    FIRST_THREE,
    about_sender,
    all_repaired,
    has_media,
    is_call,
    is_notice,
    repaired,
)
from core.readers.rows import Rows
from core.readers.values import list_of, number_of, text_of

KIND_CODE = {name: number for number, name in enumerate(KINDS)}
_DELETED_ACCOUNTS = {"Facebook user", "Instagram User", "Facebook User"}
_DAMAGED_KEYS = ("timestamp_ms", "sender_name", "content")
_CLEAN_KEYS = ("timestamp", "senderName", "text")
#: Keys that a message of nothing but text may have.
_PLAIN = {
    "sender_name",
    "timestamp_ms",
    "content",
    "is_geoblocked_for_viewer",
    "is_unsent_image_by_messenger_kid_parent",
    "reactions",
}
_STARTS = pa.array([start.encode() for start in FIRST_THREE], type=pa.large_binary())
#: First bytes of white space outside ASCII.
_SPACES_START = np.zeros(256, dtype=bool)
_SPACES_START[[0xC2, 0xE1, 0xE2, 0xE3]] = True
_MOST = 2**62


class Columns(NamedTuple):
    """Messages of one thread: ``times`` in ms since 1970 (0: unknown), ``senders`` as codes into
    ``Senders.shown``, ``texts``, ``kinds`` as codes into ``KINDS``, ``files`` as numbers."""

    times: np.ndarray
    senders: np.ndarray
    texts: pa.Array | pa.ChunkedArray
    kinds: np.ndarray
    files: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    def take(self, rows: np.ndarray) -> Columns:
        """The messages at these places, in this order."""
        return Columns(
            self.times[rows],
            self.senders[rows],
            self.texts.take(pa.array(rows)),
            self.kinds[rows],
            self.files[rows],
        )


class Senders(dict):
    """Numbers the senders of one thread, as written in the file, in the order they come up.

    ``shown`` are their names; ``where`` tells deleted accounts of different threads apart;
    ``clean``: names are undamaged.
    """

    def __init__(self, where: str, clean: bool) -> None:
        self.where, self.clean = where, clean
        self.shown: list[str] = []

    def __missing__(self, raw: object) -> int:
        name = text_of(raw)
        name = (name if self.clean else repaired(name)) or "Unknown"
        if name in _DELETED_ACCOUNTS:
            name = f"{name} ({self.where})"
        if name not in self.shown:
            self.shown.append(name)
        code = self[raw] = self.shown.index(name)
        return code


class _Shapes(dict):
    """Whether a message with these keys is nothing but text; asked a million times.

    0: yes; 1: it holds more; 2: yes, if its ``type`` (in downloads before 2023) is the usual one.
    """

    def __missing__(self, keys: tuple[str, ...]) -> int:
        more = set(keys) - _PLAIN
        answer = self[keys] = 0 if not more else 2 if more == {"type"} else 1
        return answer


def columns_of(entries: Sequence[Any], senders: Senders, rows: Rows, file: int = 0) -> Columns:
    """The messages among these entries of one list, in its order.

    Args:
        entries: what the list holds; what is no message is left out.
        senders: of this thread; ``senders.clean``: Messenger's secure storage.
        rows: takes the receipt of what is left out.
        file: number of the file that the list is in.
    """
    messages = entries
    if set(map(type, entries)) - {dict}:
        messages = [entry for entry in entries if isinstance(entry, dict)]
        rows.leave_out("entries that are not messages", count=len(entries) - len(messages))
    clean = senders.clean
    time_key, sender_key, text_key = _CLEAN_KEYS if clean else _DAMAGED_KEYS
    names = _values(messages, sender_key)
    if set(map(type, names)) - {str}:
        names = [text_of(name) for name in names]
    codes = np.fromiter(map(senders.__getitem__, names), np.int32, len(messages))
    texts = _values(messages, text_key)
    if set(map(type, texts)) - {str}:
        texts = [text_of(text) for text in texts]
    column = text_array(texts) if clean else all_repaired(texts)
    kinds = np.full(len(messages), KIND_CODE["message"], dtype=np.uint8)
    for row in np.flatnonzero(_odd(messages, column, codes, senders)).tolist():
        kind = kind_of(messages[row], column[row].as_py(), senders.shown[codes[row]], clean)
        kinds[row] = KIND_CODE[kind]
    files = np.full(len(messages), file, dtype=np.int32)
    return Columns(_times(_values(messages, time_key)), codes, column, kinds, files)


def _values(messages: Sequence[dict[str, Any]], key: str) -> list[Any]:
    try:
        return list(map(itemgetter(key), messages))
    except KeyError:
        return [message.get(key) for message in messages]


def _times(values: list[Any]) -> np.ndarray:
    if set(map(type, values)) - {int}:
        values = [number_of(value) or 0 for value in values]
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        return np.array([v if abs(v) < _MOST else 0 for v in values], dtype=np.int64)


def _odd(
    messages: Sequence[dict[str, Any]], texts: pa.Array, codes: np.ndarray, senders: Senders
) -> np.ndarray:
    """Mask of the messages that may be something else than typed text."""
    if senders.clean:
        plain = [m.get("type") == "text" and m.get("isUnsent") is not True for m in messages]
        odd = ~np.array(plain, dtype=bool)
    else:
        shapes = _Shapes()
        keys = map(tuple, messages)
        found = np.fromiter(map(shapes.__getitem__, keys), dtype=np.uint8, count=len(messages))
        odd = found == 1
        for row in np.flatnonzero(found == 2).tolist():
            odd[row] = messages[row]["type"] != "Generic"
    raw = texts.view(pa.large_binary())
    known = pc.is_in(pc.binary_slice(raw, 0, 3), value_set=_STARTS)
    odd |= known.to_numpy(zero_copy_only=False)
    ends = np.frombuffer(texts.buffers()[1], dtype=np.int64)[: len(messages) + 1]
    filled = ends[1:] > ends[:-1]
    first = np.zeros(len(messages), dtype=np.uint8)  # byte of each text
    if filled.any():
        first[filled] = np.frombuffer(texts.buffers()[2], dtype=np.uint8)[ends[:-1][filled]]
    odd |= first <= ord(" ")
    if _SPACES_START[first].any():
        odd |= pc.utf8_is_space(texts).to_numpy(zero_copy_only=False)
    # Notices in the third person begin with the sender's name.
    initials = np.array([name.encode("utf-8", "replace")[0] for name in senders.shown] or [0])
    return odd | (first == initials[codes])


def kind_of(message: dict[str, Any], text: str, sender: str, clean: bool) -> str:
    """What one message is, looked at closely."""
    if message.get("is_unsent") is True or message.get("isUnsent") is True:
        return "deleted"
    if text == "User unsent a message" and clean:
        return "deleted"
    if message.get("type") == "Call" or "call_duration" in message or is_call(text, sender):
        return "call"
    if message.get("type") in ("Subscribe", "Unsubscribe"):
        return "system"
    media = bool(list_of(message.get("media"))) if clean else has_media(message)
    if not text or text.isspace():
        return "media" if media or message.get("type") != "placeholder" else "system"
    if clean and text == "Failed to download media":
        return "media"
    if clean and message.get("type") == "placeholder":
        return "system"
    if about_sender(text, sender) or is_notice(text):
        return "media" if media else "system"
    return "message"


def join(parts: Sequence[Sequence[Columns]], rows: Rows, newest_first: bool) -> Columns:
    """All messages of a thread, oldest first.

    Args:
        parts: the pieces of each file of the thread, the file with the oldest messages first.
        rows: takes the receipt of messages that stand in two files.
        newest_first: the order inside a file.
    """
    if newest_first:
        parts = [[p.take(np.arange(len(p))[::-1]) for p in reversed(file)] for file in parts]
    files = _without_copies([_concatenated(pieces) for pieces in parts], rows)
    whole = _concatenated(files)
    if (np.diff(whole.times) < 0).any():
        whole = whole.take(np.argsort(whole.times, kind="stable"))
    return whole


def _concatenated(pieces: Sequence[Columns]) -> Columns:
    if not pieces:
        nothing = np.zeros(0, dtype=np.int64)
        return Columns(nothing, nothing, pa.array([], type=pa.large_string()), nothing, nothing)
    if len(pieces) == 1:
        return pieces[0]
    return Columns(
        np.concatenate([p.times for p in pieces]),
        np.concatenate([p.senders for p in pieces]),
        pa.chunked_array([chunk for p in pieces for chunk in _chunks(p.texts)]),
        np.concatenate([p.kinds for p in pieces]),
        np.concatenate([p.files for p in pieces]),
    )


def _chunks(texts: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]


def _without_copies(files: list[Columns], rows: Rows) -> list[Columns]:
    """Drop what stands in an earlier file as well; equal messages inside one file are kept."""
    kept: list[Columns] = []
    for one in files:
        shared = np.zeros(len(one), dtype=bool)
        for other in kept:
            if len(one) and len(other) and _overlap(one.times, other.times):
                shared |= np.isin(one.times, other.times)
        places = np.flatnonzero(shared)
        if len(places):
            seen = {key for other in kept for key in _keys(other, one.times[places])}
            mine = zip(places.tolist(), _keys(one.take(places)), strict=True)
            copies = [place for place, key in mine if key in seen]
            rows.merge("the same message in two files", count=len(copies))
            left = np.ones(len(one), dtype=bool)
            left[copies] = False
            one = one.take(np.flatnonzero(left))
        kept.append(one)
    return kept


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(one.min() <= other.max() and other.min() <= one.max())


def _keys(columns: Columns, times: np.ndarray | None = None) -> list[tuple[int, int, str]]:
    """Time, sender and text, of the messages at these times."""
    if times is not None:
        columns = columns.take(np.flatnonzero(np.isin(columns.times, times)))
    return list(
        zip(
            columns.times.tolist(), columns.senders.tolist(), columns.texts.to_pylist(), strict=True
        )
    )
