"""The judge run on the Evidence tab: what it asks and costs, starting, following, resuming it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.costs import generation_cost
from core.examples import ChatMessage
from core.generate import Sampling, answer_texts, stream_answer
from core.problems import Problem
from core.ui import frame, state
from core.ui.columns import Column, hosted, price_of, shots_go_away
from core.voice.answers import Answers, Contestant, Plan, Role, expected_tokens, make_plan
from core.voice.audience import audiences
from core.voice.judge import JudgeData
from core.voice.kept import Run, load_run
from core.voice.people import others_by_person
from core.voice.prompting import best_examples

#: Answers of these lengths are asked for; a held-out text is hardly ever longer.
MAX_TOKENS = 150
KEY = "judge_run"


def current() -> Run | None:
    """This visitor's run: of this session, or the one kept on this machine."""
    going = state.judge_runs().of(state.session().visitor)
    if going is not None and going is not st.session_state.get("judge_progress"):
        # Begun before a reload or in another tab: what is on disk grows, so none of it is held.
        st.session_state.pop(KEY, None)
        return load_run(state.judge_folder())
    if KEY not in st.session_state:
        st.session_state[KEY] = load_run(state.judge_folder())
    return st.session_state[KEY]


def make_run(columns: tuple[Column, ...], prompts: int, prompted: bool) -> Run:
    """A run over the chosen models; answers that an earlier one has already are taken over.

    Raises:
        Problem: there is nothing held out, or a model stands twice in the list.
    """
    mine = state.session()
    made, safe = state.dataset(), state.masked()

    def plan() -> Plan:
        contestants = [_contestant(column) for column in columns]
        base = next((one for one in contestants if one.role == "base"), None)
        if prompted and base is not None and all(one.role != "prompted" for one in contestants):
            column = next(c for c in columns if c.label == base.key)
            contestants.append(_contestant(column._replace(shots=True)))
        groups = audiences(made.held_out, safe.frame, safe.me)
        return make_plan(made.held_out, contestants, prompts=prompts, audiences=groups)

    def data() -> JudgeData:
        return JudgeData(
            training=[example.completion for example in made.training],
            mine=made.voice_mine,
            others=others_by_person(safe.frame, safe.me),
        )

    planned = mine.remember("judge:plan", (id(made), prompts, prompted, columns), plan)
    against = mine.remember("judge:data", id(made), data)
    folder = state.judge_folder() if mine.privacy.mode != "off" else None
    before = current()
    if before is not None and before.folder == folder and _same(before.plan, planned):
        return before
    answers = before.answers if before is not None else Answers()
    kept = {
        one.key: texts
        for one in planned.contestants
        if answers.asked.get(one.key) == planned.asked(one)
        and (texts := answers.texts.get(one.key)) is not None
    }
    asked = {key: answers.asked[key] for key in kept}
    games = before.games if before is not None else {}
    return Run(planned, against, Answers(kept, {}, asked), games, folder)


def _same(one: Plan, other: Plan) -> bool:
    """Whether two plans ask the same of the same models; a plan from a file lacks some ids."""
    asked = [[(c.key, c.role, plan.asked(c)) for c in plan.contestants] for plan in (one, other)]
    return asked[0] == asked[1] and (one.real, one.n) == (other.real, other.n)


def _contestant(column: Column) -> Contestant:
    role: Role = "base"
    shots: tuple = ()
    if column.shots:
        made = state.dataset()
        role = "prompted"
        shots = tuple(best_examples(made.training, made.voice_others))
    elif ":ckpt-" in column.model:
        role = "checkpoint"
    elif column.tuned:
        role = "tuned"
    return Contestant(column.label, column.model, role, shots, column.provider)


