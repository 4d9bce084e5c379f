"""Answers arrive piece by piece; what goes wrong on the way is a sentence."""

from __future__ import annotations

import time

import pytest

from core.examples import ChatMessage
from core.generate import (
    Delta,
    Sampling,
    StreamUsage,
    answer_texts,
    chat_messages,
    request_body,
    stream_answer,
)
from core.problems import Problem
from core.providers import load_profiles, open_client
from tests.loopback_provider import LoopbackProvider

OPENAI = load_profiles()["openai"]
MODEL = "gpt-6-luna"
PROMPT = (ChatMessage("system", "Be me."), ChatMessage("user", "hi", name="ann"))


@pytest.fixture
def server():
    with LoopbackProvider() as running:
        yield running


def answer(server, sampling=None, *, model=MODEL, messages=PROMPT, timeout=5.0):
    client = open_client(OPENAI, server.key, base_url=server.url, max_retries=2)
    client.timeout = timeout
    return stream_answer(client, model, messages, sampling, profile=OPENAI)


def test_pieces_then_usage(server):
    deltas = list(answer(server))
    assert [delta.text for delta in deltas[:-1]] == list(server.words)
    assert all(delta.usage is None for delta in deltas[:-1])
    usage = deltas[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (7, len(server.words))
    assert usage.finish_reasons == ("stop",)
    assert 0 < usage.seconds_to_first_token <= usage.seconds


def test_pieces_arrive_while_the_rest_is_being_written(server):
    server.pause_between_words = 0.15
    started = time.perf_counter()
    first = next(answer(server))
    assert first.text == server.words[0]
    assert time.perf_counter() - started < 0.15 * len(server.words)


def test_several_answers_at_once(server):
    texts, usage = answer_texts(answer(server, Sampling(n=3)), 3)
    assert texts == ["".join(server.words)] * 3
    assert usage.finish_reasons == ("stop",) * 3


def test_a_cut_answer_says_so(server):
    texts, usage = answer_texts(answer(server, Sampling(max_tokens=2)))
    assert texts == ["".join(server.words[:2])] and usage.finish_reasons == ("length",)


def test_the_body_holds_what_was_chosen(server):
    sampling = Sampling(0.5, 0.9, 33, 7, 2, ("\n",))
    list(answer(server, sampling))
    body = server.seen[-1].json
    assert body["messages"] == [
        {"role": "system", "content": "Be me."},
        {"role": "user", "content": "hi", "name": "ann"},
    ]
    sent = [body[k] for k in ("temperature", "top_p", "max_tokens", "seed", "n", "stop")]
    assert sent == [0.5, 0.9, 33, 7, 2, ["\n"]]


def test_defaults_are_left_out():
    body = request_body(MODEL, PROMPT, Sampling())
    assert not {"top_p", "seed", "n", "stop"} & set(body)


def test_weights_are_for_training_only():
    messages = [ChatMessage("assistant", "x", 1), {"role": "user", "content": "y", "weight": 0}]
    assert chat_messages(messages) == [
        {"role": "assistant", "content": "x"},
        {"role": "user", "content": "y"},
    ]


def test_a_server_without_stream_options(server):
    server.refuse_stream_options = True
    deltas = list(answer(server))
    assert deltas[-1].usage.completion_tokens is None
    assert len(server.seen) == 2


def test_a_model_that_wants_the_newer_name_of_the_limit(server):
    error = {
        "message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        "param": "max_tokens",
        "code": "unsupported_parameter",
    }
    server.fault("POST", "/chat/completions", "status", status=400, error=error)
    assert answer_texts(answer(server, Sampling(max_tokens=3)))[0] == ["".join(server.words[:3])]
    assert server.seen[-1].json["max_completion_tokens"] == 3


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("stream_error_after", "stopped in the middle of its answer (server_error)"),
        ("stream_cut_after", "broke off"),
    ],
)
def test_trouble_in_the_middle_keeps_what_arrived(server, trouble, said):
    setattr(server, trouble, 2)
    arrived = []
    with pytest.raises(Problem, match=said.replace("(", r"\(").replace(")", r"\)")):
        arrived.extend(iter_into(answer(server), arrived))
    assert arrived == list(server.words[:2])


def iter_into(deltas, arrived):
    for delta in deltas:
        arrived.append(delta.text)
    return []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"how": "status", "status": 401, "error": {"message": "x"}}, "does not accept this key"),
        ({"how": "status", "status": 429, "error": {"message": "x"}}, "too many requests"),
        ({"how": "status", "status": 500}, "trouble of its own"),
        ({"how": "html"}, "web page"),
        ({"how": "cut"}, "broke off"),
        ({"how": "hang", "seconds": 0.6}, "did not answer in time"),
    ],
)
def test_trouble_before_the_first_piece_is_asked_for_once(server, fault, said):
    server.fault("POST", "/chat/completions", times=9, **fault)
    with pytest.raises(Problem, match=said):
        list(answer(server, timeout=0.3))
    assert len(server.seen) == 1


def test_an_unknown_model(server):
    with pytest.raises(Problem, match="does not know this model"):
        list(answer(server, model="ft:mine"))


def test_a_stream_that_is_empty(server):
    server.words = ()
    deltas = list(answer(server))
    assert len(deltas) == 1 and deltas[0].usage.seconds_to_first_token is None
    server.fault("POST", "/chat/completions", "text", body="")
    with pytest.raises(Problem, match="empty answer"):
        list(answer(server))


def test_stopping_early_closes_the_connection(server):
    server.words = ("word ",) * 2000
    server.pause_between_words = 0.001
    stream = answer(server)
    next(stream)
    stream.close()
    assert server.stream_closed_early.wait(5)


@pytest.mark.parametrize(
    ("usage", "rate"),
    [
        (StreamUsage(3.0, 1.0, completion_tokens=10), 5.0),
        (StreamUsage(3.0, None, completion_tokens=9), 3.0),
        (StreamUsage(3.0, 1.0), None),
        (StreamUsage(1.0, 1.0, completion_tokens=1), None),
    ],
)
def test_speed(usage, rate):
    assert usage.tokens_per_second == rate


def test_texts_are_put_together():
    pieces = [Delta(0, "a"), Delta(1, "b"), Delta(0, "c"), Delta(7, "x")]
    assert answer_texts(pieces, 2) == (["ac", "b"], None)
