"""What languages do to names: endings and particles that are glued to them. All folded."""

from __future__ import annotations

from collections.abc import Iterable

from core.privacy.common_words import word_list
from core.privacy.spans import fold

_CYRILLIC = (
    "а у ом ем е ы и ой ей ою ею ю я ям ами ов ові еві єві єм ям о є і ї ька ку ке ко ик ика ику "
    "ого ому ым им ую ою ич на ну ны не ной ин ина ины ину ся ся"
)
_GREEK = "α ε η ι ο υ ω ου ησ ασ οσ ισ εσ ων ουσ ακη ακι"
_LATIN_ENDINGS = {
    "": "s",
    "pl": "kowi kiem ku a e y i u o ie em owi iem ze ia iu io ia ami om ow ek ka ko ke ki ce ego emu im iego iemu iej ich ej",
    "cs": "a e i u y o ou em ovi ova ove ovu ka ku ky ko im",
    "sk": "a e i u y o ou om ovi ova ku ky",
    "hr": "a e i u o om em ov ova in ina",
    "sl": "a e i u o om em ov",
    "ro": "i ei ului lui a e ule",
    "hu": "t et ot at nak nek val vel hoz hez tol bol rol nal nel ra re ban ben ba be ert ek ekkel ekhez ek eket eknel eknek ektol ekert eknal ektnak eke ekrol ekra e a",
    "fi": "n a lla lle lta ltä ille illa ilta ista iin ssa sta an en in on un ta tta kin ko ni na ksi ien t",
    "et": "l le lt s st ga ta t i e",
    "tr": "a e i u o ya ye yi yu in un nin nun da de dan den ta te tan ten la le yla yle lar ler lari leri cim cum cigim in ya ymis ydi dir",
    "lt": "a e o u i ai us is ui ei am e",
    "lv": "a e i u o am ai as es im is us",
    "sv": "s", "no": "s", "da": "s", "de": "s", "nl": "s",
}  # fmt: skip
_CYRILLIC_ENDINGS = frozenset(fold(ending) for ending in _CYRILLIC.split())
_GREEK_ENDINGS = frozenset(fold(ending) for ending in _GREEK.split())
_LATIN = {code: frozenset(endings.split()) for code, endings in _LATIN_ENDINGS.items()}

#: Particles, endings and honorifics that follow a Korean name without a space.
KOREAN_PARTICLES = word_list("korean_particles")


def endings_for(languages: Iterable[str]) -> dict[str, frozenset[str]]:
    """Script -> endings that may follow a name's stem in an archive of ``languages``."""
    latin = set(_LATIN[""])
    for language in languages:
        latin.update(_LATIN.get(language, ()))
    return {
        "cyrillic": _CYRILLIC_ENDINGS,
        "greek": _GREEK_ENDINGS,
        "latin": frozenset(latin),
    }


_ARABIC_PREFIX = ("وال", "بال", "فال", "كال", "لل", "ال", "يا", "و", "ل", "ب", "ف", "ك")
_HEBREW_PREFIX = frozenset("והבלמשכ")


def prefix_lengths(word: str) -> list[int]:
    """How many letters of an Arabic or Hebrew word may be glued prepositions and articles."""
    lengths = []
    if "\u0600" <= word[0] <= "\u06ff":
        for prefix in _ARABIC_PREFIX:
            if word.startswith(prefix):
                lengths += [len(prefix) + 1] if word[len(prefix) :][:1] == "ـ" else []
                lengths.append(len(prefix))
    elif "\u0590" <= word[0] <= "\u05ff":
        lengths = [n for n in (1, 2) if all(c in _HEBREW_PREFIX for c in word[:n])]
    return [n for n in lengths if len(word) - n > 2]


_INDIAN_ENDINGS = tuple(sorted(word_list("uncased_endings"), key=len, reverse=True))
_LEAST_INDIAN = 3


def case_lengths(word: str, least: int = _LEAST_INDIAN) -> list[int]:
    """How many letters of a word in a script of India may be a case ending, most letters first.

    ``least`` letters at least are left in front of it.
    """
    if not "\u0900" <= word[0] < "\u0e00":
        return []
    lengths = (len(end) for end in _INDIAN_ENDINGS if word.endswith(end))
    return [n for n in lengths if len(word) - n >= least]


def stems_of(word: str) -> tuple[str, ...]:
    """What stays of ``word`` in front of an ending; stems of three letters and more."""
    stems = [word]
    code = ord(word[0])
    if 0x400 <= code < 0x530 and word[-1] in "аяиьоеыіє":
        stems = [word[:-1]]
    elif 0x370 <= code < 0x400:
        bare = word.removesuffix("σ")
        stems = [bare[:-1] if bare[-1:] in "αεηιοω" else bare]
    elif code < 0x370 and word[-1] in "aeoyi":
        stems = [word[:-1], word]
        if word[-3:-2] == word[-2:-1] and word[-2] in "kpt":
            stems.append(word[:-2] + word[-1])  # Finnish: Pekka, Pekalle
    return tuple(stem for stem in stems if len(stem) > 2)


