"""JSON documents with long lists, read piece by piece; cut documents."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import Problem
from core.readers import discord, json_pieces, meta, telegram
from core.readers.containers import open_containers
from core.readers.damaged_json import whole_characters, whole_part
from core.readers.json_pieces import read_pieces
from core.readers.rows import Options, Rows
from tests.readers_chat_exports import discord_channel, meta_thread, misread, telegram_account
from tests.readers_checks import as_bytes, damaged, fuzz, only_problems, read_with

ENTRY = r'"id"\s*:\s*\d+\s*,\s*"text"'


def pieces(size: int = 40):
    """Every file counts as large, and pieces are tiny."""
    return patch.multiple(json_pieces, SMALL=0, PIECE=size)


def read_all(data: bytes | Path, key: str = "messages") -> tuple[object, list[list]]:
    """(the document without its lists, the entries of every list of ``key`` at depth 1 or 2)."""
    rows = Rows()
    source = data if isinstance(data, Path) else ("a.json", data)
    with open_containers([source]) as (containers, _):
        document, entries = read_pieces(containers[0].members[0], Options(), rows, key, ENTRY)
        assert isinstance(document, dict)
        chats = document.get("chats", [document])
        found = [[*chain.from_iterable(entries(chat.pop(key, [])))] for chat in chats]
    return document, found


TEXTS = st.text(st.sampled_from('ab"\\{}[],:é🍋\n "messages": [{"id": 1, "text"'), max_size=40)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 99), "text": TEXTS},
        optional={"parts": st.lists(st.fixed_dictionaries({"text": TEXTS}), max_size=3)},
    ),
    max_size=12,
)


@fuzz
@given(MESSAGES, TEXTS, st.sampled_from([None, 1, 0]))
def test_the_pieces_are_the_whole(messages, title, indent):
    document = {"title": title, "messages": messages, "after": [1, {"id": 3}]}
    data = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    with pieces():
        shell, found = read_all(data)
    assert found == [messages]
    assert shell == {"title": title, "after": [1, {"id": 3}]}


@fuzz
@given(st.lists(MESSAGES, max_size=5))
def test_several_lists_stay_apart(chats):
    document = {
        "chats": [{"name": f"]}},{{ {i}", "messages": m, "n": i} for i, m in enumerate(chats)]
    }
    with pieces():
        _, found = read_all(json.dumps(document).encode())
    assert found == chats


def test_a_file_on_disk_is_mapped(tmp_path):
    path = tmp_path / "a.json"
    messages = [{"id": i, "text": "x" * 20} for i in range(50)]
    path.write_text(json.dumps({"messages": messages}))
    with pieces():
        assert read_all(path)[1] == [messages]
        path.write_bytes(
            "\ufeff".encode("utf-16-le") + json.dumps({"messages": messages}).encode("utf-16-le")
        )
        assert read_all(path)[1] == [messages]


def test_a_list_that_begins_otherwise_is_read_whole():
    messages = [{"text": "x" * 50, "id": i} for i in range(50)]
    with pieces():
        assert read_all(json.dumps({"messages": messages}).encode())[1] == [messages]


@fuzz
@given(st.integers(1, 3000))
def test_of_a_cut_file_the_whole_entries_come_back(end):
    messages = [{"id": i, "text": f"{i} äöü"} for i in range(60)]
    data = json.dumps({"name": "x", "messages": messages}, ensure_ascii=False).encode()
    with pieces():
        try:
            _, (found,) = read_all(data[:end])
        except Problem:
            return
    assert found == messages[: len(found)]
    cut = data[:end].count(b'"}')
    assert cut - 1 <= len(found) <= cut


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b'[{"a":1},{"b"', b'[{"a":1}]'),
        (
            b'{"x":[1,{"a":1}],"messages":[{"a":[{}]},{"b":"}',
            b'{"x":[1,{"a":1}],"messages":[{"a":[{}]}]}',
        ),
        (b'{"x":[{"a":1}', None),
        (b'[{"a":1}]]', b'[{"a":1}]'),
        (b"", None),
    ],
)
def test_the_whole_part_of_a_cut_document(data, part):
    assert whole_part(data, ("messages",)) == part


@given(st.text(min_size=1, max_size=5), st.integers(0, 3))
def test_a_character_cut_in_two_goes(text, cut):
    whole = text.encode("utf-8", "replace")
    kept = whole_characters(whole[: len(whole) - cut])
    assert whole.startswith(kept) and len(whole) - cut - len(kept) <= 3
    kept.decode()


READERS = [
    (telegram, "result.json", telegram_account(3, 30)),
    (discord, "c.json", discord_channel(60)),
    (meta, "message_1.json", misread(meta_thread(60))),
]


@pytest.mark.parametrize(
    ("reader", "name", "document"), READERS, ids=lambda v: getattr(v, "SOURCE", "")
)
def test_readers_give_the_same_in_pieces(reader, name, document):
    whole = read_with(reader, (name, document))
    with pieces(300):
        assert read_with(reader, (name, document)).frame().equals(whole.frame())


@fuzz
@given(st.data())
def test_only_problems_are_raised_in_pieces(data):
    reader, name, document = data.draw(st.sampled_from(READERS))
    with pieces(300):
        only_problems(reader, (name, damaged(data.draw, as_bytes(document))))
