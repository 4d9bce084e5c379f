"""X (Twitter): the archive as it comes, single files of it, and the archives of older days."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.messages import Archive, Note, Owner
from core.problems import Problem
from core.readers.containers import Member
from core.readers.rows import Options, Rows
from core.readers.text import head_text, parse_json, read_text
from core.readers.values import dict_of, no_collection, text_of
from core.readers.x_grok import GROK, write_grok_chats
from core.readers.x_messages import likely_owner, write_conversation
from core.readers.x_objects import Losses, x_objects
from core.readers.x_posts import Posts

SOURCE = "x"
TITLE = "X (Twitter)"
ORDER = 10

_ASSIGNED = re.compile(r"\s*window\.(?:YTD\.(\w+)\.part\d+|(__THAR_CONFIG))\s*=")
_OLD_MONTH = re.compile(r"\s*Grailbird\.data\.tweets_\w+\s*=")
_OLD_CSV = re.compile(r"\s*\"?tweet_id\"?,\"?in_reply_to_status_id\"?,")
_BARE = re.compile(
    r"\s*(?:[\w.]+\s*=\s*)?\[\s*\{\s*\"(tweet|dmConversation|noteTweet|grokChatItem)\"\s*:"
)
_BARE_ROLES = {
    "tweet": "tweet",
    "dmConversation": "dm",
    "noteTweet": "note",
    "grokChatItem": "grok",
}
_NAMES = re.compile(
    r"(?:^|/)(?:tweets?|community-tweet|note-tweet|direct-messages?(?:-group)?|account|manifest"
    r"|likes?|bookmarks?|deleted-tweets?|screen-name-change|grok-chat-item)(?:-part\d+)?\.js$"
    r"|(?:^|/)data/js/tweets/\d{4}_\d\d\.js$|(?:^|/)tweets\.csv$",
    re.IGNORECASE,
)
_ROLES = {
    "tweet": "tweet",
    "tweets": "tweet",
    "community_tweet": "community",
    "note_tweet": "note",
    "direct_messages": "dm",
    "direct_message": "dm",
    "direct_messages_group": "dm",
    "direct_message_group": "dm",
    "direct_message_group_conversations": "dm",
    "grok_chat_item": "grok",
    "account": "account",
    "screen_name_change": "former names",
    "like": "like",
    "bookmark": "bookmark",
    "deleted_tweets": "deleted",
    "deleted_tweet": "deleted",
    "__THAR_CONFIG": "manifest",
}
_READABLE = ("tweet", "community", "note", "dm", "grok", "old month", "old csv")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    packed = len(members) > 1 or members[0].path != members[0].file
    found: dict[str, str] = {}
    for member in members:
        if packed and not _NAMES.search(member.path):
            continue
        found.setdefault(_role(member), member.basename)
    for role in _READABLE if packed else (*_READABLE, *_ROLES.values()):
        if role in found:
            return f"{found[role]}, a file of the X archive"
    return None


def _role(member: Member) -> str:
    """What this member is, by its first bytes; an empty string for anything else."""
    text = head_text(member, 2048)
    if found := _ASSIGNED.match(text):
        return _ROLES.get(found[1] or found[2], "")
    if _OLD_MONTH.match(text):
        return "old month"
    if _OLD_CSV.match(text):
        return "old csv"
    if found := _BARE.match(text):
        return _BARE_ROLES[found[1]]
    if re.match(r"\s*\[\s*\{", text) and '"full_text"' in text and '"created_at"' in text:
        return "tweet"
    return ""


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring."""
    with no_collection():
        return _read(members, options)


