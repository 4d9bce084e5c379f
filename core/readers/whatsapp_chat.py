"""One WhatsApp chat, from bytes to arrays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import KINDS, Note
from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options
from core.readers.text import MARKS, to_utf8, without_marks
from core.readers.whatsapp_dates import (
    NO_DAY,
    Decision,
    Evidence,
    Stamp,
    day_number,
    decide,
    export_day,
    half_of_day,
    half_word,
    learn_halves,
    question,
    read_stamp,
    time_of_day,
)
from core.readers.whatsapp_layout import Header, Layout, compile_layouts, find_headers
from core.readers.whatsapp_phrases import classify, speaks_other_language, suspicious

HEAD_SIZE = 200 * 1024
CHUNK = 4 * 2**20
#: A second layout must make up this share of the headers; below, it is pasted quotes.
MIN_SHARE = 0.1
MAX_NAME = 120

_DAY_MS = 86_400_000
_NO_TIME = np.iinfo(np.int64).min
_KIND = {name: number for number, name in enumerate(KINDS)}
_APP_MARK = "[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_DATE_LIKE = re.compile(rb"\n[^0-9\n]{0,12}[0-9\xd9\xdb\xe0]")


@dataclass
class Chat:
    """Arrays of one chat, a place a message.

    ``times`` are milliseconds since 1970 (naive local), ``authors`` codes into ``names`` or -1,
    ``kinds`` codes into ``core.messages.KINDS``. ``deleters`` and ``actors`` are names seen in
    "You deleted this message" and in notices; ``strangers`` have a ``~`` before their name.
    """

    title: str | None
    label: str
    times: np.ndarray
    authors: np.ndarray
    names: list[str]
    kinds: np.ndarray
    texts: pa.LargeStringArray
    notes: list[Note]
    raw_count: int
    deleters: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)


class _Codes(dict):
    """Numbers its keys in the order in which they are first asked for."""

    def __missing__(self, key: object) -> int:
        number = self[key] = len(self)
        return number


@dataclass
class _Pieces:
    """What the passes over the file collect before dates and names are understood."""

    dates: _Codes = field(default_factory=_Codes)
    clocks: _Codes = field(default_factory=_Codes)
    authors: _Codes = field(default_factory=_Codes)
    date_codes: list[np.ndarray] = field(default_factory=list)
    clock_codes: list[np.ndarray] = field(default_factory=list)
    author_codes: list[np.ndarray] = field(default_factory=list)
    kinds: list[np.ndarray] = field(default_factory=list)
    texts: list[pa.LargeStringArray] = field(default_factory=list)
    preface: bytes = b""
    count: int = 0
    deleters: set[int] = field(default_factory=set)
    attached: list[tuple[int, str]] = field(default_factory=list)
    edited: int = 0
    hidden: list[Header] = field(default_factory=list)


def read_chat(
    member: Member, title: str | None, options: Options, report: Callable[[float], None]
) -> Chat:
    """Read one chat file.

    Raises:
        Problem: it cannot be read or no line is a message header.
    """
    data, notes = to_utf8(member.read(), options.encoding, label=member.basename)
    data = b"\n" + data.rstrip(b"\n")
    latest = export_day(member.modified)
    head = data[:HEAD_SIZE].decode("utf-8", errors="ignore")
    headers = find_headers(head.split("\n"), latest)
    if not headers:
        raise Problem(
            f"{member.basename} has no line that begins with a date, a time and a name.",
            "Export the chat again from WhatsApp itself.",
        )
    layouts = _choose(headers)
    plain = all(h.plain for h in headers)
    pieces = _pass(data, layouts, plain, latest, report)
    extra = [x for x in _choose(headers + pieces.hidden) if x not in layouts]
    if extra and len(pieces.hidden) >= MIN_SHARE * pieces.count:
        layouts += extra
        plain = plain and all(h.plain for h in pieces.hidden)
        pieces = _pass(data, layouts, plain, latest, report)
    del data
    if not pieces.count:
        raise Problem(
            f"{member.basename} has no line that begins with a date, a time and a name.",
            "Export the chat again from WhatsApp itself.",
        )
    return _understand(pieces, layouts, title, member, options, latest, notes, head)


def _choose(headers: list[Header]) -> list[Layout]:
    """The layouts that are worth a pattern: the main one, and others with a real share."""
    counts: dict[Layout, int] = {}
    for header in headers:
        counts[header.layout] = counts.get(header.layout, 0) + 1
    dated = {layout: n for layout, n in counts.items() if layout.has_year} or counts
    least = MIN_SHARE * sum(dated.values())
    ranked = sorted(dated, key=lambda layout: -dated[layout])
    return [layout for i, layout in enumerate(ranked) if i == 0 or dated[layout] >= least][:6]


def _pass(
    data: bytes,
    layouts: list[Layout],
    plain: bool,
    latest: date,
    report: Callable[[float], None],
) -> _Pieces:
    """Cut the file at its headers, chunk by chunk."""
    pieces = _Pieces()
    pattern = compile_layouts(layouts, plain)
    prefixed = _names_with_colon(pattern, data[:HEAD_SIZE], len(layouts))
    if prefixed:
        pattern = compile_layouts(layouts, plain, prefixed)
    for chunk, fraction in _chunks(data, pattern):
        _take(pieces, pattern.split(chunk), layouts, latest)
        report(fraction)
    return pieces


def _chunks(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[tuple[bytes, float]]:
    """Slices of a few megabytes that begin at a header, and how far they reach (0 to 1)."""
    start = 0
    while start < len(data):
        end = min(start + CHUNK, len(data))
        if end < len(data):
            found = pattern.search(data, end)
            end = found.start() if found else len(data)
        yield data[start:end] if (start, end) != (0, len(data)) else data, end / len(data)
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


def _take(pieces: _Pieces, parts: list[bytes], layouts: list[Layout], latest: date) -> None:
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
    pieces.clock_codes.append(np.fromiter(map(pieces.clocks.__getitem__, clocks), np.int32, count))
    authors = parts[stride - 1 :: stride]
    author_codes = np.fromiter(map(pieces.authors.__getitem__, authors), np.int32, count)
    pieces.author_codes.append(author_codes)
    del parts, dates, clocks, authors
    texts = pa.array(bodies, type=pa.large_binary()).view(pa.large_string())
    nobody = author_codes == pieces.authors.get(None, -1)
    kinds = np.where(nobody, _KIND["system"], _KIND["message"]).astype(np.uint8)
    marked = pc.match_substring_regex(texts, _APP_MARK)
    mask = pc.or_(marked, suspicious(texts)).to_numpy(zero_copy_only=False)
    changed = np.zeros(count, dtype=bool)
    new_texts: list[str] = []
    for row in np.flatnonzero(mask):
        before = bodies[row].decode("utf-8")
        if nobody[row]:
            text = re.sub(_APP_MARK, "", before).strip()
        else:
            body = classify(before)
            text = body.text
            kinds[row] = _KIND[body.kind]
            pieces.edited += body.edited
            if body.by_me:
                pieces.deleters.add(int(author_codes[row]))
            if body.day:
                pieces.attached.append((pieces.count + int(row), body.day))
        if text != before:
            changed[row] = True
            new_texts.append(text)
    _find_hidden(pieces, texts, bodies, latest)
    if new_texts:
        replacement = pa.array(new_texts, type=pa.large_string())
        texts = pc.replace_with_mask(texts, pa.array(changed), replacement)
    pieces.kinds.append(kinds)
    pieces.texts.append(texts)
    pieces.count += count


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


def _find_hidden(
    pieces: _Pieces, texts: pa.LargeStringArray, bodies: list[bytes], latest: date
) -> None:
    """Headers of another layout can only hide at the start of a message's later lines."""
    for row in np.flatnonzero(pc.match_substring(texts, "\n").to_numpy(zero_copy_only=False)):
        if _DATE_LIKE.search(bodies[row]):
            lines = bodies[row].decode("utf-8").split("\n")[1:]
            pieces.hidden += [h for h in find_headers(lines, latest) if h.layout.has_year]


