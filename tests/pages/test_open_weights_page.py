"""Open weights on the Train and Cost pages: offered to the person at this machine, else nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.openweights import access
from core.ui import open_weights
from tests.core.tiny_model import WHY, make_tiny_model
from tests.pages.test_pages import go, open_sample

SMALL = "HuggingFaceTB/SmolLM2-135M-Instruct"


def captions(app):
    return "\n".join(one.value for one in app.caption)


def base_box(app):
    return next(one for one in app.selectbox if one.label == "Start from")


@pytest.fixture
def at_home(app, monkeypatch, tmp_path):
    """The app as the person at its machine sees it, with an empty model cache."""
    monkeypatch.setattr(open_weights, "runs_locally", lambda: True)
    monkeypatch.setattr("core.ui.clients.runs_locally", lambda: True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return app


def test_suggestions_are_priced_sized_and_timed(at_home):
    pytest.importorskip("torch", reason=WHY)
    open_sample(at_home, "odile")
    go(at_home, "cost")
    assert "SmolLM2-135M-Instruct takes about" in captions(at_home)
    go(at_home, "train")
    box = base_box(at_home)
    assert box.options[0].startswith("Base model") and "SmolLM2-135M-Instruct" in box.options
    box.set_value(SMALL).run()
    said = captions(at_home)
    assert "135 million weights, Apache-2.0, English" in said
    assert "GB of memory here" in said and "Needs a download of 269 MB once" in said
    assert not at_home.button(key="train").disabled


def test_a_folder_that_is_no_model_gets_a_sentence_and_no_button(at_home, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason=WHY)
    monkeypatch.setenv(access.VARIABLE, str(tmp_path))
    open_sample(at_home, "odile")
    go(at_home, "train")
    base_box(at_home).set_value(str(tmp_path)).run()
    assert "config.json cannot be read" in at_home.warning[0].proto.title
    assert at_home.button(key="train").disabled


def test_a_model_that_does_not_fit_is_refused_before_it_starts(at_home, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason=WHY)
    monkeypatch.setattr("core.openweights.estimate.free_memory", lambda: 0.3e9)
    monkeypatch.setattr(access, "has_graphics_card", lambda: False)
    tiny = str(make_tiny_model(tmp_path / "tiny"))
    monkeypatch.setenv(access.VARIABLE, tiny)
    open_sample(at_home, "odile")
    go(at_home, "train")
    base_box(at_home).set_value(tiny).run()
    assert "0.3 GB are free" in at_home.warning[0].proto.title
    assert at_home.button(key="train").disabled


def test_without_the_extra_one_sentence_says_how_to_add_it(at_home, monkeypatch):
    monkeypatch.setattr(access, "installed", lambda: False)
    monkeypatch.setattr(open_weights, "installed", lambda: False)
    open_sample(at_home, "odile")
    go(at_home, "train")
    assert len(base_box(at_home).options) == 1
    assert "pip install -r requirements-local.txt" in captions(at_home)
    assert not at_home.button(key="train").disabled


def test_visitors_of_a_hosted_app_are_offered_nothing(app):
    open_sample(app, "odile")
    go(app, "train")
    assert len(base_box(app).options) == 1
    assert "requirements-local" not in captions(app)


def test_what_is_waited_for_while_a_base_loads(app, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason=WHY)
    tiny = str(make_tiny_model(tmp_path / "tiny-llama"))
    engine = SimpleNamespace(base_to_load=lambda token, model: model or None)
    monkeypatch.setattr(open_weights.state, "engine", lambda: engine)
    monkeypatch.setattr(open_weights.state, "session", lambda: SimpleNamespace(visitor="me"))
    assert open_weights.loading_words("") is None
    said = open_weights.loading_words(tiny)
    assert said == "Loading tiny-llama, about 10 seconds the first time…"
    assert open_weights.loading_words(str(tmp_path / "gone")) is None
