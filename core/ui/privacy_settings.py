"""What to mask and what not, said by the person. Widgets write through callbacks, so that the
session holds the truth and the table of finds can change it, too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from core.privacy import Settings, from_json, to_json
from core.privacy.extras import installed
from core.ui import frame, state
from core.ui.privacy_choices import Choices

MODES = {"standard": "Standard", "strict": "Strict", "off": "Off"}
ABOUT_MODES = {
    "standard": "People get made-up names. Phone numbers, addresses, links, account numbers and "
    "passwords become tags such as [phone].",
    "strict": "Also replaces doubtful words and long numbers, and leaves out every message that "
    "may still hold something private.",
    "off": "Nothing is replaced. Models repeat what they learn, and other people's words are "
    "inside.",
}
VERSION = "privacy_version"
MOST_STEPS = 50


def version() -> int:
    """Counts changes made outside the table of finds; with each, the table begins afresh."""
    return st.session_state.get(VERSION, 0)


def begin_afresh() -> None:
    st.session_state[VERSION] = version() + 1


def change(**fields: Any) -> None:
    """Change fields of the privacy settings."""
    mine = state.session()
    mine.privacy = replace(mine.privacy, **fields)
    begin_afresh()


def _writer(key: str, field: str, convert: Callable[[Any], Any]) -> Callable[[], None]:
    return lambda: change(**{field: convert(st.session_state[key])})


def _show(key: str, value: Any) -> None:
    """Let a widget show what the session holds."""
    st.session_state[key] = value


def choose_mode(mine: state.Session) -> None:
    """How careful, and which words besides."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        _show("privacy_mode", mine.privacy.mode)
        st.segmented_control(
            "How careful?",
            list(MODES),
            required=True,
            format_func=MODES.__getitem__,
            on_change=_writer("privacy_mode", "mode", str),
            key="privacy_mode",
        )
        if mine.privacy.mode == "off":
            st.warning(ABOUT_MODES["off"], icon=":material/visibility:")
        else:
            st.caption(ABOUT_MODES[mine.privacy.mode])
    with right:
        _word_list(
            "Also replace these words",
            "words",
            mine.privacy.words,
            "A nickname, a street, a project: type it and press Enter",
        )
        _word_list(
            "Never replace these words",
            "allowed",
            mine.privacy.allowed,
            "A pet, a band, your own blog: type it and press Enter",
        )


def _word_list(label: str, field: str, words: tuple[str, ...], placeholder: str) -> None:
    key = f"privacy_{field}"
    _show(key, list(words))
    st.multiselect(
        label,
        list(words),
        accept_new_options=True,
        placeholder=placeholder,
        disabled=state.session().privacy.mode == "off",
        on_change=_writer(key, field, lambda chosen: tuple(w.strip() for w in chosen if w.strip())),
        key=key,
    )


def choose_details(mine: state.Session) -> None:
    """Nicknames, countries, links, an earlier list of names, further finders."""
    archive = mine.archive
    assert archive is not None
    with st.expander("Nicknames, phone countries, links, an earlier list of names"):
        left, right = st.columns(2, gap="large")
        with left:
            _nicknames(mine, [str(name) for name in archive.authors().index])
        with right:
            _countries(mine)
            _show("privacy_domain", mine.privacy.keep_domain)
            st.toggle(
                "Keep the site of a link",
                help="example.com instead of [link]; the rest of the address goes all the same.",
                on_change=_writer("privacy_domain", "keep_domain", bool),
                key="privacy_domain",
            )
            _earlier_list(mine)
            _extra_finders(mine)


