"""Doubt: what strict masking does not let through."""

from __future__ import annotations

from collections.abc import Callable

import regex

from core.privacy.common_words import stop_words
from core.privacy.find import Scan
from core.privacy.finders.dates import may_say_born
from core.privacy.finders.hints import WordBits, word_hint
from core.privacy.finders.vocabulary import Vocabulary
from core.privacy.name_lists import doubtful_names, ordinary_words
from core.privacy.spans import Span, fold, span_of

_LONG_NUMBER = regex.compile(
    r"(?<![\p{L}\d])[\p{L}]{0,3}\d(?:[ .\-/:]?\d){3,}[\p{L}]{0,3}(?![\p{L}\d])"
)
_CAPITAL = regex.compile(r"(?<![\p{L}\p{M}])\p{Lu}[\p{Ll}\p{M}]+")
_DIGIT = regex.compile(r"\p{N}")
#: Letters and signs of a plate before its first digit.
_MOST_BEFORE_A_DIGIT = 8
_WITH_DIGIT = regex.compile(r"[^\s\p{N}]*+\p{N}\S*+")
#: Plates, codes, passwords; "10th", "48km" and "3am" are none.
_MIXED = regex.compile(
    r"(?<![\p{L}\p{N}._@#-])(?!\p{N}{1,5}\p{L}{1,2}(?![\p{L}\p{N}]))(?=[^\s\p{L}]*+\p{L})(?=\P{N}{0,60}?\p{N})"
    r"(?=(?:[^\s\p{N}])*+\p{N})[\p{Latin}\p{Cyrillic}\p{N}][\p{Latin}\p{Cyrillic}\p{N}._@#!$*+-]{2,}(?<![.!-])"
)
#: "KJW 318", "B-MK 4711": two groups that are a plate more often than anything else.
_PLATE = regex.compile(
    r"(?<![\p{L}\p{N}-])\p{Lu}{1,3}(?:-\p{Lu}{1,2})?[ -]\p{N}{2,4}(?:[ -]\p{Lu}{1,3})?(?![\p{L}\p{N}]|[.,]\p{N})"
)
#: Where a password is handed on without the word: what it opens, or how it is typed.
_OPENS = regex.compile(
    r"(?i)\b(?:wi-?fi|wlan|router|netflix|spotify|disney|hbo|prime|steam|gmail|e?mails?|mailu|mailul|maila|icloud|apple id|insta(?:gram)?|"
    r"facebook|fb|laptop|tablets?|computer|pc|intranet|app|portal|log ?in|sign in|log(?:g|ga) (?:inn?|på)|einloggen|anmelden|zugang|cuenta|conta|compte|account|"
    r"konto|kontoen|kontot|contul|cont|účtu|účet|fiók|hesap\p{L}*|giriş|tilille|tunnus|usuari[oa]?|usuário|utilisateur|ordinateur|ordenador|computador|"
    r"connect\p{L}*|collega\p{L}*|acced\p{L}*|entrar|entra|zaloguj\p{L}*|přihlas\p{L}*|přihláš\p{L}*|bejelentkez\p{L}*|belép\p{L}*|kirjaud\p{L}*|"
    r"masuk|akun|answer (?:is|was)|security question|sicherheitsfrage|question secrète|respuesta secreta|tài khoản|đăng nhập|máy tính|máy|ingia|kuingia|simu|naka-?login)\b"
    r"|аккаунт|акаунт|логин|логін|войти|вход|увійти|пошт|почт|планшет|роутер|вайфай|λογαριασμ|συνδε|ρούτερ|حساب|ايميل|إيميل|راوتر|واي فاي|دخول|חשבון|מייל|ראוטר|וויי?פיי|"
    r"अकाउंट|लॉगिन|राउटर|वाईफाई|লগইন|একাউন্ট|ওয়াইফাই|உள்நுழை|வைஃபை|ログイン|パソコン|アカウント|계정|로그인|와이파이|登录|登入|登錄|账号|帳號|电脑|電腦|เข้าเมล|ล็อกอิน|บัญชี|ไวไฟ"
)
#: One of a kind: a word with digits or signs in it, or a long one.
_ODD_WORD = regex.compile(
    r"(?<![\p{L}\p{N}@./:_-])(?=\p{L})[\p{Latin}\p{Cyrillic}\p{Greek}]+(?:[+&!*#$%^=~]+[\p{L}\p{N}]|[\p{Latin}\p{Cyrillic}\p{Greek}]{7})[^\s,;.]*"
)
#: Arabic "o X": a word that calls somebody, unless it is what everybody is called.
_CALLED = regex.compile(
    r"(?<!\p{L})يا\s(?!رب|الله|جماعة|شباب|حبيب|حياتي|عمري|روحي|قلبي|عيني|سلام|ريت|ليت|[اأ]خ|خوي|صاحب|معلم|باشا|بيه|عم|خال|ماما|بابا|[اأ]م|[اأ]ب|بنات|ولاد|رجال|ناس|[اأ]هل|ترى|غالي|زلم|شيخ|سيد|دكتور|استاذ|أستاذ|هلا|مرحب)"
    r"(?P<word>\p{Arabic}{3,})"
)
_TAG = regex.compile(r"\[[a-z ]+\]")
_SENSITIVE = regex.compile(
    r"(?i)\b(?:passw|passcode|password|pwd|pin\b|login|log in|iban|account number|address|ssn|passport|contrase|clave|dirección|"
    r"passwort|kennwort|zugang|adresse|mot de passe|mdp|indirizzo|senha|endereço|wachtwoord|adres|hasło|şifre|parola|lösenord|salasana|heslo|"
    r"live at|living at|moved to|ich wohne?|j['’]habite|vivo en|moro na|moro no|abito in|mieszkam|bor på|asun|bydlím|stau pe|"
    r"kata sandi|alamat|mật khẩu|địa chỉ|jelszó|lozinka)|парол|адрес|адреса|κωδικ|διεύθυνση|كلمة السر|كلمة المرور|عنوان|סיסמ|כתובת|पासवर्ड|पता है|"
    r"パスワード|住所|暗証|비밀번호|비번|주소|密码|密碼|地址|住在|住んで|живу |живём|μένω|گذرواژه|رمز|آدرس|גר ב|גרה ב|"
    r"รหัส|ที่อยู่|plate\b|immat|kennzeichen|nummernschild|matrícula|kenteken|plaka|schlüssel ist|key is|contra del?\b|eircode|lockbox|key ?safe|combo|\bcode\b|পাসওয়ার্ড|ঠিকানা|पिन |कोड|code is|codice|código|digicode|\bkod\b|koodi|\bкод\b"
)


