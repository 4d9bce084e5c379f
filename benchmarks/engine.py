"""The embedded engine: how well it predicts unseen text, how fast it is, what survives a kill.

    python -m benchmarks.engine              all parts (about five minutes on two cores)
    python -m benchmarks.engine quality      one part: quality, base, topics, text, taken, speed,
                                             api, crash

Authors are made up and had no part in the base text. Rivals: the base alone, Kneser-Ney of the
author alone, the best linear mixture of both, and, as a generator only, markovify where it is
installed (pip install markovify).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from benchmarks.engine_quality import base_sizes, quality, topics
from benchmarks.engine_speed import api, crash, one_speed, speed
from benchmarks.engine_text import generated, taken_up

PARTS: dict[str, Callable[[], None]] = {
    "quality": quality,
    "base": base_sizes,
    "topics": topics,
    "text": generated,
    "taken": taken_up,
    "speed": speed,
    "api": api,
    "crash": crash,
}


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["one-speed"]:
        one_speed(int(arguments[1]))
        return
    for name in arguments or list(PARTS):
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
