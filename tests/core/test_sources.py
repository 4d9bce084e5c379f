"""Tests of which export a message comes from."""

from __future__ import annotations

from core.sources import own_sources
from tests.core.made_frames import frame_of


def test_only_my_written_messages_count():
    frame = frame_of(
        (0, "me", "a", {"conversation": "x:1"}),
        (1, "me", "b", {"conversation": "whatsapp:chat1"}),
        (2, "me", "c", {"conversation": "whatsapp:chat2"}),
        (3, "Ann", "d", {"conversation": "telegram:1"}),
        (4, "me", None, {"conversation": "telegram:1", "kind": "media"}),
    )
    assert own_sources(frame, ["me"]) == {"whatsapp:": 2, "x:": 1}
