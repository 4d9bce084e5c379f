"""The stages between messages and examples, each a pure function of the one before.

filter -> turns -> exchanges -> copies -> recipes -> split -> examples
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from core import filters, split
from core.collector import paused_collector
from core.exchanges import Exchanges, cut_long_pieces, linked_pieces, make_exchanges
from core.filters import Copies
from core.problems import Problem
from core.recipes import RECIPES
from core.recipes.base import Built
from core.recipes.replies import windows
from core.selection import select
from core.settings import DatasetSettings, Filters
from core.turns import TurnTable, turn_table

#: Texts of other people that are kept to compare a voice with.
MOST_OTHERS = 5000

#: Tells the dice that mix recipes from those of the split.
MIX_DICE = 1002


def message_filters(chosen: Filters) -> Filters:
    """The filters with those on whole answers at their default: what the first stage depends on."""
    usual = Filters()
    return replace(
        chosen,
        min_chars=usual.min_chars,
        max_chars=usual.max_chars,
        momentary=usual.momentary,
        max_repeats=usual.max_repeats,
        near_duplicates=usual.near_duplicates,
    )


def turn_key(settings: DatasetSettings) -> tuple[Hashable, ...]:
    """The settings that ``turn_stage`` depends on."""
    return settings.merge_gap, settings.joiner, settings.max_turn_chars, settings.threads


def turn_stage(frame: pd.DataFrame, codes: np.ndarray, settings: DatasetSettings) -> TurnTable:
    """Turns of the messages that no filter took out (code 0)."""
    return turn_table(
        frame,
        keep=codes == 0,
        merge_gap=settings.merge_gap,
        joiner=settings.joiner,
        max_chars=settings.max_turn_chars,
        threads=settings.threads,
    )


def exchange_key(settings: DatasetSettings) -> tuple[Hashable, ...]:
    """The settings that ``exchange_stage`` depends on, but for the gap."""
    ready = settings.recipe == "ready"
    how = settings.follow_ups, settings.speaker_names, settings.follow_replies
    return *how, ready, _is_split(settings)


def exchange_stage(
    table: TurnTable, me: Sequence[str], gap: float | None, settings: DatasetSettings
) -> tuple[Exchanges, int]:
    """Exchanges, cut into enough pieces for a split; see ``cut_long_pieces`` for the number.

    The conversations of a ready data set are examples already and stay whole.
    """
    if settings.recipe == "ready":
        return make_exchanges(table, me, None, settings), 0
    exchanges = make_exchanges(table, me, gap, settings)
    return cut_long_pieces(exchanges) if _is_split(settings) else (exchanges, 0)


def _is_split(settings: DatasetSettings) -> bool:
    return settings.held_out_share > 0 or settings.validation_share != 0


def assign_recipes(
    exchanges: Exchanges, settings: DatasetSettings
) -> tuple[tuple[str, ...], np.ndarray]:
    """Which recipe makes the example of each answer.

    "auto" means replies if anybody else ever spoke, else blank prompts.

    Returns:
        The recipes in use, and the place in them for each exchange (int64).

    Raises:
        Problem: there is no such recipe, or the shares of a mix are not positive.
    """
    shares = dict(settings.mix) or {settings.recipe: 1.0}
    automatic = "blank_prompt" if exchanges.silent().all() else "replies"
    if settings.threads == "sequence":
        automatic = "replies"
    keys = tuple(automatic if key == "auto" else key for key in shares)
    for key in keys:
        if key not in RECIPES:
            raise Problem(f"There is no recipe {key!r}.", f"Choose one of {', '.join(RECIPES)}.")
    weights = np.array(list(shares.values()), float)
    if not (weights > 0).all():
        raise Problem("Every recipe of a mix needs a share above zero.", "Correct the shares.")
    if len(keys) == 1:
        return keys, np.zeros(len(exchanges), np.int64)
    dice = np.random.default_rng([settings.seed, MIX_DICE]).random(len(exchanges))
    return keys, np.searchsorted(np.cumsum(weights / weights.sum())[:-1], dice, side="right")


def prepare_stage(exchanges: Exchanges, recipes: Sequence[str], labels: Any) -> dict[str, Any]:
    """What each recipe has to find out about the answers first: topics, names, instructions."""
    return {
        key: recipe.prepare(exchanges, labels)
        for key in recipes
        if (recipe := RECIPES[key]).prepare is not None
    }


def split_stage(
    exchanges: Exchanges,
    codes: np.ndarray,
    copies: Copies,
    in_context: np.ndarray,
    settings: DatasetSettings,
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Decide for every exchange whether its answer is learnt and in which part.

    Args:
        exchanges: all of them.
        codes: reason per exchange why its answer is not learnt, 0 where it may be.
        copies: which answers are the same.
        in_context: exchanges whose example shows what was said before (bool).
        settings: shares, seed, selection.

    Returns:
        Reason codes per exchange (int16, 0 where used), part per exchange (int8, -1 where not
        used), and sentences about what could not be done as asked.
    """
    rng = np.random.default_rng(settings.seed)
    codes = codes.copy()
    silent = exchanges.silent() & ~exchanges.is_post & in_context
    begins = exchanges.piece_starts() == np.arange(len(exchanges))
    if not settings.openers:
        codes[(codes == 0) & silent & begins] = filters.CODE[filters.OPENER]
    if settings.follow_ups == "leave_out":
        codes[(codes == 0) & silent & ~begins] = filters.CODE[filters.FOLLOW_UP]
    part = np.full(len(exchanges), -1, np.int8)
    usable = np.flatnonzero(codes == 0)
    unit = split_units(exchanges, copies)
    sent = exchanges.sent_at
    if settings.split_by == "time" and settings.split_at is not None:
        aside = split.later_units(unit[usable], sent[usable], settings.split_at)
        warnings: list[str] = []
    else:
        target, warnings = split.held_out_target(len(usable), settings)
        aside = split.choose_units(unit[usable], sent[usable], target, settings, rng)
    part[usable[aside]] = split.HELD_OUT
    rest = usable[~aside]
    chosen = rest[select(exchanges, rest, settings, rng)]
    part[chosen] = split.TRAINING
    codes[rest[part[rest] < 0]] = filters.CODE[filters.NOT_CHOSEN]
    total = round(len(chosen) * len(usable) / max(len(rest), 1))
    target, more = split.validation_target(total, len(chosen), settings)
    aside = split.choose_units(unit[chosen], sent[chosen], target, settings, rng)
    part[chosen[aside]] = split.VALIDATION
    _remove_leaks(exchanges, codes, part, copies, in_context, settings)
    return codes, part, warnings + more


