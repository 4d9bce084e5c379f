"""Two models answer one prompt at the same time, each in its own column."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field

import openai
import streamlit as st

from core.examples import ChatMessage
from core.generate import Sampling, StreamUsage, stream_answer
from core.problems import Problem
from core.providers import Profile
from core.recipes.base import prompt_messages
from core.ui import frame, state
from core.ui.losses import show_losses
from core.ui.models import model_label
from core.ui.real_names import unmask
from core.ui.sampling import choose_sampling
from core.voice.copies import CopyIndex, longest_copy
from core.voice.differences import differences

SIDES = ("left", "right")
OWN = "My own prompt"
HELD_OUT = "From the held-out writing"
#: What people ask a model of themselves, or of somebody they know.
STARTERS = [
    "What did you do today?",
    "What should we have for dinner?",
    "I am running late, sorry!",
    "Learn something about yourself: what are you like?",
    "Well that was worth a try, don't you think?",
]
#: A run of this many words is a finding: in real chats chance gives none (0 of 150 measured).
NOTABLE_RUN = 8


@dataclass
class Request:
    """One question to both models; a new object for every press of the button."""

    messages: dict[str, tuple[ChatMessage, ...]]
    sampling: Sampling
    models: dict[str, str]
    real: str | None = None
    number: int = 0


@dataclass
class Answer:
    """What one side said to one request."""

    request: Request
    texts: list[str]
    usage: StreamUsage | None = None
    problem: Problem | None = None
    complete: bool = field(default=False)


def side_by_side(models: dict[str, str]) -> None:
    """Choose a prompt, ask both models, draw what they say.

    Args:
        models: a model name for "left" and for "right".
    """
    mine = state.session()
    with st.container(border=True):
        messages, real = choose_prompt(mine)
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                "Ask both",
                type="primary",
                icon=":material/forum:",
                key="ask",
                disabled=not all(models.values()),
            )
            sampling = choose_sampling()
            reveal = real is not None and st.toggle("Show what was really written", key="reveal")
        if reveal and real is not None:
            st.caption("What was really written")
            st.text(unmask(real))
    if pressed:
        number = st.session_state.get("requests_made", 0) + 1
        st.session_state["requests_made"] = number
        st.session_state["request"] = Request(messages, sampling, models, real, number)
    request: Request | None = st.session_state.get("request")
    if request is None:
        return
    client, index = state.client(), copy_index()
    for side, column in zip(SIDES, st.columns(2), strict=True):
        with column:
            answer_column(side, request, client, state.profile(), index)
    after_the_answers(request)


def choose_prompt(
    mine: state.Session,
) -> tuple[dict[str, tuple[ChatMessage, ...]], str | None]:
    """The messages for each side, built by the same code as the examples, and the real answer."""
    held_out = state.dataset().held_out if mine.archive is not None else []
    # Those with something to answer first: a blank prompt says little about a reply.
    held_out = sorted(held_out, key=lambda example: not example.prompt[-1].content)
    sources = [HELD_OUT, OWN] if held_out else [OWN]
    source = st.segmented_control(
        "Prompt",
        sources,
        default=sources[0],
        required=True,
        help="Held-out writing was kept apart from the training, so no model has seen it.",
        key="prompt_source",
    )
    if source == OWN:
        return own_prompt(mine), None
    number = st.number_input(
        f"Held-out example, 1 to {len(held_out):,}", 1, len(held_out), 1, key="held_out_number"
    )
    example = held_out[int(number) - 1]
    with st.container(border=True):
        for message in example.prompt[-6:]:
            who = message.name or {"user": "prompt", "assistant": "you, earlier"}.get(
                message.role, message.role
            )
            st.caption(who)
            st.text(unmask(message.content) or "(blank prompt: a post out of nothing)")
    return dict.fromkeys(SIDES, tuple(example.prompt)), example.completion


def own_prompt(mine: state.Session) -> dict[str, tuple[ChatMessage, ...]]:
    """What the visitor types, masked like the archive; each side may go on with its own talk."""
    starter = st.pills("Starters", STARTERS, key="starter", label_visibility="collapsed")
    text = st.text_area(
        "Your prompt",
        starter or "",
        placeholder="Write what the other person says. Empty: a post out of nothing.",
        height=80,
        key=f"own_prompt_{starter}",
    )
    goes_on = st.session_state.get("request") is not None and st.toggle(
        "Go on with the conversation below",
        help="Each model sees its own earlier answers.",
        key="go_on",
    )
    safe = state.mask_text(text)
    if safe != text:
        st.caption(f"What is sent, with the made-up names: {safe}")
    return {
        side: prompt_messages(mine.settings, safe, history=talk(side) if goes_on else ())
        for side in SIDES
    }


def talk(side: str) -> tuple[ChatMessage, ...]:
    """What one side has said so far, and what it was asked."""
    kept: Answer | None = st.session_state.get(f"answer_{side}_kept")
    if kept is None or not kept.texts[0]:
        return ()
    asked = tuple(m for m in kept.request.messages[side] if m.role != "system")
    return (*asked, ChatMessage("assistant", kept.texts[0]))


def finished(request: Request) -> dict[str, Answer]:
    """Both answers to a request by side, or nothing while one of them is under way."""
    kept: dict[str, Answer] = {}
    for side in SIDES:
        one: Answer | None = st.session_state.get(f"answer_{side}_kept")
        if one is None or not one.complete or one.request is not request:
            return {}
        kept[side] = one
    return kept


def after_the_answers(request: Request) -> None:
    """Compare the two texts, rate them, keep the history."""
    kept = finished(request)
    if not kept:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        marked = st.toggle("Mark what differs", key="mark_differences")
        st.caption("Which is better?", width="content")
        choice = st.segmented_control(
            "Which is better?",
            ["left", "neither", "right"],
            label_visibility="collapsed",
            key=f"rating_{request.number}",
        )
    if marked:
        for column, pieces in zip(
            st.columns(2),
            differences(unmask(kept["left"].texts[0]), unmask(kept["right"].texts[0])),
            strict=True,
        ):
            drawn = "".join(
                html.escape(piece.text)
                if piece.shared
                else f"<mark>{html.escape(piece.text)}</mark>"
                for piece in pieces
            )
            column.html(f'<div style="white-space:pre-wrap">{drawn}</div>')
    show_losses(request.models.values())
    history: dict[int, dict] = st.session_state.setdefault("comparisons", {})
    history[request.number] = {
        "prompt": [message._asdict() for message in request.messages["right"]],
        "models": request.models,
        "answers": {side: one.texts for side, one in kept.items()},
        "really_written": request.real,
        "better": choice,
    }
    with st.expander(f"Earlier comparisons ({len(history)})"):
        for entry in reversed(list(history.values())):
            st.text(unmask(entry["prompt"][-1]["content"]) or "(blank prompt)")
            left, right = st.columns(2)
            left.text(unmask(entry["answers"]["left"][0]))
            right.text(unmask(entry["answers"]["right"][0]))
            if entry["better"]:
                st.caption(f"Better: {entry['better']}")
        st.download_button(
            "Download",
            lambda: json.dumps(list(history.values()), ensure_ascii=False, indent=1).encode(),
            "comparisons.json",
            "application/json",
            on_click="ignore",
            key="download_comparisons",
        )


@st.fragment(parallel=True)
def answer_column(
    side: str, request: Request, client: openai.OpenAI, profile: Profile, index: CopyIndex | None
) -> None:
    """One side's answers: streamed once per request, then drawn from what was kept."""
    with st.container(key=f"answer_{side}"):
        st.markdown(f"**{model_label(request.models[side])}**")
        kept: Answer | None = st.session_state.get(f"answer_{side}_kept")
        if kept is None or kept.request is not request:
            kept = ask(side, request, client, profile)
            if finished(request):
                st.rerun()  # the whole page once, so that what follows the answers is drawn
        else:
            for text in kept.texts:
                st.container(border=True).text(unmask(text))
        if kept.problem is not None:
            frame.show_problem(kept.problem)
        details(kept, index)
        if st.button("Again", icon=":material/refresh:", type="tertiary", key=f"again_{side}"):
            st.session_state[f"answer_{side}_kept"] = None
            st.rerun(scope="fragment")


