"""Postal addresses, as far as rules go: street words with a house number, postcodes.

The weakest of the finders: people write places in too many ways. Strict mode and the review
table are the answer, not more rules.
"""

from __future__ import annotations

import regex

from core.privacy.finders.address_parts import find_named_houses, widened
from core.privacy.finders.hints import DIGIT, Hinted, WordHints
from core.privacy.spans import Span

_NUMBER = r"\d{1,4}\s?[a-zA-Z]?(?:\s?[-/–]\s?\d{1,4}[a-zA-Z]?)?(?![\d:%€$]|[.,]\d|\s?(?:€|%|h\b|km|kg|uhr|min|m\b))"
_CAP = r"\p{Lu}[\p{L}\p{M}.'’-]*"
_US_STATE = r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
_UK_POSTCODE = r"(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d|[A-HK-Y]\d\d|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY]) ?\d[ABD-HJLNP-UW-Z]{2})"
_CA_POSTCODE = r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d"
_ENGLISH_STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Av|Lane|Ln|Drive|Dr|Court|Ct|Boulevard|Blvd|Way|Place|Pl|Terrace|Ter|Close|Crescent|Cres|"
    r"Square|Sq|Parkway|Pkwy|Circle|Cir|Trail|Trl|Highway|Hwy|Gardens|Gdns|Grove|Row|Mews|Hill|Walk|Alley|Loop|Quay|Rise|"
    r"Esplanade|Parade|Wharf|Yard|Mount|Villas|Cottages|Mill|Bridge|Fields|Meadows|Path|Pike|Plaza|Ridge|Run|Point|Cove|Hollow|Pde|Broadway|Turnpike|Green|Park|View|Vale|Heights|Nagar|Marg|Colony|Layout|Cross|Main)"
)
_UNIT = r"(?:(?:apt|apartment|unit|suite|ste|flat|fl|floor|room|rm|no|#)\b?\.?\s?#?\s?[\w-]{1,6}|#\s?\w{1,5})"
_TOWN = rf"{_CAP}(?:[ -](?:{_CAP}|upon|on|am|an|der|im|la|le|les|de|del|sur|en|aan|den)){{0,3}}"

#: A town after the street, where the clause ends behind it.
_LAST_TOWN = rf"(?:,\s?{_TOWN}(?=\s*(?:[.;:!?)\n]|,\s|$)))?"


#: Words for a street, none with a space: for the rules, and for what must be seen before they are tried.
_ROMANCE = (
    r"calle|c/|avda\.?|avenida|av\.|plaza|pza\.?|plaça|carrer|paseo|pso\.?|camino|carretera|ctra\.?|travesía|ronda|glorieta|cuesta|callejón|privada|cerrada|calz\.?|calzada|col\.|jr\.|jirón|psje\.?|pasaje|urbanización|urb\.|rambla|vía|autopista|barrio|"
    r"rua|r\.|travessa|tv\.|praça|largo|alameda|rodovia|estrada|"
    r"via|viale|v\.le|corso|c\.so|piazza|p\.za|piazzale|vicolo|lungomare|contrada|"
    r"str\.|strada|bulevardul|bd\.|bdul|calea|aleea|șos\.|șoseaua|intrarea"
)
_STREET_ENDS = (
    r"stra(?:ß|ss)e|str\.|gasse|weg|platz|allee|damm|ufer|chaussee|ring|steig|pfad|stieg|twiete|markt|hof|graben|kai|berg|"
    r"straat|laan|plein|gracht|kade|dijk|singel|steeg|dreef|pad|baan|"
    r"gatan|vägen|gränd|torget|stigen|gata|veien|vei|gaten|vej|gade|allé|stræde|"
    r"katu|tie|kuja|polku|kaari|penger|utca|út|tér|tee|maantee|tänav|gatvė|iela"
)
_FRENCH_STREET = r"rue|avenue|av\.?|boulevard|boul\.?|chaussée|bd\.?|blvd|chemin|ch\.|place|pl\.|impasse|imp\.|quai|allée|allee|cours|passage|route|rte|square|villa|faubourg|fbg|sentier|ruelle|montée|résidence"
_SLAVIC_STREET = r"ul\.|ulica|ulicy|ulice|al\.|aleja|alei|aleje|pl\.|plac|os\.|osiedle|náměstí|nám\.|třída|tř\.|nábřeží|trg|ulici"
_INDONESIAN_STREET = r"jl\.?|jalan|jln\.?|gg\.?|gang|kompleks|komp\.?|perum(?:ahan)?\.?"
_CYRILLIC_STREET = r"ул\.?|улица|улице|пр\.|просп\.|пр-т|проспект|проспекте|пер\.|переулок|наб\.|набережная|ш\.|шоссе|б-р|бул\.|бульвар|пл\.|площадь|вул\.|вулиця|вулиці|провулок|пров\.|мкр\.?|проезд"
_GREEK_STREET = r"οδός|οδού|οδ\.|λεωφόρος|λεωφ\.|λ\.|πλατεία|πλ\."
_TURKISH = r"^(?:cad|sok|sk|bulv)"
_VIETNAMESE = r"[đốõáẻ]|[pq]\.(?:\d|$)"