_FINNISH_S = ("en", "ella", "elle", "elta", "essa", "esta", "een", "ena", "eksi", "et", "ia", "illa", "ille", "ilta", "iin", "ten", "ta")  # fmt: skip
_DIMINUTIVES = (
    "inho",
    "inha",
    "zinho",
    "zinha",
    "ao",
    "ito",
    "ita",
    "cito",
    "cita",
    "ino",
    "ina",
    "etto",
    "etta",
    "chen",
    "lein",
    "tje",
)


def extra_forms(word: str) -> tuple[str, ...]:
    """Spellings and forms in which the stem itself changes.

    Umlauts written out, and the consonant changes of Polish and Czech names ("Marta, Marcie").
    ``word`` is folded, so only changes that survive folding are listed.
    """
    forms = []
    for end, form in (
        ("ta", "cie"), ("da", "dzie"), ("ka", "ce"), ("ga", "dze"), ("ra", "rze"), ("la", "le"),
        ("cha", "sze"), ("ek", "ka"), ("ek", "kowi"), ("ek", "kiem"), ("el", "la"), ("el", "lowi"),
        ("el", "lem"), ("ka", "czyn"), ("ec", "ce"), ("ec", "cem"),
    ):  # fmt: skip
        if word.endswith(end) and len(word) > len(end) + 1:
            forms.append(word.removesuffix(end) + form)
    if word.endswith("nen") and len(word) > 5:
        # Finnish: Kettunen, Kettuselle, Kettusta, Kettuset.
        forms += [word.removesuffix("nen") + "s" + ending for ending in _FINNISH_S]
    stem = word[:-1] if word[-1] in "aeio" else word
    if word.isascii() and len(stem) > 3:
        forms += [stem + diminutive for diminutive in _DIMINUTIVES]
    return tuple(forms)


_BASE_ENDS = ("", "а", "я", "и", "ь", "о")
#: Where one letter is a case ending of names.
_SHORT_ENDINGS = ("pl", "cs", "sk", "hr", "sl")
_LATIN_BASE_ENDS: dict[str, tuple[str, ...]] = {
    "fi": ("", "i"),
    "hu": ("",),
    "tr": ("",),
    "et": ("",),
    "hr": ("", "a", "o"),
    "sl": ("", "a", "o"),
    "lt": ("as", "a", "is", "ė"),
    "pl": ("", "a", "o", "ek", "el"),
    "cs": ("", "a", "e", "o"),
    "sk": ("", "a", "o"),
}


def base_forms(word: str, languages: Iterable[str]) -> list[str]:
    """Nominatives that ``word`` may be a form of; without ``word`` itself."""
    code = ord(word[0])
    if 0x400 <= code < 0x530:
        endings = _CYRILLIC_ENDINGS
        ends: tuple[str, ...] = _BASE_ENDS
    elif 0x370 <= code < 0x400:
        endings = _GREEK_ENDINGS
        ends = ("ησ", "ασ", "οσ", "η", "α", "ω")
    else:
        known = [language for language in languages if language in _LATIN_BASE_ENDS]
        if not known:
            return []
        endings = frozenset(
            e for k in known for e in _LATIN[k] if len(e) > 1 or k in _SHORT_ENDINGS
        )
        ends = tuple(dict.fromkeys(e for k in known for e in _LATIN_BASE_ENDS[k]))
    forms = []
    for cut in range(max(3, len(word) - 5), len(word)):
        if word[cut:] in endings:
            forms += [word[:cut] + end for end in ends]
    if "fi" in languages and code < 0x250:
        # Pirkko, Pirkolta: a long consonant is short in a closed syllable.
        forms += [form[:-1] + form[-2:] for form in forms if form[-2:-1] in ("k", "p", "t")]
    if 0x400 <= code < 0x530:
        forms += [pet for form in [word, *forms] for pet in _without_pet_ending(form)]
    return [form for form in dict.fromkeys(forms) if form != word]


_PET_ENDINGS = (
    "очка",
    "ечка",
    "енька",
    "онька",
    "юшка",
    "ушка",
    "ька",
    "ка",
    "ик",
    "уля",
    "юля",
    "уся",
    "юха",
    "уха",
    "чик",
    "енко",
    "ко",
)


def _without_pet_ending(word: str) -> list[str]:
    """What a Slavic pet name may be made of: "светка" of "света"."""
    for ending in _PET_ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            return [stem, stem + "а", stem + "я"]
    return []
