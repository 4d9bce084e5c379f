"""How likely given texts are, many at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.engine.decoding import Drawn, score, token_bytes
from core.engine.material import Material, portions
from core.engine.memory import mix
from core.engine.ngrams import END, make_stream
from core.engine.prompts import Exchange, Prompt
from core.engine.tuned import Speaker, restore

#: From this many tokens on, laying out the adapter's tables pays.
MANY_TOKENS = 500


def score_texts(
    speaker: Speaker, prompt: Prompt, texts: Sequence[Sequence[int]], top: int = 0
) -> list[list[Drawn]]:
    """Each token of each text, its END included, with ln P; see ``decoding.score``.

    Args:
        top: how many of the likeliest tokens to name at each place.
    """
    if top or sum(map(len, texts)) < MANY_TOKENS:
        return [score(speaker, prompt, text, top) for text in texts]
    logs = _log_probabilities(speaker, prompt, texts).tolist()
    scored, place = [], 0
    for text in texts:
        tokens = [*text, END]
        values = logs[place : place + len(tokens)]
        scored.append(
            [Drawn(t, token_bytes(t), value) for t, value in zip(tokens, values, strict=True)]
        )
        place += len(tokens)
    return scored


def _log_probabilities(
    speaker: Speaker, prompt: Prompt, texts: Sequence[Sequence[int]]
) -> np.ndarray:
    if speaker.learnt is None:
        return speaker.base.log_probabilities(make_stream(texts))
    adapter = restore(speaker.base, speaker.learnt)
    material = Material(adapter.tables, [[Exchange(prompt, tuple(text))] for text in texts])
    if speaker.memory is not None:
        material.remember(speaker.memory, np.arange(len(texts)))
    found = []
    for rows in portions(np.arange(len(material.positions))):
        done = adapter.forward(material.positions, rows)
        found.append(mix(done, material.recall_of(rows)[0], speaker.learnt.shares))
    return np.log(np.maximum(np.concatenate(found), 1e-30))
