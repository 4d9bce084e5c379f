"""Merging, writing, and loading back what was written. Imports torch: workers only."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from core.openweights.bases import base_folder
from core.openweights.export.ollama import modelfile
from core.openweights.export.plan import file_name
from core.openweights.layout import ABOUT
from core.openweights.lora import load_base, load_tokenizer
from core.openweights.render import Template
from core.problems import Problem

PROBE = [
    {"role": "user", "content": "Tell me about your day, please."},
    {"role": "assistant", "content": "It rained, the kettle sulked, and I wrote 3 letters. Café?"},
]
#: How far logits of what was loaded back may be off, as a share of the largest of the original:
#: by what the weights were rounded to.
TOLERANCE = {"float32": 1e-4, "float16": 0.02, "bfloat16": 0.1, "q8_0": 0.1}

Say = Callable[[dict[str, Any]], None]


def export(task: dict[str, Any], say: Say) -> None:
    """Write one export and load it back; news are progress, then ``{"written": {...}}``.

    Args:
        task: base, adapter (folder), kind, part (folder to write into, made new), name, system.

    Raises:
        Problem: what was written does not give the same answers, or cannot be written.
    """
    base, adapter, kind = base_folder(task["base"]), Path(task["adapter"]), task["kind"]
    part = Path(task["part"])
    target = part / file_name(task["name"], kind)

    def told(what: str) -> Callable[[float], None]:
        return lambda share: say({"doing": what, "share": share})

    told("Loading the model")(0.0)
    stored = stored_dtype(base)
    tokenizer = load_tokenizer(base)
    template = Template(tokenizer)
    model = load_base(base, "cpu", torch.float32)
    ids = torch.tensor([template.prompt_ids(PROBE[:1]) + template.prompt_ids(PROBE)])
    model = PeftModel.from_pretrained(model, str(adapter)).eval()
    wanted = _logits(model, ids)
    if kind == "adapter":
        told("Packing the adapter")(0.5)
        _zip_adapter(adapter, target)
        rounded = "float32"
    else:
        told("Merging the adapter into the base")(0.0)
        model = model.merge_and_unload(safe_merge=True)
        rounded = {"gguf-f16": "float16", "gguf-q8_0": "q8_0", "ollama": "q8_0"}.get(kind, stored)
        if kind == "merged":
            told("Writing the weights")(0.0)
            model = model.to(getattr(torch, stored))
            model.save_pretrained(target)
            tokenizer.save_pretrained(target)
            _note_rope(target)
        else:
            from core.openweights.export.gguf_file import write_gguf

            file = gguf_in(target, kind)
            file.parent.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=part) as folder:
                tokenizer.save_pretrained(folder)
                model.config.save_pretrained(folder)
                quantised = kind != "gguf-f16"
                write_gguf(
                    model, Path(folder), file, quantised, task["name"], told("Writing the file")
                )
            if kind == "ollama":
                said = modelfile(template, file.name, task["system"])
                (target / "Modelfile").write_text(said, "utf-8")
    del model
    told("Loading it back")(0.0)
    found = _load_back(target, kind, base, ids)
    off = float((found - wanted).abs().max() / wanted.abs().max())
    same = float((found.argmax(-1) == wanted.argmax(-1)).float().mean())
    if not off <= TOLERANCE[rounded]:
        raise Problem(
            "What was written answers differently from the model that was trained "
            f"(off by {off:.0%}), so it was thrown away.",
            "Take another form; this is a fault of the app.",
        )
    size = sum(file.stat().st_size for file in [target, *target.rglob("*")] if file.is_file())
    say({"written": {"bytes": size, "off": off, "same": same, "rounded": rounded}})


def gguf_in(target: Path, kind: str) -> Path:
    """The GGUF file of an export: the export itself, or the one in the Ollama folder."""
    return target / f"{target.name.removesuffix('-ollama')}.gguf" if kind == "ollama" else target


def _note_rope(folder: Path) -> None:
    """Write rope_theta also where programs older than transformers 5 look for it, or else take
    10,000 for granted: converters, vLLM and others."""
    file = folder / "config.json"
    config = json.loads(file.read_text("utf-8"))
    theta = (config.get("rope_parameters") or {}).get("rope_theta")
    if theta is not None:
        file.write_text(json.dumps({"rope_theta": theta} | config, indent=2) + "\n", "utf-8")


def stored_dtype(base: Path) -> str:
    """float32, float16 or bfloat16: how the base's weights are stored."""
    from transformers import AutoConfig

    dtype = str(getattr(AutoConfig.from_pretrained(base), "dtype", None)).removeprefix("torch.")
    return dtype if dtype in ("float16", "bfloat16") else "float32"


def _logits(model: Any, ids: Any) -> Any:
    with torch.inference_mode():
        return model(input_ids=ids).logits[0].float()


def _zip_adapter(adapter: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(adapter.iterdir()):
            if file.is_file() and (file.name == ABOUT or file.name.startswith("adapter_")):
                packed.write(file, file.name)


def _load_back(target: Path, kind: str, base: Path, ids: Any) -> Any:
    if kind == "adapter":
        unpacked = target.parent / ".unpacked"
        with zipfile.ZipFile(target) as packed:
            packed.extractall(unpacked)
        model: Any = PeftModel.from_pretrained(load_base(base, "cpu", torch.float32), str(unpacked))
        shutil.rmtree(unpacked)
    elif kind.startswith(("gguf", "ollama")):
        file = gguf_in(target, kind)
        model = AutoModelForCausalLM.from_pretrained(
            file.parent, gguf_file=file.name, dtype=torch.float32
        )
    else:
        load_tokenizer(target)
        model = load_base(target, "cpu", torch.float32)
    return _logits(model.eval(), ids)
