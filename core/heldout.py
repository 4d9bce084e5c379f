"""How surprised a model is by writing it has not seen: held-out loss, through the API."""

from __future__ import annotations

from collections.abc import Sequence

from openai import OpenAI

from core.examples import Example
from core.generate import chat_messages
from core.problems import Problem

#: Held-out texts beyond these change the mean by less than its own error.
MOST_TEXTS = 200


def held_out_loss(client: OpenAI, model: str, examples: Sequence[Example]) -> float:
    """Mean loss of a model on the answers of examples, in nats per token (lower is better).

    The embedded engine scores a given text by OpenAI's older completions endpoint
    (``echo=True, max_tokens=0, logprobs=0``) with the conversation beside it as ``messages``.

    Args:
        client: a client of the embedded engine.
        model: base or tuned model.
        examples: held-out examples; at most the first 200 are scored.

    Raises:
        Problem: there is nothing to score, or the model cannot be asked.
    """
    total, count = 0.0, 0
    for example in examples[:MOST_TEXTS]:
        answer = client.completions.create(
            model=model,
            prompt=example.completion,
            echo=True,
            max_tokens=0,
            logprobs=0,
            extra_body={"messages": chat_messages(example.prompt)},
        )
        scores = answer.choices[0].logprobs
        values = [v for v in (scores.token_logprobs or []) if v is not None] if scores else []
        total -= sum(values)
        count += len(values)
    if not count:
        raise Problem(
            "There is no held-out writing to measure with.",
            "Give the held-out part a share on the Dataset page.",
        )
    return total / count
