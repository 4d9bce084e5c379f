"""Names of people who are not in the archive: name lists, titles, relations.

A given name from the lists counts where it is written like a name. Surnames count only beside
a given name or a title, and names that are also words need something beside them that says a
person is meant; alone they are offered for review but not masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import regex

from core.privacy.common_words import kin_words, stop_words, word_list, word_pairs
from core.privacy.evidence import Evidence
from core.privacy.finders.names_unspaced import CJK, UNCASED, find_cjk, find_uncased
from core.privacy.inflections import base_forms
from core.privacy.name_lists import NameLists, doubtful_names, is_strong, name_lists
from core.privacy.spans import Finder, Span, fold, span_of

#: A word, without an article or ending that an apostrophe ties to it ("d'Anna", "Anna's").
_WORD = regex.compile(
    r"[dDlLjJmMtTsScCnN]['’](?=\p{Lu}\p{Ll})"
    r"|\p{L}[\p{L}\p{M}]*(?:['’]\p{Lu}[\p{L}\p{M}]+|-\p{L}[\p{L}\p{M}]*)*"
)
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}]")
_SENTENCE_START = regex.compile(r"(?:^|[.!?…:\n]\s*|[\"“«(\[*_•–—>-]\s*)$")
_SPACE = regex.compile(r"[ \u00a0]{1,2}")
_DOT_SPACE = regex.compile(r"\.[ \u00a0]{0,2}")

_TITLES = word_list("titles")
_WEAK_TITLES = word_list("weak_titles")
_TITLES_AFTER = word_list("titles_after")
_RELATIONS = word_list("relations")
_PARTICLES = word_list("name_particles")
_PLACES = word_list("places_and_brands")
#: A name in this many lists is a name even where a minor language of the archive has a stop
#: word like it.
_INTERNATIONAL = 8
_SMALL_WORDS = word_list("small_letter_words")
_LOOSE_LIST = frozenset({"en"})
#: Titles that are everyday words of English; they need a listed name in any archive.
_ENGLISH_WEAK_TITLES = word_list("english_weak_titles")
_TITLE_LANGUAGE = {
    word: language for word, (language,) in word_pairs("weak_titles_by_language").items()
}
_SPEAKING_TO = word_list("speaking_to")
_SPEAKING_LINKS = word_list("speaking_links")
_SAYS = word_list("says")
_NAME_ARTICLES = word_list("name_articles")
_PERSONAL_ARTICLES = word_list("personal_articles")
_AND_WORDS = word_list("and_words")
_ARTICLE_LANGUAGES = frozenset({"pt", "it", "es", "ca", "el"})
_BEFORE_AND = regex.compile(
    r"(?<![\p{L}\p{M}.])(?P<name>\p{Lu}[\p{Ll}\p{M}]{2,})\s(?P<and>[\p{L}\p{M}&]{1,4})\s$"
)
_AFTER_AND = regex.compile(
    r"\s(?P<and>[\p{L}\p{M}&]{1,4})\s(?P<name>\p{Lu}[\p{Ll}\p{M}]{2,})(?![\p{L}\p{M}])"
)
_PATRONYMICS = ("вич", "вна", "чна", "вича", "вичу", "вичем", "вне", "вну", "вной", "вны")

Words = Sequence[regex.Match[str]]


@dataclass(frozen=True)
class Rules:
    """What the rules need to know about names and about this archive."""

    names: NameLists
    doubtful: frozenset[str]
    stops: frozenset[str]
    main_stops: frozenset[str]
    evidence: Evidence
    german: bool
    #: Words in small letters that no rule looks at, as met so far.
    plain: set[str] = field(default_factory=set)

    def is_given(self, word: str) -> bool:
        """Whether the lists hold ``word`` (folded) as a given name, whole or hyphenated."""
        if word in self.names.first:
            if word in self.stops and (
                word in self.main_stops or len(self.names.first[word]) < _INTERNATIONAL
            ):
                return False
            return len(word) > 2
        return "-" in word and all(len(p) > 2 and p in self.names.first for p in word.split("-"))

    def is_strong(self, word: str) -> bool:
        """Whether ``word`` is a given name first and foremost; the parts of "Anne-Sophie" too."""
        languages = self.evidence.languages
        return all(
            is_strong(self.names.first.get(part, frozenset()), languages)
            for part in ([word] if word in self.names.first else word.split("-"))
        )

    def is_prose(self, word: str) -> bool:
        """Whether this archive uses ``word`` as an ordinary word."""
        if word in self.names.first and self.is_strong(word) and word not in self.doubtful:
            return False
        lower = self.evidence.lower[word]
        return lower > 1 and lower >= 2 * self.evidence.capital[word]

    def is_surname(self, word: str) -> bool:
        """Whether a surname of the lists is nothing else."""
        return (
            word in self.names.last
            and len(word) > 3
            and word not in self.stops
            and word not in _PLACES
            and not self.is_prose(word)
        )


def name_finder(evidence: Evidence) -> Finder:
    """A finder of third people's names for an archive with this ``evidence``."""
    languages = tuple(dict.fromkeys(("en", *evidence.languages)))
    rules = Rules(
        name_lists(),
        doubtful_names(languages) | word_list("no_names") | _TITLES_AFTER,
        stop_words(languages),
        stop_words(languages[:2]),
        evidence,
        "de" in evidence.languages[:2],
    )
    japanese = "ja" in evidence.languages

    def find_names(text: str) -> list[Span]:
        spans = _beside_names(text, _find_cased(text, rules), rules) if _CASED.search(text) else []
        if not text.isascii():
            if UNCASED.search(text):
                spans += find_uncased(text, rules.names, rules.doubtful, rules.stops)
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
        if word in _TITLES or word in _RELATIONS:
            span = _after_title(text, words, index, rules)
        if span is None:
            if written[0].isupper():
                span = _capitalised(text, words, index, word, rules)
                if (span is None or not span.sure) and _is_meant(text, words, index, word, rules):
                    end = _name_end(text, words, index, rules)
                    span = Span(words[index].start(), end, "name", "capital beside a cue")
            elif len(word) > 3 and rules.is_given(word) and rules.is_strong(word):
                span = _small(words[index], word, rules)
            elif word not in _TITLES and word not in _RELATIONS:
                rules.plain.add(written)
        if span is None:
            index += 1
            continue
        spans.append(span)
        while index < len(words) and words[index].start() < span.end:
            index += 1
    return spans


