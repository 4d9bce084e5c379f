"""Names in scripts without capitals whose words are parted by spaces, and in Thai.

Listed names count with what the language glues to them cut off: Arabic and Hebrew prepositions,
Indian and Georgian case endings. A word that no list has counts beside a title or an honorific.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import regex

from core.privacy.common_words import kin_words, word_list
from core.privacy.finders.indian_names import is_indian, is_indian_name
from core.privacy.inflections import case_lengths, prefix_lengths
from core.privacy.name_lists import NameLists, name_lists
from core.privacy.spans import Span, fold, span_of

UNCASED = regex.compile(
    r"[\p{Arabic}\p{Hebrew}\p{Devanagari}\p{Bengali}\p{Tamil}\p{Thai}\p{Georgian}\p{Gujarati}\p{Sinhala}\p{Oriya}"
    r"\p{Telugu}\p{Gurmukhi}\p{Malayalam}\p{Kannada}\p{Ethiopic}]"
)
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\u200c]*(?:['’׳״\"]\p{L}[\p{L}\p{M}]*)*")
#: Letters that Arabic and Persian write in two ways.
_SAME = str.maketrans("ةىیکہۀ", "هييكهه")
#: Letters that only join or stretch.
_JOINERS = str.maketrans("", "", "\u0640\u200c")
#: "And" between two names, glued to the second one in Hebrew and Arabic.
_AND = frozenset(
    {"ו", "و", "और", "व", "আর", "এবং", "ও", "மற்றும்", "และ", "กับ", "და", "ਤੇ", "ਅਤੇ", "અને", "మరియు", "ಮತ್ತು", "እና", "اور"}
)  # fmt: skip
#: "Abd" and what it is servant of are one name; "umm" and "abu" with a child's name are one.
_SERVANTS = frozenset(map(fold, ("عبد", "عبدال")))
_PARENTS = frozenset(map(fold, ("أم", "ام", "أبو", "ابو", "أبي", "بو")))
#: Arabic "of X" and Persian endings of family names.
_SURNAME_FORM = regex.compile(
    r"ال\p{Arabic}{2,8}[يى]|\p{Arabic}{2,8}(?:زاده|پور|نژاد|نيا|نیا|فر|يان|یان)"
)
_THAI = regex.compile(r"\p{Thai}+")
_THAI_NAMES = regex.compile(r"[\p{Thai}]{4,}")
_THAI_NO_NAMES = tuple(word_list("thai_after") | word_list("thai_no_names"))
_THAI_TITLED = regex.compile(
    rf"(?<![หท])(?:{'|'.join(sorted(word_list('thai_titles'), key=len, reverse=True))})"
    rf"(?P<name>\p{{Thai}}{{2,10}}?)(?={'|'.join(sorted(word_list('thai_after'), key=len, reverse=True))}|\P{{Thai}}|$)"
)
#: "Name: X", "surname X".
_THAI_CALLED = regex.compile(
    r"(?:ชื่อ|นามสกุล)[ :]?(?!อะไร|ว่า|ร้าน|เล่น|เพลง|เรื่อง|หนัง|เดียว|เสียง|ไฟล์|บัญชี|ผู้|คน|จริง|ใคร|นี้|นั้น)(?P<name>\p{Thai}{2,20}(?: \p{Thai}{3,20})?)(?= |$|[,.])"
)
_THAI_ENDS = regex.compile(r" (?:นะ|ครับ|ค่ะ|คะ|จ้า|มา|ไป|ที่|เป็น|อยู่|โทร|แล้ว|เบอร์)\p{Thai}*$")
#: Verbs and words for trades, which no list of names has: "come!", "the milkman".
_NO_FORM = regex.compile(
    r"^[بهح][يت]\p{Arabic}{3}|^می|\p{Devanagari}(?:ओ|ो|ाओ|ाइए|िए|ल्या|वाला|वाले|वाली|वाल्या|दार|कर|मास्टर)$|কার$|ওয়ালা|வால|கார|காரர்|వాళ్ళ|వాలా|વાળા|ਵਾਲਾ|ਵਾਲੇ|ವಾಲ"
)
#: Where a clause begins, so that the word there is no verb in front of a form of address.
_CLAUSE = regex.compile(r"(?:^|[,،.!?।:\n(–—-])\s*$")
_GEORGIAN = [
    "მა",
    "მ",
    "ის",
    "ს",
    "ით",
    "თან",
    "ზე",
    "სთვის",
    "თვის",
    "სგან",
    "გან",
    "მაც",
    "ც",
    "ო",
    "იც",
]
_ETHIOPIC = "የለከበስ"


def _normal(word: str) -> str:
    word = word.translate(_SAME)
    return word if word.isalpha() and "\u0640" not in word else word.translate(_JOINERS)


@functools.cache
def _given() -> frozenset[str]:
    """Given names as the look-up wants them: one spelling in Arabic letters."""
    return frozenset(_normal(name) for name in name_lists().first if not name.isascii())


@functools.cache
def _family() -> frozenset[str]:
    return frozenset(_normal(name) for name in name_lists().last if not name.isascii())


def _lists(*names: str) -> frozenset[str]:
    return frozenset(_normal(word) for name in names for word in word_list(name))


_TITLES = _lists("uncased_titles")
_WEAK_TITLES = _lists("uncased_weak_titles")
_AFTER = _lists("uncased_after")
_HONORIFICS = _lists("uncased_honorifics")
_NO_NAMES = _lists("uncased_no_names")
_NAMING = _lists("uncased_naming")
_CASES = _lists("uncased_cases")
_TIED_HONORIFICS = tuple(word_list("uncased_tied_honorifics"))


@dataclass(frozen=True)
class Uncased:
    """What is known of this archive's words; ``known`` remembers what was said of each."""

    doubtful: frozenset[str]
    stops: frozenset[str]
    known: dict[str, _Word] = field(default_factory=dict)

    @classmethod
    def of(cls, doubtful: frozenset[str], stops: frozenset[str]) -> Uncased:
        """The rules for an archive with these doubtful names and stop words."""
        return cls(
            frozenset(_normal(w) for w in doubtful if not w.isascii()),
            frozenset(_normal(w) for w in stops if not w.isascii()),
        )


