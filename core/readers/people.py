"""Accounts and names: one name per account, and which account is the archive's owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from core.messages import Owner
from core.readers.rows import Rows

#: The owner of several conversations is in nearly all of them; some hold no word of theirs.
NEARLY_ALL = 0.8


class People:
    """Gives every account one name in the archive, and no two accounts the same."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._taken: set[str] = set()

    def name(self, account: str, shown: str) -> str:
        """The name of an account: the first one it was seen with, made unique."""
        known = self.names.get(account)
        if known is not None:
            return known
        name = shown.strip() or account or "Unknown"
        if name in self._taken:
            name = f"{name} ({account})"
        self._taken.add(name)
        self.names[account] = name
        return name


def shared_owner(rows: Rows, members: Iterable[tuple[str, Iterable[str]]] = ()) -> Owner | None:
    """The one person who takes part in nearly all of several conversations.

    Args:
        rows: the rows read so far.
        members: further (conversation, participants), where the export lists them.
    """
    present: dict[str, set[str]] = defaultdict(set)
    for conversation, author in zip(rows.conversations, rows.authors, strict=True):
        if author is not None:
            present[conversation].add(author)
    for conversation, names in members:
        present[conversation].update(names)
    dialogues = [people for people in present.values() if len(people) > 1]
    if len(dialogues) < 2:
        return None
    counts: dict[str, int] = defaultdict(int)
    for people in dialogues:
        for person in people:
            counts[person] += 1
    ranked = sorted(counts.values(), reverse=True)
    best = max(counts, key=lambda person: counts[person])
    if ranked[0] < NEARLY_ALL * len(dialogues) or (len(ranked) > 1 and ranked[1] == ranked[0]):
        return None
    return Owner(best, f"takes part in {ranked[0]} of {len(dialogues)} conversations")


def the_other_of_two(rows: Rows, other: str, why: str) -> Owner | None:
    """The owner of a chat of two people, when it is known who the other one is."""
    authors = {author for author in rows.authors if author is not None}
    rest = authors - {other}
    if len(authors) == 2 and len(rest) == 1:
        return Owner(rest.pop(), why)
    return None
