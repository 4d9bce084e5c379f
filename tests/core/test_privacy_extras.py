"""Finders out of other people's tools."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace

import pytest

from core.messages import make_frame
from core.privacy import Settings, mask_frame, scan_frame
from core.privacy.extras import from_gliner, from_presidio, from_transformers, installed, kind_of


class Analyzer:
    """Answers as presidio's AnalyzerEngine does."""

    def analyze(self, text, language, score_threshold):
        assert language == "en" and score_threshold > 0
        start = text.find("Blorp")
        return [
            SimpleNamespace(start=start, end=start + 5, entity_type="PERSON"),
            SimpleNamespace(start=0, end=3, entity_type="DATE_TIME"),
        ]


class Gliner:
    """Answers as a GLiNER model does."""

    def predict_entities(self, text, labels, threshold):
        start = text.find("Blorp")
        return [{"start": start, "end": start + 5, "label": labels[0], "score": 0.9}]


def pipeline(text):
    """Answers as a transformers token-classification pipeline does."""
    start = text.find("Blorp")
    return [
        {"start": start, "end": start + 5, "entity_group": "private_person"},
        {"start": 0, "end": 99, "entity_group": "O"},
    ]


@pytest.mark.parametrize(
    "finder", [from_presidio(Analyzer()), from_gliner(Gliner()), from_transformers(pipeline)]
)
def test_finds_of_other_tools_are_masked_like_ours(finder):
    frame = make_frame(
        {
            "id": ["0"],
            "conversation": ["c"],
            "sent_at": [None],
            "author": ["Anna"],
            "text": ["so blue and Blorp again"],
            "kind": ["message"],
            "reply_to": [None],
        }
    )
    scan = scan_frame(frame, [], Settings(), extra_finders=[finder])
    text = mask_frame(frame, [], Settings(), scan=scan).frame["text"].iloc[0]
    assert text.startswith("so blue and ") and "Blorp" not in text


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("B-PER", "name"),
        ("US_SSN", "id"),
        ("private address", "address"),
        ("phone", "phone"),
        ("DATE_TIME", None),
        ("NRP", None),
    ],
)
def test_labels_of_other_tools(label, kind):
    assert kind_of(label) == kind


def test_only_installed_tools_are_offered():
    there = importlib.util.find_spec("presidio_analyzer") is not None
    assert bool(installed()) == there
    for make in installed().values():
        assert make()("mail ann@mail.example.com")
