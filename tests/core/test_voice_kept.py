"""A judge run survives its process; it runs in a thread, one for each owner."""

from __future__ import annotations

import stat
import threading
from datetime import datetime, timedelta

import pandas as pd
import pytest

from core.examples import ChatMessage, Example
from core.voice.answers import Answers, Contestant, make_plan
from core.voice.audience import audiences
from core.voice.background import Runs
from core.voice.blind import Round
from core.voice.judge import JudgeData
from core.voice.kept import Game, Run, folder_of, forget_run, kept_bytes, load_run


def example(number: int) -> Example:
    messages = (
        ChatMessage("system", "be me"),
        ChatMessage("user", f"question {number}", name="Ana"),
        ChatMessage("assistant", f"answer {number} ü\ud83d", 1),
    )
    day = datetime(2026, 1, 1) + timedelta(days=number)
    return Example(messages, "chat", day, (f"s{number}",), (f"a{number}",), "replies")


HELD_OUT = [example(n) for n in range(12)]
MODELS = [
    Contestant("base", "b", "base", provider="embedded"),
    Contestant("ten", "b", "prompted", (HELD_OUT[0],), "embedded"),
]
DATA = JudgeData(["one"], ["two"], {"Ana": ["three"]})


def made(tmp_path) -> Run:
    plan = make_plan(HELD_OUT, MODELS, prompts=6, audiences=["Ana"] * 12)
    return Run(plan, DATA, folder=folder_of(tmp_path, "token"))


def go(runs: Runs, judged: Run, generate) -> None:
    assert runs.start("me", judged, generate).over.wait(10)


def test_what_was_asked_and_answered_comes_back(tmp_path):
    judged = made(tmp_path)
    go(Runs(), judged, lambda one, messages: f"{one.key}\n{messages[-1].content}")
    rounds = [Round(judged.plan.prompts[0], "x", "y", "me", "base")]
    judged.games["me | base"] = Game(rounds, ["left"], ["code"])
    judged.keep_games()
    back = load_run(judged.folder)
    assert back is not None
    assert [back.plan.asked(one) for one in back.plan.contestants] == [
        judged.plan.asked(one) for one in judged.plan.contestants
    ]
    assert back.plan.real == judged.plan.real and back.plan.labels == judged.plan.labels
    assert back.answers.texts == judged.answers.texts and back.answers.count == 12
    assert back.data == DATA
    assert back.games == judged.games
    go(Runs(), back, lambda one, messages: pytest.fail("nothing was missing"))


def test_a_stopped_run_goes_on_in_another_process(tmp_path):
    judged, calls, runs = made(tmp_path), [], Runs()

    def stopping(one, messages):
        calls.append(one.key)
        if len(calls) == 5:
            runs.stop("me")
        return "said"

    go(runs, judged, stopping)
    back = load_run(judged.folder)
    assert back is not None and back.answers.count == 5
    go(Runs(), back, lambda one, messages: calls.append(one.key) or "said")
    assert len(calls) == 12
    assert load_run(judged.folder).answers.count == 12


def test_a_cut_line_costs_one_answer(tmp_path):
    judged = made(tmp_path)
    go(Runs(), judged, lambda one, messages: "said")
    path = judged.folder / "answers.jsonl"
    path.write_bytes(path.read_bytes()[:-4])
    assert load_run(judged.folder).answers.count == 11


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"plan": 3, "data": 4}'])
def test_a_damaged_run_is_no_run(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert load_run(tmp_path) is None
    assert load_run(tmp_path / "none") is None


def test_nobody_else_may_read_it_and_it_can_be_forgotten(tmp_path):
    judged = made(tmp_path)
    go(Runs(), judged, lambda one, messages: "said")
    folder = judged.folder
    assert "token" not in str(folder)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in folder.iterdir())
    assert kept_bytes(folder) > 500
    forget_run(folder)
    assert not folder.exists() and kept_bytes(folder) == 0
    judged.keep("base", 0, "late")  # a thread that was still asking writes nothing back
    judged.keep_games()
    assert not folder.exists()


def test_without_a_folder_nothing_is_written(tmp_path):
    judged = Run(made(tmp_path).plan, DATA, Answers())
    go(Runs(), judged, lambda one, messages: "said")
    assert judged.answers.count == 12 and not list(tmp_path.iterdir())


def test_one_run_for_each_owner(tmp_path):
    runs, free = Runs(), threading.Event()
    judged = made(tmp_path)
    first = runs.start("me", judged, lambda one, messages: free.wait(10) and "said")
    assert runs.start("me", judged, lambda one, messages: "other") is first
    assert runs.of("me") is first and runs.of("somebody") is None
    free.set()
    assert first.over.wait(10) and runs.of("me") is None
    assert judged.answers.of("base")[0] == ["said"] * 6


def test_a_fault_ends_the_run_and_says_so(tmp_path):
    def wrong(one, messages):
        raise KeyError("bug")

    found = Runs().start("me", made(tmp_path), wrong)
    assert found.over.wait(10) and found.broke


def test_audiences():
    rows = [("c1", "me", "1"), ("c1", "Ana", "2"), ("c2", "me", "3"), ("c3", "me", "4")]
    rows += [("c3", name, f"x{name}") for name in ("Ana", "Ben", "Cy")]
    frame = pd.DataFrame(rows, columns=["conversation", "author", "id"])
    examples = [Example((), "", None, (), (one,), "") for one in ("1", "3", "4", "gone")]
    assert audiences(examples, frame, ["me"]) == ["Ana", "in public", "a group of 4", "in public"]
