"""The same WhatsApp chat exported more than once: later exports add, nothing counts twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow as pa

from core.messages import Note
from core.readers.whatsapp_chat import Chat

#: Share of the smaller export that must be in the larger one, to be taken for the same chat.
MIN_OVERLAP = 0.2
MIN_COMMON = 5
_MINUTE = 60_000


def merge_same(chats: Sequence[Chat]) -> list[Chat]:
    """Join exports of one chat: same title or two common names, and common messages."""
    left = list(chats)
    found = True
    while found:
        found = False
        for a, b in combinations(range(len(left)), 2):
            if _may_be_same(left[a], left[b]) and (joined := _joined(left[a], left[b])):
                left[a] = joined
                del left[b]
                found = True
                break
    return left


def _may_be_same(one: Chat, other: Chat) -> bool:
    if one.title and other.title and one.title == other.title:
        return True
    return len(set(one.names) & set(other.names)) >= 2


def _keys(chat: Chat) -> list[tuple[int, str, int, str]]:
    """Minute, author, kind and text: phones differ in whether they write seconds."""
    names = [*chat.names, ""]
    return list(
        zip(
            (chat.times // _MINUTE).tolist(),
            [names[a] for a in chat.authors.tolist()],
            chat.kinds.tolist(),
            chat.texts.to_pylist(),
            strict=True,
        )
    )


def _joined(one: Chat, other: Chat) -> Chat | None:
    """Both in one, the earlier first, or None when they are different chats."""
    if len(other.times) and len(one.times) and other.times.min() < one.times.min():
        one, other = other, one
    seen = Counter(_keys(one))
    keep = np.ones(len(other.times), dtype=bool)
    for row, key in enumerate(_keys(other)):
        if seen[key] > 0:
            seen[key] -= 1
            keep[row] = False
    common = int((~keep).sum())
    if common < MIN_COMMON or common < MIN_OVERLAP * min(len(one.times), len(other.times)):
        return None
    names = list(dict.fromkeys([*one.names, *other.names]))
    codes = np.array([*map(names.index, other.names), -1], dtype=np.int32)
    return replace(
        one,
        title=one.title or other.title,
        times=np.concatenate([one.times, other.times[keep]]),
        authors=np.concatenate([one.authors, codes[other.authors[keep]]]),
        names=names,
        kinds=np.concatenate([one.kinds, other.kinds[keep]]),
        texts=pa.concat_arrays([one.texts, other.texts.filter(pa.array(keep))]),
        notes=[
            *one.notes,
            *(note for note in other.notes if note not in one.notes),
            Note("left_out", "messages that are in more than one export of this chat", common),
        ],
        raw_count=one.raw_count + other.raw_count,
        deleters=one.deleters | other.deleters,
        actors=one.actors | other.actors,
        strangers=one.strangers | other.strangers,
        files=[*one.files, *_kept(other.files, keep)],
    )


def _kept(files: Sequence[tuple[str, int]], keep: np.ndarray) -> list[tuple[str, int]]:
    """How many of each file's messages are kept."""
    starts = np.cumsum([0, *(count for _, count in files)])
    return [
        (file, int(keep[start : start + count].sum()))
        for (file, count), start in zip(files, starts[:-1].tolist(), strict=True)
    ]