#: Parts of addresses in scripts without capitals, German streets, user names of one's own.
_PLACE = regex.compile(
    r"[市区區町村縣県郡](?=\P{Han}{0,3}\p{Nd})|丁目|番地|\p{Han}[路街巷弄]\s?\p{Nd}|\p{Nd}\s?[号號室楼樓]|\p{Hangul}{2,}(?:구|동|로|길|읍|면)\s?\p{Nd}|"
    r"شارع|عمارة|خیابان|کوچه|پلاک|واحد|גלی|רחוב|שדרות|मकान|गली|नगर|सेक्टर|বাসা|রোড|บ้านเลขที่|ซอย|ถนน|แขวง|ตำบล|"
    r"\p{Lu}\p{Ll}+(?:straße|strasse|weg|gasse|platz|allee|pfad)(?!\p{L})|"
    r"(?i:\b(?:my|our|mein|meine|mi|meu|mon|mio|mijn|min|mitt|mój|мой|мій|find me|add me|follow(?: me)?)\b[^.!?\n]{0,18}\b(?:insta(?:gram)?|ig|snap(?:chat)?|telegram|tiktok|twitter|discord|steam|gamertag|username|user name|handle|alias|nick)\b|^ig\s)"
)
#: What a word of the text must match before one of the long patterns is tried.
_SENSITIVE_HINT, _PLACE_HINT, _OPENS_HINT = (
    word_hint(pattern.pattern.removeprefix("(?i)"), fold)
    for pattern in (_SENSITIVE, _PLACE, _OPENS)
)
#: German writes every noun large; a name is what stands without an article where people stand.
_GERMAN = regex.compile(
    r"(?:(?<!\p{L})(?i:mit|von|bei|familie|fam|für|an|und|oder|zu|frag|frage|ruf|sag|sagt|grüß|wie|dass|ob|wenn|als|hat|ist|kommt|war|will|kann|heißt|ohne|wegen|danke|hallo|hey|hi|liebe|lieber|moin)\s(?P<after>\p{Lu}\p{Ll}{2,})(?![\p{L}-])"
    r"|(?:^|[.!?\n]\s?)(?P<first>\p{Lu}\p{Ll}{2,})\s(?:hat|ist|kommt|sagt|will|kann|war|meint|bringt|wollte|fragt|ruft|macht|holt|fährt|weiß|wohnt|schreibt|findet|braucht|schläft|feiert)\b)"
)
_GERMAN_NOUN = regex.compile(
    r"(?:ung|heit|keit|schaft|tion|tät|nis|tum|ling|chen|lein|eur|ismus|ment|age|enz|anz|ie|ik|ur|er|en|el|zeit|tag|tage|haus|zeug|werk|platz|wetter|essen|abend|morgen|bahn|amt|rad|buch|geld|arbeit|wein|bier|wasser|milch|kuchen|suppe)s?$"
)


