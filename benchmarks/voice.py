"""How well the voice scorer knows a person, beside plainer methods, and what judging costs.

    python -m benchmarks.voice                 made-up authors
    python -m benchmarks.voice texts.csv       your own: columns author, text; 12 authors or more

Every author in turn is "me". The scorer learns from some of my texts and from other authors, and
is tested on my later texts against authors it never saw: the area under the curve for the mean of
1, 3, 10 and 30 messages. Rivals get the same texts in the same run: cosine to the mean of my
character runs, and logistic regression on function words.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.authors import HANDS, random_hand, write
from core.examples import ChatMessage, Example
from core.problems import Problem
from core.voice import scorer
from core.voice.answers import Contestant, make_plan, run
from core.voice.embedded_loss import embedded_loss
from core.voice.features import words
from core.voice.forecast import learning_curve
from core.voice.judge import JudgeData, judge
from core.voice.ngrams import Rows, count_rows, rarity, times, weighted
from core.voice.score import make_scale, voice_score
from core.voice.verdict import three_way

TRAINING_SIZES = (30, 100, 300)
BATCHES = (1, 3, 10, 30)
TEXTS = 500
TESTED_FROM = 320
AUTHORS, KNOWN_OTHERS, TARGETS = 50, 20, 10

#: English function words, for the rival.
_JOINED = (
    "a about after all also am an and any are as at back be because been before but by can could did do "
    "does down even for from get go had has have he her here him his how i if in into is it its just "
    "know like me more my no not now of off on one only or other our out over so some than that the "
    "their them then there they this to too up us very was we well were what when where which while "
    "who why will with would you your"
)
FUNCTION_WORDS = _JOINED.split()

#: Learns from (mine, others), then gives a value to each text: higher is more like me.
Method = Callable[[Sequence[str], Sequence[str]], Callable[[Sequence[str]], np.ndarray]]


def ours(mine: Sequence[str], others: Sequence[str]) -> Callable[[Sequence[str]], np.ndarray]:
    """The app's scorer."""
    fitted = scorer.fit(mine, others)
    return lambda texts: scorer.logits(fitted, texts)


def cosine(mine: Sequence[str], others: Sequence[str]) -> Callable[[Sequence[str]], np.ndarray]:
    """Cosine to the mean TF-IDF of my character runs; the others only give the rarities."""
    rarities = rarity(count_rows([*mine, *others]))
    rows = weighted(count_rows(mine), rarities)
    centre = np.bincount(rows.columns, rows.values, minlength=len(rarities))
    unit = centre / np.linalg.norm(centre)
    return lambda texts: times(weighted(count_rows(texts), rarities), unit)


def function_words(
    mine: Sequence[str], others: Sequence[str]
) -> Callable[[Sequence[str]], np.ndarray]:
    """Ridge logistic regression on which function words a text has."""
    place = {word: number for number, word in enumerate(FUNCTION_WORDS)}

    def presence(texts: Sequence[str]) -> np.ndarray:
        table = np.zeros((len(texts), len(place)))
        for row, text in enumerate(texts):
            for word in words(text.casefold()):
                if word in place:
                    table[row, place[word]] = 1
        return table

    empty = Rows(np.zeros(len(mine) + len(others) + 1, int), np.zeros(0, int), np.zeros(0))
    both = scorer.Features(empty, presence([*mine, *others]))
    fitted = scorer.fit_labelled(both, np.r_[np.ones(len(mine)), np.zeros(len(others))])

    def values(texts: Sequence[str]) -> np.ndarray:
        none = Rows(np.zeros(len(texts) + 1, int), np.zeros(0, int), np.zeros(0))
        return scorer.logits(fitted, scorer.Features(none, presence(texts)))

    return values


METHODS: dict[str, Method] = {
    "ours": ours,
    "character-run cosine": cosine,
    "function words": function_words,
}


def made_up() -> dict[str, list[str]]:
    """Authors drawn at random, a line of whom tells about as much as a line of public chat."""
    return {f"author {n}": write(random_hand(n), TEXTS, 0) for n in range(AUTHORS)}


def from_file(path: Path) -> dict[str, list[str]]:
    """Texts by author, of a CSV with the columns ``author`` and ``text``, in file order."""
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["author"], []).append(row["text"])
    return {author: texts for author, texts in found.items() if len(texts) >= TESTED_FROM + 60}


