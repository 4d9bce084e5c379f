"""One e-mail as bytes to its headers and its readable text (RFC 5322, 2045, 3676).

The standard library's parser builds every attachment in memory; a mailbox of many gigabytes is
mostly attachments. Here they are only stepped over.
"""

from __future__ import annotations

import binascii
import quopri
import re
from dataclasses import dataclass, field
from email.header import decode_header
from email.utils import mktime_tz, parsedate_tz

from core.readers.markup import html_to_text

MAX_DEPTH = 12
MAX_PARTS = 500
_HEADER_END = re.compile(rb"\r?\n\r?\n|\r\r")
_UNFOLD = re.compile(r"\r?\n[ \t]+")
_HEADER = re.compile(r"^([!-9;-~]+):[ \t]*(.*)$", re.MULTILINE)
_PARAMETER = re.compile(r';\s*([\w-]+)\*?\s*=\s*(?:"([^"]*)"|([^\s;]+))')
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]@]{1,100}+@[^\s<>,;:\"'()\[\]@]{1,250}+")
#: Longer headers are cut: no name, subject or date is as long.
LONGEST_HEADER = 4000

#: Encodings of Python that no mail has and that are slow or warn.
_NO_CHARSETS = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined"}

Headers = dict[str, str]


@dataclass
class Text:
    """What a mail says: ``plain`` is unfolded text; ``odd`` names parts that are not letters."""

    plain: str = ""
    attachments: int = 0
    odd: set[str] = field(default_factory=set)


def split_mail(data: bytes) -> tuple[Headers, bytes]:
    """Headers (lower-case names, first value of each, undecoded) and the body."""
    data = data.lstrip(b"\r\n")
    end = _HEADER_END.search(data)
    block, body = (data[: end.start()], data[end.end() :]) if end else (data, b"")
    text = _UNFOLD.sub(" ", _eight_bit(block[: 2**18]))
    headers: Headers = {}
    for name, value in _HEADER.findall(text):
        headers.setdefault(name.lower(), value.strip())
    return headers, body


def _eight_bit(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def decoded(value: str) -> str:
    """A header with its ``=?charset?q?...?=`` words decoded."""
    value = value[:LONGEST_HEADER]
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value)
    except (ValueError, LookupError):  # binascii.Error is a ValueError
        return value
    return "".join(
        piece if isinstance(piece, str) else _characters(piece, charset or "ascii")
        for piece, charset in pieces
    )


def sender(headers: Headers) -> tuple[str, str]:
    """(address in lower case, shown name) of who wrote the mail; either may be empty."""
    found = people(headers.get("from", "") or headers.get("sender", ""))
    return found[0] if found else ("", decoded(headers.get("from", "")).strip(' "'))


def people(value: str) -> list[tuple[str, str]]:
    """(address in lower case, shown name) of everybody in an address header."""
    found = []
    start = 0
    for match in _ADDRESS.finditer(value):
        name = value[start : match.start()].strip(" \t,;<\"'")
        start = match.end()
        found.append((match.group().lower().strip("."), shown_name(decoded(name))))
    return found


def shown_name(name: str) -> str:
    """A display name without quotes, ``Last, First`` turned round."""
    bare = name.strip(" \t\"'<>(),;\r\n")
    last, comma, first = bare.partition(", ")
    if comma and first and "," not in first and not re.search(r"[\d@]", bare):
        bare = f"{first} {last}"
    return "" if "@" in bare else bare


def mail_date(value: str) -> int | None:
    """Milliseconds since 1970 (UTC) of a Date header, or None."""
    try:
        parts = parsedate_tz(re.sub(r"\s*\([^()]*\)", "", value[:100]))
        return None if parts is None else int(mktime_tz(parts)) * 1000
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def readable_text(headers: Headers, body: bytes) -> Text:
    """The text that a reader sees: plain text where there is any, else HTML."""
    result = Text()
    plain: list[str] = []
    html: list[str] = []
    _walk(headers, body, plain, html, result, 0, [0])
    written = "\n".join(text for text in plain if text.strip())
    if not written and html:
        written = html_to_text("\n".join(html), quote_mark="> ")
    result.plain = written.replace("\u00a0", " ").replace("\ufeff", "")
    return result


