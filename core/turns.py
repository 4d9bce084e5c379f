"""Messages to turns, and turns to conversations.

A turn is what one person wrote before somebody else spoke: a burst of messages with short pauses.
A conversation is a run of turns without a long silence. Everything is done on columns, because
an archive may hold a million messages; ``make_turns`` gives the same as a list of plain values.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.messages import WRITTEN_KINDS
from core.threads import thread_order

#: Seconds of silence that end a conversation when the data does not say better.
USUAL_CONVERSATION_GAP = 4 * 3600.0

#: A suggested conversation gap is never outside these (15 minutes, 24 hours).
SHORTEST_CONVERSATION_GAP = 15 * 60.0
LONGEST_CONVERSATION_GAP = 24 * 3600.0
#: Where people take hours and days to answer, as in letters, only this ends a conversation.
SLOW_CONVERSATION_GAP = 7 * 86400.0
#: Pauses that it takes to call an archive slow.
FEWEST_SLOW = 10

#: Kinds that stand alone: they are never merged with their neighbour.
POST_KINDS = ("post", "reply")


class Turn(NamedTuple):
    """What one person wrote in one go."""

    conversation: str
    author: str
    text: str
    started_at: datetime | None
    ended_at: datetime | None
    message_ids: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TurnTable:
    """Turns as columns, grouped by conversation, in file order within each.

    ``rows`` holds row positions of ``frame``, turn after turn; those of turn ``t`` are
    ``rows[first[t]:first[t + 1]]``. ``conversation`` and ``author`` are codes of the frame's
    categories. ``started`` and ``ended`` are datetime64[ms], NaT where unknown. ``thread`` is equal
    for turns of one self-thread. ``parent`` is the row answered by the first message, or -1.
    """

    frame: pd.DataFrame
    texts: list[str]
    conversation: np.ndarray
    author: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    is_post: np.ndarray
    thread: np.ndarray
    parent: np.ndarray
    rows: np.ndarray
    first: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


def codes_of(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Category codes of a column (int32), -1 where missing."""
    values = frame[column]
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    return values.cat.codes.to_numpy().astype(np.int32)


def names_of(frame: pd.DataFrame, column: str) -> list[str]:
    """Category names of a column, in the order of its codes."""
    values = frame[column]
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    return values.cat.categories.tolist()


def parent_rows(frame: pd.DataFrame) -> np.ndarray:
    """Row position of the message that each row answers; -1 where unknown (int64)."""
    parents = np.full(len(frame), -1, np.int64)
    answering = np.flatnonzero(frame["reply_to"].notna().to_numpy())
    if len(answering):
        index = pd.Index(frame["id"])
        if index.has_duplicates:
            index = pd.Index(frame["id"].where(~frame["id"].duplicated(), None))
        parents[answering] = index.get_indexer(frame["reply_to"].iloc[answering])
    return parents


def written(frame: pd.DataFrame) -> np.ndarray:
    """Rows that a person typed: a written kind, an author, and text that is not blank."""
    text = frame["text"].fillna("")
    return (
        frame["kind"].isin(WRITTEN_KINDS).to_numpy()
        & frame["author"].notna().to_numpy()
        & (text.str.strip().str.len() > 0).to_numpy()
    )


def turn_table(
    frame: pd.DataFrame,
    *,
    keep: np.ndarray | None = None,
    merge_gap: float | None = 120.0,
    joiner: str = "\n",
    max_chars: int | None = None,
    threads: str = "join",
    thread_joiner: str = "\n\n",
) -> TurnTable:
    """Merge bursts of messages into turns.

    Args:
        frame: an archive's frame.
        keep: rows to use (bool, one per row); by default every written row. A row that is not
            kept still ends a burst when somebody else sent it: a photo in between is an answer.
        merge_gap: seconds; a longer pause starts a new turn. None never merges, infinity always
            does. Messages without a time count as sent without a pause.
        joiner: goes between merged messages.
        max_chars: a turn does not grow beyond this; a single longer message stays whole.
        threads: a chain of posts that each answer the one before, all by one author, becomes
            one turn ("join", with ``thread_joiner`` in between), turns in the order of the chain
            ("sequence"), or nothing special ("separate"). Other posts are never merged.

    A message that explicitly answers another one starts a turn of its own, unless the message
    before it in the burst answers the same.
    """
    if keep is None:
        keep = written(frame)
    conversation = codes_of(frame, "conversation")
    author = codes_of(frame, "author")
    is_post = frame["kind"].isin(POST_KINDS).to_numpy()
    parents = parent_rows(frame)
    sent = frame["sent_at"].to_numpy().astype("datetime64[ms]")

    order = np.argsort(conversation, kind="stable")
    order = order[author[order] >= 0]
    other_speaker = _changes(conversation[order]) | _changes(author[order])
    run = np.cumsum(other_speaker)
    kept = keep[order]
    rows = order[kept]
    run = run[kept]

    starts = _changes(run) | _changes(conversation[rows])
    starts |= is_post[rows]
    answers = parents[rows]
    explicit = answers >= 0
    if explicit.any():
        same = np.r_[False, answers[1:] == answers[:-1]]
        inside = np.r_[False, answers[1:] == rows[:-1]]
        starts |= explicit & ~same & ~inside
    if merge_gap is None:
        starts[:] = True
    else:
        pause = seconds_between(sent[rows])
        starts |= pause > merge_gap
    texts = pa.array(frame["text"], pa.large_string(), from_pandas=True)
    if max_chars is not None:
        _split_long(starts, texts.take(pa.array(rows)), max_chars, len(joiner))
    thread = np.arange(len(rows))
    if threads != "separate" and is_post[rows].any():
        order, thread = thread_order(rows, author, conversation, is_post, parents, sent)
        rows, starts = rows[order], starts[order]
        if threads == "join":
            starts[1:] &= thread[1:] != thread[:-1]

    first = np.r_[np.flatnonzero(starts), len(rows)].astype(np.int64)
    heads = first[:-1]
    joiners = np.where(is_post[rows[heads]], thread_joiner, joiner)
    head_rows = rows[heads]
    return TurnTable(
        frame=frame,
        texts=_joined(texts, rows, first, joiners),
        conversation=conversation[head_rows],
        author=author[head_rows],
        started=sent[head_rows],
        ended=sent[rows[first[1:] - 1]] if len(heads) else sent[:0],
        is_post=is_post[head_rows],
        thread=thread[heads],
        parent=parents[head_rows],
        rows=rows,
        first=first,
    )


