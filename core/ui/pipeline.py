"""From the archive to the data set, step by step; each step is redone only when it must be."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.dataset import Dataset, build_dataset
from core.kept_edits import Kept, archive_digest, kept_archives, load_kept, save_kept
from core.messages import Archive
from core.privacy import Masked, Scan, mask_frame, restore, scan_frame
from core.privacy import Settings as PrivacySettings
from core.privacy.extras import installed
from core.privacy.others import WITHHELD
from core.problems import Problem
from core.recipes.base import Labels, prompt_messages
from core.repair import repair
from core.settings import DatasetSettings
from core.ui.destination import destination
from core.ui.privacy_choices import Choices, obey
from core.ui.session import Session
from core.ui.shared import engine_folder
from core.ui.visit import edits_folder, session
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
    mine.labels, mine.recalled, mine.edits_kept = {}, False, True
    recall_edits()


def clear_archive() -> None:
    """Forget the archive and what was made of it; jobs and keys stay."""
    mine = session()
    mine.archive, mine.file_names, mine.me, mine.period = None, (), (), None
    mine.parts, mine.reading = (), {}
    mine.privacy, mine.settings, mine.labels = PrivacySettings(), DatasetSettings(), {}
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
            archive.frame(),
            mine.me,
            mine.privacy,
            scan=found,
            known=mine.known_names,
            files=archive.files,
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
    return mask_texts([text])[0]


def mask_texts(texts: Sequence[str]) -> list[str]:
    """The same for many at once."""
    mine = session()
    some = [place for place, text in enumerate(texts) if text.strip()]
    if mine.archive is None or mine.privacy.mode == "off" or not some:
        return list(texts)
    people = tuple(scan().authors)
    rows = mine.archive.frame().iloc[[0] * len(some)].reset_index(drop=True)
    rows = rows.assign(text=[texts[place] for place in some])
    settings = replace(mine.privacy, mode="standard")  # strict mode would drop whole texts
    safe = mask_frame(rows, people, settings, known=masked().map).frame["text"].tolist()
    made = list(texts)
    for place, text in zip(some, safe, strict=True):
        made[place] = str(text)
    return made


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
    """Topics, names and instructions from a chat model or by hand, masked as the archive is now."""
    mine = session()
    return mine.remember("dataset:labels", id(masked()), lambda: _masked_labels(mine.labels))


def _masked_labels(known: Mapping[str, Labels]) -> dict[str, Labels]:
    """Labels with stand-ins for the real names; all texts are masked at once."""
    texts = [text for label in known.values() for text in _words(label)]
    safe = iter(mask_texts(texts))
    return {one: _with_words(label, safe) for one, label in known.items()}


def _words(label: Labels) -> list[str]:
    said = [label.instruction] if label.instruction is not None else []
    return [*(label.topics or ()), *(label.entities or ()), *said]


def _with_words(label: Labels, words: Iterator[str]) -> Labels:
    """The label with other words in place of its own, in the order of ``_words``."""

    def several(given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if given is None else tuple(next(words) for _ in given)

    topics, entities = several(label.topics), several(label.entities)
    return Labels(topics, entities, None if label.instruction is None else next(words))


def set_labels(known: Mapping[str, Labels]) -> None:
    """Replace the labels, which are masked; the data set is built anew with them."""
    mine, shown, names = session(), labels(), masked().map
    mine.labels = {
        one: mine.labels[one]
        if one in mine.labels and shown.get(one) == label
        else _with_words(label, (restore(text, names) for text in _words(label)))
        for one, label in known.items()
    }
    new = dict(known)
    shown.clear()
    shown.update(new)
    mine.labels_round += 1


def keep_edits() -> None:
    """Write down what was changed by hand, for the next time this archive is opened."""
    mine = session()
    filters = mine.settings.filters
    kept = Kept(filters.edits, filters.excluded_ids, mine.labels)
    digest = _digest(mine)
    if digest:
        mine.edits_kept = save_kept(engine_folder(), mine.visitor, digest, kept)


def recall_edits() -> None:
    """Take what was changed by hand in this archive at an earlier visit into the session."""
    mine = session()
    if not kept_archives(edits_folder()):
        return
    digest = _digest(mine)
    kept = load_kept(engine_folder(), mine.visitor, digest) if digest else Kept()
    filters = replace(mine.settings.filters, edits=kept.edits, excluded_ids=kept.excluded_ids)
    mine.settings = replace(mine.settings, filters=filters)
    mine.labels = dict(kept.labels)
    mine.recalled = bool(kept)


def _digest(mine: Session) -> bytes:
    """Which archive this is; a hash that is made once, when it is needed."""
    archive = mine.archive
    if archive is None:
        return b""
    return mine.remember("archive:digest", id(archive), lambda: archive_digest(archive.frame()))


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
