"""What a person decided about other people's words, and a masked archive that obeys it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from core.messages import Note
from core.privacy import Masked
from core.privacy.others import WITHHELD, Exclusion, only_mine, picked, with_consent

Others = Literal["shown", "withheld", "removed"]

BY_CHOICE = "left out by your choice"


@dataclass(frozen=True)
class Choices:
    """``left_out``: people (real names) none of whose words are used. ``exclusions``: further
    messages to leave out. ``others``: what becomes of other people's words that stay: "shown" as
    context, "withheld" (only their place is kept) or "removed". ``consent_only``: others' words
    only from conversations in ``agreed``."""

    left_out: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    others: Others = "shown"
    consent_only: bool = False
    agreed: tuple[str, ...] = ()


def excluded_ids(original: pd.DataFrame, choices: Choices) -> set[str]:
    """Ids of the messages that the person took out; looked up by real names and words."""
    gone = pd.Series(False, index=original.index)
    if choices.left_out:
        gone |= picked(original, Exclusion(people=choices.left_out))
    for exclusion in choices.exclusions:
        gone |= picked(original, exclusion)
    return set(original.loc[gone, "id"])


def obey(masked: Masked, original: pd.DataFrame, choices: Choices) -> Masked:
    """The masked archive without what the person does not want to be used; all of it is counted.

    Args:
        masked: the whole archive, masked.
        original: the same archive before masking.
        choices: what was decided.
    """
    frame = masked.frame
    notes: list[Note] = []
    gone = frame["id"].isin(excluded_ids(original, choices))
    if gone.any():
        some = tuple(frame.loc[gone, "id"].head(5))
        notes.append(Note("left_out", BY_CHOICE, int(gone.sum()), some))
        frame = frame[~gone].reset_index(drop=True)
    if choices.consent_only:
        frame, more = with_consent(frame, masked.me, choices.agreed)
        notes += more
    if choices.others != "shown":
        frame, more = only_mine(frame, masked.me, choices.others)
        notes += more
    if frame is masked.frame:
        return masked
    return replace(masked, frame=frame, notes=[*masked.notes, *notes])


def as_in_training(text: str, others: Others, recipe: str) -> str:
    """What the person types for the other side, as the model has seen others' words.

    Args:
        text: the prompt, masked.
        others: what became of other people's words in the training.
        recipe: how the examples were made; topics and entities are no words of other people.
    """
    if not text.strip() or others == "shown" or recipe not in ("replies", "blank_prompt"):
        return text
    return WITHHELD if others == "withheld" and recipe == "replies" else ""


def describe(exclusion: Exclusion) -> str:
    """An exclusion in words, for the list of those made so far."""
    parts = []
    if exclusion.people:
        names = " or ".join(exclusion.people)
        parts.append(f"by or about {names}" if exclusion.mentions else f"by {names}")
    if exclusion.first:
        parts.append(f"from {exclusion.first:%d %b %Y}")
    if exclusion.last:
        parts.append(f"until {exclusion.last:%d %b %Y}")
    if exclusion.containing:
        parts.append(f"with “{exclusion.containing}”")
    return "Messages " + ", ".join(parts)
