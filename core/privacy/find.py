"""Scan: every find in an archive, made once; decisions are applied to it afterwards."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from core.privacy.evidence import Evidence, gather_evidence
from core.privacy.finders.addresses import ADDRESS_FINDERS
from core.privacy.finders.contact import (
    HANDLE_HINT,
    NETWORK_HINT,
    find_coordinates,
    find_emails,
    find_internet_addresses,
    find_marked_handles,
    find_named_handles,
    find_network_handles,
    find_urls,
)
from core.privacy.finders.credentials import credential_finder
from core.privacy.finders.dates import BORN_HINT, find_birth_dates
from core.privacy.finders.documents import document_finder
from core.privacy.finders.hints import DIGIT, Hinted, WordHints
from core.privacy.finders.letters import find_letter_names
from core.privacy.finders.named import named_finder
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

_TEXT_FINDERS: tuple[Hinted, ...] = (
    Hinted((), find_emails),
    Hinted((), find_urls),
    Hinted((), find_marked_handles),
    Hinted((HANDLE_HINT,), find_named_handles),
    Hinted((NETWORK_HINT,), find_network_handles),
    Hinted((), find_secrets),
    *ADDRESS_FINDERS,
    Hinted((DIGIT,), find_places),
    Hinted((), find_letter_names),
)
_DIGIT_FINDERS: tuple[Hinted, ...] = (
    Hinted((DIGIT,), find_internet_addresses),
    Hinted((DIGIT,), find_coordinates),
    Hinted((DIGIT,), find_cards),
    Hinted((DIGIT,), find_accounts),
    Hinted((DIGIT, BORN_HINT), find_birth_dates),
    Hinted((DIGIT,), find_chains),
)

#: Longer texts are searched in pieces, cut between words: some rules take quadratic time.
_LONGEST = 8_000
#: Texts searched at once.
_BATCH = 1_000


@dataclass(frozen=True)
class Scan:
    """Finds per distinct text. ``spans`` maps a text to its unmerged finds, doubtful ones
    included; texts without any are not in it. Holds personal data: keep it in the session."""

    spans: dict[str, list[Span]]
    people: Participants
    evidence: Evidence
    authors: tuple[str, ...]


def find_spans(texts: Sequence[str], hints: WordHints) -> list[list[Span]]:
    """For every text everything that the finders see in it, overlaps included.

    One finder after the other reads all texts: a processor is half as fast again when it does
    not change its pattern with every text. So pass some hundreds at once.
    """
    pieces = [(index, *piece) for index, text in enumerate(texts) for piece in _pieces(text)]
    alike: dict[int, list[tuple[int, int, str]]] = {}
    for one in pieces:
        alike.setdefault(hints.seen(one[2]), []).append(one)
    spans: list[list[Span]] = [[] for _ in texts]
    for needed, find in hints.finders:
        for seen, some in alike.items():
            if needed & seen == needed:
                for index, offset, piece in some:
                    found = find(piece)
                    if found:
                        spans[index] += _moved(found, offset) if offset else found
    return spans


def _pieces(text: str) -> list[tuple[int, str]]:
    """``text``, or what a long one is cut into, each with where it begins."""
    if len(text) <= _LONGEST:
        return [(0, text)]
    pieces = []
    start = 0
    while start < len(text):
        end = start + _LONGEST
        if end < len(text):
            end = max(text.rfind("\n", start, end), text.rfind(" ", start, end)) + 1 or end
        end = end if end > start else start + _LONGEST
        pieces.append((start, text[start:end]))
        start = end
    return pieces


def _moved(spans: Sequence[Span], offset: int) -> list[Span]:
    return [s._replace(start=s.start + offset, end=s.end + offset) for s in spans]


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
    always: list[Finder] = [
        lambda text: find_participants(text, people),
        without_well_known(name_finder(evidence)),
        without_well_known(named_finder(evidence.languages)),
        credential_finder(),
        document_finder(),
    ]
    hints = WordHints(
        [
            *(Hinted((), finder) for finder in always),
            *_TEXT_FINDERS,
            *(Hinted((), finder) for finder in extra_finders),
            Hinted((DIGIT,), phone_finder([*settings.regions, *regions])),
            *_DIGIT_FINDERS,
        ]
    )
    found: dict[str, list[Span]] = {}
    for start in range(0, len(texts), _BATCH):
        if progress:
            progress(start / len(texts))
        batch = texts[start : start + _BATCH]
        found.update(
            (t, spans) for t, spans in zip(batch, find_spans(batch, hints), strict=True) if spans
        )
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
