"""LinkedIn's data archive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.readers import linkedin, read_archive
from core.readers.linkedin import mended
from tests.readers_account_exports import LINKEDIN
from tests.readers_checks import damaged, fuzz, only_problems, read_with, zip_of


def test_messages_posts_and_comments():
    archive = read_with(linkedin, ("Complete_LinkedInDataExport.zip", zip_of(LINKEDIN)))
    rows = archive.frame()[["conversation", "author", "kind", "text"]].astype(str).values.tolist()
    assert rows == [
        ["2-a", "Mara Voss", "message", "Where is the kettle & co?"],
        ["2-a", "Ilse Kamp", "message", "Under the stairs"],
        ["2-c", "Odo Ray", "message", "Rain"],
        ["posts", "Ilse Kamp", "post", "Earlier"],
        ["posts", "Ilse Kamp", "post", "First line\nsecond line"],
        ["comments", "Ilse Kamp", "reply", "Well said"],
    ]
    assert archive.missing_rows == 1
    assert archive.titles["2-a"] == "Mara Voss, Ilse Kamp"
    assert archive.me is not None and archive.me.name == "Ilse Kamp"
    assert str(archive.frame()["sent_at"][0]) == "2025-01-02 10:00:00"


def test_the_owner_without_a_profile_takes_part_everywhere():
    text = LINKEDIN["messages.csv"] + (
        "2-c,,Ilse Kamp,https://l/ilse,Odo Ray,https://l/odo,2025-01-04 11:00:00 UTC,,Yes,INBOX\n"
    )
    owner = read_with(linkedin, ("messages.csv", text)).me
    assert owner is not None and owner.name == "Ilse Kamp"


def test_quotes_around_line_breaks_go_and_others_stay():
    assert mended('a"\n"b') == "a\nb"
    assert mended('say "hi"\nnow') == 'say "hi"\nnow'


def test_read_archive_recognises_it():
    assert read_archive(LINKEDIN["messages.csv"].encode(), name="x").source == "linkedin"
    assert read_archive(LINKEDIN["Shares.csv"].encode(), name="x").source == "linkedin"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    files = {name: damaged(data.draw, text.encode()) for name, text in LINKEDIN.items()}
    only_problems(linkedin, ("export.zip", zip_of(files)))
