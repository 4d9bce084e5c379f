"""Facebook's, Messenger's and Instagram's texts: damaged letters, and notices by the app."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from core.messages import text_array

#: Notices written in the sender's name, whole texts only: a person may well write "You called
#: me". What is in no list is found by ``reaction_notices`` and ``about_sender``.
_NOTICE = re.compile(
    r"Reacted .{1,12} to (?:your|a) message|Liked a message"
    r"|Hat eine Nachricht mit .?Gefällt mir.? markiert|Hat mit .{1,12} auf deine Nachricht reagiert"
    r"|A aimé un message|A réagi (?:avec )?.{1,12} à votre message"
    r"|(?:Le gustó|Indicó que le gusta) un mensaje|Reaccionó con .{1,12} a tu mensaje"
    r"|Curtiu uma mensagem|Reagiu com .{1,12} à sua mensagem"
    r"|Ha messo .?Mi piace.? a un messaggio|Ha reagito con .{1,12} al tuo messaggio"
    r"|You sent an? (?:attachment|photo|video|link|GIF|sticker|voice message)\."
    r"|You (?:named|left|created|joined) the group(?: .{1,100})?\."
    r"|You (?:added|removed) .{1,100} (?:to|from) the group\."
    r"|You changed the (?:group photo|chat theme|theme|chat colou?rs|quick reaction)(?: .{1,60})?\."
    r"|You set (?:the|your) nickname (?:for .{1,60} )?to .{1,60}\."
    r"|You (?:turned (?:on|off)|waved at) .{1,60}[.!]"
    r"|You are now connected on Messenger\.?|You can now (?:call|message) each other.{1,80}\."
    r"|Say hi to your new .{1,20} connection, .{1,60}\."
)
_CALL = re.compile(
    r"You missed an? (?:(?:video|audio) )?(?:call|chat) (?:from|with) .{1,60}\."
    r"|Missed (?:(?:video|audio) )?(?:call|chat)|The (?:video chat|audio call|call) ended\."
    r"|You (?:started|joined) (?:an?|the) (?:(?:video|audio) )?(?:call|chat)\."
)
_CALL_ABOUT = re.compile(r" (?:called you|missed your|started an?|joined the) ?.{0,20}\.$")
_NOT_WORDS = re.compile(r"[^\w\s.,'’\"„“”«»!?:]+")


def repaired(text: str) -> str:
    """Undo UTF-8 that was written letter by letter as Latin-1: ``CafÃ©`` to ``Café``.

    Meta's download does this in every string, names included. A text that cannot have come
    about in this way is returned as it is.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def all_repaired(texts: list[str]) -> pa.Array:
    """``repaired`` of each text, as an Arrow array.

    The Latin-1 bytes of thousands of texts are their true UTF-8 at once, if every text is
    damaged or ASCII; Arrow checks that, text by text.
    """
    try:
        data = "".join(texts).encode("latin-1")
    except UnicodeError:
        return text_array([repaired(text) for text in texts])
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=ends[1:])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(data)]
    strings = pa.Array.from_buffers(pa.large_string(), len(texts), buffers)
    try:
        strings.validate(full=True)
    except pa.ArrowInvalid:
        return text_array([repaired(text) for text in texts])
    return strings


#: How every known notice starts, so that most texts are not looked at closely.
FIRST_THREE = (
    "You", "Rea", "Lik", "Hat", "A a", "A r", "Le ", "Ind", "Cur", "Ha ", "The", "Mis", "Say",
    "Use", "Fai",
)  # fmt: skip


def is_notice(text: str) -> bool:
    """True for a text that the app wrote in the sender's name, in a known wording."""
    return len(text) < 300 and _NOTICE.fullmatch(text.strip()) is not None


def is_call(text: str, sender: str) -> bool:
    """True for a notice about a call, in English."""
    if len(text) > 200:
        return False
    if _CALL.fullmatch(text):
        return True
    return text.startswith(sender + " ") and _CALL_ABOUT.fullmatch(text[len(sender) :]) is not None


def about_sender(text: str, sender: str) -> bool:
    """True for a notice in the third person: ``Anna Roe sent an attachment.``"""
    if len(text) > 300 or not sender:
        return False
    return text.startswith((sender + " ", sender.split(" ", 1)[0] + " sent ")) and (
        text.rstrip().endswith((".", "!", "。", "”", "…"))
    )


#: Letters of the longest notice about a reaction.
LONGEST_REACTION = 80


def reaction_notices(counts: Mapping[str, int]) -> set[str]:
    """Texts that are one wording with ever other emoji, in whatever language.

    A wording counts when it came with at least three different emoji, is longer than a word, and
    came at least five times.

    Args:
        counts: how often each text came; at most ``LONGEST_REACTION`` letters, none all ASCII.
    """
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text in counts:  # looking closely is dear: only at texts that begin and end alike
        words = text.split()
        if len(words) >= 3:
            groups[words[0], words[-1]].append(text)
    wordings: dict[str, list[str]] = defaultdict(list)
    for text in chain.from_iterable(group for group in groups.values() if len(group) >= 3):
        wording = _NOT_WORDS.sub("\0", text)
        before, sign, after = wording.partition("\0")
        if sign and before.strip() and after.strip() and "\0" not in after:
            wordings[wording].append(text)
    return {
        text
        for found in wordings.values()
        if len(found) >= 3 and sum(counts[text] for text in found) >= 5
        for text in found
    }


_MEDIA_KEYS = {
    "photos",
    "videos",
    "audio_files",
    "gifs",
    "sticker",
    "files",
    "share",
    "bumped_message_metadata",
    "media",
}


def has_media(message: dict[str, Any]) -> bool:
    """True for a message of Meta's download that carries a photo, sound, link or the like."""
    return not _MEDIA_KEYS.isdisjoint(message)
