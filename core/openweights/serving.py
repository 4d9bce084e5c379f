"""Answers of open-weight models: serving processes, started when asked, ended when idle."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.engine.chat_api import Voice
from core.engine.completions_api import Given, Writing
from core.engine.decoding import Decoding, Drawn, Piece
from core.engine.wire import ApiError
from core.openweights.access import has_graphics_card
from core.openweights.bases import find_base
from core.openweights.process import ENDED, Child
from core.problems import Problem

#: Seconds without a request after which a model leaves the memory.
IDLE_SECONDS = 300.0
#: Bases in memory at a time: two, so that two of them can be compared.
BASES = 2
#: A model writes what it finds likely; the long tail below this share of the likeliest is left out.
MIN_P = 0.05
#: Seconds that loading may take.
LOADING_SECONDS = 600.0


class Talker:
    """One serving process and the requests that wait for its words."""

    def __init__(self, name: str) -> None:
        """Start it and wait until it has loaded its base.

        Raises:
            Problem: it cannot load it.
        """
        self.child = Child("serve")
        self.child.tell({"name": name})
        self.used_at = time.monotonic()
        self._waiting: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._numbers = 0
        try:
            news = self.child.news.get(timeout=LOADING_SECONDS)
        except queue.Empty:
            news = {"fault": {"message": f"Loading {name} took too long."}}
        if "ready" not in news:
            self.child.end()
            fault = news.get("fault") or {"message": self.child.how_it_ended()}
            raise Problem(fault["message"], "")
        threading.Thread(target=self._hand_out, daemon=True).start()

    def _hand_out(self) -> None:
        while (news := self.child.news.get()) is not ENDED:
            self.used_at = time.monotonic()
            with self._lock:
                waiting = self._waiting.get(news.get("id", -1))
            if waiting is not None:
                waiting.put(news)
        with self._lock:
            for waiting in self._waiting.values():
                waiting.put(ENDED)

    def ask(self, task: dict[str, Any]) -> tuple[int, queue.SimpleQueue[dict[str, Any]]]:
        """Send a task; its number, and where its news arrive."""
        mine: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        with self._lock:
            self._numbers += 1
            number = self._numbers
            self._waiting[number] = mine
        self.used_at = time.monotonic()
        self.child.tell(task | {"id": number})
        if not self.child.alive():
            mine.put(ENDED)
        return number, mine

    def leave(self, number: int, cancel: bool) -> None:
        """Stop waiting for a task; ``cancel`` ends it."""
        with self._lock:
            known = self._waiting.pop(number, None)
        if cancel and known is not None:
            self.child.tell({"do": "cancel", "id": number})

    def idle(self, seconds: float) -> bool:
        """Whether nobody has waited or asked for so long."""
        with self._lock:
            return not self._waiting and time.monotonic() - self.used_at > seconds


class Serving:
    """The serving processes of one engine."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self.idle_seconds = idle_seconds
        self._talkers: dict[str, Talker] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._reaper: threading.Thread | None = None

    def talker(self, name: str) -> Talker:
        """The process of a base, started if it is not running.

        Raises:
            ApiError: it cannot be loaded, or two others are busy.
        """
        with self._lock:
            known = self._talkers.get(name)
            if known is not None and known.child.alive():
                known.used_at = time.monotonic()
                return known
            self._talkers.pop(name, None)
            try:
                self._make_room(name)
                made = self._talkers[name] = Talker(name)
            except Problem as problem:
                raise ApiError(
                    503, str(problem), "model_not_loaded", "model", "server_error"
                ) from problem
            if self._reaper is None or not self._reaper.is_alive():
                self._reaper = threading.Thread(target=self._reap, daemon=True)
                self._reaper.start()
            return made

    def _make_room(self, name: str) -> None:
        from core.openweights.estimate import check_memory_to_answer  # needs the extra

        base = find_base(name)
        if base.folder is None:
            raise Problem(f"{name} is not on this machine.", "Training with it downloads it once.")
        for other in sorted(self._talkers, key=lambda one: self._talkers[one].used_at):
            if len(self._talkers) < BASES:
                break
            if self._talkers[other].idle(0.0):
                self._talkers.pop(other).child.end()
        if len(self._talkers) >= BASES:
            raise Problem(f"{BASES} other models are answering now.", "Try again in a moment.")
        if not has_graphics_card():
            check_memory_to_answer(base)

    def _reap(self) -> None:
        while not self._closed.wait(min(10.0, self.idle_seconds / 4 + 0.05)):
            with self._lock:
                for name, talker in list(self._talkers.items()):
                    if talker.idle(self.idle_seconds) or not talker.child.alive():
                        del self._talkers[name]
                        talker.child.end()
                if not self._talkers:
                    self._reaper = None
                    return

    def loaded(self) -> list[str]:
        """Names of the bases that are in memory."""
        with self._lock:
            return [name for name, one in self._talkers.items() if one.child.alive()]

    def close(self) -> None:
        """End all processes."""
        self._closed.set()
        with self._lock:
            for talker in self._talkers.values():
                talker.child.end()
            self._talkers.clear()

    # -- answers ---------------------------------------------------------------------------

    def voice(self, base: str, adapter: Path | None) -> Voice:
        """What chat completions need of a base with an adapter, or without."""

        def draw(
            messages: list[dict[str, Any]], decoding: Decoding, count: int, drafts: int
        ) -> tuple[list[Iterator[Piece]], int]:
            return self.draw(base, adapter, messages, decoding, count)

        def disclose(decoding: Decoding, drafts: int) -> dict[str, Any]:
            return {"drafts": 1, "chosen_by": [], "min_p": decoding.min_p, "base": base}

        return Voice(draw, disclose, 1, MIN_P)

    def writing(self, base: str, adapter: Path | None) -> Writing:
        """What completions need of a base with an adapter, or without."""

        def draw(
            messages: list[dict[str, Any]], given: Given, decoding: Decoding, count: int
        ) -> tuple[list[Iterator[Piece]], int]:
            return self.draw(base, adapter, messages, decoding, count, _given(given))

        def score(
            messages: list[dict[str, Any]], givens: list[Given], top: int
        ) -> list[list[Drawn]]:
            return self.score(base, adapter, messages, givens, top)

        return Writing(draw, score, MIN_P)

    def draw(
        self,
        base: str,
        adapter: Path | None,
        messages: list[dict[str, Any]],
        decoding: Decoding,
        count: int,
        begun: str | list[int] = "",
    ) -> tuple[list[Iterator[Piece]], int]:
        """Begin answers; how many tokens they go on from.

        Raises:
            ApiError: the model cannot be loaded, or does not take the conversation.
        """
        talker = self.talker(base)
        number, news = talker.ask(
            {
                "do": "chat",
                "adapter": _text(adapter),
                "messages": messages,
                "begun": begun,
                "count": count,
                "decoding": {
                    "temperature": decoding.temperature,
                    "top_p": decoding.top_p,
                    "min_p": decoding.min_p,
                    "max_tokens": decoding.max_tokens,
                    "seed": decoding.seed,
                    "stop": list(decoding.stop),
                    "frequency_penalty": decoding.frequency_penalty,
                    "presence_penalty": decoding.presence_penalty,
                    "logit_bias": list(decoding.logit_bias.items()),
                    "top_logprobs": decoding.top_logprobs,
                },
            }
        )
        try:
            first = _checked(news.get(), "prompt" if begun else "messages")
        except ApiError:
            talker.leave(number, cancel=False)
            raise
        stream = _Stream(talker, number, news, count)
        return [stream.answer(index) for index in range(count)], first["begun"]

    def score(
        self,
        base: str,
        adapter: Path | None,
        messages: list[dict[str, Any]],
        givens: list[Given],
        top: int,
    ) -> list[list[Drawn]]:
        """Each token of each text, the end of the answer last, with ln P and the likeliest others.

        Raises:
            ApiError: the model cannot be loaded, or does not take the conversation.
        """
        talker = self.talker(base)
        task = {
            "do": "score",
            "adapter": _text(adapter),
            "messages": messages,
            "texts": [_given(given) for given in givens],
            "top": top,
        }
        number, news = talker.ask(task)
        try:
            scores = _checked(news.get(), "prompt")["scores"]
        finally:
            talker.leave(number, cancel=False)
        return [[_drawn(0, *one) for one in text] for text in scores]


