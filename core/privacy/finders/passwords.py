"""The reading word by word: what stands behind a word for a password, where any word may be one."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import regex

from core.privacy.common_words import STOP_WORD_LANGUAGES, stop_words
from core.privacy.finders.vocabulary import Word, words_of
from core.privacy.spans import Span, fold, span_of

#: Numbers with letters that everybody uses: "10th", "5pm", "48km", "A4", "4K", "MP3", "802.11ac".
EVERYDAY = regex.compile(
    r"(?i)\p{Nd}{1,3}(?-i:[eaoxksmhvlgpdcyгмчийя])|\p{Nd}{1,2}h\p{Nd}{2}|\p{Nd}{1,5}(?:st|nd|rd|th|er|min|am|pm|km|kg|cm|mm|ml|cl|gb|mb|kb|tb|mhz|ghz|hz|fps|px|mah|"
    r"kwh?|w|ish|yo|mg|in|ft|lbs?|oz|mph|kmh|mbit|gbit|mbps|gbps|eur|usd|en|te|de|mal|fach|uhr|ste|ers|é|ème|nd|fp|tl|zł|kč|ft|kr|км|кг|мин|го)"
    r"|\p{L}{1,2}\p{Nd}|mp[34]|h26[45]|(?:iphone|windows|win|python|ps|rtx|gtx|covid|usb|wpa|http|utf|ipv|sha|md|v)-?\p{Nd}+\w*|20\p{Nd}{2}er"
)
YEAR = regex.compile(r"19[3-9]\p{Nd}|20[0-4]\p{Nd}")
CLAUSE_END = regex.compile(
    r"\s*(?:$|[^\p{L}\p{N}\s(]|\n)|です|だ|で(?!す?\p{Nd})|に|が|は|を|입니다|이에요|예요|이야|야|임|로|에|นะ|ครับ|ค่ะ|吧|哦|啊|呢|，"
)
NEXT_WORD = regex.compile(r"\s+(?P<word>[\p{L}\p{M}\u200c]+)")
LETTERS = regex.compile(r"[\p{L}\p{M}\u200c]+")
_WORD_BEFORE = regex.compile(r"[\p{L}\p{M}]{4}|[.!?\n]|\p{L} \p{L}+ ")
#: "the wifi password? it's X": an answer to the question follows.
_ANSWERED = regex.compile(
    r"\s*(?:it['’]?s|its|c['’]est|es|ist|das ist|è|é|to|det är|on|je|это|הוא|היא|هو|هي|yeah,?|yes,?|ja,?|sí,?|oui,?|sim,?)(?!\p{L})|\s*[\"“«:→-]"
)
_TRIM = ".,;:)]}\"'’”»、。，!"
_TIME = regex.compile(
    r"\d{1,4}(?:[:.]\d\d)?(?:am|pm|h|st|nd|rd|th|x|k|s|min|uhr|er|e|º)?|\d{1,2}[:.h]\d\d"
)
_PIECE = regex.compile(
    r"[\"“”„«'‘`「『\[](?P<quoted>[^\"“”„«»'‘’`\n」』\]]{3,60})[\"“”»'’`」』\]]"
    r"|[\p{Han}\p{Hiragana}\p{Katakana}]+|[\p{Hangul}]+|\p{Thai}+"
    r"|[^\s\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\"“”«»「」『』]+"
)
_LINK_PIECE = regex.compile(r"[:：=]+|-?>|→|⇒|[-–—]|👉🏻?|➡️?|👇")
_WALK = 90


@functools.cache
def no_prose() -> frozenset[str]:
    """Words that are never a password: stop words of every language and the list's."""
    return stop_words(STOP_WORD_LANGUAGES) | words_of("no_passwords") | words_of("counted")


