"""What goes wrong at a provider: every trouble is one sentence, and nothing is asked twice."""

from __future__ import annotations

import json
import logging
import socket
from dataclasses import replace

import httpx2
import openai
import pytest

from core import providers
from core.problems import Problem
from core.providers import TrainingClosed, explain_error, open_client, without_retries
from core.providers.errors import explain_job_error, plain_code
from tests.core.provider_clients import CUSTOM, KEY, OPENAI, client_for
from tests.loopback_provider import CLOSED, LoopbackProvider


@pytest.fixture
def server():
    with LoopbackProvider(key=KEY) as running:
        yield running


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
