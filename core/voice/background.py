"""Judge runs in threads of their own: a page can be left, reloaded or closed meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from core.examples import ChatMessage
from core.voice.answers import Contestant, run
from core.voice.kept import Run

log = logging.getLogger("soundalike")


@dataclass
class Progress:
    """How far a run is. It holds counts and no text; ``broke`` says that a fault of ours ended it."""

    of: int
    done: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    broke: bool = False


class Runs:
    """The runs of this process, at most one for each owner (the visitor's token)."""

    def __init__(self) -> None:
        self._of: dict[str, Progress] = {}
        self._lock = threading.Lock()

    def of(self, owner: str) -> Progress | None:
        """The owner's run while it goes on; None when there is none or it is over."""
        found = self._of.get(owner)
        return found if found is not None and not found.over.is_set() else None

    def start(
        self,
        owner: str,
        judged: Run,
        generate: Callable[[Contestant, tuple[ChatMessage, ...]], str],
        *,
        at_once: bool = False,
    ) -> Progress:
        """Fetch what a run lacks; while one goes on already, that one is returned instead."""
        with self._lock:
            going = self.of(owner)
            if going is not None:
                return going
            found = self._of[owner] = Progress(judged.plan.answers)

        def work() -> None:
            def progress(done: int, of: int) -> None:
                found.done, found.of = done, of

            try:
                judged.begin()
                run(
                    judged.plan,
                    generate,
                    answers=judged.answers,
                    keep=judged.keep,
                    progress=progress,
                    stopped=found.stop.is_set,
                    at_once=at_once,
                )
            except Exception as error:
                found.broke = True
                log.error("a judge run ended early: %s", type(error).__name__)
            finally:
                with self._lock:
                    if self._of.get(owner) is found:
                        del self._of[owner]
                found.over.set()

        threading.Thread(target=work, name="judge", daemon=True).start()
        return found

    def stop(self, owner: str, *, seconds: float = 0.0) -> None:
        """End an owner's run before its next answer; waits so long for the one under way."""
        found = self._of.get(owner)
        if found is not None:
            found.stop.set()
            found.over.wait(seconds)
