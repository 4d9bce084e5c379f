"""The upload page with bad files, half files and paths on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import samples
from core.ui import upload_local
from core.ui.upload_local import is_one_machine
from tests.pages.uploading import AMBIGUOUS, CHAT, locked_zip, mine, said, titles, upload, zipped

SAMPLES = Path(samples.__file__).parent


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b"  \n\t\n", "nothing but blanks"),
        ("x.zip", (SAMPLES / "odile_x_archive.zip").read_bytes()[:300], "cut off"),
        ("noise.bin", bytes(range(256)) * 20, "not text"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 400, "picture"),
        ("page.html", b"<!DOCTYPE html><html><body>hello</body></html>", "web page"),
        ("cut.zip", zipped(chat=CHAT * 500)[:34], "cut off"),
        ("locked.zip", locked_zip(), "password"),
        ("empty.zip", zipped(), "no files"),
        ("nested.zip", zipped(inner=zipped(chat=CHAT)), "another zip"),
        ("broken.json", b'{"messages": [1, 2,\n', "JSON"),
    ],
)
def test_bad_file_gets_one_sentence(app, name, data, word):
    upload(app, (name, data))
    assert len(app.error) == 1
    assert word.lower() in f"{titles(app)[0]} {app.error[0].value}".lower()
    assert mine(app).archive is None
    app.run()
    assert len(app.error) == 1, "still there after another click, and not read again"


def test_only_notices_is_one_sentence_and_no_dead_end(app):
    chat = b'13/01/2020, 10:00 - Ann created group "Chess"\n13/01/2020, 10:01 - Ann added Bo\n' * 3
    upload(app, ("chat.txt", chat))
    assert len(app.error) == 1
    assert not app.warning
    assert "next_step" not in [b.key for b in app.button]
    app.button(key="another_file").click().run()
    assert mine(app).archive is None


def test_one_speaker_is_told_what_follows(app):
    upload(app, ("chat.txt", CHAT * 12))
    assert not app.error
    assert "Only one person wrote here" in said(app)


def test_half_a_file_gives_what_is_whole_and_says_so(app):
    import json

    tweets = [
        {"tweet": {"id_str": str(i), "full_text": f"post {i}", "created_at": "Wed Mar 03 10:00:00 +0000 2021"}}
        for i in range(30)
    ]  # fmt: skip
    whole = b"window.YTD.tweets.part0 = " + json.dumps(tweets).encode()
    upload(app, ("tweets.js", whole[: len(whole) // 2]))
    assert not app.error
    archive = mine(app).archive
    assert 5 < len(archive) < 20
    assert archive.notes


# ---- a path instead of an upload ----

LOCAL = {
    "bound_to": "127.0.0.1",
    "guarded": True,
    "peer": None,
    "url": "http://127.0.0.1:8501/upload",
    "host": "127.0.0.1:8501",
    "origin": "http://127.0.0.1:8501",
    "header_names": ["Host", "Origin", "Cookie", "User-Agent"],
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"bound_to": "localhost", "url": "http://localhost:1/", "host": "localhost:1"}, True),
        ({"bound_to": "::1", "host": "[::1]:8501", "url": "http://[::1]:8501"}, True),
        ({"peer": "127.0.0.1"}, True),
        ({"bound_to": None}, False),
        ({"bound_to": "0.0.0.0"}, False),
        ({"bound_to": "192.168.1.4"}, False),
        ({"guarded": False}, False),
        ({"peer": "192.168.1.9"}, False),
        ({"url": None}, False),
        ({"url": "https://me.streamlit.app/"}, False),
        ({"url": "http://127.0.0.1.evil.example/"}, False),
        ({"host": None}, False),
        ({"host": "evil.example"}, False),
        ({"origin": None}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"header_names": ["Host", "X-Forwarded-For"]}, False),
        ({"header_names": ["Host", "Via"]}, False),
        ({"header_names": ["Host", "CF-Connecting-IP"]}, False),
    ],
)
def test_is_one_machine(changes, expected):
    assert is_one_machine(**{**LOCAL, **changes}) is expected


def test_no_path_is_offered_in_doubt(app):
    assert not app.text_input


def test_path_is_read_where_it_lies(app, monkeypatch, tmp_path):
    monkeypatch.setattr(upload_local, "runs_locally", lambda: True)
    (tmp_path / "chat.txt").write_bytes(AMBIGUOUS)
    app.run()
    app.text_input[0].set_value(str(tmp_path / "missing.txt")).run()
    assert len(app.error) == 1
    assert str(tmp_path) not in f"{titles(app)[0]} {app.error[0].value}"
    app.text_input[0].set_value(f'"{tmp_path / "chat.txt"}"').run()
    assert not app.exception
    assert len(mine(app).archive) == 4
    app.button(key="day_first_False").click().run()
    assert str(mine(app).archive.frame()["sent_at"].iloc[0]) == "2021-02-03 10:00:00"
