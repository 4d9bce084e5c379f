"""Names of people who are not in the archive: name lists, titles, relations.

A given name from the lists counts where it is written like a name. Surnames count only beside
a given name or a title, and names that are also words need something beside them that says a
person is meant; alone they are offered for review but not masked.
"""

from __future__ import annotations

import regex

from core.privacy.common_words import kin_words, stop_words, word_list, word_pairs
from core.privacy.evidence import Evidence
from core.privacy.finders.name_cues import (
    PLACES,
    RELATIONS,
    TITLES,
    Rules,
    Words,
    is_a_thing,
    is_meant,
    is_next,
    is_somewhere,
    next_word,
    speaks_to,
    starts_sentence,
    with_initial,
    with_related,
)
from core.privacy.finders.name_extent import (
    PARTICLES,
    TITLES_AFTER,
    is_genitive,
    is_inflected,
    name_end,
)
from core.privacy.finders.names_uncased import UNCASED, Uncased, find_uncased
from core.privacy.finders.names_unspaced import CJK, find_cjk
from core.privacy.finders.names_vietnamese import with_vietnamese
from core.privacy.name_lists import doubtful_names, name_lists, ordinary_words
from core.privacy.spans import Finder, Span, fold, span_of

#: A word, without an article or ending that an apostrophe ties to it ("d'Anna", "Anna's").
_WORD = regex.compile(
    r"[dDlLjJmMtTsScCnN]['’](?=\p{Lu}\p{Ll})"
    r"|\p{L}[\p{L}\p{M}]*(?:['’]\p{Lu}[\p{L}\p{M}]+|-\p{L}[\p{L}\p{M}]*)*"
)
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}]")

_WEAK_TITLES = word_list("weak_titles") | (word_list("more_titles") - word_list("titles"))
_SMALL_WORDS = word_list("small_letter_words")
_LOOSE_LIST = frozenset({"en"})
#: Titles that are everyday words of English; they need a listed name in any archive.
_ENGLISH_WEAK_TITLES = word_list("english_weak_titles")
_TITLE_LANGUAGE = {
    word: language for word, (language,) in word_pairs("weak_titles_by_language").items()
}
_AND_WORDS = word_list("and_words")
#: These are "and" in some languages and something else in more.
_SHORT_ANDS = {
    "a": {"cs", "sk", "be"},
    "i": {"pl", "hr", "sl", "ca", "bs"},
    "e": {"it", "pt"},
    "y": {"es", "tl"},
    "o": set[str](),
    "en": {"nl"},
    "at": {"tl"},
    "ja": {"fi", "et"},
    "og": {"no", "da", "is"},
    "na": {"sw"},
}
_BEFORE_AND = regex.compile(
    r"(?<![\p{L}\p{M}.])(?P<name>\p{Lu}[\p{Ll}\p{M}]{2,})\s(?P<and>[\p{L}\p{M}&]{1,4})\s$"
)
_AFTER_AND = regex.compile(
    r"\s(?P<and>[\p{L}\p{M}&]{1,4})\s(?P<name>\p{Lu}[\p{Ll}\p{M}]{2,})(?![\p{L}\p{M}])"
)
_INITIAL = regex.compile(r"(?<![\p{L}.])\p{Lu}\. ?$")


def name_finder(evidence: Evidence) -> Finder:
    """A finder of third people's names for an archive with this ``evidence``."""
    languages = tuple(dict.fromkeys(("en", *evidence.languages)))
    rules = Rules(
        name_lists(),
        doubtful_names(languages) | word_list("no_names") | word_list("titles_after"),
        stop_words(languages),
        stop_words(languages[:2]),
        evidence,
        "de" in evidence.languages[:2],
        evidence.languages,
        with_related(evidence.languages),
    )
    uncased = Uncased.of(rules.doubtful, rules.stops)
    japanese = "ja" in evidence.languages

    def find_names(text: str) -> list[Span]:
        spans = _beside_names(text, _find_cased(text, rules), rules) if _CASED.search(text) else []
        if not text.isascii():
            spans = with_vietnamese(text, spans)
            if UNCASED.search(text):
                spans += find_uncased(text, rules.names, uncased)
            if CJK.search(text):
                spans += find_cjk(text, rules.names, rules.doubtful, rules.stops, japanese)
        return spans

    return find_names


