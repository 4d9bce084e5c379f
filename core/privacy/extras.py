"""Further finders from other people's tools, for those who have installed them.

Each function turns a tool's object into a finder for ``scan_frame(extra_finders=...)``. Their
finds go through the same merge and the same review table as our own. None of them is needed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

from core.privacy.spans import KINDS, Finder, Span

#: What other tools call things -> our kind. Names that are not here are left out: a model that
#: marks every date and place would mask half the archive.
LABELS = {
    "PERSON": "name",
    "PER": "name",
    "PRIVATE_PERSON": "name",
    "PERSON_NAME": "name",
    "NAME": "name",
    "EMAIL_ADDRESS": "email",
    "EMAIL": "email",
    "PRIVATE_EMAIL": "email",
    "PHONE_NUMBER": "phone",
    "PHONE": "phone",
    "PRIVATE_PHONE": "phone",
    "URL": "url",
    "PRIVATE_URL": "url",
    "IP_ADDRESS": "ip",
    "MAC_ADDRESS": "ip",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "CRYPTO": "iban",
    "ACCOUNT_NUMBER": "iban",
    "BANK_ACCOUNT": "iban",
    "ADDRESS": "address",
    "PRIVATE_ADDRESS": "address",
    "STREET_ADDRESS": "address",
    "SECRET": "secret",
    "PASSWORD": "secret",
    "USERNAME": "handle",
    "DATE_OF_BIRTH": "birth_date",
    "PASSPORT": "id",
    "SOCIAL_SECURITY_NUMBER": "id",
    "DRIVERS_LICENSE": "id",
}

#: presidio names national numbers by country; these ends of its names mean one.
_ID_ENDS = (
    "SSN", "ITIN", "PASSPORT", "DRIVER_LICENSE", "NHS", "NINO", "NIF", "NIE", "PESEL", "PAN", "AADHAAR",
    "FISCAL_CODE", "IDENTITY_CARD", "TFN", "MEDICARE", "NRIC_FIN", "RRN", "BANK_NUMBER", "VOTER",
    "PERSONAL_IDENTITY_CODE", "VEHICLE_REGISTRATION", "TAX_ID", "CPF",
)  # fmt: skip


def kind_of(label: str) -> str | None:
    """Our kind for another tool's label; None if it means nothing personal to us."""
    name = label.removeprefix("B-").removeprefix("I-").replace(" ", "_").upper()
    if name.lower() in KINDS:
        return name.lower()
    return LABELS.get(name) or ("id" if name.endswith(_ID_ENDS) else None)


def from_presidio(analyzer: Any, language: str = "en", least_score: float = 0.3) -> Finder:
    """A finder out of a ``presidio_analyzer.AnalyzerEngine``."""

    def find(text: str) -> list[Span]:
        results = analyzer.analyze(text, language=language, score_threshold=least_score)
        return _spans(((r.start, r.end, r.entity_type) for r in results), "presidio", text)

    return find


def from_gliner(
    model: Any, labels: Sequence[str] = ("person", "address"), least: float = 0.5
) -> Finder:
    """A finder out of a ``gliner.GLiNER`` model."""

    def find(text: str) -> list[Span]:
        results = model.predict_entities(text, list(labels), threshold=least)
        return _spans(((r["start"], r["end"], r["label"]) for r in results), "GLiNER", text)

    return find


def from_transformers(pipeline: Any) -> Finder:
    """A finder out of a transformers token-classification pipeline with aggregation, such as
    one for openai/privacy-filter."""

    def find(text: str) -> list[Span]:
        results = pipeline(text)
        found = ((r["start"], r["end"], r["entity_group"]) for r in results)
        return _spans(found, "token classifier", text)

    return find


def _spans(found: Any, rule: str, text: str) -> list[Span]:
    spans = []
    for start, end, label in found:
        kind = kind_of(str(label))
        start, end = max(0, int(start)), min(len(text), int(end))
        if kind and start < end:
            spans.append(Span(start, end, kind, rule))
    return spans


def presidio_patterns() -> Finder:
    """presidio's recognisers that need no language model.

    Raises:
        ImportError: presidio-analyzer is not installed.
    """
    analyzer = importlib.import_module("presidio_analyzer")
    nlp = importlib.import_module("presidio_analyzer.nlp_engine")
    engine = nlp.NoOpNlpEngine(models=[{"lang_code": "en", "model_name": "none"}])
    engine.load()
    return from_presidio(analyzer.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"]))


def installed() -> dict[str, Callable[[], Finder]]:
    """Extra finders that work here without a download: name -> what makes the finder."""
    if importlib.util.find_spec("presidio_analyzer") is None:
        return {}
    return {"presidio, patterns only": presidio_patterns}
