"""Dates of birth: a date beside a word for being born or for a birthday."""

from __future__ import annotations

import regex

from core.privacy.finders.hints import hint
from core.privacy.spans import Span, span_of

_MONTHS = (
    "jan|feb|mar|mär|maa|apr|may|mai|maj|mei|jun|jul|aug|sep|oct|okt|nov|dec|dez|dic|déc|"
    "ene|abr|ago|fév|fev|avr|juin|juil|aoû|gen|mag|giu|lug|set|ott|out|mrt|sty|lut|kwi|cze|lip|sie|wrz|"
    "paź|lis|gru|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara|янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек|"
    "січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|гру|led|úno|bře|dub|kvě|čer|srp|zář|říj|pro|"
    "tam|hel|huh|tou|kes|hei|elo|syy|lok|mar|jou|ian|mai|iun|iul|noi|"
    "ιαν|φεβ|μάρ|μαρ|απρ|μάι|μαΐ|ιού|ιου|αύγ|αυγ|σεπ|οκτ|νοε|δεκ|"
    "يناير|فبراير|مارس|أبريل|ابريل|مايو|يونيو|يوليو|أغسطس|اغسطس|سبتمبر|أكتوبر|اكتوبر|نوفمبر|ديسمبر|"
    "ינו|פבר|מרץ|מרס|אפר|מאי|יונ|יול|אוג|ספט|אוק|נוב|דצמ|"
    "जन|फर|मार्च|अप्रै|मई|जून|जुल|अग|सित|अक्|नव|दिस"
)
_YEAR = r"(?:19|20)\d\d"
_DATE = (
    rf"{_YEAR}[-./]\d{{1,2}}[-./]\d{{1,2}}"
    rf"|\d{{1,2}}\s?[-./]\s?\d{{1,2}}\s?[-./]\s?(?:{_YEAR}|\d\d)(?!\d)"
    rf"|(?:{_MONTHS})\w*\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s(?:of\s)?{_YEAR})?(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.|º|ª)?\s(?:de\s|of\s|ב)?(?:{_MONTHS})[\w\p{{M}}]*\.?(?:,?\s(?:de\s|del\s|of\s)?(?:{_YEAR}|'\d\d))?"
    r"|\d{2,4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日?|\d{1,2}\s?月\s?\d{1,2}\s?[日号號]"
    r"|\d{2,4}\s?년\s?\d{1,2}\s?월\s?\d{1,2}\s?일|\d{1,2}월\s?\d{1,2}일"
    rf"|(?<!\d){_YEAR}[01]\d[0-3]\d(?!\d)|(?<!\d)\d{{6}}(?!\d)"
)
_BORN = (
    r"\bborn\b|\bd\.?o\.?b\b|date of birth|birth ?da(?:y|te)|\bb-?day|geboren|geburts(?:tag|datum)|\bgeb\.|"
    r"\bnac(?:í|i|ió|ido|ida|imiento)\b|cumple(?:años)?|\bné[es]?\b|naissance|anniv(?:ersaire)?|\bnat[oa]\b|"
    r"nascita|compleanno|\bnasci(?:do|da|mento)?\b|\bnasceu\b|aniversário|\bniver\b|geboortedatum|verjaardag|"
    r"\burodz|\bur\. |doğum|doğdu|родил|рожден|народи|народж|\bд\.?р\.?\b|مواليد|ولدت|وُلد|ميلاد|נולד|לידה|"
    r"יום הולדת|जन्म|生まれ|誕生日|生年月日|생일|생년월일|태어|出生|生日|född|födelse|født|fødsels|fødd|synty|"
    r"γεννή|γενέθλια|naroz|născut|naștere|szület|rođen|\blahir|\bsinh ngày|ngày sinh|sinh nhật|วันเกิด"
)
_BEFORE = regex.compile(rf"(?i)(?:{_BORN})(?P<gap>[^\d\n]{{0,30}}?)(?P<date>{_DATE})")
_AFTER = regex.compile(
    rf"(?i)(?P<date>{_DATE})\s?(?:に|일|日)?\s?(?:{_BORN}|生|출생|doğumlu|birth)"
)
_may_say_born = hint(f"{_BORN}|birth|doğumlu|生|출생")
_DIGIT = regex.compile(r"\d")


def find_birth_dates(text: str) -> list[Span]:
    """Dates right after (or, as in Japanese, before) a word for birth."""
    if not _DIGIT.search(text) or not _may_say_born(text):
        return []
    return [
        span_of(match, "birth_date", "date beside a word for birth", group="date")
        for pattern in (_BEFORE, _AFTER)
        for match in pattern.finditer(text)
    ]
