"""The training loop: what it starts from, what it resolves, and the bar it has to clear."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.engine.base_text import base_model, languages, read_texts
from core.engine.conversation import exchanges_of, prompt_of, read_example, text_of
from core.engine.language_model import build_language_model
from core.engine.ngrams import make_stream
from core.engine.prompts import Exchange, Prompt
from core.engine.start import base_loss, begin, choose_languages
from core.engine.training import Plan, resolve, train
from core.tokens import encode
from tests.core.engine_help import voice

SAMPLES = Path(__file__).parents[2] / "core" / "samples"


def examples_of(texts: list[str]) -> list[list[Exchange]]:
    return [[Exchange(Prompt(), tuple(encode(text)))] for text in texts]


def steps_of(texts, held=(), plan=None, chosen=("en",)):
    examples = examples_of(texts)
    start = begin([e[0].answer for e in examples], [], chosen)
    return list(train(start, examples, examples_of(held), plan or Plan(3, 4, 1.0, 0)))


def log_probabilities(model, texts):
    return model.log_probabilities(make_stream([encode(text) for text in texts]))


def test_the_first_step_is_the_base():
    texts = voice(12)
    first = steps_of(texts, plan=Plan(1, 12, 1.0, 0))[0]
    base = log_probabilities(base_model(("en",)), texts)
    assert first.train.loss == pytest.approx(-base.mean(), rel=1e-4)


def test_steps_epochs_and_measures():
    steps = steps_of(voice(10), voice(4, seed=1), Plan(3, 4, 1.0, 0))
    assert [step.number for step in steps] == list(range(1, 10))
    assert {step.total for step in steps} == {9}
    assert [step.number for step in steps if step.learnt] == [3, 6, 9]
    assert [step.number for step in steps if step.full_valid] == [3, 6, 9]
    assert all(step.valid for step in steps)
    assert not any(step.valid for step in steps_of(voice(10)))


def test_batch_size_one_and_batches_larger_than_the_data():
    assert len(steps_of(voice(10), plan=Plan(1, 1, 1.0, 0))) == 10
    assert len(steps_of(voice(10), plan=Plan(2, 256, 1.0, 0))) == 2


def test_the_same_arguments_give_the_same_weights():
    one, two, other = (
        steps_of(voice(15), voice(3, seed=1), Plan(2, 2, 1.0, seed)) for seed in (1, 1, 2)
    )
    assert [s.train for s in one] == [s.train for s in two]
    assert np.array_equal(one[-1].learnt.weights.word, two[-1].learnt.weights.word)
    assert [s.train for s in one] != [s.train for s in other]


def test_too_many_epochs_show():
    """Training loss goes on falling while validation loss rises: it can be seen."""
    texts = [f"{a} {b}" for a, b in zip(voice(30, seed=4), voice(30, seed=5), strict=True)]
    held = read_texts("en")[:40]
    steps = steps_of(texts, held, Plan(10, 2, 2.0, 0))
    valid = [step.full_valid.loss for step in steps if step.full_valid]
    train_loss = [np.mean([s.train.loss for s in steps[e * 15 : e * 15 + 15]]) for e in (0, 4, 9)]
    assert train_loss[0] > train_loss[1] > train_loss[2]
    assert valid[-1] > min(valid) + 0.05


def sample_posts() -> list[str]:
    archive = zipfile.ZipFile(io.BytesIO((SAMPLES / "odile_x_archive.zip").read_bytes()))
    name = next(name for name in archive.namelist() if name.endswith("tweets.js"))
    content = archive.read(name).decode("utf-8")
    return [row["tweet"]["full_text"] for row in json.loads(content[content.index("[") :])]


@pytest.mark.parametrize("chosen", [("en",), ("de",)], ids=["matched", "mismatched"])
def test_unseen_text_is_predicted_better_than_by_kneser_ney(chosen):
    """The bar: the best linear mixture of two Kneser-Ney models, of the person and of the base,
    its weight even fitted on the very text it is judged by."""
    posts = sample_posts()
    order = np.random.default_rng(5).permutation(len(posts))
    held = [posts[i] for i in order[:80]]
    texts = [posts[i] for i in order[80:]]
    steps = steps_of(
        texts, held, resolve(len(texts), n_epochs=3, batch_size="auto", rate=1.0, seed=1), chosen
    )
    ours = min(step.full_valid.loss for step in steps if step.full_valid)
    own = np.exp(
        log_probabilities(build_language_model(make_stream([encode(t) for t in texts])), held)
    )
    base = np.exp(log_probabilities(base_model(chosen), held))
    mixtures = [-np.log(w * own + (1 - w) * base).mean() for w in np.linspace(0.01, 0.99, 99)]
    alone = -np.log(base).mean()
    assert ours < min(mixtures) < alone
    without = steps_of(texts, [], Plan(3, 4, 1.0, 1), chosen)[-1].learnt
    assert without.shares.max() < 1


# ---- resolving ----


@pytest.mark.parametrize(
    ("examples", "given", "loss", "plan"),
    [
        (10, {}, 5.0, Plan(10, 1, 1.0, 0, True)),
        (400, {}, 6.0, Plan(3, 2, 1.0, 0, True)),
        (1500, {}, 8.0, Plan(3, 8, 1.5, 0, True)),
        (1500, {}, 30.0, Plan(3, 8, 2.0, 0, True)),
        (100_000, {}, 0.0, Plan(1, 167, 1.0, 0, True)),
        (50, {"n_epochs": 5, "batch_size": 9, "rate": 0.3}, 9.0, Plan(5, 9, 0.3, 0)),
    ],
)
def test_auto_becomes_numbers(examples, given, loss, plan):
    fields = {"n_epochs": "auto", "batch_size": "auto", "rate": "auto"} | given
    assert resolve(examples, seed=0, base_loss=loss, **fields) == plan


def test_the_rate_rises_where_the_base_fits_badly():
    losses = []
    for texts in (read_texts("en")[:50], read_texts(languages()[-1])[:50]):
        answers = [encode(text) for text in texts]
        losses.append(base_loss(begin(answers, [], ("en",)), answers))
    assert losses[1] > losses[0] + 3


# ---- languages ----


@pytest.mark.parametrize("code", languages())
def test_the_base_is_chosen_by_the_datas_language(code):
    texts = [encode(text) for text in read_texts(code)[3::25]]
    assert choose_languages(texts) == (code,)


def test_two_languages_get_a_base_of_both():
    mixed = [encode(t) for code in ("en", "es") for t in read_texts(code)[::30]]
    assert choose_languages(mixed) == ("en", "es")
    assert choose_languages([]) == ("en",)


# ---- messages ----


def test_each_answer_with_weight_is_learnt_with_what_came_before():
    messages = [
        {"role": "system", "content": "Be zebra-like."},
        {"role": "user", "content": "parsnips?"},
        {"role": "assistant", "content": "yes", "weight": 0},
        {"role": "user", "content": [{"type": "text", "text": "turnips?"}]},
        {"role": "assistant", "content": "no"},
        {"role": "assistant", "content": ""},
    ]
    (only,) = exchanges_of(messages)
    assert only.answer == tuple(encode("no"))
    for word, there in (("parsnips", True), ("turnips", True), ("zebra", False), ("yes", False)):
        assert (encode(f" {word}")[0] in only.prompt.tokens) is there
    assert text_of({"role": "assistant", "content": None}) == ""
    assert prompt_of(messages[:1]) == Prompt()


def test_a_preference_example_is_two_answers():
    example = {
        "input": {"messages": [{"role": "user", "content": "leeks?"}]},
        "preferred_output": [{"role": "assistant", "content": "yes"}],
        "non_preferred_output": [{"role": "assistant", "content": "no"}],
    }
    preferred, other = read_example(example, "dpo")
    assert (preferred.answer, other.answer) == (tuple(encode("yes")), tuple(encode("no")))
    assert preferred.prompt == other.prompt != Prompt()
