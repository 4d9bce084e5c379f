"""N-gram tries and the Kneser-Ney base, against plain dictionaries."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.engine import base_text
from core.engine.language_model import (
    bottom_distribution,
    build_language_model,
    discount_counts,
    smooth,
)
from core.engine.ngrams import (
    END,
    START,
    VOCABULARY,
    complete_counts,
    contexts_of,
    count_ngrams,
    make_stream,
    merge_counts,
    no_counts,
    only_counted,
)
from core.tokens import get_encoding

TEXTS = [[5, 6, 7], [5, 6, 8], [6, 7], [5, 6, 7, 9], [], [7, 7, 7, 7], [199_997]]
small_texts = st.lists(st.lists(st.integers(0, 6), max_size=6), max_size=12)


class PlainKneserNey:
    """The same model written with dictionaries, straight from the definitions."""

    def __init__(self, texts: list[list[int]]) -> None:
        self.counts: list[Counter] = [Counter() for _ in range(5)]
        for text in texts:
            row = [START, *text, END]
            for size in range(1, 5):
                for end in range(size, len(row) + 1):
                    self.counts[size][tuple(row[end - size : end])] += 1
        self.levels: list[dict] = [{}]
        for size in range(1, 5):
            adjusted = {}
            for gram, count in self.counts[size].items():
                if size == 4 or (gram[0] == START and size > 1):
                    adjusted[gram] = count
                elif gram != (START,):
                    adjusted[gram] = sum(g[1:] == gram for g in self.counts[size + 1])
            self.levels.append({gram: n for gram, n in adjusted.items() if n})
        self.discounts = [{}] + [self._discounts(level) for level in self.levels[1:]]
        self.children: list[dict] = [defaultdict(dict) for _ in range(5)]
        for size in range(1, 5):
            for gram, count in self.levels[size].items():
                self.children[size][gram[:-1]][gram[-1]] = count

    @staticmethod
    def _discounts(level: dict) -> dict[int, float]:
        n = Counter(level.values())
        found = {1: 0.75, 2: 0.75, 3: 0.75}
        if n[1] and n[2]:
            share = n[1] / (n[1] + 2 * n[2])
            for k in (1, 2, 3):
                if n[k] and n[k + 1]:
                    value = k - (k + 1) * share * n[k + 1] / n[k]
                    found[k] = min(max(value, 0.1), k - 0.05)
        return found

    def probability(self, history: list[int], token: int) -> float:
        value = float(bottom_distribution()[token])
        for size in range(1, 5):
            if size - 1 > len(history):
                break
            children = self.children[size].get(tuple(history[len(history) - size + 1 :]))
            if not children:
                continue
            total = sum(children.values())
            off = self.discounts[size]
            left = sum(off[min(n, 3)] for n in children.values()) / total
            count = children.get(token, 0)
            value = (
                (count - off[min(count, 3)]) / total * bool(count) + left * value
                if count
                else left * value
            )
        return value


@pytest.mark.parametrize("texts", [TEXTS, [], [[]], [[1]], [[1, 2, 3, 4, 5]] * 3])
def test_same_as_the_definition(texts):
    model, plain = build_language_model(make_stream(texts)), PlainKneserNey(texts)
    rows = [*texts, [5, 6, 1, 7], [9, 9], [6]]
    stream = make_stream(rows)
    expected = []
    for text in rows:
        row = [START, *text, END]
        expected += [math.log(plain.probability(row[:i], row[i])) for i in range(1, len(row))]
    assert model.log_probabilities(stream) == pytest.approx(expected, rel=1e-4)


@settings(max_examples=40, deadline=None)
@given(small_texts, st.lists(st.integers(0, 7), max_size=5))
def test_every_distribution_sums_to_one(texts, history):
    weights = build_language_model(make_stream(texts)).next_weights([START, *history])
    assert weights.shape == (VOCABULARY,)
    assert weights.min() >= 0
    assert weights[START] == 0
    assert weights.sum(dtype=np.float64) == pytest.approx(1, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(small_texts, st.lists(st.integers(0, 7), max_size=5))
def test_dense_and_pointwise_probabilities_agree(texts, text):
    model = build_language_model(make_stream(texts))
    row = [START, *text, END]
    dense = [math.log(model.next_weights(row[:i])[row[i]]) for i in range(1, len(row))]
    assert model.log_probabilities(make_stream([text])) == pytest.approx(dense, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(small_texts)
def test_counts_are_those_of_a_dictionary(texts):
    plain = PlainKneserNey(texts)
    counts = count_ngrams(make_stream(texts))
    for depth, (keys, numbers) in enumerate(zip(counts.keys, counts.counts, strict=True)):
        assert len(keys) == len(plain.counts[depth + 2])
        assert sorted(numbers) == sorted(plain.counts[depth + 2].values())


@settings(max_examples=40, deadline=None)
@given(small_texts)
def test_suffixes_and_starts_follow_from_the_keys(texts):
    counts = count_ngrams(make_stream(texts))
    again = complete_counts(counts.keys, counts.counts)
    for field in ("suffix", "from_start"):
        for one, other in zip(getattr(counts, field), getattr(again, field), strict=True):
            assert np.array_equal(one, other)


@settings(max_examples=40, deadline=None)
@given(small_texts, small_texts)
def test_merged_counts_are_those_of_both_texts(first, second):
    both = count_ngrams(make_stream(first + second))
    merged, places = merge_counts(
        count_ngrams(make_stream(first)), count_ngrams(make_stream(second))
    )
    for depth in range(3):
        assert np.array_equal(merged.keys[depth], both.keys[depth])
        assert np.array_equal(merged.counts[depth], both.counts[depth])
        assert len(places[depth]) == len(count_ngrams(make_stream(first)).keys[depth])
    alone = [np.zeros_like(level) for level in merged.counts]
    for depth, place in enumerate(places):
        alone[depth][place] = count_ngrams(make_stream(first)).counts[depth]
    kept = only_counted(type(merged)(merged.keys, alone, [], []))
    for depth in range(3):
        assert np.array_equal(kept.keys[depth], count_ngrams(make_stream(first)).keys[depth])


def test_counts_of_nothing_give_the_bottom():
    assert smooth(no_counts()).unigram == pytest.approx(bottom_distribution(), rel=1e-5)


def test_the_bottom_prefers_low_ranks_and_never_starts():
    bottom = bottom_distribution()
    assert bottom[0] > bottom[1000] > bottom[190_000] > 0
    assert bottom[START] == 0
    assert bottom[END] == bottom[0]


@pytest.mark.parametrize(
    ("counts", "off"),
    [
        ([0, 1, 2, 3, 9], [0, 1 / 3, 1, 0.75, 0.75]),
        ([1, 1, 2], [0.5, 0.5, 0.75]),
        ([5, 6], [0.75, 0.75]),
    ],
)
def test_discounts(counts, off):
    assert discount_counts(np.array(counts)) == pytest.approx(off)


def test_contexts_shorten_until_they_are_known():
    model = build_language_model(make_stream(TEXTS))
    assert contexts_of(model.keys, [START]) == [START, -1, -1]
    known = contexts_of(model.keys, [START, 5, 6])
    assert all(node >= 0 for node in known)
    assert contexts_of(model.keys, [START, 9, 6])[1:] == [-1, -1]


@pytest.mark.parametrize(
    ("kind", "content", "texts"),
    [
        ("posts", "one\n\ntwo \n", ["one", "two"]),
        ("chats", "A: hi\nB: yo: yo\n\nA: bye\n", ["hi", "yo: yo", "bye"]),
        ("mails", "Dear Sam,\n\nhello\n%\nBye\n%\n", ["Dear Sam,\n\nhello", "Bye"]),
    ],
)
def test_base_files_are_split_into_texts(kind, content, texts):
    assert base_text.split_texts(kind, content) == texts


def test_bundled_base_speaks_everyday_english():
    assert base_text.languages()[0] == "en"
    model = base_text.base_model(("en",))
    assert model is base_text.base_model(("en",))
    encode = get_encoding("o200k_base").encode_ordinary
    usual, odd = (
        -model.log_probabilities(make_stream([encode(text)])).mean()
        for text in ("I am so tired today.", "Zyklotron nahm gestern quer Erbsen.")
    )
    assert usual < odd - 2


@pytest.mark.parametrize("code", base_text.languages())
def test_each_language_fits_its_own_text_best(code):
    texts = base_text.read_texts(code)[::40]
    encode = get_encoding("o200k_base").encode_ordinary
    stream = make_stream([encode(text) for text in texts])
    fits = {
        other: base_text.base_model((other,)).log_probabilities(stream).sum()
        for other in base_text.languages()
    }
    assert max(fits, key=fits.__getitem__) == code


def test_packing_is_the_same_every_time(tmp_path):
    import gzip
    import runpy

    pack = runpy.run_path(str(base_text.FOLDER / "pack.py"))["pack"]
    (tmp_path / "posts.txt").write_text("one  \ntwo\n\n", "utf-8")
    for target in ("a", "b"):
        pack(tmp_path, tmp_path / target)
    packed = [(tmp_path / target / "posts.txt.gz").read_bytes() for target in ("a", "b")]
    assert packed[0] == packed[1]
    assert gzip.decompress(packed[0]) == b"one\ntwo\n"
