"""Messages and archives: the frame's shape and the sums of the notes."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from core.messages import COLUMNS, Archive, Note, make_frame


def columns(**changes):
    base = {
        "id": ["1", "2", "3"],
        "conversation": ["c", "c", "c"],
        "sent_at": [None, datetime(2024, 5, 1, 9), datetime(2024, 5, 1, 10)],
        "author": [None, "Ann", "Bo"],
        "text": ["Ann joined", "hello 👩‍👧", "hi"],
        "kind": ["system", "message", "message"],
        "reply_to": [None, None, "2"],
    }
    return base | changes


def test_frame_has_the_promised_columns():
    frame = make_frame(columns())
    assert tuple(frame.columns) == COLUMNS
    assert frame.index.equals(pd.RangeIndex(3))
    assert frame["sent_at"].isna().tolist() == [True, False, False]
    assert frame["author"].isna().tolist() == [True, False, False]


def test_iterating_gives_plain_values():
    first, second, third = Archive("test", make_frame(columns()))
    assert (first.author, first.sent_at, first.kind) == (None, None, "system")
    assert (second.text, second.sent_at) == ("hello 👩‍👧", datetime(2024, 5, 1, 9))
    assert third.reply_to == "2"


def test_only_left_out_and_merged_notes_lack_rows():
    notes = [Note("left_out", "x", 2), Note("merged", "y", 3), Note("repaired", "z", 9)]
    assert Archive("test", make_frame(columns()), notes=notes).missing_rows == 5


def test_authors_counts_what_was_typed():
    assert Archive("test", make_frame(columns())).authors().to_dict() == {"Ann": 1, "Bo": 1}


def test_owner_can_be_set():
    archive = Archive("test", make_frame(columns())).with_me("Bo")
    assert archive.me is not None and archive.me.name == "Bo"
