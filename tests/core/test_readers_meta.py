"""Messenger and Instagram: both downloads, posts and comments; Threads."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import Problem
from core.readers import meta, read_archive, threads
from core.readers.meta_text import all_repaired, is_notice, reaction_notices, repaired
from tests.readers_chat_exports import meta_clean_thread, meta_thread, misread
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

INBOX = "your_facebook_activity/messages/inbox"


def thread_of(*messages: dict, **thread) -> dict:
    """A thread with these messages, oldest given first, damaged as Meta does it."""
    whole = [
        {"sender_name": "Zoë Ådahl", "timestamp_ms": 1_600_000_000_000 + i * 1000} | message
        for i, message in enumerate(messages)
    ]
    return misread(meta_thread(0) | {"messages": whole[::-1]} | thread)


KINDS = [
    ({"content": "hello"}, "message"),
    ({"content": "Zoë is a strange name."}, "message"),
    ({"content": "You called me crazy"}, "message"),
    ({"content": "look", "photos": [{"uri": "x.jpg"}]}, "message"),
    ({"photos": [{"uri": "x.jpg"}]}, "media"),
    ({"share": {"link": "https://x"}}, "media"),
    ({"content": "Zoë Ådahl sent an attachment.", "share": {"link": "https://x"}}, "media"),
    ({"content": "You sent an attachment.", "share": {"link": "https://x"}}, "media"),
    ({"content": "Zoë Ådahl named the group Tea.", "type": "Generic"}, "system"),
    ({"content": "Reacted 😂 to your message "}, "system"),
    ({"content": "Liked a message"}, "system"),
    ({"content": "You missed a video call from Zoë."}, "call"),
    ({"content": "Zoë Ådahl called you.", "type": "Call"}, "call"),
    ({"content": "x", "call_duration": 12}, "call"),
    ({"is_unsent": True}, "deleted"),
    ({"content": "joined", "type": "Subscribe"}, "system"),
]


@pytest.mark.parametrize(("message", "kind"), KINDS)
def test_kinds(message, kind):
    frame = read_with(meta, ("message_1.json", thread_of(message))).frame()
    assert frame["kind"][0] == kind


@pytest.mark.parametrize("text", ["Café 🙂", "Привет", "plain", "明日"])
def test_damaged_letters_are_repaired(text):
    assert repaired(misread(text)) == text


@pytest.mark.parametrize("text", ["Café", "Привет", "naïve Ã", "½"])
def test_a_text_that_is_not_damaged_stays(text):
    assert repaired(text) == text


@given(st.lists(st.one_of(st.text(max_size=8), st.text(max_size=8).map(misread)), max_size=6))
def test_many_texts_are_repaired_as_one_by_one(texts):
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    assert all_repaired(texts).to_pylist() == [repaired(text) for text in texts]


@pytest.mark.parametrize("text", ["", " ", "\u00a0", "\u2003\n", "\u3000"])
def test_a_text_of_spaces_is_no_message(text):
    kinds = read_with(meta, ("message_1.json", thread_of({"content": text}))).frame()["kind"]
    assert kinds[0] == "media"


def test_the_usual_type_of_old_downloads_is_no_notice():
    kinds = read_with(
        meta,
        (
            "message_1.json",
            thread_of({"content": "hi", "type": "Generic"}, {"content": "hi", "type": "Subscribe"}),
        ),
    ).frame()["kind"]
    assert list(kinds) == ["message", "system"]


def test_names_titles_and_order_come_out_right():
    data = zip_of({f"{INBOX}/zoe_1/message_1.json": misread(meta_thread(40))})
    archive = read_with(meta, ("facebook.zip", data))
    frame = archive.frame()
    assert set(frame["author"].cat.categories) == {"Zoë Ådahl", "Ilse Kamp"}
    assert list(archive.titles.values()) == ["Zoë Ådahl"]
    assert frame["sent_at"].is_monotonic_increasing
    assert archive.me is not None and archive.me.name == "Ilse Kamp"


def test_a_thread_split_over_files_and_zips_is_one():
    whole = meta_thread(60)
    newest, middle, oldest = (whole["messages"][i : i + 20] for i in (0, 20, 40))
    first = zip_of(
        {
            f"{INBOX}/zoe_1/message_1.json": misread(whole | {"messages": newest}),
            f"{INBOX}/zoe_1/message_2.json": misread(whole | {"messages": middle}),
        }
    )
    second = zip_of(
        {
            "messages/inbox/zoe_1/message_2.json": misread(whole | {"messages": middle}),
            "messages/inbox/zoe_1/message_3.json": misread(whole | {"messages": oldest}),
        }
    )
    archive = read_with(meta, ("facebook-1.zip", first), ("facebook-2.zip", second))
    frame = archive.frame()
    assert len(frame) == 60 and archive.missing_rows == 20
    assert frame["conversation"].nunique() == 1 and frame["sent_at"].is_monotonic_increasing


def test_equal_messages_in_one_file_are_kept():
    twin = {"content": "ok", "timestamp_ms": 1_600_000_000_000}
    archive = read_with(meta, ("message_1.json", thread_of(twin, twin)))
    assert len(archive) == 2


def test_the_profile_names_the_owner():
    files = {
        f"{INBOX}/zoe_1/message_1.json": misread(meta_thread(10)),
        "personal_information/profile_information.json": {
            "profile_v2": {"name": {"full_name": "Ilse Kamp"}}
        },
    }
    owner = read_with(meta, ("facebook.zip", zip_of(files))).me
    assert owner is not None and owner.name == "Ilse Kamp" and "profile" in owner.reason


def test_the_owner_takes_part_in_every_thread():
    files = {
        f"your_instagram_activity/messages/inbox/t_{i}/message_1.json": misread(
            meta_thread(10, i, other=f"Other {i}")
        )
        for i in range(5)
    }
    owner = read_with(meta, ("instagram.zip", zip_of(files))).me
    assert owner is not None and owner.name == "Ilse Kamp" and "5 of 5" in owner.reason


def test_secure_storage_is_read_as_it_is():
    odd = {
        "messages": [{"senderName": "Zoë Ådahl", "text": "cafÃ©", "timestamp": 1, "type": "text"}]
    }
    files = {
        "messages/Zoë Ådahl_1.json": meta_clean_thread(30, 1),
        "messages/Zoë Ådahl_2.json": meta_clean_thread(0, 2) | odd,
    }
    archive = read_with(meta, ("messages.zip", zip_of(files)))
    frame = archive.frame()
    assert len(frame) == 31 and "cafÃ©" in set(frame["text"])
    assert set(archive.titles.values()) == {"Zoë Ådahl"}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"isUnsent": True, "text": ""}, "deleted"),
        ({"media": [{"uri": "x"}], "text": "", "type": "media"}, "media"),
        ({"text": "Failed to download media", "type": "media"}, "media"),
        ({"text": "User unsent a message", "type": "placeholder"}, "deleted"),
        ({"text": "Something", "type": "placeholder"}, "system"),
    ],
)
def test_kinds_of_secure_storage(message, kind):
    thread = meta_clean_thread(1)
    thread["messages"][0].update(message)
    assert read_with(meta, ("Zoë_1.json", thread)).frame()["kind"][0] == kind


def test_unknown_reaction_wordings_are_found_by_their_emoji():
    wordings = [f"Zareagowano {e} na twoją wiadomość" for e in "😂❤👍😮😂"]
    counts = Counter([*wordings, "I like 🍋 very much"])
    assert reaction_notices(counts) == set(wordings)
    assert not is_notice("Liked a message that I sent")


def test_posts_captions_and_comments():
    files = {
        "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json": misread(
            [
                {"timestamp": 1600000000, "data": [{"post": "Kettle café"}], "title": "Ilse"},
                {"timestamp": 1500000000, "data": [], "title": "Ilse updated her status."},
            ]
        ),
        "your_facebook_activity/comments_and_reactions/comments.json": {
            "comments_v2": [
                {"timestamp": 5, "data": [{"comment": {"comment": "ha", "timestamp": 5}}]}
            ]
        },
        "your_instagram_activity/content/posts_1.json": misread(
            [{"media": [{"title": "Lemons 🍋", "creation_timestamp": 1600000000, "uri": "x"}]}]
        ),
    }
    archive = read_with(meta, ("download.zip", zip_of(files)))
    rows = archive.frame()[["conversation", "kind", "text"]].astype(str).values.tolist()
    assert rows == [
        ["posts", "media", ""],
        ["posts", "post", "Kettle café"],
        ["captions", "post", "Lemons 🍋"],
        ["comments", "reply", "ha"],
    ]


def test_threads_posts():
    document = misread(
        {
            "text_post_app_text_posts": [
                {"media": [{"title": "Füße kalt", "creation_timestamp": 1700000000,
                            "text_app_post": {"is_reply": True}}]},
                {"media": [{"title": "morning", "creation_timestamp": 1690000000}]},
            ]
        }
    )  # fmt: skip
    path = "your_instagram_activity/threads/threads_and_replies.json"
    archive = read_with(threads, ("instagram.zip", zip_of({path: document})))
    assert archive.frame()["text"].tolist() == ["morning", "Füße kalt"]
    assert archive.frame()["kind"].tolist() == ["post", "reply"]
    assert archive.me is not None
    both = zip_of({path: document, f"{INBOX}/zoe_1/message_1.json": misread(meta_thread(3))})
    assert read_archive(both, name="x.zip").source == "meta"
    assert len(read_archive(both, name="x.zip")) == 5


def test_an_html_download_is_refused_with_the_right_export():
    page = "<html><head><title>Messages</title></head><body class='_5vb_'>Facebook</body></html>"
    with pytest.raises(Problem) as caught:
        read_archive(zip_of({f"{INBOX}/zoe_1/message_1.html": page}), name="facebook.zip")
    assert "JSON" in caught.value.hint


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    thread, name = data.draw(
        st.sampled_from(
            [
                (misread(meta_thread(4)), "inbox/a_1/message_1.json"),
                (meta_clean_thread(4), "messages/Zoë_1.json"),
                (
                    {"text_post_app_text_posts": [{"media": [{"title": "x"}]}]},
                    "threads_and_replies.json",
                ),
                ([{"timestamp": 1, "data": [{"post": "x"}]}], "your_posts_1.json"),
            ]
        )
    )
    if data.draw(st.booleans()):
        content = dumped(mangled(data.draw, thread))
    else:
        content = damaged(data.draw, as_bytes(thread))
    reader = threads if "threads" in name else meta
    only_problems(reader, ("x.zip", zip_of({name: content, "other.txt": "x"})))
