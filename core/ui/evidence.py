"""Evidence: the same held-out prompts through every model, and what the answers say."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.engine.base_text import read_texts
from core.figures.voice import (
    detectability_figure,
    group_frame,
    habit_words,
    habits_figure,
    scale_figure,
)
from core.ui import state
from core.ui.columns import Chosen, Column
from core.ui.judge_extras import canary_box, llm_judge_box
from core.ui.judge_run import (
    cost_words,
    current,
    follow,
    make_run,
    provider_there,
    start,
    what_is_missing,
    where_kept,
)
from core.ui.losses import show_losses
from core.ui.models import callable_models
from core.ui.real_names import unmask
from core.voice.blind import verdict
from core.voice.judge import ModelReport, Report, judge
from core.voice.kept import Run
from core.voice.report import report_html, report_json
from core.voice.verdict import HELPED_BY_COPYING, keep_which, three_way

#: Models beside those of the page; each costs as many answers as there are prompts.
MOST_MORE = 4
TRAINED = ("tuned", "checkpoint")
PLAIN = {"displayModeBar": False}
OUTCOME = {"helped": st.success, "prompting": st.info, "not_enough": st.warning}


def evidence(chosen: Chosen) -> None:
    """Run the judge over the chosen models and show its report."""
    mine = state.session()
    going = state.judge_runs().of(mine.visitor) is not None
    with st.container(border=True):
        st.write(
            "The same held-out prompts go through every model. Then the answers are measured "
            "against your own held-out writing and against other people's."
        )
        if going:  # nothing may be chosen meanwhile
            under_way = current()
            if under_way is not None:
                names = ", ".join(one.key for one in under_way.plan.contestants)
                st.caption(f"{len(under_way.plan.prompts)} prompts through {names}.")
            follow()
            return
        judged = _choose(chosen) if mine.archive is not None else current()
        if judged is None:
            st.write("The judge needs the archive: open it on the Upload page first.")
            return
        lacking = what_is_missing(judged)
        st.caption(f"{cost_words(judged.plan)} {where_kept(judged)}")
        done = judged.answers.count
        with st.container(horizontal=True, vertical_alignment="center"):
            label = "Run the judge" if not done else f"Fetch the {lacking:,} missing answers"
            pressed = bool(lacking) and st.button(
                label, type="primary", icon=":material/gavel:", key="run_judge"
            )
            if done:
                st.caption(
                    f"{done:,} of {judged.plan.answers:,} answers are there.", width="content"
                )
        if pressed and provider_there(judged):
            start(judged)
            st.rerun()
    last = current()
    if lacking and last is not None and last is not judged and last.answers.count:
        names = ", ".join(one.key for one in last.plan.contestants)
        st.caption(f"Below are the figures of your last run: {names}.")
        judged = last
    if judged.answers.count:
        with st.spinner("Measuring…", show_time=True):
            report = mine.remember(
                "judge:report", (id(judged.plan), judged.answers.count), lambda: _judge(judged)
            )
        show(report, judged)
        st.header("Extras", anchor=False)
        llm_judge_box(judged)
    if mine.archive is not None:
        canary_box(chosen.columns)


def _choose(chosen: Chosen) -> Run:
    """The settings of a run; the run with what it has already."""
    made = state.dataset()
    most = max(20, min(200, len(made.held_out)))
    left, right = st.columns(2)
    prompts = 20
    if most == 20:
        left.caption(f"All {min(most, len(made.held_out))} held-out prompts are used.")
    else:
        prompts = left.slider(
            "Prompts",
            20,
            most,
            min(50, most),
            5,
            help="50 show clear differences, 100 to 200 small ones.",
            key="judge_prompts",
            persist_state="session",
        )
    prompted = right.toggle(
        "Also the base with ten examples",
        True,
        help="The base model with your ten most characteristic examples in its prompt: the rival "
        "that costs no training. If it does as well, you did not need any.",
        key="judge_prompted",
        persist_state="session",
    )
    columns = chosen.columns
    names = {
        column.key: column
        for column in (Column(state.profile().key, model) for model in callable_models())
        if column not in columns
    }
    more = right.multiselect(
        "Also judge",
        list(names),
        format_func=lambda key: names[key].label if key in names else key,
        max_selections=MOST_MORE,
        placeholder="Checkpoints or other models",
        help="With several trained models or checkpoints, the judge says which one to keep.",
        key="judge_more",
        persist_state="session",
    )
    return make_run((*columns, *(names[key] for key in more)), int(prompts), prompted)


def _judge(judged: Run) -> Report:
    data = replace(judged.data, neutral=read_texts("en"))
    return judge(judged.plan, judged.answers, data)


def show(report: Report, judged: Run) -> None:
    """The verdict first, then the figures behind it."""
    found = three_way(report)
    draw = st.info if found.title == HELPED_BY_COPYING else OUTCOME[found.outcome]
    draw("  \n".join(found.reasons).replace("$", "\\$"), title=found.title)
    kept = keep_which(report)
    if kept is not None and sum(m.contestant.role in TRAINED for m in report.models) > 1:
        st.caption(f"Which one to keep: **{kept.key}**. {kept.reason}")
    if found.cautions:
        with st.container(border=True):
            st.markdown("**Before you believe it**")
            st.markdown("\n".join(f"- {caution}" for caution in found.cautions))
    _scale(report)
    st.dataframe(
        pd.DataFrame(
            [_row(one, len(judged.plan.prompts) * judged.plan.n) for one in report.models]
        ),
        hide_index=True,
        column_config={
            "Copied": st.column_config.TextColumn(
                help="Answers that repeat eight words or more of the training data in a row; in "
                "brackets, how many of your own new texts do."
            ),
            "Same again": st.column_config.TextColumn(
                help="How alike a model's answers are to one another; in brackets, your texts."
            ),
            "Words": st.column_config.TextColumn(
                help="The length of the middle answer; in brackets, of your texts."
            ),
            "Like an assistant": st.column_config.TextColumn(
                help="Refusals, talk about being an AI, stock phrases, lists, hedges."
            ),
        },
        key="judge_table",
        alt="Figures of each model",
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
            st.dataframe(groups.round(0), hide_index=True, key="groups", alt="Scores by group")
    _offenders(report)
    show_losses(Column(c.provider, c.model, bool(c.shots)) for c in judged.plan.contestants)
    _downloads(report, judged)


def _scale(report: Report) -> None:
    """Voice score beside detectability; a refused figure takes a sentence, not a place."""
    told = any(one.detectability for one in report.models)
    scored = report.scale is not None and any(one.score for one in report.models)
    if scored:
        with st.container(border=True):
            st.markdown("**Voice score**: 0 is other people, 100 your own held-out writing")
            st.plotly_chart(scale_figure(report), key="scale", config=PLAIN, alt="Voice scores")
            assert report.scale is not None
            notes = " ".join(report.scale.notes)
            st.caption(
                f"{report.scale.negatives} {notes} The bars hold the true score 95 times in 100. "
                "Above 100 is not better: it is a caricature or a copy."
            )
    else:
        refused = report.scale_refused or next(
            (one.score_refused for one in report.models if one.score_refused), ""
        )
        st.caption(f":material/info: **No voice score.** {refused}")
    if told:
        with st.container(border=True):
            st.markdown(
                "**Detectability**: how often a simple machine tells the answers from yours"
            )
            st.plotly_chart(
                detectability_figure(report), key="detect", config=PLAIN, alt="Detectability"
            )
            st.caption(
                "50 % is a coin: it cannot tell. The green band is what it makes of two halves of "
                "your own writing."
            )
            for one in report.models:
                found = one.detectability.tells[:3] if one.detectability else ()
                if found:
                    said = "; ".join(tell.sentence() for tell in found)
                    st.caption(f"What gives **{one.contestant.key}** away: {said}.")
    else:
        refused = next((m.detectability_refused for m in report.models), "")
        st.caption(f":material/info: **No detectability.** {refused}")


def _habit_examples(report: Report) -> None:
    names = dict(zip(report.habits["key"], report.habits["habit"], strict=True))
    key = st.selectbox("Examples of", list(names), format_func=names.__getitem__, key="habit_key")
    shown = report.examples[key]
    for column, (who, texts) in zip(st.columns(max(1, len(shown))), shown.items(), strict=True):
        with column:
            st.caption("**You**" if who == "me" else f"**{who}**")
            st.caption(habit_words(report.habits, key, who))
            for text in texts[:3]:
                st.container(border=True).text(unmask(text))


def _downloads(report: Report, judged: Run) -> None:
    games = [
        verdict(game.rounds, game.votes, _counted(kind), planned=len(game.rounds))
        for kind, game in judged.games.items()
        if game.votes
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download the report",
            lambda: report_html(
                report,
                games=games,
                with_texts=bool(st.session_state.get("report_texts")),
                made_on=datetime.date.today(),
            ),
            "does-it-sound-like-me.html",
            "text/html",
            on_click="ignore",
            icon=":material/download:",
            key="download_report",
        )
        st.download_button(
            "The figures as JSON",
            lambda: report_json(report, games=games),
            "does-it-sound-like-me.json",
            "application/json",
            on_click="ignore",
            key="download_figures",
        )
        st.checkbox(
            "With texts",
            False,
            help="Unticked, no text of anybody is in the report.",
            key="report_texts",
        )


def _counted(kind: str) -> str:
    """Whose wins a game counts: the part after the last " against " but for "me" games."""
    first, _, second = kind.partition(" | ")
    return first if first == "me" else second


def _row(one: ModelReport, of: int) -> dict[str, str]:
    seen = one.variety
    spoken = list(seen.model.languages.items()) if seen else []
    marks = max(seen.model.marks.values(), default=0.0) if seen else 0.0
    return {
        "Model": one.contestant.key,
        "Answers": f"{one.answers} of {of}",
        "Copied": f"{one.copies.model.long_run:.0%} ({one.copies.chance.long_run:.0%})",
        "Same again": "–" if seen is None else f"{seen.model.same:.0%} ({seen.mine.same:.0%})",
        "Words": "–" if seen is None else f"{seen.model.words[1]:.0f} ({seen.mine.words[1]:.0f})",
        "Like an assistant": f"{marks:.0%}",
        "Languages": ", ".join(f"{name} {share:.0%}" for name, share in spoken[:2]) or "–",
    }


def _offenders(report: Report) -> None:
    found = [(one, o) for one in report.models for o in one.copies.offenders]
    if not found:
        return
    with st.expander(f"Answers that copy the training data ({len(found)})"):
        for one, offender in found[:20]:
            st.caption(f"{one.contestant.key}: {offender.words} words in a row")
            left, right = st.columns(2)
            left.caption("The answer")
            left.text(unmask(offender.text))
            right.caption("In the training data")
            right.text(unmask(offender.source_text))
