"""Posts of an X archive: one row a post, threads chained, edits and repeats collapsed."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from core.readers.members import Member
from core.readers.rows import Rows, iso_ms
from core.readers.x_text import tweet_ms, tweet_text, without_leading_mentions

_REPOST = re.compile(r"RT @(\w{1,20}): ")
_CUT_TAIL = re.compile(r"(?:…|\.\.\.)?(?:\s*https?://t\.co/\w+)*\s*$")
#: X began in 2006; an earlier date is an exporter's mistake.
FIRST_MS = 1_136_073_600_000
#: With more conversations than this, single posts get no title of their own.
MAX_TITLES = 20_000


@dataclass(slots=True)
class Post:
    """One post before it becomes a row; ``parent_user`` is the id of whom it answers,
    ``file`` a place in ``Posts.files``."""

    id: str
    ms: int | None
    text: str
    kind: str
    reply_to: str | None
    parent_user: str
    file: int


@dataclass
class Posts:
    """Everything collected from the post files, by id."""

    account_id: str = ""
    wants_names: bool = True
    by_id: dict[str, Post] = field(default_factory=dict)
    raw: int = 0
    repeats: int = 0
    useless: int = 0
    edits: dict[str, str] = field(default_factory=dict)
    superseded: set[str] = field(default_factory=set)
    notes_by_second: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    joined: int = 0
    names: dict[str, str] = field(default_factory=dict)
    files: list[Member] = field(default_factory=list)

    def reading(self, member: Member) -> None:
        """From here on, what is added is from this file."""
        self.files.append(member)

    def add_note(self, note: dict[str, Any]) -> None:
        """A long post's full text, to be joined when its post comes by; notes come first."""
        self.raw += 1
        core = note.get("core")
        ms = iso_ms(note.get("createdAt"))
        text = core.get("text") if isinstance(core, dict) else None
        if not isinstance(core, dict) or not isinstance(text, str) or not text:
            self.useless += 1
            return
        for url in core.get("urls") or ():
            if isinstance(url, dict) and url.get("shortUrl") and url.get("expandedUrl"):
                text = text.replace(str(url["shortUrl"]), str(url["expandedUrl"]))
        entry = {"text": text, "ms": ms, "id": str(note.get("noteTweetId") or self.raw)}
        entry["file"] = len(self.files) - 1
        self.notes_by_second.setdefault((ms or 0) // 1000, []).append(entry)

    def add(self, tweet: dict[str, Any]) -> None:
        """One object of a post file, of any age."""
        self.raw += 1
        raw = tweet.get("full_text") or tweet.get("text")
        key = tweet.get("id_str") or tweet.get("id")
        if not isinstance(raw, str) or not key:
            self.useless += 1
            return
        key = str(key)
        if key in self.by_id or key in self.superseded:
            self.repeats += 1
            return
        created = tweet.get("created_at")
        ms = tweet_ms(created)
        if ms is None:
            ms = iso_ms(str(created).replace(" +", "+")) if created else None
        if ms is not None and ms < FIRST_MS:
            ms = None
        if self.wants_names:
            self._learn_names(tweet)
        edited = tweet.get("edit_info")
        if edited and not _never_edited(edited) and self._is_superseded(key, edited):
            return
        self.by_id[key] = self._post(key, ms, raw, tweet)

    def _post(self, key: str, ms: int | None, raw: str, tweet: dict[str, Any]) -> Post:
        file = len(self.files) - 1
        if (raw.startswith("RT @") and _REPOST.match(raw)) or tweet.get("retweeted_status"):
            return Post(key, ms, tweet_text(tweet, raw), "repost", None, "", file)
        parent = tweet.get("in_reply_to_status_id_str") or tweet.get("in_reply_to_status_id")
        user = tweet.get("in_reply_to_user_id_str") or tweet.get("in_reply_to_user_id")
        text = self._full_text(ms, raw) if self.notes_by_second else None
        if text is None:
            text = tweet_text(tweet, raw)
        own = bool(user) and str(user) == self.account_id
        if parent or user:
            text = without_leading_mentions(text, tweet)
            if user and tweet.get("in_reply_to_screen_name"):
                self.names[str(user)] = str(tweet["in_reply_to_screen_name"])
        kind = "post" if own or not (parent or user) else "reply"
        if not text:
            kind = "media"
        return Post(key, ms, text, kind, str(parent) if parent else None, str(user or ""), file)

    def _full_text(self, ms: int | None, raw: str) -> str | None:
        """The note whose second is this post's and whose text begins like it."""
        notes = self.notes_by_second.get((ms or 0) // 1000)
        if not notes or ms is None:
            return None
        shown = raw[:-200] + _CUT_TAIL.sub("", raw[-200:])
        start = " ".join(html.unescape(shown).split())
        for place, note in enumerate(notes):
            if " ".join(note["text"].split()).startswith(start):
                del notes[place]
                self.joined += 1
                return note["text"]
        return None

    def _is_superseded(self, key: str, info: Any) -> bool:
        """Register an edit chain; true when a later version of this post is already here."""
        if not isinstance(info, dict):
            return False
        initial, edit = info.get("initial"), info.get("edit")
        versions: list[str] = []
        if isinstance(initial, dict) and isinstance(initial.get("editTweetIds"), list):
            versions = [str(v) for v in initial["editTweetIds"]]
        if isinstance(edit, dict):
            control = edit.get("editControlInitial")
            if isinstance(control, dict) and isinstance(control.get("editTweetIds"), list):
                versions = [str(v) for v in control["editTweetIds"]]
            if edit.get("initialTweetId"):
                versions = [str(edit["initialTweetId"]), *versions]
        if len(versions) < 2 and not isinstance(edit, dict):
            return False
        first = min([*versions, key], key=_age)
        latest = self.edits.get(first)
        if latest is not None and _age(latest) > _age(key):
            self.superseded.add(key)
            return True
        if latest is not None:
            self.by_id.pop(latest, None)
            self.superseded.add(latest)
        self.edits[first] = key
        return False

    def _learn_names(self, tweet: dict[str, Any]) -> None:
        """Names of people by id: direct messages hold ids only."""
        entities = tweet.get("entities")
        mentions = entities.get("user_mentions") if isinstance(entities, dict) else None
        for mention in mentions if isinstance(mentions, list) else ():
            if isinstance(mention, dict) and mention.get("screen_name"):
                user = mention.get("id_str") or mention.get("id")
                if user:
                    self.names[str(user)] = str(mention["screen_name"])

    def write(self, rows: Rows, owner: str) -> None:
        """Add the rows, oldest first, and the counts of what has none."""
        for left in self.notes_by_second.values():
            for note in left:  # a long post whose post is not in the file
                key = f"note-{note['id']}"
                self.by_id[key] = Post(
                    key, note["ms"], note["text"], "post", None, "", note["file"]
                )
        posts = sorted(self.by_id.values(), key=_when)
        conversations = self._conversations(posts)
        for post in posts:
            if post.kind == "reply" and post.reply_to in self.by_id:
                post.kind = "post"
        before = -1
        for place, post in enumerate(posts):
            if post.file != before:
                rows.reading(self.files[post.file], place)
                before = post.file
        rows.ids += [p.id for p in posts]
        rows.conversations += conversations
        rows.times += [p.ms for p in posts]
        rows.authors += [owner] * len(posts)
        rows.texts += [p.text for p in posts]
        rows.kinds += [p.kind for p in posts]
        rows.replies += [p.reply_to for p in posts]
        if len(set(conversations)) <= MAX_TITLES:
            for post, conversation in zip(posts, conversations, strict=True):
                rows.titles.setdefault(conversation, _title(post.text))
        rows.merge("long posts, joined to the post they continue", count=self.joined)
        rows.merge("earlier versions of edited posts", count=len(self.superseded))
        rows.leave_out("posts that are in more than one part", count=self.repeats)
        rows.leave_out("entries without text or id", count=self.useless)

    def _conversations(self, posts: list[Post]) -> list[str]:
        """Id of the first post of the thread that each post belongs to.

        Chains only through one's own posts, always to an older one, so it cannot run in circles.
        """
        roots: dict[str, str] = {}
        for post in posts:
            parent = post.reply_to
            if parent is not None and parent in self.by_id and parent != post.id:
                roots[post.id] = roots.get(parent, parent)
        return [roots.get(post.id, post.id) for post in posts]


def _never_edited(info: Any) -> bool:
    """The usual case: a list of versions with one in it."""
    try:
        return len(info["initial"]["editTweetIds"]) == 1 and "edit" not in info
    except (TypeError, KeyError):
        return False


def _when(post: Post) -> tuple[int, int, str]:
    return (post.ms or 0, len(post.id), post.id)


def _age(key: str) -> tuple[int, str]:
    """Ids are numbers written as text: a longer one is younger."""
    return (len(key), key)


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59].rstrip() + "…"
