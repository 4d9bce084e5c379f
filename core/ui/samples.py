"""Opening a bundled sample into the visitor's session."""

from __future__ import annotations

from core.readers import read_archive
from core.samples import SAMPLES, sample
from core.ui import state


def open_sample(key: str = SAMPLES[0].key) -> None:
    """Read the sample as if the visitor had uploaded it."""
    chosen = sample(key)
    state.set_archive(read_archive(chosen.path), (chosen.file_name,))
