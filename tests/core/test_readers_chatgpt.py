"""ChatGPT's conversations.json."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.readers import chatgpt, read_archive
from tests.readers_chat_exports import chatgpt_export
from tests.readers_checks import (
    as_bytes,
    damaged,
    dumped,
    fuzz,
    mangled,
    only_problems,
    read_with,
    zip_of,
)


def test_the_branch_that_was_shown_last():
    archive = read_with(
        chatgpt, ("export.zip", zip_of({"conversations.json": chatgpt_export(), "chat.html": "x"}))
    )
    frame = archive.frame()
    assert frame["author"].tolist() == ["You", "ChatGPT", "You", "ChatGPT"]
    assert frame["text"].tolist() == [
        "Where is the kettle?",
        "Under the stairs.",
        "and this?",
        "A lemon.",
    ]
    assert archive.raw_count == 7 and archive.missing_rows == 3
    assert archive.titles["c-1"] == "Kettle"
    assert archive.me is not None and archive.me.name == "You"
    assert frame["sent_at"].dt.year.eq(2023).all()


def test_several_files_and_repeats():
    archive = read_with(
        chatgpt,
        ("conversations.json", chatgpt_export()),
        ("conversations-2.json", chatgpt_export()),
    )
    assert len(archive) == 4 and archive.raw_count == 14


def test_a_circle_of_parents_ends():
    chats = chatgpt_export()
    chats[0]["mapping"]["s"]["parent"] = "a2"
    assert len(read_with(chatgpt, ("conversations.json", chats))) == 4


def test_read_archive_recognises_it():
    assert read_archive(as_bytes(chatgpt_export()), name="x").source == "chatgpt"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    content = dumped(mangled(data.draw, chatgpt_export()))
    if data.draw(st.booleans()):
        content = damaged(data.draw, content)
    only_problems(chatgpt, ("conversations.json", content))
