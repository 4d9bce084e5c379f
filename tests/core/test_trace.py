"""From a message to what became of it, and to the example it ended in."""

from __future__ import annotations

from core.dataset import DatasetSettings, Filters, build_dataset
from core.receipt import CONTEXT, LEARNT
from core.trace import trace
from tests.core.made_frames import frame_of


def talk():
    rows = []
    for i in range(40):
        rows += [(90000 * i, "Ann", f"question number {i}"), (90000 * i + 5, "me", f"answer {i}")]
    return frame_of(*rows, (90000 * 41, "me", "http://a.example/link"))


def test_every_learnt_message_leads_to_the_example_that_ends_with_it():
    frame = talk()
    made = build_dataset(frame, ["me"], DatasetSettings(filters=Filters(near_duplicates=False)))
    parts = {"training": made.training, "validation": made.validation, "held out": made.held_out}
    table, found = trace(frame, made.receipt, fate=LEARNT)
    assert found == len(table) == sum(map(len, parts.values())) == 40
    for row in table.itertuples():
        example = parts[row.part][row.example - 1]
        assert row.id in example.answer_ids
        assert row.text == example.completion
    context, _ = trace(frame, made.receipt, fate=CONTEXT)
    assert all(r.id in parts[r.part][r.example - 1].source_ids for r in context.itertuples())


def test_search_and_what_is_in_no_example():
    frame = talk()
    made = build_dataset(frame, ["me"], DatasetSettings(filters=Filters(near_duplicates=False)))
    table, found = trace(frame, made.receipt, search="HTTP")
    assert (found, table["fate"].tolist()) == (1, ["only a link"])
    assert table["part"].isna().all() and table["example"].isna().all()
    assert trace(frame, made.receipt, search="number 3", most=2)[1] == 11
    assert trace(frame, made.receipt, search="no such word")[1] == 0
