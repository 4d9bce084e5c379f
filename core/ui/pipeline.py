"""From the archive to the data set, step by step; each step is redone only when it must be."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.dataset import Dataset, build_dataset
from core.messages import Archive
from core.privacy import Masked, Scan, mask_frame, scan_frame
from core.privacy import Settings as PrivacySettings
from core.privacy.extras import installed
from core.privacy.others import WITHHELD
from core.problems import Problem
from core.recipes.base import Labels, prompt_messages
from core.repair import repair
from core.settings import DatasetSettings
from core.ui.destination import destination
from core.ui.privacy_choices import Choices, obey
from core.ui.visit import session
from core.voice.canaries import PLANTED, Canary, make_canaries, planted_examples

#: Authors called like this are parts in a play, not people: masking them would hide nobody.
ROLE_WORDS = frozenset(
    [
        "agent",
        "ai",
        "answer",
        "assistant",
        "bot",
        "chatgpt",
        "client",
        "customer",
        "gpt",
        "guest",
        "host",
        "human",
        "me",
        "model",
        "patient",
        "question",
        "student",
        "support",
        "system",
        "teacher",
        "user",
        "you",
    ]
)


def set_archive(
    archive: Archive,
    file_names: tuple[str, ...],
    *,
    parts: tuple[Any, ...] = (),
    reading: dict[str, Any] | None = None,
) -> None:
    """Replace the archive and forget everything that was derived from the last one.

    Args:
        parts: what was read, kept only where it may have to be read once more.
        reading: the options it was read with.
    """
    mine = session()
    mine.archive = archive
    mine.file_names = file_names
    mine.parts = parts
    mine.reading = reading or {}
    mine.me = archive.me.names if archive.me else ()
    mine.period, mine.people = None, Choices()
    roles = tuple(name for name in archive.authors().index if str(name).lower() in ROLE_WORDS)
    mine.privacy = PrivacySettings(allowed=roles, seed=secrets.randbits(31))
    mine.settings, mine.repair, mine.preferences = DatasetSettings(), False, b""
    mine.cache.clear()


def clear_archive() -> None:
    """Forget the archive and what was made of it; jobs and keys stay."""
    mine = session()
    mine.archive, mine.file_names, mine.me, mine.period = None, (), (), None
    mine.parts, mine.reading = (), {}
    mine.privacy, mine.settings = PrivacySettings(), DatasetSettings()
    mine.repair, mine.preferences = False, b""
    mine.people = Choices()
    mine.cache.clear()
    mine.upload_round += 1


def dataset_settings() -> DatasetSettings:
    """The visitor's settings with the chosen period among the filters."""
    mine = session()
    if mine.period is None:
        return mine.settings
    first, last = mine.period
    midnight = datetime.time()
    filters = replace(
        mine.settings.filters,
        since=datetime.datetime.combine(first, midnight),
        until=datetime.datetime.combine(last + datetime.timedelta(days=1), midnight),
    )
    return replace(mine.settings, filters=filters)


def scan(progress: Callable[[float], None] | None = None) -> Scan:
    """What the privacy finders found in the archive; redone only when names or countries change.

    Raises:
        Problem: no archive has been read yet.
    """
    mine = session()
    archive = _archive()
    key = (
        id(archive),
        mine.me,
        mine.privacy.nicknames,
        mine.privacy.regions,
        mine.extra_finders,
    )

    def make() -> Scan:
        extra = [make() for name, make in installed().items() if name in mine.extra_finders]
        frame = archive.frame()
        return scan_frame(frame, mine.me, mine.privacy, extra_finders=extra, progress=progress)

    return mine.remember("privacy:scan", key, make)


def masked_everyone() -> Masked:
    """The whole archive with names and numbers masked, before anything is left out by choice.

    Raises:
        Problem: no archive has been read yet.
    """
    mine = session()
    archive = _archive()
    found = scan() if mine.privacy.mode != "off" else None
    return mine.remember(
        "privacy:masked",
        (id(archive), id(found), mine.me, mine.privacy, id(mine.known_names)),
        lambda: mask_frame(
            archive.frame(), mine.me, mine.privacy, scan=found, known=mine.known_names
        ),
    )


