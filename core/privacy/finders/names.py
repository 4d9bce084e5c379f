"""Names of people who are not in the archive: name lists, titles, honorifics.

A given name from the lists counts where it is written like a name. Surnames count only beside
a given name or a title, and names that are also words need something beside them that says a
person is meant; alone they are offered for review but not masked.
"""

from __future__ import annotations

import regex

from core.privacy.common_words import ambiguous_words, kin_words, stop_words, word_list
from core.privacy.evidence import Evidence
from core.privacy.name_lists import name_lists
from core.privacy.spans import Finder, Span, fold, span_of

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*)*")
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}]")
_UNCASED = regex.compile(
    r"[\p{Arabic}\p{Hebrew}\p{Devanagari}\p{Bengali}\p{Tamil}\p{Thai}\p{Georgian}\p{Gujarati}\p{Sinhala}\p{Oriya}]"
)
_CJK = regex.compile(r"[\p{Han}\p{Hangul}\p{Katakana}\p{Hiragana}]")

#: Titles after which a capitalised word is a name, whatever the word.
_TITLES = word_list("titles")
#: Titles that are everyday words too; the word after them must be in a name list.
_WEAK_TITLES = word_list("weak_titles")
#: Titles that follow the name: Turkish, Hindi, Gujarati, Hungarian.
_TITLES_AFTER = word_list("titles_after")
_PARTICLES = word_list("name_particles")
#: Always written with a capital without being people; a capital proves nothing here.
_PLACES = word_list("places_and_brands")
_HONORIFIC_JA = r"(?:さん|サン|くん|君|ちゃん|チャン|様|さま|先生|先輩|部長|課長|社長|氏)"
_JA_NAME = regex.compile(
    rf"(?P<name>(?:[\p{{Han}}々]{{1,6}}|[\p{{Katakana}}ー]{{2,10}}|\p{{Hiragana}}{{2,5}}))(?={_HONORIFIC_JA})"
)
_ZH_NAME = regex.compile(
    r"(?P<name>\p{Han}{1,3})(?=(?:先生|小姐|女士|太太|老师|老師|医生|醫生|师傅|師傅|阿姨|叔叔|总监|经理|教授|同学|主任|大哥|大姐|奶奶|爷爷))"
)
_ZH_SMALL = regex.compile(
    r"(?<!\p{Han})(?:小|老|阿)(?P<name>\p{Han})(?=说|在|来|去|也|和|跟|给|要|的|,|，|。|!|！|\s|$)"
)
_KO_NAME = regex.compile(
    r"(?<!\p{Hangul})(?P<name>\p{Hangul}{2,4}?)(?=\s?(?:씨|님|군|양|선생님|쌤|선배|언니|오빠|형|누나|이모|삼촌|과장|부장|대리|팀장|사장|교수|원장|할머니|할아버지|아저씨|아줌마)(?:은|는|이|가|을|를|도|한테|께|랑|이랑|의|께서|네|만)?(?!\p{Hangul}))"
)
_HANGUL_WORD = regex.compile(r"(?<!\p{Hangul})\p{Hangul}{2,6}")
_HAN_RUN = regex.compile(r"[\p{Han}々]{2,}")
_PRONOUNS = frozenset("我你他她它您咱谁那这哪各每某两几的了是在有不也都就和与或很太真")
_SENTENCE_START = regex.compile(r"(?:^|[.!?…:\n]\s*|[\"“«(\[*_•–—>-]\s*)$")
_INITIAL = regex.compile(r"\s\p{Lu}\.(?!\p{L})")
_SPACE = regex.compile(r"[ \u00a0]{1,2}|\.[ \u00a0]")
_SEMITIC = regex.compile(r"^(?:[ولبفك](?:ال)?ـ?|ال|يا|[והבלמשכ])(?=.{3})")


