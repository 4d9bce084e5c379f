"""How many texts hold slurs: counted, never removed, because leaving them out is a choice.

Trainers screen files and refuse those with too many. The list is short and holds only words that
are hardly ever anything else; it is written in ROT13 so that nobody has to read it here.
"""

from __future__ import annotations

from codecs import decode
from collections.abc import Sequence

import regex

_ROT13 = """
avttre avttref avttn avttnf snttbg snttbgf genaal genaavrf xvxr xvxrf tbbx tbbxf jrgonpx
jrgonpxf ergneq ergneqf ergneqrq cnxv cnxvf jbt jbtf xnanxr xnanxra artre fpujhpugry fpujhpugrya
fhqnpn fhqnpnf znevpóa znevpbarf obhtabhyr obhtabhyrf evppuvbar evppuvbav
"""
SLUR = regex.compile(
    rf"(?<!\w)(?:{'|'.join(decode(_ROT13, 'rot13').split())})(?!\w)", regex.IGNORECASE
)


def texts_with_slurs(texts: Sequence[str]) -> list[int]:
    """Positions of the texts that hold at least one slur."""
    return [place for place, text in enumerate(texts) if SLUR.search(text)]