def _changes(values: np.ndarray) -> np.ndarray:
    """True where a value differs from the one before it, and at the start."""
    changed = np.ones(len(values), bool)
    changed[1:] = values[1:] != values[:-1]
    return changed


def seconds_between(sent: np.ndarray) -> np.ndarray:
    """Seconds since the previous value (float64); 0 where either time is unknown or it went back."""
    pause = np.zeros(len(sent))
    if len(sent) > 1:
        step = (sent[1:] - sent[:-1]).astype("timedelta64[ms]")
        pause[1:] = np.where(np.isnat(step), 0, step.astype(np.int64)) / 1000
    return np.maximum(pause, 0)


def _joined(
    texts: pa.LargeStringArray, rows: np.ndarray, first: np.ndarray, joiners: np.ndarray
) -> list[str]:
    """The texts of each turn's rows with the turn's joiner in between."""
    parts = pa.LargeListArray.from_arrays(pa.array(first), texts.take(pa.array(rows)))
    between = pa.array(joiners, pa.large_string())
    return pc.binary_join(parts, between).to_numpy(zero_copy_only=False).tolist()


def _split_long(starts: np.ndarray, texts: pa.LargeStringArray, max_chars: int, joint: int) -> None:
    """Start a new turn wherever one would grow beyond ``max_chars``; changes ``starts``."""
    length = 0
    flags = starts.tolist()
    for i, size in enumerate(pc.utf8_length(texts).to_pylist()):
        if flags[i] or length + joint + size > max_chars:
            flags[i] = True
            length = size
        else:
            length += joint + size
    starts[:] = flags


def make_turns(
    frame: pd.DataFrame,
    *,
    merge_gap: float | None = 120.0,
    joiner: str = "\n",
    max_chars: int | None = None,
) -> list[Turn]:
    """Turns of a frame as plain values; see ``turn_table`` for the arguments."""
    table = turn_table(frame, merge_gap=merge_gap, joiner=joiner, max_chars=max_chars)
    return list_turns(table)


def list_turns(table: TurnTable) -> list[Turn]:
    """The turns of a table, one value each."""
    conversations = names_of(table.frame, "conversation")
    authors = names_of(table.frame, "author")
    ids = table.frame["id"].to_numpy(dtype=object)[table.rows].tolist()
    first = table.first.tolist()
    return [
        Turn(
            conversations[conversation],
            authors[author],
            text,
            started,
            ended,
            tuple(ids[first[t] : first[t + 1]]),
        )
        for t, (conversation, author, text, started, ended) in enumerate(
            zip(
                table.conversation.tolist(),
                table.author.tolist(),
                table.texts,
                table.started.tolist(),
                table.ended.tolist(),
                strict=True,
            )
        )
    ]


def message_gaps(frame: pd.DataFrame) -> np.ndarray:
    """Seconds between neighbouring written messages of one conversation, posts left out.

    Only steps forward in time and above zero; file order, because exports are in order of delivery.
    """
    typed = written(frame) & ~frame["kind"].isin(POST_KINDS).to_numpy()
    rows = np.flatnonzero(typed)
    conversation = codes_of(frame, "conversation")[rows]
    order = np.argsort(conversation, kind="stable")
    sent = frame["sent_at"].to_numpy().astype("datetime64[ms]")[rows[order]]
    pause = silences(sent, conversation[order])
    return pause[pause > 0]


