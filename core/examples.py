"""Example: one training example, the value between recipes, dataset, formats and checks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

Role = Literal["system", "user", "assistant"]


class ChatMessage(NamedTuple):
    """One chat message as the trainer takes it.

    ``weight`` is 0 or 1 on assistant messages only (0: shown, not learnt); None leaves it out.
    """

    role: Role
    content: str
    weight: int | None = None
    name: str | None = None


class Example(NamedTuple):
    """One example: the messages sent to the trainer, and where they came from.

    The last message is always an assistant message: the text to learn. ``source_ids`` are the
    archive ids of every message whose text is inside; ``answer_ids`` those of the last message.
    """

    messages: tuple[ChatMessage, ...]
    conversation: str
    sent_at: datetime | None
    source_ids: tuple[str, ...]
    answer_ids: tuple[str, ...]
    recipe: str

    @property
    def prompt(self) -> tuple[ChatMessage, ...]:
        """Everything before the answer: what Compare sends to a model."""
        return self.messages[:-1]

    @property
    def completion(self) -> str:
        """The answer: the person's own words."""
        return self.messages[-1].content
