"""A process of its own for torch: ``core.openweights.worker`` with train, serve or export.

It talks in lines of JSON: tasks come in by standard input, news go out by standard output. When
standard input closes, whoever started it is gone, and it ends at once. So the memory of a model
always comes back, and nothing torch does can take the app down.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

for name, value in (
    ("HF_HUB_DISABLE_TELEMETRY", "1"),
    ("HF_HUB_DISABLE_PROGRESS_BARS", "1"),
    ("TRANSFORMERS_VERBOSITY", "error"),
    ("TOKENIZERS_PARALLELISM", "false"),
    ("OMP_WAIT_POLICY", "PASSIVE"),  # waiting threads leave the processor to the app
):
    os.environ.setdefault(name, value)

from core.costs import auto_epochs  # noqa: E402
from core.openweights.bases import FILES, LONGEST_ROW, find_base, short_name  # noqa: E402
from core.openweights.estimate import plan_memory  # noqa: E402
from core.openweights.layout import ABOUT  # noqa: E402
from core.problems import Problem  # noqa: E402

Say = Callable[[dict[str, Any]], None]

BATCH, FEWEST_STEPS = 8, 20
AUTO_BETA = 0.1


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print must not get between the lines
    lock = threading.Lock()

    def say(news: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(news) + "\n")

    try:
        if list(arguments) == ["serve"]:
            from core.openweights.speak import serve

            serve(sys.stdin, say)
        elif list(arguments) == ["export"]:
            from core.openweights.export.work import export

            export(json.loads(sys.stdin.readline()), say)
        else:
            train(json.loads(sys.stdin.readline()), say, _stop_flag())
    except Problem as problem:
        say({"fault": {"code": "invalid_model", "message": str(problem)}})
        return 1
    except MemoryError:
        say({"fault": {"code": "insufficient_memory", "message": "The memory ran out."}})
        return 1
    except BrokenPipeError:
        return 1
    except Exception as error:
        kind = type(error).__name__
        if "OutOfMemory" in kind:
            say({"fault": {"code": "insufficient_memory", "message": "The memory ran out."}})
        else:
            what = "The export" if list(arguments) == ["export"] else "Training"
            message = f"{what} broke off ({kind})."
            say({"fault": {"code": "server_error", "message": message}})
            raise
        return 1
    return 0


def _stop_flag() -> Callable[[], bool]:
    """Whether a line came in (stop and save); when the input closes, the process ends."""
    stop = threading.Event()

    def listen() -> None:
        for _ in sys.stdin:
            stop.set()
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    return stop.is_set


def fetch(name: str, say: Say) -> Path:
    """The folder of a base model; one of the hub is downloaded first.

    Raises:
        Problem: it is not here and cannot be had.
    """
    base = find_base(name)
    if base.folder is not None:
        return base.folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    size = f" ({base.megabytes:,} MB)" if base.megabytes else ""
    say({"say": f"Downloading {name}{size}; this happens once"})
    try:
        snapshot_download(name, allow_patterns=list(FILES), ignore_patterns=["*/*"])
    except GatedRepoError as error:
        raise Problem(
            f"{name} is given out only to people who accepted its licence.",
            "Accept it on its page, log in with the hub's own command line tool, and try again.",
        ) from error
    except RepositoryNotFoundError as error:
        raise Problem(f"The hub has no model {name}.", "Check the spelling.") from error
    except Exception as error:
        raise Problem(
            f"{name} could not be downloaded ({type(error).__name__}).",
            "Check the network and the free disk space; what has arrived is kept.",
        ) from error
    found = find_base(name).folder
    if found is None:
        raise Problem(
            f"{name} has no weights in the safetensors format.",
            "Other formats can run code and are not opened; choose another model.",
        )
    return found


def train(task: dict[str, Any], say: Say, stopped: Callable[[], bool]) -> None:
    """One job; ``task`` is as ``jobs.py`` writes it.

    Raises:
        Problem: the model or the data cannot be used.
    """
    folder = fetch(task["name"], say)
    base = find_base(task["name"])
    say({"say": f"Loading {short_name(base.name)}"})
    import torch

    from core.openweights.lora import (
        TOKENS_AT_ONCE,
        choose_device,
        choose_dtype,
        hash_weights,
        load_base,
        load_tokenizer,
        with_adapter,
    )
    from core.openweights.render import Template
    from core.openweights.train import Plan, Run

    device = choose_device()
    dtype = choose_dtype(device)
    tokens_at_once, checkpointing = TOKENS_AT_ONCE.get(device, 0), device != "cpu"
    if device == "cpu":
        need = plan_memory(base, size=dtype.itemsize)
        tokens_at_once, checkpointing = need.tokens_at_once, need.checkpointing
    template = Template(load_tokenizer(folder))
    if template.plain:
        say({"say": "The model has no chat template: names and texts are used, as in a play"})
    longest = min(LONGEST_ROW, base.context or LONGEST_ROW)
    taught, longer = _read(template, task["training"], task["method"], longest)
    held, _ = _read(template, task["validation"], task["method"], longest)
    if longer:
        say({"say": f"{longer} examples are cut to {longest} tokens", "level": "warn"})
    given = task["requested"]
    epochs = auto_epochs(len(taught)) if given["n_epochs"] == "auto" else given["n_epochs"]
    batch = given["batch_size"]
    if batch == "auto":
        batch = max(1, min(BATCH, len(taught) * epochs // FEWEST_STEPS))
    rate = given["learning_rate_multiplier"]
    beta = given.get("beta", "auto")
    plan = Plan(
        task["method"],
        epochs,
        batch,
        auto_rate(base.parameters, task["method"]) if rate == "auto" else rate,
        task["seed"],
        tokens_at_once,
        checkpointing,
        AUTO_BETA if beta == "auto" else beta,
    )
    resolved: dict[str, Any] = {
        "n_epochs": plan.n_epochs,
        "batch_size": plan.batch_size,
        "learning_rate_multiplier": plan.learning_rate_multiplier,
    }
    if plan.method == "dpo":
        resolved["beta"] = plan.beta
    say({"plan": resolved})
    model = load_base(folder, device, dtype)
    digest = hash_weights(folder)
    earlier = Path(task["earlier"]) if task["earlier"] else None
    model = with_adapter(model, task["name"], task["seed"], earlier)
    number = sum(one.numel() for one in model.parameters() if one.requires_grad)
    precision = str(dtype).removeprefix("torch.")
    saving = ", with gradient checkpointing" if checkpointing else ""
    say(
        {
            "say": f"Training {number:,} weights beside {base.parameters:,} frozen ones on "
            f"{device} in {precision}{saving}",
            "base_sha256": digest,
        }
    )

    def save(target: Path, step: int) -> None:
        draft = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        model.save_pretrained(str(draft), save_embedding_layers=False)
        (draft / "README.md").unlink(missing_ok=True)  # a form to fill in, about nobody's model
        about = {
            "base": task["name"],
            "base_sha256": digest,
            "job": task["job"],
            "step": step,
            "method": plan.method,
            "seed": plan.seed,
        }
        (draft / ABOUT).write_text(json.dumps(about, indent=1), "utf-8")
        if target.exists():
            import shutil

            shutil.rmtree(target)
        draft.replace(target)

    job_folder = Path(task["folder"])
    job_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if device == "cpu":
        torch.use_deterministic_algorithms(True, warn_only=True)
    run = Run(model, taught, held, plan, job_folder, save)
    if held and not run.progress.step and plan.method == "supervised":
        loss, _ = run.measure(run.validation)
        say({"say": f"Validation loss before the first step: {loss:.4f}"})
    for step in run.steps(stopped):
        say({"step": step})
    finished = run.progress.step == run.total
    tokens = sum(one["tokens"] for one in run.progress.history)
    say({"done": {"trained_tokens": tokens}} if finished else {"saved": run.progress.step})


def auto_rate(parameters: int, method: str) -> float:
    """The learning-rate multiplier for a base: small models take, and need, larger steps.

    SmolLM2-135M on 316 chat replies, best validation loss: 3.77 at 1 (still falling after three
    epochs), 3.66 at 5 (after one). Between there and a billion weights it falls in proportion.
    """
    if method != "supervised":
        return 1.0
    return round(min(5.0, max(1.0, 0.7e9 / max(1, parameters))), 1)


def _read(
    template: Any, examples: list[dict[str, Any]], method: str, longest: int
) -> tuple[list[list[Any]], int]:
    """Examples as rows, and how many of them had to be cut.

    Raises:
        Problem: an example cannot be rendered; the sentence names it.
    """
    from core.openweights.render import cut

    made, longer = [], 0
    for number, example in enumerate(examples, 1):
        try:
            rows = [
                row for part in _conversations(example, method) for row in template.sequences(part)
            ]
        except Problem as problem:
            raise Problem(f"Example {number}: {problem.message}", problem.hint) from problem
        if method == "dpo" and len(rows) != 2:
            raise Problem(f"Example {number}: one of its answers is empty.", "Leave it out.")
        longer += any(len(row.ids) > longest for row in rows)
        rows = [cut(row, longest) for row in rows]
        if rows:
            made.append(rows)
    return made, longer


def _conversations(example: dict[str, Any], method: str) -> list[list[dict[str, Any]]]:
    """The conversations of an example; for DPO, with the preferred answer and with the other."""
    if method != "dpo":
        return [example["messages"]]
    given = [
        message | ({"weight": 0} if message["role"] == "assistant" else {})
        for message in example["input"]["messages"]
    ]
    return [
        [*given, {"role": "assistant", "content": example[part][0].get("content", "")}]
        for part in ("preferred_output", "non_preferred_output")
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
