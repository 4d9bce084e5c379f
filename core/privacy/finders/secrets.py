"""Passwords, access keys, PINs and entry codes.

Token forms follow the public rule set of gitleaks (MIT). No public rule set looks for what
chats hold, "the password is X", so the second half does, in the languages of ``_PASSWORD``.
"""

from __future__ import annotations

import regex

from core.privacy.common_words import word_list
from core.privacy.finders.hints import hint
from core.privacy.spans import Span, fold, span_of

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
    r"|(?<![\w/+-])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?(?![\w/+-])"
)

#: What a token can be in; nothing else is searched for one.
_LONG_RUN = regex.compile(r"[A-Za-z0-9_.:/@+-]{14,}+")
_PRIVATE_KEY = regex.compile(
    r"-----BEGIN[A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END[A-Z ]*PRIVATE KEY-----|\Z)"
)
_IN_A_LINK = regex.compile(r"(?<=://[^\s/:@]{1,64}:)[^\s/@]{3,}(?=@)")

#: "password" in the languages of the labelled set, as people type it.
_PASSWORD = (
    r"pass\s?-?(?:word|wort|code|phrase|key)s?|pass\b|passwd|pwd?\b|p/w|psw|"
    r"contrase(?:ñ|n)as?|clave|contra(?=\s(?:del?|para|es)\s)|"
    r"kennwort|passwörter|zugangsdaten|"
    r"mots? de passe|mdp|"
    r"senhas?|palavra-?passe|password|parola d'ordine|parol[aăei]\w{0,3}|"
    r"wachtwoord\w{0,2}|\bww\b|"
    r"hasł[oaeu]|haslo|"
    r"şifre\w{0,5}|sifre\w{0,5}|parola\w{0,4}|"
    r"парол[аьяеюі]\w{0,2}|лозинк[аеуи]|шифр[ауи]|пасс?ворд\w?|"
    r"كلمة (?:السر|المرور|سر|مرور)|الباسورد|باسوورد|باسورد|الرقم السري|رمز المرور|رمز عبور|رمز|گذرواژه|پسورد|"
    r"סיסמ(?:ה|א|ת)\w{0,3}|הסיסמ(?:ה|א|ת)|"
    r"पासवर्ड|"
    r"パスワード|パスコード|パスは|合言葉|"
    r"비밀번호|비번|패스워드|암호|"
    r"密码|密碼|口令|"
    r"lösenord\w{0,3}|adgangskode\w{0,2}|passord\w{0,2}|kodeord\w{0,2}|lykilorð\w?|"
    r"salasana\w{0,2}|tunnussana|wagwoord|nywila|neno (?:la )?siri|kata laluan|contrasenya|pasahitza|parole\b|پاس ورڈ|კოდი|პაროლი|գաղտնաբառ|құпиясөз|"
    r"κωδικ(?:ός|ο|ό|οί)\w?|συνθηματικό|"
    r"hesl[oaeu]|jelszó\w{0,3}|jelszava\w?|lozink\w{1,3}|šifr\w{1,2}|geslo|"
    r"slaptažod\w+|parool\w?|salasõna|"
    r"kata ?sandi\w{0,3}|sandi\w{0,3}|mật khẩu|รหัสผ่าน|รหัส|พาสเวิร์ด|"
    r"(?:code|key) (?:du )?wi-?fi|wi-?fi[ -]?(?:code|key|pass)|wlan[ -]?(?:code|schlüssel|key)"
)
#: Words for a PIN or an entry code; the value is short and mostly digits.
_CODE = (
    r"key ?pad|lock ?box|(?:key|gun|wall) ?safe|safe|locker|padlock|tresor|schlüsselkasten|alarm[eai]?|[\p{L}-]*kombination|pins?|pin[- ]?(?:code|number|nummer|kod|kodu)|cvv2?|cvc2?|otp|2fa|combination|combo|buzzer|passcode|"
    r"[\p{L}-]*codes?|c(?:ó|o)digos?|clave|combinaci(?:ó|o)n|geheimzahl|zahlenschloss|tan|"
    r"digicodes?|interphone|codice|codici|citofono|combinazione|senha|"
    r"[\p{L}-]*kod(?:u|em|zie|en|e|et|i|ul|o)?|domofon\w*|domofonu|kapı şifresi|"
    r"[\p{L}-]*koodi\w{0,2}|kód\w{0,2}|kaputelefon|interfon\w?|mã|"
    r"код\w{0,2}|домофон\w?|пин(?:-?код\w?)?|пін(?:-?код)?|"
    r"رمز|كود|الرقم السري|ה?קוד|कोड|पिन|"
    r"暗証番号|認証コード|オートロック(?:番号)?|ロック番号|コード|도어락|공동현관|현관(?: ?비번| ?번호)?|인증번호|핀번호|"
    r"门禁(?:码|密码)?|验证码|門禁|驗證碼|取件码|κωδικ(?:ός|ό|ο)|τετραψήφιος|รหัส"
)
_may_name_a_code = hint(rf"{_CODE}|gate|tor|door|tür|port|kapı")
_LINK = (
    r"is|was|are|equals|ist|lautet|war|es|era|est|c['’]est|sera|è|é|eh|será|to|jest|brzmi|är|er|on|je|"
    r"e|е|са|este|yaitu|adalah|là|είναι|это|вот|теперь|هي|هو|היא|הוא|זה|है|は|が|은|는|이|가|是|为|為|ni|ay|bir|was"
)
_LINK_WORD = regex.compile(rf"(?i)(?:{_LINK})?[:：=]?|->|→|[-–—]|(?:{_LINK})['’]?")
_PIECE = regex.compile(
    r"[\"“”„«'‘`「『](?P<quoted>[^\"“”„«»'‘’`\n」』]{3,60})[\"“”»'’`」』]"
    r"|[\p{Han}\p{Hiragana}\p{Katakana}]+|[\p{Hangul}]+|\p{Thai}+"
    r"|[^\s\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\"“”«»「」『』]+"
)
#: "the code for the gate", "código del portal", "code de la porte", "код от домофона".
_TO_WHAT = (
    r"(?:\s+(?:(?:for|to|of|at|on|für|fürs|zum|zur|vom|von|am|im|an|de|del|du|des|da|do|della|dell|del|per|voor|van|do|od|od|"
    r"pro|till|til|på|i|la|le|el|from|от|для|на|в|к|від|до|la|use|u|za|untuk|của|dari)\b|[dl]['’])\s?"
    r"(?:(?:the|my|our|your|der|die|das|den|dem|la|le|el|los|las|il|lo|het|o|a|mi|mon|mein\w*|unser\w*|our)\s)?[\p{L}'’-]{2,20}(?:\s[\p{L}'’-]{2,14})?|\s+[לה]\p{Hebrew}+|\s+ال\p{Arabic}+)"
)
_CODE_RULE = regex.compile(
    r"(?i)(?<![\p{L}\p{N}/.&?=_-])(?<!\b(?:error|zip|postal|post|status|exit|http|country|area|dress|qr|source|promo|return|"
    r"discount|coupon|voucher|course|color|colour|fehler|bar|y|vs|py|game|fault|dtc|product|currency|erreur|postleit|morse|da vinci)[\s-]?)"
    rf"(?:(?:{_CODE})(?:\s(?:number|no\.?|nr\.?|numarası))?{_TO_WHAT}?(?:\s(?:atm|sim|card|karte|karty|carte|tarjeta|banco|now|again|today|ahora|jetzt|maintenant|теперь))?|(?:(?<=(?:gate|tor|door|tür|porton|portón|portail|kapı)\s)(?:code|pin)))"
    rf"(?:\s?(?:{_LINK}|#|no\.?|nr\.?)(?=[\s\d\W]))?"
    r"\s?[:：=,’'-]{0,2}\s{0,2}"
    r"(?P<value>[#*]{0,2}(?:\d{1,2}(?:\s?-\s?\d{1,2}){2,3}|(?=[\p{L}*#]{0,2}\d)[\p{L}*#\d]{3,10}))[#*]{0,2}"
    r"(?![\p{Latin}\p{Cyrillic}\d]|[.,:/]\d|\s?(?:€|\$|£|%|euros?\b|zł|h\b|uhr|km\b|kg\b|times|lines|rows|minut|years|people))"
)
#: "the code of the box by the door: 0742": anything may stand before a colon.
_CODE_COLON = regex.compile(
    rf"(?i)(?<![\p{{L}}\p{{N}}])(?<!\b(?:error|zip|postal|post|status|exit|http|country|area|dress|qr|source|promo|discount|product)[\s-]?)(?:{_CODE})(?!\p{{L}})[^\n.!?:：=;,\d]{{1,40}}[:：=]\s{{0,2}}"
    r"(?P<value>[#*]{0,2}\d[\d#*-]{2,9})(?![\p{L}\d:%]|[.,]\d|\s?(?:€|\$|£|uhr|h\b))"
)
#: "key safe by the bins, C4081": after a comma only what is half letters and digits, or has a sign.
_CODE_COMMA = regex.compile(
    rf"(?i)(?<![\p{{L}}\p{{N}}])(?:{_CODE})(?!\p{{L}})[^\n.!?;,\d]{{1,40}},\s"
    r"(?P<value>(?:[#*]\d{3,8}|\d{3,8}[#*]|\p{Lu}{1,2}\d{3,6}\p{Lu}?|\d{3,6}\p{Lu}{1,2}))(?![\p{L}\d:%]|[.,]\d)"
)
#: A login and its password with a stroke between them.
_PAIR = regex.compile(
    r"(?i)(?:[\w.+-]{2,40}@[\w-]+(?:\.[\w-]+)+|(?:(?:user|login|log in|wi-?fi|wlan|ssid|netz|netzwerk|réseau|red|rede|rete)\b[^\n/|]{0,12}[:=]?\s?[\w.@-]{3,40}))"
    r"\s?[/|]\s?(?P<value>[^\s/|]{5,40})"
)
_HINTS = regex.compile(
    rf"(?i)(?:(?<![\p{{L}}\p{{N}}])ה?|(?<=[\p{{Han}}\p{{Hiragana}}\p{{Hangul}}]))(?:{_PASSWORD})"
    r"(?:(?<=[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}])|(?!\p{L}{3}))"
)
_NETWORK = r"wi-?fi|wlan|ssid|netz\w*|network|router|réseau|rete|red|rede|netwerk|sieć|nätet|сеть|роутер\w?"
#: The key of a network that is named just before it.
_NETWORK_KEY = regex.compile(
    rf"(?i)\b(?:{_NETWORK})\b[^\n.!?]{{0,40}}?\b(?P<word>schlüssel|key|clé|chiave|clave|chave|sleutel|klucz|nyckel|nøgle|ключ)\b"
)
_may_name_a_key = hint("schlüssel|key|clé|chiave|clave|chave|sleutel|klucz|nyckel|nøgle|ключ")
#: Words of programmers: what follows must look like a key, because they also talk about keys.
_KEY_RULE = regex.compile(
    r"(?i)(?:api[ _-]?key|secret(?:[ _-]?key)?|access[ _-]?(?:key|token)|token|bearer|client[ _-]secret|recovery (?:code|key))"
    r"\W{0,4}(?:is|=|:|ist|es|est)?\W{0,3}(?P<value>(?=[A-Za-z_\-.+/=]*\d)(?=[\d_\-.+/=]*[A-Za-z])[A-Za-z\d_\-.+/=]{12,})"
    r"|(?:seed|recovery|mnemonic|backup) (?:phrase|words)\W{0,3}(?:is|are|=|:)?\W{0,3}(?P<words>(?:[a-z]{3,8}[ ,]+){11,23}[a-z]{3,8})"
)
_COLON_DIGIT = regex.compile(r"(?<!\d)[:：=]\s{0,2}[#*]{0,2}\d")
_TIME = regex.compile(r"\d{1,4}(?:[:.]\d\d)?(?:am|pm|h|st|nd|rd|th|x|k|s|min|uhr|er|e|º)?")
_DIGIT = regex.compile(r"\d")
_TRIM = ".,;:)]}\"'’”»、。，"
#: What follows "the password is" without being one.
_NOT_A_VALUE = word_list("no_passwords")


