"""Changes by hand come back for the same archive and visitor, and for nobody else."""

from __future__ import annotations

import os
import stat

import pytest

from core import kept_edits
from core.kept_edits import (
    MOST_ARCHIVES,
    Kept,
    archive_digest,
    folder_of,
    forget_kept,
    kept_archives,
    kept_bytes,
    load_kept,
    save_kept,
)
from core.recipes.base import Labels
from core.sealed import seal
from tests.core.made_frames import frame_of

ME, OTHER = "a" * 43, "b" * 43
KEPT = Kept(
    (("m1", "Theo told me so."),),
    ("m2", "m3"),
    {"m4": Labels(("tea", "Theo"), None, None), "m5": Labels((), ("Ghent",), "Write to Theo.")},
)
DIGEST = archive_digest(frame_of((0, "me", "one"), (9, "you", "two")))


def test_the_same_archive_and_visitor_get_them_back(tmp_path):
    assert save_kept(tmp_path, ME, DIGEST, KEPT)
    assert load_kept(tmp_path, ME, DIGEST) == KEPT
    assert load_kept(tmp_path, OTHER, DIGEST) == Kept()
    assert load_kept(tmp_path, ME, archive_digest(frame_of((0, "me", "one!")))) == Kept()


def test_nothing_on_the_disk_can_be_read_or_found(tmp_path):
    save_kept(tmp_path, ME, DIGEST, KEPT)
    (file,) = (one for one in tmp_path.rglob("*") if one.is_file())
    assert b"Theo" not in file.read_bytes()
    assert ME not in str(file)
    assert DIGEST.hex()[:16] not in str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_half_a_character_does_not_stop_the_others(tmp_path):
    assert save_kept(tmp_path, ME, DIGEST, Kept((("m1", "a\ud83d"), ("m2", "b"))))
    assert load_kept(tmp_path, ME, DIGEST).edits == (("m1", "a\ufffd"), ("m2", "b"))


def test_nothing_changed_keeps_nothing(tmp_path):
    save_kept(tmp_path, ME, DIGEST, KEPT)
    assert save_kept(tmp_path, ME, DIGEST, Kept())
    assert kept_archives(folder_of(tmp_path, ME)) == 0
    assert save_kept(tmp_path, OTHER, DIGEST, Kept())


@pytest.mark.parametrize("damage", [b"", b"x", b"soundalike sealed 1\n" + bytes(60)])
def test_a_damaged_file_is_as_none(tmp_path, damage):
    save_kept(tmp_path, ME, DIGEST, KEPT)
    (file,) = folder_of(tmp_path, ME).glob("*.sealed")
    file.write_bytes(damage)
    assert load_kept(tmp_path, ME, DIGEST) == Kept()


@pytest.mark.parametrize("words", [b"[1]", b"{", b'{"edits": [1]}', b'{"labels": [2]}'])
def test_strange_contents_are_as_none(tmp_path, words):
    save_kept(tmp_path, ME, DIGEST, KEPT)
    (file,) = folder_of(tmp_path, ME).glob("*.sealed")
    file.write_bytes(seal(words, kept_edits._key(ME, DIGEST)))
    assert load_kept(tmp_path, ME, DIGEST) == Kept()


def test_quotas(tmp_path, monkeypatch):
    for number in range(MOST_ARCHIVES + 3):
        assert save_kept(tmp_path, ME, bytes([number]), KEPT)
        for file in folder_of(tmp_path, ME).glob("*.sealed"):
            os.utime(file, (file.stat().st_mtime - 10,) * 2)
    folder = folder_of(tmp_path, ME)
    assert kept_archives(folder) == MOST_ARCHIVES
    assert load_kept(tmp_path, ME, bytes([0])) == Kept()
    assert load_kept(tmp_path, ME, bytes([MOST_ARCHIVES + 2])) == KEPT
    monkeypatch.setattr(kept_edits, "MOST_ALL", kept_bytes(tmp_path))
    assert not save_kept(tmp_path, OTHER, DIGEST, KEPT)
    monkeypatch.setattr(kept_edits, "MOST_BYTES", 10)
    assert not save_kept(tmp_path, ME, DIGEST, KEPT)


def test_what_nobody_can_open_any_more_goes(tmp_path):
    save_kept(tmp_path, OTHER, DIGEST, KEPT)
    (old,) = folder_of(tmp_path, OTHER).glob("*.sealed")
    os.utime(old, (old.stat().st_mtime - 32 * 86400,) * 2)
    save_kept(tmp_path, ME, DIGEST, KEPT)
    assert not old.exists()
    assert load_kept(tmp_path, ME, DIGEST) == KEPT


def test_forgetting_takes_mine_and_leaves_the_others(tmp_path):
    save_kept(tmp_path, ME, DIGEST, KEPT)
    save_kept(tmp_path, OTHER, DIGEST, KEPT)
    forget_kept(folder_of(tmp_path, ME))
    assert load_kept(tmp_path, ME, DIGEST) == Kept()
    assert load_kept(tmp_path, OTHER, DIGEST) == KEPT


def test_a_disk_that_takes_nothing(tmp_path):
    (tmp_path / "edits").write_text("in the way")
    assert not save_kept(tmp_path, ME, DIGEST, KEPT)
    assert load_kept(tmp_path, ME, DIGEST) == Kept()


def test_archives_differ_by_ids_texts_and_their_places():
    frames = [
        frame_of((0, "me", "one"), (9, "me", "two")),
        frame_of((0, "me", "two"), (9, "me", "one")),
        frame_of((0, "me", "onetwo"), (9, "me", "")),
        frame_of((0, "me", "one"), (9, "me", None)),
    ]
    assert len({archive_digest(frame) for frame in frames}) == 4
    assert archive_digest(frames[0]) == archive_digest(frames[0].copy())
