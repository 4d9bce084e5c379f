"""Fixtures of the engine's tests; a module may have an engine of its own that lives longer."""

from __future__ import annotations

import threading

import pytest

from core.engine import training
from tests.core.engine_help import engine_in, make_client


@pytest.fixture
def engine(tmp_path):
    with engine_in(tmp_path) as engine:
        yield engine


@pytest.fixture
def client(engine):
    return make_client(engine)


@pytest.fixture
def slow(monkeypatch):
    """Steps that take a while, so that there is time to interfere; set ``go`` to end that."""
    go = threading.Event()
    real = training.train

    def train(*arguments):
        for step in real(*arguments):
            go.wait(0.05)
            yield step

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr("core.engine.record.FLUSH_SECONDS", 0.0)
    yield go
    go.set()