@dataclass(frozen=True)
class _Word:
    """``start`` and ``end`` cut the name out of a word, if ``listed`` or ``tied``; ``honorific``
    and ``title`` say what else it is."""

    key: str
    start: int
    end: int
    listed: bool
    sure: bool
    title: bool
    weak_title: bool
    honorific: int
    tied: bool


def _judge(written: str, rules: Uncased) -> _Word:
    plain = fold(written).translate(_SAME)  # as long as the word itself
    key = plain.translate(_JOINERS)
    title = key in _TITLES or any(key[n:] in _TITLES for n in prefix_lengths(key))
    weak = key in _WEAK_TITLES or any(key[n:] in _WEAK_TITLES for n in prefix_lengths(key))
    honorific = _honorific(key)
    start, end, listed, sure, tied = 0, len(written), False, False, False
    usable = len(key) > 2 and key not in rules.stops and not honorific and not weak
    if usable:
        for cut, stop in _cuts(plain):
            base = plain[cut:stop].translate(_JOINERS)
            if base in _given() and base not in rules.stops and len(base) > 1:
                short = stop - cut < 4 and (cut > 0 or stop < len(key)) and key[0] < "\u0700"
                start, end, listed = cut, stop, True
                sure = not short and base not in rules.doubtful and key not in rules.doubtful
                break
        if not listed and is_indian(key):
            for _, stop in _cuts(plain):
                if plain[:stop] not in rules.doubtful and is_indian_name(plain[:stop]):
                    end, listed, sure = stop, True, True
                    break
            tied = any(key.endswith(one) and len(key) > len(one) + 2 for one in _TIED_HONORIFICS)
            tied = tied and key not in _NO_NAMES
    return _Word(key, start, end, listed, sure, title, weak, honorific, tied)


def _cuts(key: str) -> list[tuple[int, int]]:
    """Where the name may begin and end in a word; the whole word first."""
    cuts = [(0, len(key))]
    code = ord(key[0])
    if code < 0x700:
        cuts += [(n, len(key)) for n in prefix_lengths(key)]
    elif is_indian(key):
        cuts += [(0, len(key) - n) for n in case_lengths(key)]
    elif 0x10A0 <= code < 0x1100:
        cuts += [(0, len(key) - len(e)) for e in _GEORGIAN if key.endswith(e)]
        cuts = [c for c in cuts if c[1] > 3]
    elif 0x1200 <= code < 0x1380:
        first = [0, 1] if key[0] in _ETHIOPIC else [0]
        last = [len(key), len(key) - 1] if key[-1] in "ንምና" else [len(key)]
        cuts = [(a, b) for a in first for b in last if b - a > 1]
    return cuts


def _honorific(key: str) -> int:
    """2 for an honorific with a case ending, 1 for one without, 0 for another word."""
    if key in _HONORIFICS:
        return 1
    return 2 if any(key[:-n] in _HONORIFICS for n in case_lengths(key, least=1)) else 0


def find_uncased(text: str, names: NameLists, rules: Uncased) -> list[Span]:
    """Given names of the lists as whole words, and words beside titles and honorifics."""
    words = list(_WORD.finditer(text))
    judged = []
    for match in words:
        written = match.group()
        known = rules.known.get(written)
        if known is None:
            known = rules.known[written] = _judge(written, rules)
        judged.append(known)
    spans: list[Span] = []
    for index, match in enumerate(words):
        word = judged[index]
        close = index > 0 and match.start() - words[index - 1].end() <= 2
        before = judged[index - 1] if close else None
        rule, sure, start, end = "", word.sure, match.start() + word.start, match.start() + word.end
        if before and before.title and _may_be_named(word, rules):
            rule, sure, start = "name after a title", True, match.start()
            end = match.end() if not word.listed else end
        elif word.listed:
            rule = "given name"
            cue = before is not None and (before.weak_title or before.key in _NAMING)
            sure = sure or cue or _goes_on(text, words, judged, index)
        elif word.tied:
            rule, sure = "name with an honorific", True
        elif _is_addressed(text, words, judged, index, rules):
            rule, sure, end = "name before an honorific", True, match.end()
        if rule and UNCASED.match(match.group()):
            spans.append(Span(start, end, "name", rule, sure))
    if spans:
        spans = _whole_names(text, words, judged, spans, rules)
    if _THAI.search(text):
        spans += _thai(text, names)
    return _with_and(text, spans)