def _read(members: Sequence[Member], options: Options) -> Archive:
    roles: dict[str, list[Member]] = {}
    alone = len(members) == 1
    for member in members:
        if alone or _NAMES.search(member.path) or member.path == member.file:
            roles.setdefault(_role(member), []).append(member)
    if not any(role in roles for role in _READABLE):
        raise Problem(
            f"{members[0].file} is a part of an X archive that holds no words of yours.",
            "Drop the whole zip, or data/tweets.js out of it.",
        )
    rows, losses, notes = Rows(), Losses(), []
    account_id, username = _account(roles)
    counts: dict[str, int] = {}
    meter = _Meter(options, roles)
    posts = Posts(account_id, wants_names="dm" in roles)
    for member in roles.get("note", ()):
        posts.reading(member)
        before = posts.raw
        for one in x_objects(member, "noteTweet", losses, meter):
            posts.add_note(one)
        counts[member.basename] = posts.raw - before
    for role, wrapper in (("tweet", "tweet"), ("community", "tweet"), ("old month", "tweet")):
        for member in roles.get(role, ()):
            posts.reading(member)
            before = posts.raw
            for one in x_objects(member, wrapper, losses, meter):
                posts.add(one)
            counts[member.basename] = posts.raw - before
    for member in roles.get("old csv", ()):
        posts.reading(member)
        for one in _csv_tweets(member, options):
            posts.add(one)
    chats: list[dict[str, Any]] = []
    chat_files: list[Member] = []
    for member in roles.get("dm", ()):
        before = len(chats)
        chats += x_objects(member, "dmConversation", losses, meter)
        counts[member.basename] = len(chats) - before
        chat_files += [member] * (len(chats) - before)
    if not account_id and chats:
        account_id = likely_owner(chats)
    owner = username or _own_name(posts) or posts.names.get(account_id) or "me"
    posts.names[account_id] = owner
    posts.write(rows, owner)
    raw = posts.raw
    seen: set[str] = set()
    for chat, member in zip(chats, chat_files, strict=True):
        rows.reading(member)
        raw += write_conversation(chat, rows, seen, posts.names, account_id)
    questions: list[tuple[Member, dict[str, Any]]] = []
    for member in roles.get("grok", ()):
        before = len(questions)
        questions += [(member, one) for one in x_objects(member, "grokChatItem", losses, meter)]
        counts[member.basename] = len(questions) - before
    raw += write_grok_chats(questions, rows, owner)
    for role, reason in (
        ("like", "likes, which are other people's words"),
        ("bookmark", "bookmarks, which are other people's words"),
        ("deleted", "posts that you deleted"),
    ):
        for member in roles.get(role, ()):
            found = _count(member, losses)
            raw += found
            rows.leave_out(reason, count=found)
    notes += _loss_notes(losses, roles, counts)
    me = _owner(rows, owner, username, account_id, bool(chats))
    if me is not None:
        former = [name for name in _former_names(roles, account_id) if name != me.name]
        me = replace(me, also=tuple(former))
    return rows.archive(SOURCE, raw, me=me, extra_notes=notes)


class _Meter:
    """Adds up bytes read and reports the share."""

    def __init__(self, options: Options, roles: dict[str, list[Member]]) -> None:
        self._options = options
        self._total = max(1, sum(m.size for r in _READABLE for m in roles.get(r, ())))
        self._done = 0

    def __call__(self, size: int) -> None:
        self._done += size
        self._options.report(self._done / self._total)


def _account(roles: dict[str, list[Member]]) -> tuple[str, str]:
    """Account id and user name, from account.js or the manifest; empty where unknown."""
    for member in roles.get("account", ()):
        for one in x_objects(member, "account", Losses()):
            if one.get("accountId"):
                return str(one["accountId"]), str(one.get("username") or "")
    for member in roles.get("manifest", ()):
        info = _manifest(member).get("userInfo")
        if isinstance(info, dict) and info.get("accountId"):
            return str(info["accountId"]), str(info.get("userName") or "")
    return "", ""


