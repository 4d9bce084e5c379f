"""Texts as they stand between the quotes of JSON, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

#: How a chat message begins, by its role.
STARTS: dict[str, bytes] = {
    role: b'{"role":"%b","content":"' % role.encode() for role in ("system", "user", "assistant")
}
#: How a message without a name ends, by its weight.
ENDS: dict[int | None, bytes] = {None: b'"}', 0: b'","weight":0}', 1: b'","weight":1}'}


def encode(value: Any) -> bytes:
    """JSON bytes; half a surrogate pair, which UTF-8 cannot hold, becomes a replacement mark."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return orjson.dumps(_repaired(value))


def _repaired(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {key: _repaired(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_repaired(one) for one in value]
    return value


def json_bodies(texts: Sequence[str]) -> list[bytes]:
    """Each text as JSON without the quotes around it.

    They are encoded together and cut at the three characters between two strings of a list. A
    quote inside a text is escaped, so only the end of a text (``",`` or a backslash) can look
    like that; where it might, every text is encoded on its own.
    """
    if not texts:
        return []
    together = encode(texts if isinstance(texts, list) else list(texts))
    if b'\\","' in together:
        return [encode(text)[1:-1] for text in texts]
    return together[2:-2].split(b'","')