def _understand(
    pieces: _Pieces,
    layouts: list[Layout],
    title: str | None,
    member: Member,
    options: Options,
    latest: date,
    notes: list[Note],
    head: str,
) -> Chat:
    """From codes to days, times and names."""
    date_codes = np.concatenate(pieces.date_codes)
    clock_codes = np.concatenate(pieces.clock_codes)
    written = [key.decode("utf-8") for key in pieces.dates]
    clocks = [key.decode("utf-8") for key in pieces.clocks]
    days = _day_table(
        written, date_codes, clocks, pieces, layouts, member, options, latest, notes, head
    )
    halves = _learnt_halves(clocks, clock_codes, date_codes)
    times = [time_of_day(c, halves) for c in clocks]
    clock_table = np.array([-1 if t is None else t for t in times], dtype=np.int64)
    day = days[date_codes].astype(np.int64)
    clock = clock_table[clock_codes]
    good = (day != NO_DAY) & (clock >= 0)
    stamps = np.where(good, day * _DAY_MS + clock, _NO_TIME)
    chat = Chat(
        title,
        member.basename,
        stamps,
        np.concatenate(pieces.author_codes),
        [],
        np.concatenate(pieces.kinds),
        pa.concat_arrays(pieces.texts),
        notes,
        0,
    )
    _name_authors(chat, pieces)
    if not good.all():
        raw = [
            (written[d], clocks[c])
            for d, c in zip(date_codes[~good], clock_codes[~good], strict=True)
        ]
        _glue_back(chat, good, raw)
    chat.raw_count = len(chat.times)
    if pieces.preface.strip():
        chat.raw_count += 1
        notes.append(Note("left_out", "lines before the first message"))
    if pieces.edited:
        notes.append(Note("repaired", "edit markers removed, the text kept", pieces.edited))
    return chat


