"""The voice score: 0 is how other people write, 100 is how I write when nobody trains on it.

A scorer learns to tell my held-out texts from those of other people. It is fitted five times,
each time without a fifth of my texts and without a fifth of the people, and every text is judged
by a scorer that has not seen it (a model's answer: one that has not seen my own answer to the
same prompt). A model's score is where the mean of its answers lies between the two means. It is
linear: half my messages and half other people's is 50. Above 100 is not better, it is a
caricature or a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.problems import Problem
from core.voice.chances import Interval, percentiles, resampled_means, widening
from core.voice.scorer import (
    Features,
    Scorer,
    area_under_curve,
    features,
    fit_labelled,
    join,
    logits,
)

#: Below these there is no score (30 held-out texts are a fifth of 150).
MINE_NEEDED = 30
PEOPLE_NEEDED = 2
TEXTS_PER_PERSON = 10
OTHERS_NEEDED = 30
ANSWERS_NEEDED = 10
#: A scorer that is right less often than this about single texts knows nothing worth showing.
LEAST_AREA = 0.6
#: More negatives than this per text of mine teach little and cost time.
OTHERS_PER_MINE = 4
OTHERS_AT_MOST = 2_000
MINE_AT_MOST = 1_000
#: Neutral texts only fill up to this many negatives: they are another kind of writing.
NEUTRAL_UP_TO = 300
FOLDS = 5
DRAWS = 2_000
#: Means of cross-fitted values vary more than their bootstrap, because the fits share texts:
#: sqrt((1/k + 1/(k-1)) / (1/k)) for k folds (Nadeau & Bengio 2003).
CROSS_FITTED = (1 + FOLDS / (FOLDS - 1)) ** 0.5


@dataclass(frozen=True)
class Scale:
    """What a score is read from: fitted scorers, and how they judged me and the others.

    ``mine`` and ``others`` are out-of-fold logits. ``single_area`` is the chance that the scorer
    puts a text of mine above one of somebody else; ``ten_area`` the same for the means of ten.
    """

    scorers: tuple[Scorer, ...]
    mine: np.ndarray
    mine_fold: np.ndarray
    others: np.ndarray
    person: np.ndarray
    people: tuple[str, ...]
    single_area: float
    ten_area: float
    negatives: str
    notes: tuple[str, ...] = ()
    seed: int = 0

    @property
    def floor(self) -> float:
        """Mean logit of other people, everybody weighing the same."""
        return float(np.mean([self.others[self.person == p].mean() for p in set(self.person)]))

    @property
    def ceiling(self) -> float:
        """Mean logit of my own held-out texts."""
        return float(self.mine.mean())


@dataclass(frozen=True)
class VoiceScore:
    """A model's score with its 95 % interval, and the bands to read it against.

    ``me_band``: where nine in ten batches of as many of my own texts fall. ``others_band``: where
    eight in ten batches of one other person fall. ``draws`` are bootstrap scores, the same
    resamples of me and the others for every model, so differences of two models can be taken.
    """

    value: float
    interval: Interval
    answers: int
    empty: int
    me_band: Interval
    others_band: Interval
    draws: np.ndarray = field(repr=False, compare=False)

    @property
    def above_me(self) -> bool:
        """Clearly above my own writing: a caricature or a copy."""
        return self.interval.low > 100


def make_scale(
    mine: Sequence[str],
    others: Mapping[str, Sequence[str]],
    *,
    neutral: Sequence[str] = (),
    seed: int = 0,
) -> Scale:
    """Fit the scorers.

    Args:
        mine: texts of mine that no model was trained on, of one kind of writing. Texts with no
            characters are skipped, and at most the first 1,000 others are used.
        others: texts of other people of the same kind of writing, by person.
        neutral: more texts of nobody in particular, used where the others wrote little.

    Raises:
        Problem: too few texts or people, or the scorer cannot tell me from the others.
    """
    texts = [text if text.strip() else " " for text in mine[:MINE_AT_MOST]]
    written = sum(1 for text in texts if text.strip())
    people = {name: [t for t in some if t.strip()] for name, some in others.items()}
    people = {name: some for name, some in people.items() if some}
    groups = pool_small(people)
    _refuse_little(written, len(people), groups)
    rng = np.random.default_rng(seed)
    chosen = _fair_share(groups, min(OTHERS_AT_MOST, max(300, OTHERS_PER_MINE * len(texts))), rng)
    names = tuple(chosen)
    person = np.repeat(np.arange(len(names)), [len(chosen[name]) for name in names])
    their = [text for name in names for text in chosen[name]]
    filling = list(neutral)[: max(0, NEUTRAL_UP_TO - len(their))]
    my_features, their_features = features(texts), features(their)
    more = features(filling) if filling else None
    mine_fold = rng.permutation(len(texts)) % FOLDS
    turn = rng.permutation(max(FOLDS, len(names)))
    scorers, my_logits = [], np.zeros(len(texts))
    their_logits, times_out = np.zeros(len(their)), np.zeros(len(their))
    for fold in range(FOLDS):
        out = mine_fold == fold
        # Every fold leaves people out; with fewer than five, somebody more than once.
        away = turn[fold::FOLDS] % len(names)
        their_out = np.isin(person, away)
        scorer = _fit_fold(my_features, ~out, their_features, ~their_out, more)
        my_logits[out] = logits(scorer, my_features.take(np.flatnonzero(out)))
        their_logits[their_out] += logits(scorer, their_features.take(np.flatnonzero(their_out)))
        times_out += their_out
        scorers.append(scorer)
    their_logits /= times_out
    area = _mean_area(my_logits, their_logits, person)
    ten = _mean_area_of_ten(my_logits, their_logits, person, rng)
    if area < LEAST_AREA:
        raise Problem(
            "Your texts and those of the other people are too alike to be told apart.",
            "Compare with people who write differently, or look at detectability and habits.",
        )
    notes = ["Few other people: where 0 lies is uncertain."] if len(names) < FOLDS else []
    return Scale(
        tuple(scorers),
        my_logits,
        mine_fold,
        their_logits,
        person,
        names,
        area,
        ten,
        _describe(len(people), len(their), len(filling)),
        tuple(notes),
        seed,
    )


def voice_score(
    scale: Scale, answers: Sequence[str], prompts: Sequence[int] | None = None
) -> VoiceScore:
    """Where a batch of a model's answers lies between the others (0) and me (100).

    Args:
        answers: what one model wrote; empty answers are counted and left out.
        prompts: for each answer the number of the text in ``mine`` that I wrote to the same
            prompt; answers with the same number are resampled together. Without it every answer
            stands for itself.

    Raises:
        Problem: fewer than 10 answers, because single messages tell almost nothing.
    """
    numbers = np.arange(len(answers)) if prompts is None else np.asarray(prompts)
    written = np.array([bool(text.strip()) for text in answers], dtype=bool)
    if written.sum() < ANSWERS_NEEDED:
        raise Problem(
            f"There are {int(written.sum())} answers to judge, too few for a voice score.",
            f"It takes at least {ANSWERS_NEEDED}, better 50: single messages tell almost nothing.",
        )
    numbers = numbers[written]
    values = answer_logits(scale, [t for t in answers if t.strip()], numbers)
    return place(scale, values, numbers, empty=int((~written).sum()))


def place(
    scale: Scale,
    values: np.ndarray,
    clusters: np.ndarray,
    *,
    empty: int = 0,
    anchors: tuple[np.ndarray, np.ndarray] | None = None,
) -> VoiceScore:
    """The score of a batch of logits; those of one cluster are resampled together.

    Args:
        anchors: ``anchor_draws`` of the scale, where several batches are placed.
    """
    rng = np.random.default_rng(scale.seed)
    floor, ceiling = anchor_draws(scale) if anchors is None else anchors
    mean = resampled_means(values, clusters, DRAWS, rng)
    span = scale.ceiling - scale.floor
    part = (values.mean() - scale.floor) / span
    # Linear in the three means: the ratio itself has no spread worth the name when the floor
    # rests on three people.
    moved = (mean - values.mean()) - (1 - part) * (floor - scale.floor)
    draws = 100 * (part + (moved - part * (ceiling - scale.ceiling)) / span)
    size = len(values)
    by_person = [scale.others[scale.person == p] for p in range(len(scale.people))]
    return VoiceScore(
        value=float(100 * part),
        interval=percentiles(draws),
        answers=size,
        empty=empty,
        me_band=_band(scale, [scale.mine], size, rng, 0.9),
        others_band=_band(scale, by_person, size, rng, 0.8),
        draws=draws,
    )


def answer_logits(scale: Scale, texts: Sequence[str], numbers: np.ndarray) -> np.ndarray:
    """Logit of each text by a scorer that has not seen text ``numbers[i]`` of mine."""
    ready = features(texts)
    fold = scale.mine_fold[numbers % len(scale.mine_fold)]
    found = np.zeros(len(texts))
    for number, scorer in enumerate(scale.scorers):
        chosen = np.flatnonzero(fold == number)
        if len(chosen):
            found[chosen] = logits(scorer, ready.take(chosen))
    return found


def anchor_draws(scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Bootstrap of the floor and of the ceiling, the same for every model."""
    rng = np.random.default_rng(scale.seed + 1)
    return floor_draws(scale, rng), ceiling_draws(scale, rng)


