"""What a trainer will actually train on: nothing may vanish there either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.checks import TROUBLES, example_troubles
from core.examples import Example
from core.limits import Limits
from core.tokens import TOKENS_PER_MESSAGE

CountTexts = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, eq=False)
class Simulation:
    """One pass over a file, as the trainer sees it.

    ``examples`` are trained on, with ``tokens`` in all (what is billed per epoch), of which
    ``learnt_tokens`` are answers with weight. ``truncated`` lists examples that are cut at the
    limit, ``lost`` those of them whose answer is cut off entirely, ``dropped`` those the trainer
    leaves out or refuses, by reason; numbers from 1. ``refused`` tells whether the whole file is
    turned back because of them. ``sampled`` is how many examples a trainer draws at random where
    it does not take so many learnt tokens, about; 0 where it takes all.
    """

    examples: int
    tokens: int
    learnt_tokens: int
    truncated: list[int]
    lost: list[int]
    dropped: dict[str, list[int]]
    refused: bool
    sampled: int = 0


def simulate_trainer(
    examples: Sequence[Example], limits: Limits, *, count: CountTexts | None = None
) -> Simulation:
    """Walk through a file by the trainer's rules.

    Where a trainer does not say what becomes of an example that is too long, it is taken to be
    cut at the end. Without weights every answer is learnt.

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
            words = TROUBLES[wrong[0]][1].format(name=limits.name, learns=limits.learns)
            dropped.setdefault(words, []).append(number)
        else:
            sound.append((number, example))
    contents = [message.content for _, example in sound for message in example.messages]
    costs = count(contents) + TOKENS_PER_MESSAGE
    truncated: list[int] = []
    lost: list[int] = []
    tokens = learnt = taken = place = 0
    long = f"longer than {limits.max_tokens or 0:,} tokens."
    for number, example in sound:
        own = costs[place : place + len(example.messages)]
        place += len(example.messages)
        ends = np.cumsum(own)
        answers = [
            (int(end - size), int(end))
            for message, end, size in zip(example.messages, ends, own, strict=True)
            if message.role == "assistant" and (message.weight != 0 or limits.weights is False)
        ]
        start, stop = 0, int(ends[-1])
        if limits.max_tokens and stop > limits.max_tokens:
            if limits.longer in ("dropped", "refused"):
                dropped.setdefault(long, []).append(number)
                continue
            truncated.append(number)
            if limits.longer == "beginning cut":
                start = _start_of_cut(answers[0][0], stop, limits.max_tokens)
            stop = start + limits.max_tokens
            if int(ends[-1] - own[-1]) >= stop:
                lost.append(number)
        taken += 1
        tokens += stop - start
        learnt += sum(max(0, min(end, stop) - max(begin, start)) for begin, end in answers)
    sampled = 0
    if limits.max_learnt_tokens and learnt > limits.max_learnt_tokens:
        share = limits.max_learnt_tokens / learnt
        sampled = max(limits.min_examples or 1, int(taken * share))
    turned_back = bool(dropped) and not limits.drops_quietly and set(dropped) != {long}
    turned_back |= long in dropped and limits.longer == "refused"
    return Simulation(
        examples=taken,
        tokens=tokens,
        learnt_tokens=learnt,
        truncated=truncated,
        lost=lost,
        dropped=dropped,
        refused=turned_back or taken < (limits.min_examples or 1),
        sampled=sampled,
    )


def _start_of_cut(first_answer: int, tokens: int, most: int) -> int:
    """Where an example begins that is cut at its beginning (``core.openweights.render.cut``)."""
    return min(tokens - most, max(0, first_answer - most // 4))
