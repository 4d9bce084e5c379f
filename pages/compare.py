"""6 Compare: does the trained model sound like the archive?"""

import streamlit as st

from core.ui import frame
from core.ui.blind_game import blind_game
from core.ui.columns import choose_columns
from core.ui.evidence import evidence
from core.ui.real_names import choose_real_names
from core.ui.side_by_side import side_by_side
from core.ui.write_mode import write_mode

frame.enter()
frame.title("Compare", "The same prompt, several models: does the trained one sound like you?")
with frame.problems_shown():
    chosen = choose_columns()
    choose_real_names()
    sides, write, proof, game = st.tabs(
        ["Side by side", "Write", "Evidence", "Blind game"], key="compare_tab", on_change="rerun"
    )
    if sides.open:
        with sides:
            side_by_side(chosen)
    if write.open:
        with write:
            write_mode(chosen.columns)
    if proof.open:
        with proof:
            evidence(chosen)
    if game.open:
        with game:
            blind_game()
    if any(column.provider == "embedded" for column in chosen.columns):
        st.caption(
            "The model on this machine learns habits of writing, not facts: it makes things up."
        )
