"""Plain text: one post a line, or one post a paragraph. The catch-all for everything else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Archive, Note, Owner
from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options, Rows
from core.readers.text import head_text, looks_binary, read_text

SOURCE = "plain"
TITLE = "Plain text"
ORDER = 90

#: A longer stretch without a break is no post but a file of another kind (characters).
MAX_POST = 1_000_000
AUTHOR = "me"

_SUFFIXES = (".txt", ".md", ".markdown", ".text")
_OTHER_GRAMMAR = re.compile(
    r"\s*(?:[\[{]|<\?xml|<!DOCTYPE|<html|window\.|var |function |import )", re.IGNORECASE
)
_RULE = re.compile(r"[\s\-=_*#~]*")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    found = _texts(members)
    return "text without any structure of its own" if found else None


def _texts(members: Sequence[Member]) -> list[Member]:
    one = len(members) == 1
    return [m for m in members if (one or m.suffix in _SUFFIXES) and _is_prose(m)]


def _is_prose(member: Member) -> bool:
    if looks_binary(member.head()):
        return False
    text = head_text(member, 8192)
    if _OTHER_GRAMMAR.match(text) and member.suffix not in _SUFFIXES:
        return False
    return any(c.isalpha() for c in text)


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``options.unit`` is ``"line"`` or ``"paragraph"``."""
    rows = Rows()
    notes: list[Note] = []
    raw = 0
    texts = _texts(members)
    for number, member in enumerate(texts, 1):
        rows.reading(member)
        text, more = read_text(member, options.encoding)
        notes += more
        unit = options.unit or guess_unit(text)
        if options.unit is None:
            rows.note("guessed", f"{member.basename}: each {unit} is read as one post")
        posts = split_posts(text, unit)
        if posts and max(map(len, posts)) > MAX_POST:
            raise Problem(
                f"{member.basename} holds a single {unit} of {max(map(len, posts)) >> 20} MB.",
                "Put a line break between posts, or drop the file as the app exported it.",
            )
        prefix = f"{number}-" if len(texts) > 1 else ""
        for place, post in enumerate(posts, 1):
            raw += 1
            if _RULE.fullmatch(post):
                rows.leave_out("lines that hold no words")
                continue
            key = f"{prefix}{place}"
            rows.add(key, key, None, AUTHOR, post, "post")
        options.report(number / len(texts))
    me = Owner(AUTHOR, "a plain text names nobody, so all of it is taken for yours")
    return rows.archive(SOURCE, raw, me=me, extra_notes=notes)


def guess_unit(text: str) -> str:
    """``"paragraph"`` when blank lines hold lines together, else ``"line"``."""
    blocks = [b for b in re.split(r"\n[ \t]*\n", text[:2_000_000]) if b.strip()]
    together = sum(1 for block in blocks if "\n" in block.strip())
    return "paragraph" if len(blocks) > 2 and together >= 0.2 * len(blocks) else "line"


def split_posts(text: str, unit: str) -> list[str]:
    """The non-empty lines, or the blocks between blank lines, without outer space."""
    pieces = re.split(r"\n[ \t]*\n", text) if unit == "paragraph" else text.split("\n")
    return [piece.strip() for piece in pieces if piece.strip()]
