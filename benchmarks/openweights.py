"""LoRA on this machine against trl's SFTTrainer: tokens a second and memory.

    python -m benchmarks.openweights [--steps 10] [--threads 1] [--python PYTHON-WITH-TRL]

Both train the same random model with the same adapter (rank 16, all linear layers), batches,
tokens and learning rate, in float32 and bfloat16, each run in a process of its own. Both run as
they come, except that trl's logging, saving and checkpointing of gradients are off unless told
otherwise. Tokens are those of the examples, padding not counted. Without trl, its rows are
left out.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BATCH, SEED, RATE = 8, 1, 2e-4
#: Names, sizes and number of steps of the models: the tests' own, and SmolLM2-135M's.
SIZES = {
    "tiny": {"hidden": 64, "inner": 128, "layers": 2, "heads": 4, "keys": 2, "vocabulary": 512},
    "135M": {
        "hidden": 576,
        "inner": 1536,
        "layers": 30,
        "heads": 9,
        "keys": 3,
        "vocabulary": 49_152,
    },
}


def make_examples(count: int, words: tuple[int, int]) -> list[dict[str, Any]]:
    """Made-up posts of a length as people write them."""
    draw = random.Random(SEED)
    known = [
        "the",
        "kettle",
        "sulks",
        "before",
        "noon",
        "as",
        "usual",
        "noted",
        "with",
        "thanks",
        "carry",
        "on",
        "my",
        "bicycle",
    ]
    made = []
    for _ in range(count):
        text = " ".join(draw.choice(known) for _ in range(draw.randint(*words)))
        asked = {"role": "user", "content": "Write a post."}
        made.append({"messages": [asked, {"role": "assistant", "content": text}]})
    return made


def make_model(folder: Path, size: str) -> None:
    """A random Llama of that size with the tests' tokenizer."""
    import torch
    import transformers

    from tests.core.tiny_model import make_tiny_model

    make_tiny_model(folder)
    shape = SIZES[size]
    config = transformers.LlamaConfig.from_pretrained(folder)
    config.update(
        {
            "hidden_size": shape["hidden"],
            "intermediate_size": shape["inner"],
            "num_hidden_layers": shape["layers"],
            "num_attention_heads": shape["heads"],
            "num_key_value_heads": shape["keys"],
            "head_dim": shape["hidden"] // shape["heads"],
            "vocab_size": shape["vocabulary"],
        }
    )
    torch.manual_seed(SEED)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)


def ours(folder: Path, dtype: str, examples: list[Any], steps: int, checkpointing: bool) -> dict:
    """Train with the engine's own loop."""
    import torch

    from core.openweights.lora import load_base, load_tokenizer, with_adapter
    from core.openweights.render import Template
    from core.openweights.train import Plan, Run

    template = Template(load_tokenizer(folder))
    rows = [template.sequences(example["messages"]) for example in examples]
    model = with_adapter(load_base(folder, "cpu", getattr(torch, dtype)), "x", SEED)
    plan = Plan("supervised", 1, BATCH, 1.0, SEED, 512, checkpointing)
    with tempfile.TemporaryDirectory() as place:
        run = Run(model, rows, [], plan, Path(place), lambda *_: None)
        began = (time.perf_counter(), time.process_time())
        losses = [step["train_loss"] for step in run.steps(lambda: False)]
        ended = (time.perf_counter(), time.process_time())
    tokens = sum(len(row.ids) for example in rows for row in example)
    return report(began, ended, tokens, losses[0])


def theirs(folder: Path, dtype: str, examples: list[Any], steps: int, checkpointing: bool) -> dict:
    """Train with trl's SFTTrainer on the same text; loss on the answers only."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    if SIZES["tiny"]["hidden"] == json.loads((folder / "config.json").read_text())["hidden_size"]:
        torch.set_num_threads(1)  # as ours does for so small a model
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))
    pairs = [
        {"prompt": example["messages"][:1], "completion": example["messages"][1:]}
        for example in examples
    ]
    clock: dict[str, tuple[float, float]] = {}
    losses = []

    class Clock(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            clock["began"] = (time.perf_counter(), time.process_time())

        def on_train_end(self, *_: Any, **__: Any) -> None:
            clock["ended"] = (time.perf_counter(), time.process_time())

        def on_log(self, *_: Any, logs: dict[str, Any] | None = None, **__: Any) -> None:
            losses.extend([logs["loss"]] if logs and "loss" in logs else [])

    with tempfile.TemporaryDirectory() as place:
        trainer = SFTTrainer(
            model,
            args=SFTConfig(
                output_dir=place,
                per_device_train_batch_size=BATCH,
                num_train_epochs=1,
                learning_rate=RATE,
                gradient_checkpointing=checkpointing,
                bf16=False,
                use_cpu=True,
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                seed=SEED,
                disable_tqdm=True,
            ),
            train_dataset=Dataset.from_list(pairs),
            processing_class=tokenizer,
            peft_config=LoraConfig(
                r=16, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear"
            ),
            callbacks=[Clock()],
        )
        trainer.train()
        tokens = sum(len(row["input_ids"]) for row in trainer.train_dataset)
    return report(clock["began"], clock["ended"], tokens, losses[0])


def report(began: tuple, ended: tuple, tokens: int, loss: float) -> dict:
    return {
        "tokens": tokens,
        "seconds": ended[0] - began[0],
        "cpu": ended[1] - began[1],
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "loss": loss,
    }


def run_in_process(python: str, threads: str, arguments: list[str]) -> dict[str, Any] | None:
    done = subprocess.run(
        [python, "-m", "benchmarks.openweights", "--one", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": threads},
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"  left out: {' '.join(done.stderr.strip().splitlines()[-1:])}", file=sys.stderr)
        return None
    return json.loads(lines[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable, help="of an environment with trl")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", default="1", help="more measure the machine's other work")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES))
    parser.add_argument("--types", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--words", nargs=2, type=int, default=(6, 40))
    parser.add_argument("--one", nargs=6)
    given = parser.parse_args()
    if given.one:
        who, folder, dtype, steps, low, high = given.one
        who, _, checked = who.partition("+")
        examples = make_examples(int(steps) * BATCH, (int(low), int(high)))
        train = ours if who == "ours" else theirs
        print(json.dumps(train(Path(folder), dtype, examples, int(steps), bool(checked))))
        return
    print("| model | | tokens | tokens/CPU s | tokens/s | peak MB | first loss |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for size in given.sizes:
            folder = Path(place) / size
            make_model(folder, size)
            steps = str(given.steps * (6 if size == "tiny" else 1))
            for dtype in given.types:
                for who in ("ours", "trl", "ours+checkpointing", "trl+checkpointing"):
                    python = given.python if who.startswith("trl") else sys.executable
                    words = [str(number) for number in given.words]
                    found = [
                        run_in_process(
                            python, given.threads, [who, str(folder), dtype, steps, *words]
                        )
                        for _ in range(given.rounds)
                    ]
                    one = min((f for f in found if f), key=lambda f: f["cpu"], default=None)
                    if one is None:
                        continue
                    print(
                        f"| {size}, {dtype} | {who} | {one['tokens']:,} | "
                        f"{one['tokens'] / one['cpu']:,.0f} | "
                        f"{one['tokens'] / one['seconds']:,.0f} | {one['megabytes']:,.0f} | "
                        f"{one['loss']:.3f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
