"""What an archive and a data set look like, in numbers: frames for the figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.receipt import Receipt
from core.turns import TurnTable, message_gaps, names_of, written

SIDES = ("me", "others")

#: Edges of the pause histogram: a second to a year, eight to a decade.
GAP_EDGES = np.logspace(0, np.log10(366 * 86400), 61)


def gap_histogram(frame: pd.DataFrame, cut: float | None = None) -> pd.DataFrame:
    """Pauses between neighbouring messages of a conversation, on a logarithmic scale.

    Args:
        frame: an archive's frame.
        cut: seconds; pauses above it begin a new conversation.

    Returns:
        A DataFrame with the columns ``seconds_from``, ``seconds_to`` (float), ``pauses`` (int) and
        ``new_conversation`` (bool: the bin's middle lies above the cut).
    """
    counts, _ = np.histogram(np.clip(message_gaps(frame), 1, GAP_EDGES[-1]), bins=GAP_EDGES)
    middle = np.sqrt(GAP_EDGES[1:] * GAP_EDGES[:-1])
    return pd.DataFrame(
        {
            "seconds_from": GAP_EDGES[:-1],
            "seconds_to": GAP_EDGES[1:],
            "pauses": counts.astype(np.int64),
            "new_conversation": middle > (np.inf if cut is None else cut),
        }
    )


def turn_lengths(table: TurnTable, me: Sequence[str]) -> pd.DataFrame:
    """Length of every turn: columns ``side`` ("me" or "others") and ``characters`` (int)."""
    mine = _is_mine(table, me)
    return pd.DataFrame(
        {
            "side": pd.Categorical.from_codes((~mine).astype(np.int8), pd.Index(SIDES)),
            "characters": np.fromiter(map(len, table.texts), np.int64, len(table)),
        }
    )


def hours(frame: pd.DataFrame, me: Sequence[str]) -> pd.DataFrame:
    """When I write: messages per day of the week (0 = Monday) and hour, 7 x 24 rows.

    Returns:
        A DataFrame with the columns ``weekday``, ``hour``, ``messages`` (int).
    """
    mine = frame[written(frame) & frame["author"].isin(list(me)) & frame["sent_at"].notna()]
    place = mine["sent_at"].dt.day_of_week * 24 + mine["sent_at"].dt.hour
    counts = np.bincount(place.to_numpy(np.int64), minlength=7 * 24)
    return pd.DataFrame(
        {
            "weekday": np.repeat(np.arange(7), 24),
            "hour": np.tile(np.arange(24), 7),
            "messages": counts,
        }
    )


def audiences(table: TurnTable, me: Sequence[str]) -> pd.DataFrame:
    """Who I write to: one row per conversation, the busiest first.

    Returns:
        A DataFrame with the columns ``conversation`` (key), ``people`` (others who wrote, int),
        ``mine``, ``others`` (turns, int), ``share`` (of me, 0-1) and ``characters`` (median length
        of my turns; missing where I wrote nothing).
    """
    mine = _is_mine(table, me)
    lengths = np.fromiter(map(len, table.texts), np.int64, len(table))
    turns = pd.DataFrame(
        {
            "code": table.conversation,
            "mine": mine,
            "characters": np.where(mine, lengths, np.nan),
            "other": np.where(mine, -1, table.author),
        }
    )
    grouped = turns.groupby("code")
    rows = pd.DataFrame(
        {
            "mine": grouped["mine"].sum(),
            "turns": grouped.size(),
            "characters": grouped["characters"].median(),
            "people": turns[~mine].groupby("code")["other"].nunique(),
        }
    ).reset_index()
    names = names_of(table.frame, "conversation")
    made = pd.DataFrame(
        {
            "conversation": [names[code] for code in rows["code"]],
            "people": rows["people"].fillna(0).astype(np.int64),
            "mine": rows["mine"].astype(np.int64),
            "others": (rows["turns"] - rows["mine"]).astype(np.int64),
            "share": rows["mine"] / rows["turns"],
            "characters": rows["characters"],
        }
    )
    order = np.argsort(-(made["mine"] + made["others"]).to_numpy(), kind="stable")
    return made.iloc[order].reset_index(drop=True)


def percentiles(counts: np.ndarray) -> dict[str, float]:
    """Least, 5th, 50th, 95th percentile, greatest, mean and sum of token counts (or any counts)."""
    if not len(counts):
        return dict.fromkeys(("least", "p5", "median", "p95", "greatest", "mean", "sum"), 0.0)
    low, middle, high = np.percentile(counts, [5, 50, 95]).tolist()
    return {
        "least": float(counts.min()),
        "p5": low,
        "median": middle,
        "p95": high,
        "greatest": float(counts.max()),
        "mean": float(counts.mean()),
        "sum": float(counts.sum()),
    }


def funnel(receipt: Receipt) -> pd.DataFrame:
    """From raw items to learnt messages: what is left after each reason, the greatest first.

    Returns:
        A DataFrame with the columns ``step`` (str), ``left`` (int, messages still there after it)
        and ``lost`` (int). The last step
        leaves out what is only context, or was merged before reading.
    """
    left = receipt.raw
    rows = [("in the archive", left, 0)]
    for reason, count in sorted(receipt.left_out.items(), key=lambda one: (-one[1], one[0])):
        left -= count
        rows.append((reason, left, count))
    rows.append(("shown to the model", left, 0))
    rows.append(("learnt", receipt.learnt, left - receipt.learnt))
    return pd.DataFrame(rows, columns=["step", "left", "lost"])


def _is_mine(table: TurnTable, me: Sequence[str]) -> np.ndarray:
    names = names_of(table.frame, "author")
    codes = [code for code, name in enumerate(names) if name in set(me)]
    return np.isin(table.author, codes)
