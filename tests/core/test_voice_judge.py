"""One judge run over known cases: they rank as they must, and the verdict follows."""

from __future__ import annotations

import json
import random

import plotly.graph_objects as go
import pytest

from benchmarks.authors import HANDS, write
from core.examples import ChatMessage, Example
from core.figures import voice as figures
from core.problems import Problem
from core.voice.answers import Answers, Contestant, Role, make_plan, run
from core.voice.blind import verdict_of
from core.voice.judge import JudgeData, Report, judge
from core.voice.report import report_figures, report_html, report_json
from core.voice.verdict import difference, keep_which, three_way

ME = HANDS[5]
TRAINING, HELD_OUT = write(ME, 300, 0), write(ME, 60, 1)
OTHERS = {hand.name: write(hand, 60, 0) for hand in HANDS if hand is not ME}
STRANGERS = [text for hand in HANDS if hand is not ME for text in write(hand, 20, 9)]
ASSISTANT = [
    f"Certainly! Here is a short message about day {n}. I hope this helps." for n in range(60)
]
HALF = [text for pair in zip(write(ME, 30, 4), STRANGERS[::3], strict=False) for text in pair]


def babble() -> list[str]:
    rng = random.Random(0)
    return ["".join(rng.choices("aeiou nrst lmk ,", k=60)) for _ in range(60)]


SAYS: dict[str, list[str]] = {
    "assistant": ASSISTANT,
    "strangers": STRANGERS,
    "half": HALF,
    "twin": write(ME, 60, 3),
    "copy": TRAINING,
    "babble": babble(),
    "loop": ["ay mira el bus ay mira el bus ay mira el bus ay mira el bus"] * 60,
}


def example(text: str, number: int) -> Example:
    messages = (ChatMessage("user", f"question {number}"), ChatMessage("assistant", text))
    return Example(messages, "c", None, (), (), "replies")


def report_of(*who: tuple[str, Role], others=OTHERS, prompts: int = 50) -> Report:
    held_out = [example(text, n) for n, text in enumerate(HELD_OUT)]
    plan = make_plan(held_out, [Contestant(n, n, role) for n, role in who], prompts=prompts)
    left = {name: iter(SAYS[name]) for name, _ in who}
    answers = run(plan, lambda one, messages: next(left[one.model]))
    return judge(plan, answers, JudgeData(TRAINING, HELD_OUT, others))


@pytest.fixture(scope="module")
def ranked() -> Report:
    return report_of(
        ("assistant", "base"), ("strangers", "other"), ("half", "checkpoint"), ("twin", "tuned"), ("copy", "checkpoint")
    )  # fmt: skip


def test_known_cases_rank_as_they_must(ranked):
    scores = {m.contestant.key: m.score for m in ranked.models}
    assert scores["assistant"].value < 30
    assert scores["strangers"].interval.holds(0)
    assert scores["half"].interval.holds(50)
    assert scores["twin"].interval.holds(100)
    assert scores["strangers"].value < scores["half"].value < scores["twin"].value


def test_the_copying_model_is_caught_by_the_copy_check_alone(ranked):
    findings = {m.contestant.key: m.copies.finding for m in ranked.models}
    assert findings == {
        "assistant": False,
        "strangers": False,
        "half": False,
        "twin": False,
        "copy": True,
    }


def test_detectability_orders_them_too(ranked):
    told = {m.contestant.key: m.detectability for m in ranked.models}
    assert told["assistant"].area > 0.99 and told["assistant"].told_apart
    assert not told["twin"].told_apart
    assert told["twin"].area < told["half"].area < told["strangers"].area


def test_the_one_to_keep_does_not_copy(ranked):
    kept = keep_which(ranked)
    assert kept.key == "twin" and kept.chance > 0.9


def test_differences_are_paired(ranked):
    by = {m.contestant.key: m for m in ranked.models}
    gain = difference(by["twin"], by["assistant"])
    assert gain.sure and gain.interval.low < gain.value < gain.interval.high
    assert difference(by["assistant"], by["twin"]).surely_worse
    assert not difference(by["twin"], by["twin"]).sure


