"""Exchanges: what the others said since my last turn, and what I answered.

The one table that every recipe works on. An exchange without a prompt is a post, the opening of
a conversation, or a second thought of mine before anybody answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from core.settings import DatasetSettings
from core.topics import Vocabulary, learn_vocabulary, topics_of
from core.turns import TurnTable, names_of, session_numbers

#: Below this many separate pieces a split by conversation is too coarse, and pieces are cut.
FEW_PIECES = 10
#: With fewer exchanges than this nothing is held out, so nothing needs to be cut.
ENOUGH_TO_CUT = 20
#: A cut piece keeps at least this many exchanges, or there would be no context left.
SHORTEST_CUT = 3


@dataclass(frozen=True, eq=False)
class Exchanges:
    """One row per turn of mine, grouped by piece, in file order within each.

    A *piece* is a stretch of a conversation (or one post, or one thread) that is never torn apart
    by the split and that no context window reaches beyond. Exchanges of one piece lie together;
    ``piece`` rises. ``ids`` and ``rows`` list the messages inside, exchange after exchange: the
    others' are ``[start, middle)``, mine ``[middle, end)``. ``parent`` is the exchange whose
    prompt this answer explicitly replies to, or -1. ``group`` tells whether more than one other
    person takes part. ``authors`` are the names under which I wrote. ``token_counts`` keeps the tokens of prompts and answers, by encoding, once they were counted. Rows of the frame that ended in no exchange are in ``loose``.
    """

    prompts: list[str]
    answers: list[str]
    piece: np.ndarray
    conversation: np.ndarray
    sent_at: np.ndarray
    is_post: np.ndarray
    group: np.ndarray
    parent: np.ndarray
    start: np.ndarray
    middle: np.ndarray
    end: np.ndarray
    rows: np.ndarray
    ids: tuple[str, ...]
    loose: np.ndarray
    frame: pd.DataFrame
    authors: list[str]
    conversations: list[str]
    audiences: list[str]
    token_counts: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.answers)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of my answers, learnt once for all recipes that look for topics or names."""
        return learn_vocabulary(self.answers)

    @cached_property
    def topics(self) -> list[list[str]]:
        """What each answer is about, found offline."""
        return topics_of(self.answers, self.vocabulary)

    def piece_starts(self) -> np.ndarray:
        """For each exchange, the position of its piece's first exchange (int64)."""
        if not len(self):
            return np.zeros(0, np.int64)
        first = np.r_[True, self.piece[1:] != self.piece[:-1]]
        return np.maximum.accumulate(np.where(first, np.arange(len(self)), 0))

    def silent(self) -> np.ndarray:
        """Exchanges in which nobody else said anything (bool)."""
        return self.start == self.middle

    def piece_names(self, chosen: np.ndarray) -> list[str]:
        """The conversation's key and the piece's number of some exchanges, each name made once."""
        made = []
        before, name = -1, ""
        for conversation, piece in zip(
            self.conversation[chosen].tolist(), self.piece[chosen].tolist(), strict=True
        ):
            if piece != before:
                before, name = piece, f"{self.conversations[conversation]}#{piece}"
            made.append(name)
        return made


