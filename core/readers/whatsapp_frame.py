"""WhatsApp chats of one person: one frame, one owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import KINDS, Archive, Note, Owner, category, make_frame
from core.problems import Problem
from core.readers.whatsapp_chat import Chat
from core.source_files import files_of_runs

_KIND = {name: number for number, name in enumerate(KINDS)}
#: A body this frequent with two authors, and this long, is a placeholder in any language.
PLACEHOLDER_SHARE = 0.05
PLACEHOLDER_LENGTH = 10
_SAMPLE = 3_000


def assemble(chats: Sequence[Chat], notes: Sequence[Note] = ()) -> Archive:
    """One archive of all chats, each a conversation.

    Raises:
        Problem: there is no message at all.
    """
    if not any(len(c.times) for c in chats):
        raise Problem("There is not a single message in this chat.", "Export it again.")
    all_notes = list(notes)
    for chat in chats:
        all_notes += [*chat.notes, *_placeholders(chat)]
    names = list(dict.fromkeys(name for chat in chats for name in chat.names))
    place = {name: i for i, name in enumerate(names)}
    authors = np.concatenate(
        [np.array([*map(place.__getitem__, c.names), -1], dtype=np.int32)[c.authors] for c in chats]
    )
    lengths = [len(c.times) for c in chats]
    keys = [f"chat{n}" for n in range(1, len(chats) + 1)]
    count = sum(lengths)
    texts = pa.chunked_array([c.texts for c in chats], type=pa.large_string())
    ids = pa.chunked_array([_ids(key, n) for key, n in zip(keys, lengths, strict=True)])
    frame = make_frame(
        {
            "id": ids,
            "conversation": pd.Categorical.from_codes(
                np.repeat(np.arange(len(chats)), lengths), categories=pd.Index(keys, dtype="str")
            ),
            "sent_at": np.concatenate([c.times for c in chats]).view("datetime64[ms]"),
            "author": category(authors, names),
            "text": texts,
            "kind": category(np.concatenate([c.kinds for c in chats]), KINDS),
            "reply_to": pa.nulls(count, pa.large_string()),
        },
        ids_are_unique=True,
    )
    titles = {
        key: chat.title or _people(chat) or chat.label
        for key, chat in zip(keys, chats, strict=True)
    }
    return Archive(
        "whatsapp",
        frame,
        find_owner(chats),
        all_notes,
        sum(c.raw_count for c in chats),
        titles,
        files=files_of_runs([run for chat in chats for run in chat.files]),
    )


def _ids(key: str, count: int) -> pa.LargeStringArray:
    numbers = pc.cast(pa.array(np.arange(1, count + 1)), pa.large_string())
    parts = [pa.scalar(text, pa.large_string()) for text in (f"{key}-", "")]
    return pc.binary_join_element_wise(parts[0], numbers, parts[1])


def _people(chat: Chat) -> str:
    return ", ".join(chat.names[:4]) + (" and others" if len(chat.names) > 4 else "")


def _placeholders(chat: Chat) -> list[Note]:
    """Bodies that two authors repeat far too often: placeholders of a language not known here."""
    written = chat.kinds == _KIND["message"]
    rows = np.flatnonzero(written)[:_SAMPLE]
    if len(rows) < 40:
        return []
    texts = chat.texts.take(pa.array(rows)).to_pylist()
    totals = Counter(chat.authors[rows].tolist())
    pairs = Counter(
        (a, t)
        for a, t in zip(chat.authors[rows].tolist(), texts, strict=True)
        if PLACEHOLDER_LENGTH < len(t) < 80
    )
    users = Counter(
        text
        for (author, text), n in pairs.items()
        if n >= max(3, PLACEHOLDER_SHARE * totals[author])
    )
    found = [text for text, authors in users.items() if authors >= 2]
    notes: list[Note] = []
    for text in found:
        same = pc.equal(chat.texts, text).to_numpy(zero_copy_only=False) & written
        chat.kinds[same] = _KIND["media"]
        reason = "the same line from several people again and again, taken for a placeholder"
        notes.append(Note("guessed", reason, int(same.sum()), (text,)))
    return notes


def find_owner(chats: Sequence[Chat]) -> Owner | None:
    """Who exported these chats, by the strongest evidence there is, or None.

    Measured on 149 exports with "You deleted this message": always exactly one author, who never
    acts in a notice (the owner is "You" there).
    """
    deleters = Counter(name for c in chats if len(c.deleters) == 1 for name in c.deleters)
    if deleters:
        names = [n for n, _ in deleters.most_common()]
        return Owner(
            names[0], "only the owner's phone says 'You deleted this message'", tuple(names[1:])
        )
    named = Counter(name for c in chats if (name := _other_than_title(c)))
    if named:
        names = [n for n, _ in named.most_common()]
        return Owner(names[0], "the file is named after the other person", tuple(names[1:]))
    if len(chats) > 1:
        common = set.intersection(*(set(c.names) for c in chats))
        if len(common) == 1:
            return Owner(common.pop(), f"the only name in all {len(chats)} chats")
    left = [
        n
        for c in chats
        for n in c.names
        if len(chats) == 1
        and len(c.names) > 1
        and n not in c.actors
        and n not in c.strangers
        and not n.startswith("+")
    ]
    if len(left) == 1:
        return Owner(left[0], "every other name acts in a notice or is a number or a stranger")
    return None


def _other_than_title(chat: Chat) -> str | None:
    """In a chat of two, the one the file is not named after."""
    if len(chat.names) != 2 or not chat.title:
        return None
    wanted = _plain(chat.title)
    matches = [name for name in chat.names if _plain(name) == wanted]
    if len(matches) != 1:
        return None
    return next(name for name in chat.names if name != matches[0])


def _plain(name: str) -> str:
    """Letters and digits only: file names lose the other characters."""
    return "".join(c for c in name.casefold() if c.isalnum())
