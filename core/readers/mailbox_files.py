"""Mailboxes on disk to single mails: mbox of any size, .eml, Apple's .emlx, Maildir folders."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from core.problems import Problem
from core.readers.containers import Member

#: Of one mail at most this many bytes are kept; text comes before attachments.
MAX_MAIL = 48 * 2**20
#: A separator and the name of the header below it, in bytes, with much to spare.
LONGEST_SEPARATOR = 1024
#: A real separator has the time and is followed by a header; "From the start" is neither.
_SEPARATOR = re.compile(
    rb"^From [^\r\n]{1,300}\d\d:\d\d[^\r\n]{0,60}\r?\n(?=[!-9;-~]+:)", re.MULTILINE
)
_FIELDS = re.compile(
    rb"^(?:from|date|message-id|received|subject|to|mime-version|return-path|delivered-to"
    rb"|content-type|x-[\w-]+|reply-to|sender|in-reply-to|references):",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_LINE = re.compile(rb"[!-9;-~]+:[ \t\r\n]")


def is_mbox(member: Member) -> bool:
    """True for a file of many mails, each after a line ``From ...``."""
    head = _start(member)
    return _SEPARATOR.match(head) is not None


def is_mail(member: Member) -> bool:
    """True for a file that is one mail."""
    head = _start(member)
    if member.suffix == ".emlx":
        head = re.sub(rb"^\d+\s*\n", b"", head)
    if not _HEADER_LINE.match(head):
        return False
    names = {m.group().lower() for m in _FIELDS.finditer(re.split(rb"\r?\n\r?\n", head)[0])}
    return b"from:" in names and len(names) >= 3


def _start(member: Member) -> bytes:
    """First bytes; unlike ``Member.head`` not kept, because a Maildir has very many files."""
    try:
        with member.open() as stream:
            return stream.read(16384).lstrip(b"\r\n\xef\xbb\xbf")
    except (Problem, OSError, ValueError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile):
        return b""


def likely_files(members: Sequence[Member]) -> list[Member]:
    """Members that may be mailboxes or mails, going by their paths only."""
    if len(members) == 1:
        return list(members)
    named = (".mbox", ".mbx", ".eml", ".emlx", ".partial", "")
    return [
        m for m in members if m.suffix in named or re.search(r"(?:^|/)(?:cur|new)/[^/]+$", m.path)
    ]


def mails(member: Member) -> Iterator[tuple[bytes, int]]:
    """(one mail, bytes of the file read so far), in file order.

    Raises:
        Problem: the file cannot be read (any more).
    """
    if not is_mbox(member):
        if not is_mail(member):
            return
        data = member.read().lstrip(b"\r\n\xef\xbb\xbf")
        if member.suffix == ".emlx":
            size = re.match(rb"(\d{1,12})\s*\n", data)
            if size:
                data = data[size.end() : size.end() + int(size[1])]
        yield data, member.size
        return
    kept = bytearray()
    searched = 0
    done = 0
    for chunk in member.chunks():
        done += len(chunk)
        kept += chunk
        start = 0
        separators = [m.span() for m in _SEPARATOR.finditer(kept, searched)]
        for begin, _ in separators:
            if begin > start:
                yield from _one(kept, start, begin, done)
            start = begin
        if start:
            del kept[:start]
        elif len(kept) > MAX_MAIL:
            del kept[MAX_MAIL:-LONGEST_SEPARATOR]
        searched = max(1, len(kept) - LONGEST_SEPARATOR)
    yield from _one(kept, 0, len(kept), done)


def _one(kept: bytearray, start: int, end: int, done: int) -> Iterator[tuple[bytes, int]]:
    data = bytes(memoryview(kept)[start : min(end, start + MAX_MAIL)])
    separator = _SEPARATOR.match(data)
    if separator:
        data = data[separator.end() :]
    if b">From " in data:
        data = re.sub(rb"^>(>*From )", rb"\1", data, flags=re.MULTILINE)
    yield data, done
