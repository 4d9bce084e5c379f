"""5 Compare: base and fine-tuned model answer the same prompt, side by side."""

from dataclasses import dataclass, field

import openai
import streamlit as st

from core.engine import BASE_MODEL
from core.examples import ChatMessage
from core.generate import Sampling, StreamUsage, stream_answer
from core.privacy import restore
from core.problems import Problem
from core.providers import Profile
from core.recipes.base import prompt_messages
from core.ui import frame, state
from core.ui.models import callable_models, is_tuned, model_label
from core.voice.copies import CopyIndex, longest_copy

SIDES = ("left", "right")
OWN = "My own prompt"
HELD_OUT = "From the held-out writing"
#: A run of this many words is a finding: in real chats chance gives none (0 of 150 measured).
NOTABLE_RUN = 8


@dataclass
class Request:
    """One question to both models; a new object for every press of the button."""

    messages: tuple[ChatMessage, ...]
    sampling: Sampling
    models: dict[str, str]


@dataclass
class Answer:
    """What one side said to one request."""

    request: Request
    texts: list[str]
    usage: StreamUsage | None = None
    problem: Problem | None = None
    complete: bool = field(default=False)


def choose_models() -> dict[str, str]:
    profile = state.profile()
    models = callable_models()
    tuned = [model for model in models if is_tuned(model)]
    if profile.is_embedded and not tuned:
        with st.container(border=True, horizontal_alignment="center"):
            st.space("small")
            st.header("No trained model yet", anchor=False, width="content")
            st.write("Train one first; on this machine it takes a few seconds.")
            if st.button("Go to Train", type="primary", key="go_train"):
                st.switch_page("pages/train.py")
            st.space("small")
        st.stop()
    final = [model for model in tuned if ":ckpt-" not in model]
    others = [model for model in models if model not in tuned]
    order = [*others, *final, *(model for model in tuned if model not in final)]
    best = (final or tuned or order or [""])[0]
    left, right = st.columns(2)
    pick = {
        "format_func": model_label,
        "accept_new_options": not profile.is_embedded,
        "help": "Choose from the list"
        + ("." if profile.is_embedded else ", or type the name of any model the server offers."),
    }
    return {
        "left": left.selectbox("Left", order, index=0 if order else None, key="model_left", **pick),
        "right": right.selectbox(
            "Right",
            order,
            index=order.index(best) if best in order else None,
            key="model_right",
            **pick,
        ),
    }


def choose_sampling() -> Sampling:
    with st.popover("Settings", icon=":material/tune:"):
        temperature = st.slider(
            "Temperature",
            0.0,
            2.0,
            0.8,
            0.05,
            help="Low: safe and repetitive. High: surprising, and sometimes broken.",
            key="temperature",
            persist_state="session",
        )
        max_tokens = st.slider(
            "Longest answer (tokens)", 10, 500, 120, 10, key="max_tokens", persist_state="session"
        )
        n = st.slider("Answers per model", 1, 4, 1, key="samples", persist_state="session")
        seed = st.number_input(
            "Seed",
            0,
            2**31 - 1,
            1,
            help="The same seed gives the same answer; change it for another one.",
            key="compare_seed",
            persist_state="session",
        )
    return Sampling(temperature=temperature, max_tokens=max_tokens, n=n, seed=int(seed))


def choose_prompt(mine: state.Session) -> tuple[tuple[ChatMessage, ...], str | None]:
    """The messages to send, built by the same code as the examples, and the real answer."""
    held_out = state.dataset().held_out if mine.archive is not None else []
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
        text = st.text_area(
            "Your prompt",
            placeholder="Write what the other person says. Empty: a post out of nothing.",
            height=80,
            key="own_prompt",
        )
        return prompt_messages(mine.settings, text), None
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
    return example.prompt, example.completion


def unmask(text: str) -> str:
    """The text with the real names, if the visitor asked for them."""
    if not st.session_state.get("names_back") or state.session().archive is None:
        return text
    return restore(text, state.masked().map)


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
        else:
            for text in kept.texts:
                st.container(border=True).text(unmask(text))
        if kept.problem is not None:
            frame.show_problem(kept.problem)
        details(kept, index)


def ask(side: str, request: Request, client: openai.OpenAI, profile: Profile) -> Answer:
    """Stream the answers of one side; an error of this side never stops the other."""
    answer = Answer(request, [""] * request.sampling.n)
    st.session_state[f"answer_{side}_kept"] = answer
    slots = [st.container(border=True).empty() for _ in answer.texts]
    pieces = stream_answer(
        client, request.models[side], request.messages, request.sampling, profile=profile
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


mine = frame.enter()
frame.title("Compare", "Two models, one prompt: does the trained one sound like the archive?")
with frame.problems_shown():
    models = choose_models()
    with st.container(border=True):
        messages, real = choose_prompt(mine)
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(
                "Ask both", type="primary", icon=":material/forum:", key="ask",
                disabled=not all(models.values()),
            )  # fmt: skip
            sampling = choose_sampling()
            reveal = real is not None and st.toggle("Show what was really written", key="reveal")
            real_names = mine.archive is not None and mine.privacy.mode != "off"
            st.session_state["names_back"] = real_names and st.toggle(
                "Put the real names back",
                help="Only on your screen: models saw and write the made-up names.",
                key="real_names",
            )
        if reveal:
            st.caption("What was really written")
            st.text(unmask(real))
    if pressed:
        st.session_state["request"] = Request(messages, sampling, models)
    request: Request | None = st.session_state.get("request")
    if request is not None:
        client, index = state.client(), copy_index()
        for side, column in zip(SIDES, st.columns(2), strict=True):
            with column:
                answer_column(side, request, client, state.profile(), index)
    elif BASE_MODEL in models.values():
        st.caption(
            "The embedded model learns habits of writing, not facts: it will make things up."
        )