def find_long_numbers(text: str) -> list[Span]:
    """Runs of four digits and more, and words with letters and digits, whatever they are."""
    first = _DIGIT.search(text)
    if first is None:
        return []
    begin = max(0, first.start() - _MOST_BEFORE_A_DIGIT)
    spans = [span_of(m, "number", "long number") for m in _LONG_NUMBER.finditer(text, begin)]
    spans += [span_of(match, "number", "plate") for match in _PLATE.finditer(text, begin)]
    return spans + [
        span_of(match, "number", "letters and digits")
        for run in _WITH_DIGIT.finditer(text)
        if not run.group().isdigit()
        for match in _MIXED.finditer(text, run.start(), run.end())
    ]


def doubt_test(scan: Scan) -> Callable[[str], bool]:
    """A test whether a masked text may still hold something personal.

    It may if it speaks of a password, an account, an address or a birth and nothing was masked
    there, if it says where to log in and has a long word that is the only one of its kind, or if
    a word has a capital, is no everyday word and never occurs without a capital in the whole
    archive. In German every noun has one, so there only words count that stand where people
    stand and do not end as nouns do.
    """
    evidence = scan.evidence
    known = stop_words(evidence.languages) | doubtful_names(evidence.languages)
    german = evidence.languages[:1] == ("de",)
    vocabulary = Vocabulary(
        {
            "none": ("no_codes",),
            "secret": (
                "passwords",
                "passwords_unspaced",
                "codes",
                "codes_unspaced",
                "locks",
                "locks_unspaced",
            ),
        }
    )

    ordinary = known | ordinary_words()
    words_seen = WordBits({_SENSITIVE_HINT: 1, _PLACE_HINT: 2, _OPENS_HINT: 4})

    def is_odd(word: str) -> bool:
        return evidence.words[word] < 2 and word not in ordinary

    def is_doubtful(masked: str) -> bool:
        folded = fold(masked)
        seen = words_seen.of(folded)
        if not _TAG.search(masked) and (
            (seen & 1 and _SENSITIVE.search(masked))
            or (seen & 2 and _PLACE.search(masked))
            or any(w.kind == "secret" for w in vocabulary.words(masked, folded))
            or (_DIGIT.search(masked) and may_say_born(masked))
        ):
            return True
        if (
            seen & 4
            and _OPENS.search(masked)
            and any(is_odd(word) for word in map(fold, _ODD_WORD.findall(masked)))
        ):
            return True
        if german:
            words = [
                word
                for match in _GERMAN.finditer(masked)
                if (word := match["after"] or match["first"]) and not _GERMAN_NOUN.search(word)
            ]
        else:
            words = _CAPITAL.findall(masked) + _CALLED.findall(masked)
        # Made-up names are never words of the archive.
        return any(
            evidence.words[word] and not evidence.lower[word] and word not in known
            for word in map(fold, words)
        )

    return is_doubtful
