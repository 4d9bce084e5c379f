"""The engine over HTTP: a real server on loopback, bearer tokens, addresses it refuses."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import openai
import pytest
from starlette.testclient import TestClient

from core.engine import BASE_MODEL, serve
from core.engine.serve import check_address, is_loopback, main, make_app, read_models, read_tokens
from core.problems import Problem
from tests.core.engine_help import chat_lines, engine_in, voice, wait_for

TOKEN = "a-token-that-is-long-enough"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(tmp_path):
    with engine_in(tmp_path) as engine:
        yield engine


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("host", "yes"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.9.9.9", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("example.org", False),
    ],
)
def test_public_addresses_need_a_token(host, yes):
    assert is_loopback(host) is yes
    check_address(host, [TOKEN])
    with contextlib.nullcontext() if yes else pytest.raises(Problem, match="without a token"):
        check_address(host, [])


def test_the_command_line_refuses_a_public_address(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("SOUNDALIKE_TOKEN", raising=False)
    assert main(["serve", "--host", "0.0.0.0", "--folder", str(tmp_path)]) == 2
    assert "without a token" in capsys.readouterr().err
    monkeypatch.setenv("SOUNDALIKE_TOKEN", "short")
    assert main(["serve", "--folder", str(tmp_path)]) == 2
    assert "fewer than" in capsys.readouterr().err


def test_tokens_come_from_a_file_or_the_environment(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"{TOKEN}\n\n{TOKEN}-two\n")
    assert read_tokens(file, "") == [TOKEN, f"{TOKEN}-two"]
    assert read_tokens(None, TOKEN) == [TOKEN]
    with pytest.raises(Problem, match="cannot be read"):
        read_tokens(tmp_path / "none", "")


def test_model_files_are_named_by_their_files_and_checked(tmp_path, capsys):
    (tmp_path / "me.soundalike").write_bytes(b"not a model")
    assert read_models([tmp_path / "me.soundalike"]) == {"me": b"not a model"}
    folder = ["--folder", str(tmp_path / "home")]
    assert main(["serve", *folder, str(tmp_path / "me.soundalike")]) == 2
    assert "me is no model file" in capsys.readouterr().err
    assert main(["serve", *folder, str(tmp_path / "other.soundalike")]) == 2
    assert "other.soundalike cannot be read" in capsys.readouterr().err


def test_only_known_tokens_come_in(engine):
    with TestClient(make_app(engine, [TOKEN]), base_url="http://127.0.0.1") as http:
        assert http.get("/v1/models", headers=bearer()).status_code == 200
        for headers in ({}, bearer("another-token-of-somebody"), bearer(TOKEN[:-1])):
            answer = http.get("/v1/models", headers=headers)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "invalid_api_key"


def test_on_loopback_only_its_own_names_are_answered(engine):
    with TestClient(make_app(engine), base_url="http://evil.example") as http:
        assert http.get("/v1/models", headers=bearer()).status_code == 400
    with TestClient(make_app(engine, [TOKEN], loopback=False), base_url="http://my.host") as http:
        assert http.get("/v1/models", headers=bearer()).status_code == 200


def test_large_bodies_are_refused_while_they_come(engine, monkeypatch):
    monkeypatch.setattr(serve, "MAX_BODY", 1000)
    with TestClient(make_app(engine), base_url="http://localhost") as http:
        answer = http.post("/v1/files", headers=bearer(), content=b"x" * 5000)
        assert answer.status_code == 413


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_server(folder: Path, **environment: str):
    port = free_port()
    command = [sys.executable, "-m", "core.engine", "serve", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--folder", str(folder)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address, end = f"http://127.0.0.1:{port}/v1", time.monotonic() + 30
        while time.monotonic() < end:
            assert server.poll() is None, server.stderr.read() if server.stderr else ""
            with contextlib.suppress(httpx2.TransportError):
                httpx2.get(f"{address}/models", headers=bearer())
                break
            time.sleep(0.1)
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


def test_the_whole_journey_over_a_port(tmp_path):
    with running_server(tmp_path, SOUNDALIKE_TOKEN=TOKEN) as address:
        client = openai.OpenAI(api_key=TOKEN, base_url=address, max_retries=0)
        file = client.files.create(file=("t.jsonl", chat_lines(voice(20))), purpose="fine-tune").id
        job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file)
        job = wait_for(client, job.id)
        pieces = client.chat.completions.create(
            model=job.fine_tuned_model,
            messages=[{"role": "user", "content": "Write a post."}],
            stream=True,
            seed=1,
        )
        text = "".join(p.choices[0].delta.content or "" for p in pieces)
        whole = client.chat.completions.create(
            model=job.fine_tuned_model,
            messages=[{"role": "user", "content": "Write a post."}],
            seed=1,
        )
        assert text and text == whole.choices[0].message.content
        assert client.files.content(job.result_files[0]).text.startswith("step,")
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("ft:nothing")
        with pytest.raises(openai.AuthenticationError):
            client.with_options(api_key="some-other-long-token").models.list()
