"""An engine that is killed loses nothing, doubles nothing and damages nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")
def test_killed_again_and_again(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.core.engine_crash", str(tmp_path), "10", "1"],
        capture_output=True,
        text=True,
        timeout=180,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads(ended.stdout)
    assert found["faults"] == [] and found["integrity"] == "ok"
    assert found["jobs"] and found["files"]
