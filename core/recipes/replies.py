"""Replies: what the others said, with some turns of context, and what I answered.

``buffer_size`` counts exchanges including the current one, so the prompt holds that many messages
of the others and one less of mine, always beginning and ending with theirs. 0 leaves the prompt
empty. Where nobody said anything (a post, an opening, a second thought) the user message is "".
My own earlier messages in the context carry weight 0, or they would be learnt again each time.
"""

from __future__ import annotations

import numpy as np

from core.examples import ChatMessage, Example
from core.exchanges import Exchanges
from core.recipes import blank_prompt
from core.recipes.base import Built, system_per_conversation
from core.settings import DatasetSettings
from core.window_examples import WindowExamples

KEY = "replies"


def windows(exchanges: Exchanges, settings: DatasetSettings) -> tuple[np.ndarray, np.ndarray]:
    """First and last exchange whose prompts each answer is shown with (int64).

    The last is the answer's own exchange, unless it explicitly replies to a message further back
    than the window: then the window ends with that message. Never beyond the piece, but for that.
    """
    high = np.arange(len(exchanges))
    if settings.shape == "conversations":
        return exchanges.piece_starts(), high
    size = max(settings.buffer_size, 1)
    low = np.maximum(exchanges.piece_starts(), high - size + 1)
    far = np.flatnonzero((exchanges.parent >= 0) & (exchanges.parent < low))
    if settings.buffer_size > 0 and len(far):
        high[far] = exchanges.parent[far]
        low[far] = np.maximum(exchanges.piece_starts()[high[far]], high[far] - size + 1)
    return low, high


def make(
    exchanges: Exchanges, chosen: np.ndarray, settings: DatasetSettings, prepared: None = None
) -> Built:
    """One example per chosen answer, or one per conversation (``settings.shape``)."""
    if settings.shape == "conversations":
        return _conversations(exchanges, chosen, settings)
    if settings.buffer_size <= 0:
        built = blank_prompt.make(exchanges, chosen, settings)
        return Built(
            [_as_reply(example) for example in built.examples], built.exchange, built.spans
        )
    return _pairs(exchanges, chosen, settings)


def _as_reply(example: Example) -> Example:
    return Example(
        example.messages,
        example.conversation,
        example.sent_at,
        example.source_ids,
        example.answer_ids,
        KEY,
    )


def _pairs(exchanges: Exchanges, chosen: np.ndarray, settings: DatasetSettings) -> Built:
    """One example per answer, built when it is looked at."""
    low, high = (edge[chosen] for edge in windows(exchanges, settings))
    systems = system_per_conversation(exchanges, settings)
    examples = WindowExamples(exchanges, chosen, low, high, systems, settings.context_weight, KEY)
    before, theirs = exchanges.start[low], exchanges.middle[high]
    middle, end = exchanges.middle[chosen], exchanges.end[chosen]
    number = np.arange(len(chosen))
    spans = np.concatenate(
        [
            np.stack([number, before, theirs], axis=1),
            np.stack([number, middle, end], axis=1),
        ]
    )
    return Built(examples, chosen.astype(np.int64), spans)


def _conversations(exchanges: Exchanges, chosen: np.ndarray, settings: DatasetSettings) -> Built:
    """One example per piece, from its start to its last chosen answer; only those are learnt."""
    systems = system_per_conversation(exchanges, settings)
    learnt = np.zeros(len(exchanges), bool)
    learnt[chosen] = True
    starts = exchanges.piece_starts()
    chosen = np.sort(chosen)
    last_of_piece = np.r_[exchanges.piece[chosen][1:] != exchanges.piece[chosen][:-1], True]
    lasts = chosen[last_of_piece[: len(chosen)]]
    examples = []
    names = exchanges.piece_names(lasts)
    for i, name, sent in zip(lasts.tolist(), names, exchanges.sent_at[lasts].tolist(), strict=True):
        first = int(starts[i])
        messages = list(systems[int(exchanges.conversation[i])])
        for k in range(first, i + 1):
            messages.append(ChatMessage("user", exchanges.prompts[k]))
            messages.append(
                ChatMessage("assistant", exchanges.answers[k], None if learnt[k] else 0)
            )
        inside = exchanges.ids[exchanges.start[first] : exchanges.end[i]]
        mine = exchanges.ids[exchanges.middle[i] : exchanges.end[i]]
        examples.append(Example(tuple(messages), name, sent, inside, mine, KEY))
    number = np.arange(len(lasts))
    spans = np.stack([number, exchanges.start[starts[lasts]], exchanges.end[lasts]], axis=1)
    return Built(examples, lasts.astype(np.int64), spans)
