"""Fixtures that every test may use."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """No test reads or writes the engine files of the person who runs it."""
    monkeypatch.setenv("SOUNDALIKE_HOME", str(tmp_path_factory.mktemp("home")))
