"""LinkedIn's data archive: messages.csv, Shares.csv and Comments.csv."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import with_suffix
from core.readers.containers import Member, find
from core.readers.csv_rows import Table, cell, header_of, read_csv
from core.readers.markup import html_to_text
from core.readers.people import People, shared_owner
from core.readers.rows import Options, Rows
from core.readers.written_dates import read_times

SOURCE = "linkedin"
TITLE = "LinkedIn"
ORDER = 20

_TAG = re.compile(r"<(?:p|br|div|span|a|ul|li|strong|em|b|i)\b[^<>]{0,2000}+>", re.IGNORECASE)
_SYSTEM_SENDERS = {"linkedin", "linkedin member services"}


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    found = _files(members)
    return f"LinkedIn's data archive ({found[0][0].basename})" if found else None


def _files(members: Sequence[Member]) -> list[tuple[Member, str]]:
    tables = with_suffix(members, ".csv")[:200]
    found = [(member, _kind_of(header_of(member))) for member in tables]
    order = ("messages", "shares", "comments")
    return sorted((pair for pair in found if pair[1]), key=lambda pair: order.index(pair[1]))


def _kind_of(header: tuple[str, ...]) -> str:
    if header[:3] == ("conversation id", "conversation title", "from"):
        return "messages"
    if header[:3] == ("date", "sharelink", "sharecommentary"):
        return "shares"
    return "comments" if header[:3] == ("date", "link", "message") else ""


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC; rows are in the order of the dates."""
    rows, people = Rows(), People()
    me = _profile_name(members, options, rows)
    tables = [(m, kind, read_csv(m, options, rows)) for m, kind in _files(members)]
    raw = 0
    owner: Owner | None = None
    for member, kind, table in tables:
        rows.reading(member)
        raw += len(table.rows)
        when = table.place("date")
        times = read_times([cell(row, when) for row in table.rows], options, rows, member.label)
        if kind == "messages":
            _add_messages(table, times, rows, people)
            owner = _owner(me, rows)
            continue
        author = me or (owner.name if owner else "Me")
        _add_published(table, times, kind, author, rows)
        owner = owner or Owner(author, "the posts and comments are their own")
    if not raw:
        raise Problem(
            "This LinkedIn archive holds no message, post or comment.",
            "Request the larger archive under Settings, Data privacy, Get a copy of your data.",
        )
    return rows.archive(SOURCE, raw, me=owner)


def _profile_name(members: Sequence[Member], options: Options, rows: Rows) -> str:
    for member in find(members, r"Profile\.csv"):
        try:
            table = read_csv(member, options, Rows())
        except Problem as problem:
            rows.note("warning", problem.message)
            continue
        first, last = table.place("first name"), table.place("last name")
        for row in table.rows:
            name = f"{cell(row, first)} {cell(row, last)}".strip()
            if name:
                return name
    return ""


def _owner(me: str, rows: Rows) -> Owner | None:
    if me and me in set(rows.authors):
        return Owner(me, "it is the name in the profile of this archive")
    return shared_owner(rows)


def _add_messages(table: Table, times: Sequence[int | None], rows: Rows, people: People) -> None:
    """Messages by date: the file is newest first, conversation by conversation."""
    places = {
        name: table.place(name)
        for name in (
            "conversation id",
            "conversation title",
            "from",
            "sender profile url",
            "to",
            "content",
            "folder",
            "is message draft",
        )
    }
    order = sorted(range(len(table.rows) - 1, -1, -1), key=lambda i: times[i] or 0)
    for number in order:
        row = table.rows[number]
        values = {name: cell(row, place) for name, place in places.items()}
        title = values["conversation title"].strip()
        sender = values["from"].strip()
        if values["is message draft"].strip().lower() == "yes":
            rows.leave_out("drafts")
            continue
        if title.lower() == "sponsored conversation" or sender.lower() in _SYSTEM_SENDERS:
            rows.leave_out("sponsored messages and LinkedIn's own")
            continue
        conversation = values["conversation id"] or "conversation"
        text = plain_text(values["content"])
        author = people.name(values["sender profile url"].strip() or sender, sender or "Unknown")
        names = dict.fromkeys([sender, *re.split(r",\s*", values["to"])])
        rows.titles.setdefault(conversation, title or ", ".join(n for n in names if n))
        kind = "message" if text else "media"
        rows.add(f"message {number}", conversation, times[number], author, text, kind)


def _add_published(
    table: Table, times: Sequence[int | None], kind: str, author: str, rows: Rows
) -> None:
    conversation = "posts" if kind == "shares" else "comments"
    rows.titles.setdefault(conversation, conversation.capitalize())
    place = table.place("sharecommentary", "message")
    order = sorted(range(len(table.rows) - 1, -1, -1), key=lambda i: times[i] or 0)
    for number in order:
        text = plain_text(mended(cell(table.rows[number], place)))
        row_kind = "post" if kind == "shares" else "reply"
        id = f"{conversation} {number}"
        rows.add(id, conversation, times[number], author, text, row_kind if text else "media")


def mended(text: str) -> str:
    """Undo the quotation marks that LinkedIn puts around every line break of a post."""
    return re.sub(r'"\n"', "\n", text).strip('"') if '"\n"' in text else text


def plain_text(content: str) -> str:
    """Text of a message that may be HTML or hold entities."""
    text = html_to_text(content) if _TAG.search(content) else html.unescape(content)
    return text.strip()
