"""The blind game: hidden, reproducible, honest about too few rounds; codes of friends pool."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.examples import ChatMessage
from core.problems import Problem
from core.voice import blind, quiz
from core.voice.blind import Pairing, make_rounds, verdict, verdict_of

PROMPT = (ChatMessage("system", "be me"), ChatMessage("user", "how was it?"))
PAIRS = [
    Pairing(PROMPT, f"mine number {n}", f"theirs, the {n}th", "me", "tuned") for n in range(40)
]


def test_rounds_are_reproducible_and_hide_the_side():
    rounds = make_rounds(PAIRS, 30, seed=4)
    assert rounds == make_rounds(PAIRS, 30, seed=4) != make_rounds(PAIRS, 30, seed=5)
    left = sum(one.left_name == "me" for one in rounds)
    assert 5 < left < 25
    assert all((one.left.startswith("mine")) == (one.left_name == "me") for one in rounds)


def test_alike_lengths_first_and_equal_texts_never():
    pairs = [
        Pairing(PROMPT, "short", "a very much longer answer than that", "me", "tuned"),
        Pairing(PROMPT, "Same  text", "same text", "me", "tuned"),
        Pairing(PROMPT, "", "something", "me", "tuned"),
        Pairing(PROMPT, "about this", "about that", "me", "tuned"),
    ]
    assert {make_rounds(pairs, 1, seed)[0].left[:5] for seed in range(5)} == {"about"}
    assert len(make_rounds(pairs, 9, 0)) == 2
    with pytest.raises(Problem):
        make_rounds(pairs[1:3], 5, 0)


@pytest.mark.parametrize(
    ("right", "count", "planned", "clear", "stop", "words"),
    [
        (0, 0, 20, False, False, "No rounds yet"),
        (4, 5, 20, False, False, "15 more to go"),
        (14, 20, 20, False, True, "too few rounds to say"),
        (15, 20, 20, True, True, "can be told from you"),
        (5, 20, 20, True, True, "more often than you do"),
        (10, 10, 20, True, True, "can be told"),
        (8, 10, 20, False, False, "10 more to go"),
        (78, 160, None, False, True, "no better than a coin"),
    ],
)
def test_verdict(right, count, planned, clear, stop, words):
    results = [True] * right + [False] * (count - right)
    random.Random(0).shuffle(results)
    found = verdict_of(results, "me", planned=planned)
    assert (found.clear, found.stop) == (clear, stop)
    assert words in found.sentence
    assert found.interval.low <= found.interval.high


def test_twenty_rounds_never_say_that_people_cannot_tell():
    assert not any(verdict_of([True] * k + [False] * (20 - k), "me").alike for k in range(21))


def test_a_coin_is_called_clear_once_in_twenty_games():
    rng = random.Random(3)
    games = [[rng.random() < 0.5 for _ in range(20)] for _ in range(400)]
    called = sum(verdict_of(game, "me", planned=20).clear for game in games)
    assert called / 400 < 0.08


def test_neither_is_not_counted():
    rounds = make_rounds(PAIRS, 12, seed=1)
    votes = ["left" if one.left_name == "me" else "right" for one in rounds]
    assert verdict(rounds, votes, "me", planned=12).wins == 12
    votes[:4] = ["neither"] * 4
    found = verdict(rounds, votes, "me", planned=12)
    assert (found.wins, found.rounds) == (8, 8)
    assert verdict(rounds, votes, "somebody else").rounds == 0


def test_three_models_are_ranked():
    names = ["base", "tuned", "prompted"]
    texts = {name: {n: f"{name} says {n}" for n in range(20)} for name in names}
    pairs = blind.pairings([PROMPT] * 20, texts)
    assert len(pairs) == 60
    rounds = make_rounds(pairs, 60, seed=2)
    order = {"tuned": 2, "prompted": 1, "base": 0}
    votes = ["left" if order[r.left_name] > order[r.right_name] else "right" for r in rounds]
    assert [one.name for one in blind.strengths(rounds, votes)] == ["tuned", "prompted", "base"]


def test_votes_become_preference_pairs():
    rounds = make_rounds(PAIRS, 3, seed=1)
    lines = blind.preference_jsonl(rounds, ["left", "neither", "right"]).splitlines()
    read = [json.loads(line) for line in lines]
    assert [one["preferred_output"][0]["content"] for one in read] == [
        rounds[0].left,
        rounds[2].right,
    ]
    assert read[0]["non_preferred_output"][0]["content"] == rounds[0].right
    assert read[0]["input"]["messages"][-1] == {"role": "user", "content": "how was it?"}
    with pytest.raises(Problem):
        blind.preference_jsonl(rounds, ["neither"] * 3)


def code_of(rounds, letters: str, friend: str = "abcd1234") -> str:
    """What the page in the file shows at the end."""
    body = f"{quiz.fingerprint(rounds)}.{friend}.{letters}"
    return f"SAQ1.{body}.{quiz.checksum(body)}"


#: Made by the script of the file itself in a browser.
FROM_A_BROWSER = "SAQ1.be745463.o174sfz8.RLLRLLRLLRLLRLLRLLRL.zgtp"


def test_a_code_that_a_browser_made():
    read = quiz.read_code(FROM_A_BROWSER)
    assert (read.quiz, read.friend, len(read.choices)) == ("be745463", "o174sfz8", 20)
    assert read.choices[:3] == ("right", "left", "left")


def test_friends_are_pooled_and_counted_once():
    rounds = make_rounds(PAIRS, 10, seed=1)
    one, two = code_of(rounds, "LRLRLRLRLR"), code_of(rounds, "LLLLLNNNNN", "zzzz0000")
    pooled = quiz.pool([one, f" {two[:9]}\n{two[9:]} ", one], rounds)
    assert pooled.friends == 2 and len(pooled.votes) == len(pooled.rounds) == 20
    assert verdict(pooled.rounds, pooled.votes, "me", planned=None).rounds == 15


@pytest.mark.parametrize(
    "code", ["", "hello", "SAQ1.a.b.c", FROM_A_BROWSER.replace("RLLR", "LLLR", 1)]
)
def test_damaged_codes(code):
    with pytest.raises(Problem):
        quiz.read_code(code)


def test_codes_of_another_quiz():
    rounds, others = make_rounds(PAIRS, 10, seed=1), make_rounds(PAIRS, 10, seed=2)
    with pytest.raises(Problem, match="Code 1 belongs to another quiz"):
        quiz.pool([code_of(others, "L" * 10)], rounds)


@given(st.text(alphabet="LRN", min_size=1, max_size=40), st.data())
def test_any_lost_letter_is_noticed(letters, data):
    body = f"0123abcd.friend01.{letters}"
    code = f"SAQ1.{body}.{quiz.checksum(body)}"
    assert len(quiz.read_code(code).choices) == len(letters)
    lost = data.draw(st.integers(5, len(code) - 1))
    with pytest.raises(Problem):
        quiz.read_code(code[:lost] + code[lost + 1 :])


def test_the_file_loads_nothing_and_gives_nothing_away():
    pairs = [Pairing(PROMPT, "</script><b>mine</b>", "theirs “é” 😂", "me", "ft:secret")]
    page = quiz.quiz_html(make_rounds(pairs, 1, 0), "Which one <i>?").decode()
    assert "</script><b>" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "ft:secret" not in page and "be me" not in page
    assert "default-src 'none'" in page
    shown = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert {shown["rounds"][0]["left"], shown["rounds"][0]["right"]} == {
        pairs[0].first,
        pairs[0].second,
    }