def _small(match: regex.Match[str], word: str, rules: Rules) -> Span | None:
    """A given name in small letters: sure if the archive also writes it with a capital, or
    writes hardly anything with one."""
    if word in rules.doubtful or word in _SMALL_WORDS or word in _PLACES:
        return None
    sure = rules.evidence.capital[word] > 0 or rules.evidence.small_letters
    return span_of(match, "name", "given name in small letters", sure)


def _after_title(text: str, words: Words, index: int, rules: Rules) -> Span | None:
    """The capitalised words after a title or a relation, through further ones ("Frau Dr. X")."""
    word = fold(words[index].group())
    weak = word not in _TITLES or word in _WEAK_TITLES
    position = index + 1
    while position < min(len(words), index + 4) and _is_next(text, words, position):
        word = fold(words[position].group())
        if word not in _TITLES and word not in _RELATIONS:
            break
        weak = weak and (word not in _TITLES or word in _WEAK_TITLES)
        position += 1
    if position >= len(words) or not _is_next(text, words, position):
        return None
    written = words[position].group()
    word = fold(written)
    listed = word in rules.names.first or word in rules.names.last
    if not written[0].isupper() or len(word) < 2 or word in _PLACES:
        return None
    if word in rules.stops and word not in rules.names.last:
        return None
    relation = fold(words[position - 1].group()) in _RELATIONS
    # "my brother Xyz" needs no list outside German, where every noun has a capital.
    clear = _is_clear_title(words[position - 1].group(), rules)
    known = (listed and word not in rules.stops) or (
        clear and _may_start_a_name(word, written, rules)
    )
    if weak and not known and (rules.german or not relation):
        return None
    if weak and rules.german and word in rules.doubtful:
        return None
    if written.isupper() and len(word) < 4 and not listed:
        return None
    end = _name_end(text, words, position, rules)
    rule = "name after a relation" if relation else "name after a title"
    return Span(words[position].start(), end, "name", rule)


