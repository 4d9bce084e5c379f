"""Replies in context as columns: an example is built when it is looked at, a line without it.

With a window of five exchanges every message stands in about five examples. Here it is escaped
for JSON once, and a line is a slice of what was escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat
from typing import Any, overload

import numpy as np

from core.collector import paused_collector
from core.examples import ChatMessage, Example, Role
from core.exchanges import Exchanges
from core.json_text import ENDS, STARTS, encode, json_bodies

#: Examples written at a time: enough for arrays to pay off, few enough to stay in the cache.
BLOCK = 2000


@dataclass(frozen=True, eq=False)
class WindowExamples(Sequence[Example]):
    """The examples of some exchanges, in their order; behaves like a list of ``Example``.

    Example k shows the exchanges ``low[k]`` to ``high[k]``, of the last one only what the others
    said, and ends with the answer of exchange ``chosen[k]`` (int64 each). ``systems`` are the
    system messages for each conversation code, ``weight`` that of my earlier answers.
    """

    exchanges: Exchanges
    chosen: np.ndarray
    low: np.ndarray
    high: np.ndarray
    systems: list[tuple[ChatMessage, ...]]
    weight: int | None
    recipe: str

    def __len__(self) -> int:
        return len(self.chosen)

    def __iter__(self) -> Iterator[Example]:
        for start in range(0, len(self), BLOCK):
            yield from self._build(slice(start, start + BLOCK))

    @overload
    def __getitem__(self, place: int) -> Example: ...
    @overload
    def __getitem__(self, place: slice) -> list[Example]: ...
    def __getitem__(self, place: int | slice) -> Example | list[Example]:
        if isinstance(place, slice):
            return list(self.take(np.arange(len(self))[place]))
        return self.take(np.arange(len(self))[[place]])._build(slice(None))[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, WindowExamples)):
            return NotImplemented
        return list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Sequence[Example]) -> list[Example]:
        return [*self, *other]

    def __radd__(self, other: Sequence[Example]) -> list[Example]:
        return [*other, *self]

    def __repr__(self) -> str:
        return f"<{len(self)} examples>"

    def take(self, places: np.ndarray) -> WindowExamples:
        """Those at some places (int64), in that order."""
        return replace(
            self,
            chosen=self.chosen[places],
            low=self.low[places],
            high=self.high[places],
        )

    def _build(self, part: slice) -> list[Example]:
        """Some of them; messages are made once and shared by the examples that show them."""
        of, low, high, chosen = self.exchanges, self.low[part], self.high[part], self.chosen[part]
        ids = of.ids
        with paused_collector():
            places = _shown(low, high)
            shown = places.tolist()
            users = _messages("user", [of.prompts[i] for i in shown])
            context = _messages("assistant", [of.answers[i] for i in shown], self.weight)
            flat = tuple(chain.from_iterable(zip(users, context, strict=True)))
            learnt = _messages("assistant", [of.answers[i] for i in chosen.tolist()])
            make = partial(tuple.__new__, Example)
            return [
                make(
                    (
                        self.systems[conversation] + flat[first:last] + (answer,),
                        name,
                        sent,
                        ids[seen:stop] if theirs == begin else ids[seen:theirs] + ids[begin:stop],
                        ids[begin:stop],
                        self.recipe,
                    )
                )
                for answer, name, sent, conversation, first, last, seen, theirs, begin, stop in zip(
                    learnt,
                    of.piece_names(chosen),
                    of.sent_at[chosen].tolist(),
                    of.conversation[chosen].tolist(),
                    (2 * np.searchsorted(places, low)).tolist(),
                    (2 * np.searchsorted(places, high) + 1).tolist(),
                    of.start[low].tolist(),
                    of.middle[high].tolist(),
                    of.middle[chosen].tolist(),
                    of.end[chosen].tolist(),
                    strict=True,
                )
            ]

    def sums(self, asked: np.ndarray, said: np.ndarray, systems: np.ndarray) -> np.ndarray:
        """For each the sum of its messages' costs, say their tokens (int64).

        Args:
            asked, said: cost of the prompt and of the answer of every exchange (int64).
            systems: cost of the system messages for each conversation code (int64).
        """
        asked, said = np.r_[0, np.cumsum(asked)], np.r_[0, np.cumsum(said)]
        low, high, own = self.low, self.high, self.chosen
        context = asked[high + 1] - asked[low] + said[high] - said[low]
        return context + said[own + 1] - said[own] + systems[self.exchanges.conversation[own]]

    def lines(self, weights: bool = True) -> Iterator[bytes]:
        """One line of chat JSONL per example, the same bytes as from the examples themselves."""
        before = [
            b"".join(_message(one.role, encode(one.content)[1:-1]) + b"," for one in system)
            for system in self.systems
        ]
        for start in range(0, len(self), BLOCK):
            yield from self._block(slice(start, start + BLOCK), before, weights)

    def _block(self, part: slice, before: list[bytes], weights: bool) -> Iterator[bytes]:
        low, high, chosen = self.low[part], self.high[part], self.chosen[part]
        shown = np.union1d(_shown(low, high), chosen)
        places = shown.tolist()
        prompts, answers = self.exchanges.prompts, self.exchanges.answers
        asked = json_bodies([prompts[place] for place in places])
        said = json_bodies([answers[place] for place in places])
        user, mine = STARTS["user"], STARTS["assistant"]
        middle = ENDS[None] + b"," + mine
        after = ENDS[self.weight if weights else None] + b","
        turns = zip(repeat(user), asked, repeat(middle), said, repeat(after))
        text = b"".join(chain.from_iterable(turns))
        asked_size = np.fromiter(map(len, asked), np.int64, len(asked))
        said_size = np.fromiter(map(len, said), np.int64, len(said))
        fixed = len(user) + len(middle) + len(after)
        begins = np.r_[0, np.cumsum(asked_size + said_size + fixed)]
        first = begins[np.searchsorted(shown, low)]
        last = np.searchsorted(shown, high)
        stop = begins[last] + len(user) + asked_size[last]
        for conversation, begin, end, own in zip(
            self.exchanges.conversation[chosen].tolist(),
            first.tolist(),
            stop.tolist(),
            np.searchsorted(shown, chosen).tolist(),
            strict=True,
        ):
            yield b'{"messages":[%b%b%b%b"}]}\n' % (
                before[conversation],
                text[begin:end],
                middle,
                said[own],
            )


def count_messages(examples: Sequence[Example]) -> int:
    """Messages in all examples."""
    if not isinstance(examples, WindowExamples):
        return sum(len(example.messages) for example in examples)
    systems = np.array([len(system) for system in examples.systems], np.int64)
    own = systems[examples.exchanges.conversation[examples.chosen]]
    return int((own + 2 * (examples.high - examples.low + 1)).sum())


def _shown(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """All numbers that lie in one of the ranges from ``low`` to ``high``, each once, rising."""
    if not len(low):
        return low
    first, last = int(low.min()), int(high.max())
    if last - first <= 8 * int((high - low + 1).sum()):  # close together: mark them
        edges = np.bincount(low - first, minlength=last - first + 2)
        edges[: last - first + 2] -= np.bincount(high - first + 1, minlength=last - first + 2)
        return np.flatnonzero(np.cumsum(edges)) + first
    sizes = high - low + 1
    offsets = np.repeat(low - np.r_[0, np.cumsum(sizes)[:-1]], sizes)
    return np.unique(offsets + np.arange(int(sizes.sum())))


def _message(role: Role, body: bytes) -> bytes:
    return STARTS[role] + body + ENDS[None]


def _messages(role: Role, texts: list[str], weight: int | None = None) -> Iterator[Any]:
    """A message for each text; made without a Python call each, as there may be a million."""
    make = partial(tuple.__new__, ChatMessage)
    return map(make, zip(repeat(role), texts, repeat(weight), repeat(None)))