def find_secrets(text: str) -> list[Span]:
    """Access keys by their form, passwords and entry codes by the words before them."""
    rule = "form of an access key"
    spans = [
        span_of(match, "secret", rule)
        for run in _LONG_RUN.finditer(text)
        for match in _TOKENS.finditer(text, run.start(), run.end())
    ]
    if "PRIVATE KEY" in text:
        spans += [span_of(match, "secret", rule) for match in _PRIVATE_KEY.finditer(text)]
    if "://" in text and "@" in text:
        spans += [span_of(match, "secret", rule) for match in _IN_A_LINK.finditer(text)]
    for keyword in _HINTS.finditer(text):
        spans += _passwords_after(text, keyword.end(), keyword.group().lower() == "pass")
    if _may_name_a_key(text):
        for named in _NETWORK_KEY.finditer(text):
            spans += _passwords_after(text, named.end(), weak_hint=False)
    for match in _KEY_RULE.finditer(text):
        group = "value" if match["value"] else "words"
        spans.append(span_of(match, "secret", "key beside a keyword", group=group))
    if "/" in text or "|" in text:
        spans += [
            span_of(match, "secret", "password beside a login", group="value")
            for match in _PAIR.finditer(text)
            if not match["value"].isalpha() and "." not in match["value"][-4:]
        ]
    if _DIGIT.search(text) and _may_name_a_code(text):
        if _COLON_DIGIT.search(text):
            spans += [
                span_of(match, "secret", "code beside a keyword", group="value")
                for match in _CODE_COLON.finditer(text)
            ]
        if "," in text:
            spans += [
                span_of(match, "secret", "code beside a keyword", group="value")
                for match in _CODE_COMMA.finditer(text)
            ]
        spans += [
            span_of(match, "secret", "code beside a keyword", group="value")
            for match in _CODE_RULE.finditer(text)
            if sum(c.isdigit() for c in match["value"]) > 2 or match["value"][0] in "#*"
        ]
    return spans


