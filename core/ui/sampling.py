"""How answers are drawn: temperature, length, number, seed."""

from __future__ import annotations

import streamlit as st

from core.generate import Sampling


def choose_sampling() -> Sampling:
    """A popover with the settings; they hold for every tab of the Compare page."""
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
        top_p = st.slider(
            "Top-p",
            0.05,
            1.0,
            1.0,
            0.05,
            help="Below 1, only the likeliest next words are drawn from.",
            key="top_p",
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
            None,
            placeholder="new every time",
            help="With a seed, the same prompt gets the same answer again.",
            key="compare_seed",
            persist_state="session",
        )
    return Sampling(
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        n=n,
        seed=None if seed is None else int(seed),
    )