def _nicknames(mine: state.Session, authors: list[str]) -> None:
    with st.form("nickname_form", clear_on_submit=True, border=False):
        nickname = st.text_input(
            "A nickname",
            placeholder="Nan, Teddy, the boss",
            help="What people are called in the messages. It gets the made-up name of its owner.",
            key="nickname",
        ).strip()
        owner = st.selectbox(
            "Whose is it?", authors, index=None, accept_new_options=True, key="nickname_owner"
        )
        if st.form_submit_button("Add the nickname", key="add_nickname") and nickname and owner:
            kept = [pair for pair in mine.privacy.nicknames if pair[0] != nickname]
            change(nicknames=(*kept, (nickname, owner)))
            st.rerun()
    if mine.privacy.nicknames:
        _show("nicknames", list(mine.privacy.nicknames))
        st.multiselect(
            "Nicknames so far",
            list(mine.privacy.nicknames),
            format_func=lambda pair: f"{pair[0]} is {pair[1]}",
            on_change=_writer("nicknames", "nicknames", tuple),
            key="nicknames",
        )


def _countries(mine: state.Session) -> None:
    import phonenumbers  # here because it is large and only this widget needs it

    codes = sorted(
        phonenumbers.SUPPORTED_REGIONS,
        key=lambda region: (phonenumbers.country_code_for_region(region), region),
    )
    _show("privacy_regions", list(mine.privacy.regions))
    st.multiselect(
        "Countries of the phone numbers",
        codes,
        format_func=lambda code: f"+{phonenumbers.country_code_for_region(code)} {code}",
        placeholder="Guessed from the archive; add yours, say +44",
        help="Numbers that are written without a country are read as numbers of these.",
        on_change=_writer("privacy_regions", "regions", tuple),
        key="privacy_regions",
    )


def _earlier_list(mine: state.Session) -> None:
    if mine.known_names is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            known = len(mine.known_names.words)
            st.caption(f"{known:,} names from an earlier list are kept.", width="content")
            if st.button("Forget that list", type="tertiary", key="forget_names"):
                mine.known_names = None
                begin_afresh()
                st.rerun()
        return
    file = st.file_uploader(
        "An earlier list of real and made-up names",
        type=["json"],
        help="With it, everybody keeps the made-up name they had. You can download the list of "
        "this time at the end of the page.",
        max_upload_size=20,
        key=f"names_file_{version()}",
    )
    if file is not None:
        with frame.problems_shown():
            mine.known_names = from_json(file.getvalue())
            begin_afresh()
            st.rerun()


def _extra_finders(mine: state.Session) -> None:
    available = list(installed())
    if not available:
        return

    def write() -> None:
        mine.extra_finders = tuple(st.session_state["extra_finders"])
        begin_afresh()

    _show("extra_finders", list(mine.extra_finders))
    st.multiselect("Search with these, too", available, on_change=write, key="extra_finders")


def undo_button(mine: state.Session) -> None:
    """Takes back the last change of what is replaced and of what is left out."""
    steps: list[tuple[Settings, Choices]] = st.session_state.setdefault("privacy_steps", [])
    now = (mine.privacy, mine.people)
    if steps and steps[-1][0].seed != mine.privacy.seed:
        steps.clear()  # another archive
    if not steps or steps[-1] != now:
        steps.append(now)
        del steps[:-MOST_STEPS]

    def undo() -> None:
        steps.pop()
        mine.privacy, mine.people = steps[-1]
        begin_afresh()

    st.button(
        "Undo",
        icon=":material/undo:",
        disabled=len(steps) < 2,
        help="Takes back your last change on this page: a tick, a word, a replacement, a person or "
        "messages left out.",
        on_click=undo,
        key="undo_privacy",
    )


def offer_list(mine: state.Session) -> None:
    """The way back from made-up to real names, as a file."""
    # The file is written in a thread that has no session, so the map is taken along.
    made_up = state.masked_everyone().map
    st.download_button(
        "Download the list of real and made-up names",
        lambda: to_json(made_up),
        "real-and-made-up-names.json",
        "application/json",
        on_click="ignore",
        icon=":material/key:",
        help="Keep it to yourself: with it the replacing can be undone. It is in no data set.",
        key="download_map",
    )
