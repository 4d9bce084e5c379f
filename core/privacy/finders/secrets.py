"""Passwords, access keys, PINs and entry codes.

Token forms follow the public rule set of gitleaks (MIT). No public rule set looks for what
chats hold, "the password is X", so the second half does, in the languages of ``_PASSWORD``.
"""

from __future__ import annotations

import regex

from core.privacy.common_words import word_list
from core.privacy.spans import Span, span_of

_TOKENS = regex.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"sk-(?:proj-|ant-|svcacct-|admin-|or-v1-|live-|test-)?[A-Za-z0-9_-]{16,}|"
    r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16}|"
    r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{22,}|glpat-[\w-]{20,}|"
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}|"
    r"AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}|"
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?|"
    r"hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{20,}|"
    r"\d{8,10}:AA[\w-]{30,}|[rsp]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9]{16,}|"
    r"SG\.[\w-]{16,}\.[\w-]{16,}|key-[0-9a-f]{32}|AC[0-9a-f]{32}|SK[0-9a-f]{32}|"
    r"dop_v1_[0-9a-f]{40,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{24,}|sq0[a-z]{3}-[\w-]{20,}|"
    r"EAA[A-Za-z0-9]{30,}|nvapi-[\w-]{20,}|gsk_[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}|"
    r"pplx-[A-Za-z0-9]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}|"
    r"[MNO][A-Za-z\d_-]{23,25}\.[\w-]{6}\.[\w-]{27,}"
    r")(?![A-Za-z0-9])"
    r"|-----BEGIN[A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END[A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://[^\s/:@]{1,64}:)[^\s/@]{3,}(?=@)"
    r"|(?<![\w/+-])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?(?![\w/+-])"
)

