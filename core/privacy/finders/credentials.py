"""Passwords, PINs and entry codes by the words around them, in the languages of
``keywords.toml``.

No public rule set looks for what chats hold, "the password is X" or "X is the gate code". Two
readings: a number or a mix of letters and digits is weighed by the word it stands beside, by
what leads to it, by its own form and by what follows; after a word for a password any word may
be one, so there the words are walked one by one.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import regex

from core.privacy.common_words import STOP_WORD_LANGUAGES, stop_words
from core.privacy.finders.vocabulary import Vocabulary, Word, words_of
from core.privacy.spans import Finder, Span, fold, span_of

#: Class of word -> how much it says that a number beside it opens something.
_WEIGHT = {"password": 2, "code": 2, "lock": 2, "door": 1, "network": 1, "key": 0, "login": 0}
_KINDS = {
    "none": ("no_codes",),
    "password": ("passwords", "passwords_unspaced"),
    "code": ("codes", "codes_unspaced"),
    "lock": ("locks", "locks_unspaced"),
    "door": ("doors", "doors_unspaced"),
    "login": ("logins",),
    "network": ("networks", "networks_unspaced"),
    "key": ("keys",),
}
_ENOUGH = 3

_DIGIT = regex.compile(r"\p{Nd}")
#: What can be a code: digits in groups, or letters and digits, with a hash or a star.
_VALUE = regex.compile(
    r"(?<![\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}_@/&=$€£+.,:-])(?<!\d\.)"
    r"(?:(?P<groups>[#*]{0,2}(?:\d{1,2}(?:\s?[-–]\s?\d{1,2}){2,3}|\d{1,2}-\d{1,2}-\d{3,5}|\d{3}[ -–]\d{3}|\d{4}[ -]\d{4}|\d{2}(?:[ -]\d{2}){2,3}|[A-Z]\d[ ]\d{2,3}|\d{1,4}[#*]\d{1,5}|[A-Z]{1,2}-\d{4,8}|[a-z\d]{4}-(?=[a-z]*\d)[a-z\d]{4})[#*]{0,2})"
    r"|(?P<dial>(?i:(?:[lr]|left|right|links|rechts|gauche|droite|izquierda|derecha|destra|sinistra)?\s?\d{1,2}\s?[lr]?\b(?:[,\s]+(?:then\s)?(?:[lr]\s?|(?:left|right|links|rechts|gauche|droite|izquierda|derecha|destra|sinistra)\s)?\d{1,2}\s?[lr]?\b){2,3}))"
    r"|(?P<mixed>(?=[\p{L}\p{M}_-]*+\p{Nd})(?=\p{Nd}*+[\p{Latin}\p{Cyrillic}\p{Greek}])[\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}]{3,12}(?:[-_][\p{Latin}\p{Nd}]{2,8}){0,3}[#*]{0,2})"
    r"|(?P<plain>[#*]{0,2}\p{Nd}{3,10}[#*]{0,2})"
    r")(?![\p{Latin}\p{Cyrillic}\p{Greek}\p{Nd}_@#*]|[.,:/=-]\p{Nd}|:\p{L}|-\p{L}|\.\p{Latin}|/)"
)
#: Numbers with letters that everybody uses: "10th", "5pm", "48km", "A4", "4K", "MP3", "802.11ac".
_EVERYDAY = regex.compile(
    r"(?i)\p{Nd}{1,3}(?-i:[eaoxksmhvlgpdcyгмчийя])|\p{Nd}{1,2}h\p{Nd}{2}|\p{Nd}{1,5}(?:st|nd|rd|th|er|min|am|pm|km|kg|cm|mm|ml|cl|gb|mb|kb|tb|mhz|ghz|hz|fps|px|mah|"
    r"kwh?|w|ish|yo|mg|in|ft|lbs?|oz|mph|kmh|mbit|gbit|mbps|gbps|eur|usd|en|te|de|mal|fach|uhr|ste|ers|é|ème|nd|fp|tl|zł|kč|ft|kr|км|кг|мин|го)"
    r"|\p{L}{1,2}\p{Nd}|mp[34]|h26[45]|(?:iphone|windows|win|python|ps|rtx|gtx|covid|usb|wpa|http|utf|ipv|sha|md|v)-?\p{Nd}+\w*|20\p{Nd}{2}er"
)
_YEAR = regex.compile(r"19[3-9]\p{Nd}|20[0-4]\p{Nd}")
_UNIT = regex.compile(
    r"\s?(?:[%€$£¥₹₽₺₴₪]|°|(?i:usd|eur|gbp|kr|zł|kč|ft|tl|lei|руб|грн|uhr|h|am|pm|km|kg|min|ms|px|mhz|x)\b)|[行줄元円원块]|\s?(?:년|年|月|월|日|일|号线|分|분|点|時|시|个|個|명|개)"
)
_SENTENCE_END = regex.compile(r"[.!?؟。！？](?=\s|$|\p{Han}|\p{Hiragana}|\p{Katakana})|\n")
_CLAUSE_END = regex.compile(
    r"\s*(?:$|[^\p{L}\p{N}\s(]|\n)|です|だ|で(?!す?\p{Nd})|に|が|は|を|입니다|이에요|예요|이야|야|임|로|에|นะ|ครับ|ค่ะ|吧|哦|啊|呢|，"
)
_NEXT_WORD = regex.compile(r"\s+(?P<word>[\p{L}\p{M}\u200c]+)")
_LAST_WORD = regex.compile(r"(?r)(?P<word>[\p{L}\p{M}\u200c]+)['’.]?\s*$")
_WORD_BEFORE = regex.compile(r"[\p{L}\p{M}]{4}|[.!?\n]|\p{L} \p{L}+ ")
_LETTERS = regex.compile(r"[\p{L}\p{M}\u200c]+")
#: "the wifi password? it's X": an answer to the question follows.
_ANSWERED = regex.compile(
    r"\s*(?:it['’]?s|its|c['’]est|es|ist|das ist|è|é|to|det är|on|je|это|הוא|היא|هو|هي|yeah,?|yes,?|ja,?|sí,?|oui,?|sim,?)(?!\p{L})|\s*[\"“«:→-]"
)
#: Signs and particles that lead from a word to its value.
_SIGN_LEAD = regex.compile(
    r"(?:[:：=>→⇒-]|[–—]|👉|➡️?|[\"“„«「『\[(‘'`])\s*$|(?:は|が|為|为|是|คือ|은|는|이|가|이름은|의)\s*$"
)
_BACK_LINK = regex.compile(
    r"^\s*[\"”»」』’'`]?\s*(?:(?:is|are|was|ist|war|est|c['’]est|es|era|é|è|is|jest|to|är|er|on|je|e|este|είναι|са|е|là|adalah|ay|ni)(?!\p{L})|[-–—=]|←|это|є|هو|هي|זה|היא|הוא|は|が|是|为|為)"
)

_QUOTES = regex.compile(r"[\"“”«„「『]")
#: "X" is the password.
_QUOTED_FIRST = regex.compile(
    r"[\"“”„«「『](?P<quoted>[^\"“”«„»\n」』]{3,50})[\"“”»」』]" + _BACK_LINK.pattern[1:]
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
def _no_prose() -> frozenset[str]:
    """Words that are never a password: stop words of every language and the list's."""
    return stop_words(STOP_WORD_LANGUAGES) | words_of("no_passwords") | words_of("counted")