def floor_draws(scale: Scale, rng: np.random.Generator) -> np.ndarray:
    """Bootstrap of the floor: people are drawn, and each one's texts."""
    count = len(scale.people)
    means = np.stack(
        [
            resampled_means(values, np.arange(len(values)), DRAWS, rng)
            for values in (scale.others[scale.person == p] for p in range(count))
        ],
        axis=1,
    )
    picks = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS) / count
    between = picks @ means.mean(axis=0) - means.mean()
    within = (means - means.mean(axis=0)).mean(axis=1)
    return scale.floor + widening(count) * between + within


def ceiling_draws(scale: Scale, rng: np.random.Generator) -> np.ndarray:
    """Bootstrap of the ceiling."""
    drawn = resampled_means(scale.mine, np.arange(len(scale.mine)), DRAWS, rng)
    return scale.ceiling + CROSS_FITTED * (drawn - scale.ceiling)


def pool_small(people: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """People with enough texts as they are; the others together, ten texts or more to a group.

    Whoever passes on posts knows hundreds of people by one text each: a group of them stands for
    one person. What is left over of the last group joins the one before.
    """
    pooled = {name: list(ts) for name, ts in people.items() if len(ts) >= TEXTS_PER_PERSON}
    together: list[list[str]] = [[]]
    for texts in (ts for ts in people.values() if len(ts) < TEXTS_PER_PERSON):
        if len(together[-1]) >= TEXTS_PER_PERSON:
            together.append([])
        together[-1].extend(texts)
    if len(together) > 1 and len(together[-1]) < TEXTS_PER_PERSON:
        together[-2].extend(together.pop())
    for number, texts in enumerate(together, start=1):
        if len(texts) >= TEXTS_PER_PERSON:
            pooled[f"several people ({number})"] = texts
    return pooled


def _refuse_little(written: int, people: int, groups: Mapping[str, Sequence[str]]) -> None:
    if written < MINE_NEEDED:
        raise Problem(
            f"Only {written} of your texts are kept aside, too few for a voice score.",
            f"It takes {MINE_NEEDED}: keep more aside, or bring an archive with more of your writing.",
        )
    texts = sum(map(len, groups.values()))
    if len(groups) < PEOPLE_NEEDED or texts < OTHERS_NEEDED:
        raise Problem(
            f"There is no voice score: {people} other people in the archive wrote too little to "
            f"compare you with.",
            f"It takes {PEOPLE_NEEDED} with {TEXTS_PER_PERSON} texts each and {OTHERS_NEEDED} in all: "
            "add a chat with other people, or look at detectability, habits and copies.",
        )


def _fair_share(
    people: Mapping[str, Sequence[str]], most: int, rng: np.random.Generator
) -> dict[str, list[str]]:
    """At most ``most`` texts, taken in turns so that nobody outweighs the others."""
    left, chosen = most, {}
    for place, (name, texts) in enumerate(sorted(people.items(), key=lambda item: len(item[1]))):
        share = min(len(texts), left // (len(people) - place))
        if share:
            picked = np.sort(rng.choice(len(texts), share, replace=False))
            chosen[name] = [texts[i] for i in picked]
            left -= share
    return chosen


def _fit_fold(
    mine: Features,
    my_rows: np.ndarray,
    their: Features,
    their_rows: np.ndarray,
    more: Features | None,
) -> Scorer:
    positive = mine.take(np.flatnonzero(my_rows))
    negative = their.take(np.flatnonzero(their_rows))
    if more is not None:
        negative = join(negative, more)
    labels = np.concatenate((np.ones(len(positive)), np.zeros(len(negative))))
    return fit_labelled(join(positive, negative), labels)


def _mean_area(mine: np.ndarray, others: np.ndarray, person: np.ndarray) -> float:
    return float(np.mean([area_under_curve(mine, others[person == p]) for p in set(person)]))


def _mean_area_of_ten(
    mine: np.ndarray, others: np.ndarray, person: np.ndarray, rng: np.random.Generator
) -> float:
    my_tens = rng.choice(mine, (200, 10)).mean(axis=1)
    areas = [
        area_under_curve(my_tens, rng.choice(others[person == p], (200, 10)).mean(axis=1))
        for p in set(person)
    ]
    return float(np.mean(areas))


def _band(
    scale: Scale,
    groups: Sequence[np.ndarray],
    size: int,
    rng: np.random.Generator,
    part: float,
) -> Interval:
    """The middle ``part`` of the scores of batches of ``size`` texts, each from one group."""
    means = np.concatenate(
        [rng.choice(g, (DRAWS // 2 // len(groups) + 1, size)).mean(axis=1) for g in groups]
    )
    return percentiles(100 * (means - scale.floor) / (scale.ceiling - scale.floor), part)


def _describe(people: int, texts: int, neutral: int) -> str:
    also = f" and {neutral:,} neutral texts" if neutral else ""
    return f"Compared with {people} other people ({texts:,} texts){also}."