#: "password" in the languages of the labelled set, as people type it.
_PASSWORD = (
    r"pass\s?-?(?:word|wort|code|phrase|key)s?|pass\b|passwd|pwd?\b|p/w|psw|"
    r"contrase(?:ñ|n)as?|clave|"
    r"kennwort|passwörter|zugangsdaten|"
    r"mots? de passe|mdp|"
    r"senhas?|palavra-?passe|password|parola d'ordine|parol[aăei]\w{0,3}|"
    r"wachtwoord\w{0,2}|"
    r"hasł[oaeu]|haslo|"
    r"şifre\w{0,5}|sifre\w{0,5}|parola\w{0,4}|"
    r"парол[ьяеюі]\w{0,2}|пасс?ворд\w?|"
    r"كلمة (?:السر|المرور|سر|مرور)|الباسورد|باسوورد|باسورد|الرقم السري|رمز المرور|رمز عبور|گذرواژه|پسورد|"
    r"סיסמ(?:ה|א|ת)\w{0,3}|הסיסמ(?:ה|א|ת)|"
    r"पासवर्ड|"
    r"パスワード|パスコード|パスは|合言葉|"
    r"비밀번호|비번|패스워드|암호|"
    r"密码|密碼|口令|"
    r"lösenord\w{0,3}|adgangskode\w{0,2}|passord\w{0,2}|kodeord\w{0,2}|lykilorð\w?|"
    r"salasana\w{0,2}|tunnussana|"
    r"κωδικ(?:ός|ο|ό|οί)\w?|συνθηματικό|"
    r"hesl[oaeu]|jelszó\w{0,3}|jelszava\w?|lozink\w{1,3}|šifr\w{1,2}|geslo|"
    r"slaptažod\w+|parool\w?|salasõna|"
    r"kata ?sandi\w{0,3}|sandi\w{0,3}|mật khẩu|รหัสผ่าน|พาสเวิร์ด|"
    r"api[ _-]?key|secret(?:[ _-]?key)?|access[ _-]?(?:key|token)|(?:auth|bearer|session)[ _-]?token|token|"
    r"seed phrase|recovery (?:code|key|phrase)|client[ _-]secret|credentials?"
)
#: Words for a PIN or an entry code; the value is short and mostly digits.
_CODE = (
    r"pins?\b|pin[- ]?(?:code|number|nummer|kod)?|cvv2?|cvc2?|"
    r"(?:(?:gate|door|alarm|entry|access|building|garage|lock ?box|key ?box|safe|security|verification|"
    r"login|sms|unlock|bike|locker|front door)[ -]?)?codes?|otp|combination|combo|buzzer(?: code)?|"
    r"(?:c(?:ó|o)digo|clave|combinaci(?:ó|o)n)(?: d[eo]\w* (?:la |el |o |a )?\w+)?|"
    r"(?:tür|haus|tor|alarm|zugangs|sicherheits|garagen|eingangs|bestätigungs|schließfach)?-?(?:code|kode|pin)|geheimzahl|zahlenschloss|"
    r"(?:digi|visio)?codes?(?: d[eu]\w* (?:la |l'|l’)?\w+)?|interphone|"
    r"codice(?: del\w*['’ ]? ?\w+)?|citofono|"
    r"(?:deur|poort|toegangs|alarm)?-?code|kod(?:u|em)?(?: do \w+| domofonu)?|domofon\w*|"
    r"(?:kapı|apartman|giriş)?\s?kodu|(?:door|port|dörr|dør|ovi|larm|alarm)-?(?:kod|kode|koodi)\w{0,2}|"
    r"код\w{0,2}(?: (?:от|домофона|двери|подъезда|на|від)(?: \w+)?)?|домофон\w?|пин(?:-?код\w?)?|пін(?:-?код)?|"
    r"(?:رمز|كود|رقم) (?:الباب|الدخول|البوابة|البناية|التحقق|السري)|"
    r"קוד(?: ה?(?:כניסה|דלת|בניין|שער))?|הקוד|गेट कोड|कोड|पिन|"
    r"暗証番号|認証コード|オートロック(?:番号)?|ロック番号|도어락|공동현관|현관(?: ?비번| ?번호)?|인증번호|门禁(?:码|密码)?|验证码|門禁|驗證碼|"
    r"kód\w?|kaputelefon|interfon\w?|kode(?: pintu| akses| gerbang| otp)|mã (?:cửa|pin|otp)|κωδικός (?:πόρτας|εισόδου)|τετραψήφιος"
)
_LINK = (
    r"is|was|are|equals|ist|lautet|war|es|era|est|c['’]est|sera|è|é|eh|será|to|jest|brzmi|är|er|on|je|"
    r"e|este|yaitu|adalah|là|είναι|это|вот|теперь|هي|هو|היא|הוא|זה|है|は|が|은|는|이|가|是|为|為|ni|ay|bir|was"
)
_LINK_WORD = regex.compile(rf"(?i)(?:{_LINK})?[:：=]?|->|→|[-–—]|(?:{_LINK})['’]?")
_PIECE = regex.compile(
    r"[\"“”„«'‘`「『](?P<quoted>[^\"“”„«»'‘’`\n」』]{3,60})[\"“”»'’`」』]"
    r"|[\p{Han}\p{Hiragana}\p{Katakana}]+|[\p{Hangul}]+|\p{Thai}+"
    r"|[^\s\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\"“”«»「」『』]+"
)
_CODE_RULE = regex.compile(
    rf"(?i)(?<![\p{{L}}\p{{N}}/.&?=])(?<!\b(?:error|zip|postal|post|status|exit|http|country|area|dress|qr|source|promo|"
    rf"discount|coupon|voucher|course|color|colour|fehler|bar|y|vs|py|game|fault|dtc|product|currency|erreur|postleit)[\s-]?)"
    rf"(?:{_CODE})"
    rf"(?:\s?(?:{_LINK}|#|no\.?|nr\.?|number|again|now|for [\w' ]{{2,24}}|to [\w' ]{{2,24}}|zum|zur|für \w+(?: \w+)?|de la \w+|du \w+|da \w+|do \w+|til \w+|till \w+)(?=[\s\W\d]|\b))*"
    r"[\s:：=,'’-]{0,3}\s*(?P<value>(?<![\p{L}\d])[#*]?(?=[A-Za-z*#]{0,2}\d)[A-Za-z]{0,2}[\d*#]{3,10}[A-Za-z]{0,2}[#*]?)(?![\p{Latin}\d]|[.,:]\d|\s?(?:€|\$|£|%|h\b|uhr))"
)
_HINTS = regex.compile(
    rf"(?i)(?:(?<![\p{{L}}\p{{N}}])ה?|(?<=[\p{{Han}}\p{{Hiragana}}\p{{Hangul}}]))(?:{_PASSWORD})(?:(?<=[\p{{Han}}\p{{Hiragana}}\p{{Katakana}}\p{{Hangul}}])|(?!\p{{L}}{{3}}))"
)
_DIGIT = regex.compile(r"\d")
_CODE_HINTS = regex.compile(rf"(?i)(?:{_CODE})")
_TRIM = ".,;:)]}\"'’”»、。，"
#: What follows "the password is" without being one.
_NOT_A_VALUE = word_list("no_passwords")