def credential_finder() -> Finder:
    """A finder of passwords and codes. It remembers the words it has judged, so make one for
    every archive and drop it with the archive."""
    vocabulary = Vocabulary(_KINDS)

    def find_credentials(text: str) -> list[Span]:
        folded = fold(text)
        words = vocabulary.words(text, folded)
        if not words:
            return []
        nouns = _promoted([w for w in words if w.kind != "none"], folded)
        if not nouns:
            return []
        spans: list[Span] = []
        passwords = [w for w in nouns if w.kind == "password"]
        for index, word in enumerate(passwords):
            stop = passwords[index + 1].start if index + 1 < len(passwords) else len(text)
            spans += _walk(text, folded, word, nouns, stop)
        if passwords and _QUOTES.search(text):
            spans += [
                span_of(match, "secret", "password beside a keyword", group="quoted")
                for match in _QUOTED_FIRST.finditer(text)
                if any(0 <= w.start - match.end() < 30 for w in passwords)
            ]
        if _DIGIT.search(text):
            barriers = [w for w in words if w.kind == "none"]
            spans += _weighed(text, folded, nouns, barriers)
        return spans

    return find_credentials


def _promoted(nouns: list[Word], folded: str) -> list[Word]:
    """A key or a code of a network is its password; other keys are none."""
    networks = [n for n in nouns if n.kind == "network"]
    result = []
    for noun in nouns:
        near = [
            folded[min(n.end, noun.end) : max(n.start, noun.start)]
            for n in networks
            if n.start < noun.start or noun.kind == "code"
        ]
        if (noun.kind == "key" and any(len(gap) < 50 for gap in near)) or (
            noun.kind == "code" and any(len(_LETTERS.findall(gap)) < 3 for gap in near)
        ):
            noun = noun._replace(kind="password")
        if noun.kind != "key":
            result.append(noun)
    return result