def password_after(
    text: str, folded: str, noun: Word, nouns: Sequence[Word], stop: int
) -> list[Span]:
    """The first thing that may be a password within the eight words after ``noun``.

    Letters with digits or signs are enough; a plain word or number must come first or follow
    a linking word or a colon. After "pass" alone no plain word counts.
    """
    start = noun.end
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    rest = regex.sub(r"[^\p{L}\p{N}]+", "", text[start:line_end])
    fresh_line = not rest and line_end < len(text)
    if fresh_line:
        start = line_end + 1
        line_end = text.find("\n", start)
        line_end = len(text) if line_end < 0 else line_end
    end = min(start + _WALK, line_end, max(stop, start))
    weak = folded[noun.start : noun.end] == "pass" and not any(
        n.kind == "network" and abs(n.start - noun.end) < 8 for n in nouns
    )
    foreign_word = text[noun.end - 1] > "\u036f"
    named_network = any(n.kind in ("network", "login") and n.end <= start for n in nouns)
    # "a jelszó palacsinta", "пароль пельмени": many languages have no word for "is" here.
    short = len(text) < 40 and not _WORD_BEFORE.search(folded, 0, noun.start)
    pieces = list(_PIECE.finditer(text, start, end))[:14]
    linked, colon, count = fresh_line, fresh_line, 0
    for index, match in enumerate(pieces):
        piece = match.group()
        if match["quoted"]:
            quoted = fold(match["quoted"])
            if (
                count > 4
                or not quoted[0].isalnum()
                or quoted in no_prose()
                or not LETTERS.search(quoted + "a")
            ):
                return []
            return [span_of(match, "secret", "password beside a keyword", group="quoted")]
        bare = fold(piece).strip("?!.,;:*_~()’'")
        if piece.endswith(("?", "？")) and count == 0:
            weak = weak or _ANSWERED.match(folded, match.end()) is None
            continue
        if any(n.start <= match.start() < n.end for n in nouns):
            linked = linked or piece[-1] in ":："
            continue
        if bare in words_of("articles") and piece.lower() not in ("là", "é", "é:"):
            continue
        if _LINK_PIECE.fullmatch(piece) or bare in words_of("copulas") or not bare:
            linked = linked or piece not in "-–—!,.;"
            colon = colon or piece[-1] in ":：=>→👉⇒"
            if bare and piece[-1] in ":：":
                colon = True
            continue
        if regex.fullmatch(r"(?:c|d|l|qu|s|dell|è)['’].*", piece.lower()) and (
            bare.replace("’", "'").partition("'")[2] in words_of("copulas")
        ):
            linked = True
            continue
        if piece in words_of("subject_particles"):
            linked = True
            continue
        # "wifi=Abc1" and "pass:Abc1" hold the link and the value in one piece.
        begin = match.start() + len(piece) - len(piece.lstrip(":：=(>,→"))
        finish = match.end()
        while (
            finish > begin
            and text[finish - 1] in _TRIM
            and not _is_end_of_value(text, begin, finish)
        ):
            finish -= 1
        value = text[begin:finish]
        glued = piece[0] in ":：="
        clause_over = text[match.end() - 1] in ".!?;,؟" or match.end() >= line_end
        following = pieces[index + 1].group() if index + 1 < len(pieces) else ""
        if _is_strong(value) and not _named(value, nouns, match.start()):
            return [Span(begin, finish, "secret", "password beside a keyword")]
        if bare in words_of("fillers"):
            linked = linked or piece[-1] in ":：=,"
            count += 1
            continue
        digits = value.isdigit() and len(value) > 3
        if digits and (count == 0 or linked) and not _is_year(value, linked):
            return [Span(begin, finish, "secret", "password beside a keyword")]
        foreign = count < 3 and foreign_word and value[:1].isascii() and len(value) > 3
        # "the password is hopefully banana7": what looks like a password comes before a word.
        better = not clause_over and _is_strong(following.rstrip(_TRIM))
        word = (linked or glued) and count < 5 and not (weak and not glued and not colon)
        login = named_network and count == 0 and clause_over and not weak
        if (
            (word or foreign or login)
            and not better
            and _may_be_a_word(value)
            and (colon or glued or foreign or _ends_there(text, folded, match.end(), line_end))
        ):
            return [Span(begin, finish, "secret", "password beside a keyword")]
        if short and count == 0 and not weak and match.end() >= line_end and _may_be_a_word(value):
            return [Span(begin, finish, "secret", "may be a password", sure=False)]
        count += 1
        # A new clause begins: no plain word after it is the password.
        if count > 7 or text[match.end() - 1] in ".!?;":
            return []
        weak = weak or (count > 1 and text[match.end() - 1] == ",")
        linked = colon = text[match.end() - 1] in ":：="
    return []


def _is_year(value: str, linked: bool) -> bool:
    return not linked and YEAR.fullmatch(value) is not None


def _named(value: str, nouns: Sequence[Word], start: int) -> bool:
    return any(n.start <= start < n.end for n in nouns) or "://" in value


def _is_end_of_value(text: str, begin: int, finish: int) -> bool:
    """An exclamation mark at the end of letters and digits belongs to the password."""
    return text[finish - 1] == "!" and any(c.isdigit() for c in text[begin:finish])


def _ends_there(text: str, folded: str, end: int, line_end: int) -> bool:
    """Whether nothing or a stop word follows a plain word: no noun that it describes."""
    if end >= line_end or text[end - 1] in ".,;!)":
        return True
    if CLAUSE_END.match(folded, end):
        return True
    word = NEXT_WORD.match(folded, end)
    return word is not None and word["word"] in no_prose()


def _is_strong(value: str) -> bool:
    """Letters with digits or signs inside: nobody writes this as prose."""
    if len(value) < 4 or value.startswith(("http", "@", "www.")) or _TIME.fullmatch(value.lower()):
        return False
    if EVERYDAY.fullmatch(value) or any(c in "<>(){}" for c in value) or value[0] == "%":
        return False
    if value[-1] == "=":
        return False
    letters = any(c.isalpha() for c in value)
    digits = any(c.isdigit() for c in value)
    inner = value.strip("!?.,:;'\"()*_~-")
    odd = any(c in "!#$%&*+=?^~|@€£§_" for c in inner)
    return (letters and digits) or (odd and (letters or digits) and len(inner) > 3)


def _may_be_a_word(value: str) -> bool:
    inner = fold(value.strip("!?.,:;'\"()*_~`[]"))
    if len(inner) < 3 or value[-1] in "?(=" or "(" in value or "://" in value:
        return False
    return inner not in no_prose() and inner not in words_of("leads")
