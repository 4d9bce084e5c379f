"""Dates of birth: a date beside a word for being born or for a birthday."""

from __future__ import annotations

import re
import unicodedata

import regex

from core.privacy.finders.hints import hint, lower, word_hint
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
    "|hel|tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu|"
    "januar|februar|márc|ápr|máj|jún|júl|aug|szept|ápr|avg|jaan|veebr|märts|juuni|juuli|sept|dets|janv|febr|apr|maij|jūn|jūl|nov|dec|"
    "sausio|vasario|kovo|balandžio|gegužės|birželio|liepos|rugpjūčio|rugsėjo|spalio|lapkričio|gruodžio|"
    "siječ|velj|ožuj|trav|svib|lip|srp|kol|ruj|lis|stud|prosin|сеч|јан|јун|јул|авг|сент|нов|"
    "gen|gener|març|abril|maig|juny|juliol|agost|setembre|octubre|novembre|desembre|agustus|oktober|desember|"
    "ม\\.ค|ก\\.พ|มี\\.ค|เม\\.ย|พ\\.ค|มิ\\.ย|ก\\.ค|ส\\.ค|ก\\.ย|ต\\.ค|พ\\.ย|ธ\\.ค|มกราคม|กุมภาพันธ์|มีนาคม|เมษายน|พฤษภาคม|มิถุนายน|กรกฎาคม|สิงหาคม|กันยายน|ตุลาคม|พฤศจิกายน|ธันวาคม|"
    "فروردین|اردیبهشت|خرداد|تیر|مرداد|شهریور|مهر|آبان|آذر|دی|بهمن|اسفند|ژانویه|فوریه|آوریل|ژوئن|ژوئیه|اوت|سپتامبر|اکتبر|نوامبر|دسامبر|"
    "كانون|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين|جنوری|فروری|اپریل|مئی|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|"
    "জানু|ফেব্রু|মার্চ|এপ্রিল|মে|জুন|জুলাই|আগস্ট|সেপ্টে|অক্টো|নভে|ডিসে|ஜன|பிப்|மார்ச்|ஏப்|மே|ஜூன்|ஜூலை|ஆக|செப்|அக்|நவ|டிச|జన|ఫిబ్ర|మార్చి|ఏప్రి|మే|జూన్|జులై|ఆగ|సెప్|అక్టో|నవం|డిసెం|"
    "януари|февруари|март|април|май|юни|юли|август|септември|октомври|ноември|декември|"
    "enero|febrero|pebrero|marso|mayo|junio|julio|hunyo|hulyo|setyembre|oktubre|nobyembre|disyembre|machi|aprili|agosti|septemba|oktoba|novemba|desemba|mac|ogos|dis|"
    "tháng|janar|shkurt|prill|qershor|korrik|gusht|shtator|tetor|nëntor|dhjetor|urtarril|otsail|martxo|apiril|maiatz|ekain|uztail|abuztu|irail|urri|azaro|abendu|xaneiro|febreiro|marzo|maio|xuño|xullo|setembro|outubro|novembro|decembro|"
    "ionawr|chwefror|mawrth|ebrill|mehefin|gorffennaf|awst|medi|hydref|tachwedd|rhagfyr|eanáir|feabhra|márta|aibreán|bealtaine|meitheamh|iúil|lúnasa|meán|deireadh|samhain|nollaig|jannar|frar|april|mejju|ġunju|lulju|awwissu|settembru|ottubru|diċembru|"
    "مارچ|جنوری|فروری|اپریل|جون|جولائی|اگست|ستمبر|اکتوبر|نومبر|دسمبر|студз|сакав|крас|трав|чэрв|ліп|жн|верас|кастр|ліст|снеж|қаңтар|ақпан|наурыз|сәуір|мамыр|маусым|шілде|тамыз|қыркүйек|қазан|қараша|желтоқсан|jan|yanvar|fevral|mart|aprel|iyun|iyul|avqust|avgust|sentyabr|oktyabr|noyabr|dekabr|"
    "იან|თებ|მარ|აპრ|მაი|ივნ|ივლ|აგვ|სექ|ოქტ|ნოე|დეკ|հունվ|փետր|մարտ|ապր|մայիս|հունիս|հուլիս|օգոս|սեպտ|հոկտ|նոյ|դեկ|"
    "જાન્યુ|ફેબ્રુ|માર્ચ|એપ્રિ|મે|જૂન|જુલા|ઑગ|ઓગ|સપ્ટે|ઑક્|ઓક્|નવે|ડિસે|ਜਨਵਰੀ|ਫਰਵਰੀ|ਮਾਰਚ|ਅਪ੍ਰੈਲ|ਮਈ|ਜੂਨ|ਜੁਲਾਈ|ਅਗਸਤ|ਸਤੰਬਰ|ਅਕਤੂਬਰ|ਨਵੰਬਰ|ਦਸੰਬਰ|जाने|फेब्रु|एप्रि|जुलै|ऑग|सप्टें|ऑक्टो|नोव्हें|डिसें|वैशाख|जेठ|असार|साउन|भदौ|असोज|कात्तिक|मंसिर|पुस|माघ|फागुन|चैत|"
    "ಜನ|ಫೆಬ್ರ|ಮಾರ್ಚ್|ಏಪ್ರಿ|ಮೇ|ಜೂನ್|ಜುಲೈ|ಆಗ|ಸೆಪ್|ಅಕ್|ನವೆಂ|ಡಿಸೆಂ|ജനു|ഫെബ്രു|മാർച്ച്|ഏപ്രി|മേയ്|മെയ്|ജൂൺ|ജൂലൈ|ഓഗ|ആഗ|സെപ്|ഒക്|നവം|ഡിസം|ජනවා|පෙබර|මාර්තු|අප්‍රේල්|මැයි|ජූනි|ජූලි|අගෝ|සැප්|ඔක්|නොවැ|දෙසැ|የካቲት|መጋቢት|ሚያዝያ|ግንቦት|ሰኔ|ሐምሌ|ነሐሴ|መስከረም|ጥቅምት|ኅዳር|ታኅሣሥ|ጥር|မတ်|ឧសភា|មីនា"
)
#: What closes a year or a day: "r.", "года", the Hungarian "-én".
_AFTER_DATE = r"(?:\s?(?:r\.|roku\b|г\.|г\b|года\b|року\b|року|годзе|жылы|il\b|yil\b)|(?<=\d)(?:-?(?:[áéeaóő]n|jén|ján|i|e|и|го)\b))?"
#: The Gregorian calendar, the Buddhist of Thailand, the Persian and the Islamic.
_YEAR = r"(?:19|20|24|25|13|14)\d\d"
_DATE = (
    rf"{_YEAR}\.?\s(?:gada|m\.|-?eko)\s(?:\d{{1,2}}\.?\s(?:{_MONTHS})[\w\p{{M}}]*|(?:{_MONTHS})[\w\p{{M}}]*\s\d{{1,2}}(?:\s?d\.|\p{{Ll}}{{0,3}}))|{_YEAR}ko\s(?:{_MONTHS})[\w\p{{M}}]*\s\d{{1,2}}\p{{Ll}}{{0,3}}|{_YEAR}eko\s(?:{_MONTHS})[\w\p{{M}}]*\s\d{{1,2}}\p{{Ll}}{{0,3}}|"
    rf"(?<=jahrgang\s){_YEAR}(?!\d)|"
    rf"the\s\d{{1,2}}(?:st|nd|rd|th)\sof\s(?:{_MONTHS})\w*\.?(?:,?\s(?:of\s)?(?:{_YEAR}|'?\d\d))?(?!\d)|"
    rf"(?:{_MONTHS})[\w\p{{M}}]*\.?\s(?:(?:de|del|of)\s)?{_YEAR}(?!\d)|"
    rf"{_YEAR}\s?[-./]\s?\d{{1,2}}\s?[-./]\s?\d{{1,2}}\.?"
    rf"|\d{{1,2}}\s?[-./]\s?\d{{1,2}}\s?[-./]\s?(?:{_YEAR}|\d\d)(?!\d)"
    rf"|{_YEAR}\.?\s(?:{_MONTHS})[\w\p{{M}}]*\.?\s\d{{1,2}}\.?"
    rf"|(?:{_MONTHS})[\w\p{{M}}]*\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s(?:of\s)?{_YEAR})?(?!\d)"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.|º|ª|-?го)?\s?(?:de\s|of\s|ב|d['’])?\s?(?:{_MONTHS})[\w\p{{M}}]*\.?(?:,?\s(?:de\s|del\s|of\s|ఏ\s)?(?:{_YEAR}|['’]\d\d|\d\d(?=\s*(?:[.,;!?)]|$))))?"
    r"|\d{1,2}\stháng\s\d{1,2}(?:\snăm\s\d{4})?"
    r"|(?:(?:明治|大正|昭和|平成|令和|民國|民国|公元|西暦)\s?)?(?:\d{1,4}|元)\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?[日号號]?|\d{1,2}\s?月\s?\d{1,2}\s?[日号號]"
    r"|[SHRTshrt]\d{1,2}\.\d{1,2}\.\d{1,2}"
    r"|\d{2,4}\s?년\s?\d{1,2}\s?월\s?\d{1,2}\s?일|\d{1,2}월\s?\d{1,2}일"
    rf"|(?<!\d){_YEAR}[01]\d[0-3]\d(?!\d)|(?<!\d)\d{{6}}(?!\d)|(?<!\d)\d{{1,2}}[./]\d{{1,2}}\.?(?![\d/.:%]|\s?(?:€|uhr|h\b|am\b|pm\b))"
)
#: "grandma is from 8 May 1933": of invoices one says so as well, so the year must be long ago.
_LONG_AGO = r"(?=\s?\d[^\n]{2,20}?(?:19\d\d|200\d)(?!\d))"
_BORN = (
    r"\bborn\b|\bd\.?o\.?b\b|date of birth|birth ?da(?:y|te)|\bb['’-]?day|birthdate|geboren|geburts(?:tag|datum)|\bgeb\.|auf (?:die|der) welt|"
    r"\bnac(?:í|i|ió|ido|ida|imiento)\b|cumple(?:años)?|\bné[es]?\b|naissance|anniv(?:ersaire)?|\bnat[oa]\b|"
    r"nascita|compleanno|\bnasci(?:do|da|mento)?\b|\bnasceu\b|aniversário|aniversari|nascut|naixement|\bniver\b|geboortedatum|verjaardag|\bjarig\b|"
    r"\burodz|\bur\. |doğum|doğdu|родил|рожден|роден|рођен|народи|народж|\bд\.?р\.?\b|مواليد|ولدت|وُلد|ميلاد|تولد|متولد|پیدائش|سالگرہ|נולד|לידה|"
    r"יום הולדת|जन्म|জন্ম|பிறந்த|పుట్టిన|生まれ|誕生日|生年月日|생일|생년월일|태어|出生|生日|född|födelse|fyller år|født|fødsels|bursdag|fødd|fæddu|fædd\b|afmæli|synty|"
    r"γεννή|γενέθλια|naroz|naroden|născut|naștere|szület|\bszül\.|rođen|rojen|rojstn|sündi|sünni|dzim(?:is|us|šan)|gim(?:ė|ę|tadien|imo)|\blahir|ulang tahun|\bultah\b|\bsinh ngày|ngày sinh|sinh nhật|วันเกิด|เกิดวันที่|เกิดเมื่อ|"
    r"\bnac\.|\bnasc\.|\bnaiss\b|\bnacín\b|\bnaceu\b|\bnacemento\b|\bnascud[ao]\b|\bnaixi|\bnar\.|\burod\.|\bród\.|\bsynt\.|\bsünd|\bf\.\s?(?=\d)|\bfödd?\.|\bgebore|\bverjaars|jahrgang|\blindur|ditëlindj|lindj|jaio|jaiotz|ganwyd|\bpenblwydd|rugadh|breithe|"
    r"нарадз|нараджэн|дзень народз|туған|туылған|doğum|təvəllüd|tug['ʻ‘’]ilgan|родена|родендан|рођендан|rođendan|rojstni|születés|születtem|dzimšanas|gimimo|gimtadien|syntymä|\bborinn|fæðing|twieled|"
    r"اتولدت|مولود|ميلاد|عيد ميلاد|تاریخ تولد|تاریخ پیدائش|پیدا|जन्मतारीख|जन्मदि|जन्मति|janmdin|janam|\bjanm|paida|જન્મ|ਜਨਮ|জন্ম|পয়দা|பிறந்தநாள்|పుట్టినరోజు|ಹುಟ್ಟಿ|ಜನ್ಮ|ജനന|ജനിച്ച|උපන්|उपन्|जन्मे|\bsinh(?=\s\d)|เกิด(?=\s?\d|วัน|ปี)|\btgl lahir|tarikh lahir|tanggal lahir|birthday|\bbday|pinanganak|kapanganakan|"
    r"nilizaliwa|amezaliwa|tarehe ya kuzaliwa|የትውልድ|ተወለድ|დაბად|დავიბად|ծննդ|"
    r"alizaliwa|kuzaliwa|ipinanganak|kaarawan|დაბადებ|ծնվ|"
    rf"\bturn(?:ed|s|ing) \d\d\b|\b(?:is van|è del|ist vom|es del|é de|est du){_LONG_AGO}|"
    r"[我他她](?:爸|妈|媽|爷|爺|奶|哥|姐|弟|妹|儿子|女儿|老公|老婆)?(?=(?:19|200)\d+年)"
)
_BORN_WORD = re.compile(_BORN, re.IGNORECASE)
_DATE_BEHIND = regex.compile(rf"(?i)[^\d\n]{{0,30}}?(?P<date>(?:{_DATE}){_AFTER_DATE})")
_DATE_BEFORE = regex.compile(rf"(?i)(?P<date>(?:{_DATE}){_AFTER_DATE})[^\d\n.!?;]{{0,18}}$")
#: Words that follow a date at once.
_BORN_AFTER = re.compile("生|생|출생|doğumlu|birth", re.IGNORECASE)
_DATE_AND_BORN = regex.compile(
    rf"(?i)(?P<date>(?:{_DATE}){_AFTER_DATE})\s?(?:に|일|日)?\s?(?:生|출생|생\b|doğumlu|birth)"
)
#: Characters before a word for birth in which its date is looked for.
_LOOK_BACK = 60


