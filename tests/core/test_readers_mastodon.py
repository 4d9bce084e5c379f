"""Mastodon's archive."""

from __future__ import annotations

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from core.readers import mastodon, read_archive
from tests.readers_account_exports import mastodon_archive
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


def test_posts_replies_boosts_and_polls():
    archive = read_with(mastodon, ("archive.zip", zip_of(mastodon_archive())))
    frame = archive.frame()
    rows = frame[["conversation", "kind", "text"]].astype(str).values.tolist()
    assert rows == [
        ["public", "post", "Kettle\nsings & sings\n\nsee a.b/c"],
        ["public", "reply", "under the stairs"],
        ["followers", "reply", "more"],
        ["direct", "post", "secret"],
        ["public", "media", ""],
        ["unlisted", "poll", "Lemons or limes?"],
        ["public", "repost", "https://else/2"],
    ]
    assert archive.missing_rows == 1
    assert frame["reply_to"][2] == frame["id"][0]
    assert archive.me is not None and archive.me.name == "Ilse K."
    assert str(frame["sent_at"][0]) == "2023-01-01 10:00:00"
    assert archive.titles["direct"] == "Private mentions"


def test_a_tar_and_a_bare_outbox_give_the_same():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, value in mastodon_archive().items():
            info = tarfile.TarInfo(path)
            data = as_bytes(value)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    whole = read_archive(packed.getvalue(), name="archive-2023.tar.gz")
    bare = read_archive(as_bytes(mastodon_archive()["outbox.json"]), name="x")
    assert whole.source == bare.source == "mastodon"
    assert whole.frame()["text"].tolist() == bare.frame()["text"].tolist()


def test_two_archives_of_one_account_count_once():
    packed = zip_of(mastodon_archive())
    archive = read_with(mastodon, ("a.zip", packed), ("b.zip", packed))
    assert len(archive) == 7 and archive.raw_count == 16


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    files = mastodon_archive()
    content = dumped(mangled(data.draw, files["outbox.json"]))
    if data.draw(st.booleans()):
        content = damaged(data.draw, content)
    files["outbox.json"] = content
    files["actor.json"] = dumped(mangled(data.draw, files["actor.json"], 0.3))
    only_problems(mastodon, ("archive.zip", zip_of(files)))