def _find_cased(text: str, rules: Rules) -> list[Span]:
    spans: list[Span] = []
    words = list(_WORD.finditer(text))
    index = 0
    while index < len(words):
        written = words[index].group()
        if written in rules.plain:
            index += 1
            continue
        word = fold(written)
        span = None
        if word in TITLES or (word in RELATIONS and word not in rules.main_stops):
            span = _after_title(text, words, index, rules)
        elif _is_plain(word, written, rules):
            rules.plain.add(written)
            index += 1
            continue
        if span is None:
            word = rules.key_of(written)
            if written[0].isupper():
                span = _capitalised(text, words, index, word, rules)
            elif len(word) > 2 and rules.is_given(word):
                span = _small(text, words, index, word, rules)
        if span is None:
            index += 1
            continue
        spans.append(span._replace(end=with_initial(text, span.end)) if span.sure else span)
        while index < len(words) and words[index].start() < span.end:
            index += 1
    return spans


def _is_plain(word: str, written: str, rules: Rules) -> bool:
    """Whether no rule looks at a word, wherever it stands; titles apart."""
    if word in RELATIONS or rules.is_given(word):
        return False
    if not written[0].isupper():
        return True
    return word in rules.main_stops and word not in rules.names.last


def _capitalised(text: str, words: Words, index: int, word: str, rules: Rules) -> Span | None:
    """The name that a capitalised word begins: by the lists, or by what stands beside it."""
    end = name_end(text, words, index, word, rules)
    span = _listed(text, words, index, end, word, rules)
    if span is not None and span.sure:
        return span
    for stop in (end, words[index].end()):
        if is_meant(text, words, index, stop, word, rules):
            return Span(words[index].start(), stop, "name", "capital beside a cue")
        if stop == words[index].end():
            break
    return span


def _small(text: str, words: Words, index: int, word: str, rules: Rules) -> Span | None:
    """A given name in small letters: sure if the archive also writes it with a capital, or
    writes hardly anything with one, or speaks to somebody ("ask tash")."""
    if word in rules.doubtful or word in _SMALL_WORDS or word in PLACES:
        return None
    if len(word) > 3 and rules.is_strong_small(word):
        sure = rules.evidence.capital[word] > 0 or rules.evidence.small_letters
        return span_of(words[index], "name", "given name in small letters", sure)
    if word not in ordinary_words() and speaks_to(text, words, index):
        return span_of(words[index], "name", "spoken to, in small letters")
    return None


def _after_title(text: str, words: Words, index: int, rules: Rules) -> Span | None:
    """The capitalised words after a title or a relation, through further ones ("Frau Dr. X")."""
    word = fold(words[index].group())
    weak = word not in TITLES or word in _WEAK_TITLES
    position = index + 1
    while position < min(len(words), index + 4) and is_next(text, words, position):
        word = fold(words[position].group())
        if word not in TITLES and word not in RELATIONS:
            break
        weak = weak and (word not in TITLES or word in _WEAK_TITLES)
        position += 1
    if position >= len(words) or not is_next(text, words, position):
        return None
    first = position
    while (
        fold(words[position].group()) in PARTICLES
        and words[position].end() - words[position].start() > 1
    ):
        if position + 1 >= len(words) or not is_next(text, words, position + 1):
            break
        position += 1
    written = words[position].group()
    word = fold(written)
    listed = word in rules.names.first or word in rules.names.last
    if not written[0].isupper() or len(word) < 2 or word in PLACES:
        return None
    if word in rules.stops and word not in rules.names.last:
        return None
    relation = fold(words[first - 1].group()) in RELATIONS
    # "my brother Xyz" needs no list outside German, where every noun has a capital.
    clear = _is_clear_title(words[first - 1].group(), rules)
    known = (listed and word not in rules.stops) or (clear and rules.may_be_a_name(word, written))
    if weak and not known and (rules.german or not relation):
        return None
    if weak and rules.german and word in rules.doubtful:
        return None
    if written.isupper() and len(word) < 4 and not listed:
        return None
    end = name_end(text, words, position, word, rules)
    rule = "name after a relation" if relation else "name after a title"
    return Span(words[first].start(), end, "name", rule)


def _is_clear_title(written: str, rules: Rules) -> bool:
    """Whether a title that is an everyday word elsewhere is one in this archive's languages."""
    word = fold(written)
    if word in _ENGLISH_WEAK_TITLES or rules.german:
        return False
    language = _TITLE_LANGUAGE.get(word)
    if language:
        return language in rules.evidence.languages[:2]
    return written[0].islower()


