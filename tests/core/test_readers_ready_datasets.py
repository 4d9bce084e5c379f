"""Ready data sets, and our own output read back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.examples import ChatMessage, Example
from core.formats import (
    to_chat_jsonl,
    to_preference_jsonl,
    to_prompt_completion_jsonl,
    to_sharegpt_json,
)
from core.legacy import LegacyStyle
from core.messages import Archive
from core.problems import Problem
from core.readers import read_archive, ready_datasets
from core.readers.dataset_records import chatml
from core.readers.legacy_marks import find_marks, turns_of_pair
from tests.readers_checks import damaged, dumped, fuzz, mangled, only_problems, read_with


def turns_in(archive: Archive) -> list[list[tuple[str, str]]]:
    """(role, text) of every conversation, as a recipe would rebuild it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for message in archive:
        found.setdefault(message.conversation, []).append(
            (message.author or "system", message.text)
        )
    return list(found.values())


CHAT = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
TWO = [("user", "a"), ("assistant", "b")]
RECORDS = [
    (CHAT, TWO),
    ({"messages": [{"role": "developer", "content": "s"}, *CHAT["messages"]]}, [("system", "s"), *TWO]),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}, CHAT["messages"][1]]}, TWO),
    ({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}, TWO),
    ({"id": 1, "system": "s", "conversations": [{"from": "user", "value": "a"}, {"from": "bing", "value": "b"}]},
     [("system", "s"), *TWO]),
    ({"instruction": "a", "input": "", "output": "b"}, TWO),
    ({"instruction": "a", "input": "c", "output": "b", "history": [["x", "y"]]},
     [("user", "x"), ("assistant", "y"), ("user", "a\n\nc"), ("assistant", "b")]),
    ({"prompt": "a", "completion": "b"}, TWO),
    ({"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}, TWO),
    ({"prompt": "a", "chosen": "b", "rejected": "c"}, TWO),
    ({"input": {"messages": [{"role": "user", "content": "a"}]},
      "preferred_output": [{"role": "assistant", "content": "b"}],
      "non_preferred_output": [{"role": "assistant", "content": "c"}]}, TWO),
]  # fmt: skip


@pytest.mark.parametrize(("record", "turns"), RECORDS)
@pytest.mark.parametrize("shape", ["lines", "list", "pretty", "bom and crlf"])
def test_every_kind_in_every_file_shape(record, turns, shape):
    data = {
        "lines": (json.dumps(record) + "\n") * 2,
        "list": json.dumps([record, record]),
        "pretty": json.dumps([record, record], indent=2),
        "bom and crlf": "\ufeff" + (json.dumps(record) + "\r\n\r\n") * 2,
    }[shape]
    archive = read_with(ready_datasets, ("data.jsonl", data))
    assert turns_in(archive) == [turns, turns]
    assert archive.me is not None and archive.me.name == "assistant"


def test_one_record_alone_is_read():
    assert turns_in(read_with(ready_datasets, ("a.json", json.dumps(CHAT)))) == [TWO]
    assert turns_in(
        read_with(ready_datasets, ("a.json", json.dumps({"data": [CHAT]}, indent=1)))
    ) == [TWO]


def test_broken_lines_are_named_and_counted():
    lines = [json.dumps(CHAT) + ",", "{broken", json.dumps(CHAT), '{"other": 1}']
    archive = read_with(ready_datasets, ("a.jsonl", "\n".join(lines)))
    assert archive.raw_count == 6 and len(archive) == 4
    notes = {note.reason: note.examples for note in archive.notes if note.kind == "left_out"}
    assert notes["lines that are not a JSON object"] == ("line 2",)
    assert notes["records of an unknown kind"] == ("line-4",)
    assert any("commas" in note.reason for note in archive.notes)


def test_tool_calls_are_left_out_and_weights_are_mentioned():
    record = {
        "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "tool", "content": "{}"},
            {"role": "assistant", "content": "b", "weight": 0},
        ]
    }
    archive = read_with(ready_datasets, ("a.jsonl", json.dumps(record)))
    assert archive.missing_rows == 1
    assert any("weight" in note.reason for note in archive.notes)


def test_training_and_validation_file_stay_apart():
    line = json.dumps(CHAT) + "\n"
    archive = read_with(ready_datasets, ("train.jsonl", line), ("valid.jsonl", line))
    assert archive.frame()["conversation"].nunique() == 2


CHATML = "<|im_start|>{}\n{}<|im_end|>\n"


def test_chatml():
    one = CHATML.format("user", "a\nb") + CHATML.format("assistant", "c")
    text = CHATML.format("system", "s") + one + "\n" + one + CHATML.format("system", "s") + one
    expected = [("user", "a\nb"), ("assistant", "c")]
    archive = read_with(ready_datasets, ("a.txt", text))
    assert turns_in(archive) == [
        [("system", "s"), *expected],
        expected,
        [("system", "s"), *expected],
    ]
    assert turns_in(read_with(ready_datasets, ("a.jsonl", json.dumps({"text": one})))) == [expected]


