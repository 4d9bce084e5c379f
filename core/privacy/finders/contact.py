"""E-mail addresses, links, internet addresses, coordinates and user names."""

from __future__ import annotations

import ipaddress
import re

import regex

from core.privacy.finders.hints import lower, word_hint
from core.privacy.spans import Span, span_of

_EMAIL = regex.compile(
    r"(?<![\p{Latin}\p{Cyrillic}\p{Greek}\p{N}_.+%-])[\p{Latin}\p{Cyrillic}\p{Greek}\p{N}_.+%-]{1,64}(?:@|＠|\s?[\[(](?:at|AT|arroba|ät)[\])]\s?)"
    r"(?:[\w-]{1,63}(?:\.|\s?[\[(](?:dot|DOT|punkt|punto)[\])]\s?)){1,6}[^\W\d_][\w-]{1,62}"
)

#: Ends of bare domain names. Country codes count only before a path or after two labels,
#: because chat is full of missing spaces ("done.it was nice").
_ENDS = "com|org|net|edu|gov|info|biz|io|app|dev|tv|ly|gl|gg|xyz|online|site|shop|link|page|ai|cc"
_URL = regex.compile(
    r"(?i)\b(?:https?|ftp|sftp|file|tg|whatsapp|mailto|magnet|ssh|ldap|postgres(?:ql)?|mysql|"
    r"mongodb(?:\+srv)?|redis)"
    r":(?://|\?)?[^\s<>\"“”«»{}|\\^`]+"
    r"|(?<![\p{Latin}\p{Cyrillic}\p{N}_@./-])www\d?\.[^\s<>\"“”«»{}|\\^`]+"
    rf"|(?<![\p{{Latin}}\p{{Cyrillic}}\p{{N}}_@./-])(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+(?:(?:{_ENDS})(?![\w@-]|\.\w)"
    rf"|(?:{_ENDS}|[a-z]{{2}})/[^\s<>\"“”«»{{}}|\\^`]*|(?<=\.[a-z0-9-]{{2,63}}\.)[a-z]{{2}}(?![\w@-]|\.\w))"
    r"(?:/[^\s<>\"“”«»{}|\\^`]*)?"
)
#: A colon or a dot inside a word.
_MAY_BE_A_URL = re.compile(r"[^\W\d_]:\S|\.[^\W_]|[wW]\d?\.\S")
_URL_TAIL = ".,;:!?'\"’”»*_~…。、，！？）】」"

_IPV4 = regex.compile(
    r"(?<![\w.])(?<!(?i:version|\bv|\bver|section|release)\.?\s)(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)(?:/\d{1,2}(?!\d))?"
)
_IPV6 = regex.compile(r"(?i)(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])(?:/\d{1,3})?")
_MAC = regex.compile(r"(?i)(?<![\w:-])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w:-])")

_COORDINATES = (
    regex.compile(
        r"(?<![\w.,])[-+−]?(?:90|[1-8]?\d)\.\d{3,15}°?\s?[NSns]?\s?[,;/ ]\s?"
        r"[-+−]?(?:180|1[0-7]\d|\d{1,2})\.\d{3,15}°?(?:\s?[EWOeowi]\b)?(?![\d.])"
    ),
    regex.compile(
        r"[NSns]?\s?\d{1,2}\s?[°º]\s?\d{1,2}(?:[.,]\d+)?\s?['′’](?:\s?\d{1,2}(?:[.,]\d+)?\s?"
        r"(?:\"|″|”|''|’’))?\s?[NSns]?\s?[,;/ ]?\s?[EWOewo]?\s?\d{1,3}\s?[°º]\s?\d{1,2}"
        r"(?:[.,]\d+)?\s?['′’](?:\s?\d{1,2}(?:[.,]\d+)?\s?(?:\"|″|”|''|’’))?(?:\s?[EWOewo]\b)?"
    ),
    regex.compile(r"(?i)\bgeo:-?\d+(?:\.\d+)?,-?\d+(?:\.\d+)?"),
    # Open location code with its area ("8FW4V75V+8Q"): the alphabet has no vowels.
    regex.compile(r"\b[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,3}\b"),
    regex.compile(r"(?<!\w)///\p{L}+\.\p{L}+\.\p{L}+"),
)

