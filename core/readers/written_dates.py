"""Times written as text by an app in the phone's or computer's own format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from core.readers.rows import Options, Rows, iso_ms
from core.readers.text import without_marks
from core.readers.values import number_of
from core.readers.whatsapp_dates import (
    NO_DAY,
    Evidence,
    Stamp,
    day_number,
    decide,
    month_words,
    question,
    read_stamp,
    time_of_day,
)

#: A written time is no longer than this; the rest of a broken cell is not looked at.
LONGEST = 100
_DAY_MS = 86_400_000
_CLOCK = re.compile(
    r"(?:[^\W\d_]{1,4}[.\s]{0,2})?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?"
    r"(?:[\s\u202f\u00a0]*[^\W\d_]\.?[\s\u00a0]?[^\W\d_]\.?(?![^\W\d_]))?"
)
_COLON_CLOCK = re.compile(
    r"(?:(?:上午|下午|凌晨|早上|中午|晚上|午前|午後|오전|오후)\s*)?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?"
    r"(?:[\s\u202f\u00a0]*[^\W\d_]\.?[\s\u00a0]?[^\W\d_]\.?(?![^\W\d_]))?"
)
_WORD = re.compile(r"[^\W\d_]+\.?")
_MONTH_WORDS = frozenset(month_words())


def split_time(text: str) -> tuple[str, str]:
    """Date part and time part of a written time; either may be empty."""
    bare = without_marks(text[:LONGEST]).strip()
    found = _COLON_CLOCK.search(bare)
    if found is None and len(re.findall(r"\d+", bare)) > 3:
        *_, found = [None, *_CLOCK.finditer(bare)]
    if found is None:
        return bare, ""
    return (bare[: found.start()] + " " + bare[found.end() :]).strip(), found.group()


def written_stamp(date_text: str) -> Stamp | None:
    """The numbers of a date; weekday names and other words that are no month are ignored."""

    def only_months(match: re.Match[str]) -> str:
        return match.group() if match.group().rstrip(".").casefold() in _MONTH_WORDS else " "

    bare = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\([^()]*\)", "", date_text[:LONGEST])
    return read_stamp(_WORD.sub(only_months, bare))


def read_times(texts: Sequence[str], options: Options, rows: Rows, label: str) -> list[int | None]:
    """Milliseconds since 1970 of times that one app wrote in one layout.

    ISO times with an offset become UTC; others stay local. Which number is the day is decided
    over all of them, and a doubt becomes a question. What cannot be a time becomes None; the
    caller's ``rows`` get the note.
    """
    found: list[int | None] = []
    cache: dict[str, tuple[Stamp, int] | None] = {}
    open_places: list[tuple[int, Stamp, int]] = []
    unknown = 0
    for place, text in enumerate(texts):
        ms = _plain_ms(text)
        found.append(ms)
        if ms is not None or not text.strip():
            continue
        if text not in cache:
            date_text, clock = split_time(text)
            stamp = written_stamp(date_text)
            moment = time_of_day(re.sub(r"[.,]\d{3,}", "", clock)) if clock else 0
            cache[text] = None if stamp is None else (stamp, moment or 0)
        parts = cache[text]
        if parts is None:
            unknown += 1
        else:
            open_places.append((place, *parts))
    if open_places:
        unknown += _settle(open_places, found, options, rows, label, texts)
    if unknown:
        rows.note("guessed", f"{label}: times that could not be read, left empty", count=unknown)
    return found


def _plain_ms(text: str) -> int | None:
    bare = text.strip().removesuffix("UTC").rstrip()
    if bare.isdigit() and len(bare) in (10, 13):
        number = number_of(bare) or 0
        return number * 1000 if len(bare) == 10 else number
    if len(bare) < 10 or not bare[:4].isdigit():
        return None
    return iso_ms(bare)


def _settle(
    places: list[tuple[int, Stamp, int]],
    found: list[int | None],
    options: Options,
    rows: Rows,
    label: str,
    texts: Sequence[str],
) -> int:
    """Fill in the times whose day and month are in doubt; returns how many are impossible."""
    index: dict[Stamp, int] = {}
    sequence = np.array([index.setdefault(stamp, len(index)) for _, stamp, _ in places])
    stamps = list(index)
    latest = (datetime.now() + timedelta(days=1)).date()
    first = texts[places[0][0]]
    between = re.search(r"\d+([^\d\w]+)\d+[^\d\w]+\d+", first)
    evidence = Evidence(
        stamps=stamps,
        counts=np.bincount(sequence, minlength=len(stamps)),
        sequence=sequence,
        attached=(),
        separator=between.group(1) if between else "",
        latest=latest,
        half_words=(),
    )
    decision = decide(evidence, options.day_first)
    days = [day_number(stamp, decision.order, latest) for stamp in stamps]
    if decision.ask and any(day != NO_DAY for day in days):
        example = split_time(first)[0]
        rows.note("question", question(f" in {label}", stamps, decision, latest, example))
    impossible = 0
    for (place, _, moment), number in zip(places, sequence.tolist(), strict=True):
        if days[number] == NO_DAY:
            impossible += 1
        else:
            found[place] = days[number] * _DAY_MS + moment
    return impossible
