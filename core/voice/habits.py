"""A dozen readable habits, mine beside those of each model, the largest gaps first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.voice.blind import ME
from core.voice.chances import t_quantile, wilson
from core.voice.detectability import word_tells
from core.voice.features import HABITS, KEYS, Habit, emoji, measure_one, words

#: The habits shown, besides my favourite emoji and my pet word.
SHOWN = (
    "words",
    "starts_small",
    "ends_stop",
    "ends_bang",
    "questions",
    "commas",
    "dots",
    "emoji",
    "laughs",
    "links",
)
#: Gaps are cut here: a habit that I never have would otherwise lie infinitely far off.
MOST_GAP = 3.0
#: No habit is taken to be steadier than this, in its own unit.
LEAST_SPREAD = 0.1
#: Fewer texts give no rates worth plotting.
NEEDED = 10

COLUMNS = ("habit", "key", "who", "rate", "low", "high", "gap", "unit", "texts")


def chosen_habits(mine: Sequence[str], others: Sequence[str] = ()) -> list[Habit]:
    """The habits to show for this person: the fixed ones, a favourite emoji, a pet word.

    Args:
        mine: my texts.
        others: texts of other people, to find the word that I say more than they do.
    """
    chosen = [HABITS[KEYS.index(key)] for key in SHOWN]
    emojis = Counter(one for text in mine for one in set(emoji(text)))
    if emojis:
        favourite, times = emojis.most_common(1)[0]
        if times >= 3:
            chosen.append(
                Habit("my_emoji", f"uses {favourite}", "share", lambda t: float(favourite in t))
            )
    pet = _pet_word(mine, others)
    if pet:
        chosen.append(Habit("my_word", f"says “{pet}”", "share", lambda t: float(_says(t, pet))))
    return chosen


def habit_frame(
    texts: Mapping[str, Sequence[str]], *, habits: Sequence[Habit] | None = None
) -> pd.DataFrame:
    """Rates of every habit for everybody.

    Args:
        texts: my texts under "me", and those of each model under its name.
        habits: which; ``chosen_habits`` of my texts if not given.

    Returns:
        A DataFrame with a row per habit and person, the habit with the largest gap first:
        ``habit`` (plain words), ``key``, ``who``, ``rate`` (share 0-1 or mean per text), ``low``
        and ``high`` (95 % interval), ``gap`` (to me in standard deviations of my texts, cut at
        3), ``unit`` ("share" or "count"), ``texts`` (how many).
    """
    shown = list(habits) if habits is not None else chosen_habits(texts[ME])
    rows = []
    for habit in shown:
        mine = np.array([measure_one(habit, text) for text in texts[ME]])
        spread = max(LEAST_SPREAD, float(mine.std()))
        for who, written in texts.items():
            if len(written) < NEEDED:
                continue
            values = np.array([measure_one(habit, text) for text in written])
            low, high = _interval(values, habit.unit)
            gap = float(np.clip((values.mean() - mine.mean()) / spread, -MOST_GAP, MOST_GAP))
            rate = float(values.mean())
            rows.append((habit.name, habit.key, who, rate, low, high, gap, habit.unit, len(values)))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    largest = frame.groupby("key")["gap"].transform(lambda gap: gap.abs().max())
    order = frame.assign(largest=largest).sort_values(
        ["largest", "key"], ascending=[False, True], kind="stable"
    )
    return order.drop(columns="largest").reset_index(drop=True)


def habit_examples(habit: Habit, texts: Sequence[str], *, most: int = 3) -> list[str]:
    """Texts that show the habit, shortest first; for a length, the most ordinary ones."""
    if not texts:
        return []
    values = np.array([measure_one(habit, text) for text in texts])
    if habit.key in ("words", "characters", "word_length"):
        ordinary = np.argsort(np.abs(values - np.median(values)), kind="stable")
        return [texts[i] for i in ordinary[:most].tolist()]
    showing = {texts[int(i)] for i in np.flatnonzero(values > 0)}
    return sorted(showing, key=lambda text: (len(text), text))[:most]


def _interval(values: np.ndarray, unit: str) -> tuple[float, float]:
    if unit == "share":
        return wilson(int(values.sum()), len(values))
    half = t_quantile(len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return max(0.0, float(values.mean() - half)), float(values.mean() + half)


def _pet_word(mine: Sequence[str], others: Sequence[str]) -> str:
    """The word that I say surely more often than others, or ""."""
    if len(others) < NEEDED or len(mine) < NEEDED:
        return ""
    found = [tell for tell in word_tells(others, mine, most=20) if tell.z > 0]
    return found[0].name.removeprefix("says “").removesuffix("”") if found else ""


def _says(text: str, word: str) -> bool:
    return any(one.casefold() == word for one in words(text))
