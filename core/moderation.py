"""Screening answers with a provider's own moderation model, before its trainer does.

Opt-in, because it sends the texts. OpenAI's endpoint is free; no endpoint repeats the check of the
trainer exactly, but what is flagged here is what gets files refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import openai

MODEL = "omni-moderation-latest"
BATCH = 32

#: Categories that are held to a lower bar, because the trainer is strict about them.
STRICT = ("sexual/minors", "hate/threatening", "self-harm")
STRICT_BAR = 0.2


@dataclass(frozen=True)
class Screened:
    """One text's verdict: whether to look at it, its worst category and that category's score."""

    position: int
    flagged: bool
    category: str
    score: float


def screen(
    client: openai.OpenAI, texts: Sequence[str], *, model: str = MODEL, batch: int = BATCH
) -> Iterator[Screened]:
    """Verdicts of a provider's moderation model, text by text; stop by not going on.

    A text is flagged when the provider says so, or when one of the strict categories scores 0.2
    or more. Empty texts are not sent and not flagged.

    Raises:
        openai.OpenAIError: the provider refused.
    """
    for start in range(0, len(texts), batch):
        places = [i for i in range(start, min(start + batch, len(texts))) if texts[i].strip()]
        if not places:
            continue
        answer = client.moderations.create(model=model, input=[texts[i] for i in places])
        for place, result in zip(places, answer.results, strict=False):
            scores = {
                name: float(score)
                for name, score in result.category_scores.to_dict().items()
                if isinstance(score, int | float)
            }
            worst = max(scores, key=scores.__getitem__, default="")
            strict = [name for name in STRICT if scores.get(name, 0.0) >= STRICT_BAR]
            category = strict[0] if strict and not result.flagged else worst
            yield Screened(
                place, bool(result.flagged or strict), category, scores.get(category, 0.0)
            )
