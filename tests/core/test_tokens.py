"""Counts are exact, offline, and survive every string."""

from __future__ import annotations

import gzip
import socket

import numpy as np
import pytest
import tiktoken_ext.openai_public
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import tokens
from core.examples import ChatMessage, Example
from core.problems import Problem

ENCODINGS = ("o200k_base", "cl100k_base")

NASTY = [
    "",
    " ",
    "\n",
    "a",
    "<|endoftext|>",
    "before <|endoftext|> after",
    "<|endofprompt|> <|fim_prefix|> <|im_start|>",
    "<|endoftext|",
    "|><|endoftext|><",
    "\x00\x01\x02",
    "\r\n\r\n \t\u00a0\u2003",
    "👩‍👩‍👧‍👦 🏽 🇩🇪",
    "\ud800",
    "\udfff\ud83d",
    "\ud83d\ude00",
    "e\u0301\u0301\u0301",
    "नमस्ते ทดสอบ 漢字 مرحبا",
    "don't DON'T we'LL",
    "=" * 5000,
    "aA" * 3000,
    " " * 3000 + "x",
    "1234567890" * 50,
    "/\n/\r\n x/\n",
]

anything = st.text(st.characters(codec=None), max_size=40)
pieces = st.sampled_from([*NASTY[:18], " ", "\n", "a", "|", "<", "\u200d"])


def plain_loop(texts: list[str], encoding: str) -> list[int]:
    return [len(tokens.get_encoding(encoding).encode_ordinary(text)) for text in texts]


def example_of(*messages: ChatMessage) -> Example:
    return Example(messages, "c", None, (), (), "replies")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_nasty_strings_count_like_the_plain_loop(encoding):
    assert tokens.count_texts(NASTY, encoding).tolist() == plain_loop(NASTY, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=150, deadline=None)
@given(st.lists(anything | st.lists(pieces, max_size=8).map("".join), max_size=12))
@example(["<|endoftext|>", "", "\ud800", "a"])
def test_any_texts_count_like_the_plain_loop(encoding, texts):
    assert tokens.count_texts(texts, encoding).tolist() == plain_loop(texts, encoding)


def test_many_texts_in_several_chunks_keep_their_order():
    texts = [f"message {i} " * (i % 7) for i in range(6000)]
    counted = tokens.count_texts(texts)
    assert counted.dtype == np.int64
    assert counted.tolist() == plain_loop(texts, "o200k_base")


def test_every_text_may_be_odd_and_none_may_be_there():
    assert tokens.count_texts([]).tolist() == []
    odd = ["<|endoftext|>"] * 3
    assert tokens.count_texts(odd).tolist() == plain_loop(odd, "o200k_base")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\n"])
def test_long_blank_runs_count_like_the_plain_loop_where_that_survives(encoding, blank):
    text = "before \n\n" + blank * 120_000 + "\n  after.\n/ " + blank * 110_000
    assert tokens.count_texts([text, "x"], encoding).tolist() == plain_loop([text, "x"], encoding)
    assert tokens.encode(text, encoding) == tokens.get_encoding(encoding).encode_ordinary(text)


def test_a_million_blanks_do_not_end_the_program():
    texts = ["a", " " * 1_000_000, "b" + "\t" * 1_000_000 + "c"]
    counted = tokens.count_texts(texts)
    assert counted[0] == 1
    assert len(tokens.encode(texts[1])) == counted[1]
    decoded = tokens.get_encoding("o200k_base").decode(tokens.encode(texts[2]))
    assert decoded == texts[2]


def test_long_blank_search_is_not_quadratic():
    almost = ("x" + " " * (tokens.LONG_BLANK - 1)) * 20
    assert not tokens._has_long_blank(almost)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_patterns_and_specials_are_tiktokens_own(encoding, monkeypatch):
    monkeypatch.setattr(tiktoken_ext.openai_public, "load_tiktoken_bpe", lambda *a, **k: {})
    original = getattr(tiktoken_ext.openai_public, encoding)()
    assert original["pat_str"] == tokens.PATTERNS[encoding]
    assert original["special_tokens"] == tokens.SPECIAL_TOKENS[encoding]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_building_an_encoding_needs_no_network(encoding, monkeypatch):
    def no_network(*_: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    built = tokens.build_encoding(encoding, tokens.read_rank_file(encoding))
    assert built.decode(built.encode("déjà vu")) == "déjà vu"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "missing or cannot be read"),
        (b"not gzip", "missing or cannot be read"),
        (gzip.compress(b"AA== 0\n"), "not the original one"),
        (gzip.compress(b"AA== 0\n" * 99)[:-9], "missing or cannot be read"),
    ],
)
def test_a_damaged_rank_file_is_refused(tmp_path, content, said):
    if content is not None:
        (tmp_path / "o200k_base.tiktoken.gz").write_bytes(content)
    with pytest.raises(Problem, match=said):
        tokens.read_rank_file("o200k_base", tmp_path)


def test_an_unknown_encoding_is_refused():
    with pytest.raises(Problem, match="p50k_base"):
        tokens.get_encoding("p50k_base")


@pytest.mark.parametrize(
    ("model", "encoding", "assumed"),
    [
        ("gpt-4.1-mini-2025-04-14", "o200k_base", False),
        ("ft:gpt-4.1-mini-2025-04-14:org::id", "o200k_base", False),
        ("ft:gpt-4o-mini-2024-07-18:org:suffix:id:ckpt-step-9", "o200k_base", False),
        ("gpt-4.1-2025-04-14.ft-0123", "o200k_base", False),
        ("gpt-4-0613", "cl100k_base", False),
        ("ft:gpt-3.5-turbo-0125:org::id", "cl100k_base", False),
        ("babbage-002", "cl100k_base", False),
        ("soundalike-base", "o200k_base", False),
        ("ft:soundalike-base:me::1", "o200k_base", False),
        ("meta-llama/Llama-3.1-8B-Instruct", "o200k_base", True),
        ("", "o200k_base", True),
    ],
)
def test_encoding_of_a_model(model, encoding, assumed):
    assert tokens.encoding_name_for(model) == (encoding, assumed)


def test_an_example_costs_four_tokens_a_message_beyond_its_content():
    system = ChatMessage("system", "Be brief.")
    question = ChatMessage("user", "hello there", name="ann")
    answer = ChatMessage("assistant", "hi", weight=1)
    counts = tokens.count_examples(
        [example_of(system, answer), example_of(), example_of(question, answer, answer)]
    )
    one = plain_loop(["Be brief.", "hi", "hello there", "ann"], "o200k_base")
    assert counts.tolist() == [
        one[0] + one[1] + 8,
        0,
        one[2] + one[3] + 1 + 2 * one[1] + 12,
    ]
    assert tokens.count_examples([]).tolist() == []
