"""Access keys, private keys and passwords in links, by their form.

Token forms follow the public rule set of gitleaks (MIT). What people say in words ("the
password is X") is found in ``credentials``.
"""

from __future__ import annotations

import regex

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
    r"|(?<![\w/+-])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?(?![\w/+-])"
)

#: What a token can be in; nothing else is searched for one.
_SHORTEST_TOKEN = 14
_LONG_RUN = regex.compile(rf"[A-Za-z0-9_.:/@+-]{{{_SHORTEST_TOKEN},}}+")
#: Small letters, large ones and digits in turn, as nobody writes words.
_BY_CHANCE = regex.compile(
    r"(?<![\w/.:@+-])(?=[\w-]*\d[a-z]*[A-Z])(?=(?:[\w-]*?\d[A-Za-z_-]+){3})(?=[\w-]*[a-z])[A-Za-z0-9_-]{16,}(?![\w/.@])"
)
_PRIVATE_KEY = regex.compile(
    r"-----BEGIN[A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END[A-Z ]*PRIVATE KEY-----|\Z)"
)
_IN_A_LINK = regex.compile(r"(?<=://[^\s/:@]{1,64}:)[^\s/@]{3,}(?=@)")

#: A login and its password with a stroke between them.
_PAIR = regex.compile(
    r"(?i)(?:[\w.+-]{2,40}@[\w-]+(?:\.[\w-]+)+|(?:(?:user|login|log in|zugang|zugangsdaten|access|accès|acceso|acesso|accesso|toegang|dostęp|доступ|account|konto|"
    r"server|router|nas|ssh|ftp|admin|portal|credentials|creds|[\w-]*wi-?fi|[\w-]*wlan|ssid|netz|netzwerk|network|hotspot|réseau|red|rede|rete|вайфай|роутер)\b[^\n/|]{0,16}?[:=]?\s?[\w.@-]{3,40}))"
    r"\s?[/|]\s?(?P<value>[^\s/|]{5,40})"
)
_LOGIN_COLON = regex.compile(
    r"(?<![\w/:.@])(?:root|admin|administrator|user|guest|pi|ubuntu|postgres|test):(?P<value>(?=\S*\d)[^\s/:@]{5,40})(?<![.,;!])"
)
#: Words of programmers: what follows must look like a key, because they also talk about keys.
_KEY_RULE = regex.compile(
    r"(?i)(?:api[ _-]?key|secret(?:[ _-]?key)?|access[ _-]?(?:key|token)|token|bearer|client[ _-]secret|recovery (?:code|key))"
    r"\W{0,4}(?:is|=|:|ist|es|est)?\W{0,3}(?P<value>(?=[A-Za-z_\-.+/=]*\d)(?=[\d_\-.+/=]*[A-Za-z])[A-Za-z\d_\-.+/=]{12,})"
    r"|(?:seed|recovery|mnemonic|backup) (?:phrase|words)\W{0,3}(?:is|are|=|:)?\W{0,3}(?P<words>(?:[a-z]{3,8}[ ,]+){11,23}[a-z]{3,8})"
)


def find_secrets(text: str) -> list[Span]:
    """Access keys by their form, keys beside a programmer's word, passwords beside a login."""
    rule = "form of an access key"
    spans = []
    for run in _LONG_RUN.finditer(text) if _has_a_long_word(text) else ():
        for pattern, why in ((_TOKENS, rule), (_BY_CHANCE, "letters and digits by chance")):
            matches = pattern.finditer(text, run.start(), run.end())
            spans += [span_of(match, "secret", why) for match in matches]
    if "PRIVATE KEY" in text:
        spans += [span_of(match, "secret", rule) for match in _PRIVATE_KEY.finditer(text)]
    if "://" in text and "@" in text:
        spans += [span_of(match, "secret", rule) for match in _IN_A_LINK.finditer(text)]
    for match in _KEY_RULE.finditer(text):
        group = "value" if match["value"] else "words"
        spans.append(span_of(match, "secret", "key beside a keyword", group=group))
    if "/" in text or "|" in text:
        spans += [
            span_of(match, "secret", "password beside a login", group="value")
            for match in _PAIR.finditer(text)
            if _is_second_of_pair(match)
        ]
    if ":" in text:
        spans += [
            span_of(match, "secret", "password beside a login", group="value")
            for match in _LOGIN_COLON.finditer(text)
        ]
    return spans


def _has_a_long_word(text: str) -> bool:
    return max(map(len, text.split()), default=0) >= _SHORTEST_TOKEN


def _is_second_of_pair(match: regex.Match[str]) -> bool:
    """A word without digits and signs counts only in the form "wifi: name / word"."""
    value = match["value"].rstrip(".,;!")
    if "." in value[-4:]:
        return False
    return not value.isalpha() or (": " in match[0] and " / " in match[0])
