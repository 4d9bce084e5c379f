"""Up to four models answer one prompt at the same time, each in its own column."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

import openai
import streamlit as st

from core.examples import ChatMessage
from core.generate import Sampling, StreamUsage, stream_answer
from core.problems import Problem
from core.providers import Profile
from core.tokens import count_texts
from core.ui import frame, state
from core.ui.bubbles import Bubble, chat
from core.ui.columns import Chosen, Column, answer_cost, hosted, shots_go_away
from core.ui.comparisons import after_the_answers
from core.ui.open_weights import loading_words
from core.ui.own_prompt import choose_prompt
from core.ui.real_names import unmask
from core.ui.sampling import choose_sampling
from core.voice.copies import CopyIndex, longest_copy
from core.voice.prompting import best_examples, with_examples

#: Names of the places beside each other, for the page's own use.
PLACES = ("left", "right", "third", "fourth")
#: A run of this many words is a finding: in real chats chance gives none (0 of 150 measured).
NOTABLE_RUN = 8


@dataclass
class Request:
    """One question to all models; a new object for every press of the button."""

    columns: tuple[Column, ...]
    messages: dict[Column, tuple[ChatMessage, ...]]
    sampling: Sampling
    real: str | None = None
    number: int = 0


@dataclass
class Answer:
    """What one model said to one request. ``stopped``: it was cut off before its end."""

    request: Request
    texts: list[str]
    usage: StreamUsage | None = None
    problem: Problem | None = None
    complete: bool = field(default=False)
    stopped: bool = field(default=False)


def side_by_side(chosen: Chosen) -> None:
    """Choose a prompt, ask the models, draw what they say."""
    request: Request | None = st.session_state.get("request")
    columns = chosen.columns
    with st.container(border=True):
        prompt = choose_prompt({c: talk(c) for c in columns})
        away = hosted(columns)
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                {1: "Ask", 2: "Ask both"}.get(len(columns), "Ask all"),
                type="primary",
                icon=":material/forum:",
                key="ask",
                disabled=not columns,
            )
            sampling = choose_sampling()
            stop = st.empty()
        if away:
            asked = {c: _with_shots(c, prompt.messages[c]) for c in columns}
            shots = " with ten of your training examples" if shots_go_away(columns) else ""
            st.caption(
                f"The prompt goes to {' and '.join(away)}{shots}, masked as your data set is; "
                f"{most_cost(asked, sampling)}."
            )
    # On this machine an answer is free: the first one needs no button.
    first = request is None and bool(columns) and not away and prompt.real is not None
    if pressed or prompt.at_once or first:
        number = st.session_state.get("requests_made", 0) + 1
        st.session_state["requests_made"] = number
        messages = {c: _with_shots(c, prompt.messages[c]) for c in columns}
        real = prompt.real if chosen.real else None
        request = Request(columns, messages, sampling, real, number)
        st.session_state["request"] = request
    if request is None:
        if chosen.real and not columns:
            st.caption("Choose a model to compare with.")
        return
    if not all(_done(place, request) for place, _ in _placed(request)):
        stop.button("Stop", icon=":material/stop:", key="stop_answers")
    index = copy_index()
    drawn = st.columns(len(request.columns) + (request.real is not None))
    for (place, column), where in zip(_placed(request), drawn, strict=False):
        with where:
            try:
                client = state.client(column.provider)
            except Problem as problem:
                frame.show_problem(problem)
                continue
            profile = state.profile(column.provider)
            answer_column(place, column, request, client, profile, index)
    if request.real is not None:
        with drawn[-1]:
            _real_column(request)
    answers = finished(request)
    if answers:
        after_the_answers(request, answers)


def talk(column: Column) -> tuple[ChatMessage, ...]:
    """What one model has said so far, and what it was asked, without the examples shown to it."""
    request: Request | None = st.session_state.get("request")
    if request is None or column not in request.columns:
        return ()
    kept = _kept(PLACES[request.columns.index(column)])
    if kept is None or kept.request is not request or not kept.texts[0]:
        return ()
    asked = tuple(m for m in request.messages[column] if m.role != "system")
    if column.shots:
        asked = asked[len(_shot_messages()) :]
    return (*asked, ChatMessage("assistant", kept.texts[0]))


def finished(request: Request) -> dict[Column, Answer]:
    """All answers to a request, or nothing while one of them is under way."""
    found = {}
    for place, column in _placed(request):
        one = _kept(place)
        if one is None or not one.complete or one.request is not request:
            return {}
        found[column] = one
    return found


def _placed(request: Request) -> list[tuple[str, Column]]:
    return list(zip(PLACES, request.columns, strict=False))


def _kept(place: str) -> Answer | None:
    return st.session_state.get(f"answer_{place}_kept")


def _done(place: str, request: Request) -> bool:
    one = _kept(place)
    return one is not None and one.complete and one.request is request


def _shots() -> tuple:
    mine = state.session()
    if mine.archive is None:
        return ()
    made = state.dataset()
    return mine.remember(
        "best_examples",
        id(made),
        lambda: tuple(best_examples(made.training, made.voice_others)),
    )


def _shot_messages() -> tuple[ChatMessage, ...]:
    return with_examples((), _shots())


def _with_shots(column: Column, messages: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    return with_examples(messages, _shots()) if column.shots else messages


def _forget_answer(place: str) -> None:
    """Runs before the column is drawn again, alone or with the whole page, and is asked anew."""
    st.session_state[f"answer_{place}_kept"] = None


def _real_column(request: Request) -> None:
    """What the person really wrote, hidden until they want to see it."""
    with st.container(key="answer_real"):
        st.markdown("**You**")
        if st.session_state.get(f"reveal_{request.number}"):
            st.container(border=True).text(unmask(request.real or ""))
            st.caption("What was really written; no model has seen it.")
            return
        with st.container(border=True):
            st.caption("Hidden, so that it does not sway you.")
        if st.button("Show it", icon=":material/visibility:", key="reveal", type="tertiary"):
            st.session_state[f"reveal_{request.number}"] = True
            st.rerun()


@st.fragment(parallel=True)
def answer_column(
    place: str,
    column: Column,
    request: Request,
    client: openai.OpenAI,
    profile: Profile,
    index: CopyIndex | None,
) -> None:
    """One model's answers: streamed once per request, then drawn from what was kept."""
    with st.container(key=f"answer_{place}"):
        st.markdown(f"**{column.label}**")
        _earlier(request.messages[column], column)
        kept = _kept(place)
        if kept is None or kept.request is not request:
            kept = ask(place, column, request, client, profile)
            if finished(request):
                st.rerun()  # the whole page once, so that what follows the answers is drawn
        else:
            for text in kept.texts:
                if text or kept.problem is None:
                    st.container(border=True).text(unmask(text))
        if kept.problem is not None:
            frame.show_problem(kept.problem)
        details(kept, column, index)
        st.button(
            "Again",
            icon=":material/refresh:",
            type="tertiary",
            on_click=_forget_answer,
            args=(place,),
            key=f"again_{place}",
        )


