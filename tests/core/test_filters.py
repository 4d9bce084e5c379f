"""Every message that is left out has one reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import filters
from core.filters import REASONS, answer_reasons, apply_edits, find_copies, message_reasons
from core.settings import Filters
from tests.core.made_frames import START, frame_of


def reasons(frame, chosen=None, me=("me",)):
    codes = message_reasons(frame, me, chosen or Filters())
    return [REASONS[code] for code in codes]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((0, "me", "hello"), filters.USED),
        ((0, None, "Ann joined", {"kind": "system"}), filters.SYSTEM),
        ((0, "me", "", {"kind": "call"}), filters.CALL),
        ((0, "me", "tea?", {"kind": "poll"}), filters.POLL),
        ((0, "me", "", {"kind": "deleted"}), filters.DELETED),
        ((0, "me", "photo.jpg", {"kind": "media"}), filters.MEDIA),
        ((0, "me", "RT @x: y", {"kind": "repost"}), filters.REPOST),
        ((0, "me", "  \n "), filters.EMPTY),
        ((0, None, "who said this"), filters.NO_AUTHOR),
        ((0, "me", "https://a.example/b"), filters.LINK),
        ((0, "me", "www.a.example  http://c.example"), filters.LINK),
        ((0, "me", "see https://a.example"), filters.USED),
        ((0, "me", "@ann yes!", {"kind": "reply", "reply_to": "77"}), filters.UNSEEN),
        ((0, "Ann", "yes!", {"kind": "reply"}), filters.USED),
        ((0, "me", "---------- Forwarded message ---------\nhi"), filters.FORWARDED),
        ((0, "me", "Fwd: the plan"), filters.FORWARDED),
        ((0, "me", "> you said\n> this"), filters.FORWARDED),
        ((0, "me", "> you said\nI say"), filters.USED),
    ],
)
def test_each_kind_of_message_has_its_reason(row, reason):
    assert reasons(frame_of(row)) == [reason]


def test_switches_let_messages_in():
    frame = frame_of(
        (0, "me", "https://a.example"),
        (1, "me", "yes", {"kind": "reply"}),
        (2, "me", "Fwd: plan"),
    )
    chosen = Filters(link_only=True, unseen_replies=True, forwarded=True)
    assert reasons(frame, chosen) == ["", "", ""]


def test_a_reply_to_a_post_in_the_archive_is_used():
    frame = frame_of(
        (0, "me", "one", {"kind": "post"}), (1, "me", "two", {"kind": "reply", "reply_to": "m0"})
    )
    assert reasons(frame) == ["", ""]


DAY = frame_of(*[(hour * 3600, "me", f"message {hour}") for hour in range(0, 48, 6)])


@pytest.mark.parametrize(
    ("chosen", "used"),
    [
        (Filters(since=START + timedelta(hours=12)), [2, 3, 4, 5, 6, 7]),
        (Filters(until=START + timedelta(hours=12)), [0, 1]),
        (Filters(hours=(9, 16)), [0, 1, 4, 5]),
        (Filters(hours=(21, 10)), [0, 2, 3, 4, 6, 7]),
        (Filters(weekdays=(5,)), [3, 4, 5, 6]),
        (Filters(excluded_ids=("m3", "m4")), [0, 1, 2, 5, 6, 7]),
        (Filters(without_authors=("me",)), []),
        (Filters(without_conversations=("c",)), []),
    ],
)
def test_periods_and_choices(chosen, used):
    assert [i for i, reason in enumerate(reasons(DAY, chosen)) if not reason] == used


def test_messages_without_a_time_pass_the_clock_filters():
    frame = frame_of((None, "me", "when?"))
    assert reasons(frame, Filters(hours=(1, 2), weekdays=(0,), since=START)) == [""]


def test_edits_change_the_text_and_nothing_else():
    edited = apply_edits(DAY, Filters(edits=(("m1", "changed"), ("nobody", "x"))))
    assert edited["text"].tolist()[:3] == ["message 0", "changed", "message 12"]
    assert DAY["text"].tolist()[1] == "message 6"


def verdicts(answers, **changes):
    codes = answer_reasons(answers, find_copies(answers), Filters(**changes))
    return [REASONS[code] for code in codes]


def test_short_answers_are_capped_not_deleted():
    assert verdicts(["ok"] * 8 + ["OK!"], max_repeats=5) == [""] * 5 + [filters.REPEATED] * 4
    assert verdicts(["ok"] * 8, max_repeats=None) == [""] * 8
    many = ["ok"] * 100 + [f"number {i}" for i in range(1900)]
    assert verdicts(many, max_repeats=5).count(filters.REPEATED) == 80, "1 % may stay"


def test_long_answers_are_kept_once():
    first = "We are closing the harbour office at noon on Friday."
    again = "we're closing the harbour office at noon on friday!!"
    other = "The last ferry of the year leaves on Saturday night."
    assert verdicts([first, other, again]) == ["", "", filters.SIMILAR]
    assert verdicts([first, other, again], near_duplicates=False) == ["", "", ""]
    group = find_copies([first, other, again]).group
    assert group[0] == group[2] != group[1]


def test_lengths():
    assert verdicts(["a", "abc", "abcdef"], min_chars=2, max_chars=5) == [
        filters.SHORT,
        "",
        filters.LONG,
    ]
    assert verdicts([]) == []


def test_words_to_remove_go_whole_and_in_any_case():
    frame = frame_of((0, "me", "Bruce, where is bruce's car?"), (1, "me", "Brucella Bruce"))
    edited = apply_edits(frame, Filters(remove_words=("bruce",)))
    assert edited["text"].tolist() == ["where is car?", "Brucella"]


def test_momentary_answers_leave_when_asked():
    answers = [
        "on my way",
        "see you at 7:30",
        "bin gleich da",
        "10 pm then",
        "estoy aquí",
        "I love this etat",
    ]
    assert verdicts(answers) == [""] * 6
    assert verdicts(answers, momentary=False) == [filters.MOMENTARY] * 5 + [""]
