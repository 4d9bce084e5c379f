"""The Dataset page: every choice on it changes the data set as it says."""

from __future__ import annotations

from collections import Counter

import pytest

from core.readers import read_archive
from core.samples import sample
from core.ui.state import SESSION_KEY


def mine(app):
    return app.session_state[SESSION_KEY]


def made(app):
    return mine(app).cache["dataset"][1]


def fine(app):
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    return app


def open_page(app, key="nan"):
    app.switch_page("pages/upload.py").run()
    app.button(key=f"sample_{key}").click().run()
    app.switch_page("pages/dataset.py").run()
    return fine(app)


def test_a_mix_uses_every_recipe_by_its_share(app):
    open_page(app)
    app.session_state["mix_box"] = True
    app.run()
    app.multiselect(key="mix").set_value(["replies", "topics"]).run()
    app.slider(key="mix_replies").set_value(90).run()
    app.slider(key="mix_topics").set_value(30).run()
    fine(app)
    assert mine(app).settings.mix == (("replies", 0.75), ("topics", 0.25))
    counts = Counter(example.recipe for example in made(app).training)
    assert 0.6 < counts["replies"] / counts.total() < 0.9
    app.session_state["mix_box"] = False
    fine(app.run())
    assert mine(app).settings.mix


def test_archives_get_shares(app):
    paths = [sample("nan").path, sample("odile").path]
    open_page(app)
    archive = read_archive(paths)
    mine(app).archive, mine(app).me = archive, ("Nan Brisket", "odilefarrow")
    mine(app).cache.clear()
    app.session_state["mix_box"] = True
    app.run()
    app.toggle(key="balance").set_value(True).run()
    app.slider(key="share_x:").set_value(10).run()
    app.slider(key="share_whatsapp:").set_value(90).run()
    fine(app)
    sources = Counter(example.conversation.split(":")[0] for example in made(app).training)
    assert sources["x"] / sources.total() == pytest.approx(0.1, abs=0.04)


def test_another_person_is_learnt_only_with_consent(app):
    open_page(app)
    app.selectbox(key="clone").set_value(app.selectbox(key="clone").options[1]).run()
    assert not app.exception
    assert "consent" in app.error[0].value or "agreed" in app.error[0].value
    app.checkbox(key="consent_1").check().run()
    fine(app)
    assert made(app).me == mine(app).settings.clone
    assert made(app).me != mine(app).me


def test_posts_of_one_person_offer_nobody_else(app):
    open_page(app, "odile")
    assert "clone" not in [box.key for box in app.selectbox]