def _rule(pattern: str, *needs: str) -> Hinted:
    """A rule, and what must be seen in words in small letters for it to be tried."""
    search = regex.compile(pattern)

    def find(text: str) -> list[Span]:
        spans = []
        for match in search.finditer(text):
            start, end = match.span()
            while end > start and not text[end - 1].isalnum():
                end -= 1
            if end - start > 4:
                spans.append(widened(text, start, end, "street and number"))
        return spans

    return Hinted((DIGIT, *map(regex.compile, needs)), find)


_RULES = (
    # In Latin letters, the first five without a capital.
    _rule(
        rf"\b\d{{1,5}}\s(?!(?i:on|of|in|to|at|by|for|and|or|from|off|across|along|down|up|per|minutes?|hours?|days?|people|miles?|cars?|times|more)\b)(?i:\w+\s){{1,3}}(?i:street|st|road|rd|avenue|ave|lane|drive|blvd|boulevard|court)\b(?:,?\s(?i:{_UNIT}))?",
        r"^(?:street|st|road|rd|avenue|ave|lane|drive|blvd|boulevard|court)\b",
    ),
    _rule(
        r"(?i)\bP\.?\s?O\.?\s?Box\s\d+|\bPostfach\s\d[\d ]+|\bApartado(?: de correos)?\s\d+|\bpostbus\s\d+",
        r"box|postfach|apartado|postbus",
    ),
    _rule(
        rf"(?i:(?<!\w)(?:{_ROMANCE}))\s?"
        rf"(?:(?:de|del|dels|de la|de las|de los|da|do|dos|das|della|delle|dei|degli|di|la|el|los|las|lo|les|d'|dell'|san|santa|sant)\s?)*"
        rf"(?:(?:\d{{1,2}}\sde\s)?{_CAP}|\p{{Ll}}+\.)(?:[ ](?:(?:de|del|de la|da|do|dos|das|della|di|e|y|i|la|los)\s)*{_CAP}){{0,4}},?\s?(?:(?i:n(?:º|°|\.º|o\.?|r\.?|úm\.?|um\.?|\.)?)\s?)?(?:{_NUMBER}|s/n\b)"
        rf"(?:\s?(?:bis|ter|[A-Z]\b))?(?:,?\s(?i:\d{{1,2}}\s?[ºª°](?:\s?(?:izq(?:uierda|\.|da)?|dcha\.?|derecha|[a-d]\b|centro|drt\.?|esq\.?))?|(?:piso|puerta|depto?\.?|ap(?:to|t|artamento)?\.?|bloco|bl\.?|casa|int(?:erno|\.)?|scala|sc\.|et\.|bloc|andar|esc(?:alera)?\.?)\s?\d*\w{{0,3}}))*"
        rf"(?:,?\s\d{{4,5}}(?:-\d{{3}})?\s{_TOWN})?{_LAST_TOWN}",
        rf"(?<!\w)(?:{_ROMANCE})",
    ),
    _rule(
        rf"(?i:(?<!\w)(?:calle|cll?|carrera|cra|kra?|cr|diagonal|transversal|avenida|av)\.?)\s?\d{{1,3}}\s?[A-Z]?(?:\s(?:bis|sur|norte|este))?\s?(?:#|(?i:n[oº°]\.?|número))\s?\d{{1,3}}\s?[A-Z]?\s?-\s?\d{{1,3}}(?:,?\s(?i:{_UNIT}|apto\.?\s\d+))?{_LAST_TOWN}",
        r"(?<!\w)(?:calle|cll?|carrera|cra|kra?|cr|diagonal|transversal|avenida|av)\.?(?:\d|$)",
    ),
    _rule(
        r"(?i)\b(?:flat|house|plot|door|shop|h|d)\.?\s?(?:no|number|#)\.?\s?[:.]?\s?[\w/-]*\d[\w/-]*(?:,\s?[\w .'-]{2,30}){0,5}(?:[ -]\d{6}\b|\s\d{3}\s\d{3}\b)?",
        r"\b(?:flat|house|plot|door|shop|h|d)\.?(?:$|no|number|#|[:.])",
    ),
    _rule(
        rf"(?:\b\p{{Lu}}\p{{Ll}}+(?:\s{_CAP}){{1,3}},\s)?(?i:\b(?:flat|apt|unit|suite)\.?\s?\d{{1,4}}[a-z]?,?\s)?\b(?:\d{{1,4}}/)?\d{{1,5}}[a-zA-Z]?(?:-\d{{1,5}})?,?\s(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West|Old|Upper|Lower|The|\d{{1,3}}(?:st|nd|rd|th)|{_CAP})\.?\s){{1,4}}"
        rf"{_ENGLISH_STREET}\b\.?(?:\s(?:N|S|E|W|NE|NW|SE|SW)\b)?(?:,?\s(?i:{_UNIT}))?"
        rf"(?:,?\s{_TOWN}(?:,\s?{_TOWN})?)?(?:,?\s(?:{_US_STATE}|NSW|VIC|QLD|WA|SA|TAS|ACT|NT|AB|BC|MB|NB|NL|NS|ON|PE|QC|SK)\b)?(?:,?\s(?:\d{{4,5}}(?:-\d{{4}})?|{_UK_POSTCODE}|{_CA_POSTCODE}))?(?!\w)",
        rf"^{_ENGLISH_STREET.lower()}\b",
    ),
    _rule(
        rf"(?<!\w){_UK_POSTCODE}(?!\w)",
        r"\d[abd-hjlnp-uw-z]{2}(?!\w)",
    ),
    _rule(
        rf"(?<!\w){_CA_POSTCODE}(?!\w)",
        r"\d[abceghj-nprstv-z]\d(?!\w)",
    ),
    _rule(
        r"(?<!\w)[AC-FHKNPRTV-Y]\d[\dW] ?(?=[A-Z]{0,3}\d)[\dAC-FHKNPRTV-Y]{4}(?!\w)",
        r"(?<!\w)[ac-fhknprtv-y]\d[\dw]",
    ),
    _rule(
        rf"\b{_CAP},?\s{_US_STATE}\s\d{{5}}(?:-\d{{4}})?\b",
        r"^\d{5}",
    ),
    _rule(
        rf"(?<!\w)(?:{_CAP}[ -]){{0,2}}\p{{Lu}}[\p{{L}}-]*(?i:{_STREET_ENDS})\s{_NUMBER}(?:\s?[A-Z]\s?\d{{0,3}})?(?:\s(?:1|2|3|4)?\s?tr)?(?:,?\s\d{{1,2}}\.?\s(?i:tv|th|mf|sal|st)\.?(?!\p{{L}}))?"
        rf"(?:,?\s(?:in\s)?(?:[A-Z]{{1,2}}-)?\d{{3}}\s?\d{{1,2}}\s?(?:[A-Z]{{2}}\s)?{_TOWN}(?:\s[NSVKØCW]\b)?|,?\s\d{{4}}\s?[A-Z]{{2}}(?:\s{_TOWN})?)?{_LAST_TOWN}",
        rf"(?:{_STREET_ENDS})$",
    ),
    _rule(
        rf"(?<!\w)(?:{_CAP}\s)(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer|Markt|Chaussee)\s{_NUMBER}(?:,?\s\d{{4,5}}\s{_TOWN})?",
        r"^(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|markt|chaussee)$",
    ),
    _rule(
        rf"(?<!\w)(?:Am|An der|An den|Im|In der|Auf dem|Auf der|Zum|Zur|Unter den|Hinter dem|Beim)\s{_CAP}(?:\s{_CAP})?\s\d{{1,3}}\s?[a-z]?(?:,\s\d{{4,5}}\s{_TOWN})",
        r"^\d{4,5}$",
    ),
    _rule(
        rf"(?<!\w)\d{{4}}\s?(?!AM|PM|EU|UK|US|AD|BC|KM|KG|MB|GB|HZ|KR)[A-Z]{{2}},?\s{_TOWN}",
        r"(?<!\w)\d{4}(?:[a-z]{2},?)?$",
    ),
    _rule(
        rf"(?<!\w)\d{{1,4}}\s?(?:bis|ter|quater|[a-dA-D])?,?\s(?i:{_FRENCH_STREET})\s"
        rf"(?:(?:de|du|des|de la|de l['’]|d['’]|la|le|les|saint|sainte|st|ste)[ -]?)*{_CAP}(?:[ -](?:(?:de|du|des|de la|d['’]|et)[ -])*{_CAP}){{0,4}}(?:,?\s(?:F-)?\d{{5}}(?:\s{_TOWN}(?:\s\d{{1,2}}e?)?)?|,\s{_TOWN}|(?:,?\s(?i:app|apt|bureau|unité)\.?\s?\w{{1,4}})?,\s{_TOWN}(?:\s\(\p{{L}}+\))?,?(?:\s(?:QC|ON|NB))?\s{_CA_POSTCODE})?",
        rf"^(?:{_FRENCH_STREET})$",
    ),
    _rule(
        rf"(?i:(?<!\w)(?:{_SLAVIC_STREET}))\s?(?:(?:{_CAP}|\d{{1,2}}|i|św\.|gen\.|ks\.|dr|marsz\.)\s){{0,3}}{_CAP}\s{_NUMBER}(?:\s?m\.?\s?\d+)?(?:,?\s\d{{2}}-?\d{{3}}\s{_TOWN}|,?\s\d{{3}}\s?\d{{2}}\s{_TOWN})?",
        rf"(?<!\w)(?:{_SLAVIC_STREET})",
    ),
    _rule(
        rf"(?<!\w)\p{{Lu}}[\p{{L}}]+(?:ská|ova|ého|cká|ná|ovo)\s\d{{1,4}}(?:/\d{{1,4}}[a-z]?)?(?:,\s(?:\d{{3}}\s?\d{{2}}\s)?{_TOWN})?",
        r"(?:ská|ova|ého|cká|ná|ovo)$",
    ),
    _rule(
        r"\b\d{2}-\d{3}\s\p{Lu}\p{Ll}+",
        r"\d{2}-\d{3}$",
    ),
    _rule(
        rf"(?:{_CAP}\s){{1,3}}(?i:mah(?:allesi|\.)?,?\s)(?:(?:{_CAP}|\d{{1,4}}\.?)\s){{1,3}}(?i:cad(?:desi|\.)?|sok(?:ak|ağı|\.)?|sk\.?|bulv(?:arı|\.)?)(?:,?\s?(?i:no)\s?[:.]?\s?\d+\w?(?:/\d+)?)?(?:,?\s?(?i:d(?:aire)?|kat|k|apt)\s?[:.]?\s?\d+)*(?:,?\s{_CAP}(?:[/ ]{_CAP})?)?",
        _TURKISH,
    ),
    _rule(
        rf"(?:(?:{_CAP}|\d{{1,4}}\.?)\s){{1,3}}(?i:cad(?:desi|\.)?|sok(?:ak|ağı|\.)|sk\.|bulv(?:arı|\.)?)\s?,?\s?(?i:no\s?[:.]?\s?)?\d+\w?(?:/\d+)?(?:,?\s?(?i:d(?:aire)?|kat|k|apt)\s?[:.]?\s?\d+)*(?:,?\s{_CAP}(?:[/ ]{_CAP})?)?",
        _TURKISH,
    ),
    _rule(
        rf"(?i:(?<!\w)(?:{_INDONESIAN_STREET}))\s(?:{_CAP}\s?){{1,4}}(?:(?i:no\.?|nomor|blok|kav\.?)\s?[\w/-]{{1,6}}\s?)*(?:(?i:rt)\s?\d+\s?/?\s?(?i:rw)\s?\d+)?(?<=\d\s?)",
        rf"(?<!\w)(?:{_INDONESIAN_STREET})$",
    ),
    # Vietnamese: the letters of its words for a street.
    _rule(
        rf"(?<!\w)\d{{1,4}}(?:/\d{{1,4}})*[a-zA-Z]?\s(?:{_CAP}\s?){{2,4}},\s(?i:p\.|q\.|phường|quận)\s?(?:\d{{1,2}}|{_CAP})",
        _VIETNAMESE,
    ),
    _rule(
        rf"(?i:(?:số|so)\s)?\d{{1,4}}(?:/\d{{1,4}})*\w?,?\s(?i:đường|phố|ngõ|ngách|hẻm|đ\.)\s(?:\d{{1,4}}(?:/\d+)?\s)?(?:{_CAP}\s?){{1,5}}(?:,\s?(?i:phường|quận|q\.|p\.|tp\.?)\s?[\p{{L}}\d ]{{1,20}})*",
        _VIETNAMESE,
    ),
    _rule(
        rf"(?i:(?:ngõ|ngách|hẻm|đường|phố)\s)(?:{_CAP}\s){{0,4}}\d{{1,4}}(?:/\d{{1,4}})*",
        _VIETNAMESE,
    ),
    _rule(
        rf"(?:(?i:г\.|город|м\.)\s?\p{{Lu}}\p{{L}}+,\s)?(?i:(?<!\w)(?:{_CYRILLIC_STREET}))\s?"
        r"[„«\"“]?(?:(?:\d{1,2}-?[а-яії]{0,3}|[\p{Lu}\d][\p{L}.-]*)\s?){1,4}[\"»“”]?\s?,?\s?(?i:д(?:ом)?\.?\s?|буд(?:инок)?\.?\s?)?\d{1,4}\s?[а-яА-Я]?(?:[/-]\d+)?(?:,?\s?(?i:корп?\.?|к\.|стр\.|с\.)\s?\d+)?(?:,?\s?(?i:кв(?:артира)?\.?|оф\.|под(?:ъезд)?\.?|эт\.?)\s?\d+)*",
        rf"(?<!\w)(?:{_CYRILLIC_STREET})",
    ),
    _rule(
        r"(?i)(?<!\w)(?:дом|д\.|буд\.)\s?\d{1,4}\w?,?\s?(?:кв(?:артира)?\.?|оф\.?)\s?\d{1,4}",
        r"(?<!\w)(?:дом|д\.|буд\.)",
    ),
    _rule(
        rf"(?:(?i:{_GREEK_STREET})\s)(?:{_CAP}\s){{1,3}}\d{{1,4}}(?:,\s{_TOWN})?(?:\s?\d{{3}}\s?\d{{2}})?",
        rf"(?:{_GREEK_STREET})$",
    ),
    # "Ermou 45": a street is a genitive; so is a month, but its number comes first.
    _rule(
        rf"(?<!\w)(?!\p{{L}}*(?:ουαρίου|ρτίου|ριλίου|Μαΐου|Μαίου|ουνίου|ουλίου|Αυγούστου|βρίου)\s)\p{{Lu}}\p{{Greek}}{{2,}}(?:ου|ού|ης|ής|ων|ών|έως)\s\d{{1,3}}(?:,\s{_TOWN}|(?=\s*(?:[.,;!?]|$)))",
        r"\p{Greek}",
    ),
    _rule(
        rf"(?<!\w){_CAP}\s\d{{1,3}},\s(?:\d{{3}}\s?\d{{2}}\s)?{_TOWN}(?=\s*(?:[.,;!?]|$))",
        r"\p{Greek}",
    ),
    _rule(
        r"(?:شارع|حي|طريق)\s(?:\p{Arabic}+\s?){1,4}(?:،\s?(?:\p{Arabic}+\s?){1,4}){1,3}\p{Nd}{4,5}(?!\p{Nd})",
        r"(?:شارع|حي|طريق)$",
    ),
    _rule(
        r"(?:\p{Arabic}+،\s?)?(?:خیابان|خ\.|بلوار|میدان|کوچه|اتوبان|شهرک)\s(?:[\p{Arabic}\u200c]+\s){0,3}[\p{Arabic}\u200c]+\s?(?:[،,]\s?(?:[\p{Arabic}\u200c]+\s){0,3}[\p{Arabic}\u200c]+\s?){0,3}(?:پلاک|پ\.|واحد|طبقه)\s?\p{Nd}+(?:[،,]?\s?(?:واحد|طبقه|پلاک)\s?\p{Nd}+)*",
        r"(?:خیابان|خ\.|بلوار|میدان|کوچه|اتوبان|شهرک)$",
        r"پلاک|پ\.|واحد|طبقه",
    ),
    _rule(
        r"(?:مکان|گھر|فلیٹ|مکان نمبر|ہاؤس نمبر)\s?(?:نمبر\s?)?\p{Nd}{1,4}(?:[،,]\s?(?:گلی|سٹریٹ|بلاک|سیکٹر)?\s?(?:نمبر\s?)?[\p{Arabic}\p{Nd}\s]{2,20}){0,3}",
        r"مکان|گھر|فلیٹ|ہاؤس",
    ),
    _rule(
        r"\p{Nd}{1,4}\s(?:ش|شارع)\.?\s(?:\p{Arabic}+\s?){1,3}(?:،\s?\p{Arabic}+(?:\s\p{Arabic}+)?){0,2}",
        r"^(?:ش|شارع)\.?$",
    ),
    _rule(
        r"(?:شارع|حي|طريق|زقاق)\s(?:\p{Arabic}+\s?){1,4}،?\s?(?:رقم|عمارة|مبنى|بناية|منزل|فيلا|شقة|بيت)?\s?\p{Nd}{1,5}(?:،?\s?(?:شقة|الدور|الطابق|عمارة)\s?\p{Nd}{1,4})*",
        r"(?:شارع|حي|طريق|زقاق)$",
    ),
    _rule(
        r"\p{Hebrew}{2,}(?:\s\p{Hebrew}+)?\s\d{1,3}(?:/\d{1,3})?,\s(?:תל[ -]אביב|ירושלים|חיפה|רמת גן|גבעתיים|באר שבע|נתניה|הרצליה|ראשון לציון|פתח תקווה|חולון|בת ים|רחובות|אשדוד|אשקלון|כפר סבא|רעננה|מודיעין|הוד השרון|רמת השרון|נצרת|עכו|טבריה|אילת|לוד|רמלה|יבנה|בני ברק|קריי?ת \p{Hebrew}+)",
        r"\p{Hebrew}",
    ),
    _rule(
        r"(?:עמארה|(?:רחוב|רח'|רח׳|שד'|שדרות|סמטת|דרך)\s(?:\p{Hebrew}+[ '\"״-]?){1,4})\s?\d{1,4}(?:/\d{1,3})?(?:,?\s?(?:דירה|דירת|כניסה|קומה)\s?\w{1,3})*(?:,\s?(?:\p{Hebrew}+\s?){1,2})?",
        r"\p{Hebrew}",
    ),
    _rule(
        r"(?:मकान|फ्लैट|फ़्लैट|घर|प्लॉट|दुकान|गली|सेक्टर)\s(?:(?:नंबर|नं\.?|संख्या|क्रमांक)\s?)?\p{Nd}+\w?(?:,\s?[\p{Devanagari}\p{Nd}. ]{2,30}){0,5}(?:[\s-]\p{Nd}{6})?",
        r"\p{Devanagari}",
    ),
    _rule(
        r"(?:বাসা|বাড়ি|বাড়ি|ফ্ল্যাট|হোল্ডিং|রোড|প্লট)(?:\s?(?:নং|নম্বর|#|:))?\s?\p{Nd}+\w?(?:,\s?[\p{Bengali}\p{Nd} -]{2,24}){1,5}",
        r"\p{Bengali}",
    ),
    _rule(
        r"(?:บ้านเลขที่\s?|เลขที่\s?)?\p{Nd}{1,4}(?:/\p{Nd}{1,4})?\s?(?:\s?(?:หมู่บ้าน|หมู่(?:ที่)?|ม\.|ซอย|ซ\.|ถนน|ถ\.|คอนโด|แขวง|ตำบล|ต\.|เขต|อำเภอ|อ\.|จังหวัด|จ\.|กรุงเทพ)[\p{Thai}ฯ\d./]*(?:\s\p{Nd}{1,3}(?!\p{Nd}))?)+(?:\s?[\p{Thai}ฯ]+)?(?:\s?\p{Nd}{5})?",
        r"\p{Thai}",
    ),
    _rule(
        r"(?:〒\s?\d{3}-?\d{4}[ 　]?)?(?:[\p{Han}]{2,3}[都道府県])?(?:[\p{Han}\p{Hiragana}\p{Katakana}ヶケ]{1,6}[市郡])?(?:[\p{Han}\p{Hiragana}\p{Katakana}ヶケ]{1,6}[区町村])?[\p{Han}\p{Hiragana}\p{Katakana}ヶケ]{1,8}(?:(?<=[市区町村通筋条])[ 　])?(?:\p{Nd}{1,3}丁目?)?\p{Nd}{1,4}(?:(?:番地?|の|[-−–－])\p{Nd}{1,4}){0,3}(?:(?:番地?|[-−–－])\p{Nd}{0,4}号?)(?:[ 　]?[\p{Han}\p{Katakana}ー]{2,12}[ 　]?(?:\p{Nd}{2,4}(?:号室?)?))?",
        r"[\p{Han}〒]",
    ),
    _rule(
        r"[\p{Han}]{2,3}[市縣](?:\p{Han}{1,3}[區鄉鎮市])?\p{Han}{1,6}(?:路|街|大道)(?:[一二三四五六七八九十\p{Nd}]段)?[ ]?(?:\p{Nd}{1,4}[ ]?巷[ ]?)?(?:\p{Nd}{1,4}[ ]?弄[ ]?)?\p{Nd}{1,4}(?:[之-]\p{Nd}{1,3})?[ ]?[號号](?:[ ]?\p{Nd}{1,3}[ ]?[樓楼F](?:之\p{Nd}+)?)?(?:[ ]?\p{Nd}{1,4}[ ]?室)?",
        r"[\p{Han}〒]",
    ),
    _rule(
        r"〒\s?\d{3}-?\d{4}",
        r"[\p{Han}〒]",
    ),
    _rule(
        r"[\p{Han}]{2,12}\p{Nd}{1,2}条[東西南北]?\p{Nd}{1,2}(?:丁目)?(?:\p{Nd}{1,3}(?:-\p{Nd}{1,3})*)?",
        r"[\p{Han}〒]",
    ),
    _rule(
        r"(?:\p{Han}{2,8}[省市区區县縣镇鎮]){0,4}\p{Han}{1,8}(?:路|街|巷|弄|道|大街|胡同|村|里|段)\s?\p{Nd}{1,5}\s?(?:号|號|弄)(?:院)?(?:\s?\p{Nd}{1,4}\s?(?:号楼|號樓|栋|棟|幢|楼|单元|單元|室|层|樓))*",
        r"[\p{Han}〒]",
    ),
    _rule(
        r"\p{Nd}{1,3}(?:号楼|栋|幢)(?:\p{Nd}{1,2}单元)?\p{Nd}{2,4}(?:室|号)?",
        r"[\p{Han}〒]",
    ),
    _rule(
        r"(?:\p{Hangul}{1,6}(?:특별시|광역시|시|도)\s)?(?:\p{Hangul}{1,5}(?:시|구|군)\s){0,2}\p{Hangul}{1,8}\d{0,3}(?:로|길|동|읍|면|리)(?:\s?\d{1,3}(?:번?길|가))?\s\d{1,4}(?:-\d{1,4})?(?:번지)?(?:,?\s?\p{Hangul}{0,8}(?:아파트)?\s?\d{1,4}동)?(?:\s?\d{1,4}호)?(?!\p{Nd}|시|분|년|월|일|명|개|원|번\b|살|층|점)",
        r"\p{Hangul}",
    ),
    _rule(
        r"\d{2,4}동\s?\d{2,4}호",
        r"\p{Hangul}",
    ),
    _rule(
        r"(?:\p{Hangul}{2,6}\s)?(?:\p{Hangul}{1,5}(?:시|구|군)\s){1,2}\p{Hangul}{1,6}(?:동|읍|면|리|가)\s\d{1,4}(?:-\d{1,4})?(?:번지)?(?:\s\p{Hangul}{2,10}(?:아파트|빌라|타운|빌딩))?(?:\s?\d{1,4}동)?(?:\s?\d{1,4}호)?",
        r"\p{Hangul}",
    ),
)


def _find_houses(text: str) -> list[Span]:
    return [] if text.islower() else find_named_houses(text)


#: One finder a rule, so that each is tried where its words are.
ADDRESS_FINDERS = (Hinted((), _find_houses), *_RULES)


def find_addresses(text: str) -> list[Span]:
    """Streets with house numbers, with unit, postcode and town where they follow."""
    hints = WordHints(ADDRESS_FINDERS)
    seen = hints.seen(text)
    return [s for needed, find in hints.finders if needed & seen == needed for s in find(text)]
