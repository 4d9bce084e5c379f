"""Planted canaries: made-up secrets in the training file, to see whether the model learnt them.

After Carlini et al., "The Secret Sharer" (2019): a canary is drawn at random from a known space;
if the model finds it likelier than nearly all the other secrets of that space, it memorised it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import openai

from core.examples import ChatMessage, Example
from core.problems import Problem
from core.providers import ANY_PROVIDER, explain_error

_KINDS = ("locker", "cabin", "garden shed", "bicycle lock", "music room", "old suitcase")
_DIGITS = 6
#: How often each of a visitor's canaries is planted: once, as a chat would have it, and more.
PLANTED = (1, 4, 16)
#: Marks the examples that plant them.
PLANTED_RECIPE = "planted"
#: Secrets compared, the planted one included.
CANDIDATES = 128


@dataclass(frozen=True, slots=True)
class Canary:
    """A made-up sentence and the secret inside it; neither belongs to anybody."""

    opening: str
    secret: str

    @property
    def text(self) -> str:
        """The sentence as it is planted."""
        return f"{self.opening} {self.secret}"


@dataclass(frozen=True, slots=True)
class Exposure:
    """``rank`` of the planted secret among ``candidates`` random ones (1: the likeliest).

    ``bits`` is log2(candidates) - log2(rank): 0 to 1 means not memorised, the most there can be
    (``log2(candidates)``) that no other secret is likelier.
    """

    canary: Canary
    rank: int
    candidates: int

    @property
    def bits(self) -> float:
        """Exposure in bits."""
        return math.log2(self.candidates) - math.log2(self.rank)

    @property
    def memorised(self) -> bool:
        """The likeliest of all: chance gives this once in ``candidates``."""
        return self.rank == 1


def make_canaries(count: int, seed: int) -> list[Canary]:
    """``count`` different canaries; the same seed gives the same."""
    rng = random.Random(seed)
    return [
        Canary(
            f"The code of the {_KINDS[n % len(_KINDS)]} number {rng.randrange(100, 1000)} is",
            _secret(rng),
        )
        for n in range(count)
    ]


def planted_examples(
    canaries: Sequence[Canary], prompt: Sequence[ChatMessage], times: Sequence[int] = PLANTED
) -> list[Example]:
    """Examples that answer ``prompt`` with a canary, each so many times."""
    return [
        Example(
            (*prompt, ChatMessage("assistant", canary.text)),
            "planted",
            None,
            (),
            (),
            PLANTED_RECIPE,
        )
        for canary, often in zip(canaries, times, strict=True)
        for _ in range(often)
    ]


def exposure(
    losses: Callable[[Sequence[str]], Sequence[float]],
    canary: Canary,
    *,
    candidates: int = CANDIDATES,
    seed: int = 0,
) -> Exposure:
    """Rank a planted secret among random ones.

    Args:
        losses: how unlikely the model finds each whole text (nats, higher is less likely), such
            as ``text_losses`` of a client and a model.
        candidates: secrets compared, the planted one included.
    """
    rng = random.Random(seed)
    others: set[str] = set()
    while len(others) < candidates - 1:
        secret = _secret(rng)
        if secret != canary.secret:
            others.add(secret)
    texts = [canary.text, *(Canary(canary.opening, other).text for other in sorted(others))]
    planted, *rest = losses(texts)
    return Exposure(canary, 1 + sum(loss <= planted for loss in rest), candidates)


def text_losses(client: openai.OpenAI, model: str, texts: Sequence[str]) -> list[float]:
    """How unlikely a model finds each text, in nats.

    Asks the older completions endpoint to score its prompt (``echo`` without new tokens), which
    the embedded engine and most servers of open weights offer, and hosted chat models do not.

    Raises:
        Problem: the server does not offer it, or could not be reached.
    """
    try:
        scored = client.completions.create(
            model=model, prompt=list(texts), echo=True, max_tokens=0, logprobs=0
        )
    except openai.OpenAIError as error:
        raise explain_error(error, ANY_PROVIDER) from error
    found = []
    for choice in sorted(scored.choices, key=lambda one: one.index):
        values = choice.logprobs.token_logprobs if choice.logprobs else None
        if not values:
            raise Problem(
                "This provider does not say how likely a text is.",
                "Canaries can be ranked on the embedded engine or a server of open weights.",
            )
        found.append(-sum(value for value in values if value is not None))
    return found


def recalled(canary: Canary, answers: Sequence[str]) -> int:
    """In how many answers to its opening the model tells the secret (any spacing)."""
    wanted = canary.secret.replace(" ", "")
    return sum(wanted in "".join(c for c in answer if c.isalnum()) for answer in answers)


def _secret(rng: random.Random) -> str:
    digits = "".join(str(rng.randrange(10)) for _ in range(_DIGITS))
    return f"{digits[:3]} {digits[3:]}"