def test_a_file_without_conversations_is_a_problem():
    with pytest.raises(Problem):
        read_with(ready_datasets, ("a.jsonl", '{"messages": [{"role": "tool"}]}\n{"x": 1}'))


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=30)
#: A sign that ends every text of a file cannot be told from a mark.
ENDED = st.text(st.sampled_from("abc é🍋?!"), max_size=20).map(lambda t: f"{t.strip()}é")
WORDS = st.text(st.sampled_from("abc é🍋?!"), min_size=1, max_size=20).map(str.strip).filter(bool)


def example(turns: list[tuple[str, str]], number: int) -> Example:
    messages = tuple(ChatMessage(role, text) for role, text in turns)  # type: ignore[arg-type]
    return Example(messages, f"line-{number}", None, (), (), "ready")


@st.composite
def conversations(draw, text, most=3):
    turns = [("system", draw(text))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, most))):
        turns += [("user", draw(text)), ("assistant", draw(text))]
    return turns


@fuzz
@given(st.lists(conversations(TEXT), min_size=1, max_size=5), st.booleans())
def test_our_chat_files_come_back_the_same(wanted, bom):
    data = to_chat_jsonl([example(turns, i) for i, turns in enumerate(wanted)], bom=bom)
    archive = read_with(ready_datasets, ("training.jsonl", data))
    assert turns_in(archive) == wanted
    assert archive.frame()["conversation"].tolist()[0] == "line-1"


@fuzz
@given(st.lists(conversations(TEXT), min_size=1, max_size=5))
def test_our_sharegpt_files_come_back_the_same(wanted):
    data = to_sharegpt_json([example(turns, i) for i, turns in enumerate(wanted)])
    assert turns_in(read_with(ready_datasets, ("training.json", data))) == wanted


@fuzz
@given(st.lists(conversations(TEXT), min_size=1, max_size=5))
def test_of_our_preference_pairs_the_preferred_come_back(wanted):
    examples = [example(turns, i) for i, turns in enumerate(wanted)]
    data = to_preference_jsonl(examples, ["no"] * len(examples))
    assert turns_in(read_with(ready_datasets, ("dpo.jsonl", data))) == wanted


STYLES = [
    LegacyStyle(),
    LegacyStyle(separator=" ->", stop=" END"),
    LegacyStyle(separator="", stop="\n"),
]


@pytest.mark.parametrize("style", STYLES)
@fuzz
@given(wanted=st.lists(st.tuples(ENDED, ENDED), min_size=4, max_size=6))
def test_our_prompt_completion_files_come_back_the_same(style, wanted):
    examples = [example([("user", a), ("assistant", b)], i) for i, (a, b) in enumerate(wanted)]
    archive = read_with(ready_datasets, ("pc.jsonl", to_prompt_completion_jsonl(examples, style)))
    assert turns_in(archive) == [[("user", a), ("assistant", b)] for a, b in wanted]


@fuzz
@given(st.lists(conversations(WORDS.filter(lambda t: ":" not in t)), min_size=4, max_size=6))
def test_our_scripts_come_back_the_same(wanted):
    examples = [example(turns, i) for i, turns in enumerate(wanted)]
    style = LegacyStyle(actors=("Human", "AI"))
    archive = read_with(
        ready_datasets, ("script.jsonl", to_prompt_completion_jsonl(examples, style))
    )
    assert turns_in(archive) == wanted


def test_a_shared_question_mark_is_text_and_no_mark():
    pairs = [(f"what {i}?", f" that {i}.") for i in "abcde"]
    marks = find_marks(pairs)
    assert turns_of_pair(*pairs[0], marks) == [("user", "what a?"), ("assistant", "that a.")]


@fuzz
@given(st.text(alphabet="<|im_startend>\nusera ", max_size=200))
def test_any_text_can_be_looked_at_as_chatml(text):
    assert sum(len(t) for c in chatml(text) for _, t in c) <= len(text)


def test_read_archive_recognises_it():
    assert read_archive(json.dumps(CHAT).encode(), name="x").source == "ready"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    records = [record for record, _ in RECORDS]
    values = data.draw(st.lists(st.sampled_from(records), min_size=1, max_size=5))
    lines = b"\n".join(dumped(mangled(data.draw, value)) for value in values)
    if data.draw(st.booleans()):
        lines = damaged(data.draw, lines)
    name = data.draw(st.sampled_from(["a.jsonl", "a.json", "a.txt"]))
    only_problems(ready_datasets, (name, lines))
