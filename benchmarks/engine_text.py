"""Texts of the embedded engine: what is recited, where sentences break, what is taken up."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.engine_authors import (
    Author,
    answers,
    best_step,
    exchanges,
    head,
    load_authors,
    row,
    timed,
)
from core.dataset import build_dataset
from core.engine import candidates
from core.engine.base_text import base_model, read_texts
from core.engine.candidates import DRAFTS, best_answer, repeated_share, seam_share
from core.engine.decoding import Decoding, token_bytes
from core.engine.ngrams import END
from core.engine.prompts import Prompt
from core.engine.start import choose_languages
from core.engine.tuned import Speaker, tuned_speaker
from core.readers import read_archive
from core.samples import sample
from core.settings import DatasetSettings
from core.tokens import encode
from core.voice.copies import CopyIndex, longest_copy
from core.voice.scorer import fit, logits

TEXTS_EACH = 60


def longest_run(text: str, sources: list[str]) -> float:
    """Share of a text that is one run of characters found in the training texts."""
    best = 0
    for start in range(len(text)):
        while start + best < len(text) and any(
            text[start : start + best + 1] in source for source in sources
        ):
            best += 1
    return best / max(len(text), 1)


def generated() -> None:
    """Texts: how much is recited, where sentences break, whose they seem; beside markovify."""
    head(
        f"{TEXTS_EACH} texts each, to prompts that were not learnt",
        *("author", "generator", "longest verbatim run, median", "wholly verbatim"),
        *("eight words or more", "broken places a text", "repeated runs", "judged theirs"),
        *("words", "CPU ms a text", "example"),
    )
    authors = load_authors()
    for author in authors:
        speaker = speaker_of(author)
        sources = [text_of(tokens) for tokens in answers(author.training)]
        judge = _Judge(author, authors)
        prompts = [example[-1].prompt for example in author.held_out]
        for drafts in (1, DRAFTS):
            texts, seconds = timed(partial(write, speaker, prompts, drafts))
            name = f"engine, {drafts} draft(s)"
            _texts_row(author.name, name, texts, sources, seconds, speaker, judge)
        if importlib.util.find_spec("markovify"):
            made, seconds = timed(partial(write_by_markovify, sources))
            texts = [text for text in made if text]
            _texts_row(author.name, "markovify", texts, sources, seconds, speaker, judge)
        row(
            author.name,
            "unseen texts of their own",
            *["" for _ in range(5)],
            judge.of(judge.unseen),
        )
        row(author.name, "base text", *["" for _ in range(5)], judge.of(judge.base))


def speaker_of(author: Author) -> Speaker:
    """An author's model, ready to answer."""
    chosen = choose_languages(answers(author.training))
    step = best_step(author, chosen)
    assert step.learnt is not None
    return tuned_speaker(base_model(chosen), step.learnt)


def write(speaker: Speaker, prompts: Sequence[Prompt], drafts: int) -> list[str]:
    """Answers to prompts, in turn."""
    return [
        "".join(
            piece.text
            for piece in best_answer(
                speaker,
                prompts[seed % len(prompts)],
                Decoding(temperature=0.8, seed=seed),
                0,
                drafts,
            )
        )
        for seed in range(TEXTS_EACH)
    ]


def write_by_markovify(sources: Sequence[str]) -> list[str | None]:
    """Sentences of a markovify model of the same texts; None where all its tries were verbatim."""
    import markovify

    model = markovify.NewlineText("\n".join(text.replace("\n", " ") for text in sources))
    return [model.make_sentence(tries=50) for _ in range(TEXTS_EACH)]


def text_of(tokens: Sequence[int]) -> str:
    """Tokens as text."""
    return b"".join(map(token_bytes, tokens)).decode("utf-8", "replace")


