"""One WhatsApp chat, from bytes to coded columns: the part that a million messages go through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import KINDS
from core.readers.whatsapp_layout import Header, Layout, compile_layouts, find_headers
from core.readers.whatsapp_phrases import Body, classify, suspicious

HEAD_SIZE = 200 * 1024
CHUNK = 2**20
KIND_CODE = {name: number for number, name in enumerate(KINDS)}

_APP_MARK = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DATE_LIKE = re.compile(rb"\n[^0-9\n]{0,12}[0-9\xd9\xdb\xe0]")


class Codes(dict):
    """Numbers its keys in the order in which they are first asked for."""

    def __missing__(self, key: object) -> int:
        number = self[key] = len(self)
        return number


@dataclass
class Pieces:
    """What a pass over the file collects before dates and names are understood.

    A part of the clock column is either milliseconds since midnight (True) or, where the times
    need interpreting, codes into ``clocks`` (False).
    """

    dates: Codes = field(default_factory=Codes)
    clocks: Codes = field(default_factory=Codes)
    authors: Codes = field(default_factory=Codes)
    date_codes: list[np.ndarray] = field(default_factory=list)
    clock_parts: list[tuple[bool, np.ndarray]] = field(default_factory=list)
    author_codes: list[np.ndarray] = field(default_factory=list)
    kinds: list[np.ndarray] = field(default_factory=list)
    texts: list[pa.LargeStringArray] = field(default_factory=list)
    preface: bytes = b""
    count: int = 0
    deleters: set[int] = field(default_factory=set)
    attached: list[tuple[int, str]] = field(default_factory=list)
    edited: int = 0
    hidden: list[Header] = field(default_factory=list)


def split_chat(
    data: bytes,
    layouts: list[Layout],
    plain: bool,
    latest: date,
    report: Callable[[float], None],
) -> Pieces:
    """Cut the file at its headers, chunk by chunk.

    Args:
        data: UTF-8 with ``\\n`` line ends.
        plain: as in ``compile_layouts``.
        report: called with the share that is done.
    """
    pieces = Pieces()
    pattern = compile_layouts(layouts, plain)
    prefixed = _names_with_colon(pattern, b"\n" + data[: HEAD_SIZE // 4], len(layouts))
    if prefixed:
        pattern = compile_layouts(layouts, plain, prefixed)
    for chunk, fraction in _chunks(data, pattern):
        _take(pieces, pattern.split(chunk), layouts, latest)
        report(fraction)
    return pieces


def _chunks(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[tuple[bytes, float]]:
    """Slices of a megabyte (more needs more new memory), each from the line break before a header on; how far they reach."""
    start = 0
    while start < len(data):
        end = min(start + CHUNK, len(data))
        if end < len(data):
            found = pattern.search(data, end)
            end = found.start() if found else len(data)
        chunk = data[start:end] if start else b"\n" + data[:end]
        yield chunk.rstrip(b"\n") if end == len(data) else chunk, end / len(data)
        start = end


def _names_with_colon(pattern: re.Pattern[bytes], head: bytes, layouts: int) -> list[bytes]:
    """Authors such as ``Team`` of "Team: Anna" and "Team: Ben": never seen without a second part."""
    stride = 2 * layouts + 2
    parts = pattern.split(head)
    bodies: dict[bytes, list[bytes]] = {}
    for author, body in zip(parts[stride - 1 :: stride], parts[stride::stride], strict=True):
        if author:
            bodies.setdefault(author, []).append(body)
    found = []
    for author, texts in bodies.items():
        seconds = {m.group() if (m := re.match(rb"[^:\n]{1,60}(?=: )", t)) else None for t in texts}
        if len(texts) >= 3 and None not in seconds and len(seconds) <= max(1, len(texts) // 3):
            found.append(author)
    return found


def _take(pieces: Pieces, parts: list[bytes], layouts: list[Layout], latest: date) -> None:
    """Add one chunk that ``re.split`` has cut."""
    stride = 2 * len(layouts) + 2
    if parts[0].strip():
        pieces.preface += parts[0]
    bodies = parts[stride::stride]
    count = len(bodies)
    if not count:
        return
    dates, clocks = _stamps(parts, layouts)
    pieces.date_codes.append(np.fromiter(map(pieces.dates.__getitem__, dates), np.int32, count))
    moments = plain_moments(clocks)
    if moments is None:
        codes = np.fromiter(map(pieces.clocks.__getitem__, clocks), np.int32, count)
        pieces.clock_parts.append((False, codes))
    else:
        pieces.clock_parts.append((True, moments))
    authors = parts[stride - 1 :: stride]
    author_codes = np.fromiter(map(pieces.authors.__getitem__, authors), np.int32, count)
    pieces.author_codes.append(author_codes)
    del parts, dates, clocks, authors
    texts = pa.array(bodies, type=pa.large_binary()).view(pa.large_string())
    nobody = author_codes == pieces.authors.get(None, -1)
    kinds = np.where(nobody, KIND_CODE["system"], KIND_CODE["message"]).astype(np.uint8)
    rows, several = suspicious(texts)
    for raw in texts.view(pa.large_binary()).take(pa.array(several)).to_pylist():
        if _DATE_LIKE.search(raw):
            pieces.hidden += _headers_inside(raw, latest)
    texts = _look_closely(pieces, texts, rows, author_codes, nobody, kinds)
    pieces.kinds.append(kinds)
    pieces.texts.append(texts)
    pieces.count += count


def _look_closely(
    pieces: Pieces,
    texts: pa.LargeStringArray,
    rows: np.ndarray,
    author_codes: np.ndarray,
    nobody: np.ndarray,
    kinds: np.ndarray,
) -> pa.LargeStringArray:
    """Decide what the suspicious ``rows`` are: sets their ``kinds``, returns the cleaned texts.

    Placeholders come by the thousand, so that every different body is looked at once.
    """
    if not len(rows):
        return texts
    encoded = texts.take(pa.array(rows)).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    bodies = encoded.dictionary.to_pylist()
    written = ~nobody[rows]
    typed = np.bincount(codes[written], minlength=len(bodies)) > 0
    notices = np.bincount(codes[~written], minlength=len(bodies)) > 0
    found: list[Body | None] = []
    stripped: list[str | None] = []
    for number, text in enumerate(bodies):
        found.append(classify(text) if typed[number] else None)
        stripped.append(_APP_MARK.sub("", text).strip() if notices[number] else None)
    known = np.array([body is not None for body in found])[codes] & written
    table = np.array([KIND_CODE[body.kind] if body else 0 for body in found], dtype=np.uint8)
    kinds[rows[known]] = table[codes[known]]
    for number, body in enumerate(found):
        if body is None or not (body.edited or body.by_me or body.day):
            continue
        places = rows[(codes == number) & known]
        pieces.edited += body.edited * len(places)
        if body.by_me:
            pieces.deleters.update(author_codes[places].tolist())
        if body.day:
            pieces.attached += [(pieces.count + place, body.day) for place in places.tolist()]
    clean = pa.array([body.text if body else None for body in found], type=pa.large_string())
    other = pa.array(stripped, type=pa.large_string())
    index = pa.array(codes)
    new = pc.if_else(pa.array(written), clean.take(index), other.take(index))
    changed = np.zeros(len(texts), dtype=bool)
    changed[rows[new.is_valid().to_numpy(zero_copy_only=False)]] = True
    return pc.replace_with_mask(texts, pa.array(changed), new.drop_null())


def _stamps(parts: list[bytes], layouts: list[Layout]) -> tuple[list[bytes], list[bytes]]:
    """Date and time strings of a chunk; with several layouts, dates carry their layout's number."""
    stride = 2 * len(layouts) + 2
    columns = []
    for number, layout in enumerate(layouts):
        first, second = parts[1 + 2 * number :: stride], parts[2 + 2 * number :: stride]
        columns.append((first, second) if layout.date_first else (second, first))
    if len(layouts) == 1:
        return columns[0]
    dates: list[bytes] = []
    clocks: list[bytes] = []
    for row in range(len(columns[0][0])):
        for number, (date_column, clock_column) in enumerate(columns):
            if date_column[row] is not None:
                dates.append(b"%d|" % number + date_column[row])
                clocks.append(clock_column[row])
                break
    return dates, clocks


