"""The Dataset page: every choice on it changes the data set as it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import httpx2
import openai
import orjson
import pytest

from core.readers import read_archive
from core.samples import sample
from core.settings import DatasetSettings, Filters, settings_to_json
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


def change_table(monkeypatch, change):
    """Stand in for the visitor's typing, which AppTest cannot do; returns what was shown."""
    shown = []

    def data_editor(table, **_options):
        shown.append(table)
        return change(table.copy())

    monkeypatch.setattr("core.ui.dataset_edit.st.data_editor", data_editor)
    return shown


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


def spoil(data, place, example):
    """Put an example into a finished data set that no recipe would make."""
    training = [*data.training[:place], example, *data.training[place + 1 :]]
    object.__setattr__(data, "training", training)


def test_what_the_trainer_refuses_is_fixed_and_unfixed(app):
    open_page(app)
    app.session_state["dataset_tab"] = "Check"
    app.selectbox(key="recipe").set_value("replies").run()
    data = made(app)
    bad = data.training[2]
    empty = bad._replace(messages=(*bad.messages[:-1], bad.messages[-1]._replace(content=" ")))
    spoil(data, 2, empty)
    mine(app).drop("dataset:checks")
    app.run()
    assert any("empty answer" in error.value for error in app.error)
    app.button(key="repair").click().run()
    fine(app)
    fixed = mine(app).cache["dataset:repaired"][1][0]
    assert len(fixed.training) == len(data.training) - 1
    assert fixed.receipt.adds_up
    app.button(key="unrepair").click().run()
    assert app.error


def answering(monkeypatch, handler):
    """A provider that answers with ``handler(path, body)``; returns what was sent."""
    sent = []

    def respond(request):
        body = orjson.loads(request.content)
        sent.append(body)
        status, answer = handler(request.url.path, body)
        return httpx2.Response(status, json=answer)

    client = httpx2.Client(transport=httpx2.MockTransport(respond))
    monkeypatch.setattr(
        "core.ui.clients.open_client",
        lambda *_, **__: openai.OpenAI(
            api_key="sk-made-up", base_url="http://made.up/v1", http_client=client, max_retries=0
        ),
    )
    return sent


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


def test_labels_go_when_the_masks_change(app, monkeypatch):
    answering(monkeypatch, write_topics)
    open_page(app, "odile")
    open_labels(app)
    app.checkbox(key="label_consent_openai").check().run()
    app.button(key="label").click().run()
    fine(app)
    mine(app).privacy = replace(mine(app).privacy, mode="off")
    app.run()
    assert any("unmasked" in one.value for one in app.markdown)
    assert not any("tin boats" in str(example.messages) for example in made(app).training)


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


def test_old_formats_warn_of_their_marks(app):
    open_page(app, "concierge")
    app.session_state["formats"] = True
    fine(app.run())
    marked = "contain a mark of this style"
    assert not any(marked in one.value for one in app.warning)
    first = made(app).training[0]
    last = first.messages[-1]._replace(content="a ### b")
    spoil(made(app), 0, first._replace(messages=(*first.messages[:-1], last)))
    app.run()
    assert any(marked in one.value for one in app.warning)
    app.selectbox(key="legacy").set_value("script").run()
    fine(app)
    assert not any(marked in one.value for one in app.warning)
    app.text_input(key="actor_other").set_value("Guest").run()
    fine(app)


def test_settings_are_loaded_from_a_file(app):
    open_page(app)
    app.slider(key="buffer_size").set_value(2).run()
    app.session_state["formats"] = True
    app.run()
    chosen = replace(
        DatasetSettings(), recipe="topics", buffer_size=30, held_out_share=0.35, topic_count=(2, 3),
        filters=Filters(min_chars=12, languages=("en",)),
    )  # fmt: skip
    app.file_uploader(key="load_settings_0").upload(
        "dataset-settings.json", settings_to_json(chosen), "application/json"
    ).run()
    fine(app)
    assert app.selectbox(key="recipe_1").value == "topics"
    assert mine(app).settings == replace(chosen, buffer_size=30)
    assert made(app).recipe == "topics"
    app.file_uploader(key="load_settings_1").upload("x.json", b"[1]", "application/json").run()
    assert not app.exception
    assert len(app.error) == 1


