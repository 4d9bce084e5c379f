"""What beside a capitalised word says that it is somebody: "tell X", "X said", "X's mum".

Cues are strict or wide. A strict one makes any capitalised word a name that is no ordinary word;
a wide one only a word that some list of names has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import regex

from core.privacy.common_words import kin_words, name_tables, word_list
from core.privacy.evidence import Evidence
from core.privacy.name_lists import (
    CLEAR,
    OURS,
    NameLists,
    accented_names,
    is_strong,
    ordinary_words,
    towns,
)
from core.privacy.spans import fold

Words = Sequence[regex.Match[str]]

#: Languages whose speakers bear each other's names, or whose short messages look alike.
_RELATED = (
    ("ru", "uk", "bg"),
    ("hr", "sl", "cs", "sk", "pl"),
    ("no", "da", "sv", "is"),
    ("es", "pt", "ca", "eu"),
    ("lt", "lv", "et"),
    ("tr", "az"),
    ("id", "ms"),
    ("en", "ga", "cy", "ha", "zu", "sw", "hi", "tl", "ar"),
    ("nl", "zu"),
    ("fr", "ar", "ha"),
)


def with_related(languages: tuple[str, ...]) -> tuple[str, ...]:
    """``languages`` and those that share their names; all of ours if none was recognised."""
    if not languages:
        return tuple(name_tables()["names"])
    near = [
        g for g in _RELATED if g[0] in languages[:1] or not set(g[1:]).isdisjoint(languages[:2])
    ]
    return tuple(dict.fromkeys([*languages, *(one for group in near for one in group)]))


TITLES = word_list("titles") | word_list("more_titles")
RELATIONS = word_list("relations")
PLACES = word_list("places_and_brands")
_TITLES_AFTER = word_list("titles_after")
_SPACE = regex.compile(r"[ \u00a0]{1,2}")
_DOT_SPACE = regex.compile(r"\.[ \u00a0]{0,2}")
_COMMA = regex.compile(r", ?")
_PAUSE = regex.compile(r" ?(?:[,.!?;:)\n]|[\p{So}\p{Sk}]|[xX]{1,4}\b|$)")
_POSSESSIVE = regex.compile(r"['’][sS](?![\p{L}])")
_AT_THEIRS = regex.compile(
    r"['’]s(?= ?(?:[,.!?;)]|$| (?:if|for|on|at|tonight|tomorrow|later|after|before|and|with|in|by|til|till|this|last|next)\b))"
)
_SENTENCE_START = regex.compile(r"(?:^|[.!?…:\n]\s*|[\"“«(\[*_•–—>-]\s*)$")
_SHORT_SURNAME = regex.compile(r" \p{Lu}\.(?= \p{Ll}|,|$)")
#: "an kann", "je t'appelle": what stands between a verb and whom it concerns.
_LINKS = word_list("speaking_links")
_SPEAKING_TO = word_list("speaking_to")
_MEETS = word_list("meets")
_SAYS = word_list("says")
_AFTER_A_NAME = word_list("after_a_name")
_BESIDE = word_list("beside")
_CALLED = word_list("called")
_INTRODUCES = word_list("introduces")
_GREETS = word_list("greets")
_POSSESSED = word_list("possessed")
_KIN_OF = word_list("kin_of")
_LINKS_OF = word_list("links_of")
_PERSONS = word_list("persons") | RELATIONS
_CHAINS = word_list("chains")
_MACHINES = word_list("machines")
_WHERE = word_list("where")
_GREETED_GROUPS = word_list("greeted_groups")
_NO_NAMES = word_list("no_names")
_NAME_ARTICLES = word_list("name_articles")
_ARTICLE_LANGUAGES = frozenset({"pt", "it", "es", "ca", "el"})
_PERSONAL_ARTICLES = word_list("personal_articles")
_GREEK_ARTICLES = frozenset(
    map(fold, ("ο", "η", "τον", "την", "του", "της", "στον", "στην", "τη", "στη"))
)
#: Length of the names of our lists by language ("de_").
_OURS_BY_LANGUAGE = 3
_ACCENTED_ENDINGS = frozenset({"pl", "lt", "lv", "cs", "sk", "hu", "is"})
#: A name in this many lists is a name even where a minor language of the archive has a stop
#: word like it.
_INTERNATIONAL = 8


@dataclass(frozen=True)
class Rules:
    """What the rules need to know about names and about this archive."""

    names: NameLists
    doubtful: frozenset[str]
    stops: frozenset[str]
    main_stops: frozenset[str]
    evidence: Evidence
    german: bool
    #: The archive's languages, and with them those whose speakers share its names.
    languages: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    #: Words in small letters that no rule looks at, as met so far.
    plain: set[str] = field(default_factory=set)
    #: Words that were looked at as case forms, and whether they are one.
    forms: dict[str, bool] = field(default_factory=dict)
    strong: dict[str, bool] = field(default_factory=dict)

    def key_of(self, written: str) -> str:
        """``written`` folded for look-up; with its accents if they tell it from a listed name
        ("Hände" is no Hande, while "Andres" is an Andrés)."""
        word = fold(written)
        if written.isascii() or not (word in self.names.first or word in self.names.last):
            return word
        spelt = written.lower()
        if spelt in accented_names() or ord(spelt[0]) > 0x24F:
            return word
        # A case ending may be an accent: "Bożeną".
        ending = spelt[:-1] + word[-1]
        inflected = not _ACCENTED_ENDINGS.isdisjoint(self.languages)
        return word if inflected and (ending in accented_names() or ending == word) else spelt

    def is_given(self, word: str) -> bool:
        """Whether the lists hold ``word`` (folded) as a given name, whole or hyphenated."""
        locales = self.names.first.get(word)
        if locales:
            if word in self.stops and (
                word in self.main_stops
                or (len(locales) < _INTERNATIONAL and locales.isdisjoint((CLEAR, OURS)))
            ):
                return False
            return len(word) > 2 or any(len(locale) == _OURS_BY_LANGUAGE for locale in locales)
        return "-" in word and all(len(p) > 2 and p in self.names.first for p in word.split("-"))

    def is_strong(self, word: str) -> bool:
        """Whether ``word`` is a given name first and foremost; the parts of "Anne-Sophie" too."""
        known = self.strong.get(word)
        if known is None:
            languages = self.languages if word in ordinary_words() else self.related
            parts = [word] if word in self.names.first else word.split("-")
            lists = (self.names.first.get(part, frozenset()) for part in parts)
            known = self.strong[word] = all(is_strong(locales, languages) for locales in lists)
        return known

    def is_strong_small(self, word: str) -> bool:
        """Whether ``word`` is one even without its capital."""
        locales = self.names.first.get(word, frozenset())
        if word in ordinary_words() and OURS not in locales:
            return False
        usual = frozenset(one for one in locales if len(one) != 2 and one != CLEAR)
        return is_strong(usual, self.evidence.languages)

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
            and word not in PLACES
            and not self.is_prose(word)
        )

    def may_be_a_name(self, word: str, written: str) -> bool:
        """Whether nothing speaks against a capitalised word as somebody's name."""
        return (
            len(word) > 2
            and written[1:].islower()
            and word not in self.stops
            and word not in PLACES
            and word not in self.doubtful
            and not self.evidence.lower[word]
        )

    def may_be_unheard_of(self, word: str, written: str) -> bool:
        """The same for a word that no list has: it must not be a usual word of any language."""
        return (
            self.may_be_a_name(word, written)
            and word not in ordinary_words()
            and word not in towns()
            and word not in _CHAINS
            and word not in _GREETED_GROUPS
        )


