"""A trained adapter laid over its base, ready to speak; and how it is stored."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np

from core.engine.adapter import Adapter, Weights
from core.engine.features import (
    COPY_CLASSES,
    Joint,
    Person,
    join,
    rarity_classes,
)
from core.engine.language_model import LanguageModel, Level, interpolate
from core.engine.ngrams import VOCABULARY


@dataclass(frozen=True, slots=True)
class Learnt:
    """What training leaves behind: the person's n-grams and a weight for each.

    ``weights.levels`` follow ``person.keys``. ``languages`` names the base it belongs to.
    """

    person: Person
    weights: Weights
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A model that can answer: the base alone, or with an adapter multiplied in.

    ``weights`` has the shape of a language model, but its numbers are P0(w|h) e^s: they do not
    sum to one until divided by their sum.
    """

    base: LanguageModel
    weights: LanguageModel
    copy: np.ndarray  # float32 per copy class

    def next_probabilities(self, history: list[int], copied: np.ndarray) -> np.ndarray:
        """P(token | history, words to copy) for every token: float32, VOCABULARY items.

        Args:
            history: token ids of the answer so far, START first.
            copied: prompt tokens that the answer has not used yet: int64.
        """
        weights = interpolate(self.weights.unigram, self.weights.levels, history)
        if len(copied):
            weights[copied] *= np.exp(self.copy[rarity_classes(self.base, copied)])
        return weights / weights.sum()


def base_speaker(base: LanguageModel) -> Speaker:
    """The base alone."""
    return Speaker(base, base, np.zeros(COPY_CLASSES, np.float32))


def extract(adapter: Adapter, person: Person, languages: tuple[str, ...]) -> Learnt:
    """The adapter's weights by the person's own n-grams."""
    levels = [
        weights[level.of_node[nodes]]
        for weights, level, nodes in zip(
            adapter.weights.levels, adapter.entries, adapter.joint.person, strict=True
        )
    ]
    own = Weights(adapter.weights.word.copy(), levels, adapter.weights.copy.copy())
    return Learnt(person, own, languages)


def tuned_speaker(base: LanguageModel, learnt: Learnt) -> Speaker:
    """Multiply the weights into the base, once, for every n-gram of both."""
    joint = join(base, learnt.person)
    word = np.zeros(VOCABULARY, np.float32)
    word[learnt.person.vocabulary] = learnt.weights.word
    unigram = joint.unigram * np.exp(word)
    return Speaker(base, LanguageModel(unigram, _weigh(joint, learnt, word)), learnt.weights.copy)


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
        "vocabulary": learnt.person.vocabulary.astype(np.int32),
        "word": learnt.weights.word.astype(np.float16),
        "copy": learnt.weights.copy,
        "languages": np.array(",".join(learnt.languages)),
    }
    for depth, keys in enumerate(learnt.person.keys):
        arrays[f"keys{depth}"] = keys
        arrays[f"suffix{depth}"] = learnt.person.suffix[depth].astype(np.int32)
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
            return Learnt(
                Person(
                    file["vocabulary"].astype(np.int64),
                    [file[f"keys{depth}"] for depth in depths],
                    [file[f"suffix{depth}"] for depth in depths],
                ),
                Weights(
                    file["word"].astype(np.float32),
                    [file[f"weights{depth}"].astype(np.float32) for depth in depths],
                    file["copy"],
                ),
                tuple(str(file["languages"]).split(",")),
            )
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise ValueError("not a stored adapter") from error
