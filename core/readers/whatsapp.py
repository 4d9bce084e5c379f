"""WhatsApp: the text (or zip) that "Export chat" makes on iOS, Android and the web.

A chat is split with one exact bytes pattern (see ``whatsapp_layout``) in pieces of a few
megabytes, so that a million messages need little more memory than their own text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Archive, Note
from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options
from core.readers.text import head_text, looks_binary
from core.readers.whatsapp_chat import Chat, read_chat
from core.readers.whatsapp_dates import export_day
from core.readers.whatsapp_frame import assemble
from core.readers.whatsapp_layout import find_headers
from core.readers.whatsapp_merge import merge_same

SOURCE = "whatsapp"
TITLE = "WhatsApp"
ORDER = 30

_NAMED = re.compile(r"whatsapp|^_chat\b|トーク", re.IGNORECASE)
_TITLES = (
    r"whatsapp[ -]?chat (?:with|mit|met|con|avec|com|s uživatelem|med|z) (?P<name>.+)",
    r"whatsapp chat - (?P<name>.+)",
    r"chat de whatsapp con (?P<name>.+)",
    r"discussion whatsapp avec (?P<name>.+)",
    r"convers[ao](?:cao|ção)? do whatsapp com (?P<name>.+)",
    r"chat whatsapp con (?P<name>.+)",
    r"chat whatsapp s uživatelem (?P<name>.+)",
    r"чат whatsapp с (?P<name>.+)",
    r"czat whatsapp z (?P<name>.+)",
    r"(?P<name>.+) ile whatsapp sohbeti",
    r"[与與](?P<name>.+?)的 ?whatsapp ?(?:聊天|对话|對話)",
    r"(?P<name>.+)とのトーク",
)


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    if any(_is_chat(m) for m in _candidates(members)[:50]):
        return "lines that begin with date, time and name as WhatsApp writes them"
    return None


def _candidates(members: Sequence[Member]) -> list[Member]:
    """Text members; the likeliest names first."""
    if len(members) == 1:
        return list(members)
    texts = [m for m in members if m.suffix == ".txt"]
    return sorted(texts, key=lambda m: not _NAMED.search(m.basename))


def _is_chat(member: Member) -> bool:
    if looks_binary(member.head()):
        return False
    latest = export_day(member.modified)
    first = head_text(member, 4096).split("\n")[:25]
    if len(find_headers(first, latest)) >= 10:
        return True
    lines = [x for x in head_text(member).split("\n", 400)[:400] if x.strip()][:200]
    found = len(find_headers(lines, latest))
    if _NAMED.search(member.basename) or _NAMED.search(member.file):
        return found >= 1
    return (found >= 2 and found >= 0.2 * len(lines)) or found == len(lines) == 1


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. Each text file is one conversation."""
    texts = [m for m in members if m.suffix == ".txt" or len(members) == 1]
    texts = texts or list(members)
    chats: list[Chat] = []
    notes: list[Note] = []
    total = max(1, sum(m.size for m in texts))
    done = 0
    for member in texts:
        if not _is_chat(member):
            notes.append(Note("warning", f"{member.basename} is not a WhatsApp chat, not read"))
            continue
        report = options.part(done / total, member.size / total).report
        chats.append(read_chat(member, chat_title(member), options, report))
        done += member.size
    if not chats:
        raise Problem(
            "There is no WhatsApp chat in this export.",
            "In WhatsApp open the chat, choose Export chat, and drop the file it makes.",
        )
    return assemble(merge_same(chats), notes)


def chat_title(member: Member) -> str | None:
    """Name of the other person or the group, from the file name or the zip's name."""
    for name in (member.basename, member.file):
        stem = re.sub(r"\.(?:txt|zip)$", "", name, flags=re.IGNORECASE)
        stem = re.sub(r"\s?\(\d+\)$", "", stem).strip()
        for pattern in _TITLES:
            if found := re.fullmatch(pattern, stem, re.IGNORECASE):
                return found["name"].strip()
    return None
