"""A chat written down without dates: ``Name: text``, line by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from core.messages import Archive, Note
from core.readers.containers import Member
from core.readers.rows import Options, Rows
from core.readers.text import head_text, looks_binary, read_text

SOURCE = "dialogue"
TITLE = "Chat without dates (Name: text)"
ORDER = 85

MAX_PEOPLE = 12
_LINE = re.compile(r"([^\W\d_][^:\n]{0,39}?)\s?:\s+(\S.*)")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return "lines that begin with a name" if any(map(_is_dialogue, _texts(members))) else None


def _texts(members: Sequence[Member]) -> list[Member]:
    return [m for m in members if len(members) == 1 or m.suffix in (".txt", ".md")]


def _is_dialogue(member: Member) -> bool:
    """Two or more names that alternate, on most lines, each more than once."""
    if looks_binary(member.head()):
        return False
    lines = [x for x in head_text(member).split("\n")[:400] if x.strip()]
    names = [m.group(1) for x in lines if (m := _LINE.match(x))]
    if len(names) < 4 or len(names) < 0.7 * len(lines):
        return False
    counts = Counter(names)
    changes = sum(1 for a, b in pairwise(names) if a != b)
    regulars = [name for name, n in counts.items() if n >= 2]
    return 2 <= len(counts) <= MAX_PEOPLE and len(regulars) >= 2 and changes >= 0.2 * len(names)


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. Each file is a conversation; a blank line changes nothing."""
    rows = Rows()
    notes: list[Note] = []
    raw = 0
    texts = [m for m in _texts(members) if _is_dialogue(m)]
    for number, member in enumerate(texts, 1):
        rows.reading(member)
        text, more = read_text(member, options.encoding)
        notes += more
        lines = text.split("\n")
        matches = [_LINE.fullmatch(line.strip()) for line in lines]
        counts = Counter(m.group(1) for m in matches if m)
        key = f"chat{number}"
        rows.titles[key] = member.basename.removesuffix(".txt")
        current: tuple[int, str, list[str]] | None = None
        for place, (line, match) in enumerate(zip(lines, matches, strict=True), 1):
            if match and counts[match.group(1)] >= 2:
                _write(rows, key, current)
                current = (place, match.group(1), [match.group(2)])
                raw += 1
            elif current is not None:
                current[2].append(line)
            elif line.strip():
                raw += 1
                rows.leave_out("lines before the first name")
        _write(rows, key, current)
        options.report(number / len(texts))
    return rows.archive(SOURCE, raw, extra_notes=notes)


def _write(rows: Rows, key: str, current: tuple[int, str, list[str]] | None) -> None:
    if current is not None:
        place, name, lines = current
        rows.add(f"{key}-{place}", key, None, name, "\n".join(lines).strip())