def _alternatives(pattern: str) -> list[str]:
    """The alternatives of ``pattern`` outside its brackets."""
    parts, depth = [""], 0
    for character in pattern:
        depth += (character in "([") - (character in ")]")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


may_say_born = hint(rf"{_BORN}|birth|doğumlu|生|생|출생")
#: The same for one word.
BORN_HINT = word_hint(rf"{_BORN}|birth|doğumlu|生|생|출생", lower)
#: The same for texts in the Latin script: half of the words.
_may_say_born_in_latin = hint(
    "|".join(part for part in _alternatives(rf"{_BORN}|birth|doğumlu") if max(part[:6]) < "\u0370")
)
_BEYOND_LATIN = re.compile("[\u0370-\u1dff\u2e80-\uffff]")
#: What a date has: four digits, numbers with a sign between them, a month beside a number.
_DATE_LIKE = re.compile(r"\d(?:\d{3}|\s?[./-]\s?\d)|[年月년월]")
_NUMBER = re.compile(r"\d\d?(?:st|nd|rd|th|er|\.|º|ª|-?го)?")
_AFTER_NUMBER = re.compile(r"\s?(?:de\s|of\s|d['’])?ב?([^\W\d_][^\d\s]{1,2})")
_MONTH_STARTS = frozenset(part.replace("\\", "")[:3] for part in _alternatives(_MONTHS))


