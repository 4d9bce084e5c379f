"""Every source that opens has a sentence that says how to get it."""

from core.readers import SOURCES
from core.readers.how_to_export import HOW_TO_EXPORT


def test_every_source_has_one_sentence():
    assert set(HOW_TO_EXPORT) == set(SOURCES) - {"several"}
    for key, sentence in HOW_TO_EXPORT.items():
        assert sentence.endswith("."), key
        assert "\n" not in sentence
