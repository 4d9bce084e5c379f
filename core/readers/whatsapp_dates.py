"""WhatsApp's dates and times: what a stamp can mean, and which order of day and month is right.

The phone writes its own short date and time format, so an export can hold any of them, and the
file does not say which. The order of the rules and the figures behind them come from a census
of 424 public exports (see ``decide``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

import numpy as np

from core.readers.text import without_marks

Order = Literal["ymd", "dmy", "mdy", "ydm"]

#: Value of a date that cannot be: far below every real day number.
NO_DAY = -(2**31)

_AM_WORDS = """
am a vorm dop de öö sa pg fm ap дп pd проб
上午 凌晨 清晨 早上 午夜 午前 오전 ص לפנהצ πμ قظ पूर्वाह्न পূর্বাহ্ন முற்பகல் ก่อนเที่ยง priekšp priešpiet
"""
_PM_WORDS = """
pm p nachm odp du ös ch ptg em ip пп md слоб
下午 下晝 傍晚 晚上 午後 오후 م אחהצ μμ بظ अपराह्न অপরাহ্ন பிற்பகல் หลังเที่ยง pēcp popiet
"""
_AM = frozenset(_AM_WORDS.split())
_PM = frozenset(_PM_WORDS.split())
_NOON = "中午"

_MONTHS: dict[str, int] = {}
for _names in (
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "january february march april may june july august september october november december",
    "jan feb mär apr mai jun jul aug sep okt nov dez",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "ene feb mar abr may jun jul ago sep oct nov dic",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janv févr mars avr mai juin juil août sept oct nov déc",
    "gen feb mar apr mag giu lug ago set ott nov dic",
    "jan fev mar abr mai jun jul ago set out nov dez",
    "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "янв февр мар апр мая июн июл авг сент окт нояб дек",
):
    for _number, _name in enumerate(_names.split(), 1):
        _MONTHS.setdefault(_name, _number)


def half_of_day(word: str) -> str:
    """``"am"``, ``"pm"``, ``"noon"`` or an empty string for an unknown word."""
    bare = re.sub(r"[\s.\"'’׳״·]", "", without_marks(word)).casefold()
    if bare == _NOON:
        return "noon"
    return "am" if bare in _AM else "pm" if bare in _PM else ""


def half_word(clock: str) -> str:
    """The word for a half of the day inside a time string, or an empty string."""
    return re.sub(r"\d+(?:(?:[:.]|\s?h\s?)\d+)*", "", without_marks(clock)).strip()


def half_words() -> tuple[str, ...]:
    """Every known word for a half of the day in a script that is not Latin."""
    return tuple(sorted((w for w in {*_AM, *_PM, _NOON} if not w.isascii()), key=len)[::-1])


def month_words() -> tuple[str, ...]:
    """Every known month name, longest first."""
    return tuple(sorted(_MONTHS, key=len, reverse=True))


def time_of_day(text: str, halves: dict[str, str] | None = None) -> int | None:
    """Milliseconds since midnight of ``9:05 PM``, ``21.05.12``, ``下午9:05`` ..., else None.

    Args:
        halves: meaning (``"am"`` or ``"pm"``) of words that ``half_of_day`` does not know.
    """
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if len(numbers) not in (2, 3):
        return None
    hour, minute, second = [*numbers, 0][:3]
    if hour > 24 or minute > 59 or second > 60:
        return None
    word = half_word(text)
    half = half_of_day(word) or (halves or {}).get(word, "")
    if half == "noon":
        hour += 12 if hour < 6 else 0
    elif half and hour <= 12:  # a 24-hour clock with a marker does occur
        hour = hour % 12 + (12 if half == "pm" else 0)
    return ((hour % 24 * 60 + minute) * 60 + min(second, 59)) * 1000


class Stamp(NamedTuple):
    """The numbers of one date as written: ``widths`` are their digit counts.

    ``era`` is 2018 when the year counts from the Japanese era Reiwa, else 0; ``named_month`` is
    the number of a month that was written as a name, else 0.
    """

    numbers: tuple[int, ...]
    widths: tuple[int, ...]
    era: int = 0
    named_month: int = 0


_USUAL_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})", re.ASCII)


def read_stamp(text: str) -> Stamp | None:
    """The numbers of a date string in any of the layouts, or None."""
    if usual := _USUAL_DATE.fullmatch(text):
        one, two, three = usual.groups()
        return Stamp((int(one), int(two), int(three)), (len(one), len(two), len(three)))
    bare = without_marks(text)
    era = 2018 if re.search(r"R|令和", bare) else 0
    if era and (tail := re.fullmatch(r"(\d+\D+\d+\D+\d+)\s*R\d*", bare)):
        bare = tail.group(1)
    runs = re.findall(r"\d+", bare)
    named = re.search(r"[^\W\d_]{3,}", bare)
    month = _MONTHS.get(named.group().casefold(), 0) if named else 0
    if len(runs) != (2 if month else 3) and not (month and len(runs) == 1):
        return None
    return Stamp(tuple(map(int, runs)), tuple(map(len, runs)), era, month)


def day_number(stamp: Stamp, order: Order, latest: date) -> int:
    """Days since 1970-01-01, or ``NO_DAY`` when this date does not exist in that order."""
    numbers, widths, era, named_month = stamp
    if named_month:
        return _named_day(stamp, latest)
    at_year, at_month, at_day = _PLACES[order]
    year, month, day = numbers[at_year], numbers[at_month], numbers[at_day]
    if era:
        return _gregorian(era + year, month, day)
    if widths[at_year] == 1 and order != "ymd":
        return NO_DAY
    if 1300 <= year < 1500:
        return _solar_hijri(year, month, day)
    return _gregorian(_full_year(year, latest), month, day)


_PLACES: dict[Order, tuple[int, int, int]] = {
    "ymd": (0, 1, 2),
    "dmy": (2, 1, 0),
    "mdy": (2, 0, 1),
    "ydm": (0, 2, 1),
}


def day_numbers(stamps: Sequence[Stamp], order: Order, latest: date) -> np.ndarray:
    """``day_number`` of many stamps as int64."""
    usual = all(not s.era and not s.named_month for s in stamps)
    numbers = np.array([s.numbers for s in stamps], dtype=np.int64) if usual and stamps else None
    if numbers is None or ((numbers >= 1300) & (numbers < 1500)).any():
        return np.array([day_number(s, order, latest) for s in stamps], dtype=np.int64)
    at_year, at_month, at_day = _PLACES[order]
    year, month, day = numbers[:, at_year], numbers[:, at_month], numbers[:, at_day]
    short = year < 100
    year = np.where(short, year + 2000, year)
    thai = short & (year > latest.year + 1) & (year - 43 <= latest.year + 1)
    year = np.where(thai, year - 43, year)
    year = np.where(year > 2400, year - 543, year)
    good = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1) & (year <= 9999)
    if order != "ymd":
        good &= np.array([s.widths[at_year] > 1 for s in stamps])
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    size = (months + 1).astype("datetime64[D]").astype(np.int64) - first
    return np.where(good & (day <= size), first + day - 1, NO_DAY)


def _named_day(stamp: Stamp, latest: date) -> int:
    if len(stamp.numbers) == 1:  # no year: the last such day before the export
        day, month = stamp.numbers[0], stamp.named_month
        found = _gregorian(latest.year, month, day)
        if found > (latest - _EPOCH).days:
            found = _gregorian(latest.year - 1, month, day)
        return found
    first, last = stamp.numbers
    year, day = (first, last) if stamp.widths[0] == 4 else (last, first)
    return _gregorian(_full_year(year, latest), stamp.named_month, day)


_EPOCH = date(1970, 1, 1)


def _full_year(year: int, latest: date) -> int:
    if year < 100:
        year += 2000
        if year > latest.year + 1 and year + 500 - 543 <= latest.year + 1:
            year += 500 - 543  # a Thai year cut to two digits: 65 for 2565
        return year
    return year - 543 if year > 2400 else year


def _gregorian(year: int, month: int, day: int) -> int:
    if month > 12 or day > 31:  # by far the most frequent error, and the dearest to catch
        return NO_DAY
    try:
        return date(year, month, day).toordinal() - 719_163
    except (ValueError, OverflowError):
        return NO_DAY


def _solar_hijri(year: int, month: int, day: int) -> int:
    """Iranian calendar to days since 1970, by the 33-year rule, right for 1244 to 1472."""
    if not 1 <= month <= 12 or not 1 <= day <= (31 if month < 7 else 30):
        return NO_DAY
    cycle = year - 979
    days = 365 * cycle + cycle // 33 * 8 + (cycle % 33 + 3) // 4
    days += 31 * (month - 1) - max(0, month - 7) + day - 1
    return days - 135_061  # the formula counts from 979-01-01, which is 21 March 1600


@dataclass(frozen=True, slots=True)
class Decision:
    """The chosen order, the rule that chose it, and whether the person should be asked."""

    order: Order
    rule: str
    ask: bool = False
    other: Order | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What ``decide`` looks at, for the dates of one layout.

    Attributes:
        stamps: the distinct dates as written.
        counts: messages with each of them.
        sequence: indices into ``stamps`` in file order.
        attached: (index into ``stamps``, day number) of dates in attachment names.
        separator: what stands between the numbers.
        latest: no message is from after this day.
        half_words: words for half of the day, as written.
        language: language of the notices if known and not English, else an empty string.
    """

    stamps: Sequence[Stamp]
    counts: np.ndarray
    sequence: np.ndarray
    attached: Sequence[tuple[int, int]]
    separator: str
    latest: date
    half_words: Sequence[str]
    language: str = ""
    comma: bool = True


