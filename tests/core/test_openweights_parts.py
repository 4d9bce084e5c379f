"""Base models, chat templates, estimates and access: the parts of open weights without processes."""

from __future__ import annotations

import json

import pytest

from core.openweights import access
from core.openweights.bases import (
    SUGGESTIONS,
    base_folder,
    cached_folder,
    find_base,
    is_path,
    short_name,
)
from core.problems import Problem
from tests.core.tiny_model import CHATML, WHY, make_tiny_model

ASK = {"role": "user", "content": "Hello?"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny_model(tmp_path_factory.mktemp("parts") / "tiny-llama")


def template_of(tmp_path, template):
    pytest.importorskip("transformers", reason=WHY)
    from transformers import AutoTokenizer

    from core.openweights.render import Template

    folder = make_tiny_model(tmp_path / "model", template=template)
    return Template(AutoTokenizer.from_pretrained(folder))


def learnt(template, messages):
    """For each row, its text and the parts of it that are learnt."""
    found = []
    for row in template.sequences(messages):
        text, parts, open_part = template.tokenizer.decode(row.ids), [], []
        for token, flag in [*zip(row.ids, row.learnt, strict=True), (0, False)]:
            if flag:
                open_part.append(token)
            elif open_part:
                parts.append(template.tokenizer.decode(open_part))
                open_part = []
        found.append((text, parts))
    return found


def say(role, content, **more):
    return {"role": role, "content": content, **more}


# -- chat templates ------------------------------------------------------------------------

TALK = [
    say("system", "Be Ada."),
    say("user", "One"),
    say("assistant", "first Grüße", weight=0),
    say("user", "Two"),
    say("assistant", "second 🙂"),
    say("user", "Three"),
    say("assistant", "third"),
]


def test_only_weighted_answers_and_their_ends_are_learnt(tmp_path):
    template = template_of(tmp_path, CHATML)
    assert not template.plain and not template.folds_system
    ((text, parts),) = learnt(template, TALK)
    assert parts == ["second 🙂<|im_end|>", "third<|im_end|>"]
    assert "first Grüße" in text and "Be Ada." in text
    assert learnt(template, [ASK, say("assistant", "")]) == []
    assert learnt(template, [ASK, say("assistant", "x", weight=0)]) == []


def test_the_prompt_of_training_is_the_prompt_of_serving(tmp_path):
    template = template_of(tmp_path, CHATML)
    (row,) = template.sequences([ASK, say("assistant", "Hello!")])
    first = row.learnt.index(True)
    assert list(row.ids[:first]) == template.prompt_ids([ASK])


def test_a_template_that_drops_thoughts_of_earlier_turns_gives_a_row_for_each_answer(tmp_path):
    thinking = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
        "{% if m['role'] == 'assistant' and loop.last %}<think></think>{% endif %}"
        "{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}"
        "<|im_start|>assistant\n{% if not enable_thinking %}<think></think>{% endif %}{% endif %}"
    )
    rows = learnt(template_of(tmp_path, thinking), TALK)
    assert [parts for _, parts in rows] == [["second 🙂<|im_end|>"], ["third<|im_end|>"]]
    assert all(text.count("<think>") == 1 for text, _ in rows)


def test_a_template_that_rewrites_the_prompt_is_refused(tmp_path):
    shifting = "{% if add_generation_prompt %}ask {% endif %}" + CHATML
    with pytest.raises(Problem, match="rewrites the prompt"):
        learnt(template_of(tmp_path, shifting), TALK)


def test_system_text_goes_into_the_first_message_where_a_template_has_none(tmp_path):
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    template = template_of(tmp_path, strict + CHATML)
    assert template.folds_system
    ((text, parts),) = learnt(template, TALK)
    assert "<|im_start|>user\nBe Ada.\n\nOne<|im_end|>" in text and len(parts) == 2


def test_a_template_that_refuses_is_told_without_the_text(tmp_path):
    picky = "{% if messages|length > 2 %}{{ raise_exception('too long') }}{% endif %}" + CHATML
    template = template_of(tmp_path, picky)
    with pytest.raises(Problem, match="user, assistant, user") as caught:
        learnt(template, [say("user", "secret"), say("assistant", "x"), ASK, say("assistant", "y")])
    assert "secret" not in str(caught.value)


