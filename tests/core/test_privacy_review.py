"""The review table and what a person decides in it."""

from __future__ import annotations

import pandas as pd
import pytest

from core.messages import make_frame
from core.privacy import (
    Settings,
    before_and_after,
    decide,
    mask_frame,
    mask_titles,
    restore,
    review_table,
    scan_frame,
)
from core.privacy.review import TABLE_COLUMNS

TEXTS = [
    ("Anna Schmidt", "Hi Tom, call 0171 5583921 or 0171 5583921"),
    ("Tom Becker", "anna, the password is Hund!77"),
    ("Tom Becker", "Rose petals, and Anna should ask Jessica about blueberry"),
    ("Anna Schmidt", "meet Jessica at 5, https://www.youtube.com/watch?v=1"),
    ("Anna Schmidt", "ok"),
]


def frame_of(rows: list) -> pd.DataFrame:
    count = len(rows)
    return make_frame(
        {
            "id": [f"m{i}" for i in range(count)],
            "conversation": ["c1"] * count,
            "sent_at": [None] * count,
            "author": [row[0] for row in rows],
            "text": [row[1] for row in rows],
            "kind": ["message"] * count,
            "reply_to": [None] * count,
        }
    )


FRAME = frame_of(TEXTS)


def texts(settings: Settings) -> str:
    return mask_frame(FRAME, [], settings).frame["text"].str.cat(sep="\n")


def test_every_find_is_one_row_with_count_and_context():
    table = review_table(FRAME, Settings())
    assert tuple(table.columns) == TABLE_COLUMNS
    rows = table.set_index("found")
    assert rows.loc["Jessica", "count"] == 2
    assert rows.loc["0171 5583921", "count"] == 2
    assert rows.loc["0171 5583921", "kind"] == "phone number"
    assert rows.loc["0171 5583921", "replacement"] == "[phone]"
    assert "|Hund!77|" in rows.loc["Hund!77", "example"]
    assert rows.loc["anna", "count"] == 2
    assert bool(rows.loc["Jessica", "mask"]) and not bool(rows.loc["Rose", "mask"])


def test_the_tables_replacement_is_what_masking_writes():
    settings = Settings(seed=5)
    scan = scan_frame(FRAME, [], settings)
    table = review_table(FRAME, settings, scan=scan)
    masked = mask_frame(FRAME, [], settings, scan=scan)
    everything = masked.frame["text"].str.cat(sep="\n")
    for row in table[table["mask"]].itertuples():
        assert row.replacement.lower() in everything.lower()


@pytest.mark.parametrize(
    ("found", "column", "value", "there", "gone"),
    [
        ("Rose", "mask", True, None, "Rose"),
        ("Jessica", "mask", False, "Jessica", None),
        ("0171 5583921", "replacement", "a number", "call a number or a number", "5583921"),
        ("Hund!77", "replacement", "", "the password is", "Hund"),
    ],
)
def test_what_is_edited_is_done(found, column, value, there, gone):
    table = review_table(FRAME, Settings())
    edited = table.copy()
    edited.loc[edited["found"] == found, column] = value
    settings = decide(Settings(), table, edited)
    result = texts(settings)
    assert there is None or there in result
    assert gone is None or gone not in result
    again = review_table(FRAME, settings).set_index("found")
    assert again.loc[found, column] == value


def test_ticking_and_clearing_again_leaves_nothing_behind():
    table = review_table(FRAME, Settings())
    edited = table.assign(mask=~table["mask"])
    settings = decide(Settings(), table, edited)
    assert set(settings.allowed) | set(settings.ticked) == set(table["found"])
    back = decide(settings, edited, table)
    assert not set(map(str.lower, back.allowed)) & {"anna", "jessica"}
    assert texts(back) == texts(Settings())


def test_a_chosen_name_holds_for_every_form_of_the_name():
    settings = Settings(replacements=(("Anna", "Zelda"),))
    masked = mask_frame(FRAME, ["Anna Schmidt"], settings)
    assert masked.me[0].startswith("Zelda ")
    assert "zelda, the password" in masked.frame["text"].iloc[1]
    assert restore("ask Zelda", masked.map) == "ask Anna"


def test_own_words_are_masked_wherever_they_stand():
    result = texts(Settings(words=("BLUEBERRY", "meet")))
    assert "[private]" in result and "blueberry" not in result and "meet" not in result.lower()


def test_an_own_word_that_is_a_name_gets_a_name():
    rows = [("A", "then Zzyzx came"), ("B", "hello")]
    masked = mask_frame(frame_of(rows), [], Settings(words=("Zzyzx",)))
    text = masked.frame["text"].iloc[0]
    assert "Zzyzx" not in text and "[" not in text
    assert restore(text, masked.map) == "then Zzyzx came"


def test_the_allow_list_wins_over_every_finder():
    assert "0171 5583921" in texts(Settings(allowed=("0171 5583921",)))
    assert "Hund!77" in texts(Settings(allowed=("hund!77",)))


def test_domains_can_be_kept():
    assert "youtube.com" in texts(Settings(keep_domain=True))
    assert "watch" not in texts(Settings(keep_domain=True))
    named = frame_of([("Anna Schmidt", "https://anna-schmidt.example/x and http://[bad")])
    masked = mask_frame(named, [], Settings(keep_domain=True)).frame["text"].iloc[0]
    assert "schmidt" not in masked.lower()


def test_before_and_after_shows_changed_messages_only():
    masked = mask_frame(FRAME, [], Settings())
    view = before_and_after(FRAME, masked)
    assert view["id"].tolist() == ["m0", "m1", "m2", "m3"]
    assert view["before"].tolist() == [row[1] for row in TEXTS[:4]]
    assert all(before != after for before, after in zip(view["before"], view["after"], strict=True))
    assert len(before_and_after(FRAME, masked, most=2)) == 2


def test_titles_do_not_name_anybody():
    masked = mask_frame(FRAME, [], Settings())
    assert mask_titles({"c1": "Tom Becker"}, FRAME, masked) == {
        "c1": masked.map.authors["Tom Becker"]
    }
    assert mask_titles({"c1": "Anna & the gang"}, FRAME, masked) == {"c1": "Conversation 1"}


def test_an_empty_archive_has_an_empty_table():
    empty = FRAME.iloc[:0]
    assert review_table(empty, Settings()).empty
    assert mask_frame(empty, [], Settings()).frame.empty
