"""What a person drops, as a flat list of members: bare files, folders, zip and tar members.

Nothing is ever extracted to disk and a path found inside an archive never touches the file
system: it is only matched against patterns. Members are read in place, under a cap on size
and on compression ratio.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from core.problems import Problem
from core.readers.members import JUNK, MAX_WHOLE, Container, Member, find, local_time
from core.readers.packed import open_file

MAX_FILES_IN_FOLDER = 200_000

__all__ = ["MAX_WHOLE", "Container", "Member", "find", "open_containers"]


@contextmanager
def open_containers(
    source: Any, name: str | None = None
) -> Iterator[tuple[list[Container], list[Problem]]]:
    """Open everything in ``source``: path, bytes, binary file, (name, bytes), or a list of them.

    Yields:
        The containers that could be opened, and a ``Problem`` for each that could not. They can
        be read until the block is left.
    """
    sources = list(source) if isinstance(source, list) else [source]
    containers: list[Container] = []
    problems: list[Problem] = []
    with ExitStack() as stack:
        for number, one in enumerate(sources, 1):
            try:
                containers.append(_open_one(one, name, number, stack))
            except Problem as problem:
                problems.append(problem)
        yield containers, problems


def _open_one(source: Any, name: str | None, number: int, stack: ExitStack) -> Container:
    if isinstance(source, tuple) and len(source) == 2:
        name, source = source
    if isinstance(source, str | os.PathLike):
        return _open_path(Path(source), name, stack)
    if isinstance(source, bytearray | memoryview):
        source = bytes(source)
    if isinstance(source, bytes):
        label = _base(name) or f"file {number}"
        data = source
        return open_file(Member(label, label, len(data), opener=lambda: io.BytesIO(data)), stack)
    if hasattr(source, "read"):
        return _open_stream(source, name, number, stack)
    raise Problem(f"Input {number} is not a file.", "Give a path, bytes or a binary file.")


def _base(name: object) -> str:
    return str(name).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] if name else ""


def _open_path(path: Path, name: str | None, stack: ExitStack) -> Container:
    label = _base(name) or path.name or str(path)
    try:
        if path.is_dir():
            return Container(label, _folder_members(path, label), packed=True)
        stat = path.stat()
    except (OSError, ValueError):
        raise Problem(f"{label} cannot be found or opened.", "Check the path.") from None
    member = Member(
        label,
        label,
        stat.st_size,
        opener=lambda: path.open("rb"),
        modified=local_time(stat.st_mtime),
        local=path,
    )
    return open_file(member, stack)


def _folder_members(folder: Path, label: str) -> list[Member]:
    members: list[Member] = []
    for root, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            inside = path.relative_to(folder).as_posix()
            if JUNK.search(inside) or path.is_symlink() or not path.is_file():
                continue
            if len(members) >= MAX_FILES_IN_FOLDER:
                raise Problem(
                    f"{label} holds more than {MAX_FILES_IN_FOLDER:,} files.",
                    "Give the folder of one export only.",
                )
            stat = path.stat()
            members.append(
                Member(
                    inside,
                    label,
                    stat.st_size,
                    opener=_path_opener(path),
                    modified=local_time(stat.st_mtime),
                    local=path,
                )
            )
    if not members:
        raise Problem(f"The folder {label} is empty.", "Choose the folder of the export.")
    return members


def _path_opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")


def _open_stream(stream: Any, name: str | None, number: int, stack: ExitStack) -> Container:
    label = _base(name) or _base(getattr(stream, "name", None)) or f"file {number}"
    if isinstance(stream, io.BytesIO):
        data = stream.getvalue()  # shared, not copied, for as long as nobody writes
        return open_file(Member(label, label, len(data), opener=lambda: io.BytesIO(data)), stack)
    try:
        if not stream.seekable():
            data = stream.read()
            return _open_one((label, data), None, number, stack)
        size = stream.seek(0, io.SEEK_END)
    except (OSError, ValueError, AttributeError, io.UnsupportedOperation):
        raise Problem(f"{label} cannot be read.", "Drop the file again.") from None
    lock = threading.Lock()

    def opener() -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_View(stream, size, lock), 2**16))

    return open_file(Member(label, label, size, opener=opener), stack)


class _View(io.RawIOBase):
    """An independent read position in somebody else's file, which is never closed here."""

    def __init__(self, stream: IO[bytes], size: int, lock: threading.Lock) -> None:
        self._stream, self._size, self._lock, self._position = stream, size, lock, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        with self._lock:
            self._stream.seek(self._position)
            data = self._stream.read(len(buffer))
        if not isinstance(data, bytes):
            raise OSError("not a binary file")
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
