"""Zips whose end is missing: whole members are read, and it is said what is lost."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from tests.core.reading import read, read_or_problem, reasons
from tests.readers_account_exports import mastodon_archive

POSTS = [
    {"id_str": str(n), "full_text": f"post {n}", "created_at": "Sat Aug 12 16:10:37 +0000 2023"}
    for n in range(1, 401)
]
TWEETS = "window.YTD.tweets.part0 = " + json.dumps([{"tweet": post} for post in POSTS])
FILES = {
    "data/account.js": 'window.YTD.account.part0 = [{"account":{"accountId":"9","username":"ann"}}]',
    "data/tweets.js": TWEETS,
    "data/tweets_media/1.jpg": random.Random(1).randbytes(20_000),
}


class _Pipe(io.RawIOBase):
    """Somewhere that cannot be sought in: sizes are written after each member."""

    def __init__(self) -> None:
        self.data = io.BytesIO()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        return self.data.write(data)


def packed(*, pipe: bool = False, method: int = zipfile.ZIP_DEFLATED, wide: bool = False) -> bytes:
    out: io.RawIOBase | io.BytesIO = _Pipe() if pipe else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, content in FILES.items():
            with archive.open(path, "w", force_zip64=wide) as member:
                member.write(content.encode() if isinstance(content, str) else content)
    return (out.data if isinstance(out, _Pipe) else out).getvalue()


WAYS = [
    {},
    {"pipe": True},
    {"method": zipfile.ZIP_STORED},
    {"wide": True},
    {"wide": True, "pipe": True},
]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_whole_members_are_read(way):
    data = packed(**way)
    archive = read(data[: data.index(b"data/tweets_media") + 1000], "twitter.zip")
    assert len(archive) == 400
    assert archive.me is not None and archive.me.name == "ann"
    (lost,) = reasons(archive, "warning")
    assert "2 of its files are whole" in lost and "1.jpg was read as far as it goes" in lost


@pytest.mark.parametrize("way", WAYS[:2], ids=str)
def test_a_lost_table_of_contents_loses_nothing(way):
    archive = read(packed(**way)[:-30], "twitter.zip")
    assert len(archive) == 400
    assert list(reasons(archive, "warning")) == [
        "twitter.zip has lost its table of contents; its 3 files are whole"
    ]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_member_that_is_cut_is_read_as_far_as_it_goes(way):
    data = packed(**way)
    archive = read(data[: data.index(b"data/tweets.js") + 600], "twitter.zip")
    assert 0 < len(archive) < 400
    lost = " ".join(reasons(archive, "warning"))
    assert "data/tweets.js was read as far as it goes" in lost


def test_nothing_of_use_in_the_part_that_is_there():
    data = packed()
    with pytest.raises(Problem, match="cut off"):
        read(data[: data.index(b"data/tweets.js") - 30], "twitter.zip")


def test_a_bomb_without_its_end_is_not_unpacked():
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_chat.txt", b"0" * 80_000_000)
    with pytest.raises(Problem):
        read(out.data.getvalue()[:-30], "a.zip")


def test_half_a_tar_says_what_is_missing():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (
            *((name, json.dumps(value).encode()) for name, value in mastodon_archive().items()),
            ("media/a.jpg", bytes(50_000)),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    whole = read(gzip.compress(out.getvalue()), "archive.tar.gz")
    half = read(out.getvalue()[:-45_000], "archive.tar")
    assert len(half) == len(whole) and any("cut off" in r for r in reasons(half, "warning"))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(WAYS).map(lambda way: packed(**way)),
    st.integers(0, 40_000),
    st.binary(max_size=12),
    st.integers(0, 40_000),
)
def test_any_spoiled_half_raises_only_problems(data, end, noise, place):
    half = data[: max(4, end % len(data))]
    place %= len(half)
    read_or_problem(half[:place] + noise + half[place + len(noise) :], "twitter.zip")
