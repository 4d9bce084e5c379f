"""Downloading a base model, from a loopback server that answers as the hub does."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.core.tiny_model import WHY, make_tiny_model

pytest.importorskip("huggingface_hub", reason=WHY)

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FETCH = """
import json, sys
from core.openweights.worker import fetch
from core.problems import Problem
said = []
try:
    folder = fetch(sys.argv[1], said.append)
    print(json.dumps({"files": sorted(p.name for p in folder.iterdir()), "said": said}))
except Problem as problem:
    print(json.dumps({"problem": str(problem), "said": said}))
"""


@pytest.fixture
def hub(tmp_path):
    """A hub with one model and a file that must not be fetched; its address and what was asked."""
    folder = make_tiny_model(tmp_path / "source")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle that would run code")
    asked: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def send(self, status, headers, body=b""):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self):
            path = self.path.partition("?")[0]
            asked.append(path)
            if path.startswith("/api/models/someone/tiny"):
                names = sorted(file.name for file in folder.iterdir())
                if "/tree/" in path:
                    listed = [
                        {
                            "type": "file",
                            "path": name,
                            "size": (folder / name).stat().st_size,
                            "oid": COMMIT,
                        }
                        for name in names
                    ]
                    return self.send(
                        200, {"Content-Type": "application/json"}, json.dumps(listed).encode()
                    )
                about = {
                    "_id": "1",
                    "id": "someone/tiny",
                    "sha": COMMIT,
                    "private": False,
                    "siblings": [{"rfilename": name} for name in names],
                }
                return self.send(
                    200, {"Content-Type": "application/json"}, json.dumps(about).encode()
                )
            file = folder / path.rpartition("/")[2]
            if path.startswith(f"/someone/tiny/resolve/{COMMIT}/") and file.is_file():
                data = file.read_bytes()
                mark = hashlib.sha256(data).hexdigest()
                return self.send(200, {"ETag": f'"{mark}"', "X-Repo-Commit": COMMIT}, data)
            code = "GatedRepo" if "gated" in path else "RepoNotFound"
            status = 403 if "gated" in path else 404
            return self.send(status, {"X-Error-Code": code, "X-Error-Message": "no"})

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked, tmp_path / "cache"
    server.shutdown()
    server.server_close()


def fetch(hub, name):
    address, _, cache = hub
    environment = os.environ | {
        "HF_ENDPOINT": address,
        "HF_HUB_CACHE": str(cache),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",
    }
    ended = subprocess.run(
        [sys.executable, "-c", FETCH, name],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-1500:]
    return json.loads(ended.stdout.splitlines()[-1])


def test_a_model_is_downloaded_once_and_without_files_that_run_code(hub):
    found = fetch(hub, "someone/tiny")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(found["files"])
    assert "pytorch_model.bin" not in found["files"]
    assert "Downloading someone/tiny" in found["said"][0]["say"]
    count = len(hub[1])
    again = fetch(hub, "someone/tiny")
    assert again["files"] == found["files"] and again["said"] == [] and len(hub[1]) == count


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("someone/nothing", "has no model someone/nothing"),
        ("someone/gated", "accepted its licence"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(hub, name, said):
    assert said in fetch(hub, name)["problem"]
