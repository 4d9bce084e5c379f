"""The body of a mail: what its author wrote, what they quoted, what is only a signature.

Libraries for this cut at any line that begins with "Thanks," or with a dash, which loses the
author's own words; here only what is surely not theirs goes.
"""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from core.readers.text import without_marks

#: "wrote" in the line above a quotation, "On ... Anna wrote:", by language.
_WROTE = re.compile(
    r"(?<!\w)(?:wrote|writes|schrieb|schreibt|geschrieben|a écrit|écrit|a scris|escribió|escribio"
    r"|escreveu|va escriure|ha scritto|schreef|skrev|kirjoitti|napisał\(a\)|napisała?|pisze|napsala?"
    r"|napsal\(a\)|napísala?|napísal\(a\)|написала?|написал\(а\)|пишет|пише|написав(?:ла)?|yazdı"
    r"|írta|έγραψε|כתבה?|كتبت?|đã viết|menulis|написа|rašė|kirjutas|rakstīja)(?!\w)"
    r"|写道|寫道|님이 작성|님이 쓴|のメール|書きました",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>\[\]()\"',;:@]{1,100}+@[^\s<>\[\]()\"',;:@]{1,250}+")
_OPENING = re.compile(
    r"(?:On|Am|Le|El|Em|Il|Op|Den|Dnia|Dne|Dňa|W dniu|A|El dia|Vào|Pada|Στις|Në|Дана) .*\d"
)
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}\b|\d{4}年|\d{4}년")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]")
_FROM = (
    r"From|Von|De|Da|Van|Från|Fra|Od|От|Від|Kimden|发件人|寄件者|差出人|보낸 ?사람|Lähettäjä|Feladó|De la"
    r"|Από|מאת|من|Dari|Từ|Από"
)
_FROM_LINE = re.compile(rf"^[\s>*]*(?:{_FROM})\s?\**\s?[:：]\**\s*(\S.*)$")
_FIELD_LINE = re.compile(r"^[\s>*]*[^\W\d_][^\n:：]{0,24}\s?\**[:：]\**(?:\s|$)")
_RULE_LINE = re.compile(r"^\s*(?:_{10,}|-{2,}\s*[^-\n]{4,60}?\s*-{2,}|\*{0,2}-{3,}\*{0,2})\s*$")
_FORWARD = re.compile(
    r"forward|weitergeleitet|transf[eé]r|reenviad|encaminhad|inoltrat|doorgestuur|vidarebefordra"
    r"|videresend|välitet|перенаправ|пересыл|переслан|iletilen|iletildi|przekazan|přeposlan|转发|轉寄|転送",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"^\s*(?:Sent from (?:my |Mail for |Outlook|Yahoo|the )|Get Outlook for|Sent via |Von meinem .{1,40} gesendet"
    r"|Gesendet (?:von|mit) |Diese Nachricht wurde von meinem |Envoyé (?:de|depuis|à partir) |Obtenez Outlook"
    r"|Enviado desde |Enviado do |Enviado a partir |Obter o Outlook|Obtener Outlook|Inviato d|Ottieni Outlook"
    r"|Verzonden (?:vanaf|met|van) |Verstuurd vanaf |Skickat från |Sendt fra |Hent Outlook|Lähetetty "
    r"|Отправлено (?:с|из) |Надіслано з |Wysłan[eo] z |Odesláno z |Odoslané z |iPhone'?umdan |.{0,20}'?dan gönderildi"
    r"|发自我的|發自我的|從我的 ?.{1,20} ?傳送|来自我的|iPhoneから送信|나의 .{1,20}에서 보냄|Στάλθηκε από "
    r"|נשלח מה|أرسلت من)",
    re.IGNORECASE,
)
_SIGNATURE_LINE = re.compile(r"^(?:--|—|__|––)\s*$")
_CONTACT = re.compile(r"@|https?://|www\.|(?:\d[\s/().-]?){6,}")


class Parts(NamedTuple):
    """A body taken apart.

    ``quoted`` is what the author answered to, without the ``>`` of the first level and without
    deeper levels; ``quoted_author`` its writer as named in the line above it, or "".
    ``forwarded`` tells that ``quoted`` was passed on rather than answered.
    """

    own: str
    quoted: str
    quoted_author: str
    forwarded: bool


def take_apart(body: str, forwarded_subject: bool = False) -> Parts:
    """Own words, quoted block and who wrote that.

    Args:
        body: readable text with ``\\n`` line ends; quotes begin with ``>``.
        forwarded_subject: the subject says that it is a forward.
    """
    lines = body.split("\n")
    start, after, author, forward, to_the_end = _quotation(lines)
    own = lines[:start]
    quoted = lines[after:]
    if not to_the_end:
        own = [line for line in lines[:start] if not line.startswith(">")]
        quoted = [line for line in lines[:start] if line.startswith(">")]
        rest = lines[after:]
        quoted += [line for line in rest if line.startswith(">")]
        own += [line for line in rest if not line.startswith(">")]
    quoted_text = _first_level(quoted, marked=not to_the_end)
    forwarded = forward or (forwarded_subject and bool(quoted_text))
    return Parts(_tidy(without_signature(own)), quoted_text, author, forwarded)


def _quotation(lines: list[str]) -> tuple[int, int, str, bool, bool]:
    """(first line of the header, first line after it, author, is a forward, runs to the end).

    Without a header, quoted lines alone count and run nowhere.
    """
    for place, line in enumerate(lines):
        if not line or line.startswith(">"):
            continue
        if _RULE_LINE.match(line) or _FROM_LINE.match(line):
            block = _header_block(lines, place)
            if block is not None:
                after, author = block
                return place, after, author, bool(_FORWARD.search(line)), True
        if line.rstrip().endswith((":", "：", ":\u202c")):
            first = _attribution_start(lines, place)
            if first is not None:
                marked = any(rest.startswith(">") for rest in lines[place + 1 : place + 6])
                said = " ".join(lines[first : place + 1])
                return first, place + 1, _author_of(said), False, not marked
    return len(lines), len(lines), "", False, False


