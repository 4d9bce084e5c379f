"""Messenger and Instagram: "Download your information" (JSON) and Messenger's secure storage.

The first is newest first, split over ``message_1.json`` ... and over several zips, with every
letter outside ASCII damaged. The second is flat, oldest first and undamaged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.json_pieces import read_pieces
from core.readers.meta_columns import Columns, Senders, columns_of, join
from core.readers.meta_frame import Thread, files_of, frame_of, without_reactions, writers
from core.readers.meta_posts import post_files, profile_names, read_posts
from core.readers.meta_text import repaired
from core.readers.people import shared_owner
from core.readers.rows import Options, Rows
from core.readers.text import head_text
from core.readers.values import dict_of, list_of, no_collection, text_of

SOURCE = "meta"
TITLE = "Messenger or Instagram"
ORDER = 20

_THREAD_FILE = re.compile(
    r"(?:^|/)(?:inbox|archived_threads|filtered_threads|message_requests|e2ee_cutover"
    r"|legacy_threads)/([^/]+)/message_(\d+)\.json$",
    re.IGNORECASE,
)
_ENTRY = r'(?:"sender_name"|"isUnsent")\s*:'
_DECOYS = {"autofill_information.json", "secret_conversations.json", "secret_groups.json"}


class Part(NamedTuple):
    """One file of one thread. ``clean``: Messenger's secure storage, undamaged text."""

    member: Member
    thread: str
    number: int
    clean: bool


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
    done, total = 0, sum(part.member.size for part in parts) or 1
    finished: list[tuple[Thread, Columns]] = []
    files: list[str] = []
    raw = 0
    for group in _by_thread(parts):
        threads: dict[str, Thread] = {}
        for part in group:
            share = options.part(done / total, part.member.size / total)
            raw += _read_part(part, share, threads, rows, len(files))
            files.append(part.member.where)
            done += part.member.size
            options.report(done / total)
        for thread in threads.values():
            whole = join(thread.files, rows, newest_first=not thread.senders.clean)
            thread.files.clear()
            finished.append((thread, without_reactions(whole)))
    shown, names = profile_names(members)
    present = {name for thread, whole in finished for name in writers(thread, whole)}
    raw += read_posts(members, options, rows, _name_in(present, names) or shown)
    if not raw and not finished:
        raise Problem(
            "This download of Meta holds no messages and no posts.",
            "Request it again with Messages and Posts ticked, and the format JSON.",
        )
    for thread, _ in finished:
        rows.titles.setdefault(thread.conversation, thread.title or thread.conversation)
    me = _owner(rows, names, finished)
    frame = frame_of(finished, rows)
    return rows.archive(SOURCE, raw, me=me, frame=frame, files=files_of(finished, rows, files))


def _by_thread(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that may belong together, oldest first: the highest number holds the oldest."""
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.thread, []).append(part)
    return [sorted(group, key=lambda part: -part.number) for group in groups.values()]


def _read_part(
    part: Part, options: Options, threads: dict[str, Thread], rows: Rows, number: int
) -> int:
    """Add the messages of file ``number`` to its thread; returns how many entries it holds."""
    with no_collection():
        whole, entries = read_pieces(part.member, options, rows, "messages", _ENTRY)
        document = dict_of(whole)
        thread = _thread(part, document, threads)
        pieces: list[Columns] = []
        raw = 0
        for piece in entries(document.get("messages")):
            pieces.append(columns_of(piece, thread.senders, rows, number))
            raw += len(piece)
        thread.files.append(pieces)
    return raw


def _thread(part: Part, document: dict[str, Any], threads: dict[str, Thread]) -> Thread:
    """The thread a file belongs to: by its folder, or by what it says itself."""
    folder = text_of(document.get("thread_path")).rpartition("/")[2]
    name = text_of(document.get("threadName"))
    conversation = part.thread or folder or name or part.member.label
    thread = threads.get(conversation)
    if thread is None:
        title = repaired(text_of(document.get("title")))
        if part.clean:
            title = re.sub(r"_\d+$", "", name)
        listed = list_of(document.get("participants"))
        people = [text_of(p if isinstance(p, str) else dict_of(p).get("name")) for p in listed]
        thread = threads[conversation] = Thread(
            conversation,
            title,
            [p if part.clean else repaired(p) for p in people if p],
            Senders(title or conversation, part.clean),
        )
    return thread


def _name_in(present: Collection[str | None], names: Sequence[str]) -> str:
    return next((name for name in names if name in present), "")


def _owner(
    rows: Rows, names: Sequence[str], finished: Sequence[tuple[Thread, Columns]]
) -> Owner | None:
    who = {thread.conversation: writers(thread, whole) for thread, whole in finished}
    present = {*rows.authors}.union(*who.values())
    known = _name_in(present, names)
    if known:
        return Owner(known, "it is the name in the profile of this download")
    listed = [(t.conversation, [*t.people, *who[t.conversation]]) for t, _ in finished]
    shared = shared_owner(rows, listed)
    if shared is not None and shared.name in present:
        return shared
    if len(finished) == 1:
        thread = finished[0][0]
        others = [name for name in thread.people if name != rows.titles.get(thread.conversation)]
        if len(thread.people) == 2 and len(others) == 1 and others[0] in present:
            return Owner(others[0], "the chat is named after the other")
    return None
