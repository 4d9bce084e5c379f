"""Other people: the ledger, leaving out, consent."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from core.messages import make_frame
from core.privacy.others import (
    WITHHELD,
    Exclusion,
    consent_note,
    exclude,
    ledger,
    only_mine,
    with_consent,
)
from core.problems import Problem

ROWS = [
    ("Me", "one two three", "a", datetime(2024, 1, 1, 9), "message"),
    ("Anna", "hello there", "a", datetime(2024, 1, 2, 23, 59), "message"),
    ("Ben", "ask Anna about the Clinic", "b", datetime(2024, 2, 1), "message"),
    ("Ben", "", "b", None, "media"),
    (None, "Ben joined", "b", None, "system"),
    ("Anna", "你好", "b", None, "message"),
]
FRAME = make_frame(
    {
        "id": [str(i) for i in range(len(ROWS))],
        "conversation": [row[2] for row in ROWS],
        "sent_at": [row[3] for row in ROWS],
        "author": [row[0] for row in ROWS],
        "text": [row[1] for row in ROWS],
        "kind": [row[4] for row in ROWS],
        "reply_to": [None] * len(ROWS),
    }
)


def test_the_ledger_says_whose_words_and_how_many():
    table = ledger(FRAME, ["Me"]).set_index("person")
    assert table["messages"].to_dict() == {"Anna": 2, "Ben": 1, "Me": 1}
    assert table["words"].to_dict() == {"Anna": 4, "Ben": 5, "Me": 3}
    assert table["share"].sum() == pytest.approx(1)
    assert table["mine"].to_dict() == {"Anna": False, "Ben": False, "Me": True}
    assert table.loc["Anna", "conversations"] == 2
    assert ledger(FRAME.iloc[:0], []).empty


@pytest.mark.parametrize(
    ("exclusion", "left"),
    [
        (Exclusion(people=("Anna",)), ["0", "2", "3", "4"]),
        (Exclusion(people=("Anna",), mentions=True), ["0", "3", "4"]),
        (Exclusion(first=date(2024, 1, 2), last=date(2024, 1, 2)), ["0", "2", "3", "4", "5"]),
        (Exclusion(containing="clinic"), ["0", "1", "3", "4", "5"]),
        (Exclusion(people=("Ben",), containing="clinic"), ["0", "1", "3", "4", "5"]),
        (Exclusion(people=("Anna",), containing="clinic"), ["0", "1", "2", "3", "4", "5"]),
    ],
)
def test_messages_are_left_out_by_person_period_and_search(exclusion, left):
    frame, notes = exclude(FRAME, [exclusion])
    assert frame["id"].tolist() == left
    assert len(FRAME) == len(frame) + sum(note.count for note in notes)


def test_several_exclusions_leave_out_what_any_of_them_picks():
    frame, notes = exclude(FRAME, [Exclusion(people=("Ben",)), Exclusion(people=("Anna",))])
    assert frame["id"].tolist() == ["0", "4"]
    assert [(note.kind, note.count) for note in notes] == [("left_out", 4)]
    assert exclude(FRAME, []) == (FRAME, [])


@pytest.mark.parametrize(
    "exclusion",
    [
        Exclusion(),
        Exclusion(containing="  "),
        Exclusion(first=date(2024, 2, 1), last=date(2024, 1, 1)),
    ],
)
def test_an_exclusion_without_sense_is_refused(exclusion):
    with pytest.raises(Problem):
        exclude(FRAME, [exclusion])


def test_only_my_own_words():
    frame, notes = only_mine(FRAME, ["Me"])
    assert frame["text"].tolist() == [
        "one two three",
        WITHHELD,
        WITHHELD,
        "",
        "Ben joined",
        WITHHELD,
    ]
    assert notes == [] and frame.dtypes.equals(FRAME.dtypes)
    frame, notes = only_mine(FRAME, ["Me"], "removed")
    assert frame["id"].tolist() == ["0", "4"] and notes[0].count == 4


def test_others_words_need_a_tick_per_conversation():
    frame, notes = with_consent(FRAME, ["Me"], ["a"])
    assert frame["id"].tolist() == ["0", "1", "4"] and notes[0].count == 3


def test_the_consent_note_says_where_the_words_go():
    assert "1,234" in consent_note(1234) and "nothing is sent" in consent_note(1)
    assert "company on the internet" in consent_note(1, hosted=True)
    assert "are replaced first" in consent_note(1) and "stay" in consent_note(1, masked=False)
