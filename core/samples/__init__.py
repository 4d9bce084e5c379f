"""Made-up archives, one per kind of source, for people who want to look before they upload."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent


class Sample(NamedTuple):
    """A bundled archive: all persons and words in it are invented."""

    key: str
    title: str
    about: str
    file_name: str

    @property
    def path(self) -> Path:
        """Where the sample's file lies."""
        return FOLDER / self.file_name


SAMPLES: tuple[Sample, ...] = (
    Sample(
        "odile",
        "Odile's posts",
        "About 400 posts of a night-shift ferry clerk, as an X archive.",
        "odile_x_archive.zip",
    ),
    Sample(
        "nan",
        "Nan and Theo",
        "A year of messages between a retired taxi dispatcher and her grandson, from WhatsApp.",
        "whatsapp_nan_and_theo.zip",
    ),
    Sample(
        "allotment",
        "Plot 9 and Friends",
        "Five people and an allotment in a WhatsApp group; the voice is Barnaby's.",
        "whatsapp_allotment_group.zip",
    ),
    Sample(
        "concierge",
        "The concierge",
        "60 exchanges with the concierge of a haunted hotel, as a conversation CSV.",
        "concierge_conversations.csv",
    ),
)


def sample(key: str) -> Sample:
    """The sample with that key.

    Raises:
        KeyError: there is none.
    """
    return {s.key: s for s in SAMPLES}[key]
