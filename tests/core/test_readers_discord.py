"""Discord: DiscordChatExporter's files and the data package."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import discord, read_archive
from core.readers.discord_package import unmarked
from tests.readers_chat_exports import discord_channel, discord_package
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


def channel_of(*messages: dict, direct: bool = True) -> dict:
    """A channel with these messages; what is not given is usual."""
    usual = discord_channel(len(messages), direct=direct)
    usual["messages"] = [
        {k: v for k, v in whole.items() if k != "reference"} | {"type": "Default"} | message
        for whole, message in zip(usual["messages"], messages, strict=True)
    ]
    return usual


KINDS = [
    ({"content": "hi"}, "message"),
    ({"content": "hi", "type": 0}, "message"),
    ({"content": "", "attachments": [{"url": "x"}]}, "media"),
    ({"content": "", "type": "RecipientAdd"}, "system"),
    ({"content": "Started a call", "type": "Call"}, "call"),
    ({"content": "", "forwardedMessage": {"content": "theirs"}}, "repost"),
    ({"content": "", "poll": {"question": {"text": "Tea?"}}}, "poll"),
]


@pytest.mark.parametrize(("message", "kind"), KINDS)
def test_kinds(message, kind):
    assert read_with(discord, ("c.json", channel_of(message))).frame()["kind"][0] == kind


def test_times_are_utc_and_names_are_nicknames():
    frame = read_with(discord, ("c.json", channel_of({"content": "a"}))).frame()
    assert str(frame["sent_at"][0]) == "2023-03-31 22:00:07.123000"
    assert frame["author"][0] in ("Mara", "Ilse")


def test_the_owner_of_a_direct_chat_is_not_the_one_it_is_named_after():
    owner = read_with(discord, ("c.json", discord_channel(30))).me
    assert owner is not None and owner.name == "Ilse"


def test_a_server_channel_has_its_server_in_the_title_and_no_owner():
    archive = read_with(discord, ("c.json", discord_channel(30, direct=False)))
    assert archive.me is None and list(archive.titles.values()) == ["Attic #general"]


def test_replies_point_at_their_message():
    frame = read_with(discord, ("c.json", discord_channel(60))).frame()
    answers = frame["reply_to"].dropna()
    assert len(answers) > 5 and answers.isin(frame["id"]).all()


def test_parts_of_one_channel_meet():
    whole = discord_channel(40)
    first = whole | {"messages": whole["messages"][:25]}
    second = whole | {"messages": whole["messages"][20:]}
    archive = read_with(discord, ("c.json", first), ("c [part 2].json", second))
    assert len(archive) == 40 and archive.missing_rows == 5
    assert archive.frame()["conversation"].nunique() == 1


CSV = """AuthorID,Author,Date,Content,Attachments,Reactions
"5001","mara.v#0000","{0}","hello, you
second line","",""
"5002","ilse_k#0","{1}","","https://x/y.png",""
"5002","ilse_k#0","{1}","same \"\"name\"\"","",""
"""
CSV_DATES = [
    ("2023-04-01T10:00:07.1230000+02:00", "2023-04-01T10:01:00.0000000+02:00", "2023-04-01 08:00:07.123000"),
    ("18-Mar-22 09:05 PM", "18-Mar-22 09:06 PM", "2022-03-18 21:05:00"),
    ("03/18/2022 9:05 PM", "03/18/2022 9:06 PM", "2022-03-18 21:05:00"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "expected"), CSV_DATES)
def test_csv(first, second, expected):
    text = "\ufeff" + CSV.format(first, second)
    archive = read_with(discord, ("Attic - general [123456789].csv", text))
    frame = archive.frame()
    assert frame["kind"].tolist() == ["message", "media", "message"]
    assert str(frame["sent_at"][0]) == expected
    assert frame["author"].tolist() == ["mara.v", "ilse_k", "ilse_k"]
    assert frame["text"].tolist()[::2] == ["hello, you\nsecond line", 'same "name"']
    assert archive.titles == {"123456789": "Attic - general"}


@pytest.mark.parametrize("top", ["", "mine/"])
def test_data_package(top):
    files = {top + path.removeprefix("package/"): v for path, v in discord_package().items()}
    archive = read_with(discord, ("package.zip", zip_of(files)))
    frame = archive.frame()
    assert archive.me is not None and set(frame["author"]) == {"Ilse"} == {archive.me.name}
    assert frame["text"].tolist() == ["hi @mara.v :wave:", "", "in #tea", "two\nlines, one cell"]
    assert set(archive.titles.values()) == {"Direct Message with mara.v", "Attic #tea"}
    assert str(frame["sent_at"][2]) == "2026-01-04 11:59:00.123000"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain < text", "plain < text"),
        ("<@1> <@!2>", "@mara @someone"),
        ("<:tea:5><a:tea:6>", ":tea::tea:"),
        ("</ban:7> <#9>", "/ban #channel"),
    ],
)
def test_markup(raw, shown):
    assert unmarked(raw, {"1": "mara"}, {}) == shown


def test_read_archive_recognises_all_three():
    for data in (
        as_bytes(discord_channel(3)),
        CSV.format("a", "b").encode(),
        zip_of(discord_package()),
    ):
        assert read_archive(data, name="x").source == "discord"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    kind = data.draw(st.sampled_from(["json", "csv", "package"]))
    if kind == "json":
        document = discord_channel(4)
        broken = data.draw(st.booleans())
        content = (
            damaged(data.draw, as_bytes(document))
            if broken
            else dumped(mangled(data.draw, document))
        )
        only_problems(discord, ("c.json", content))
    elif kind == "csv":
        only_problems(discord, ("c.csv", damaged(data.draw, CSV.format("1/2/2022", "x").encode())))
    else:
        files = {
            path: dumped(mangled(data.draw, value)) if isinstance(value, list | dict) else value
            for path, value in discord_package().items()
        }
        only_problems(discord, ("package.zip", zip_of(files)))