class _Stream:
    """Hands the pieces of several answers of one task to an iterator each."""

    def __init__(
        self, talker: Talker, number: int, news: queue.SimpleQueue[dict[str, Any]], count: int
    ) -> None:
        self.talker, self.number, self.news = talker, number, news
        self.left = set(range(count))
        self.ready: list[list[Piece]] = [[] for _ in range(count)]

    def answer(self, index: int) -> Iterator[Piece]:
        try:
            while True:
                while not self.ready[index]:
                    self._read()
                piece = self.ready[index].pop(0)
                if piece.finish:
                    self.left.discard(index)
                yield piece
                if piece.finish:
                    return
        finally:
            if index in self.left or not self.left:
                self.talker.leave(self.number, cancel=bool(self.left))

    def _read(self) -> None:
        for row, text, drawn, finish in _checked(self.news.get())["pieces"]:
            made = tuple(_drawn(*one) for one in drawn)
            self.ready[row].append(Piece(text, made, finish))


def _drawn(token: int, data: str, value: float, top: list[tuple[str, float]]) -> Drawn:
    others = tuple((other.encode("latin-1"), chance) for other, chance in top)
    return Drawn(token, data.encode("latin-1"), value, others)


def _given(given: Given) -> str | list[int]:
    """A beginning as the process takes it: text, or the model's own token ids."""
    return list(given.tokens) if given.text is None else given.text


def _checked(news: dict[str, Any], param: str = "messages") -> dict[str, Any]:
    if news is ENDED:
        raise ApiError(
            500, "The model's process ended; ask again.", "model_ended", type="server_error"
        )
    if "fault" in news:
        raise ApiError(400, str(news["fault"]), "invalid_value", param)
    return news


def _text(folder: Path | None) -> str | None:
    return str(folder.resolve()) if folder else None
