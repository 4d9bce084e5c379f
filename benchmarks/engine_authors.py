"""Made-up people for the engine's benchmarks, models trained on them, and tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from core.dataset import build_dataset
from core.engine.conversation import exchanges_of
from core.engine.decoding import token_bytes
from core.engine.language_model import LanguageModel
from core.engine.ngrams import make_stream
from core.engine.prompts import Exchange, Prompt
from core.engine.start import base_loss, begin
from core.engine.training import Step, resolve, train
from core.engine.tuned import tuned_speaker
from core.readers import read_archive
from core.samples import sample
from core.settings import DatasetSettings
from core.tokens import encode

TEXTS = Path(__file__).parent / "texts"
SIZES = (0, 30, 100)
MESSAGES = 200


class Author(NamedTuple):
    """A made-up person's examples, split so that what is judged was never seen."""

    name: str
    training: list[list[Exchange]]
    validation: list[list[Exchange]]
    held_out: list[list[Exchange]]


def load_authors() -> list[Author]:
    """Four English authors from the samples and a German one."""
    authors = []
    for key, me in (
        ("odile", "odilefarrow"),
        ("nan", "Nan Brisket"),
        ("nan", "Theo"),
        ("concierge", "Vesper"),
    ):
        archive = read_archive(sample(key).path)
        settings = DatasetSettings(validation_share=0.1, held_out_share=0.2)
        data = build_dataset(archive.frame(), [me], settings, notes=archive.notes)
        parts = (data.training, data.validation, data.held_out)
        authors.append(Author(me.split()[0], *map(exchanges, parts)))
    posts = (TEXTS / "kolbe_de.txt").read_text("utf-8").splitlines()
    order = np.random.default_rng(0).permutation(len(posts))
    kolbe = [[Exchange(Prompt(), tuple(encode(posts[i])))] for i in order]
    third = len(posts) // 5
    authors.append(
        Author("Kolbe (de)", kolbe[2 * third :], kolbe[:third], kolbe[third : 2 * third])
    )
    return authors


def exchanges(examples: Sequence[Any]) -> list[list[Exchange]]:
    """Examples of the data set as the engine learns them."""
    return [exchanges_of([m._asdict() for m in example.messages]) for example in examples]


def answers(examples: Sequence[Sequence[Exchange]]) -> list[tuple[int, ...]]:
    return [exchange.answer for example in examples for exchange in example]


def byte_count(examples: Sequence[Sequence[Exchange]]) -> int:
    return sum(len(token_bytes(token)) for text in answers(examples) for token in text)


def bits_per_byte(probabilities: np.ndarray, examples: Sequence[Sequence[Exchange]]) -> float:
    """Over whole texts, their ends included."""
    return float(-np.log2(probabilities).sum() / byte_count(examples))


def probabilities(model: LanguageModel, examples: Sequence[Sequence[Exchange]]) -> np.ndarray:
    return np.exp(model.log_probabilities(make_stream(answers(examples))))


def mixture_share(first: np.ndarray, second: np.ndarray) -> float:
    """The share of the first of two models that explains a text best (EM)."""
    share = 0.5
    for _ in range(60):
        mine = share * first
        share = float((mine / (mine + (1 - share) * second)).mean())
    return share


def timed(action: Callable[[], Any]) -> tuple[Any, float]:
    """The result of an action and the CPU seconds it took."""
    start = time.process_time()
    result = action()
    return result, time.process_time() - start


def best_step(author: Author, base: tuple[str, ...], limit: int | None = None) -> Step:
    """Train with everything at auto; the step with the best validation loss."""
    training = author.training[:limit]
    texts = answers(training)
    start = begin(texts, [e.prompt for x in training for e in x], base)
    plan = resolve(
        len(training),
        n_epochs="auto",
        batch_size="auto",
        rate="auto",
        seed=1,
        base_loss=base_loss(start, texts),
    )
    ends = [step for step in train(start, training, author.validation, plan) if step.learnt]
    return min(ends, key=lambda step: step.full_valid.loss if step.full_valid else -step.number)


def predict(step: Step, base: LanguageModel, examples: Sequence[Sequence[Exchange]]) -> np.ndarray:
    """P of every token of unseen answers, one after the other, as in answering."""
    assert step.learnt is not None
    speaker, found = tuned_speaker(base, step.learnt), []
    for example in examples:
        for exchange in example:
            answering = speaker.begin(exchange.prompt)
            for token in (*exchange.answer, 199_999):
                found.append(float(answering.next_probabilities()[token]))
                answering.write(token)
    return np.array(found)


def row(*cells: object) -> None:
    print("| " + " | ".join(f"{c:.3f}" if isinstance(c, float) else str(c) for c in cells) + " |")


def head(title: str, *cells: str) -> None:
    print(f"\n### {title}\n")
    row(*cells)
    row(*("---" for _ in cells))