def silences(sent: np.ndarray, group: np.ndarray, ended: np.ndarray | None = None) -> np.ndarray:
    """Seconds from the latest time so far to each entry, within its group; 0 at a group's start.

    The latest time, not the previous one: a message that was delivered late carries an old time,
    and the step back to the present is not a silence.

    Args:
        sent: datetime64[ms], when each entry began; groups lie together.
        group: group number of each entry.
        ended: when each entry ended, if not at once.
    """
    if not len(sent):
        return np.zeros(0)
    begin = _seconds(sent)
    end = begin if ended is None else _seconds(ended)
    known = np.concatenate([begin[~np.isnan(begin)], end[~np.isnan(end)]])
    if not len(known):
        return np.zeros(len(sent))
    lowest, span = known.min(), known.max() - known.min() + 1
    new_group = _changes(group)
    shift = (np.cumsum(new_group) - 1) * span  # lifts each group above everything before it
    latest = np.maximum.accumulate(np.where(np.isnan(end), -np.inf, end - lowest + shift))
    pause = np.zeros(len(sent))
    pause[1:] = begin[1:] - lowest + shift[1:] - latest[:-1]
    pause[new_group] = 0
    unknown = np.isnan(pause)
    unknown[1:] |= latest[:-1] < shift[1:]  # nothing in this group had a time yet
    return np.where(unknown, 0, np.maximum(pause, 0))


def _seconds(times: np.ndarray) -> np.ndarray:
    times = times.astype("datetime64[ms]")
    return np.where(np.isnat(times), np.nan, times.astype(np.int64) / 1000)


def suggest_conversation_gap(frame: pd.DataFrame) -> float:
    """Seconds of silence after which a new conversation begins, read off the data.

    Pauses between messages have two humps on a logarithmic scale: seconds to minutes while people
    talk, and hours to days between conversations. The cut is the emptiest place between the two.
    With fewer than 50 pauses, or without two humps, it is four hours; where most pauses are longer
    than that, as in mail, it is a week.
    """
    gaps = message_gaps(frame)
    if len(gaps) >= FEWEST_SLOW and np.median(gaps) > USUAL_CONVERSATION_GAP:
        return SLOW_CONVERSATION_GAP
    if len(gaps) < 50:
        return USUAL_CONVERSATION_GAP
    grid = np.linspace(np.log(30), np.log(14 * 86400), 160)
    counts, _ = np.histogram(np.log(gaps), bins=grid)
    centres = (grid[1:] + grid[:-1]) / 2
    window = np.exp(-0.5 * (np.arange(-12, 13) / 4.0) ** 2)
    smooth = np.convolve(counts, window / window.sum(), mode="same")
    talking = centres <= np.log(SHORTEST_CONVERSATION_GAP)
    silent = centres >= np.log(4 * 3600)
    left = int(np.argmax(np.where(talking, smooth, -1)))
    right = int(np.argmax(np.where(silent, smooth, -1)))
    between = slice(left, right + 1)
    valley = left + int(np.argmin(smooth[between]))
    if smooth[valley] > 0.8 * min(smooth[left], smooth[right]):
        return USUAL_CONVERSATION_GAP
    lowest = np.flatnonzero(smooth[between] <= smooth[valley] * 1.000001) + left
    cut = float(np.exp(centres[int(np.median(lowest))]))
    cut = min(max(cut, SHORTEST_CONVERSATION_GAP), LONGEST_CONVERSATION_GAP)
    return float(round(cut / 300) * 300)


def session_numbers(
    table: TurnTable, gap: float | None, *, follow_replies: bool = True
) -> np.ndarray:
    """Number of the conversation that each turn belongs to (int64, rising).

    Args:
        table: turns.
        gap: seconds of silence that start a new one; None never splits a conversation.
        follow_replies: a turn that explicitly replies to the one right before it goes on with the
            conversation, however long the silence was.
    """
    starts = _changes(table.conversation)
    if gap is not None:
        silent = silences(table.started, table.conversation, table.ended) > gap
        if follow_replies:
            silent &= ~_answers_the_last(table)
        starts |= silent
    return np.cumsum(starts) - 1


def _answers_the_last(table: TurnTable) -> np.ndarray:
    """Which turns explicitly reply to a message of the turn right before them (bool)."""
    replying = np.flatnonzero(table.parent >= 0)
    found = np.zeros(len(table), bool)
    if len(replying):
        turn_of = np.full(len(table.frame), -1, np.int64)
        turn_of[table.rows] = np.repeat(np.arange(len(table)), np.diff(table.first))
        found[replying] = turn_of[table.parent[replying]] == replying - 1
        found[0] = False
    return found


def split_conversations(turns: Sequence[Turn], gap: float | None) -> list[list[Turn]]:
    """Cut turns into conversations: at another conversation's key and after ``gap`` seconds.

    Args:
        turns: as from ``make_turns``, one conversation after the other.
        gap: seconds; None cuts only where the conversation's key changes.
    """
    if not turns:
        return []
    keys = pd.factorize(pd.Series([turn.conversation for turn in turns], dtype="str"))[0]
    starts = _changes(keys)
    if gap is not None:
        began = np.array([turn.started_at for turn in turns], "datetime64[ms]")
        ended = np.array([turn.ended_at for turn in turns], "datetime64[ms]")
        starts |= silences(began, keys, ended) > gap
    edges = [*np.flatnonzero(starts).tolist(), len(turns)]
    return [list(turns[start:end]) for start, end in itertools.pairwise(edges)]
