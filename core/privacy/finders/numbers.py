"""Bank cards and account numbers: forms with a checksum, checked."""

from __future__ import annotations

import unicodedata

import regex
from stdnum import iban, luhn

from core.privacy.spans import Span, span_of

_CARD = regex.compile(r"(?<![\d.,+])\d(?:[ \-–.]?\d){12,18}(?![\d])")
_IBAN = regex.compile(r"(?i)(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ \-]?[A-Z0-9]){11,30}(?![A-Z0-9])")
#: Written like an IBAN, in groups of four with digits enough, whatever the check digits say.
_IBAN_FORM = regex.compile(
    r"[A-Z]{2}\d{2}(?: (?=[A-Z]*\d)[A-Z\d]{4}){2,7}(?: [A-Z]?\d[A-Z\d]{0,2})?(?![A-Za-z\d])"
)
_BITCOIN = regex.compile(
    r"(?<!\w)(?:bc1[02-9ac-hj-np-z]{25,87}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40})(?!\w)"
)
_FOUR_GROUPS = regex.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}")
_CARD_WORD = regex.compile(
    r"(?i)\b(?:credit|debit|card|visa|master ?card|amex|maestro|kreditkarte|karte|tarjeta|carte|carta|cart(?:ão|ao)|kaart|karta|kart[ıi]?|kort(?:et)?|kortti)"
    r"|карт|κάρτα|بطاقة|כרטיס|कार्ड|カード|카드|银行卡|信用卡|卡号"
)
#: First digits and lengths of the card networks (ISO/IEC 7812 ranges in use).
_CARD_FORM = regex.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-59]|[68]\d)\d{11,13}|"
    r"6(?:011|22\d|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|(?:5[06-8]|6\d)\d{11,17}|"
    r"62\d{14,17}|220[0-4]\d{12}|9792\d{12}"
)


def plain_digits(text: str) -> str:
    """The digits of ``text`` as ASCII, whatever script they are written in."""
    if text.isascii():
        return "".join(c for c in text if c.isdigit())
    return "".join(
        str(unicodedata.digit(c)) for c in text if unicodedata.digit(c, None) is not None
    )


def find_cards(text: str) -> list[Span]:
    """Payment card numbers: a known network's form and a right Luhn digit."""
    spans = []
    for match in _CARD.finditer(text):
        digits = plain_digits(match.group())
        if _CARD_FORM.fullmatch(digits) and luhn.is_valid(digits):
            spans.append(span_of(match, "card", "card number with a right check digit"))
        elif _CARD_FORM.fullmatch(digits) and (
            _FOUR_GROUPS.fullmatch(match.group())
            or _CARD_WORD.search(text, max(0, match.start() - 30), match.start())
        ):
            # Numbers get mistyped, and a wrong digit hides nobody.
            spans.append(span_of(match, "card", "number written like a card's"))
    return spans


def find_accounts(text: str) -> list[Span]:
    """IBANs with right check digits or in groups of four, and Bitcoin and Ethereum addresses."""
    spans = []
    for match in _IBAN.finditer(text):
        end = _iban_end(match.group())
        if end:
            start = match.start()
            spans.append(Span(start, start + end, "iban", "IBAN"))
    spans += [span_of(m, "iban", "wallet address") for m in _BITCOIN.finditer(text)]
    return spans


def _iban_end(found: str) -> int:
    """Length of the valid IBAN at the start of ``found``, 0 if there is none.

    The words after an IBAN can look like its next group, so shorter ones are tried too.
    """
    for end in range(len(found), 14, -1):
        whole_groups = end == len(found) or not found[end].isalnum()
        if whole_groups and found[end - 1].isalnum() and iban.is_valid(found[:end]):
            return end
    grouped = _IBAN_FORM.match(found)
    return grouped.end() if grouped else 0
