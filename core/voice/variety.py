"""Does a model say different things, in real words, of the usual length and in my language?

Everything is compared with my own held-out texts, measured the same way and at the same amount
of text. What this catches is what a voice score cannot: loops, babble, one answer for all.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.languages import LANGUAGES, language_of
from core.voice.assistant import MARKS, mark_rates
from core.voice.copies import units
from core.voice.ngrams import Rows, count_rows, rarity, weighted

#: Nearest neighbours are looked for among at most so many texts.
NEIGHBOURS = 200
#: Texts are put together until there are so many characters to tell a language by.
LANGUAGE_CHARACTERS = 80


@dataclass(frozen=True)
class Known:
    """Words and neighbouring pairs of words of real people (training texts and others)."""

    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class VarietyRates:
    """Shares are 0-1. ``distinct_2``: different word pairs of all; ``nearest``: mean similarity
    of a text to its nearest neighbour in the batch; ``new_words`` and ``new_pairs``: words that
    no real text has, and pairs of real words that never stand together in one; ``looping``:
    texts that repeat themselves; ``words``: 10th, 50th and 90th percentile of the length.
    """

    texts: int
    empty: float
    same: float
    distinct_2: float
    nearest: float
    looping: float
    new_words: float
    new_pairs: float
    words: tuple[float, float, float]
    languages: dict[str, float]
    marks: dict[str, float]


@dataclass(frozen=True)
class Variety:
    """A model's rates, mine at the same amount of text, and what is wrong in plain words."""

    model: VarietyRates
    mine: VarietyRates
    findings: tuple[str, ...]


def known_language(texts: Iterable[str]) -> Known:
    """Learn which words and pairs of words real people write."""
    words: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for text in texts:
        keys = [piece.key for piece in units(text)]
        words.update(keys)
        pairs.update(itertools.pairwise(keys))
    return Known(frozenset(words), frozenset(pairs))


def variety(answers: Sequence[str], mine: Sequence[str], known: Known, *, seed: int = 0) -> Variety:
    """Compare a model's answers with my held-out texts; neither may be empty.

    Args:
        answers: what the model wrote.
        mine: texts of mine that it did not learn from.
        known: from texts that are in neither: the training texts and other people's.
    """
    rng = np.random.default_rng(seed)
    shuffled = [[texts[i] for i in rng.permutation(len(texts))] for texts in (answers, mine)]
    sizes = [sum(len(units(text)) for text in texts) for texts in shuffled]
    amount, count = max(1, min(sizes)), min(len(answers), len(mine), NEIGHBOURS)
    model, me = (_rates(texts, known, amount, count) for texts in shuffled)
    return Variety(model, me, tuple(_findings(model, me, answers, mine, known)))


def language_mix(texts: Sequence[str]) -> dict[str, float]:
    """Share of the text in each language (by name), the largest first; empty for too little."""
    batches, batch = [], ""
    for text in texts:
        batch = f"{batch} {text}".strip()
        if len(batch) >= LANGUAGE_CHARACTERS:
            batches.append(batch)
            batch = ""
    if len(batch) >= LANGUAGE_CHARACTERS // 2:
        batches.append(batch)
    lengths: Counter[str] = Counter()
    for one in batches:
        code = language_of(one[:1000])
        if code:
            lengths[LANGUAGES.get(code, code)] += len(one)
    total = sum(lengths.values())
    return {name: length / total for name, length in lengths.most_common()}


def is_looping(keys: Sequence[str]) -> bool:
    """Whether a text repeats itself: three words three times, or one word half the time."""
    if len(keys) < 8:
        return False
    threes = Counter(zip(keys, keys[1:], keys[2:], strict=False))
    return max(threes.values()) >= 3 or max(Counter(keys).values()) * 2 >= len(keys)


def distinct_pairs(texts: Sequence[Sequence[str]], amount: int) -> float:
    """Different word pairs out of all, over the first ``amount`` words (0-1)."""
    pairs: list[tuple[str, str]] = []
    seen = 0
    for keys in texts:
        part = keys[: max(0, amount - seen)]
        seen += len(part)
        pairs.extend(itertools.pairwise(part))
    return len(set(pairs)) / len(pairs) if pairs else 1.0


def nearest_similarity(texts: Sequence[str]) -> float:
    """Mean cosine of each text to the most similar other one (0-1); 0 for fewer than two."""
    if len(texts) < 2:
        return 0.0
    counts = count_rows(texts)
    rows = weighted(counts, rarity(counts))
    dense = _dense(rows)
    alike = dense @ dense.T
    np.fill_diagonal(alike, 0.0)
    return float(alike.max(axis=1).mean())


