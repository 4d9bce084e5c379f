"""What is left out, and why: every message gets one reason, or none.

Two stages. ``message_reasons`` looks at single messages, before turns are made. ``answer_reasons``
looks at whole answers: too long, repeated too often, almost the same as another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import regex

from core.duplicates import same_groups
from core.messages import WRITTEN_KINDS
from core.settings import Filters
from core.turns import parent_rows

USED = ""
SYSTEM = "a line written by the app"
CALL = "a call"
POLL = "a poll"
DELETED = "deleted"
MEDIA = "a picture, video or file without words"
REPOST = "somebody else's post, shared"
EMPTY = "no text"
NO_AUTHOR = "no author"
BY_HAND = "you left it out"
PERIOD = "outside the chosen time"
AUTHOR = "an author you left out"
CONVERSATION = "a conversation you left out"
LANGUAGE = "a language you did not choose"
UNSEEN = "a reply to a post that is not in the archive"
LINK = "only a link"
FORWARDED = "forwarded or quoted text"
MOMENTARY = "right only in its moment"
SHORT = "shorter than the minimum"
LONG = "longer than the maximum"
REPEATED = "the same answer too often"
SIMILAR = "almost the same as another answer"
OPENER = "begins a conversation"
FOLLOW_UP = "follows your own message"
UNANSWERED = "no answer of yours follows"
NOT_CHOSEN = "beyond the number of examples you asked for"
NOT_NEEDED = "no example needs it"
TOPICLESS = "no topic found"
ON_BOTH_SIDES = "also on the training side"

#: Every reason a message can have, in the order of their codes; code 0 means used.
REASONS: tuple[str, ...] = (
    USED,
    SYSTEM,
    CALL,
    POLL,
    DELETED,
    MEDIA,
    REPOST,
    EMPTY,
    NO_AUTHOR,
    BY_HAND,
    PERIOD,
    AUTHOR,
    CONVERSATION,
    LANGUAGE,
    UNSEEN,
    LINK,
    FORWARDED,
    MOMENTARY,
    SHORT,
    LONG,
    REPEATED,
    SIMILAR,
    OPENER,
    FOLLOW_UP,
    UNANSWERED,
    NOT_CHOSEN,
    NOT_NEEDED,
    TOPICLESS,
    ON_BOTH_SIDES,
)
CODE: dict[str, int] = {reason: code for code, reason in enumerate(REASONS)}

KIND_REASONS = {
    "system": SYSTEM,
    "call": CALL,
    "poll": POLL,
    "deleted": DELETED,
    "media": MEDIA,
    "repost": REPOST,
}

ONLY_LINKS = r"^(?:\s*(?:https?://|www\.)\S+\s*)+$"
FORWARD_MARK = (
    r"^\s*(?:-{2,}\s*forwarded message|forwarded from\b|fwd?:|wg:|weitergeleitet(?:e nachricht)?\b"
    r"|rv:|tr\s?:|enc:|begin forwarded message|-{2,}\s*weitergeleitete nachricht)"
)


#: Words that are true only at the time: clock times, arrivals, "in ten minutes".
MOMENT = (
    r"\b\d{1,2}[:h]\d{2}\b|\b\d{1,2}\s?(?:am|pm|a\.m\.|p\.m\.|uhr|o'clock)\b|\bin \d+ ?(?:min|h|sec|std)"
    r"|\b(?:on my way|omw|be there in|i'?m (?:here|outside|leaving|almost there)|almost there|just left"
    r"|running late|just got (?:here|home)|eta|bin (?:da|gleich da|unterwegs)|komme gleich|fahre jetzt los"
    r"|estoy (?:llegando|aquí|fuera)|ya (?:llegué|salgo)|voy (?:en camino|llegando)|j'arrive|je suis (?:là|en route)"
    r"|tô (?:chegando|saindo)|a caminho|cheguei|sto arrivando|sono (?:qui|fuori)|arrivo tra)(?:\W|$)"
)


def apply_edits(frame: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The frame with the edits made by hand, and without the words to be removed.

    Words are removed whole, whatever their case; blanks around them close up.
    """
    if not filters.edits and not filters.remove_words:
        return frame
    changed = frame.copy(deep=False)
    column = frame["text"].copy()
    if filters.edits:
        texts = dict(filters.edits)
        found = frame["id"].isin(list(texts))
        column[found] = [texts[one] for one in frame.loc[found, "id"]]
    if filters.remove_words:
        words = "|".join(regex.escape(word) for word in sorted(filters.remove_words, key=len)[::-1])
        pattern = regex.compile(rf"[^\S\n]*(?<!\w)(?:{words})(?:['’]s)?(?!\w)", regex.IGNORECASE)
        column = column.map(lambda text: pattern.sub("", text).lstrip(" ,:;"), na_action="ignore")
        column = column.astype("str")
    changed["text"] = column
    return changed


