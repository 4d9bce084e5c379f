"""The one place that builds an OpenAI client, and every trap on the way.

The SDK fills what it is not given from ``OPENAI_*`` environment variables (key, organisation,
project, base URL, extra headers) and sends all of it to whatever address it talks to. Here
nothing comes from the environment, redirects are not followed (a redirected request would carry
the training data along) and a web page where an answer should be is a Problem, not a ``str``.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import httpx2
from openai import OpenAI

from core.problems import Problem
from core.providers.profiles import Profile, check_base_url

#: Sent where a server wants no key; the header must not be empty.
NO_KEY = "none"

#: Seconds: for the connection, and between two pieces of an answer.
TIMEOUT = httpx2.Timeout(120.0, connect=10.0)


def open_client(
    profile: Profile,
    api_key: str | None,
    *,
    base_url: str | None = None,
    http_client: httpx2.Client | None = None,
    organization: str | None = None,
    project: str | None = None,
    max_retries: int = 2,
) -> OpenAI:
    """An OpenAI client for one provider that knows nothing but what it is given.

    Args:
        profile: where to and what it needs.
        api_key: the person's key; stripped and checked. For the embedded engine, the tenant.
        base_url: replaces the profile's; empty means the profile's.
        http_client: for the embedded engine, a client on its transport.
        organization, project: sent only where the profile says so.
        max_retries: repetitions of failed requests; see ``without_retries`` for what costs money.

    Raises:
        Problem: no or no usable key, no or no usable address, or a key that would travel
            unencrypted over the internet.
    """
    address = check_base_url(base_url or "") if (base_url or "").strip() else profile.base_url
    if not address:
        raise Problem(
            f"{profile.name} needs the address of your server.",
            f"Enter it like this: {profile.base_url_example}.",
        )
    key = check_key(api_key, profile)
    parts = urlsplit(address)
    if parts.scheme == "http" and key != NO_KEY:
        _refuse_open_road(parts.hostname or "")
    client = http_client or httpx2.Client(timeout=TIMEOUT, follow_redirects=False)
    hooks = client.event_hooks
    if not any(_refuse_web_pages is hook for hook in hooks["response"]):
        client.event_hooks = {**hooks, "response": [*hooks["response"], _refuse_web_pages]}
    made = OpenAI(
        api_key=key,
        base_url=address,
        organization=organization,
        project=project,
        max_retries=max_retries,
        timeout=TIMEOUT,
        http_client=client,
    )
    if not profile.sends_organization:
        organization = project = None
    return _forget_environment(made, organization, project)


def without_retries(client: OpenAI) -> OpenAI:
    """The same client, but each request is sent exactly once: for what costs money or deletes."""
    once = client.with_options(max_retries=0)  # which reads the environment again
    return _forget_environment(once, client.organization, client.project)


def _forget_environment(client: OpenAI, organization: str | None, project: str | None) -> OpenAI:
    """Take back what the SDK read from ``OPENAI_*`` variables."""
    client.organization = organization or None
    client.project = project or None
    client.admin_api_key = None
    client.webhook_secret = None
    client._custom_headers = {}
    return client


def check_key(api_key: str | None, profile: Profile) -> str:
    """The key without the blanks that copying brings.

    Raises:
        Problem: missing where one is needed, or with characters that no key has. The message
            never holds the key.
    """
    key = (api_key or "").strip().removeprefix("Bearer ").strip().strip("\"'")
    if not key and profile.needs_key:
        page = f" You get one at {profile.key_page}." if profile.key_page else ""
        raise Problem(f"{profile.name} needs a key.", f"Enter yours in the provider box.{page}")
    if not all("!" <= c <= "~" for c in key):
        raise Problem(
            "The key holds a character that no key has (a blank, a line break or an accent).",
            "Copy it again, in one piece.",
        )
    return key or NO_KEY


def key_slot(profile: Profile, base_url: str | None = None) -> str:
    """A name under which a session may keep the key: one per provider and address.

    A key that was entered for one address must not go to another one entered later.
    """
    parts = urlsplit((base_url or "").strip() or profile.base_url)
    return f"{profile.key} {parts.scheme}://{parts.netloc}"


def _refuse_open_road(host: str) -> None:
    """A key may travel without encryption only inside this machine or this network."""
    try:
        private = not ipaddress.ip_address(host).is_global
    except ValueError:
        private = "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))
    if not private:
        raise Problem(
            "The server address starts with http://, so the key could be read on its way.",
            "Use an address that starts with https://.",
        )


def _refuse_web_pages(response: httpx2.Response) -> None:
    """Turn redirects and web pages into a Problem; the SDK would hand out a ``str``."""
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if response.is_redirect:
        raise Problem(
            "The server sent the request on to another address, and it was not followed.",
            "Check the server address; it may need https:// or a different ending.",
        )
    if not response.is_success or kind.endswith("json") or kind == "text/event-stream":
        return
    looks_like_page = kind == "text/html"
    wants_json = response.request.headers.get("accept") == "application/json"
    if wants_json and not looks_like_page and not response.url.path.endswith("/chat/completions"):
        looks_like_page = response.read().lstrip()[:1] not in (b"{", b"[")
    if looks_like_page:
        raise Problem(
            "The server answered with a web page or plain text instead of data.",
            "Check the server address; for most providers it ends with /v1.",
        )