def _beside_names(text: str, spans: list[Span], rules: Rules) -> list[Span]:
    """A capitalised word that "and" ties to a sure name is a name too."""
    found = []
    for span in spans:
        if not span.sure:
            continue
        before = _BEFORE_AND.search(text, max(0, span.start - 30), span.start)
        after = _AFTER_AND.match(text, span.end)
        for match in (before, after):
            if match is None or not _is_and(fold(match["and"]), rules):
                continue
            word = fold(match["name"])
            start = match.start("name")
            if any(other.sure and other.start <= start < other.end for other in spans):
                continue
            if word in TITLES or word in RELATIONS or word in TITLES_AFTER:
                continue
            listed = rules.is_given(word) and word not in rules.main_stops | PLACES
            if listed or (not rules.german and rules.may_be_unheard_of(word, match["name"])):
                found.append(span_of(match, "name", "beside another name", group="name"))
    return spans + found if found else spans


def _is_and(word: str, rules: Rules) -> bool:
    spoken = _SHORT_ANDS.get(word)
    return word in _AND_WORDS and (spoken is None or not spoken.isdisjoint(rules.languages[:2]))


def _listed(text: str, words: Words, index: int, end: int, word: str, rules: Rules) -> Span | None:
    match = words[index]
    written = match.group()
    followed = end > match.end()
    titled = next_word(text, words, index) in TITLES_AFTER
    if not rules.is_given(word):
        if is_inflected(word, rules) or is_genitive(text, words, index, word, rules):
            return Span(match.start(), end, "name", "form of a given name")
        if rules.is_surname(word) and titled:
            return span_of(match, "name", "name before a title")
        if rules.is_surname(word) and _INITIAL.search(
            text, max(0, match.start() - 5), match.start()
        ):
            start = text.rindex(".", 0, match.start()) - 1
            return Span(start, end, "name", "initial and surname")
        if followed and rules.is_surname(word) and index + 1 < len(words):
            given = rules.key_of(words[index + 1].group())
            inflected = "hu" in rules.languages[:2] and is_inflected(given, rules)
            strong = rules.is_given(given) and rules.is_strong(given)
            if inflected or (strong and not rules.is_surname(given)):
                return Span(match.start(), end, "name", "surname and given name")
        if followed and not rules.german and rules.may_be_unheard_of(word, written):
            last = fold(regex.split(r"[ \u00a0]", text[match.end() : end])[-1])
            if last not in rules.doubtful and rules.is_surname(last) and len(last) > 4:
                return Span(match.start(), end, "name", "capitalised word and surname")
        if rules.is_surname(word) and len(word) > 4 and word not in rules.doubtful:
            if starts_sentence(text, match.start()):
                return None
            known = rules.evidence.capital[word] > 0 and rules.may_be_unheard_of(word, written)
            sure = known and not rules.german and not is_somewhere(text, words, index)
            return span_of(match, "name", "surname", sure)
        return None
    if written.isupper() and len(written) > 1 and (len(written) < 4 or text.isupper()):
        if len(written) < 4 or not rules.is_strong(word):
            return None
        sure = word not in rules.doubtful and word not in PLACES
        return span_of(match, "name", "given name in capitals", sure)
    if (
        not followed
        and not titled
        and (word in kin_words() or _is_short_form(written, text, word, rules))
    ):
        return None
    if followed:
        last = fold(regex.split(r"[ \u00a0]", text[match.end() : end])[-1])
        sure = (word not in PLACES or last in rules.names.last) and not is_a_thing(
            text, words, index, rules.languages
        )
        return Span(match.start(), end, "name", "given name and surname", sure)
    if titled:
        return span_of(match, "name", "name before a title")
    sure = _is_sure(text, match, word, rules)
    if not sure and not rules.is_strong(word) and is_inflected(word, rules):
        return span_of(match, "name", "form of a given name")
    return span_of(match, "name", "given name", sure)


def _is_short_form(written: str, text: str, word: str, rules: Rules) -> bool:
    """Whether a word in capitals amid small letters is an abbreviation ("IBAN")."""
    return written.isupper() and not text.isupper() and word in rules.doubtful


def _is_sure(text: str, match: regex.Match[str], word: str, rules: Rules) -> bool:
    """Whether a listed given name, alone and with a capital, is a name and nothing else."""
    if word in rules.doubtful or word in PLACES or rules.is_prose(word):
        return False
    if len(word) < 3:
        return False
    if not rules.is_strong(word):
        # A name of one foreign list, or of the loose English one, may be anybody's word.
        foreign = rules.names.first[word] != _LOOSE_LIST if word in rules.names.first else True
        if rules.german or not foreign or len(word) < 6:
            return False
        return not rules.german and not starts_sentence(text, match.start())
    return True