def _parameters(value: str) -> dict[str, str]:
    return {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(value[:4096])}


def _walk(
    headers: Headers,
    body: bytes,
    plain: list[str],
    html: list[str],
    result: Text,
    depth: int,
    count: list[int],
) -> None:
    """Collect the text of a part and the parts inside it."""
    content_type = headers.get("content-type", "text/plain")
    kind = content_type.partition(";")[0].strip().lower() or "text/plain"
    values = _parameters(content_type)
    disposition = headers.get("content-disposition", "").lower()
    count[0] += 1
    if depth > MAX_DEPTH or count[0] > MAX_PARTS:
        return
    if kind.startswith("multipart/") and values.get("boundary"):
        if kind == "multipart/report":
            result.odd.add("report")
        own_plain: list[str] = []
        for part in _cut(body, values["boundary"]):
            part_headers, part_body = split_mail(part) if part[:1] not in b"\r\n" else ({}, part)
            _walk(part_headers, part_body, own_plain, html, result, depth + 1, count)
        if kind == "multipart/alternative":
            own_plain = own_plain[:1]
        plain += own_plain
        return
    attached = disposition.startswith("attachment") or "filename" in _parameters(disposition)
    if kind == "text/calendar":
        result.odd.add("calendar")
    elif attached or not kind.startswith("text/"):
        if not kind.startswith("application/pkcs7") and kind != "application/pgp-signature":
            result.attachments += 1
    elif kind == "text/html":
        html.append(_decoded_body(headers, body, values))
    elif kind in ("text/plain", "text/enriched", "text/markdown"):
        text = _decoded_body(headers, body, values)
        if values.get("format", "").lower() == "flowed":
            text = unflowed(text, values.get("delsp", "").lower() == "yes")
        plain.append(text)


def _cut(body: bytes, boundary: str) -> list[bytes]:
    """Parts between the boundary lines; a missing last line is forgiven."""
    mark = b"--" + boundary.encode("utf-8", "replace")
    parts: list[bytes] = []
    begin = -1
    place = body.find(mark)
    while place >= 0:
        after = place + len(mark)
        end = body.find(b"\n", after)
        end = len(body) if end < 0 else end
        own_line = place == 0 or body[place - 1 : place] == b"\n"
        if own_line and body[after:end].strip() in (b"", b"--"):
            if begin >= 0:
                parts.append(body[begin:place])
            begin = end + 1
        place = body.find(mark, after)
    if begin >= 0:
        parts.append(body[begin:])
    return [part for part in parts if part.strip()]


def _decoded_body(headers: Headers, body: bytes, values: dict[str, str]) -> str:
    encoding = headers.get("content-transfer-encoding", "").strip().lower()
    if encoding == "quoted-printable":
        body = quopri.decodestring(body)
    elif encoding == "base64":
        body = _base64(body)
    text = _characters(body, values.get("charset", ""))
    return re.sub(r"\r+\n|\r", "\n", text)


def _base64(body: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
    try:
        return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"==")
    except ValueError:
        return body


def _characters(data: bytes, charset: str) -> str:
    """Decode with the charset named, if it exists and fits; else UTF-8, else Windows-1252."""
    name = re.sub(r"-[ie]$", "", charset.strip(" '\"").lower()).replace("cp-", "cp")
    for candidate in (name, "utf-8", "cp1252"):
        if candidate.replace("-", "_") in _NO_CHARSETS:
            continue
        try:
            return data.decode(candidate)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("latin-1")


def unflowed(text: str, delete_space: bool) -> str:
    """Join the soft line breaks of ``format=flowed`` (RFC 3676), quotes level by level."""
    lines: list[str] = []
    open_depth = -1
    for raw in text.split("\n"):
        bare = raw.lstrip(">")
        depth = len(raw) - len(bare)
        line = bare.removeprefix(" ")
        joins = open_depth == depth and line != "-- "
        flowed = line.endswith(" ") and line != "-- "
        if flowed and delete_space:
            line = line[:-1]
        if joins and lines:
            lines[-1] += line
        else:
            lines.append(f"{'>' * depth} {line}" if depth else line)
        open_depth = depth if flowed else -1
    return "\n".join(lines)
