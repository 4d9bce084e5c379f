"""Messenger and Instagram: "Download your information" (JSON) and Messenger's secure storage.

The first is newest first, split over ``message_1.json`` ... and over several zips, with every
letter outside ASCII damaged. The second is flat, oldest first and undamaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.json_pieces import read_pieces
from core.readers.meta_posts import post_files, profile_names, read_posts
from core.readers.meta_text import (
    about_sender,
    has_media,
    is_call,
    is_notice,
    may_be_notice,
    reaction_notices,
    repaired,
)
from core.readers.people import shared_owner
from core.readers.rows import Options, Rows
from core.readers.text import head_text
from core.readers.values import dict_of, list_of, no_collection, number_of, text_of

SOURCE = "meta"
TITLE = "Messenger or Instagram"
ORDER = 20

_THREAD_FILE = re.compile(
    r"(?:^|/)(?:inbox|archived_threads|filtered_threads|message_requests|e2ee_cutover"
    r"|legacy_threads)/([^/]+)/message_(\d+)\.json$",
    re.IGNORECASE,
)
_DELETED_ACCOUNTS = {"Facebook user", "Instagram User", "Facebook User"}
_DAMAGED_KEYS = ("timestamp_ms", "sender_name", "content")
_CLEAN_KEYS = ("timestamp", "senderName", "text")
#: Keys that a message of nothing but text may have.
_PLAIN = {
    "sender_name",
    "timestamp_ms",
    "content",
    "is_geoblocked_for_viewer",
    "is_unsent_image_by_messenger_kid_parent",
    "reactions",
}
#: Times from here on (the year 5138) are no times.
MOST_MS = 10**14
_ENTRY = r'(?:"sender_name"|"isUnsent")\s*:'
_DECOYS = {"autofill_information.json", "secret_conversations.json", "secret_groups.json"}


class Part(NamedTuple):
    """One file of one thread. ``clean``: Messenger's secure storage, undamaged text."""

    member: Member
    thread: str
    number: int
    clean: bool


@dataclass
class Thread:
    """What is known of a thread so far; ``messages`` are (time in ms, sender, text, kind)."""

    conversation: str
    title: str
    people: list[str]
    messages: list[tuple[int, str, str, str]] = field(default_factory=list)
    seen: dict[tuple[int, str, str], Member] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    parts = _parts(members, FEW)
    if parts:
        where = "secure storage download" if parts[0].clean else "download of your information"
        return f"Meta's {where} ({parts[0].member.basename})"
    if post_files(members):
        return "posts and comments in Meta's download of your information"
    return None


def _parts(members: Sequence[Member], most_looked_at: int | None = None) -> list[Part]:
    found = []
    looked_at = 0
    for member in with_suffix(members, ".json"):
        if member.basename in _DECOYS:
            continue
        path = _THREAD_FILE.search(member.path)
        if path:
            found.append(Part(member, path[1], int(path[2][:6]), clean=False))
        elif member.path.count("/") <= 2 or "/messages/" in f"/{member.path}":
            looked_at += 1
            if most_looked_at is not None and looked_at > most_looked_at:
                continue
            kind = _bare_thread(member)
            if kind:
                number = re.search(r"_(\d{1,6})\.json$", member.basename)
                found.append(Part(member, "", int(number[1]) if number else 0, kind == "clean"))
    return found


def _bare_thread(member: Member) -> str:
    """Which kind of thread a file without a telling path is; "" for none."""
    head = head_text(member, 16 * 1024).lstrip()
    if not head.startswith("{"):
        return ""
    if re.match(r'\{\s*"participants":\s*\[', head):
        if '"threadName":' in head:
            return "clean"
        if re.match(r'\{\s*"participants":\s*\[\s*(?:\{\s*"name":|\])', head) and (
            '"sender_name":' in head or '"messages":' in head
        ):
            return "damaged"
    if '"threadName":' in head and '"senderName":' in head:
        return "clean"
    if '"sender_name":' in head and '"timestamp_ms":' in head:
        return "damaged"
    return ""


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC."""
    rows = Rows()
    parts = _parts(members)
    listed: list[tuple[str, list[str]]] = []
    raw = 0
    read_size, total = 0, sum(p.member.size for p in parts) or 1
    for group in _by_thread(parts):
        threads: dict[str, Thread] = {}
        for part in group:
            with no_collection():
                whole, entries = read_pieces(part.member, options, rows, "messages", _ENTRY)
                document = dict_of(whole)
                thread = _thread(part, document, threads)
                found = entries(document.get("messages"))
                raw += _read_part(part, found, thread, rows, len(group) > 1)
            read_size += part.member.size
            options.report(read_size / total)
        for thread in threads.values():
            listed.append((thread.conversation, thread.people))
            _add_thread(thread, rows)
    shown, names = profile_names(members)
    raw += read_posts(members, options, rows, _name_in(rows, names) or shown)
    if not raw and not listed:
        raise Problem(
            "This download of Meta holds no messages and no posts.",
            "Request it again with Messages and Posts ticked, and the format JSON.",
        )
    return rows.archive(SOURCE, raw, me=_owner(rows, names, listed))


def _by_thread(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that may belong together, oldest first: the highest number holds the oldest."""
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.thread, []).append(part)
    return [sorted(group, key=lambda part: -part.number) for group in groups.values()]


