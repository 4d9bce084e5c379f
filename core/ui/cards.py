"""Small bordered cards with one figure each, two beside each other even on a phone."""

from __future__ import annotations

import streamlit as st


def figures(*cards: tuple[str, str] | tuple[str, str, str]) -> None:
    """Draw (label, value[, help]) cards in one row that wraps on narrow screens."""
    grid = st.grid(len(cards), min_column_width=150)
    for label, value, *words in cards:
        grid.metric(label, value, border=True, help=words[0] if words else None)