def make_exchanges(
    table: TurnTable, me: Sequence[str], gap: float | None, settings: DatasetSettings
) -> Exchanges:
    """Pair what the others said with what I answered.

    Args:
        table: turns of the messages that are used.
        me: my names in the archive.
        gap: seconds of silence that end a conversation; None never.
        settings: joiner, speaker names, what to do with a turn that follows my own.
    """
    names = names_of(table.frame, "author")
    is_me = np.isin(np.arange(len(names)), [i for i, name in enumerate(names) if name in set(me)])
    mine = is_me[table.author] if len(table) else np.zeros(0, bool)
    feed = _feeds(table, mine)
    session = session_numbers(table, gap, follow_replies=settings.follow_replies)
    alone = table.is_post & feed[table.conversation] if len(table) else np.zeros(0, bool)
    session = _own_pieces(session, alone, table.thread)
    if settings.follow_ups == "join":
        second = np.zeros(len(table), bool)
        second[1:] = mine[1:] & mine[:-1] & (session[1:] == session[:-1])
    else:
        second = np.zeros(len(table), bool)

    heads = np.flatnonzero(mine & ~second)
    begun = np.cumsum(mine & ~second)
    number = np.where(mine, begun - 1, begun)  # the exchange that a turn leads up to
    inside = number < len(heads)
    inside[inside] &= session[heads[number[inside]]] == session[inside]
    turns = np.flatnonzero(inside)
    exchange_of = number[turns]
    sizes = np.diff(table.first)[turns]
    rows = _take_ranges(table.rows, table.first[turns], sizes)
    row_exchange = np.repeat(exchange_of, sizes)
    row_mine = np.repeat(mine[turns], sizes)
    end = np.cumsum(np.bincount(row_exchange, minlength=len(heads))).astype(np.int64)
    start = np.r_[0, end[:-1]].astype(np.int64) if len(heads) else end
    middle = start + np.bincount(row_exchange[~row_mine], minlength=len(heads)).astype(np.int64)
    start, middle, end = start[: len(heads)], middle[: len(heads)], end[: len(heads)]

    people = _other_speakers(table, mine)
    in_group = people[table.conversation[heads]] > 1 if len(heads) else np.zeros(0, bool)
    named = (
        in_group
        if settings.speaker_names == "auto"
        else np.full(len(heads), settings.speaker_names == "always")
    )
    prompts = _join_prompts(
        table, turns[~mine[turns]], exchange_of[~mine[turns]], named, names, settings
    )
    answers = [table.texts[t] for t in heads.tolist()]
    for t in np.flatnonzero(second & inside).tolist():
        answers[number[t]] += settings.joiner + table.texts[t]
    ids = tuple(table.frame["id"].to_numpy(dtype=object)[rows].tolist())
    used = np.zeros(len(table.frame), bool)
    used[rows] = True
    loose = table.rows[~used[table.rows]]
    exchanges = Exchanges(
        prompts=prompts,
        answers=answers,
        piece=session[heads],
        conversation=table.conversation[heads],
        sent_at=table.started[heads],
        is_post=table.is_post[heads],
        group=in_group,
        parent=np.full(len(heads), -1, np.int64),
        start=start,
        middle=middle,
        end=end,
        rows=rows,
        ids=ids,
        loose=loose,
        frame=table.frame,
        authors=[names[code] for code in table.author[heads].tolist()],
        conversations=names_of(table.frame, "conversation"),
        audiences=_audiences(table, mine, names),
    )
    if settings.follow_replies:
        exchanges = _follow_replies(exchanges, table, heads, row_exchange, row_mine)
    return exchanges


def _feeds(table: TurnTable, mine: np.ndarray) -> np.ndarray:
    """Conversations in which only I post (bool per conversation code): posts stand alone there."""
    count = len(names_of(table.frame, "conversation"))
    others = np.bincount(table.conversation[~mine], minlength=count)
    return others == 0


def _own_pieces(session: np.ndarray, alone: np.ndarray, thread: np.ndarray) -> np.ndarray:
    """Give every post, or every thread, a piece of its own; numbers keep rising."""
    if not alone.any():
        return session
    starts = np.r_[True, session[1:] != session[:-1]]
    edge = alone[1:] | alone[:-1]
    starts[1:] |= edge
    starts[1:] &= ~(edge & (thread[1:] == thread[:-1]))
    return np.cumsum(starts) - 1


def _other_speakers(table: TurnTable, mine: np.ndarray) -> np.ndarray:
    """How many people besides me speak in each conversation (int64 per conversation code)."""
    count = len(names_of(table.frame, "conversation"))
    return np.bincount(_speakers(table, mine)[0], minlength=count)


