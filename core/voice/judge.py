"""From the answers of a run to a report: every figure, for every model, in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.problems import Problem
from core.voice.answers import Answers, Contestant, Plan
from core.voice.chances import Interval
from core.voice.copies import CopyIndex
from core.voice.copy_check import CopyCheck, copy_check
from core.voice.detectability import NEEDED as DETECTABILITY_NEEDED
from core.voice.detectability import Detectability, detectability, null_band
from core.voice.habits import ME, chosen_habits, habit_examples, habit_frame
from core.voice.score import (
    ANSWERS_NEEDED,
    Scale,
    VoiceScore,
    anchor_draws,
    answer_logits,
    make_scale,
    place,
)
from core.voice.variety import Known, Variety, known_language, variety

#: Scores by audience or period are only given from this many answers on.
GROUP_NEEDED = 20
BAND_STEP = 20
#: Real texts beyond these add time and hardly any certainty.
MOST_TRAINING = 20_000


@dataclass(frozen=True)
class JudgeData:
    """What a run is judged against; all texts masked as the examples are.

    ``training``: the texts the tuned models learnt from. ``mine``: my held-out texts (those
    behind the prompts may be among them). ``others``: other people's texts by person, of the same
    kind of writing. ``neutral``: bundled everyday text, used only where the others wrote little.
    """

    training: Sequence[str]
    mine: Sequence[str]
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)
    neutral: Sequence[str] = ()


@dataclass(frozen=True)
class ModelReport:
    """Everything about one model. What could not be said is None, with a sentence why."""

    contestant: Contestant
    answers: int
    errors: dict[str, int]
    score: VoiceScore | None
    score_refused: str
    detectability: Detectability | None
    detectability_refused: str
    copies: CopyCheck
    variety: Variety | None
    groups: dict[str, dict[str, VoiceScore]]


@dataclass(frozen=True)
class Report:
    """The outcome of a run. ``scale`` is None where no voice score is possible, ``scale_refused``
    says why. ``habits`` is ``habits.habit_frame``; ``examples`` holds texts that show a habit, by
    habit key and by who."""

    models: tuple[ModelReport, ...]
    scale: Scale | None
    scale_refused: str
    mine: int
    prompts: int
    habits: pd.DataFrame
    examples: dict[str, dict[str, list[str]]]


def judge(
    plan: Plan,
    answers: Answers,
    data: JudgeData,
    *,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Report:
    """Compute all figures of a run, also of one that was stopped early.

    Args:
        plan, answers: of the run.
        data: what to judge against.
        progress: called with the share done, 0 to 1.

    Raises:
        Problem: no model has an answer yet.
    """
    if not answers.count:
        raise Problem("There is no answer to judge yet.", "Run the judge first.")
    say = progress or (lambda share: None)
    real = list(plan.real)
    mine = real + _without(data.mine, real)
    scale, refused = _scale(mine, data, seed)
    say(0.3)
    others = [text for texts in data.others.values() for text in texts]
    training = list(data.training)[:MOST_TRAINING]
    index, known = CopyIndex(training), known_language([*training, *others, *data.neutral])
    bands: dict[int, Interval] = {}
    anchors = anchor_draws(scale) if scale is not None else None
    say(0.4)
    reports, texts = [], {ME: mine}
    for done, one in enumerate(plan.contestants, start=1):
        written, numbers = answers.of(one.key)
        # A band takes a second; models with nearly as many answers share the wider one.
        size = len(written) // BAND_STEP * BAND_STEP
        if min(len(mine), len(written)) >= DETECTABILITY_NEEDED and size not in bands:
            bands[size] = null_band(mine, size, seed=seed)
        reports.append(
            _model_report(
                one, written, numbers, plan, dict(answers.errors.get(one.key, {})), mine,
                scale, refused, anchors, bands.get(size), index, training, known, seed,
            )
        )  # fmt: skip
        texts[one.key] = [text for text in written if text.strip()]
        say(0.4 + 0.55 * done / len(plan.contestants))
    habits = chosen_habits(mine, others)
    examples = {
        habit.key: {who: habit_examples(habit, some) for who, some in texts.items()}
        for habit in habits
    }
    frame = habit_frame(texts, habits=habits)
    say(1.0)
    return Report(tuple(reports), scale, refused, len(mine), len(plan.prompts), frame, examples)


def _model_report(
    one: Contestant,
    written: list[str],
    numbers: list[int],
    plan: Plan,
    errors: dict[str, int],
    mine: list[str],
    scale: Scale | None,
    refused: str,
    anchors: tuple[np.ndarray, np.ndarray] | None,
    band: Interval | None,
    index: CopyIndex,
    training: list[str],
    known: Known,
    seed: int,
) -> ModelReport:
    score, groups = None, {}
    full = [(text, number) for text, number in zip(written, numbers, strict=True) if text.strip()]
    if scale is not None and len(full) >= ANSWERS_NEEDED:
        place_of = np.array([number for _, number in full])
        values = answer_logits(scale, [text for text, _ in full], place_of)
        score = place(scale, values, place_of, empty=len(written) - len(full), anchors=anchors)
        groups = _groups(scale, values, place_of, plan, anchors)
    elif scale is not None:
        refused = f"{len(full)} answers are too few for a voice score; it takes {ANSWERS_NEEDED}."
    told, told_refused = None, ""
    try:
        told = detectability(mine, written, null=band, prompts=numbers, seed=seed)
    except Problem as problem:
        told_refused = problem.message
    return ModelReport(
        contestant=one,
        answers=len(written),
        errors=errors,
        score=score,
        score_refused="" if score is not None else refused,
        detectability=told,
        detectability_refused=told_refused,
        copies=copy_check(written, index, training, mine),
        variety=variety(written, mine, known, seed=seed) if written else None,
        groups=groups,
    )


def _groups(
    scale: Scale,
    values: np.ndarray,
    numbers: np.ndarray,
    plan: Plan,
    anchors: tuple[np.ndarray, np.ndarray] | None,
) -> dict[str, dict[str, VoiceScore]]:
    """Scores by label, where at least two labels have enough answers."""
    found = {}
    for name, labels in plan.labels.items():
        own = np.array(labels, dtype=object)[numbers]
        enough = [label for label, count in Counter(own).items() if count >= GROUP_NEEDED]
        if len(enough) >= 2:
            found[name] = {
                label: place(scale, values[own == label], numbers[own == label], anchors=anchors)
                for label in sorted(enough)
            }
    return found


def _scale(mine: list[str], data: JudgeData, seed: int) -> tuple[Scale | None, str]:
    try:
        return make_scale(mine, data.others, neutral=data.neutral, seed=seed), ""
    except Problem as problem:
        return None, str(problem)


def _without(texts: Sequence[str], taken: Sequence[str]) -> list[str]:
    """``texts`` less one for each of ``taken``."""
    left = Counter(taken)
    kept = []
    for text in texts:
        if left[text]:
            left[text] -= 1
        else:
            kept.append(text)
    return kept
