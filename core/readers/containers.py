"""What a person drops, as a flat list of members: bare files, folders, zip and tar members.

Nothing is ever extracted to disk and a path found inside an archive never touches the file
system: it is only matched against patterns. Members are read in place, under a cap on size
and on compression ratio.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import re
import struct
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from core.problems import Problem

#: Largest member that is read at all, and largest one that is held in memory whole (bytes).
MAX_MEMBER = 16 * 2**30
MAX_WHOLE = 2 * 2**30
#: Text compresses 3 to 30 times; a bomb a thousand times. Small members are never judged.
MAX_RATIO = 250
RATIO_FLOOR = 64 * 2**20
MAX_FILES_IN_FOLDER = 200_000
HEAD = 64 * 1024

_JUNK = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE
)
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    # Spoiled tables of contents make the standard library trip over its own indices.
    LookupError,
    struct.error,
    lzma.LZMAError,
    OverflowError,
    AssertionError,
)


@dataclass(eq=False)
class Member:
    """One readable file: a dropped file itself, or one entry of a dropped zip, tar or folder.

    ``path`` is the path inside the container with ``/`` between its parts (the bare file name
    otherwise), ``file`` the name of what was dropped, ``size`` the uncompressed bytes,
    ``modified`` naive local time, if known.
    """

    path: str
    file: str
    size: int
    opener: Callable[[], IO[bytes]] = field(repr=False)
    modified: datetime | None = None
    packed_size: int | None = None
    local: Path | None = field(default=None, repr=False)
    _head: bytes | None = field(default=None, repr=False)

    @property
    def basename(self) -> str:
        """Last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """Extension of the last part, lower case, with its dot, or an empty string."""
        stem, dot, extension = self.basename.rpartition(".")
        return f".{extension.lower()}" if dot and stem else ""

    @property
    def label(self) -> str:
        """How to name this member to a person."""
        return self.file if self.path == self.file else f"{self.path} in {self.file}"

    def head(self, size: int = HEAD) -> bytes:
        """First bytes (at most ``HEAD``), kept; empty when the member cannot be read."""
        if self._head is None:
            try:
                with self.open() as stream:
                    self._head = _read_exactly(stream, HEAD)
            except (Problem, *_DAMAGE):
                self._head = b""
        return self._head[:size]

    def open(self) -> IO[bytes]:
        """A fresh binary stream from the start.

        Raises:
            Problem: the member is too large, packed too tightly, or cannot be opened.
        """
        if self.size > MAX_MEMBER:
            raise Problem(
                f"{self.label} is larger than {MAX_MEMBER >> 30} GB.",
                "Split it, or give a shorter period when you export.",
            )
        packed = self.packed_size
        if packed is not None and self.size > RATIO_FLOOR and self.size > MAX_RATIO * packed:
            raise Problem(
                f"{self.label} unpacks to {self.size // max(packed, 1)} times its size, "
                "which no real export does.",
                "Unpack it yourself, and drop the file you need if you trust it.",
            )
        try:
            return self.opener()
        except _DAMAGE as error:
            raise _damaged(self.label, error) from None

    def chunks(self, size: int = 2**20) -> Iterator[bytes]:
        """The content in pieces of ``size`` bytes.

        Raises:
            Problem: as ``open``, or the content is damaged from here on.
        """
        with self.open() as stream:
            while True:
                try:
                    chunk = stream.read(size)
                except _DAMAGE as error:
                    raise _damaged(self.label, error) from None
                if not chunk:
                    return
                yield chunk

    def read(self, limit: int = MAX_WHOLE) -> bytes:
        """The whole content.

        Raises:
            Problem: as ``chunks``, or it is larger than ``limit`` bytes.
        """
        if self.size > limit:
            raise _too_large(self.label, limit)
        if self.packed_size is None and self.local is not None:
            try:
                return self.local.read_bytes()
            except OSError as error:
                raise _damaged(self.label, error) from None
        pieces: list[bytes] = []
        total = 0
        for chunk in self.chunks(4 * 2**20):
            total += len(chunk)
            if total > limit:
                raise _too_large(self.label, limit)
            pieces.append(chunk)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(frozen=True, eq=False)
class Container:
    """One dropped thing: its name and its members (one, for a bare file).

    ``packed`` is true for zip, tar and folder: what is inside may be many kinds of files.
    """

    name: str
    members: list[Member]
    packed: bool


def find(members: Sequence[Member], pattern: str) -> list[Member]:
    """Members whose path ends with ``pattern`` (a regular expression, case ignored).

    The pattern is matched from the start of the path or after any ``/``: archives that a
    person packed again have an extra folder on top.
    """
    compiled = re.compile(rf"(?:^|/)(?:{pattern})$", re.IGNORECASE)
    return [m for m in members if compiled.search(m.path)]


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
        return _open_file(Member(label, label, len(data), opener=lambda: io.BytesIO(data)), stack)
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
        modified=_local_time(stat.st_mtime),
        local=path,
    )
    return _open_file(member, stack)


