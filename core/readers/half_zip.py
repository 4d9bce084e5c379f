"""What can be saved of a zip whose end is missing, such as a download that stopped half way.

The table of contents of a zip is its last part. Without it, the header before each member
(PKWARE's APPNOTE.TXT, section 4.3.7) still tells name and size; whole members are read, and the
last one as far as it goes.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Any, cast

from core.problems import Problem
from core.readers.members import (
    DAMAGE,
    JUNK,
    MAX_MEMBER,
    MAX_RATIO,
    RATIO_FLOOR,
    Member,
    read_exactly,
)

_HEADER = struct.Struct("<4sHHHHHIIIHH")
_LOCAL, _CONTENTS, _DESCRIPTOR = b"PK\x03\x04", b"PK\x01\x02", b"PK\x07\x08"
_STORED, _DEFLATED = 0, 8
_LATER = 0xFFFFFFFF
MOST_MEMBERS = 200_000
_PIECE = 2**18


@dataclass(frozen=True)
class _Entry:
    """One member: where its packed bytes lie, and whether all of them are there."""

    path: str
    method: int
    flags: int
    start: int
    packed: int
    size: int
    modified: datetime | None
    whole: bool = True


def salvage(member: Member, stack: ExitStack) -> tuple[list[Member], str]:
    """The readable members of a zip without table of contents, and a sentence about the rest.

    Raises:
        Problem: it is protected with a password.
    """
    stream = stack.enter_context(member.open())
    seen: list[tuple[_Entry, bool]] = []
    with suppress(*DAMAGE):
        seen.extend(_entries(stream, member.size))
    entries = [entry for entry, _ in seen]
    found: list[Member] = []
    unreadable = 0
    for entry in entries:
        if entry.path.endswith("/") or JUNK.search(entry.path):
            continue
        if entry.flags & 1:
            raise Problem(
                f"{member.label} is protected with a password.",
                "Unpack it with the password first, then drop what was inside.",
            )
        if entry.method not in (_STORED, _DEFLATED):
            unreadable += 1
            continue
        found.append(
            Member(
                entry.path,
                member.file,
                entry.size,
                opener=_opener(member, entry),
                modified=entry.modified,
                packed_size=entry.packed,
            )
        )
    whole = sum(1 for entry in entries if entry.whole) - unreadable
    part = next((e.path for e in entries if not e.whole), "")
    if seen and seen[-1][1]:
        return (
            found,
            f"{member.label} has lost its table of contents; its {whole:,} files are whole",
        )
    read = [f"{whole:,} of its files are whole"] if whole else []
    read += [f"{part} was read as far as it goes"] if part else []
    says = ", ".join(read) or "nothing of it can be read"
    return found, f"{member.label} is cut off: {says}, and what came after is missing"


def _entries(stream: IO[bytes], end: int) -> Iterator[tuple[_Entry, bool]]:
    """Each member, and whether the table of contents comes after it."""
    position = 0
    for _ in range(MOST_MEMBERS):
        stream.seek(position)
        head = read_exactly(stream, _HEADER.size)
        if len(head) < _HEADER.size or head[:4] != _LOCAL:
            return
        _, _, flags, method, time, day, _, packed, size, name_length, more = _HEADER.unpack(head)
        name = read_exactly(stream, name_length)
        extra = read_exactly(stream, more)
        start = position + _HEADER.size + name_length + more
        if start > end:
            return
        packed, size = _wide_sizes(extra, packed, size)
        path = name.decode("utf-8" if flags & 0x800 else "cp437", errors="replace")
        path = path.replace("\\", "/").lstrip("/")
        entry = _Entry(path, method, flags, start, packed, size, _moment(day, time))
        if flags & 8 and not packed:  # the sizes stand after the data
            measured = _measured(stream, entry, end)
            if measured is None:
                return
            entry, position = measured
        else:
            position = start + packed
            if position > end:
                entry = replace(entry, packed=max(0, end - start), whole=False)
        stream.seek(position)
        last = read_exactly(stream, 4) == _CONTENTS
        if not entry.whole:  # what it says of its size may be a thousand times what is here
            entry = replace(entry, size=min(entry.size, _most(entry.packed)))
        yield entry, last
        if last or not entry.whole:
            return


def _wide_sizes(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """Sizes of members past 4 GB, which stand in the extra field with the number 1."""
    place = 0
    while place + 4 <= len(extra) and _LATER in (packed, size):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1 and length >= 16:
            size, packed = struct.unpack_from("<QQ", extra, place + 4)
            break
        place += 4 + length
    return packed, size


def _moment(day: int, time: int) -> datetime | None:
    try:
        return datetime(
            (day >> 9) + 1980, day >> 5 & 15, day & 31, time >> 11, time >> 5 & 63, time % 32 * 2
        )
    except ValueError:
        return None


def _measured(stream: IO[bytes], entry: _Entry, end: int) -> tuple[_Entry, int] | None:
    """An entry whose size only unpacking tells, and where the next header begins."""
    if entry.method != _DEFLATED:
        return None
    unpacker = zlib.decompressobj(-15)
    stream.seek(entry.start)
    position, size = entry.start, 0
    while not unpacker.eof:
        piece = stream.read(_PIECE)
        if not piece:
            return replace(entry, packed=end - entry.start, size=size, whole=False), end
        position += len(piece)
        while piece:
            size += len(unpacker.decompress(piece, 2**24))
            piece = unpacker.unconsumed_tail
            if size > _most(position - entry.start):
                return None
    position -= len(unpacker.unused_data)
    done = replace(entry, packed=position - entry.start, size=size)
    stream.seek(position)
    after = read_exactly(stream, 28)
    skipped = after.find(b"PK", 4 if after.startswith(_DESCRIPTOR) else 0)
    return done, position + skipped if skipped >= 0 else end


def _most(packed: int) -> int:
    return min(MAX_MEMBER, max(RATIO_FLOOR, MAX_RATIO * packed))


def _opener(member: Member, entry: _Entry) -> Callable[[], IO[bytes]]:
    return lambda: cast(IO[bytes], io.BufferedReader(_Unpacked(member.open(), entry), 2**16))


class _Unpacked(io.RawIOBase):
    """The content of one member; of a cut one, what is there. Never more than a bomb's floor."""

    def __init__(self, stream: IO[bytes], entry: _Entry) -> None:
        self._stream = stream
        stream.seek(entry.start)
        self._left = entry.packed
        self._room = _most(entry.packed)
        self._unpacker = zlib.decompressobj(-15) if entry.method == _DEFLATED else None
        self._tail = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        self._room -= len(data)
        if self._room < 0:
            raise OSError("unpacks to more than any real export")
        return len(data)

    def _next(self, size: int) -> bytes:
        if self._unpacker is None:
            return self._packed(size)
        while not self._unpacker.eof:
            packed = self._tail or self._packed(_PIECE)
            if not packed:
                return b""
            data = self._unpacker.decompress(packed, size)
            self._tail = self._unpacker.unconsumed_tail
            if data:
                return data
        return b""

    def _packed(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()