def _passwords_after(text: str, position: int, weak_hint: bool) -> list[Span]:
    """The first thing that may be a password within the eight words after ``position``.

    Letters with digits or signs are enough; a plain word or number must come first or follow
    a linking word or a colon. After a ``weak_hint`` ("pass") no plain word counts.
    """
    line_end = text.find("\n", position)
    end = min(position + 90, len(text) if line_end < 0 else line_end)
    linked = False
    for count, match in enumerate(_PIECE.finditer(text, position, end)):
        piece = match.group()
        if match["quoted"]:
            return [span_of(match, "secret", "password beside a keyword", group="quoted")]
        if piece == "?":
            continue
        if _LINK_WORD.fullmatch(piece):
            linked = True
            continue
        # "wifi=Abc1" and "pass:Abc1" hold the link and the value in one piece.
        start = match.start() + len(piece) - len(piece.lstrip(":：=(>,"))
        stop = match.end()
        while stop > start and text[stop - 1] in _TRIM:
            stop -= 1
        value = text[start:stop]
        glued = piece[0] in ":：="
        # Latin letters right after a keyword in another script are nobody's prose.
        foreign = count == 0 and value[:1].isascii() and not text[position - 1].isascii()
        plain = value.isdigit() and len(value) > 3 and (count == 0 or linked)
        word = (linked or glued) and count < 5 and not (weak_hint and not glued)
        if _is_strong(value) or plain or ((word or foreign) and _may_be_a_word(value)):
            return [Span(start, stop, "secret", "password beside a keyword")]
        if count > 7 or text[match.end() - 1] in ".!?;":
            return []
        linked = text[match.end() - 1] in ":：="
    return []


def _is_strong(value: str) -> bool:
    """Letters with digits or signs inside: nobody writes this as prose."""
    if len(value) < 4 or value.startswith(("http", "@", "www.")) or _TIME.fullmatch(value.lower()):
        return False
    letters = any(c.isalpha() for c in value)
    digits = any(c.isdigit() for c in value)
    odd = any(c in "!#$%&*+=?^~|@€£§" for c in value.strip("!?.,:;'\"()*_~-"))
    return (letters and digits) or (odd and (letters or digits))


def _may_be_a_word(value: str) -> bool:
    inner = value.strip("!?.,:;'\"()*_~`[]")
    return len(inner) > 2 and fold(inner) not in _NOT_A_VALUE and value[-1] != "?"