def is_next(text: str, words: Words, position: int) -> bool:
    """Whether only a space parts a word from the one before it; after a title or an initial
    also a full stop."""
    before = words[position - 1]
    start, end = before.end(), words[position].start()
    if end - start == 1 and text[start] == " ":
        return True
    if _SPACE.fullmatch(text, start, end):
        return True
    short = len(before.group()) == 1 or fold(before.group()) in TITLES
    return short and _DOT_SPACE.fullmatch(text, start, end) is not None


def next_word(text: str, words: Words, index: int) -> str:
    """The folded word after ``words[index]``; empty if more than a space parts them."""
    if index + 1 >= len(words) or not is_next(text, words, index + 1):
        return ""
    return fold(words[index + 1].group())


def starts_sentence(text: str, start: int) -> bool:
    """Whether a capital is due at ``start`` whatever the word."""
    return _SENTENCE_START.search(text, max(0, start - 3), start) is not None


def is_meant(text: str, words: Words, index: int, end: int, word: str, rules: Rules) -> bool:
    """Whether something beside a capitalised word says that it is somebody.

    Args:
        text: the message.
        words: its words.
        index: which of them is judged.
        end: where the name that begins with it would end.
        word: the same, folded.
        rules: what is known of names and the archive.
    """
    written = words[index].group()
    if len(word) < 2 or word in rules.main_stops or word in kin_words() or word in _NO_NAMES:
        return False
    if word in RELATIONS or word in TITLES or word in _MACHINES or not written[1:].islower():
        return False
    listed = rules.is_given(word)
    if rules.german and (not listed or word in rules.doubtful or word in PLACES):
        return False
    if not listed and not rules.may_be_unheard_of(word, written):
        return False
    strict = _strict_cue(text, words, index, end, rules)
    if not listed or rules.german:
        return strict
    if strict:
        # "tell Grace", "Grace said": an ordinary word is somebody here; a town must be a usual
        # name, as one also tells Boston.
        return word not in PLACES or any(
            len(one) == _OURS_BY_LANGUAGE for one in rules.names.first.get(word, ())
        )
    if word not in rules.doubtful and _has_article(text, words, index, end, rules):
        return True
    return word not in rules.doubtful and word not in PLACES and _wide_cue(text, words, index, end)


