"""Readers: whatever people bring, recognised by content and read into an ``Archive``.

Adding a format is adding one file to this folder; nothing else has to be edited. A module of
this package is a format when it defines

    SOURCE = "whatsapp"        key in ``Archive.source``
    TITLE = "WhatsApp"         what a person calls it ("" hides it from ``SOURCES``)
    ORDER = 20                 who is asked first: 10 signature in names or first bytes,
                               20-40 JSON or text grammar, 50 default, 60 unsupported files
                               (a Problem that says what to export instead), 70 conversation
                               CSV, 80 tables, 90 plain text

    def sniff(members: Sequence[Member]) -> str | None
        Why these members are this format, in a clause for people ("a zip with data/tweets.js"),
        or None. They are the members of ONE dropped zip, tar or folder, or one bare file. Looks
        only at paths, sizes and ``member.head()`` (``text.head_text`` for text), never raises.

    BESIDES = ("mail",)        optional: sources that the same zip may hold as well

    def read(members: Sequence[Member], options: Options) -> Archive
        All members of all dropped containers that this format claimed, in the order dropped
        (``member.file`` tells which), so that parts of one archive meet in one call. Raises
        only Problem. Use ``rows.Rows`` and pass ``raw_count`` from a count of its own:
        ``archive.raw_count == len(archive) + archive.missing_rows`` must hold.

Helpers: ``containers`` (Member, find), ``text`` (encodings, head_text, read_text, read_json),
``rows`` (Rows, Options, iso_ms). The caller applies ``options.me`` and ``options.progress``
scaling, and adds the checks that are the same for every format.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Any, Protocol, cast

from core.messages import Archive, Note, Owner
from core.problems import Problem
from core.readers.combine import combine
from core.readers.containers import Container, Member, open_containers
from core.readers.finish import finish
from core.readers.rows import Options
from core.readers.unsupported import explain


class Format(Protocol):
    """What a module of this package must define to be a format."""

    SOURCE: str
    TITLE: str
    ORDER: int

    def sniff(self, members: Sequence[Member]) -> str | None: ...
    def read(self, members: Sequence[Member], options: Options) -> Archive: ...


def _formats() -> list[Format]:
    modules = [
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    ]
    found = [cast(Format, m) for m in modules if hasattr(m, "sniff") and hasattr(m, "read")]
    return sorted(found, key=lambda f: (f.ORDER, f.SOURCE))


FORMATS: list[Format] = _formats()

#: Source key -> the name a person knows it by.
SOURCES: dict[str, str] = {f.SOURCE: f.TITLE for f in FORMATS if f.TITLE}
SOURCES["several"] = "Several sources"


def read_archive(source: Any, *, name: str | None = None, **options: Any) -> Archive:
    """Recognise and read whatever a person brought.

    Args:
        source: a path (file or folder), bytes, a binary file, a (name, bytes) pair, or a list of
            those. Parts of one archive are put together; different sources become one archive.
        name: file name of ``source`` where it has none; it often names the other person.
        options: ``day_first`` (bool), ``encoding``, ``me`` (name of the owner), ``columns``
            (role -> column of a table), ``unit`` ("line" or "paragraph" for plain text),
            ``progress`` (called with 0 to 1). All may be None.

    Returns:
        The archive; ``notes`` hold everything left out, repaired, guessed or to be asked.

    Raises:
        Problem: nothing could be read; the sentence says why and the hint what to do.
        TypeError: an option that does not exist.
    """
    chosen = Options(**options)
    with open_containers(source, name) as (containers, problems):
        try:
            return _read_all(containers, problems, chosen)
        except Problem:
            raise
        except (MemoryError, RecursionError):
            raise Problem(
                "There is not enough memory to read this at once.", "Give a shorter period."
            ) from None
        except Exception as error:
            # The last line of defence: a person never sees a traceback, nor their text in it.
            raise Problem(
                f"This export is built in an unexpected way ({type(error).__name__}).",
                "Export it again; if it still fails, please report which app made it.",
            ) from None


def recognise(members: Sequence[Member], *, tables_only: bool = False) -> tuple[Format, str] | None:
    """The first format that claims these members of one container, and why.

    ``tables_only``: somebody chose columns, so the generic table is the only candidate.
    """
    for candidate in FORMATS:
        if tables_only and candidate.SOURCE != "table":
            continue
        reason = candidate.sniff(members)
        if reason:
            return candidate, reason
    return None


def _beside(first: Format, members: Sequence[Member]) -> list[tuple[Format, str]]:
    """Other formats that may lie in the same zip as ``first``, and do."""
    named = [f for f in FORMATS if f.SOURCE in getattr(first, "BESIDES", ())]
    return [(other, reason) for other in named if (reason := other.sniff(members))]


def _read_all(containers: list[Container], problems: list[Problem], options: Options) -> Archive:
    claimed: dict[str, tuple[Format, list[Member], list[str]]] = {}
    warnings: list[Note] = []
    for container in containers:
        if container.lost:
            warnings.append(Note("warning", container.lost))
        found = recognise(container.members, tables_only=options.columns is not None)
        if found is None:
            problems.append(explain(container))
            continue
        for one, reason in (found, *_beside(found[0], container.members)):
            _, members, reasons = claimed.setdefault(one.SOURCE, (one, [], []))
            members.extend(container.members)
            if reason not in reasons:
                reasons.append(reason)
    archives: list[Archive] = []
    done, total = 0, max(1, sum(m.size for _, members, _ in claimed.values() for m in members))
    for one, members, reasons in claimed.values():
        share = sum(m.size for m in members)
        try:
            archive = one.read(members, options.part(done / total, share / total))
        except Problem as problem:
            problems.append(problem)
            continue
        finally:
            done += share
        archives.append(finish(archive, "; ".join(reasons)))
    if not archives:
        if problems:
            raise problems[0]
        raise Problem("Nothing was given.", "Drop a file.")
    warnings += [Note("warning", str(problem)) for problem in problems]
    archive = combine(archives, warnings, SOURCES)
    options.report(1.0)
    if options.me is not None:
        archive = archive.with_me(options.me)
    return archive


__all__ = ["FORMATS", "SOURCES", "Format", "Owner", "read_archive", "recognise"]
