"""What training starts from: a base in the person's language, and perhaps an earlier model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.engine.adapter import Adapter
from core.engine.base_text import base_model, languages
from core.engine.features import Tables, choose_minimum, make_tables, prune
from core.engine.language_model import LanguageModel, build_language_model, smooth
from core.engine.memory import BUCKETS
from core.engine.ngrams import (
    Counts,
    Stream,
    count_ngrams,
    make_stream,
    merge_counts,
    only_counted,
)
from core.engine.prompts import Prompt, instruction_tokens
from core.engine.tuned import Learnt

#: Texts that are looked at to tell the language and how well the base fits.
LOOKED_AT = 300
#: A language is part of the base when it fits this share of the tokens best.
LANGUAGE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Start:
    """An adapter before its first step, and what it was made of.

    ``counts`` are the n-grams to learn, an earlier model's included; per level, ``before`` says
    how often its memory had each of them, and ``fresh`` how often the new texts do.
    ``remembered`` is that memory alone, and ``shares`` are its shares.
    """

    adapter: Adapter
    tables: Tables
    counts: Counts
    minimum: tuple[int, ...]
    before: list[np.ndarray]
    fresh: list[np.ndarray]
    remembered: Counts | None
    shares: np.ndarray
    languages: tuple[str, ...]

    def memory_with(self, stream: Stream) -> LanguageModel:
        """The earlier memory and the texts of a stream together."""
        if self.remembered is None:
            return build_language_model(stream)
        return smooth(merge_counts(self.remembered, count_ngrams(stream))[0])


def begin(
    answers: Sequence[Sequence[int]],
    prompts: Sequence[Prompt],
    chosen: tuple[str, ...],
    earlier: Learnt | None = None,
) -> Start:
    """Lay out everything that the answers (token ids) need a weight for.

    Args:
        chosen: languages of the base; an earlier model keeps its own.
    """
    counts = count_ngrams(make_stream(answers))
    ignored = instruction_tokens(prompts)
    if earlier is None:
        minimum = choose_minimum(counts)
        tables = make_tables(base_model(chosen), prune(counts, minimum), ignored)
        before = [np.zeros_like(level) for level in counts.counts]
        shares = np.zeros(BUCKETS)
        return Start(
            Adapter(tables), tables, counts, minimum, before, counts.counts, None, shares, chosen
        )
    counts, places = merge_counts(earlier.counts, counts)
    minimum = choose_minimum(counts)
    if not len(ignored):
        ignored = earlier.ignored
    tables = make_tables(base_model(earlier.languages), prune(counts, minimum), ignored)
    adapter = Adapter(tables)
    adapter.weights.copy[:] = earlier.weights.copy
    known = np.searchsorted(tables.vocabulary, prune(earlier.counts, earlier.minimum).vocabulary)
    adapter.weights.word[known] = earlier.weights.word
    for depth, level in enumerate(tables.entries):
        weights = np.zeros(len(counts.keys[depth]), np.float32)
        had = earlier.counts.counts[depth] >= earlier.minimum[depth]
        weights[places[depth][had]] = earlier.weights.levels[depth]
        kept = counts.counts[depth] >= minimum[depth]
        nodes = tables.joint.person[depth]
        adapter.weights.levels[depth][level.of_node[nodes]] = weights[kept]
    before = [np.zeros_like(level) for level in counts.counts]
    fresh = [level.copy() for level in counts.counts]
    for depth, place in enumerate(places):
        before[depth][place] = earlier.remembered[depth]
        fresh[depth][place] -= earlier.counts.counts[depth]
    return Start(
        adapter,
        tables,
        counts,
        minimum,
        before,
        fresh,
        only_counted(Counts(earlier.counts.keys, earlier.remembered, [], [])),
        earlier.shares,
        earlier.languages,
    )


def choose_languages(answers: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """The bundled languages that fit a sample of texts, by their likelihood under each base."""
    known = languages()
    sample = list(answers)[:: max(1, len(answers) // LOOKED_AT)]
    if len(known) < 2 or not sample:
        return tuple(known[:1])
    stream = make_stream(sample)
    lengths = np.fromiter((len(text) + 1 for text in sample), np.int64, len(sample))
    starts = np.cumsum(lengths) - lengths
    fits = np.stack(
        [np.add.reduceat(base_model((code,)).log_probabilities(stream), starts) for code in known]
    )
    share = np.bincount(fits.argmax(axis=0), lengths, len(known)) / lengths.sum()
    best = int(share.argmax())
    chosen = [code for code, part in zip(known, share, strict=True) if part >= LANGUAGE_SHARE]
    return tuple(chosen) or (known[best],)


def base_loss(start: Start, answers: Sequence[Sequence[int]]) -> float:
    """How surprised the base is by a sample of texts, in nats a token."""
    sample = list(answers)[:: max(1, len(answers) // LOOKED_AT)]
    if not sample:
        return 0.0
    return float(-start.tables.base.log_probabilities(make_stream(sample)).mean())
