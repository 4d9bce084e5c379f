"""Starting and ending worker processes, and talking to them in lines of JSON."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: Put into the news when a process has ended; nothing comes after it.
ENDED: dict[str, Any] = {"ended": True}


class Child:
    """A worker process. Use it as a context: at the end of the block it is gone.

    ``news`` are the lines it wrote, then ``ENDED``.
    """

    def __init__(self, what: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.openweights.worker", what],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C is for the app, which ends its workers itself
        )
        self.news: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):  # a line cut off by its end
                self.news.put(json.loads(line))
        self.process.wait()
        self.news.put(ENDED)

    def tell(self, task: dict[str, Any]) -> None:
        """Send it a line; one that has ended hears nothing, and says so in its news."""
        assert self.process.stdin is not None
        with self._lock, contextlib.suppress(OSError, ValueError):
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()

    def alive(self) -> bool:
        return self.process.poll() is None

    def how_it_ended(self) -> str:
        """A sentence for a process that ended without saying why."""
        code = self.process.wait()
        if os.name == "posix" and code == -9:
            return "The system ended the training process: the memory probably ran out."
        return f"The process ended unexpectedly (exit status {code})."

    def end(self, patience: float = 0.0) -> None:
        """End it: wait so many seconds for it to end by itself, then do not wait any longer."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
