"""The language-model judge: both orders, ties, bias, failures; the wire is a mock."""

from __future__ import annotations

import json

import httpx2
import openai
import pytest

from core.examples import ChatMessage
from core.problems import Problem
from core.voice.blind import Pairing, make_rounds
from core.voice.llm_judge import agreement, judge_pairs

PROMPT = (ChatMessage("user", "hi"),)
PAIRS = [Pairing(PROMPT, f"GOOD words {n}", f"other words {n}", "tuned", "base") for n in range(12)]


def client(answer) -> openai.OpenAI:
    def handle(request: httpx2.Request) -> httpx2.Response:
        question = json.loads(request.content)["messages"][-1]["content"]
        said = answer(question)
        if isinstance(said, int):
            return httpx2.Response(said, json={"error": {"message": "no"}})
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": said},
        }
        body = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "j",
            "choices": [choice],
        }
        return httpx2.Response(200, json=body)

    return openai.OpenAI(
        api_key="none",
        base_url="http://judge.invalid/v1",
        http_client=httpx2.Client(transport=httpx2.MockTransport(handle)),
        max_retries=0,
    )


def fair(question: str) -> str:
    return "A" if question.index("GOOD") < question.index("other") else "The answer is B."


def test_a_fair_judge():
    seen = []
    found = judge_pairs(
        client(fair), "j", PAIRS, ["my text"], "tuned", progress=lambda done, of: seen.append(done)
    )
    assert (found.verdict.wins, found.verdict.rounds, found.ties, found.failed) == (12, 12, 0, 0)
    assert found.first_share == 0.5 and found.verdict.clear
    assert seen[-1] == 12


def test_a_judge_that_always_takes_the_first_says_nothing():
    found = judge_pairs(client(lambda q: "A"), "j", PAIRS, ["my text"], "tuned")
    assert found.ties == 12 and found.verdict.rounds == 0 and found.first_share == 1.0
    assert all(one.favoured_first for one in found.judgements)


@pytest.mark.parametrize("said", ["A or B", "neither", ""])
def test_unreadable_answers_are_refused(said):
    with pytest.raises(Problem):
        judge_pairs(client(lambda q: said), "j", PAIRS, ["my text"], "tuned")


def test_a_refusing_provider_is_a_sentence():
    with pytest.raises(Problem):
        judge_pairs(client(lambda q: 401), "j", PAIRS, ["my text"], "tuned")


def test_later_failures_are_counted():
    found = judge_pairs(
        client(lambda q: 500 if "words 5" in q else fair(q)), "j", PAIRS, ["my text"], "tuned"
    )
    assert found.failed == 1 and found.verdict.rounds == 11


def test_agreement_with_people():
    found = judge_pairs(client(fair), "j", PAIRS, ["my text"], "tuned")
    rounds = make_rounds(PAIRS, 12, seed=0)
    votes = ["left" if one.left_name == "tuned" else "right" for one in rounds]
    assert agreement(found.judgements, rounds, votes) == (12, 12)
    votes[0] = "neither"
    votes[1] = "right" if votes[1] == "left" else "left"
    assert agreement(found.judgements, rounds, votes) == (10, 11)
