"""Commands that train the exported data set at a hosted trainer, filled in from the settings.

For trainers with OpenAI's interface (``providers/profiles.toml``) the request is the one that the
app itself sends (``core.launches.launch_body``), as Python and as curl. The others have command
lines of their own: their documentation is named beside them in that file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote
from typing import Any

from core.launches import LaunchSettings, launch_body
from core.problems import Problem
from core.providers.profiles import Profile

TRAINING, VALIDATION = "training.jsonl", "validation.jsonl"
BEDROCK_TRAINING = "training_bedrock.jsonl"
#: The variable of the shell that holds the key; OpenAI's clients look for theirs by themselves.
KEYS = {"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY", "nebius": "NEBIUS_API_KEY"}
#: Amazon's smallest text model, and how often it may see the examples at most.
NOVA, MOST_NOVA_EPOCHS = "amazon.nova-micro-v1:0:128k", 5


@dataclass(frozen=True, slots=True)
class Order:
    """What to train elsewhere: base (hub id), epochs, a name, and whether there is validation."""

    base: str
    epochs: int
    name: str
    validation: bool


def python_script(
    profile: Profile, address: str, settings: LaunchSettings, validation: bool
) -> str:
    """The job as a Python script for a trainer with OpenAI's interface.

    Raises:
        Problem: the trainer does not take these settings.
    """
    body = launch_body(profile, "TRAINING", "VALIDATION" if validation else None, settings)
    given = {"TRAINING": "training.id", "VALIDATION": "validation.id"}
    lines = [
        f"    {name}={given.get(value, repr(value)) if isinstance(value, str) else repr(value)},"
        for name, value in body.items()
    ]
    files = [
        f'{name} = client.files.create(file=open("{file}", "rb"), purpose="fine-tune")'
        for name, file in (("training", TRAINING), ("validation", VALIDATION))
        if name == "training" or validation
    ]
    return "\n".join(
        [
            "import os",
            "",
            "from openai import OpenAI",
            "",
            f'client = OpenAI(base_url={address!r}, api_key=os.environ["{key_name(profile)}"])',
            *files,
            "job = client.fine_tuning.jobs.create(",
            *lines,
            ")",
            "print(job.id, job.status)",
        ]
    )


def curl_commands(
    profile: Profile, address: str, settings: LaunchSettings, validation: bool
) -> str:
    """The job as shell commands with curl for a trainer with OpenAI's interface.

    Raises:
        Problem: the trainer does not take these settings.
    """
    body = launch_body(profile, "$TRAINING", "$VALIDATION" if validation else None, settings)
    body |= body.pop("extra_body", {})
    there, key = address.rstrip("/"), f'"Authorization: Bearer ${key_name(profile)}"'
    files = [
        f"{name}=$(curl -sS {quote(there + '/files')} -H {key} -F purpose=fine-tune -F file=@{file} \\\n"
        "  | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"id\"])')"
        for name, file in (("TRAINING", TRAINING), ("VALIDATION", VALIDATION))
        if name == "TRAINING" or validation
    ]
    return "\n".join(
        [
            *files,
            f"curl -sS {quote(there + '/fine_tuning/jobs')} -H {key} \\",
            '  -H "Content-Type: application/json" -d @- <<END',
            _for_here_document(body),
            "END",
        ]
    )


def key_name(profile: Profile) -> str:
    """The environment variable that the commands take the key from."""
    return KEYS.get(profile.key, "API_KEY")


def _for_here_document(body: dict[str, Any]) -> str:
    """JSON in which the shell replaces the ids of the files and nothing else."""
    text = re.sub(r"[\\$`]", r"\\\g<0>", json.dumps(body, indent=2))
    return re.sub(r'"\\\$(TRAINING|VALIDATION)"', r'"$\1"', text)


def _command(*words: str) -> str:
    """A command of words that are quoted already, with one option a line."""
    lines: list[str] = []
    for word in words:
        if word.startswith("--") or not lines:
            lines.append(word)
        else:
            lines[-1] += f" {word}"
    return " \\\n  ".join(lines)


def _plain(name: str) -> str:
    """A name of small letters, digits and dashes, as most of them want it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "voice"


def _together(order: Order) -> str:
    held = ["--validation-file", VALIDATION, "--n-evals", str(order.epochs)]
    create = _command(
        *("tg", "fine-tuning", "create", "--training-file", TRAINING),
        *(held if order.validation else ()),
        *("--model", quote(order.base), "--n-epochs", str(order.epochs), "--lora"),
        *("--suffix", _plain(order.name)),
    )
    return f"pip install together\n{create}"


def _fireworks(order: Order) -> str:
    name = _plain(order.name)
    model = re.sub(r"[^a-z0-9-]", "", order.base.rpartition("/")[2].lower().replace(".", "p"))
    lines = [f"firectl create dataset {name} {TRAINING}"]
    held: list[str] = []
    if order.validation:
        lines.append(f"firectl create dataset {name}-validation {VALIDATION}")
        held = ["--evaluation-dataset", f"{name}-validation"]
    create = _command(
        *("firectl", "create", "sftj", "--base-model", f"accounts/fireworks/models/{model}"),
        *("--dataset", name, *held, "--epochs", str(order.epochs), "--output-model", name),
    )
    return "\n".join([*lines, create])


def _bedrock(order: Order) -> str:
    name = _plain(order.name)
    create = _command(
        *("aws", "bedrock", "create-model-customization-job", "--job-name", name),
        *("--custom-model-name", name, "--role-arn", '"$ROLE"', "--base-model-identifier", NOVA),
        *("--customization-type", "FINE_TUNING"),
        *("--training-data-config", f'"s3Uri=s3://$BUCKET/{BEDROCK_TRAINING}"'),
        *("--output-data-config", '"s3Uri=s3://$BUCKET/out/"'),
        *("--hyper-parameters", f"epochCount={min(order.epochs, MOST_NOVA_EPOCHS)}"),
    )
    return "\n".join(
        [
            "BUCKET=your-bucket ROLE=arn:aws:iam::123456789012:role/your-role",
            f'aws s3 cp {BEDROCK_TRAINING} "s3://$BUCKET/{BEDROCK_TRAINING}"',
            create,
        ]
    )


def _hugging_face(order: Order) -> str:
    lines = ["pip install trl-jobs", f"DATASET=your-name/{_plain(order.name)}"]
    files = [(TRAINING, "train.jsonl"), (VALIDATION, "validation.jsonl")]
    for file, there in files if order.validation else files[:1]:
        lines.append(f'hf upload "$DATASET" {file} {there} --repo-type dataset --private')
    create = _command(
        *("trl-jobs", "sft", "--model_name", quote(order.base), "--dataset_name", '"$DATASET"'),
        *("--num_train_epochs", str(order.epochs), "--peft"),
    )
    return "\n".join([*lines, create])


OWN: dict[str, Callable[[Order], str]] = {
    "together": _together,
    "fireworks": _fireworks,
    "bedrock": _bedrock,
    "huggingface": _hugging_face,
}


def own_commands(key: str, order: Order) -> str:
    """The commands of a trainer with an interface of its own.

    Raises:
        Problem: no commands of it are known.
    """
    if key not in OWN:
        raise Problem(f"No commands for {key} are known.", "")
    return OWN[key](order)
