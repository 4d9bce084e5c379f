"""One judge run: the same held-out prompts through every model, to be stopped and resumed.

The answers are a plain value; ``core.voice.runs`` keeps every one of them as it comes, so a
reload, a broken connection or a closed lid costs only the answers that were under way.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import openai

from core.examples import ChatMessage, Example
from core.problems import Problem
from core.providers import Busy
from core.tokens import TOKENS_PER_MESSAGE, count_texts
from core.voice.blind import ME
from core.voice.prompting import with_examples

Role = Literal["base", "tuned", "checkpoint", "prompted", "other"]

USUAL_PROMPTS = 50
#: A model that fails so many times in a row is left alone until the run is resumed.
PATIENCE = 3
#: A provider that asks for a pause gets so many, each at most so long (seconds).
PAUSES, LONGEST_PAUSE = 4, 30.0


class Contestant(NamedTuple):
    """One column of the comparison: a model, and the examples put into its prompt, if any.

    ``provider`` is the key of the provider profile that answers.
    """

    key: str
    model: str
    role: Role
    shots: tuple[Example, ...] = ()
    provider: str = ""


@dataclass(frozen=True)
class Plan:
    """Which prompts go through which models, ``n`` answers each.

    ``real`` holds what I wrote to each prompt; ``labels`` may sort the prompts, as in
    ``{"audience": ("Ana", "Ben", ...)}`` with one label for each prompt.
    """

    contestants: tuple[Contestant, ...]
    prompts: tuple[tuple[ChatMessage, ...], ...]
    real: tuple[str, ...]
    n: int = 1
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def answers(self) -> int:
        """How many answers the whole run takes."""
        return len(self.contestants) * len(self.prompts) * self.n

    def asked(self, one: Contestant) -> str:
        """A short name for what is asked of a contestant: the same as long as its answers fit."""
        shots = [[(m.role, m.content) for m in example.messages] for example in one.shots]
        prompts = [[(m.role, m.content) for m in prompt] for prompt in self.prompts]
        said = json.dumps([one.provider, one.model, shots, prompts], ensure_ascii=False)
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass
class Answers:
    """What a run has brought so far: texts by contestant and number of the prompt, and errors.

    ``asked`` says for each contestant what they are answers to (``Plan.asked``).
    """

    texts: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    errors: dict[str, Counter[str]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Answers that are there."""
        return sum(len(texts) for by_prompt in self.texts.values() for texts in by_prompt.values())

    def of(self, key: str) -> tuple[list[str], list[int]]:
        """All answers of a contestant, and for each the number of its prompt."""
        flat = [(t, n) for n, texts in sorted(self.texts.get(key, {}).items()) for t in texts]
        return [text for text, _ in flat], [number for _, number in flat]

    def missing(self, plan: Plan, key: str) -> int:
        """How many of the answers that a plan asks of a contestant are not there."""
        texts = self.texts.get(key, {})
        return sum(max(0, plan.n - len(texts.get(n, ()))) for n in range(len(plan.prompts)))


def make_plan(
    held_out: Sequence[Example],
    contestants: Sequence[Contestant],
    *,
    prompts: int = USUAL_PROMPTS,
    n: int = 1,
    by_period: bool = True,
    audiences: Sequence[str] | None = None,
) -> Plan:
    """Plan a run over held-out examples spread evenly over the whole time.

    Args:
        held_out: examples that no model was trained on.
        contestants: the models, with different keys.
        prompts: how many examples to use at most; 50 shows clear differences, 100 to 200 small ones.
        n: answers per prompt and model.
        by_period: label the prompts "earlier" or "later" half, where their times are known.
        audiences: for each held-out example who is talked to, if scores by audience are wanted.

    Raises:
        Problem: there is no held-out example, two contestants share a key, or one is called "me".
    """
    if not held_out:
        raise Problem(
            "There is no held-out writing to judge with.",
            "Give the held-out part a share on the Dataset page.",
        )
    if len({one.key for one in contestants}) != len(contestants):
        raise Problem("Two of the models have the same name.", "Choose each model once.")
    if any(one.key == ME for one in contestants):
        raise Problem(f"A model cannot be called “{ME}”: that is you.", "Give it another name.")
    spread = np.linspace(0, len(held_out) - 1, min(prompts, len(held_out)))
    held_out = list(held_out)
    order = sorted(range(len(held_out)), key=lambda i: _time(held_out[i]))
    chosen = [order[i] for i in np.unique(spread.round().astype(int)).tolist()]
    labels: dict[str, tuple[str, ...]] = {}
    if by_period and all(held_out[i].sent_at is not None for i in chosen):
        middle = len(chosen) // 2
        labels["period"] = tuple("earlier" if p < middle else "later" for p in range(len(chosen)))
    if audiences is not None:
        labels["audience"] = tuple(audiences[i] for i in chosen)
    return Plan(
        tuple(contestants),
        tuple(tuple(held_out[i].prompt) for i in chosen),
        tuple(held_out[i].completion for i in chosen),
        n,
        labels,
    )


