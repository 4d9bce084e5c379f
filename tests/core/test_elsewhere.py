"""Configurations for Axolotl and LLaMA-Factory: keys, types and data as those tools take them.

``tests/data/other_trainers.json`` lists the keys and types of their own schemas, with versions.
"""

from __future__ import annotations

import io
import json
import shlex
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.elsewhere import (
    LONGEST,
    SHORTEST,
    Wish,
    axolotl_commands,
    axolotl_config,
    batches,
    context_tokens,
    dataset_info,
    llama_factory_commands,
    llama_factory_config,
    to_elsewhere_zip,
    to_yaml,
    turn_lines,
)
from core.examples import ChatMessage, Example

SCHEMAS = json.loads((Path(__file__).parents[1] / "data" / "other_trainers.json").read_text())
NAMES = {str: "str", int: "int", float: "float", bool: "bool", list: "list", dict: "dict"}


def example(*turns: tuple[str, str], weights: dict[int, int] | None = None) -> Example:
    messages = [
        ChatMessage(role, text, (weights or {}).get(n)) for n, (role, text) in enumerate(turns)
    ]
    return Example(tuple(messages), "c", None, (), (), "replies")


PLAIN = [example(("user", f"hi {n}"), ("assistant", 'ja "klar" 🙂\nok')) for n in range(40)]
SHOWN = example(
    ("system", "You are me."),
    ("user", "a"),
    ("assistant", "seen"),
    ("user", "b"),
    ("assistant", "learnt"),
    weights={2: 0, 4: 1},
)


def check(config: dict[str, Any], *schemas: str) -> None:
    keys = {key: kinds for name in schemas for key, kinds in SCHEMAS[name]["keys"].items()}
    for key, value in config.items():
        assert key in keys, f"{key} is no key of {schemas}"
        allowed = keys[key]
        if isinstance(value, str) and value in allowed:
            continue
        kind = NAMES[type(value)]
        fits = kind in allowed or (kind == "int" and "float" in allowed)
        assert fits, f"{key}: {value!r} is none of {allowed}"


@pytest.mark.parametrize("base", ["Qwen/Qwen3-0.6B", "HuggingFaceTB/SmolLM2-135M-Instruct", "./m"])
@pytest.mark.parametrize("gpus", [1, 8])
@pytest.mark.parametrize("held", [True, False])
def test_configurations_have_only_known_keys_of_the_right_type(base, gpus, held):
    wish = Wish(base, 3, gpus)
    config = yaml.safe_load(to_yaml(axolotl_config(wish, PLAIN, held)))
    for table in config.pop("datasets") + config.pop("test_datasets", []):
        check(table, "axolotl_dataset")
    check(config, "axolotl")
    config = yaml.safe_load(to_yaml(llama_factory_config(wish, PLAIN, held)))
    assert ("eval_dataset" in config) == held
    check(config, "llama_factory", "training_arguments")


def test_a_wrong_key_or_type_would_be_noticed():
    for wrong in ({"lora_rank": 16}, {"lora_r": "many"}, {"bf16": "sometimes"}):
        with pytest.raises(AssertionError):
            check(wrong, "axolotl")


def test_yaml_reads_back_as_what_was_meant():
    config = axolotl_config(Wish('odd: "name" # 1'), PLAIN, True)
    assert yaml.safe_load(to_yaml(config)) == config


@pytest.mark.parametrize(("examples", "gpus"), [(1, 1), (5, 4), (40, 1), (2000, 1), (2000, 8)])
def test_batches_are_whole_and_never_empty(examples, gpus):
    micro, gather = batches(Wish("b", 3, gpus), examples)
    assert micro >= 1 and gather >= 1
    assert micro * gather * gpus <= max(16, gpus)


def test_room_for_the_longest_example():
    assert context_tokens([]) == context_tokens(PLAIN) == SHORTEST
    assert context_tokens([example(("user", "a"), ("assistant", "word " * 900))]) == 2048
    assert context_tokens([example(("user", "a"), ("assistant", "word " * 9000))]) == LONGEST


def test_what_is_only_shown_is_not_learnt():
    with zipfile.ZipFile(io.BytesIO(to_elsewhere_zip(Wish("b"), [SHOWN], []))) as packed:
        rows = [json.loads(line) for line in packed.read("training.jsonl").splitlines()]
        config = yaml.safe_load(packed.read("llama_factory.yaml"))
        readme = packed.read("README.md").decode()
    assert [m["train"] for m in rows[0]["messages"]] == [False, False, False, False, True]
    assert config["mask_history"] is True and "mask_history" in readme
    assert llama_factory_config(Wish("b"), PLAIN, False)["mask_history"] is False


@pytest.mark.parametrize(
    ("turns", "made"),
    [
        ("u a", ["user:u", "assistant:a"]),
        ("u u a a", ["user:u\nu", "assistant:a\na"]),
        ("a u a", ["user:", "assistant:a", "user:u", "assistant:a"]),
        ("s a", ["system:s", "user:", "assistant:a"]),
    ],
)
def test_turns_alternate(turns, made):
    roles = {"u": "user", "a": "assistant", "s": "system"}
    line = turn_lines([example(*((roles[one], one) for one in turns.split()))])
    assert [f"{m['role']}:{m['content']}" for m in json.loads(line)["messages"]] == made


def test_everything_that_is_named_is_in_the_zip_and_twice_the_same():
    made = to_elsewhere_zip(Wish("b"), PLAIN, PLAIN[:3])
    assert made == to_elsewhere_zip(Wish("b"), PLAIN, PLAIN[:3])
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        names = set(packed.namelist())
        config = yaml.safe_load(packed.read("axolotl.yaml"))
        info = json.loads(packed.read("dataset_info.json"))
        lines = packed.read("training_turns.jsonl").splitlines()
    paths = {t["path"] for t in config["datasets"] + config["test_datasets"]}
    assert paths | {t["file_name"] for t in info.values()} <= names
    assert {"axolotl.yaml", "llama_factory.yaml", "README.md"} <= names
    assert json.loads(lines[0])["messages"][1]["content"] == 'ja "klar" 🙂\nok'
    assert set(dataset_info(False)) == {"training"}


def test_commands_name_every_gpu():
    assert "torchrun" not in axolotl_commands(Wish("b")) + llama_factory_commands(Wish("b"))
    assert "--nproc_per_node=4" in axolotl_commands(Wish("b", 3, 4))
    assert "NPROC_PER_NODE=4" in llama_factory_commands(Wish("b", 3, 4))


def test_a_base_is_one_word_of_the_command():
    said = llama_factory_commands(Wish("a b; $(c)")).splitlines()[-1]
    assert shlex.split(said)[3] == "a b; $(c)"
