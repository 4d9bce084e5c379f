"""Scan: every find in an archive, made once; decisions are applied to it afterwards."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from core.privacy.evidence import Evidence, gather_evidence
from core.privacy.finders.addresses import find_addresses
from core.privacy.finders.contact import (
    find_coordinates,
    find_emails,
    find_handles,
    find_internet_addresses,
    find_urls,
)
from core.privacy.finders.credentials import credential_finder
from core.privacy.finders.dates import find_birth_dates
from core.privacy.finders.documents import document_finder
from core.privacy.finders.letters import find_letter_names
from core.privacy.finders.names import name_finder
from core.privacy.finders.numbers import find_accounts, find_cards
from core.privacy.finders.phones import guess_regions, phone_finder
from core.privacy.finders.places import find_places
from core.privacy.finders.secrets import find_secrets
from core.privacy.finders.segments import find_chains
from core.privacy.mentions import find_participants
from core.privacy.participants import Participants, build_participants
from core.privacy.settings import Settings
from core.privacy.spans import Finder, Span
from core.privacy.well_known import without_well_known

#: Finders that look for digits; skipped for the many messages without one.
_DIGIT_FINDERS: tuple[Finder, ...] = (
    find_internet_addresses,
    find_coordinates,
    find_cards,
    find_accounts,
    find_birth_dates,
    find_chains,
)
_TEXT_FINDERS: tuple[Finder, ...] = (
    find_emails,
    find_urls,
    find_handles,
    find_secrets,
    find_addresses,
    find_places,
    find_letter_names,
)


#: Longer texts are searched in pieces, cut between words: some rules take quadratic time.
_LONGEST = 8_000


@dataclass(frozen=True)
class Scan:
    """Finds per distinct text. ``spans`` maps a text to its unmerged finds, doubtful ones
    included; texts without any are not in it. Holds personal data: keep it in the session."""

    spans: dict[str, list[Span]]
    people: Participants
    evidence: Evidence
    authors: tuple[str, ...]


def find_spans(text: str, finders: Sequence[Finder], digit_finders: Sequence[Finder]) -> list[Span]:
    """Everything the finders see in ``text``, overlaps included."""
    if len(text) <= _LONGEST:
        return _find(text, finders, digit_finders)
    spans = []
    start = 0
    while start < len(text):
        end = start + _LONGEST
        if end < len(text):
            end = max(text.rfind("\n", start, end), text.rfind(" ", start, end)) + 1 or end
        end = end if end > start else start + _LONGEST
        spans += [
            span._replace(start=span.start + start, end=span.end + start)
            for span in _find(text[start:end], finders, digit_finders)
        ]
        start = end
    return spans


def _find(text: str, finders: Sequence[Finder], digit_finders: Sequence[Finder]) -> list[Span]:
    spans = [span for finder in finders for span in finder(text)]
    if any(c.isdigit() for c in text):
        spans += [span for finder in digit_finders for span in finder(text)]
    return spans


def scan_frame(
    frame: pd.DataFrame,
    me: Sequence[str],
    settings: Settings,
    *,
    extra_finders: Sequence[Finder] = (),
    progress: Callable[[float], None] | None = None,
) -> Scan:
    """Run every finder over the texts of an archive's frame.

    Only ``settings.nicknames`` and ``settings.regions`` change the result, so a page can keep
    it while the other settings are edited. ``me`` adds names of the owner that the frame does
    not show. ``extra_finders`` are further functions from a text to spans.
    """
    texts = list(dict.fromkeys(normal(text) for text in frame["text"].dropna()))
    authors = author_names(frame, me)
    evidence = gather_evidence(texts)
    people = build_participants(authors, settings.nicknames, evidence)
    regions = guess_regions(authors, evidence.languages)
    finders: list[Finder] = [
        lambda text: find_participants(text, people),
        without_well_known(name_finder(evidence)),
        credential_finder(),
        document_finder(),
        *_TEXT_FINDERS,
        *extra_finders,
    ]
    digit_finders = [phone_finder([*settings.regions, *regions]), *_DIGIT_FINDERS]
    found = {}
    for index, text in enumerate(texts):
        if progress and index % 2000 == 0:
            progress(index / len(texts))
        spans = find_spans(text, finders, digit_finders)
        if spans:
            found[text] = spans
    if progress:
        progress(1.0)
    return Scan(found, people, evidence, authors)


def author_names(frame: pd.DataFrame, me: Sequence[str]) -> tuple[str, ...]:
    """Authors in the order of their first message, then ``me``; empty names left out."""
    names = frame["author"].dropna().astype("str").unique()
    return tuple(dict.fromkeys(name for name in [*names, *me] if name.strip()))


def normal(text: str) -> str:
    """``text`` with letters and their accents in one character each, as the finders expect."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
