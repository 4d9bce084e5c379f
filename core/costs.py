"""What training and answering cost. Token counts come from ``core.tokens``; here is arithmetic.

Money is in US dollars as floats: prices have at most three decimals and sums stay far below
the 15 digits that a float keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from core.prices import ModelPrice
from core.tokens import encoding_name_for

Epochs = int | Literal["auto"]


def auto_epochs(n_examples: int) -> int:
    """Epochs that OpenAI's "auto" picks for a training file.

    The rule of OpenAI's cookbook (3 epochs, at least about 100 and at most about 25,000 examples
    seen in total, never more than 25 epochs), which fits the resolved value of a real job.
    """
    if n_examples <= 0:
        return 3
    if n_examples * 3 < 100:
        return min(25, 100 // n_examples)
    if n_examples * 3 > 25_000:
        return max(1, 25_000 // n_examples)
    return 3


def resolve_epochs(epochs: Epochs, n_examples: int, auto: int = 0) -> int:
    """The number of epochs; ``auto`` is the provider's fixed default, 0 means OpenAI's rule."""
    if epochs == "auto":
        return auto or auto_epochs(n_examples)
    return int(epochs)


def billed_tokens(counts: np.ndarray, max_example_tokens: int = 0) -> int:
    """Tokens of one epoch as they are billed: long examples are cut first."""
    if max_example_tokens:
        return int(np.minimum(counts, max_example_tokens).sum())
    return int(counts.sum())


def training_cost(tokens: int | float, epochs: int, price: ModelPrice) -> float | None:
    """Dollars for ``tokens`` in the training file, ``epochs`` times; None if unknown.

    Formula of OpenAI's guide: price per million x tokens in the file x epochs. Validation tokens
    are free.
    """
    return None if price.training is None else price.training * tokens * epochs / 1e6


def generation_cost(
    prompt_tokens: float, completion_tokens: float, price: ModelPrice, answers: int = 1000
) -> float | None:
    """Dollars for ``answers`` answers of that mean size, without cached input; None if unknown."""
    if price.input is None or price.output is None:
        return None
    return answers * (price.input * prompt_tokens + price.output * completion_tokens) / 1e6


def window_tokens(
    turn_tokens: np.ndarray,
    starts: np.ndarray,
    answers: np.ndarray,
    buffer_size: int,
    system_tokens: int = 0,
) -> np.ndarray:
    """Tokens of every example made of an answer and the turns before it, without counting again.

    Args:
        turn_tokens: int64, the billed tokens of each turn (content plus 4), in order.
        starts: for each turn, the index of the first turn of its conversation.
        answers: indices of the turns that are answers.
        buffer_size: how many turns before the answer are shown.
        system_tokens: the billed tokens of the system message, 0 without one.

    Returns:
        int64, one per answer. Prefix sums: a million turns take milliseconds.
    """
    sums = np.concatenate(([0], np.cumsum(turn_tokens)))
    first = np.maximum(answers - buffer_size, starts[answers])
    return sums[answers + 1] - sums[first] + system_tokens


def cost_by_examples(
    counts: np.ndarray, price: ModelPrice, epochs: Epochs = "auto", auto: int = 0
) -> np.ndarray:
    """Dollars for training on the first 1, 2, ... examples: float64, NaN where unknown."""
    if price.training is None:
        return np.full(len(counts), np.nan)
    capped = np.minimum(counts, price.max_example_tokens) if price.max_example_tokens else counts
    n = np.arange(1, len(counts) + 1)
    if epochs != "auto" or auto:
        times = np.full(len(counts), resolve_epochs(epochs, 1, auto))
    else:
        times = np.full(len(counts), 3)
        few, many = n * 3 < 100, n * 3 > 25_000
        times[few] = np.minimum(25, 100 // n[few])
        times[many] = np.maximum(1, 25_000 // n[many])
    return np.cumsum(capped) * times * (price.training / 1e6)


def affordable_examples(
    counts: np.ndarray, price: ModelPrice, budget: float, epochs: Epochs = "auto", auto: int = 0
) -> int:
    """How many of the first examples can be trained on within ``budget`` dollars."""
    within = np.flatnonzero(cost_by_examples(counts, price, epochs, auto) <= budget)
    return int(within[-1]) + 1 if len(within) else 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Mean sizes of a question and an answer in tokens, for the price of generations."""

    prompt_tokens: float
    completion_tokens: float


