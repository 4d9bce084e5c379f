"""How fast the embedded engine is, what a call costs, and what survives a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from typing import Any

import httpx2
import numpy as np
import openai

from benchmarks.engine_authors import (
    answers,
    best_step,
    head,
    load_authors,
    row,
    timed,
)
from core.engine import BASE_MODEL, Engine, EngineTransport
from core.engine.base_text import base_model, languages, read_texts
from core.engine.decoding import Decoding, Piece, answer
from core.engine.prompts import Exchange, Prompt, read_prompt
from core.engine.start import begin
from core.engine.training import resolve, train
from core.engine.tuned import Speaker, pack, tuned_speaker
from core.tokens import encode


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