def _thread(part: Part, document: dict[str, Any], threads: dict[str, Thread]) -> Thread:
    """The thread a file belongs to: by its folder, or by what it says itself."""
    folder = text_of(document.get("thread_path")).rpartition("/")[2]
    name = text_of(document.get("threadName"))
    conversation = part.thread or folder or name or part.member.label
    thread = threads.get(conversation)
    if thread is None:
        title = repaired(text_of(document.get("title")))
        listed = list_of(document.get("participants"))
        people = [text_of(p if isinstance(p, str) else dict_of(p).get("name")) for p in listed]
        thread = threads[conversation] = Thread(
            conversation,
            re.sub(r"_\d+$", "", name) if part.clean else title,
            [p if part.clean else repaired(p) for p in people if p],
        )
    return thread


def _name_in(rows: Rows, names: Sequence[str]) -> str:
    present = set(rows.authors)
    return next((name for name in names if name in present), "")


def _owner(rows: Rows, names: Sequence[str], listed: list[tuple[str, list[str]]]) -> Owner | None:
    known = _name_in(rows, names)
    if known:
        return Owner(known, "it is the name in the profile of this download")
    shared = shared_owner(rows, listed)
    if shared is not None and shared.name in set(rows.authors):
        return shared
    if len(listed) == 1:
        conversation, people = listed[0]
        others = [name for name in people if name != rows.titles.get(conversation)]
        if len(people) == 2 and len(others) == 1 and others[0] in set(rows.authors):
            return Owner(others[0], "the chat is named after the other")
    return None


def _read_part(
    part: Part, entries: Iterator[Any], thread: Thread, rows: Rows, several: bool
) -> int:
    """Add one file's messages to its thread; returns how many entries it holds."""
    clean = part.clean
    mend = _as_it_is if clean else repaired
    time_key, sender_key, text_key = _CLEAN_KEYS if clean else _DAMAGED_KEYS
    known, add = thread.names, thread.messages.append
    first, raw = len(thread.messages), 0
    for message in entries:
        raw += 1
        if not isinstance(message, dict):
            rows.leave_out("entries that are not messages")
            continue
        raw_sender = text_of(message.get(sender_key))
        sender = known.get(raw_sender)
        if sender is None:
            sender = mend(raw_sender) or "Unknown"
            if sender in _DELETED_ACCOUNTS:
                sender = f"{sender} ({thread.title or thread.conversation})"
            known[raw_sender] = sender
        text = message.get(text_key)
        text = mend(text) if isinstance(text, str) else ""
        sent_at = message.get(time_key)
        if type(sent_at) is not int:
            sent_at = number_of(sent_at) or 0
        if several:
            other = thread.seen.setdefault((sent_at, sender, text), part.member)
            if other is not part.member:
                rows.merge("the same message in two files")
                continue
        add((sent_at, sender, text, _kind(message, text, sender, clean)))
    if not clean:  # newest first
        thread.messages[first:] = thread.messages[: first - 1 if first else None : -1]
    return raw


def _as_it_is(text: str) -> str:
    return text


def _add_thread(thread: Thread, rows: Rows) -> None:
    """Rows of a whole thread, oldest first."""
    conversation = thread.conversation
    rows.titles.setdefault(conversation, thread.title or conversation)
    if not thread.messages:
        return
    thread.messages.sort(key=itemgetter(0))
    times, authors, texts, kinds = zip(*thread.messages, strict=True)
    notices = reaction_notices(texts)
    if notices:
        kinds = tuple(
            "system" if kind == "message" and text in notices else kind
            for kind, text in zip(kinds, texts, strict=True)
        )
    first = len(rows)
    if "system" in kinds or times[0] <= 0 or times[-1] >= MOST_MS:
        for time, author, text, kind in zip(times, authors, texts, kinds, strict=True):
            who = None if kind == "system" else author
            rows.add(f"{conversation}/{len(rows)}", conversation, time or None, who, text, kind)
        return
    count = len(texts)  # column by column: a long thread has a million messages
    rows.ids += [f"{conversation}/{number}" for number in range(first, first + count)]
    rows.conversations += [conversation] * count
    rows.times += times
    rows.authors += authors
    rows.texts += texts
    rows.kinds += kinds
    rows.replies += [None] * count


def _kind(message: dict[str, Any], text: str, sender: str, clean: bool) -> str:
    usual = text and (message.keys() <= _PLAIN or message.get("type") == "text")
    if usual and not may_be_notice(text, sender):
        return (
            "message" if not text.isspace() and message.get("isUnsent") is not True else "deleted"
        )
    if message.get("is_unsent") is True or message.get("isUnsent") is True:
        return "deleted"
    if text == "User unsent a message" and clean:
        return "deleted"
    if message.get("type") == "Call" or "call_duration" in message or is_call(text, sender):
        return "call"
    if message.get("type") in ("Subscribe", "Unsubscribe"):
        return "system"
    media = bool(list_of(message.get("media"))) if clean else has_media(message)
    if not text or text.isspace():
        return "media" if media or message.get("type") != "placeholder" else "system"
    if clean and text == "Failed to download media":
        return "media"
    if clean and message.get("type") == "placeholder":
        return "system"
    if about_sender(text, sender) or is_notice(text):
        return "media" if media else "system"
    return "message"
