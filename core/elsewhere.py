"""The data set as other trainers take it as it is: Axolotl and LLaMA-Factory, on any number of GPUs.

Files, a configuration for each, and the commands. Keys and their types are those of Axolotl 0.19.0
(``src/axolotl/utils/schemas``) and LLaMA-Factory 0.9.5 (``hparams``, ``data/parser.py``).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

from core.bundle import NO_TIME
from core.examples import ChatMessage, Example
from core.hosted import BEDROCK_TRAINING
from core.tokens import count_examples

AXOLOTL, LLAMA_FACTORY = "0.19.0", "0.9.5"
#: LLaMA-Factory's names of chat templates; other models' templates it reads off the tokenizer.
TEMPLATES = {"smollm2": "smollm2", "smollm-": "smollm", "qwen3-": "qwen3_nothink"}
SHORTEST, LONGEST = 256, 4096
#: Answers per optimiser step that are aimed at, over all GPUs together.
BATCH = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """What to train elsewhere: base model (hub id or path), epochs, number of GPUs, name."""

    base: str
    epochs: int = 3
    gpus: int = 1
    name: str = "my-voice"


def context_tokens(examples: Sequence[Example]) -> int:
    """Room for the longest example, a power of two: tokens of another tokenizer may be more."""
    longest = int(count_examples(examples).max(initial=0))
    size = SHORTEST
    while size < min(1.3 * longest, LONGEST):
        size *= 2
    return size


def axolotl_config(wish: Wish, training: Sequence[Example], validation: bool) -> dict[str, Any]:
    """axolotl.yaml: LoRA on all linear layers, loss on the person's own answers only."""
    data = {
        "ds_type": "json",
        "type": "chat_template",
        "field_messages": "messages",
        "roles_to_train": ["assistant"],
        "message_field_training": "train",
        "train_on_eos": "turn",
    }
    micro, gather = batches(wish, len(training))
    config: dict[str, Any] = {
        "base_model": wish.base,
        "datasets": [{"path": "training.jsonl"} | data],
    }
    if validation:
        config["test_datasets"] = [{"path": "validation.jsonl", "split": "train"} | data]
        config["evals_per_epoch"] = 4
    return config | {
        "val_set_size": 0.0,
        "dataset_prepared_path": "prepared",
        "output_dir": f"out/{wish.name}",
        "adapter": "lora",
        "lora_r": 16,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
        "lora_target_linear": True,
        "sequence_len": context_tokens(training),
        "sample_packing": False,
        "micro_batch_size": micro,
        "gradient_accumulation_steps": gather,
        "num_epochs": wish.epochs,
        "optimizer": "adamw_torch_fused",
        "lr_scheduler": "cosine",
        "learning_rate": 0.0002,
        "warmup_ratio": 0.05,
        "weight_decay": 0.0,
        "bf16": "auto",
        "gradient_checkpointing": True,
        "logging_steps": 1,
        "saves_per_epoch": 1,
        "seed": 1,
    }


def llama_factory_config(
    wish: Wish, training: Sequence[Example], validation: bool
) -> dict[str, Any]:
    """llama_factory.yaml: the same training in LLaMA-Factory's words."""
    micro, gather = batches(wish, len(training))
    config: dict[str, Any] = {
        "model_name_or_path": wish.base,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "lora_rank": 16,
        "lora_alpha": 32,
        "lora_dropout": 0.05,
        "lora_target": "all",
        "dataset_dir": ".",
        "dataset": "training",
        "cutoff_len": context_tokens(training),
        "mask_history": has_context(training),
        "output_dir": f"out/{wish.name}",
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": gather,
        "num_train_epochs": wish.epochs,
        "learning_rate": 0.0002,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 5,
        "bf16": True,
        "logging_steps": 1,
        "save_strategy": "epoch",
        "plot_loss": True,
        "report_to": "none",
        "seed": 1,
    }
    short = wish.base.rpartition("/")[2].lower()
    template = next((name for key, name in TEMPLATES.items() if short.startswith(key)), None)
    if template:
        config["template"] = template
    if validation:
        config |= {
            "eval_dataset": "validation",
            "eval_strategy": "epoch",
            "per_device_eval_batch_size": micro,
        }
    return config


