"""How long messages take to become a data set, how much memory, and how that grows.

    python -m benchmarks.dataset                 # 1,000,000 messages
    python -m benchmarks.dataset --messages 250000

There are two rivals, both plain loops around one ``orjson.dumps`` per example, the fastest we
know: one from messages to lines without filters, near-duplicates, split and receipt, and one that
only writes our very examples from plain tuples, each message made a dictionary once. All seconds are CPU
seconds. Each measurement runs in a process of its own; its peak memory is the process's.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from core.dataset import Dataset, DatasetSettings, build_dataset
from core.duplicates import same_groups
from core.examples import Example
from core.formats import chat_lines
from core.messages import make_frame
from core.normalise import normalise

SETTINGS = DatasetSettings(buffer_size=5)
LETTERS = "abcdefghiklmnoprstuvwyz"


def made_texts(count: int, seed: int = 7) -> list[str]:
    """Texts like those of a chat: a sixth are short and repeated, the others 2 to 20 words."""
    dice = random.Random(seed)
    words = ["".join(dice.choices(LETTERS, k=dice.randint(2, 9))) for _ in range(20_000)]
    weights = np.cumsum([1 / (i + 20) for i in range(len(words))]).tolist()
    short = ["ok", "haha", "yes", "no", "on my way", "good night", "lol", "?"]
    return [
        dice.choice(short)
        if dice.random() < 1 / 6
        else " ".join(dice.choices(words, cum_weights=weights, k=dice.randint(2, 20)))
        for _ in range(count)
    ]


def made_frame(count: int, seed: int = 7) -> pd.DataFrame:
    """A chat of two people: bursts, pauses of minutes, silences of hours, some pictures."""
    rng = np.random.default_rng(seed)
    pause = rng.choice([15, 40, 300, 900, 40_000], count, p=[0.3, 0.25, 0.25, 0.15, 0.05])
    sent = np.datetime64("2010-01-01", "ms") + np.cumsum(pause).astype("timedelta64[s]")
    author = np.where(np.cumsum(rng.random(count) < 0.6) % 2, "me", "Ann")
    kind = np.where(rng.random(count) < 0.03, "media", "message")
    return make_frame(
        {
            "id": [f"chat:{i}" for i in range(count)],
            "conversation": ["chat"] * count,
            "sent_at": sent,
            "author": author.tolist(),
            "text": made_texts(count, seed),
            "kind": kind.tolist(),
            "reply_to": [None] * count,
        }
    )


def parts_of(made: Dataset) -> dict[str, Sequence[Example]]:
    """The three parts by file name."""
    return {"training": made.training, "validation": made.validation, "held_out": made.held_out}


def run_ours(count: int, folder: Path) -> dict:
    """Messages to files with every stage; seconds by stage, peak memory, hash of the files."""
    frame = made_frame(count)
    before = peak_mb()
    stages: dict[str, float] = {}

    def remember(name, _key, make):
        start = time.process_time()
        value = make()
        stages[name] = time.process_time() - start
        return value

    start = time.process_time()
    made = build_dataset(frame, ["me"], SETTINGS, remember=remember)
    built = time.process_time()
    hashes = hashlib.sha256()
    size = 0
    for name, part in parts_of(made).items():
        with (folder / f"{name}.jsonl").open("wb", buffering=2**20) as file:
            file.writelines(chat_lines(part))
    end = time.process_time()
    for name in parts_of(made):
        data = (folder / f"{name}.jsonl").read_bytes()
        hashes.update(data)
        size += len(data)
    stages["split, examples, receipt"] = built - start - sum(stages.values())
    stages["JSONL"] = end - built
    peak = peak_mb()
    start_looking = time.process_time()
    looked_at = [list(part) for part in parts_of(made).values()]
    looking = time.process_time() - start_looking
    return {
        "seconds": end - start,
        "stages": stages,
        "frame_mb": before,
        "peak_mb": peak,
        "all_built_seconds": looking,
        "all_built_peak_mb": peak_mb(),
        "examples": sum(map(len, looked_at)),
        "bytes": size,
        "sha256": hashes.hexdigest(),
        "adds_up": made.receipt.adds_up,
    }


def run_rival(count: int, folder: Path) -> dict:
    """Plain loops over plain values, CPU seconds.

    ``from messages``: bursts, silences, exchanges, windows and JSONL in one pass over lists; no
    filters, near-duplicates, split or receipt. ``only writing``: the lines of finished examples
    from plain tuples; a message that several examples show becomes a dictionary once.
    """
    import orjson

    frame = made_frame(count)
    start = time.process_time()
    size = _loop_from_messages(frame, folder / "plain.jsonl")
    from_messages = time.process_time() - start
    made = build_dataset(frame, ["me"], SETTINGS)
    prepared: dict[str, list[list[tuple]]] = {
        name: [[tuple(message) for message in example.messages] for example in part]
        for name, part in parts_of(made).items()
    }
    del made, frame
    hashes = hashlib.sha256()
    gc.collect()  # what was prepared is not for this loop to look through
    start = time.process_time()
    for name, part in prepared.items():
        known: dict[tuple, dict] = {}
        with (folder / f"{name}.jsonl").open("wb", buffering=2**20) as file:
            for messages in part:
                row = []
                for message in messages:
                    plain = known.get(message)
                    if plain is None:
                        role, content, weight, _ = message
                        plain = {"role": role, "content": content}
                        if weight is not None:
                            plain["weight"] = weight
                        known[message] = plain
                    row.append(plain)
                file.write(orjson.dumps({"messages": row}) + b"\n")
    writing = time.process_time() - start
    for name in prepared:
        hashes.update((folder / f"{name}.jsonl").read_bytes())
    return {
        "from_messages": from_messages,
        "only_writing": writing,
        "bytes": size,
        "sha256": hashes.hexdigest(),
    }


def _loop_from_messages(frame: pd.DataFrame, path: Path) -> int:
    """The plain loop from messages to lines; the file's size."""
    import orjson

    authors = frame["author"].tolist()
    texts = frame["text"].tolist()
    kinds = frame["kind"].tolist()
    times = (frame["sent_at"].to_numpy().astype("datetime64[s]").astype(int)).tolist()
    before, last = "", -1_000_000
    turn: list[str] = []
    asked: list[str] = []
    window: list[dict] = []
    with path.open("wb", buffering=2**20) as file:

        def close() -> None:
            nonlocal asked, window
            text = "\n".join(turn)
            if before != "me":
                asked.append(text)
                return
            window.append({"role": "user", "content": "\n".join(asked)})
            answer = {"role": "assistant", "content": text}
            file.write(orjson.dumps({"messages": [*window[-9:], answer]}) + b"\n")
            window.append({"role": "assistant", "content": text, "weight": 0})
            window = window[-10:]
            asked = []

        for author, text, kind, sent in zip(authors, texts, kinds, times, strict=True):
            if kind != "message" or not text.strip():
                continue
            if turn and (author != before or sent - last > 120):
                close()
                turn = []
                if sent - last > 4200:
                    window, asked = [], []
            turn.append(text)
            before, last = author, sent
        close()
        return file.tell()


