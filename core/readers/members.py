"""Member: one readable file inside whatever was dropped, read in place and under a cap."""

from __future__ import annotations

import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from core.problems import Problem

#: Largest member that is read at all, and largest one that is held in memory whole (bytes).
MAX_MEMBER = 16 * 2**30
MAX_WHOLE = 2 * 2**30
#: Text compresses 3 to 30 times; a bomb a thousand times. Small members are never judged.
MAX_RATIO = 250
RATIO_FLOOR = 64 * 2**20
HEAD = 64 * 1024

#: What systems add to folders and archives.
JUNK = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._[^/]*$|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE
)
#: What a damaged or unusual archive makes the standard library raise.
DAMAGE = (
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

    @property
    def where(self) -> str:
        """The same as a path: "chat.txt" or "export.zip/data/tweets.js"."""
        return self.file if self.path == self.file else f"{self.file}/{self.path}"

    def head(self, size: int = HEAD) -> bytes:
        """First bytes (at most ``HEAD``), kept; empty when the member cannot be read."""
        if self._head is None:
            try:
                with self.open() as stream:
                    self._head = read_exactly(stream, HEAD)
            except (Problem, *DAMAGE):
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
        except DAMAGE as error:
            raise damaged(self.label, error) from None

    def chunks(self, size: int = 2**20) -> Iterator[bytes]:
        """The content in pieces of ``size`` bytes.

        Raises:
            Problem: as ``open``, or the content is damaged from here on.
        """
        with self.open() as stream:
            while True:
                try:
                    chunk = stream.read(size)
                except DAMAGE as error:
                    raise damaged(self.label, error) from None
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
                raise damaged(self.label, error) from None
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
    ``lost`` says in a sentence what is missing of a file that was cut off; empty when it is whole.
    """

    name: str
    members: list[Member]
    packed: bool
    lost: str = ""


def find(members: Sequence[Member], pattern: str) -> list[Member]:
    """Members whose path ends with ``pattern`` (a regular expression, case ignored).

    The pattern is matched from the start of the path or after any ``/``: archives that a
    person packed again have an extra folder on top.
    """
    compiled = re.compile(rf"(?:^|/)(?:{pattern})$", re.IGNORECASE)
    return [m for m in members if compiled.search(m.path)]


def read_exactly(stream: IO[bytes], size: int) -> bytes:
    """Up to ``size`` bytes, fewer only at the end."""
    pieces: list[bytes] = []
    missing = size
    while missing > 0 and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def local_time(seconds: float) -> datetime | None:
    """Naive local time of seconds since 1970, if it is one."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone().replace(tzinfo=None)
    except (OverflowError, OSError, ValueError):
        return None


def _too_large(label: str, limit: int) -> Problem:
    return Problem(
        f"{label} is larger than {limit >> 20:,} MB.",
        "Split it, or give a shorter period when you export.",
    )


def damaged(label: str, error: BaseException) -> Problem:
    """The sentence for content that cannot be unpacked."""
    if isinstance(error, NotImplementedError):
        return Problem(
            f"{label} is packed with a method that cannot be opened here.",
            "Unpack it and pack it again as an ordinary zip.",
        )
    return Problem(f"{label} is cut off or damaged.", "Download or export it again.")
