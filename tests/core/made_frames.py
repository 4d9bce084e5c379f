"""Small archives for the tests, written as one line per message."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
from hypothesis import strategies as st

from core.dataset import DatasetSettings, Filters
from core.messages import make_frame

START = datetime(2024, 3, 1, 9, 0)


def frame_of(*rows, kind="message", conversation="c") -> pd.DataFrame:
    """A frame from rows (seconds since the first message or None, author, text[, changes]).

    ``changes`` is a dict that overrides any column of that row; ids are m0, m1, ...
    """
    columns: dict[str, list] = {
        name: [] for name in ("id", "conversation", "sent_at", "author", "text", "kind", "reply_to")
    }
    for number, (seconds, author, text, *more) in enumerate(rows):
        values = {
            "id": f"m{number}",
            "conversation": conversation,
            "sent_at": None if seconds is None else START + timedelta(seconds=seconds),
            "author": author,
            "text": text,
            "kind": kind,
            "reply_to": None,
        }
        values.update(more[0] if more else {})
        for name, value in values.items():
            columns[name].append(value)
    return make_frame(columns)


WORDS = [
    "ferry",
    "lamp",
    "winter",
    "kettle",
    "harbour",
    "ticket",
    "Monday",
    "blue",
    "rope",
    "engine",
    "gull",
    "soup",
    "coat",
]

SHORT = ["ok", "haha", "yes", "on my way", ":-)", "no"]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=6, max_size=12).map(" ".join)
TEXTS = st.one_of(st.sampled_from(SHORT), SENTENCES, st.just(""), st.just("https://x.example/a"))


@st.composite
def archives(draw, most: int = 90) -> pd.DataFrame:
    """Chats and posts with bursts, silences, repeats, media, replies and missing times."""
    count = draw(st.integers(1, most))
    people = draw(st.sampled_from([("me",), ("me", "Ann"), ("me", "Ann", "Bob")]))
    posts = draw(st.booleans()) and len(people) == 1
    seconds = 0
    rows = []
    for i in range(count):
        seconds += draw(st.sampled_from([0, 5, 60, 200, 4000, 90_000, -30]))
        author = draw(st.sampled_from(people))
        kinds = ("post", "reply", "repost") if posts else ("message",) * 8 + ("media", "system")
        kind = draw(st.sampled_from(kinds))
        reply_to = f"m{draw(st.integers(0, i))}" if draw(st.integers(0, 9)) == 0 else None
        rows.append(
            (
                None if draw(st.integers(0, 19)) == 0 else seconds,
                None if kind == "system" else author,
                draw(TEXTS),
                {
                    "kind": kind,
                    "reply_to": reply_to,
                    "conversation": draw(st.sampled_from(("a", "a", "b"))),
                },
            )
        )
    return frame_of(*rows)


SETTINGS = st.builds(
    DatasetSettings,
    recipe=st.sampled_from(["auto", "replies", "blank_prompt", "topics", "back_translation"]),
    mix=st.sampled_from([(), (), (("replies", 0.5), ("topics", 0.3), ("blank_prompt", 0.2))]),
    system_prompt=st.sampled_from(["", "You are me."]),
    buffer_size=st.integers(0, 4),
    merge_gap=st.sampled_from([None, 0.0, 120.0, float("inf")]),
    conversation_gap=st.sampled_from([None, 600.0, 1e9]),
    validation_share=st.sampled_from([0.0, 0.1, 0.3]),
    held_out_share=st.sampled_from([0.0, 0.2, 0.4]),
    split_by=st.sampled_from(["conversation", "time"]),
    seed=st.integers(0, 3),
    max_examples=st.sampled_from([None, 5, 30]),
    selection=st.sampled_from(["all", "first", "latest", "random", "most_like_me"]),
    shape=st.sampled_from(["pairs", "pairs", "conversations"]),
    follow_ups=st.sampled_from(["own", "join", "leave_out"]),
    openers=st.booleans(),
    threads=st.sampled_from(["join", "separate", "sequence"]),
    filters=st.builds(
        Filters,
        min_chars=st.sampled_from([1, 4]),
        unseen_replies=st.booleans(),
        max_repeats=st.sampled_from([None, 1, 5]),
        near_duplicates=st.booleans(),
    ),
)
