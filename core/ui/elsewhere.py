"""Train somewhere else: the data set with ready configurations, and what to run there."""

from __future__ import annotations

import streamlit as st

from core.elsewhere import (
    Wish,
    axolotl_commands,
    llama_factory_commands,
    to_elsewhere_zip,
)
from core.hosted import Order, curl_commands, own_commands, python_script
from core.jobs import LaunchSettings, tidy_suffix
from core.openweights.bases import SUGGESTIONS
from core.openweights.export.plan import plain_name
from core.providers.profiles import Elsewhere, Profile, load_elsewhere
from core.ui import frame, state
from core.ui.models import prices
from core.ui.train_launch import FORM

MOST_GPUS = 64


def train_elsewhere() -> None:
    """Several graphics cards of one's own, and hosted trainers by their own commands."""
    mine = state.session()
    if mine.archive is None:
        return
    made = state.dataset()
    if not made.training:
        st.info("The data set is empty: make one on the Dataset page.")
        return
    st.markdown("**On other machines: your own graphics cards, or a hosted trainer**")
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
    if not base:
        st.info("Name a base model.")
        return
    wish = Wish(base, epochs, gpus, f"{plain_name(base)}-voice")
    cards, hosted = st.tabs(["Your own graphics cards", "Hosted trainers"])
    with cards:
        _own_cards(wish)
    with hosted:
        _hosted(Order(base, epochs, wish.name, bool(made.validation)))


def _own_cards(wish: Wish) -> None:
    mine, made = state.session(), state.dataset()
    st.caption(
        "One zip with the data set, a configuration for each tool and the commands. It holds your "
        "texts as they are on the Dataset page."
    )
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
    unpack = "unzip train_elsewhere.zip -d voice && cd voice\n"
    st.markdown("Axolotl")
    st.code(unpack + axolotl_commands(wish), "bash")
    st.markdown("or LLaMA-Factory")
    st.code(unpack + llama_factory_commands(wish), "bash")


def _hosted(order: Order) -> None:
    """One trainer at a time, with the settings from above or from the form of a new job."""
    profiles = {
        key: one for key, one in state.profiles().items() if one.trains and not one.is_embedded
    }
    others = {one.key: one for one in load_elsewhere()}
    place = st.selectbox(
        "Where",
        [*others, *profiles],
        format_func=lambda key: (others | profiles)[key].name,
        key="elsewhere_place",
    )
    if place in others:
        _own_interface(others[place], order)
    else:
        with frame.problems_shown():
            _openai_interface(profiles[place], order)


def _own_interface(one: Elsewhere, order: Order) -> None:
    st.caption(f"{one.what} {one.price}".replace("$", "\\$"))
    if one.key == "bedrock":
        st.caption("Run it where the zip from the first tab was unpacked.")
    else:
        _say_which_files(one.name)
    st.code(own_commands(one.key, order), "bash")
    st.caption(f"As of {one.as_of:%d %b %Y}, {one.source}")


def _openai_interface(profile: Profile, order: Order) -> None:
    settings = _settings_for(profile, order)
    known = state.session().base_urls.get(profile.key) or profile.base_url
    address = known or profile.base_url_example
    st.caption(
        f"The same request that the app sends, for {settings.model}. {profile.note}".replace(
            "$", "\\$"
        )
    )
    _say_which_files(profile.name)
    st.code(python_script(profile, address, settings, order.validation), "python")
    st.markdown("or with curl")
    st.code(curl_commands(profile, address, settings, order.validation), "bash")
    st.caption(f"As of {profile.as_of:%d %b %Y}, {profile.source}")


def _settings_for(profile: Profile, order: Order) -> LaunchSettings:
    """The form's own settings where it is for this provider, else what was chosen above."""
    form: LaunchSettings | None = st.session_state.get(FORM)
    if form is not None and state.profile().key == profile.key:
        return form
    listed = (one.model for one in prices() if one.provider == profile.key and one.training)
    suffix = tidy_suffix(order.name, profile) or None
    return LaunchSettings(next(listed, order.base), order.epochs, suffix=suffix)


def _say_which_files(name: str) -> None:
    st.caption(
        f"The files are the ones that the Dataset page writes for {name}: choose it there under "
        "“Check it for” and download them."
    )
