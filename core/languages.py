"""Which language each conversation is in.

py3langid (BSD), limited to languages that chats are written in. Single messages are too short to
tell ("lol no"), so a conversation is decided as a whole, from at most 400 of its words' messages.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from core.messages import WRITTEN_KINDS

#: The fewer, the surer: these cover nearly all archives, and names for people to read.
LANGUAGES = {
    "ar": "Arabic",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}

#: Characters of one conversation that are enough to tell.
ENOUGH = 4000
#: With fewer characters than this the language is not guessed.
TOO_LITTLE = 20
UNKNOWN = ""


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """The model of py3langid, limited to ``LANGUAGES``; holds no text."""
    from py3langid import langid  # here because it takes 70 MB of memory

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def language_of(text: str) -> str:
    """ISO 639-1 code of the language of a text, "" if there is too little of it."""
    if len(text.strip()) < TOO_LITTLE:
        return UNKNOWN
    return str(_identifier().classify(text)[0])


def conversation_languages(frame: pd.DataFrame) -> dict[str, str]:
    """Language code of each conversation of a frame ("" where unknown), from its written messages.

    Texts are taken evenly over the conversation, links and names left out.
    """
    used = frame[frame["kind"].isin(WRITTEN_KINDS)]
    found = {}
    for name, texts in used.groupby("conversation", observed=True)["text"]:
        step = max(1, int(texts.str.len().sum() // ENOUGH))
        sample = texts.iloc[::step].str.replace(r"https?://\S+|@\w+", " ", regex=True)
        found[str(name)] = language_of(" ".join(sample)[: 2 * ENOUGH])
    return found


def language_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Written messages per language, decided per conversation.

    Returns:
        A DataFrame with the columns ``language`` (a name, or "unknown"), ``conversations`` (int)
        and ``messages`` (int), most messages first.
    """
    spoken = conversation_languages(frame)
    used = frame[frame["kind"].isin(WRITTEN_KINDS)]
    counts = used.groupby("conversation", observed=True).size()
    rows = pd.DataFrame(
        {
            "language": [
                LANGUAGES.get(spoken.get(str(name), ""), "unknown") for name in counts.index
            ],
            "messages": counts.to_numpy(),
        }
    )
    grouped = rows.groupby("language").agg(
        conversations=("messages", "size"), messages=("messages", "sum")
    )
    return grouped.reset_index().sort_values("messages", ascending=False, ignore_index=True)
