"""The frame of Meta's threads: whole columns at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import KINDS, category, make_frame, text_array
from core.readers.meta_columns import KIND_CODE, Columns, Senders
from core.readers.meta_text import LONGEST_REACTION, reaction_notices
from core.readers.rows import Rows, times_or_none

_SYSTEM = KIND_CODE["system"]


@dataclass
class Thread:
    """What is known of a thread so far; ``files`` are the pieces of each file, oldest first."""

    conversation: str
    title: str
    people: list[str]
    senders: Senders
    files: list[list[Columns]] = field(default_factory=list)


def writers(thread: Thread, whole: Columns) -> list[str]:
    """The names that stand at messages of a thread, notices aside."""
    codes = np.unique(whole.senders[whole.kinds != _SYSTEM])
    return [thread.senders.shown[code] for code in codes.tolist()]


def without_reactions(whole: Columns) -> Columns:
    """The same messages, in which reactions that the app wrote as messages are notices."""
    short = pc.less_equal(pc.utf8_length(whole.texts), LONGEST_REACTION)
    candidates = pc.and_(short, pc.invert(pc.string_is_ascii(whole.texts)))
    counted = pc.value_counts(whole.texts.filter(candidates))
    counts = zip(
        counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
    )
    notices = reaction_notices(dict(counts))
    if notices:
        known = text_array(sorted(notices))
        found = pc.is_in(whole.texts, value_set=known).to_numpy(zero_copy_only=False)
        whole.kinds[found & (whole.kinds == KIND_CODE["message"])] = _SYSTEM
    return whole


def frame_of(finished: Sequence[tuple[Thread, Columns]], rows: Rows) -> pd.DataFrame:
    """All threads, then what stands in ``rows`` (the posts)."""
    names: dict[str | None, int] = {None: -1}
    places: dict[str, int] = {}
    authors, conversations, ids = [], [], []
    texts: list[pa.Array] = []
    count = 0
    for thread, whole in finished:
        table = [names.setdefault(name, len(names) - 1) for name in thread.senders.shown]
        codes = np.array([*table, -1], dtype=np.int32)[whole.senders]
        authors.append(np.where(whole.kinds == _SYSTEM, -1, codes))
        place = places.setdefault(thread.conversation, len(places))
        conversations.append(np.full(len(whole), place, dtype=np.int32))
        ids.append(_ids(thread.conversation, count, len(whole)))
        texts += whole.texts.chunks if isinstance(whole.texts, pa.ChunkedArray) else [whole.texts]
        count += len(whole)
    authors.append(np.array([names.setdefault(n, len(names) - 1) for n in rows.authors], np.int32))
    conversations.append(
        np.array([places.setdefault(c, len(places)) for c in rows.conversations], np.int32)
    )
    times = [*(times_or_none(whole.times) for _, whole in finished), rows.time_column()]
    kinds = [whole.kinds for _, whole in finished]
    kinds.append(np.array([KIND_CODE[kind] for kind in rows.kinds], dtype=np.uint8))
    return make_frame(
        {
            "id": pa.chunked_array([*ids, text_array(rows.ids)], type=pa.large_string()),
            "conversation": category(np.concatenate(conversations), list(places)),
            "sent_at": np.concatenate(times),
            "author": category(np.concatenate(authors), [n for n in names if n is not None]),
            "text": pa.chunked_array([*texts, text_array(rows.texts)], type=pa.large_string()),
            "kind": category(np.concatenate(kinds).astype(np.int32), KINDS),
            "reply_to": pa.nulls(count + len(rows), pa.large_string()),
        },
        ids_are_unique=not len(rows),
    )


def files_of(
    finished: Sequence[tuple[Thread, Columns]], rows: Rows, files: Sequence[str]
) -> pd.Categorical:
    """The file of each row of ``frame_of``; ``files`` are named by the numbers in the columns."""
    posts = rows.files()
    places = {
        file: place for place, file in enumerate(dict.fromkeys([*files, *(f for f, _ in posts)]))
    }
    place_of = np.array([places[file] for file in files], dtype=np.int64)
    codes = [place_of[whole.files] for _, whole in finished]
    codes += [np.full(count, places[file]) for file, count in posts]
    return category(np.concatenate(codes), list(places))


def _ids(conversation: str, first: int, count: int) -> pa.Array:
    numbers = pc.cast(pa.array(np.arange(first, first + count)), pa.large_string())
    start = text_array([f"{conversation}/"])[0]
    return pc.binary_join_element_wise(start, numbers, pa.scalar("", pa.large_string()))
