"""Masking a whole frame: what comes out of it, and the way back."""

from __future__ import annotations

import pandas as pd
import pytest

from core.messages import make_frame
from core.privacy import Settings, from_json, mask_frame, restore, scan_frame, to_json

ROWS = [
    ("Anna Schmidt", "Hi Tom, my number is 0171 5583921, mail anna@x.de", "a"),
    ("Tom Becker", "thx Anna, anna schmidt! password is Hund!77 and Jessica says hi", "a"),
    ("Mom ❤️", "https://foo.com/bar and what will be will be", "b"),
    ("+49 171 5583921", "meine IBAN DE89 3704 0044 0532 0130 00, mom kommt", "b"),
    ("王小明", "小明在这里, 密码是baozi12", "c"),
    (None, "Anna Schmidt added you", "a"),
]


def frame_of(rows: list) -> pd.DataFrame:
    count = len(rows)
    return make_frame(
        {
            "id": [str(i) for i in range(count)],
            "conversation": [row[2] for row in rows],
            "sent_at": [None] * count,
            "author": [row[0] for row in rows],
            "text": [row[1] for row in rows],
            "kind": ["message"] * count,
            "reply_to": [None] * count,
        }
    )


def test_nothing_personal_is_left_and_the_way_back_exists():
    frame = frame_of(ROWS)
    masked = mask_frame(frame, ["Anna Schmidt"], Settings())
    everything = masked.frame["text"].str.cat(sep="\n") + masked.frame["author"].str.cat(sep="\n")
    for secret in ("Anna", "anna", "schmidt", "Tom", "Becker", "5583921", "x.de", "Hund!77"):
        assert secret not in everything
    for secret in ("Jessica", "foo.com", "3704", "小明", "baozi12"):
        assert secret not in everything
    assert "what will be will be" in everything and "mom kommt" in everything
    assert masked.me == (masked.frame["author"].iloc[0],)
    assert masked.frame["author"].isna().tolist() == frame["author"].isna().tolist()
    assert list(masked.frame.columns) == list(frame.columns)
    assert masked.frame.dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()
    back = [restore(text, masked.map) for text in masked.frame["text"]]
    assert back[0].startswith("Hi Tom, my number is [phone]")
    assert back[1] == "thx Anna, anna schmidt! password is [secret] and Jessica says hi"
    assert back[4].startswith("小明在这里")


def test_counts_per_kind_and_conversation_add_up():
    masked = mask_frame(frame_of(ROWS), [], Settings())
    assert masked.counts["phone"] == 1 and masked.counts["secret"] == 2
    assert masked.by_conversation.sum().to_dict() == masked.counts
    assert masked.by_conversation.loc["b", "iban"] == 1
    assert masked.removed == () and masked.notes == []


def test_off_changes_nothing():
    frame = frame_of(ROWS)
    masked = mask_frame(frame, ["Anna Schmidt"], Settings(mode="off"))
    assert masked.frame is frame and masked.me == ("Anna Schmidt",)


@pytest.mark.parametrize("seed", [0, 7])
def test_stand_ins_are_stable_for_a_growing_archive(seed):
    settings = Settings(seed=seed)
    first = mask_frame(frame_of(ROWS), [], settings)
    more = frame_of([*ROWS, ("Zoe", "Jessica and Konstantin met Anna", "d")])
    again = mask_frame(more, [], settings, known=first.map)
    assert again.map.authors.items() >= first.map.authors.items()
    assert again.map.words.items() >= first.map.words.items()


def test_different_authors_never_share_a_name():
    rows = [
        (name, "hi", "a") for name in ("Anna", "Anna 🌸", "anna", "🌸", "💀", "Anna S.", "  ", "A")
    ]
    masked = mask_frame(frame_of(rows), [], Settings())
    names = masked.frame["author"].dropna()
    assert names.nunique() == len(names) == 7


def test_a_scan_of_the_whole_archive_serves_a_part_of_it():
    frame = frame_of(ROWS)
    scan = scan_frame(frame, [], Settings())
    part = frame.iloc[:2].reset_index(drop=True)
    masked = mask_frame(part, [], Settings(), scan=scan)
    assert (
        masked.frame["text"].tolist()
        == mask_frame(frame, [], Settings()).frame["text"].tolist()[:2]
    )


def test_the_map_survives_a_file():
    masked = mask_frame(frame_of(ROWS), [], Settings())
    assert from_json(to_json(masked.map)) == masked.map
