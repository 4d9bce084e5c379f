"""Exports of a real tiny adapter: written in a process of their own, loaded back, compared."""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections import namedtuple

import pytest

from core.openweights.export import plan
from core.openweights.export.plan import check_target, file_name, offer, plain_name, what_to_do
from core.openweights.export.run import Export
from core.problems import Problem
from tests.core.ollama_modelfile import fill, parse_modelfile
from tests.core.tiny_model import CHATML, WHY, make_tiny_model

torch = pytest.importorskip("torch", reason=WHY)
pytest.importorskip("peft", reason=WHY)
pytest.importorskip("gguf", reason=WHY)

LLAMA_3 = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
OWN_SYSTEM = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nI am Tiny.<|im_end|>\n{% endif %}"
) + CHATML
THINKING = CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n\n</think>\n\n{% endif %}")
UNEVEN = (
    "{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }}</s>{% endif %}{% endfor %}"
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A base and an adapter that really changes it."""
    return train(tmp_path_factory.mktemp("export"))


def train(folder, **base_is):
    from core.openweights.lora import load_base, with_adapter

    base = make_tiny_model(folder / "base", **base_is)
    model = with_adapter(load_base(base, "cpu", torch.float32), "me", 0)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        for name, weights in model.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weights, std=0.1)
    model.save_pretrained(folder / "adapter")
    return base, next((folder / "adapter").rglob("adapter_config.json")).parent


def logits_of(model):
    with torch.inference_mode():
        return model(input_ids=torch.tensor([[5, 9, 40, 77, 100, 3]])).logits[0].float()


def tuned(trained):
    from peft import PeftModel

    from core.openweights.lora import load_base

    base, adapter = trained
    return logits_of(PeftModel.from_pretrained(load_base(base, "cpu", torch.float32), str(adapter)))


def from_line(folder):
    """What the Modelfile of a folder is made from."""
    return dict(parse_modelfile((folder / "Modelfile").read_text()))["model"]


def load(target, kind, base):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    if kind == "adapter":
        folder = target.with_suffix("")
        zipfile.ZipFile(target).extractall(folder)
        return PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder)
    if kind == "ollama":
        target = target / from_line(target)
    if kind.startswith(("gguf", "ollama")):
        return AutoModelForCausalLM.from_pretrained(target.parent, gguf_file=target.name)
    return AutoModelForCausalLM.from_pretrained(target)


@pytest.mark.parametrize(
    ("kind", "tolerance"),
    [
        ("adapter", 1e-6),
        ("merged", 1e-5),
        ("ollama", 0.05),
        ("gguf-f16", 2e-3),
        ("gguf-q8_0", 0.05),
    ],
)
def test_what_is_written_answers_like_what_was_trained(tmp_path, trained, kind, tolerance):
    base, adapter = trained
    export = Export(str(base), adapter, kind, tmp_path / "out", "Me: v2", "You are me.")
    export.thread.join(120)
    assert export.problem is None and export.written is not None
    assert export.written["off"] <= tolerance and export.written["bytes"] > 10_000
    assert [path.name for path in (tmp_path / "out").iterdir()] == [export.target.name]
    wanted = tuned(trained)
    found = logits_of(load(export.target, kind, base))
    assert float((found - wanted).abs().max() / wanted.abs().max()) <= tolerance
    from core.openweights.lora import load_base

    untrained = logits_of(load_base(base, "cpu", torch.float32))
    assert float((untrained - wanted).abs().max() / wanted.abs().max()) > 2 * tolerance
    if kind == "ollama":
        assert sorted(path.name for path in export.target.iterdir()) == ["Modelfile", "me-v2.gguf"]
        said = dict(parse_modelfile((export.target / "Modelfile").read_text()))
        assert (said["model"], said["system"]) == ("./me-v2.gguf", "You are me.")


@pytest.mark.parametrize("kind", ["Qwen2", "Qwen3"])
def test_other_architectures_are_written_with_their_own_names(tmp_path, kind):
    import gguf

    base, adapter = train(tmp_path, kind=kind)
    export = Export(str(base), adapter, "gguf-f16", tmp_path / "out", "me")
    export.thread.join(120)
    assert export.problem is None and export.written["off"] <= 2e-3
    read = gguf.GGUFReader(export.target)
    assert read.fields["general.architecture"].contents() == kind.lower()
    names = {tensor.name for tensor in read.tensors}
    assert ("blk.0.attn_q_norm.weight" in names) == (kind == "Qwen3")
    assert ("blk.0.attn_q.bias" in names) == (kind == "Qwen2")
    wanted = tuned((base, adapter))
    found = logits_of(load(export.target, "gguf-f16", base))
    assert float((found - wanted).abs().max() / wanted.abs().max()) <= 2e-3


def test_merged_weights_name_their_rope_as_every_program_reads_it(tmp_path, trained):
    base, adapter = trained
    export = Export(str(base), adapter, "merged", tmp_path / "out", "me")
    export.thread.join(120)
    config = json.loads((export.target / "config.json").read_text())
    assert config["rope_theta"] == config["rope_parameters"]["rope_theta"] > 0


def test_what_a_gguf_file_says_of_tokens_and_template(tmp_path, trained):
    import gguf
    from transformers import AutoTokenizer

    from core.openweights.export.work import export

    base, adapter = trained
    said = []
    task = {"base": str(base), "adapter": str(adapter), "kind": "gguf-q8_0", "part": str(tmp_path)}
    export(task | {"name": "me", "system": ""}, said.append)
    assert said[-1]["written"]["same"] > 0.9
    fields = gguf.GGUFReader(tmp_path / "me-q8_0.gguf").fields
    tokenizer = AutoTokenizer.from_pretrained(base)
    value = {key: field.contents() for key, field in fields.items()}
    assert value["general.architecture"] == "llama"
    assert (value["tokenizer.ggml.model"], value["tokenizer.ggml.pre"]) == ("gpt2", "gpt-2")
    assert value["tokenizer.ggml.tokens"] == tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    assert value["tokenizer.chat_template"] == CHATML
    assert value["tokenizer.ggml.eos_token_id"] == tokenizer.eos_token_id
    control = value["tokenizer.ggml.token_type"][tokenizer.eos_token_id]
    assert control == gguf.TokenType.CONTROL
    assert not (tmp_path / "me-f16.gguf").exists()


def test_a_damaged_adapter_leaves_a_sentence_and_no_file(tmp_path, trained):
    base, adapter = trained
    broken = tmp_path / "broken"
    shutil.copytree(adapter, broken)
    (broken / "adapter_model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0nonsense")
    export = Export(str(base), broken, "adapter", tmp_path / "out", "me")
    export.thread.join(120)
    assert export.written is None and export.problem is not None
    assert list((tmp_path / "out").iterdir()) == []


def test_an_export_can_be_stopped(tmp_path, trained):
    base, adapter = trained
    export = Export(str(base), adapter, "merged", tmp_path / "out", "me")
    time.sleep(0.2)
    export.stop()
    assert export.over and export.problem is not None
    assert list((tmp_path / "out").iterdir()) == []


# ---- pieces ----


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
DIGITS = {"type": "Digits", "individual_digits": True}


@pytest.mark.parametrize(
    ("steps", "name"),
    [
        (BYTES, "gpt-2"),
        ({"type": "Sequence", "pretokenizers": [DIGITS, BYTES]}, "smollm"),
        ({"type": "Sequence", "pretokenizers": ["llama-bpe"]}, "llama-bpe"),
        ({"type": "Sequence", "pretokenizers": ["qwen2"]}, "qwen2"),
        ({"type": "Metaspace"}, None),
        (BYTES | {"add_prefix_space": True}, None),
        (None, None),
    ],
)
def test_pre_tokenizers_are_named_as_llama_cpp_names_them(steps, name):
    from core.openweights.export.tokens import SPLITS, pre_tokenizer_name

    if name in ("llama-bpe", "qwen2"):
        regex = next(regex for regex, one in SPLITS.items() if one == name)
        split = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated"}
        steps = {"pretokenizers": [split, BYTES | {"use_regex": False}]}
    tokenizer = {"pre_tokenizer": steps, "model": {"type": "BPE"}}
    if name is None:
        with pytest.raises(Problem, match="GGUF"):
            pre_tokenizer_name(tokenizer)
    else:
        assert pre_tokenizer_name(tokenizer) == name


@pytest.mark.parametrize(
    ("template", "form"),
    [
        (CHATML, ("<|im_start|>", "\n", "<|im_end|>\n", "<|im_start|>assistant\n", "")),
        (
            OWN_SYSTEM,
            ("<|im_start|>", "\n", "<|im_end|>\n", "<|im_start|>assistant\n", "I am Tiny."),
        ),
        (
            THINKING,
            (
                "<|im_start|>",
                "\n",
                "<|im_end|>\n",
                "<|im_start|>assistant\n<think>\n\n</think>\n\n",
                "",
            ),
        ),
        (
            LLAMA_3,
            (
                "<|start_header_id|>",
                "<|end_header_id|>\n\n",
                "<|eot_id|>",
                "<|start_header_id|>assistant<|end_header_id|>\n\n",
                "",
            ),
        ),
        (UNEVEN, None),
    ],
)
def test_chat_formats_are_found_by_rendering(tmp_path, template, form):
    from core.openweights.export.ollama import chat_format, modelfile
    from core.openweights.lora import load_tokenizer
    from core.openweights.render import Template

    made = Template(load_tokenizer(make_tiny_model(tmp_path / "m", template=template)))
    assert chat_format(made) == form
    said = dict(parse_modelfile(modelfile(made, "me.gguf")))
    assert ("template" in said) == (form is not None)
    assert said.get("system", "") == (form[-1] if form else "")


CHATS = (
    [("user", "Hi there")],
    [("system", "Be 'me' {{ now }}.\n"), ("user", "12\n\n3"), ("assistant", "ok"), ("user", "🙂?")],
    [("user", "a"), ("assistant", " b "), ("user", "")],
)


@pytest.mark.parametrize("template", [CHATML, OWN_SYSTEM, THINKING, LLAMA_3])
def test_ollama_writes_the_prompts_that_were_trained_with(tmp_path, template):
    from core.openweights.export.ollama import modelfile
    from core.openweights.lora import load_tokenizer
    from core.openweights.render import Template

    made = Template(load_tokenizer(make_tiny_model(tmp_path / "m", template=template)))
    said = dict(parse_modelfile(modelfile(made, "me.gguf")))
    for chat in CHATS:
        messages = [{"role": role, "content": content} for role, content in chat]
        wanted = made.text(messages, reply=True)
        own = said.get("system")
        if own and chat[0][0] != "system":  # Ollama puts it before a chat that has none
            messages = [{"role": "system", "content": own}, *messages]
        found = fill(said["template"], messages)
        bos = made.tokenizer.bos_token
        assert found == (wanted.removeprefix(bos) if template == LLAMA_3 else wanted)


@pytest.mark.parametrize(
    ("system", "read"),
    [
        ("You are me.", "You are me."),
        ('She said "hi"', 'She said "hi"'),
        (
            'a """quoted""" thing\n\nand # a line\nFROM nothing',
            "a '''quoted''' thing\n\nand # a line\nFROM nothing",
        ),
        ("no\u00a0break, zero\u200dwidth, é 🙂 日本", "no break, zerowidth, é 🙂 日本"),
    ],
)
def test_system_texts_survive_ollamas_parser(tmp_path, system, read):
    from core.openweights.export.ollama import PARAMETERS, modelfile
    from core.openweights.lora import load_tokenizer
    from core.openweights.render import Template

    made = Template(load_tokenizer(make_tiny_model(tmp_path / "m")))
    commands = parse_modelfile(modelfile(made, "me.gguf", system))
    assert dict(commands)["system"] == read
    names = [name for name, _ in commands]
    assert set(names) == {"model", "template", "system", "stop", *PARAMETERS}
    assert ("stop", "<|im_end|>") in commands


def test_the_parser_of_these_tests_refuses_what_ollama_refuses():
    for wrong in (
        "SYSTEM x\n",
        "FROM .\nTEMPLAT x\n",
        'FROM .\nSYSTEM """x\n',
        "FROM .\nPARAMETER x 1\n",
    ):
        with pytest.raises(ValueError):
            parse_modelfile(wrong)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("ft:tiny-llama:local:Me & You:abc", "tiny-llama-local-me-you-abc"),
        ("../../etc/passwd", "passwd"),
        ("🙂", "voice"),
        ("A" * 90, "a" * 60),
    ],
)
def test_names_fit_file_systems_and_ollama(name, plain):
    assert plain_name(name) == plain


