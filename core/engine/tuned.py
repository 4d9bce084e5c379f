"""What training leaves behind, how it is stored, and how it speaks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.engine.adapter import Adapter, Weights
from core.engine.features import Joint, join, make_tables, prune
from core.engine.language_model import LanguageModel, Level, interpolate, smooth
from core.engine.memory import known_length
from core.engine.ngrams import (
    START,
    TOKEN_BITS,
    TOKEN_MASK,
    VOCABULARY,
    Counts,
    complete_counts,
    contexts_of,
    only_counted,
)
from core.engine.prompts import COPY_CLASSES, Copying, Prompt

#: What it is worth that two, three or four tokens in a row were seen, by whom. A pair alone says
#: little: sentences break where two words meet that only ever met in other company. The person's
#: own count far more than the base's, or the base's topics and its voice would take over.
BASE_EVIDENCE = (0.001, 0.01, 0.01)
OWN_EVIDENCE = (0.03, 1.0, 1.0)
EXTRA_EVIDENCE = 0.5
#: That the prompt has a word is worth as much for a rare one; "it" and "is" are everywhere.
COPIED_EVIDENCE = np.array([0.1, 0.1, 0.1, 0.01, 0.5], np.float32)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What training leaves behind.

    ``counts`` are all n-grams of the person; those seen at least ``minimum`` times (levels 2 to
    ORDER) have a weight each, and ``weights.levels`` follow them. ``shares`` are the memory's
    (see ``memory.py``), ``ignored`` the prompt tokens never copied, ``languages`` the base's.
    """

    counts: Counts
    remembered: list[np.ndarray]  # per level: how often the memory has each n-gram of ``counts``
    minimum: tuple[int, ...]
    weights: Weights
    shares: np.ndarray
    ignored: np.ndarray
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A model that can answer: the base alone, or with what was learnt.

    ``weights`` has the shape of a language model, but its numbers are P0(w|h) e^s: they do not
    sum to one until divided by their sum.
    """

    base: LanguageModel
    weights: LanguageModel
    copy: np.ndarray  # float32 per copy class
    ignored: np.ndarray
    memory: LanguageModel | None = None
    shares: np.ndarray | None = None
    usual_length: float = 20.0  # tokens of the person's texts, on average
    learnt: Learnt | None = None
    #: Sum of the weights of all tokens, per context of each level; see ``sum_weights``.
    sums: tuple[np.ndarray, ...] = ()

    def begin(self, prompt: Prompt) -> Answering:
        """Start an answer to a prompt."""
        return Answering(self, prompt)


class Answering:
    """An answer being written: the tokens so far and what can still be copied.

    ``shown`` are the tokens as the model is to go on from them: where a word of the prompt was
    placed (see ``placing.py``), the token that stood there.
    """

    def __init__(self, speaker: Speaker, prompt: Prompt) -> None:
        self.speaker = speaker
        self.copying = Copying(speaker.base, prompt, speaker.ignored)
        self.history = [START]
        self.shown = [START]

    def write(self, token: int, stood: tuple[int, ...] | None = None) -> None:
        """Append a token; ``stood``: what is to be shown for it, if not itself."""
        self.history.append(token)
        self.shown += (token,) if stood is None else stood
        self.copying.write(token)

    def next_probabilities(self) -> np.ndarray:
        """P(next token) for every token: float32, VOCABULARY items."""
        model = self.speaker
        weights = interpolate(model.weights.unigram, model.weights.levels, self.history)
        tokens, classes = self.copying.bonuses()
        if len(tokens):
            weights[tokens] *= np.exp(model.copy[classes])
        weights /= weights.sum()
        if model.memory is not None and model.shares is not None:
            contexts = contexts_of(model.memory.keys, self.history)
            share = np.float32(model.shares[known_length(model.memory, contexts)])
            weights *= 1 - share
            weights += share * model.memory.next_weights(self.history)
        return weights

    def attested(self, extra: Sequence[int] = (), history: Sequence[int] | None = None) -> Attested:
        """The tokens that were ever seen after the last ones, or can be copied, or are ``extra``.

        The probabilities are those of ``next_probabilities``; everything else is not laid out,
        which makes this about ten times as fast.

        Args:
            history: the tokens so far, if not those of ``shown``.
        """
        model = self.speaker
        known = [(model.weights, BASE_EVIDENCE)]
        if model.memory is not None:
            known.append((model.memory, OWN_EVIDENCE))
        so_far = self.shown if history is None else history
        contexts = [contexts_of(one.keys, so_far) for one, _ in known]
        copied, classes = self.copying.bonuses()
        parts = [copied, np.fromiter(extra, np.int64, len(extra))]
        for (one, _), nodes in zip(known, contexts, strict=True):
            parts += [
                level.children(context)
                for level, context in zip(one.levels, nodes, strict=True)
                if context >= 0
            ]
        tokens = np.unique(np.concatenate(parts))
        evidence = np.zeros(len(tokens), np.float32)
        evidence[np.searchsorted(tokens, parts[1])] = EXTRA_EVIDENCE
        evidence[np.searchsorted(tokens, copied)] = COPIED_EVIDENCE[classes]

        weights = _weights_at(model.weights, contexts[0], tokens, evidence, BASE_EVIDENCE)
        total = float(model.sums[0])
        for by_context, known_context in zip(model.sums[1:], contexts[0], strict=True):
            if known_context >= 0:
                total = float(by_context[known_context])
        if len(copied):
            places = np.searchsorted(tokens, copied)
            boosted = weights[places] * np.exp(model.copy[classes])
            total += float((boosted - weights[places]).sum())
            weights[places] = boosted
        weights /= total
        if model.memory is not None and model.shares is not None:
            share = np.float32(model.shares[known_length(model.memory, contexts[1])])
            said = _weights_at(model.memory, contexts[1], tokens, evidence, OWN_EVIDENCE)
            weights = (1 - share) * weights + share * said
        return Attested(tokens, weights, evidence)


class Attested(NamedTuple):
    """Some tokens, sorted; P(token) of each, and how well it is attested."""

    tokens: np.ndarray
    probabilities: np.ndarray
    evidence: np.ndarray


def _weights_at(
    model: LanguageModel,
    contexts: Sequence[int],
    tokens: np.ndarray,
    evidence: np.ndarray,
    worth: Sequence[float],
) -> np.ndarray:
    """``interpolate`` for some sorted tokens, all followers of the contexts among them; what they
    are attested by is noted in ``evidence``."""
    weights = model.unigram[tokens]
    for level, context, value in zip(model.levels, contexts, worth, strict=True):
        if context < 0:
            continue
        part = level.part(context)
        places = np.searchsorted(tokens, level.keys[part] & TOKEN_MASK)
        weights *= level.gamma[context]
        weights[places] = level.probability[part]
        evidence[places] = np.maximum(evidence[places], np.float32(value))
    return weights


def sum_weights(model: LanguageModel) -> tuple[np.ndarray, ...]:
    """The sum over all tokens that ``interpolate`` would give, for every context at once.

    The first item is the sum without a context, then one array a level, by context: what the
    shorter context sums to, scaled, and what the context's own followers change about it.
    """
    sums = [np.asarray(model.unigram.sum(dtype=np.float64))]
    below, lower = np.zeros(VOCABULARY, np.int64), model.unigram
    for level in model.levels:
        context = level.keys >> TOKEN_BITS
        change = level.probability - level.gamma[context] * lower[level.suffix]
        shorter = sums[-1][below] if sums[-1].ndim else sums[-1]
        sums.append(level.gamma * shorter + np.bincount(context, change, len(level.gamma)))
        below, lower = level.suffix, level.probability
    return tuple(sums)


def base_speaker(base: LanguageModel) -> Speaker:
    """The base alone."""
    return Speaker(
        base,
        base,
        np.zeros(COPY_CLASSES, np.float32),
        np.zeros(0, np.int64),
        sums=sum_weights(base),
    )


def own_weights(adapter: Adapter) -> Weights:
    """A copy of the adapter's weights, by the person's own n-grams."""
    levels = [
        weights[level.of_node[nodes]]
        for weights, level, nodes in zip(
            adapter.weights.levels, adapter.entries, adapter.tables.joint.person, strict=True
        )
    ]
    return Weights(adapter.weights.word.copy(), levels, adapter.weights.copy.copy())


def tuned_speaker(base: LanguageModel, learnt: Learnt) -> Speaker:
    """Multiply the weights into the base, once, for every n-gram of both."""
    person = prune(learnt.counts, learnt.minimum)
    joint = join(base, person)
    word = np.zeros(VOCABULARY, np.float32)
    word[person.vocabulary] = learnt.weights.word
    tuned = LanguageModel(joint.unigram * np.exp(word), _weigh(joint, learnt, word))
    memory = None
    if learnt.shares.any():
        memory = smooth(only_counted(Counts(learnt.counts.keys, learnt.remembered, [], [])))
    return Speaker(
        base,
        tuned,
        learnt.weights.copy,
        learnt.ignored,
        memory,
        learnt.shares,
        average_length(learnt.counts),
        learnt,
        sum_weights(tuned),
    )


def restore(base: LanguageModel, learnt: Learnt) -> Adapter:
    """The adapter as it was when the weights were taken from it."""
    adapter = Adapter(make_tables(base, prune(learnt.counts, learnt.minimum), learnt.ignored))
    adapter.weights.word[:] = learnt.weights.word
    adapter.weights.copy[:] = learnt.weights.copy
    for depth, (level, nodes) in enumerate(
        zip(adapter.entries, adapter.tables.joint.person, strict=True)
    ):
        adapter.weights.levels[depth][level.of_node[nodes]] = learnt.weights.levels[depth]
    return adapter


def average_length(counts: Counts) -> float:
    """Tokens per text, from the bigrams: those after START are as many as there are texts."""
    texts = counts.counts[0][counts.from_start[0]].sum()
    return float(counts.counts[0].sum() / max(texts, 1) - 1)


def _weigh(joint: Joint, learnt: Learnt, word: np.ndarray) -> tuple[Level, ...]:
    levels = []
    sums = word
    for depth, level in enumerate(joint.levels):
        sums = sums[level.suffix]
        sums[joint.person[depth]] += learnt.weights.levels[depth]
        levels.append(
            Level(level.keys, level.suffix, level.probability * np.exp(sums), level.gamma)
        )
    return tuple(levels)


def pack(learnt: Learnt) -> bytes:
    """One compressed file with everything a model needs beyond the base; weights as float16."""
    arrays: dict[str, np.ndarray] = {
        "minimum": np.array(learnt.minimum),
        "word": learnt.weights.word.astype(np.float16),
        "copy": learnt.weights.copy,
        "shares": learnt.shares,
        "ignored": learnt.ignored,
        "languages": np.array(",".join(learnt.languages)),
    }
    for depth, keys in enumerate(learnt.counts.keys):
        arrays[f"keys{depth}"] = np.diff(keys, prepend=0)
        arrays[f"counts{depth}"] = learnt.counts.counts[depth].astype(np.int32)
        if not np.array_equal(learnt.remembered[depth], learnt.counts.counts[depth]):
            arrays[f"remembered{depth}"] = learnt.remembered[depth].astype(np.int32)
        arrays[f"weights{depth}"] = learnt.weights.levels[depth].astype(np.float16)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack(packed: bytes) -> Learnt:
    """The reverse of ``pack``.

    Raises:
        ValueError: the bytes are not such a file.
    """
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as file:
            depths = range(sum(name.startswith("keys") for name in file.files))
            counts = complete_counts(
                [np.cumsum(file[f"keys{depth}"]) for depth in depths],
                [file[f"counts{depth}"].astype(np.int64) for depth in depths],
            )
            weights = Weights(
                file["word"].astype(np.float32),
                [file[f"weights{depth}"].astype(np.float32) for depth in depths],
                file["copy"],
            )
            remembered = [
                file[name].astype(np.int64) if name in file.files else counts.counts[depth]
                for depth, name in ((depth, f"remembered{depth}") for depth in depths)
            ]
            return Learnt(
                counts,
                remembered,
                tuple(file["minimum"].tolist()),
                weights,
                file["shares"],
                file["ignored"],
                tuple(str(file["languages"]).split(",")),
            )
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError("not a stored model") from error
