"""The embedded engine: how well it predicts unseen text, how fast it is, what survives a kill.

    python -m benchmarks.engine              all parts (about five minutes on two cores)
    python -m benchmarks.engine quality      one part: quality, base, topics, text, speed, api, crash

Authors are made up and had no part in the base text. Rivals: the base alone, Kneser-Ney of the
author alone, the best linear mixture of both, and, as a generator only, markovify where it is
installed (pip install markovify).
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import numpy as np
import openai

from core.dataset import build_dataset
from core.engine import BASE_MODEL, Engine, EngineTransport
from core.engine.base_text import base_model, languages, read_texts
from core.engine.candidates import DRAFTS, best_answer
from core.engine.conversation import exchanges_of
from core.engine.decoding import Decoding, Piece, answer, token_bytes
from core.engine.language_model import LanguageModel, build_language_model
from core.engine.ngrams import make_stream
from core.engine.prompts import Exchange, Prompt, read_prompt
from core.engine.start import base_loss, begin, choose_languages
from core.engine.training import Step, resolve, train
from core.engine.tuned import Speaker, pack, tuned_speaker
from core.readers import read_archive
from core.samples import sample
from core.settings import DatasetSettings
from core.tokens import encode
from core.voice.copies import CopyIndex, longest_copy

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


# ---- parts ----


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
        *("author", "share fitted on validation", "bits without", "with it", "share .05", ".1"),
    )
    for author in (with_topics, *load_authors()[1:4]):
        step = best_step(author, ("en",))
        assert step.learnt is not None
        seen = predict(step, base, author.validation), retrieved(author, author.validation)
        asked = seen[1] > 0
        share = mixture_share(seen[1][asked], seen[0][asked]) if asked.any() else 0.0
        told, found = predict(step, base, author.held_out), retrieved(author, author.held_out)
        scores = [
            bits_per_byte(
                np.where(found > 0, part * found + (1 - part) * told, told), author.held_out
            )
            for part in (0.0, share, 0.05, 0.1)
        ]
        row(author.name, share, *scores)


def retrieved(author: Author, examples: Sequence[Sequence[Exchange]], most: int = 8) -> np.ndarray:
    """P of every token by Kneser-Ney of the training answers most similar to each prompt; 0: none.

    Similar by shared tokens of the prompt, weighed by how few answers have them (tf-idf, cosine).
    """
    known = answers(author.training)
    number = len(known)
    counts = np.bincount([token for text in known for token in set(text)], minlength=200_000)
    weight = np.log(number / (1 + counts)).clip(0.1)
    found = []
    for exchange in (exchange for example in examples for exchange in example):
        asked = set(exchange.prompt.tokens)
        score = np.array(
            [sum(weight[t] for t in asked & set(x)) / np.sqrt(len(set(x)) or 1) for x in known]
        )
        best = [n for n in np.argsort(-score, kind="stable")[:most] if score[n] > 0]
        if not best:
            found.append(np.zeros(len(exchange.answer) + 1))
            continue
        model = build_language_model(make_stream([known[n] for n in best]))
        found.append(np.exp(model.log_probabilities(make_stream([exchange.answer]))))
    return np.concatenate(found)


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
    """Texts: how much is recited, how fast; beside markovify."""
    head(
        "60 texts each: what is recited, how different, how fast",
        *("author", "generator", "longest verbatim run, median", "wholly verbatim"),
        *("eight words or more", "distinct", "words", "ms a text", "example"),
    )
    for author in load_authors():
        base = base_model(choose_languages(answers(author.training)))
        step = best_step(author, choose_languages(answers(author.training)))
        assert step.learnt is not None
        speaker = tuned_speaker(base, step.learnt)
        sources = [_text(tokens) for tokens in answers(author.training)]
        prompts = [example[0].prompt for example in author.held_out]
        for drafts in (1, DRAFTS):
            began = time.perf_counter()
            texts = [
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
                for seed in range(60)
            ]
            _texts_row(author.name, f"engine, {drafts} draft(s)", texts, sources, began)
        if importlib.util.find_spec("markovify"):
            import markovify

            began = time.perf_counter()
            model = markovify.NewlineText("\n".join(s.replace("\n", " ") for s in sources))
            made = [model.make_sentence(tries=50) or "" for _ in range(60)]
            _texts_row(author.name, "markovify", [text for text in made if text], sources, began)


def _text(tokens: Sequence[int]) -> str:
    return b"".join(map(token_bytes, tokens)).decode("utf-8", "replace")


def _texts_row(name: str, kind: str, texts: list[str], sources: list[str], began: float) -> None:
    seconds = time.perf_counter() - began
    runs = [longest_run(text, sources) for text in texts]
    index = CopyIndex(sources)
    copied = [longest_copy(text, index).words >= 8 for text in texts]
    row(
        name,
        kind,
        float(np.median(runs)) if runs else 0.0,
        f"{np.mean(np.array(runs) > 0.99):.0%}",
        f"{np.mean(copied):.0%}",
        f"{len(set(texts))}/{len(texts)}",
        float(np.mean([len(text.split()) for text in texts])),
        round(seconds / 60 * 1000),
        (texts[7] if len(texts) > 7 else "").replace("\n", " ")[:90],
    )


def speed() -> None:
    """Training time and peak memory in a process of its own; generation."""
    head(
        "Training, 3 epochs, everything at auto (one process each)",
        *("examples", "tokens to learn", "CPU s", "wall s", "peak MB", "stored KB"),
        *("longest pause of another thread, ms",),
    )
    for count in (400, 1500, 5000):
        command = [sys.executable, "-m", "benchmarks.engine", "one-speed", str(count)]
        print(subprocess.run(command, capture_output=True, text=True, check=True).stdout, end="")
    author = load_authors()[0]
    step = best_step(author, ("en",))
    assert step.learnt is not None
    speaker = tuned_speaker(base_model(("en",)), step.learnt)
    head("Generation, one thread", "what", "tokens per CPU second")
    for evidence in (True, False):
        pieces, seconds = timed(partial(_forty, speaker, evidence))
        row("as the API answers" if evidence else "plain sampling", round(len(pieces) / seconds))


def _forty(speaker: Speaker, evidence: bool) -> list[Piece]:
    return [
        piece
        for seed in range(40)
        for piece in answer(speaker, Prompt(), Decoding(seed=seed, evidence=evidence))
    ]


def one_speed(count: int) -> None:
    """One line of the speed table; meant to be run in a process of its own."""
    import resource

    random = np.random.default_rng(0)
    texts = [text for code in languages() for text in read_texts(code)]
    while len(texts) < count * 1.1:  # more of the same length, words in another order
        texts += [" ".join(random.permutation(text.split())) for text in texts]
    random.shuffle(texts)
    examples = [
        [Exchange(read_prompt(" ".join(text.split()[-2:])), tuple(encode(text)))]
        for text in texts[: int(count * 1.1)]
    ]
    training, validation = examples[:count], examples[count:]
    base_model(("en",))
    pauses, done = [0.0], threading.Event()

    def other_thread() -> None:
        while not done.is_set():
            before = time.perf_counter()
            time.sleep(0.001)
            pauses.append(time.perf_counter() - before)

    watch = threading.Thread(target=other_thread)
    watch.start()
    wall, cpu = time.perf_counter(), time.process_time()
    texts_learnt = answers(training)
    start = begin(texts_learnt, [e.prompt for x in training for e in x], ("en",))
    plan = resolve(count, n_epochs=3, batch_size="auto", rate="auto", seed=1)
    *_, last = train(start, training, validation, plan)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    done.set()
    watch.join()
    assert last.learnt is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1 << 20 if sys.platform == "darwin" else 1 << 10
    )
    row(
        count,
        sum(map(len, texts_learnt)),
        round(cpu, 1),
        round(wall, 1),
        round(peak),
        len(pack(last.learnt)) // 1024,
        round(max(pauses) * 1000),
    )


def api() -> None:
    """What a call costs beyond the work that it asks for."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(folder)
        client: Any = openai.OpenAI(
            api_key="benchmark",
            base_url="http://embedded.local/v1",
            http_client=httpx2.Client(transport=EngineTransport(engine)),
            max_retries=0,
        )
        lines = [
            {
                "messages": [
                    {"role": "user", "content": "Post."},
                    {"role": "assistant", "content": t},
                ]
            }
            for t in read_texts("en")[:400]
        ]
        content = "\n".join(map(json.dumps, lines)).encode()
        began = time.perf_counter()
        file = client.files.create(file=("t.jsonl", content), purpose="fine-tune").id
        uploaded = time.perf_counter() - began
        began = time.perf_counter()
        job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file)
        waits = []
        while job.status != "succeeded":
            asked = time.perf_counter()
            job = client.fine_tuning.jobs.retrieve(job.id)
            waits.append(time.perf_counter() - asked)
            time.sleep(0.01)
        trained = time.perf_counter() - began
        ask = [{"role": "user", "content": "Post."}]
        head("API overhead, through the openai client without a port", "call", "ms")
        row("upload of 400 examples", round(uploaded * 1000, 1))
        row("job of 400 posts, from create to succeeded", round(trained * 1000))
        row("retrieve while training, median", round(float(np.median(waits)) * 1000, 2))
        row(
            "retrieve while training, 95th percentile",
            round(float(np.quantile(waits, 0.95)) * 1000, 2),
        )
        for name, call in (
            ("retrieve a job", lambda: client.fine_tuning.jobs.retrieve(job.id)),
            ("list 100 events", lambda: client.fine_tuning.jobs.list_events(job.id, limit=100)),
            ("chat, 1 token", lambda: client.chat.completions.create(model=job.fine_tuned_model, messages=ask, max_tokens=1, extra_body={"drafts": 1})),
            ("chat, a whole answer", lambda: client.chat.completions.create(model=job.fine_tuned_model, messages=ask)),
            ("chat, streamed, to the first text", lambda: _first_text(client, job.fine_tuned_model, ask)),
        ):  # fmt: skip
            taken = []
            for _ in range(60):
                began = time.perf_counter()
                call()
                taken.append(time.perf_counter() - began)
            row(f"{name}, median", round(float(np.median(taken)) * 1000, 2))
        engine.close()


def _first_text(client: Any, model: str, ask: list[dict[str, str]]) -> None:
    with client.chat.completions.create(model=model, messages=ask, stream=True) as stream:
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                return


def crash() -> None:
    """Killed fifty times in a row (kill -9), in the middle of everything."""
    if not hasattr(os, "fork"):
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.core.engine_crash", folder, "50", "7"]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
    head("Killed 50 times", *json.loads(ended.stdout))
    row(*json.loads(ended.stdout).values())


PARTS: dict[str, Callable[[], None]] = {
    "quality": quality,
    "base": base_sizes,
    "topics": topics,
    "text": generated,
    "speed": speed,
    "api": api,
    "crash": crash,
}


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["one-speed"]:
        one_speed(int(arguments[1]))
        return
    for name in arguments or list(PARTS):
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