def cost_table(
    prices: Sequence[ModelPrice],
    counts: Mapping[str, np.ndarray],
    *,
    epochs: Epochs = "auto",
    auto_epochs_of: Mapping[str, int] | None = None,
    usage: Usage | None = None,
    budget: float | None = None,
    today: date | None = None,
) -> pd.DataFrame:
    """One row per model: what this data set costs there.

    Args:
        prices: the models to list, in order.
        counts: tokens per training example by encoding name; "o200k_base" must be there.
        epochs: a number, or "auto" for the provider's rule.
        auto_epochs_of: a provider's own default number of epochs (its key -> number).
        usage: mean question and answer sizes; without it generations have no price.
        budget: dollars; ``within_budget`` says whether the training cost is known and within.
        today: for the days left; None means now.

    Returns:
        Columns provider, model, epochs, tokens (billed in one epoch), trained_tokens (times
        epochs), training_cost, per_1000_generations, idle_per_hour, idle_per_month (730 hours),
        days_left, can_train (its last day of training is not over), smallest, biggest, cut
        (examples above the limit), encoding, estimated (the encoding is only assumed),
        within_budget, free, verified, as_of, source, note. Dollars.
    """
    today = today or date.today()
    rows = []
    for price in prices:
        encoding, assumed = encoding_name_for(price.model)
        estimated = assumed or encoding not in counts
        encoding = encoding if encoding in counts else "o200k_base"
        tokens = counts[encoding]
        times = resolve_epochs(epochs, len(tokens), (auto_epochs_of or {}).get(price.provider, 0))
        limit = price.max_example_tokens
        billed = billed_tokens(tokens, limit)
        cost = training_cost(billed, times, price)
        per_1000 = (
            generation_cost(usage.prompt_tokens, usage.completion_tokens, price) if usage else None
        )
        closed = price.last_training_date is not None and today >= price.last_training_date
        gone = price.shutdown_date is not None and today >= price.shutdown_date
        rows.append(
            {
                "provider": price.provider,
                "model": price.model,
                "epochs": times,
                "tokens": billed,
                "trained_tokens": billed * times,
                "training_cost": cost,
                "per_1000_generations": per_1000,
                "idle_per_hour": price.idle_per_hour,
                "idle_per_month": None
                if price.idle_per_hour is None
                else price.idle_per_hour * 730,
                "days_left": (price.shutdown_date - today).days if price.shutdown_date else None,
                "can_train": not (closed or gone),
                "smallest": int(tokens.min()) if len(tokens) else 0,
                "biggest": int(tokens.max()) if len(tokens) else 0,
                "cut": int((tokens > limit).sum()) if limit else 0,
                "encoding": encoding,
                "estimated": estimated,
                "within_budget": budget is None or (cost is not None and cost <= budget),
                "free": price.is_free,
                "verified": price.verified,
                "as_of": price.as_of,
                "source": price.source,
                "note": price.note,
            }
        )
    frame = pd.DataFrame(rows)
    for name in ("training_cost", "per_1000_generations", "idle_per_hour", "idle_per_month"):
        if name in frame:
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
    if "days_left" in frame:
        frame["days_left"] = pd.to_numeric(frame["days_left"]).astype("Int64")
    return frame


@dataclass(frozen=True, slots=True)
class Actual:
    """What a finished job really used, next to what was expected. Dollars, None if unknown."""

    expected_tokens: int
    trained_tokens: int
    expected_cost: float | None
    cost: float | None
    explanation: str


def compare_actual(
    expected_epoch_tokens: int,
    expected_epochs: int,
    trained_tokens: int,
    price: ModelPrice,
    actual_epochs: int | None = None,
) -> Actual:
    """Estimate against the job's ``trained_tokens``, with the difference explained.

    ``trained_tokens`` is already times epochs: it is the billed total.
    """
    expected = expected_epoch_tokens * expected_epochs
    cost = training_cost(trained_tokens, 1, price)
    difference = trained_tokens - expected
    share = difference / expected if expected else 0.0
    if difference == 0:
        words = "Exactly as expected."
    elif actual_epochs and actual_epochs != expected_epochs:
        words = (
            f"The trainer ran {actual_epochs} epochs where {expected_epochs} were expected; "
            f"that makes {share:+.1%}."
        )
    elif abs(share) <= 0.02:
        words = f"{share:+.1%}: the trainer counts a few tokens per example differently."
    elif difference < 0:
        words = f"{share:+.1%}: the trainer left out or cut examples, or stopped early."
    else:
        words = f"{share:+.1%}: the trainer counts more per example than its published rule says."
    return Actual(expected, trained_tokens, training_cost(expected, 1, price), cost, words)
