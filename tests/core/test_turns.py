"""Bursts to turns, silences to conversations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.turns import (
    SLOW_CONVERSATION_GAP,
    USUAL_CONVERSATION_GAP,
    make_turns,
    session_numbers,
    split_conversations,
    suggest_conversation_gap,
    turn_table,
    written,
)
from tests.core.made_frames import archives, frame_of

BURST = frame_of(
    (0, "me", "hi"),
    (60, "me", "are you there"),
    (180, "me", "hello?"),
    (301, "me", "ok then"),
    (310, "Ann", "sorry"),
)


@pytest.mark.parametrize(
    ("gap", "texts"),
    [
        (120, ["hi\nare you there\nhello?", "ok then", "sorry"]),
        (60, ["hi\nare you there", "hello?", "ok then", "sorry"]),
        (0, ["hi", "are you there", "hello?", "ok then", "sorry"]),
        (None, ["hi", "are you there", "hello?", "ok then", "sorry"]),
        (float("inf"), ["hi\nare you there\nhello?\nok then", "sorry"]),
    ],
)
def test_bursts_merge_up_to_the_gap(gap, texts):
    assert [turn.text for turn in make_turns(BURST, merge_gap=gap)] == texts


def test_a_turn_says_what_it_is_made_of():
    first = make_turns(BURST)[0]
    assert first.message_ids == ("m0", "m1", "m2")
    assert (first.ended_at - first.started_at).total_seconds() == 180
    assert (first.conversation, first.author) == ("c", "me")


def test_joiner_and_most_characters():
    turns = make_turns(BURST, joiner=". ", max_chars=20)
    assert [turn.text for turn in turns] == ["hi. are you there", "hello?", "ok then", "sorry"]
    long = frame_of((0, "me", "x" * 50), (1, "me", "y"))
    assert [len(turn.text) for turn in make_turns(long, max_chars=10)] == [50, 1]


def test_same_second_messages_merge_even_with_gap_zero():
    frame = frame_of((0, "me", "a"), (0, "me", "b"))
    assert [turn.text for turn in make_turns(frame, merge_gap=0)] == ["a\nb"]


def test_a_photo_by_the_other_ends_a_burst_and_a_notice_does_not():
    photo = frame_of((0, "me", "look"), (5, "Ann", "", {"kind": "media"}), (9, "me", "wow"))
    assert [turn.text for turn in make_turns(photo)] == ["look", "wow"]
    notice = frame_of(
        (0, "me", "look"), (5, None, "x joined", {"kind": "system"}), (9, "me", "wow")
    )
    assert [turn.text for turn in make_turns(notice)] == ["look\nwow"]


def test_conversations_are_told_apart_even_when_interleaved():
    frame = frame_of(
        (0, "me", "one"),
        (1, "me", "two", {"conversation": "d"}),
        (2, "me", "three"),
    )
    assert sorted(turn.text for turn in make_turns(frame)) == ["one\nthree", "two"]


def test_posts_never_merge_but_self_threads_do():
    frame = frame_of(
        (0, "me", "start"),
        (5, "me", "alone"),
        (9, "me", "goes on", {"reply_to": "m0", "kind": "reply"}),
        (12, "me", "a branch", {"reply_to": "m0", "kind": "reply"}),
        (15, "me", "the end", {"reply_to": "m2", "kind": "reply"}),
        kind="post",
    )
    assert [turn.text for turn in make_turns(frame)] == [
        "start\n\ngoes on\n\nthe end",
        "alone",
        "a branch",
    ]
    apart = turn_table(frame, threads="separate")
    assert apart.texts == ["start", "alone", "goes on", "a branch", "the end"]
    sequence = turn_table(frame, threads="sequence")
    assert sequence.texts == ["start", "goes on", "the end", "alone", "a branch"]
    assert len(set(sequence.thread.tolist())) == 3


def test_posts_that_answer_each_other_in_a_circle_are_all_there():
    frame = frame_of(
        (0, "me", "a", {"reply_to": "m1"}), (1, "me", "b", {"reply_to": "m0"}), kind="post"
    )
    assert sorted(turn_table(frame).texts) == ["a", "b"]


def test_an_explicit_reply_starts_a_turn():
    frame = frame_of(
        (0, "Ann", "one?"),
        (5, "Ann", "two?"),
        (9, "me", "fine"),
        (12, "me", "no", {"reply_to": "m0"}),
        (14, "me", "never", {"reply_to": "m0"}),
    )
    assert [turn.text for turn in make_turns(frame)] == ["one?\ntwo?", "fine", "no\nnever"]


def test_unknown_times_merge_and_a_late_delivery_is_no_silence():
    frame = frame_of((None, "me", "a"), (None, "me", "b"))
    assert [turn.text for turn in make_turns(frame)] == ["a\nb"]
    late = frame_of((90_000, "me", "now"), (0, "Ann", "old"), (90_060, "me", "again"))
    assert len(split_conversations(make_turns(late), 3600)) == 1


@pytest.mark.parametrize(
    ("gap", "sizes"), [(3600, [2, 1, 1]), (None, [3, 1]), (7200, [2, 1, 1]), (1e9, [3, 1])]
)
def test_silence_or_another_key_splits_conversations(gap, sizes):
    frame = frame_of(
        (0, "me", "a"),
        (400, "Ann", "b"),
        (9000, "me", "c"),
        (9100, "Bob", "d", {"conversation": "d"}),
    )
    assert [len(part) for part in split_conversations(make_turns(frame), gap)] == sizes


def test_conversation_gap_lies_between_talking_and_silence():
    rng = np.random.default_rng(1)
    seconds, rows = 0.0, []
    for day in range(60):
        seconds = day * 86400.0
        for i in range(20):
            seconds += float(rng.lognormal(np.log(60), 1.0))
            rows.append((seconds, ("me", "Ann")[i % 2], "hello"))
    assert 15 * 60 <= suggest_conversation_gap(frame_of(*rows)) <= 20 * 3600


def test_too_few_pauses_give_the_usual_gap():
    assert suggest_conversation_gap(BURST) == USUAL_CONVERSATION_GAP
    assert suggest_conversation_gap(frame_of((0, "me", "x"))) == USUAL_CONVERSATION_GAP


def test_letters_are_not_cut_by_the_hours_that_answers_take():
    rows = [(i * 20 * 3600, ("me", "Ann")[i % 2], "a letter") for i in range(80)]
    assert suggest_conversation_gap(frame_of(*rows)) == SLOW_CONVERSATION_GAP
    assert suggest_conversation_gap(frame_of(*rows[:11])) == SLOW_CONVERSATION_GAP
    assert suggest_conversation_gap(frame_of(*rows[:5])) == USUAL_CONVERSATION_GAP


def test_a_reply_to_the_last_word_goes_on_with_the_conversation():
    frame = frame_of(
        (0, "Ann", "are you coming?"),
        (9 * 86400, "me", "yes!", {"reply_to": "m0"}),
        (19 * 86400, "Ann", "something else"),
        (29 * 86400, "me", "yes again", {"reply_to": "m0"}),
    )
    table = turn_table(frame)
    assert session_numbers(table, 3600).tolist() == [0, 0, 1, 2]
    assert session_numbers(table, 3600, follow_replies=False).tolist() == [0, 1, 2, 3]


@settings(max_examples=40, deadline=None)
@given(archives(), st.sampled_from([None, 0, 60, 120, float("inf")]))
def test_every_written_message_is_in_exactly_one_turn(frame, gap):
    turns = make_turns(frame, merge_gap=gap)
    inside = [one for turn in turns for one in turn.message_ids]
    assert sorted(inside) == sorted(frame["id"][written(frame)])
    authors = dict(zip(frame["id"], frame["author"], strict=True))
    assert all({authors[one] for one in turn.message_ids} == {turn.author} for turn in turns)


@settings(max_examples=40, deadline=None)
@given(archives(), st.sampled_from([60, 3600, 1e9]))
def test_splitting_keeps_every_turn_in_order(frame, gap):
    turns = make_turns(frame)
    parts = split_conversations(turns, gap)
    assert [turn for part in parts for turn in part] == turns
    assert all(len({turn.conversation for turn in part}) == 1 for part in parts)