def _day_table(
    written: list[str],
    date_codes: np.ndarray,
    clocks: list[str],
    pieces: _Pieces,
    layouts: list[Layout],
    member: Member,
    options: Options,
    latest: date,
    notes: list[Note],
    head: str,
) -> np.ndarray:
    """Day number of each distinct date string, after deciding which number is the day."""
    owner = np.zeros(len(written), dtype=int)
    if len(layouts) > 1:
        for i, text in enumerate(written):
            owner[i] = int(text.split("|", 1)[0])
            written[i] = text.split("|", 1)[1]
    stamps = [read_stamp(text) for text in written]
    counts = np.bincount(date_codes, minlength=len(written))
    words = sorted({half_word(c) for c in clocks})
    table = np.full(len(written), NO_DAY, dtype=np.int64)
    for number, layout in enumerate(layouts):
        mine = [
            i
            for i, s in enumerate(stamps)
            if owner[i] == number and s is not None and _possible(s, latest)
        ]
        if not mine:
            continue
        place = np.full(len(written), -1)
        place[mine] = np.arange(len(mine))
        sequence = place[date_codes]
        known = [s for i in mine if (s := stamps[i]) is not None]
        evidence = Evidence(
            known,
            counts[mine],
            sequence[sequence >= 0],
            _attached_days(pieces, date_codes, place),
            layout.separator,
            latest,
            words,
            speaks_other_language(head),
            layout.comma,
        )
        decision = decide(evidence, options.day_first)
        _say(notes, decision, known, latest, written[mine[0]], member.basename)
        for i in mine:
            stamp = stamps[i]
            if stamp is not None:
                table[i] = day_number(stamp, decision.order, latest)
    return table


def _possible(stamp: Stamp, latest: date) -> bool:
    return any(day_number(stamp, order, latest) != NO_DAY for order in ("dmy", "mdy", "ymd"))


def _attached_days(
    pieces: _Pieces, date_codes: np.ndarray, place: np.ndarray
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for row, digits in pieces.attached:
        code = int(place[date_codes[row]])
        try:
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).toordinal() - 719_163
        except ValueError:
            continue
        if code >= 0:
            found.append((code, day))
    return found


def _say(
    notes: list[Note],
    decision: Decision,
    stamps: list[Stamp],
    latest: date,
    example: str,
    label: str,
) -> None:
    order = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}
    shown = without_marks(example)
    if decision.ask:
        notes.append(Note("question", question(f" in {label}", stamps, decision, latest, shown)))
    else:
        name = order.get(decision.order, decision.order)
        notes.append(Note("guessed", f"{label}: dates read as {name}, because {decision.rule}"))


