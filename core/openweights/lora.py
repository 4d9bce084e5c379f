"""A base model with an adapter on it, and the loss of rows of text. Imports torch: workers only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.openweights.bases import weight_files
from core.openweights.cpu import has_fast_bfloat16
from core.openweights.render import Row
from core.problems import Problem

RANK, ALPHA = 16, 32
#: Tokens that go through the model at a time on a graphics card; on the CPU the memory decides.
TOKENS_AT_ONCE = {"mps": 2048, "cuda": 8192}
#: Numbers of tokens are filled up to multiples of this: processors prepare anew for every size.
SIZE_STEP = 64
#: Below this many weights, more threads cost more than they bring.
WEIGHTS_FOR_THREADS = 5_000_000
#: Losses of the same rows, packed and alone, may differ by this much in float32 and bfloat16.
PACKED_TOLERANCE = {torch.float32: 2e-3, torch.bfloat16: 0.2}


def choose_device() -> str:
    """The fastest device there is."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(device: str) -> torch.dtype:
    """bfloat16 where the device computes in it, else float32."""
    if device == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device == "cpu":
        fast = has_fast_bfloat16()
    else:
        fast = True
    return torch.bfloat16 if fast else torch.float32


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a model folder.

    Raises:
        Problem: it cannot be loaded, or is of the kind that cannot say where its tokens begin.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise Problem(
            f"The tokenizer of {folder.name} cannot be loaded ({type(error).__name__}).",
            "The folder needs tokenizer.json and tokenizer_config.json.",
        ) from error
    if not tokenizer.is_fast:
        raise Problem(
            f"The tokenizer of {folder.name} is of an old kind.", "It needs a tokenizer.json."
        )
    return tokenizer


def load_base(folder: Path, device: str, dtype: torch.dtype) -> Any:
    """The weights of a model folder, from safetensors only, on a device.

    Raises:
        Problem: the transformers library cannot load it.
    """
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
        )
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise Problem(
            f"The model in {folder.name} cannot be loaded ({type(error).__name__}).",
            "Look whether its files are complete, and whether the installed transformers "
            "library knows its architecture.",
        ) from error
    if device == "cpu" and model.num_parameters() < WEIGHTS_FOR_THREADS:
        torch.set_num_threads(1)
    return model.to(device).eval()


def hash_weights(folder: Path) -> str:
    """SHA-256 over a model's weight files, in order of their names."""
    found = hashlib.sha256()
    for file in weight_files(folder):
        with file.open("rb") as opened:
            while block := opened.read(1 << 22):
                found.update(block)
    return found.hexdigest()


def with_adapter(model: Any, name: str, seed: int, earlier: Path | None = None) -> Any:
    """The base frozen and an adapter on it to train: a new one, or one to go on from.

    Args:
        name: of the base; PEFT's adapter_config.json names it.
    """
    torch.manual_seed(seed)
    if earlier is not None:
        made = PeftModel.from_pretrained(model, str(earlier), is_trainable=True)
    else:
        config = LoraConfig(
            r=RANK,
            lora_alpha=ALPHA,
            lora_dropout=0.0,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        made = get_peft_model(model, config)
    made.peft_config["default"].base_model_name_or_path = name
    return made


@dataclass(frozen=True, slots=True)
class Scored:
    """The learnt tokens of some rows, in order: loss (nats, with its gradient), row, right or not.

    Shapes: all (learnt tokens,).
    """

    loss: torch.Tensor
    row: torch.Tensor
    right: torch.Tensor


def score_rows(model: Any, rows: Sequence[Row]) -> Scored:
    """Loss of every learnt token of rows that go through the model as one, without padding.

    Each row begins at position 0, by which attention keeps the rows apart. The output layer sees
    only the positions before learnt tokens: with a vocabulary of 150,000, most of the memory
    otherwise goes there.
    """
    device = next(model.parameters()).device
    ids = [token for row in rows for token in row.ids]
    positions = [place for row in rows for place in range(len(row.ids))]
    kept: list[int] = []
    owner: list[int] = []
    start = 0
    for number, row in enumerate(rows):
        learnt = [place for place, flag in enumerate(row.learnt) if flag and place]
        kept += [start + place - 1 for place in learnt]
        owner += [number] * len(learnt)
        start += len(row.ids)
    if not kept:
        empty = torch.zeros(0, device=device)
        return Scored(empty, empty.long(), empty.bool())
    if len(rows) > 1:  # a row of its own, so that few different sizes come up
        extra = -len(ids) % SIZE_STEP
        ids += ids[:1] * extra
        positions += range(extra)
    count = len(kept)
    tokens = torch.tensor(ids, device=device)
    keep = torch.tensor(kept + kept[-1:] * (-count % (SIZE_STEP // 4)), device=device)
    logits = model(
        input_ids=tokens[None],
        position_ids=torch.tensor(positions, device=device)[None],
        logits_to_keep=keep,
        use_cache=False,
    ).logits[0]
    if len(logits) != len(keep):  # an architecture that cannot leave positions out
        logits = logits[keep]
    logits, keep = logits[:count], keep[:count]
    labels = tokens[keep + 1]
    loss = functional.cross_entropy(logits.float(), labels, reduction="none")
    return Scored(loss, torch.tensor(owner, device=device), logits.detach().argmax(-1) == labels)


def can_pack(model: Any, rows: Sequence[Row]) -> bool:
    """Whether the architecture keeps rows apart that go through it as one; tried, not assumed."""
    sample = sorted(rows, key=lambda row: len(row.ids))[: 2 if len(rows) < 8 else 4]
    if len(sample) < 2:
        return False
    with torch.no_grad():
        together = score_rows(model, sample).loss
        alone = torch.cat([score_rows(model, [row]).loss for row in sample])
    return bool((together - alone).abs().max() <= PACKED_TOLERANCE[model.dtype])


def groups(rows: Sequence[Row], most: int) -> list[list[int]]:
    """Places of rows that go through the model together: in order, at most ``most`` tokens."""
    made: list[list[int]] = []
    size = most + 1
    for place, row in enumerate(rows):
        if size + len(row.ids) > most:
            made.append([])
            size = 0
        made[-1].append(place)
        size += len(row.ids)
    return made