def masked() -> Masked:
    """The archive as everything downstream sees it: masked, and without what was left out.

    Raises:
        Problem: no archive has been read yet.
    """
    mine = session()
    everyone = masked_everyone()
    return mine.remember(
        "privacy:used",
        (id(everyone), mine.people),
        lambda: obey(everyone, _archive().frame(), mine.people),
    )


def mask_text(text: str) -> str:
    """Something that the visitor typed, masked with the archive's own stand-ins."""
    mine = session()
    if mine.archive is None or mine.privacy.mode == "off" or not text.strip():
        return text
    people = tuple(scan().authors)
    one = mine.archive.frame().head(1).assign(text=text)
    settings = replace(mine.privacy, mode="standard")  # strict mode would drop the whole prompt
    return str(mask_frame(one, people, settings, known=masked().map).frame["text"].iloc[0])


def _archive() -> Archive:
    archive = session().archive
    if archive is None:
        raise Problem("There is no archive yet.", "Upload a file or try the sample first.")
    return archive


def _mask_edits(edits: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Texts corrected by hand, masked as the archive is now; they are kept with the real names."""
    mine = session()
    if not edits or mine.privacy.mode == "off":
        return edits
    frame, texts = _archive().frame(), dict(edits)
    rows = frame[frame["id"].isin(list(texts))]
    rows = rows.assign(text=[texts[one] for one in rows["id"]])
    settings = replace(mine.privacy, mode="standard")  # strict mode would drop some of them
    safe = mask_frame(rows, tuple(scan().authors), settings, known=masked().map).frame
    return tuple(zip(safe["id"].tolist(), safe["text"].tolist(), strict=True))


def labels() -> dict[str, Labels]:
    """Topics, names and instructions from a chat model or by hand; gone when the masks change."""
    return session().remember("dataset:labels", id(masked()), dict)


def set_labels(known: dict[str, Labels]) -> None:
    """Replace the labels; the data set is built anew with them."""
    mine = session()
    kept = labels()
    kept.clear()
    kept.update(known)
    mine.labels_round += 1


def unrepaired() -> Dataset:
    """The data set for the current archive, owner, period and settings, built when they change.

    Raises:
        Problem: nothing can be built from what is there; the sentence says why.
    """
    mine = session()
    archive, settings = _archive(), dataset_settings()
    safe = masked()
    by_hand = settings.filters.edits
    edits = mine.remember("dataset:edits", (id(safe), by_hand), lambda: _mask_edits(by_hand))
    settings = replace(settings, filters=replace(settings.filters, edits=edits))
    labels_key = (id(labels()), mine.labels_round)

    def make() -> Dataset:
        made = build_dataset(
            safe.frame,
            safe.me,
            settings,
            notes=[*archive.notes, *safe.notes],
            remember=lambda name, of, compute: mine.remember(f"dataset:{name}", of, compute),
            frame_key=id(safe),
            labels=labels(),
            labels_key=labels_key,
        )
        if mine.people.others == "withheld":
            real = [text for text in made.voice_others if WITHHELD not in text]
            made = replace(made, voice_others=real)
        return made

    key = (id(safe), labels_key, settings)
    return mine.remember("dataset", key, make)


def repaired() -> tuple[Dataset, dict[str, int]]:
    """The data set as the trainer it is checked for takes it, and what was done to it."""
    made, rules = unrepaired(), destination().limits
    return session().remember("dataset:repaired", (id(made), rules), lambda: repair(made, rules))


def dataset() -> Dataset:
    """The data set to train on: repaired where the visitor said so.

    Raises:
        Problem: nothing can be built from what is there; the sentence says why.
    """
    mine = session()
    made = repaired()[0] if mine.repair else unrepaired()
    if not mine.planted:
        return made

    def plant() -> Dataset:
        planted = planted_examples(visitor_canaries(), prompt_messages(mine.settings, ""))
        return replace(made, training=[*made.training, *planted])

    return mine.remember("dataset:planted", id(made), plant)


def visitor_canaries() -> list[Canary]:
    """This visitor's made-up secrets: always the same, so that a model can be asked later."""
    return make_canaries(len(PLANTED), seed=int(session().project, 16))