def _learnt_halves(
    clocks: list[str], clock_codes: np.ndarray, date_codes: np.ndarray
) -> dict[str, str]:
    words = [half_word(c) for c in clocks]
    if all(half_of_day(w) or not w for w in words):
        return {}
    return learn_halves([words[c] for c in clock_codes], date_codes.tolist())


def _name_authors(chat: Chat, pieces: _Pieces) -> None:
    """Clean the names, turn notices that contain a colon into notices, tidy the codes."""
    counts = np.bincount(chat.authors, minlength=len(pieces.authors))
    raw = ["" if key is None else key.decode("utf-8") for key in pieces.authors]
    clean = [_clean_name(name) for name in raw]
    frequent = {c for c, key, n in zip(clean, raw, counts, strict=True) if key and n > 1}
    codes: dict[str, int] = {}
    table = np.full(len(raw), -1, dtype=np.int32)
    notices: dict[int, str] = {}
    for i, name in enumerate(clean):
        if not raw[i]:
            continue
        if _is_notice(raw[i].strip(), int(counts[i]), frequent):
            notices[i] = without_marks(raw[i]).strip()
        else:
            table[i] = codes.setdefault(name, len(codes))
            if without_marks(raw[i]).lstrip().startswith("~"):
                chat.strangers.add(name)
            if i in pieces.deleters:
                chat.deleters.add(name)
    for i, start in notices.items():
        rows = np.flatnonzero(chat.authors == i)
        chat.texts = _changed(chat.texts, {int(r): f"{start}: {chat.texts[int(r)]}" for r in rows})
        chat.kinds[rows] = _KIND["system"]
    chat.names = list(codes)
    chat.authors = table[chat.authors]
    chat.authors[chat.kinds == _KIND["system"]] = -1
    system = np.flatnonzero(chat.kinds == _KIND["system"])
    if len(system) * len(codes) < 2_000_000:
        starts = [chat.texts[int(r)].as_py() for r in system]
        chat.actors = {n for n in codes if any(t.startswith(f"{n} ") for t in starts)}


def _clean_name(name: str) -> str:
    name = " ".join(without_marks(name).split())
    return name.removeprefix("~").strip() or name


_QUOTES = re.compile(r"[\"“”„«»「」]")


def _is_notice(name: str, count: int, frequent: set[str]) -> bool:
    """True for ``Anna changed the subject to "Plan`` of a notice that holds a colon."""
    if len(name) > MAX_NAME:
        return True
    if count > 1:
        return False
    words = len(name.split())
    if words >= 3 and (_QUOTES.search(name) or " created group" in name or name.startswith("You ")):
        return True
    clean = _clean_name(name)
    return words >= 4 and any(clean.startswith(f"{other} ") for other in frequent)


def _changed(texts: pa.LargeStringArray, changes: dict[int, str]) -> pa.LargeStringArray:
    mask = np.zeros(len(texts), dtype=bool)
    rows = sorted(changes)
    mask[rows] = True
    new = pa.array([changes[r] for r in rows], type=pa.large_string())
    return pc.replace_with_mask(texts, pa.array(mask), new)


def _glue_back(chat: Chat, good: np.ndarray, raw: list[tuple[str, str]]) -> None:
    """Lines with an impossible date are no headers: they belong to the message before."""
    changes: dict[int, str] = {}
    keep = good.copy()
    last = -1
    bad = iter(raw)
    for row in range(len(good)):
        if good[row]:
            last = row
            continue
        day, clock = next(bad)
        name = chat.names[chat.authors[row]] if chat.authors[row] >= 0 else ""
        line = f"{day}, {clock} - " + (f"{name}: " if name else "") + chat.texts[row].as_py()
        if last < 0:
            chat.notes.append(Note("warning", "a first line with an impossible date, not read"))
        else:
            changes[last] = changes.get(last, chat.texts[last].as_py()) + "\n" + line
    chat.texts = _changed(chat.texts, changes) if changes else chat.texts
    chat.texts = chat.texts.filter(pa.array(keep))
    chat.times, chat.authors, chat.kinds = chat.times[keep], chat.authors[keep], chat.kinds[keep]


__all__ = ["MARKS", "Chat", "read_chat"]
