"""What a text is about, found offline: up to a few words or names taken from the text itself.

Spans come first, because they are nearly always right: quoted titles, hashtags, names written
with capitals, runs of ideographs or katakana. Then ordinary words that are no stop words, long
ones first, those after an article, and those that are rare in the person's own archive. Chatter has no topic, and gets
none: an invented one would be worse.

Stop words: stopwords-iso (MIT), of the languages that the archive is written in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import log

import regex

from core.collector import paused_collector

MOST_TOPICS = 3
#: Languages whose stop words are used when there is too little text to tell.
COMMON_LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pt", "ru", "tr", "pl", "sv", "hi", "ar")
#: Words looked at to tell an archive's languages.
ENOUGH_WORDS = 20_000

LINK = regex.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
MENTION = regex.compile(r"(?<![\w@])@[\w.]+")
HASHTAG = regex.compile(r"(?<![\w&])#(\w*\p{L}\w*)")
QUOTED = regex.compile(r"[\"“„«「『]([^\"“”„«»「」『』\n]{2,60})[\"”“»」』]")
CAMEL = regex.compile(r"(?<=\p{Ll})(?=\p{Lu})|(?<=\p{L})(?=\p{Nd})|_+")
WORD = regex.compile(r"\p{L}[\p{L}\p{M}\p{Nd}]*(?:['’\-&.]\p{L}[\p{L}\p{M}\p{Nd}]*)*")
#: The same for ASCII text, several times as fast.
ASCII_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:['\-&.][A-Za-z][A-Za-z0-9]*)*")
#: What a quotation begins with.
QUOTE = re.compile('["“„«「『]')
CAPITAL = regex.compile(r"\p{Lu}")
IDEOGRAPHS = regex.compile(r"[\p{Han}々ー]{2,}|[\p{Katakana}ー]{3,}(?:・[\p{Katakana}ー]+)*")
KANA = regex.compile(r"\p{Hiragana}")
HANGUL = regex.compile(r"\p{Hangul}{2,}")
HANGUL_PARTICLE = regex.compile(
    r"(?<=\p{Hangul}{2})(?:에서|으로|까지|부터|한테|이랑|하고|처럼|은|는|이|가|을|를|에|의|도|로|와|과|랑|만)$"
)
CAPITALISED = r"(?:(?:[dlDL]['’])?\p{Lu}[\p{L}\p{M}\p{Nd}'’\-&]*|\p{Ll}\p{Lu}[\p{L}\p{Nd}]+)"
CONNECTOR = r"(?:de|del|da|do|dos|di|della|of|the|von|van|der|den|du|des|la|le|el|al|bin|ibn|y|&)"
NAME = regex.compile(
    rf"(?<![\p{{L}}\p{{Nd}}]){CAPITALISED}(?:[ ](?:{CONNECTOR}[ ]){{0,2}}{CAPITALISED}|[ ]\p{{Nd}}{{1,4}}\b)*"
)
CONNECTORS = regex.compile(rf"^(?:{CONNECTOR} )+")
SENTENCE_START = regex.compile(r"(?:^|[.!?…:;\n\"“”„«»(\-–—•*>]|\p{Extended_Pictographic})\s*$")
LAUGHTER = re.compile(
    r"(?:h[aeiou]+)+h?|(?:[jxk][aeiou]+){2,}[jxk]?|k{2,}|(?:ke){2,}k?|l+o+l+z*|lmf?a+o+|rofl|x+d+|(?:rs)+|w{3,}|"
    r"a+h+|o+h+|u+h+|e+h+|h+m+|m+h*m+|p+f+|(?:хах?а?)+|(?:ха)+х?|(?:ㅋ|ㅎ|ㅠ|ㅜ)+",
    re.IGNORECASE,
)
DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")

#: Words after which a noun is likely, in the languages whose articles are words of their own.
DETERMINER_WORDS = """
the a an my your his her our their this that these those some no
der die das den dem ein eine einen einem einer mein meine meinen dein deine unser unsere
el la los las un una unos unas mi mis tu tus su sus nuestro nuestra
le les une mon ma mes ton ta tes notre votre leur du des
o os as um uma meu minha seu sua no na nos nas do da
il lo gli uno mio mia del della dei delle al alla
de het een mijn jouw onze
"""
DETERMINERS = frozenset(DETERMINER_WORDS.split())
#: Endings of words that are seldom what a text is about (English; "-mente" in Romance languages).
SELDOM_TOPICS = ("ly", "ing", "ed", "est", "ful", "ous", "ive", "able", "ible", "mente")

#: Words of chatter that stop lists lack: they say when, how much or how one feels, not about what.
CHATTER_WORDS = """
    yeah yea yep yup nope nah okay okey haha hehe lol omg wtf btw tbh imo idk thx thanks thank sorry
    please gonna wanna gotta kinda sorta dunno lemme yall guys dude bro sis bruh hey hello hi bye
    today tomorrow yesterday tonight morning afternoon evening night week weekend month year day
    days weeks months hour hours minute minutes monday tuesday wednesday thursday friday saturday
    sunday good great nice cool bad best better worst love hate feel feels feeling think thinking
    thought really literally actually honestly basically finally definitely totally pretty super
    wow damn shit fuck fucking crazy weird funny happy sad glad done going coming come went said
    tell told says wait waiting stop start started still again already later soon sure true same
    idea ideas stuff things thing people person someone time times lot bit way
    heute morgen gestern abend danke bitte genau echt mega krass gut schön super naja doch mal
    hoy mañana ayer gracias bueno buena vale claro jaja jeje tarde noche día semana
    aujourd'hui demain hier merci bon bonne oui voilà super trop soir matin jour semaine
    hoje amanhã ontem obrigado obrigada bom boa então dia noite tarde semana
    oggi domani ieri grazie bene bello bella allora sera notte giorno settimana
    vandaag morgen gisteren bedankt goed leuk avond dag week
    сегодня завтра вчера спасибо хорошо ладно привет пока вечером утром день неделя
    bugün yarın dün teşekkürler tamam güzel akşam sabah gün hafta
    dziś jutro wczoraj dzięki dobrze dobra spoko wieczorem rano dzień
