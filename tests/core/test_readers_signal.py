"""Signal, as signal-export writes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.readers import read_archive, signal
from tests.readers_inputs import (
    SIGNAL_JSON,
    SIGNAL_MD,
    damaged,
    fuzz,
    only_problems,
    read_with,
    zip_of,
)


def test_markdown():
    archive = read_with(signal, ("chat.md", SIGNAL_MD))
    frame = archive.frame()
    assert frame["text"].tolist() == [
        "where is the kettle",
        "under the stairs\nsecond line",
        "",
        "",
        "(This message was deleted)",
        "Incoming voice call (accepted, 2m 3s)",
        "",
    ]
    assert frame["kind"].tolist() == [
        "message", "message", "media", "media", "deleted", "call", "system",
    ]  # fmt: skip
    assert frame["reply_to"][1] == frame["id"][0]
    assert str(frame["sent_at"][2]) == "2019-05-29 15:06:00"
    assert archive.me is not None and archive.me.name == "Me"


def test_json_lines_are_preferred_where_both_exist():
    files = {"Mara/chat.md": SIGNAL_MD, "Mara/data.json": SIGNAL_JSON, "Odo/chat.md": SIGNAL_MD}
    archive = read_with(signal, ("signal.zip", zip_of(files)))
    frame = archive.frame()
    assert frame["conversation"].value_counts().to_dict() == {"Odo": 7, "Mara": 3}
    first = frame[frame["conversation"] == "Mara"].reset_index()
    assert first["text"].tolist() == ["kettle?", "here", ""]
    assert first["reply_to"][1] == first["id"][0]


def test_read_archive_recognises_both():
    assert read_archive(SIGNAL_MD.encode(), name="chat.md").source == "signal"
    assert read_archive(SIGNAL_JSON.encode(), name="data.json").source == "signal"


@fuzz
@given(st.data())
def test_only_problems_are_raised(data):
    name, text = data.draw(st.sampled_from([("chat.md", SIGNAL_MD), ("data.json", SIGNAL_JSON)]))
    only_problems(signal, (name, damaged(data.draw, text.encode())))
