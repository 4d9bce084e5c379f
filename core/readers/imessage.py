"""iMessage, as written by imessage-exporter: one ``.txt`` a chat."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.rows import Options, Rows
from core.readers.text import head_text, read_text
from core.readers.written_dates import read_times

SOURCE = "imessage"
TITLE = "iMessage"
ORDER = 30

ME = "Me"
NOTICE = -1
_TIME = r"[A-Z][a-z]{2} \d{2}, \d{4} {1,2}\d{1,2}:\d{2}:\d{2} [AP]M"
_STAMP = re.compile(rf"^( *)({_TIME})(?: \((?:Read|Delivered)[^)]*\))?$")
#: A notice stands on the line of its time; so does the first version of an edited text.
_STAMPED = re.compile(rf"^({_TIME}) (\S.*)$")
_EDIT = re.compile(r"^Edited .{1,60} later: ?(.*)$")
_FILE = re.compile(
    r"^(?:/|~/|[A-Za-z]:\\|attachments/|\./).*\.\w{2,5}(?: \(.*\))?$|^Attachment missing!?$"
    r"|^Sticker from .+|^(?:Started sharing|Stopped sharing|Shared) location!$"
)
_TAPBACK = re.compile(r"^.{1,60} (?:by|from) .+$")
_EFFECT = re.compile(r"^Sent with [A-Z]\w+(?: \w+)?$")
_UNSENT = re.compile(r"^.{1,60} unsent (?:this|a) message(?: part)?(?: .{1,40} after sending)?!$")
_RESPONDED = "This message responded to an earlier message."


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return (
        "imessage-exporter's text"
        if any(map(_is_chat, with_suffix(members, ".txt", "")[:FEW]))
        else None
    )


def _is_chat(member: Member) -> bool:
    lines = [line for line in head_text(member, 8192).split("\n") if line.strip()][:4]
    if len(lines) >= 2 and _STAMP.match(lines[0]):
        return True
    return len(lines) >= 3 and _STAMP.match(lines[1]) is not None and not lines[0].startswith("[")


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring.

    ``sent_at`` is local time. Answers are written twice, below the message they answer and at
    their own place; the first gives ``reply_to``, the second the row.
    """
    rows = Rows()
    raw = 0
    files = [m for m in with_suffix(members, ".txt", "") if _is_chat(m)]
    for done, member in enumerate(files):
        rows.reading(member)
        chat = re.sub(r"\.txt$", "", member.basename)
        conversation = f"{chat} ({done + 1})" if chat in rows.titles else chat
        rows.titles[conversation] = chat
        raw += _read_chat(member, conversation, options, rows)
        options.report((done + 1) / len(files))
    if not raw:
        raise Problem(
            "This iMessage export holds no message.", "Run imessage-exporter -f txt again."
        )
    owner = Owner(ME, "imessage-exporter calls the owner Me") if ME in set(rows.authors) else None
    return rows.archive(SOURCE, raw, me=owner)


def _read_chat(member: Member, conversation: str, options: Options, rows: Rows) -> int:
    text, notes = read_text(member, options.encoding)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    blocks: list[tuple[int, str, list[str]]] = []
    raw = 0
    after_gap = True
    for line in text.split("\n"):
        match = _STAMP.match(line)
        notice = _STAMPED.match(line) if after_gap else None
        if match:
            blocks.append((len(match[1]), match[2], []))
        elif notice:
            blocks.append((NOTICE, notice[1], [notice[2]]))
        elif blocks:
            blocks[-1][2].append(line)
        elif line.strip():
            raw += 1
            rows.leave_out("lines before the first message")
        after_gap = not line.strip()
    times = read_times([block[1] for block in blocks], options, rows, member.label)
    parents: dict[tuple[int | None, str, str], str] = {}
    parent = ""
    for (indent, _, lines), sent_at in zip(blocks, times, strict=True):
        raw += 1
        id = f"{conversation}/{len(rows)}"
        if indent == NOTICE:
            said = "\n".join(lines).strip()
            kind = "deleted" if said.endswith("unsent a message!") else "system"
            rows.add(id, conversation, sent_at, None if kind == "system" else "Unknown", said, kind)
            continue
        sender, body, answers, edited = _taken_apart(lines, indent)
        if indent:
            parents.setdefault((sent_at, sender, body), parent)
            rows.merge("answers that are written twice")
            continue
        parent = id
        if edited:
            rows.note("repaired", "edited messages: the last version was kept")
        words = "\n".join(x for x in body.split("\n") if not _FILE.match(x)).strip()
        kind = "deleted" if _UNSENT.match(words) else "message" if words else "media"
        reply_to = parents.get((sent_at, sender, body)) if answers else None
        rows.add(id, conversation, sent_at, sender, words, kind, reply_to)
    return raw


def _taken_apart(lines: Sequence[str], indent: int) -> tuple[str, str, bool, bool]:
    """(sender, text, answers an earlier message, was edited) of the lines below a time."""
    bare = [line[indent:] if not line[:indent].strip() else line for line in lines]
    sender = bare[0].strip() if bare else ""
    body: list[str] = []
    answers = edited = in_tapbacks = False
    for line in bare[1:]:
        edit = _EDIT.match(line)
        stamped = _STAMPED.match(line) if not body else None
        if line == _RESPONDED:
            answers = True
        elif line in ("Tapbacks:", "Reactions:"):
            in_tapbacks = True
        elif in_tapbacks and _TAPBACK.match(line):
            continue
        elif stamped:
            edited, body = True, [stamped[2]]
        elif edit and edited:
            body = [edit[1]]
        elif not _EFFECT.match(line):
            in_tapbacks = False
            body.append(line)
    return sender or "Unknown", "\n".join(body).strip(), answers, edited
