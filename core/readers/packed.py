"""The members of zip, tar and gzip files, listed without unpacking anything."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import IO, Any, cast

from core.problems import Problem
from core.readers.half_zip import salvage
from core.readers.members import (
    DAMAGE,
    JUNK,
    MAX_MEMBER,
    MAX_RATIO,
    RATIO_FLOOR,
    Container,
    Member,
    damaged,
    local_time,
    read_exactly,
)


def open_file(member: Member, stack: ExitStack) -> Container:
    """A bare file, or the members of the zip, tar or gzip that it is."""
    if member.size == 0:
        raise Problem(f"{member.label} is empty.", "Export it again, or choose another file.")
    magic = member.head(512)
    if magic[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _zip_container(member, stack)
    if magic[257:262] == b"ustar":
        return _tar_container(member, member.opener(), stack)
    if magic[:2] == b"\x1f\x8b":
        return _gzip_container(member, stack)
    return Container(member.file, [member], packed=False)


def _zip_container(member: Member, stack: ExitStack) -> Container:
    stream = stack.enter_context(member.open())
    try:
        archive = stack.enter_context(zipfile.ZipFile(stream))
        infos = archive.infolist()
    except DAMAGE:
        members, lost = salvage(member, stack)
        if members:
            return Container(member.file, members, packed=True, lost=lost)
        raise Problem(
            f"{member.label} is cut off or damaged: its table of contents is missing.",
            "Download it again; a large archive often stops half way.",
        ) from None
    members = []
    for info in infos:
        path = info.filename.replace("\\", "/").lstrip("/")
        if not path or info.is_dir() or JUNK.search(path):
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
    return Container(member.file, members, packed=True)


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _gzip_container(member: Member, stack: ExitStack) -> Container:
    def opener() -> IO[bytes]:
        packed = _CappedGzip(member)
        stack.callback(packed.close)
        return cast(IO[bytes], io.BufferedReader(packed, 2**16))

    with opener() as probe:
        try:
            head = read_exactly(probe, 512)
        except DAMAGE as error:
            raise damaged(member.label, error) from None
    if head[257:262] == b"ustar":
        return _tar_container(member, opener(), stack)
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


def _tar_container(member: Member, stream: IO[bytes], stack: ExitStack) -> Container:
    stack.enter_context(stream)
    members: list[Member] = []
    lost = ""
    try:
        archive = stack.enter_context(tarfile.TarFile(fileobj=stream, mode="r"))
        for info in archive:
            path = info.name.replace("\\", "/").lstrip("./")
            if not info.isfile() or JUNK.search(path) or not path:
                continue
            members.append(
                Member(
                    path,
                    member.file,
                    info.size,
                    opener=_tar_opener(archive, info),
                    modified=local_time(info.mtime),
                )
            )
    except DAMAGE:
        if not members:
            raise Problem(f"{member.label} is cut off or damaged.", "Download it again.") from None
        lost = f"{member.label} is cut off: what came after {members[-1].path} is missing"
    if not members:
        raise Problem(f"{member.label} holds no files.", "Export it again.")
    return Container(member.file, members, packed=True, lost=lost)


def _tar_opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    return lambda: cast(IO[bytes], archive.extractfile(info))


def _zip_time(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return None
