"""WhatsApp's message headers: from a general grammar to one exact pattern for one file.

A header is recognised with a general grammar on the head of the file; the layouts found there
are turned into one exact pattern over bytes, which is several times faster and which does not
mistake pasted quotes for headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from core.readers.text import MARKS, without_marks
from core.readers.whatsapp_dates import (
    NO_DAY,
    Order,
    day_number,
    half_of_day,
    half_word,
    half_words,
    month_words,
    read_stamp,
    time_of_day,
)

_SP = "[ \\t\\u00a0\\u202f\\u2009]"
_SEP = rf"{_SP}?[./\-]{_SP}?"
_NUMERIC = rf"(?:R|令和)?\d{{1,4}}{_SEP}\d{{1,2}}{_SEP}\d{{1,4}}"
_CJK = rf"(?:令和)?\d{{1,4}}{_SP}?[年년]{_SP}?\d{{1,2}}{_SP}?[月월]{_SP}?\d{{1,2}}{_SP}?[日일]"
_MONTH = "|".join(month_words())
_NAMED = (
    rf"(?:(?:{_MONTH})\.?{_SP}\d{{1,2}}|\d{{1,2}}\.?{_SP}(?:de{_SP})?(?:{_MONTH})\.?)"
    rf"(?:,?{_SP}(?:de{_SP})?\d{{4}})?"
)
_TAIL = rf"(?:\.(?={_SP}|,|،)|{_SP}?(?:BE|г\.|พ\.ศ\.|R\d{{0,2}}))?"
_DATE = rf"(?:{_CJK}|{_NUMERIC}|{_NAMED}){_TAIL}"
_GLUE = rf"(?:{_SP}?[,،]{_SP}?|{_SP})(?:(?:à|às|klo|kl\.|um|alle|at|a{_SP}las|om|ob){_SP})?"
_WORDS_BEFORE = "|".join((*half_words(), "ÖÖ", "ÖS", "öö", "ös", "de.", "du.", "AM", "PM")).replace(
    ".", r"\."
)
_WORD_AFTER = rf"(?:{_WORDS_BEFORE}|[^\W\d_]{{1,4}}(?:[.\"'’׳״·]+{_SP}?[^\W\d_]{{0,4}}){{0,3}}\.?)"
_TIME = (
    rf"(?:(?:{_WORDS_BEFORE}){_SP}?)?\d{{1,2}}(?:[:.]|{_SP}?h{_SP}?)\d\d(?:[:.]\d\d)?"
    rf"(?:{_SP}?{_WORD_AFTER})?"
)
_CLOSE = rf"(?:\]{_SP}?-?{_SP}|{_SP}+[-–]{_SP}|:{_SP})"
_GENERAL = re.compile(
    rf"(?P<open>\[?)(?:(?P<date>{_DATE})(?P<glue>{_GLUE})(?P<time>{_TIME})"
    rf"|(?P<time2>{_TIME})(?P<glue2>{_GLUE})(?P<date2>{_DATE}))(?P<close>{_CLOSE})",
    re.IGNORECASE,
)
_ASCII_HALF = re.compile(rf"[ap]\.?{_SP}?m\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of writing headers: literal text with N and Y for numbers, A or W for am and pm.

    ``N`` is a number of one or two digits, ``Y`` of three or four, ``S`` a space, ``U`` a space
    of another kind, ``D`` several spaces, ``M`` a month name. ``date_first`` tells which of the two parts comes first.
    """

    opening: str
    date: str
    glue: str
    time: str
    closing: str
    date_first: bool

    @property
    def separator(self) -> str:
        """What stands between the numbers of the date, for example ``/`` or ``". "``."""
        found = re.search(r"[NY]([^NY]+)[NY]", self.date)
        return re.sub("[SUD]", " ", found.group(1)) if found else " "

    @property
    def has_year(self) -> bool:
        """False for layouts that leave the year out (only pasted quotes, mostly)."""
        return "Y" in self.date or len(re.findall("[NM]", self.date)) == 3

    def like(self, other: Layout) -> bool:
        """The same but for the kind of spaces, which apps change from version to version."""
        return self._spaceless() == other._spaceless()

    def _spaceless(self) -> tuple[str, ...]:
        parts = (self.opening, self.date, self.glue, self.time, self.closing)
        return tuple(re.sub("[SUD]", " ", part) for part in parts)

    @property
    def comma(self) -> bool:
        """Whether date and time have a comma between them."""
        return "," in self.glue


@dataclass(frozen=True, slots=True)
class Header:
    """One matched header line.

    ``end`` is where author and text begin in the line without marks; ``plain`` is false when
    the header holds marks or digits other than 0 to 9.
    """

    layout: Layout
    date: str
    time: str
    end: int
    plain: bool


