"""Doubt: what strict masking does not let through."""

from __future__ import annotations

from collections.abc import Callable

import regex

from core.privacy.common_words import stop_words
from core.privacy.find import Scan
from core.privacy.name_lists import doubtful_names
from core.privacy.spans import Span, fold, span_of

_LONG_NUMBER = regex.compile(
    r"(?<![\p{L}\d])[\p{L}]{0,3}\d(?:[ .\-/:]?\d){3,}[\p{L}]{0,3}(?![\p{L}\d])"
)
_CAPITAL = regex.compile(r"(?<![\p{L}\p{M}])\p{Lu}[\p{Ll}\p{M}]{2,}")
_DIGIT = regex.compile(r"\p{N}")
_WITH_DIGIT = regex.compile(r"[^\s\p{N}]*+\p{N}\S*+")
#: Plates, codes, passwords; "10th", "48km" and "3am" are none.
_MIXED = regex.compile(
    r"(?<![\p{L}\p{N}._@#-])(?!\p{N}{1,5}\p{L}{1,2}(?![\p{L}\p{N}]))(?=[^\s\p{L}]*+\p{L})(?=\P{N}{0,60}?\p{N})"
    r"(?=(?:[^\s\p{N}])*+\p{N})[\p{Latin}\p{Cyrillic}\p{N}][\p{Latin}\p{Cyrillic}\p{N}._@#!$*+-]{2,}(?<![.!-])"
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


def find_long_numbers(text: str) -> list[Span]:
    """Runs of four digits and more, and words with letters and digits, whatever they are."""
    if not _DIGIT.search(text):
        return []
    spans = [span_of(m, "number", "long number") for m in _LONG_NUMBER.finditer(text)]
    return spans + [
        span_of(match, "number", "letters and digits")
        for run in _WITH_DIGIT.finditer(text)
        if not run.group().isdigit()
        for match in _MIXED.finditer(text, run.start(), run.end())
    ]


def doubt_test(scan: Scan) -> Callable[[str], bool]:
    """A test whether a masked text may still hold something personal.

    It may if it speaks of a password, an account or an address and nothing was masked there,
    or if a word has a capital, is no everyday word and never occurs without a capital in the
    whole archive. In German every noun has one, so there the second test is not made.
    """
    evidence = scan.evidence
    known = stop_words(evidence.languages) | doubtful_names(evidence.languages)
    german = evidence.languages[:1] == ("de",)

    def is_doubtful(masked: str) -> bool:
        if _SENSITIVE.search(masked) and not _TAG.search(masked):
            return True
        if german:
            return False
        words = _CAPITAL.findall(masked)
        # Made-up names are never words of the archive.
        return any(
            evidence.words[word] and not evidence.lower[word] and word not in known
            for word in map(fold, words)
        )

    return is_doubtful
