"""What this processor is good at."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # Intel and AMD, and what Arm calls it


@cache
def has_fast_bfloat16() -> bool:
    """Whether it multiplies in bfloat16; others only imitate that, slowly."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    return any(
        FLAGS & set(line.partition(":")[2].split())
        for line in lines
        if line.lower().startswith(("flags", "features"))
    )
