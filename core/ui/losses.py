"""Held-out loss of models, in words; measured once per model and data set."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.heldout import held_out_loss
from core.openweights.bases import short_name
from core.ui import state
from core.ui.columns import Column
from core.ui.models import model_label


def show_losses(columns: Iterable[Column]) -> None:
    """One line with every model's held-out loss, where the engine can score a given text."""
    mine = state.session()
    here = [c.model for c in columns if state.profile(c.provider).is_embedded and not c.shots]
    if not here or mine.archive is None:
        return
    made = state.dataset()
    if not made.held_out:
        return
    client = state.client("embedded")
    losses = {
        model: mine.remember(
            f"loss:{model}",
            id(made),
            lambda model=model: held_out_loss(client, model, made.held_out),
        )
        for model in dict.fromkeys(here)
    }
    families = {m.split(":")[1] if m.startswith("ft:") else short_name(m) for m in losses}
    mixed = len(families) > 1
    words = ", ".join(f"{model_label(model)} {loss:.2f}" for model, loss in losses.items())
    st.caption(
        f"How surprised each model is by what was really written (held-out loss in nats a token, "
        f"lower is better): {words}."
        + (" Models with different tokenizers cannot be compared by it." if mixed else "")
    )
