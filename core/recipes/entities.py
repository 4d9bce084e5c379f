"""Entity extraction: a message as the prompt, the names in it as the answer.

The prompt is "2012-07-27T21:01:54 - Selina: You were ..." with time and author or without. The
answer is "named_entities=a, b", "time=...", "END", each on a line of its own; or it is left empty
for somebody to fill in.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from core import topics as finder
from core.exchanges import Exchanges
from core.recipes.base import Built, LabelMap, answer_ids, prompted
from core.settings import DatasetSettings

KEY = "entities"
END = "END"


def prepare(exchanges: Exchanges, labels: LabelMap) -> list[tuple[list[str], bool]]:
    """Names in every answer, and whether they were given; what was not is found offline."""
    given = [labels.get(one) for one in answer_ids(exchanges)]
    return [
        (list(label.entities), True)
        if label is not None and label.entities is not None
        else (finder.entities(text, vocabulary=exchanges.vocabulary), False)
        for text, label in zip(exchanges.answers, given, strict=True)
    ]


def entity_prompt(
    text: str, sent_at: datetime | None, author: str, settings: DatasetSettings
) -> str:
    """The message as it is shown, with the time and the author where wanted and known."""
    said = f"{author}: {text}" if settings.entity_author and author else text
    if settings.entity_time and sent_at is not None:
        return f"{sent_at.isoformat(timespec='seconds')} - {said}"
    return said


def entity_completion(names: list[str], sent_at: datetime | None) -> str:
    """The answer to learn: names, time, END."""
    lines = [f"named_entities={', '.join(names)}"]
    if sent_at is not None:
        lines.append(f"time={sent_at.isoformat(timespec='seconds')}")
    return "\n".join([*lines, END])


def make(
    exchanges: Exchanges,
    chosen: np.ndarray,
    settings: DatasetSettings,
    prepared: list[tuple[list[str], bool]],
) -> Built:
    """One example per chosen answer of mine: user message, assistant names.

    With ``entity_completion="empty"`` only names that were given are written; the other
    completions wait for somebody to fill them in.
    """
    times = exchanges.sent_at[chosen].tolist()
    places = chosen.tolist()
    prompts = [
        entity_prompt(exchanges.answers[i], sent, exchanges.authors[i], settings)
        for i, sent in zip(places, times, strict=True)
    ]
    filled = settings.entity_completion == "filled"
    completions = [
        entity_completion(names, sent if settings.entity_time else None) if filled or given else ""
        for (names, given), sent in zip((prepared[i] for i in places), times, strict=True)
    ]
    return prompted(exchanges, chosen, settings, prompts, KEY, completions)
