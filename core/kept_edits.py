"""What a visitor changed by hand in an archive, kept on disk until the same archive comes again.

One folder a visitor, named by a hash of their token, with a file for each archive, named by a hash
of token and archive. A file is sealed with a key made of both, so it opens only for who has this
browser's cookie and the archive itself. It holds the person's own words with the real names, since
stand-ins are drawn anew at every visit.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pandas as pd

from core.json_text import encode
from core.problems import Problem
from core.recipes.base import Labels
from core.saved import labels_from_json, labels_to_json
from core.sealed import seal, unseal

#: Bytes of what is kept for one archive, unpacked; archives of a visitor; bytes of everybody.
MOST_BYTES = 16 << 20
MOST_ARCHIVES = 20
MOST_ALL = 256 << 20
#: Days for which something is kept after the last change: the cookie lives 30.
DAYS = 31


@dataclass(frozen=True)
class Kept:
    """Corrections (message id, new text), messages taken out, and labels by message id.

    Labels are topics, names and instructions, written by hand or by a chat model.
    """

    edits: tuple[tuple[str, str], ...] = ()
    excluded_ids: tuple[str, ...] = ()
    labels: dict[str, Labels] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.edits or self.excluded_ids or self.labels)


def folder_of(home: Path, token: str) -> Path:
    """Where a visitor's changes are kept; the token cannot be read from it."""
    return home / "edits" / hashlib.sha256(f"edits {token}".encode()).hexdigest()[:32]


def archive_digest(frame: pd.DataFrame) -> bytes:
    """A hash of an archive's messages: ids and texts, in order."""
    found = hashlib.sha256()
    for name in ("id", "text"):
        texts = frame[name].astype("object").fillna("").astype("str")
        found.update("\x00".join(texts.tolist()).encode("utf-8", "replace"))
        found.update(b"\x01")
    return found.digest()


def load_kept(home: Path, token: str, digest: bytes) -> Kept:
    """What was kept for this archive; empty where there is nothing, or nothing that opens."""
    try:
        sealed = _file(home, token, digest).read_bytes()
    except OSError:
        return Kept()
    data = unseal(sealed, _key(token, digest), MOST_BYTES)
    try:
        read = orjson.loads(data or b"{}")
        return Kept(
            tuple((str(one), str(text)) for one, text in read.get("edits", [])),
            tuple(map(str, read.get("excluded_ids", []))),
            labels_from_json(read.get("labels", {})),
        )
    except (ValueError, TypeError, AttributeError, Problem):
        return Kept()


def save_kept(home: Path, token: str, digest: bytes, kept: Kept) -> bool:
    """Keep the changes to this archive; False where they are too many or the disk is full.

    Nothing to keep takes away what was kept. Of more than 20 archives the oldest goes, and so does
    whatever nobody can open any more.
    """
    file = _file(home, token, digest)
    if not kept:
        file.unlink(missing_ok=True)
        return True
    values = {
        "edits": [list(edit) for edit in kept.edits],
        "excluded_ids": list(kept.excluded_ids),
        "labels": labels_to_json(kept.labels),
    }
    data = encode(values)
    if len(data) > MOST_BYTES:
        return False
    sealed = seal(data, _key(token, digest))
    try:
        _sweep(home / "edits")
        if kept_bytes(home / "edits") + len(sealed) > MOST_ALL:
            return False
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as target:
            target.write(sealed)
        fresh.replace(file)
        oldest = sorted(file.parent.glob("*.sealed"), key=lambda one: one.stat().st_mtime)
        for one in oldest[:-MOST_ARCHIVES]:
            one.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def forget_kept(folder: Path) -> None:
    """Delete everything that is kept for a visitor."""
    shutil.rmtree(folder, ignore_errors=True)


def kept_archives(folder: Path) -> int:
    """For how many archives something is kept."""
    return len(list(folder.glob("*.sealed")))


def kept_bytes(folder: Path) -> int:
    """How much is kept below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*.sealed"))


def _sweep(folder: Path) -> None:
    """Delete what is older than the cookie that is needed to open it."""
    long_ago = time.time() - DAYS * 86400
    for file in folder.rglob("*.sealed"):
        if file.stat().st_mtime < long_ago:
            file.unlink(missing_ok=True)


def _file(home: Path, token: str, digest: bytes) -> Path:
    name = hashlib.sha256(b"file" + token.encode() + digest).hexdigest()[:32]
    return folder_of(home, token) / f"{name}.sealed"


def _key(token: str, digest: bytes) -> bytes:
    return hashlib.sha256(b"key" + token.encode() + digest).digest()
