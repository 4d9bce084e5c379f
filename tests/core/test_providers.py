"""Profiles are data; the client knows only what it is given; errors are sentences."""

from __future__ import annotations

import json
import logging
import socket
from dataclasses import replace

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import providers
from core.hosted import OWN
from core.problems import Problem
from core.providers import TrainingClosed, explain_error, open_client, without_retries
from core.providers.client import check_key
from core.providers.errors import explain_job_error, plain_code
from core.providers.profiles import Profile, toml_value
from tests.loopback_provider import CLOSED, LoopbackProvider

PROFILES = providers.load_profiles()
OPENAI = PROFILES["openai"]
CUSTOM = PROFILES["custom"]
KEY = "sk-test-loopback-0001"

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


def client_for(server, profile=OPENAI, key=KEY, **more):
    return open_client(profile, key, base_url=server.url, max_retries=0, **more)


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


def test_the_key_is_seen_nowhere_else(server, caplog, monkeypatch):
    """Not at another host, in a message, a repr, a log or the environment."""
    import os

    caplog.set_level(logging.DEBUG)
    key = "sk-very-secret-1234567890"
    server.key = key
    with LoopbackProvider(key="other") as stranger:
        server.fault("GET", "/models", "redirect", location=stranger.url + "/models")
        client = client_for(server, key=key)
        with pytest.raises(Problem, match="sent the request on"):
            client.models.list()
        assert stranger.seen == []
        other = open_client(CUSTOM, "other", base_url=stranger.url, max_retries=0)
        other.models.list()
        assert all(key not in repr(seen) for seen in stranger.seen)
    problems = [explain_error(raised(server, client, how), OPENAI) for how in TROUBLES]
    texts = [str(problem) + repr(problem) for problem in problems]
    assert all(key not in text for text in [*texts, caplog.text, repr(client), repr(other)])
    assert key not in repr(dict(os.environ))
    assert key not in repr(vars(providers.client)) + repr(vars(providers.errors))


# ---- errors ----

TROUBLES = {
    "401": {"how": "status", "status": 401, "error": {"message": "Incorrect API key sk-very"}},
    "403": {"how": "status", "status": 403, "error": {"message": "no", "code": "no_access"}},
    "closed": {"how": "status", "status": 403, "error": CLOSED},
    "404": {"how": "status", "status": 404, "error": {"message": "x"}},
    "model": {
        "how": "status",
        "status": 404,
        "error": {
            "message": "The model `my private name` does not exist",
            "code": "model_not_found",
        },
    },
    "html404": {"how": "html", "status": 404},
    "413": {"how": "status", "status": 413},
    "429": {
        "how": "status",
        "status": 429,
        "error": {"message": "x", "code": "rate_limit_exceeded"},
    },
    "quota": {
        "how": "status",
        "status": 429,
        "error": {"message": "x", "code": "insufficient_quota"},
    },
    "500": {"how": "status", "status": 500},
    "503": {"how": "status", "status": 503},
    "400": {
        "how": "status",
        "status": 400,
        "error": {"message": "private text", "code": "unsupported_value", "param": "suffix"},
    },
    "html": {"how": "html"},
    "text": {"how": "text", "body": "Ollama is running"},
    "redirect": {"how": "redirect", "location": "https://example.com/"},
    "cut": {"how": "cut"},
    "half": {"how": "half"},
    "hang": {"how": "hang", "seconds": 0.6},
}

SENTENCES = {
    "401": "does not accept this key",
    "403": "does not allow this with your key (no_access)",
    "closed": "no longer trains models for your organisation",
    "404": "does not have what was asked for",
    "model": "does not know this model",
    "html404": "does not have what was asked for",
    "413": "too large",
    "429": "too many requests",
    "quota": "has no credit left",
    "500": "trouble of its own (answer 500)",
    "503": "trouble of its own (answer 503)",
    "400": "refused the request because of 'suffix' (unsupported_value)",
    "html": "a web page or plain text instead of data",
    "text": "a web page or plain text instead of data",
    "redirect": "sent the request on to another address",
    "cut": "broke off",
    "half": "broke off",
    "hang": "did not answer in time",
}


def raised(server, client, trouble: str) -> Exception:
    fault = dict(TROUBLES[trouble])
    server.fault("GET", "/models/x", **fault)
    try:
        client.models.retrieve("x", timeout=0.3)
    except Exception as error:
        return error
    raise AssertionError(f"{trouble} raised nothing")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_trouble_becomes_one_sentence(server, trouble):
    problem = explain_error(raised(server, client_for(server), trouble), OPENAI)
    assert SENTENCES[trouble] in problem.message
    assert problem.hint
    assert "private" not in str(problem)
    assert problem.message.count(".") <= 2  # one sentence; an address may hold a dot
    assert isinstance(problem, TrainingClosed) == (trouble == "closed")


