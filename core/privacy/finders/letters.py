"""Names in the places where letters have them: headers, salutations, signatures.

No list of names is needed there, so rare names are found as well.
"""

from __future__ import annotations

import regex

from core.privacy.common_words import kin_words, word_list
from core.privacy.spans import Span, fold

_WORD = r"\p{Lu}[\p{L}\p{M}'’-]+"
_NAME = rf"(?P<name>{_WORD}(?:[ ]{_WORD}|[ ]\p{{Lu}}\.|[ ](?:van|von|de|da|dos|del|di|der|den|la|le|el)(?=[ ])){{0,3}})"
_TITLES = (
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Herrn?|Frau|Doktor|M|Mme|Mlle|Monsieur|Madame|Sr|Sra|Srta|Señora?|Don|Doña|Dona|Senhora?|Exm[oa]|"
    r"Sig|Sig\.ra|Signora?|Dott|Dott\.ssa|Dottor|Mevrouw|De heer|Dhr|Mevr|mevrouw|heer|Pan[ie]?|Panie|Bay|Hanım|Herra|Rouva|Fru|pane|paní)\.?[ ])*"
)
_SALUTATION = regex.compile(
    r"(?:\A|\n)[ ]?(?:Dear|Hi|Hello|Hey|Good (?:morning|afternoon|evening)|Hallo|Lieber?|Sehr geehrter?|Guten (?:Tag|Morgen|Abend)|Moin|Servus|Chère?|Bonjour|Bonsoir|Salut|Coucou|"
    r"Hola|Estimad[oa]|Querid[oa]|Buen(?:os días|as tardes|as noches)|Car[oa]|Ciao|Gentile|Egregio|Buongiorno|Prezad[oa]|Olá|Oi|Bom dia|Boa tarde|Exm[oa]\. Sr[a.]?|Beste|Geachte|Lieve|Hoi|"
    r"Kära|Käre|Hej|Kære|Kjære|Hei|Hyvä|Moi|Kedves|Szia|Drag[ăa]?|Bună|Stimat[ăe]|Dragi|Poštovan[ia]|Bok|Mil[áý]|Ahoj|Vážen[áý]|Cześć|Drog[ia]|Szanown[ay]|Witaj|"
    r"Уважаем(?:ый|ая)|Дорог(?:ой|ая)|Привет|Здравствуй(?:те)?|Добрый день|Шановн(?:ий|а)|Привіт|Скъп[иа]|Здравей|Αγαπητ(?:έ|ή)|Γεια σου|Sayın|Merhaba|Sevgili|Selam),?[ ]"
    rf"{_TITLES}{_NAME}[ ]?(?:[,!:;.—–-]|\n|\Z)"
)
_SIGNATURE = regex.compile(
    r"(?i:(?:best|kind|warm|warmest|many)?[ ]?(?:regards|wishes|thanks)|best|sincerely(?: yours)?|yours(?: \w+)?|cheers|thanks|thank you|love|xoxo|take care|talk soon|"
    r"(?:liebe|viele|beste|herzliche|schöne|freundliche)[nr]?[ ](?:grüße|grüßen|gruß|grüsse)|mit (?:freundlichen|besten|lieben) grüßen|gruß|grüße|lg|vg|mfg|bis bald|"
    r"cordialement|bien à (?:toi|vous)|amicalement|bises|bisous|merci|à bientôt|bien cordialement|"
    r"(?:un )?(?:cordial |fuerte )?(?:saludo|abrazo)s?|atentamente|cordialmente|gracias|(?:um )?abraço|(?:com os )?(?:melhores )?cumprimentos|atenciosamente|obrigad[oa]|beijos|"
    r"cordiali saluti|distinti saluti|saluti|grazie|un abbraccio|a presto|(?:met )?(?:vriendelijke )?groet(?:en|jes)?|groeten|liefs|"
    r"(?:med )?(?:vänliga? |venlig |vennlig )?h[äi]lsning(?:ar)?|mvh|hälsningar|vh|kram|klem|terveisin|ystävällisin terveisin|t\.|"
    r"pozdrawiam(?: serdecznie)?|z poważaniem|pozdrowienia|s pozdravem|zdraví|s úctou|pozdrav|lijep pozdrav|üdvözlettel|üdv|cu (?:drag|stimă)|mulțumesc|"
    r"с уважением|с любовью|до встречи|обнимаю|з повагою|с поздрави|με εκτίμηση|φιλικά|saygılarımla|sevgiler|selamlar|teşekkürler)[ ]?[,.!–-]?[ ]?\n{1,2}[ ]?"
    rf"{_NAME}[ ]?(?:\n|\Z)"
)
_HEADER = regex.compile(
    rf"(?:(?:\A|\n)(?i:from|to|cc|bcc|von|an|de|à|para|da|van|aan|od|do|от|кому)[ ]?:[ ]*{_NAME}[ ]?(?=[<(,;\n]|\Z))"
    rf"|(?<![\p{{L}}]){_NAME}[ ]?(?=[<(\[][^\s@<>()]{{1,60}}@)"
)
_GREETED_GROUPS = word_list("greeted_groups")


def find_letter_names(text: str) -> list[Span]:
    """Spans of kind "name" for whom a letter greets, who signs it, who its header names."""
    spans = []
    rules = []
    if "\n" in text or _SALUTATION.match(text):
        rules.append((_SALUTATION, "name in a greeting"))
    if "\n" in text:
        rules.append((_SIGNATURE, "name under a letter"))
    if "@" in text or ":" in text:
        rules.append((_HEADER, "name in a mail's header"))
    for pattern, rule in rules:
        for match in pattern.finditer(text):
            start, end = match.span("name")
            first = fold(regex.split(r"[ ,]", match["name"])[0])
            if first in _GREETED_GROUPS or first in kin_words():
                continue
            spans.append(Span(start, end, "name", rule))
    return spans
