"""Values out of JSON that somebody else wrote: any of them may have any type."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def text_of(value: object) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def list_of(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def dict_of(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def number_of(value: object) -> int | None:
    """A whole number written as number or as digits (fractions cut off), else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < 1e18 else None
    if isinstance(value, str) and 0 < len(value) <= 20:
        try:
            return int(value)
        except ValueError:
            pass
        try:
            return number_of(float(value))
        except (ValueError, OverflowError):
            return None
    return None


def key_of(value: object) -> str:
    """An identifier as a string, whether it was written as string or number; else empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def seconds_to_ms(value: object) -> int | None:
    """Milliseconds since 1970 from seconds since 1970 (number or digits), else None."""
    seconds = number_of(value)
    return None if seconds is None else seconds * 1000


@contextmanager
def no_collection() -> Iterator[None]:
    """Hold the cycle collector back while millions of small values are made.

    JSON holds no cycles, so a collection finds nothing and costs more than the parsing.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
