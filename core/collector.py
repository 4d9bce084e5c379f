"""A pause for the garbage collector while very many values are made at once.

Python looks for cycles again and again while a list grows; over a million small tuples without
any cycle that takes a third of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Whether something is to stay frozen (asking the collector means counting all of it).
_frozen = False


def freeze() -> None:
    """Take everything that there is so far out of the collector's sight, for good.

    Streamlit runs a full collection after every script run; over pandas, plotly and openai
    that costs 40-90 ms each time, for objects that live as long as the process.
    """
    global _frozen
    gc.collect()
    gc.freeze()
    _frozen = True


@contextmanager
def paused_collector() -> Iterator[None]:
    """No collection inside the block; switched on again after it if it was on before.

    What was made inside goes straight to the oldest generation, unlooked at: switching on alone
    would have all of it traversed at once. (Freezing and unfreezing moves lists of objects, no
    object; not where something is to stay frozen.)
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not _frozen:
                gc.freeze()
                gc.unfreeze()
            gc.enable()
