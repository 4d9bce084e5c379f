"""The rival that costs nothing: the base model with my best examples in the prompt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.examples import ChatMessage, Example
from core.selection import likeness
from core.voice.canaries import PLANTED_RECIPE
from core.voice.copies import units

#: Shorter answers show nothing of a voice, longer ones fill the prompt (in words).
SHORTEST, LONGEST = 4, 120


def best_examples(
    training: Sequence[Example], others: Sequence[str] = (), *, count: int = 10
) -> list[Example]:
    """The training examples that show my voice best, in the order of the training file.

    Half of the most characteristic ones are skipped in favour of different ones: an example is
    not taken when half of its words are in one already taken.

    Args:
        training: examples that may be shown to a model; never held-out ones.
        others: texts of other people, to know what is characteristic.
        count: how many.
    """
    own = [e for e in training if e.recipe != PLANTED_RECIPE]
    fitting = [e for e in own if SHORTEST <= len(units(e.completion)) <= LONGEST]
    usable = fitting or own
    texts = [example.completion for example in usable]
    if not texts:
        return []
    taken: list[int] = []
    words: list[set[str]] = []
    for place in np.argsort(-likeness(texts, texts, others), kind="stable").tolist():
        said = {piece.key for piece in units(texts[place])}
        if all(len(said & seen) * 2 <= len(said) for seen in words):
            taken.append(place)
            words.append(said)
        if len(taken) == count:
            break
    return [usable[place] for place in sorted(taken)]


def with_examples(
    messages: Sequence[ChatMessage], examples: Sequence[Example]
) -> tuple[ChatMessage, ...]:
    """A prompt with examples before its first question, as earlier turns of the chat.

    The system line stays first; those of the examples are left out, and so are their weights.
    """
    system = tuple(message for message in messages if message.role == "system")
    rest = tuple(message for message in messages if message.role != "system")
    shown = tuple(
        message._replace(weight=None)
        for example in examples
        for message in example.messages
        if message.role != "system"
    )
    return (*system, *shown, *rest)
