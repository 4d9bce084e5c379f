"""Passwords by their own shape: letters with digits or signs beside a device, a service or a
verb such as "log in", and words of which is said how they are spelled ("all lower case").

People pass on passwords without the word: "netflix is still mossyledge44", "the laptop opens
with jalebi@home". Nothing else in a chat looks like that, but user names, product names and
names in programs.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import regex

from core.privacy.finders.passwords import EVERYDAY, no_prose
from core.privacy.finders.vocabulary import Word, words_of
from core.privacy.spans import Span, fold

#: A cheap look for what only a shape below has.
may_hold_a_token = re.compile(
    r"[0-9_&+#$!@=*|^~](?:(?<=[a-z]{3}[0-9])|(?<=[0-9])(?=[a-z]{3})|(?<=[a-z][0-9])(?=[a-z])|(?<=[a-z][-.][0-9])|(?<=[a-z0-9][_&+#$!@=*|^~])(?=[A-Za-z0-9]))"
).search
_TOKEN = regex.compile(
    r"(?<![\p{Latin}\p{Nd}_@#/\\.=&?%:~$+-])[\p{Latin}\p{Nd}](?:[\p{Latin}\p{Nd}_&+#$!@=*|^~.'’-]){4,39}+(?![\p{Latin}\p{Nd}/\\(\[:]|['’]\p{Latin})"
)
_FILE_END = regex.compile(
    r"(?i)\.(?:pdf|docx?|xlsx?|pptx?|jpe?g|png|gif|heic|mp[34]|mov|zip|rar|csv|txt|json|xml|html?|py|js|ts|c|h|cpp|java|sh|exe|apk|md|log|ya?ml|toml|svg|webp|odt|avi|wav|[a-z]{2,4})$"
)
_SIGN = regex.compile(r"[\p{L}\p{Nd}](?P<sign>[_&+#$!@=*|^~])[\p{L}\p{Nd}]")
_YEAR_END = regex.compile(r"(?:19[4-9]|20[0-4])\d$")
_SMALL_RUN = regex.compile(r"\p{Ll}{3}")
#: "mossyledge44": five small letters and three digits, no year.
_ALONE = regex.compile(r"\p{Ll}{5,}(?!(?:19[4-9]|20[0-4])\d$)\d{3,6}|\p{L}\p{Ll}{3,}[!#$&@]\d{3,}")
_WORD_BEFORE = regex.compile(r"(?r)(?P<word>[\p{L}\p{M}]+)['’:.]?[\s:=]*$")
_VALUE_BEFORE = regex.compile(
    r"(?r)(?<![\p{L}\p{N}@#])(?P<value>[\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}][\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}_.&+!-]{3,30})[\"”»']?\s?[,(–—;:-]?\s?\(?(?:(?:all|alles|tout|todo|tudo|tutto|tot|vse|sve|všechno|wszystko|csupa|все|всё|alt|semua|hepsi|in|en|em|i|с|z|s|mit|con|com|avec|med|cu)\s)?$"
)
#: Words for small letters that mean nothing else.
_CLEAR_SPELLING = regex.compile(r"lowerc|minus|малень|kisbet|kleinge|小|大|ตัว|소문자|gemener")
_SENTENCE = regex.compile(r"[.!?؟。！？]\s|\n")
_BEFORE_CODE = tuple("([<{`„“\"'«‘")
_LATIN = regex.compile(r"\p{Latin}")
_LONG_WORD = regex.compile(r"(?<![\p{L}\p{N}@#./_-])[a-z]{7,24}(?![\p{Latin}\p{N}@/_:-])")
#: Scripts and letters (of Vietnamese) beside which a long word of plain letters is a stranger.
_OTHER_SCRIPT = regex.compile(
    r"[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}\p{Thai}\p{Arabic}\p{Hebrew}\p{Devanagari}\p{Bengali}\p{Tamil}\p{Cyrillic}\p{Greek}ơưạảấầẩậắằặẹẻẽếềểệịỉọỏốồổộớờởợụủứừửựỳỷỹ]"
)


@functools.cache
def _access() -> regex.Pattern[str]:
    return _pattern("services", "openers", "openers_unspaced", "typing")


def _pattern(*names: str) -> regex.Pattern[str]:
    """One pattern for whole words of the Latin script, beginnings and words of other scripts."""
    whole, begin, anywhere = set(), set(), set()
    for name in names:
        for entry in words_of(name):
            word = regex.escape(entry.strip("*")).replace("_", "[ -]?")
            if not _LATIN.match(entry):
                anywhere.add(word)
            elif entry.endswith("*"):
                begin.add(word)
            else:
                whole.add(word)
    parts = [
        rf"(?<!\p{{L}})(?:{'|'.join(sorted(begin))})",
        rf"(?<![\p{{L}}])(?:{'|'.join(sorted(whole))})(?![\p{{L}}])",
        "|".join(sorted(anywhere)),
    ]
    return regex.compile("|".join(part for part in parts if part))


def tokens_in(text: str, folded: str, nouns: Sequence[Word]) -> list[Span]:
    """Runs of letters with digits or signs that open something."""
    spans = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        while (
            end > start
            and text[end - 1] in ".,;:'’-+*=&_!~"
            and not (text[end - 1] == "!" and any(c.isdigit() for c in text[start:end]))
        ):
            end -= 1
        token = text[start:end]
        if not _is_token(token) or ("_" in token and text[start - 1 : start] in _BEFORE_CODE):
            continue
        before = _WORD_BEFORE.search(folded, max(0, start - 30), start)
        if before is not None and before["word"] in words_of("logins"):
            continue
        if _is_near(folded, start, end, nouns):
            spans.append(Span(start, end, "secret", "looks like a password"))
        elif _ALONE.fullmatch(token):
            spans.append(Span(start, end, "secret", "looks like a password", sure=False))
    return spans


def spelled(text: str, folded: str, words: Sequence[Word], nouns: Sequence[Word]) -> list[Span]:
    """The word before "all lower case", where a device or a service is spoken of."""
    spans = []
    for word in words:
        if word.kind != "spelling":
            continue
        match = _VALUE_BEFORE.search(text, max(0, word.start - 60), word.start)
        if match is None:
            continue
        phrase = folded[word.start : word.end]
        if (
            " " not in phrase
            and text[match.end("value")] in " "
            and match[0][-1] not in ",(–—;:-"
            and not _CLEAR_SPELLING.match(phrase)
            and not regex.search(r"[,(–—;:-]", text[match.end("value") : word.start])
        ):
            continue
        start, end = match.span("value")
        value = fold(match["value"]).strip(".,!-")
        if value in no_prose() or _access().fullmatch(value):
            continue
        if _is_near(folded, start, end, nouns):
            spans.append(Span(start, end, "secret", "word that is spelled out"))
    return spans


def after_openers(text: str, folded: str, nouns: Sequence[Word]) -> list[Span]:
    """A long Latin word right behind "opens" or "unlocks" where nobody writes such words."""
    spans = []
    other_script = _OTHER_SCRIPT.search(text) is not None
    for match in _LONG_WORD.finditer(text):
        start, end = match.span()
        if match[0] in no_prose() or _access().search(match[0]):
            continue
        near = any(
            n.kind == "opener" and (0 <= start - n.end < 16 or 0 <= n.start - end < 9)
            for n in nouns
        )
        if near and (other_script or len(match[0]) > 9):
            spans.append(Span(start, end, "secret", "looks like a password", sure=other_script))
    return spans


def _is_near(folded: str, start: int, end: int, nouns: Sequence[Word]) -> bool:
    if any(-90 < n.end - start <= 0 or 0 <= n.start - end < 50 for n in nouns):
        return True
    low, high = max(0, start - 90), min(len(folded), end + 50)
    for match in _access().finditer(folded, low, start):
        if len(_SENTENCE.findall(folded[match.end() : start])) < 2:
            return True
    found = _access().search(folded, end, high)
    return found is not None and not _SENTENCE.search(folded, end, found.start())


@functools.cache
def _stems() -> frozenset[str]:
    return words_of("product_stems")


def _is_token(token: str) -> bool:
    letters = [c for c in token if c.isalpha()]
    digits = sum(c.isdigit() for c in token)
    if len(token) < 6 or len(letters) < 4 or not _SMALL_RUN.search(token):
        return False
    if EVERYDAY.fullmatch(token) or token.count(".") > 2:
        return False
    sign = _SIGN.search(token)
    if "@" in token and "." in token.partition("@")[2]:
        return False
    stem = regex.split(r"[\d._+&-]", fold(token), maxsplit=1)[0]
    if not digits:
        return sign is not None and sign["sign"] not in "=|^" and not _is_code(token, stem)
    if _FILE_END.search(token):
        return False
    if stem in _stems() or (not sign and _YEAR_END.search(token) and token[0].isupper()):
        return False
    if sign:
        return True
    if "-" in token:
        # "covid-19", "10-year-old": two words and digits, or four digits.
        return bool(
            regex.fullmatch(
                r"\p{L}{3,}-\p{L}{3,}-\d{1,4}!?|\p{L}{3,}-\d{4}|\p{L}+\d+-\p{L}+\d+", token
            )
        )
    if "." in token:
        return bool(regex.fullmatch(r"\p{L}{3,}\.(?:\p{L}+\.)?(?:\p{L}*\d{1,4})!?", token))
    if "'" in token or "’" in token:
        return False
    return bool(regex.match(r"\p{L}{4}|\p{L}+\d\p{L}{2,}", token))


def _is_code(token: str, stem: str) -> bool:
    """ "MAX_SIZE", "user_id", "file.name_end": names in programs and files."""
    return (
        token.isupper()
        or stem in _stems()
        or _FILE_END.search(token) is not None
        or (len(token) < 8 and "_" in token)
    )
