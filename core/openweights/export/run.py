"""An export in a process of its own: started, watched, stopped, tidied up after."""

from __future__ import annotations

import contextlib
import shutil
import threading
from pathlib import Path
from typing import Any

from core.openweights.export.plan import bytes_needed, check_target, file_name
from core.openweights.process import ENDED, Child
from core.problems import Problem


class Export:
    """One export. The attributes change while it runs; ``thread`` ends when it is over.

    Attributes:
        target: the folder or file that will be there at the end, and not before.
        doing, share: what is being done, and how much of that, 0 to 1.
        written: at the end, what came out: bytes, off (largest difference of a logit, as a share
            of the largest), same (share of tokens whose likeliest successor is the same), rounded.
        problem: why it failed, instead.
    """

    def __init__(
        self, base: str, adapter: Path, kind: str, folder: Path, name: str, system: str = ""
    ) -> None:
        """Start writing.

        Args:
            base: path or hub id of the base, on this machine.
            adapter: PEFT's folder.
            kind: a key of ``plan.KINDS``.
            folder: where to write, named by the person.
            name: of the model, as it will be called elsewhere.
            system: the system message that its examples were made with.

        Raises:
            Problem: see ``plan.check_target`` and ``plan.architecture_of``.
        """
        needed = bytes_needed(base, adapter, kind)
        self.kind, self.base = kind, base
        self.target = check_target(folder, file_name(name, kind), needed)
        self.doing, self.share = "Starting", 0.0
        self.written: dict[str, Any] | None = None
        self.problem: Problem | None = None
        self._part = self.target.with_name(f".{self.target.name}.part")
        self._part.mkdir()
        task = {"base": base, "adapter": str(adapter), "kind": kind, "part": str(self._part)}
        self._child = Child("export")
        self._child.tell(task | {"name": name, "system": system})
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    @property
    def over(self) -> bool:
        return self.written is not None or self.problem is not None

    def stop(self) -> None:
        """End it and remove what it has written so far."""
        self._child.end()
        self.thread.join()

    def _follow(self) -> None:
        written, problem = None, None
        while (news := self._child.news.get()) != ENDED:
            self.doing, self.share = news.get("doing", self.doing), news.get("share", self.share)
            written = news.get("written", written)
            if "fault" in news:
                problem = Problem(news["fault"]["message"])
        self._child.end()
        if written is not None:
            try:
                (self._part / self.target.name).rename(self.target)
            except OSError as error:
                problem = Problem(f"It could not be put in its place ({error.strerror}).", "")
        elif problem is None:
            problem = Problem("The export was stopped.", "Nothing of it is left on the disk.")
        with contextlib.suppress(OSError):
            shutil.rmtree(self._part)
        self.problem, self.written = problem, None if problem else written
