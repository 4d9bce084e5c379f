"""The cells of the first sheet of an old Excel workbook (.xls, before 2007), by calamine."""

from __future__ import annotations

import datetime
import io
from typing import Any

from core.problems import Problem
from core.readers.containers import Member

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Names of the stream with the sheets, as the directory of a compound file writes them.
_STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
MAX_SIZE = 256 * 2**20


def is_old_workbook(member: Member) -> bool:
    """True for an .xls file; Word and Outlook files begin alike and are none."""
    if member.head(8) != _COMPOUND or member.size > MAX_SIZE:
        return False
    try:
        data = member.read(MAX_SIZE)
    except Problem:
        return False
    return any(name + b"\0\0" in data for name in _STREAMS)


def read_old_workbook(member: Member) -> list[list[str]]:
    """Rows of the first sheet that has any, as text; dates in ISO form.

    Raises:
        Problem: the workbook is damaged, or protected with a password.
    """
    from python_calamine import CalamineWorkbook  # only who brings such a file pays for loading it

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(member.read(MAX_SIZE)))
        for number in range(len(workbook.sheet_names)):
            rows = workbook.get_sheet_by_index(number).to_python()
            if rows:
                return [[_text(cell) for cell in row] for row in rows]
        return []
    except Problem:
        raise
    except BaseException as error:  # a panic of the Rust code is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
            raise
        raise Problem(
            f"{member.label} is an old Excel file that is damaged or protected.",
            "Open it and save it as CSV UTF-8.",
        ) from None


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ")
    return str(cell)
