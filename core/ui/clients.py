"""The providers that this visitor can choose, and an OpenAI client for each."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx2
import openai

from core.engine import EngineTransport
from core.jobs import list_jobs
from core.lent import LentTransport
from core.prices import load_prices
from core.providers import Profile, key_slot, load_profiles, open_client
from core.providers.client import TIMEOUT
from core.spending import OwnerKey, lent_so_far
from core.ui.host import host_key
from core.ui.shared import engine, ledger
from core.ui.upload_local import runs_locally
from core.ui.visit import session


def profiles() -> dict[str, Profile]:
    """Every provider profile this visitor can choose: the bundled ones, edited and added to."""
    mine = session()
    if mine.profiles is None:
        mine.profiles = load_profiles()
    return mine.profiles


def profile(provider: str | None = None) -> Profile:
    """A provider's profile, by default the chosen one's; as bundled where the host's key is used."""
    key = provider or session().provider
    return load_profiles()[key] if key in session().on_host_key else profiles()[key]


def lent(provider: str | None = None) -> OwnerKey | None:
    """The host's key, if this visitor uses it at a provider, by default the chosen one."""
    key = provider or session().provider
    return host_key(key) if key in session().on_host_key else None


def use_host_key(owner: OwnerKey) -> None:
    """Let this visitor use the host's key, once it is known what the key has already paid for.

    Raises:
        Problem: the provider cannot be asked, so the cap could not be kept.
    """
    chosen = load_profiles()[owner.provider]
    asking = open_client(chosen, owner.api_key, base_url=owner.base_url)
    listed = [price for price in load_prices() if price.provider == owner.provider]
    paid = lent_so_far(list_jobs(asking, chosen, most=2000), listed)
    ledger().at_least(owner.provider, paid)
    session().on_host_key.add(owner.provider)


def client(provider: str | None = None) -> openai.OpenAI:
    """An OpenAI client for a provider, by default the chosen one; the embedded needs no key.

    Raises:
        Problem: the key or the address is missing or cannot be used.
    """
    mine = session()
    chosen = profile(provider)
    if chosen.key == "embedded":
        key: tuple[str, ...] = ("embedded", mine.visitor)
        return mine.remember("client:embedded", key, lambda: _embedded_client(chosen))
    owner = lent(chosen.key)
    if owner is not None:
        return mine.remember(f"client:{chosen.key}", owner, lambda: _lent_client(chosen, owner))
    base_url = mine.base_urls.get(chosen.key) or None
    slot = key_slot(chosen, base_url)
    api_key = mine.api_keys.get(slot, "")
    key = (slot, api_key, base_url or "")
    return mine.remember(
        f"client:{chosen.key}", key, lambda: open_client(chosen, api_key, base_url=base_url)
    )


def _lent_client(chosen: Profile, owner: OwnerKey) -> openai.OpenAI:
    """A client on the host's key: to the host's address, within what ``LentTransport`` allows."""
    address = owner.base_url or chosen.base_url
    transport = LentTransport(
        httpx2.HTTPTransport(),
        owner,
        ledger(),
        session().project,
        load_prices(),
        urlsplit(address).path,
    )
    sending = httpx2.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False)
    return open_client(chosen, owner.api_key, base_url=address, http_client=sending)


def _embedded_client(chosen: Profile) -> openai.OpenAI:
    transport = EngineTransport(engine(), local=runs_locally())
    return open_client(chosen, session().visitor, http_client=httpx2.Client(transport=transport))
