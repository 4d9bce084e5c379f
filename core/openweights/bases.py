"""Base models: which to suggest, what a path or hub id leads to, and whether it can be trained.

Everything here reads small JSON files and headers of weight files; no torch.
"""

from __future__ import annotations

import json
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.problems import Problem

#: Tokens of a row to train on at most; the model's own context may be less.
LONGEST_ROW = 1024
MEGABYTE = 1_000_000
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
#: What is fetched of a model: weights in the one format that cannot run code, and small texts.
FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")
#: How the names of architectures end that are causal language models.
CAUSAL = ("ForCausalLM", "LMHeadModel")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model worth naming: its licence, weights, and what it downloads once."""

    name: str
    licence: str
    parameters: int
    megabytes: int
    languages: str
    layers: int
    hidden: int
    vocabulary: int
    context: int


#: As their pages on the hub say. Sizes are of the bfloat16 safetensors file.
SUGGESTIONS = (
    Suggestion(
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "Apache-2.0",
        134_515_008,
        269,
        "English",
        30,
        576,
        49_152,
        8192,
    ),
    Suggestion(
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "Apache-2.0",
        361_821_120,
        724,
        "English",
        32,
        960,
        49_152,
        8192,
    ),
    Suggestion(
        "Qwen/Qwen3-0.6B",
        "Apache-2.0",
        596_049_920,
        1503,
        "more than 100 languages",
        28,
        1024,
        151_936,
        40_960,
    ),
)


@dataclass(frozen=True, slots=True)
class Base:
    """A base model as far as can be known without loading it.

    ``folder`` is None for a model that has to be downloaded first; the numbers are 0 where nobody
    knows them before that. ``megabytes`` is the size of its weight files.
    """

    name: str
    folder: Path | None
    parameters: int
    megabytes: int
    layers: int
    hidden: int
    vocabulary: int
    context: int
    licence: str = ""
    languages: str = ""


def short_name(name: str) -> str:
    """The last part of a path or hub id, as it appears in the names of trained models."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-.") or "model"


def is_path(name: str) -> bool:
    """Whether a name means a folder of this machine and not a model of the hub."""
    return name.startswith(("/", "./", "../", "~", ".\\", "\\")) or bool(
        re.match(r"[A-Za-z]:[\\/]", name)
    )


def find_base(name: str) -> Base:
    """What a path or hub id leads to; nothing is downloaded and nobody is asked.

    Raises:
        Problem: neither a folder with a language model nor a hub id, or one that cannot be used.
    """
    name = name.strip()
    if is_path(name):
        return _read_base(name, Path(name).expanduser())
    if not HUB_ID.fullmatch(name) or ".." in name or "--" in name:
        raise Problem(
            f"{name[:100]!r} is neither a folder nor a model's name on the hub.",
            "A folder begins with / or ./, a name looks like HuggingFaceTB/SmolLM2-360M-Instruct.",
        )
    folder = cached_folder(name)
    known = next((one for one in SUGGESTIONS if one.name == name), None)
    if folder is not None:
        return _read_base(name, folder)
    if known is None:
        return Base(name, None, 0, 0, 0, 0, 0, 0)
    return Base(
        name,
        None,
        known.parameters,
        known.megabytes,
        known.layers,
        known.hidden,
        known.vocabulary,
        known.context,
        known.licence,
        known.languages,
    )


def base_folder(name: str) -> Path:
    """The folder with the files of a base that is on this machine.

    Raises:
        Problem: it is not here.
    """
    folder = find_base(name).folder
    if folder is None:
        raise Problem(f"{name} is not on this machine.", "Training with it downloads it once.")
    return folder


def hub_cache() -> Path:
    """Where huggingface_hub keeps downloads, by its documented environment variables."""
    explicit = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if explicit:
        return Path(explicit).expanduser()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").expanduser()
    home = os.environ.get("HF_HOME")
    return (Path(home).expanduser() if home else cache / "huggingface") / "hub"


def cached_folder(name: str) -> Path | None:
    """The complete snapshot of a hub model in the cache; None: not downloaded."""
    repository = hub_cache() / ("models--" + name.replace("/", "--"))
    try:
        commit = (repository / "refs" / "main").read_text("utf-8").strip()
    except OSError:
        return None
    folder = repository / "snapshots" / commit
    return folder if _is_complete(folder) else None


def _is_complete(folder: Path) -> bool:
    if not (folder / "config.json").is_file():
        return False
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return (folder / "model.safetensors").is_file()
    try:
        names = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError):
        return False
    return all((folder / name).is_file() for name in names)


def weight_files(folder: Path) -> list[Path]:
    """The weight files of a model folder, in order of their names."""
    return sorted(folder.glob("model*.safetensors"))


def _read_base(name: str, folder: Path) -> Base:
    config = _read_config(folder)
    files = weight_files(folder)
    if not files:
        raise Problem(
            f"{folder.name} has no model.safetensors.",
            "Other weight formats can run code and are not opened; convert the model first.",
        )
    nested = config.get("text_config")
    text = nested if isinstance(nested, dict) else config
    known = next((one for one in SUGGESTIONS if short_name(one.name) == short_name(name)), None)
    return Base(
        name,
        folder,
        sum(map(_count_weights, files)),
        round(sum(file.stat().st_size for file in files) / MEGABYTE),
        _number(text, "num_hidden_layers", "n_layer"),
        _number(text, "hidden_size", "n_embd"),
        _number(text, "vocab_size"),
        _number(text, "max_position_embeddings", "n_positions"),
        known.licence if known else "",
        known.languages if known else "",
    )


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except OSError as error:
        raise Problem(
            f"There is no model in {folder.name or 'that folder'}: config.json cannot be read.",
            "Choose the folder that holds config.json and model.safetensors.",
        ) from error
    except ValueError as error:
        raise Problem(f"The config.json in {folder.name} is not valid JSON.", "") from error
    if not isinstance(config, dict):
        raise Problem(f"The config.json in {folder.name} describes no model.", "")
    kinds = config.get("architectures") or []
    if not any(isinstance(kind, str) and kind.endswith(CAUSAL) for kind in kinds):
        raise Problem(
            f"{folder.name} is no causal language model ({', '.join(map(str, kinds)) or 'unknown'}).",
            f"Its config.json must name an architecture that ends in {CAUSAL[0]}.",
        )
    if "auto_map" in config:
        raise Problem(
            f"{folder.name} needs program code of its own, which is not run here.",
            "Choose a model that the transformers library knows.",
        )
    if config.get("quantization_config"):
        raise Problem(
            f"{folder.name} is quantised and cannot be trained here.",
            "Choose the original weights.",
        )
    return config


def _number(config: dict[str, Any], *names: str) -> int:
    found = (config.get(name) for name in names)
    return next((value for value in found if isinstance(value, int)), 0)


def _count_weights(file: Path) -> int:
    """Weights in a safetensors file, from its header (8 bytes of length, then JSON).

    Raises:
        Problem: the file is damaged.
    """
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > 100 * MEGABYTE:
                raise ValueError
            header = json.loads(opened.read(length))
        ends = [one["data_offsets"][1] for key, one in header.items() if key != "__metadata__"]
        if file.stat().st_size != 8 + length + max(ends, default=0):
            raise ValueError
    except (OSError, ValueError, struct.error, KeyError, TypeError) as error:
        raise Problem(
            f"{file.name} is damaged or not finished.", "Copy or download it again."
        ) from error
    total = 0
    for key, one in header.items():
        if key == "__metadata__":
            continue
        size = 1
        for side in one["shape"]:
            size *= side
        total += size
    return total