_MENTION = regex.compile(
    r"(?<![\p{Latin}\p{Cyrillic}\p{N}_@./])[@＠](?=[\w.]*\p{L})[\w][\w.]{0,49}(?<!\.)"
)
_DISCORD = regex.compile(r"(?<![\w@#])[\w.]{2,32}#\d{4}(?!\w)")
_REDDIT = regex.compile(r"(?<![\w/])/?u/[\w-]{3,20}\b")
_HANDLE_WORDS = (
    r"user(?=\s?[:=])|user\s?-?name|user\s?id|login|log-?in|screen\s?name|gamer\s?tag|handle|nick(?:name)?|insta(?:gram)?|ig|tg|тг|fb|gamer ?tag|psn id|xbox live|threads|mastodon|bluesky|twitch|reddit|github|soundcloud|last\.?fm|strava|bereal|ник в телеге|телега|телеграм|инста|alias(?: (?:de la cuenta|del? \w+(?: \w+)?))?|"
    r"snap(?:chat)?|telegram|tiktok|twitter|discord|skype|steam|psn|xbox|venmo|cash\s?app|wechat|"
    r"weixin|kakao(?:talk)?|line\s?id|signal|benutzername|nutzername|nombre de usuario|usuario|"
    r"usu[aá]rio|utente|nome utente|identifiant|pseudo|gebruikersnaam|użytkownik|nazwa użytkownika|"
    r"kullanıcı adı|логин|ник|імʼя користувача|логін|användarnamn|käyttäjätunnus|brugernavn|"
    r"uživatelské jméno|felhasználónév|utilizator|όνομα χρήστη|اسم المستخدم|يوزر|שם משתמש|"
    r"यूज़रनेम|ユーザー名|ログインID|ログイン|ユーザーID|ユーザーネーム|아이디|카톡|微信号|微信|用户名|账号|帳號"
)
_NAMED_HANDLE = regex.compile(
    rf"(?i)(?:(?<![\p{{L}}\p{{N}}_])|(?<=\p{{Han}}))(?:{_HANDLE_WORDS})(?:(?<=\p{{Han}})|(?!\p{{L}}))\s?(?:id\b)?\s?(?:is|ist|es|est|è|é|heißt|lautet|to|je|är|er|on|:|：|=|是|は|-)*\s*"
    r"[@＠]?(?P<handle>(?=[\w.-]*[_.\d-][\w-]|[\w.-]*\d)(?=[\w.-]*\p{Latin})[\p{Latin}\d][\w.-]{2,31})(?<![.-])"
)
_SOCIAL = (
    r"(?:insta(?:gram)?|telegram|tiktok|twitter|discord|twitch|snap(?:chat)?|strava|reddit|mastodon|bluesky|psn|xbox|github|spotify|duolingo|komoot|vinted|letterboxd|goodreads|bereal|soundcloud|skype|chess\.com|lichess|roblox|minecraft|fortnite|"
    r"инст|телег|дискорд|твич|стим|тикток|ინსტა|انستا|انستغرام|تيك توك|اینستا|تلگرام|אינסטגרם|טלגרם|इंस्टा|インスタ|ディスコード|인스타|디스코드|텔레그램)"
)
_USER_NAME = r"[@＠]?(?P<handle>(?=[\w.-]*[\p{L}\d][_.][\p{L}\d]|[\w.]*\p{L}\d|\p{Lu}\p{Ll}+\p{Lu}\p{Ll})(?=[\w.-]*\p{Latin})[\p{Latin}\d][\w.-]{3,31})(?<![.-])(?![\w@/])"
_FAR_HANDLE = regex.compile(
    rf"(?i:(?<![\p{{L}}@]){_SOCIAL}\p{{L}}{{0,5}})(?:,?\s(?i:user\s?name|[\p{{Ll}}\p{{M}}'’]{{1,10}})){{0,4}}(?:[:,]\s?|\s){_USER_NAME}"
    rf"|(?<![\w@./-]){_USER_NAME}(?:\s\p{{Ll}}{{1,5}}){{0,2}}\s(?i:{_SOCIAL})(?!\p{{L}}{{2}})"
)
NETWORK_HINT = word_hint(_SOCIAL, lower)
_HANDLE_SHAPE = regex.compile(r"[\w][_.-]\w|\p{Latin}\d|\d\p{Latin}")
_FAR_SHAPE = regex.compile(r"[A-Za-z\d][_.][A-Za-z\d]|[a-z]\d|[a-z][A-Z][a-z]")
HANDLE_HINT = word_hint(_HANDLE_WORDS, lower)


def find_emails(text: str) -> list[Span]:
    """E-mail addresses, also with "[at]" and "(dot)" written out."""
    if "@" not in text and "＠" not in text and "[" not in text and "(" not in text:
        return []
    return [span_of(m, "email", "e-mail address") for m in _EMAIL.finditer(text)]


