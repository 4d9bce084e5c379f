"""The bundled samples are there, made up, and written rather than assembled."""

from __future__ import annotations

import gzip
import re
from collections import defaultdict

import pytest

from core.engine.base_text import FOLDER, languages, read_texts
from core.messages import WRITTEN_KINDS
from core.readers import read_archive
from core.samples import SAMPLES, sample

#: (rows that were typed by the voice, at least; how the archive is recognised; the voice)
EXPECTED = {
    "odile": (390, "x", "odilefarrow"),
    "nan": (400, "whatsapp", "Nan Brisket"),
    "allotment": (320, "whatsapp", "Barnaby Thistlewood"),
    "concierge": (60, "conversation_csv", "Vesper"),
}


def lines_sharing_six_words(texts: list[str]) -> float:
    """Share of texts that have a run of six words in common with another one."""
    seen: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, text in enumerate(texts):
        words = re.findall(r"\w[\w'’]*", text.lower())
        for start in range(len(words) - 5):
            seen[tuple(words[start : start + 6])].add(number)
    sharing = {n for numbers in seen.values() if len(numbers) > 1 for n in numbers}
    return len(sharing) / len(texts)


@pytest.mark.parametrize("key", [s.key for s in SAMPLES])
def test_sample_is_read_whole_and_has_a_voice(key):
    least, source, voice = EXPECTED[key]
    archive = read_archive(sample(key).path)
    frame = archive.frame()
    assert archive.source == source
    assert archive.raw_count == len(frame) + archive.missing_rows
    assert archive.me is not None and archive.me.name == voice
    mine = frame[(frame["author"] == voice) & frame["kind"].isin(WRITTEN_KINDS)]
    assert len(mine) >= least


def unpacked_bytes(language: str) -> int:
    return sum(len(gzip.decompress(f.read_bytes())) for f in (FOLDER / language).glob("*.gz"))


def test_base_texts_together_stay_small():
    assert sum(map(unpacked_bytes, languages())) < 400_000


@pytest.mark.parametrize("language", languages())
def test_base_text_was_written_not_assembled(language):
    lines = [line for text in read_texts(language) for line in text.split("\n") if line]
    assert unpacked_bytes(language) > 60_000
    assert lines_sharing_six_words(lines) < 0.01


@pytest.mark.parametrize("key", [s.key for s in SAMPLES])
def test_sample_was_written_not_assembled(key):
    frame = read_archive(sample(key).path).frame()
    texts = frame.loc[frame["kind"].isin(WRITTEN_KINDS), "text"].tolist()
    assert lines_sharing_six_words(texts) < 0.01
