"""Tests of a data set as a trainer takes it."""

from __future__ import annotations

from dataclasses import replace

from core.checks import check_examples
from core.dataset import DatasetSettings, build_dataset
from core.examples import ChatMessage
from core.limits import Limits
from core.repair import REFUSED, repair
from tests.core.made_frames import frame_of


def chat(buffer_size=1):
    rows = []
    for i in range(60):
        rows += [(i * 90000, "Ann", f"question {i}?"), (i * 90000 + 60, "me", f"answer {i}!")]
    return build_dataset(frame_of(*rows), ["me"], DatasetSettings(buffer_size=buffer_size))


def test_nothing_to_do_changes_nothing():
    made = chat()
    assert repair(made, Limits()) == (made, {})


def test_what_is_refused_is_left_out_and_accounted_for():
    made = chat()
    bad = made.training[3]
    empty = bad._replace(messages=(*bad.messages[:-1], ChatMessage("assistant", " ")))
    broken = replace(made, training=[*made.training[:3], empty, *made.training[4:]])
    fixed, done = repair(broken, Limits())
    assert sum(done.values()) == 1
    assert len(fixed.training) == len(made.training) - 1
    paper = fixed.receipt
    assert paper.adds_up
    assert paper.left_out[REFUSED] == 2
    assert set(paper.messages_with(REFUSED)) == set(bad.source_ids)
    assert paper.learnt == made.receipt.learnt - 1
    shown = paper.fates.dropna(subset="part")
    for one, name, number in zip(shown["id"], shown["part"], shown["example"], strict=True):
        part = {"training": fixed.training, "validation": fixed.validation}.get(name)
        if part is not None:
            assert one in part[number].source_ids


def test_names_are_cut_and_weights_removed():
    made = chat()
    first = made.training[0]
    named = (ChatMessage("user", "hi", 1, "n" * 70), *first.messages[1:])
    broken = replace(made, training=[first._replace(messages=named), *made.training[1:]])
    fixed, done = repair(broken, Limits())
    assert done == {"weights or names corrected": 1}
    assert fixed.receipt.left_out == made.receipt.left_out
    errors = [
        f for f in check_examples(fixed.training, fixed.validation, Limits()) if f.level == "error"
    ]
    assert not errors


def test_blank_prompts_where_they_are_refused():
    made = chat(buffer_size=0)
    fixed, _ = repair(made, Limits(empty_content=False))
    assert fixed.training == fixed.validation == []
    assert fixed.receipt.adds_up