def _is_clear_title(written: str, rules: Rules) -> bool:
    """Whether a title that is an everyday word elsewhere is one in this archive's languages."""
    word = fold(written)
    if word in _ENGLISH_WEAK_TITLES or rules.german:
        return False
    language = _TITLE_LANGUAGE.get(word)
    if language:
        return language in rules.evidence.languages[:2]
    return written[0].islower()


def _is_meant(text: str, words: Words, index: int, word: str, rules: Rules) -> bool:
    """Whether something before a capitalised word says that it is somebody: "tell X", "o X"."""
    written = words[index].group()
    if _next_word(text, words, index) in _SAYS and word not in kin_words() | _RELATIONS | _TITLES:
        return (
            not rules.german
            and word not in rules.doubtful
            and _may_start_a_name(word, written, rules)
        )
    if index == 0 or not _is_next(text, words, index):
        return False
    listed = (word in rules.names.first or word in rules.names.last) and len(word) > 2
    before = words[index - 1].group()
    cue = fold(before)
    if (
        word in _PLACES
        or word in rules.stops
        or word in rules.doubtful
        or not written[1:].islower()
    ):
        return False
    if cue in _PERSONAL_ARTICLES and "tl" in rules.evidence.languages[:2]:
        return True
    if cue in _SPEAKING_LINKS and index > 1 and fold(words[index - 2].group()) in _SPEAKING_TO:
        return listed if rules.german else _may_start_a_name(word, written, rules)
    if cue in _SPEAKING_TO:
        return listed if rules.german else _may_start_a_name(word, written, rules)
    if cue in _NAME_ARTICLES and before.islower() and not rules.evidence.lower[word]:
        article_language = not _ARTICLE_LANGUAGES.isdisjoint(rules.evidence.languages[:1])
        following = text[words[index].end() : words[index].end() + 2]
        return article_language and word in rules.names.first and following[-1:].islower()
    return False


def _beside_names(text: str, spans: list[Span], rules: Rules) -> list[Span]:
    """A capitalised word that "and" ties to a sure name is a name too."""
    found = []
    for span in spans:
        if not span.sure:
            continue
        before = _BEFORE_AND.search(text, max(0, span.start - 30), span.start)
        after = _AFTER_AND.match(text, span.end)
        for match in (before, after):
            if match is None or fold(match["and"]) not in _AND_WORDS:
                continue
            word = fold(match["name"])
            start = match.start("name")
            if any(other.sure and other.start <= start < other.end for other in spans):
                continue
            if word in _TITLES or word in _RELATIONS or word in _TITLES_AFTER:
                continue
            listed = word in rules.names.first and word not in rules.main_stops | _PLACES
            if listed or (not rules.german and _may_start_a_name(word, match["name"], rules)):
                found.append(span_of(match, "name", "beside another name", group="name"))
    return spans + found if found else spans


