"""The box in the sidebar: who trains and answers, and with which key."""

from __future__ import annotations

import streamlit as st

from core.problems import Problem
from core.providers import (
    check_base_url,
    check_key,
    key_slot,
    parse_profiles,
    profiles_to_toml,
)
from core.spending import unlock
from core.ui import state
from core.ui.host import host_key, is_public


def provider_box() -> None:
    """Let the visitor choose a provider; keys stay in this session and are never drawn again."""
    mine = state.session()
    profiles = state.profiles()
    st.markdown("**Where to train**")
    chosen = st.selectbox(
        "Provider",
        list(profiles),
        index=list(profiles).index(mine.provider),
        format_func=lambda key: profiles[key].name,
        label_visibility="collapsed",
        key="provider",
        persist_state="session",
    )
    if chosen != mine.provider:
        mine.provider = chosen
        st.rerun()
    profile = profiles[chosen]
    if profile.is_embedded:
        st.caption("Trains right here on the processor: free, no key, nothing leaves this machine.")
        return
    st.caption(profile.privacy)
    if _host_key_box(mine, profile):
        return
    if profile.base_url:
        with st.expander("Another address"):
            _ask_address(mine, profile)
    else:
        _ask_address(mine, profile)
    _ask_key(mine, profile)
    if profile.note:
        st.caption(profile.note)


def _host_key_box(mine: state.Session, profile) -> bool:
    """Offer the key that the host lends; True while this visitor uses it."""
    try:
        owner = host_key(profile.key)
    except Problem as problem:
        if not is_public():  # strangers need not know how the host's secrets are wrong
            st.warning(problem.hint, title=problem.message)
        owner = None
    if owner is None:
        mine.on_host_key.discard(profile.key)
        return False
    if profile.key in mine.on_host_key:
        left = mine.money(state.ledger().left(owner)).replace("free", "nothing")
        cap = mine.money(owner.cap)
        st.badge("the host's key", icon=":material/key:", color="green")
        st.caption(
            f"The host of this app pays: {left} of {cap} is left for all visitors together. You "
            "see and delete only what you made, but the host can see it in the account."
        )
        if st.button("Use a key of my own instead", key="own_key", type="tertiary"):
            mine.on_host_key.discard(profile.key)
            st.rerun()
        return True
    with st.expander("Use the host's key"):
        st.caption("Whoever hosts this app lends a key, up to a limit.")
        with st.form("host_key", border=False):
            typed = ""
            if owner.password:
                typed = st.text_input(
                    "Password from the host", type="password", key="host_password"
                )
            if st.form_submit_button("Use the host's key"):
                if not unlock(owner, typed):
                    st.error("That is not the password. Ask the host of this app for it.")
                    return False
                try:
                    state.use_host_key(owner)
                except Problem as problem:
                    st.error(problem.hint, title=problem.message)
                    return False
                st.rerun()
    return False


def edit_providers() -> None:
    """Providers as text, to correct one or to add another; kept with the project's notes."""
    mine, profiles = state.session(), state.profiles()
    text = profiles_to_toml(profiles.values())
    st.write("One table a provider. Change a field, or copy a table under another name to add one.")
    st.caption(
        "Your changes are kept for your next visit on this machine; on a hosted app download them."
    )
    edited = st.text_area("Providers", text, height=320, key="profiles_toml")
    with st.container(horizontal=True):
        if st.button("Use these", key="use_profiles", disabled=edited == text):
            try:
                changed = parse_profiles(edited)
            except Problem as problem:
                st.error(problem.hint, title=problem.message)
                return
            if "embedded" not in changed:
                st.error("Keep the table [embedded]: the app needs it.")
                return
            mine.profiles = changed
            if mine.provider not in changed:
                mine.provider = "embedded"
            state.keep_notes(mine)
            st.rerun()
        st.download_button(
            "Download",
            edited,
            "providers.toml",
            "application/toml",
            on_click="ignore",
            key="download_profiles",
        )


def _ask_address(mine: state.Session, profile) -> None:
    address = st.text_input(
        "Server address",
        mine.base_urls.get(profile.key, ""),
        placeholder=profile.base_url or profile.base_url_example,
        help="For a gateway or a server of your own. It needs a key of its own.",
        key=f"address_{profile.key}",
    )
    if not address.strip():
        mine.base_urls.pop(profile.key, None)
        return
    try:
        mine.base_urls[profile.key] = check_base_url(address)
    except Problem as problem:
        st.error(str(problem))


def _ask_key(mine: state.Session, profile) -> None:
    slot = key_slot(profile, mine.base_urls.get(profile.key))
    if mine.api_keys.get(slot):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge("key kept for this session", icon=":material/key:", color="green")
            if st.button("Forget it", key="forget_key", type="tertiary"):
                del mine.api_keys[slot]
                st.rerun()
        return
    label = "API key" if profile.needs_key else "API key (if the server wants one)"
    entered = st.text_input(
        label,
        type="password",
        key=f"key_{slot}",
        help=f"You get one at {profile.key_page}." if profile.key_page else None,
    )
    if not entered:
        return
    try:
        mine.api_keys[slot] = check_key(entered, profile)
    except Problem as problem:
        st.error(str(problem))
        return
    st.rerun()
