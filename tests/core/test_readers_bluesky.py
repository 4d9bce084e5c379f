"""Bluesky's repo.car, and the CBOR in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readers import bluesky, read_archive
from core.readers.cbor import Damaged, decode
from tests.readers_account_exports import bluesky_records, car_of, cbor
from tests.readers_checks import damaged, fuzz, only_problems, read_with


def test_posts_in_the_order_of_their_dates():
    archive = read_with(bluesky, ("repo.car", car_of(*bluesky_records())))
    frame = archive.frame()
    assert frame["text"].tolist() == ["yes!", "Kettle sings 🍋", "still", "at://z/2", ""]
    assert frame["kind"].tolist() == ["reply", "post", "reply", "repost", "media"]
    assert frame["reply_to"][2] == frame["id"][1]
    assert archive.me is not None and archive.me.name == "Ilse"
    assert archive.missing_rows == 2


def test_a_cut_repository_gives_what_is_whole():
    whole = car_of(*bluesky_records())
    archive = read_with(bluesky, ("repo.car", whole[: len(whole) * 3 // 4]))
    assert 0 < len(archive) < 5
    assert any("cut off" in note.reason for note in archive.notes)


def test_read_archive_recognises_it():
    assert read_archive(car_of(*bluesky_records()), name="x").source == "bluesky"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@fuzz
@given(VALUES)
def test_cbor_is_read_as_written(value):
    assert decode(cbor(value)) == value


@fuzz
@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_damaged(data):
    try:
        decode(data)
    except Damaged:
        return


@pytest.mark.parametrize(
    ("data", "value"),
    [(b"\xf9\x3e\x00", 1.5), (b"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00", 1.5), (b"\xc1\x01", 1)],
)
def test_floats_and_unknown_tags(data, value):
    assert decode(data) == value


@pytest.mark.parametrize(
    "data", [b"", b"\x9b" + b"\xff" * 8, b"\x81" * 5000, b"\x5a\xff\xff\xff\xff"]
)
def test_hostile_values_are_damaged(data):
    with pytest.raises(Damaged):
        decode(data)


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    only_problems(bluesky, ("repo.car", damaged(data.draw, car_of(*bluesky_records()))))
