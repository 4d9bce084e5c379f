"""DAG-CBOR values and CARv1 files (RFC 8949, ipld.io/specs): as much as Bluesky's export needs."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 64


class Damaged(ValueError):
    """The bytes are not what they should be."""


def decode(data: bytes) -> Any:
    """One CBOR value. Links (tag 42) become their text form, other tags vanish.

    Raises:
        Damaged: the bytes are no CBOR value.
    """
    value, _ = _value(data, 0, 0)
    return value


def blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(link, bytes) of every block of a CAR file.

    Raises:
        Damaged: the file is cut off or broken here; what came before is good.
    """
    size, place = _varint(data, 0)
    place += size
    while place < len(data):
        size, start = _varint(data, place)
        end = start + size
        if size <= 0 or end > len(data):
            raise Damaged
        link = _link_size(data, start)
        if start + link > end:
            raise Damaged
        yield link_text(data[start : start + link]), data[start + link : end]
        place = end


def link_text(link: bytes) -> str:
    """A link (CID version 1) as it is written in JSON: ``b`` and base 32."""
    return "b" + base64.b32encode(link).decode().lower().rstrip("=")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 63, 7):
        if place >= len(data):
            raise Damaged
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise Damaged


def _link_size(data: bytes, start: int) -> int:
    if data[start : start + 2] == b"\x12\x20":
        return 34
    _, place = _varint(data, start)
    _, place = _varint(data, place)
    _, place = _varint(data, place)
    length, place = _varint(data, place)
    return place + length - start


def _value(data: bytes, place: int, depth: int) -> tuple[Any, int]:
    if place >= len(data) or depth > MAX_DEPTH:
        raise Damaged
    major, small = data[place] >> 5, data[place] & 31
    place += 1
    if major == 7:
        return _simple(data, place, small)
    argument, place = _argument(data, place, small)
    if major == 0:
        return argument, place
    if major == 1:
        return -1 - argument, place
    if major in (2, 3):
        end = place + argument
        if end > len(data):
            raise Damaged
        piece = data[place:end]
        return (piece if major == 2 else piece.decode("utf-8", "replace")), end
    if major == 4:
        if argument > len(data) - place:
            raise Damaged
        items = []
        for _ in range(argument):
            item, place = _value(data, place, depth + 1)
            items.append(item)
        return items, place
    if major == 5:
        if argument > len(data) - place:
            raise Damaged
        found: dict[str, Any] = {}
        for _ in range(argument):
            key, place = _value(data, place, depth + 1)
            item, place = _value(data, place, depth + 1)
            if isinstance(key, str):
                found[key] = item
        return found, place
    inner, place = _value(data, place, depth + 1)
    if argument == 42 and isinstance(inner, bytes):
        return link_text(inner[1:]), place
    return inner, place


def _argument(data: bytes, place: int, small: int) -> tuple[int, int]:
    if small < 24:
        return small, place
    if small > 27:
        raise Damaged
    size = 1 << (small - 24)
    if place + size > len(data):
        raise Damaged
    return int.from_bytes(data[place : place + size], "big"), place + size


def _simple(data: bytes, place: int, small: int) -> tuple[Any, int]:
    if small in (20, 21):
        return small == 21, place
    if small in (22, 23):
        return None, place
    size = {25: 2, 26: 4, 27: 8}.get(small)
    if size is None or place + size > len(data):
        raise Damaged
    form = {2: ">e", 4: ">f", 8: ">d"}[size]
    return struct.unpack(form, data[place : place + size])[0], place + size
