"""Which members of a dropped thing are worth a look."""

from __future__ import annotations

from collections.abc import Sequence

from core.readers.containers import Member

#: A format is recognised by the first so many files that it may be: an archive can hold
#: hundreds of thousands, and looking into each of them for each format would take minutes.
FEW = 40


def with_suffix(members: Sequence[Member], *suffixes: str) -> list[Member]:
    """Members with one of these endings (lower case, with dot); a bare file always counts."""
    if len(members) == 1:
        return list(members)
    return [m for m in members if m.suffix in suffixes]