def test_a_closed_organisation_hears_what_stays_possible(server):
    problem = explain_error(raised(server, client_for(server), "closed"), OPENAI)
    for word in ("keep it or remove it", "this machine", "Azure", "compared"):
        assert word in problem.hint


def test_nobody_listening():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    for profile, said in ((OPENAI, "could not be reached"), (CUSTOM, "No server answers")):
        client = open_client(profile, KEY, base_url=url, max_retries=0)
        with pytest.raises(openai.APIConnectionError) as refused:
            client.models.list()
        assert said in explain_error(refused.value, profile).message
        assert not providers.answer_is_unclear(refused.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnicodeEncodeError("ascii", "ä", 0, 1, "x"), "cannot be sent"),
        (AttributeError("'str' object has no attribute 'id'"), "not in OpenAI's format"),
        (json.JSONDecodeError("x", "y", 0), "not in OpenAI's format"),
        (httpx2.ReadTimeout("x"), "did not answer in time"),
        (httpx2.RemoteProtocolError("x"), "broke off"),
        (
            openai.APIError("x", httpx2.Request("GET", "http://x"), body=None),
            "stopped in the middle",
        ),
        (
            ZeroDivisionError("secret"),
            "unexpected happened while talking to OpenAI (ZeroDivisionError)",
        ),
    ],
)
def test_other_errors(error, said):
    problem = explain_error(error, OPENAI)
    assert said in problem.message and "secret" not in str(problem)


def test_a_problem_is_passed_on():
    problem = Problem("a", "b")
    assert explain_error(problem, OPENAI) is problem


def test_a_certificate_that_cannot_be_checked():
    error = openai.APIConnectionError(request=httpx2.Request("GET", "https://x"))
    error.__cause__ = httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] x")
    assert "not secure" in explain_error(error, OPENAI).message


@pytest.mark.parametrize(
    ("trouble", "unclear"),
    [
        ("401", False),
        ("closed", False),
        ("quota", False),
        ("400", False),
        ("500", True),
        ("cut", True),
        ("half", True),
        ("hang", True),
        ("html", True),
        ("503", True),
    ],
)
def test_which_answers_leave_it_open_whether_something_was_done(server, trouble, unclear):
    assert providers.answer_is_unclear(raised(server, client_for(server), trouble)) is unclear


@pytest.mark.parametrize(
    ("code", "param", "said"),
    [
        ("invalid_n_examples", "training_file", "training file has too few"),
        ("invalid_n_examples", "validation_file", "validation file has too few"),
        ("exceeded_quota", None, "no credit"),
        ("brand_new_code", None, "(brand_new_code)"),
        ("sk-looks-like-a-key", None, "(unknown)"),
    ],
)
def test_errors_of_jobs(code, param, said):
    problem = explain_job_error(code, param)
    assert problem and said in problem.message


def test_healthy_jobs_have_no_error():
    assert explain_job_error(None) is None and explain_job_error("") is None


@pytest.mark.parametrize("text", ["sk-abcdef", "Has Blank", "x" * 60, None, 3, "a\nb"])
def test_only_plain_codes_are_shown(text):
    assert plain_code(text) == ""


# ---- requests ----


def test_reads_are_repeated_and_single_requests_are_not(server):
    server.fault("GET", "/models", "status", times=2, headers={"retry-after-ms": "1"})
    client = open_client(OPENAI, KEY, base_url=server.url)
    client.models.list()
    assert len(server.seen) == 3
    server.fault("GET", "/models", "status", times=9)
    with pytest.raises(openai.InternalServerError):
        without_retries(client).models.list()
    assert len(server.seen) == 4


def test_an_own_http_client_is_watched_too():
    page = httpx2.Response(200, html="<html>sign in</html>")
    transport = httpx2.MockTransport(lambda request: page)
    client = open_client(OPENAI, KEY, http_client=httpx2.Client(transport=transport))
    with pytest.raises(Problem, match="web page"):
        client.models.list()


def test_json_with_a_wrong_content_type_is_still_read(server):
    body = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]})
    server.fault("GET", "/models", "text", body=body)
    assert [model.id for model in client_for(server).models.list()] == ["m"]


def test_a_profile_can_be_replaced(server):
    profile = replace(CUSTOM, key="mine", base_url=server.url)
    client = open_client(profile, KEY)
    assert client.models.retrieve("gpt-6-luna").id == "gpt-6-luna"
