"""Names behind what names somebody: bells, holders of accounts, initials, Vietnamese forms of
address, "called" in Thai, and Chinese, Japanese and Korean names that are nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from core.privacy.common_words import stop_words, word_list, word_pairs, words_of
from core.privacy.finders.hints import WordBits, lower, word_hint
from core.privacy.name_lists import name_lists, ordinary_words
from core.privacy.spans import Finder, Span, fold, span_of

#: Bells, letter boxes and what is said of the name on them.
_BELL = (
    r"interphone|sonnette|telefonillo|portero|timbre|citofono|campanello|klingel(?:schild)?|briefkasten|türschild|deurbel|bel|brievenbus|domofon\w*|dzwon\w+|"
    r"zvon\w+|kaputelefon\w*|csengő\w*|interfon\w*|campainha|zil(?:de|i|in)?|ovikell\w+|(?:ovi)?summeri\w*|porttelefon\w*|dørtelefon\w*|ringkloc?k\w+|"
    r"doorbell|buzzer|intercom|bell|buzón|postvak|schránk\w+|κουδούνι|θυροτηλέφωνο|домофон\w*|звон(?:ок|ка|ке)|дзвін\w+|звън\w+"
)
_BELL_SAYS = (
    r"pone|dice|pon|reza|says|say|marked|reads|is|at|under|auf|steht|bei|an|mit|op|staat|met|sta|scritto|con|al|nome|nom|nombre|au|de|du|na|nazwisko|se|"
    r"jméno|jménem|pod|με|όνομα|на|под|нажать|наберите|jelű|név|nume|la|com|é|namn|navn|nimi"
)
#: Whose account, booking or parcel it is.
_HOLDER = (
    r"t\.?n\.?v\.?|ten name van|op naam van|a nombre de|au nom de|auf (?:den )?namen?|im namen von|kontoinhaber(?:in)?|lautet auf|titular|titulaire|intestat[oa] a|"
    r"beneficiar(?:y|io|ia)|bénéficiaire|(?:account|acct?\.?|card) name|payee|in the name of|under the name(?: of)?|the name (?:there )?is|name on the \w+|em nome d[eao]|no nome d[eao]|"
    r"favorecid[oa]|a nome(?: di)?|odbiorca|na nazwisko|na jméno|na meno|kedvezményezett|pe numele(?: lui)?|hesap sahibi|alıcı|mottaker|modtager|mottagare|saaja|"
    r"nimellä|atas nama|a[./]n\.?|chủ (?:tk|tài khoản)|tên người nhận|получатель|на имя|на фамилию|одержувач|на ім['’]я|на прізвище|получател|на името|δικαιούχος|στο όνομα"
)
_NAME = r"(?P<name>(?:\p{Lu}\. ?){0,2}\p{Lu}[\p{L}\p{M}'’-]+(?: (?:(?:van|von|de|da|di|del|der|dos|el|al|bin|le|la) ){0,2}\p{Lu}[\p{L}\p{M}'’-]*\.?){0,3})"
_SHOWN = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}])(?:(?i:{_BELL})(?:[ :,]+(?i:{_BELL_SAYS})(?!\p{{L}})){{0,3}}|(?i:{_HOLDER}))[ :]+[\"“«„'(]?{_NAME}"
)
_SHOWN_HINT = word_hint(rf"\b(?:{_BELL}|{_HOLDER})", lower)
_INITIAL = regex.compile(
    r"(?<!\b[zdusi]\. ?)(?<![\p{L}\p{N}.'’-])(?:\p{Lu}\. ?){1,2}(?P<last>\p{Lu}\p{Ll}{2,}(?:-\p{Lu}\p{Ll}+)?)(?![\p{L}\p{N}])"
)
#: "Семёнов П. А."
_INITIALS_AFTER = regex.compile(
    r"(?<![\p{L}-])[А-ЯІЇЄҐ][а-яёіїєґ]{2,} [А-ЯІЇЄҐ]\. ?[А-ЯІЇЄҐ]\.(?!\p{L})"
)
_CAPITAL_STOP = regex.compile(r"\p{Lu}\.")
_VIETNAMESE = regex.compile(
    r"(?<!\p{L})(?i:chị|anh|em|cô|chú|bác|bé|cháu|ông|bà|thầy|dì|cậu|mợ|thím|dượng|bạn)\s(?P<name>\p{Lu}[\p{Ll}\p{M}]+(?:\s\p{Lu}[\p{Ll}\p{M}]+){0,2})(?!\p{L})"
)
#: As they are written: without accents they would be names as well.
_VIETNAMESE_WORDS = frozenset(words_of("vietnamese_small_words"))
_VIETNAMESE_LETTERS = regex.compile(r"[ăđơưạảấầẩậắằặẹẻẽếềểệịỉọỏốồổộớờởợụủứừửựỳỷỹ]")
_THAI_CALLED = regex.compile(
    r"(?:ชื่อ|นามสกุล)[ :]?(?!อะไร|ว่า|ร้าน|เล่น|เพลง|เรื่อง|หนัง|เดียว|เสียง|ไฟล์|บัญชี|ผู้|คน|จริง|ใคร|นี้|นั้น)(?P<name>\p{Thai}{2,20}(?: \p{Thai}{3,20})?)(?= |$|[,.])"
)
_THAI_ENDS = regex.compile(r" (?:นะ|ครับ|ค่ะ|คะ|จ้า|มา|ไป|ที่|เป็น|อยู่|โทร|แล้ว|เบอร์)\p{Thai}*$")
_CHINESE_GIVEN = regex.compile(r"\L<names>", names=sorted(word_list("chinese_given_names")))
#: "老曹", "陳太": a surname that is called so.
_CHINESE_CALLED = regex.compile(
    r"(?<!\p{Han}(?<![在跟和找问問叫让讓给給把被搵同放]))(?:老(?:[王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱郭何罗羅梁谢謝宋郑鄭韩韓冯馮邓鄧曹彭曾肖田董袁潘蒋蔣余杜苏蘇魏吕呂丁任卢盧姜崔钟鍾谭譚陆陸汪范廖贾賈夏韦韋付邹鄒孟熊秦邱江薛闫段侯陶黎贺賀顾顧郝龚龔邵钱錢严嚴覃武戴莫向汤湯](?![同牛]))"
    r"|(?:[王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱郭罗羅梁谢謝宋郑鄭韩韓冯馮邓鄧曹彭曾蒋蔣苏蘇魏吕呂卢盧崔钟鍾谭譚陆陸汪廖贾賈薛郝邵钱錢严嚴湯](?:太|生|姨|嫂|伯|Sir|sir))(?!\p{Han}(?<![在把的说說家店今是和跟拿拎昨明刚剛也都还還要会會不没沒小])))"
)
#: "はるちゃん", where no longer word goes on.
_KANA_CALLED = regex.compile(
    r"(?<![\p{Hiragana}\p{Katakana}\p{Han}ー])(?!お|ばあ|じい|ねこ|ネコ|いぬ|うさ|くま|ねえ|にい|わん|にゃん|あか|みんな|ぼく|わたし|うち|この|その)"
    r"(?:\p{Hiragana}{2,3}|[\p{Katakana}ー]{2,4})(?:ちゃん|くん|っち)"
)
#: "美咲が": a Japanese given name where a clause begins, and what follows a name.
_JAPANESE_GIVEN = regex.compile(
    r"(?<![\p{Hiragana}\p{Katakana}\p{Han}ー])\L<names>(?=[がはもをにとのへって、！!？?\s]|から|より|$)",
    names=sorted(
        name
        for written in word_pairs("japanese_readings").values()
        for name in written
        if len(name) > 1 and name not in word_list("japanese_surnames") and name not in ("大和",)
    ),
)
_KOREAN_GIVEN = regex.compile(
    rf"(?<!\p{{Hangul}})\L<names>(?=(?:{'|'.join(sorted(word_list('korean_particles'), key=len, reverse=True))})?(?!\p{{Hangul}}))",
    names=sorted(words_of("korean_given_names")),
)
_HANGUL = regex.compile(r"\p{Hangul}{2}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_HAN = regex.compile(r"\p{Han}{2}")


def named_finder(languages: Sequence[str]) -> Finder:
    """A finder for an archive in ``languages`` (ISO 639-1 codes)."""
    stops = stop_words(("en", *languages))
    places = word_list("places_and_brands")
    german = "de" in languages[:2]
    shown = WordBits({_SHOWN_HINT: 1})

    def is_no_name(word: str) -> bool:
        return word in stops or word in places

    def find_named(text: str) -> list[Span]:
        spans = [
            span_of(match, "name", "name on a bell or an account", group="name")
            for match in (_SHOWN.finditer(text) if shown.of(lower(text).replace("_", " ")) else ())
            if not is_no_name(fold(match["name"].split()[0]))
        ]
        if _CAPITAL_STOP.search(text):
            spans += [
                span_of(match, "name", "initials and surname")
                for match in _INITIAL.finditer(text)
                if _is_surname(fold(match["last"]), german) and not is_no_name(fold(match["last"]))
            ]
            spans += [
                span_of(m, "name", "initials and surname") for m in _INITIALS_AFTER.finditer(text)
            ]
        return spans if text.isascii() else spans + _in_asian_languages(text)

    return find_named


def _in_asian_languages(text: str) -> list[Span]:
    spans = []
    if _VIETNAMESE_LETTERS.search(text):
        spans += [
            span_of(match, "name", "name after a form of address", group="name")
            for match in _VIETNAMESE.finditer(text)
            if match["name"].lower() not in _VIETNAMESE_WORDS
        ]
    for match in _THAI_CALLED.finditer(text):
        start = match.start("name")
        end = start + len(_THAI_ENDS.sub("", match["name"]))
        spans.append(Span(start, end, "name", "name after a word for name"))
    patterns: list[regex.Pattern[str]] = []
    if _KANA.search(text):
        patterns += [_KANA_CALLED, _JAPANESE_GIVEN]
    elif _HAN.search(text):
        patterns += [_CHINESE_GIVEN, _CHINESE_CALLED]
    if _HANGUL.search(text):
        patterns.append(_KOREAN_GIVEN)
    rule = "name as people are called"
    return spans + [span_of(m, "name", rule) for one in patterns for m in one.finditer(text)]


def _is_surname(word: str, german: bool) -> bool:
    """German writes every noun large, so there only listed surnames follow an initial."""
    return word in name_lists().last if german else word not in ordinary_words()