def test_only_what_works_is_offered(tmp_path):
    base = make_tiny_model(tmp_path / "m")
    assert len(offer(str(base)).kinds) == 5 and offer(str(base)).remark == ""
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"architectures": ["BloomForCausalLM"]}))
    found = offer(str(base))
    assert [kind.key for kind in found.kinds] == ["merged", "adapter"]
    assert "BloomForCausalLM" in found.remark
    (base / "config.json").write_text(json.dumps(config | {"architectures": ["Qwen3ForCausalLM"]}))
    assert len(offer(str(base)).kinds) == 5
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    (base / "tokenizer.json").write_text(json.dumps(tokenizer | {"pre_tokenizer": None}))
    found = offer(str(base))
    assert [kind.key for kind in found.kinds] == ["merged", "adapter"] and found.remark


def test_targets_are_checked_before_anything_is_written(tmp_path, monkeypatch):
    with pytest.raises(Problem, match="part of the app"):
        check_target(plan.ROOT / "core", "x", 1)
    (tmp_path / "there").touch()
    with pytest.raises(Problem, match="there already"):
        check_target(tmp_path, "there", 1)
    with pytest.raises(Problem, match="Nothing can be written"):
        check_target(tmp_path / "there", "x", 1)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda _: usage(0, 0, 300_000_000))
    with pytest.raises(Problem, match="300 MB left, and about 400 MB"):
        check_target(tmp_path, "x", 200_000_000)
    assert check_target(tmp_path / "new", "x", 1_000_000) == tmp_path / "new" / "x"


@pytest.mark.parametrize("kind", list(plan.KINDS))
def test_three_lines_name_the_file(tmp_path, kind):
    target = tmp_path / "my folder" / file_name("me", kind)
    lines = what_to_do(kind, target, "some/base")
    assert len(lines) == 3 and any("my folder" in line for line in lines)
