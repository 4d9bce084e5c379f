"""Which models the visitor may train and talk to, by the chosen provider."""

from __future__ import annotations

import openai

from core.engine import BASE_MODEL
from core.engine.jobs_api import ORGANIZATION
from core.openweights.bases import SUGGESTIONS, is_path, short_name
from core.prices import ModelPrice, load_prices
from core.problems import Problem
from core.providers import explain_error
from core.ui import state
from core.ui.open_weights import free_of_charge

#: More models than this in a list help nobody.
MOST_MODELS = 500


def prices() -> list[ModelPrice]:
    """The price list: the bundled one until the visitor edits it."""
    mine = state.session()
    if mine.prices is not None:
        return list(mine.prices)
    return list(mine.remember("prices", "bundled", lambda: (*load_prices(), *free_of_charge())))


def trainable_models() -> list[str]:
    """Names of the models that the chosen provider trains, cheapest first as the list has them."""
    chosen = state.session().provider
    return [price.model for price in prices() if price.provider == chosen]


def callable_models(provider: str | None = None) -> list[str]:
    """Models that answer at a provider (by default the chosen one), newest tuned model first.

    Raises:
        Problem: the provider cannot be reached or refuses.
    """
    profile = state.profile(provider)
    if not profile.lists_models:
        return list(state.session().model_names.get(profile.key, []))
    try:
        listed = list(state.client(provider).models.list())[:MOST_MODELS]
    except (openai.OpenAIError, Problem) as error:
        raise explain_error(error, profile) from error
    listed.sort(key=lambda model: -(model.created or 0))
    return [model.id for model in listed]


def is_tuned(model: str) -> bool:
    """Whether the name is that of a fine-tuned model or a checkpoint."""
    return model.startswith("ft:") or ".ft-" in model or "-LoRA:" in model


def model_label(model: str) -> str:
    """A model's name for people: the base as such, a tuned one by its suffix and checkpoint."""
    if model == BASE_MODEL:
        return "Base model (everyday English)"
    parts = model.split(":")
    if parts[0] == "ft" and len(parts) >= 5:
        name = parts[3] or "unnamed"
        checkpoint = f", {parts[5].replace('ckpt-', '')}" if len(parts) > 5 else ""
        other = parts[2] == ORGANIZATION and parts[1] != BASE_MODEL
        base = f" on {parts[1]}" if other else ""
        return f"Trained: {name}{base} ({parts[4][:6]}{checkpoint})"
    suggested = any(model == one.name for one in SUGGESTIONS)
    return short_name(model) if suggested or is_path(model) else model