def name_finder(evidence: Evidence) -> Finder:
    """A finder of third people's names for an archive with this ``evidence``."""
    lists = name_lists()
    stops = stop_words({"en", *evidence.languages})
    doubtful = ambiguous_words() | kin_words()
    german = "de" in evidence.languages[:2]
    japanese = "ja" in evidence.languages

    def is_given(word: str) -> bool:
        return len(word) > 2 and word in lists.first and word not in stops

    def used_as_word(word: str) -> bool:
        lower = evidence.lower[word]
        return lower > 1 and lower >= 2 * evidence.capital[word]

    def find_cased(text: str) -> list[Span]:
        spans: list[Span] = []
        matches = list(_WORD.finditer(text))
        index = 0
        while index < len(matches):
            match = matches[index]
            written = match.group()
            word = fold(written)
            if not written[0].isupper():
                if word in _TITLES and index + 1 < len(matches):
                    span = titled(text, matches, index)
                    if span:
                        spans.append(span)
                        index = _index_after(matches, index, span.end)
                        continue
                elif (
                    len(word) > 3
                    and is_given(word)
                    and word not in doubtful
                    and (evidence.capital[word] > 0 and not used_as_word(word))
                ):
                    spans.append(span_of(match, "name", "given name"))
                index += 1
                continue
            span = titled(text, matches, index) if word in _TITLES else None
            span = span or given(text, matches, index, word, written)
            if span:
                spans.append(span)
                index = _index_after(matches, index, span.end)
            else:
                index += 1
        return spans

    def titled(text: str, matches: list, index: int) -> Span | None:
        """The capitalised words after a title, through further titles ("Frau Dr. X")."""
        weak = fold(matches[index].group()) in _WEAK_TITLES
        position = index + 1
        while (
            position < len(matches)
            and _SPACE.fullmatch(text, matches[position - 1].end(), matches[position].start())
            and fold(matches[position].group()) in _TITLES
            and position + 1 < len(matches)
        ):
            weak = weak and fold(matches[position].group()) in _WEAK_TITLES
            position += 1
        if position >= len(matches) or not _SPACE.fullmatch(
            text, matches[position - 1].end(), matches[position].start()
        ):
            return None
        first = matches[position]
        word = fold(first.group())
        if not first.group()[0].isupper() or (word in stops and word not in lists.last):
            return None
        listed = word in lists.first or word in lists.last
        if weak and (not listed or word in stops):
            return None
        if len(word) < 2 or (first.group().isupper() and len(word) < 4 and not listed):
            return None
        return Span(
            first.start(), surname_end(text, matches, position), "name", "name after a title"
        )

    def given(text: str, matches: list, index: int, word: str, written: str) -> Span | None:
        match = matches[index]
        end = surname_end(text, matches, index)
        followed = end > match.end()
        if not is_given(word) and not any(is_given(p) for p in word.split("-") if "-" in word):
            if word in lists.last and word not in stops and not used_as_word(word):
                after = _next_word(text, matches, index)
                if after in _TITLES_AFTER:
                    return span_of(match, "name", "name before a title")
                if (
                    len(word) > 4
                    and word not in doubtful
                    and word not in _PLACES
                    and not _starts_sentence(text, match.start())
                ):
                    return span_of(match, "name", "surname", not german and used_as_name(word))
            return None
        if written.isupper() and len(written) > 1 and (len(written) < 4 or text.isupper()):
            return (
                span_of(match, "name", "given name in capitals", sure=False)
                if len(written) > 3
                else None
            )
        if followed:
            sure = word not in _PLACES or fold(text[match.end() : end].split()[-1]) in lists.last
            return Span(match.start(), end, "name", "given name and surname", sure)
        if _next_word(text, matches, index) in _TITLES_AFTER:
            return span_of(match, "name", "name before a title")
        sure = word not in doubtful and word not in _PLACES and not used_as_word(word)
        return span_of(match, "name", "given name", sure)

    def used_as_name(word: str) -> bool:
        return evidence.capital[word] > 0 and evidence.lower[word] == 0

    def surname_end(text: str, matches: list, index: int) -> int:
        """End of a full name whose first word is ``matches[index]``."""
        end = matches[index].end()
        position = index + 1
        taken = 0
        while position < len(matches) and taken < 3:
            match = matches[position]
            between = text[matches[position - 1].end() : match.start()]
            if not (_SPACE.fullmatch(between) or _INITIAL.match(text, matches[position - 1].end())):
                break
            written = match.group()
            word = fold(written)
            if written.islower():
                following = matches[position + 1] if position + 1 < len(matches) else None
                if (
                    word in _PARTICLES
                    and following is not None
                    and (following.group()[0].isupper() or fold(following.group()) in _PARTICLES)
                    and _SPACE.fullmatch(text, match.end(), following.start())
                    and (
                        fold(following.group()) in lists.last
                        or fold(following.group()) in _PARTICLES
                    )
                ):
                    position += 1
                    continue
                break
            listed = word in lists.last or word in lists.first
            patronymic = word.endswith(("вич", "вна", "евна", "ична", "ович"))
            if len(written) == 1 or (written.isupper() and len(written) < 4):
                if len(written) == 1 and text[match.end() : match.end() + 1] == ".":
                    position += 1
                    continue
                break
            if not (listed or patronymic) or (word in stops and word not in lists.last):
                break
            if word in _PLACES or (german and word in doubtful and word not in lists.last):
                break
            end = match.end()
            taken += 1
            position += 1
        return end

    def find_uncased(text: str) -> list[Span]:
        spans = []
        for match in _WORD.finditer(text):
            if not _UNCASED.match(match.group()):
                continue
            start = match.start()
            word = fold(match.group())
            if word not in lists.first:
                prefix = _SEMITIC.match(word)
                if not prefix or word[prefix.end() :] not in lists.first:
                    continue
                start += prefix.end()
                word = word[prefix.end() :]
                if len(word) < 4:
                    continue
            if len(word) < 3 or word in stops:
                continue
            spans.append(Span(start, match.end(), "name", "given name", word not in doubtful))
        return spans

    def find_cjk(text: str) -> list[Span]:
        spans = []
        if japanese:
            for match in _JA_NAME.finditer(text):
                name = match["name"]
                kana = not regex.match(r"\p{Han}", name)
                if name in _JA_NO_NAMES or (
                    kana and regex.match(r"\p{Hiragana}", name) and name not in _JA_KANA
                ):
                    continue
                spans.append(span_of(match, "name", "name before an honorific", group="name"))
        else:
            for match in _ZH_NAME.finditer(text):
                start = _surname_start(match["name"])
                if start is not None:
                    spans.append(
                        Span(
                            match.start() + start, match.end("name"), "name", "name before a title"
                        )
                    )
            spans += [
                span_of(match, "name", "familiar form of a name", sure=False)
                for match in _ZH_SMALL.finditer(text)
                if match["name"] in lists.last
            ]
        for run in _HAN_RUN.finditer(text):
            spans += in_han_run(run.group(), run.start())
        for match in _KO_NAME.finditer(text):
            name = match["name"]
            if name[0] in _KO_SURNAMES or name in lists.first:
                spans.append(
                    span_of(
                        match, "name", "name before a title", name not in doubtful, group="name"
                    )
                )
        for match in _HANGUL_WORD.finditer(text):
            found = match.group()
            if (
                found[0] in _KO_SURNAMES
                and found[1:3] in lists.first
                and (len(found) == 3 or found[3:] in _KO_ENDINGS)
            ):
                spans.append(
                    Span(match.start(), match.start() + 3, "name", "surname and given name")
                )
            elif found[:2] in lists.first and found[2:] in _KO_ENDINGS and found[:2] not in stops:
                spans.append(
                    Span(
                        match.start(),
                        match.start() + 2,
                        "name",
                        "given name",
                        found[:2] not in doubtful and len(found) > 2,
                    )
                )
        return spans

    def in_han_run(run: str, offset: int) -> list[Span]:
        spans = []
        position = 0
        while position < len(run) - 1:
            for length in (4, 3, 2):
                piece = run[position : position + length]
                if len(piece) == length and is_han_name(piece):
                    spans.append(
                        Span(
                            offset + position,
                            offset + position + length,
                            "name",
                            "surname and given name",
                        )
                    )
                    position += length - 1
                    break
            position += 1
        return spans

    def is_han_name(piece: str) -> bool:
        if piece in stops or piece[0] in _PRONOUNS:
            return False
        if japanese:
            return any(
                piece[:cut] in lists.last and len(piece[:cut]) > 1 and (piece[cut:] in lists.first)
                for cut in range(1, len(piece))
            ) or (len(piece) == 2 and piece in _JA_SURNAMES)
        return len(piece) == 3 and piece[0] in lists.last and piece[1:] in lists.first

    def _surname_start(name: str) -> int | None:
        for start in range(len(name)):
            if name[start] in lists.last and name[start] not in _PRONOUNS:
                return start
        return None

    def find_names(text: str) -> list[Span]:
        spans = find_cased(text) if _CASED.search(text) else []
        if not text.isascii():
            if _UNCASED.search(text):
                spans += find_uncased(text)
            if _CJK.search(text):
                spans += find_cjk(text)
        return spans

    return find_names


def _starts_sentence(text: str, start: int) -> bool:
    return _SENTENCE_START.search(text, max(0, start - 3), start) is not None


def _index_after(matches: list, index: int, end: int) -> int:
    while index < len(matches) and matches[index].start() < end:
        index += 1
    return index


def _next_word(text: str, matches: list, index: int) -> str:
    if index + 1 >= len(matches) or not _SPACE.fullmatch(
        text, matches[index].end(), matches[index + 1].start()
    ):
        return ""
    return fold(matches[index + 1].group())


_KO_SURNAMES = frozenset(
    "김이박정최조강윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모"
)
_KO_ENDINGS = word_list("korean_particles")
_JA_SURNAMES = word_list("japanese_surnames")
_JA_NO_NAMES = word_list("japanese_no_names")
_JA_KANA = word_list("japanese_kana_names")
