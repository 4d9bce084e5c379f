"""Google Chat in a Takeout."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.readers import google_chat, read_archive
from tests.readers_account_exports import mail_text, mbox_of
from tests.readers_chat_exports import google_chat_takeout
from tests.readers_checks import damaged, dumped, fuzz, mangled, only_problems, read_with, zip_of


def test_a_direct_chat_and_a_space():
    archive = read_with(google_chat, ("takeout.zip", zip_of(google_chat_takeout())))
    frame = archive.frame()
    assert frame["kind"].tolist() == [
        "message", "message", "media", "message", "deleted", "message", "system", "message",
    ]  # fmt: skip
    assert frame["conversation"].astype(str).tolist() == ["DM abc"] * 5 + [
        "Space xyz/a",
        "Space xyz/b",
        "Space xyz/a",
    ]
    assert str(frame["sent_at"][0]) == "2025-02-10 15:01:22"
    assert frame["reply_to"][3] == frame["id"][1] and frame["reply_to"][7] == frame["id"][5]
    assert archive.titles["Space xyz/a"] == "Attic"
    assert archive.titles["DM abc"] == "Mara Voss, Ilse Kamp"
    assert archive.me is not None and archive.me.name == "Ilse Kamp"


def test_without_the_account_the_owner_is_the_one_in_every_group():
    files = {path: v for path, v in google_chat_takeout().items() if "Users/" not in path}
    owner = read_with(google_chat, ("takeout.zip", zip_of(files))).me
    assert owner is not None and owner.name == "Ilse Kamp"


def test_read_archive_recognises_it():
    assert read_archive(zip_of(google_chat_takeout()), name="x").source == "google_chat"


def test_mail_in_the_same_takeout_is_read_as_well():
    files = google_chat_takeout() | {"Takeout/Mail/Sent.mbox": mbox_of(mail_text("by mail"))}
    archive = read_archive(zip_of(files), name="takeout.zip")
    assert archive.source == "several" and len(archive) == 9
    assert "by mail" in set(archive.frame()["text"])


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    files = {}
    for path, value in google_chat_takeout().items():
        content = dumped(mangled(data.draw, value, 0.1))
        files[path] = damaged(data.draw, content) if data.draw(st.integers(0, 4)) == 0 else content
    only_problems(google_chat, ("takeout.zip", zip_of(files)))