def run(
    plan: Plan,
    generate: Callable[[Contestant, tuple[ChatMessage, ...]], str],
    *,
    answers: Answers | None = None,
    keep: Callable[[str, int, str], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    stopped: Callable[[], bool] | None = None,
    at_once: bool = False,
    wait: Callable[[float], None] = time.sleep,
) -> Answers:
    """Fetch the answers that are still missing; all models advance prompt by prompt together.

    Args:
        plan: what to ask.
        generate: called as ``generate(contestant, messages)``; returns one answer. It must draw
            anew for every call, because some data sets have the same prompt many times over.
        answers: those of an earlier run; the same value is filled and returned. What fits the plan
            is kept, and answers of a model that is now asked something else are dropped.
        keep: called as ``keep(key, number of the prompt, text)`` with each new answer.
        progress: called as ``progress(done, of)`` after each answer.
        stopped: asked before each answer; True ends the run early.
        at_once: ask the models of one prompt at the same time, for providers far away.
        wait: sleeps for so many seconds, where a provider asks for a pause.

    A model's ``Problem``, a client's or a network error is recorded by its sentence (or its name,
    which cannot hold personal text) and the others go on; the errors are those of this run.
    """
    found = answers if answers is not None else Answers()
    found.errors.clear()
    failed: Counter[str] = Counter()
    for one in plan.contestants:
        if found.asked.get(one.key) != plan.asked(one):
            found.texts[one.key], found.asked[one.key] = {}, plan.asked(one)

    def over() -> bool:
        return stopped is not None and stopped()

    def ask(one: Contestant, number: int) -> None:
        texts = found.texts[one.key].setdefault(number, [])
        prompt = plan.prompts[number]
        messages = with_examples(prompt, one.shots) if one.shots else tuple(prompt)
        while len(texts) < plan.n and failed[one.key] < PATIENCE and not over():
            try:
                text = _patiently(lambda: generate(one, messages), over, wait)
            except (Problem, openai.OpenAIError, OSError) as error:
                failed[one.key] += 1
                named = error.message if isinstance(error, Problem) else type(error).__name__
                found.errors.setdefault(one.key, Counter())[named] += 1
                return
            failed[one.key] = 0
            texts.append(text)
            if keep is not None:
                keep(one.key, number, text)
            if progress is not None:
                progress(_fitting(found, plan), plan.answers)

    with ThreadPoolExecutor(len(plan.contestants) if at_once else 1) as pool:
        for number in range(len(plan.prompts)):
            if over():
                break
            for done in [pool.submit(ask, one, number) for one in plan.contestants]:
                done.result()
    return found


def _patiently(
    ask: Callable[[], str], over: Callable[[], bool], wait: Callable[[float], None]
) -> str:
    """One answer; a provider that asks for a pause gets it, a few times."""
    for turn in range(PAUSES):
        try:
            return ask()
        except Busy as busy:
            asked = 2.0**turn if busy.seconds is None else busy.seconds
            until = time.monotonic() + min(asked, LONGEST_PAUSE)
            while not over() and (left := until - time.monotonic()) > 0:
                wait(min(0.2, left))
            if over():
                raise
    return ask()


def expected_tokens(plan: Plan, encoding: str = "o200k_base") -> dict[str, tuple[int, int]]:
    """Tokens that a run will take of each contestant, to show its price before it starts.

    Returns:
        For each key (input, output): the prompts with their examples, exactly but for the few
        tokens that a provider adds, and answers as long as mine are.
    """
    output = int(count_texts(list(plan.real), encoding).sum()) * plan.n
    found = {}
    for one in plan.contestants:
        contents = [m.content for prompt in plan.prompts for m in prompt]
        shown = [m.content for example in one.shots for m in example.messages if m.role != "system"]
        per_prompt = int(count_texts(shown, encoding).sum()) + TOKENS_PER_MESSAGE * len(shown)
        prompts = int(count_texts(contents, encoding).sum()) + TOKENS_PER_MESSAGE * len(contents)
        found[one.key] = ((prompts + per_prompt * len(plan.prompts)) * plan.n, output)
    return found


def _fitting(answers: Answers, plan: Plan) -> int:
    """Answers that belong to the plan."""
    return sum(
        min(len(answers.texts.get(one.key, {}).get(number, ())), plan.n)
        for one in plan.contestants
        for number in range(len(plan.prompts))
    )


def _time(example: Example) -> tuple[bool, float]:
    known = example.sent_at is not None
    return known, example.sent_at.timestamp() if example.sent_at is not None else 0.0