def _headers_inside(raw: bytes, latest: date) -> list[Header]:
    """Headers of another layout can only hide at the start of a message's later lines."""
    lines = raw.decode("utf-8").split("\n")[1:]
    return [header for header in find_headers(lines, latest) if header.layout.has_year]


def plain_moments(clocks: Sequence[bytes]) -> np.ndarray | None:
    """Milliseconds since midnight of times that are all ``21:05`` or all ``21:05:12``, else None.

    A time that cannot be, such as 25:00, gives -1.
    """
    width = len(clocks[0])
    joined = b"".join(clocks)
    if width not in (5, 8) or len(joined) != width * len(clocks):
        return None
    digits = np.frombuffer(joined, dtype=np.uint8).reshape(len(clocks), width) - 48
    most = np.array([9, 9, 10, 9, 9, 10, 9, 9][:width], dtype=np.uint8)  # below "0" wraps around
    if (digits > most).any() or (digits[:, 2::3] != 10).any():
        return None
    hour = digits[:, 0].astype(np.int32) * 10 + digits[:, 1]
    minute = digits[:, 3] * np.uint8(10) + digits[:, 4]
    moments = hour % 24 * 60 + minute
    good = (hour < 25) & (minute < 60)
    moments *= 60
    if width == 8:
        second = digits[:, 6] * np.uint8(10) + digits[:, 7]
        moments += np.minimum(second, 59)
        good &= second < 61
    return np.where(good, moments * 1000, -1)