def areas(
    authors: Mapping[str, Sequence[str]], method: Method, size: int
) -> tuple[dict[int, float], dict[int, float]]:
    """Mean and worst area over the targets, by how many messages are averaged."""
    names = list(authors)
    known = max(2, min(KNOWN_OTHERS, len(names) // 2))
    found: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    for target in names[:TARGETS]:
        rest = [name for name in names if name != target]
        others = [text for name in rest[:known] for text in authors[name][:60]]
        values = method(authors[target][:size], others)
        mine = values(authors[target][TESTED_FROM:])
        theirs = [values(authors[name][TESTED_FROM : TESTED_FROM + 100]) for name in rest[known:]]
        rng = np.random.default_rng(0)
        for batch in BATCHES:
            high = rng.choice(mine, (300, batch)).mean(axis=1)
            low = np.concatenate([rng.choice(v, (40, batch)).mean(axis=1) for v in theirs])
            found[batch].append(scorer.area_under_curve(high, low))
    return (
        {batch: float(np.mean(some)) for batch, some in found.items()},
        {batch: min(some) for batch, some in found.items()},
    )


def compare(authors: Mapping[str, Sequence[str]]) -> None:
    """Print the table of areas."""
    print(f"{len(authors)} authors; area under the curve, worst author in brackets")
    print(f"{'my texts':>9} {'method':22}" + "".join(f"{f'k={k}':>15}" for k in BATCHES))
    for size in TRAINING_SIZES:
        for name, method in METHODS.items():
            mean, worst = areas(authors, method, size)
            cells = "".join(f"{mean[k]:>8.3f} ({worst[k]:.2f})" for k in BATCHES)
            print(f"{size:>9} {name:22}{cells}", flush=True)


def coverage(trials: int = 40) -> None:
    """Print how often the 95 % interval holds what must be 100, 50 and 0."""
    for mine, people, count in ((60, 5, 50), (200, 8, 100)):
        held: dict[int, list[bool]] = {100: [], 50: [], 0: []}
        values: dict[int, list[float]] = {100: [], 50: [], 0: []}
        refused = 0
        for trial in range(trials):
            me = random_hand(20_000 + trial)
            others = {str(n): write(random_hand(1000 * trial + n), 60, 0) for n in range(people)}
            try:
                scale = make_scale(write(me, mine, 1), others, seed=trial)
            except Problem:
                refused += 1
                continue
            strangers = [write(random_hand(1000 * trial + 500 + n), 1, 0)[0] for n in range(count)]
            own, half = write(me, count, 2), count // 2
            for truth, texts in ((100, own), (50, own[:half] + strangers[:half]), (0, strangers)):
                score = voice_score(scale, texts)
                held[truth].append(score.interval.holds(truth))
                values[truth].append(score.value)
        said = ", ".join(
            f"{truth}: mean {np.mean(values[truth]):.0f}, held {100 * np.mean(held[truth]):.0f} %"
            for truth in held
        )
        print(
            f"{mine} held-out texts, {people} people, {count} answers, {trials} trials "
            f"({refused} refused): {said}"
        )


def forecasts(authors: int = 16, known: int = 100) -> None:
    """Print how often the 95 % interval of the learning curve held what more examples brought.

    The curve sees the first ``known`` examples of an author; then the engine really learns from
    two and four times as many. None of these authors had a part in choosing the rule.
    """
    held: dict[int, list[bool]] = {2: [], 4: []}
    errors: dict[int, list[float]] = {2: [], 4: []}
    for number in range(authors):
        texts = list(dict.fromkeys(write(random_hand(40_000 + number), 5 * known + 150, 0)))
        examples = [_post(text) for text in texts]
        loss = embedded_loss(examples[150 : 150 + 4 * known], examples[:150])
        curve = learning_curve(loss, known)
        for point in curve:
            if not point.measured:
                times = point.examples // known
                truth = loss(point.examples)
                held[times].append(point.interval.holds(truth))
                errors[times].append(truth - point.loss)
    for times, some in held.items():
        wrong = np.array(errors[times])
        print(
            f"forecast of {times} x {known} examples: held {100 * np.mean(some):.0f} % of "
            f"{len(some)} authors, mean error {np.abs(wrong).mean():.3f}, bias {wrong.mean():+.3f} "
            "nats a token"
        )


def _post(text: str) -> Example:
    messages = (ChatMessage("user", ""), ChatMessage("assistant", text))
    return Example(messages, "c", None, (), (), "blank_prompt")


def speed() -> None:
    """Print how long fitting, scoring and a whole judge run take, and the memory."""
    me = random_hand(1)
    mine = write(me, 500, 0)
    others = {str(n): write(random_hand(100 + n), 200, 0) for n in range(10)}
    flat = [text for texts in others.values() for text in texts]
    started = time.perf_counter()
    fitted = scorer.fit(mine, flat)
    middle = time.perf_counter()
    scorer.logits(fitted, mine)
    ended = time.perf_counter()
    print(
        f"fit on 500 and 2,000 texts {middle - started:.2f} s; score 500 texts {ended - middle:.2f} s"
    )
    held_out = [
        Example(
            (ChatMessage("user", str(n)), ChatMessage("assistant", text)),
            "c",
            None,
            (),
            (),
            "replies",
        )
        for n, text in enumerate(write(me, 200, 5))
    ]
    says = {
        "base": iter(write(HANDS[0], 100, 7)),
        "tuned": iter(write(me, 100, 7)),
        "prompted": iter(write(random_hand(2), 100, 7)),
        "checkpoint": iter(mine[:100]),
    }
    plan = make_plan(
        held_out,
        [
            Contestant("base", "base", "base"),
            Contestant("tuned", "tuned", "tuned"),
            Contestant("prompted", "prompted", "prompted"),
            Contestant("checkpoint", "checkpoint", "checkpoint"),
        ],
        prompts=100,
    )
    answers = run(plan, lambda one, messages: next(says[one.model]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, begun = time.perf_counter(), time.process_time()
    report = judge(
        plan, answers, JudgeData(write(me, 2000, 3), [e.completion for e in held_out], others)
    )
    took, busy = time.perf_counter() - started, time.process_time() - begun
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"judge: 4 models x 100 prompts in {took:.1f} s ({busy:.1f} CPU s), peak memory {before >> 10} -> {after >> 10} MB"
    )
    print("; ".join(f"{m.contestant.key} {m.score.value:.0f}" for m in report.models if m.score))
    print(three_way(report).title)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?", type=Path, help="author,text; made-up authors without")
    given = parser.parse_args().csv
    speed()
    authors = from_file(given) if given else made_up()
    if len(authors) < 12:
        sys.exit(f"{len(authors)} authors have {TESTED_FROM + 60} texts; it takes 12.")
    compare(authors)
    if not given:
        coverage()
        forecasts()


if __name__ == "__main__":
    main()
