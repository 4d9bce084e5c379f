"""6 Compare: does the trained model sound like the archive?"""

import streamlit as st

from core.engine import BASE_MODEL
from core.ui import frame, state
from core.ui.blind_game import blind_game
from core.ui.evidence import evidence
from core.ui.models import callable_models, is_tuned, model_label
from core.ui.real_names import choose_real_names
from core.ui.side_by_side import side_by_side
from core.ui.write_mode import write_mode


def choose_models() -> dict[str, str]:
    profile = state.profile()
    models = callable_models()
    tuned = [model for model in models if is_tuned(model)]
    if profile.is_embedded and not tuned:
        with st.container(border=True, horizontal_alignment="center"):
            st.space("small")
            st.header("No trained model yet", anchor=False, width="content")
            st.write("Train one first; on this machine it takes a few seconds.")
            if st.button("Go to Train", type="primary", key="go_train"):
                st.switch_page("pages/train.py")
            st.space("small")
        st.stop()
    final = [model for model in tuned if ":ckpt-" not in model]
    others = [model for model in models if model not in tuned]
    order = [*others, *final, *(model for model in tuned if model not in final)]
    best = (final or tuned or order or [""])[0]
    left, right = st.columns(2)
    pick = {
        "format_func": model_label,
        "accept_new_options": not profile.is_embedded,
        "help": "Choose from the list"
        + ("." if profile.is_embedded else ", or type the name of any model the server offers."),
    }
    return {
        "left": left.selectbox("Left", order, index=0 if order else None, key="model_left", **pick),
        "right": right.selectbox(
            "Right",
            order,
            index=order.index(best) if best in order else None,
            key="model_right",
            **pick,
        ),
    }


frame.enter()
frame.title("Compare", "Two models, one prompt: does the trained one sound like the archive?")
with frame.problems_shown():
    models = choose_models()
    choose_real_names()
    sides, write, proof, game = st.tabs(
        ["Side by side", "Write", "Evidence", "Blind game"], key="compare_tab", on_change="rerun"
    )
    if sides.open:
        with sides:
            side_by_side(models)
    if write.open:
        with write:
            write_mode(models["right"])
    if proof.open:
        with proof:
            evidence(models)
    if game.open:
        with game:
            blind_game()
    if BASE_MODEL in models.values():
        st.caption(
            "The embedded model learns habits of writing, not facts: it will make things up."
        )
