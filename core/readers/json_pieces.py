"""Large JSON exports read piece by piece: one long list of messages inside a small document.

The list is cut between two entries wherever their usual beginning shows, and each piece is
parsed, used and dropped. That needs a tenth of the memory of parsing the whole and half the
time, because no million of objects is alive at once. The beginning of an entry cannot match
inside a string: quotation marks are escaped there. Where a guess about the shape fails, pieces
are joined again; what is damaged is saved up to the damage.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from core.problems import Problem
from core.readers.containers import Member
from core.readers.damaged_json import (
    closing_brackets,
    read_json_or_part,
    whole_characters,
    whole_part,
)
from core.readers.rows import Options, Rows
from core.readers.text import parse_json, sniff_encoding, to_utf8
from core.readers.values import list_of

#: Smaller files are parsed whole; pieces are about this many bytes.
SMALL = 8 * 2**20
PIECE = 2**20
#: This many pieces are joined when one alone does not parse.
MOST_JOINED = 4

#: From the value of a key to the entries of its list, some thousand at a time.
Entries = Callable[[object], Iterator[list[Any]]]


@dataclass
class _Cuts:
    """Where one list lies in the file, and where it can be cut."""

    start: int
    end: int
    cuts: list[int]


def read_pieces(
    member: Member, options: Options, rows: Rows, key: str, entry: str
) -> tuple[Any, Entries]:
    """A document, and a function that gives the entries of a list in it.

    Args:
        member: the file.
        options: its ``encoding``; its ``progress`` hears how far into the file the entries are.
        rows: takes a note when the file is damaged or cut off.
        key: whose lists are long.
        entry: regular expression of how an entry of such a list begins, from its first key on;
            no object inside an entry may begin so.

    Returns:
        The document, in which long lists are stand-ins, and the function that takes the value of
        ``key`` (a stand-in or a plain list; nothing for anything else) and yields the entries,
        a list of some thousand at a time.

    Raises:
        Problem: as ``damaged_json.read_json_or_part``.
    """
    if member.size < SMALL:
        return read_json_or_part(member, options, rows, (key,)), _at_once
    data = _bytes_of(member, options, rows)
    lists = find_lists(data, key, re.compile(rb"\}\s*,\s*(?=\{\s*" + entry.encode() + b")"))
    if lists is None:
        return read_json_or_part(member, options, rows, (key,)), _at_once
    stand_in = f"list of {member.label} "
    pieces: list[bytes] = []
    place = 0
    for number, one in enumerate(lists):
        pieces += [data[place : one.start], json.dumps(f"{stand_in}{number}").encode()]
        place = one.end
    pieces.append(data[place:])
    shell = b"".join(pieces)
    try:
        document = parse_json((shell + closing_brackets(shell)).strip(b"\0 \t\r\n"), member.label)
    except Problem:
        return read_json_or_part(member, options, rows, (key,)), _at_once

    def entries(value: object) -> Iterator[list[Any]]:
        found = list_of(value)
        if len(found) == 1 and isinstance(found[0], str) and found[0].startswith(stand_in):
            one = lists[int(found[0].removeprefix(stand_in))]
            for piece, reached in _entries(data, one, member, rows):
                yield piece
                options.report(reached / len(data))
        else:
            yield found

    return document, entries


def _at_once(value: object) -> Iterator[list[Any]]:
    yield list_of(value)


def _bytes_of(member: Member, options: Options, rows: Rows) -> bytes | mmap.mmap:
    """The content as UTF-8; a local file is mapped, so that only what is in use is in memory."""
    plain = options.encoding is None and sniff_encoding(member.head(4096)) is None
    if plain and member.local is not None and member.packed_size is None:
        try:
            with member.local.open("rb") as stream:
                return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            pass  # a file that cannot be mapped is read
    data, notes = to_utf8(whole_characters(member.read()), options.encoding, label=member.label)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    return data


def find_lists(
    data: bytes | mmap.mmap, key: str, boundary: re.Pattern[bytes]
) -> list[_Cuts] | None:
    """Where the lists of ``key`` lie and can be cut; None when one is long and cannot be cut."""
    heads, starts = [], []
    mark = b'"' + key.encode() + b'"'
    opening = re.compile(re.escape(mark) + rb"\s*:\s*\[\s*(?=\{)")
    place = data.find(mark)
    while place >= 0:
        found = opening.match(data, place)
        if found and data[place - 1 : place] != b"\\":
            heads.append(place)
            starts.append(found.end())
        place = data.find(mark, place + len(mark))
    lists = []
    for number, start in enumerate(starts):
        limit = heads[number + 1] if number + 1 < len(heads) else len(data)
        cuts: list[int] = []
        place = start
        while place + PIECE < limit:
            found = boundary.search(data, place + PIECE, limit)
            if found is None:
                break
            place = found.end()
            cuts.append(place)
        if limit - place > 8 * PIECE:
            return None
        lists.append(_Cuts(start, _end_of_list(data, place, limit), cuts))
    return lists


def _end_of_list(data: bytes | mmap.mmap, place: int, limit: int) -> int:
    """Where the list ends whose last entries begin at ``place``; ``limit`` if it is cut off."""
    if limit < len(data):  # another list follows: the end is the last one before its document
        tail = data[max(place, limit - 65536) : limit]
        ends = [match.start() + 1 for match in re.finditer(rb"\}\s*\]\s*[,}]", tail)]
        return max(place, limit - 65536) + ends[-1] if ends else limit
    text = data[place:limit].decode("utf-8", errors="surrogateescape")
    try:
        _, length = json.JSONDecoder().raw_decode("[" + text)
    except (json.JSONDecodeError, RecursionError):
        return limit
    inside = text[: length - 2].rstrip()
    return place + len(inside.encode("utf-8", errors="surrogateescape"))


def _entries(
    data: bytes | mmap.mmap, one: _Cuts, member: Member, rows: Rows
) -> Iterator[tuple[list[Any], int]]:
    """The entries piece by piece, each with the place in the file where it ends."""
    edges = [one.start, *one.cuts, one.end]
    number = 0
    while number + 1 < len(edges):
        for last in range(number + 1, min(number + 1 + MOST_JOINED, len(edges))):
            piece = b"[" + data[edges[number] : edges[last]].rstrip().rstrip(b",") + b"]"
            try:
                found = parse_json(piece, member.label)
            except Problem:
                continue
            yield found, edges[last]
            number = last
            break
        else:
            piece = b"[" + data[edges[number] : edges[number + 1]]
            saved = whole_part(piece, ())
            rows.note(
                "warning",
                f"{member.label} is damaged or cut off: what is whole was read, the rest is lost",
            )
            if saved is not None:
                yield list_of(parse_json(saved, member.label)), edges[number + 1]
            number += 1
