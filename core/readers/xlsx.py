"""The cells of the first sheet of an Excel workbook, with nothing but the standard library.

A workbook is a zip of XML (ECMA-376): ``xl/worksheets/sheet1.xml`` holds the cells,
``xl/sharedStrings.xml`` the texts they point to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from core.problems import Problem
from core.readers.containers import Member, find

_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MAX_COLUMNS = 1000


def is_workbook(members: Sequence[Member]) -> bool:
    """True for the members of an .xlsx file."""
    return bool(find(members, r"xl/workbook\.xml")) and bool(_sheets(members))


def _sheets(members: Sequence[Member]) -> list[Member]:
    sheets = find(members, r"xl/worksheets/sheet\d+\.xml")
    return sorted(sheets, key=lambda m: int(re.sub(r"\D", "", m.basename)))


def read_workbook(members: Sequence[Member]) -> list[list[str]]:
    """Rows of the first sheet as text; dates are the serial numbers that Excel stores.

    Raises:
        Problem: the workbook is damaged.
    """
    label = members[0].file
    try:
        shared = [text for m in find(members, r"xl/sharedStrings\.xml") for text in _strings(m)]
        return list(_rows(_sheets(members)[0], shared))
    except (ElementTree.ParseError, ValueError, IndexError):
        raise Problem(
            f"{label} is a damaged Excel file.", "Open it and save it as CSV UTF-8."
        ) from None


def _strings(member: Member) -> Iterator[str]:
    with member.open() as stream:
        for _, element in ElementTree.iterparse(stream):
            if element.tag == f"{_SPACE}si":
                yield "".join(t.text or "" for t in element.iter(f"{_SPACE}t"))
                element.clear()


def _rows(sheet: Member, shared: list[str]) -> Iterator[list[str]]:
    with sheet.open() as stream:
        for _, element in ElementTree.iterparse(stream):
            if element.tag != f"{_SPACE}row":
                continue
            row: list[str] = []
            for cell in element.iter(f"{_SPACE}c"):
                place = _column(cell.get("r") or "", len(row))
                if place < MAX_COLUMNS:
                    row += [""] * (place - len(row))
                    row.append(_value(cell, shared))
            yield row
            element.clear()


def _column(reference: str, default: int) -> int:
    letters = re.match(r"[A-Z]{1,3}", reference)
    if not letters:
        return default
    number = 0
    for letter in letters.group():
        number = number * 26 + ord(letter) - 64
    return max(number - 1, default)


def _value(cell: ElementTree.Element, shared: list[str]) -> str:
    kind = cell.get("t")
    if kind == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{_SPACE}t"))
    value = cell.findtext(f"{_SPACE}v") or ""
    if kind == "s" and value:
        return shared[int(value)]
    return "" if kind == "e" else value
