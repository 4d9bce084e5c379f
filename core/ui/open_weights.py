"""Open-weight models in the pages: which to offer, and what training one takes here."""

from __future__ import annotations

import streamlit as st

from core.engine import BASE_MODEL
from core.openweights import HOW_TO_ADD, installed
from core.openweights.access import any_name, check_base, has_graphics_card, offered
from core.openweights.bases import SUGGESTIONS, Base, find_base, short_name
from core.prices import ModelPrice
from core.problems import Problem
from core.ui import state
from core.ui.upload_local import runs_locally


def names() -> tuple[str, ...]:
    """Base models that this visitor may train; none without the extra, or on a stranger's machine."""
    return offered(runs_locally())


def may_type_any() -> bool:
    """Whether the visitor may give a folder or any model's name."""
    return any_name(runs_locally())


def free_of_charge() -> list[ModelPrice]:
    """Price list entries of the offered models: they run on this machine."""
    return [
        ModelPrice(
            "embedded",
            name,
            *(0.0,) * 5,
            methods=("supervised", "dpo"),
            source="runs on this machine",
            note=_licence(name),
        )
        for name in names()
    ]


def _licence(name: str) -> str:
    known = next((one for one in SUGGESTIONS if one.name == name), None)
    return f"Open weights, {known.licence}." if known else "Open weights."


def is_base(model: str) -> bool:
    """Whether a name chosen at this machine means an open-weight base."""
    return bool(model) and model != BASE_MODEL and not model.startswith("ft:")


def what_it_takes(model: str, tokens: int, examples: int) -> str:
    """Licence, size, download, time and memory of training a base on so many tokens, in words.

    Both numbers are of all epochs together.

    Raises:
        Problem: it cannot be trained here.
    """
    base = check_base(model, runs_locally())
    said = [part for part in (base.licence, base.languages) if part]
    if base.parameters:
        said.insert(0, _size(base.parameters))
    words = f"**{short_name(model)}**" + (f": {', '.join(said)}." if said else ".")
    if base.parameters:
        words += f" Training takes {_effort(base, tokens, examples)}."
    if base.folder is None:
        size = f"{base.megabytes:,} MB" if base.megabytes else "its weights"
        words += f" **Needs a download of {size} once.**"
    return words


def _size(parameters: int) -> str:
    if parameters < 1e6:
        return f"{parameters:,} weights"
    return f"{parameters / 1e6:,.0f} million weights"


def _effort(base: Base, tokens: int, examples: int) -> str:
    from core.openweights.estimate import GIGABYTE, estimate, in_words

    if has_graphics_card():
        return "place on the graphics card"
    need = estimate(base, tokens, examples)
    return f"about {in_words(need.seconds)} and {need.memory / GIGABYTE:.1f} GB of memory here"


def loading_words(model: str) -> str | None:
    """What is waited for before a model at this machine writes; None: it is in memory."""
    name = state.engine().base_to_load(state.session().visitor, model)
    if name is None:
        return None
    from core.openweights.estimate import in_words, loading_seconds

    try:
        seconds = loading_seconds(find_base(name))
    except Problem:  # asking the model says what is wrong
        return None
    return f"Loading {short_name(name)}, about {in_words(seconds)} the first time…"


def draw_times(tokens: int, examples: int) -> None:
    """How long training each offered model on so many tokens takes here, in one line."""
    said = []
    for name in names():
        try:
            effort = _effort(check_base(name, runs_locally()), tokens, examples)
            said.append(f"{short_name(name)} takes {effort}.")
        except Problem as problem:
            said.append(problem.message)
    if said:
        st.caption("Open weights are free too, and take longer: " + " ".join(said))


def draw_base(model: str, tokens: int, examples: int) -> bool:
    """Say what training a base takes; False where it cannot be done here."""
    try:
        st.caption(what_it_takes(model, tokens, examples))
    except Problem as problem:
        st.warning(problem.hint or None, title=problem.message)
        return False
    return True


def say_how_to_add() -> None:
    """One sentence for the person at this machine, while the extra is missing."""
    if not installed() and runs_locally():
        st.caption(f"Larger models, with open weights, can be trained here too. {HOW_TO_ADD}")