def _speakers(table: TurnTable, mine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Conversation and author codes of everybody else who speaks, each pair once."""
    conversation, author = table.conversation[~mine].astype(np.int64), table.author[~mine]
    key = np.sort(conversation << 32 | author)
    key = key[np.r_[True, key[1:] != key[:-1]]] if len(key) else key
    return key >> 32, key & (2**32 - 1)


def _audiences(table: TurnTable, mine: np.ndarray, names: list[str]) -> list[str]:
    """Who I am talking to in each conversation: "Ann", "Ann, Bob and 3 others", or ""."""
    count = len(names_of(table.frame, "conversation"))
    people: list[list[str]] = [[] for _ in range(count)]
    for conversation, author in zip(*_speakers(table, mine), strict=True):
        people[int(conversation)].append(names[int(author)])
    return [_and(sorted(group)) for group in people]


def _and(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    if len(names) <= 4:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:3])} and {len(names) - 3} others"


def _take_ranges(values: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """``values`` at the ranges (start, size), one after the other."""
    if not len(starts):
        return values[:0]
    offsets = np.repeat(starts - np.r_[0, np.cumsum(sizes)[:-1]], sizes)
    return values[offsets + np.arange(int(sizes.sum()))]


def _join_prompts(
    table: TurnTable,
    turns: np.ndarray,
    exchange_of: np.ndarray,
    named: np.ndarray,
    names: list[str],
    settings: DatasetSettings,
) -> list[str]:
    """What the others said in each exchange, with names before the lines where wanted."""
    counts = np.bincount(exchange_of, minlength=len(named))
    texts = [table.texts[turn] for turn in turns.tolist()]
    before = np.r_[True, exchange_of[1:] != exchange_of[:-1]]
    before |= np.r_[True, table.author[turns[1:]] != table.author[turns[:-1]]]
    for place in np.flatnonzero(named[exchange_of] & before[: len(turns)]).tolist():
        texts[place] = f"{names[int(table.author[turns[place]])]}: {texts[place]}"
    ends = np.cumsum(counts)
    prompts = np.full(len(named), "", object)
    single = np.flatnonzero(counts == 1)
    prompts[single] = np.array(texts, object)[ends[single] - 1]
    for one in np.flatnonzero(counts > 1).tolist():
        prompts[one] = settings.joiner.join(texts[int(ends[one] - counts[one]) : int(ends[one])])
    return prompts.tolist()


def _follow_replies(
    exchanges: Exchanges,
    table: TurnTable,
    heads: np.ndarray,
    row_exchange: np.ndarray,
    row_mine: np.ndarray,
) -> Exchanges:
    """Note which exchange's prompt an answer explicitly replies to, and join their pieces.

    Only replies that reach back beyond the exchange itself matter. Pieces that are linked by a
    reply become one for the split, so that no context comes from the other side.
    """
    answered = table.parent[heads] if len(heads) else np.zeros(0, np.int64)
    if not (answered >= 0).any():
        return exchanges
    place = np.full(len(table.frame), -1, np.int64)
    place[exchanges.rows[~row_mine]] = row_exchange[~row_mine]
    parent = np.where(answered >= 0, place[np.maximum(answered, 0)], -1)
    parent[parent >= np.arange(len(heads))] = -1
    if not (parent >= 0).any():
        return exchanges
    return replace(exchanges, parent=parent)


def linked_pieces(exchanges: Exchanges) -> np.ndarray:
    """Split unit of each exchange (int64): its piece, or one number for pieces linked by replies."""
    linked = np.flatnonzero(exchanges.parent >= 0)
    if not len(linked):
        return exchanges.piece.astype(np.int64)
    from core.duplicates import join_labels

    label = np.arange(int(exchanges.piece.max()) + 1)
    label = join_labels(label, exchanges.piece[linked], exchanges.piece[exchanges.parent[linked]])
    return label[exchanges.piece]


def cut_long_pieces(exchanges: Exchanges) -> tuple[Exchanges, int]:
    """Cut long pieces when there are fewer than 10, so that a split by conversation is possible.

    Returns:
        The exchanges, and the most exchanges a piece has after the cut (0 where none was needed).
    """
    count = len(exchanges)
    size = max(SHORTEST_CUT, count // FEW_PIECES)
    if count < ENOUGH_TO_CUT or _count_pieces(exchanges.piece) >= FEW_PIECES:
        return exchanges, 0
    block = (np.arange(count) - exchanges.piece_starts()) // size
    starts = np.ones(count, bool)
    starts[1:] = (exchanges.piece[1:] != exchanges.piece[:-1]) | (block[1:] != block[:-1])
    return replace(exchanges, piece=np.cumsum(starts) - 1), size


def _count_pieces(piece: np.ndarray) -> int:
    return int((piece[1:] != piece[:-1]).sum()) + 1