def _capitalised(text: str, words: Words, index: int, word: str, rules: Rules) -> Span | None:
    match = words[index]
    written = match.group()
    end = _name_end(text, words, index, rules)
    followed = end > match.end()
    titled = _next_word(text, words, index) in _TITLES_AFTER
    if not rules.is_given(word):
        if rules.evidence.languages and _inflected(word, rules):
            return Span(match.start(), end, "name", "form of a given name")
        if rules.is_surname(word) and titled:
            return span_of(match, "name", "name before a title")
        if followed and not rules.german and _may_start_a_name(word, written, rules):
            last = fold(regex.split(r"[ \u00a0]", text[match.end() : end])[-1])
            if last not in rules.doubtful and rules.is_surname(last) and len(last) > 4:
                return Span(match.start(), end, "name", "capitalised word and surname")
        if rules.is_surname(word) and len(word) > 4 and word not in rules.doubtful:
            inside = not _starts_sentence(text, match.start())
            known = rules.evidence.capital[word] > 0 and rules.evidence.lower[word] == 0
            if inside:
                return span_of(match, "name", "surname", known and not rules.german)
        return None
    if written.isupper() and len(written) > 1 and (len(written) < 4 or text.isupper()):
        if len(written) < 4 or not rules.is_strong(word):
            return None
        sure = word not in rules.doubtful and word not in _PLACES
        return span_of(match, "name", "given name in capitals", sure)
    if followed:
        last = fold(regex.split(r"[ \u00a0]", text[match.end() : end])[-1])
        sure = word not in _PLACES or last in rules.names.last
        return Span(match.start(), end, "name", "given name and surname", sure)
    if titled:
        return span_of(match, "name", "name before a title")
    return span_of(match, "name", "given name", _is_sure(text, match, word, rules))


def _is_sure(text: str, match: regex.Match[str], word: str, rules: Rules) -> bool:
    """Whether a listed given name, alone and with a capital, is a name and nothing else."""
    if word in rules.doubtful or word in _PLACES or rules.is_prose(word):
        return False
    if not rules.is_strong(word):
        # A name of one foreign list, or of the loose English one, may be anybody's word.
        foreign = rules.names.first[word] != _LOOSE_LIST if word in rules.names.first else True
        if rules.german or not foreign or len(word) < 6:
            return False
        return not rules.german and not _starts_sentence(text, match.start())
    return True


def _may_start_a_name(word: str, written: str, rules: Rules) -> bool:
    return (
        len(word) > 2
        and written[1:].islower()
        and word not in rules.stops
        and word not in _PLACES
        and word not in rules.doubtful
        and not rules.evidence.lower[word]
    )


def _inflected(word: str, rules: Rules) -> bool:
    return len(word) > 3 and any(
        rules.is_given(base) and base not in rules.doubtful and not rules.is_prose(word)
        for base in base_forms(word, rules.evidence.languages)
    )


def _name_end(text: str, words: Words, index: int, rules: Rules) -> int:
    """End of a full name whose first word is ``words[index]``; at most three more words."""
    end = words[index].end()
    taken = 0
    for position in range(index + 1, len(words)):
        if taken == 3 or not _is_next(text, words, position):
            break
        written = words[position].group()
        word = fold(written)
        if written.islower():
            if word not in _PARTICLES or not _leads_to_a_surname(text, words, position, rules):
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
            and not (taken == 0 and not rules.german and _may_start_a_name(word, written, rules))
        ):
            break
        if word in _TITLES_AFTER or word in _TITLES:
            break
        if word in _PLACES or (word in rules.stops and word not in rules.names.last):
            break
        if rules.german and word in rules.doubtful and word not in rules.names.last:
            break
        end = words[position].end()
        taken += 1
    return end


def _leads_to_a_surname(text: str, words: Words, position: int, rules: Rules) -> bool:
    if position + 1 >= len(words) or not _is_next(text, words, position + 1):
        return False
    word = fold(words[position + 1].group())
    if word in _PARTICLES and words[position + 1].group().islower():
        return _leads_to_a_surname(text, words, position + 1, rules)
    return words[position + 1].group()[0].isupper() and word in rules.names.last


def _is_next(text: str, words: Words, position: int) -> bool:
    """Whether only a space parts a word from the one before it; after a title or an initial
    also a full stop."""
    before = words[position - 1]
    start, end = before.end(), words[position].start()
    if _SPACE.fullmatch(text, start, end):
        return True
    short = len(before.group()) == 1 or fold(before.group()) in _TITLES
    return short and _DOT_SPACE.fullmatch(text, start, end) is not None


def _next_word(text: str, words: Words, index: int) -> str:
    if index + 1 >= len(words) or not _is_next(text, words, index + 1):
        return ""
    return fold(words[index + 1].group())


def _starts_sentence(text: str, start: int) -> bool:
    return _SENTENCE_START.search(text, max(0, start - 3), start) is not None
