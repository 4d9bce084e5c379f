"""Instruction back-translation: an instruction that the text would answer, and the text.

For writing that answers nothing. The instruction is put together offline from the text's form
(post or message, question or not), length, mood and topics; a chat model or the person may write
better ones. Wordings vary by the text, always the same for the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from core.exchanges import Exchanges
from core.recipes.base import Built, LabelMap, answer_ids, prompted
from core.settings import DatasetSettings

KEY = "back_translation"

SHORT, MIDDLE, LONG = 80, 280, 700

FUNNY = regex.compile(
    r"😂|🤣|😆|😹|\b(?:l+o+l+|rofl|lmf?ao|(?:ha){2,}h?|(?:ja){2,}|k{4,}|хаха\w*)\b", regex.I
)
SAD = regex.compile(
    r"😢|😭|😞|💔|☹|:'?\(|\b(?:rip|miss (?:you|him|her|them)|heartbroken)\b", regex.I
)
ANGRY = regex.compile(r"😡|🤬|😠|\b(?:wtf|ffs|fed up|sick of|hate)\b", regex.I)
TENDER = regex.compile(r"❤|🥰|😍|💕|😘|<3|\b(?:love you|proud of you|miss you)\b", regex.I)
EXCITED = regex.compile(r"!{2,}|🎉|🥳|🔥|\b(?:can't wait|finally|yay+)\b|!\s*$", regex.I)
LIST = regex.compile(r"(?:^|\n)\s*(?:[-*•]|\d+[.)])\s+\S")


MOODS = {
    "funny": FUNNY,
    "sad": SAD,
    "annoyed": ANGRY,
    "affectionate": TENDER,
    "excited": EXCITED,
}
#: What every text with a mood matches, and few others: for RE2, which reads thousands at once.
PERHAPS_A_MOOD = "|".join(
    regex.sub(r"\\b|\\w\*|\\s\*\$", "", pattern.pattern) for pattern in MOODS.values()
)


def mood_of(text: str) -> str:
    """One word for the mood that a text shows by its form, "" for none."""
    return next((word for word, pattern in MOODS.items() if pattern.search(text)), "")


def moods_of(texts: Sequence[str]) -> list[str]:
    """``mood_of`` of each text."""
    column = pa.array(texts, pa.large_string())
    perhaps = pc.match_substring_regex(column, PERHAPS_A_MOOD, ignore_case=True).to_pylist()
    return [mood_of(text) if one else "" for text, one in zip(texts, perhaps, strict=True)]


def size_of(text: str) -> str:
    """How long a text is, in words for an instruction."""
    if len(text) <= SHORT:
        return "short"
    if len(text) <= MIDDLE:
        return ""
    return "long" if len(text) <= LONG else "very long"


def instruction(text: str, about: list[str], *, mood: str, is_post: bool) -> str:
    """An instruction that ``text`` would answer.

    Args:
        text: what I wrote.
        about: its topics.
        mood: as from ``mood_of``.
        is_post: whether it is a post rather than a message to somebody.
    """
    thing = "post" if is_post else "message"
    if LIST.search(text):
        thing = "list"
    asks = text.rstrip().endswith(("?", "？", "؟"))
    number = crc32(text.encode("utf-8", "replace"))
    subject = listed(about)
    size = size_of(text)
    if asks and number % 3:
        manner = f" in a {mood} tone" if mood else ""
        return f"Ask a {size + ' ' if size else ''}question{' about ' + subject if subject else ''}{manner}."
    words = ", ".join(word for word in (size, mood) if word)
    article = "an" if words[:1] in ("a", "e", "i", "o") and words else "a"
    noun = f"{article} {words} {thing}" if words else f"a {thing}"
    wordings = (
        f"Write {noun}{' about ' + subject if subject else ''}.",
        f"{subject[:1].upper() + subject[1:]}: write {noun}." if subject else f"Write {noun}.",
        f"Give me {noun}{' on ' + subject if subject else ''}.",
    )
    return wordings[number % len(wordings)]


def listed(about: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(about) < 2:
        return "".join(about)
    return f"{', '.join(about[:-1])} and {about[-1]}"


def prepare(exchanges: Exchanges, labels: LabelMap) -> list[str]:
    """An instruction for every answer: a given one, else one made offline."""
    made = []
    for text, about, mood, one, post in zip(
        exchanges.answers,
        exchanges.topics,
        moods_of(exchanges.answers),
        answer_ids(exchanges),
        exchanges.is_post.tolist(),
        strict=True,
    ):
        label = labels.get(one)
        if label is not None and label.instruction is not None:
            made.append(label.instruction)
            continue
        known = about if label is None or label.topics is None else list(label.topics)
        made.append(instruction(text, known[:2], mood=mood, is_post=post))
    return made


def make(
    exchanges: Exchanges, chosen: np.ndarray, settings: DatasetSettings, prepared: list[str]
) -> Built:
    """One example per chosen answer: user instruction, assistant answer."""
    return prompted(exchanges, chosen, settings, [prepared[i] for i in chosen.tolist()], KEY)
