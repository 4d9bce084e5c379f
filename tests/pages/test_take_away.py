"""The Train page: a trained model as a file, and the data set for trainers elsewhere."""

from __future__ import annotations

import pytest

from core.openweights.export.plan import ROOT
from core.ui import state
from core.ui.take_away import short_name
from tests.core import engine_help
from tests.core.engine_help import make_client, voice
from tests.core.tiny_model import make_tiny_model


@pytest.fixture
def trained(app):
    """The Train page of a finished job of this visitor, and the name of the model."""
    visitor = app.session_state[state.SESSION_KEY].visitor
    engine = state.engine()
    client = make_client(engine, visitor)
    done = engine_help.trained(client, voice(12), suffix="me")
    app.query_params["job"] = done.id
    app.query_params["at"] = "embedded"
    app.switch_page("pages/train.py").run()
    assert not app.exception
    return app, engine, visitor, done.fine_tuned_model


def test_an_embedded_model_is_a_file_that_another_engine_answers_with(trained, tmp_path):
    _, engine, visitor, name = trained
    content = engine.model_file(visitor, name)
    assert content and engine.model_file("somebody else's token", name) is None
    from core.engine import Engine

    other = Engine(tmp_path)
    other.lend("me", content)
    asked = {"messages": [{"role": "user", "content": "Write a post."}], "seed": 1}
    client, mine = make_client(other, "any"), make_client(engine, visitor)
    answer = client.chat.completions.create(model="me", **asked)
    same = mine.chat.completions.create(model=name, **asked)
    assert answer.choices[0].message.content == same.choices[0].message.content
    assert "me" in [model.id for model in client.models.list()]
    assert client.models.retrieve("me").id == "me"
    other.close()


def test_the_box_says_how_to_serve_it(trained):
    app, *_ = trained
    app.session_state["take_away"] = True
    app.run()
    assert not app.exception
    assert any("core.engine serve" in code.value for code in app.code)


def test_an_open_weights_model_is_offered_in_the_forms_that_work(trained, monkeypatch, tmp_path):
    app, *_ = trained
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    make_tiny_model(base)
    adapter.mkdir()
    monkeypatch.setattr("core.ui.take_away.adapter_of", lambda *_: (str(base), adapter))
    monkeypatch.setattr("core.ui.take_away.runs_locally", lambda: True)
    app.session_state["take_away"] = True
    app.run()
    assert not app.exception
    assert len(app.radio(key="take_away_kind").options) == 5
    app.text_input(key="take_away_folder").set_value(str(ROOT / "core")).run()
    app.button(key="take_away_start").click().run()
    assert not app.exception and any("outside" in one.value for one in app.error)
    config = (base / "config.json").read_text().replace("LlamaForCausalLM", "BloomForCausalLM")
    (base / "config.json").write_text(config)
    app.run()
    assert not app.exception
    assert not any("GGUF" in option for option in app.radio(key="take_away_kind").options)
    assert any("give it the merged weights" in one.value for one in app.caption)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("ft:soundalike-base:local:My Voice:abc", "my-voice"),
        ("ft:soundalike-base:local::abc", "my-voice"),
        ("ft:tiny:local:nan-2:abc", "nan-2"),
        ("ft:tiny:local:nan:abc:ckpt-step-4", "nan"),
    ],
)
def test_names(model, name):
    assert short_name(model) == name


def test_the_data_set_goes_elsewhere_with_its_configuration(app):
    app.button(key="sample_odile").click().run()
    app.switch_page("pages/train.py").run()
    app.session_state["more_training"] = True
    app.run()
    app.number_input(key="elsewhere_gpus").set_value(4).run()
    assert not app.exception
    lines = "\n".join(code.value for code in app.code)
    assert "--nproc_per_node=4" in lines and "NPROC_PER_NODE=4" in lines
    app.text_input(key="elsewhere_base").set_value(" ").run()
    assert not app.exception and any("Name a base model" in one.value for one in app.info)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("together", "--n-epochs 5"),
        ("bedrock", "epochCount=5"),
        ("openai", "'n_epochs': 5"),
        ("azure", "'trainingType': 'GlobalStandard'"),
    ],
)
def test_hosted_trainers_get_commands_from_the_settings(app, place, said):
    app.button(key="sample_odile").click().run()
    app.switch_page("pages/train.py").run()
    app.session_state["more_training"] = True
    app.run()
    app.number_input(key="elsewhere_epochs").set_value(5)
    app.selectbox(key="elsewhere_place").set_value(place).run()
    assert not app.exception
    assert any(said in code.value for code in app.code)
