"""Names behind what names somebody: bells, holders of accounts, initials."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from core.privacy.common_words import stop_words, word_list
from core.privacy.finders.hints import WordBits, lower, word_hint
from core.privacy.name_lists import name_lists, ordinary_words
from core.privacy.spans import Finder, Span, fold, span_of

#: Bells, letter boxes and what is said of the name on them.
_BELL = (
    r"interphone|sonnette|telefonillo|portero|timbre|citofono|campanello|klingel(?:schild)?|briefkasten|türschild|deurbel|bel|brievenbus|domofon\w*|dzwon\w+|"
    r"zvon\w+|kaputelefon\w*|csengő\w*|interfon\w*|campainha|zil(?:de|i|in)?|ovikell\w+|(?:ovi)?summeri\w*|porttelefon\w*|dørtelefon\w*|ringkloc?k\w+|"
    r"doorbell|buzzer|intercom|bell|buzón|postvak|schránk\w+|κουδούνι|θυροτηλέφωνο|домофон\w*|звон(?:ок|ка|ке)|дзвін\w+|звън\w+"
)
_BELL_SAYS = (
    r"pone|dice|pon|reza|says|say|marked|reads|is|at|under|auf|steht|bei|an|mit|op|staat|met|sta|scritto|con|al|nome|nom|nombre|au|de|du|na|nazwisko|se|"
    r"jméno|jménem|pod|με|όνομα|на|под|нажать|наберите|jelű|név|nume|la|com|é|namn|navn|nimi"
)
#: Whose account, booking or parcel it is.
_HOLDER = (
    r"t\.?n\.?v\.?|ten name van|op naam van|a nombre de|au nom de|auf (?:den )?namen?|im namen von|kontoinhaber(?:in)?|lautet auf|titular|titulaire|intestat[oa] a|"
    r"beneficiar(?:y|io|ia)|bénéficiaire|(?:account|acct?\.?|card) name|payee|in the name of|under the name(?: of)?|the name (?:there )?is|name on the \w+|em nome d[eao]|no nome d[eao]|"
    r"favorecid[oa]|a nome(?: di)?|odbiorca|na nazwisko|na jméno|na meno|kedvezményezett|pe numele(?: lui)?|hesap sahibi|alıcı|mottaker|modtager|mottagare|saaja|"
    r"nimellä|atas nama|a[./]n\.?|chủ (?:tk|tài khoản)|tên người nhận|получатель|на имя|на фамилию|одержувач|на ім['’]я|на прізвище|получател|на името|δικαιούχος|στο όνομα"
)
_NAME = r"(?P<name>(?:\p{Lu}\. ?){0,2}\p{Lu}[\p{L}\p{M}'’-]+(?: (?:(?:van|von|de|da|di|del|der|dos|el|al|bin|le|la) ){0,2}\p{Lu}[\p{L}\p{M}'’-]*\.?){0,3})"
_SHOWN = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}])(?:(?i:{_BELL})(?:[ :,]+(?i:{_BELL_SAYS})(?!\p{{L}})){{0,3}}|(?i:{_HOLDER}))[ :]+[\"“«„'(]?{_NAME}"
)
_SHOWN_HINT = word_hint(rf"\b(?:{_BELL}|{_HOLDER})", lower)
_INITIAL = regex.compile(
    r"(?<!\b[zdusi]\. ?)(?<![\p{L}\p{N}.'’-])(?:\p{Lu}\. ?){1,2}(?P<last>\p{Lu}\p{Ll}{2,}(?:-\p{Lu}\p{Ll}+)?)(?![\p{L}\p{N}])"
)
#: "Семёнов П. А."
_INITIALS_AFTER = regex.compile(
    r"(?<![\p{L}-])[А-ЯІЇЄҐ][а-яёіїєґ]{2,} [А-ЯІЇЄҐ]\. ?[А-ЯІЇЄҐ]\.(?!\p{L})"
)
_CAPITAL_STOP = regex.compile(r"\p{Lu}\.")


def named_finder(languages: Sequence[str]) -> Finder:
    """A finder for an archive in ``languages`` (ISO 639-1 codes)."""
    stops = stop_words(("en", *languages))
    places = word_list("places_and_brands")
    german = "de" in languages[:2]
    shown = WordBits({_SHOWN_HINT: 1})

    def is_no_name(word: str) -> bool:
        return word in stops or word in places

    def find_named(text: str) -> list[Span]:
        spans = [
            span_of(match, "name", "name on a bell or an account", group="name")
            for match in (_SHOWN.finditer(text) if shown.of(lower(text).replace("_", " ")) else ())
            if not is_no_name(fold(match["name"].split()[0]))
        ]
        if _CAPITAL_STOP.search(text):
            spans += [
                span_of(match, "name", "initials and surname")
                for match in _INITIAL.finditer(text)
                if _is_surname(fold(match["last"]), german) and not is_no_name(fold(match["last"]))
            ]
            spans += [
                span_of(m, "name", "initials and surname") for m in _INITIALS_AFTER.finditer(text)
            ]
        return spans

    return find_named


def _is_surname(word: str, german: bool) -> bool:
    """German writes every noun large, so there only listed surnames follow an initial."""
    return word in name_lists().last if german else word not in ordinary_words()