def _remove_leaks(
    exchanges: Exchanges,
    codes: np.ndarray,
    part: np.ndarray,
    copies: Copies,
    in_context: np.ndarray,
    settings: DatasetSettings,
) -> None:
    """Take out what an earlier part shows already; changes ``codes`` and ``part``."""
    low, high = (
        np.where(in_context, edge, np.arange(len(exchanges)))
        for edge in windows(exchanges, settings)
    )
    group = np.where(copies.long, copies.group, -1)
    used = np.flatnonzero(part >= 0)
    leaving = split.straddlers(part[used], low[used], high[used], used, group)
    part[used[leaving]] = -1
    codes[used[leaving]] = filters.CODE[filters.ON_BOTH_SIDES]
    used = used[~leaving]
    leaving = split.repeated_examples(
        part[used],
        low[used],
        high[used],
        used,
        in_context[used],
        copies.group,
        exchanges.prompts,
        exchanges.answers,
    )
    part[used[leaving]] = -1
    codes[used[leaving]] = filters.CODE[filters.ON_BOTH_SIDES]


def split_units(exchanges: Exchanges, copies: Copies) -> np.ndarray:
    """What the split must not tear apart: pieces linked by replies, and posts that are copies."""
    unit = linked_pieces(exchanges)
    alone = exchanges.is_post & exchanges.silent()
    if not alone.any():
        return unit
    single = np.bincount(unit)[unit] == 1
    place = np.flatnonzero(alone & single)
    first = pd.Series(unit[place]).groupby(copies.group[place]).transform("first")
    unit[place] = first.to_numpy()
    return unit


def example_stage(
    exchanges: Exchanges,
    answer_codes: np.ndarray,
    recipes: Sequence[str],
    assigned: np.ndarray,
    prepared: dict[str, Any],
    settings: DatasetSettings,
) -> Built:
    """The examples of every part, in the order of the archive."""
    learnt = np.flatnonzero(answer_codes == 0)
    with paused_collector():
        made = [
            RECIPES[key].make(
                exchanges, learnt[assigned[learnt] == number], settings, prepared.get(key)
            )
            for number, key in enumerate(recipes)
        ]
    return made[0] if len(made) == 1 else merge_built(made)


def merge_built(made: Sequence[Built]) -> Built:
    """Examples of several recipes as one list, in the order of their answers."""
    examples = [example for one in made for example in one.examples]
    exchange = np.concatenate([one.exchange for one in made])
    order = np.argsort(exchange, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    first = np.cumsum([0] + [len(one.examples) for one in made])
    spans = [
        np.column_stack([place[one.spans[:, 0] + start], one.spans[:, 1:]])
        for one, start in zip(made, first, strict=False)
    ]
    return Built([examples[i] for i in order.tolist()], exchange[order], np.concatenate(spans))


def other_voices(table: TurnTable, me: Sequence[str], seed: int) -> list[str]:
    """Turns of other people, at most 5,000, sampled over the whole archive."""
    names = table.frame["author"].astype("category").cat.categories
    mine = np.isin(table.author, np.flatnonzero(names.isin(list(me))))
    theirs = np.flatnonzero(~mine)
    if len(theirs) > MOST_OTHERS:
        theirs = np.sort(np.random.default_rng(seed).permutation(theirs)[:MOST_OTHERS])
    return [table.texts[i] for i in theirs.tolist()]