def cost_words(plan: Plan) -> str:
    """How many answers a run takes, from whom, and what they cost."""
    columns = {
        one.key: Column(one.provider, one.model, bool(one.shots)) for one in plan.contestants
    }
    away = hosted(tuple(columns.values()))
    if not away:
        return f"{plan.answers:,} answers, on this machine, free."
    total, unknown = 0.0, False
    for key, (sent, received) in expected_tokens(plan).items():
        column = columns[key]
        if state.profiles()[column.provider].is_embedded:
            continue
        price = price_of(column)
        cost = price and generation_cost(sent, received, price, 1)
        total, unknown = total + (cost or 0.0), unknown or cost is None
    words = state.session().about(total, small=True)
    shots = " and ten training examples" if shots_go_away(tuple(columns.values())) else ""
    price = words + (" and models without a known price" if unknown else "")
    if unknown and not total:
        price = "at a price that is not in the list"
    return (
        f"{plan.answers:,} answers. The held-out prompts{shots} go to {' and '.join(away)}, masked "
        f"as your data set is, {price}."
    )


def start(judged: Run) -> None:
    """Begin or go on in a thread of its own; the page stays free."""
    clients = {one.provider: state.client(one.provider) for one in judged.plan.contestants}
    profiles = {key: state.profile(key) for key in clients}
    st.session_state[KEY] = judged
    far = any(not profile.is_embedded for profile in profiles.values())
    st.session_state["judge_progress"] = state.judge_runs().start(
        state.session().visitor, judged, _generate(clients, profiles), at_once=far
    )


def _generate(
    clients: dict, profiles: dict
) -> Callable[[Contestant, tuple[ChatMessage, ...]], str]:
    how = Sampling(max_tokens=MAX_TOKENS)

    def one(contestant: Contestant, messages: tuple[ChatMessage, ...]) -> str:
        drawn = replace(how, seed=random.randrange(2**31))
        client, profile = clients[contestant.provider], profiles[contestant.provider]
        texts, _ = answer_texts(
            stream_answer(client, contestant.model, messages, drawn, profile=profile)
        )
        return texts[0]

    return one


@st.fragment(run_every=1.0)
def follow() -> None:
    """How far the run is; the rest of the page can be used meanwhile."""
    owner = state.session().visitor
    going = state.judge_runs().of(owner)
    if going is None:
        st.rerun()
    share = going.done / max(1, going.of)
    st.progress(min(1.0, share), text=f"{going.done:,} of {going.of:,} answers")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Stop", icon=":material/stop:", key="stop_judge"):
            state.judge_runs().stop(owner, seconds=3)
            st.rerun()
        st.caption("You can leave this page meanwhile; the run goes on.", width="content")


def what_is_missing(judged: Run) -> int:
    """Answers that a run lacks, said for each model with the reason, where there is one."""
    plan, answers = judged.plan, judged.answers
    progress = st.session_state.get("judge_progress")
    if progress is not None and progress.broke:
        st.caption(
            ":material/warning: The run ended early through a fault of this app. What has come is "
            "kept; fetch the rest."
        )
    total = 0
    for one in plan.contestants:
        missing = answers.missing(plan, one.key)
        total += missing
        reasons = dict(answers.errors.get(one.key, {}))
        if missing and reasons:
            said = "; ".join(f"{reason} ({times}x)" for reason, times in reasons.items())
            st.caption(
                f":material/warning: **{one.key}**: {missing} of {len(plan.prompts) * plan.n} "
                f"answers failed or were not asked for any more. {said}".replace("$", "\\$")
            )
    return total


def where_kept(judged: Run) -> str:
    """One sentence on where the answers live."""
    if judged.folder is None:
        return (
            "Your texts are not masked, so this run stays in this browser session: a reload "
            "loses it."
        )
    return (
        "Kept on the machine that runs this app, masked, until a new run or until you delete it on "
        "the Clean up page: a reload or a restart goes on where it was."
    )


def provider_there(judged: Run) -> bool:
    """Whether every provider of a run can be asked from this session; says what is missing."""
    try:
        for one in judged.plan.contestants:
            if one.provider not in state.profiles():
                raise Problem(
                    f"The provider of {one.key} is not in the list any more.",
                    "Add it on the Train page.",
                )
            state.client(one.provider)
    except Problem as problem:
        frame.show_problem(problem)
        return False
    return True
