"""Identity, tax, insurance and travel documents by country, and vehicle plates.

Forms with letters or fixed punctuation are looked for always; a bare run of digits counts only
beside a word that says what it is, because otherwise every order number would be an ID.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import regex
from stdnum.ar import cuit
from stdnum.at import vnr
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cnpj, cpf
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.my import nric
from stdnum.no import fodselsnummer
from stdnum.nz import ird
from stdnum.pl import pesel
from stdnum.ro import cnp
from stdnum.ru import inn
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import ein, ssn
from stdnum.za import idnr as za_idnr

from core.privacy.finders.hints import WordBits, word_hint
from core.privacy.finders.numbers import plain_digits
from core.privacy.finders.vocabulary import Vocabulary, Word
from core.privacy.spans import Finder, Span, fold, span_of


class _Form(NamedTuple):
    rule: str
    pattern: regex.Pattern[str]
    is_valid: Callable[[str], bool]
    digits: int = 0


def _always(_found: str) -> bool:
    return True


def _is_snils(found: str) -> bool:
    """Russian pension number: nine digits and their weighted sum modulo 101."""
    digits = plain_digits(found)
    total = sum(int(d) * (9 - i) for i, d in enumerate(digits[:9]))
    return total % 101 % 100 == int(digits[9:])


def _form(
    rule: str, pattern: str, is_valid: Callable[[str], bool] = _always, *, digits: int = 8
) -> _Form:
    """A form; ``digits`` is how many it holds at least, so that shorter numbers skip it."""
    return _Form(
        rule,
        regex.compile(
            rf"(?i)(?<![\p{{Latin}}\p{{Cyrillic}}\p{{N}}_.-]){pattern}(?![\p{{Latin}}\p{{Cyrillic}}\p{{N}}_-]|\.\d)"
        ),
        is_valid,
        digits,
    )


_SHORTEST_FORM = 8
#: The form must show in the text itself (letters, punctuation) or carry a strong check.
_LETTER_FORMS = (
    _form("Spanish NIE", r"[XYZ][ -]?\d{7}[ -]?[A-Z]", nie.is_valid),
    _form("Mexican CURP", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", curp.is_valid),
    _form("Mexican RFC", r"[A-ZÑ&]{4}\d{2}[01]\d[0-3]\d[A-Z\d]{3}"),
    _form(
        "Italian tax code",
        r"[A-Z]{6}[ ]?\d{2}[A-EHLMPRST]\d{2}[ ]?[A-Z]\d{3}[A-Z]",
        codicefiscale.is_valid,
    ),
    _form("Indian PAN", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", pan.is_valid),
    _form(
        "British national insurance number",
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]",
    ),
    _form("Indian GST number", r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z\d]Z[A-Z\d]"),
    _form("Singaporean NRIC", r"[STFGM]\d{7}[A-Z]"),
    _form("Irish PPS number", r"\d{7}[A-W][A-IW]?", pps.is_valid),
    _form("British driving licence", r"(?-i:[A-Z9]{5}\d{6}[A-Z9]{2}\d?[A-Z\d]{2})"),
    _form("Taiwanese ID", r"(?-i:[A-Z][12]\d{8})"),
    _form("Portuguese citizen card", r"\d{8} ?\d ?(?-i:[A-Z\d]{2}\d)"),
    _form("Venezuelan cédula", r"(?-i:[VE])-?\d{1,2}\.\d{3}\.\d{3}"),
    _form("Indian vehicle plate", r"(?-i:[A-Z]{2}[ -]?\d{1,2}[ -]?[A-Z]{1,3}[ -]?\d{4})", digits=5),
    _form("Quebec health insurance number", r"(?-i:[A-Z]{4} ?\d{4} ?\d{4})"),
    _form("passport number", r"(?-i:[A-Z]{1,2}\d{7,9})"),
    _form("US alien number", r"A[ -]?\d{3}[ -]\d{3}[ -]\d{3}"),
)
_HONG_KONG = regex.compile(r"(?<![A-Za-z\d])[A-Z]{1,2}\d{6}[(（][\dA][)）]")
_PAYMENT_ADDRESS = regex.compile(
    r"(?i)(?<![\w.-])[\w.-]{3,40}@(?:ok(?:axis|sbi|hdfcbank|icici)|ybl|ibl|axl|apl|paytm|upi|ptsbi|ptyes|pthdfc|ptaxis|waaxis|wasbi|icici|hdfcbank|sbi|axisbank|kotak|barodampay|freecharge|fam|jupiteraxis)(?![\w.-])"
)
#: Vehicle plates whose form nothing else has.
_PLATE = regex.compile(
    r"(?<![\p{L}\p{N}-])(?:[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} \d{1,4}[EH]?|[A-Z]{2}-\d{3}-[A-Z]{2}|[A-Z]{2} \d{3} [A-Z]{2}|[A-Z]{2}\d{2} [A-Z]{3}|"
    r"[A-Z]{3}\d[A-Z]\d{2}|\d{2}[A-Z]\d?-\d{3}\.\d{2}|[АВЕКМНОРСТУХ]\d{3}[АВЕКМНОРСТУХ]{2}\s?\d{2,3}|[АВЕІКМНОРСТХ]{2}\s?\d{4}\s?[АВЕІКМНОРСТХ]{2})(?![\p{L}\p{N}-])"
    r"|[\p{Han}]{2,4}\s?\d{2,3}\s?\p{Hiragana}\s?\d{2}-\d{2}(?!\d)|(?<!\p{Nd})\d{2,3}[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호]\s?\d{4}(?!\p{Nd})"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·・ ]?[A-Z\d]{5,6}(?![A-Z\d])|(?<=ทะเบียน\p{Thai}{0,12}\s)\d?[ก-ฮ]{2}\s?\d{1,4}"
)
_PLATE_HINT = regex.compile(r"[\p{Lu}가-힣\p{Hiragana}ก-ฮ]\W?\p{Nd}")
_PASSPORT_LINE = regex.compile(r"[A-Z\d<]{0,20}<{2}[A-Z\d<]{10,40}")
#: What a form can be in: groups of digits and letters, each with a digit near its beginning.
_RUN = regex.compile(
    r"(?<![\p{L}\p{N}])(?:[A-ZÑ&a-z]{1,6}[ -]?)?\d[A-Za-z\d]*+(?:[ .\-/+][A-Za-z]?\d[A-Za-z\d]*+|[ -][A-Z](?![a-z]))*+"
)
#: These hold eight digits and more.
_DIGIT_FORMS = (
    _form("Spanish DNI", r"\d{8}[ -]?[A-Z]|\d{2}\.\d{3}\.\d{3}[ -]?[A-Z]", dni.is_valid),
    _form("Brazilian CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}", cpf.is_valid, digits=11),
    _form("Brazilian CNPJ", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", cnpj.is_valid, digits=14),
    _form(
        "French NIR",
        r"[12][ .]?\d{2}[ .]?[0-3]\d[ .]?\d[\dAB][ .]?\d{3}[ .]?\d{3}[ .]?\d{2}",
        nir.is_valid,
        digits=13,
    ),
    _form("US social security number", r"\d{3}-\d{2}-\d{4}", ssn.is_valid, digits=9),
    _form("Indian Aadhaar", r"[2-9]\d{3} \d{4} \d{4}", aadhaar.is_valid, digits=12),
    _form("British NHS number", r"\d{3} \d{3} \d{4}", nhs.is_valid, digits=10),
    _form("Korean resident number", r"\d{2}[01]\d[0-3]\d-[0-8]\d{6}", rrn.is_valid, digits=13),
    _form("Chinese ID number", r"[1-9]\d{16}[\dX]", ric.is_valid, digits=17),
    _form(
        "Swedish personal number",
        r"(?:19|20)?\d{2}[01]\d[0-9]\d[-+]\d{4}",
        personnummer.is_valid,
        digits=10,
    ),
    _form(
        "Finnish personal code", r"[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[\dA-Y]", hetu.is_valid, digits=9
    ),
    _form("Danish CPR", r"[0-3]\d[01]\d{3}-\d{4}", cpr.is_valid, digits=10),
    _form("Czech or Slovak birth number", r"\d{2}[0-8]\d[0-3]\d/\d{3,4}", rc.is_valid, digits=9),
    _form("Russian SNILS", r"\d{3}-\d{3}-\d{3}[ -]\d{2}", _is_snils, digits=11),
    _form("Romanian CNP", r"[1-9]\d{2}[01]\d[0-3]\d{7}", cnp.is_valid, digits=13),
    _form("Swiss AHV number", r"756\.\d{4}\.\d{4}\.\d{2}", ahv.is_valid, digits=13),
    _form("Belgian national number", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", nn.is_valid, digits=11),
    _form("Chilean RUT", r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", rut.is_valid),
    _form("Polish PESEL", r"\d{11}", pesel.is_valid, digits=11),
    _form("Norwegian birth number", r"[0-7]\d[0-8]\d{3} ?\d{5}", fodselsnummer.is_valid, digits=11),
    _form("Greek AMKA", r"[0-3]\d[01]\d{8}", amka.is_valid, digits=11),
    _form("Turkish ID number", r"[1-9]\d{10}", tckimlik.is_valid, digits=11),
    _form(
        "Estonian or Lithuanian personal code",
        r"[1-8]\d{2}[01]\d[0-3]\d{5}",
        ik.is_valid,
        digits=11,
    ),
    _form(
        "personal number of former Yugoslavia", r"[0-3]\d[01]\d[09]\d{8}", emso.is_valid, digits=13
    ),
    _form("South African ID number", r"\d{6} ?\d{4} ?[01]8\d", za_idnr.is_valid, digits=13),
    _form("Bulgarian EGN", r"\d{2}[0-5]\d[0-3]\d{5}", egn.is_valid, digits=10),
    _form("Malaysian NRIC", r"\d{6}-\d{2}-\d{4}", nric.is_valid, digits=12),
    _form("Thai ID number", r"\d-\d{4}-\d{5}-\d{2}-\d|\d{13}", pin.is_valid, digits=13),
    _form("Thai ID number", r"\d-\d{4}-\d{5}-\d{2}-\d", digits=13),
    _form("Emirates ID", r"784-\d{4}-\d{7}-\d", digits=15),
    _form("Pakistani CNIC", r"\d{5}-\d{7}-\d", digits=13),
    _form("German tax ID", r"\d{2} \d{3} \d{3} \d{3}", idnr.is_valid, digits=11),
    _form("German pension number", r"\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}", digits=11),
    _form("Icelandic kennitala", r"\d{6}-\d{4}", kennitala.is_valid, digits=10),
    _form("Latvian personal code", r"[0-3]\d[01]\d{3}-[012]\d{4}", digits=11),
    _form("Austrian insurance number", r"\d{4} [0-3]\d[01]\d{3}", vnr.is_valid, digits=10),
    _form("US employer number", r"\d{2}-\d{7}", ein.is_valid, digits=9),
    _form("US taxpayer number", r"9\d{2}-[5-9]\d-\d{4}", digits=9),
    _form("New Zealand IRD number", r"\d{2,3}-\d{3}-\d{3}", ird.is_valid),
    _form("Dominican cédula", r"\d{3}-\d{7}-\d", digits=11),
    _form("Uruguayan cédula", r"\d\.\d{3}\.\d{3}-\d"),
    _form("Colombian cédula", r"1\.\d{3}\.\d{3}\.\d{3}", digits=10),
    _form("Indonesian tax number", r"\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}", digits=15),
    _form("Ukrainian or Russian tax number", r"\d{12}", inn.is_valid, digits=12),
    _form("Argentine CUIT", r"(?:2[0347]|3[034])-\d{8}-\d", cuit.is_valid, digits=11),
)

#: Numbers by which a company, a school or a hospital knows somebody. Order numbers are not among them.
_CUSTOMER = (
    r"(?:customer|client|member(?:ship)?|policy|contract|patient|medical record|record|case|subscriber|employee|staff|badge|claim|permit|licen[cs]e|health card|"
    r"taxpayer|frequent flyer|loyalty|library card|parking notice|reference|voter|booking|reservation|confirmation(?: code)?|pnr)(?: (?:number|no\.?|nr\.?|id|#))?|"
    r"(?:kunden|vertrags|versicherten|versicherungs|mitglieds?|personal|patienten|akten|konto|führerschein|matrikel|policen|schein|rentenversicherungs|mandats|kassen|zeichen|ausweis|bürger|sozial|schüler|"
    r"klant|polis|lid|rijbewijs|contract|patiënt|leerling|kund|medlems|försäkrings|konto|clearing|körkorts|kunde|medlem|polise|førerkort|kørekort)(?:nummer(?:et)?|nr\.?|-nr\.?|nummern?)|"
    r"[a-zà-ÿ]*(?:tunnus|numero)(?=\s\d)|clearing|konto|police|contrat|permis(?: de conduire)?|dossier|allocataire|abonné|adhérent|"
    r"n(?:uméro|°|º|o)\.? (?:de |d['’])?(?:client|contrat|police|dossier|allocataire|adhérent|abonné|membre|permis|patient)|"
    r"(?:número|nº|n\.º|num\.?) (?:de |do |da )?(?:póliza|cliente|contrato|socio|sócio|utente|expediente|apólice|afiliad[oa]|matrícula|beneficiári[oa]|carteirinha)|póliza|utente|apólice|carteirinha|"
    r"(?:numero|n\.) (?:di |del )?(?:cliente|contratto|polizza|tessera|patente|pratica)|patente|polizza|"
    r"(?:numer|nr) (?:klienta|umowy|polisy|legitymacji|prawa jazdy)|prawo jazdy|(?:číslo|č\.) (?:účtu|smlouvy|zákazníka|pojistky)|číslo účtu|"
    r"(?:müşteri|poliçe|sözleşme|abone|öğrenci|ehliyet|sicil)(?: (?:no|numarası|numaram))?|"
    r"номер (?:договора|полиса|клиента|прав)|договор|водительск\w+|загран\w*|права|клиентский номер|"
    r"számlaszám\w*|adóazonosító(?: jel)?|ügyfélszám\w*|jogosítvány\w*|emšo|jmbg|oib|"
    r"رقم (?:العميل|العقد|البوليصة|العضوية|الملف|الرخصة)|کد ملی|شماره ملی|مספר (?:לקוח|פוליסה|חבר)|מספר (?:לקוח|פוליסה|חבר)|"
    r"会員番号|お客様番号|契約番号|社員番号|学籍番号|회원번호|고객번호|학번|사번|会员(?:号|卡号)?|客户号|合同号|学号|工号|身分證(?:字號|號碼)?|เลขบัตร(?:ประชาชน)?|เลขประจำตัว|"
    r"chave pix|pix|upi(?: id)?|gst(?:in)?|health card|alias"
)
#: The same in any case: no everyday word anywhere.
_ANY_CASE = r"jmbg|emšo|oib|pps|utr|mrn|ssn|itin|tfn|nhs|dni|curp|cpf|cnpj|cnh|bsn|pesel|tckn|ktp|npwp|cccd|amka|nric|clabe|снилс|инн|blz|bsb|ifsc|ahv|svnr|insee"
#: Words that say "the number that follows is a document's". Short ones only in capitals,
#: because "pan", "sin" and "nie" are everyday words elsewhere.
_ACRONYMS = (
    r"ID|SSN|ITIN|EIN|TIN|TFN|SIN|NI|NINO|NHS|DNI|NIE|NIF|NIE|CURP|INE|CPF|RG|CNH|CNPJ|PIS|NIS|"
    r"CF|NIR|BSN|PESEL|NIP|TC|TCKN|ИНН|СНИЛС|ОМС|РНОКПП|ІПН|PAN|UAN|EPIC|RC|CNP|CI|CUI|NIK|KTP|"
    r"NPWP|CCCD|CMND|AMKA|ΑΜΚΑ|ΑΦΜ|AFM|ΑΔΤ|HKID|NRIC|RUT|RUN|CUIT|CUIL|CNIC|VIN|DL|IC|VAT|ABN|AHV|SVNR|USt-?Id"
)
_DOCUMENT_WORDS = (
    r"medicare|medicaid|insurance|social(?: security)?(?: number| no\.?)?|national (?:insurance|id)|insurance (?:number|no|nr)|"
    r"passport|passeport|pasaporte|passaporto?|passaporte|reisepass|pass(?:port)?-?(?:nummer|nr|no|number)|"
    r"paspoort(?:nummer)?|pass(?:et|in numero)|passinumero|pașaport|paszport(?:u)?|pasaport|паспорта?|pas broj|"
    r"útlevél|διαβατήριο|διαβατηρίου|جواز(?: السفر)?|דרכון|पासपोर्ट|パスポート|旅券|여권|护照|護照|hộ chiếu|paspor|"
    r"driv(?:er|ing)'?s? licen[cs]e|licen[cs]e(?: (?:plate|number|no))?|plates?|(?:car |my )?reg(?:istration)?(?: plate| no\.?| number)?|führerschein(?:nummer)?|"
    r"kennzeichen|matrícula|placas?|targa|plaque(?: d'immatriculation)?|immat(?:riculation)?|kenteken|nummernschild|nummerplaat|nummerplåt|nummerskilt|spz|rendszám\w*|înmatriculare|регномер|rejestracj\w|tablic\w{1,3}|"
    r"plaka|госномер|номер машины|номерний знак|registreringsnummer|rekisterinumero|车牌|차량번호|ナンバープレート|"
    r"id[- ]?(?:card|number|no\.?|nr\.?)|identity (?:card|number)|personalausweis(?:nummer)?|ausweis(?:nummer)?|"
    r"carte d'identité|carta d'identità|documento|cédula|cedula|identité|tessera sanitaria|identidad|identidade|identiteitskaart|"
    r"dowód(?: osobisty| os\.)?|dowodu|občansk\w+|rodné číslo|rodne cislo|kimlik(?: no| numarası?)?|T\.?C\.?(?: kimlik)?|"
    r"steuer-?(?:id|nummer|identifikationsnummer)|idnr|sozialversicherungsnummer|rentenversicherungsnummer|krankenkassennummer|"
    r"numéro fiscal|n° fiscal|numéro de sécu(?:rité sociale)?|sécu(?:rité sociale)?|codice fiscale|cod\.? fisc\w*|partita iva|"
    r"contribuinte|seguridad social|afiliación|seguro social|título de eleitor|fiscaal nummer|burgerservicenummer|"
    r"personnummer(?:et)?|fødselsnummer|cpr(?:-?nummer)?|henkilötunnus|hetu|sotu|isikukood|asmens kodas|"
    r"személyi(?: szám| igazolvány)?|taj(?: szám)?|adószám|cod numeric(?: personal)?|buletin(?:ul)?|ЕГН|ЛНЧ|"
    r"инн|снилс|паспортные|полис(?:а| омс)?|свідоцтво|посвідчення|ідентифікаційний|αριθμός ταυτότητας|ταυτότητα|α\.?φ\.?μ\.?|"
    r"رقم الهوية|الهوية|هوية|الاقامة|الإقامة|الرقم القومي|الرقم الوطني|رخصة|ת[.\"״'׳]?ז\.?|תעודת זהות|מספר זהות|"
    r"aad?haar|आधार|पैन|voter id|pan card|マイナンバー|個人番号|免許証|保険証|住民票|주민(?:등록)?번호|운전면허|외국인등록번호|"
    r"身份证(?:号码?)?|身份證|驾照|社保号?|居民证|student (?:id|number)|matrikelnummer|policy (?:number|no)|versicherungsnummer|"
    r"bank account|account (?:number|no\.?|nr\.?)|account|acct|routing(?: number)?|sort ?(?:code)?|bsb|acc|kontonummer|número de cuenta|cuenta|conta|clabe|cbu|"
    rf"{_CUSTOMER}|"
    r"agência|numéro de compte|conto corrente|rekeningnummer|numer konta|hesap no|номер сч[её]та|номер карты|счёт|рахунок|"
    r"계좌(?:번호)?|口座(?:番号)?|银行卡号?|卡号|银行账号|رقم الحساب|खाता(?: संख्या| नंबर)?|ifsc|swift|bic"
)
_NAMED_BEFORE = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}])|(?<=[\p{{Han}}\p{{Hiragana}}\p{{Katakana}}\p{{Thai}}]))(?:(?-i:{_ACRONYMS})|(?i:{_ANY_CASE}|{_DOCUMENT_WORDS}))(?![\p{{L}}]{{4}})(?:[^\d\n]{{0,24}}|[^\d\n.!?]{{0,50}}(?:\s(?i:is|was|ist|es|era|est|é|è|jest|är|er|это|είναι)|:)\s?)$"
)
_NAME_HINT = word_hint(rf"{_ANY_CASE}|{_DOCUMENT_WORDS}", fold)
_ACRONYM_HINT = re.compile(rf"(?<![A-Za-z\d])(?:{_ACRONYMS})")
_ACRONYM_FIRST = regex.compile(rf"(?:{_ACRONYMS}|(?i:{_ANY_CASE}))[ .\-/]{{1,2}}(?=[\p{{Lu}}\d])")
_NUMBER = regex.compile(
    r"(?<![\p{Latin}\p{Cyrillic}\p{N}])"
    r"(?:[\p{Lu}\d](?:(?:[ .\-/]{0,2}|\s-\s)[\p{Lu}\d]){3,23}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\p{Latin}\p{Cyrillic}\d])"
)
#: What may stand behind a document's number in the same breath ("sort code X account Y").
_UNIT_AFTER = regex.compile(
    r"(?i)\s?(?:%|€|\$|£|euros?\b|dollars?\b|kg\b|km\b|min\b|h\b|uhr\b|:\d)"
)
_LINKED = regex.compile(
    r"(?:\s(?i:is|was|ist|es|era|est|é|è|jest|är|er|on|je|это|є|είναι)|[:：])\s?$"
)
_DIGIT = re.compile(r"\d")
_LETTER = regex.compile(r"\p{L}")
_DIGIT_OR_LINE = regex.compile(r"(?r)[\d\n]")


def document_finder() -> Finder:
    """A finder of document numbers: by their own form, or beside a word that names the document.

    It remembers the words it has judged, so make one for every archive."""
    names = WordBits({_NAME_HINT: 1})
    acronyms = WordBits({_ACRONYM_HINT: 1})

    def may_be_named(text: str) -> bool:
        return names.of(fold(text)) != 0 or acronyms.of(text) != 0

    vocabulary = Vocabulary({"document": ("documents", "documents_unspaced")})

    def find_documents(text: str) -> list[Span]:
        spans = find_document_forms(text)
        if not _DIGIT.search(text):
            return spans
        numbers = list(_NUMBER.finditer(text))
        if not numbers:
            return spans
        words = vocabulary.words(text, fold(text))
        for match in numbers:
            span = _named(text, match, may_be_named) or (
                _worded(text, match, words) if words else None
            )
            if span:
                spans.append(span)
        return spans

    return find_documents


def _worded(text: str, match: regex.Match[str], words: Sequence[Word]) -> Span | None:
    """A number in the clause behind a word of the lists."""
    start, end = match.span()
    before = [word for word in words if word.end < end]
    if not before:
        return None
    word = before[-1]
    start = max(start, word.end)
    while start < end and not text[start].isalnum():
        start += 1
    gap = text[word.end : start]
    if len(gap) > 50 or _DIGIT_OR_LINE.search(gap) or not _is_document_number(text, start, end):
        return None
    if len(gap) > 24 and not _LINKED.search(gap):
        return None
    return Span(start, end, "id", "number beside a document's name")


def find_document_forms(text: str) -> list[Span]:
    """Numbers that have a document's own form."""
    if not _DIGIT.search(text) and "<<" not in text and "@" not in text:
        return []
    spans = []
    # Forty forms cost more than all other finders, so each sees the runs that can hold it.
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < _SHORTEST_FORM:
            continue
        found = run.group()
        digits = len(found) - len(_DIGIT.sub("", found))
        letters = _LETTER.search(text, start, end)
        for form in (*(_LETTER_FORMS if letters else ()), *_forms_with(digits)):
            spans += [
                span_of(match, "id", form.rule)
                for match in form.pattern.finditer(text, start, end)
                if form.is_valid(match.group())
            ]
    if "(" in text:
        spans += [span_of(m, "id", "Hong Kong ID") for m in _HONG_KONG.finditer(text)]
    if _PLATE_HINT.search(text):
        spans += [span_of(m, "id", "vehicle plate") for m in _PLATE.finditer(text)]
    if "<<" in text:
        rule = "machine-readable passport line"
        spans += [span_of(m, "id", rule) for m in _PASSPORT_LINE.finditer(text)]
    if "@" in text:
        spans += [span_of(m, "id", "payment address") for m in _PAYMENT_ADDRESS.finditer(text)]
    return spans


