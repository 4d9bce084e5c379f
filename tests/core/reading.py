"""Helpers for the tests of the readers: the receipt is checked on every read."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from core.messages import COLUMNS, KINDS, Archive
from core.problems import Problem
from core.readers import SOURCES, read_archive


def read(data: Any, name: str | None = None, **options: Any) -> Archive:
    """Read, and check what holds for every archive."""
    source = data.encode() if isinstance(data, str) else data
    archive = read_archive(source, name=name, **options)
    frame = archive.frame()
    assert archive.raw_count == len(frame) + archive.missing_rows
    assert tuple(frame.columns) == COLUMNS
    assert archive.source in SOURCES
    assert frame["id"].is_unique
    assert set(frame["kind"].unique()) <= set(KINDS)
    assert frame["text"].notna().all() and frame["conversation"].notna().all()
    assert archive.recognised
    assert archive.files is not None and len(archive.files) == len(frame)
    assert not archive.files.isna().any()
    return archive


def read_or_problem(data: Any, name: str | None = None, **options: Any) -> Archive | Problem:
    """Read anything: an archive, or a Problem that was foreseen."""
    try:
        return read(data, name, **options)
    except Problem as problem:
        assert "unexpected way" not in problem.message, problem
        assert problem.message and problem.hint
        return problem


def make_zip(members: dict[str, bytes | str], top: str = "") -> bytes:
    """A zip of these members, below a folder if ``top`` is given."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            archive.writestr(top + path, content)
    return out.getvalue()


def texts(archive: Archive, kind: str | None = None) -> list[str]:
    """Texts in order, of one kind if given."""
    return [m.text for m in archive if kind in (None, m.kind)]


def reasons(archive: Archive, kind: str) -> dict[str, int]:
    """Reason to count, of the notes of one kind."""
    return {n.reason: n.count for n in archive.notes if n.kind == kind}
