"""Files as trainers take them, and back."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.examples import ChatMessage, Example
from core.formats import (
    BOM,
    example_to_chat,
    parse_chat_jsonl,
    read_chat_jsonl,
    to_chat_jsonl,
    to_completion_jsonl,
    to_preference_jsonl,
    to_sharegpt_json,
    to_training_jsonl,
)
from core.problems import Problem


def example(*messages, **changes):
    values = {
        "messages": tuple(ChatMessage(*message) for message in messages),
        "conversation": "c#0",
        "sent_at": None,
        "source_ids": ("m1",),
        "answer_ids": ("m1",),
        "recipe": "replies",
    }
    return Example(**(values | changes))


TALK = example(
    ("system", "Be Sam."),
    ("user", "hi"),
    ("assistant", "yo", 0),
    ("user", "tea?"),
    ("assistant", "always ☕", None, "sam"),
)


def test_chat_lines_are_exactly_what_the_trainer_takes():
    assert to_chat_jsonl([TALK, example(("user", ""), ("assistant", 'say "x"\n'))]).decode() == (
        '{"messages":[{"role":"system","content":"Be Sam."},{"role":"user","content":"hi"},'
        '{"role":"assistant","content":"yo","weight":0},{"role":"user","content":"tea?"},'
        '{"role":"assistant","content":"always ☕","name":"sam"}]}\n'
        '{"messages":[{"role":"user","content":""},{"role":"assistant","content":"say \\"x\\"\\n"}]}\n'
    )


def test_variants_for_providers():
    assert to_chat_jsonl([TALK], bom=True) == BOM + to_chat_jsonl([TALK])
    assert b"weight" not in to_chat_jsonl([TALK], weights=False)
    assert to_chat_jsonl([]) == b""
    assert to_training_jsonl([TALK], "weights") == to_chat_jsonl([TALK])
    assert to_training_jsonl([TALK], "plain") == to_chat_jsonl([TALK], weights=False)


def test_prompts_and_completions_hold_only_what_is_learnt():
    (line,) = map(orjson.loads, to_training_jsonl([TALK], "completions").splitlines())
    assert line == {
        "prompt": [
            {"role": "system", "content": "Be Sam."},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "yo"},
            {"role": "user", "content": "tea?"},
        ],
        "completion": [{"role": "assistant", "content": "always ☕", "name": "sam"}],
    }
    whole = example(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))
    rows = [orjson.loads(one) for one in to_completion_jsonl([whole]).splitlines()]
    assert [row["completion"][0]["content"] for row in rows] == ["b", "d"]
    assert [len(row["prompt"]) for row in rows] == [1, 3]
    assert to_training_jsonl([whole], "completions", bom=True).startswith(BOM)


def test_lines_are_the_dictionaries():
    lines = to_chat_jsonl([TALK, TALK]).splitlines()
    assert [orjson.loads(line) for line in lines] == [example_to_chat(TALK)] * 2


def test_half_a_surrogate_pair_does_not_stop_the_file():
    made = to_chat_jsonl([example(("user", "a\ud83d"), ("assistant", "b"))])
    assert json.loads(made)["messages"][0]["content"] == "a\ufffd"


NAMES = st.one_of(st.none(), st.text())
MESSAGES = st.one_of(
    st.builds(ChatMessage, st.sampled_from(["user", "system"]), st.text(), st.none(), NAMES),
    st.builds(ChatMessage, st.just("assistant"), st.text(), st.sampled_from([None, 0, 1]), NAMES),
)
READABLE = st.lists(MESSAGES, min_size=1, max_size=6).filter(
    lambda messages: all(encodes(m.content) and encodes(m.name or "") for m in messages)
)


def encodes(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@given(st.lists(READABLE, max_size=5), st.booleans())
def test_round_trip(talks, bom):
    examples = [example(*talk) for talk in talks]
    again = read_chat_jsonl(to_chat_jsonl(examples, bom=bom))
    assert [one.messages for one in again] == [one.messages for one in examples]


def test_reading_is_generous():
    data = (
        BOM
        + b'{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},'
        + b'{"role":"assistant","content":"c"}]},\r\n\r\n'
        + b'{"messages":[{"role":"assistant","content":"d","weight":1}],"tools":[]}\r\n'
    )
    first, second = read_chat_jsonl(data)
    assert first.messages == (ChatMessage("user", "ab"), ChatMessage("assistant", "c"))
    assert second.messages[0].weight == 1
    assert (first.source_ids, first.recipe) == (("line-1",), "ready")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "Line 2 is not JSON"),
        (b"[1]", "Line 2 has no list of messages"),
        (b'{"messages":[]}', "Line 2 has no list"),
        (b'{"messages":[{"role":"robot","content":"x"}]}', "Line 2, message 1 has no role"),
        (b'{"messages":[{"role":"user","content":null}]}', "message 1 has no text"),
        (b'{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}', "has no text"),
        (b'{"messages":[{"role":"assistant","content":"x","weight":2}]}', "weight other than"),
        (b'{"messages":[{"role":"assistant","content":"x","weight":true}]}', "weight other than"),
        (b'{"messages":[{"role":"user","content":"x","name":3}]}', "name that is not text"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_kept(line, words):
    good = to_chat_jsonl([TALK])
    data = good + line + b"\n" + good
    with pytest.raises(Problem, match=words):
        read_chat_jsonl(data)
    examples, problems = parse_chat_jsonl(data)
    assert [one.messages for one in examples] == [TALK.messages] * 2
    assert len(problems) == 1


@given(st.binary(max_size=200))
def test_any_bytes_give_examples_or_problems(data):
    examples, problems = parse_chat_jsonl(data)
    lines = [line for line in data.removeprefix(BOM).split(b"\n") if line.strip()]
    assert len(examples) + len(problems) == len(lines)


def test_sharegpt():
    assert orjson.loads(to_sharegpt_json([TALK])) == [
        {
            "conversations": [
                {"from": "system", "value": "Be Sam."},
                {"from": "human", "value": "hi"},
                {"from": "gpt", "value": "yo"},
                {"from": "human", "value": "tea?"},
                {"from": "gpt", "value": "always ☕"},
            ]
        }
    ]


def test_preference_pairs():
    (line,) = to_preference_jsonl([TALK], ["As an AI, I do not drink."]).splitlines()
    pair = orjson.loads(line)
    assert pair["preferred_output"] == [{"role": "assistant", "content": "always ☕"}]
    assert pair["non_preferred_output"][0]["content"].startswith("As an AI")
    assert [m["role"] for m in pair["input"]["messages"]] == ["system", "user", "assistant", "user"]
    with pytest.raises(Problem, match="1 examples and 0"):
        to_preference_jsonl([TALK], [])
