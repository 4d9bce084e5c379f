"""iMessage, as imessage-exporter writes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.readers import imessage, read_archive
from tests.readers_chat_texts import IMESSAGE
from tests.readers_checks import damaged, fuzz, only_problems, read_with


def test_a_chat():
    archive = read_with(imessage, ("+15550100.txt", IMESSAGE))
    frame = archive.frame()
    rows = (
        frame[["author", "kind", "text"]].astype(object).where(frame.notna(), None).values.tolist()
    )
    assert rows == [
        ["Me", "message", "where is the kettle\nand the cups"],
        ["Mara", "media", ""],
        ["Mara", "message", "under the stairs"],
        ["Me", "message", "thanks"],
        [None, "system", "You renamed the conversation to Kettle club"],
        ["Mara", "deleted", "They unsent this message part 5 seconds after sending!"],
    ]
    assert frame["reply_to"][2] == frame["id"][0]
    assert archive.missing_rows == 1
    assert str(frame["sent_at"][0]) == "2022-05-17 17:29:42"
    assert archive.me is not None and archive.me.name == "Me"
    assert archive.titles == {"+15550100": "+15550100"}


def test_words_that_look_like_a_note_stay():
    text = "May 17, 2022  5:29:42 PM\nMe\nEdited the list, so it is later: no\nTapbacks are fun\n"
    frame = read_with(imessage, ("a.txt", text)).frame()
    assert frame["text"][0] == "Edited the list, so it is later: no\nTapbacks are fun"


def test_read_archive_recognises_it():
    assert read_archive(IMESSAGE.encode(), name="x.txt").source == "imessage"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    only_problems(imessage, ("x.txt", damaged(data.draw, IMESSAGE.encode())))