def decide(evidence: Evidence, day_first: bool | None = None) -> Decision:
    """Which number is the day.

    Rules in turn, with what they were worth on 424 exports: a four-digit year in front; a number
    above 12 (settles 94 %); dates in attachment names; the smaller total variation of the day
    numbers (right 286, tie 5, wrong 1); words of a language or a lower-case am/pm (80 of 80);
    the layout (month first only unpadded, two-digit year, slash). What only the layout decides
    is asked as well.
    """
    stamps = evidence.stamps
    if all(s.named_month for s in stamps):
        return Decision("dmy", "the month is written as a word")
    if all(s.era for s in stamps):
        return Decision("ymd", "the year of the Japanese era comes first")
    year_first = np.array([s.widths[0] >= 3 for s in stamps])
    if evidence.counts[year_first].sum() * 2 > evidence.counts.sum():
        return Decision("ymd", "the year comes first")
    orders: list[Order] = ["dmy", "mdy"]
    if all(max(s.widths, default=0) <= 2 for s in stamps):
        orders.append("ymd")
    days = {o: day_numbers(stamps, o, evidence.latest) for o in orders}
    valid = {o: int(evidence.counts[days[o] != NO_DAY].sum()) for o in orders}
    if day_first is not None:
        return Decision("dmy" if day_first else "mdy", "you said so")
    if "ymd" in orders:
        spaced = ". " in evidence.separator
        if spaced and any(w in ("오전", "오후") for w in evidence.half_words):
            return Decision("ymd", "Korean phones put the year first")
        if valid["ymd"] > max(valid["dmy"], valid["mdy"]) or (
            spaced
            and valid["ymd"] >= max(valid["dmy"], valid["mdy"])
            and _steadiest(evidence, days) == "ymd"
        ):
            return Decision("ymd", "only with the year first do the dates make sense")
    best: Order = "dmy" if valid["dmy"] >= valid["mdy"] else "mdy"
    other: Order = "mdy" if best == "dmy" else "dmy"
    if valid[best] > valid[other]:
        return Decision(best, "a number above 12 can only be the day")
    return _undecided(evidence, days)


