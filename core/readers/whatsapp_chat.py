"""One WhatsApp chat, from bytes to arrays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import Note
from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options
from core.readers.text import to_utf8, without_marks
from core.readers.whatsapp_dates import (
    NO_DAY,
    Decision,
    Evidence,
    Order,
    Stamp,
    day_numbers,
    decide,
    export_day,
    half_of_day,
    half_word,
    learn_halves,
    question,
    read_stamp,
    time_of_day,
)
from core.readers.whatsapp_layout import Header, Layout, find_headers
from core.readers.whatsapp_phrases import speaks_other_language
from core.readers.whatsapp_split import HEAD_SIZE, KIND_CODE, Pieces, split_chat

SAMPLE_LINES = 60
#: A second layout must make up this share of the headers; below, it is pasted quotes.
MIN_SHARE = 0.1
MAX_NAME = 120

_DAY_MS = 86_400_000
_NO_TIME = np.iinfo(np.int64).min


@dataclass
class Chat:
    """Arrays of one chat, a place a message.

    ``times`` are milliseconds since 1970 (naive local), ``authors`` codes into ``names`` or -1,
    ``kinds`` codes into ``core.messages.KINDS``. ``deleters`` and ``actors`` are names seen in
    "You deleted this message" and in notices; ``strangers`` have a ``~`` before their name.
    ``files``: (file, number of its messages) in the order of the messages.
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
    files: list[tuple[str, int]] = field(default_factory=list)


def read_chat(
    member: Member, title: str | None, options: Options, report: Callable[[float], None]
) -> Chat:
    """Read one chat file.

    Raises:
        Problem: it cannot be read or no line is a message header.
    """
    data, notes = to_utf8(member.read(), options.encoding, label=member.basename)
    latest = export_day(member.modified)
    head = data[:HEAD_SIZE].decode("utf-8", errors="ignore")
    headers = find_headers(_sample(head.split("\n")), latest)
    if not headers:
        raise Problem(
            f"{member.basename} has no line that begins with a date, a time and a name.",
            "Export the chat again from WhatsApp itself.",
        )
    layouts = _choose(headers)
    plain = all(h.plain for h in headers)
    pieces = split_chat(data, layouts, plain, latest, report)
    accepted = _accepted(pieces, layouts)
    if accepted:
        layouts += dict.fromkeys(h.layout for h in accepted if h.layout not in layouts)
        plain = plain and all(h.plain for h in accepted)
        pieces = split_chat(data, layouts, plain, latest, report)
    del data
    if not pieces.count:
        raise Problem(
            f"{member.basename} has no line that begins with a date, a time and a name.",
            "Export the chat again from WhatsApp itself.",
        )
    return _understand(pieces, layouts, title, member, options, latest, notes, head)