def _weighed(text: str, folded: str, nouns: Sequence[Word], barriers: Sequence[Word]) -> list[Span]:
    spans = []
    for match in _VALUE.finditer(text):
        if any(noun.start < match.end() and match.start() < noun.end for noun in nouns):
            continue
        if _form(match) < -8 or _UNIT.match(text, match.end()):
            continue
        before = [n for n in nouns if n.end <= match.start()]
        after = [n for n in nouns if n.start >= match.end()]
        best = max(
            [_before(text, folded, noun, match, barriers) for noun in before[-3:]]
            + [_after(text, folded, noun, match, barriers) for noun in after[:2]],
            default=0,
        )
        if best >= _ENOUGH:
            start, end = match.span()
            while text[start] == " ":
                start += 1
            spans.append(Span(start, end, "secret", "code beside a keyword"))
    return spans


def _form(match: regex.Match[str]) -> int:
    """What the value's own form adds; -9 if it is no value at all."""
    value = match[0].strip(" ")
    signs = "#" in value or "*" in value
    if match["dial"]:
        return 1 if regex.search(r"\p{L}", value) else -9
    if match["groups"]:
        return 1
    if match["mixed"]:
        bare = value.strip("#*")
        if _EVERYDAY.fullmatch(bare) or (len(bare) < 4 and not signs and not bare[0].isupper()):
            return -9
        return 1
    digits = value.strip("#*")
    if signs and len(digits) > 2:
        return 1
    if len(digits) == 3:
        return -1 if digits[-2:] != "00" else -3
    if _YEAR.fullmatch(digits) or (digits.endswith("00") and digits[0] != "0") or len(digits) > 8:
        return -1
    return 1 if len(digits) > 4 else 0


def _follows(folded: str, end: int, digits: int, plain: bool) -> int:
    """What the text after the value adds: 1 where the clause ends, less before a noun."""
    if _CLAUSE_END.match(folded, end):
        return 1
    word = _NEXT_WORD.match(folded, end)
    if word is not None and word["word"] in words_of("counted"):
        return -9
    if word is None or word["word"] in _no_prose():
        return 1
    return 0 if digits > 3 or not plain else -2


def _before(
    text: str,
    folded: str,
    noun: Word,
    match: regex.Match[str],
    barriers: Sequence[Word],
) -> int:
    """Weight of a value for a noun before it."""
    if noun.kind == "login":
        return 0
    between = folded[noun.end : match.start()]
    if len(between) > 70 or _barred(noun, barriers, folded):
        return 0
    words = _LETTERS.findall(between)
    copulas, leads = words_of("copulas"), words_of("leads")
    own = [w for w in words if w not in copulas and w not in words_of("articles")]
    crossings = len(_SENTENCE_END.findall(between))
    if len(own) > 8 or crossings > 1:
        return 0
    score = _WEIGHT[noun.kind]
    score += 1 if not own else 0 if len(own) <= 4 else -1
    score -= crossings if own or noun.kind != "code" else 0
    last = words[-1] if words else ""
    signed = _SIGN_LEAD.search(text, noun.end, match.start()) is not None
    signed = signed or (last != "" and (last in copulas or last in leads))
    if signed:
        score += 1
    elif last and last in words_of("no_leads"):
        return 0
    form = _form(match)
    if noun.kind == "lock" and match["plain"] and len(match[0]) == 3:
        form = 0
    if noun.kind == "door" and match["mixed"] and len(match[0]) < 4:
        return 0
    if noun.kind == "network" and (not match["mixed"] or len(match[0]) < 6 or (own and not signed)):
        return 0
    if noun.kind == "door" and (crossings or len(own) > 5):
        return 0
    digits = sum(c.isdigit() for c in match[0])
    return score + form + _follows(folded, match.end(), digits, match["plain"] is not None)


