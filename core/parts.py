"""Files too large for one request: sent in parts (OpenAI's Uploads API), resumed where it broke."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field

import openai
from openai import OpenAI
from openai.types import FileObject

from core.problems import Problem
from core.providers import Profile, answer_is_unclear, without_retries

#: Seconds before its end from which a broken upload is not taken up again, but begun anew.
MARGIN = 300


@dataclass(slots=True)
class Started:
    """An upload under way: the ids of the parts that have arrived, in order."""

    upload_id: str
    expires_at: float
    part_bytes: int
    part_ids: list[str] = field(default_factory=list)


#: Uploads under way by file name (which holds the hash of the content), for one session.
Resumable = MutableMapping[str, Started]


def needs_parts(profile: Profile, size: int) -> bool:
    """Whether a file of ``size`` bytes is too large for one request but not for parts."""
    return bool(profile.part_bytes and profile.max_file_bytes and size > profile.max_file_bytes)


def send_in_parts(
    client: OpenAI,
    data: bytes,
    name: str,
    profile: Profile,
    find: Callable[[], FileObject | None],
    *,
    progress: Callable[[float], None] | None = None,
    started: Resumable | None = None,
) -> FileObject:
    """Upload ``data`` in parts of ``profile.part_bytes`` and put them together.

    A part costs nothing and one that nobody names is dropped, so parts may be repeated; putting
    together is asked for once, with the MD5 of the whole, which the provider compares. An unclear
    answer to that is resolved by looking for the file.

    Args:
        find: looks for the finished file at the provider.
        progress: called with the share of bytes that have arrived.
        started: where the state is kept, so that the next call goes on after the last part that
            arrived; emptied at the end.

    Raises:
        Problem: the provider put together something else.
        openai.OpenAIError: as from the client.
    """
    kept: Resumable = {} if started is None else started
    state = kept.get(name)
    if state is None or state.expires_at - MARGIN < time.time():
        state = kept[name] = _begin(client, len(data), name, profile.part_bytes)
    starts = range(0, len(data), state.part_bytes)
    for start in starts[len(state.part_ids) :]:
        if progress:
            progress(start / len(data))
        piece = data[start : start + state.part_bytes]
        try:
            part = client.uploads.parts.create(state.upload_id, data=("part", piece))
        except (openai.NotFoundError, openai.BadRequestError):
            kept.pop(name, None)  # cancelled or expired there: the next try begins anew
            raise
        state.part_ids.append(part.id)
    kept.pop(name, None)
    return _complete(client, state, data, find)


def _begin(client: OpenAI, size: int, name: str, part_bytes: int) -> Started:
    made = client.uploads.create(
        bytes=size, filename=name, mime_type="application/jsonl", purpose="fine-tune"
    )
    return Started(made.id, float(made.expires_at or time.time() + 3600), part_bytes)


def _complete(
    client: OpenAI, state: Started, data: bytes, find: Callable[[], FileObject | None]
) -> FileObject:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    try:
        done = without_retries(client).uploads.complete(
            state.upload_id, part_ids=state.part_ids, md5=md5
        )
    except Exception as error:
        found = find() if answer_is_unclear(error) else None
        if found is None:
            raise
        return found
    if done.file is None:
        raise Problem("The provider put the parts together, but gave no file.", "Upload again.")
    return done.file