def _sample(lines: list[str]) -> list[str]:
    """Some lines of the head: its layouts show in a few hundred as well as in thousands."""
    step = max(1, len(lines) // SAMPLE_LINES)
    return lines[:SAMPLE_LINES] + lines[SAMPLE_LINES::step]


def _choose(headers: list[Header]) -> list[Layout]:
    """The layouts that are worth a pattern: the main one, and others with a real share."""
    counts: dict[Layout, int] = {}
    for header in headers:
        counts[header.layout] = counts.get(header.layout, 0) + 1
    dated = {layout: n for layout, n in counts.items() if layout.has_year} or counts
    least = MIN_SHARE * sum(dated.values())
    ranked = sorted(dated, key=lambda layout: -dated[layout])
    return [layout for i, layout in enumerate(ranked) if i == 0 or dated[layout] >= least][:6]


def _accepted(pieces: Pieces, layouts: list[Layout]) -> list[Header]:
    """Headers that the first pass took for text and that are none of somebody's pasted quotes."""
    counts = Counter(h.layout for h in pieces.hidden)
    least = MIN_SHARE * pieces.count
    return [
        header
        for header in pieces.hidden
        if counts[header.layout] >= least or any(header.layout.like(known) for known in layouts)
    ]


def _understand(
    pieces: Pieces,
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
    written = [key.decode("utf-8") for key in pieces.dates]
    words = {half_word(key.decode("utf-8")) for key in pieces.clocks}
    days = _day_table(
        written, date_codes, sorted(words), pieces, layouts, member, options, latest, notes, head
    )
    day = days[date_codes].astype(np.int64)
    clock = _clock_column(pieces, words)
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
            (written[d], _shown(c)) for d, c in zip(date_codes[~good], clock[~good], strict=True)
        ]
        _glue_back(chat, good, raw)
    chat.raw_count = len(chat.times)
    chat.files = [(member.where, len(chat.times))]
    if pieces.preface.strip():
        chat.raw_count += 1
        notes.append(Note("left_out", "lines before the first message"))
    if pieces.edited:
        notes.append(Note("repaired", "edit markers removed, the text kept", pieces.edited))
    return chat


def _day_table(
    written: list[str],
    date_codes: np.ndarray,
    words: list[str],
    pieces: Pieces,
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
    table = np.full(len(written), NO_DAY, dtype=np.int64)
    for number, layout in enumerate(layouts):
        mine = _possible(stamps, np.flatnonzero(owner == number).tolist(), latest)
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
            comma=layout.comma,
        )
        decision = decide(evidence, options.day_first)
        if decision.ask and (language := speaks_other_language(head)):
            decision = decide(replace(evidence, language=language), options.day_first)
        _say(notes, decision, known, latest, written[mine[0]], member.basename)
        if any(len(s.numbers) < 2 for s in known):
            reason = f"{member.basename}: dates without a year, taken for the last such day"
            notes.append(Note("guessed", reason))
        table[mine] = day_numbers(known, decision.order, latest)
    return table


def _possible(stamps: Sequence[Stamp | None], places: list[int], latest: date) -> list[int]:
    """The places whose date exists in some order."""
    known = [(i, s) for i in places if (s := stamps[i]) is not None]
    exists = np.zeros(len(known), dtype=bool)
    orders: tuple[Order, ...] = ("dmy", "mdy", "ymd")
    for order in orders:
        exists |= day_numbers([s for _, s in known], order, latest) != NO_DAY
    return [i for (i, _), real in zip(known, exists.tolist(), strict=True) if real]


def _attached_days(
    pieces: Pieces, date_codes: np.ndarray, place: np.ndarray
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


def _clock_column(pieces: Pieces, words: set[str]) -> np.ndarray:
    """Milliseconds since midnight of every message, -1 where the time cannot be."""
    clocks = [key.decode("utf-8") for key in pieces.clocks]
    halves: dict[str, str] = {}
    if any(word and not half_of_day(word) for word in words):
        halves = _learnt_halves(clocks, pieces)
    moments = [time_of_day(clock, halves) for clock in clocks]
    table = np.array([-1 if m is None else m for m in moments], dtype=np.int64)
    return np.concatenate([part if direct else table[part] for direct, part in pieces.clock_parts])


def _learnt_halves(clocks: list[str], pieces: Pieces) -> dict[str, str]:
    words = [half_word(c) for c in clocks]
    spoken: list[str] = []
    dates: list[int] = []
    for (direct, part), codes in zip(pieces.clock_parts, pieces.date_codes, strict=True):
        if not direct:
            spoken += [words[c] for c in part.tolist()]
            dates += codes.tolist()
    return learn_halves(spoken, dates)


def _shown(moment: int) -> str:
    return f"{moment // 3_600_000:02}:{moment // 60_000 % 60:02}" if moment >= 0 else "?"


def _name_authors(chat: Chat, pieces: Pieces) -> None:
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
        chat.kinds[rows] = KIND_CODE["system"]
    chat.names = list(codes)
    chat.authors = table[chat.authors]
    chat.authors[chat.kinds == KIND_CODE["system"]] = -1
    system = np.flatnonzero(chat.kinds == KIND_CODE["system"])
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
