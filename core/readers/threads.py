"""Threads: the posts inside an Instagram download that holds no chats.

With chats beside them, the download is read as Instagram's, posts included.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Archive, Owner
from core.readers.containers import Member
from core.readers.meta_posts import profile_names, read_posts, threads_files
from core.readers.rows import Options, Rows
from core.readers.text import head_text

SOURCE = "threads"
TITLE = "Threads"
ORDER = 19

_HEAD = re.compile(r'\s*\{\s*"text_post_app_text_posts"\s*:')


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    if any(re.search(r"(?:^|/)message_\d+\.json$", m.path) for m in members):
        return None
    if any(_HEAD.match(head_text(m, 4096)) for m in threads_files(members)):
        return "Threads posts (threads_and_replies.json)"
    return None


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC; the posts answered are not in the export."""
    rows = Rows()
    me, _ = profile_names(members)
    raw = read_posts(members, options, rows, me)
    return rows.archive(SOURCE, raw, me=Owner(me, "the export holds only its owner's posts"))
