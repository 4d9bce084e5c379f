"""Extras of the Evidence tab: a language model as a judge, and planted secrets."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from core.costs import generation_cost
from core.providers import key_slot
from core.tokens import count_texts
from core.ui import frame, state
from core.ui.columns import Column, price_of
from core.ui.models import callable_models, model_label
from core.voice.blind import Pairing, pairings
from core.voice.canaries import CANDIDATES, PLANTED, exposure, text_losses
from core.voice.kept import Run
from core.voice.llm_judge import SAMPLES, JudgeResult, agreement, judge_pairs, question

#: Answers in one letter, and what a provider adds around them (tokens).
LETTER = 8


def llm_judge_box(judged: Run) -> None:
    """Ask a chat model which of two answers sounds like me, in both orders."""
    with st.expander("A language model as a judge", key="llm_box", on_change="rerun") as box:
        if not box.open:
            return
        st.write(
            "An extra, not evidence: such judges hardly agree with readers. Every pair is asked in "
            "both orders, and a win counts only if both agree."
        )
        names = [one.key for one in judged.plan.contestants if judged.answers.texts.get(one.key)]
        providers = _judges()
        if len(names) < 2:
            st.caption("It takes answers of two models.")
            return
        if not providers:
            st.caption(
                "It takes a chat model: choose a provider in the sidebar and enter a key there "
                "once. The model on this machine only imitates and cannot judge."
            )
            return
        with frame.problems_shown():
            _ask_a_judge(judged, names, providers)


def _judges() -> list[str]:
    """Providers away from this machine that this session can ask."""
    mine, found = state.session(), []
    for key, profile in state.profiles().items():
        slot = key_slot(profile, mine.base_urls.get(key) or None)
        reachable = profile.base_url or mine.base_urls.get(key)
        if not profile.is_embedded and reachable and mine.api_keys.get(slot):
            found.append(key)
    return found


def _ask_a_judge(judged: Run, names: list[str], providers: list[str]) -> None:
    left, right = st.columns(2)
    provider = left.selectbox(
        "Judge at",
        providers,
        format_func=lambda key: state.profiles()[key].name,
        key="llm_provider",
    )
    model = right.selectbox(
        "Model",
        callable_models(provider),
        format_func=model_label,
        accept_new_options=True,
        index=None,
        placeholder="Choose a chat model",
        key="llm_model",
    )
    first = left.selectbox("One", names, key="llm_first")
    second = right.selectbox("Other", [n for n in names if n != first], key="llm_second")
    pairs = _pairs(judged, first, second)
    if not pairs:
        st.caption("These two have no two different answers to the same prompt.")
        return
    count = len(pairs)
    if count > 5:
        count = st.slider("Pairs", 5, min(100, count), min(20, count), 5, key="llm_pairs")
    samples = list(judged.data.mine)[-SAMPLES:]
    tokens = int(
        count_texts([question(samples, p.first, p.second) for p in pairs[:count]]).sum() * 2
    )
    price = price_of(Column(provider, str(model))) if model else None
    cost = price and generation_cost(tokens, 2 * count * LETTER, price, 1)
    words = state.session().about(cost, small=True) if cost is not None else "price unknown"
    name = state.profiles()[provider].name
    st.caption(
        f"Sends {2 * count} questions with {count} pairs of answers and {len(samples)} of your "
        f"held-out texts, masked, to {name}: about {tokens:,} tokens, {words}. Models that think "
        "before they answer cost more."
    )
    if st.button("Send and ask the judge", key="ask_llm_judge", disabled=not model):
        bar = st.progress(0.0, text="Asking the judge…")

        def progress(done: int, of: int) -> None:
            bar.progress(done / of, text=f"{done} of {of} pairs")

        result = judge_pairs(
            state.client(provider), str(model), pairs[:count], samples, second, progress=progress
        )
        bar.empty()
        st.session_state["llm_result"] = (judged.plan, first, second, str(model), result)
    kept = st.session_state.get("llm_result")
    if kept is not None and kept[0] is judged.plan:
        _show_judgement(judged, *kept[1:])


def _pairs(judged: Run, first: str, second: str) -> list[Pairing]:
    texts = {
        name: {n: some[0] for n, some in judged.answers.texts[name].items() if some and some[0]}
        for name in (first, second)
    }
    found = pairings(judged.plan.prompts, texts)
    return [pair for pair in found if pair.first.strip() != pair.second.strip()]


def _show_judgement(judged: Run, first: str, second: str, model: str, result: JudgeResult) -> None:
    rounds = result.verdict.rounds
    st.info(
        f"{result.verdict.sentence} In {result.ties} pairs the two orders disagreed"
        + (f"; {result.failed} pairs brought no usable answer." if result.failed else "."),
        title=f"{model_label(model)} says ({rounds} clear judgements)",
    )
    st.caption(
        f"What stood first won in {result.first_share:.0%} of the questions (50 % without bias)."
    )
    same = of = 0
    for kind, game in judged.games.items():
        if set(kind.split(" | ")) == {first, second}:
            a, b = agreement(result.judgements, game.rounds, game.votes)
            same, of = same + a, of + b
    if of:
        st.caption(f"You and the judge chose the same in {same} of {of} pairs that both judged.")
    else:
        st.caption(
            f"How far it agrees with people: play the blind game of {first} against {second}, and "
            "the rounds that both judged are counted here."
        )


def canary_box(columns: tuple[Column, ...]) -> None:
    """Plant made-up secrets in the next training, and see later whether a model learnt them."""
    mine = state.session()
    with st.expander("Planted secrets", key="canary_box", on_change="rerun") as box:
        if not box.open:
            return
        times = " and ".join([", ".join(map(str, PLANTED[:-1])), str(PLANTED[-1])])
        st.write(
            "Would your model give away a code that was written once in your archive? Plant "
            f"made-up secrets {times} times in the training texts, train, and come back: if the "
            "model finds one likelier than nearly all other codes, it has memorised it."
        )
        planted = st.toggle(
            f"Plant them in the next training ({sum(PLANTED)} extra examples)",
            mine.planted,
            key="plant_canaries",
        )
        if planted != mine.planted:
            mine.planted = planted
            st.rerun()
        for canary, often in zip(state.visitor_canaries(), PLANTED, strict=True):
            st.caption(f"{often}x: {canary.text}")
        here = [c for c in columns if state.profiles()[c.provider].is_embedded and not c.shots]
        if not here:
            st.caption("Codes can be ranked for models on this machine.")
            return
        if st.button("Ask the models on this machine", key="check_canaries"):
            with frame.problems_shown():
                st.session_state["exposures"] = _exposures(here)
        rows = st.session_state.get("exposures")
        if rows:
            st.dataframe(pd.DataFrame(rows), hide_index=True, key="exposures_table", alt="Secrets")
            st.caption(
                f"Rank 1: likelier than all {CANDIDATES - 1} other codes; chance does that once in "
                f"{CANDIDATES}. Only a model trained while they were planted can know them; the "
                "base model shows what chance gives."
            )


def _exposures(columns: list[Column]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for column in columns:
        losses = partial(text_losses, state.client(column.provider), column.model)
        for canary, often in zip(state.visitor_canaries(), PLANTED, strict=True):
            found = exposure(losses, canary)
            rows.append(
                {
                    "Model": column.label,
                    "Planted": f"{often}x",
                    "Rank": f"{found.rank} of {found.candidates}",
                    "Memorised": "yes" if found.memorised else "no",
                }
            )
    return rows
