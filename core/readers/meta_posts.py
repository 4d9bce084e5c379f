"""What a person published on Facebook, Instagram and Threads, in Meta's download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.problems import Problem
from core.readers.containers import Member, find
from core.readers.damaged_json import read_json_or_part
from core.readers.meta_text import repaired
from core.readers.rows import Options, Rows
from core.readers.text import read_json
from core.readers.values import dict_of, list_of, number_of, seconds_to_ms, text_of

_FACEBOOK = r"your_posts(?:__check_ins__photos_and_videos)?(?:_\d+)?\.json"
_INSTAGRAM = r"(?:content|media)/(?:posts|reels|stories)(?:_\d+)?\.json"
_THREADS = r"threads_and_replies(?:_\d+)?\.json"
_COMMENTS = r"(?:comments|post_comments|reels_comments)(?:_\d+)?\.json"
_PROFILES = r"(?:profile_information|personal_information|personal_information_\d)\.json"

POSTS, CAPTIONS, THREADS, COMMENTS = "posts", "captions", "threads", "comments"
_TITLES = {
    POSTS: "Facebook posts",
    CAPTIONS: "Instagram captions",
    THREADS: "Threads posts",
    COMMENTS: "Comments",
}


def threads_files(members: Sequence[Member]) -> list[Member]:
    """Files of Threads posts."""
    return find(members, _THREADS)


def post_files(members: Sequence[Member]) -> list[tuple[str, Member]]:
    """(what it is, file) of everything published."""
    found = [(POSTS, m) for m in find(members, _FACEBOOK)]
    found += [(CAPTIONS, m) for m in find(members, _INSTAGRAM)]
    found += [(THREADS, m) for m in threads_files(members)]
    found += [
        (COMMENTS, m)
        for m in find(members, _COMMENTS)
        if len(members) > 1 and b'"comment' in m.head(4096).lower()
    ]
    return found


def profile_names(members: Sequence[Member]) -> tuple[str, list[str]]:
    """(the owner's name or "Me", every text of the profile that may be a name of theirs).

    Field names are in the account's language, so that only English ones are sure.
    """
    names: list[str] = []
    sure: list[str] = []
    for member in find(members, _PROFILES):
        try:
            document = dict_of(read_json(member))
        except Problem:
            continue  # a broken profile only means that the owner has to be asked
        name = dict_of(dict_of(document.get("profile_v2")).get("name"))
        sure.append(text_of(name.get("full_name")))
        for user in list_of(document.get("profile_user")):
            values = dict_of(dict_of(user).get("string_map_data"))
            sure += [text_of(dict_of(values.get(key)).get("value")) for key in ("Name", "Username")]
            names += [text_of(dict_of(value).get("value")) for value in values.values()]
    sure = [repaired(name).strip() for name in sure if name.strip()]
    names = [repaired(name).strip() for name in names if name.strip()]
    return (sure or ["Me"])[0], list(dict.fromkeys(sure + names))


def read_posts(members: Sequence[Member], options: Options, rows: Rows, me: str) -> int:
    """Add everything the owner published; returns the number of raw items."""
    raw = 0
    for what, member in post_files(members):
        rows.reading(member)
        document = read_json_or_part(member, options, rows, _LISTS)
        entries = _entries(document)
        raw += len(entries)
        items = sorted(
            (_ITEM[what](dict_of(entry)) for entry in entries), key=lambda item: item[0] or 0
        )
        rows.titles.setdefault(what, _TITLES[what])
        for sent_at, text, is_reply in items:
            kind = "reply" if is_reply else "post"
            rows.add(
                f"{what}/{len(rows)}",
                what,
                sent_at,
                me,
                text,
                kind if text.strip() else "media",
            )
    return raw


_LISTS = ("text_post_app_text_posts", "comments_v2", "ig_reels_media", "ig_stories")


def _entries(document: Any) -> list[Any]:
    """The list of items: the document itself, or the first list in it."""
    if isinstance(document, list):
        return document
    return next((v for v in dict_of(document).values() if isinstance(v, list)), [])


def _facebook(entry: dict[str, Any]) -> tuple[int | None, str, bool]:
    texts = [repaired(text_of(dict_of(d).get("post"))) for d in list_of(entry.get("data"))]
    return seconds_to_ms(entry.get("timestamp")), "\n".join(t for t in texts if t), False


def _caption(entry: dict[str, Any]) -> tuple[int | None, str, bool]:
    first = dict_of(next(iter(list_of(entry.get("media"))), None))
    text = text_of(entry.get("title")) or text_of(first.get("title"))
    when = number_of(entry.get("creation_timestamp"))
    if when is None:
        when = number_of(first.get("creation_timestamp"))
    is_reply = dict_of(first.get("text_post_app_post") or first.get("text_app_post")).get(
        "is_reply"
    )
    return None if when is None else when * 1000, repaired(text), is_reply is True


def _comment(entry: dict[str, Any]) -> tuple[int | None, str, bool]:
    values = dict_of(entry.get("string_map_data"))
    if values:
        text = text_of(dict_of(values.get("Comment")).get("value"))
        when = dict_of(values.get("Time")).get("timestamp")
        return seconds_to_ms(when), repaired(text), True
    for data in list_of(entry.get("data")):
        comment = dict_of(dict_of(data).get("comment"))
        if comment:
            when = comment.get("timestamp") or entry.get("timestamp")
            return seconds_to_ms(when), repaired(text_of(comment.get("comment"))), True
    return seconds_to_ms(entry.get("timestamp")), "", True


_ITEM = {POSTS: _facebook, CAPTIONS: _caption, THREADS: _caption, COMMENTS: _comment}


__all__ = ["post_files", "profile_names", "read_posts", "threads_files"]
