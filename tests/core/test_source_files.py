"""Which file a message came from, for archives of one file, several, and a zip."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from core.privacy import Settings, mask_frame
from core.readers import read_archive
from core.source_files import by_folder, file_table, files_of_runs
from tests.core.reading import make_zip
from tests.readers_account_exports import mail_text, mbox_of


def test_runs():
    files = files_of_runs([("a", 2), ("b", 0), ("a", 1), ("c", 1)])
    assert list(files) == ["a", "a", "a", "c"]
    assert list(files.categories) == ["a", "c"]


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        (9, ["x.zip/a/1", "x.zip/a/2", "x.zip/b", "y.txt"]),
        (3, ["x.zip/a", "x.zip/a", "x.zip/b", "y.txt"]),
        (2, ["x.zip", "x.zip", "x.zip", "y.txt"]),
        (1, ["x.zip", "x.zip", "x.zip", "y.txt"]),
    ],
)
def test_many_files_are_shown_folder_by_folder(most, shown):
    assert list(by_folder(["x.zip/a/1", "x.zip/a/2", "x.zip/b", "y.txt"], most).values()) == shown


def whatsapp(other: str, days: range) -> bytes:
    lines = [f"{day:02}/03/2024, 10:00 - {other}: day {day} with {other}" for day in days]
    lines += [f"{day:02}/03/2024, 11:00 - Me: an answer on day {day}" for day in days]
    return "\n".join(sorted(lines)).encode()


def tweets(*numbers: int, part: str = "part0") -> bytes:
    posts = [
        {"tweet": {"id_str": str(n), "full_text": f"post {n}", "created_at": f"2024-03-{n:02}"}}
        for n in numbers
    ]
    return f"window.YTD.tweets.{part} = {json.dumps(posts)}".encode()


SEVERAL = {
    "two chats": (
        [("a.txt", whatsapp("Ann", range(10, 15))), ("b.txt", whatsapp("Bo", range(10, 18)))],
        {"a.txt": 10, "b.txt": 16},
    ),
    "one chat exported twice": (
        [("new.txt", whatsapp("Ann", range(10, 22))), ("old.txt", whatsapp("Ann", range(10, 15)))],
        {"new.txt": 24},
    ),
    "one chat exported twice, each with days of its own": (
        [("new.txt", whatsapp("Ann", range(12, 22))), ("old.txt", whatsapp("Ann", range(10, 15)))],
        {"new.txt": 14, "old.txt": 10},
    ),
    "parts of X, dates mixed": (
        [
            (
                "x.zip",
                make_zip(
                    {
                        "data/tweets.js": tweets(10, 12, 14),
                        "data/tweets-part1.js": tweets(11, 13, part="part1"),
                    }
                ),
            )
        ],
        {"x.zip/data/tweets.js": 3, "x.zip/data/tweets-part1.js": 2},
    ),
    "two tables of turns": (
        [("a.csv", b"Q;A\nhi;ho\nhe;ha\n"), ("b.csv", b"Q;A\nwho;me\n")],
        {"a.csv": 4, "b.csv": 2},
    ),
    "two formats": (
        [("a.txt", whatsapp("Ann", range(10, 15))), ("b.csv", b"Q;A\nwho;me\n")],
        {"a.txt": 10, "b.csv": 2},
    ),
    "folders of mail": (
        [
            (
                "mail.zip",
                make_zip(
                    {
                        "in.mbox": mbox_of(mail_text("hi", id="<a@x>")),
                        "out.mbox": mbox_of(mail_text("ho", id="<b@x>")),
                    }
                ),
            )
        ],
        {"mail.zip/in.mbox": 1, "mail.zip/out.mbox": 1},
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_every_message_knows_its_file(name):
    files, expected = SEVERAL[name]
    archive = read_archive(files)
    counts = pd.Series(archive.files).value_counts()
    assert {str(file): int(n) for file, n in counts.items()} == expected
    table = file_table(archive, [name for name, _ in files])
    assert table["messages"].sum() == len(archive)
    for dropped, _ in files:
        assert table["file"].str.startswith(dropped).any(), "a silent file is listed, too"


def test_the_right_message_has_the_right_file():
    (archive,) = (read_archive(SEVERAL["parts of X, dates mixed"][0]),)
    texts = dict(zip(archive.frame()["text"], archive.files, strict=True))
    assert texts["post 11"].endswith("part1.js") and texts["post 12"].endswith("tweets.js")


def test_threads_of_meta_in_several_files():
    def thread(*numbers: int) -> str:
        messages = [
            {"sender_name": "Zoe", "timestamp_ms": 1_700_000_000_000 + n, "content": f"message {n}"}
            for n in numbers
        ]
        return json.dumps({"participants": [{"name": "Zoe"}], "messages": messages})

    folder = "your_facebook_activity/messages/inbox/zoe_1/"
    data = make_zip(
        {folder + "message_1.json": thread(5, 4, 3), folder + "message_2.json": thread(3, 2)}
    )
    archive = read_archive(data, name="fb.zip")
    found = dict(zip(archive.frame()["text"], archive.files, strict=True))
    assert found["message 5"].endswith("message_1.json")
    assert found["message 2"].endswith("message_2.json")
    assert len(found) == 4


def test_finds_per_file():
    files, _ = SEVERAL["two chats"]
    files = [(name, data.replace(b"an answer", b"see https://x.example/a")) for name, data in files]
    archive = read_archive(files)
    masked = mask_frame(archive.frame(), ["Me"], Settings(), files=archive.files)
    assert masked.by_file["url"].to_dict() == {"a.txt": 5, "b.txt": 8}
    assert masked.by_file.sum().to_dict() == masked.counts


def test_without_files_nothing_is_claimed():
    archive = read_archive([("a.txt", whatsapp("Ann", range(10, 15)))])
    assert mask_frame(archive.frame(), ["Me"], Settings()).by_file.empty
