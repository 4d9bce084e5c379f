"""What a trainer will actually train on: nothing may vanish there either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.checks import TROUBLES, Limits, example_troubles
from core.examples import Example
from core.tokens import TOKENS_PER_MESSAGE

CountTexts = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Simulation:
    """One pass over a file, as the trainer sees it.

    ``examples`` are trained on, with ``tokens`` in all (what is billed per epoch), of which
    ``learnt_tokens`` are answers with weight. ``truncated`` lists examples that are cut at the
    limit, ``lost`` those of them whose answer is cut off entirely, ``dropped`` those the trainer
    leaves out or refuses, by reason; numbers from 1. ``refused`` tells whether the whole file is
    turned back because of them.
    """

    examples: int
    tokens: int
    learnt_tokens: int
    truncated: list[int]
    lost: list[int]
    dropped: dict[str, list[int]]
    refused: bool


def simulate_trainer(
    examples: Sequence[Example], limits: Limits, *, count: CountTexts | None = None
) -> Simulation:
    """Walk through a file by the trainer's rules.

    Args:
        examples: the training file.
        limits: the trainer's rules.
        count: tokens of each text; by default ``core.tokens.count_texts`` (o200k_base).
    """
    if count is None:
        from core.tokens import count_texts

        count = count_texts
    dropped: dict[str, list[int]] = {}
    sound: list[tuple[int, Example]] = []
    for number, example in enumerate(examples, 1):
        wrong = [one for one in example_troubles(example, limits) if TROUBLES[one][0] == "error"]
        if wrong:
            dropped.setdefault(TROUBLES[wrong[0]][1], []).append(number)
        else:
            sound.append((number, example))
    contents = [message.content for _, example in sound for message in example.messages]
    costs = count(contents) + TOKENS_PER_MESSAGE
    truncated: list[int] = []
    lost: list[int] = []
    tokens = learnt = 0
    place = 0
    for number, example in sound:
        own = costs[place : place + len(example.messages)]
        place += len(example.messages)
        ends = np.cumsum(own)
        limit = int(ends[-1]) if limits.max_tokens is None else limits.max_tokens
        if ends[-1] > limit:
            truncated.append(number)
            if ends[-1] - own[-1] >= limit:
                lost.append(number)
        tokens += min(int(ends[-1]), limit)
        for message, end, size in zip(example.messages, ends.tolist(), own.tolist(), strict=True):
            if message.role == "assistant" and message.weight != 0:
                learnt += max(0, min(end, limit) - (end - size))
    return Simulation(
        examples=len(sound),
        tokens=tokens,
        learnt_tokens=learnt,
        truncated=truncated,
        lost=lost,
        dropped=dropped,
        refused=(bool(dropped) and not limits.drops_quietly) or len(sound) < limits.min_examples,
    )
