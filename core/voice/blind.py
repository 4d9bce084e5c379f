"""The blind game: which one did I write, and which one do I like better?

Rounds show two answers to one prompt with hidden labels in a random order. The verdict is an
exact binomial test, and says so when there are too few rounds to say anything.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from core.examples import ChatMessage, Example
from core.formats import to_preference_jsonl
from core.problems import Problem
from core.voice.chances import Interval, Strength, bradley_terry, coin_chance, evidence, wilson

ME = "me"
#: Rounds of one game; 15 of 20 must be right to be beyond chance.
USUAL_ROUNDS = 20
LEAST_ROUNDS = 10
#: Evidence that ends a game early: chance alone reaches it once in 20 games at most.
ENOUGH_EVIDENCE = 20.0
#: "People cannot tell" may be said when even the upper end of the interval is below this.
CANNOT_TELL = 0.6
#: Pairs whose lengths differ by more than this factor are only used when others run out.
LENGTHS_ALIKE = 1.6

Choice = Literal["left", "right", "neither"]


class Pairing(NamedTuple):
    """Two answers to one prompt, and who wrote them."""

    prompt: tuple[ChatMessage, ...]
    first: str
    second: str
    first_name: str
    second_name: str


class Round(NamedTuple):
    """A pairing as it is shown; the names stay hidden until the vote."""

    prompt: tuple[ChatMessage, ...]
    left: str
    right: str
    left_name: str
    right_name: str


class Verdict(NamedTuple):
    """What the rounds say. ``wins`` of ``rounds`` went to ``name`` ("neither" is not counted).

    ``clear``: beyond chance. ``alike``: so many rounds that a difference worth the name is ruled
    out. ``stop``: more rounds would not change what can be said. ``chance``: two-sided, exact.
    """

    name: str
    wins: int
    rounds: int
    interval: Interval
    chance: float
    clear: bool
    alike: bool
    stop: bool
    sentence: str


def pairings(
    prompts: Sequence[tuple[ChatMessage, ...]], texts: Mapping[str, Mapping[int, str]]
) -> list[Pairing]:
    """All pairs of answers to the same prompt.

    Args:
        prompts: the prompts, in order.
        texts: for each name ("me" for the real answers) an answer by number of the prompt.
    """
    return [
        Pairing(prompt, texts[a][number], texts[b][number], a, b)
        for number, prompt in enumerate(prompts)
        for a, b in combinations(texts, 2)
        if number in texts[a] and number in texts[b]
    ]


def make_rounds(pairs: Sequence[Pairing], count: int, seed: int) -> list[Round]:
    """Choose pairs and hide who wrote what; the same arguments give the same rounds.

    Pairs with an empty side or with twice the same text tell nothing and are left out; pairs of
    similar length come first, because length alone would give the answer away.

    Raises:
        Problem: no pair is left.
    """
    useful = [
        pair
        for pair in pairs
        if pair.first.strip() and pair.second.strip() and _bare(pair.first) != _bare(pair.second)
    ]
    if not useful:
        raise Problem(
            "There is no pair of different answers to the same prompt.",
            "Run the judge first, so that there are answers to choose from.",
        )
    random.Random(seed).shuffle(useful)
    useful.sort(key=lambda pair: _length_ratio(pair) > LENGTHS_ALIKE)
    chosen = useful[:count]
    return [
        Round(p.prompt, p.first, p.second, p.first_name, p.second_name)
        if first_is_left
        else Round(p.prompt, p.second, p.first, p.second_name, p.first_name)
        for p, first_is_left in zip(chosen, sides(seed, len(chosen)), strict=True)
    ]


def sides(seed: int, count: int) -> list[bool]:
    """For each round of a game, whether the first of the pair stands on the left."""
    rng = random.Random(f"sides {seed}")
    return [rng.random() < 0.5 for _ in range(count)]


def winner(one: Round, choice: Choice) -> str | None:
    """The name behind a choice; None for "neither"."""
    return {"left": one.left_name, "right": one.right_name}.get(choice)


def verdict(
    rounds: Sequence[Round],
    votes: Sequence[Choice],
    name: str,
    *,
    planned: int | None = USUAL_ROUNDS,
) -> Verdict:
    """Read the votes of a game of two.

    Args:
        rounds, votes: in the order in which they were played; fewer votes than rounds are fine.
        name: whose wins are counted: "me" in "which one did I write?", else a model.
        planned: how many rounds the game was meant to have. The binomial test is only read
            there; before and after only the evidence that allows for looking every time counts.
            None: the votes came in as a whole, from friends.
    """
    results = [
        winner(one, vote) == name
        for one, vote in zip(rounds, votes, strict=False)
        if vote != "neither" and name in (one.left_name, one.right_name)
    ]
    return verdict_of(results, name, planned=planned)


def verdict_of(results: Sequence[bool], name: str, *, planned: int | None = None) -> Verdict:
    """As ``verdict``, from who won each counted round."""
    wins, count = sum(results), len(results)
    goal = max(LEAST_ROUNDS, count if planned is None else planned)
    at_goal = count >= goal and coin_chance(sum(results[:goal]), goal) < 0.05
    early = any(
        evidence(sum(results[:n]), n) >= ENOUGH_EVIDENCE for n in range(LEAST_ROUNDS, count + 1)
    )
    interval = wilson(wins, count)
    # The test says that something differed; the share says which way it still does.
    clear = (at_goal or early) and not interval.holds(0.5)
    alike = not clear and interval.low >= 1 - CANNOT_TELL and interval.high <= CANNOT_TELL
    return Verdict(
        name,
        wins,
        count,
        interval,
        coin_chance(wins, count) if count else 1.0,
        clear,
        alike,
        clear or alike or count >= goal,
        _sentence(name, wins, count, interval, clear, alike, goal),
    )


def strengths(rounds: Sequence[Round], votes: Sequence[Choice]) -> list[Strength]:
    """Rank more than two models (Bradley-Terry), strongest first."""
    names = sorted({name for one in rounds for name in (one.left_name, one.right_name)})
    won = []
    for one, vote in zip(rounds, votes, strict=False):
        best = winner(one, vote)
        if best is not None:
            won.append((best, one.right_name if vote == "left" else one.left_name))
    return bradley_terry(names, won)


def preference_jsonl(rounds: Sequence[Round], votes: Sequence[Choice]) -> bytes:
    """The votes as preference pairs (DPO), one line for each vote for a side.

    Raises:
        Problem: nobody voted for a side yet.
    """
    preferred, rejected = [], []
    for one, vote in zip(rounds, votes, strict=False):
        if vote == "neither":
            continue
        good, bad = (one.left, one.right) if vote == "left" else (one.right, one.left)
        messages = (*one.prompt, ChatMessage("assistant", good))
        preferred.append(Example(messages, "", None, (), (), "blind_game"))
        rejected.append(bad)
    if not preferred:
        raise Problem("There is no vote to export yet.", "Play a few rounds first.")
    return to_preference_jsonl(preferred, rejected)


def _sentence(
    name: str, wins: int, count: int, interval: Interval, clear: bool, alike: bool, goal: int
) -> str:
    low, high = 100 * interval.low, 100 * interval.high
    if not count:
        return "No rounds yet."
    told = name == ME
    score = (
        f"Your own text was recognised in {wins} of {count} rounds"
        if told
        else f"{name} won {wins} of {count} rounds"
    ) + f" ({low:.0f} to {high:.0f} %)"
    if clear and wins * 2 > count:
        return f"{score}: {'the model can be told from you' if told else 'clearly preferred'}."
    if clear:
        return f"{score}: {'the model passes for you more often than you do' if told else 'the other is clearly preferred'}."
    if alike:
        return f"{score}: no better than a coin, and enough rounds to say so."
    if count < goal:
        return f"{score}: too few rounds to say; {goal - count} more to go."
    return f"{score}: too few rounds to say. A small difference takes 100 to 150 rounds to see."


def _length_ratio(pair: Pairing) -> float:
    short, long = sorted((len(pair.first), len(pair.second)))
    return long / max(1, short)


def _bare(text: str) -> str:
    return " ".join(text.casefold().split())
