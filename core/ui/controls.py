"""Controls that show a setting and give back what was chosen; keys follow loaded settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.ui.visit import widget_key

Option = TypeVar("Option")
Place = DeltaGenerator | Any


def within(value: float, low: int, high: int) -> int:
    """A value out of a settings file, as far as the control goes."""
    return round(max(low, min(high, value)))


def choice(
    place: Place,
    label: str,
    options: Mapping[Option, str],
    now: Option,
    key: str,
    help: str | None = None,
) -> Option:
    """One of some options, shown by their titles; a value that is none of them shows the first."""
    known = list(options)
    return place.selectbox(
        label,
        known,
        known.index(now) if now in known else 0,
        format_func=options.__getitem__,
        help=help,
        key=widget_key(key),
    )


def limit(
    place: Place,
    label: str,
    low: int,
    high: int,
    now: int | None,
    key: str,
    help: str | None = None,
) -> int | None:
    """A whole number, or nothing for no limit."""
    number = place.number_input(
        label,
        low,
        high,
        None if now is None else within(now, low, high),
        placeholder="no limit",
        help=help,
        key=widget_key(key),
    )
    return int(number) if number else None


def switch(label: str, now: bool, key: str, help: str | None = None) -> bool:
    """On or off."""
    return st.toggle(label, now, help=help, key=widget_key(key))


def several(
    place: Place,
    label: str,
    options: Mapping[str, str],
    now: tuple[str, ...],
    key: str,
    nothing: str,
    help: str | None = None,
) -> tuple[str, ...]:
    """Any of some options, shown by their titles."""
    return tuple(
        place.multiselect(
            label,
            list(options),
            [one for one in now if one in options],
            format_func=options.__getitem__,
            placeholder=nothing,
            help=help,
            key=widget_key(key),
        )
    )