@pytest.mark.parametrize(
    ("who", "outcome", "word"),
    [
        ((("assistant", "base"), ("twin", "tuned")), "helped", "not tried"),
        (
            (("assistant", "base"), ("twin", "tuned"), ("strangers", "prompted")),
            "helped",
            "strangers",
        ),
        ((("assistant", "base"), ("half", "tuned"), ("twin", "prompted")), "prompting", "twin"),
        ((("half", "base"), ("strangers", "tuned")), "not_enough", "closer to you"),
        ((("assistant", "base"), ("copy", "tuned")), "not_enough", "repeats your training texts"),
        ((("assistant", "base"), ("babble", "tuned")), "not_enough", "no real text"),
        ((("assistant", "base"), ("loop", "tuned")), "not_enough", "again and again"),
        ((("twin", "tuned"),), "not_enough", "base model"),
        ((("assistant", "base"),), "not_enough", "fine-tuned model"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_three_ways(who, outcome, word):
    decided = three_way(report_of(*who))
    assert decided.outcome == outcome
    assert any(word in reason for reason in decided.reasons)


def test_without_other_people_detectability_decides():
    report = report_of(("assistant", "base"), ("twin", "tuned"), others={})
    assert report.scale is None and "no voice score" in report.scale_refused
    assert all(m.score is None and m.score_refused for m in report.models)
    decided = three_way(report)
    assert decided.outcome == "helped" and "Told from your writing" in decided.reasons[0]


def test_a_handful_of_answers_says_nothing():
    report = report_of(("assistant", "base"), ("twin", "tuned"), prompts=6)
    assert three_way(report).outcome == "not_enough"
    assert all("too few" in m.score_refused for m in report.models)


def test_groups_only_where_there_is_enough():
    held_out = [example(text, n) for n, text in enumerate(HELD_OUT)]
    audiences = ["Ana"] * 30 + ["Ben"] * 25 + ["Cleo"] * 5
    plan = make_plan(
        held_out, [Contestant("twin", "twin", "tuned")], prompts=60, audiences=audiences
    )
    left = iter(SAYS["twin"])
    report = judge(plan, run(plan, lambda m, p: next(left)), JudgeData(TRAINING, HELD_OUT, OTHERS))
    assert set(report.models[0].groups["audience"]) == {"Ana", "Ben"}
    assert figures.group_frame(report.models)["group"].tolist() == ["Ana", "Ben"]


def test_nothing_to_judge():
    plan = make_plan([example("x", 0)], [Contestant("twin", "twin", "tuned")])
    with pytest.raises(Problem):
        judge(plan, Answers(), JudgeData([], []))


def test_figures_as_json_hold_no_text(ranked):
    games = [verdict_of([True] * 15 + [False] * 5, "me")]
    data = json.loads(report_json(ranked, games=games))
    assert data["verdict"]["outcome"] in ("helped", "prompting", "not_enough")
    assert [m["name"] for m in data["models"]] == ["assistant", "strangers", "half", "twin", "copy"]
    assert data["games"][0]["wins"] == 15
    assert not leaked(report_json(ranked).decode())
    assert "says" not in {row["habit"][:4] for row in report_figures(ranked)["habits"]}


def leaked(page: str) -> list[str]:
    long = [text for text in [*TRAINING, *HELD_OUT, *SAYS["twin"], *STRANGERS] if len(text) > 25]
    return [text for text in long if text in page]


def test_report_prints_and_keeps_texts_out_unless_asked(ranked):
    page = report_html(ranked, title="Me <& mine>").decode()
    assert page.startswith("<!doctype html>") and "Me &lt;&amp; mine&gt;" in page
    assert page.count("<svg") == 2 and "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    assert not leaked(page)
    assert "copy" in page and "more than chance" in page
    assert leaked(report_html(ranked, with_texts=True).decode())


def test_report_without_a_score():
    page = report_html(report_of(("assistant", "base"), others={})).decode()
    assert "There is no voice score" in page


@pytest.mark.parametrize("make", [figures.scale_figure, figures.detectability_figure])
def test_figures_show_every_model(ranked, make):
    figure = make(ranked)
    assert isinstance(figure, go.Figure)
    assert [trace.name for trace in figure.data] == [m.contestant.key for m in ranked.models]
    assert figure.layout.uirevision and figure.layout.shapes


def test_habits_figure(ranked):
    figure = figures.habits_figure(ranked.habits)
    assert {trace.name for trace in figure.data} == {m.contestant.key for m in ranked.models}
    assert all(abs(x) <= 3 for trace in figure.data for x in trace.x)
    assert list(figure.layout.yaxis.categoryarray)[-1] == ranked.habits["habit"].iloc[0]