def message_reasons(frame: pd.DataFrame, me: Sequence[str], filters: Filters) -> np.ndarray:
    """Why each message is left out: a code of ``REASONS`` per row (int16), 0 where it is used.

    The first reason that applies counts, in the order of ``REASONS``.

    Args:
        frame: an archive's frame.
        me: names of the person whose voice is learnt; only their replies can be "unseen".
        filters: what to leave out.
    """
    codes = np.zeros(len(frame), np.int16)

    def mark(rows: pd.Series | np.ndarray, reason: str) -> None:
        codes[(codes == 0) & np.asarray(rows, bool)] = CODE[reason]

    kinds = frame["kind"]
    for kind, reason in KIND_REASONS.items():
        mark(kinds == kind, reason)
    mark(~kinds.isin(WRITTEN_KINDS), SYSTEM)
    text = frame["text"].fillna("")
    mark(text.str.strip().str.len() == 0, EMPTY)
    mark(frame["author"].isna(), NO_AUTHOR)
    if filters.excluded_ids:
        mark(frame["id"].isin(filters.excluded_ids), BY_HAND)
    _mark_times(frame["sent_at"], filters, mark)
    if filters.without_authors:
        mark(frame["author"].isin(filters.without_authors), AUTHOR)
    if filters.without_conversations:
        mark(frame["conversation"].isin(filters.without_conversations), CONVERSATION)
    if filters.languages:
        mark(_other_language(frame, codes == 0, filters.languages), LANGUAGE)
    if not filters.unseen_replies and (kinds == "reply").any():
        mine = frame["author"].isin(list(me))
        mark((kinds == "reply") & mine & (parent_rows(frame) < 0), UNSEEN)
    if not filters.link_only:
        mark(_matches(text, ONLY_LINKS), LINK)
    if not filters.forwarded:
        mark(_matches(text, FORWARD_MARK), FORWARDED)
        quoting = np.array(text.str.startswith(">"), bool)
        for row in np.flatnonzero(quoting).tolist():
            lines = text.iloc[row].split("\n")
            quoting[row] = all(line.startswith(">") or not line.strip() for line in lines)
        mark(quoting, FORWARDED)
    return codes


def _mark_times(sent: pd.Series, filters: Filters, mark) -> None:
    """Period, hours and weekdays; a message without a time passes."""
    if filters.since is not None:
        mark(sent < pd.Timestamp(filters.since), PERIOD)
    if filters.until is not None:
        mark(sent >= pd.Timestamp(filters.until), PERIOD)
    if filters.hours is not None:
        start, end = filters.hours
        hour = sent.dt.hour
        inside = (hour >= start) & (hour < end) if start < end else (hour >= start) | (hour < end)
        mark(sent.notna() & ~inside, PERIOD)
    if filters.weekdays:
        mark(sent.notna() & ~sent.dt.day_of_week.isin(filters.weekdays), PERIOD)


def _matches(text: pd.Series, pattern: str) -> np.ndarray:
    """Rows that match an RE2 pattern, whatever their case (bool)."""
    column = pa.array(text, pa.large_string())
    found = pc.match_substring_regex(column, pattern, ignore_case=True)
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)


def _other_language(frame: pd.DataFrame, used: np.ndarray, wanted: Sequence[str]) -> np.ndarray:
    """Rows in conversations whose language is none of those wanted."""
    from core.languages import conversation_languages  # here because it loads a model

    spoken = conversation_languages(frame[used])
    other = {name for name, language in spoken.items() if language not in wanted}
    return frame["conversation"].astype("str").isin(other).to_numpy()


@dataclass(frozen=True, eq=False)
class Copies:
    """Which answers are the same: an entry per answer.

    ``group`` is equal for answers that are the same after normalising or, where ``long``, nearly
    the same (int64, bool).
    """

    group: np.ndarray
    long: np.ndarray


def find_copies(answers: Sequence[str]) -> Copies:
    """Group answers that are the same or nearly so; see ``core.duplicates``."""
    return Copies(*same_groups(answers))


def answer_reasons(answers: Sequence[str], copies: Copies, filters: Filters) -> np.ndarray:
    """Why each answer is not learnt: a code of ``REASONS`` (int16), 0 where it is.

    Args:
        answers: texts by me, in the order of the archive; of equal ones the first are kept.
        copies: which of them are the same.
        filters: lengths, repeats and near-duplicates.
    """
    codes = np.zeros(len(answers), np.int16)
    if not len(answers):
        return codes
    lengths = np.fromiter(map(len, answers), np.int64, len(answers))
    if not filters.momentary:
        codes[_matches(pd.Series(answers, dtype="str"), MOMENT)] = CODE[MOMENTARY]
    codes[lengths < filters.min_chars] = CODE[SHORT]
    if filters.max_chars is not None:
        codes[lengths > filters.max_chars] = CODE[LONG]
    usable = np.flatnonzero(codes == 0)
    group, long = copies.group[usable], copies.long[usable]
    rank = pd.Series(group).groupby(group).cumcount().to_numpy()
    if filters.max_repeats is not None:
        most = max(filters.max_repeats, int(np.ceil(0.01 * len(usable))))
        codes[usable[~long & (rank >= most)]] = CODE[REPEATED]
    if filters.near_duplicates:
        codes[usable[long & (rank >= 1)]] = CODE[SIMILAR]
    return codes
