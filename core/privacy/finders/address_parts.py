"""What an address goes on with: units, floors, postcodes, towns, and the names of houses.

The rules of ``addresses`` and ``places`` find the heart of an address, a street and a number.
People write on before and behind it, and what is left over still says where somebody lives.
"""

from __future__ import annotations

import regex

from core.privacy.spans import Span

_CAP = r"\p{Lu}[\p{L}\p{M}'’.-]*"
_SMALL = r"(?:de|del|della|di|da|do|dos|das|du|des|la|le|les|el|los|las|of|upon|on|am|an|der|im|in|sur|sous|en|aan|den|het|op|nad|pod|i|e|y)"
_TOWN = rf"{_CAP}(?:[ -](?:{_SMALL}[ -]){{0,2}}{_CAP}){{0,3}}"
_END = r"(?=\s*(?:[.,;:!?)(\n،]|$|[-–]\s))"
_UNIT_WORD = (
    r"(?:apt|apartment|apto?|ap|apartamento|appartement|appart|app|appt|dpto|depto|departamento|dep|flat|unit|suite|ste|floor|fl|room|rm|piso|puerta|pta|portal|planta|esc|escalera|"
    r"int|interior|interno|scala|sc|piano|bât|bat|bâtiment|étage|et|esc|escalier|porte|bus|bte|boîte|lgh|lok|lokal|m|bl|blk|blok|bloc|block|bloco|quadra|qd|lote|lot|lt|parcela|casa|andar|torre|"
    r"edif|edificio|edifício|ed|local|bajo|stiege|tür|top|stock|stg|kat|daire|dre|d|kapı|em|emelet|ajtó|a|fsz|lph|lépcsőház|et|etaj|int|interfon|entrance|entr|vchod|poschodí|byt|č|nr|no|n|"
    r"km|rt|rw|kav|kel|kec|phase|sector|sec|plot|door|house|tower|wing|villa|level|lvl|shop|p|q|phường|quận|tầng|căn|"
    r"кв|квартира|корп|корпус|стр|строение|подъезд|под|этаж|эт|оф|офис|вх|вход|ап|ет|етаж|бл|блок|п|під'їзд|поверх|буд|д|дом|κτίριο|όροφος|διαμ)"
)
_ORDINAL = (
    r"(?:\d{1,2}\.?\s?[ºª°ᵉ]\.?(?:\s?(?:izq(?:uierda|da|\.)?|dcha\.?|dch\.?|derecha|centro|cto|drt\.?|dto\.?|dta\.?|esq\.?|int\.?|ext\.?|piso|planta|andar|fr(?:ente)?\.?|\p{Lu}(?!\p{L})))?"
    r"|\d{1,2}(?:st|nd|rd|th)\s(?:floor|fl)\b|\d{1,2}(?:er|e|ème|eme)\s(?:étage|etage|droite|gauche)(?:\s(?:droite|gauche))?"
    r"|\d{1,2}\.\s?(?:OG|EG|UG|Stock|Stiege|tv|th|mf|sal|em\.?|emelet|patro|poschodí|piętro|kerros|etasje|våning|kat)(?!\p{L})|bajo(?:\s(?:derecha|izquierda|[A-D]\b))?|bis\b|ter\b|s/n\b|EG\b|HH\b)"
)
_POSTCODE = (
    r"(?:(?:[A-Z]{1,2}-)?\d{4,6}(?:-\d{3,4})?(?:\s?[A-Z]{2}(?!\p{L}))?|\d{3}\s\d{2,3}|\d{2}-\d{3}|\d{2}\s\d{3}|S?\d{6}|[A-Z]\d{4}(?:[A-Z]{3})?|"
    r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]\d[\dW]\s?[\dA-Z]{4})(?![\p{L}\d])"
)
_STATE = r"(?:[A-Z]{2,4}|D\.?C\.?|CDMX|Co\.\s\p{Lu}\p{L}+|County\s\p{Lu}\p{L}+)(?![\p{L}\d])"
#: One piece further to the right.
_TAIL = regex.compile(
    r"(?:\.?[ºª°](?:\s?(?i:dto|dta|drt|esq|fr|izq|dcha?)\.?)?|(?:[ \u00a0]?[,،、;/–-][ \u00a0]?|[ \u00a0]|\s?\n)(?:"
    rf"(?i:{_UNIT_WORD}\.?)[ ]?(?:(?i:n[ºo°]?\.?|nr\.?|#)[ ]?)?[:#]?[ ]?(?:\p{{Nd}}{{1,5}}[A-Za-z]?(?:[-/]\p{{Nd}}{{1,4}}[A-Za-z]?)?|[A-ZА-Я]\d{{0,3}})(?:[/-][A-Z\d]{{1,4}})?(?![\p{{L}}\p{{Nd}}:%])"
    rf"|#[ ]?[\w-]{{1,7}}"
    rf"|(?i:{_ORDINAL})"
    rf"|{_POSTCODE}(?:[ ,]{{1,2}}{_TOWN})?{_END}"
    rf"|{_POSTCODE}[ ]{_TOWN}"
    rf"|{_STATE}(?:,?\s{_POSTCODE})?{_END}"
    rf"|(?<=[,،/–-]\s?){_TOWN}(?:[ ]{_POSTCODE})?{_END}"
    rf"|(?<=[,،/–-]\s?){_TOWN}[ ]{_STATE}(?:[ ]{_POSTCODE})?{_END}"
    rf"|(?<=[,،/–-]\s?)(?:bajo|planta baja|ground floor|top floor|basement|escalera|edificio)(?:\s(?:derecha|izquierda|{_CAP}|\d))?{_END}"
    rf"|(?<=,\s?)\d{{1,4}}[A-Z]{_END}|(?<=,\s?)\d{{1,4}}[A-Z](?=\s\p{{Ll}})"
    r"))"
)
#: The same for scripts without capitals: further parts between commas while numbers or words for parts go on.
_TAIL_UNCASED = regex.compile(
    r"(?:\s?[,،、]\s?|\s)(?:(?:حي|شقة|الدور|دور|الطابق|عمارة|مبنى|بناية|فيلا|برج|رقم|كوچه|کوچه|پلاک|واحد|طبقه|خیابان|بلوار|דירה|דירת|קומה|כניסה|בית|गली|फ्लैट|मंज़िल|सेक्टर|ब्लॉक|रोड|রোড|ফ্ল্যাট|বাসা|সেক্টর|ব্লক)\s?"
    r"(?:\p{L}[\p{L}\p{M}\u200c]*\s?){0,3}\p{Nd}{0,5}|(?<=[,،]\s?)(?:\p{L}[\p{L}\p{M}\u200c]*(?:\s\p{L}[\p{L}\p{M}\u200c]*){0,2})(?:[\s-]{1,3}\p{Nd}{5,6})?(?=\s*(?:[,،.!?؟।\n]|$)))"
)
_UNCASED_LETTER = regex.compile(r"[\p{Arabic}\p{Hebrew}\p{Devanagari}\p{Bengali}]")
_HOUSE_WORD = (
    r"(?:Cottage|House|Farm|Farmhouse|Lodge|Barn|Hall|Manor|Court|Mews|Croft|Rectory|Vicarage|Bungalow|Cabin|Forge|Mill|Grange|Villa|Villas|Apartments|Apts|Towers?|Heights|"
    r"Building|Bldg|Estate|Residency|Residence|Plaza|Gardens|Mansions?|Flats|Chambers|Old \p{Lu}\p{L}+)"
)
#: What stands before the heart: "Flat 3, ", "Protea Mews, ", "c/o ".
_HEAD = regex.compile(
    rf"(?r)(?:(?i:flat|unit|apt|apartment|suite|shop|room|floor|no\.?|number|plot|house|villa|blk|block|h\.?\s?no\.?|door no\.?|lot|door)\.?[ ]?#?[ ]?[\w-]{{1,6}},?[ ]"
    rf"|(?<!\p{{L}})(?:The\s)?(?:{_CAP}[ ]){{0,3}}{_HOUSE_WORD}(?:[ ]\d{{1,4}})?,[ ]"
    r"|(?<!\p{L})(?i:number|no\.?|nr\.?)[ ]"
    r"|(?<![\p{L}\d])[A-Z]?\d{1,4}(?:/\d{1,4}[A-Z]?)?,[ ]"
    r"|(?<![\p{L}\d])\d{5,6},?[ ](?:\p{Lu}[\p{L}-]+),[ ]"
    r"|(?:г\.|м\.|гр\.|город|місто)[ ]?\p{Lu}[\p{L}-]+,[ ]"
    r")$"
)
#: A house with a name, a lane, a town: no number at all.
_NAMED_HOUSE = regex.compile(
    rf"(?<!\p{{L}})(?:The\s)?(?:{_CAP}[ ]){{0,3}}(?:Cottage|House|Farm|Farmhouse|Lodge|Barn|Hall|Manor|Croft|Rectory|Vicarage|Bungalow|Forge|Mill|Grange|Villa)"
    rf",[ ](?:\d{{1,4}}[a-z]?[ ])?(?:{_CAP}[ ]){{1,3}}(?:Street|St|Road|Rd|Lane|Ln|Drive|Dr|Close|Hill|Way|Avenue|Ave|Row|Square|Terrace|Green|Walk|Crescent|Court|Place|View|Mews|Gardens|Common|Bridge|Village)\b(?:,[ ](?:{_TOWN}{_END}|{_CAP}(?=\s\p{{Ll}})))?"
    rf"|(?<!\p{{L}}){_CAP}(?:[ ](?:na|an|the|of|on|nan|{_CAP})){{0,4}},[ ]{_CAP}(?:[ ]{_CAP}){{0,2}},[ ](?:Co\.?|County)[ ]\p{{Lu}}\p{{L}}+"
    rf"|(?<!\p{{L}})(?i:lieu-?dit|hameau(?: de)?|masseria|cascina|finca|cortijo|cortijada|quinta|sítio|fazenda|pazo|mas)[ ](?:(?:de|da|do|la|le|les|el|los|d['’]|l['’])[ ]?){{0,2}}{_CAP}(?:[ -](?:de[ -])?{_CAP}){{0,3}},[ ](?:\d{{4,5}}[ ])?{_TOWN}{_END}"
)
_HOUSE_HINT = regex.compile(
    r"(?:Cottage|House|Farm|Lodge|Barn|Hall|Manor|Croft|Rectory|Vicarage|Bungalow|Forge|Mill|Grange|Villa), |(?:Co\.?|County) \p{Lu}|(?i:lieu-?dit|hameau|masseria|cascina|finca|cortijo|quinta|sítio|fazenda|pazo) "
)


def find_named_houses(text: str) -> list[Span]:
    """Addresses without a number: a house with a name, its lane or its county."""
    if not _HOUSE_HINT.search(text):
        return []
    return [
        widened(text, match.start(), match.end(), "house with a name")
        for match in _NAMED_HOUSE.finditer(text)
    ]


def widened(text: str, start: int, end: int, rule: str) -> Span:
    """The address around its heart ``start`` to ``end``, with all that belongs to it."""
    for _ in range(6):
        tail = _TAIL.match(text, end)
        if tail is None and end < len(text) and _UNCASED_LETTER.search(text, start, end):
            tail = _TAIL_UNCASED.match(text, end)
        if tail is None or tail.end() == end:
            break
        end = tail.end()
    for _ in range(3):
        head = _HEAD.search(text, max(0, start - 50), start)
        if head is None:
            break
        start = head.start()
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return Span(start, end, "address", rule)