def test_people_and_conversations_are_left_out(app):
    open_page(app, "allotment")
    people = app.multiselect(key="without_authors")
    assert not any(one.key == "without_conversations" for one in app.multiselect)
    assert len(people.options) == 4
    name = next(iter(mine(app).cache["filters:people_and_talks"][1][0]))
    people.set_value([name]).run()
    fine(app)
    assert mine(app).settings.filters.without_authors == (name,)
    assert made(app).receipt.left_out["an author you left out"] > 0
    prompts = [m.content for one in made(app).training for m in one.prompt if m.role == "user"]
    assert not any(line.startswith(f"{name}:") for text in prompts for line in text.split("\n"))


def test_a_conversation_is_left_out(app):
    open_page(app)
    archive = read_archive([sample("nan").path, sample("odile").path])
    mine(app).archive, mine(app).me = archive, ("Nan Brisket", "odilefarrow")
    mine(app).cache.clear()
    app.run()
    key = archive.frame()["conversation"].astype("str").iloc[0]
    app.multiselect(key="without_conversations").set_value([key]).run()
    assert not app.exception
    assert mine(app).settings.filters.without_conversations == (key,)
    assert not any(one.conversation.startswith(f"{key}#") for one in made(app).training)


def test_posts_to_nobody_have_no_audience(app):
    open_page(app, "odile")
    app.session_state["dataset_tab"] = "Numbers"
    fine(app.run())
    assert len(app.get("plotly_chart")) == 2


def test_languages_and_marked_up_numbers(app):
    open_page(app)
    app.session_state["dataset_tab"] = "Numbers"
    fine(app.run())
    assert any(caption.value.startswith("Languages") for caption in app.caption)
    app.multiselect(key="languages").set_value(["fi"]).run()
    assert not app.exception
    assert app.error


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


def test_what_became_of_every_message(app):
    open_page(app)
    app.session_state["dataset_tab"] = "Every message"
    app.run()
    app.selectbox(key="receipt_reason").set_value("learnt").run()
    fine(app)
    table = app.dataframe[0].value
    first = table.iloc[0]
    part = {"training": made(app).training, "validation": made(app).validation}
    examples = part.get(first["part"], made(app).held_out)
    assert first["text"] in examples[first["example"] - 1].completion
    app.text_input(key="trace_find").set_value("no such words anywhere").run()
    fine(app)
    assert not app.dataframe


def test_a_day_divides_past_and_future(app):
    open_page(app)
    assert any("Leak check" in caption.value for caption in app.caption)
    app.segmented_control(key="split_by").set_value("time").run()
    day = date(2024, 1, 1)
    app.date_input(key="split_at").set_value(day).run()
    fine(app)
    assert all(example.sent_at.date() >= day for example in made(app).held_out)
    assert all(example.sent_at.date() < day for example in made(app).training)


def test_ready_data_pass_through(app):
    open_page(app)
    rows = [
        {"messages": [{"role": "user", "content": f"question {i}"},
                      {"role": "assistant", "content": f"answer number {i}"}]}
        for i in range(40)
    ]  # fmt: skip
    archive = read_archive(b"\n".join(map(orjson.dumps, rows)), name="mine.jsonl")
    mine(app).archive, mine(app).me = archive, archive.me.names
    mine(app).cache.clear()
    fine(app.run())
    assert made(app).recipe == "ready"
    assert app.selectbox(key="recipe").value == "ready"


def test_a_warning_stands_under_the_box_that_mends_it(app):
    app.switch_page("pages/upload.py").run()
    words = ("tea", "rain", "choir", "moss", "kite", "lamp", "ferry", "spoon")
    talk = "".join(
        f"{day:02d}/03/2024, 10:0{minute} - {who}: my {one} is {two}, they say\n"
        for day, one in enumerate(words, 1)
        for minute, (who, two) in enumerate([("Ann", "cold"), ("Bo", words[-day])])
    )
    app.file_uploader[0].upload("chat.txt", talk.encode(), "text/plain").run()
    app.multiselect(key="who_is_me").set_value(["Bo"]).run()
    app.switch_page("pages/dataset.py").run()
    assert not app.exception
    said = made(app).advice
    assert said["filters"] and "trainers ask for at least 10" in said["filters"][0]
    assert set(made(app).warnings) <= {one.value for one in app.warning}
