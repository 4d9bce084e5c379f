"""From an archive's messages to a data set: filter, turns, exchanges, split, examples, receipt.

Each stage is a pure function of the one before and of the settings it names, so a page can keep
the result of every stage and redo only what a changed control touches: ``build_dataset`` takes
such a memory as ``remember``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from core import filters, split
from core.examples import Example
from core.exchanges import Exchanges, cut_long_pieces, linked_pieces, make_exchanges
from core.filters import AnswerVerdicts, answer_reasons, apply_edits, message_reasons
from core.messages import Note
from core.problems import Problem
from core.receipt import Receipt, make_receipt
from core.recipes import RECIPES
from core.recipes.base import Built
from core.recipes.replies import windows
from core.settings import DatasetSettings, Filters
from core.turns import TurnTable, suggest_conversation_gap, turn_table

__all__ = ["Dataset", "DatasetSettings", "Filters", "Receipt", "build_dataset"]

#: Texts of other people that are kept to compare a voice with.
MOST_OTHERS = 5000

#: Called as remember(name, key, make): the value of make(), kept until the key changes.
Remember = Callable[[str, Hashable, Callable[[], Any]], Any]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples in three parts, and everything one needs to trust them.

    ``voice_mine`` are the held-out texts by me, ``voice_others`` texts of other people in the
    same archive. ``recipe`` is the one used where the settings say "auto"; ``conversation_gap``
    the silence (seconds) that ended a conversation.
    """

    training: list[Example]
    validation: list[Example]
    held_out: list[Example]
    voice_mine: list[str]
    voice_others: list[str]
    receipt: Receipt
    settings: DatasetSettings
    me: tuple[str, ...]
    warnings: list[str] = field(default_factory=list)
    recipe: str = ""
    conversation_gap: float | None = None


def build_dataset(
    frame: pd.DataFrame,
    me: Sequence[str],
    settings: DatasetSettings,
    *,
    notes: Sequence[Note] = (),
    remember: Remember | None = None,
    frame_key: Hashable = None,
) -> Dataset:
    """Build the data set of one archive. The same arguments give the same data set.

    Args:
        frame: an archive's frame.
        me: the names of the person whose voice is learnt.
        settings: every choice.
        notes: the reader's notes, so that the receipt counts what has no row.
        remember: keeps the result of each stage, as ``remember(name, key, make)``.
        frame_key: tells frames apart in ``remember``.

    Raises:
        Problem: nobody is chosen, the name does not occur, another person is to be learnt
            without consent, or nothing is left to learn from.
    """
    keep = remember or (lambda _name, _key, make: make())
    voice = chosen_voice(frame, me, settings)
    chosen = settings.filters
    key: tuple[Hashable, ...] = (frame_key, voice, chosen)
    edited = apply_edits(frame, chosen.edits)
    codes = keep("filter", key, lambda: message_reasons(edited, voice, chosen))
    key = (*key, *turn_key(settings))
    table = keep("turns", key, lambda: turn_stage(edited, codes, settings))
    gap_key = (frame_key, chosen.edits)
    gap = settings.conversation_gap
    if gap is None:
        gap = keep("gap", gap_key, lambda: suggest_conversation_gap(edited))
    key = (*key, gap, settings.follow_ups, settings.speaker_names, settings.follow_replies)
    exchanges, cut = keep("exchanges", key, lambda: exchange_stage(table, voice, gap, settings))
    if not len(exchanges):
        raise _nothing_left(codes, voice)
    verdicts = keep("answers", key, lambda: answer_reasons(exchanges.answers, chosen))
    recipe = choose_recipe(exchanges, settings)
    answer_codes, part, warnings = split_stage(exchanges, verdicts, recipe, settings)
    built = example_stage(exchanges, answer_codes, recipe, settings)
    parts = part[built.exchange]
    receipt = make_receipt(
        codes, table, exchanges, answer_codes, built, parts, _places(parts), notes
    )
    if cut:
        warnings.append(
            f"There are hardly any long silences, so conversations were cut every {cut} answers "
            "to make a fair split possible."
        )
    held = np.flatnonzero(part == split.HELD_OUT)
    training, validation, held_out = (
        [built.examples[i] for i in np.flatnonzero(parts == one).tolist()]
        for one in (split.TRAINING, split.VALIDATION, split.HELD_OUT)
    )
    return Dataset(
        training=training,
        validation=validation,
        held_out=held_out,
        voice_mine=[exchanges.answers[i] for i in held.tolist()],
        voice_others=other_voices(table, voice, settings.seed),
        receipt=receipt,
        settings=settings,
        me=voice,
        warnings=warnings + _advice(receipt, len(training)),
        recipe=recipe,
        conversation_gap=gap,
    )