def _may_hold_a_date(text: str) -> bool:
    if _DATE_LIKE.search(text):
        return True
    lower = text.lower()
    for match in _NUMBER.finditer(lower):
        after = _AFTER_NUMBER.match(lower, match.end())
        before = lower[: match.start()].rsplit(None, 1)
        for word in (after[1] if after else "", before[-1][:3] if before else ""):
            if word in _MONTH_STARTS or word[:2] in _MONTH_STARTS:
                return True
    return False


_DIGIT = re.compile(r"\d")


def find_birth_dates(text: str) -> list[Span]:
    """Dates right after (or, as in Japanese, before) a word for birth."""
    if not _DIGIT.search(text):
        return []
    if not _may_hold_a_date(text):
        return []
    latin = text.isascii() or not _BEYOND_LATIN.search(text)
    if not (_may_say_born_in_latin(text) if latin else may_say_born(text)):
        return []
    plain = text if text.isascii() else _in_ascii_digits(text)
    matches: list[regex.Match[str] | None] = []
    for word in _BORN_WORD.finditer(plain):
        matches.append(_DATE_BEHIND.match(plain, word.end()))
        matches.append(_DATE_BEFORE.search(plain, max(0, word.start() - _LOOK_BACK), word.start()))
    if _BORN_AFTER.search(plain):
        matches += _DATE_AND_BORN.finditer(plain)
    return [
        span_of(match, "birth_date", "date beside a word for birth", group="date")
        for match in matches
        if match is not None
    ]


def _in_ascii_digits(text: str) -> str:
    """``text`` with the digits of every script as 0 to 9, each where it was."""
    return "".join(
        str(unicodedata.digit(c)) if c.isdecimal() and not c.isascii() else c for c in text
    )
