"""What languages do to names: endings and particles that are glued to them. All folded."""

from __future__ import annotations

from collections.abc import Iterable

from core.privacy.common_words import word_list

_CYRILLIC = (
    "а у ом ем е ы и ой ей ою ею ю я ям ами ов ові еві єві єм ям о є і ї ька ку ке ко ик ика ику "
    "ого ому ым им ую ою ич на ну ны не ной ин ина ины ину ся ся"
)
_GREEK = "α ε η ι ο υ ω ου ησ ασ οσ ισ εσ ων ουσ ακη ακι"
_LATIN = {
    "": "s",
    "pl": "a e y i u o ie em owi iem ze ia iu io ia ami om ow ek ka ko ke ki ce",
    "cs": "a e i u y o ou em ovi ova ove ovu ka ku ky ko im",
    "sk": "a e i u y o ou om ovi ova ku ky",
    "hr": "a e i u o om em ov ova in ina",
    "sl": "a e i u o om em ov",
    "ro": "i ei ului lui a e ule",
    "hu": "t et ot at nak nek val vel hoz hez tol bol rol nal nel ra re ban ben ba be ert ek ekkel ekhez ekt e a",
    "fi": "n a lla lle lta lta ssa sta an en in on un ta tta kin ko ni na ksi ien t",
    "et": "l le lt s st ga ta t i e",
    "tr": "a e i u o ya ye yi yu in un nin nun da de dan den ta te tan ten la le yla yle lar ler lari leri cim cum cigim in ya ymis ydi dir",
    "lt": "a e o u i ai us is ui ei am e",
    "lv": "a e i u o am ai as es im is us",
    "sv": "s", "no": "s", "da": "s", "de": "s", "nl": "s",
}  # fmt: skip

#: Particles, endings and honorifics that follow a Korean name without a space.
KOREAN_PARTICLES = word_list("korean_particles")


def endings_for(languages: Iterable[str]) -> dict[str, frozenset[str]]:
    """Script -> endings that may follow a name's stem in an archive of ``languages``."""
    latin = set(_LATIN[""].split())
    for language in languages:
        latin.update(_LATIN.get(language, "").split())
    return {
        "cyrillic": frozenset(_CYRILLIC.split()),
        "greek": frozenset(_GREEK.split()),
        "latin": frozenset(latin),
    }


def stems_of(word: str) -> tuple[str, ...]:
    """What stays of ``word`` in front of an ending; stems of three letters and more."""
    stems = [word]
    code = ord(word[0])
    if 0x400 <= code < 0x530 and word[-1] in "аяйьоеиыіїє":
        stems = [word[:-1]]
    elif 0x370 <= code < 0x400:
        bare = word.removesuffix("σ")
        stems = [bare[:-1] if bare[-1:] in "αεηιοω" else bare]
    elif code < 0x370 and word[-1] in "aeoyi":
        stems = [word[:-1], word]
    return tuple(stem for stem in stems if len(stem) > 2)


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
        if word.endswith(end) and len(word) > len(end) + 2:
            forms.append(word.removesuffix(end) + form)
    return tuple(forms)
