"""Addresses by their shape: a run of capitalised words and numbers that ends in a postcode and
a town, or that follows a phrase such as "I live at".

The rules of ``addresses`` know streets by their names; this one knows none, so it works for the
many streets that are called "Na Příkopě" or "Los Aromos".
"""

from __future__ import annotations

import regex

from core.privacy.common_words import word_list
from core.privacy.finders.address_parts import widened
from core.privacy.finders.hints import hint
from core.privacy.spans import Span, fold

_CAP = r"\p{Lu}[\p{L}\p{M}'’]*(?:-\p{L}[\p{L}\p{M}'’]*)*\.?"
#: A house number, a unit, a postcode or a part of one; no time, price or percentage.
_NUMBER = (
    r"#?\p{Nd}{1,6}(?:[a-zA-Z]|\.?[º°ª])?(?:[-–/]\p{Nd}{1,4}[a-zA-Z]?|[-–/][A-Z]{1,3}){0,3}\.?"
    r"(?![:.,]\d|\s?(?:%|€|\$|£|uhr\b|h\b|am\b|pm\b|km\b|kg\b|min\b|euros?\b|zł\b))"
)
_UNIT = (
    r"(?i:apto?|apartamento|appartement|appt|apt|dpto|depto|flat|unit|suite|ste|floor|fl|room|rm|no|nr|núm|num|n|"
    r"piso|puerta|portal|planta|esc|int|interno|scala|piano|bât|bat|étage|porte|bus|bte|lgh|lok|m|"
    r"parcela|quadra|qd|kav|km|bl|blk|blok|block|lot|sc|et|ap|as|tv|th|mf|tr|top|stiege|tür|kat|daire|d|k|fsz|em|ajtó|andar|bloco|casa|lote|"
    r"кв|корп|стр|оф|офис|под|эт|вх|ап|бл|д|дом|к|буд|rt|rw|kav|plot|door|house|tower|wing)\.?[:°º#]?"
    r"(?=\s?#?(?:\p{Nd}|[A-ZА-ЯЁ]\b|[A-Z]\d))"
)
#: Units that nothing but an address has.
_CLEAR_UNIT = regex.compile(
    r"(?i)(?<!\p{L})(?:apto?|apartamento|appt|apt|dpto|depto|suite|ste|piso|puerta|portal|esc|interno|scala|bât|bus|bte|lgh|lok|"
    r"bl|blk|blok|sc|ap|stiege|tür|daire|кв|корп|офис|вх|под)\.?[:°º#]?\s?#?(?:\p{Nd}|[A-ZА-Я]\b)|\d\.? (?:tv|th|mf)\b|\bas\.\s\d"
)
_STREET_WORD = (
    r"(?i:boul\.|boulevard|chaussée|steenweg|jr\.|jirón|psje\.?|pasaje|urb\.|urbanización|loc\.|località|sgt\.?|sugárút|krt\.?|körút|köz|sor|fasor|rakpart|rue|avenue|av\.|allée|place|chemin|quai|route|impasse|calle|c/|avda\.?|plaza|pza\.|paseo|carrer|camino|rua|praça|"
    r"travessa|largo|via|viale|piazza|corso|vicolo|strada|str\.|bd\.|ul\.|ulica|al\.|aleja|os\.|pl\.|nám\.|trg|cesta|sok\.|"
    r"vei|veien|gate|gata|utca|u\.|út|tér|ул\.|улица|пр\.|пр-т|просп\.|пер\.|вул\.|бул\.|ж\.к\.|жк|проспект|переулок|"
    r"шоссе|jalan|jl\.|đường|ngõ|phố|número)"
)
_SMALL = (
    r"(?:de|del|de la|de las|de los|da|do|dos|das|di|della|delle|dei|degli|du|des|d['’]|l['’]|la|le|les|el|los|van|den|der|het|"
    r"the|of|upon|am|an|im|in|bei|zum|zur|alten|neuen|großen|kleinen|langen|hohen|unteren|oberen|y|e|et|und|i|kralja|na|nad|pod|sur|en|aan|al|alla|allo|ai|agli|alle|op|ter|ten|bij|s|w|při|pri|u)"
)
_CODE = r"(?=\d*[A-Z])(?=[A-Z]*\d)[A-Z\d]{2,8}(?:[-/]\d{1,4})?(?![\p{L}\d])"
_TOKEN = rf"(?:{_CODE}|{_NUMBER}|{_UNIT}|{_STREET_WORD}(?=[\s\d,])|{_CAP})"
_STREET = regex.compile(rf"(?<!\p{{L}}){_STREET_WORD}(?=[\s\d,])")
_JOIN = rf"(?:\s?,\s?|\n|[ \u00a0](?:{_SMALL}[ ]){{0,3}}|[ ]?[-–/#][ ]?|['’]|(?<=[:.#]))"
#: A first token may be a small street word; the whole run is bounded.
_RUN = regex.compile(rf"(?<![\p{{L}}\p{{N}}@./])(?>{_TOKEN})(?>{_JOIN}(?>{_TOKEN})){{1,18}}+")

