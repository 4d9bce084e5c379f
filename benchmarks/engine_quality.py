"""How well the embedded engine predicts unseen text, beside what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from benchmarks.engine_authors import (
    MESSAGES,
    SIZES,
    Author,
    answers,
    best_step,
    bits_per_byte,
    exchanges,
    head,
    load_authors,
    mixture_share,
    predict,
    probabilities,
    row,
    timed,
)
from core.dataset import build_dataset
from core.engine.base_text import base_model, read_texts
from core.engine.language_model import LanguageModel, build_language_model
from core.engine.ngrams import make_stream
from core.engine.prompts import Exchange
from core.engine.start import choose_languages
from core.readers import read_archive
from core.samples import sample
from core.settings import DatasetSettings
from core.tokens import encode


def quality() -> None:
    """Held-out bits per byte on a matched and on a mismatched base."""
    head(
        "Held-out bits per byte (lower is better) and CPU seconds",
        *("author", "examples", "base", "bits: base", "author KN", "mixture", "engine"),
        *("engine minus mixture", "s: author KN", "s: engine"),
    )
    for author in load_authors():
        fitting = choose_languages(answers(author.training))
        other = ("de",) if fitting == ("en",) else ("en",)
        for chosen in (fitting, other):
            base = base_model(chosen)
            stream = make_stream(answers(author.training))
            own, own_seconds = timed(partial(build_language_model, stream))
            step, seconds = timed(partial(best_step, author, chosen))
            share = mixture_share(
                probabilities(own, author.validation), probabilities(base, author.validation)
            )
            alone, personal = (probabilities(m, author.held_out) for m in (base, own))
            scores = [
                bits_per_byte(p, author.held_out)
                for p in (
                    alone,
                    personal,
                    share * personal + (1 - share) * alone,
                    predict(step, base, author.held_out),
                )
            ]
            row(
                author.name,
                len(author.training),
                "+".join(chosen),
                *scores,
                scores[3] - scores[2],
                own_seconds,
                seconds,
            )


def base_sizes() -> None:
    """What the amount of base text is worth to a model of 200 messages."""
    english = [author for author in load_authors() if not author.name.endswith("(de)")]
    head(
        f"Held-out bits per byte of a model of up to {MESSAGES} messages, by size of the base",
        *("base text", *(author.name for author in english), "mean"),
    )
    texts = read_texts("en")
    np.random.default_rng(0).shuffle(texts)
    ends = np.cumsum([len(text.encode()) for text in texts])
    for size in (*SIZES, None):
        count = len(texts) if size is None else int(np.searchsorted(ends, size * 1000))
        base = build_language_model(make_stream([encode(text) for text in texts[:count]]))
        scores = [with_base(author, base) for author in english]
        name = f"{ends[-1] // 1000} KB (all)" if size is None else f"{size} KB"
        row(name, *scores, float(np.mean(scores)))


def with_base(author: Author, base: LanguageModel) -> float:
    """Bits per byte of an author's model on a base of one's own making."""
    import core.engine.start as start_module

    real = start_module.base_model
    start_module.base_model = lambda chosen=(): base
    try:
        step = best_step(author, ("en",), MESSAGES)
    finally:
        start_module.base_model = real
    return bits_per_byte(predict(step, base, author.held_out), author.held_out)


def topics() -> None:
    """Topic prompts: the topic, none, a wrong one; and n-grams of the most similar posts mixed in."""
    archive = read_archive(sample("odile").path)
    settings = DatasetSettings(recipe="topics", validation_share=0.1, held_out_share=0.2)
    data = build_dataset(archive.frame(), ["odilefarrow"], settings, notes=archive.notes)
    with_topics = Author(
        "Odile, topics", *map(exchanges, (data.training, data.validation, data.held_out))
    )
    base = base_model(("en",))
    step = best_step(with_topics, ("en",))
    held_out = with_topics.held_out
    prompts = [example[0].prompt for example in held_out]
    wrong = [
        [Exchange(prompts[place - 1], example[0].answer)] for place, example in enumerate(held_out)
    ]
    head("Topic prompts (Odile), held-out bits per byte", "prompt", "bits")
    for name, examples in (("its topic", held_out), ("another text's topic", wrong)):
        row(name, bits_per_byte(predict(step, base, examples), examples))
    head(
        "N-grams of the 8 training texts most similar to the prompt, mixed in",
        *(
            "author",
            "similar",
            "share fitted on validation",
            "bits without",
            "with it",
            "share .05",
            ".1",
        ),
    )
    for author in (with_topics, *load_authors()[1:4]):
        step = best_step(author, ("en",))
        assert step.learnt is not None
        seen, told = (predict(step, base, part) for part in (author.validation, author.held_out))
        for by in ("answer", "exchange"):
            near = retrieved(author, author.validation, by)
            asked = near > 0
            share = mixture_share(near[asked], seen[asked]) if asked.any() else 0.0
            found = retrieved(author, author.held_out, by)
            mixed = (
                np.where(found > 0, part * found + (1 - part) * told, told)
                for part in (0.0, share, 0.05, 0.1)
            )
            row(author.name, by, share, *(bits_per_byte(p, author.held_out) for p in mixed))


def retrieved(
    author: Author, examples: Sequence[Sequence[Exchange]], by: str, most: int = 8
) -> np.ndarray:
    """P of every token by Kneser-Ney of the training answers most similar to each prompt; 0: none.

    Similar by shared tokens of the prompt, weighed by how few have them (tf-idf, cosine).

    Args:
        by: "answer", or "exchange" for the answers with what they answered.
    """
    learnt = [exchange for example in author.training for exchange in example]
    known = [exchange.answer for exchange in learnt]
    like = [{*e.answer, *(e.prompt.tokens if by == "exchange" else ())} for e in learnt]
    number = len(known)
    counts = np.bincount([token for text in like for token in text], minlength=200_000)
    weight = np.log(number / (1 + counts)).clip(0.1)
    found = []
    for exchange in (exchange for example in examples for exchange in example):
        asked = set(exchange.prompt.tokens)
        score = np.array([sum(weight[t] for t in asked & x) / np.sqrt(len(x) or 1) for x in like])
        best = [n for n in np.argsort(-score, kind="stable")[:most] if score[n] > 0]
        if not best:
            found.append(np.zeros(len(exchange.answer) + 1))
            continue
        model = build_language_model(make_stream([known[n] for n in best]))
        found.append(np.exp(model.log_probabilities(make_stream([exchange.answer]))))
    return np.concatenate(found)
