"""Reddit's data request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import read_archive, reddit
from core.readers.reddit import plain_text
from tests.readers_account_exports import REDDIT
from tests.readers_checks import damaged, fuzz, only_problems, read_with, zip_of


def test_everything_in_one_archive():
    archive = read_with(reddit, ("export.zip", zip_of(REDDIT)))
    rows = archive.frame()[["conversation", "author", "kind", "text"]].astype(str).values.tolist()
    assert rows == [
        ["r/tea", "ilse_k", "reply", "mine & more"],
        ["r/tea", "ilse_k", "reply", "second"],
        ["r/rain", "ilse_k", "deleted", ""],
        ["r/tea", "ilse_k", "post", "A kettle\n\nIt sings."],
        ["m1", "ilse_k", "message", "hello"],
        ["m1", "mara_v", "message", "hi"],
    ]
    frame = archive.frame()
    assert frame["reply_to"].tolist()[:2] == ["t3_p9", "t1_c1"]
    assert frame["id"][0] == "t1_c1"
    assert str(frame["sent_at"][0]) == "2023-01-15 12:34:56"
    assert archive.me is not None and archive.me.name == "ilse_k"


def test_without_the_account_name_private_messages_tell_it():
    text = REDDIT["messages.csv"] + "m3,https://r/m3,m3,2023-02-16 12:34:56 UTC,,odo,ilse_k,Hi,hi\n"
    archive = read_with(
        reddit, ("x.zip", zip_of({"comments.csv": REDDIT["comments.csv"], "messages.csv": text}))
    )
    assert archive.me is not None and archive.me.name == "ilse_k"


def test_comments_alone_are_mine():
    archive = read_with(reddit, ("comments.csv", REDDIT["comments.csv"]))
    assert archive.me is not None and archive.me.name == "Me"
    assert read_archive(REDDIT["comments.csv"].encode(), name="x").source == "reddit"


def test_chats():
    text = (
        "message_id,created_at,updated_at,username,message,thread_parent_message_id,channel_url,"
        "subreddit,channel_name,conversation_type\n"
        "1,2023-05-01 10:00:00 UTC,,ilse_k,hello,,url1,,Tea,dm\n"
        "2,2023-05-01 10:01:00 UTC,,mara_v,hi,1,url1,,Tea,dm\n"
    )
    frame = read_with(reddit, ("chat_history.csv", text)).frame()
    assert frame["reply_to"][1] == "1" and frame["text"].tolist() == ["hello", "hi"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("&gt; a\n\nb", ("b", 1)),
        ("&gt; only", ("> only", 0)),
        ("a &lt;3\n\n&#x200B;\n\nb", ("a <3\n\nb", 0)),
    ],
)
def test_markdown(body, expected):
    assert plain_text(body) == expected


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    files = {name: damaged(data.draw, text.encode()) for name, text in REDDIT.items()}
    only_problems(reddit, ("export.zip", zip_of(files)))