def _folder_members(folder: Path, label: str) -> list[Member]:
    members: list[Member] = []
    for root, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            inside = path.relative_to(folder).as_posix()
            if _JUNK.search(inside) or path.is_symlink() or not path.is_file():
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
                    modified=_local_time(stat.st_mtime),
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
        return _open_file(Member(label, label, len(data), opener=lambda: io.BytesIO(data)), stack)
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

    return _open_file(Member(label, label, size, opener=opener), stack)


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


def _open_file(member: Member, stack: ExitStack) -> Container:
    """A bare file, or the members of the zip, tar or gzip that it is."""
    if member.size == 0:
        raise Problem(f"{member.label} is empty.", "Export it again, or choose another file.")
    magic = member.head(512)
    if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return Container(member.file, _zip_members(member, stack), packed=True)
    if magic[257:262] == b"ustar":
        return Container(member.file, _tar_members(member, member.opener(), stack), packed=True)
    if magic[:2] == b"\x1f\x8b":
        return _gzip_container(member, stack)
    return Container(member.file, [member], packed=False)


def _zip_members(member: Member, stack: ExitStack) -> list[Member]:
    stream = stack.enter_context(member.open())
    try:
        archive = stack.enter_context(zipfile.ZipFile(stream))
        infos = archive.infolist()
    except _DAMAGE:
        raise Problem(
            f"{member.label} is cut off or damaged: its table of contents is missing.",
            "Download it again; a large archive often stops half way.",
        ) from None
    members: list[Member] = []
    for info in infos:
        path = info.filename.replace("\\", "/").lstrip("/")
        if not path or info.is_dir() or _JUNK.search(path):
            continue
        if info.flag_bits & 1:
            raise Problem(
                f"{member.label} is protected with a password.",
                "Unpack it with the password first, then drop what was inside.",
            )
        members.append(
            Member(
                path,
                member.file,
                info.file_size,
                opener=_zip_opener(archive, info),
                modified=_zip_time(info),
                packed_size=info.compress_size,
            )
        )
    if not members:
        raise Problem(f"{member.label} holds no files.", "Export it again.")
    return members


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _gzip_container(member: Member, stack: ExitStack) -> Container:
    def opener() -> IO[bytes]:
        packed = _CappedGzip(member)
        stack.callback(packed.close)
        return cast(IO[bytes], io.BufferedReader(packed, 2**16))

    with opener() as probe:
        try:
            head = _read_exactly(probe, 512)
        except _DAMAGE as error:
            raise _damaged(member.label, error) from None
    if head[257:262] == b"ustar":
        return Container(member.file, _tar_members(member, opener(), stack), packed=True)
    path = re.sub(r"\.gz$", "", member.path, flags=re.IGNORECASE)
    inner = Member(path, member.file, member.size, opener=opener, packed_size=member.size)
    return Container(member.file, [inner], packed=False)


class _CappedGzip(gzip.GzipFile):
    """A gzip stream that stops where only a bomb would go on."""

    def __init__(self, member: Member) -> None:
        self._cap = min(MAX_MEMBER, max(RATIO_FLOOR, MAX_RATIO * member.size))
        self._label = member.label
        super().__init__(fileobj=member.opener(), mode="rb")

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size)
        self._check()
        return data

    def readinto(self, buffer: Any) -> int:
        data = super().read(len(buffer))
        buffer[: len(data)] = data
        self._check()
        return len(data)

    def _check(self) -> None:
        if self.tell() > self._cap:
            raise Problem(
                f"{self._label} unpacks to far more than any real export.",
                "Unpack it yourself, and drop the file you need if you trust it.",
            )


def _tar_members(member: Member, stream: IO[bytes], stack: ExitStack) -> list[Member]:
    stack.enter_context(stream)
    members: list[Member] = []
    try:
        archive = stack.enter_context(tarfile.TarFile(fileobj=stream, mode="r"))
        for info in archive:
            path = info.name.replace("\\", "/").lstrip("./")
            if not info.isfile() or _JUNK.search(path) or not path:
                continue
            members.append(
                Member(
                    path,
                    member.file,
                    info.size,
                    opener=_tar_opener(archive, info),
                    modified=_local_time(info.mtime),
                )
            )
    except _DAMAGE:
        if not members:
            raise Problem(f"{member.label} is cut off or damaged.", "Download it again.") from None
    if not members:
        raise Problem(f"{member.label} holds no files.", "Export it again.")
    return members


def _tar_opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    return lambda: cast(IO[bytes], archive.extractfile(info))


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    pieces: list[bytes] = []
    missing = size
    while missing > 0 and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _local_time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().replace(tzinfo=None)
    except (OverflowError, OSError, ValueError):
        return None


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return None


def _too_large(label: str, limit: int) -> Problem:
    return Problem(
        f"{label} is larger than {limit >> 20:,} MB.",
        "Split it, or give a shorter period when you export.",
    )


def _damaged(label: str, error: BaseException) -> Problem:
    if isinstance(error, NotImplementedError):
        return Problem(
            f"{label} is packed with a method that cannot be opened here.",
            "Unpack it and pack it again as an ordinary zip.",
        )
    return Problem(f"{label} is cut off or damaged.", "Download or export it again.")
