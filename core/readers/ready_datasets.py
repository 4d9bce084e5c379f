"""Ready data sets: chat JSONL, prompt/completion, ShareGPT, Alpaca, preference pairs, ChatML.

Every record becomes a conversation of "user" and "assistant"; the assistant is me.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from core.messages import Archive, Owner
from core.problems import Problem
from core.readers.choose import FEW, with_suffix
from core.readers.containers import Member
from core.readers.damaged_json import read_json_or_part
from core.readers.dataset_records import Turn, chatml, prompt_and_completion, turns_of
from core.readers.legacy_marks import find_marks, turns_of_pair
from core.readers.rows import Options, Rows
from core.readers.text import head_text, parse_json, read_text, to_utf8
from core.readers.values import dict_of, list_of, no_collection

SOURCE = "ready"
TITLE = "Ready data set"
ORDER = 25

_KINDS = (
    ("OpenAI chat", re.compile(r'"messages"\s*:\s*\[\s*\{[^{}]*"role"\s*:')),
    ("ShareGPT", re.compile(r'"conversations?"\s*:\s*\[\s*\{[^{}]*"(?:from|role)"\s*:')),
    ("preference pairs", re.compile(r'"preferred_output"\s*:|"chosen"\s*:.*"rejected"\s*:', re.S)),
    ("Alpaca", re.compile(r'"instruction"\s*:.*"output"\s*:|"output"\s*:.*"instruction"\s*:', re.S)),
    ("prompt and completion", re.compile(r'"prompt"\s*:.*"completion"\s*:|"completion"\s*:.*"prompt"\s*:', re.S)),
    ("ChatML", re.compile(r"<\|im_start\|>[ \t]*(?:system|user|assistant)")),
)  # fmt: skip
_FILES = (".jsonl", ".json", ".ndjson", ".txt", ".chatml", "")


def sniff(members: Sequence[Member]) -> str | None:
    """See the package's docstring."""
    for member in with_suffix(members, *_FILES)[:FEW]:
        kind = _kind(member)
        if kind:
            return f"a data set ({kind})"
    return None


def _kind(member: Member) -> str:
    head = head_text(member, 64 * 1024).lstrip()
    if not head.startswith(("{", "[", "<|im_start|>")):
        return ""
    return next((name for name, pattern in _KINDS if pattern.search(head)), "")


def read(members: Sequence[Member], options: Options) -> Archive:
    """See the package's docstring. There are no times; a system line is a row of kind system."""
    rows = Rows()
    files = [m for m in with_suffix(members, *_FILES) if _kind(m)]
    raw = 0
    for done, member in enumerate(files):
        rows.reading(member)
        prefix = f"{member.basename}/" if len(files) > 1 else ""
        with no_collection():
            conversations, lost = _conversations(member, options, rows)
        raw += lost
        for name, turns in conversations:
            raw += len(turns)
            _add(rows, prefix + name, turns)
        options.report((done + 1) / len(files))
    if not len(rows):
        raise Problem(
            "This data set holds no conversation with text.",
            'Each line should look like {"messages": [{"role": "user", "content": "..."}, ...]}.',
        )
    owner = Owner("assistant", "the assistant's answers are what a model learns from")
    return rows.archive(SOURCE, raw, me=owner)


def _add(rows: Rows, conversation: str, turns: list[Turn]) -> None:
    for number, (role, text) in enumerate(turns, 1):
        id = f"{conversation}/{number}"
        if role == "tool":
            rows.leave_out("tool calls and other entries without a known role")
        elif role == "system":
            rows.add(id, conversation, None, None, text, "system")
        else:
            rows.add(id, conversation, None, role, text)


def _conversations(
    member: Member, options: Options, rows: Rows
) -> tuple[list[tuple[str, list[Turn]]], int]:
    """((name, turns) of every record, number of records that are none)."""
    if head_text(member, 4096).lstrip().startswith("<|im_start|>"):
        text, notes = read_text(member, options.encoding)
        for note in notes:
            rows.note(note.kind, note.reason, count=note.count)
        return [(f"part-{n}", turns) for n, turns in enumerate(chatml(text), 1)], 0
    records, lost = _records(member, options, rows)
    pairs = [(name, pair) for name, record in records if (pair := prompt_and_completion(record))]
    marks = find_marks([pair for _, pair in pairs])
    if marks.separator or marks.stop or marks.speakers:
        rows.note("repaired", "separators and stop marks taken off", count=len(pairs))
    found = []
    weights = 0
    for name, record in records:
        pair = prompt_and_completion(record)
        turns = turns_of_pair(*pair, marks) if pair else turns_of(record)
        if not turns:
            rows.leave_out("records of an unknown kind", name)
            lost += 1
            continue
        weights += any(dict_of(m).get("weight") == 0 for m in list_of(record.get("messages")))
        found.append((name, turns))
    if weights:
        rows.note(
            "guessed",
            "examples that keep answers out of the loss by weight; here every answer is learnt",
            count=weights,
        )
    return found, lost


def _records(
    member: Member, options: Options, rows: Rows
) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """((name, record) of a JSON list or of JSON lines, number of lines that are none)."""
    data, notes = to_utf8(member.read(), options.encoding, label=member.label)
    data = data.strip()
    if not _is_lines(data):
        del data
        return _listed(read_json_or_part(member, options, rows, ("data", "rows", "train")), rows)
    for note in notes:
        rows.note(note.kind, note.reason, count=note.count)
    found: list[tuple[str, dict[str, Any]]] = []
    lost = commas = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        line = line.strip()
        if not line:
            continue
        if line.endswith(b","):
            line = line[:-1]
            commas += 1
        record = _line(line)
        if isinstance(record, dict):
            found.append((f"line-{number}", record))
        else:
            lost += 1
            rows.leave_out("lines that are not a JSON object", f"line {number}")
    if commas:
        rows.note("repaired", f"{member.label}: commas at the end of lines", count=commas)
    return found, lost


def _line(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        pass
    try:
        return parse_json(line, "a line")  # numbers and half characters that orjson refuses
    except Problem:
        return None


def _is_lines(data: bytes) -> bool:
    """True for one object a line; a list, or one object over many lines, is a document."""
    if not data.startswith(b"{"):
        return False
    first = data.split(b"\n", 1)[0].strip().rstrip(b",")
    return isinstance(_line(first), dict) and (b"\n" in data or not _holds_records(first))


def _holds_records(data: bytes) -> bool:
    document = dict_of(_line(data))
    return turns_of(document) is None and prompt_and_completion(document) is None


def _listed(document: Any, rows: Rows) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    entries = document if isinstance(document, list) else None
    if entries is None:
        record = dict_of(document)
        known = turns_of(record) is not None or prompt_and_completion(record) is not None
        inner = [v for v in record.values() if isinstance(v, list)]
        entries = [record] if known or not inner else inner[0]
    found = [(f"record-{n}", e) for n, e in enumerate(entries, 1) if isinstance(e, dict)]
    lost = len(entries) - len(found)
    rows.leave_out("list entries that are not records", count=lost)
    return found, lost