def _strict_cue(text: str, words: Words, index: int, end: int, rules: Rules) -> bool:
    """Whether what stands beside is said of people only."""
    after = _after(text, words, end)
    if after in _SAYS and after not in kin_words():
        return True
    possessive = _POSSESSIVE.match(text, end)
    if possessive and _after(text, words, possessive.end()) in _POSSESSED:
        return True
    if index == 0 or not is_next(text, words, index):
        return index > 0 and _is_apposition(text, words, index, end)
    before = fold(words[index - 1].group())
    two = fold(words[index - 2].group()) if index > 1 and is_next(text, words, index - 1) else ""
    if speaks_to(text, words, index):
        return True
    if before in _LINKS_OF and two in _KIN_OF:
        return True
    if before in _GREEK_ARTICLES and rules.evidence.languages[:1] == ("el",):
        return True
    if before in _PERSONAL_ARTICLES and "tl" in rules.evidence.languages[:2]:
        return True
    if before in _CALLED:
        near = words[max(0, index - 5) : index - 1]
        return any(fold(match.group()) in _PERSONS for match in near)
    if before in _GREETS and _PAUSE.match(text, end):
        return True
    return before in ("at", "to", "round", "from", "chez") and bool(_AT_THEIRS.match(text, end))


def speaks_to(text: str, words: Words, index: int) -> bool:
    """Whether the word before, or the one before that and a link, is a verb like "ask"."""
    if index == 0 or not is_next(text, words, index):
        return False
    before = fold(words[index - 1].group())
    if before in _SPEAKING_TO or before in _MEETS:
        return True
    if index < 2 or before not in _LINKS or not is_next(text, words, index - 1):
        return False
    two = fold(words[index - 2].group())
    return two in _SPEAKING_TO or two in _MEETS


def _wide_cue(text: str, words: Words, index: int, end: int) -> bool:
    """Whether what stands beside goes with people more than with anything else."""
    if _after(text, words, end) in _AFTER_A_NAME or _POSSESSIVE.match(text, end):
        return True
    if index == 0 or not is_next(text, words, index):
        return False
    before = fold(words[index - 1].group())
    return before in _BESIDE or before in _CALLED or before in _INTRODUCES or before in _GREETS


def _has_article(text: str, words: Words, index: int, end: int, rules: Rules) -> bool:
    """Whether a word in the middle of a sentence has the article that some languages give to
    people ("o Wellington furou o pneu")."""
    spoken = rules.evidence.languages[:1]
    if index == 0 or _ARTICLE_LANGUAGES.isdisjoint(spoken) or not is_next(text, words, index):
        return False
    written = words[index - 1].group()
    word = fold(words[index].group())
    goes_on = text[end + 1 : end + 2].islower()
    return fold(written) in _NAME_ARTICLES and not rules.evidence.lower[word] and goes_on


def is_somewhere(text: str, words: Words, index: int) -> bool:
    """Whether a word stands behind "at", "in" or an article, as places do."""
    if index == 0 or not is_next(text, words, index):
        return False
    return fold(words[index - 1].group()) in _WHERE


def is_a_thing(text: str, words: Words, index: int, languages: tuple[str, ...]) -> bool:
    """Whether an article that people do not get stands before a word ("the Albert Heijn")."""
    if index == 0 or not is_next(text, words, index):
        return False
    article = words[index - 1].group().lower()
    return article == "the" or (article in ("de", "het") and languages[:1] == ("nl",))


def _is_apposition(text: str, words: Words, index: int, end: int) -> bool:
    """ "the vicar's wife, X, made": a word for kin, a comma, the name, a comma or the end."""
    before = words[index - 1]
    if not _COMMA.fullmatch(text, before.end(), words[index].start()):
        return False
    return fold(before.group()) in RELATIONS and text[end : end + 1] in ("", ",", ".", "!", "?")


def _after(text: str, words: Words, end: int) -> str:
    """The folded word behind the character ``end`` and a space."""
    if text[end : end + 1] not in (" ", "\u00a0"):
        return ""
    match = _FOLLOWING.match(text, end + 1)
    return fold(match.group()) if match else ""


_FOLLOWING = regex.compile(r"\p{L}[\p{L}\p{M}'’]*")


def with_initial(text: str, end: int) -> int:
    """The end of a name including a surname of one letter ("Rick D.")."""
    match = _SHORT_SURNAME.match(text, end)
    return match.end() if match else end
