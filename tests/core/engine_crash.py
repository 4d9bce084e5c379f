"""Kills an engine again and again, and looks whether anything was lost, doubled or damaged.

    python -m tests.core.engine_crash FOLDER TRIES SEED

A child process works (uploads, starts jobs, trains) until it is killed with SIGKILL at a random
moment; the next child goes on in the same folder. Children are forked, so imports cost nothing.
What a child was told is done goes through a pipe, so the parent knows what must be there.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

from core.engine import BASE_MODEL, Engine
from core.engine.base_text import base_model, languages
from core.engine.store import FILE_NAME
from tests.core.engine_help import (
    chat_lines,
    engine_in,
    events_of,
    make_client,
    method,
    trained,
    upload,
    voice,
    wait_for,
)

#: A child creates no more jobs than this in all.
JOBS = 4


def make_job(client, number: int):
    texts = voice(30 + number, seed=number)
    return client.fine_tuning.jobs.create(
        model=BASE_MODEL,
        training_file=upload(client, chat_lines(texts)),
        validation_file=upload(client, chat_lines(voice(5, seed=99))),
        seed=number,
        metadata={"number": str(number)},
        method=method(n_epochs=6, batch_size=2),
    )


def work(folder: Path, pipe: int, seed: int) -> None:
    """A child: never comes back on its own."""
    draw = random.Random(seed)
    engine = Engine(folder)
    client = make_client(engine, watch=False)

    def tell(kind: str, what: str) -> None:
        os.write(pipe, f"{kind} {what}\n".encode())

    while True:
        jobs = list(client.fine_tuning.jobs.list(limit=100))
        if len(jobs) < JOBS and draw.random() < 0.5:
            tell("job", make_job(client, len(jobs)).id)
        content = f"{draw.random()}"
        file = client.files.create(file=("f", content.encode()), purpose="batch")
        tell("file", f"{file.id} {content}")
        if draw.random() < 0.3:
            tell("gone", file.id)  # first, as the child may not live to say so afterwards
            client.files.delete(file.id)
        time.sleep(draw.random() * 0.02)


def crash_loop(folder: Path, tries: int, seed: int) -> dict[str, object]:
    """Kill ``tries`` children, let one finish, and report what was found."""
    for code in languages():
        base_model((code,))
    draw = random.Random(seed)
    reader, writer = os.pipe()
    heard = b""
    os.set_blocking(reader, False)
    for number in range(tries):
        child = os.fork()
        if not child:
            try:
                work(folder, writer, seed * 1000 + number)
            finally:
                os._exit(1)
        time.sleep(draw.uniform(0.02, 0.5))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while True:
            try:
                heard += os.read(reader, 1 << 16)
            except BlockingIOError:
                break
    return check(folder, heard.decode().splitlines(), tries)


def check(folder: Path, lines: list[str], tries: int) -> dict[str, object]:
    """Compare what the children were told with what is there; finish all jobs."""
    told: dict[str, list[str]] = {"job": [], "file": [], "gone": []}
    for line in lines:
        kind, _, what = line.partition(" ")
        told[kind].append(what)
    faults = []
    with sqlite3.connect(folder / FILE_NAME) as database:
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    with engine_in(folder) as engine:
        client = make_client(engine)
        for file in told["file"]:
            name, _, content = file.partition(" ")
            if name not in told["gone"] and client.files.content(name).text != content:
                faults.append(f"file {name}")
        jobs = {job.id: job for job in client.fine_tuning.jobs.list(limit=100)}
        numbers = [job.metadata["number"] for job in jobs.values()]
        if set(told["job"]) - set(jobs) or len(set(numbers)) != len(numbers):
            faults.append("a job is lost or doubled")
        for job_id in jobs:
            job = wait_for(client, job_id, "succeeded")
            steps = [e.data["step"] for e in events_of(client, job_id) if e.type == "metrics"]
            if steps != list(range(1, len(steps) + 1)):
                faults.append(f"steps of {job_id}")
            said = [e.message for e in events_of(client, job_id)]
            faults += [
                f"{once!r} {said.count(once)} times"
                for once in ("Fine-tuning job started", "The job has successfully completed")
                if said.count(once) != 1
            ]
            number = int(job.metadata["number"])
            straight = trained(
                client,
                voice(30 + number, seed=number),
                voice(5, seed=99),
                seed=number,
                method=method(n_epochs=6, batch_size=2),
            )
            results = [client.files.content(j.result_files[0]).text for j in (job, straight)]
            if results[0] != results[1]:
                faults.append(f"result of {job_id}")
        models = [model.id for model in client.models.list()]
        if len(set(models)) != len(models):
            faults.append("a model is doubled")
        restarts = engine.store.one(
            "SELECT count(*) AS n FROM events WHERE message LIKE 'The job was interrupted%'"
        )
    return {
        "tries": tries,
        "files": len(told["file"]),
        "jobs": len(jobs),
        "restarts": restarts["n"] if restarts else 0,
        "integrity": integrity,
        "faults": faults,
    }


if __name__ == "__main__":
    print(json.dumps(crash_loop(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
