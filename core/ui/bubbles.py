"""Messages drawn as a chat, shared by the upload, dataset and compare pages."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import NamedTuple

import streamlit as st

STYLE = """
<style>
.sa-chat {display:flex; flex-direction:column; gap:6px; padding:4px 2px;}
.sa-bubble {max-width:min(85%, 46rem); padding:8px 12px; border-radius:14px; line-height:1.45;
  white-space:pre-wrap; overflow-wrap:anywhere; background:rgba(127,127,150,.14);
  align-self:flex-start; border-bottom-left-radius:4px;}
.sa-bubble.me {align-self:flex-end; background:rgba(99,102,241,.20);
  border-radius:14px; border-bottom-right-radius:4px;}
.sa-bubble.note {align-self:center; background:none; opacity:.8; font-size:.85em; text-align:center;}
.sa-who {font-size:.78em; opacity:.8; margin-bottom:2px; font-weight:600;}
.sa-empty {opacity:.75; font-style:italic;}
</style>
"""


class Bubble(NamedTuple):
    """One bubble: ``side`` is "me" (right), "other" (left) or "note" (centred, small)."""

    side: str
    who: str
    text: str


def chat(bubbles: Iterable[Bubble], *, height: int | None = None) -> None:
    """Draw bubbles; texts are shown as they are, never read as markup.

    Args:
        bubbles: oldest first.
        height: most pixels; a longer chat scrolls inside a frame of its own.
    """
    drawn = "".join(_one(bubble) for bubble in bubbles)
    if not height:
        st.html(f'{STYLE}<div class="sa-chat">{drawn}</div>')
        return
    st.container(border=True).html(
        f'{STYLE}<div class="sa-chat" style="max-height:{height}px; overflow-y:auto" '
        f'tabindex="0" role="group" aria-label="Conversation">{drawn}</div>'
    )


def _one(bubble: Bubble) -> str:
    who = f'<div class="sa-who">{html.escape(bubble.who)}</div>' if bubble.who else ""
    text = html.escape(bubble.text) if bubble.text else '<span class="sa-empty">empty</span>'
    return f'<div class="sa-bubble {bubble.side}" dir="auto">{who}{text}</div>'
