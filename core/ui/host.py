"""The keys that whoever hosts the app lends to its visitors: read from the secrets, never drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from core.problems import Problem
from core.providers import load_profiles
from core.spending import OwnerKey, owner_key
from core.ui.upload_local import is_loopback


def secrets() -> Mapping[str, Any]:
    """The app's secrets; empty where there are none."""
    return st.secrets.to_dict() if st.secrets.load_if_toml_exists() else {}


def is_public() -> bool:
    """Whether others than the person at this machine may reach the app; in doubt they may."""
    listens = st.get_option("server.address") or ""
    asked = urlsplit(st.context.url or "").hostname or listens
    return not (is_loopback(listens) and is_loopback(asked))


def host_key(provider: str) -> OwnerKey | None:
    """The key that is lent for a provider, or None.

    Raises:
        Problem: it is there but without its guards, or for a provider where the jobs of one
            visitor cannot be told from those of another.
    """
    found = owner_key(secrets(), provider, public=is_public())
    profile = load_profiles().get(provider)
    if found and not (profile and profile.metadata and not profile.is_embedded):
        raise Problem(
            f"The key lent for {provider!r} is not used: jobs there carry no mark, so visitors "
            "could not be kept apart.",
            "Lend a key for OpenAI instead.",
        )
    return found
