"""Evidence: the same held-out prompts through every model, and what the answers say."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.costs import generation_cost, money
from core.engine.base_text import read_texts
from core.examples import ChatMessage
from core.figures.voice import detectability_figure, group_frame, habits_figure, scale_figure
from core.generate import Sampling, answer_texts, stream_answer
from core.ui import state
from core.ui.losses import show_losses
from core.ui.models import callable_models, is_tuned, model_label, prices
from core.ui.real_names import unmask
from core.voice.answers import Answers, Contestant, Plan, Role, make_plan, run
from core.voice.judge import JudgeData, ModelReport, Report, judge
from core.voice.people import others_by_person
from core.voice.prompting import best_examples
from core.voice.report import report_html, report_json
from core.voice.verdict import keep_which, three_way

#: Answers of these lengths are asked for; a held-out text is hardly ever longer.
MAX_TOKENS = 150
#: Models beside the two of the page; each costs as many answers as there are prompts.
MOST_MORE = 3
PLAIN = {"displayModeBar": False}
OUTCOME = {"helped": st.success, "prompting": st.info, "not_enough": st.warning}


def evidence(models: dict[str, str]) -> None:
    """Run the judge over the chosen models and show its report.

    Args:
        models: names of the models chosen on the page, by side.
    """
    mine = state.session()
    if mine.archive is None:
        st.write("The judge needs the archive: open it on the Upload page first.")
        return
    made = state.dataset()
    with st.container(border=True):
        st.write(
            "The same held-out prompts go through every model. Then the answers are measured "
            "against your own held-out writing and against other people's."
        )
        left, right = st.columns(2)
        most = max(20, min(200, len(made.held_out)))
        prompts = left.slider(
            "Prompts",
            20,
            most,
            min(50, most),
            5,
            help="50 show clear differences, 100 to 200 small ones.",
            key="judge_prompts",
        ) if most > 20 else 20  # fmt: skip
        prompted = right.toggle(
            "Also try the base model with my ten best examples in its prompt",
            True,
            help="The rival that costs no training. If it does as well, you did not need any.",
            key="judge_prompted",
        )
        judged = tuple(dict.fromkeys(model for model in models.values() if model))
        more = st.multiselect(
            "Also judge",
            [model for model in callable_models() if model not in judged],
            format_func=model_label,
            max_selections=MOST_MORE,
            placeholder="Checkpoints or other models",
            help="The judge then says which one to keep.",
            key="judge_more",
        )
        judged = (*judged, *more)
        plan = mine.remember(
            "judge:plan",
            (id(made), prompts, prompted, judged),
            lambda: _plan(judged, prompts, prompted),
        )
        st.caption(_cost_words(plan))
        answers: Answers = mine.remember("judge:answers", id(plan), Answers)
        begun = 0 < answers.count < plan.answers
        label = "Go on" if begun else "Run the judge"
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(label, type="primary", icon=":material/gavel:", key="run_judge")
            if begun:
                st.caption(f"{answers.count} of {plan.answers} answers are there.", width="content")
        if pressed:
            _run(plan, answers)
    if answers.count:
        key = (id(plan), answers.count)
        with st.spinner("Measuring…", show_time=True):
            report = mine.remember("judge:report", key, lambda: _judge(plan, answers))
        show(report)


def _role(model: str) -> Role:
    if ":ckpt-" in model:
        return "checkpoint"
    return "tuned" if is_tuned(model) else "base"


def _plan(models: tuple[str, ...], prompts: int, prompted: bool) -> Plan:
    made = state.dataset()
    contestants = [Contestant(model_label(model), model, _role(model)) for model in models]
    base = next((one for one in contestants if one.role == "base"), None)
    if prompted and base is not None:
        shots = tuple(best_examples(made.training, made.voice_others))
        contestants.append(Contestant("Base with ten examples", base.model, "prompted", shots))
    return make_plan(made.held_out, contestants, prompts=prompts)


def _cost_words(plan: Plan) -> str:
    if state.profile().is_embedded:
        return f"{plan.answers} answers, on this machine, free."
    known = {price.model: price for price in prices()}
    total, unknown = 0.0, False
    for one in plan.contestants:
        size = sum(len(m.content) for m in plan.prompts[0]) / 4
        size += sum(len(m.content) for shot in one.shots for m in shot.messages) / 4
        price = known.get(one.model.split(":")[1] if one.model.startswith("ft:") else one.model)
        cost = price and generation_cost(size, MAX_TOKENS, price, len(plan.prompts))
        total, unknown = total + (cost or 0.0), unknown or cost is None
    words = money(total).replace("$", "\\$")
    return f"{plan.answers} answers from {state.profile().name}, at most about {words}" + (
        " plus models without a known price." if unknown else "."
    )


def _generate() -> Callable[[str, tuple[ChatMessage, ...]], str]:
    client, profile = state.client(), state.profile()
    how = Sampling(max_tokens=MAX_TOKENS)

    def one(model: str, messages: tuple[ChatMessage, ...]) -> str:
        drawn = replace(how, seed=random.randrange(2**31))
        texts, _ = answer_texts(stream_answer(client, model, messages, drawn, profile=profile))
        return texts[0]

    return one


def _run(plan: Plan, answers: Answers) -> None:
    """Fetch what is missing; every answer is kept at once, so a stop or a reload loses none."""
    bar = st.progress(0.0, text="Asking…")
    st.button("Stop", key="stop_judge")  # any press interrupts the script between two answers

    def progress(done: int, of: int) -> None:
        bar.progress(done / of, text=f"{done} of {of} answers")

    run(plan, _generate(), answers=answers, progress=progress)
    st.rerun()


def _judge(plan: Plan, answers: Answers) -> Report:
    made, safe = state.dataset(), state.masked()
    data = JudgeData(
        training=[example.completion for example in made.training],
        mine=made.voice_mine,
        others=others_by_person(safe.frame, safe.me),
        neutral=read_texts("en"),
    )
    return judge(plan, answers, data)


def show(report: Report) -> None:
    """The verdict first, then the figures behind it."""
    verdict = three_way(report)
    OUTCOME[verdict.outcome](" ".join(verdict.reasons), title=verdict.title)
    for caution in verdict.cautions:
        st.caption(f":material/warning: {caution}")
    kept = keep_which(report)
    if kept is not None and sum(m.contestant.role != "base" for m in report.models) > 1:
        st.caption(f"Keep **{kept.key}**: {kept.reason}")
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.markdown("**Voice score**: 0 is other people, 100 your own held-out writing")
        if report.scale is None:
            st.caption(report.scale_refused)
        else:
            st.plotly_chart(scale_figure(report), key="scale", config=PLAIN, alt="Voice scores")
            st.caption(report.scale.negatives)
    with right.container(border=True, height="stretch"):
        st.markdown("**Detectability**: how often a simple machine tells the answers from yours")
        st.plotly_chart(
            detectability_figure(report), key="detect", config=PLAIN, alt="Detectability"
        )
        st.caption("50 % is a coin: it cannot tell.")
    st.dataframe(
        pd.DataFrame([_row(one) for one in report.models]),
        hide_index=True,
        column_config={
            "Copied": st.column_config.TextColumn(
                help="Answers that repeat eight words or more of the training data in a row; in "
                "brackets, how many of your own new texts do."
            ),
            "Same again": st.column_config.TextColumn(
                help="How alike a model's answers are to one another; in brackets, your texts."
            ),
        },
        key="judge_table",
    )
    with st.container(border=True):
        st.markdown("**Habits of writing**: the largest gap on top, the line in the middle is you")
        st.plotly_chart(
            habits_figure(report.habits), key="habits", config=PLAIN, alt="Habits of writing"
        )
        _habit_examples(report)
    groups = group_frame(report.models)
    if len(groups):
        with st.expander("By period and by audience"):
            st.dataframe(groups.round(0), hide_index=True, key="groups")
    _offenders(report)
    show_losses(one.contestant.model for one in report.models)
    for one in report.models:
        for error, times in one.errors.items():
            st.caption(f"{one.contestant.key}: {error} ({times} times)")
    _downloads(report)


def _habit_examples(report: Report) -> None:
    names = dict(zip(report.habits["key"], report.habits["habit"], strict=True))
    key = st.selectbox("Examples of", list(names), format_func=names.__getitem__, key="habit_key")
    for column, (who, texts) in zip(
        st.columns(max(1, len(report.examples[key]))), report.examples[key].items(), strict=True
    ):
        with column:
            st.caption(who)
            for text in texts[:3]:
                st.container(border=True).text(unmask(text))


def _downloads(report: Report) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with_texts = st.toggle("Texts in the report", False, key="report_texts")
        st.download_button(
            "Download the report",
            lambda: report_html(report, with_texts=with_texts, made_on=datetime.date.today()),
            "does-it-sound-like-me.html",
            "text/html",
            on_click="ignore",
            icon=":material/download:",
            key="download_report",
        )
        st.download_button(
            "The figures as JSON",
            lambda: report_json(report),
            "does-it-sound-like-me.json",
            "application/json",
            on_click="ignore",
            key="download_figures",
        )


def _row(one: ModelReport) -> dict[str, str]:
    told, seen = one.detectability, one.variety
    return {
        "Model": one.contestant.key,
        "Answers": str(one.answers),
        "Copied": f"{one.copies.model.long_run:.0%} ({one.copies.chance.long_run:.0%})",
        "Same again": "–" if seen is None else f"{seen.model.same:.0%} ({seen.mine.same:.0%})",
        "Gives it away": "; ".join(t.sentence() for t in told.tells[:3]) if told else "–",
    }


def _offenders(report: Report) -> None:
    found = [(one, o) for one in report.models for o in one.copies.offenders]
    if not found:
        return
    with st.expander(f"Answers that copy the training data ({len(found)})"):
        for one, offender in found[:20]:
            st.caption(f"{one.contestant.key}: {offender.words} words in a row")
            left, right = st.columns(2)
            left.text(unmask(offender.text))
            right.text(unmask(offender.source_text))