def _attribution_start(lines: list[str], place: int) -> int | None:
    """First line of an "On ... wrote:" that ends at ``place`` and may span three lines.

    A person may well end a line of their own with "wrote:", so that an address, a time of day,
    a date after an opening word, or a quotation right below has to confirm it.
    """
    below = next((line for line in lines[place + 1 : place + 4] if line.strip()), "")
    found = None
    for first in range(place, max(-1, place - 3), -1):
        if not lines[first].strip() or lines[first].startswith(">"):
            break
        joined = without_marks(" ".join(line.strip() for line in lines[first : place + 1]))
        if len(joined) > 300:
            break
        opens = _OPENING.match(joined) is not None
        if (found is None or opens) and _is_attribution(joined, opens, below.startswith(">")):
            found = first
        if opens:
            break
    return found


def _is_attribution(line: str, opens: bool, quoted_below: bool) -> bool:
    """Whether a line that ends with a colon says who wrote what follows."""
    clock = _CLOCK.search(line) is not None
    if "@" in line and clock:
        return True
    if not _WROTE.search(line):
        return False
    if "@" in line or clock or (opens and _DATE.search(line)):
        return True
    return quoted_below and re.search(r"\d", line) is not None


def _header_block(lines: list[str], place: int) -> tuple[int, str] | None:
    """(line after, author) of ``From: / Sent: / To: ...`` at or soon below ``place``."""
    at = place
    while at < min(place + 4, len(lines)) and not _FROM_LINE.match(lines[at]):
        at += 1
    if at >= min(place + 4, len(lines)):
        return None
    found = _FROM_LINE.match(lines[at])
    after = at + 1
    fields = 1
    blank = 0
    while after < len(lines) and after < at + 14:
        if _FIELD_LINE.match(lines[after]):
            fields += 1
        elif not lines[after].strip():
            blank += 1
            if fields >= 3 or blank > 1:
                break
        elif fields >= 3 and not lines[after].startswith((" ", "\t")):
            break
        after += 1
    if fields < 3 or found is None:
        return None
    return after, _author_of(found.group(1))


def _author_of(said: str) -> str:
    """The address in a header or attribution line, else the name in it, as far as it shows."""
    said = without_marks(said)
    address = _ADDRESS.search(said)
    if address:
        return address.group().lower()
    before, _, after = _WROTE.sub("\0", said.rstrip(" :："), count=1).partition("\0")
    for part in (before, after):
        name = re.sub(r"^.*\d(?:\s?[AP]M)?\s*[,.]?\s*(?:Uhr)?\s*", "", part, flags=re.IGNORECASE)
        name = name.strip(" ,<>*-\"'")
        if 0 < len(name) <= 60:
            return name
    return ""


def _first_level(lines: list[str], *, marked: bool) -> str:
    """Quoted lines without their mark; what they quote themselves is cut."""
    if marked:
        bare = [re.sub(r"^> ?", "", line) for line in lines]
        deeper = _without_quotation(bare)
        return _tidy(without_signature(deeper))
    return _tidy(without_signature(_without_quotation(lines)))


def _without_quotation(lines: list[str]) -> list[str]:
    """Lines without the quotation inside them."""
    start, _, _, _, _ = _quotation(lines)
    return [line for line in lines[:start] if not line.startswith(">")]


def without_signature(lines: list[str]) -> list[str]:
    """Lines up to a signature separator, without "Sent from my phone" at the end."""
    for place, line in enumerate(lines):
        if _SIGNATURE_LINE.match(line) and len(lines) - place <= 25:
            lines = lines[:place]
            break
    end = len(lines)
    while end and (not lines[end - 1].strip() or _MOBILE.match(lines[end - 1])):
        end -= 1
    return lines[:end]


def closing(text: str) -> str:
    """The last paragraph if it may be a signature or a disclaimer, else an empty string.

    It is one only when the same author ends several mails with it; that is for the caller.
    """
    before, gap, last = text.rstrip().rpartition("\n\n")
    if not gap or not before.strip():
        return ""
    if len(last) > 150 or ("\n" in last and _CONTACT.search(last)):
        return last
    return ""


def unwrapped(text: str) -> str:
    """Join lines that a mail program broke at a fixed width.

    A line is joined with the next where the next line's first word would not have fitted: the
    width is that of the paragraph's longest line, and at least 60.
    """
    paragraphs = re.split(r"(\n[ \t]*\n)", text)
    return "".join(p if i % 2 else _unwrapped_paragraph(p) for i, p in enumerate(paragraphs))


def _unwrapped_paragraph(paragraph: str) -> str:
    lines = paragraph.split("\n")
    width = max(len(line) for line in lines)
    if len(lines) < 2 or not 60 <= width <= 100:
        return paragraph
    joined = [lines[0]]
    for before, line in itertools.pairwise(lines):
        first_word = line.split(" ", 1)[0]
        item = re.match(r"\s|[-*•–]\s|\d{1,3}[.)]\s|>", line)
        if line and not item and len(before) + 1 + len(first_word) > width:
            joined[-1] = f"{joined[-1].rstrip()} {line}"
        else:
            joined.append(line)
    return "\n".join(joined)


def _tidy(lines: list[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return re.sub(r"\n{3,}", "\n\n", text)
