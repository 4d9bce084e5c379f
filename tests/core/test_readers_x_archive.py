"""X archives: today's zip, single files of it, cut ones, and the archives of older days."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from core.readers.x_text import tweet_ms
from tests.core.reading import make_zip, read, read_or_problem, reasons, texts

ME = "42"


def tweet(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id_str": str(number),
        "id": str(number),
        "created_at": f"Sat Aug 12 16:{number % 60:02}:37 +0000 2023",
        "full_text": text,
        "entities": {"urls": [], "user_mentions": []},
        "truncated": False,
        "retweeted": False,
        **more,
    }


def reply(
    number: int, text: str, parent: int, user: str = "7", name: str = "bob", **more: Any
) -> dict[str, Any]:
    return tweet(
        number,
        text,
        in_reply_to_status_id_str=str(parent),
        in_reply_to_user_id_str=user,
        in_reply_to_screen_name=name,
        **more,
    )  # fmt: skip


def js(
    objects: list[dict], name: str = "tweets", wrapper: str | None = "tweet", **dump: Any
) -> str:
    items = [{wrapper: o} if wrapper else o for o in objects]
    return f"window.YTD.{name}.part0 = {json.dumps(items, **dump)}"


ACCOUNT = js([{"accountId": ME, "username": "anna"}], "account", "account")


def link(text: str, url: str, expanded: str, start: int | None = None) -> dict[str, Any]:
    at = text.index(url) if start is None else start
    return {"url": url, "expanded_url": expanded, "indices": [str(at), str(at + len(url))]}


SEVERAL = [tweet(n, f'post {n} {{}} }},{{"tweet": [') for n in range(9, 0, -1)]


@pytest.mark.parametrize(
    "data",
    [
        js(SEVERAL).encode(),
        js(SEVERAL, separators=(",", ":")).encode(),
        js(SEVERAL, indent=2).encode(),
        js(SEVERAL, indent=2).replace("\n", "\r\n").encode(),
        js(SEVERAL).encode("utf-8-sig"),
        js(SEVERAL).encode("utf-16"),
        js(SEVERAL).encode("utf-16-le"),
        ("   \n" + js(SEVERAL) + ";\n").encode(),
        js(SEVERAL, "tweet").encode(),
        js(SEVERAL, "tweet", None).encode(),
        js(SEVERAL, "tweets", None, indent=1).encode(),
        json.dumps([{"tweet": t} for t in SEVERAL]).encode(),
        json.dumps(SEVERAL).encode(),
    ],
)
def test_every_way_the_file_looks(data: bytes) -> None:
    archive = read(data, "anything.js")
    assert archive.source == "x"
    assert [m.id for m in archive] == [str(n) for n in range(1, 10)]
    assert texts(archive)[0] == 'post 1 {} },{"tweet": ['
    assert archive.me is not None
    assert not any(n.kind == "warning" for n in archive.notes)


@pytest.mark.parametrize("top", ["", "twitter-2024-01-01-abc/", "a/b/"])
def test_the_zip_packed_again(top: str) -> None:
    manifest = "window.__THAR_CONFIG = " + json.dumps(
        {
            "userInfo": {"accountId": ME, "userName": "anna"},
            "dataTypes": {
                "tweets": {
                    "files": [
                        {"fileName": "data/tweets.js", "count": "9"},
                        {"fileName": "data/tweets-part1.js", "count": "3"},
                    ]
                }
            },
        }
    )
    data = make_zip(
        {
            "Your archive.html": "<html></html>",
            "data/manifest.js": manifest,
            "data/account.js": ACCOUNT,
            "data/tweets.js": js(SEVERAL),
            "data/tweets-part1.js": js([tweet(20, "part"), tweet(9, "again")]).replace(
                "part0", "part1"
            ),
            "data/tweets_media/1-x.jpg": b"\xff\xd8",
            "data/like.js": js([{"tweetId": "1", "fullText": "not mine"}], "like", "like"),
            "data/tweet-headers.js": js([{"tweet_id": "1"}], "tweet_headers"),
            "__MACOSX/data/._tweets.js": b"\x00\x05",
        },
        top,
    )
    archive = read(data)
    assert len(archive) == 10 and archive.me is not None and archive.me.name == "anna"
    assert "not mine" not in texts(archive)
    assert sorted(reasons(archive, "left_out").values()) == [1, 1]
    [warning] = reasons(archive, "warning")
    assert "tweets-part1.js" in warning and "3" in warning


def test_parts_dropped_one_by_one_meet() -> None:
    archive = read([("tweets.js", js(SEVERAL).encode()), ("account.js", ACCOUNT.encode())])
    assert archive.source == "x" and len(archive) == 9
    assert set(archive.frame()["author"]) == {"anna"}


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_a_cut_file_gives_what_is_whole(keep: float) -> None:
    whole = js([tweet(n, f"post {n}") for n in range(1, 101)], indent=1)
    archive = read(whole[: int(len(whole) * keep)])
    assert len(archive) == pytest.approx(100 * keep, abs=2)
    assert any("cut off" in reason for reason in reasons(archive, "warning"))


def test_one_broken_entry_costs_no_other() -> None:
    data = js(SEVERAL).replace('"id_str": "5"', '"id_str": 5"', 1)
    archive = read(data)
    assert len(archive) == 8 and any("damaged" in r for r in reasons(archive, "warning"))


RAW = "👩‍👧 &lt;b&gt; &amp;amp; see https://t.co/abc and https://t.co/pic"


@pytest.mark.parametrize(
    ("raw", "entities", "expected"),
    [
        (
            RAW,
            {
                "urls": [link(RAW, "https://t.co/abc", "https://example.org/?a=1&amp=2")],
                "media": [link(RAW, "https://t.co/pic", "https://twitter.com/x/status/1/photo/1")],
            },
            "👩‍👧 <b> &amp; see https://example.org/?a=1&=2 and",
        ),
        ("look https://t.co/q", {"urls": [link("look https://t.co/q", "https://t.co/q", "https://twitter.com/u/status/9")]}, "look"),
        ("look https://t.co/q", {"urls": [link("look https://t.co/q", "https://t.co/q", "https://e.org", 0)]}, "look https://e.org"),
        ("gone https://t.co/unknown", {}, "gone"),
        ("cut… https://t.co/unknow…", {}, "cut…"),
        ("fish &amp; chips &lt;3", {}, "fish & chips <3"),
        ("fine", {"urls": None, "media": "x"}, "fine"),
        ("fine", None, "fine"),
    ],
)  # fmt: skip
def test_links_and_entities(raw: str, entities: Any, expected: str) -> None:
    [row] = read(js([tweet(1, raw, entities=entities)]))
    expected = expected.replace("?a=1&=2", "?a=1&=2")
    assert row.text.replace("&amp=2", "&=2") == expected


def test_kinds() -> None:
    archive = read(
        [
            ("account.js", ACCOUNT.encode()),
            (
                "tweets.js",
                js(
                    [
                        tweet(1, "RT @bob: hello…"),
                        tweet(2, "RT this"),
                        reply(3, "@bob @eve fine by me", 99, entities={"user_mentions": [{"screen_name": "eve", "id_str": "8"}]}),
                        reply(4, "@anna and another", 2, ME, "anna"),
                        reply(5, "@anna @stranger more", 4, ME, "anna"),
                        tweet(6, "https://t.co/p", entities={"media": [link("https://t.co/p", "https://t.co/p", "x")]}),
                    ]
                ).encode(),
            ),
        ]
    )  # fmt: skip
    assert [(m.kind, m.text, m.reply_to) for m in archive] == [
        ("repost", "RT @bob: hello…", None),
        ("post", "RT this", None),
        ("reply", "fine by me", "99"),
        ("post", "and another", "2"),
        ("post", "@stranger more", "4"),
        ("media", "", None),
    ]
    conversations = [m.conversation for m in archive]
    assert conversations == ["1", "2", "3", "2", "2", "6"]


def test_edits_collapse_to_the_last() -> None:
    first = tweet(10, "tpyo", edit_info={"initial": {"editTweetIds": ["10", "11"]}})
    second = tweet(11, "typo", edit_info={"edit": {"initialTweetId": "10"}})
    for order in ([first, second], [second, first]):
        archive = read(js(order))
        assert texts(archive) == ["typo"]
        assert list(reasons(archive, "merged").values()) == [1]


def test_note_tweets_are_joined() -> None:
    long = "A & b. " * 60
    note = {
        "noteTweetId": "900",
        "createdAt": "2023-08-12T16:01:37.000Z",
        "core": {
            "text": long + "https://t.co/z",
            "urls": [{"shortUrl": "https://t.co/z", "expandedUrl": "https://e.org"}],
        },
    }
    lost = {
        "noteTweetId": "901",
        "createdAt": "2023-08-13T16:01:37.000Z",
        "core": {"text": "alone"},
    }
    archive = read(
        make_zip(
            {
                "data/tweets.js": js([tweet(1, long.replace("&", "&amp;")[:270] + "… https://t.co/y"), tweet(61, "other")]),
                "data/note-tweet.js": js([note, lost], "note_tweet", "noteTweet"),
            }
        )
    )  # fmt: skip
    assert texts(archive) == [long + "https://e.org", "other", "alone"]
    assert list(reasons(archive, "merged").values()) == [1]


def dm(number: int, sender: str, text: str, **more: Any) -> dict[str, Any]:
    body = {
        "id": str(number),
        "senderId": sender,
        "recipientId": "7",
        "text": text,
        "createdAt": f"2022-01-01T00:{number:02}:00.000Z",
        **more,
    }
    return {"messageCreate": body}


def test_direct_messages() -> None:
    one = {
        "conversationId": "7-42",
        "messages": [
            dm(3, ME, "see https://t.co/a", urls=[{"url": "https://t.co/a", "expanded": "https://e.org"}]),
            dm(2, "7", " https://t.co/m", mediaUrls=["x"], urls=[]),
            {"reactionCreate": {"senderId": "7"}},
            dm(1, "7", "hi &amp; ho"),
        ],
    }  # fmt: skip
    group = {
        "conversationId": "555",
        "messages": [dm(5, "8", "all", recipientId="0"), dm(4, ME, "yes", recipientId="0")],
    }
    mention = tweet(1, "@bob", entities={"user_mentions": [{"id_str": "7", "screen_name": "bob"}]})
    archive = read(
        make_zip(
            {
                "data/account.js": ACCOUNT,
                "data/tweets.js": js([mention]),
                "data/direct-messages.js": js([one], "direct_messages", "dmConversation"),
                "data/direct-messages-group.js": js([group], "direct_messages_group", "dmConversation"),
            }
        )
    )  # fmt: skip
    rows = [(m.author, m.text, m.kind) for m in archive if m.conversation.startswith("dm-")]
    assert rows == [
        ("bob", "hi & ho", "message"),
        ("bob", "", "media"),
        ("anna", "see https://e.org", "message"),
        ("anna", "yes", "message"),
        ("user 8", "all", "message"),
    ]
    assert archive.titles["dm-7-42"] == "Direct messages with bob"
    assert list(reasons(archive, "left_out").values()) == [1]


def test_owner_of_direct_messages_alone() -> None:
    chats = [
        {"conversationId": f"{n}-42", "messages": [dm(n, ME, "a", recipientId=str(n)), dm(n + 9, str(n), "b", recipientId=ME)]}
        for n in (7, 8)
    ]  # fmt: skip
    archive = read(js(chats, "direct_messages", "dmConversation"))
    assert archive.me is not None and "every conversation" in archive.me.reason
    assert sum(m.author == archive.me.name for m in archive) == 2


def grok(chat: str, second: int, sender: str, message: str) -> dict[str, Any]:
    return {
        "accountId": ME,
        "chatId": chat,
        "createdAt": f"2025-10-23T13:11:{second:02}.692Z",
        "sender": {"value": "1", "name": sender.title(), "originalName": sender},
        "message": message,
    }


def test_chats_with_grok() -> None:
    citation = (
        'often<grok:render card_id="1"><argument name="citation_id">14</argument></grok:render>.'
    )
    items = [
        grok("7", 5, "AGENT", f"It fails {citation}"),
        grok("7", 5, "USER", "why does the kettle fail"),
        grok("7", 9, "USER", "and the lamp"),
        grok("8", 1, "USER", ""),
        grok("8", 2, "AGENT", ""),
        grok("7", 9, "USER", "and the lamp"),
    ]
    data = js(items, "grok_chat_item", "grokChatItem")
    zipped = make_zip({"data/grok-chat-item.js": data, "data/account.js": ACCOUNT})
    archive = read(zipped, "twitter.zip")
    frame = archive.frame()
    assert frame["text"].tolist()[:3] == [
        "why does the kettle fail", "It fails often.", "and the lamp",
    ]  # fmt: skip
    assert frame["author"].tolist() == ["anna", "Grok", "anna", "anna"]
    assert archive.title_of("grok-7") == "Grok: why does the kettle fail"
    assert archive.me is not None and archive.me.name == "anna"
    alone = read(data, "grok-chat-item.js")
    assert alone.me is not None and alone.me.name == "me" and len(alone) == 4


def test_former_names_of_the_owner() -> None:
    change = {"changedAt": "2023-08-12T17:10:37.000Z", "changedFrom": "ann", "changedTo": "anna"}
    files = {
        "data/tweets.js": js([tweet(1, "hello")]),
        "data/account.js": ACCOUNT,
        "data/screen-name-change.js": js(
            [{"accountId": ME, "screenNameChange": change}],
            "screen_name_change",
            "screenNameChange",
        ),
    }
    me = read(make_zip(files), "twitter.zip").me
    assert me is not None and me.names == ("anna", "ann")


def test_old_csv_and_month_files() -> None:
    csv = (
        '"tweet_id","in_reply_to_status_id","in_reply_to_user_id","timestamp","source","text",'
        '"retweeted_status_id","retweeted_status_user_id","retweeted_status_timestamp","expanded_urls"\n'
        '"2","","","2013-01-05 12:00:00 +0000","web","two lines\nhttp://t.co/x","","","","https://e.org"\n'
        '"1","","","2013-01-04 12:00:00 +0000","web","RT @bob: yo","77","7","",""\n'
    )
    archive = read(csv, "tweets.csv")
    assert [(m.kind, m.text) for m in archive] == [
        ("repost", "RT @bob: yo"),
        ("post", "two lines\nhttps://e.org"),
    ]
    assert list(archive)[1].sent_at == datetime(2013, 1, 5, 12)
    month = "Grailbird.data.tweets_2013_01 = " + json.dumps(
        [
            {
                "id_str": "2",
                "text": "two &amp; more",
                "created_at": "2013-01-05 12:00:00 +0000",
                "user": {"id_str": ME},
            }
        ]
    )
    both = read(make_zip({"tweets.csv": csv, "data/js/tweets/2013_01.js": month}))
    assert len(both) == 2 and sum(reasons(both, "left_out").values()) == 1


def test_community_posts_count_as_posts() -> None:
    archive = read(
        make_zip(
            {
                "data/tweets.js": js([tweet(1, "a")]),
                "data/community-tweet.js": js([tweet(2, "b", community_id="5")], "community_tweet"),
            }
        )
    )
    assert texts(archive, "post") == ["a", "b"]


def test_only_likes_is_a_problem() -> None:
    with pytest.raises(Problem, match="no words of yours"):
        read(js([{"tweetId": "1", "fullText": "x"}], "like", "like"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sat Aug 12 16:10:37 +0000 2023", datetime(2023, 8, 12, 16, 10, 37)),
        ("Mon Aug 12 16:10:37 +0000 2023", datetime(2023, 8, 12, 16, 10, 37)),
        ("Sat Aug 12 16:10:37 +0200 2023", datetime(2023, 8, 12, 14, 10, 37)),
        ("Sat Aug 12 16:10:37 -0530 2023", datetime(2023, 8, 12, 21, 40, 37)),
        ("Sat Agu 12 16:10:37 +0000 2023", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text: object, expected: datetime | None) -> None:
    ms = tweet_ms(text)
    assert ms == (
        None if expected is None else (expected - datetime(1970, 1, 1)).total_seconds() * 1000
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id_str", "full_text", "entities", "urls", "url", "indices", "created_at", "edit_info",
                         "edit", "initial", "editTweetIds", "initialTweetId", "user_mentions", "screen_name", "core",
                         "text", "createdAt", "messages", "messageCreate", "conversationId", "senderId",
                         "in_reply_to_status_id_str", "in_reply_to_user_id_str", "media", "mediaUrls"]),
        inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(json_values, max_size=4),
    st.sampled_from(
        [("tweets", "tweet"), ("direct_messages", "dmConversation"), ("note_tweet", "noteTweet")]
    ),
    st.booleans(),
)
def test_strange_objects_raise_only_problems(
    items: list, names: tuple[str, str], bare: bool
) -> None:
    name, wrapper = names
    data = json.dumps([i if bare else {wrapper: i} for i in items])
    read_or_problem(f"window.YTD.{name}.part0 = {data}", "x.js")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400))
def test_spoiled_bytes_raise_only_problems(noise: bytes, place: int) -> None:
    data = js([tweet(n, f"post {n}") for n in range(3)]).encode()
    read_or_problem(data[:place] + noise + data[place:], "tweets.js")