def test_a_model_without_a_template_gets_a_plain_one(tmp_path):
    template = template_of(tmp_path, None)
    assert template.plain
    ((text, parts),) = learnt(template, TALK)
    assert "User: Two\nAssistant: second" in text
    assert parts == [" second 🙂<|im_end|>", " third<|im_end|>"]


def test_long_rows_keep_their_answer(tmp_path):
    from core.openweights.render import cut

    template = template_of(tmp_path, CHATML)
    (row,) = template.sequences([say("user", "word " * 300), say("assistant", "Hello there")])
    short = cut(row, 60)
    assert len(short.ids) == 60 and sum(short.learnt) == sum(row.learnt)
    (row,) = template.sequences([ASK, say("assistant", "word " * 300)])
    assert sum(cut(row, 60).learnt) >= 40


# -- rows and losses -----------------------------------------------------------------------


def test_rows_packed_together_have_the_losses_they_have_alone(tiny):
    torch = pytest.importorskip("torch", reason=WHY)
    from core.openweights.lora import can_pack, load_base, load_tokenizer, score_rows, with_adapter
    from core.openweights.render import Template

    template = Template(load_tokenizer(tiny))
    model = with_adapter(load_base(tiny, "cpu", torch.float32), "x", 0)
    rows = [
        row
        for text in ("Hi", "A longer one, noted.", "Grüße 🙂")
        for row in template.sequences([ASK, say("assistant", text)])
    ]
    together = score_rows(model, rows)
    alone = [score_rows(model, [row]).loss for row in rows]
    assert torch.allclose(together.loss, torch.cat(alone), atol=1e-4)
    assert together.row.tolist() == [n for n, one in enumerate(alone) for _ in one]
    assert can_pack(model, rows)
    whole = model(input_ids=torch.tensor([rows[1].ids])).logits[0, :-1].log_softmax(-1)
    labels = torch.tensor(rows[1].ids[1:])
    expected = -whole.gather(1, labels[:, None])[:, 0]
    kept = [place for place, flag in enumerate(rows[1].learnt[1:]) if flag]
    assert torch.allclose(alone[1], expected[kept], atol=1e-4)


def test_parts_of_a_step_add_up_to_the_step(tiny, tmp_path):
    """Gradients do not depend on how many tokens go through at a time, nor on packing."""
    torch = pytest.importorskip("torch", reason=WHY)
    from core.openweights.lora import load_base, load_tokenizer, with_adapter
    from core.openweights.render import Template
    from core.openweights.train import Plan, Run

    template = Template(load_tokenizer(tiny))
    texts = ("Hi", "A longer one, noted.", "Grüße 🙂", "As usual")
    examples = [template.sequences([ASK, say("assistant", text)]) for text in texts]
    found = []
    for tokens, packs, checkpointing in ((512, True, False), (40, True, True), (512, False, False)):
        model = with_adapter(load_base(tiny, "cpu", torch.float32), "x", 0)
        plan = Plan("supervised", 1, 4, 1.0, 0, tokens, checkpointing)
        run = Run(model, examples, [], plan, tmp_path, lambda *_: None)
        run.packs = packs
        run._learn_texts(examples)
        found.append([weight.grad.clone() for weight in run.weights])
    for other in found[1:]:
        assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(found[0], other, strict=True))


# -- bases ---------------------------------------------------------------------------------


def test_a_folder_is_read_without_loading_it(tiny):
    base = find_base(str(tiny))
    assert base.folder == tiny and base_folder(str(tiny)) == tiny
    assert 90_000 < base.parameters < 140_000
    assert (base.layers, base.hidden, base.context) == (2, 64, 512)


@pytest.mark.parametrize("one", SUGGESTIONS)
def test_suggestions_are_known_before_they_are_here(one, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    base = find_base(one.name)
    assert base.folder is None and base.licence == "Apache-2.0"
    assert one.parameters * 2 / 1e6 <= base.megabytes * 1.01
    with pytest.raises(Problem, match="not on this machine"):
        base_folder(one.name)


def test_a_download_is_found_once_it_is_whole(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--someone--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    folder = repository / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes((tiny / "config.json").read_bytes())
    assert cached_folder("someone/tiny") is None
    (folder / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes())
    assert find_base("someone/tiny").folder == folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"architectures": ["BertForMaskedLM"]}, "no causal language model"),
        ({"architectures": None}, "no causal language model"),
        ({"auto_map": {"AutoConfig": "x.py"}}, "program code of its own"),
        ({"quantization_config": {"bits": 4}}, "quantised"),
    ],
)
def test_models_that_cannot_be_trained_are_refused(tiny, tmp_path, change, said):
    config = json.loads((tiny / "config.json").read_text()) | change
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes((tiny / "model.safetensors").read_bytes())
    with pytest.raises(Problem, match=said):
        find_base(str(tmp_path))


