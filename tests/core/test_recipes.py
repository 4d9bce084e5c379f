"""Blank prompts and replies: what is in the prompt, what is learnt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset import DatasetSettings
from core.examples import ChatMessage
from core.exchanges import make_exchanges
from core.filters import message_reasons
from core.recipes import RECIPES
from core.recipes.base import prompt_messages
from core.settings import Filters
from core.stages import turn_stage
from tests.core.made_frames import archives, frame_of

CHAT = frame_of(
    (0, "Ann", "hello"),
    (60, "me", "hi"),
    (120, "Ann", "how are you"),
    (125, "Ann", "today?"),
    (180, "me", "fine"),
    (600, "me", "and you?"),
    (700, "Ann", "great"),
    (760, "me", "good"),
)


def examples_of(frame, recipe="replies", me=("me",), gap=3600.0, **changes):
    """Examples of every answer, without filters or a split."""
    chosen = DatasetSettings(recipe=recipe, **changes)
    codes = message_reasons(frame, me, chosen.filters)
    table = turn_stage(frame, codes, chosen)
    exchanges = make_exchanges(table, me, gap, chosen)
    everything = np.arange(len(exchanges))
    return RECIPES[recipe].make(exchanges, everything, chosen).examples


def plain(example):
    return [(message.role[0], message.content) for message in example.messages]


def test_blank_prompt_is_an_empty_user_message_and_the_text():
    frame = frame_of((0, "me", "first post"), (9, "me", "second"), kind="post")
    made = examples_of(frame, "blank_prompt")
    assert [plain(one) for one in made] == [
        [("u", ""), ("a", "first post")],
        [("u", ""), ("a", "second")],
    ]
    with_system = examples_of(frame, "blank_prompt", system_prompt="Be me.")[0]
    assert plain(with_system)[0] == ("s", "Be me.")
    assert with_system.source_ids == with_system.answer_ids == ("m0",)


@pytest.mark.parametrize(
    ("size", "prompt"),
    [
        (0, [("u", "")]),
        (1, [("u", "great")]),
        (2, [("u", ""), ("a", "and you?"), ("u", "great")]),
        (
            3,
            [
                ("u", "how are you\ntoday?"),
                ("a", "fine"),
                ("u", ""),
                ("a", "and you?"),
                ("u", "great"),
            ],
        ),
    ],
)
def test_buffer_size_counts_exchanges_with_the_current_one(size, prompt):
    last = examples_of(CHAT, buffer_size=size)[-1]
    assert plain(last) == [*prompt, ("a", "good")]


def test_context_answers_are_shown_but_not_learnt():
    weights = [message.weight for message in examples_of(CHAT, buffer_size=3)[-1].messages]
    assert weights == [None, 0, None, 0, None, None]
    assert examples_of(CHAT, buffer_size=3, context_weight=None)[-1].messages[1].weight is None


def test_ids_name_every_message_inside():
    last = examples_of(CHAT, buffer_size=2)[-1]
    assert last.source_ids == ("m5", "m6", "m7")
    assert last.answer_ids == ("m7",)


def test_a_silence_ends_the_context():
    frame = frame_of((0, "Ann", "a"), (9, "me", "b"), (99_999, "Ann", "c"), (100_000, "me", "d"))
    assert plain(examples_of(frame)[1]) == [("u", "c"), ("a", "d")]


def test_second_thoughts_can_be_joined():
    made = examples_of(CHAT, follow_ups="join", buffer_size=1)
    assert [plain(one)[-1][1] for one in made] == ["hi", "fine\nand you?", "good"]
    assert made[1].answer_ids == ("m4", "m5")


def test_group_chat_merges_the_others_with_their_names():
    frame = frame_of(
        (0, "Ann", "dinner?"),
        (5, "Bob", "yes"),
        (500, "Bob", "where"),
        (510, "me", "mine"),
        (520, "Ann", "good"),
        (530, "me", "eight"),
    )
    made = examples_of(frame, buffer_size=1)
    assert plain(made[0]) == [("u", "Ann: dinner?\nBob: yes\nwhere"), ("a", "mine")]
    assert plain(made[1]) == [("u", "Ann: good"), ("a", "eight")]
    never = examples_of(frame, buffer_size=1, speaker_names="never")
    assert plain(never[0])[0] == ("u", "dinner?\nyes\nwhere")
    always = examples_of(CHAT, buffer_size=1, speaker_names="always")
    assert plain(always[0])[0] == ("u", "Ann: hello")


def test_an_explicit_reply_beyond_the_window_brings_its_own_context():
    rows = [(0, "Ann", "shall we sail on Sunday?")]
    for i in range(4):
        rows += [(100 + i * 10, "Ann", f"q{i}"), (105 + i * 10, "me", f"a{i}")]
    rows.append((900, "me", "yes, Sunday", {"reply_to": "m0"}))
    last = examples_of(frame_of(*rows), buffer_size=2, filters=Filters())[-1]
    assert plain(last) == [("u", "shall we sail on Sunday?\nq0"), ("a", "yes, Sunday")]
    assert last.source_ids == ("m0", "m1", "m9")
    plain_window = examples_of(frame_of(*rows), buffer_size=2, follow_replies=False)[-1]
    assert plain(plain_window)[0] == ("u", "q3")


def test_whole_conversations_learn_all_my_answers():
    frame = frame_of((0, "Ann", "a"), (9, "me", "b"), (20, "Ann", "c"), (30, "me", "d"))
    (whole,) = examples_of(frame, shape="conversations")
    assert plain(whole) == [("u", "a"), ("a", "b"), ("u", "c"), ("a", "d")]
    assert {message.weight for message in whole.messages} == {None}


def test_audience_goes_into_the_system_line():
    made = examples_of(CHAT, system_prompt="You are Sam.", audience=True)
    assert plain(made[0])[0] == ("s", "You are Sam. You are talking to Ann.")


def test_the_prompt_for_use_is_the_prompt_of_training():
    chosen = DatasetSettings(system_prompt="You are Sam.", buffer_size=2)
    trained = examples_of(CHAT, system_prompt="You are Sam.", buffer_size=2)[1]
    history = (ChatMessage("user", "hello"), ChatMessage("assistant", "hi"))
    asked = prompt_messages(chosen, "how are you\ntoday?", history=history)
    assert [m[:2] for m in asked] == [m[:2] for m in trained.prompt]
    assert prompt_messages(DatasetSettings(buffer_size=0), "x") == (ChatMessage("user", ""),)
    assert len(prompt_messages(DatasetSettings(buffer_size=1), "x", history=history)) == 1


@settings(max_examples=40, deadline=None)
@given(archives(), st.integers(0, 5), st.sampled_from([60.0, 3600.0, None]))
def test_buffer_size_is_never_exceeded_and_sides_alternate(frame, size, gap):
    for example in examples_of(frame, buffer_size=size, gap=gap):
        roles = [message.role for message in example.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert len(roles) <= 2 * max(size, 1)
        if size == 0:
            assert example.messages[0].content == ""
        assert [m.weight for m in example.messages if m.role == "assistant"][-1] is None
