"""The Dataset page: every choice on it changes the data set as it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import orjson
import pytest

from core.readers import read_archive
from core.samples import sample
from core.settings import DatasetSettings, Filters, settings_to_json
from core.ui.dataset_filters import listed_names
from tests.pages.dataset_page import fine, made, mine, open_page, spoil


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


def test_rules_and_files_follow_the_chosen_trainer(app):
    open_page(app)
    assert app.selectbox(key="form_embedded").value == "weights"
    assert any(
        "The trainer on this machine takes this data set" in one.value for one in app.success
    )
    app.selectbox(key="destination_embedded").set_value("huggingface").run()
    fine(app)
    assert any("does not obey weights" in one.value for one in app.warning)
    assert any("TRL 1.16" in one.value for one in app.caption)
    assert app.selectbox(key="form_huggingface").value == "completions"
    app.toggle(key="context_weight").set_value(False).run()
    fine(app)
    assert not any("does not obey weights" in one.value for one in app.warning)
    assert {m.weight for one in made(app).training for m in one.messages} == {None}
    app.switch_page("pages/cost.py").run()
    app.switch_page("pages/dataset.py").run()
    assert app.selectbox(key="destination_embedded").value == "huggingface"
    app.selectbox(key="provider").set_value("openai").run()
    fine(app)
    assert app.selectbox(key="destination_openai").value == "openai"
    app.selectbox(key="provider").set_value("custom").run()
    assert app.selectbox(key="destination_custom").value == "embedded"


def test_topics_are_split_four_to_one_and_the_page_says_so(app):
    open_page(app, "odile")
    app.selectbox(key="recipe").set_value("topics").run()
    fine(app)
    data = made(app)
    assert len(data.training) == pytest.approx(4 * len(data.validation), abs=4)
    assert data.held_out
    assert any(
        "80/20 into training and validation, as in the project" in one.value for one in app.caption
    )
    app.toggle(key="own_validation").set_value(True).run()
    app.slider(key="validation").set_value(5).run()
    fine(app)
    assert mine(app).settings.validation_share == 0.05
    assert not any("as in the project" in one.value for one in app.caption)


def test_nobody_is_out_of_reach_among_very_many(app, monkeypatch):
    monkeypatch.setattr("core.ui.dataset_filters.MOST_LISTED", 2)
    open_page(app, "allotment")
    people = app.multiselect(key="without_authors")
    assert len(people.options) == 2
    names = mine(app).cache["filters:people_and_talks"][1][0]
    key, name = list(names.items())[-1]
    assert name not in people.options
    app.text_input(key="find_without_authors").set_value(name[:4].upper()).run()
    app.multiselect(key="without_authors").set_value([key]).run()
    app.text_input(key="find_without_authors").set_value("").run()
    fine(app)
    assert mine(app).settings.filters.without_authors == (key,)
    assert len(app.multiselect(key="without_authors").options) == 3


def test_what_a_search_lists():
    names = {f"k{i}": f"Name {i}" for i in range(2000)} | {"z": "Zoë Äther"}
    assert len(listed_names(names, "", ())) == 500
    assert listed_names(names, " zoë ä", ("k7", "gone")) == {"k7": "Name 7", "z": "Zoë Äther"}
    assert list(listed_names(names, "name 1999", ("k1999",))) == ["k1999"]


def test_an_archive_without_times_has_no_clock(app):
    open_page(app, "concierge")
    app.session_state["gaps_box"] = True
    fine(app.run())
    assert any("has no times" in one.value for one in app.caption)
    keys = {one.key for one in (*app.slider, *app.number_input, *app.get("plotly_chart"))}
    assert not keys & {"filter_hours", "merge_gap", "conversation_gap", "gap_figure"}
    assert mine(app).settings.merge_gap == DatasetSettings().merge_gap


def test_hours_around_midnight_stay_as_the_file_says(app):
    open_page(app)
    night = replace(DatasetSettings(), filters=Filters(hours=(22, 6)))
    app.session_state["formats"] = True
    app.run()
    app.file_uploader(key="load_settings_0").upload(
        "dataset-settings.json", settings_to_json(night), "application/json"
    ).run()
    assert not app.exception
    assert mine(app).settings.filters.hours == (22, 6)
    assert any("22:00 to 6:00" in one.value for one in app.caption)


def test_the_line_that_fits_a_recipe_is_one_click_away(app):
    open_page(app, "odile")
    app.selectbox(key="recipe").set_value("topics").run()
    app.button(key="suggested_system").click().run()
    fine(app)
    assert mine(app).settings.system_prompt == "You write posts about topics provided by the user."
    assert made(app).training[0].messages[0].role == "system"
    assert "suggested_system" not in {one.key for one in app.button}
