"""Topics as the prompt: what a text is about, comma-separated, and the text as the answer.

One to three topics are kept at random and some prompts stay empty, so that the short prompt a
person types later looks like training. A text without a topic gets a blank prompt.
"""

from __future__ import annotations

import numpy as np

from core.exchanges import Exchanges
from core.recipes.base import Built, LabelMap, answer_ids, prompted
from core.settings import DatasetSettings

KEY = "topics"

#: Tells this recipe's dice from those of the split.
DICE = 1001


def prepare(exchanges: Exchanges, labels: LabelMap) -> list[list[str]]:
    """Topics of every answer: given ones, else found offline."""
    given = [labels.get(one) for one in answer_ids(exchanges)]
    return [
        list(label.topics) if label is not None and label.topics is not None else found
        for found, label in zip(exchanges.topics, given, strict=True)
    ]


def make(
    exchanges: Exchanges,
    chosen: np.ndarray,
    settings: DatasetSettings,
    prepared: list[list[str]],
) -> Built:
    """One example per chosen answer: user "topic, topic", assistant answer.

    ``settings.topic_count`` bounds the number of topics kept, ``empty_prompt_share`` is the share
    of prompts left empty.
    """
    dice = np.random.default_rng([settings.seed, DICE])
    empty = dice.random(len(exchanges)) < settings.empty_prompt_share
    fewest, most = settings.topic_count
    wanted = dice.integers(fewest, most, len(exchanges), endpoint=True)
    prompts = [
        "" if empty[i] else ", ".join(prepared[i][: int(wanted[i])]) for i in chosen.tolist()
    ]
    return prompted(exchanges, chosen, settings, prompts, KEY)
