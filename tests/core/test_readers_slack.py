"""Slack's export."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import read_archive, slack
from core.readers.slack import plain_text
from tests.readers_chat_exports import slack_export
from tests.readers_checks import damaged, dumped, fuzz, mangled, only_problems, read_with, zip_of


def export() -> dict[str, list]:
    frame = read_with(slack, ("slack.zip", zip_of(slack_export()))).frame()
    return frame.set_index("id").to_dict("index")


def test_markup_becomes_what_people_see():
    row = export()["general/1647637512.000200"]
    assert row["text"] == "kettle & @Ilse Kamp see this in #general <3 @here"
    assert str(row["sent_at"]) == "2022-03-18 21:05:12"


@pytest.mark.parametrize(
    ("ts", "kind", "author"),
    [
        ("1647637513.000100", "system", None),
        ("1647637530.000100", "system", None),
        ("1647723912.000100", "message", "Gone"),
        ("1647723913.000100", "media", "Ilse Kamp"),
        ("1647723914.000100", "message", "Ilse Kamp"),
        ("1647723915.000100", "deleted", "USLACKBOT"),
    ],
)
def test_kinds(ts, kind, author):
    row = export()[f"general/{ts}"]
    assert row["kind"] == kind
    assert row["author"] == author or (author is None and row["author"] != row["author"])


def test_a_text_that_is_only_in_blocks_is_found():
    assert export()["general/1647723914.000100"]["text"] == "from :lemon:"


def test_a_thread_is_a_conversation_that_starts_with_its_root():
    rows = export()
    root, answer = rows["general/1647637512.000200"], rows["general/1647637520.000100"]
    assert root["conversation"] == answer["conversation"] == "general/1647637512.000200"
    assert answer["reply_to"] == "general/1647637512.000200"


def test_titles_and_the_owner():
    archive = read_with(slack, ("slack.zip", zip_of(slack_export())))
    assert archive.titles["general"] == "#general"
    assert archive.titles["D1"] == "Mara, Ilse Kamp"
    assert archive.me is not None and archive.me.name == "Ilse Kamp"


def test_a_day_alone_is_read_too():
    day = slack_export()["general/2022-03-19.json"]
    frame = read_with(slack, ("2022-03-19.json", day), ("2022-03-20.json", day[:1])).frame()
    assert len(frame) == 5


def test_the_same_export_twice_counts_once():
    packed = zip_of(slack_export())
    archive = read_with(slack, ("a.zip", packed), ("b.zip", packed))
    assert len(archive) == archive.missing_rows == 12


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a < b", "a < b"),
        ("<@U7>", "@someone"),
        ("<@U7|mara>", "@mara"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<https://x.y>", "https://x.y"),
        ("<!subteam^S1|@team>", "@team"),
        ("<!date^1^{date}|May>", "May"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_markup(raw, shown):
    assert plain_text(raw, {}, {}) == shown


def test_read_archive_recognises_it():
    again = zip_of({f"my slack/{path}": value for path, value in slack_export().items()})
    assert read_archive(again, name="x.zip").source == "slack"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    files = {}
    for path, value in slack_export().items():
        content = dumped(mangled(data.draw, value, 0.1))
        files[path] = damaged(data.draw, content) if data.draw(st.integers(0, 5)) == 0 else content
    only_problems(slack, ("slack.zip", zip_of(files)))