def chosen_voice(
    frame: pd.DataFrame, me: Sequence[str], settings: DatasetSettings
) -> tuple[str, ...]:
    """The names whose writing is learnt: mine, or those of the person to clone.

    Raises:
        Problem: nobody is chosen, they do not occur, or another person did not agree.
    """
    voice = tuple(settings.clone) or tuple(me)
    if not voice:
        raise Problem("Nobody is chosen whose voice to learn.", "Choose which name is yours.")
    if settings.clone and not settings.consent and not set(settings.clone) <= set(me):
        raise Problem(
            "Learning another person's voice needs that person's consent.",
            "Ask first, then tick the box that says they agreed.",
        )
    known = set(frame["author"].dropna().unique())
    if not known & set(voice):
        raise Problem("The chosen name wrote no message in this archive.", "Choose another name.")
    return voice


def turn_key(settings: DatasetSettings) -> tuple[Hashable, ...]:
    """The settings that ``turn_stage`` depends on."""
    return settings.merge_gap, settings.joiner, settings.max_turn_chars, settings.threads


def turn_stage(frame: pd.DataFrame, codes: np.ndarray, settings: DatasetSettings) -> TurnTable:
    """Turns of the messages that no filter took out."""
    return turn_table(
        frame,
        keep=codes == 0,
        merge_gap=settings.merge_gap,
        joiner=settings.joiner,
        max_chars=settings.max_turn_chars,
        join_threads=settings.threads == "join",
    )


def exchange_stage(
    table: TurnTable, me: Sequence[str], gap: float | None, settings: DatasetSettings
) -> tuple[Exchanges, int]:
    """Exchanges, cut into enough pieces for a split; see ``cut_long_pieces`` for the number."""
    return cut_long_pieces(make_exchanges(table, me, gap, settings))


def choose_recipe(exchanges: Exchanges, settings: DatasetSettings) -> str:
    """The recipe asked for; for "auto", replies if anybody else ever spoke, else blank prompts.

    Raises:
        Problem: there is no such recipe.
    """
    if settings.recipe != "auto":
        if settings.recipe not in RECIPES:
            raise Problem(
                f"There is no recipe {settings.recipe!r}.", f"Choose one of {', '.join(RECIPES)}."
            )
        return settings.recipe
    return "blank_prompt" if exchanges.silent().all() else "replies"


