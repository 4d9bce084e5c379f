"""A judge run on disk: what was asked, every answer as it came, and the games played with them.

One folder a visitor, named by a hash of their token. What is in it was masked before it came
here; it goes when the visitor says so, and a new run takes the place of the old one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.examples import ChatMessage, Example
from core.voice.answers import Answers, Contestant, Plan
from core.voice.blind import Choice, Round
from core.voice.judge import JudgeData


@dataclass
class Game:
    """One blind game: its rounds stay what they are, so that friends' codes fit them later."""

    rounds: list[Round]
    votes: list[Choice] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)


@dataclass
class Run:
    """A judge run: the plan, what it is judged against, what has come so far, the games.

    ``folder`` is where it is kept, None for a run that lives in the session only.
    """

    plan: Plan
    data: JudgeData
    answers: Answers = field(default_factory=Answers)
    games: dict[str, Game] = field(default_factory=dict)
    folder: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(self) -> None:
        """Write the plan and the answers that are there already, in place of an older run."""
        if self.folder is None:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(
            self.folder / "run.json", {"plan": _plan_out(self.plan), "data": _data_out(self.data)}
        )
        lines = [
            _line(self.plan.asked(one), number, text)
            for one in self.plan.contestants
            for number, texts in self.answers.texts.get(one.key, {}).items()
            if self.answers.asked.get(one.key) == self.plan.asked(one)
            for text in texts
        ]
        _write_text(self.folder / "answers.jsonl", "".join(lines))

    def keep(self, key: str, number: int, text: str) -> None:
        """Append one answer; called from the threads that fetch them."""
        if self.folder is None or not self.folder.is_dir():
            return
        asked = self.answers.asked[key]
        with self._lock, (self.folder / "answers.jsonl").open("a", encoding="utf-8") as file:
            file.write(_line(asked, number, text))

    def keep_games(self) -> None:
        """Write the games."""
        if self.folder is None or not self.folder.is_dir():
            return
        games = {
            kind: {"rounds": game.rounds, "votes": game.votes, "codes": game.codes}
            for kind, game in self.games.items()
        }
        _write(self.folder / "games.json", games)


def folder_of(home: Path, token: str) -> Path:
    """Where a visitor's run is kept; the token cannot be read from it."""
    owner = hashlib.sha256(f"judge {token}".encode()).hexdigest()[:32]
    return home / "judge" / owner


def load_run(folder: Path) -> Run | None:
    """The run kept in a folder with what has come so far; None without one, or a damaged one."""
    try:
        read = json.loads((folder / "run.json").read_text("utf-8"))
        plan, data = _plan_in(read["plan"]), _data_in(read["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    run = Run(plan, data, folder=folder)
    names = {plan.asked(one): one.key for one in plan.contestants}
    run.answers.asked = {key: asked for asked, key in names.items()}
    run.answers.texts = {key: {} for key in names.values()}
    for asked, number, text in _lines(folder / "answers.jsonl"):
        if asked in names:
            run.answers.texts[names[asked]].setdefault(number, []).append(text)
    run.games = _games_in(folder / "games.json")
    return run


def forget_run(folder: Path) -> None:
    """Delete a visitor's run, if there is one."""
    shutil.rmtree(folder, ignore_errors=True)


def kept_bytes(folder: Path) -> int:
    """How much is kept there; 0 when nothing is."""
    if not folder.is_dir():
        return 0
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def _line(asked: str, number: int, text: str) -> str:
    return json.dumps([asked, number, text], ensure_ascii=True) + "\n"


def _lines(path: Path) -> list[tuple[str, int, str]]:
    """Whole lines only: the last one may be cut where the machine stopped."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return []
    found = []
    for line in lines:
        try:
            asked, number, text = json.loads(line)
        except (ValueError, TypeError):
            continue
        found.append((str(asked), int(number), str(text)))
    return found


def _write(path: Path, value: Any) -> None:
    _write_text(path, json.dumps(value, ensure_ascii=True))


def _write_text(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def _plan_out(plan: Plan) -> dict[str, Any]:
    return {
        "contestants": [
            {**one._asdict(), "shots": [_example_out(shot) for shot in one.shots]}
            for one in plan.contestants
        ],
        "prompts": plan.prompts,
        "real": plan.real,
        "n": plan.n,
        "labels": dict(plan.labels),
    }


def _plan_in(read: dict[str, Any]) -> Plan:
    return Plan(
        tuple(
            Contestant(**{**one, "shots": tuple(_example_in(shot) for shot in one["shots"])})
            for one in read["contestants"]
        ),
        tuple(_messages(prompt) for prompt in read["prompts"]),
        tuple(read["real"]),
        int(read["n"]),
        {name: tuple(labels) for name, labels in read["labels"].items()},
    )


def _example_out(example: Example) -> dict[str, Any]:
    sent_at = example.sent_at.isoformat() if example.sent_at else None
    return {"messages": example.messages, "conversation": "", "sent_at": sent_at}


def _example_in(read: dict[str, Any]) -> Example:
    sent_at = datetime.fromisoformat(read["sent_at"]) if read["sent_at"] else None
    return Example(_messages(read["messages"]), "", sent_at, (), (), "")


def _messages(read: list[list[Any]]) -> tuple[ChatMessage, ...]:
    return tuple(ChatMessage(*message) for message in read)


def _data_out(data: JudgeData) -> dict[str, Any]:
    return {
        "training": list(data.training),
        "mine": list(data.mine),
        "others": {name: list(texts) for name, texts in data.others.items()},
    }


def _data_in(read: dict[str, Any]) -> JudgeData:
    return replace(JudgeData((), ()), **read)


def _games_in(path: Path) -> dict[str, Game]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {
        kind: Game(
            [Round(_messages(prompt), *rest) for prompt, *rest in game["rounds"]],
            list(game["votes"]),
            list(game["codes"]),
        )
        for kind, game in read.items()
    }
