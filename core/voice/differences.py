"""Two answers side by side: which words they share, and which are their own."""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """Part of a text; all pieces of a side in a row are the text as it was."""

    text: str
    shared: bool


def differences(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Cut both texts into shared pieces and own ones, by whole words and signs."""
    a, b = _PIECE.findall(left), _PIECE.findall(right)
    blocks = difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    at = [0, 0]
    for block in blocks:
        for side, (pieces, start) in enumerate(((a, block.a), (b, block.b))):
            own, shared = pieces[at[side] : start], pieces[start : start + block.size]
            if own:
                sides[side].append(Piece("".join(own), False))
            if shared:
                sides[side].append(Piece("".join(shared), True))
            at[side] = start + block.size
    return sides