def test_damaged_and_missing_weights_are_refused(tiny, tmp_path):
    (tmp_path / "config.json").write_bytes((tiny / "config.json").read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(Problem, match=r"no model\.safetensors"):
        find_base(str(tmp_path))
    whole = (tiny / "model.safetensors").read_bytes()
    for data in (whole[:-100], whole[:4], b"\xff" * 200, b""):
        (tmp_path / "model.safetensors").write_bytes(data)
        with pytest.raises(Problem, match="damaged"):
            find_base(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "path", "short"),
    [
        ("HuggingFaceTB/SmolLM2-135M", False, "SmolLM2-135M"),
        ("/home/a/my model/", True, "my-model"),
        ("~/models/x", True, "x"),
        ("C:\\models\\y", True, "y"),
        ("./z", True, "z"),
    ],
)
def test_names(name, path, short):
    assert is_path(name) is path and short_name(name) == short


# -- estimates and access ------------------------------------------------------------------


def test_memory_is_planned_and_refused_in_a_sentence():
    pytest.importorskip("psutil", reason=WHY)
    from core.openweights.estimate import plan_memory

    base = find_base(SUGGESTIONS[0].name)
    ample = plan_memory(base, size=4, free=32e9)
    tight = plan_memory(base, size=4, free=2.6e9)
    assert not ample.checkpointing and tight.checkpointing and tight.memory < ample.memory
    with pytest.raises(Problem, match=r"needs about [\d.]+ GB of memory, and 0\.5 GB are free"):
        plan_memory(base, size=4, free=0.5e9)


def test_loading_to_answer_is_refused_in_a_sentence(tiny, monkeypatch):
    pytest.importorskip("psutil", reason=WHY)
    from core.openweights import estimate

    estimate.check_memory_to_answer(find_base(str(tiny)))
    monkeypatch.setattr(estimate, "free_memory", lambda: 0.2e9)
    with pytest.raises(Problem, match=r"Loading .* needs about [\d.]+ GB .* 0\.2 GB are free"):
        estimate.check_memory_to_answer(find_base(str(tiny)))


def test_more_tokens_take_longer():
    pytest.importorskip("psutil", reason=WHY)
    from core.openweights.estimate import estimate, in_words

    base = find_base(SUGGESTIONS[0].name)
    assert estimate(base, 100_000).seconds > estimate(base, 10_000).seconds > 10
    assert estimate(base, 10_000, 500).seconds > estimate(base, 10_000).seconds
    assert [in_words(s) for s in (4, 61, 600, 9000)] == [
        "10 seconds",
        "60 seconds",
        "10 minutes",
        "2.5 hours",
    ]


@pytest.mark.parametrize(
    ("setting", "local", "offers", "any_name"),
    [
        ("", True, 3, True),
        ("", False, 0, False),
        ("off", True, 0, False),
        ("any", False, 3, True),
        ("a/b, c/d", False, 2, False),
        ("a/b", True, 1, False),
    ],
)
def test_who_may_use_what(monkeypatch, setting, local, offers, any_name):
    monkeypatch.setattr(access, "installed", lambda: True)
    monkeypatch.setenv(access.VARIABLE, setting)
    assert len(access.offered(local)) == offers
    assert access.any_name(local) is any_name


def test_without_the_extra_nothing_is_offered_and_the_person_is_told_how_to_add_it(monkeypatch):
    monkeypatch.setattr(access, "installed", lambda: False)
    assert access.offered(True) == ()
    with pytest.raises(Problem, match=r"requirements-local\.txt"):
        access.check_base("a/b", True)
    with pytest.raises(Problem, match="does not exist"):
        access.check_base("a/b", False)


@pytest.mark.parametrize(
    ("parameters", "method", "rate"),
    [
        (134_515_008, "supervised", 5.0),
        (361_821_120, "supervised", 1.9),
        (596_049_920, "supervised", 1.2),
        (7_000_000_000, "supervised", 1.0),
        (134_515_008, "dpo", 1.0),
    ],
)
def test_small_bases_learn_in_larger_steps(parameters, method, rate):
    from core.openweights.worker import auto_rate

    assert auto_rate(parameters, method) == rate
