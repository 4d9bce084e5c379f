"""What training a base takes here: memory and time, before it starts. No torch.

Constants are fits to measured runs (``benchmarks/openweights.py``); see ``benchmarks/README.md``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache

import numpy as np
import psutil

from core.openweights.bases import Base
from core.openweights.cpu import has_fast_bfloat16
from core.problems import Problem

GIGABYTE = 1e9
#: Python, torch, transformers and PEFT themselves.
RUNTIME = 0.7 * GIGABYTE
#: Bytes that a token keeps for its gradient, for each layer and unit of the hidden size; with
#: checkpointing, only one layer at a time keeps them and the others keep their input.
KEPT = {2: 80, 4: 120}
#: Bytes for each learnt token and entry of the vocabulary: logits, their float32 copy, gradients.
LOGITS = {2: 14, 4: 16}
#: Tokens that go through the model at a time on a CPU, from fastest to most frugal.
PORTIONS = ((512, False), (512, True), (256, True), (128, True))
#: Weights of the adapter for each layer and unit of the hidden size (rank 16, all linear layers),
#: and bytes for each: weight, gradient, two moments, a copy while state is saved.
ADAPTER, ADAPTER_BYTES = 300, 28
#: Share of the free memory that a training may take.
SHARE = 0.85
#: Multiplications and additions for each weight and token: forward, back, and forward once more.
WORK, WORK_CHECKPOINTING = 4, 6
#: What of the speed of a bare matrix product in float32 is reached, by bytes of a weight, looks at
#: the validation file included: measured with SmolLM2-135M itself on a chat's short examples.
EFFICIENCY = {2: 0.55, 4: 0.46}
#: Tokens that a chat template puts around an example, a system text of its own included, and how
#: many tokens of such models stand for one of o200k.
TEMPLATE_TOKENS, LONGER = 25, 1.05
#: Seconds until the first step: imports and loading, the latter at so many bytes a second.
STARTING, LOADED_PER_SECOND = 10.0, 0.5 * GIGABYTE


@dataclass(frozen=True, slots=True)
class Need:
    """Memory in bytes, how it was brought down, and seconds of a whole job (0: not known)."""

    memory: float
    tokens_at_once: int
    checkpointing: bool
    seconds: float


def weight_bytes() -> int:
    """Bytes of a weight while it trains on this processor: bfloat16 where that is fast."""
    return 2 if has_fast_bfloat16() else 4


def needed_memory(base: Base, size: int, tokens: int, checkpointing: bool) -> float:
    """Bytes that training takes at its peak, ``size`` bytes a weight."""
    layers = (1 + 4 * base.layers / KEPT[size]) if checkpointing else base.layers
    return (
        RUNTIME
        + base.parameters * size
        + ADAPTER * base.layers * base.hidden * ADAPTER_BYTES
        + tokens * layers * base.hidden * KEPT[size]
        + tokens * base.vocabulary * LOGITS[size]
    )


def free_memory() -> float:
    """Bytes that can be taken without swapping."""
    return float(psutil.virtual_memory().available)


def plan_memory(base: Base, *, size: int | None = None, free: float | None = None) -> Need:
    """How to train a base in the memory there is.

    Raises:
        Problem: not even the most frugal way fits.
    """
    size = size or weight_bytes()
    free = free_memory() if free is None else free
    memory = 0.0
    for tokens, checkpointing in PORTIONS:
        memory = needed_memory(base, size, tokens, checkpointing)
        if memory <= SHARE * free:
            return Need(memory, tokens, checkpointing, 0.0)
    raise Problem(
        f"Training {base.name} needs about {memory / GIGABYTE:.1f} GB of memory, and "
        f"{free / GIGABYTE:.1f} GB are free.",
        "Choose a smaller model, or close other programs.",
    )


def check_memory_to_answer(base: Base) -> None:
    """Whether a base can be loaded to answer.

    Raises:
        Problem: the free memory does not suffice.
    """
    needed, free = RUNTIME + base.parameters * weight_bytes(), free_memory()
    if needed > free:
        raise Problem(
            f"Loading {base.name} needs about {needed / GIGABYTE:.1f} GB of memory, and "
            f"{free / GIGABYTE:.1f} GB are free.",
            "Close other programs, or wait until the training is over.",
        )


def estimate(base: Base, tokens: int, examples: int = 0) -> Need:
    """Memory and time of a job on the processor; a graphics card is faster.

    Args:
        tokens: of all epochs together, as OpenAI counts them.
        examples: of all epochs together.

    Raises:
        Problem: the memory does not suffice.
    """
    size = weight_bytes()
    need = plan_memory(base, size=size)
    work = WORK_CHECKPOINTING if need.checkpointing else WORK
    speed = multiplications_per_second() * EFFICIENCY[size]
    read = tokens * LONGER + examples * TEMPLATE_TOKENS
    seconds = loading_seconds(base) + read * base.parameters * work / speed
    return Need(need.memory, need.tokens_at_once, need.checkpointing, seconds)


def loading_seconds(base: Base) -> float:
    """Seconds until a base of this machine is in memory, the libraries included."""
    return STARTING + base.parameters * weight_bytes() / LOADED_PER_SECOND


@cache
def multiplications_per_second() -> float:
    """Multiplications and additions a second in float32 matrix products, all cores together.

    Products so small that one core makes them in microseconds, the best of many: other work on
    the machine does not get in between.
    """
    side = 96
    one, out = np.ones((side, side), np.float32), np.empty((side, side), np.float32)
    best = np.inf
    for _ in range(100):
        began = time.perf_counter()
        np.matmul(one, one, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best * (psutil.cpu_count(logical=False) or 1)


def in_words(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 90:
        return f"{max(1, round(seconds / 10)) * 10} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"