def find_secrets(text: str) -> list[Span]:
    """Access keys by their form, passwords and entry codes by the words before them."""
    spans = []
    if len(text) > 15:
        spans += [span_of(m, "secret", "form of an access key") for m in _TOKENS.finditer(text)]
    for hint in _HINTS.finditer(text):
        spans += _passwords_after(text, hint.end())
    if _DIGIT.search(text) and _CODE_HINTS.search(text):
        spans += [
            span_of(m, "secret", "code beside a keyword", group="value")
            for m in _CODE_RULE.finditer(text)
        ]
    return spans


def _passwords_after(text: str, position: int) -> list[Span]:
    """The first thing that may be a password within the eight words after ``position``.

    Odd characters or digits are enough; a plain word must follow a linking word or a colon.
    """
    line_end = text.find("\n", position)
    end = min(position + 90, len(text) if line_end < 0 else line_end)
    linked = False
    for count, match in enumerate(_PIECE.finditer(text, position, end)):
        piece = match.group()
        if match["quoted"]:
            return [span_of(match, "secret", "password beside a keyword", group="quoted")]
        if _LINK_WORD.fullmatch(piece):
            linked = True
            continue
        # "wifi=Abc1" and "pass:Abc1" hold the link and the value in one piece.
        start = match.start() + len(piece) - len(piece.lstrip(":：=(>,"))
        stop = match.end()
        while stop > start and text[stop - 1] in _TRIM:
            stop -= 1
        value = text[start:stop]
        after_link = linked or (count == 0 and piece[0] in ":：=")
        if _is_strong(value) or (after_link and _may_be_a_word(value)):
            return [Span(start, stop, "secret", "password beside a keyword")]
        if count > 7 or text[match.end() - 1] in ".!?;":
            return []
        linked = text[match.end() - 1] in ":：="
    return []


def _is_strong(value: str) -> bool:
    """Letters with digits or signs inside, or four digits and more: nobody writes this as prose."""
    if len(value) < 4 or value.startswith(("http", "@", "www.")):
        return False
    letters = any(c.isalpha() for c in value)
    digits = any(c.isdigit() for c in value)
    inner = value.strip("!?.,:;'\"()*_~-")
    odd = any(not c.isalnum() and c not in "'’-/.,:" for c in inner)
    return bool(inner) and ((letters and digits) or odd or (digits and value.isdigit()))


def _may_be_a_word(value: str) -> bool:
    inner = value.strip("!?.,:;'\"()*_~")
    return len(inner) > 2 and inner.lower() not in _NOT_A_VALUE and value[-1] != "?"
