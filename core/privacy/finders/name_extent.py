"""Case forms of given names, and how far a full name goes."""

from __future__ import annotations

from core.privacy.common_words import word_list
from core.privacy.finders.name_cues import PLACES, TITLES, Rules, Words, is_next
from core.privacy.inflections import base_forms
from core.privacy.name_lists import ordinary_words
from core.privacy.spans import fold

TITLES_AFTER = word_list("titles_after") | word_list("more_titles_after")
PARTICLES = word_list("name_particles")
_CAPITAL_PARTICLES = frozenset(
    [
        "Mac",
        "Mc",
        "Van",
        "De",
        "Di",
        "Del",
        "Della",
        "Von",
        "Ní",
        "Ó",
        "Uí",
        "El",
        "Al",
        "Bin",
        "Abu",
        "Ter",
        "Ten",
        "La",
        "Le",
        "Dos",
        "Da",
    ]
)
_GENITIVE = frozenset({"de", "sv", "no", "da"})
_PATRONYMICS = ("вич", "вна", "чна", "вича", "вичу", "вичем", "вне", "вну", "вной", "вны")


def is_inflected(word: str, rules: Rules) -> bool:
    """Whether a word is a case form of a given name."""
    if len(word) < 4:
        return False
    known = rules.forms.get(word)
    if known is None:
        known = rules.forms[word] = not rules.is_prose(word) and any(
            rules.is_given(base) and base not in rules.doubtful and len(base) > 2
            for base in base_forms(word, rules.evidence.languages)
        )
    return known


def is_genitive(text: str, words: Words, index: int, word: str, rules: Rules) -> bool:
    """ "Jürgens Hund", "Gunillas bil", and "bei Schröders"."""
    word = fold(word)
    if word[-1] != "s" or len(word) < 4 or _GENITIVE.isdisjoint(rules.languages[:2]):
        return False
    stem = word[:-1]
    if word in ordinary_words() or stem in rules.doubtful or stem in PLACES:
        return False
    if rules.is_given(stem) and rules.is_strong(stem):
        return not rules.is_prose(word)
    before = fold(words[index - 1].group()) if index and is_next(text, words, index) else ""
    family = rules.is_surname(stem) and stem not in ordinary_words()
    return family and before in ("bei", "von", "mit", "zu", "hos") and rules.german


def name_end(text: str, words: Words, index: int, first: str, rules: Rules) -> int:
    """End of a full name whose first word is ``words[index]``; at most three more words."""
    end = words[index].end()
    if index + 1 >= len(words) or not is_next(text, words, index + 1):
        return end
    taken = 0
    for position in range(index + 1, len(words)):
        if taken == 3 or not is_next(text, words, position):
            break
        written = words[position].group()
        word = fold(written)
        if written.islower() or written in _CAPITAL_PARTICLES:
            if word not in PARTICLES or not _leads_to_a_surname(text, words, position, rules):
                break
            continue
        if len(written) == 1:
            if text[words[position].end() : words[position].end() + 1] == ".":
                continue
            break
        if written.isupper() and len(written) < 4:
            break
        listed = word in rules.names.last or word in rules.names.first
        if (
            not listed
            and not word.endswith(_PATRONYMICS)
            and not (taken == 0 and _is_rare_surname(word, written, first, rules))
        ):
            break
        if word in TITLES_AFTER or word in TITLES:
            break
        if word in PLACES or (word in rules.stops and word not in rules.names.last):
            break
        if rules.german and word in rules.doubtful and word not in rules.names.last:
            break
        end = words[position].end()
        taken += 1
    return end


def _is_rare_surname(word: str, written: str, first: str, rules: Rules) -> bool:
    """Whether a word after a given name is its surname, though no list has it."""
    if rules.german:
        # Every noun has a capital there, so only a word that no lexicon has.
        return len(word) > 4 and rules.may_be_unheard_of(word, written) and rules.is_strong(first)
    if "-" in written:
        return all(part[:1].isupper() and len(part) > 2 for part in written.split("-"))
    if rules.may_be_a_name(word, written):
        return True
    # The archive writes it in small letters too, in an address of the same person.
    return (
        len(word) > 3
        and written[1:].islower()
        and word not in ordinary_words()
        and word not in rules.doubtful
        and word not in PLACES
        and rules.is_strong(first)
    )


def _leads_to_a_surname(text: str, words: Words, position: int, rules: Rules) -> bool:
    if position + 1 >= len(words) or not is_next(text, words, position + 1):
        return False
    word = fold(words[position + 1].group())
    written = words[position + 1].group()
    if word in PARTICLES and (written.islower() or written in _CAPITAL_PARTICLES):
        return _leads_to_a_surname(text, words, position + 1, rules)
    capital = words[position].group()[0].isupper() and len(word) > 3
    return written[0].isupper() and (word in rules.names.last or capital)
