"""Every page inside the real frame: empty, with each sample, and through the whole main job."""

from __future__ import annotations

import time

import orjson
import pytest

from core.samples import SAMPLES
from core.ui import state
from core.ui.state import SESSION_KEY

PAGES = ("upload", "privacy", "dataset", "cost", "train", "compare", "cleanup")


def go(app, page: str):
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def open_sample(app, key: str):
    go(app, "upload")
    app.button(key=f"sample_{key}").click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("page", PAGES)
def test_page_without_an_archive(app, page):
    go(app, page)
    assert app.title
    assert not app.error


@pytest.mark.parametrize("sample", [s.key for s in SAMPLES])
def test_every_page_with_every_sample(app, sample):
    open_sample(app, sample)
    for page in PAGES:
        go(app, page)
        assert not app.error, (page, [e.value for e in app.error])


def test_upload_names_what_it_recognised(app):
    go(app, "upload")
    csv = b"Ann;Bo\r\nHello there;Hi\r\nHow are you;Fine, thanks\r\n"
    app.file_uploader[0].upload("talk.csv", csv, "text/csv").run()
    assert not app.exception
    assert app.session_state[SESSION_KEY].archive.source == "conversation_csv"


@pytest.mark.parametrize("page", ["dataset", "cost", "train"])
def test_without_a_name_every_step_leads_to_choosing_one(app, page):
    go(app, "upload")
    talk = "\n".join(f"13/01/2020, 10:{i:02d} - {'AB'[i % 2]}nn: hello {i}" for i in range(40))
    app.file_uploader[0].upload("chat.txt", talk.encode(), "text/plain").run()
    app.multiselect(key="who_is_me").set_value([]).run()
    go(app, page)
    assert not app.error
    app.button(key="next_step").click().run()
    assert not app.exception
    assert app.multiselect(key="who_is_me")


def test_upload_of_nonsense_is_a_sentence(app):
    go(app, "upload")
    app.file_uploader[0].upload("x.bin", bytes(range(256)) * 20, None).run()
    assert not app.exception
    assert len(app.error) == 1


def test_train_then_compare(app):
    open_sample(app, "odile")
    go(app, "train")
    app.number_input(key="epochs").set_value(1).run()
    app.button(key="train").click().run()
    assert not app.exception, [e.value for e in app.exception]
    job_id = app.query_params["job"]
    deadline = time.monotonic() + 60
    mine = app.session_state[SESSION_KEY]
    while time.monotonic() < deadline:
        app.run()
        if mine.snapshots[job_id].job.status == "succeeded":
            break
        time.sleep(0.2)
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    chart = orjson.loads(app.get("plotly_chart")[0].proto.spec)
    assert sum(len(trace["y"]) if isinstance(trace["y"], list) else 1 for trace in chart["data"])
    go(app, "compare")
    app.button(key="ask").click().run()
    assert not app.exception, [e.value for e in app.exception]
    for side in ("left", "right"):
        answer = app.session_state[f"answer_{side}_kept"]
        assert answer.problem is None
        assert answer.texts[0].strip()
        assert answer.usage.completion_tokens > 0


@pytest.mark.parametrize("tab", ["Examples", "Edit", "Numbers", "Every message"])
@pytest.mark.parametrize("sample", ["odile", "nan"])
def test_every_tab_of_the_dataset_page(app, sample, tab):
    open_sample(app, sample)
    app.session_state["dataset_tab"] = tab
    app.session_state["gaps_box"] = True
    go(app, "dataset")
    assert not app.error, [e.value for e in app.error]


@pytest.mark.parametrize(
    "recipe", ["blank_prompt", "replies", "topics", "entities", "back_translation"]
)
def test_every_recipe_makes_examples(app, recipe):
    open_sample(app, "nan")
    go(app, "dataset")
    app.selectbox(key="recipe").set_value(recipe).run()
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    made = app.session_state[SESSION_KEY].cache["dataset"][1]
    assert made.recipe == recipe
    assert len(made.training) > 50
    assert made.receipt.adds_up


@pytest.mark.parametrize("tab", ["What was found", "Before and after", "Other people"])
def test_every_tab_of_the_privacy_page(app, tab):
    open_sample(app, "nan")
    app.session_state["privacy_tab"] = tab
    go(app, "privacy")
    assert not app.error, [e.value for e in app.error]


def run_over(app) -> None:
    """Wait for the judge run, which goes on in a thread of its own."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and state.judge_runs().of(
        app.session_state[SESSION_KEY].visitor
    ):
        time.sleep(0.2)
    app.run(timeout=60)


def test_judge_write_and_game(app):
    open_sample(app, "nan")
    go(app, "train")
    app.number_input(key="epochs").set_value(1).run()
    app.button(key="train").click().run()
    mine = app.session_state[SESSION_KEY]
    job_id = app.query_params["job"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and mine.snapshots[job_id].job.status != "succeeded":
        time.sleep(0.2)
        app.run()
    go(app, "compare")
    app.session_state["compare_tab"] = "Write"
    app.run()
    app.button(key="write").click().run()
    assert not app.exception, [e.value for e in app.exception]
    assert any(text.strip() for text in app.session_state["drafts"])
    app.session_state["compare_tab"] = "Evidence"
    app.run()
    app.slider(key="judge_prompts").set_value(20).run()
    app.button(key="run_judge").click().run(timeout=90)
    run_over(app)
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    assert len(app.dataframe) >= 1
    app.session_state["compare_tab"] = "Blind game"
    app.run()
    app.button(key="vote_left_0").click().run()
    assert not app.exception, [e.value for e in app.exception]
    assert app.button(key="vote_left_1")
    names = [one.key for one in app.session_state["judge_run"].plan.contestants]
    app.session_state["game_kind"] = f"{names[0]} | {names[1]}"
    app.run()
    app.button(key="vote_left_0").click().run()
    app.button(key="use_votes").click().run()
    go(app, "train")
    assert any("DPO" in name for name in app.segmented_control(key="method").options)
    app.session_state[SESSION_KEY].planted = True
    app.run()
    assert not app.exception, [e.value for e in app.exception]


def test_will_it_work(app):
    open_sample(app, "concierge")
    go(app, "cost")
    app.button(key="forecast").click().run(timeout=60)
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error, [e.value for e in app.error]
    curves = [orjson.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    assert len(curves) == 2


def test_a_provider_can_be_added(app):
    open_sample(app, "concierge")
    go(app, "train")
    app.session_state["more_training"] = True
    app.run()
    box = app.text_area(key="profiles_toml")
    added = '\n[mine]\nname = "My server"\nbase_url = "http://127.0.0.1:9/v1"\nneeds_key = false\n'
    box.set_value(box.value + added).run()
    app.button(key="use_profiles").click().run()
    assert not app.exception, [e.value for e in app.exception]
    assert "My server" in app.selectbox(key="provider").options
