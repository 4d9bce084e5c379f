"""Profiles are data; the client knows only what it is given; errors are sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import providers
from core.hosted import OWN
from core.problems import Problem
from core.providers import open_client, without_retries
from core.providers.client import check_key
from core.providers.profiles import Profile, toml_value
from tests.core.provider_clients import CUSTOM, KEY, OPENAI, PROFILES, client_for
from tests.loopback_provider import LoopbackProvider

ENVIRONMENT = {
    "OPENAI_API_KEY": "sk-from-the-environment",
    "OPENAI_ADMIN_KEY": "sk-admin-from-the-environment",
    "OPENAI_ORG_ID": "org-from-the-environment",
    "OPENAI_PROJECT_ID": "proj-from-the-environment",
    "OPENAI_WEBHOOK_SECRET": "hook-from-the-environment",
    "OPENAI_CUSTOM_HEADERS": "X-Spy: header-from-the-environment",
    "OPENAI_BASE_URL": "",
}


@pytest.fixture
def server():
    with LoopbackProvider(key=KEY) as running:
        yield running


# ---- profiles ----


def test_the_five_profiles_are_complete():
    assert list(PROFILES) == ["embedded", "openai", "azure", "nebius", "custom"]
    for profile in PROFILES.values():
        assert profile.name and profile.source and profile.serving and profile.privacy
        assert profile.base_url or profile.base_url_example
        assert profile.trains == bool(profile.methods)
    assert not PROFILES["embedded"].needs_key
    assert PROFILES["nebius"].hyperparameters == "top_level"


def test_trainers_elsewhere_have_a_plain_statement_and_no_profile():
    elsewhere = {item.key: item for item in providers.load_elsewhere()}
    assert {"together", "fireworks", "bedrock"} <= set(elsewhere)
    assert not set(elsewhere) & set(PROFILES)
    for item in elsewhere.values():
        assert item.what and item.source and item.key in OWN


def test_profiles_survive_a_round_trip_through_toml():
    assert providers.parse_profiles(providers.profiles_to_toml(PROFILES.values())) == PROFILES


@given(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), st.text(max_size=9)
    ),
)
def test_any_added_profile_survives_a_round_trip(name, key, extra):
    extra = {k: v for k, v in extra.items() if v.isprintable()}
    if key == "elsewhere":
        return
    profile = Profile(key, name, "https://api.example.com/v1", extra_body=extra, max_epochs=3)
    assert providers.parse_profiles(providers.profile_to_toml(profile)) == {key: profile}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x", "not valid TOML"),
        ("x = 1", "'x' is not a table"),
        ('[x]\nbase_url="https://a.b"', "no 'name'"),
        ('[x]\nname="X"', "no 'base_url'"),
        ('[x]\nname="X"\nbase_url="https://a.b"\ncolour="red"', "'colour'"),
        ('[x]\nname="X"\nbase_url="https://a.b"\nkey="y"', "'key'"),
        ('[x]\nname="X"\nbase_url="https://a.b"\ntrains="yes"', "'trains'"),
        ('[x]\nname="X"\nbase_url="https://a.b"\nmethods="dpo"', "'methods'"),
        ('[x]\nname="X"\nbase_url="https://a.b"\nhyperparameters="side"', "'hyperparameters'"),
        ('[x]\nname="X"\nbase_url="https://a.b"\nmax_epochs=true', "'max_epochs'"),
        ('[x]\nname="X"\nbase_url="https://a.b"\ndefault_learning_rate="big"', "learning_rate"),
        ('[x]\nname="X"\nbase_url="https://a.b"\nextra_body=3', "'extra_body'"),
        ('[x]\nname="X"\nbase_url="ftp://a.b"', "not a web address"),
    ],
)
def test_a_wrong_profile_is_refused_with_its_field(text, said):
    with pytest.raises(Problem, match=said):
        providers.parse_profiles(text)


def test_toml_values():
    assert toml_value({"a b": [1, True, "x\x7f"]}) == '{"a b" = [1, true, "x\\u007f"]}'


# ---- addresses and keys ----


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        (" https://api.example.com/v1/ ", "https://api.example.com/v1"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
    ],
)
def test_addresses_are_tidied(given_url, url):
    assert providers.check_base_url(given_url) == url


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com",
        "ftp://a.b/v1",
        "https://",
        "https://a b.c",
        "https://x:port",
        "https://me:secret@a.b/v1",
        "https://a.b/v1?key=secret",
        "https://a.b/v1#x",
    ],
)
def test_what_is_no_plain_address_is_refused_without_repeating_it(url):
    with pytest.raises(Problem) as refused:
        providers.check_base_url(url)
    assert "secret" not in str(refused.value)


def test_an_address_that_the_profile_lacks_is_asked_for():
    with pytest.raises(Problem, match="needs the address"):
        open_client(PROFILES["azure"], KEY, base_url="  ")


@pytest.mark.parametrize(
    "text", [f"  {KEY}\n", f"Bearer {KEY}", f'"{KEY}"', f"\ufeff{KEY}"[1:], f"\t{KEY}\r\n"]
)
def test_blanks_around_a_key_are_removed(text):
    assert check_key(text, OPENAI) == KEY


@pytest.mark.parametrize("text", ["sk-a\nb", "sk-ä", "sk a", "sk-\x00", "sk-\u200bx"])
def test_a_broken_key_is_refused_without_repeating_it(text):
    with pytest.raises(Problem, match="character that no key has") as refused:
        open_client(OPENAI, text)
    assert text not in str(refused.value)


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_a_missing_key_is_asked_for(text):
    with pytest.raises(Problem, match="needs a key"):
        open_client(OPENAI, text)
    assert open_client(CUSTOM, text, base_url="http://127.0.0.1:9/v1").api_key == "none"


@pytest.mark.parametrize(
    ("host", "fine"),
    [
        ("127.0.0.1:80", True),
        ("localhost", True),
        ("192.168.1.5", True),
        ("[::1]:8000", True),
        ("gpu-box.local", True),
        ("api.example.com", False),
        ("8.8.8.8", False),
    ],
)
def test_a_key_travels_unencrypted_only_inside_the_house(host, fine):
    url = f"http://{host}/v1"
    if fine:
        assert open_client(CUSTOM, KEY, base_url=url)
    else:
        with pytest.raises(Problem, match="could be read on its way"):
            open_client(CUSTOM, KEY, base_url=url)
    assert open_client(CUSTOM, "", base_url=url)


def test_a_key_is_kept_per_provider_and_address():
    slots = {
        providers.key_slot(OPENAI),
        providers.key_slot(OPENAI, "https://proxy.example.com/v1"),
        providers.key_slot(CUSTOM, "https://proxy.example.com/v1"),
        providers.key_slot(CUSTOM, "http://proxy.example.com/v1"),
        providers.key_slot(CUSTOM, "http://proxy.example.com:81/v1"),
    }
    assert len(slots) == 5
    assert providers.key_slot(OPENAI, OPENAI.base_url) == providers.key_slot(OPENAI, " ")


# ---- nothing from the environment ----


@pytest.mark.parametrize("profile", [OPENAI, CUSTOM], ids=lambda p: p.key)
@pytest.mark.parametrize("again", [False, True])
def test_nothing_from_the_environment_is_sent(server, monkeypatch, profile, again):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    client = client_for(server, profile)
    if again:
        client = without_retries(without_retries(client))
    client.models.list()
    client.files.create(file=("a.jsonl", b"{}\n"), purpose="fine-tune")
    for seen in server.seen:
        everything = repr((seen.path, seen.query, seen.headers, seen.body)).lower()
        assert "environment" not in everything
        assert "openai-organization" not in seen.headers
        assert "openai-project" not in seen.headers
        assert seen.headers["authorization"] == f"Bearer {KEY}"


def test_an_empty_base_url_in_the_environment_does_no_harm(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "")
    assert str(open_client(OPENAI, KEY).base_url) == "https://api.openai.com/v1/"


def test_a_base_url_in_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example.com/v1")
    assert str(open_client(OPENAI, KEY).base_url) == "https://api.openai.com/v1/"


def test_organisation_and_project_go_to_openai_only(server):
    more = {"organization": "org-mine", "project": "proj-mine"}
    client_for(server, OPENAI, **more).models.list()
    assert server.seen[-1].headers["openai-organization"] == "org-mine"
    without_retries(client_for(server, OPENAI, **more)).models.list()
    assert server.seen[-1].headers["openai-project"] == "proj-mine"
    client_for(server, CUSTOM, **more).models.list()
    assert "openai-organization" not in server.seen[-1].headers
    assert "openai-project" not in server.seen[-1].headers
