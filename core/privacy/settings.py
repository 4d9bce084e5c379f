"""Settings: what a person decided about masking, as one plain value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["standard", "strict", "off"]


@dataclass(frozen=True)
class Settings:
    """What to mask and how.

    ``mode``: "standard" masks what is found; "strict" also masks doubtful words and long
    numbers and leaves out every message that may still hold something; "off" changes nothing.
    ``words``: further words or phrases to mask. ``ticked``: doubtful finds to mask after all.
    ``allowed``: finds that stay as they are. All are compared without case and accents. ``replacements``: pairs
    of a found string and what to put in its place. ``nicknames``: pairs of a nickname and the
    author it belongs to (an author of the archive, or any other name). ``regions``: ISO country
    codes to read phone numbers by, on top of those guessed from the data. ``keep_domain``
    leaves the domain of a link in place of the tag. ``seed`` picks the made-up names.
    """

    mode: Mode = "standard"
    words: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    replacements: tuple[tuple[str, str], ...] = ()
    nicknames: tuple[tuple[str, str], ...] = ()
    regions: tuple[str, ...] = ()
    keep_domain: bool = False
    seed: int = 0
