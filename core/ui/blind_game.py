"""The blind game: which one did I write? Labels hidden, order random, chance in view."""

from __future__ import annotations

import random

import streamlit as st

from core.figures.voice import strength_figure
from core.problems import Problem
from core.ui import frame, state
from core.ui.judge_run import current
from core.ui.real_names import unmask
from core.voice.blind import (
    ME,
    Round,
    Verdict,
    make_rounds,
    pairings,
    preference_jsonl,
    strengths,
    verdict,
    winner,
)
from core.voice.kept import Game, Run
from core.voice.quiz import pool, quiz_html

ROUNDS = 20


def blind_game() -> None:
    """Play rounds with the judge's answers, and send the same rounds to friends."""
    judged = current()
    if judged is None or not judged.answers.count:
        with st.container(border=True):
            st.write(
                "Two texts, one of them yours: which one? The game is played with the judge's "
                "answers. Run the judge on the Evidence tab first."
            )
        return
    names = [
        one.key
        for one in judged.plan.contestants
        if any(judged.answers.texts.get(one.key, {}).values())
    ]
    kinds = [f"{ME} | {name}" for name in reversed(names)]
    kinds += [f"{a} | {b}" for n, a in enumerate(names) for b in names[n + 1 :]]
    # A tuned model is what people want to be fooled by: its games come first.
    roles = {one.key: one.role for one in judged.plan.contestants}
    kinds.sort(key=lambda kind: not any(roles.get(n) == "tuned" for n in kind.split(" | ")))
    kind = st.selectbox("Game", kinds, format_func=_title, key="game_kind")
    game = judged.games.get(kind)
    if game is None:
        try:
            game = judged.games[kind] = Game(_rounds(judged, kind))
        except Problem as problem:
            frame.show_problem(problem)
            return
        judged.keep_games()
    against_me = kind.startswith(f"{ME} | ")
    question = "Which one did you really write?" if against_me else "Which sounds more like you?"
    if len(game.votes) < len(game.rounds):
        _play(judged, game, question)
    counted = ME if against_me else kind.split(" | ")[1]
    if game.votes:
        _result(verdict(game.rounds, game.votes, counted, planned=len(game.rounds)), judged, kind)
        if not against_me:
            _preferences(game)
    asked = "Which one did a person write?" if against_me else "Which sounds more like the person?"
    _friends(judged, game, asked, counted)
    _ranking(judged)


def _title(kind: str) -> str:
    first, _, second = kind.partition(" | ")
    if first == ME:
        return f"Which one did I write? Me against {second}"
    return f"Which sounds more like me? {first} against {second}"


def _rounds(judged: Run, kind: str) -> list[Round]:
    texts = {
        name: (
            dict(enumerate(judged.plan.real))
            if name == ME
            else {n: some[0] for n, some in judged.answers.texts[name].items() if some}
        )
        for name in kind.split(" | ")
    }
    pairs = pairings(judged.plan.prompts, texts)
    return make_rounds(pairs, ROUNDS, seed=random.randrange(2**31))


def _play(judged: Run, game: Game, question: str) -> None:
    turn = len(game.votes)
    one = game.rounds[turn]
    st.progress(turn / len(game.rounds), text=f"Round {turn + 1} of {len(game.rounds)}")
    prompt = [m.content for m in one.prompt if m.role != "system" and m.content.strip()]
    if prompt:
        st.caption("The prompt")
        st.text(unmask(prompt[-1]))
    st.markdown(f"**{question}**")
    left, right = st.columns(2)
    for column, side, text in ((left, "left", one.left), (right, "right", one.right)):
        with column.container(border=True, height="stretch"):
            st.text(unmask(text))
            if st.button("This one", key=f"vote_{side}_{turn}"):
                _vote(judged, game, side)
    if st.button("Cannot tell", type="tertiary", key=f"vote_neither_{turn}"):
        _vote(judged, game, "neither")


def _vote(judged: Run, game: Game, side) -> None:
    game.votes.append(side)
    judged.keep_games()
    st.rerun()


def _result(found: Verdict, judged: Run, kind: str) -> None:
    game = judged.games[kind]
    st.info(found.sentence, title=f"{found.wins} of {found.rounds} rounds")
    last = game.rounds[len(game.votes) - 1]
    if winner(last, game.votes[-1]) is not None:
        st.caption(
            f"Last round: left was {_who(last.left_name)}, right was {_who(last.right_name)}."
        )
    if found.stop and len(game.votes) < len(game.rounds):
        st.caption("You may stop here: more rounds would hardly change what can be said.")
    if st.button(
        "Start over",
        type="tertiary",
        help="New rounds. Codes of friends belong to the rounds that you sent them.",
        key="game_over",
    ):
        del judged.games[kind]
        judged.keep_games()
        st.rerun()


def _who(name: str) -> str:
    return "you" if name == ME else name


def _preferences(game: Game) -> None:
    """The votes as preference pairs, for the Train page or for a file."""
    votes = game.votes
    if all(vote == "neither" for vote in votes):
        return
    pairs = preference_jsonl(game.rounds[: len(votes)], votes)
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


def _friends(judged: Run, game: Game, question: str, counted: str) -> None:
    with st.expander("Send the game to friends"):
        st.write(
            "One file that works without a network, on a phone too. The texts of the game are "
            "inside it, with the made-up names. Friends open it, choose, and send you back a "
            "short code."
        )
        st.download_button(
            "Download the quiz",
            lambda: quiz_html(game.rounds, question),
            "which-one.html",
            "text/html",
            on_click="ignore",
            key="download_quiz",
        )
        codes = st.text_area(
            "Codes of your friends, one a line", "\n".join(game.codes), key="quiz_codes"
        )
        lines = [line.strip() for line in codes.splitlines() if line.strip()]
        if lines:
            with frame.problems_shown():
                pooled = pool(lines, game.rounds)
                found = verdict(pooled.rounds, pooled.votes, counted, planned=None)
                friends = "1 friend" if pooled.friends == 1 else f"{pooled.friends} friends"
                st.info(found.sentence, title=f"{friends}, {found.rounds} rounds")
        if lines != game.codes:
            game.codes = lines
            judged.keep_games()


def _ranking(judged: Run) -> None:
    """All games together, where more than two have played."""
    played = [game for game in judged.games.values() if game.votes]
    names = {name for game in played for r in game.rounds for name in (r.left_name, r.right_name)}
    if len(names) < 3:
        return
    rounds = [one for game in played for one in game.rounds[: len(game.votes)]]
    votes = [vote for game in played for vote in game.votes]
    with st.expander("All your games together"):
        st.plotly_chart(
            strength_figure(strengths(rounds, votes)),
            key="strengths",
            config={"displayModeBar": False},
            alt="Chance of each to be chosen",
        )
        st.caption("How often each would be chosen against an average one, with 95 % bars.")
