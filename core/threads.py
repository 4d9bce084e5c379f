"""Self-threads: chains of posts in which a person goes on where their last post ended."""

from __future__ import annotations

import numpy as np


def thread_order(
    rows: np.ndarray,
    author: np.ndarray,
    conversation: np.ndarray,
    is_post: np.ndarray,
    parents: np.ndarray,
    sent: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Put every post of a self-thread behind the post it continues.

    A post with several continuations is continued by the earliest; the others start anew.

    Args:
        rows: row positions of the messages in use, in order.
        author, conversation: codes of every row.
        is_post: whether each row is a post.
        parents: row that each row answers, -1 for none.
        sent: datetime64[ms] of every row.

    Returns:
        Order of ``rows`` (int64, a permutation), and a number per place in the new order that is
        equal within a thread (int64).
    """
    place = {row: i for i, row in enumerate(rows.tolist()) if is_post[row]}
    next_post: dict[int, int] = {}
    continued: set[int] = set()
    answering = [row for row in place if int(parents[row]) in place and parents[row] != row]
    for row in sorted(answering, key=lambda row: (sent[row].astype(np.int64), row)):
        before = int(parents[row])
        together = author[before] == author[row] and conversation[before] == conversation[row]
        if together and before not in next_post:
            next_post[before] = row
            continued.add(row)
    if not continued:
        return np.arange(len(rows)), np.arange(len(rows))
    order: list[int] = []
    thread: list[int] = []
    for i, row in enumerate(rows.tolist()):
        if row in continued:
            continue
        order.append(i)
        thread.append(i)
        current = row
        while current in next_post:
            current = next_post[current]
            order.append(place[current])
            thread.append(i)
    placed = set(order)
    for i in range(len(rows)):  # posts that answer each other in a circle have no first one
        if i not in placed:
            order.append(i)
            thread.append(i)
    return np.array(order, np.int64), np.array(thread, np.int64)
