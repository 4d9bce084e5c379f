"""Which models stand side by side: up to four, of any provider, and the person's own words."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from core.costs import generation_cost
from core.engine import BASE_MODEL
from core.generate import StreamUsage
from core.openweights.bases import short_name
from core.problems import Problem
from core.providers import Profile, key_slot
from core.ui import frame, state
from core.ui.models import callable_models, is_tuned, model_label, prices

MOST = 4
REAL = "you"
SHOTS = "+10"


class Column(NamedTuple):
    """One model that answers, with ten training examples in its prompt or without."""

    provider: str
    model: str
    shots: bool = False

    @property
    def key(self) -> str:
        """Tells columns apart."""
        return f"{self.provider}|{self.model}{SHOTS if self.shots else ''}"

    @property
    def label(self) -> str:
        """Its name for people."""
        profile = state.profiles().get(self.provider)
        there = self.provider != state.profile().key
        where = f" at {profile.name}" if profile and there else ""
        if self.shots:
            base = "Base" if self.model == BASE_MODEL else model_label(self.model)
            return f"{base} + ten examples{where}"
        return model_label(self.model) + where

    @property
    def tuned(self) -> bool:
        """Whether it is a fine-tuned model."""
        return is_tuned(self.model) and not self.shots


class Chosen(NamedTuple):
    """The models chosen on the page, and whether the person's own words stand beside them."""

    columns: tuple[Column, ...]
    real: bool


def choose_columns() -> Chosen:
    """Draw the choice of models; the base and the newest tuned one by default.

    Raises:
        Problem: the provider cannot be reached.
    """
    profile = state.profile()
    models = callable_models()
    tuned = [model for model in models if is_tuned(model)]
    if profile.is_embedded and not tuned:
        _nothing_trained()
    final = [model for model in tuned if ":ckpt-" not in model]
    others = [model for model in models if model not in tuned]
    wanted = _asked_for(profile, tuned) or (final or tuned or [""])[:1]
    base = _base_of(wanted[0], others)
    with_real = state.session().archive is not None and bool(state.dataset().held_out)
    known = {
        column.key: column
        for column in (
            *(
                Column(profile.key, model)
                for model in dict.fromkeys([base, *others, *tuned])
                if model
            ),
            *st.session_state.get("more_columns", []),
        )
    }
    default = [Column(profile.key, model).key for model in (base, *wanted) if model]
    key = f"columns_{profile.key}_{'+'.join(wanted)}"
    chosen = st.session_state.get(key, default)
    if with_real:
        plain = [Column(profile.key, base)] if base else []
        plain += [known[one] for one in chosen if one in known]
        known |= {c.key: c for c in (p._replace(shots=True) for p in plain if not p.tuned)}
        default = [*default, REAL][:MOST]
    left, right = st.columns([3.5, 1], vertical_alignment="bottom")
    picked = left.multiselect(
        "Side by side",
        [*known, REAL] if with_real else list(known),
        default=default,
        format_func=lambda one: "You" if one == REAL else known[one].label if one in known else one,
        accept_new_options=not profile.is_embedded,
        max_selections=MOST,
        placeholder="Choose up to four",
        help="Up to four: the base model, what you trained, checkpoints, the base model with ten "
        "of your examples in its prompt, models of other providers, and what you really wrote."
        + ("" if profile.is_embedded else " Any name that the server offers can be typed."),
        key=key,
        persist_state="session",
    )
    with right:
        _add_another()
    columns = tuple(known.get(one) or Column(profile.key, one) for one in picked if one != REAL)
    return Chosen(columns, REAL in picked)


def compare_these(models: list[str]) -> None:
    """Go to the Compare page with these models of the chosen provider beside their base."""
    st.session_state["compare_models"] = (state.profile().key, models)
    st.switch_page("pages/compare.py")


def _asked_for(profile: Profile, tuned: list[str]) -> list[str]:
    """The models for which another page sent the visitor here, as far as they answer."""
    provider, models = st.session_state.get("compare_models", ("", []))
    if provider != profile.key:
        return []
    for model in models:
        if model not in tuned and not profile.is_embedded:
            st.caption(f"{model} is not in the list of models there. {profile.serving}")
    return [model for model in models if model in tuned]


def hosted(columns: tuple[Column, ...]) -> list[str]:
    """Names of the providers away from this machine that would be asked."""
    profiles = state.profiles()
    away = dict.fromkeys(c.provider for c in columns if not profiles[c.provider].is_embedded)
    return [profiles[key].name for key in away]


def shots_go_away(columns: tuple[Column, ...]) -> bool:
    """Whether training examples would leave this machine inside a prompt."""
    return any(c.shots and hosted((c,)) for c in columns)


def answer_cost(column: Column, usage: StreamUsage) -> float | None:
    """Dollars of one answer; 0 on this machine, None where price or tokens are unknown."""
    if state.profiles()[column.provider].is_embedded:
        return 0.0
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    price = price_of(column)
    return price and generation_cost(usage.prompt_tokens, usage.completion_tokens, price, 1)


def price_of(column: Column):
    """The price of a column's model, None if it is not in the list."""
    name = column.model.split(":")[1] if column.model.startswith("ft:") else column.model
    for one in (name, column.model):
        for price in prices():
            if price.model == one and price.provider == column.provider:
                return price
    return next((price for price in prices() if price.model == name), None)


def _base_of(tuned: str, others: list[str]) -> str:
    """The model that a tuned one was made from, if it is offered; else the first."""
    parts = tuned.split(":")
    for one in others:
        if len(parts) > 1 and parts[1] in (one, short_name(one)):
            return one
    return others[0] if others else ""


def _nothing_trained() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.space("small")
        st.header("No trained model yet", anchor=False, width="content")
        st.write("Train one first; on this machine it takes a few seconds.")
        if st.button("Go to Train", type="primary", key="go_train"):
            st.switch_page("pages/train.py")
        st.space("small")
    st.stop()


def _add_another() -> None:
    """A model of another provider, whose key was entered in the sidebar before."""
    mine = state.session()
    with st.popover("Another provider", icon=":material/add:", width="stretch"):
        others = [key for key in state.profiles() if key != mine.provider]
        provider = st.selectbox(
            "Provider",
            others,
            format_func=lambda key: state.profiles()[key].name,
            key="other_provider",
        )
        profile = state.profiles()[provider]
        slot = key_slot(profile, mine.base_urls.get(provider) or None)
        if profile.needs_key and not profile.is_embedded and not mine.api_keys.get(slot):
            st.write(f"Choose {profile.name} in the sidebar once and enter its key there.")
            return
        try:
            offered = callable_models(provider)
        except Problem as problem:
            frame.show_problem(problem)
            offered = []
        model = st.selectbox(
            "Model",
            offered,
            index=0 if offered else None,
            format_func=model_label,
            accept_new_options=not profile.is_embedded,
            placeholder="Type its name",
            key=f"other_model_{provider}",
        )
        if st.button("Add to the list", key="add_column", disabled=not model):
            more: list[Column] = st.session_state.setdefault("more_columns", [])
            added = Column(provider, str(model))
            if added not in more:
                more.append(added)
            st.rerun()