def _undecided(evidence: Evidence, days: dict[Order, np.ndarray]) -> Decision:
    """Rules for dates that are possible both ways."""
    if np.array_equal(days["dmy"], days["mdy"]):
        return Decision("dmy", "day and month are the same number throughout")
    limit = (evidence.latest - _EPOCH).days
    last = {o: int(days[o].max()) for o in ("dmy", "mdy")}
    if (last["dmy"] > limit) != (last["mdy"] > limit):
        return Decision(
            "mdy" if last["dmy"] > limit else "dmy", "otherwise it would lie in the future"
        )
    if evidence.separator.strip() in (".", "-"):
        return Decision("dmy", "dates with dots or dashes never start with the month")
    votes = {
        o: sum(1 for index, day in evidence.attached if abs(int(days[o][index]) - day) <= 1)
        for o in ("dmy", "mdy")
    }
    if votes["dmy"] != votes["mdy"]:
        order: Order = "dmy" if votes["dmy"] > votes["mdy"] else "mdy"
        return Decision(order, "dates in the names of attachments agree")
    steady = _steadiest(evidence, {o: days[o] for o in ("dmy", "mdy")})
    if steady is not None:
        return Decision(steady, "so the messages follow each other most steadily")
    if evidence.language or any(w and not w.isascii() for w in evidence.half_words):
        return Decision("dmy", "the language of the export puts the day first")
    if any(re.match(r"[ap]\.?\s?m", w) for w in evidence.half_words):
        return Decision("dmy", "phones that write am and pm in small letters put the day first")
    return _by_layout(evidence)


