"""Copies: how much of what a model writes stands in the texts it was trained on.

The same figures for my own held-out writing are the chance level: people repeat themselves too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.voice.chances import Interval, wilson
from core.voice.copies import CopyIndex, Run, Unit, longest_of, units, weight

#: Runs shorter than this are common phrases, not copies (in words).
SHORTEST_RUN = 4.0
#: An answer is a near copy when runs of at least ``SHORTEST_RUN`` out of one training text cover
#: this part of it, and stitched together when runs out of several do.
NEAR = 0.7
#: So many training texts with the longest runs are looked at as the source of a near copy.
SOURCES = 3
#: A run of this many words never happened by chance in real chats.
LONG_RUN = 8.0
#: Answers with fewer words cannot be told from everyday phrases ("see you there").
LEAST_WORDS = 4.0


class Offender(NamedTuple):
    """One answer that repeats training text: numbers of both, and how much of it."""

    answer: int
    source: int
    text: str
    source_text: str
    run: str
    words: int
    covered: float
    exact: bool


class CopyRates(NamedTuple):
    """Shares (0-1) of the ``judged`` texts; shorter ones are only counted in ``too_short``.

    ``exact``: word for word a training text. ``near``: mostly one training text. ``stitched``:
    mostly runs of four words or more out of any. ``long_run``: eight words or more in a row.
    """

    judged: int
    too_short: int
    exact: float
    near: float
    stitched: float
    long_run: float
    longest_words: int


@dataclass(frozen=True)
class CopyCheck:
    """What a model copies, what chance would give, and the worst answers.

    ``interval`` is that of the share of answers with a long run; ``finding`` says whether the
    model copies clearly more than chance.
    """

    model: CopyRates
    chance: CopyRates
    interval: Interval
    offenders: tuple[Offender, ...]

    @property
    def finding(self) -> bool:
        """More near copies or long runs than my own held-out writing, beyond doubt."""
        return _clearly_more(self.model, self.chance, "near") or _clearly_more(
            self.model, self.chance, "long_run"
        )


def copy_check(
    answers: Sequence[str],
    index: CopyIndex,
    training: Sequence[str],
    held_out: Sequence[str],
    *,
    most: int = 10,
) -> CopyCheck:
    """Compare a model's answers with the texts it learnt from.

    Args:
        answers: what the model wrote.
        index: of ``training``, the texts that it learnt from.
        held_out: my own texts that it did not learn from, as the chance level.
        most: so many offenders are kept, the longest runs first.
    """
    rates, offenders = _measure(answers, index, training)
    chance, _ = _measure(held_out, index, training)
    worst = sorted(offenders, key=lambda one: (-one.exact, -one.words, -one.covered))[:most]
    long_runs = round(rates.long_run * rates.judged)
    return CopyCheck(rates, chance, wilson(long_runs, rates.judged), tuple(worst))


def covered_share(pieces: Sequence[Unit], runs: Sequence[Run]) -> float:
    """Part of a text (0-1) that lies in verbatim runs of four words or more."""
    inside = np.zeros(len(pieces), dtype=bool)
    for run in runs:
        if weight(pieces[run.start : run.end]) >= SHORTEST_RUN:
            inside[run.start : run.end] = True
    return float(inside.mean()) if len(pieces) else 0.0


def _covered_by_one(
    pieces: Sequence[Unit], runs: Sequence[Run], training: Sequence[str]
) -> tuple[float, int]:
    """The largest part of a text covered by a single training text, and which one."""
    by_length = sorted(runs, key=lambda run: run.start - run.end)
    best, source = 0.0, -1
    for number in list(dict.fromkeys(run.source for run in by_length))[:SOURCES]:
        covered = covered_share(pieces, CopyIndex([training[number]]).runs(pieces))
        if covered > best:
            best, source = covered, number
    return best, source


def _measure(
    texts: Sequence[str], index: CopyIndex, training: Sequence[str]
) -> tuple[CopyRates, list[Offender]]:
    exact = near = stitched = long_run = judged = longest = 0
    offenders = []
    for number, text in enumerate(texts):
        pieces = units(text)
        if weight(pieces) < LEAST_WORDS:
            continue
        judged += 1
        runs = index.runs(pieces)
        found = longest_of(text, pieces, runs)
        longest = max(longest, found.words)
        same = index.whole.get(tuple(piece.key for piece in pieces), -1)
        covered, source = 1.0, same
        if same < 0:
            stitching = covered_share(pieces, runs) >= NEAR
            covered, source = _covered_by_one(pieces, runs, training) if stitching else (0.0, -1)
        else:
            stitching = True
        is_long = weight(units(found.text)) >= LONG_RUN
        exact += same >= 0
        near += covered >= NEAR
        stitched += stitching
        long_run += is_long
        if covered >= NEAR or is_long:
            shown = source if covered >= NEAR else found.source
            offenders.append(
                Offender(
                    number,
                    shown,
                    text,
                    training[shown],
                    found.text,
                    found.words,
                    covered,
                    same >= 0,
                )
            )
    count = max(1, judged)
    shares = (exact / count, near / count, stitched / count, long_run / count)
    return CopyRates(judged, len(texts) - judged, *shares, longest), offenders


def _clearly_more(model: CopyRates, chance: CopyRates, name: str) -> bool:
    """Whether the model's share is above chance by more than two standard errors of both."""
    if not model.judged:
        return False
    share, usual = getattr(model, name), getattr(chance, name)
    # One copy more on either side, so that nothing out of nothing is not certainty.
    a = (share * model.judged + 0.5) / (model.judged + 1)
    b = (usual * chance.judged + 0.5) / (chance.judged + 1)
    error = (a * (1 - a) / (model.judged + 1) + b * (1 - b) / (chance.judged + 1)) ** 0.5
    return bool(share > usual and (a - b) / error > 2 and share >= 0.02)
