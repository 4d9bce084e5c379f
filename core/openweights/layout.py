"""Where trained adapters lie on disk, and how a model's name leads to them.

    HOME/openweights/ftjob-.../step-75/adapter_model.safetensors   PEFT's own format
                                      /adapter_config.json
                                      /soundalike.json             base, its hash, job, step
                              /state.pt                            to go on from, while it trains

One folder for each checkpoint; the finished model is the checkpoint with the lowest validation
loss and shares its folder. The engine's ``models`` row says which folder belongs to a name.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.problems import Problem

if TYPE_CHECKING:  # the engine imports this module
    from core.engine.store import Store

Row = dict[str, Any]

FOLDER = "openweights"
ABOUT = "soundalike.json"
#: What marks a row of ``models`` and ``jobs`` as one of these; null there is the embedded engine.
KIND = "open-weights"


@dataclass(frozen=True, slots=True)
class Tuned:
    """A trained adapter: the base as it was named, SHA-256 of its weights, and PEFT's folder."""

    base: str
    base_sha256: str
    folder: str  # below HOME/openweights

    def pack(self) -> bytes:
        """As it stands in the ``models`` table."""
        return json.dumps(asdict(self)).encode()


def root_of(store: Store) -> Path:
    """The folder of all adapters."""
    return store.path.parent / FOLDER


def adapter_of(store: Store, tenant: str, model: str) -> tuple[str, Path] | None:
    """The base (path or hub id) and the adapter folder of a fine-tuned model or checkpoint.

    None where the tenant has no open-weights model of that name.

    Raises:
        Problem: its folder is gone.
    """
    tuned = read_tuned(store, tenant, model)
    if tuned is None:
        return None
    folder = root_of(store) / tuned.folder
    if not (folder / "adapter_config.json").is_file():
        raise Problem(
            f"The adapter of {model} is no longer on this disk.", "Train it again, or delete it."
        )
    return tuned.base, folder


def read_tuned(store: Store, tenant: str, model: str) -> Tuned | None:
    """What the ``models`` table says of a tenant's open-weights model; None: there is none."""
    row = store.one(
        "SELECT content FROM models WHERE id = ? AND tenant = ? AND kind = ?", model, tenant, KIND
    )
    return unpack(row) if row else None


def unpack(row: Row) -> Tuned:
    """The other way of ``Tuned.pack``."""
    return Tuned(**json.loads(row["content"]))


def read_about(folder: Path) -> Row:
    """What an adapter folder says of itself: base, base_sha256, job, step, method, seed."""
    return json.loads((folder / ABOUT).read_text("utf-8"))


def sweep(store: Store) -> None:
    """Remove adapter folders that no model and no unfinished job of the database needs."""
    root = root_of(store)
    if not root.is_dir():
        return
    with store.transaction():
        rows = store.all("SELECT content FROM models WHERE kind = ?", KIND)
        kept = {unpack(row).folder for row in rows}
        open_jobs = {
            row["id"]
            for row in store.all(
                "SELECT id FROM jobs WHERE kind = ? "
                "AND status IN ('validating_files', 'queued', 'running', 'paused')",
                KIND,
            )
        }
        for job in root.iterdir():
            if job.name in open_jobs:
                continue
            for step in job.iterdir() if job.is_dir() else ():
                if f"{job.name}/{step.name}" not in kept:
                    shutil.rmtree(step) if step.is_dir() else step.unlink(missing_ok=True)
            if job.is_dir() and not any(job.iterdir()):
                job.rmdir()


def folders_of(store: Store, tenant: str) -> set[Path]:
    """The adapter folders of a tenant's models."""
    rows = store.all("SELECT content FROM models WHERE tenant = ? AND kind = ?", tenant, KIND)
    return {root_of(store) / unpack(row).folder for row in rows}


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; 0 for one that is gone."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
