"""From bytes of unknown encoding to text that can be cut into lines.

Rules (measured on public exports): a byte-order mark decides; else strict UTF-8; else cp1252,
line by line, so that one broken line does not spoil the rest. Lines end at CR, LF or any run
of CRs before an LF and nowhere else: ``str.splitlines`` would also cut at VT, FF, NEL and
U+2028, which occur inside real messages.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

import orjson
import pyarrow as pa

from core.messages import Note
from core.problems import Problem
from core.readers.containers import MAX_WHOLE, Member

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM = codecs.BOM_UTF8

#: Invisible direction and joiner marks that may be ignored when *matching*; never U+200D,
#: which holds family and gender emoji together.
MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u200b\u2060"


def sniff_encoding(head: bytes) -> str | None:
    """Encoding given away by the first bytes (byte-order mark or NUL pattern), else None."""
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    sample = head[:4096]
    if len(sample) >= 16 and b"\x00" in sample:
        even, odd = sample[0::2], sample[1::2]
        if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.1 * len(even):
            return "utf-16-le"
        if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.1 * len(odd):
            return "utf-16-be"
    return None


def looks_binary(head: bytes) -> bool:
    """True when these first bytes are not text in any encoding that is read here."""
    if sniff_encoding(head) is not None:
        return False
    sample = head[:8192]
    size = max(len(sample), 1)
    controls = sum(sample.count(c) for c in range(1, 32) if c not in (7, 8, 9, 10, 11, 12, 13, 27))
    # The head may end inside a character.
    readable = is_utf8(sample) or any(is_utf8(sample[:-cut]) for cut in (1, 2, 3))
    return sample.count(0) > 0.05 * size or controls > (0.15 if readable else 0.02) * size


def is_utf8(data: bytes) -> bool:
    """True when ``data`` is valid UTF-8; checked without building a string of it."""
    if data.isascii():
        return True
    offsets = pa.py_buffer(len(data).to_bytes(8, "little").rjust(16, b"\0"))
    whole = pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def to_utf8(
    data: bytes,
    encoding: str | None = None,
    *,
    label: str = "the file",
    keep_line_ends: bool = False,
) -> tuple[bytes, list[Note]]:
    """Recode ``data`` as UTF-8 without byte-order marks and with ``\\n`` line ends.

    Args:
        encoding: what the person says it is; None applies the rules of this module.
        keep_line_ends: leave them as they are.

    Returns:
        The bytes, and a note for whatever had to be guessed or repaired.

    Raises:
        Problem: the encoding is unknown.
    """
    notes: list[Note] = []
    name = encoding or sniff_encoding(data[:4096])
    if name is not None:
        try:
            name = codecs.lookup(name).name
        except (LookupError, ValueError):
            raise Problem(
                f"There is no text encoding with the name given for {label}.",
                "Use utf-8, cp1252, utf-16, shift_jis, gb18030 or cp874.",
            ) from None
    if name not in (None, "utf-8"):
        try:
            text = data.decode(name, errors="replace")
        except (LookupError, UnicodeError, ValueError):
            raise Problem(
                f"The encoding given for {label} does not hold text.", "Try utf-8 or cp1252."
            ) from None
        damaged = text.count("\ufffd")
        if damaged and encoding is None:
            notes.append(Note("repaired", f"{label}: characters that could not be read", damaged))
        data = text.encode("utf-8", errors="replace")
    elif not is_utf8(data):
        data, lines = _repair_lines(data)
        notes.append(
            Note("guessed", f"{label}: lines that are not UTF-8, read as Windows-1252", lines)
        )
    data = data.removeprefix(_BOM)
    if _BOM in data:
        data = data.replace(_BOM, b"")
    if b"\r" in data and not keep_line_ends:
        data = re.sub(rb"\r+\n?", _newline, data) if b"\r\r" in data else _plain_crlf(data)
    return data, notes


def _newline(match: re.Match[bytes]) -> bytes:
    run = match.group()
    return b"\n" if run.endswith(b"\n") else b"\n" * len(run)


def _plain_crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _repair_lines(data: bytes) -> tuple[bytes, int]:
    """Recode only the lines that are not UTF-8; bytes that cp1252 lacks become latin-1."""
    repaired = 0
    lines = data.split(b"\n")
    for number, line in enumerate(lines):
        if line.isascii() or is_utf8(line):
            continue
        repaired += 1
        lines[number] = "".join(
            chr(b) if b in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes((b,)).decode("cp1252")
            for b in line
        ).encode("utf-8")
    return b"\n".join(lines), repaired


def read_text(
    member: Member, encoding: str | None = None, *, limit: int = MAX_WHOLE
) -> tuple[str, list[Note]]:
    """Whole text of a member, with ``\\n`` line ends and no byte-order mark anywhere.

    Raises:
        Problem: as ``to_utf8`` and ``Member.read``.
    """
    data, notes = to_utf8(member.read(limit), encoding, label=member.label)
    return data.decode("utf-8", errors="replace"), notes


def head_text(member: Member, size: int = 64 * 1024) -> str:
    """First ``size`` bytes as text, for sniffing: never fails, may end in a cut character."""
    head = member.head(size)
    name = sniff_encoding(head)
    if name is None:
        try:
            head[:-3].decode("utf-8")
            name = "utf-8"
        except UnicodeDecodeError as error:
            name = "utf-8" if error.start > len(head) - 8 else "cp1252"
    text = head.decode(name, errors="replace").replace("\ufeff", "")
    return re.sub(r"\r+\n|\r", "\n", text) if "\r" in text else text


def without_marks(text: str) -> str:
    """``text`` without ``MARKS``, for matching only."""
    return text.translate(_NO_MARKS)


_NO_MARKS = dict.fromkeys(map(ord, MARKS))


def parse_json(data: bytes, label: str) -> Any:
    """Parse UTF-8 JSON.

    Raises:
        Problem: not JSON; the sentence names ``label`` and the line.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass  # orjson refuses NaN and halves of a character; the standard library takes them
    try:
        return json.loads(data.decode("utf-8", errors="replace"))
    except json.JSONDecodeError as error:
        raise Problem(
            f"{label} is not valid JSON at line {error.lineno}, column {error.colno}.",
            "If the file was cut off, export or download it again.",
        ) from None
    except RecursionError:
        raise Problem(
            f"{label} is nested too deeply to be an export.", "Choose another file."
        ) from None


def read_json(member: Member, encoding: str | None = None) -> Any:
    """Parse a member that is one JSON document, in any encoding.

    Raises:
        Problem: as ``to_utf8``, ``Member.read`` and ``parse_json``.
    """
    data, _ = to_utf8(member.read(), encoding, label=member.label)
    return parse_json(data.strip(), member.label)
