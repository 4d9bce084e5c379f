"""The blind game: which one did I write? Labels hidden, order random, chance in view."""

from __future__ import annotations

import random

import streamlit as st

from core.ui import frame, state
from core.ui.real_names import unmask
from core.voice.answers import Answers, Plan
from core.voice.blind import (
    Round,
    Verdict,
    make_rounds,
    pairings,
    preference_jsonl,
    verdict,
    winner,
)
from core.voice.quiz import pool, quiz_html

ROUNDS = 20
ME = "me"


def blind_game() -> None:
    """Play rounds with the judge's answers, and send the same rounds to friends."""
    plan: Plan | None = state.session().cache.get("judge:plan", (None, None))[1]
    answers: Answers | None = state.session().cache.get("judge:answers", (None, None))[1]
    if plan is None or answers is None or not answers.count:
        st.write(
            "The game is played with the judge's answers. Run the judge on the Evidence tab first."
        )
        return
    names = [one.key for one in plan.contestants if answers.texts.get(one.key)]
    kinds = {f"Which one did I write? Me against {name}": (ME, name) for name in names}
    if len(names) > 1:
        kinds[f"Which one is better? {names[0]} against {names[1]}"] = (names[0], names[1])
    kind = st.selectbox("Game", list(kinds), key="game_kind")
    rounds = _rounds(plan, answers, kinds[kind])
    votes: list = st.session_state.setdefault(f"votes_{kind}_{id(plan)}", [])
    against_me = ME in kinds[kind]
    question = "Which one did you really write?" if against_me else "Which one is better?"
    if len(votes) < len(rounds):
        _play(rounds[len(votes)], votes, len(rounds), question)
    counted = ME if against_me else kinds[kind][1]
    if votes:
        _result(verdict(rounds, votes, counted, planned=len(rounds)), rounds, votes)
        _preferences(rounds, votes)
    _friends(rounds, question, counted)


def _rounds(plan: Plan, answers: Answers, names: tuple[str, str]) -> list[Round]:
    mine = state.session()

    def make() -> list[Round]:
        texts = {
            name: (
                dict(enumerate(plan.real))
                if name == ME
                else {n: some[0] for n, some in answers.texts[name].items() if some}
            )
            for name in names
        }
        pairs = pairings(plan.prompts, texts)
        return make_rounds(pairs, ROUNDS, seed=random.randrange(2**31))

    return mine.remember(f"game:{names}", (id(plan), answers.count), make)


def _play(one: Round, votes: list, of: int, question: str) -> None:
    st.progress(len(votes) / of, text=f"Round {len(votes) + 1} of {of}")
    prompt = [m.content for m in one.prompt if m.role != "system" and m.content.strip()]
    if prompt:
        st.caption("The prompt")
        st.text(unmask(prompt[-1]))
    st.markdown(f"**{question}**")
    left, right = st.columns(2)
    for column, side, text in ((left, "left", one.left), (right, "right", one.right)):
        with column.container(border=True, height="stretch"):
            st.text(unmask(text))
            if st.button("This one", key=f"vote_{side}_{len(votes)}"):
                votes.append(side)
                st.rerun()
    if st.button("Cannot tell", type="tertiary", key=f"vote_neither_{len(votes)}"):
        votes.append("neither")
        st.rerun()


def _result(found: Verdict, rounds: list[Round], votes: list) -> None:
    st.info(
        f"{found.sentence} The rate lies between {found.interval.low:.0%} and "
        f"{found.interval.high:.0%} (95 %).",
        title=f"{found.wins} of {found.rounds} rounds",
    )
    last = rounds[len(votes) - 1]
    if winner(last, votes[-1]) is not None:
        st.caption(f"Last round: left was {last.left_name}, right was {last.right_name}.")
    if st.button("Start over", type="tertiary", key="game_over"):
        votes.clear()
        st.rerun()


def _preferences(rounds: list[Round], votes: list) -> None:
    """The votes as preference pairs, for the Train page or for a file."""
    pairs = preference_jsonl(rounds[: len(votes)], votes)
    if not pairs:
        return
    with st.container(horizontal=True):
        if st.button("Use my votes for training (DPO)", key="use_votes"):
            state.session().preferences = pairs
            st.toast("The Train page can now learn from your choices.")
        st.download_button(
            "Download my votes",
            pairs,
            "preferences.jsonl",
            "application/jsonl",
            on_click="ignore",
            key="download_votes",
        )


def _friends(rounds: list[Round], question: str, counted: str) -> None:
    with st.expander("Send the game to friends"):
        st.write(
            "A file that works without a network. The texts of the game are inside it. Friends "
            "open it, choose, and send you back a short code."
        )
        st.download_button(
            "Download the quiz",
            lambda: quiz_html(rounds, question),
            "which-one.html",
            "text/html",
            on_click="ignore",
            key="download_quiz",
        )
        codes = st.text_area("Codes of your friends, one a line", key="quiz_codes")
        lines = [line for line in codes.splitlines() if line.strip()]
        if lines:
            with frame.problems_shown():
                pooled = pool(lines, rounds)
                found = verdict(pooled.rounds, pooled.votes, counted, planned=None)
                st.info(found.sentence, title=f"{pooled.friends} friends, {found.rounds} rounds")
