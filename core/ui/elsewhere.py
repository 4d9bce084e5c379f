"""Train somewhere else: the data set with ready configurations, and what to run there."""

from __future__ import annotations

import streamlit as st

from core.elsewhere import (
    Wish,
    axolotl_commands,
    llama_factory_commands,
    to_elsewhere_zip,
)
from core.openweights.bases import SUGGESTIONS
from core.openweights.export.plan import plain_name
from core.providers.profiles import load_elsewhere
from core.ui import state

MOST_GPUS = 64


def train_elsewhere() -> None:
    """Several graphics cards of one's own, and trainers with an interface of their own."""
    mine = state.session()
    if mine.archive is not None:
        _own_cards(mine)
    st.markdown("**Hosted trainers with an interface of their own**")
    st.caption("They take training.jsonl from the Dataset page; in these lines it is train.jsonl.")
    for one in load_elsewhere():
        st.markdown(f"**{one.name}**")
        st.caption(f"{one.what} {one.price}".replace("$", "\\$"))
        st.code(one.run, language="bash")
        st.caption(f"As of {one.as_of:%d %b %Y}, {one.source}")


def _own_cards(mine: state.Session) -> None:
    st.markdown("**Your own graphics cards: Axolotl or LLaMA-Factory**")
    st.caption(
        "One zip with the data set, a configuration for each tool and the commands. It holds your "
        "texts as they are on the Dataset page."
    )
    left, middle, right = st.columns([3, 1, 1])
    base = left.text_input(
        "Base model",
        SUGGESTIONS[-1].name,
        help="Name on Hugging Face, or a folder there. Known to fit small cards: "
        + ", ".join(one.name for one in SUGGESTIONS),
        key="elsewhere_base",
    ).strip()
    epochs = int(middle.number_input("Epochs", 1, 50, 3, key="elsewhere_epochs"))
    gpus = int(right.number_input("GPUs", 1, MOST_GPUS, 1, key="elsewhere_gpus"))
    made = state.dataset()
    if not made.training:
        st.info("The data set is empty: make one on the Dataset page.")
        return
    if not base:
        st.info("Name a base model.")
        return
    wish = Wish(base, epochs, gpus, f"{plain_name(base)}-voice")
    data = mine.remember(
        "elsewhere:zip",
        (id(made), wish),
        lambda: to_elsewhere_zip(wish, made.training, made.validation),
    )
    st.download_button(
        f"Download the zip ({len(data) / 1000:,.0f} kB)",
        data,
        "train_elsewhere.zip",
        "application/zip",
        on_click="ignore",
        icon=":material/download:",
        key="elsewhere_zip",
    )
    one, two = st.tabs(["Axolotl", "LLaMA-Factory"])
    one.code("unzip train_elsewhere.zip -d voice && cd voice\n" + axolotl_commands(wish), "bash")
    two.code(
        "unzip train_elsewhere.zip -d voice && cd voice\n" + llama_factory_commands(wish), "bash"
    )
