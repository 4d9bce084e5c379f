"""Held-out loss of models, in words; measured once per model and data set."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.heldout import held_out_loss
from core.ui import state
from core.ui.models import model_label


def show_losses(models: Iterable[str]) -> None:
    """One line with every model's held-out loss, where the engine can score a given text."""
    mine = state.session()
    if not state.profile().is_embedded or mine.archive is None:
        return
    made, client = state.dataset(), state.client()
    if not made.held_out:
        return
    losses = {
        model: mine.remember(
            f"loss:{model}",
            id(made),
            lambda model=model: held_out_loss(client, model, made.held_out),
        )
        for model in dict.fromkeys(models)
    }
    words = ", ".join(f"{model_label(model)} {loss:.2f}" for model, loss in losses.items())
    st.caption(
        f"Held-out loss in nats per token, lower is better: {words}. It says how surprised a model "
        "is by what was really written, not whether its own words sound like it."
    )
