"""Errors that a person may see: one plain sentence each, and what to do about it."""

from __future__ import annotations


class Problem(Exception):
    """An expected failure, worded for the person in front of the screen.

    ``message`` is one sentence that names the file, line or row; ``hint`` says what to do next.
    Neither may hold a key or the text of a message: both can end up in a log.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()
