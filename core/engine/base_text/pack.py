"""Pack a folder of plain base texts: python core/engine/base_text/pack.py TEXTS/en en

The archive is the same, byte for byte, whenever the text is.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path


def pack(source: Path, target: Path) -> None:
    """Compress every .txt of ``source`` into ``target``, without name or time of the file."""
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.txt")):
        text = "\n".join(line.rstrip() for line in file.read_text("utf-8").splitlines())
        packed = gzip.compress(text.strip().encode() + b"\n", 9, mtime=0)
        (target / f"{file.name}.gz").write_bytes(packed)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(__file__).parent / sys.argv[2])
