"""Open weights: LoRA adapters for any Hugging Face causal language model, trained on this machine.

An extra (``requirements-local.txt``): without it the app runs and offers nothing of this. torch
is imported only in worker processes (``python -m core.openweights.worker``), never here, so the
app stays small and its memory comes back when a worker ends.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

NEEDED = ("torch", "transformers", "peft", "safetensors")
HOW_TO_ADD = (
    "Open-weight models need an extra: .venv/bin/pip install -r requirements-local.txt, then "
    "start the app again."
)


@cache
def installed() -> bool:
    """Whether the extra is there, without importing any of it."""
    return all(find_spec(name) is not None for name in NEEDED)