def _manifest(member: Member) -> dict[str, Any]:
    """The object assigned in manifest.js, or an empty one."""
    try:
        text, _ = read_text(member, limit=64 * 2**20)
        found = parse_json(text[text.index("{") : text.rindex("}") + 1].encode(), member.label)
    except (Problem, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _former_names(roles: dict[str, list[Member]], account_id: str) -> list[str]:
    """User names that the account had before, the latest first."""
    found: list[str] = []
    for member in roles.get("former names", ()):
        for one in x_objects(member, "screenNameChange", Losses()):
            if account_id and one.get("accountId") not in (None, account_id):
                continue
            change = dict_of(one.get("screenNameChange")) or one
            found += [text_of(change.get(key)) for key in ("changedTo", "changedFrom")]
    return list(dict.fromkeys(name for name in found if name))


def _own_name(posts: Posts) -> str:
    """The name that replies to one's own posts are addressed to."""
    for post in posts.by_id.values():
        if post.parent_user and post.reply_to in posts.by_id:
            return posts.names.get(post.parent_user, "")
    return ""


def _owner(rows: Rows, owner: str, username: str, account_id: str, chats: bool) -> Owner | None:
    if username:
        return Owner(owner, f"the archive's account is @{username}")
    if any(kind in ("post", "reply") for kind in rows.kinds):
        return Owner(owner, "every post in an X archive is its owner's")
    if GROK in rows.authors and owner in rows.authors:
        return Owner(owner, "the questions to Grok are yours")
    if chats and account_id:
        return Owner(owner, "the only one who is in every conversation")
    return None


def _csv_tweets(member: Member, options: Options) -> list[dict[str, Any]]:
    """The rows of tweets.csv (until 2018) in the shape of today's objects."""
    text, _ = read_text(member, options.encoding)
    csv.field_size_limit(2**31 - 1)
    found: list[dict[str, Any]] = []
    for row in csv.DictReader(io.StringIO(text, newline="")):
        body = row.get("text") or ""
        links = [u for u in (row.get("expanded_urls") or "").split(",") if u]
        shorts = list(dict.fromkeys(re.findall(r"https?://t\.co/\w+", body)))
        urls = [
            {"url": short, "expanded_url": long}
            for short, long in zip(shorts, dict.fromkeys(links), strict=False)
        ]
        found.append(
            {
                "id_str": row.get("tweet_id"),
                "full_text": body,
                "created_at": row.get("timestamp"),
                "in_reply_to_status_id_str": row.get("in_reply_to_status_id"),
                "in_reply_to_user_id_str": row.get("in_reply_to_user_id"),
                "retweeted_status": row.get("retweeted_status_id"),
                "entities": {"urls": urls},
            }
        )
    return found


def _count(member: Member, losses: Losses) -> int:
    """How many objects a file holds that is not read."""
    wrapper = {"like": "like", "bookmark": "bookmark"}.get(
        member.basename.split("-part")[0].removesuffix(".js").rstrip("s"), "tweet"
    )
    return sum(1 for _ in x_objects(member, wrapper, Losses()))


def _loss_notes(
    losses: Losses, roles: dict[str, list[Member]], counts: dict[str, int]
) -> list[Note]:
    notes: list[Note] = []
    if losses.cut:
        reason = "the archive is cut off: everything that was whole has been read"
        notes.append(Note("warning", reason))
    if losses.broken:
        notes.append(
            Note("warning", "entries that were damaged and could not be read", losses.broken)
        )
    for member in roles.get("manifest", ()):
        for name, promised in _promised(_manifest(member)).items():
            if name in counts and counts[name] != promised:
                notes.append(
                    Note(
                        "warning",
                        f"{name} holds {counts[name]:,} entries, the archive's own list says {promised:,}",
                    )
                )
    return notes


def _promised(manifest: dict[str, Any]) -> dict[str, int]:
    """Base name of each file to the number of entries that the manifest promises."""
    found: dict[str, int] = {}
    kinds = manifest.get("dataTypes")
    for kind in kinds.values() if isinstance(kinds, dict) else ():
        files = kind.get("files") if isinstance(kind, dict) else None
        for one in files if isinstance(files, list) else ():
            if isinstance(one, dict) and str(one.get("count", "")).isdigit():
                found[str(one.get("fileName", "")).rsplit("/", 1)[-1]] = int(one["count"])
    return found
