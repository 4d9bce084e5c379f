"""Held-out loss of the embedded engine after training on the first n examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.engine.conversation import read_example
from core.engine.start import begin, choose_languages
from core.engine.training import resolve, train
from core.examples import Example
from core.formats import example_to_chat
from core.problems import Problem

#: Passes over the examples: enough to compare sizes, half the time of a usual job.
EPOCHS = 2
#: More held-out examples sharpen the curve no further.
HELD_OUT = 150


def embedded_loss(
    training: Sequence[Example], held_out: Sequence[Example], *, seed: int = 0
) -> Callable[[int], float]:
    """A function for ``forecast.learning_curve``, for nothing but time on this machine.

    The examples are shuffled once, so a smaller number is a part of a larger one.

    Args:
        training: all training examples.
        held_out: examples to measure on; never learnt from.

    Returns:
        ``heldout_loss(n)``: best mean loss (nats per token) on the held-out examples.

    Raises:
        Problem: there is nothing to learn from or nothing to measure on.
    """
    rng = np.random.default_rng(seed)
    shuffled = [
        read_example(example_to_chat(training[i]), "supervised")
        for i in rng.permutation(len(training)).tolist()
    ]
    taught = [example for example in shuffled if example]
    picked = rng.permutation(len(held_out))[:HELD_OUT].tolist()
    held = [read_example(example_to_chat(held_out[i]), "supervised") for i in picked]
    held = [example for example in held if example]
    if not taught or not held:
        raise Problem(
            "The learning curve needs examples to learn from and held-out ones to measure on.",
            "Give both parts a share on the Dataset page.",
        )

    def heldout_loss(count: int) -> float:
        part = taught[:count]
        exchanges = [exchange for example in part for exchange in example]
        answers = [exchange.answer for exchange in exchanges]
        start = begin(answers, [one.prompt for one in exchanges], choose_languages(answers))
        plan = resolve(len(part), n_epochs=EPOCHS, batch_size="auto", rate="auto", seed=seed)
        losses = [
            step.full_valid.loss for step in train(start, part, held, plan) if step.full_valid
        ]
        return min(losses)

    return heldout_loss
