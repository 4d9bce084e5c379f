"""Languages are decided per conversation."""

from __future__ import annotations

from core.dataset import DatasetSettings, Filters, build_dataset
from core.filters import LANGUAGE
from core.languages import conversation_languages, language_of, language_shares
from tests.core.made_frames import frame_of

GERMAN = ["Wann kommst du heute nach Hause?", "Ich bin noch im Büro", "lol", "Bring bitte Brot mit"]
ENGLISH = [
    "When are you coming home today?",
    "I am still at the office",
    "lol",
    "ok bring some bread",
]


def two_tongues():
    rows = []
    for i in range(8):
        rows.append((i * 60, "me", GERMAN[i % 4], {"conversation": "oma"}))
        rows.append((i * 60, "me", ENGLISH[i % 4], {"conversation": "work"}))
    rows.append((900, "me", "ok", {"conversation": "tiny"}))
    return frame_of(*rows)


def test_short_messages_follow_their_conversation():
    assert conversation_languages(two_tongues()) == {"oma": "de", "work": "en", "tiny": ""}


def test_too_little_is_not_guessed():
    assert language_of("ok") == ""
    assert language_of("Сегодня очень хорошая погода в городе") == "ru"


def test_shares():
    made = language_shares(two_tongues())
    assert made.to_dict("list") == {
        "language": ["English", "German", "unknown"],
        "conversations": [1, 1, 1],
        "messages": [8, 8, 1],
    }


def test_the_filter_leaves_out_whole_conversations():
    chosen = DatasetSettings(filters=Filters(languages=("de",), near_duplicates=False))
    made = build_dataset(two_tongues(), ["me"], chosen)
    assert made.receipt.left_out[LANGUAGE] == 9
