"""What the models of the Compare page are asked: held-out writing, or something of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from core.examples import ChatMessage
from core.recipes.base import prompt_messages
from core.ui import state
from core.ui.bubbles import Bubble, chat
from core.ui.columns import Column
from core.ui.privacy_choices import as_in_training
from core.ui.real_names import unmask
from core.voice.starters import STARTERS

HELD_OUT = "From my held-out writing"
OWN = "My own prompt"

Messages = tuple[ChatMessage, ...]


class Prompt(NamedTuple):
    """The messages for each column, what was really written, and whether to ask straight away."""

    messages: Mapping[Column, Messages]
    real: str | None = None
    at_once: bool = False


def choose_prompt(said: Mapping[Column, Messages]) -> Prompt:
    """The messages for each column, built by the same code as the examples.

    Args:
        said: what was said so far in each column, where a conversation goes on.
    """
    mine = state.session()
    held_out = state.dataset().held_out if mine.archive is not None else []
    # Those with something to answer first: a blank prompt says little about a reply.
    held_out = sorted(held_out, key=lambda example: not example.prompt[-1].content)
    source = st.segmented_control(
        "Prompt",
        [HELD_OUT, OWN] if held_out else [OWN],
        default=HELD_OUT if held_out else OWN,
        required=True,
        help="Held-out writing was kept apart from the training, so no model has seen it.",
        key="prompt_source",
    )
    if source == OWN:
        return _own(said)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(
            f"Number, 1 to {len(held_out):,}", 1, len(held_out), 1, key="held_out_number", width=150
        )
        at_once = st.button(
            "Next one",
            icon=":material/skip_next:",
            help="Asks the models about the next of your held-out texts.",
            on_click=_next_number,
            args=(len(held_out),),
            key="next_prompt",
        )
    example = held_out[int(number) - 1]
    asked = [m for m in example.prompt if m.role != "system"]
    if any(m.content.strip() for m in asked):
        chat(
            [
                Bubble("me" if m.role == "assistant" else "other", m.name or "", unmask(m.content))
                for m in asked[-6:]
                if m.content.strip()
            ]
        )
    else:
        st.caption("A blank prompt: the model writes a post out of nothing, as in the training.")
    return Prompt(dict.fromkeys(said, tuple(example.prompt)), example.completion, at_once)


def _next_number(of: int) -> None:
    """Runs before the page: the number's control may not be changed once it is drawn."""
    st.session_state["held_out_number"] = int(st.session_state["held_out_number"]) % of + 1


def _own(said: Mapping[Column, Messages]) -> Prompt:
    """What the visitor types, masked like the archive; each column may go on with its own talk."""
    mine = state.session()
    labels = [starter.label for starter in STARTERS]
    label = st.pills("Starters", labels, key="starter", label_visibility="collapsed")
    starter = STARTERS[labels.index(label)] if label else None
    system = None
    if starter is not None and starter.system is not None:
        left, right = st.columns(2)
        who = left.text_input(
            "Who is the model?", placeholder="a friend", help="A short description.", key="who"
        )
        name = right.text_input("Their name", placeholder="my friend", key="who_name")
        starter = starter.filled(who, name)
        system = state.mask_text(starter.system or "")
        st.caption(f"System line of this starter, in place of the one in the training: {system}")
    text = st.text_area(
        "Your prompt",
        starter.text if starter else "",
        placeholder="Write what the other person says. Empty: a post out of nothing.",
        height=80,
        key=f"own_prompt_{starter}",
    )
    going = any(said.values())
    goes_on = going and st.toggle(
        "Go on with the conversation below", help="Each model sees its own answers.", key="go_on"
    )
    st.session_state["went_on"] = goes_on
    safe = state.mask_text(text)
    if safe != text:
        st.caption(f"What is sent, with the made-up names: {safe}")
    if mine.archive is not None and mine.settings.buffer_size == 0 and text.strip():
        st.caption(
            ":material/warning: Your data set shows the model no prompts (0 earlier turns), so it "
            "is asked with a blank one whatever you type. Change it on the Dataset page."
        )
    sent = (
        as_in_training(safe, mine.people.others, state.dataset().recipe) if mine.archive else safe
    )
    if sent != safe:
        st.caption(
            f":material/visibility_off: The model was trained on your words only and never saw what "
            f"others wrote, so it is asked with {f'“{sent}”' if sent else 'a blank prompt'} in place "
            "of yours. Change it on the Privacy page, under Other people."
        )
        safe = sent
    messages = {}
    for column, before in said.items():
        made = prompt_messages(mine.settings, safe, history=before if goes_on else ())
        if system is not None:
            made = (ChatMessage("system", system), *(m for m in made if m.role != "system"))
        messages[column] = made
    return Prompt(messages)
