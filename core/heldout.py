"""How surprised a model is by writing it has not seen: held-out loss, through the API."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from openai import OpenAI

from core.examples import Example
from core.formats import to_chat_jsonl
from core.generate import chat_messages
from core.jobs import LaunchSettings, is_terminal, launch, upload
from core.problems import Problem
from core.providers import Profile, explain_error

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


def loss_by_size(
    client: OpenAI,
    profile: Profile,
    training: Sequence[Example],
    held_out: Sequence[Example],
    *,
    base_model: str,
    seed: int = 0,
    wait: Callable[[float], None],
) -> Callable[[int], float]:
    """A function that trains on the first n of the shuffled examples and measures held-out loss.

    It leaves files, jobs and models behind; give it a client with a tenant of its own and let the
    engine forget that tenant afterwards.

    Args:
        client: a client of the embedded engine.
        wait: called with seconds to sleep between two looks at a job.
    """
    order = list(training)
    random.Random(seed).shuffle(order)

    def measure(size: int) -> float:
        try:
            file = upload(client, to_chat_jsonl(order[:size]), "forecast.jsonl", profile=profile)
            settings = LaunchSettings(base_model, suffix="forecast", seed=seed)
            job = launch(client, profile, file.id, None, settings)
            while not is_terminal(job.status):
                wait(0.05)
                job = client.fine_tuning.jobs.retrieve(job.id)
        except Exception as error:
            raise explain_error(error, profile) from error
        if not job.fine_tuned_model:
            raise Problem(
                "A trial training did not finish.", "Try again when nothing else is training."
            )
        return held_out_loss(client, job.fine_tuned_model, held_out)

    return measure