def _earlier(messages: tuple[ChatMessage, ...], column: Column) -> None:
    """The talk before this question, where the conversation goes on."""
    said = [m for m in messages if m.role != "system"][
        len(_shot_messages()) if column.shots else 0 :
    ]
    if any(m.role == "assistant" for m in said) and st.session_state.get("went_on"):
        chat(
            [
                Bubble("me" if m.role == "assistant" else "other", "", unmask(m.content))
                for m in said[-6:]
            ]
        )


def ask(
    place: str, column: Column, request: Request, client: openai.OpenAI, profile: Profile
) -> Answer:
    """Stream one model's answers; its error never stops the others.

    Any press on the page ends the script between two pieces: what has come is kept and marked.
    """
    answer = Answer(request, [""] * request.sampling.n, stopped=True)
    st.session_state[f"answer_{place}_kept"] = answer
    slots = [st.container(border=True).empty() for _ in answer.texts]
    loading = loading_words(column.model) if profile.is_embedded else None
    if loading:
        slots[0].caption(loading)
    stream = stream_answer(
        client, column.model, request.messages[column], request.sampling, profile=profile
    )
    try:
        with closing(stream) as pieces:
            for piece in pieces:
                if piece.text and piece.index < len(slots):
                    answer.texts[piece.index] += piece.text
                    slots[piece.index].text(unmask(answer.texts[piece.index]))
                answer.usage = piece.usage or answer.usage
        answer.stopped = False
    except Problem as problem:
        answer.problem, answer.stopped = problem, False
    finally:
        answer.complete = True
    if loading and not answer.texts[0]:
        slots[0].empty()
    return answer


def details(answer: Answer, column: Column, index: CopyIndex | None) -> None:
    """Tokens, times and price, and the longest run that stands word for word in the training."""
    mine = state.session()
    parts = ["stopped early"] if answer.stopped else []
    if answer.usage is not None:
        used = answer.usage
        if used.completion_tokens is not None:
            parts.append(f"{used.completion_tokens} tokens")
        if used.seconds_to_first_token is not None:
            parts.append(f"first after {used.seconds_to_first_token:.2f} s")
        parts.append(f"done in {used.seconds:.2f} s")
        cost = answer_cost(column, used)
        parts.append("price unknown" if cost is None else mine.small_money(cost))
    longest = 0.0
    for copy in [longest_copy(text, index) for text in answer.texts] if index is not None else []:
        longest = max(longest, copy.words)
        if copy.words >= NOTABLE_RUN:
            st.caption(
                f":material/content_copy: **{copy.words:.0f} words in a row** stand in the "
                f"training data: “{unmask(copy.text)}”"
            )
    if index is not None and 0 < longest < NOTABLE_RUN and any(answer.texts):
        words = "1 word" if round(longest) == 1 else f"{longest:.0f} words"
        parts.append(f"longest copied run: {words}")
    if parts:
        st.caption(" · ".join(parts))


def most_cost(asked: Mapping[Column, tuple[ChatMessage, ...]], sampling: Sampling) -> str:
    """What one press can cost at most, in words."""
    mine = state.session()
    total, unknown = 0.0, False
    for column, messages in asked.items():
        tokens = int(count_texts([m.content for m in messages]).sum())
        usage = StreamUsage(0, None, tokens, sampling.max_tokens * sampling.n)
        cost = answer_cost(column, usage)
        total, unknown = total + (cost or 0.0), unknown or cost is None
    if unknown:
        return "the price of a model is not in the list" + (
            f", the others cost at most {mine.small_money(total)}" if total else ""
        )
    return f"at most {mine.small_money(total)}"


def copy_index() -> CopyIndex | None:
    mine = state.session()
    if mine.archive is None:
        return None
    made = state.dataset()
    return mine.remember(
        "copy_index", id(made), lambda: CopyIndex([e.completion for e in made.training])
    )
