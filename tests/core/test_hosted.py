"""Commands for hosted trainers: they parse, use known options, and start the app's own request."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys

import pytest

from core.elsewhere import bedrock_lines
from core.examples import ChatMessage, Example
from core.hosted import OWN, Order, curl_commands, key_name, own_commands, python_script
from core.launches import LaunchSettings, launch_body
from core.problems import Problem
from core.providers import load_profiles
from tests.loopback_provider import LoopbackProvider

PROFILES = load_profiles()
HOSTED = ("openai", "azure", "nebius")
SETTINGS = LaunchSettings("gpt-4.1-mini-2025-04-14", 3, 8, 1.5, "me", 7)
ODD = 'it\'s/$(touch x) `y` "z"'
#: Options of the tools as they say themselves: tg 3.1.1, aws 1.45, hf 1.24, trl-jobs 0.2; firectl
#: as https://docs.fireworks.ai/tools-sdks/firectl/commands documents it.
OPTIONS = {
    "tg": {"training-file", "validation-file", "n-evals", "model", "n-epochs", "lora", "suffix"},
    "firectl": {"base-model", "dataset", "evaluation-dataset", "epochs", "output-model"},
    "aws": {
        "job-name", "custom-model-name", "role-arn", "base-model-identifier",
        "customization-type", "training-data-config", "output-data-config", "hyper-parameters",
    },
    "hf": {"repo-type", "private"},
    "trl-jobs": {"model_name", "dataset_name", "num_train_epochs", "peft"},
    "pip": set(),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    line = (
        b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}'
    )
    for name in ("training", "validation"):
        (tmp_path / f"{name}.jsonl").write_bytes((line + b"\n") * 12)
    return tmp_path


def run(command, folder, server, profile):
    environment = os.environ | {key_name(profile): server.key}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    (job,) = server.jobs.values()
    assert job["id"] in done.stdout
    return job


def check(server, job, profile, settings, validation):
    """The request is the one that the app itself would have sent for these files."""
    held = job["validation_file"] if validation else None
    wanted = launch_body(profile, job["training_file"], held, settings)
    wanted |= wanted.pop("extra_body", {})
    asked = [seen.json for seen in server.requests("POST", "/fine_tuning/jobs")]
    assert asked == [wanted]
    files = server.files.values()
    assert {file["filename"] for file in files} == (
        {"training.jsonl", "validation.jsonl"} if validation else {"training.jsonl"}
    )


@pytest.mark.parametrize("key", HOSTED)
@pytest.mark.parametrize("validation", [True, False])
def test_the_python_script_starts_the_same_job(folder, key, validation):
    profile = PROFILES[key]
    with LoopbackProvider() as server:
        script = python_script(profile, server.url, SETTINGS, validation)
        job = run([sys.executable, "-c", script], folder, server, profile)
        check(server, job, profile, SETTINGS, validation)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="no curl here")
@pytest.mark.parametrize("key", HOSTED)
@pytest.mark.parametrize("validation", [True, False])
def test_the_curl_commands_start_the_same_job(folder, key, validation):
    profile = PROFILES[key]
    with LoopbackProvider() as server:
        commands = curl_commands(profile, server.url, SETTINGS, validation)
        job = run(["bash", "-ec", commands], folder, server, profile)
        check(server, job, profile, SETTINGS, validation)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="no curl here")
def test_a_name_cannot_be_a_command(folder):
    settings = LaunchSettings(ODD, suffix="me")
    with LoopbackProvider() as server:
        commands = curl_commands(PROFILES["openai"], server.url, settings, False)
        environment = os.environ | {"OPENAI_API_KEY": server.key}
        subprocess.run(
            ["bash", "-c", commands], cwd=folder, env=environment, capture_output=True, timeout=60
        )
        asked = [seen.json["model"] for seen in server.requests("POST", "/jobs")]
    assert asked == [ODD] and not (folder / "x").exists()


@pytest.mark.parametrize("key", sorted(OWN))
@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize("base", ["Qwen/Qwen3-0.6B", ODD])
def test_own_commands_parse_and_use_known_options(key, validation, base):
    text = own_commands(key, Order(base, 4, "My Voice", validation))
    programs = []
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        if "=" in words[0]:
            continue
        programs.append(words[0])
        options = {word[2:] for word in words if word.startswith("--")}
        assert options <= OPTIONS[words[0]], line
        if "model" in options and words[0] == "tg":
            assert words[words.index("--model") + 1] == base
    assert programs and "help" not in text and "train.jsonl" not in text.split("train.jsonl --")[0]
    assert ("validation" in text) == (validation and key != "bedrock")
    assert "4" in text and "my-voice" in text


def test_what_is_not_known_has_no_commands():
    with pytest.raises(Problem):
        own_commands("somewhere", Order("b", 1, "n", False))
    with pytest.raises(Problem):
        python_script(PROFILES["nebius"], "http://x", LaunchSettings("m", method="dpo"), False)


def test_bedrock_gets_its_own_form():
    said = (ChatMessage("system", "s"), ChatMessage("assistant", "hi"), ChatMessage("user", "u"))
    example = Example((*said, ChatMessage("assistant", "a")), "c", None, (), (), "replies")
    assert json.loads(bedrock_lines([example])) == {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "s"}],
        "messages": [
            {"role": "user", "content": [{"text": ""}]},
            {"role": "assistant", "content": [{"text": "hi"}]},
            {"role": "user", "content": [{"text": "u"}]},
            {"role": "assistant", "content": [{"text": "a"}]},
        ],
    }
