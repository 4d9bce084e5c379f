"""Prompts to begin with: everyday ones, and those that ask a tuned model about itself.

The second kind is from "Crafting a Personalized Language Model from Chat History": they bring a
system line of their own, which says who the model is.
"""

from __future__ import annotations

from typing import NamedTuple

_WHO = (
    "You are {who}, with a particular personality, and you have been fine-tuned with previous "
    "conversations with me."
)
_ANALYSIS = "This is not a request for a conversation but more of an analysis of your fine-tuning. "


class Starter(NamedTuple):
    """A prompt to begin with. ``system`` replaces the system line of the training; in both,
    ``{who}`` stands for a short description of the person and ``{name}`` for their name."""

    label: str
    text: str
    system: str | None = None

    def filled(self, who: str, name: str) -> Starter:
        """With the person's description and name in place."""
        words = {"who": who.strip() or "a friend", "name": name.strip() or "my friend"}
        system = None if self.system is None else self.system.format(**words)
        return Starter(self.label, self.text.format(**words), system)


STARTERS = (
    Starter("What did you do today?", "What did you do today?"),
    Starter("What's for dinner?", "What should we have for dinner?"),
    Starter("Running late", "I am running late, sorry!"),
    Starter(
        "About yourself",
        _ANALYSIS
        + "Can you analyze the prompts, not the responses, of our previous conversations? I.e. "
        "from the person who wrote the questions. What is the personality of the person who "
        "wrote the prompts?",
        _WHO,
    ),
    Starter(
        "About our topics",
        _ANALYSIS + "Can you analyze the topics of the conversations? What were they about?",
        _WHO,
    ),
    Starter(
        "A cold reply",
        "Please reply to this question as if you are {name}: Well that was worth a try, don't you "
        "think?",
        _WHO,
    ),
)