def run_copies(count: int, _folder: Path) -> dict:
    """Near-duplicates among ``count`` texts and a twentieth of planted variants."""
    from rapidfuzz import fuzz

    dice = random.Random(3)
    words = ["".join(dice.choices(LETTERS, k=dice.randint(2, 9))) for _ in range(4000)]
    weights = [1 / (i + 3) for i in range(len(words))]
    texts = [" ".join(dice.choices(words, weights, k=dice.randint(5, 16))) for _ in range(count)]
    picked = dice.sample(range(count), count // 20)
    copies = [_vary(texts[i], dice) for i in picked]
    start = time.process_time()
    group, long = same_groups(texts + copies)
    seconds = time.process_time() - start
    first, second = normalise([texts[i] for i in picked]), normalise(copies)
    due = [
        k
        for k, i in enumerate(picked)
        if long[i] and long[count + k] and fuzz.ratio(first[k], second[k]) >= 88
    ]
    found = sum(group[count + k] == group[picked[k]] for k in due)
    return {"seconds": seconds, "found": int(found), "planted": len(due), "peak_mb": peak_mb()}


def _vary(text: str, dice: random.Random) -> str:
    """A typing error, another case, an ending, a dropped word, or a beginning."""
    place = dice.randrange(len(text))
    words = text.split()
    words.pop(dice.randrange(len(words)))
    return dice.choice(
        [
            text[:place] + dice.choice("xqj") + text[place + 1 :],
            text.upper() + "!",
            f"{text} {dice.choice(['lol', 'ok', 'haha'])}",
            " ".join(words),
            f"RT @bob: {text}",
        ]
    )


def run_redraw(count: int, _folder: Path) -> dict:
    """A page that keeps every stage: what changing one control costs on the second build."""
    frame = made_frame(count)
    kept: dict = {}

    def remember(name, key, make):
        if kept.get(name, (None,))[0] != key:
            kept[name] = (key, make())
        return kept[name][1]

    def seconds(**changes) -> float:
        start = time.process_time()
        settings = DatasetSettings(**changes)
        build_dataset(frame, ["me"], settings, remember=remember, frame_key=1)
        return time.process_time() - start

    first = seconds()
    return {
        "first": first,
        "buffer_size": seconds(buffer_size=2),
        "seed": seconds(seed=1),
        "max_examples": seconds(max_examples=500),
        "merge_gap": seconds(merge_gap=60.0),
        "system_prompt": seconds(merge_gap=60.0, system_prompt="Be me."),
    }


def peak_mb() -> float:
    """Greatest memory this process has held so far (MB)."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 2**10)


RUNS = {"ours": run_ours, "rival": run_rival, "copies": run_copies, "redraw": run_redraw}


def measure(what: str, count: int) -> dict:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.dataset", "--run", what, "--messages", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--run", choices=sorted(RUNS))
    chosen = parser.parse_args()
    if chosen.run:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(RUNS[chosen.run](chosen.messages, Path(folder))))
        return
    for count in (chosen.messages // 4, chosen.messages // 2, chosen.messages):
        ours, rival = measure("ours", count), measure("rival", count)
        if ours["sha256"] != rival["sha256"]:
            raise SystemExit("the rival wrote other bytes")
        without = ours["seconds"] - ours["stages"]["copies"]
        print(
            f"{count:>9,} messages -> {ours['examples']:,} examples, {ours['bytes'] / 1e6:.0f} MB: "
            f"{ours['seconds']:.2f} s, {without:.2f} s without near-duplicates; "
            f"peak {ours['peak_mb']:.0f} MB (the archive alone {ours['frame_mb']:.0f} MB); "
            f"receipt adds up: {ours['adds_up']}"
        )
        print("          " + ", ".join(f"{k} {v:.2f}" for k, v in ours["stages"].items()))
        print(
            f"          every example built as well, which the files do not need: "
            f"{ours['all_built_seconds']:.2f} s more, peak {ours['all_built_peak_mb']:.0f} MB"
        )
        for name in ("from_messages", "only_writing"):
            print(
                f"          plain loop, {name.replace('_', ' ')}: {rival[name]:.2f} s; "
                f"we take {ours['seconds'] / rival[name]:.1f}x, "
                f"{without / rival[name]:.1f}x without near-duplicates"
            )
    for count in (50_000, 200_000):
        made = measure("copies", count)
        print(
            f"{count:>9,} texts: near-duplicates {made['seconds']:.2f} s, "
            f"{made['found']} of {made['planted']} planted found, peak {made['peak_mb']:.0f} MB"
        )
    made = measure("redraw", 50_000)
    print("   50,000 messages, redraw: " + ", ".join(f"{k} {v:.2f} s" for k, v in made.items()))


if __name__ == "__main__":
    main()
