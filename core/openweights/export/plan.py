"""What a trained adapter can be exported as, how large that gets, where it may be written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.openweights.bases import MEGABYTE, base_folder, find_base
from core.openweights.export.tokens import pre_tokenizer_name
from core.problems import Problem

ROOT = Path(__file__).resolve().parents[3]
#: Room left on the disk beyond what is written, in bytes.
SPARE = 200 * MEGABYTE

#: Architectures that are written to GGUF here, the only form of them that Ollama runs: it takes
#: safetensors for a few of its own MLX models alone, and no adapters (server/create.go, docs/import).
GGUF = ("LlamaForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM")


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to take a model along: what it is, and how its folder or file name ends."""

    key: str
    label: str
    about: str
    ending: str


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            "ollama",
            "Ollama folder",
            "The whole model in 8 bits and a Modelfile: two commands.",
            "-ollama",
        ),
        Kind("gguf-q8_0", "GGUF, 8 bits", "One file for llama.cpp and LM Studio.", "-q8_0.gguf"),
        Kind("gguf-f16", "GGUF, 16 bits", "The same, exact and twice the size.", "-f16.gguf"),
        Kind("merged", "Merged weights", "A Hugging Face folder: vLLM, transformers.", "-merged"),
        Kind("adapter", "Adapter only", "PEFT's format: small, needs the base model.", "-lora.zip"),
    )
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be written of a model, and a sentence for what cannot."""

    kinds: tuple[Kind, ...]
    remark: str


def offer(base: str) -> Offer:
    """What a model over this base (path or hub id, on this machine) can be exported as.

    Raises:
        Problem: the base is not on this machine.
    """
    architecture = architecture_of(base)
    others = tuple(kind for key, kind in KINDS.items() if not key.startswith(("gguf", "ollama")))
    if architecture not in GGUF:
        known = ", ".join(name.removesuffix("ForCausalLM") for name in GGUF)
        return Offer(
            others,
            f"GGUF, the form that Ollama and LM Studio run, is written here for {known}; this is "
            f"{architecture}. llama.cpp's converter may know it: give it the merged weights.",
        )
    try:
        pre_tokenizer_name(_tokenizer_of(base))
    except Problem as problem:
        return Offer(others, str(problem))
    return Offer(tuple(KINDS.values()), "")


def _tokenizer_of(base: str) -> dict[str, Any]:
    try:
        return json.loads((base_folder(base) / "tokenizer.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"The tokenizer.json of {base} cannot be read.", "") from error


def architecture_of(base: str) -> str:
    """The first architecture in the base's config.json.

    Raises:
        Problem: the base is not on this machine.
    """
    folder = base_folder(base)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return str((config.get("architectures") or ["?"])[0])


def bytes_needed(base: str, adapter: Path, kind: str) -> int:
    """About how many bytes an export takes on the disk."""
    found = find_base(base)
    weights = found.megabytes * MEGABYTE
    small = sum(file.stat().st_size for file in adapter.iterdir() if file.is_file())
    return {
        "adapter": small,
        "merged": weights + 20 * MEGABYTE,
        "ollama": found.parameters * 34 // 32 + 10 * MEGABYTE,
        "gguf-f16": 2 * found.parameters + 10 * MEGABYTE,
        "gguf-q8_0": found.parameters * 34 // 32 + 10 * MEGABYTE,
    }[kind]


def file_name(name: str, kind: str) -> str:
    """How the folder or file of an export is called.

    Args:
        name: of the fine-tuned model, as the trainer calls it, or of the person's choice.
    """
    return plain_name(name) + KINDS[kind].ending


def plain_name(name: str) -> str:
    """A name that Ollama, file systems and shells take: lower-case letters, digits, . _ and -."""
    last = re.split(r"[/\\\\]", name)[-1].lower().removeprefix("ft:")
    cut = re.sub(r"[^a-z0-9._-]+", "-", last).strip("-._")
    return cut[:60].strip("-._") or "voice"


def check_target(folder: Path, name: str, needed: int) -> Path:
    """Where an export will lie: a new folder or file below a folder that the person named.

    Args:
        needed: bytes.

    Raises:
        Problem: the folder is part of this app, cannot be written to, holds such an export
            already, or the disk has too little room.
    """
    folder = folder.expanduser().resolve()
    if folder == ROOT or ROOT in folder.parents:
        raise Problem(
            "That folder is part of the app itself.", "Choose one outside, say in your home folder."
        )
    target = folder / name
    if target.exists():
        raise Problem(f"{target} is there already.", "Move it away, or choose another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{name}.part"
        probe.mkdir(exist_ok=True)
        probe.rmdir()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise Problem(
            f"Nothing can be written to {folder} ({error.strerror}).", "Choose another folder."
        ) from error
    if free < needed + SPARE:
        raise Problem(
            f"The disk has {free / MEGABYTE:,.0f} MB left, and about "
            f"{(needed + SPARE) / MEGABYTE:,.0f} MB are needed.",
            "Make room, choose another disk, or take the 8-bit GGUF or the adapter.",
        )
    return target


def what_to_do(kind: str, target: Path, base: str) -> Sequence[str]:
    """Three lines: how to use what was written."""
    name = plain_name(target.name.removesuffix(KINDS[kind].ending))
    quoted = f"'{target}'" if re.search(r"[^\w./~-]", str(target)) else str(target)
    ollama = (f"cd {quoted}", f"ollama create {name} -f Modelfile", f"ollama run {name}")
    gguf = (
        f"llama-cli -m {quoted} -cnv",
        f"llama-server -m {quoted}   # then http://127.0.0.1:8080/v1",
        f"lms import {quoted}   # LM Studio",
    )
    quoted_base = json.dumps(base)
    return {
        "ollama": ollama,
        "gguf-f16": gguf,
        "gguf-q8_0": gguf,
        "merged": (
            f"vllm serve {quoted}   # then http://127.0.0.1:8000/v1",
            "transformers serve   # or this; in another window:",
            f"transformers chat {quoted}",
        ),
        "adapter": (
            f"unzip {quoted} -d {name}",
            f"model = AutoModelForCausalLM.from_pretrained({quoted_base})",
            f'model = PeftModel.from_pretrained(model, "{name}")',
        ),
    }[kind]
