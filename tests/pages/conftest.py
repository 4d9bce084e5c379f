"""AppTest for the real entry script, with every page inside its frame."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


def raise_it(error: Exception) -> None:
    """An error that nobody foresaw fails the test, with all that is known about it."""
    raise error


@pytest.fixture
def app(monkeypatch):
    """The app after its first run.

    AppTest puts the process back into the older multipage mode before every run, in which a
    page runs without the entry script; hiding the ``pages`` folder from it prevents that.
    """
    monkeypatch.setattr(
        "streamlit.runtime.pages_manager.Path",
        lambda path: SimpleNamespace(parent=Path(path).parent, exists=lambda: False),
    )
    monkeypatch.setattr("core.ui.surprises.show_surprise", raise_it)
    st.cache_resource.clear()
    test = AppTest.from_file(APP, default_timeout=30)
    test.run()
    assert not test.exception
    yield test
    st.cache_resource.clear()