@functools.cache
def _forms_with(digits: int) -> tuple[_Form, ...]:
    """The forms that so many digits can have."""
    return tuple(form for form in _DIGIT_FORMS if form.digits <= digits)


def _named(text: str, match: regex.Match[str], may_be_named: Callable[[str], bool]) -> Span | None:
    """A number with a document's name before it, or as its own first letters ("NIF 1234")."""
    start, end = match.span()
    acronym = None if text[start].isdigit() else _ACRONYM_FIRST.match(text, start, end)
    if acronym:
        start = acronym.end()
    if not _is_document_number(text, start, end):
        return None
    if not acronym:
        begin = _words_before(text, start)
        if not may_be_named(text[begin:start]) or not _NAMED_BEFORE.search(text, begin, start):
            return None
    return Span(start, end, "id", "number beside a document's name")


def _words_before(text: str, start: int) -> int:
    """Where to begin to look for a document's name: no name reaches over a digit or a line."""
    window = text[max(0, start - 90) : start]
    last = _DIGIT_OR_LINE.search(window)
    return start - len(window) + (last.start() if last else 0)


def _is_document_number(text: str, start: int, end: int) -> bool:
    """Five digits and more, or fewer among letters, as on plates; no price and no date."""
    number = text[start:end]
    digits = len(plain_digits(number))
    letters = sum(c.isalpha() for c in number)
    if _UNIT_AFTER.match(text, end) or digits > 24:
        return False
    return digits >= 5 or (digits >= 1 and letters >= 2 and digits + letters >= 5)