def _may_be_named(word: _Word, rules: Uncased) -> bool:
    if word.title or word.weak_title or word.honorific or len(word.key) < 2:
        return False
    key = word.key
    if key in rules.stops or key in _NO_NAMES or key in _AFTER or key in kin_words():
        return False
    return word.listed or _NO_FORM.search(key) is None


def _is_addressed(
    text: str,
    words: Sequence[regex.Match[str]],
    judged: Sequence[_Word],
    index: int,
    rules: Uncased,
) -> bool:
    """Whether an honorific after an unlisted word says that it is a name: "X madam's parcel".

    A verb stands before one too ("come, sir"), so the honorific must have a case, or the word
    begin a clause that goes on.
    """
    word = judged[index]
    if not is_indian(word.key) or index + 1 >= len(words) or not _may_be_named(word, rules):
        return False
    following = judged[index + 1]
    gap = text[words[index].end() : words[index + 1].start()]
    if not following.honorific or gap.strip(" "):
        return False
    end = words[index + 1].end()
    if word.key in _family() and len(word.key) > 2:
        return True
    after = judged[index + 2] if index + 2 < len(words) else None
    if after is not None and text[end : words[index + 2].start()] != " ":
        after = None
    if following.honorific == 2 or (after is not None and after.key in _CASES):
        return True
    begins = _CLAUSE.search(text, max(0, words[index].start() - 4), words[index].start())
    return begins is not None and after is not None


def _goes_on(
    text: str, words: Sequence[regex.Match[str]], judged: Sequence[_Word], index: int
) -> bool:
    """Whether what people do, or an honorific, follows a word."""
    if index + 1 >= len(judged):
        return False
    if text[words[index].end() : words[index + 1].start()] != " ":
        return False
    return judged[index + 1].honorific > 0 or judged[index + 1].key in _AFTER


def _whole_names(
    text: str,
    words: Sequence[regex.Match[str]],
    judged: Sequence[_Word],
    spans: list[Span],
    rules: Uncased,
) -> list[Span]:
    """Sure names with the surname behind them, and with "abu" or "umm" before them."""
    places: Mapping[int, int] = {match.end(): index for index, match in enumerate(words)}
    whole: list[Span] = []
    for span in spans:
        if whole and span.end <= whole[-1].end:
            continue
        index = places.get(span.end)
        if index is None or not span.sure:
            whole.append(span)
            continue
        before = words[index - 1] if index else None
        if before is not None and judged[index - 1].key in _PARENTS:
            whole.append(span._replace(start=before.start()))
            continue
        end = span.end
        following = index + 1
        while following < len(words) and text[end : words[following].start()] == " ":
            word = judged[following]
            servant = judged[following - 1].key in _SERVANTS
            stop = word.key in rules.stops or word.key in _AFTER or word.honorific
            if not servant and (stop or not _is_surname(word.key, rules)):
                break
            end = words[following].end()
            following += 1
        whole.append(span._replace(end=end))
    return whole


def _is_surname(key: str, rules: Uncased) -> bool:
    if len(key) < 3:
        return False
    if key in _family() or _SURNAME_FORM.fullmatch(key) is not None:
        return True
    # Persian and Arabic family names out of given ones: "Reza", "Rezai".
    stems = (key[:-1], key[:-2]) if len(key) > 4 and key[-1] == "ي" else ()
    return any(stem in _given() and stem not in rules.doubtful for stem in stems)


def _thai(text: str, names: NameLists) -> list[Span]:
    """Names after a title, and listed ones anywhere: Thai does not part words."""
    spans = [
        span_of(match, "name", "name after a title", group="name")
        for match in _THAI_TITLED.finditer(text)
        if match["name"] in names.first or not match["name"].startswith(_THAI_NO_NAMES)
    ]
    for match in _THAI_CALLED.finditer(text):
        start = match.start("name")
        end = start + len(_THAI_ENDS.sub("", match["name"]))
        spans.append(Span(start, end, "name", "name after a word for name"))
    for run in _THAI_NAMES.finditer(text):
        found = run.group()
        position = 0
        while position < len(found) - 3:
            for length in range(min(12, len(found) - position), 3, -1):
                if found[position : position + length] in names.first:
                    start = run.start() + position
                    spans.append(Span(start, start + length, "name", "given name"))
                    position += length - 1
                    break
            position += 1
    return spans


def _with_and(text: str, spans: list[Span]) -> list[Span]:
    """Two names of the lists with "and" between them are names, however ordinary each is."""
    tied = [
        (a, b)
        for a, b in itertools.pairwise(sorted(spans))
        if text[a.end : b.start].strip(" ") in _AND
    ]
    sure = {span for pair in tied for span in pair}
    return [span._replace(sure=True) if span in sure else span for span in spans]