def split_stage(
    exchanges: Exchanges, verdicts: AnswerVerdicts, recipe: str, settings: DatasetSettings
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Decide for every exchange whether its answer is learnt and in which part.

    Returns:
        Reason codes per exchange (int16, 0 where used), part per exchange (int8, -1 where not
        used), and sentences about what could not be done as asked.
    """
    rng = np.random.default_rng(settings.seed)
    codes = verdicts.codes.copy()
    silent = exchanges.silent() & ~exchanges.is_post
    begins = exchanges.piece_starts() == np.arange(len(exchanges))
    if recipe == "replies":
        if not settings.openers:
            codes[(codes == 0) & silent & begins] = filters.CODE[filters.OPENER]
        if settings.follow_ups == "leave_out":
            codes[(codes == 0) & silent & ~begins] = filters.CODE[filters.FOLLOW_UP]
    with_context = recipe == "replies" and settings.buffer_size > 0
    shown = exchanges.prompts if with_context else [""] * len(exchanges)
    low = high = np.arange(len(exchanges))
    if with_context:
        low, high = windows(exchanges, settings)
    part = np.full(len(exchanges), -1, np.int8)
    usable = np.flatnonzero(codes == 0)
    unit = _units(exchanges, verdicts)
    target, warnings = split.held_out_target(len(usable), settings)
    aside = split.choose_units(unit[usable], exchanges.sent_at[usable], target, settings, rng)
    part[usable[aside]] = split.HELD_OUT
    rest = usable[~aside]
    chosen = rest[select(exchanges, rest, settings, rng)]
    codes[np.setdiff1d(rest, chosen)] = filters.CODE[filters.NOT_CHOSEN]
    part[chosen] = split.TRAINING
    total = round(len(chosen) * len(usable) / max(len(rest), 1))
    target, more = split.validation_target(total, len(chosen), settings)
    aside = split.choose_units(unit[chosen], exchanges.sent_at[chosen], target, settings, rng)
    part[chosen[aside]] = split.VALIDATION
    used = np.flatnonzero(part >= 0)
    group = np.where(verdicts.long, verdicts.group, -1)
    leaving = split.straddlers(part[used], low[used], high[used], used, group)
    part[used[leaving]] = -1
    codes[used[leaving]] = filters.CODE[filters.ON_BOTH_SIDES]
    used = used[~leaving]
    leaving = split.repeated_examples(
        part[used], low[used], high[used], used, shown, exchanges.answers
    )
    part[used[leaving]] = -1
    codes[used[leaving]] = filters.CODE[filters.ON_BOTH_SIDES]
    return codes, part, warnings + more


def _units(exchanges: Exchanges, verdicts: AnswerVerdicts) -> np.ndarray:
    """What the split must not tear apart: pieces linked by replies, and posts that are copies."""
    unit = linked_pieces(exchanges)
    alone = exchanges.is_post & exchanges.silent()
    first: dict[int, int] = {}
    for i in np.flatnonzero(alone).tolist():
        unit[i] = first.setdefault(int(verdicts.group[i]), int(unit[i]))
    return unit


def select(
    exchanges: Exchanges, rest: np.ndarray, settings: DatasetSettings, rng: np.random.Generator
) -> np.ndarray:
    """Positions in ``rest`` of the answers to use for training and validation, rising (int64)."""
    count = len(rest)
    most = settings.max_examples
    if most is None or most >= count:
        return np.arange(count)
    known = exchanges.sent_at[rest]
    in_time = np.lexsort((np.arange(count), np.where(np.isnat(known), 0, known.astype(np.int64))))
    if settings.selection == "first":
        return np.sort(in_time[:most])
    if settings.selection == "latest":
        return np.sort(in_time[count - most :])
    if settings.selection == "random":
        return np.sort(rng.permutation(count)[:most])
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))


def example_stage(
    exchanges: Exchanges, answer_codes: np.ndarray, recipe: str, settings: DatasetSettings
) -> Built:
    """The examples of every part, in the order of the archive."""
    return RECIPES[recipe].make(exchanges, np.flatnonzero(answer_codes == 0), settings)


def _places(parts: np.ndarray) -> np.ndarray:
    """Place of each example within its part (int64)."""
    place = np.zeros(len(parts), np.int64)
    for one in np.unique(parts):
        inside = parts == one
        place[inside] = np.arange(int(inside.sum()))
    return place


def other_voices(table: TurnTable, me: Sequence[str], seed: int) -> list[str]:
    """Turns of other people, at most 5,000, sampled over the whole archive."""
    names = table.frame["author"].astype("category").cat.categories
    mine = np.isin(table.author, np.flatnonzero(names.isin(list(me))))
    theirs = np.flatnonzero(~mine)
    if len(theirs) > MOST_OTHERS:
        theirs = np.sort(np.random.default_rng(seed).permutation(theirs)[:MOST_OTHERS])
    return [table.texts[i] for i in theirs.tolist()]


def _nothing_left(codes: np.ndarray, me: Sequence[str]) -> Problem:
    reasons = Counter(codes[codes > 0].tolist())
    if not reasons:
        return Problem("There is no message of yours to learn from.", "Choose another name.")
    code, count = reasons.most_common(1)[0]
    return Problem(
        f"Nothing is left to learn from: {count} messages were left out as {filters.REASONS[code]}.",
        "Change the filters, or choose another name.",
    )


def _advice(receipt: Receipt, training: int) -> list[str]:
    """Sentences about what the person may want to change."""
    warnings = []
    if training < split.FEWEST_TRAINING:
        warnings.append(
            f"Only {training} training examples: trainers ask for at least {split.FEWEST_TRAINING}."
        )
    unseen = receipt.left_out.get(filters.UNSEEN, 0)
    if unseen * 2 > receipt.raw:
        warnings.append(
            f"{unseen} of {receipt.raw} items are replies to posts that are not in the archive and "
            "were left out; you can use them all the same."
        )
    return warnings
