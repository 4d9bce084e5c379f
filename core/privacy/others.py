"""Other people in the archive: whose words are used, and how to leave them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd
import regex

from core.messages import WRITTEN_KINDS, Note
from core.privacy.evidence import gather_evidence
from core.privacy.find import normal
from core.privacy.mentions import find_participants
from core.privacy.participants import build_participants
from core.privacy.spans import fold
from core.problems import Problem

LEDGER_COLUMNS = ("person", "mine", "messages", "words", "share", "conversations", "first", "last")

#: Stands in for somebody else's words where only their place is kept.
WITHHELD = "[message]"

#: A word, or one character of a script that does not part words.
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[\p{L}\p{M}\p{N}]+(?:['’][\p{L}]+)?"
)

_EXCLUDED = "left out by your choice"
_NOT_MINE = "written by others (only your own words are used)"
_NO_CONSENT = "written by others who have not agreed"


@dataclass(frozen=True)
class Exclusion:
    """One choice of messages to leave out; a message must meet every condition that is given.

    ``people``: authors. ``first`` and ``last``: days, both included. ``containing``: words that
    occur in the text, compared without case and accents. ``mentions`` widens ``people`` to
    messages of others in which one of them is named.
    """

    people: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    containing: str = ""
    mentions: bool = False


def ledger(frame: pd.DataFrame, me: Sequence[str]) -> pd.DataFrame:
    """Whose words are in a frame, most first.

    Columns: ``person`` str; ``mine`` bool; ``messages`` and ``words`` int; ``share`` float, of
    all words, 0 to 1; ``conversations`` int; ``first`` and ``last`` datetime64, NaT where
    unknown. Only typed messages count. Works on a masked frame too.
    """
    written = frame[frame["kind"].isin(WRITTEN_KINDS) & frame["author"].notna()]
    rows = pd.DataFrame(
        {
            "person": written["author"].astype("str"),
            "words": written["text"].fillna("").map(lambda text: len(_WORD.findall(text))),
            "conversation": written["conversation"].astype("str"),
            "sent_at": written["sent_at"],
        }
    )
    table = rows.groupby("person", sort=False).agg(
        messages=("words", "size"),
        words=("words", "sum"),
        conversations=("conversation", "nunique"),
        first=("sent_at", "min"),
        last=("sent_at", "max"),
    )
    table = table.astype({"messages": "int64", "words": "int64", "conversations": "int64"})
    table["share"] = table["words"] / max(1, int(table["words"].sum()))
    table = table.reset_index()
    table["mine"] = table["person"].isin(list(me))
    table = table.sort_values(["messages", "person"], ascending=[False, True], kind="stable")
    return table[list(LEDGER_COLUMNS)].reset_index(drop=True)


def exclude(
    frame: pd.DataFrame, exclusions: Sequence[Exclusion]
) -> tuple[pd.DataFrame, list[Note]]:
    """``frame`` without the messages that any of ``exclusions`` picks, and a note of how many.

    Raises:
        Problem: an exclusion has no condition, or its last day is before its first.
    """
    gone = pd.Series(False, index=frame.index)
    for exclusion in exclusions:
        gone |= picked(frame, exclusion)
    return _without(frame, gone, _EXCLUDED)


def picked(frame: pd.DataFrame, exclusion: Exclusion) -> pd.Series:
    """Boolean per message: whether ``exclusion`` picks it.

    Raises:
        Problem: the exclusion has no condition, or its last day is before its first.
    """
    first, last, words = exclusion.first, exclusion.last, exclusion.containing.strip()
    if not (exclusion.people or first or last or words):
        raise Problem(
            "Nothing was chosen to leave out.", "Choose a person, a period or words to search for."
        )
    if first and last and last < first:
        raise Problem("The last day to leave out is before the first day.", "Swap the two days.")
    result = pd.Series(True, index=frame.index)
    if exclusion.people:
        by_them = frame["author"].astype("str").isin(exclusion.people)
        result &= by_them | _mentioned(frame, exclusion.people) if exclusion.mentions else by_them
    if first:
        result &= frame["sent_at"] >= pd.Timestamp(first)
    if last:
        result &= frame["sent_at"] < pd.Timestamp(last) + pd.Timedelta(days=1)
    if words:
        sought = fold(normal(words))
        result &= frame["text"].fillna("").map(lambda text: sought in fold(normal(text)))
    return result.astype(bool)


def _mentioned(frame: pd.DataFrame, people: Sequence[str]) -> pd.Series:
    texts = frame["text"].fillna("").map(normal)
    found = build_participants(people, (), gather_evidence(texts))
    return texts.map(lambda text: any(span.sure for span in find_participants(text, found)))


def only_mine(
    frame: pd.DataFrame, me: Sequence[str], context: Literal["withheld", "removed"] = "withheld"
) -> tuple[pd.DataFrame, list[Note]]:
    """``frame`` with no word that others wrote.

    "withheld" keeps their messages' places, so that one still sees what was an answer, and
    puts ``WITHHELD`` there; "removed" leaves them out, with a note of how many.
    """
    others = ~frame["author"].astype("str").isin(list(me)) & frame["author"].notna()
    if context == "withheld":
        texts = frame["text"].where(~others | (frame["text"].fillna("") == ""), WITHHELD)
        return frame.assign(text=texts.astype(frame["text"].dtype)), []
    return _without(frame, others, _NOT_MINE)


def with_consent(
    frame: pd.DataFrame, me: Sequence[str], agreed: Sequence[str]
) -> tuple[pd.DataFrame, list[Note]]:
    """``frame`` without others' messages in conversations that are not among ``agreed``."""
    others = ~frame["author"].astype("str").isin(list(me)) & frame["author"].notna()
    gone = others & ~frame["conversation"].astype("str").isin(list(agreed))
    return _without(frame, gone, _NO_CONSENT)


def _without(frame: pd.DataFrame, gone: pd.Series, reason: str) -> tuple[pd.DataFrame, list[Note]]:
    count = int(gone.sum())
    if not count:
        return frame, []
    ids = tuple(frame.loc[gone, "id"].head(5).astype("str"))
    return frame[~gone].reset_index(drop=True), [Note("left_out", reason, count, ids)]


def consent_note(messages: int, *, hosted: bool = False, masked: bool = True) -> str:
    """A short note to send to the others before their words are used.

    ``messages``: how many of theirs would be used. ``hosted``: whether the training happens at
    a provider instead of on the person's own machine. ``masked``: whether names and numbers are
    replaced.
    """
    where = (
        "For the training the words go to a company on the internet, where I delete them afterwards."
        if hosted
        else "The training happens on my own computer; nothing is sent anywhere."
    )
    many = f"About {messages:,} messages" if messages != 1 else "One message"
    care = (
        "Names, numbers, addresses and passwords are replaced first, as far as a program can find "
        "them."
        if masked
        else "Names and numbers stay in them."
    )
    return (
        "Hi! I am training a small language model to write the way I write, with my own chats. "
        f"{many} from our conversation would be used, so that the model sees "
        f"what I answered to. {care} {where} Is that all right with you? If not, I leave your "
        "words out. You can change your mind until the training starts; after that I would have to "
        "delete the model."
    )