"""
CHATTER = frozenset(CHATTER_WORDS.split())


#: What is cut off a word: 's, n't, 'll.
SHORT_ENDING = regex.compile(r"['’]\p{L}{1,2}$")


#: A word on its own: what tells it from others, how it is shown, how good a topic it is (None: it
#: is none), what its form takes away, and whether a noun may follow it.
Judged = tuple[str, str, float | None, float, bool]


@dataclass(frozen=True)
class Vocabulary:
    """What an archive says about its words; made by ``learn_vocabulary``, kept with the archive.

    ``frequency``: in how many of the ``documents`` a lower-case word occurs. ``stop``: stop words
    of its ``languages``. ``names``: words that are written with a capital in mid-sentence.
    ``judged``: words looked at so far, as they were spelled.
    """

    languages: tuple[str, ...] = COMMON_LANGUAGES
    stop: frozenset[str] = field(default_factory=frozenset)
    frequency: dict[str, int] = field(default_factory=dict)
    names: frozenset[str] = field(default_factory=frozenset)
    documents: int = 0
    judged: dict[str, Judged] = field(default_factory=dict, compare=False, repr=False)


@lru_cache(maxsize=16)
def stop_words(languages: tuple[str, ...]) -> frozenset[str]:
    """Stop words of some languages (ISO 639-1 codes), lower case, and words of chatter."""
    import stopwordsiso  # here because only topics need it

    known = [one for one in languages if stopwordsiso.has_lang(one)]
    return frozenset(stopwordsiso.stopwords(known) if known else ()) | CHATTER


def learn_vocabulary(texts: Iterable[str]) -> Vocabulary:
    """Word counts, languages and names of an archive, for ``topics`` of its texts."""
    frequency: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    lower: Counter[str] = Counter()
    documents = 0
    for text in texts:
        documents += 1
        clean = _without_links(text)
        if clean.isascii() and clean.islower():
            words = ASCII_WORD.findall(clean)
            frequency.update(set(words))
            lower.update(words)
            continue
        seen = set()
        for match in (ASCII_WORD if clean.isascii() else WORD).finditer(clean):
            word = match.group()
            small = word.lower()
            seen.add(small)
            if word[0].isupper():
                if not word.isupper():
                    before = clean[max(0, match.start() - 4) : match.start()]
                    if not SENTENCE_START.search(before):
                        inside[small] += 1
            else:
                lower[small] += 1
        frequency.update(seen)
    languages = _languages(frequency)
    names = frozenset(word for word, count in inside.items() if count > lower[word])
    return Vocabulary(languages, stop_words(languages), dict(frequency), names, documents)


def _without_links(text: str) -> str:
    return LINK.sub(" ", text) if "@" in text or "://" in text or "www." in text else text


def _words_in(text: str) -> list[str]:
    return ASCII_WORD.findall(text) if text.isascii() else WORD.findall(text)


def _languages(frequency: Counter[str]) -> tuple[str, ...]:
    """The languages an archive is written in: those whose stop words cover most of its words."""
    import stopwordsiso

    total = sum(frequency.values())
    if total < 200:
        return COMMON_LANGUAGES
    covered = {
        language: sum(frequency.get(word, 0) for word in stopwordsiso.stopwords(language)) / total
        for language in stopwordsiso.langs()
    }
    best = max(covered.values())
    return tuple(sorted(one for one, share in covered.items() if share >= 0.8 * best))


def topics(
    text: str, *, vocabulary: Vocabulary | None = None, most: int = MOST_TOPICS
) -> list[str]:
    """What a text is about: at most ``most`` phrases that occur in it, the surest first.

    Links and @mentions are never topics. Chatter gives an empty list.

    Args:
        text: any message or post, already masked if it is to be.
        vocabulary: of the archive the text is from; without it common languages are assumed.
        most: the greatest number of topics.
    """
    words = vocabulary or Vocabulary(stop=stop_words(COMMON_LANGUAGES))
    found, rest = _spans(_without_links_and_mentions(text), words)
    ranked = sorted(_plain_words(rest, words), key=lambda scored: -scored[0])
    found.extend(word for _, word in ranked)
    chosen: list[str] = []
    for phrase in found:
        small = phrase.casefold()
        if all(small not in one.casefold() and one.casefold() not in small for one in chosen):
            chosen.append(phrase)
        if len(chosen) >= most:
            break
    return chosen[:most]


def _without_links_and_mentions(text: str) -> str:
    clean = _without_links(text)
    return MENTION.sub(" ", clean) if "@" in clean else clean


def _spans(clean: str, words: Vocabulary) -> tuple[list[str], str]:
    """What is marked by its form (quotes, hashtags, capitals, ideographs), and the text without."""
    found: list[str] = []
    rest = clean
    if QUOTE.search(rest):
        rest = _take(rest, QUOTED, found, _worth_quoting)
    if "#" in rest:
        rest = _take(rest, HASHTAG, found, lambda tag: " ".join(CAMEL.split(tag)).strip())
    if not (rest.islower() if rest.isascii() else CAPITAL.search(rest) is None):
        rest = _take_names(rest, found, words)
    if not rest.isascii():
        rest = _take(rest, IDEOGRAPHS, found, lambda run: run if len(run) <= 8 else "")
    return found, rest


def _take(text: str, pattern: regex.Pattern, found: list[str], name) -> str:
    """Add what a pattern finds, and return the text without it."""

    def keep(match: regex.Match) -> str:
        whole = match.group(1) if match.re.groups else match.group()
        phrase = name(whole)
        if not phrase:
            return match.group()
        found.append(phrase)
        return "\n"

    return pattern.sub(keep, text)


def _worth_quoting(inside: str) -> str:
    """A quoted title, or nothing: a whole sentence in quotes is speech."""
    inside = inside.strip(" .,!?…")
    return inside if 0 < len(inside.split()) <= 5 else ""


def _take_names(text: str, found: list[str], words: Vocabulary) -> str:
    """Add names written with capitals, and return the text without them.

    A single capitalised word that begins a sentence is a name only if the archive also writes it
    so elsewhere, or if it has capitals or digits inside (iPhone, SXSW). Text that is all capitals
    has no names.
    """
    capitals = sum(map(str.isupper, text))
    if capitals > 8:
        letters = sum(map(str.isalpha, text))
        if letters > 12 and capitals > 0.7 * letters:
            return text.lower()
    spans = []
    for match in NAME.finditer(text):
        run = match.group()
        start = match.start()
        before = SENTENCE_START.search(text[max(0, start - 8) : start])
        if before and not _surely_a_name(run.split()[0], words):
            head, _, tail = run.partition(" ")
            start += len(head) + 1
            run = CONNECTORS.sub("", tail)
            start = match.end() - len(run)
        run = _trim(run, words, at_start=start == match.start() and bool(before))
        if run:
            spans.append((start, match.end()))
            found.append(run)
    for start, end in reversed(spans):
        text = text[:start] + "\n" + text[end:]
    return text


def _surely_a_name(word: str, words: Vocabulary) -> bool:
    plain = word.rstrip("'’s")
    odd = any(c.isupper() or c.isdigit() for c in plain[1:])
    return (odd and plain.lower() not in words.stop) or word.lower() in words.names


def _trim(run: str, words: Vocabulary, *, at_start: bool) -> str:
    """A name without stop words at its ends ("I", "Monday", "The") and without 's.

    A longer stop word with a capital in mid-sentence is part of a name ("Chez Paul").
    """
    parts = [part[:-2] if part.endswith(("'s", "’s")) else part for part in run.split()]

    def empty(part: str) -> bool:
        small = part.lower()
        if part[0].isdigit() or _acronym(part) or small not in words.stop:
            return False
        return at_start or len(parts) == 1 or len(small) < 4 or small in CHATTER

    while parts and empty(parts[0]):
        parts = parts[1:]
    while parts and empty(parts[-1]):
        parts = parts[:-1]
    name = " ".join(parts)
    return "" if len(name) < 2 or LAUGHTER.fullmatch(name) else name


def _acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.lower() not in CHATTER and word != "OK"


def _plain_words(text: str, words: Vocabulary) -> list[tuple[float, str]]:
    """Ordinary words that may be topics, with a score: long and rare is better."""
    judged = words.judged
    scored: dict[str, tuple[float, str]] = {}
    after_article = False
    for word in _words_in(text):
        one = judged.get(word)
        if one is None:
            one = judged[word] = _judge(word, words)
        small, shown, score, form, article = one
        if score is not None and small not in scored:
            scored[small] = (score + (3.0 * after_article - form), shown)
        after_article = article
    return list(scored.values())


def _judge(word: str, words: Vocabulary) -> Judged:
    """What can be said about a word wherever it stands."""
    article = word.lower() in DETERMINERS
    none = ("", "", None, 0.0, article)
    if "'" in word or "’" in word:
        word = SHORT_ENDING.sub("", word)
    small = word.lower()
    hangul = False
    if not word.isascii():
        if KANA.search(word):
            return none  # endings and small words; ideographs and katakana were taken before
        hangul = bool(HANGUL.fullmatch(word))
    if hangul:
        word = small = HANGUL_PARTICLE.sub("", word)
    elif len(small) < 4:
        return none
    if small in words.stop or LAUGHTER.fullmatch(small) or DRAWN_OUT.search(small):
        return none
    rarity = 0.0
    if words.documents:
        share = (words.frequency.get(small, 0) + 1) / (words.documents + 1)
        if share > 0.05 and words.documents >= 50:
            return none  # a pet word of this person, not a topic
        rarity = min(-log(share), 6.0)
    length = min(len(small), 12) * (2.5 if hangul and HANGUL.fullmatch(word) else 1.0)
    return small, word, length + rarity, 2.0 * small.endswith(SELDOM_TOPICS), article


def topics_of(
    texts: Sequence[str], vocabulary: Vocabulary | None = None, most: int = MOST_TOPICS
) -> list[list[str]]:
    """Topics of each text; the vocabulary is learnt from the texts if not given."""
    words = vocabulary or learn_vocabulary(texts)
    with paused_collector():
        return [topics(text, vocabulary=words, most=most) for text in texts]


#: Institutions that common nouns name, which an entity extractor is expected to find.
INSTITUTION_WORDS = """
    police army navy government parliament senate congress court university hospital church
    polizei regierung bundestag gericht policía ejército gobierno hospital
    gouvernement parlement mairie polícia governo polizia governo полиция правительство
"""
INSTITUTIONS = frozenset(INSTITUTION_WORDS.split())


def entities(text: str, *, vocabulary: Vocabulary | None = None) -> list[str]:
    """Names in a text, in the order they occur: people, places, organisations, titles.

    Only what is marked by its form (capitals, quotes, hashtags, ideographs), and institutions
    that a common noun names ("the police").
    """
    words = vocabulary or Vocabulary(stop=stop_words(COMMON_LANGUAGES))
    clean = _without_links_and_mentions(text)
    found, rest = _spans(clean, words)
    found.extend(word for word in _words_in(rest) if word.lower() in INSTITUTIONS)
    unique = {phrase.casefold(): phrase for phrase in reversed(found)}
    return sorted(unique.values(), key=lambda phrase: _place(clean, phrase))


def _place(text: str, phrase: str) -> int:
    place = text.find(phrase)
    return place if place >= 0 else text.find(phrase.split()[0])
