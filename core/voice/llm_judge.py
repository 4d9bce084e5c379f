"""An extra: another language model says which of two answers sounds like me.

Pairwise and in both orders, because such judges favour what stands first: a win counts only if
both orders agree. Shown beside how often it agrees with people, never as the headline; measured
judges of style hardly agree with readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import openai

from core.problems import Problem
from core.providers import ANY_PROVIDER, explain_error
from core.voice.blind import Choice, Pairing, Round, Verdict, verdict_of, winner

#: Texts of mine that the judge is shown.
SAMPLES = 8
_INSTRUCTION = (
    "You compare writing styles. You are shown messages by one author, then two new messages, A "
    "and B. Decide which of the two is more likely written by the same author. Judge only habits "
    "of writing (punctuation, case, length, word choice, emoji), never what is said, and not "
    "which is better or nicer. Answer with one letter, A or B."
)
_LETTER = re.compile(r"\b([AB])\b")


class Judgement(NamedTuple):
    """What the judge said about one pair: the winner's name, or None where the orders disagree."""

    pair: Pairing
    winner: str | None
    favoured_first: bool


class JudgeResult(NamedTuple):
    """All judgements. ``ties``: pairs where the two orders disagreed; ``first_share``: how often
    the answer shown first won (0.5 without bias); ``failed``: pairs without a usable answer."""

    judgements: tuple[Judgement, ...]
    verdict: Verdict
    ties: int
    first_share: float
    failed: int


def judge_pairs(
    client: openai.OpenAI,
    model: str,
    pairs: Sequence[Pairing],
    mine: Sequence[str],
    name: str,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> JudgeResult:
    """Ask a model about each pair twice, in both orders.

    Args:
        client: of the judge's provider; the texts of ``pairs`` and eight of ``mine`` are sent there.
        model: the judge.
        pairs: answers to the same prompts.
        mine: texts of mine that are in no pair.
        name: whose wins are counted.
        progress: called as ``progress(done, of)`` after each pair.

    Raises:
        Problem: the first pair already failed; later failures are counted.
    """
    judged: list[Judgement] = []
    failed = first_wins = 0
    for done, pair in enumerate(pairs, start=1):
        try:
            one = ask(client, model, mine, pair.first, pair.second)
            other = ask(client, model, mine, pair.second, pair.first)
        except openai.OpenAIError as error:
            if not judged and done == 1:
                raise explain_error(error, ANY_PROVIDER) from error
            one = other = None
        if one is None or other is None:
            failed += 1
        else:
            first_wins += (one == "A") + (other == "A")
            same = one != other
            chosen = pair.first_name if one == "A" else pair.second_name
            judged.append(Judgement(pair, chosen if same else None, not same and one == "A"))
        if progress is not None:
            progress(done, len(pairs))
    if not judged:
        raise Problem(
            "The judging model gave no answer that could be read.", "Choose another model to judge."
        )
    results = [one.winner == name for one in judged if one.winner is not None]
    ties = len(judged) - len(results)
    share = first_wins / (2 * len(judged))
    return JudgeResult(tuple(judged), verdict_of(results, name), ties, share, failed)


def ask(
    client: openai.OpenAI, model: str, mine: Sequence[str], first: str, second: str
) -> str | None:
    """One question: "A" for the first, "B" for the second, None for an unreadable answer."""
    answer = client.chat.completions.create(
        model=model,
        messages=[
            {"role": "system", "content": _INSTRUCTION},
            {"role": "user", "content": question(mine, first, second)},
        ],
    )
    said = (answer.choices[0].message.content or "") if answer.choices else ""
    letters = set(_LETTER.findall(said))
    return letters.pop() if len(letters) == 1 else None


def question(mine: Sequence[str], first: str, second: str) -> str:
    """What the judge is asked about one pair in one order."""
    shown = "\n---\n".join(text[:600] for text in mine[:SAMPLES])
    return (
        f"Messages by the author:\n---\n{shown}\n---\n\nA:\n{first[:1500]}\n\nB:\n{second[:1500]}\n\n"
        "Which is by the same author, A or B?"
    )


def agreement(
    judgements: Sequence[Judgement], rounds: Sequence[Round], votes: Sequence[Choice]
) -> tuple[int, int]:
    """On how many of the pairs that both judged, judge and people chose the same.

    Returns:
        (same, of): pairs are matched by their two texts; ties and "neither" are left out.
    """
    by_texts = {
        frozenset((one.pair.first, one.pair.second)): one.winner
        for one in judgements
        if one.winner is not None
    }
    same = of = 0
    for one, vote in zip(rounds, votes, strict=False):
        said, chosen = by_texts.get(frozenset((one.left, one.right))), winner(one, vote)
        if said is not None and chosen is not None:
            of += 1
            same += said == chosen
    return same, of
