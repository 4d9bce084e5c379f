"""Clients of the bundled profiles for a server on loopback."""

from __future__ import annotations

from core import providers
from core.providers import open_client

PROFILES = providers.load_profiles()


OPENAI = PROFILES["openai"]


CUSTOM = PROFILES["custom"]


KEY = "sk-test-loopback-0001"


def client_for(server, profile=OPENAI, key=KEY, **more):
    return open_client(profile, key, base_url=server.url, max_retries=0, **more)