def find_urls(text: str) -> list[Span]:
    """Links with a scheme, with www, or a bare domain with a common ending."""
    if not _MAY_BE_A_URL.search(text):
        return []
    spans = []
    for match in _URL.finditer(text):
        start, end = match.span()
        while end > start and text[end - 1] in _URL_TAIL:
            end -= 1
        while (
            end > start
            and text[end - 1] == ")"
            and text.count("(", start, end) < text.count(")", start, end)
        ):
            end -= 1
        if end - start > 3 and any(c.isalnum() for c in text[start:end].partition(":")[2] or "x"):
            spans.append(Span(start, end, "url", "link"))
    return spans


def find_internet_addresses(text: str) -> list[Span]:
    """IPv4 and IPv6 addresses that the standard library accepts, and hardware addresses."""
    spans = []
    if text.count(".") >= 3:
        spans += [
            span_of(match, "ip", "IPv4 address")
            for match in _IPV4.finditer(text)
            if _is_ip(match.group().partition("/")[0])
        ]
    if text.count(":") >= 2:
        for match in _IPV6.finditer(text):
            found = match.group().partition("/")[0]
            if len(found) > 4 and _is_ip(found):
                spans.append(span_of(match, "ip", "IPv6 address"))
    if text.count(":") >= 5 or text.count("-") >= 5:
        spans += [span_of(m, "ip", "hardware address") for m in _MAC.finditer(text)]
    return spans


def _is_ip(found: str) -> bool:
    try:
        ipaddress.ip_address(found)
    except ValueError:
        return False
    return True


def find_coordinates(text: str) -> list[Span]:
    """Latitude and longitude in decimals or degrees, plus codes, geo: links, three words."""
    if (
        "." not in text
        and "°" not in text
        and "º" not in text
        and "+" not in text
        and ("geo:" not in text)
    ):
        return []
    return [
        span_of(match, "coordinates", "coordinates")
        for pattern in _COORDINATES
        for match in pattern.finditer(text)
    ]


#: A word with a low line and a digit amid Chinese, Japanese, Korean or Thai is a user name;
#: without a digit it may be one of a program.
_UNSPACED_SCRIPT = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]")
_SNAKE = regex.compile(
    r"(?<![A-Za-z0-9._@/:&?=#-])(?=[A-Za-z0-9_.]*\d)[A-Za-z][A-Za-z0-9.]*_[A-Za-z0-9_.]*[A-Za-z0-9](?![A-Za-z0-9@/=(])"
)
#: Indian payment addresses have no point behind the sign.
_PAYMENT = regex.compile(
    r"(?<![\w.@/-])[\w.-]{2,40}@(?:ok\w{3,10}|ybl|upi|paytm|apl|ibl|axl|\w{2,10}bank|ptsbi|pthdfc|jupiter\w*)(?![\w.@-])"
)


def find_handles(text: str) -> list[Span]:
    """@mentions, and user names beside a word such as "username" or the name of a service."""
    return [
        *find_marked_handles(text),
        *find_named_handles(text),
        *find_network_handles(text),
    ]


def find_marked_handles(text: str) -> list[Span]:
    """User names by a sign of their own."""
    spans = []
    if "@" in text or "＠" in text:
        spans += [span_of(m, "handle", "@mention") for m in _MENTION.finditer(text)]
    if "#" in text:
        spans += [span_of(m, "handle", "Discord name") for m in _DISCORD.finditer(text)]
    if "u/" in text:
        spans += [span_of(m, "handle", "Reddit name") for m in _REDDIT.finditer(text)]
    if "_" in text and _UNSPACED_SCRIPT.search(text):
        spans += [span_of(m, "handle", "user name") for m in _SNAKE.finditer(text)]
    if "@" in text:
        spans += [span_of(m, "handle", "payment address") for m in _PAYMENT.finditer(text)]
    return spans


def find_named_handles(text: str) -> list[Span]:
    """User names beside a word such as "username"; only texts with ``HANDLE_HINT`` have any."""
    if not _HANDLE_SHAPE.search(text):
        return []
    return [
        span_of(m, "handle", "user name beside a keyword", group="handle")
        for m in _NAMED_HANDLE.finditer(text)
    ]


def find_network_handles(text: str) -> list[Span]:
    """User names beside the name of a network; only texts with ``NETWORK_HINT`` have any."""
    if not _FAR_SHAPE.search(text):
        return []
    return [
        span_of(m, "handle", "user name beside a network", group="handle")
        for m in _FAR_HANDLE.finditer(text)
    ]