_TOWN = r"\p{Lu}[\p{L}\p{M}'’.-]+"
_POSTCODE = regex.compile(
    r"(?<![\p{L}\p{N}])(?=[A-Z]{0,3}-?\d)(?:"
    rf"(?:[A-Z]{{1,3}}-)?(?:\d{{5}}|(?!(?:19|20)\d\d)\d{{4}}(?:\s?[A-Z]{{2}}(?![\p{{L}}]))?|\d{{4}}-\d{{3}}|\d{{3}}\s\d{{2}}|\d{{2}}-\d{{3}}|[A-Z]\d{{4}}(?:[A-Z]{{3}})?)\s(?:{_TOWN})"
    r"|(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]?|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}"
    r"|[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d"
    r"|[AC-FHKNPRTV-Y]\d[\dW] ?[\dAC-FHKNPRTV-Y]{4}"
    r"|(?<=(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT)\s)\d{4}"
    r"|(?<=\p{Lu}[\p{L}.]+,?\s)\d{5}(?:-\d{3,4})?"
    r"|(?<=\p{L},?\s)\d{6}"
    r"|(?<=[A-Z]{2}\s|,\s)\d{5}-\d{3}"
    rf"|(?<=\p{{L}}\s\d{{1,3}}[a-zA-Z]?,\s)\d{{3}}\s(?:{_TOWN})"
    rf"|(?<=\p{{L}}\s\d{{1,4}}[a-zA-Z]?,\s(?:\p{{Lu}}[\p{{L}}-]+\s){{1,3}})(?!(?:19|20)\d\d)\d{{4}}(?=\s*(?:[.,;!?)\n]|$))"
    r")(?![\p{L}\p{N}])"
)
#: Phrases after which a run with a number is where somebody lives.
_LEAD = regex.compile(
    r"(?i)(?<![\p{L}])(?:(?:my |our |the |new )*(?:home |postal |mailing |shipping )?address(?:es)?|live[sd]? at|living at|living on|lives? on|staying at|(?:we['’]?re|we are|i['’]?m|he['’]?s|she['’]?s|they['’]?re|place is|house is|party(?:['’]s| is)|it['’]?s) at|come (?:over )?to|crash at|"
    r"pick (?:me|us|him|her|it|them) up (?:at|from)|(?:swing|drop|stop) by|meet (?:me |us )?at|find us at|"
    r"komm\w*(?: \w+)? (?:in den|in die|ins|zum|zur|an den|an die)|(?:bin|sind|ist) (?:in der|im|am)|abhol\w* (?:in der|im|am)|umgezogen|gezogen (?:in|an)|"
    r"(?:on est|je suis|viens|rdv|c['’]est) (?:au|à)|chez (?:moi|nous)(?: c['’]est)?|estoy en|estamos en|ven(?:í|ite)? a|nos vemos en|quedamos en|"
    r"(?:estou|estamos|fica|vem) (?:na|no|em)|(?:sono|vieni|ci vediamo|passa|sta|stiamo) in|(?:we zijn|ik ben|kom) (?:op|aan|naar)|jeste\w+ (?:na|przy)|"
    r"(?:мы|я)(?: теперь| сейчас)? на|приезжай\w* на|"
    r"(?:send|ship|mail|deliver|post|bring|drop)(?:ped|s|ing)?(?: \w+){0,3}? (?:to|at)|moved to|"
    r"adresse?\w{0,3}|anschrift|wohn\w*(?: jetzt| nun| noch)?(?: in der| im| am| in)?|lieferung an|schick\w*(?: \w+){0,3} (?:an|nach)|"
    r"habit\w*(?: au| à| maintenant)?|livr\w+(?: au| à)?|envoy\w+(?: \w+)?(?: au| à)|domicili\w*|"
    r"direcci[oó]n|viv(?:o|e|imos|en|es)(?: ahora)? en|env[ií]\w+ a|m[aá]nda\w+ a|"
    r"endereço|mor[oa]\w*(?: agora)? (?:na|no|em)|entreg\w+ (?:na|no|em)|resid\w+ (?:na|no|em)|"
    r"indirizzo|abit\w+(?: ora)? in|sped\w+ (?:a|in)|siamo in|"
    r"adres\w{0,3}|wo(?:on|nen)(?:t)?(?: nu)?(?: op| aan| in)?|zit(?:ten)? (?:nu )?op|"
    r"mieszka\w*(?: teraz)?(?: na| przy| w)?|bor(?: nu| nå)?(?: på| i)|bo(?:r)? på|"
    r"osoite\w*|asu(?:n|mme|tte|u|vat)|adresa|adresu|bydl\w+(?: na| v)?|býva\w+(?: na| v)?|cím\w*|lak(?:om|unk|ik)|"
    r"stau (?:pe|în)|locui\w+(?: pe| în)?|živim\w*(?: u| na)?|stanujem\w*(?: u| na)?|stanujem|"
    r"адрес\w*|жив(?:у|ём|ем|ёт|ет)(?: на| в| по)?|живее\w*(?: на)?|мешка\w+(?: на| в)?|прожива\w+(?: по| на| в)?|"
    r"διεύθυνση|μέν(?:ω|ουμε|ει)(?: στην?| στο)?|evimiz|evim|oturuyor\w*|adresim\w*|"
    r"alamat\w*|rumah(?:ku)?|tinggal di|address namin|nakatira (?:kami |ako )?sa|địa chỉ|nhà (?:ở|em|mình|tôi))"
    r"(?:\s(?:is|ist|est|es|é|è|to|jest|är|er|on|je|е|είναι|now|fürs navi|chez moi))?\s?[:=,-]?\s{0,2}\n?$"
)
_may_lead = hint(
    r"(?: at | by |come|pick|komm|bin |sind |ist |abhol|zogen|on est|suis|viens|rdv|c.est|chez|esto|estam|ven|nos vemos|quedamos|fica|vem |sono|vieni|vediamo|passa|sta |stia|zijn|ik ben|kom |jeste|мы |я |приезжай|address|adres|live|send|ship|mail|deliver|drop|moved|stay|wohn|anschrift|liefer|schick|habit|livr|envoy|domicil|dirección|direccion|viv|env|manda|mánda|"
    r"endereço|mor|entreg|resid|indirizzo|abit|sped|siamo|wo|zit|mieszka|bo|osoite|asu|bydl|býva|cím|lak|stau|locui|živ|stan|"
    r"адрес|жив|мешк|прожив|διεύθ|μέν|evim|otur|alamat|rumah|tinggal|nakatira|địa|nhà)"
)
#: The same for scripts without capitals: everything up to the end of the clause.
_UNCASED = regex.compile(
    r"(?:العنوان|عنوان(?:ي|نا|ه|ها)?|ساكن(?:ة|ين)?(?: في)?|نسكن(?: في)?|اسكن(?: في)?|آدرس(?:م|مون)?|"
    r"כתובת(?:י|נו)?|(?:גר|גרה|גרים|גרות)(?=\sב)|पता(?:\sहै)?|ঠিকানা|ที่อยู่|อยู่ที่|住所|実家は|うちは|家は|お届け先|주소|우리\s?집|집은?|地址|住址|寄到|住在)"
    r"(?:\s?(?:هو|هي|הוא|היא|है|คือ|は|는|은|是))?\s?[:：]?\s?(?P<place>(?:(?![.!?؟。！？\n]|です|だよ|だ$|입니다|이야|है|hai\b).){4,90})"
)
_WHEN = regex.compile(
    r"(?i)\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|november|december|"
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|lunes|martes|viernes|am|pm|est|cet|gmt|utc|uhr)\b"
)
#: A number beside a capitalised word; without one there is no run to judge.
_NEAR = regex.compile(
    r"\p{Lu}\S*[ ,\n]{1,2}(?:\S{1,9}[ ,\n]{1,2}){0,2}#?\p{Nd}|\p{Nd}\S{0,6}[ ,\n]{1,2}(?:\p{Ll}{1,9}\.?\s){0,2}\p{Lu}"
)
_CAPITAL_BEFORE = regex.compile(
    r"(?P<word>\p{Lu}[\p{L}\p{M}'’-]{2,})\.?\s(?:no\.?\s|nr\.?\s|č\.\s)?$"
)
_TOWN_AFTER = regex.compile(r",\s(?P<town>\p{Lu}[\p{L}\p{M}-]+)")
_PLACES = word_list("places_and_brands")
_NUMBERED = word_list("numbered_things")
_DIGIT = regex.compile(r"\p{Nd}")
_HOUSE = regex.compile(
    r"(?<![\p{L}\p{N}])\p{Nd}{1,4}[a-zA-Z]?(?:[-/]\p{Nd}{1,4}[a-zA-Z]?){0,3}(?![\p{N}:%])"
)
#: A number of its own, not the 6 of "IPv6".
_OWN_NUMBER = regex.compile(r"(?<![A-Za-z])\p{Nd}")
#: What follows a number that counts something.
_COUNTED = regex.compile(r"\s\p{Ll}{3,}")


