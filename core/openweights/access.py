"""Who may train which base: the person at this machine any, a hosted app's visitor those named.

A path or a download that a stranger names would reach into the host's disk and network. The host
may allow more or less by SOUNDALIKE_OPEN_WEIGHTS: ``off``, ``any``, or names with commas between.
"""

from __future__ import annotations

import os
from pathlib import Path

from core.openweights import HOW_TO_ADD, installed
from core.openweights.bases import SUGGESTIONS, Base, find_base
from core.problems import Problem

VARIABLE = "SOUNDALIKE_OPEN_WEIGHTS"


def offered(local: bool) -> tuple[str, ...]:
    """Names of base models to offer; none where nothing of this may be used."""
    if not installed():
        return ()
    setting = os.environ.get(VARIABLE, "").strip()
    if setting == "off" or not (setting or local):
        return ()
    if setting and setting != "any":
        return tuple(name.strip() for name in setting.split(",") if name.strip())
    return tuple(one.name for one in SUGGESTIONS)


def any_name(local: bool) -> bool:
    """Whether any path or hub id may be given, not only what is offered."""
    setting = os.environ.get(VARIABLE, "").strip()
    return bool(offered(local)) and (setting == "any" or (local and not setting))


def check_base(name: str, local: bool) -> Base:
    """The base by that name, where it may be used and can be trained here.

    Args:
        local: whether the request comes from the person at this machine.

    Raises:
        Problem: it may not, cannot, or is none.
    """
    names = offered(local)
    if name not in names and not any_name(local):
        if local and not installed():
            raise Problem(f"{name} cannot be trained here yet.", HOW_TO_ADD)
        raise Problem(f"Model {name} is not available for fine-tuning or does not exist.")
    base = find_base(name)
    if base.parameters and not has_graphics_card():
        from core.openweights.estimate import plan_memory

        plan_memory(base)
    return base


def has_graphics_card() -> bool:
    """Whether there is an NVIDIA card; its own memory then decides, and the worker asks it."""
    return Path("/dev/nvidia0").exists() or Path("/dev/dxg").exists()
