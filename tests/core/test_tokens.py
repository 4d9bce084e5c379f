"""Counts are exact, offline, and survive every string."""

from __future__ import annotations

import base64
import gzip
import re
import socket
from functools import cache

import numpy as np
import pytest
import tiktoken
import tiktoken_ext.openai_public
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core import encodings, tokens
from core.examples import ChatMessage, Example
from core.problems import Problem

ENCODINGS = ("o200k_base", "cl100k_base")


@cache
def original(name: str) -> tiktoken.Encoding:
    """tiktoken's own encoding, pattern and all, from the bundled ranks."""
    fields = encodings.read_rank_file(name).split()
    ranks = dict(zip(map(base64.b64decode, fields[0::2]), map(int, fields[1::2]), strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiktoken_ext.openai_public, "load_tiktoken_bpe", lambda *a, **k: ranks)
        return tiktoken.Encoding(**getattr(tiktoken_ext.openai_public, name)())


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
    "two  blanks",
    "\x0c b",
    "\x0b 'x",
    "a \u00a0\u3000b\u2003\u2003\u2003c",
    "!\n  x \r\n\t\ty\n \n  \nz  ",
    "end  <|endoftext|>  x",
    "tab\t\x1c\t \x1f  unit",
    "'ſ 'LL  's",
]

BLANKS = "\t\x0b\x0c \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000\x1c\x1f\u200b\n\r"
anything = st.text(st.characters(codec=None), max_size=40)
pieces = st.sampled_from([*NASTY[:18], *BLANKS, "  ", "\n  ", "a", "1", ".", "|", "<", "\u200d"])


def plain_loop(texts: list[str], encoding: str) -> list[int]:
    return [len(original(encoding).encode_ordinary(text)) for text in texts]


def example_of(*messages: ChatMessage) -> Example:
    return Example(messages, "c", None, (), (), "replies")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_nasty_strings_count_like_the_plain_loop(encoding):
    assert tokens.count_texts(NASTY, encoding).tolist() == plain_loop(NASTY, encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(max_examples=200, deadline=None)
@given(st.lists(anything | st.lists(pieces, max_size=9).map("".join), max_size=12))
@example(["<|endoftext|>", "", "\ud800", "a"])
@example(["a  ", "b", "  c", "\n", "  ", "d"])
def test_any_texts_are_encoded_like_the_original(encoding, texts):
    assert tokens.count_texts(texts, encoding).tolist() == plain_loop(texts, encoding)
    for text in texts:
        expected = original(encoding).encode_ordinary(text)
        assert tokens.encode(text, encoding) == expected
        built = tokens.get_encoding(encoding)
        assert built.encode(text, disallowed_special=()) == expected
        assert built.encode_to_numpy(text, disallowed_special=()).tolist() == expected
        assert built.encode_ordinary_batch([text]) == [expected]


def test_repeats_are_counted_once_and_put_back_in_place():
    texts = [["ok", "haha", f"unique {i}", "  two  "][i % 4] for i in range(9000)]
    assert tokens.count_texts(tuple(texts)).tolist() == plain_loop(texts, "o200k_base")


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
def test_long_blank_runs_count_like_the_original_where_that_survives(encoding, blank):
    text = "before \n\n" + blank * 120_000 + "\n  after.\n/ " + blank * 110_000
    assert tokens.count_texts([text, "x"], encoding).tolist() == plain_loop([text, "x"], encoding)
    assert tokens.encode(text, encoding) == original(encoding).encode_ordinary(text)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_million_blanks_do_not_end_the_program(encoding):
    texts = ["a", " " * 1_000_000, "b" + "\t" * 1_000_000 + "c", (" " * 999 + "\n") * 1000 + "d"]
    counted = tokens.count_texts(texts, encoding)
    for text, count in zip(texts, counted, strict=True):
        encoded = tokens.encode(text, encoding)
        assert len(encoded) == count
        assert tokens.get_encoding(encoding).decode(encoded) == text


def test_no_token_goes_on_from_a_line_break_to_blanks_at_its_end():
    """``core.encodings`` relies on it where it cuts a text for cl100k_base."""
    ranks = encodings.read_rank_file("cl100k_base").split()[0::2]
    ends = rb"[\t\x0b\x0c ]|\xc2[\x85\xa0]?|\xe1(\x9a\x80?)?|\xe2([\x80\x81][\x80-\xaf]?)?|\xe3(\x80\x80?)?"
    spanning = re.compile(rb"[\r\n](?:%s)+\Z" % ends)
    assert not [token for token in map(base64.b64decode, ranks) if spanning.search(token)]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_specials_are_tiktokens_own_and_never_encoded_from_text(encoding):
    built = tokens.get_encoding(encoding)
    assert original(encoding)._special_tokens == encodings.SPECIAL_TOKENS[encoding]
    assert built.n_vocab == original(encoding).n_vocab
    with pytest.raises(ValueError, match="endoftext"):
        built.encode("a <|endoftext|>")
    assert built.encode("plain") == original(encoding).encode("plain")
    with pytest.raises(NotImplementedError):
        built.encode("a", allowed_special="all")
    with pytest.raises(NotImplementedError):
        built.encode_with_unstable("a")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_building_an_encoding_needs_no_network(encoding, monkeypatch):
    def no_network(*_: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    built = encodings.build_encoding(encoding, encodings.read_rank_file(encoding))
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
        encodings.read_rank_file("o200k_base", tmp_path)


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