def _after(
    text: str,
    folded: str,
    noun: Word,
    match: regex.Match[str],
    barriers: Sequence[Word],
) -> int:
    """Weight of a value for a noun behind it: "4471 is the gate code", "enter 4471 at the gate"."""
    between = folded[match.end() : noun.start]
    if len(between) > 45 or _SENTENCE_END.search(between) or _barred(noun, barriers, folded):
        return 0
    own = [w for w in _LETTERS.findall(between) if w not in words_of("copulas")]
    if len(own) > 5 or noun.kind in ("network", "login"):
        return 0
    score = _WEIGHT[noun.kind] + _form(match) - (1 if len(own) > 3 else 0)
    lead = _LAST_WORD.search(folded, max(0, match.start() - 20), match.start())
    led = lead is not None and lead["word"] in _VERBS
    if not led and lead is not None and lead["word"] in words_of("no_leads"):
        return 0
    if led:
        return score + 2
    return score + 1 if _BACK_LINK.match(between) else 0


#: "enter 4471", "tippe 4471": a verb that only a code follows.
_VERBS = frozenset(
    fold(word)
    for word in [
        "use",
        "enter",
        "punch",
        "press",
        "dial",
        "type",
        "key",
        "tippe",
        "drück",
        "gib",
        "tape",
        "tapez",
        "fais",
        "composez",
        "teclea",
        "marca",
        "pon",
        "digita",
        "digite",
        "aperta",
        "premi",
        "toets",
        "tryck",
        "slå",
        "tryk",
        "tast",
        "wpisz",
        "wciśnij",
        "zadej",
        "tastează",
        "üss",
        "набери",
        "набирай",
        "введи",
        "введите",
        "вводи",
        "πάτα",
        "tuşla",
        "gir",
        "ادخل",
        "اضغط",
        "הקש",
        "תקיש",
        "डालो",
        "दबाओ",
        "ketik",
        "tekan",
        "masukkan",
        "bấm",
        "nhập",
        "näppäile",
        "in",
        "with",
        "mit",
        "con",
        "avec",
        "med",
        "z",
        "con",
        "com",
        "cu",
        "s",
        "с",
        "з",
    ]
)


def _barred(noun: Word, barriers: Sequence[Word], folded: str) -> bool:
    """Whether "error", "zip", "de la route" make the code one of no use."""
    if noun.kind not in ("code", "password"):
        return False
    return any(
        0 <= noun.start - b.end <= 2
        or (0 <= b.start - noun.end <= 8 and len(_LETTERS.findall(folded[noun.end : b.start])) < 3)
        for b in barriers
    )


def _walk(text: str, folded: str, noun: Word, nouns: Sequence[Word], stop: int) -> list[Span]:
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
                or quoted in _no_prose()
                or not _LETTERS.search(quoted + "a")
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
        if _particle(piece):
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
        if digits and (count == 0 or linked) and not _YEAR_LIKE(value, linked):
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


def _YEAR_LIKE(value: str, linked: bool) -> bool:
    return not linked and _YEAR.fullmatch(value) is not None


def _named(value: str, nouns: Sequence[Word], start: int) -> bool:
    return any(n.start <= start < n.end for n in nouns) or "://" in value


def _is_end_of_value(text: str, begin: int, finish: int) -> bool:
    """An exclamation mark at the end of letters and digits belongs to the password."""
    return text[finish - 1] == "!" and any(c.isdigit() for c in text[begin:finish])


def _ends_there(text: str, folded: str, end: int, line_end: int) -> bool:
    """Whether nothing or a stop word follows a plain word: no noun that it describes."""
    if end >= line_end or text[end - 1] in ".,;!)":
        return True
    if _CLAUSE_END.match(folded, end):
        return True
    word = _NEXT_WORD.match(folded, end)
    return word is not None and word["word"] in _no_prose()


def _particle(piece: str) -> bool:
    return piece in (
        "は",
        "が",
        "是",
        "为",
        "為",
        "은",
        "는",
        "이",
        "가",
        "คือ",
        "我是",
        "改成",
        "就是",
        "นี้คือ",
    )


def _is_strong(value: str) -> bool:
    """Letters with digits or signs inside: nobody writes this as prose."""
    if len(value) < 4 or value.startswith(("http", "@", "www.")) or _TIME.fullmatch(value.lower()):
        return False
    if _EVERYDAY.fullmatch(value) or any(c in "<>(){}" for c in value) or value[0] == "%":
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
    return inner not in _no_prose() and inner not in words_of("leads")
