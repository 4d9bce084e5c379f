"""Objects out of the ``.js`` files of an X archive, one at a time.

The files are one JSON array after ``window.YTD.name.part0 = ``, up to gigabytes on a few or on
many lines. They are cut at ``}, { "name" :``, which cannot stand inside a JSON string because
quotes are escaped there; so memory stays flat, and a file that was cut off gives all that is whole.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from core.problems import Problem
from core.readers.containers import Member
from core.readers.text import sniff_encoding

_CHUNK = 2 * 2**20
#: An object larger than this is no tweet or conversation but a sign of the wrong file.
_MAX_OBJECT = 512 * 2**20


class Losses:
    """What could not be read while iterating: counts of broken objects, and a cut end."""

    def __init__(self) -> None:
        self.broken = 0
        self.cut = False


def x_objects(
    member: Member,
    wrapper: str,
    losses: Losses,
    progress: Callable[[int], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """The objects of one file, without their wrapper (``{"tweet": {...}}`` gives the tweet).

    Args:
        wrapper: the wrapper's key, such as ``tweet`` or ``dmConversation``; files of 2019 have
            bare objects instead, which are given as they are.
        losses: counts what was broken.
        progress: called with the number of bytes read since the last call.

    Raises:
        Problem: the member cannot be opened.
    """
    cut_at = re.compile(rb"\}\s*,\s*(?=\{\s*\"" + wrapper.encode() + rb"\"\s*:)")
    first = re.compile(rb"\{\s*\"" + wrapper.encode() + rb"\"\s*:")
    pieces = _utf8_chunks(member, losses, progress)
    head = b""
    for piece in pieces:
        head += piece
        start = head.find(b"[")
        body = head[start + 1 :].lstrip()
        if start >= 0 and len(body) > 256:
            break
        if start < 0 and len(head) > 2**20:
            return
    start = head.find(b"[")
    if start < 0:
        losses.cut = True
        return
    body = head[start + 1 :].lstrip()
    if not first.match(body):
        yield from _bare_objects(body, pieces, losses)
        return
    buffer = bytearray(body)
    scanned = 0
    while True:
        start = 0
        for found in cut_at.finditer(buffer, scanned):
            one = _load(buffer[start : found.start() + 1], losses)
            start = found.end()
            if one is not None:
                yield _unwrapped(one, wrapper, losses)
        del buffer[:start]
        # A cut point can straddle two pieces: the next search begins a little earlier.
        scanned = max(0, len(buffer) - 256)
        piece = next(pieces, b"")
        if not piece:
            break
        if len(buffer) > _MAX_OBJECT:
            losses.broken += 1
            return
        buffer += piece
    yield from _last(bytes(buffer), wrapper, losses)


def _unwrapped(one: dict[str, Any], wrapper: str, losses: Losses) -> dict[str, Any]:
    inner = one.get(wrapper, one)
    if isinstance(inner, dict):
        return inner
    losses.broken += 1
    return {}


def _last(buffer: bytes, wrapper: str, losses: Losses) -> Iterator[dict[str, Any]]:
    """The object before the closing bracket, if the file has its end."""
    tail = buffer.rstrip(b" \t\r\n;\x00")
    if not tail or tail == b"]":
        losses.cut = losses.cut or not tail
        return
    if tail.endswith(b"]"):
        one = _load(tail[:-1], Losses())
        if one is not None:
            yield _unwrapped(one, wrapper, losses)
            return
    one = _load(tail.rstrip(b", \t\r\n"), Losses())
    losses.cut = True
    if one is not None:
        yield _unwrapped(one, wrapper, losses)
    else:
        losses.broken += 1


def _load(data: bytes | bytearray, losses: Losses) -> dict[str, Any] | None:
    try:
        one = orjson.loads(data)
    except orjson.JSONDecodeError:
        try:
            one = json.loads(data.decode("utf-8", errors="replace"))
        except (ValueError, RecursionError):
            losses.broken += 1
            return None
    if isinstance(one, dict):
        return one
    losses.broken += 1
    return None


def _bare_objects(
    buffer: bytes, pieces: Iterator[bytes], losses: Losses
) -> Iterator[dict[str, Any]]:
    """Objects without wrapper, walked one after the other; such files are old and small."""
    text = (buffer + b"".join(pieces)).decode("utf-8", errors="replace")
    decoder = json.JSONDecoder()
    position = 0
    while True:
        found = re.compile(r"[\s,]*").match(text, position)
        position = found.end() if found else position
        if position >= len(text):
            losses.cut = True
            return
        if text[position] == "]":
            return
        try:
            one, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            losses.cut = True
            losses.broken += 1
            return
        if isinstance(one, dict):
            yield one
        else:
            losses.broken += 1


def _utf8_chunks(
    member: Member, losses: Losses, progress: Callable[[int], None] | None
) -> Iterator[bytes]:
    """The member in pieces of UTF-8, whatever it was saved as; ends early where it is damaged."""
    name = sniff_encoding(member.head(4096))
    recode = name is not None and name != "utf-8"
    decoder = codecs.getincrementaldecoder(name or "utf-8")(errors="replace") if recode else None
    chunks = member.chunks(_CHUNK)
    while True:
        try:
            chunk = next(chunks, b"")
        except Problem:
            losses.cut = True
            return
        if not chunk:
            return
        if progress is not None:
            progress(len(chunk))
        if decoder is not None:
            yield decoder.decode(chunk).encode("utf-8", errors="replace")
        else:
            yield chunk