def find_places(text: str) -> list[Span]:
    """Spans of kind "address" by shape: house number with postcode and town, or after a lead."""
    if not _DIGIT.search(text):
        return []
    spans = []
    if _NEAR.search(text) and (
        _may_lead(text)
        or _POSTCODE.search(text)
        or _CLEAR_UNIT.search(text)
        or _STREET.search(text)
    ):
        for run in _RUN.finditer(text):
            span = _judge(text, run.start(), run.end())
            if span:
                spans.append(span)
    if not text.isascii():
        for match in _UNCASED.finditer(text):
            start, end = match.span("place")
            if _OWN_NUMBER.search(text, start, end):
                spans.append(_trimmed(text, start, end, "where somebody lives"))
    return spans


def _judge(text: str, start: int, end: int) -> Span | None:
    """The address in the run ``start`` to ``end``, if there is one."""
    postcode = _POSTCODE.search(text, start, end)
    house = [m for m in _HOUSE.finditer(text, start, end) if not _inside(m, postcode)]
    if not house:
        if postcode and not postcode.group()[0].isdigit() and "," in text[start:end]:
            return _trimmed(text, start, end, "place and postcode")
        return None
    street = _STREET.search(text, start, end)
    if street and street.end() < house[-1].start() and text[street.start()].islower():
        return _trimmed(text, start, end, "street and number")
    if postcode or (len(house) > 1 and _CLEAR_UNIT.search(text, start, end)):
        return _trimmed(text, start, end, "house number, postcode and town")
    if _ends_in_a_known_town(text, start, end, house[-1]):
        return _trimmed(text, start, end, "house number and town")
    if not _LEAD.search(text, max(0, start - 50), start) or _WHEN.search(text, start, end):
        return None
    if house[-1].end() == end and _COUNTED.match(text, end):
        return None
    words = regex.search(r"\p{L}{3}", text[start:end])
    return _trimmed(text, start, end, "where somebody lives") if words else None


def _ends_in_a_known_town(text: str, start: int, end: int, house: regex.Match[str]) -> bool:
    """ "Na Vyhlídce 31, Praha": a short number behind a capital, a comma, a town of the lists."""
    before = _CAPITAL_BEFORE.search(text, start, house.start())
    town = _TOWN_AFTER.match(text, house.end(), end)
    return (
        before is not None
        and town is not None
        and len(house.group()) < 5
        and fold(before["word"]) not in _NUMBERED
        and fold(town["town"]) in _PLACES
    )


def _inside(match: regex.Match[str], other: regex.Match[str] | None) -> bool:
    return other is not None and other.start() <= match.start() and match.end() <= other.end()


def _trimmed(text: str, start: int, end: int, rule: str) -> Span:
    while end > start and not text[end - 1].isalnum():
        end -= 1
    while start < end and not (text[start].isalnum() or text[start] == "#"):
        start += 1
    return widened(text, start, end, rule)
