"""Ready data sets: conversations that somebody already shaped pass through as they are.

Every conversation of the archive is one example: its system line if it has one, then user and
assistant in turn. The assistant is "me". All answers are learnt, but for those the filters took
out, which stay as context.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.examples import ChatMessage, Example
from core.exchanges import Exchanges
from core.recipes import replies
from core.recipes.base import Built, LabelMap
from core.settings import DatasetSettings
from core.turns import codes_of

KEY = "ready"


def system_rows(exchanges: Exchanges) -> np.ndarray:
    """Rows of the archive that hold the system line of a conversation (int64)."""
    frame = exchanges.frame
    lines = (frame["kind"] == "system") & (frame["text"].fillna("") != "")
    return np.flatnonzero(lines.to_numpy())


def prepare(exchanges: Exchanges, labels: LabelMap) -> dict[int, str]:
    """The system line of each conversation code that has one."""
    rows = system_rows(exchanges)
    codes = codes_of(exchanges.frame, "conversation")[rows]
    lines: dict[int, list[str]] = {}
    for code, text in zip(codes.tolist(), exchanges.frame["text"].iloc[rows], strict=True):
        lines.setdefault(code, []).append(text)
    return {code: "\n".join(texts) for code, texts in lines.items()}


def make(
    exchanges: Exchanges,
    chosen: np.ndarray,
    settings: DatasetSettings,
    prepared: dict[int, str],
) -> Built:
    """One example per conversation; ``settings.system_prompt`` is used where there is no line."""
    whole = replace(settings, shape="conversations", audience=False)
    built = replies.make(exchanges, chosen, whole)
    examples = []
    for example, position in zip(built.examples, built.exchange.tolist(), strict=True):
        line = prepared.get(int(exchanges.conversation[position]))
        messages = example.messages
        if line is not None:
            said = messages[1:] if messages[0].role == "system" else messages
            messages = (ChatMessage("system", line), *said)
        examples.append(
            Example(
                messages,
                example.conversation,
                example.sent_at,
                example.source_ids,
                example.answer_ids,
                KEY,
            )
        )
    return Built(examples, built.exchange, built.spans)
