"""Tests of corrections by hand."""

from __future__ import annotations

from core.dataset import DatasetSettings, build_dataset
from core.hand_edits import (
    change_table,
    label_table,
    text_table,
    with_label_changes,
    with_text_changes,
    without_changes,
)
from core.recipes.base import Labels
from core.settings import Filters
from tests.core.made_frames import frame_of


def post_data(recipe, labels=None, **more):
    texts = [f"The ferry number {i} left Harbour Town at noon in fog {i}" for i in range(40)]
    frame = frame_of(
        *((i * 90000, "me", text, {"conversation": f"p{i}"}) for i, text in enumerate(texts)),
        kind="post",
    )
    settings = DatasetSettings(recipe=recipe, filters=Filters(near_duplicates=False), **more)
    made = build_dataset(frame, ["me"], settings, labels=labels)
    return made, dict(zip(frame["id"], frame["text"], strict=True))


def test_every_message_of_an_answer_has_its_row():
    rows = [(0, "Ann", "hello there"), (10, "me", "one"), (20, "me", "two")]
    for i in range(1, 30):
        rows += [(90000 * i, "Ann", f"q{i}"), (90000 * i + 5, "me", f"a{i}")]
    frame = frame_of(*rows)
    made = build_dataset(frame, ["me"], DatasetSettings(held_out_share=0, validation_share=0))
    texts = dict(zip(frame["id"], frame["text"], strict=True))
    table, found = text_table(made.training, texts)
    assert found == len(table) == 31
    assert table.loc["m1":"m2", "text"].tolist() == ["one", "two"]
    assert table.loc["m1":"m2", "example"].nunique() == 1
    assert table.loc["m1", "prompt"] == "hello there"
    assert text_table(made.training, texts, search="HELLO")[1] == 2
    assert len(text_table(made.training, texts, most=3)[0]) == 3


def test_changes_become_filters_and_reach_the_data_set():
    made, texts = post_data("blank_prompt")
    before, _ = text_table(made.training, texts)
    after = before.copy()
    changed, gone, emptied = after.index[:3]
    after.loc[changed, "text"] = "Something else"
    after.loc[gone, "use"] = False
    after.loc[emptied, "text"] = " "
    filters = with_text_changes(Filters(), before, after)
    assert filters.edits == ((changed, "Something else"),)
    assert set(filters.excluded_ids) == {gone, emptied}
    assert with_text_changes(filters, before, before) == filters


def test_names_by_hand():
    made, _ = post_data("entities")
    before, found = label_table(made, made.training, "entities")
    assert found == len(made.training)
    after = before.copy()
    after.loc[before.index[0], "names"] = "Town, Fog , Town"
    labels = with_label_changes({}, before, after)
    assert labels == {before.index[0]: Labels(entities=("Town", "Fog"))}
    again, _ = post_data("entities", labels)
    assert (
        label_table(again, again.training, "entities")[0].loc[before.index[0], "names"]
        == "Town, Fog"
    )


def test_empty_completions_are_filled_by_hand():
    made, _ = post_data("entities", entity_completion="empty")
    before, _ = label_table(made, made.training, "entities")
    assert set(before["names"]) == {""}
    after = before.copy()
    after.iloc[0, after.columns.get_loc("names")] = "Harbour Town"
    after.iloc[1, after.columns.get_loc("names")] = "-"
    labels = with_label_changes({}, before, after)
    assert [one.entities for one in labels.values()] == [("Harbour Town",), ()]
    again, _ = post_data("entities", labels, entity_completion="empty")
    first, second, *rest = [example.completion for example in again.training]
    assert first.startswith("named_entities=Harbour Town\n")
    assert second.startswith("named_entities=\n")
    assert set(rest) == {""}


def test_instructions_by_hand():
    made, _ = post_data("back_translation")
    before, _ = label_table(made, made.training, "back_translation", search="number 7 ")
    assert len(before) <= 1
    before, _ = label_table(made, made.training, "back_translation")
    after = before.copy()
    after.loc[before.index[0], "prompt"] = "Say it."
    labels = with_label_changes({}, before, after)
    again, _ = post_data("back_translation", labels)
    table = label_table(again, again.training, "back_translation")[0]
    assert table.loc[before.index[0], "prompt"] == "Say it."
    assert label_table(made, made.training, "entities")[1] == 0


def test_topics_by_hand_come_before_the_dice():
    made, _ = post_data("topics")
    before, found = label_table(made, made.training, "topics")
    assert found == len(made.training)
    after = before.copy()
    after.loc[before.index[0], "topics"] = "lighthouse"
    after.loc[before.index[1], "topics"] = ""
    labels = with_label_changes({}, before, after)
    assert labels == {
        before.index[0]: Labels(topics=("lighthouse",)),
        before.index[1]: Labels(topics=()),
    }
    again, _ = post_data("topics", labels)
    assert (
        label_table(again, again.training, "topics")[0].loc[before.index[0], "topics"]
        == "lighthouse"
    )
    prompts = {example.answer_ids[0]: example.prompt[-1].content for example in again.training}
    assert prompts[before.index[0]] in ("lighthouse", "")
    assert prompts[before.index[1]] == ""


def test_changes_are_listed_and_undone_one_by_one():
    frame = frame_of((0, "me", "one"), (9, "me", "two"), (99, "me", "three"))
    filters = Filters(edits=(("m0", "ONE"), ("m1", "TWO")), excluded_ids=("m2",))
    table, count = change_table(frame, filters)
    assert count == 3
    assert table["before"].to_dict() == {"m2": "three", "m1": "two", "m0": "one"}
    assert table["now"].isna().tolist() == [True, False, False]
    assert without_changes(filters, {"m1", "m2"}) == Filters(edits=(("m0", "ONE"),))
