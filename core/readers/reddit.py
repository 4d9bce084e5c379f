"""Reddit's data request: comments.csv, posts.csv, messages.csv and chat_history.csv."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import with_suffix
from core.readers.containers import Member, find
from core.readers.csv_rows import Table, cell, header_of, read_csv
from core.readers.people import shared_owner
from core.readers.rows import Options, Rows
from core.readers.written_dates import read_times

SOURCE = "reddit"
TITLE = "Reddit"
ORDER = 20

_POSTED = ("id", "permalink", "date")
_REMOVED = {"[deleted]", "[removed]", "[deleted by user]"}


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    found = [kind for _, kind in _files(members)]
    return f"Reddit's data request ({found[0]}.csv)" if found else None


def _files(members: Sequence[Member]) -> list[tuple[Member, str]]:
    """(file, "comments", "posts", "messages" or "chats") of what can be read, in that order."""
    tables = with_suffix(members, ".csv")[:200]
    found = []
    for member in tables:
        kind = _kind_of(header_of(member))
        if kind and not member.basename.lower().endswith("_headers.csv"):
            found.append((member, kind))
    order = ("comments", "posts", "messages", "chats")
    return sorted(found, key=lambda pair: order.index(pair[1]))


def _kind_of(header: tuple[str, ...]) -> str:
    columns = set(header)
    if header[:3] == _POSTED and "subreddit" in columns and "body" in columns:
        return "comments" if "parent" in columns else "posts"
    if {"permalink", "from", "to", "subject", "body"} <= columns:
        return "messages"
    if {"message_id", "created_at", "username", "message", "channel_url"} <= columns:
        return "chats"
    return ""


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC; the posts answered are not in the export."""
    rows = Rows()
    files = _files(members)
    tables = [(member, kind, read_csv(member, options, rows)) for member, kind in files]
    me = _account_name(members, options, rows)
    if not me:
        me = _in_messages(tables)
    raw = 0
    seen: set[str] = set()
    for member, kind, table in tables:
        rows.reading(member)
        add = {"messages": _add_message, "chats": _add_chat}.get(kind)
        raw += len(table.rows)
        when = table.place("date", "created_at")
        times = read_times([cell(row, when) for row in table.rows], options, rows, member.label)
        add = {"messages": _add_message, "chats": _add_chat}.get(kind)
        for row, sent_at in zip(table.rows, times, strict=True):
            id = cell(row, table.place("id", "message_id")) or f"{kind} {len(rows)}"
            if kind in ("comments", "posts"):
                id = ("t1_" if kind == "comments" else "t3_") + id
            if id in seen:
                rows.merge("the same item in two files")
                continue
            seen.add(id)
            if add is not None:
                add(rows, table, row, id, sent_at)
            else:
                _add_posted(rows, table, row, id, sent_at, me or "Me")
    if not raw:
        raise Problem(
            "This Reddit archive holds no comment and no post.",
            "Request it again at reddit.com/settings/data-request for the whole period.",
        )
    if me or any(kind in ("comments", "posts") for _, kind, _ in tables):
        owner: Owner | None = Owner(me or "Me", "the comments and posts are their own")
    else:
        owner = shared_owner(rows)
    return rows.archive(SOURCE, raw, me=owner)


def _account_name(members: Sequence[Member], options: Options, rows: Rows) -> str:
    for member in find(members, r"statistics\.csv"):
        try:
            table = read_csv(member, options, Rows())
        except Problem as problem:
            rows.note("warning", problem.message)
            continue
        for row in table.rows:
            if cell(row, 0).strip().lower() == "account name" and cell(row, 1).strip():
                return cell(row, 1).strip()
    return ""


def _in_messages(tables: Sequence[tuple[Member, str, Table]]) -> str:
    """The name that is sender or recipient of nearly every private message, or ""."""
    present: Counter[str] = Counter()
    total = 0
    for _, kind, table in tables:
        if kind == "messages":
            for row in table.rows:
                total += 1
                present.update({cell(row, table.place("from")), cell(row, table.place("to"))})
    ranked = [(name, count) for name, count in present.most_common(3) if name]
    if len(ranked) > 1 and ranked[0][1] >= 0.9 * total and ranked[0][1] > ranked[1][1]:
        return ranked[0][0]
    return ""


def _add_posted(
    rows: Rows, table: Table, row: list[str], id: str, sent_at: int | None, me: str
) -> None:
    comment = table.place("parent") is not None
    subreddit = cell(row, table.place("subreddit")) or "unknown"
    conversation = subreddit if subreddit.startswith("u_") else f"r/{subreddit}"
    rows.titles.setdefault(conversation, conversation)
    body = cell(row, table.place("body"))
    text, quotes = plain_text(body)
    title = html.unescape(cell(row, table.place("title"))).strip()
    if title:
        text = f"{title}\n\n{text}".strip()
    kind = "reply" if comment else "post"
    if body.strip() in _REMOVED:
        kind, text = "deleted", ""
    elif not text:
        kind = "media"
    if quotes and kind == "reply":
        rows.note("repaired", "quoted lines cut from comments", count=quotes)
    parent = cell(row, table.place("parent")).strip()
    link = re.search(r"/comments/(\w+)", cell(row, table.place("link")))
    if parent and not re.match(r"t\d_", parent):
        parent = f"t1_{parent}"
    reply_to = parent or (f"t3_{link[1]}" if link and comment else "")
    rows.add(id, conversation, sent_at, me, text, kind, reply_to or None)


def _add_message(rows: Rows, table: Table, row: list[str], id: str, sent_at: int | None) -> None:
    thread = cell(row, table.place("thread_id")) or id
    subject = cell(row, table.place("subject")).strip()
    rows.titles.setdefault(thread, subject or "Private message")
    text, _ = plain_text(cell(row, table.place("body")))
    author = cell(row, table.place("from")).strip() or "Unknown"
    rows.add(id, thread, sent_at, author, text, "message" if text else "deleted")


def _add_chat(rows: Rows, table: Table, row: list[str], id: str, sent_at: int | None) -> None:
    channel = cell(row, table.place("channel_url")) or "chat"
    rows.titles.setdefault(channel, cell(row, table.place("channel_name")).strip() or "Chat")
    text = html.unescape(cell(row, table.place("message"))).strip()
    author = cell(row, table.place("username")).strip() or "Unknown"
    parent = cell(row, table.place("thread_parent_message_id")).strip()
    rows.add(id, channel, sent_at, author, text, "message" if text else "media", parent or None)


def plain_text(body: str) -> tuple[str, int]:
    """(a comment without entities and without quoted lines, how many lines were quoted).

    A comment of nothing but quotations stays as it is.
    """
    text = html.unescape(body).replace("\u200b", "")
    lines = text.split("\n")
    own = [line for line in lines if not line.lstrip().startswith(">")]
    kept = re.sub(r"\n{3,}", "\n\n", "\n".join(own)).strip()
    return (kept, len(lines) - len(own)) if kept else (text.strip(), 0)