class _Judge:
    """Tells an author's texts from others', fitted on texts that the model did not learn."""

    def __init__(self, author: Author, authors: Sequence[Author]) -> None:
        own = [text_of(t) for t in answers([*author.validation, *author.held_out])]
        others = [
            text_of(t) for other in authors if other != author for t in answers(other.held_out)
        ]
        base = read_texts("de" if "(de)" in author.name else "en")
        rng = np.random.default_rng(0)
        for texts in (own, others, base):
            rng.shuffle(texts)
        third = len(own) // 3
        self.unseen, self.base = own[:third], base[:200]
        self.scorer = fit(own[third:], [*others, *base[200:400]])

    def of(self, texts: Sequence[str]) -> str:
        """Share of texts that are taken for the author's."""
        return f"{np.mean(logits(self.scorer, texts) > 0):.0%}" if texts else ""


def broken_places(speaker: Speaker, text: str) -> float:
    """Places where three words follow each other that nobody wrote so; half where the base did."""
    tokens = encode(text)
    return seam_share(speaker, [*tokens, END]) * max(len(tokens) - 1, 0)


def _texts_row(
    name: str,
    kind: str,
    texts: list[str],
    sources: list[str],
    seconds: float,
    speaker: Speaker,
    judge: _Judge,
) -> None:
    runs = [longest_run(text, sources) for text in texts]
    index = CopyIndex(sources)
    copied = [longest_copy(text, index).words >= 8 for text in texts]
    row(
        name,
        kind,
        float(np.median(runs)) if runs else 0.0,
        f"{np.mean(np.array(runs) > 0.99):.0%}",
        f"{np.mean(copied):.0%}",
        float(np.mean([broken_places(speaker, text) for text in texts])),
        f"{np.mean([repeated_share(encode(text)) for text in texts]):.1%}",
        judge.of(texts),
        float(np.mean([len(text.split()) for text in texts])),
        round(seconds / TEXTS_EACH * 1000),
        (texts[7] if len(texts) > 7 else "").replace("\n", " ")[:90],
    )


def taken_up() -> None:
    """How often an answer has a rare word of the last message, with and without placing words."""
    head(
        f"{TEXTS_EACH} answers to messages with rare words that were not learnt",
        *("author", "how", "has one of the words", "broken places a text", "eight words or more"),
    )
    rare = rare_words()
    for key, me, recipe in (
        ("odile", "odilefarrow", "topics"),
        ("nan", "Nan Brisket", "auto"),
        ("nan", "Theo", "auto"),
        ("concierge", "Vesper", "auto"),
    ):
        archive = read_archive(sample(key).path)
        settings = DatasetSettings(recipe=recipe, validation_share=0.1, held_out_share=0.2)
        data = build_dataset(archive.frame(), [me], settings, notes=archive.notes)
        author = Author(me, *map(exchanges, (data.training, data.validation, data.held_out)))
        speaker = speaker_of(author)
        index = CopyIndex([text_of(tokens) for tokens in answers(author.training)])
        asked = []
        for example, learnt in zip(data.held_out, author.held_out, strict=True):
            said = [m.content for m in example.messages if m.role == "user"][-1:]
            if words := rare("".join(said)):
                asked.append((words, learnt[-1].prompt, example.messages[-1].content))
        prompts = [prompt for _, prompt, _ in asked]
        real = np.mean([bool(words & rare(answer)) for words, _, answer in asked])
        row(me, f"the person, {len(asked)} answers", f"{real:.0%}", "", "")
        for kind, places in (("words may be placed", True), ("not placed", False)):
            chances = candidates.PLACING
            candidates.PLACING = chances if places else (0.0,)
            try:
                texts = write(speaker, prompts, DRAFTS)
            finally:
                candidates.PLACING = chances
            has = [bool(asked[n % len(asked)][0] & rare(text)) for n, text in enumerate(texts)]
            broken = float(np.mean([broken_places(speaker, text) for text in texts]))
            copied = np.mean([longest_copy(text, index).words >= 8 for text in texts])
            row(me, kind, f"{np.mean(has):.0%}", broken, f"{copied:.0%}")


def rare_words() -> Callable[[str], set[str]]:
    """What finds the words of a text that are not among the 300 commonest of the base text."""
    counts = Counter(word for text in read_texts("en") for word in _words(text))
    common = {word for word, _ in counts.most_common(300)}
    return lambda text: {word for word in _words(text) if len(word) > 2} - common


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())