def _dense(rows: Rows) -> np.ndarray:
    used, columns = np.unique(rows.columns, return_inverse=True)
    dense = np.zeros((len(rows), len(used)), dtype=np.float32)
    dense[np.repeat(np.arange(len(rows)), np.diff(rows.starts)), columns] = rows.values
    return dense


def _rates(texts: Sequence[str], known: Known, amount: int, count: int) -> VarietyRates:
    cut = [[piece.key for piece in units(text)] for text in texts]
    written = [text for text in texts if text.strip()]
    lengths = [len(keys) for keys in cut] or [0]
    low, middle, high = np.percentile(lengths, [10, 50, 90])
    same = 1 - len({tuple(keys) for keys in cut if len(keys) > 3}) / max(
        1, sum(len(keys) > 3 for keys in cut)
    )
    words, pairs = _new_shares(cut, known)
    return VarietyRates(
        texts=len(texts),
        empty=1 - len(written) / max(1, len(texts)),
        same=same,
        distinct_2=distinct_pairs(cut, amount),
        nearest=nearest_similarity(texts[:count]),
        looping=sum(map(is_looping, cut)) / max(1, len(cut)),
        new_words=float(np.mean(words)) if words else 0.0,
        new_pairs=float(np.mean(pairs)) if pairs else 0.0,
        words=(float(low), float(middle), float(high)),
        languages=language_mix(texts),
        marks=mark_rates(texts),
    )


def _new_shares(cut: Sequence[Sequence[str]], known: Known) -> tuple[list[float], list[float]]:
    """For each text long enough: its share of new words, and of new pairs of known words."""
    words, pairs = [], []
    for keys in cut:
        if keys:
            words.append(sum(key not in known.words for key in keys) / len(keys))
        real = [
            pair in known.pairs
            for pair in itertools.pairwise(keys)
            if pair[0] in known.words and pair[1] in known.words
        ]
        if real:
            pairs.append(1 - sum(real) / len(real))
    return words, pairs


def _findings(
    model: VarietyRates,
    me: VarietyRates,
    answers: Sequence[str],
    mine: Sequence[str],
    known: Known,
) -> Iterable[str]:
    if model.empty > me.empty + 0.05:
        yield f"{_percent(model.empty)} of the answers are empty."
    if model.same > me.same + 0.05:
        yield f"{_percent(model.same)} of the answers are repeats of another one."
    if model.looping > me.looping + 0.05:
        yield f"{_percent(model.looping)} of the answers repeat themselves in a loop."
    if model.distinct_2 < 0.8 * me.distinct_2 or model.nearest > me.nearest + 0.25:
        yield "The answers are more alike than your texts are."
    model_words, model_pairs = _new_shares([[p.key for p in units(t)] for t in answers], known)
    my_words, my_pairs = _new_shares([[p.key for p in units(t)] for t in mine], known)
    if _clearly_higher(model_words, my_words, by=0.1):
        yield f"{_percent(model.new_words)} of the words occur in no real text ({_percent(me.new_words)} of yours): babble, or another subject."
    if _clearly_higher(model_pairs, my_pairs, by=0.1):
        yield (
            f"{_percent(model.new_pairs)} of the word pairs never stand together in a real text "
            f"({_percent(me.new_pairs)} of yours): babble, or another subject."
        )
    if me.words[1] and not 0.5 <= model.words[1] / me.words[1] <= 2:
        yield f"Half of the answers have up to {model.words[1]:.0f} words; of your texts, up to {me.words[1]:.0f}."
    for name, share in model.languages.items():
        if share > me.languages.get(name, 0) + 0.2:
            yield f"{_percent(share)} is in {name}; of your texts, {_percent(me.languages.get(name, 0))}."
    for mark, (what, _) in MARKS.items():
        if model.marks[mark] > me.marks[mark] + 0.05:
            yield f"The model {what} in {_percent(model.marks[mark])} of the answers."


def _clearly_higher(model: Sequence[float], mine: Sequence[float], *, by: float) -> bool:
    """Whether the mean is higher by more than ``by`` and by three standard errors."""
    if len(model) < 2 or len(mine) < 2:
        return False
    error = float(np.var(model) / len(model) + np.var(mine) / len(mine)) ** 0.5
    return float(np.mean(model) - np.mean(mine)) > max(by, 3 * error)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
