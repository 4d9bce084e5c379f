"""A copying model is caught, my own habits of repeating myself are not."""

from __future__ import annotations

import json
import random
import time

import httpx2
import openai
import pytest

from core.engine import BASE_MODEL, Engine, EngineTransport
from core.examples import ChatMessage, Example
from core.problems import Problem
from core.voice.canaries import (
    Canary,
    exposure,
    make_canaries,
    planted_examples,
    recalled,
    text_losses,
)
from core.voice.copies import CopyIndex, units
from core.voice.copy_check import copy_check, covered_share
from core.voice.prompting import best_examples

WORDS = [
    "harbour",
    "lamp",
    "ticket",
    "gull",
    "engine",
    "rope",
    "night",
    "coffee",
    "rain",
    "boots",
    "queue",
    "biscuit",
    "radio",
    "fog",
    "window",
    "sailor",
    "timetable",
    "parcel",
    "bell",
    "stairs",
    "ladder",
    "heron",
    "tide",
    "cabin",
    "kettle",
    "blanket",
    "mirror",
    "song",
]


def sentence(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(6, 14)))


RNG = random.Random(5)
TRAINING = [sentence(RNG) for _ in range(300)] + ["see you there"]
HELD_OUT = [sentence(RNG) for _ in range(80)] + ["see you there"]
FRESH = [sentence(RNG) for _ in range(80)]
INDEX = CopyIndex(TRAINING)


def one_word_changed(text: str) -> str:
    words = text.split()
    words[len(words) // 2] = "something"
    return " ".join(words)


@pytest.mark.parametrize(
    ("answers", "finding"),
    [
        (FRESH, False),
        (TRAINING[:60] + FRESH[:20], True),
        (TRAINING[:5] + FRESH[:75], True),
        ([f"well, {text.upper()}!" for text in TRAINING[:40]], True),
        (["see you there"] * 50 + FRESH[:20], False),
        ([], False),
    ],
    ids=["fresh", "copies", "a few copies", "dressed up", "everyday phrase", "nothing"],
)
def test_finding(answers, finding):
    assert copy_check(answers, INDEX, TRAINING, HELD_OUT).finding is finding


def test_rates_and_offenders():
    checked = copy_check([*FRESH[:8], TRAINING[7], TRAINING[9]], INDEX, TRAINING, HELD_OUT)
    assert checked.model.exact == pytest.approx(0.2)
    assert checked.chance.exact == 0
    assert checked.chance.too_short == 1
    assert {(one.answer, one.source) for one in checked.offenders if one.exact} == {(8, 7), (9, 9)}
    assert all(one.source_text == TRAINING[one.source] for one in checked.offenders)
    assert checked.interval.holds(checked.model.long_run)


def test_a_changed_word_is_still_a_near_copy():
    long = "harbour lamp ticket gull engine rope night coffee rain boots queue biscuit radio"
    index = CopyIndex([long])
    changed = units(one_word_changed(long))
    assert covered_share(changed, index.runs(changed)) == pytest.approx(12 / 13)
    other = units("harbour lamp window gull")
    assert covered_share(other, index.runs(other)) == 0
    assert covered_share([], []) == 0
    checked = copy_check([one_word_changed(long)], index, [long], HELD_OUT).model
    assert (checked.exact, checked.near, checked.stitched) == (0, 1, 1)


def test_pieces_of_several_texts_are_stitched_not_near():
    training = [
        "harbour lamp ticket gull engine",
        "rope night coffee rain boots",
        "fog window sailor bell stairs",
    ]
    stitched = ["harbour lamp ticket gull rope night coffee rain fog window sailor bell"]
    rates = copy_check(stitched, CopyIndex(training), training, HELD_OUT).model
    assert (rates.exact, rates.near, rates.stitched, rates.long_run) == (0, 0, 1, 0)


def test_characters_count_half_a_word():
    training = ["今日は天気がいいですね散歩に行きましょう"]
    checked = copy_check(training, CopyIndex(training), training, ["明日は雨が降るそうです"])
    assert checked.model.exact == 1 and checked.model.long_run == 1


def test_canaries_are_found_only_when_learnt():
    planted, other = make_canaries(2, seed=3)
    assert planted != other and make_canaries(2, seed=3) == [planted, other]

    def losses(texts):
        return [1.0 if t == planted.text else 9.0 + sum(map(ord, t)) % 13 / 100 for t in texts]

    assert exposure(losses, planted, candidates=64).bits == 6
    assert exposure(losses, planted, candidates=64).memorised
    assert not exposure(lambda texts: [9.0] * len(texts), other, candidates=64).memorised


@pytest.mark.parametrize(
    ("answers", "times"), [(["it is 123 456", "123456!", "123 450"], 2), ([], 0)]
)
def test_recalled(answers, times):
    assert recalled(Canary("The code is", "123 456"), answers) == times


@pytest.fixture(scope="module")
def engine_client(tmp_path_factory):
    engine = Engine(tmp_path_factory.mktemp("engine"))
    with openai.OpenAI(
        api_key="visitor",
        base_url="http://embedded.local/v1",
        http_client=httpx2.Client(transport=EngineTransport(engine)),
        max_retries=0,
    ) as client:
        yield client
    engine.close()


def test_planted_examples_are_learnt_and_never_shown():
    canaries = make_canaries(3, seed=4)
    prompt = (ChatMessage("user", ""),)
    planted = planted_examples(canaries, prompt)
    assert [sum(e.completion == c.text for e in planted) for c in canaries] == [1, 4, 16]
    own = [
        Example(
            (*prompt, ChatMessage("assistant", f"number {n} of my own")), "c", None, (), (), "x"
        )
        for n in range(5)
    ]
    assert all(e.recipe == "x" for e in best_examples([*own, *planted]))


def test_a_planted_canary_is_exposed_on_the_embedded_engine(engine_client):
    planted, other = make_canaries(2, seed=5)
    texts = [*TRAINING[:80], *[planted.text] * 8]
    lines = [
        {"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": text}]}
        for text in texts
    ]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    file = engine_client.files.create(file=("canaries.jsonl", data), purpose="fine-tune")
    job = engine_client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id)
    deadline = time.monotonic() + 60
    while job.status not in ("succeeded", "failed") and time.monotonic() < deadline:
        time.sleep(0.05)
        job = engine_client.fine_tuning.jobs.retrieve(job.id)
    assert job.fine_tuned_model is not None

    def losses(some):
        return text_losses(engine_client, job.fine_tuned_model, some)

    assert exposure(losses, planted).bits > 5
    assert exposure(losses, other).bits < 5


def test_a_server_that_scores_nothing_says_so():
    def handle(request: httpx2.Request) -> httpx2.Response:
        choice = {"index": 0, "text": "x", "finish_reason": "length", "logprobs": None}
        body = {
            "id": "c",
            "object": "text_completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }
        return httpx2.Response(200, json=body)

    client = openai.OpenAI(
        api_key="none", http_client=httpx2.Client(transport=httpx2.MockTransport(handle))
    )
    with pytest.raises(Problem, match="how likely"):
        text_losses(client, "m", ["text"])