def _steadiest(evidence: Evidence, days: dict[Order, np.ndarray]) -> Order | None:
    """The order with the clearly smallest sum of steps between neighbours, or None."""
    sums: list[tuple[float, Order]] = []
    for order, table in days.items():
        line = table[evidence.sequence]
        line = line[line != NO_DAY]
        sums.append((float(np.abs(np.diff(line)).sum()), order))
    sums.sort()
    return sums[0][1] if sums[0][0] < 0.8 * sums[1][0] else None


def _by_layout(evidence: Evidence) -> Decision:
    padded = any(
        width == 2 and number < 10
        for s in evidence.stamps
        for number, width in zip(s.numbers[:2], s.widths[:2], strict=False)
    )
    unpadded = any(s.widths[0] == 1 or s.widths[1] == 1 for s in evidence.stamps)
    short_year = all(s.widths[2] == 2 for s in evidence.stamps if len(s.widths) == 3)
    if unpadded and short_year and not padded and evidence.comma and evidence.separator == "/":
        return Decision("mdy", "phones that write dates like this put the month first", True, "dmy")
    rule = (
        "phones that write dates like this put the day first"
        if padded
        else "nothing in the file decides it, and most phones put the day first"
    )
    return Decision("dmy", rule, True, "mdy")


def question(
    chat: str, stamps: Sequence[Stamp], decision: Decision, latest: date, example: str
) -> str:
    """The sentence that asks the person, with the first and last day both ways."""
    spans: dict[str, str] = {}
    for order in ("dmy", "mdy"):
        numbers = [day_number(s, order, latest) for s in stamps]
        known = [n for n in numbers if n != NO_DAY]
        first, last = (_EPOCH + timedelta(days=d) for d in (min(known), max(known)))
        spans[order] = f"from {_spoken(first)} to {_spoken(last)}"
    chosen = "day first" if decision.order == "dmy" else "month first"
    return (
        f"Which number of {example} is the day{chat}? Day first, the messages run "
        f"{spans['dmy']}; month first, {spans['mdy']}. Read {chosen} for now: {decision.rule}."
    )


def _spoken(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def learn_halves(words: Sequence[str], dates: Sequence[int]) -> dict[str, str]:
    """Meaning of two unknown words for a half of the day: on one date, am comes before pm.

    Args:
        words: the word of each message, in file order.
        dates: anything that is equal for messages of the same date.
    """
    names = sorted(set(words))
    if len(names) != 2:
        return {}
    score = 0
    for i in range(1, len(words)):
        if dates[i] == dates[i - 1] and words[i] != words[i - 1]:
            score += 1 if words[i - 1] == names[0] else -1
    if score == 0:
        return {}
    first, second = names if score > 0 else names[::-1]
    return {first: "am", second: "pm"}


def export_day(modified: datetime | None) -> date:
    """No message is later than this: the file's own date plus a day, or tomorrow."""
    tomorrow = datetime.now() + timedelta(days=1)
    return min(modified + timedelta(days=1), tomorrow).date() if modified else tomorrow.date()