def read_header(line: str, latest: date) -> Header | None:
    """The header at the start of a line, or None; impossible dates and times are no headers."""
    bare = without_marks(line[:200])
    found = _GENERAL.match(bare)
    if not found or bool(found["open"]) != found["close"].startswith("]"):
        return None
    date_first = found["date"] is not None
    stamp = found["date"] if date_first else found["date2"]
    clock = found["time"] if date_first else found["time2"]
    word = half_word(clock)
    parsed = read_stamp(stamp)
    if parsed is None or time_of_day(clock, {word: "am"}) is None:
        return None
    if found["close"].startswith(":") and word and not half_of_day(word):
        return None
    orders: tuple[Order, ...] = ("dmy", "mdy", "ymd")
    if all(day_number(parsed, order, latest) == NO_DAY for order in orders):
        return None
    if word:
        clock_shape = clock.replace(word, "A" if _ASCII_HALF.fullmatch(word) else "W")
    else:
        clock_shape = clock
    layout = Layout(
        found["open"],
        _shape(_MONTH_WORD.sub("M", stamp)),
        _shape(found["glue"] if date_first else found["glue2"]),
        _shape(clock_shape),
        _shape(found["close"]),
        date_first,
    )
    header = bare[: found.end()]
    plain = line.lstrip(MARKS).startswith(header) and all(
        c.isascii() for c in header if c.isdigit()
    )
    return Header(layout, stamp, clock, found.end(), plain)


_MONTH_WORD = re.compile(rf"(?:{_MONTH})(?![^\W\d_])", re.IGNORECASE)


def _shape(text: str) -> str:
    text = re.sub(r"\d{3,4}", "Y", text)
    text = re.sub(r"\d{1,2}", "N", text)
    return re.sub(rf"{_SP}+", _space_letter, text)


def _space_letter(found: re.Match[str]) -> str:
    return "D" if len(found.group()) > 1 else "S" if found.group() == " " else "U"


def find_headers(lines: Iterable[str], latest: date) -> list[Header]:
    """The headers at the start of these lines."""
    return [header for line in lines if (header := read_header(line, latest))]


_DIGIT = (
    r"(?:[0-9]|\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9]|\xe0\xa5[\xa6-\xaf]|\xe0\xa7[\xa6-\xaf]"
    r"|\xe0\xa9[\xa6-\xaf]|\xe0\xab[\xa6-\xaf]|\xe0\xaf[\xa6-\xaf]|\xe0\xb1[\xa6-\xaf]"
    r"|\xe0\xb3[\xa6-\xaf]|\xe0\xb5[\xa6-\xaf]|\xe0\xb9[\x90-\x99]|\xe0\xbb[\x90-\x99]"
    r"|\xe0\xbc[\xa0-\xa9]|\xe1\x81[\x80-\x89]|\xe1\x9f[\xa0-\xa9]|\xef\xbc[\x90-\x99])"
)
_B_SP = r"(?:[ \t]|\xc2\xa0|\xe2\x80[\x89\xaf])"
_B_MARK = r"(?:\xe2\x80[\x8b\x8e\x8f\xaa-\xae]|\xe2\x81[\xa0\xa6-\xa9])*"


def compile_layouts(
    layouts: Sequence[Layout], plain: bool, prefixes: Sequence[bytes] = ()
) -> re.Pattern[bytes]:
    r"""One pattern over UTF-8 bytes for ``re.split``, matching from the ``\n`` before a header.

    Groups: the two parts (date and time as written) of each layout in turn, then the author,
    which is missing in notices.

    Args:
        plain: the headers hold no marks and no digits other than 0 to 9.
        prefixes: first parts of names that contain a colon and a space.
    """
    digit, mark = ("[0-9]", "") if plain else (_DIGIT, _B_MARK)
    opening = _B_MARK if not plain or any(x.opening for x in layouts) else ""
    stamps: list[str] = []
    for layout in layouts:
        parts = [layout.date, layout.time]
        first, second = parts if layout.date_first else parts[::-1]
        stamps.append(
            f"{_fragment(layout.opening, digit, mark)}({_fragment(first, digit, mark)})"
            f"{_fragment(layout.glue, digit, mark)}({_fragment(second, digit, mark)})"
            f"{_fragment(layout.closing, digit, mark)}"
        )
    longer = "".join(rf"{re.escape(p).decode('latin-1')}: [^:\n]{{1,80}}|" for p in prefixes)
    author = rf"({longer}[^:\n]+(?::[^ \n\xc2\xe2][^:\n]*)*)"
    pattern = rf"\n{opening}(?:{'|'.join(stamps)})(?:{author}:(?: |\xc2\xa0|(?=\n|\xe2\x80|\Z)))?"
    return re.compile(pattern.encode("latin-1"))


def _fragment(shape: str, digit: str, mark: str) -> str:
    out: list[str] = []
    for char in shape:
        if char == "N":
            out.append(f"{digit}{{1,2}}{mark}")
        elif char == "Y":
            out.append(f"{digit}{{3,4}}{mark}")
        elif char in "SUD":
            out.append({"S": " ", "U": _B_SP, "D": f"{_B_SP}+"}[char] + mark)
        elif char == "A":
            out.append(rf"[AaPp]\.?{_B_SP}?[Mm]\.?{mark}")
        elif char == "W":
            out.append(rf"[^0-9\[\]\n:]{{1,24}}?{mark}")
        elif char == "M":
            out.append(rf"[A-Za-z\x80-\xff]{{3,24}}{mark}")
        else:
            out.append(_escaped(char) + mark)
    return "".join(out)


def _escaped(char: str) -> str:
    """A character as its UTF-8 bytes inside a pattern written in latin-1."""
    return "".join(re.escape(chr(b)) if b < 128 else f"\\x{b:02x}" for b in char.encode("utf-8"))
