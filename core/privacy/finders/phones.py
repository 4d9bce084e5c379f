"""Phone numbers, read by the regions that the data points to."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

import phonenumbers
import regex

from core.privacy.finders.numbers import plain_digits
from core.privacy.spans import Finder, Span

#: Read by these where the data says nothing: the largest national numbering plans of the
#: languages people chat in. More regions cost little and, with VALID numbers only, lose nothing.
COMMON_REGIONS = (
    "US", "GB", "DE", "FR", "ES", "IT", "BR", "MX", "NL", "PL", "TR", "RU", "UA", "IN", "JP",
    "KR", "CN", "SE", "PT", "AU",
)  # fmt: skip

#: Language of an archive -> regions whose national form its numbers may have.
LANGUAGE_REGIONS = {
    "en": ("US", "GB", "AU", "CA", "IN", "NZ", "IE", "ZA"),
    "de": ("DE", "AT", "CH"),
    "fr": ("FR", "BE", "CH", "CA"),
    "es": ("ES", "MX", "AR", "CO", "CL", "PE"),
    "pt": ("BR", "PT"),
    "nl": ("NL", "BE"),
    "ru": ("RU", "KZ", "BY"),
    "ar": ("SA", "EG", "AE", "MA", "DZ", "IQ", "JO"),
    "zh": ("CN", "TW", "HK"),
    "it": ("IT",), "pl": ("PL",), "tr": ("TR",), "uk": ("UA",), "he": ("IL",), "hi": ("IN",),
    "ja": ("JP",), "ko": ("KR",), "sv": ("SE",), "no": ("NO",), "da": ("DK",), "fi": ("FI",),
    "el": ("GR",), "cs": ("CZ",), "sk": ("SK",), "hu": ("HU",), "ro": ("RO",), "id": ("ID",),
    "vi": ("VN",), "th": ("TH",), "fa": ("IR",), "bg": ("BG",), "hr": ("HR", "RS", "BA"),
    "ms": ("MY",), "tl": ("PH",), "lt": ("LT",), "lv": ("LV",), "et": ("EE",), "sl": ("SI",),
}  # fmt: skip

_CANDIDATE = regex.compile(
    r"(?:(?<![\d.,:/_=#$€£¥-])(?<![\w]-)|(?<=[\p{Hebrew}\p{Arabic}]-))"
    r"(?:(?:[+＋]|00)\s?\d|[(（]\s?[+＋]?\d|(?<![\p{Latin}\p{Cyrillic}\p{Greek}\d])\d)(?:[\s\-–.‐‑()（）/ـ]{0,3}\d){5,16}(?!\d)"
)
_DATE = regex.compile(
    r"(?:19|20)\d\d([-./ ])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?:\D.*)?"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./ ])(?:0?[1-9]|1[0-2])\2(?:19|20)\d\d(?:\D.*)?"
    r"|(?:0?[1-9]|1[0-2])([-./ ])(?:0?[1-9]|[12]\d|3[01])\3(?:19|20)\d\d(?:\D.*)?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{6})?"
    r"|(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d"
)
#: Nothing else is written so, whatever the numbering plans say: a country code, a trunk zero
#: and groups, an area code in brackets, three-three-four.
_WRITTEN_AS_PHONE = regex.compile(
    r"[+＋]\s?\d{1,3}(?:[\s().‐–-]{1,3}\d{1,5}){2,6}|[+＋]\d{9,14}|\(?0\d{1,4}\)?(?:[\s./–-]{1,3}\d{2,4}){2,4}|"
    r"\(\d{2,4}\)\s?\d{3,5}[-. ]\d{4}|\d{3}([-.])\d{3}\1\d{4}"
)
_DECIMAL = regex.compile(r"\d+[.,]\d+")
_UNIT_AFTER = regex.compile(
    r"(?i)\s?(?:%|€|\$|£|¥|₹|₽|₺|zł|kč|eur|euros?|usd|dollars?|gbp|pounds?|rub|руб|kr\b|kg|km|"
    r"ms\b|mb\b|gb\b|bytes?|rows?|people|users|followers|views|円|元|块|원|won|rupees|rs\b|"
    r"millones|million|тыс|mah|lines|steps|,\d)"
)
_CLAUSE = regex.compile(r"[,，。.;!?\n]")
_LAST_GROUP = regex.compile(r"[\s\-–.()（）/]+\d+$")
_MONEY_BEFORE = regex.compile(r"(?:[€$£¥₹₽₺#]|\bRs\.?|\bUSD|\bEUR|\bISBN[-: \d]*|\bR\$)\s?$")
_CUE = regex.compile(
    r"(?i)(?:\b(?:call|text|ring|phone|tel|mobile|cell|whatsapp|wa|sms|fax|(?:my|his|her|their|our|new|old|your) (?:\w+ )?number|number(?:['’]s| is)|nr|"
    r"bizum|nummer|handy|anrufen|ruf|numero|numéro|número|num|móvil|cel|celular|telefon[oe]?|llama|"
    r"márcame|zap|appelle|tél|portable|cellulare|bel|mobiel|zadzwoń|komórka|numaram|ara|ring|"
    r"puhelin|numărul|nomor|hp|số|sđt|volej|mobil)\b|тел|номер|звони|телефон|رقم|جوال|הטלפון|טלפון|"
    r"नंबर|फ़ोन|電話|携帯|번호|전화|手机|电话|電話|κινητό|τηλ|โทร|เบอร์)"
)


#: Numbers that are called a number and are none to call.
_OTHER_NUMBER = regex.compile(
    r"(?i)\b(?:order|invoice|tracking|ticket|case|booking|reference|ref|model|serial|part|item|room|bestell|kunden|rechnungs|auftrags|"
    r"sendungs|vorgangs|pedido|factura|reserva|commande|facture|suivi|ordine|fattura|bestelling|zamówieni\w*|faktury|sipariş|fatura)|"
    r"заказ|накладн|замовл|注文|订单|訂單|快递|주문|송장|הזמנה|طلب"
)


def guess_regions(names: Iterable[str], languages: Iterable[str]) -> tuple[str, ...]:
    """ISO country codes for reading national numbers, the likeliest first.

    ``names`` are author names; those that are international numbers say where people live.
    """
    found: dict[str, int] = {}
    for name in names:
        if not name.lstrip("\u200e\u202a\u202b ~").startswith(("+", "00")):
            continue
        try:
            number = phonenumbers.parse(name.replace("00", "+", 1) if name[0] == "0" else name)
        except phonenumbers.NumberParseException:
            continue
        region = phonenumbers.region_code_for_number(number)
        if region:
            found[region] = found.get(region, 0) + 1
    by_names = sorted(found, key=lambda r: -found[r])
    by_language = [r for language in languages for r in LANGUAGE_REGIONS.get(language, ())]
    return tuple(dict.fromkeys([*by_names, *by_language]))


def phone_finder(regions: Sequence[str]) -> Finder:
    """A finder of phone numbers that are valid in one of ``regions`` or have a country code.

    Numbers with separators or a leading zero are also read by ``COMMON_REGIONS``; a bare run of
    digits without one is only read by ``regions``, because it could be anything. Digits beside
    a word such as "call" count even where no numbering plan knows them.
    """
    likely = tuple(dict.fromkeys(regions))
    every = tuple(dict.fromkeys([*regions, *COMMON_REGIONS]))

    def find_phones(text: str) -> list[Span]:
        spans = []
        for match in _CANDIDATE.finditer(text):
            start, end = match.span()
            if _UNIT_AFTER.match(text, end):
                # "070-174 06 52 85 kr": an amount may stand right behind a number.
                shorter = _LAST_GROUP.sub("", match.group())
                if shorter == match.group() or not shorter.startswith(("0", "+", "＋")):
                    continue
                end = start + len(shorter)
            found = text[start:end]
            if _is_something_else(text, start, end):
                continue
            other_at = _last_end(_OTHER_NUMBER, text, max(0, start - 30), start)
            cue_at = _last_end(_CUE, text, max(0, start - 40), start)
            # "order number is": one thing; "the parcel goes to 4b, phone": two.
            apart = cue_at > other_at and _CLAUSE.search(text, other_at, cue_at) is not None
            other = other_at > 0 and not apart
            cued = cue_at > 0 and not other
            bare = found.isdigit() and not found.startswith("0") and not cued
            if bare and other:
                continue
            end = _valid_end(text, start, end, likely if bare else every)
            if end:
                spans.append(Span(start, end, "phone", "valid phone number"))
            elif not other and _WRITTEN_AS_PHONE.fullmatch(found):
                spans.append(
                    Span(start, start + len(found), "phone", "written like a phone number")
                )
            elif cued and 7 <= len(plain_digits(found)) <= 15:
                spans.append(Span(start, start + len(found), "phone", "digits beside a phone word"))
        return spans

    return find_phones


def _last_end(pattern: regex.Pattern[str], text: str, start: int, end: int) -> int:
    """Where the last match in ``text[start:end]`` ends; 0 without one."""
    return max((match.end() for match in pattern.finditer(text, start, end)), default=0)


def _is_something_else(text: str, start: int, end: int) -> bool:
    found = text[start:end]
    if _DATE.fullmatch(found) or _DECIMAL.fullmatch(found):
        return True
    return bool(_MONEY_BEFORE.search(text, max(0, start - 20), start))


def _valid_end(text: str, start: int, end: int, regions: Sequence[str]) -> int:
    """Where the longest valid number from ``start`` ends, 0 if there is none.

    Trailing groups are cut off one by one: "0171 5583920 2" may end in the next sentence.
    """
    found = text[start:end]
    for _ in range(3):
        if _is_valid(found, regions):
            return start + len(found)
        shorter = _LAST_GROUP.sub("", found)
        if shorter == found or len(plain_digits(shorter)) < 7:
            return 0
        found = shorter
    return 0


def _is_valid(found: str, regions: Sequence[str]) -> bool:
    digits = plain_digits(found)
    if found.lstrip("(（ ").startswith(("+", "＋", "00")):
        return _valid_in("+" + digits.removeprefix("00"), None)
    if not 8 <= len(digits) <= 13:
        return False
    return any(_may_be_in(digits, region) and _valid_in(digits, region) for region in regions)


#: The kinds of numbers in a numbering plan that make a number valid.
_KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip


@functools.cache
def _valid_form(code: int) -> re.Pattern[str]:
    """The form of all valid numbers of a country code, whichever of its regions they are in."""
    plans = map(phonenumbers.PhoneMetadata.metadata_for_region, _regions_of(code))
    kinds = (getattr(plan, kind) for plan in plans if plan for kind in _KINDS)
    forms = (kind.national_number_pattern for kind in kinds if kind)
    return re.compile("|".join(dict.fromkeys(form for form in forms if form)) or r"\d+")


def _regions_of(code: int) -> Sequence[str]:
    regions: Sequence[str] = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    return regions


@functools.cache
def _plan(region: str) -> tuple[re.Pattern[str], str, str] | None:
    """The form of a region's numbers, its trunk prefix, its country code.

    None where the prefix cannot simply be cut off, or where the region is unknown.
    """
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if plan is None or plan.national_prefix_transform_rule or plan.general_desc is None:
        return None
    form = re.compile(plan.general_desc.national_number_pattern or r"\d+")
    prefix = plan.national_prefix_for_parsing or ""
    if not (prefix == "" or prefix.isdigit()):
        return None
    return form, prefix, str(plan.country_code)


def _may_be_in(digits: str, region: str) -> bool:
    """A quick look that spares most regions the slow parse."""
    plan = _plan(region)
    if plan is None:
        return True
    form, prefix, code = plan
    abroad = digits.removeprefix(code)
    forms = {digits, digits.removeprefix(prefix), abroad, abroad.removeprefix(prefix)}
    return any(map(form.fullmatch, forms)) and any(map(_valid_form(int(code)).fullmatch, forms))


def _valid_in(digits: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False