def dataset_info(validation: bool) -> dict[str, Any]:
    """LLaMA-Factory's dataset_info.json."""
    form = {
        "formatting": "openai",
        "columns": {"messages": "messages"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    }
    names = ("training", "validation") if validation else ("training",)
    return {name: {"file_name": f"{name}_turns.jsonl"} | form for name in names}


def batches(wish: Wish, examples: int) -> tuple[int, int]:
    """Examples a GPU takes at once, and steps gathered before the weights change."""
    aimed = max(1, min(BATCH, examples // 20))
    per_gpu = max(1, aimed // wish.gpus)
    micro = min(4, per_gpu)
    return micro, max(1, per_gpu // micro)


def has_context(examples: Iterable[Example]) -> bool:
    """Whether there are answers that are only shown (weight 0)."""
    return any(message.weight == 0 for one in examples for message in one.messages)


def axolotl_lines(examples: Iterable[Example]) -> bytes:
    """Chat JSONL in which answers that are only shown say ``"train": false``."""

    def row(message: ChatMessage) -> dict[str, Any]:
        made: dict[str, Any] = {"role": message.role, "content": message.content}
        return made | {"train": message.role == "assistant" and message.weight != 0}

    return _lines({"messages": [row(m) for m in one.messages]} for one in examples)


def turn_lines(examples: Iterable[Example]) -> bytes:
    """Chat JSONL in which user and assistant take turns, as LLaMA-Factory insists."""
    return _lines({"messages": _turns(one.messages)} for one in examples)


def bedrock_lines(examples: Iterable[Example]) -> bytes:
    """JSONL of Bedrock's Converse messages, as Amazon's Nova models learn from.

    https://docs.aws.amazon.com/bedrock/latest/userguide/nova-2-sft-data-prep.html
    """

    def row(example: Example) -> dict[str, Any]:
        made: dict[str, Any] = {"schemaVersion": "bedrock-conversation-2024"}
        turns = _turns(example.messages)
        system = [{"text": one["content"]} for one in turns if one["role"] == "system"]
        said = [one for one in turns if one["role"] != "system"]
        return (made | ({"system": system} if system else {})) | {
            "messages": [{"role": m["role"], "content": [{"text": m["content"]}]} for m in said]
        }

    return _lines(map(row, examples))


def _turns(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    made: list[dict[str, str]] = []
    for message in messages:
        last = made[-1]["role"] if made else ""
        if message.role == last:
            made[-1]["content"] += "\n" + message.content
            continue
        if message.role == "assistant" and last in ("", "system"):
            made.append({"role": "user", "content": ""})
        made.append({"role": message.role, "content": message.content})
    return made


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def to_yaml(config: dict[str, Any]) -> str:
    """A flat configuration with lists of tables, as YAML; scalars are written as JSON is."""
    lines = []
    for key, value in config.items():
        if isinstance(value, list):
            lines.append(f"{key}:")
            for table in value:
                items = [f"{name}: {json.dumps(one)}" for name, one in table.items()]
                lines += ["  - " + items[0], *("    " + item for item in items[1:])]
        else:
            lines.append(f"{key}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def axolotl_commands(wish: Wish) -> str:
    """How to run it: on one GPU, or on several of one machine."""
    many = f" --launcher torchrun -- --nproc_per_node={wish.gpus}" if wish.gpus > 1 else ""
    return (
        f"pip install --no-build-isolation axolotl=={AXOLOTL}\n"
        f"axolotl train axolotl.yaml{many}\n"
        f"axolotl merge-lora axolotl.yaml --lora-model-dir=out/{wish.name}"
    )


def llama_factory_commands(wish: Wish) -> str:
    """How to run it: on one GPU, or on several of one machine."""
    many = f"FORCE_TORCHRUN=1 NPROC_PER_NODE={wish.gpus} " if wish.gpus > 1 else ""
    return (
        f"pip install llamafactory=={LLAMA_FACTORY}\n"
        f"{many}llamafactory-cli train llama_factory.yaml\n"
        f"llamafactory-cli chat --model_name_or_path {quote(wish.base)} "
        f"--adapter_name_or_path out/{wish.name} --finetuning_type lora"
    )


def to_elsewhere_zip(
    wish: Wish, training: Sequence[Example], validation: Sequence[Example]
) -> bytes:
    """Everything in one zip; unpack it and run the commands of README.md inside."""
    held = bool(validation)
    files = {
        "README.md": _readme(wish, training).encode(),
        "axolotl.yaml": to_yaml(axolotl_config(wish, training, held)).encode(),
        "training.jsonl": axolotl_lines(training),
        "validation.jsonl": axolotl_lines(validation),
        "llama_factory.yaml": to_yaml(llama_factory_config(wish, training, held)).encode(),
        "dataset_info.json": json.dumps(dataset_info(held), indent=2).encode() + b"\n",
        "training_turns.jsonl": turn_lines(training),
        "validation_turns.jsonl": turn_lines(validation),
        BEDROCK_TRAINING: bedrock_lines(training),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            if not data:
                continue
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def _readme(wish: Wish, training: Sequence[Example]) -> str:
    note = ""
    if has_context(training):
        note = (
            "\nEarlier answers in a conversation are shown, not learnt: Axolotl reads this off each "
            "message, LLaMA-Factory learns the last answer only (mask_history).\n"
        )
    return (
        f"# {wish.name}: train it with Axolotl or LLaMA-Factory\n\n"
        f"{len(training):,} examples, base {wish.base}, {wish.epochs} epochs, LoRA. The texts are "
        "private: do not publish them.\n"
        f"{note}\n## Axolotl\n\n```\n{axolotl_commands(wish)}\n```\n\n"
        f"## LLaMA-Factory\n\n```\n{llama_factory_commands(wish)}\n```\n\n"
        "Only one of the two is needed. Both write a LoRA adapter in PEFT's format.\n"
    )
