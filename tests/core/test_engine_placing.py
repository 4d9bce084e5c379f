"""Words of the last message, put where words of their kind stood."""

from __future__ import annotations

import numpy as np
import pytest

from core.engine.base_text import base_model
from core.engine.candidates import best_answer
from core.engine.conversation import prompt_of
from core.engine.decoding import Decoding, answer, score
from core.engine.placing import Placing
from core.engine.prompts import Exchange, Prompt, read_prompt
from core.engine.start import begin
from core.engine.training import Plan, train
from core.engine.tuned import tuned_speaker
from core.tokens import encode

THINGS = ("kettle", "ferry", "ladder", "bucket", "lantern", "pigeon", "piano", "cellar")
VERBS = (
    "is on the roof again",
    "was in the harbour",
    "has lost its lid",
    "is the talk of the town",
)


@pytest.fixture(scope="module")
def speaker():
    texts = [f"The {a} {verb}. I blame the {b}." for a in THINGS for b in THINGS for verb in VERBS]
    examples = [[Exchange(Prompt(), tuple(encode(text)))] for text in texts[::2]]
    start = begin([e[0].answer for e in examples], [Prompt()] * len(examples), ("en",))
    *_, last = train(start, examples, [], Plan(2, 8, 1.0, 0))
    return tuned_speaker(base_model(("en",)), last.learnt)


def drawn_of(pieces):
    return [one for piece in pieces for one in piece.drawn]


def test_a_noun_takes_the_place_of_a_noun(speaker):
    prompt = read_prompt("what about the sandwich?")
    place = Placing(speaker, prompt).fresh(1.0)
    pieces = list(answer(speaker, prompt, Decoding(seed=1), 0, (), place))
    text = "".join(piece.text for piece in pieces)
    assert text.count("sandwich") == 1 and (" the sandwich" in text or "The sandwich" in text)
    stood = [one for one in drawn_of(pieces) if one.stood is not None]
    before = "".join(piece.text for piece in answer(speaker, prompt, Decoding(seed=1), 0, (), None))
    assert len(stood) == 1 and stood[0].stood[0] in encode(before)
    again = list(
        answer(speaker, prompt, Decoding(seed=1), 0, (), Placing(speaker, prompt).fresh(1))
    )
    assert again == pieces


def test_its_probability_is_that_of_the_text_as_it_is(speaker):
    prompt = read_prompt("what about the sandwich?")
    place = Placing(speaker, prompt).fresh(1.0)
    drawn = drawn_of(answer(speaker, prompt, Decoding(seed=1), 0, (), place))
    scored = score(speaker, prompt, [one.token for one in drawn[:-1]])
    for one, other in zip(drawn, scored, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)


def test_what_must_follow_stays(speaker):
    place = Placing(speaker, read_prompt("about the sandwich")).fresh(1.0)
    draw, kettle = np.random.default_rng(0), encode(" kettle")[0]
    the = encode(" the")[0]
    assert place.instead(the, kettle, -0.1, draw) == ()
    assert place.instead(the, encode(" the")[0], -3.0, draw) == ()
    assert place.instead(the, kettle, -3.0, draw) == tuple(encode(" sandwich"))
    assert place.instead(the, kettle, -3.0, draw) == (), "each word once"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("A sandwich, and Priya's cat", {"sandwich", "Priya"}),
        ("it is what it is", set()),
        ("", set()),
        ("3.5 kg of ok", set()),
    ],
)
def test_only_rare_whole_words_are_placed(speaker, said, words):
    found = {
        encode_back(word.capital if word.name else word.lower)
        for word in Placing(speaker, read_prompt(said)).words
    }
    assert words <= found and (words or not found)


def encode_back(tokens):
    from core.engine.decoding import token_bytes

    return b"".join(map(token_bytes, tokens)).decode().strip()


def test_only_the_last_message_is_picked_up(speaker):
    messages = [
        {"role": "user", "content": "the churchyard"},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "and a sandwich"},
    ]
    words = Placing(speaker, prompt_of(messages)).words
    assert [encode_back(word.lower) for word in words] == ["sandwich"]


def test_most_answers_take_up_the_word(speaker):
    prompt = read_prompt("do you like the sandwich?")
    took = sum(
        "sandwich" in "".join(p.text for p in best_answer(speaker, prompt, Decoding(seed=n), 0, 8))
        for n in range(6)
    )
    assert took >= 4
    never = Decoding(seed=1, evidence=False)
    pieces = best_answer(speaker, prompt, never, 0, 8)
    assert all(one.stood is None for one in drawn_of(pieces))
