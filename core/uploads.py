"""Uploads: the same bytes once, checked on arrival, and recognisable as ours by their name."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterable
from typing import Any

import openai
from openai import OpenAI
from openai.types import FileObject

from core.parts import Resumable, needs_parts, send_in_parts
from core.problems import Problem
from core.providers import (
    ANY_PROVIDER,
    Profile,
    answer_is_unclear,
    reraise,
    without_retries,
)

#: The mark on every job of ours, and the beginning of every file name of ours.
MADE_BY = "soundalike"
OUR_FILE = re.compile(
    r"soundalike-(?P<project>[0-9a-z]{1,16})-(?P<stem>[\w.-]+)-(?P<hash>[0-9a-f]{16})\.jsonl"
)

BOM = b"\xef\xbb\xbf"

#: Bytes up to which an uploaded file is read back to compare its hash.
READ_BACK_LIMIT = 32 * 1024 * 1024


def our_file_name(filename: str, data: bytes, project: str = "") -> str:
    """The name under which a file of ours is uploaded: mark, project, what it is, hash."""
    stem = re.sub(r"[^\w.-]+", "-", filename.removesuffix(".jsonl"), flags=re.ASCII).strip("-._")
    return f"{MADE_BY}-{project_id(project)}-{stem[:40] or 'file'}-{short_hash(data)}.jsonl"


def project_id(project: str) -> str:
    """A project's name as it may stand in a file name: 1 to 16 of 0-9 and a-z."""
    return re.sub(r"[^0-9a-z]", "", project.lower())[:16] or "none"


def short_hash(data: bytes) -> str:
    """The first 16 digits of the SHA-256 of ``data``."""
    return hashlib.sha256(data).hexdigest()[:16]


def upload(
    client: OpenAI,
    data: bytes,
    filename: str,
    *,
    profile: Profile = ANY_PROVIDER,
    project: str = "",
    progress: Callable[[float], None] | None = None,
    started: Resumable | None = None,
) -> FileObject:
    """Upload a training or validation file, or find the same bytes already there.

    The file's name holds its hash, so the same bytes are found again and an unclear answer is
    resolved by looking. The size that the provider reports is compared; where it lets a file be
    read back (and it is not above READ_BACK_LIMIT), its hash is, too.

    Args:
        data: JSONL; gets a byte order mark where the profile wants one.
        project: an id of the person's project, so that its files can be told apart.
        progress: called with the share that has been sent, 0 to 1.
        started: the session's uploads in parts, so that a broken one is taken up again.

    Raises:
        Problem: too large, refused, arrived with another size or content, or unreachable.
    """
    data = with_bom(data, profile)
    limit = profile.largest_file
    if limit and len(data) > limit:
        raise Problem(
            f"The file has {len(data):,} bytes; {profile.name} takes at most {limit:,}.",
            "Make the data set smaller.",
        )
    name = our_file_name(filename, data, project)
    try:
        found = find_upload(client, name, len(data))
        if found is None and needs_parts(profile, len(data)):
            found = send_in_parts(
                client,
                data,
                name,
                profile,
                lambda: find_upload(client, name, len(data)),
                progress=progress,
                started=started,
            )
        if found is None:
            found = _send(client, data, name, progress)
        _verify(client, found, data)
    except Exception as error:
        reraise(error, profile)
    if progress:
        progress(1.0)
    return found


def with_bom(data: bytes, profile: Profile) -> bytes:
    """``data`` as this provider wants it: with or without a byte order mark at its start."""
    plain = data.removeprefix(BOM)
    return BOM + plain if profile.bom else plain


def find_upload(client: OpenAI, name: str, size: int) -> FileObject | None:
    """A usable file with exactly this name and size at the provider, if there is one."""
    for file in list_files(client):
        if file.filename == name and file.bytes == size and file.status != "error":
            return file
    return None


def list_files(client: OpenAI, *, most: int = 10_000) -> list[FileObject]:
    """The account's fine-tuning files and result files, newest first, at most ``most``."""
    page = client.files.list(limit=1000, order="desc")
    return [f for f in capped(page, most) if f.purpose in ("fine-tune", "fine-tune-results")]


def capped(page: Any, most: int) -> Iterable[Any]:
    """Items of a paged answer, at most ``most`` and never one twice.

    A server that always says ``has_more`` would be asked for ever otherwise.
    """
    seen: set[str] = set()
    for item in page:
        if item.id in seen or len(seen) >= most:
            return
        seen.add(item.id)
        yield item


class _Watched(io.BytesIO):
    """Bytes that report how much of them has been read."""

    def __init__(self, data: bytes, progress: Callable[[float], None]) -> None:
        super().__init__(data)
        self._size = max(1, len(data))
        self._progress = progress

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self._progress(self.tell() / self._size)
        return piece


def _send(
    client: OpenAI, data: bytes, name: str, progress: Callable[[float], None] | None
) -> FileObject:
    """One upload; an unclear answer is resolved by looking for the file."""
    content: Any = _Watched(data, progress) if progress else data
    try:
        return without_retries(client).files.create(
            file=(name, content, "application/jsonl"), purpose="fine-tune"
        )
    except Exception as error:
        if not answer_is_unclear(error):
            raise
        found = find_upload(client, name, len(data))
        if found is None:
            raise
        return found


def _verify(client: OpenAI, file: FileObject, data: bytes) -> None:
    """Compare size and, where the provider gives the content back, hash."""
    if file.bytes and file.bytes != len(data):
        raise Problem(
            f"The provider received {file.bytes:,} bytes of a file of {len(data):,}.",
            "Remove that file on the Clean up page and upload again.",
        )
    if len(data) > READ_BACK_LIMIT:
        return
    try:
        arrived = client.files.content(file.id).read()
    except openai.APIStatusError:
        return  # not every provider lets training files be read back
    if hashlib.sha256(arrived).digest() != hashlib.sha256(data).digest():
        raise Problem(
            "The file at the provider is not the one that was sent.",
            "Remove it on the Clean up page and upload again.",
        )
