"""A run can be stopped, resumed and saved; one model's errors stop nobody else."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

import httpx2
import openai
import pandas as pd
import pytest

from core.examples import ChatMessage, Example
from core.messages import make_frame
from core.problems import Problem
from core.providers import Busy
from core.voice.answers import Contestant, expected_tokens, make_plan, run
from core.voice.people import others_by_person
from core.voice.prompting import best_examples, with_examples


def example(number: int, text: str = "", system: str = "be me") -> Example:
    messages = (
        ChatMessage("system", system),
        ChatMessage("user", f"question {number}"),
        ChatMessage("assistant", text or f"answer {number}", 1),
    )
    day = datetime(2026, 1, 1) + timedelta(days=number)
    return Example(messages, "chat", day, (), (), "replies")


HELD_OUT = [example(n) for n in range(40)]
MODELS = [Contestant("base", "b", "base"), Contestant("tuned", "t", "tuned")]


def echo(one, messages):
    return f"{one.model}: {messages[-1].content}"


def test_plan_spreads_over_the_whole_time():
    plan = make_plan(HELD_OUT[::-1], MODELS, prompts=5, audiences=[str(n) for n in range(40)])
    assert plan.real == ("answer 0", "answer 10", "answer 20", "answer 29", "answer 39")
    assert plan.prompts[0][-1].content == "question 0"
    assert plan.labels["period"] == ("earlier", "earlier", "later", "later", "later")
    assert plan.labels["audience"][0] == "39"
    assert plan.answers == 10


@pytest.mark.parametrize(
    ("held_out", "models"),
    [
        ([], MODELS),
        (HELD_OUT, [MODELS[0], MODELS[0]]),
        (HELD_OUT, [Contestant("me", "m", "other")]),
    ],
)
def test_no_plan(held_out, models):
    with pytest.raises(Problem):
        make_plan(held_out, models)


def test_run_fills_in_and_tells_how_far_it_is():
    plan = make_plan(HELD_OUT, MODELS, prompts=4, n=2)
    seen = []
    answers = run(plan, echo, progress=lambda done, of: seen.append((done, of)))
    assert answers.count == plan.answers == 16
    assert seen[-1] == (16, 16) and len(seen) == 16
    texts, numbers = answers.of("tuned")
    assert numbers == [0, 0, 1, 1, 2, 2, 3, 3]
    assert texts[0] == "t: question 0"


def test_stop_and_resume():
    plan = make_plan(HELD_OUT, MODELS, prompts=5)
    calls = []

    def counted(one, messages):
        calls.append(one.model)
        return echo(one, messages)

    first = run(plan, counted, stopped=lambda: len(calls) >= 4)
    assert first.count == 4
    resumed = run(plan, counted, answers=first)
    assert resumed.count == 10 and len(calls) == 10
    assert resumed.texts == run(plan, echo).texts


def test_what_does_not_fit_any_more_is_asked_again():
    answers = run(make_plan(HELD_OUT, MODELS, prompts=4), echo)
    changed = [MODELS[0], Contestant("tuned", "t2", "tuned"), Contestant("new", "n", "other")]
    calls = []
    again = run(
        make_plan(HELD_OUT, changed, prompts=4),
        lambda one, messages: calls.append(one.model) or echo(one, messages),
        answers=answers,
        progress=lambda done, of: calls.append((done, of)),
    )
    assert {model for model in calls if isinstance(model, str)} == {"t2", "n"}
    assert calls[-1] == (12, 12)
    assert again.of("tuned")[0][0] == "t2: question 0"
    other_prompts = make_plan(HELD_OUT[:20], MODELS[:1], prompts=4)
    assert run(other_prompts, lambda m, p: "fresh", answers=again).of("base")[0] == ["fresh"] * 4


def test_tokens_to_expect():
    shots = (example(1, "hello there"),)
    contestants = [MODELS[0], Contestant("few", "b", "prompted", shots)]
    found = expected_tokens(make_plan(HELD_OUT, contestants, prompts=4, n=3))
    plain, few = found["base"], found["few"]
    assert plain[0] % 3 == 0 and plain[1] % 3 == 0 and plain[1] >= 4 * 3 * 2
    assert few[0] > plain[0] and few[1] == plain[1]


def test_one_models_errors_stop_nobody_else():
    plan = make_plan(HELD_OUT, MODELS, prompts=8)

    def failing(one, messages):
        if one.model == "t":
            raise Problem("The provider is busy.", "Wait.")
        return echo(one, messages)

    answers = run(plan, failing)
    assert len(answers.of("base")[0]) == 8
    assert answers.errors["tuned"] == {"The provider is busy.": 3}
    healed = run(plan, echo, answers=answers)
    assert healed.count == 16


def test_a_clients_error_is_recorded_by_name_only():
    request = httpx2.Request("POST", "http://example.invalid/secret")

    def broken(model, messages):
        raise openai.APIConnectionError(message="private words", request=request)

    answers = run(make_plan(HELD_OUT, MODELS[:1], prompts=2), broken)
    assert answers.errors == {"base": {"APIConnectionError": 2}}


def test_a_bug_is_not_hidden():
    def wrong(model, messages):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        run(make_plan(HELD_OUT, MODELS), wrong)


def test_a_provider_that_asks_for_a_pause_gets_it():
    plan = make_plan(HELD_OUT, MODELS[:1], prompts=3)
    waited, left = [], [2, 0, 9]

    def busy(one, messages):
        if left[0]:
            left[0] -= 1
            problem = Busy("asks for a pause")
            problem.seconds = 0.001
            raise problem
        left.pop(0)
        return "ok"

    answers = run(plan, busy, wait=lambda seconds: waited.append(seconds) or time.sleep(seconds))
    assert answers.of("base")[0] == ["ok", "ok"] and len(waited) >= 2
    assert answers.errors == {"base": {"asks for a pause": 1}}
    assert answers.missing(plan, "base") == 1
    run(plan, echo, answers=answers)
    assert answers.missing(plan, "base") == 0 and not answers.errors


def test_models_far_away_are_asked_at_the_same_time():
    plan = make_plan(HELD_OUT, MODELS, prompts=4)
    together = threading.Barrier(2, timeout=5)

    def meet(one, messages):
        together.wait()
        return echo(one, messages)

    assert run(plan, meet, at_once=True).count == 8


def test_examples_in_the_prompt():
    shots = (example(1, "so it goes innit"),)
    plan = make_plan(HELD_OUT, [Contestant("few", "b", "prompted", shots)], prompts=1)
    seen = []
    run(plan, lambda model, messages: seen.append(messages) or "x")
    assert [m.role for m in seen[0]] == ["system", "user", "assistant", "user"]
    assert seen[0][2] == ChatMessage("assistant", "so it goes innit")


def test_best_examples_are_typical_and_different():
    mine = [f"innit mate number {word} went well innit" for word in ("one", "two", "three")]
    texts = [
        *mine,
        "Dear Sir or Madam, please find enclosed",
        "ok",
        "the harbour was foggy innit mate",
    ]
    chosen = best_examples(
        [example(n, text) for n, text in enumerate(texts)], ["Dear Sir or Madam"], count=2
    )
    assert len(chosen) == 2
    shown = [one.completion for one in chosen]
    assert sum(text in mine for text in shown) == 1 and "ok" not in shown
    assert best_examples([]) == []
    assert with_examples(HELD_OUT[0].prompt, []) == HELD_OUT[0].prompt


def test_others_by_person_takes_turns_and_passed_on_posts():
    rows = [
        ("me", "hello", "message"),
        ("Ana", "hi", "message"),
        ("Ana", "how are you", "message"),
        ("me", "RT @ben: A long thought about the sea that was cu…", "repost"),
        ("me", "RT @me: myself", "repost"),
        (None, "joined", "system"),
    ]
    frame = make_frame(
        {
            "id": [str(n) for n in range(len(rows))],
            "conversation": ["c"] * len(rows),
            "sent_at": [datetime(2026, 1, 1, 12, n) for n in range(len(rows))],
            "author": [author for author, _, _ in rows],
            "text": [text for _, text, _ in rows],
            "kind": [kind for _, _, kind in rows],
            "reply_to": [None] * len(rows),
        }
    )
    assert isinstance(frame, pd.DataFrame)
    found = others_by_person(frame, ["me"])
    assert found["@ben"] == ["A long thought about the sea that was"]
    assert found["Ana"] == ["hi\nhow are you"]
    assert set(found) == {"Ana", "@ben"}
