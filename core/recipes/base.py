"""What every recipe speaks: exchanges in, examples out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.examples import ChatMessage, Example
from core.exchanges import Exchanges
from core.settings import DatasetSettings


@dataclass(frozen=True, eq=False)
class Built:
    """Examples and what they are made of.

    ``exchange`` is the exchange whose answer each example ends with (int64). ``spans`` has a row
    (example, first, end) for every range of ``Exchanges.rows`` whose text is inside (int64).
    """

    examples: Sequence[Example]
    exchange: np.ndarray
    spans: np.ndarray


class Labels(NamedTuple):
    """What is known about one answer from elsewhere: a chat model, or the person's own hand.

    None means not given: then it is found offline. ``topics=()`` means that it has none.
    """

    topics: tuple[str, ...] | None = None
    entities: tuple[str, ...] | None = None
    instruction: str | None = None


#: Labels by the id of the first message of an answer.
LabelMap = Mapping[str, Labels]

#: (exchanges, positions of the answers to learn, settings, what ``prepare`` gave) -> examples.
Make = Callable[[Exchanges, np.ndarray, DatasetSettings, Any], Built]

#: (exchanges, labels) -> one value per exchange that ``make`` needs; the slow part.
Prepare = Callable[[Exchanges, LabelMap], Any]


@dataclass(frozen=True)
class Recipe:
    """One way to make examples, and how it is called in front of a person.

    ``suggested_system`` is the system line that fits; it is used only if the person takes it.
    """

    key: str
    title: str
    description: str
    make: Make
    prepare: Prepare | None = None
    suggested_system: str = ""


def answer_ids(exchanges: Exchanges) -> list[str]:
    """Ids of the first message of every answer."""
    return [exchanges.ids[first] for first in exchanges.middle.tolist()]


def system_messages(settings: DatasetSettings, audience: str = "") -> tuple[ChatMessage, ...]:
    """The system message of an example, or nothing: the same line in training and in use.

    Args:
        settings: ``system_prompt``, and whether the line says who is being talked to.
        audience: the other people's names; "" for everybody.
    """
    lines = [settings.system_prompt] if settings.system_prompt else []
    if settings.audience:
        lines.append(
            f"You are talking to {audience}." if audience else "You are posting in public."
        )
    return (ChatMessage("system", " ".join(lines)),) if lines else ()


def prompt_messages(
    settings: DatasetSettings,
    text: str,
    *,
    history: tuple[ChatMessage, ...] = (),
    audience: str = "",
) -> tuple[ChatMessage, ...]:
    """The messages to send to a model, shaped as the examples it was trained on.

    Args:
        settings: the data set's settings.
        text: what the other person says, the topics, or "" for a blank prompt.
        history: earlier user and assistant messages, oldest first; cut to ``buffer_size``.
        audience: who is being talked to, where the system line says so.
    """
    if settings.buffer_size == 0:
        return (*system_messages(settings, audience), ChatMessage("user", ""))
    exchanges = settings.buffer_size - 1
    recent = history[-2 * exchanges :] if exchanges else ()
    weighed = tuple(message._replace(weight=None) for message in recent)
    return (*system_messages(settings, audience), *weighed, ChatMessage("user", text))


def system_per_conversation(
    exchanges: Exchanges, settings: DatasetSettings
) -> list[tuple[ChatMessage, ...]]:
    """The system messages for each conversation code."""
    return [system_messages(settings, audience) for audience in exchanges.audiences]


def prompted(
    exchanges: Exchanges,
    chosen: np.ndarray,
    settings: DatasetSettings,
    prompts: list[str],
    recipe: str,
    completions: list[str] | None = None,
) -> Built:
    """One example per chosen answer: system line, one user message, the answer.

    Args:
        prompts: the user message of each.
        recipe: the recipe's key.
        completions: what to learn, if not the answers themselves.
    """
    systems = system_per_conversation(exchanges, settings)
    ids = exchanges.ids
    middle, end = exchanges.middle[chosen], exchanges.end[chosen]
    learnt = [exchanges.answers[i] for i in chosen.tolist()] if completions is None else completions
    examples = []
    for prompt, answer, conversation, name, sent, first, last in zip(
        prompts,
        learnt,
        exchanges.conversation[chosen].tolist(),
        exchanges.piece_names(chosen),
        exchanges.sent_at[chosen].tolist(),
        middle.tolist(),
        end.tolist(),
        strict=True,
    ):
        inside = ids[first:last]
        messages = (
            *systems[conversation],
            ChatMessage("user", prompt),
            ChatMessage("assistant", answer),
        )
        examples.append(Example(messages, name, sent, inside, inside, recipe))
    spans = np.stack([np.arange(len(chosen)), middle, end], axis=1)
    return Built(examples, chosen.astype(np.int64), spans)
