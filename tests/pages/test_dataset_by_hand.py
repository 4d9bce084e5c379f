"""The Dataset page: what is changed by hand or by a chat model, masked, undone and remembered."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from core.settings import Filters
from tests.pages.conftest import APP
from tests.pages.dataset_page import answering, change_table, fine, made, mine, open_page


def test_texts_are_corrected_taken_out_and_given_back(app, monkeypatch):
    open_page(app)
    app.session_state["dataset_tab"] = "Edit"
    app.run()
    before = made(app)

    def change(table):
        table.iloc[0, table.columns.get_loc("text")] = "Corrected words."
        table.iloc[1, table.columns.get_loc("use")] = False
        return table

    shown = change_table(monkeypatch, change)
    app.run()
    first, second = shown[-1].index[:2]
    app.button(key="use_edits").click().run()
    fine(app)
    filters = mine(app).settings.filters
    assert filters.edits == ((first, "Corrected words."),)
    assert filters.excluded_ids == (second,)
    after = [*made(app).training, *made(app).validation, *made(app).held_out]
    assert any("Corrected words." in example.completion for example in after)
    assert not any(second in example.source_ids for example in after)
    assert made(app).receipt.left_out["you left it out"] == 1
    app.button(key="undo_last").click().run()
    fine(app)
    assert mine(app).settings.filters == Filters()
    assert [e.messages for e in made(app).training] == [e.messages for e in before.training]


def test_corrections_are_masked_like_the_archive(app, monkeypatch):
    open_page(app)
    app.session_state["dataset_tab"] = "Edit"
    app.run()

    def change(table):
        table.iloc[0, table.columns.get_loc("text")] = "Theo told Theo."
        return table

    shown = change_table(monkeypatch, change)
    app.run()
    one = shown[-1].index[0]
    app.button(key="use_edits").click().run()
    fine(app)
    (used,) = made(app).settings.filters.edits
    assert used[0] == one
    assert "Theo" not in used[1]
    assert mine(app).settings.filters.edits == ((one, "Theo told Theo."),)


def test_the_table_of_texts_is_searched(app):
    open_page(app)
    app.session_state["dataset_tab"] = "Edit"
    app.run()
    app.text_input(key="find").set_value("lamp").run()
    fine(app)
    table = app.data_editor[0].value
    assert 0 < len(table) < 60
    assert (table["text"] + table["prompt"]).str.contains("lamp", case=False).all()
    app.text_input(key="find").set_value("no such thing at all").run()
    fine(app)
    assert not app.data_editor


@pytest.mark.parametrize(
    ("recipe", "title", "column"),
    [
        ("topics", "The topics", "topics"),
        ("entities", "The names found", "names"),
        ("back_translation", "The instructions", "prompt"),
    ],
)
def test_topics_names_and_instructions_by_hand(app, monkeypatch, recipe, title, column):
    open_page(app, "odile")
    app.session_state["dataset_tab"] = "Edit"
    app.selectbox(key="recipe").set_value(recipe).run()
    app.selectbox(key="edit_what").set_value(title).run()

    def change(table):
        table.iloc[0, table.columns.get_loc(column)] = "harbour lights"
        return table

    shown = change_table(monkeypatch, change)
    app.run()
    one = shown[-1].index[0]
    app.button(key="use_edits").click().run()
    fine(app)
    example = next(example for example in made(app).training if example.answer_ids[0] == one)
    said = example.completion if recipe == "entities" else example.prompt[-1].content
    assert "harbour lights" in (made(app).topics[one] if recipe == "topics" else said)
    app.button(key="undo_last").click().run()
    fine(app)
    assert not any("harbour lights" in str(example.messages) for example in made(app).training)


def write_topics(_path, body):
    texts = body["messages"][-1]["content"].split("\n")
    items = [{"i": i, "topics": ["tin boats"], "entities": [], "kind": "post"} for i in range(len(texts))]  # fmt: skip
    content = orjson.dumps({"items": items}).decode()
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return 200, {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}  # fmt: skip


def open_labels(app, recipe="topics"):
    app.selectbox(key="recipe").set_value(recipe).run()
    app.selectbox(key="provider").set_value("openai").run()
    app.session_state["labels"] = True
    return fine(app.run())


def test_topics_by_a_chat_model_need_consent(app, monkeypatch):
    sent = answering(monkeypatch, write_topics)
    open_page(app, "odile")
    assert "labels" not in app.session_state
    open_labels(app)
    assert app.button(key="label").disabled
    words = " ".join(one.value for one in app.markdown)
    assert "masked" in words
    assert "OpenAI" in words
    assert "\\$" in words or "cent" in words
    assert not sent
    app.checkbox(key="label_consent_openai").check().run()
    app.button(key="label").click().run()
    fine(app)
    assert sent
    prompts = {example.prompt[-1].content for example in made(app).training}
    assert prompts == {"", "tin boats"}
    app.button(key="forget_labels").click().run()
    fine(app)
    assert len({example.prompt[-1].content for example in made(app).training}) > 10


def test_a_refusal_leaves_the_rules(app, monkeypatch):
    answering(
        monkeypatch, lambda *_: (401, {"error": {"message": "no", "code": "invalid_api_key"}})
    )
    open_page(app, "odile")
    open_labels(app)
    before = [example.messages for example in made(app).training]
    app.checkbox(key="label_consent_openai").check().run()
    app.button(key="label").click().run()
    assert not app.exception
    assert len(app.error) == 1
    app.run()
    assert [example.messages for example in made(app).training] == before


def test_labels_follow_the_masks(app, monkeypatch):
    open_page(app)
    app.session_state["dataset_tab"] = "Edit"
    app.selectbox(key="recipe").set_value("topics").run()
    app.selectbox(key="edit_what").set_value("The topics").run()

    def change(table):
        table.iloc[0, table.columns.get_loc("topics")] = "tin boats, Theo"
        return table

    shown = change_table(monkeypatch, change)
    app.run()
    one = shown[-1].index[0]
    app.button(key="use_edits").click().run()
    fine(app)
    boats, who = made(app).topics[one]
    assert boats == "tin boats"
    assert who != "Theo"
    mine(app).privacy = replace(mine(app).privacy, mode="off")
    fine(app.run())
    assert made(app).topics[one] == ["tin boats", "Theo"]


def test_moderation_counts_and_leaves_out_if_asked(app, monkeypatch):
    def judge(path, body):
        assert path.endswith("/moderations")
        results = [
            {"flagged": "lamp" in text.lower(), "categories": {}, "category_scores": {"violence": 0.9 if "lamp" in text.lower() else 0.0}, "category_applied_input_types": {}}
            for text in body["input"]
        ]  # fmt: skip
        return 200, {"id": "m", "model": "omni-moderation-latest", "results": results}

    sent = answering(monkeypatch, judge)
    open_page(app)
    app.session_state["dataset_tab"] = "Check"
    app.selectbox(key="provider").set_value("openai").run()
    assert not sent
    app.button(key="screen").click().run()
    fine(app)
    flagged = [e for e in (*made(app).training, *made(app).validation) if "lamp" in e.completion.lower()]  # fmt: skip
    assert flagged
    assert app.dataframe[-1].value.to_dict("list") == {
        "category": ["violence"],
        "answers": [len(flagged)],
    }
    app.button(key="drop_flagged").click().run()
    fine(app)
    assert set(mine(app).settings.filters.excluded_ids) == {
        one for example in flagged for one in example.answer_ids
    }
    assert not any("lamp" in example.completion.lower() for example in made(app).training)


def test_nothing_to_send_without_a_provider(app):
    open_page(app, "odile")
    app.session_state["dataset_tab"] = "Check"
    app.selectbox(key="recipe").set_value("topics").run()
    fine(app)
    keys = {button.key for button in app.button}
    assert not keys & {"screen", "label"}


def test_changes_are_undone_one_by_one(app, monkeypatch):
    open_page(app)
    learnt = [one for example in made(app).training[:2] for one in example.answer_ids]
    filters = replace(
        mine(app).settings.filters, edits=((learnt[0], "other words"),), excluded_ids=(learnt[-1],)
    )
    mine(app).settings = replace(mine(app).settings, filters=filters)
    app.session_state["dataset_tab"] = "Edit"
    app.run()
    app.selectbox(key="edit_what").set_value("What I changed").run()
    fine(app)

    def tick(table):
        table.loc[learnt[-1], "undo"] = True
        return table

    change_table(monkeypatch, tick)
    app.run()
    app.button(key="undo_ticked").click().run()
    fine(app)
    assert mine(app).settings.filters.excluded_ids == ()
    assert dict(mine(app).settings.filters.edits) == {learnt[0]: "other words"}
    app.button(key="undo_last").click().run()
    assert mine(app).settings.filters.excluded_ids == (learnt[-1],)


def correct_two(app, monkeypatch):
    """Correct the first text and take out the second; returns their ids."""
    app.session_state["dataset_tab"] = "Edit"
    app.run()

    def change(table):
        table.iloc[0, table.columns.get_loc("text")] = "Theo, come home."
        table.iloc[1, table.columns.get_loc("use")] = False
        return table

    with monkeypatch.context() as typing:
        shown = change_table(typing, change)
        app.run()
        app.button(key="use_edits").click().run()
    return shown[0].index[:2].tolist()


def test_changes_come_back_with_the_same_archive_and_go_when_forgotten(app, monkeypatch):
    visitor = "v" * 43
    mine(app).visitor = visitor
    open_page(app)
    first, second = correct_two(app, monkeypatch)
    assert mine(app).settings.filters.excluded_ids == (second,)

    def later(who, key="nan"):
        again = AppTest.from_file(APP, default_timeout=30)
        again.run()
        mine(again).visitor = who
        return open_page(again, key)

    back = later(visitor)
    assert mine(back).recalled
    assert mine(back).settings.filters.edits == ((first, "Theo, come home."),)
    assert mine(back).settings.filters.excluded_ids == (second,)
    (used,) = made(back).settings.filters.edits
    assert "Theo" not in used[1]
    assert not mine(later("w" * 43)).recalled
    assert not mine(later(visitor, "odile")).recalled
    back.switch_page("pages/cleanup.py").run()
    back.button(key="delete_edits").click().run()
    back.button(key="confirm_delete_edits").click().run()
    fine(back)
    assert not mine(later(visitor)).recalled


def test_changes_that_are_undone_do_not_come_back(app, monkeypatch):
    open_page(app)
    visitor = mine(app).visitor
    correct_two(app, monkeypatch)
    app.button(key="undo_all").click().run()
    fine(app)
    again = AppTest.from_file(APP, default_timeout=30)
    again.run()
    mine(again).visitor = visitor
    open_page(again)
    assert mine(again).settings.filters == Filters()


def test_what_a_chat_model_wrote_comes_back(app, monkeypatch):
    answering(monkeypatch, write_topics)
    open_page(app, "odile")
    open_labels(app)
    app.checkbox(key="label_consent_openai").check().run()
    app.button(key="label").click().run()
    fine(app)
    again = AppTest.from_file(APP, default_timeout=30)
    again.run()
    mine(again).visitor = mine(app).visitor
    open_page(again, "odile")
    again.selectbox(key="recipe").set_value("topics").run()
    fine(again)
    assert {example.prompt[-1].content for example in made(again).training} == {"", "tin boats"}


def test_a_disk_that_keeps_nothing_is_said(app, monkeypatch):
    open_page(app)
    monkeypatch.setattr("core.ui.pipeline.save_kept", lambda *_: False)
    correct_two(app, monkeypatch)
    fine(app)
    assert any("could not be written down" in one.value for one in app.caption)
