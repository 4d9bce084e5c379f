"""Names in scripts without capitals: Arabic to Thai by word, Chinese, Japanese, Korean by run."""

from __future__ import annotations

import itertools

import regex

from core.privacy.common_words import word_list
from core.privacy.inflections import prefix_lengths
from core.privacy.name_lists import NameLists
from core.privacy.spans import Span, fold, span_of

UNCASED = regex.compile(
    r"[\p{Arabic}\p{Hebrew}\p{Devanagari}\p{Bengali}\p{Tamil}\p{Thai}\p{Georgian}\p{Gujarati}\p{Sinhala}\p{Oriya}]"
)
CJK = regex.compile(r"[\p{Han}\p{Hangul}\p{Katakana}\p{Hiragana}]")

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:['’׳״]\p{L}[\p{L}\p{M}]*)*")
#: "And" between two names, glued to the second one in Hebrew and Arabic.
_UNCASED_AND = frozenset({"ו", "و", "और", "व", "এবং", "আর", "மற்றும்", "และ", "กับ", "და"})
_JAPANESE = regex.compile(
    r"(?P<name>(?:[\p{Han}々]{1,6}|[\p{Katakana}ー]{2,10}|\p{Hiragana}{2,5}))"
    r"(?=さん|サン|くん|君|ちゃん|チャン|様|さま|先生|先輩|部長|課長|社長|氏)"
)
_CHINESE = regex.compile(
    r"(?P<name>\p{Han}{1,3})(?=先生|小姐|女士|太太|老师|老師|医生|醫生|师傅|師傅|阿姨|叔叔|总监|经理|教授|同学|"
    r"主任|大哥|大姐|奶奶|爷爷|总|哥|姐)"
)
_CHINESE_FAMILIAR = regex.compile(
    r"(?<!\p{Han})(?:小|老|阿)(?P<name>\p{Han})(?=说|在|来|去|也|和|跟|给|要|的|,|，|。|!|！|\s|$)"
)
_KOREAN_TITLED = regex.compile(
    r"(?<!\p{Hangul})(?P<name>\p{Hangul}{2,4}?)(?=\s?(?:씨|님|군|양|선생님|쌤|선배|언니|오빠|형|누나|이모|삼촌|과장|부장|대리|"
    r"팀장|사장|교수|원장|할머니|할아버지|아저씨|아줌마)(?:은|는|이|가|을|를|도|한테|께|랑|이랑|의|께서|네|만)?(?!\p{Hangul}))"
)
_HANGUL_WORD = regex.compile(r"(?<!\p{Hangul})\p{Hangul}{2,7}")
_HAN_RUN = regex.compile(r"[\p{Han}々]{2,}")
_HAN = regex.compile(r"\p{Han}")
_HIRAGANA = regex.compile(r"\p{Hiragana}")
_PRONOUNS = frozenset("我你他她它您咱谁那这哪各每某两几的了是在有不也都就和与或很太真")
_KOREAN_SURNAMES = frozenset(
    "김이박정최조강윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석"
    "선설마길연위표명기반라왕금옥육인맹제모"
)
_KOREAN_ENDINGS = word_list("korean_particles")
_JAPANESE_SURNAMES = word_list("japanese_surnames")
_JAPANESE_NO_NAMES = word_list("japanese_no_names")
_KANA_NAMES = word_list("japanese_kana_names")


def find_uncased(
    text: str, names: NameLists, doubtful: frozenset[str], stops: frozenset[str]
) -> list[Span]:
    """Given names of the lists as whole words, with a glued preposition or article cut off."""
    spans: list[Span] = []
    for match in _WORD.finditer(text):
        if not UNCASED.match(match.group()):
            continue
        start = match.start()
        word = fold(match.group())
        short = False
        if word not in names.first:
            cut = next((n for n in prefix_lengths(word) if word[n:] in names.first), 0)
            if not cut:
                continue
            start += cut
            word = word[cut:]
            short = len(word) < 4 and len(names.first[word]) < 2
        if len(word) < 3 or word in stops:
            continue
        spans.append(
            Span(start, match.end(), "name", "given name", not short and word not in doubtful)
        )
    return _tied(text, spans)


def _tied(text: str, spans: list[Span]) -> list[Span]:
    """Two names of the lists with "and" between them are names, however ordinary each is."""
    tied = [
        (a, b)
        for a, b in itertools.pairwise(spans)
        if text[a.end : b.start].strip(" ") in _UNCASED_AND
    ]
    sure = {span for pair in tied for span in pair}
    return [span._replace(sure=True) if span in sure else span for span in spans]


def find_cjk(
    text: str, names: NameLists, doubtful: frozenset[str], stops: frozenset[str], japanese: bool
) -> list[Span]:
    """Names before honorifics and titles, and surname with given name from the lists."""
    spans = []
    if japanese:
        spans += [
            span_of(match, "name", "name before an honorific", group="name")
            for match in _JAPANESE.finditer(text)
            if _is_japanese_name(match["name"])
        ]
    else:
        for match in _CHINESE.finditer(text):
            found = match["name"]
            starts = [
                match.start() + i
                for i, c in enumerate(found)
                if c in names.last
                and c not in _PRONOUNS
                and (i + 1 == len(found) or found[i + 1 :] in names.first)
            ]
            if starts:
                spans.append(Span(starts[0], match.end("name"), "name", "name before a title"))
        spans += [
            span_of(match, "name", "familiar form of a name", sure=False)
            for match in _CHINESE_FAMILIAR.finditer(text)
            if match["name"] in names.last
        ]
    for run in _HAN_RUN.finditer(text):
        spans += _in_han_run(run.group(), run.start(), names, stops, japanese)
    return spans + _korean(text, names, doubtful, stops)


def _is_japanese_name(name: str) -> bool:
    if name in _JAPANESE_NO_NAMES:
        return False
    return not _HIRAGANA.match(name) or name in _KANA_NAMES


def _in_han_run(
    run: str, offset: int, names: NameLists, stops: frozenset[str], japanese: bool
) -> list[Span]:
    spans = []
    position = 0
    while position < len(run) - 1:
        for length in (5, 4, 3, 2):
            piece = run[position : position + length]
            if len(piece) == length and _is_han_name(piece, names, stops, japanese):
                start = offset + position
                spans.append(Span(start, start + length, "name", "surname and given name"))
                position += length - 1
                break
        position += 1
    return spans


def _is_han_name(piece: str, names: NameLists, stops: frozenset[str], japanese: bool) -> bool:
    if piece in stops or piece[0] in _PRONOUNS:
        return False
    if japanese:
        known = any(
            (piece[:cut] in names.last or piece[:cut] in _JAPANESE_SURNAMES)
            and piece[cut:] in names.first
            for cut in range(2, len(piece))
        )
        return known or piece in _JAPANESE_SURNAMES
    return len(piece) == 3 and piece[0] in names.last and piece[1:] in names.first


def _korean(
    text: str, names: NameLists, doubtful: frozenset[str], stops: frozenset[str]
) -> list[Span]:
    spans = [
        span_of(match, "name", "name before a title", match["name"] not in doubtful, group="name")
        for match in _KOREAN_TITLED.finditer(text)
        if match["name"][0] in _KOREAN_SURNAMES or match["name"] in names.first
    ]
    for match in _HANGUL_WORD.finditer(text):
        found, start = match.group(), match.start()
        whole = found[0] in _KOREAN_SURNAMES and found[1:3] in names.first
        if whole and (len(found) == 3 or found[3:] in _KOREAN_ENDINGS):
            spans.append(Span(start, start + 3, "name", "surname and given name"))
        elif found[:2] in names.first and found[2:] in _KOREAN_ENDINGS and found[:2] not in stops:
            sure = found[:2] not in doubtful and len(found) > 2
            spans.append(Span(start, start + 2, "name", "given name", sure))
    return spans
