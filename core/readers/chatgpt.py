"""ChatGPT's data export: conversations.json, in one file or several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.containers import Member, find
from core.readers.damaged_json import read_json_or_part
from core.readers.rows import Options, Rows
from core.readers.text import head_text
from core.readers.values import dict_of, key_of, list_of, no_collection, text_of

SOURCE = "chatgpt"
TITLE = "ChatGPT"
ORDER = 20

ME, OTHER = "You", "ChatGPT"
_HEAD = re.compile(r'\s*\[\s*\{[^\0]*"mapping"\s*:\s*\{')


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    return "ChatGPT's conversations.json" if _exports(members) else None


def _exports(members: Sequence[Member]) -> list[Member]:
    named = find(members, r"conversations[^/]*\.json") or list(members[:1])
    return [m for m in named if _HEAD.match(head_text(m))]


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. ``sent_at`` is UTC.

    Of every conversation the branch that was shown last is read; answers that were generated
    again and questions that were edited are counted as left out.
    """
    rows = Rows()
    raw = 0
    exports = _exports(members)
    seen: set[str] = set()
    for done, member in enumerate(exports):
        rows.reading(member)
        with no_collection():
            for number, entry in enumerate(list_of(read_json_or_part(member, options, rows)), 1):
                raw += _conversation(dict_of(entry), f"{member.basename}-{number}", rows, seen)
        options.report((done + 1) / len(exports))
    if not raw:
        raise Problem(
            "This ChatGPT export holds no conversation.",
            "Export again under Settings, Data controls, Export data.",
        )
    return rows.archive(SOURCE, raw, me=Owner(ME, "the questions to ChatGPT are yours"))


def _conversation(chat: dict[str, Any], fallback: str, rows: Rows, seen: set[str]) -> int:
    mapping = dict_of(chat.get("mapping"))
    key = key_of(chat.get("conversation_id")) or key_of(chat.get("id")) or fallback
    nodes = {name: dict_of(node) for name, node in mapping.items()}
    messages = [n for n, node in nodes.items() if isinstance(node.get("message"), dict)]
    if key in seen:
        rows.merge("the same conversation in two files", count=len(messages))
        return len(messages)
    seen.add(key)
    rows.titles[key] = text_of(chat.get("title")).strip() or "Conversation"
    path = _shown_branch(nodes, key_of(chat.get("current_node")))
    for name in path:
        _add(dict_of(nodes[name]["message"]), name, key, rows)
    rows.leave_out("other versions of questions and answers", count=len(messages) - len(path))
    return len(messages)


def _shown_branch(nodes: dict[str, dict[str, Any]], current: str) -> list[str]:
    """Names of the nodes with a message from the root to the current one."""
    if current not in nodes:
        current = next(reversed(nodes), "")
    path: list[str] = []
    visited: set[str] = set()
    while current in nodes and current not in visited:
        visited.add(current)
        if isinstance(nodes[current].get("message"), dict):
            path.append(current)
        current = key_of(nodes[current].get("parent"))
    return path[::-1]


def _add(message: dict[str, Any], name: str, conversation: str, rows: Rows) -> None:
    role = dict_of(message.get("author")).get("role")
    content = dict_of(message.get("content"))
    kind = text_of(content.get("content_type"))
    parts = list_of(content.get("parts"))
    text = "\n".join(p if isinstance(p, str) else _voice(p) for p in parts).strip()
    sent_at = message.get("create_time")
    ms = int(sent_at * 1000) if isinstance(sent_at, int | float) and 0 < sent_at < 1e11 else None
    hidden = dict_of(message.get("metadata")).get("is_visually_hidden_from_conversation") is True
    if role not in ("user", "assistant") or hidden or kind not in ("text", "multimodal_text", ""):
        rows.leave_out("instructions, tool calls and thoughts that are not shown")
        return
    if role == "assistant" and not text:
        rows.leave_out("empty answers")
        return
    author = ME if role == "user" else OTHER
    rows.add(
        f"{conversation}/{name}", conversation, ms, author, text, "message" if text else "media"
    )


def _voice(part: object) -> str:
    """The words of a spoken message."""
    return text_of(dict_of(part).get("text"))