def ask(side: str, request: Request, client: openai.OpenAI, profile: Profile) -> Answer:
    """Stream the answers of one side; an error of this side never stops the other."""
    answer = Answer(request, [""] * request.sampling.n)
    st.session_state[f"answer_{side}_kept"] = answer
    slots = [st.container(border=True).empty() for _ in answer.texts]
    pieces = stream_answer(
        client, request.models[side], request.messages[side], request.sampling, profile=profile
    )
    try:
        for piece in pieces:
            if piece.text and piece.index < len(slots):
                answer.texts[piece.index] += piece.text
                slots[piece.index].text(unmask(answer.texts[piece.index]))
            answer.usage = piece.usage or answer.usage
    except Problem as problem:
        answer.problem = problem
    answer.complete = True
    return answer


def details(answer: Answer, index: CopyIndex | None) -> None:
    """Tokens and times, and the longest run that stands word for word in the training data."""
    parts = []
    if answer.usage is not None:
        used = answer.usage
        if used.completion_tokens is not None:
            parts.append(f"{used.completion_tokens} tokens")
        if used.seconds_to_first_token is not None:
            parts.append(f"first after {used.seconds_to_first_token:.2f} s")
        parts.append(f"done in {used.seconds:.2f} s")
    if parts:
        st.caption(" · ".join(parts))
    if index is None:
        return
    for text in answer.texts:
        copy = longest_copy(text, index)
        if copy.words >= NOTABLE_RUN:
            st.caption(
                f":material/content_copy: **{copy.words:.0f} words in a row** stand in the "
                f"training data: “{copy.text}”"
            )
        elif text:
            words = "1 word" if round(copy.words) == 1 else f"{copy.words:.0f} words"
            st.caption(f"Longest run copied from the training data: {words}.")


def copy_index() -> CopyIndex | None:
    mine = state.session()
    if mine.archive is None:
        return None
    made = state.dataset()
    return mine.remember(
        "copy_index", id(made), lambda: CopyIndex([e.completion for e in made.training])
    )
