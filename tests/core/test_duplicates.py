"""Near-duplicates: found, and found in time that does not explode."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from core.duplicates import LONG_ENOUGH, SIMILAR, join_labels, same_groups, similar_pairs
from core.normalise import normalise


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hello,   WORLD!", "hello world"),
        ("see https://a.example/b?c=d and @bob now", "see and now"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        (" :-) ", ":-)"),
        ("👍🏽 ok", "👍🏽 ok"),
        ("", ""),
    ],
)
def test_normalising(text, plain):
    assert normalise([text]) == [plain]


def made_texts(count, seed=1):
    rng = random.Random(seed)
    words = ["".join(rng.choices("abdegiklmnorstu", k=rng.randint(2, 9))) for _ in range(800)]
    return [" ".join(rng.choices(words, k=rng.randint(6, 14))) for _ in range(count)]


def varied(text, rng):
    place = rng.randrange(len(text))
    words = text.split()
    words.pop(rng.randrange(len(words)))
    return rng.choice(
        [
            text[:place] + "x" + text[place + 1 :],
            text.upper() + "!",
            text + " lol",
            " ".join(words),
            "RT @ann: " + text,
        ]
    )


def test_nearly_all_planted_copies_are_found():
    rng = random.Random(5)
    texts = made_texts(3000)
    copies = [varied(text, rng) for text in texts[:300]]
    group, long = same_groups(texts + copies)
    plain = normalise(texts + copies)
    close = [
        i
        for i in range(300)
        if long[i] and long[3000 + i] and fuzz.ratio(plain[i], plain[3000 + i]) >= SIMILAR
    ]
    assert len(close) > 250
    found = sum(group[i] == group[3000 + i] for i in close)
    assert found >= 0.97 * len(close)
    assert len(set(group[:3000].tolist())) >= 2995, "different texts stay apart"


def test_every_pair_found_is_similar():
    texts = normalise(made_texts(400) + [varied(t, random.Random(2)) for t in made_texts(100)])
    left, right = similar_pairs(texts)
    assert len(left) > 50
    assert all(fuzz.ratio(texts[i], texts[j]) >= SIMILAR for i, j in zip(left, right, strict=True))


def test_a_big_family_of_copies_is_one_group():
    texts = [f"daily report number {i}: all quiet in the harbour tonight" for i in range(500)]
    group, _ = same_groups(texts)
    assert len(set(group.tolist())) == 1


def test_short_texts_are_the_same_only_if_equal():
    group, long = same_groups(["ok!", "OK", "okk", "ja", "x" * LONG_ENOUGH])
    assert group[0] == group[1]
    assert len(set(group.tolist())) == 4
    assert long.tolist() == [False] * 4 + [True]


def test_nothing_and_one():
    assert same_groups([])[0].tolist() == []
    assert same_groups(["a text that is long enough to count"])[0].tolist() == [0]
    assert len(set(same_groups(["abcdefghi " * 3, "klmnopqrs " * 3])[0].tolist())) == 2
    apart = ["a text that is long enough to count", "0123456789 0123456789 0123456789"]
    assert same_groups(apart)[0].tolist() == [0, 1]


def test_joining_chains():
    label = join_labels(np.arange(6), np.array([0, 1, 4]), np.array([1, 2, 5]))
    assert label.tolist() == [0, 0, 0, 3, 4, 4]


@given(st.lists(st.text(max_size=40), max_size=12))
def test_equal_texts_share_a_group_whatever_they_hold(texts):
    safe = [text.encode("utf-8", "replace").decode() for text in texts]
    group, long = same_groups(safe + safe)
    assert group[: len(safe)].tolist() == group[len(safe) :].tolist()
    assert len(long) == 2 * len(safe)
