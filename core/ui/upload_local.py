"""Whether visitor and server are one machine, so that a path may stand in for an upload.

A hosted app must never offer that: a path would name the host's files. Everything has to speak
for one machine, and any doubt is a no.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

import streamlit as st

#: A proxy in front of the app leaves one of these; then the peer's address says nothing.
PROXY_HEADERS = frozenset(
    {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "x-original-host"}
)
PROXY_PREFIXES = ("x-forwarded-", "cf-", "fly-", "x-amzn-", "x-streamlit-", "x-envoy-")


def runs_locally() -> bool:
    """Whether this visitor sits at the machine on which the app runs, beyond doubt."""
    headers = st.context.headers
    return is_one_machine(
        bound_to=st.get_option("server.address"),
        guarded=bool(
            st.get_option("server.enableCORS") and st.get_option("server.enableXsrfProtection")
        ),
        peer=st.context.ip_address,
        url=st.context.url,
        host=headers.get("Host"),
        origin=headers.get("Origin"),
        header_names=headers.keys(),
    )


def is_one_machine(
    *,
    bound_to: str | None,
    guarded: bool,
    peer: str | None,
    url: str | None,
    host: str | None,
    origin: str | None,
    header_names: Iterable[str],
) -> bool:
    """The decision of ``runs_locally`` on plain values.

    Args:
        bound_to: ``server.address``; without one the server listens to the whole network.
        guarded: whether the server refuses pages from elsewhere (CORS and XSRF checks). Behind
            a proxy that hides itself it is this check, with ``origin``, that says no.
        peer: address of the other end; None is Streamlit's word for loopback.
        url: address in the visitor's browser, as the browser reports it.
        host, origin: headers of the connection.
        header_names: names of all its headers.
    """
    names = {name.lower() for name in header_names}
    proxied = bool(names & PROXY_HEADERS) or any(name.startswith(PROXY_PREFIXES) for name in names)
    return (
        guarded
        and not proxied
        and is_loopback(bound_to)
        and (peer is None or is_loopback(peer))
        and is_loopback(_host_of(url))
        and is_loopback(_host_of(f"//{host}" if host else None))
        and is_loopback(_host_of(origin))
    )


def is_loopback(host: str | None) -> bool:
    """Whether a host name or an address can only be this machine."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(address: str | None) -> str | None:
    if not address:
        return None
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
