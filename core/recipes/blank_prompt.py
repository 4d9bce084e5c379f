"""Blank prompt: an empty user message, and what I wrote as the answer.

The simplest way to learn a style from writing that answers nothing: the model is not told what to
write about. A system line is optional.
"""

from __future__ import annotations

import numpy as np

from core.exchanges import Exchanges
from core.recipes.base import Built, prompted
from core.settings import DatasetSettings

KEY = "blank_prompt"


def make(
    exchanges: Exchanges, chosen: np.ndarray, settings: DatasetSettings, prepared: None = None
) -> Built:
    """One example per chosen answer: [system,] user "", assistant answer."""
    return prompted(exchanges, chosen, settings, [""] * len(chosen), KEY)
