"""The whole way from messages to a data set."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import filters
from core.dataset import DatasetSettings, build_dataset
from core.duplicates import LONG_ENOUGH
from core.formats import read_chat_jsonl, to_chat_jsonl
from core.leaks import find_leaks
from core.messages import Note
from core.normalise import normalise
from core.problems import Problem
from core.settings import Filters, settings_from_json, settings_to_json
from tests.core.made_frames import SETTINGS, archives, frame_of


def sentence(seed):
    """Nine made-up words that no other seed gives."""
    letters = random.Random(seed)
    return " ".join("".join(letters.choices("aeiouklmnrst", k=5)) for _ in range(9))


def chat_frame(exchanges=200, pause=7 * 3600):
    rows = []
    for i in range(exchanges):
        start = (i // 4) * pause + (i % 4) * 300
        rows.append((start, "Ann", f"what about {sentence(-i - 1)}?"))
        rows.append((start + 60, "me", f"I say {sentence(i)}"))
    return frame_of(*rows)


def post_frame(count):
    rows = [(i * 5000, "me", sentence(i)) for i in range(count)]
    return frame_of(*rows, kind="post")


def test_defaults_on_a_chat():
    made = build_dataset(chat_frame(), ["me"], DatasetSettings())
    assert made.recipe == "replies"
    assert len(made.held_out) == pytest.approx(40, abs=4)
    assert len(made.validation) == pytest.approx(20, abs=4)
    assert len(made.training) + len(made.validation) + len(made.held_out) == 200
    assert made.voice_mine == [example.completion for example in made.held_out]
    assert len(made.voice_others) == 200
    assert made.warnings == []


def test_posts_get_blank_prompts():
    made = build_dataset(post_frame(100), ["me"], DatasetSettings())
    assert made.recipe == "blank_prompt"
    assert {example.messages[0].content for example in made.training} == {""}
    assert made.voice_others == []


def test_held_out_covers_the_whole_period():
    made = build_dataset(post_frame(400), ["me"], DatasetSettings())
    quarters = [int(example.answer_ids[0][1:]) // 100 for example in made.held_out]
    assert min(quarters.count(quarter) for quarter in range(4)) >= 10


def test_by_time_trains_on_the_past():
    made = build_dataset(post_frame(100), ["me"], DatasetSettings(split_by="time"))
    last = max(example.sent_at for example in made.training)
    first = min(example.sent_at for example in made.validation)
    assert last < first
    assert max(e.sent_at for e in made.validation) < min(e.sent_at for e in made.held_out)


@pytest.mark.parametrize("selection", ["all", "first", "latest", "random"])
def test_a_limit_leaves_the_held_out_part_alone(selection):
    full = build_dataset(post_frame(200), ["me"], DatasetSettings())
    few = build_dataset(
        post_frame(200), ["me"], DatasetSettings(max_examples=50, selection=selection)
    )
    assert few.held_out == full.held_out
    assert len(few.training) + len(few.validation) == 50
    assert few.receipt.left_out == {filters.NOT_CHOSEN: 110}
    places = [int(e.answer_ids[0][1:]) for e in few.training + few.validation]
    if selection == "first":
        assert max(places) < 80
    if selection == "latest":
        assert min(places) > 120


def test_a_small_archive_says_what_it_cannot_do():
    made = build_dataset(post_frame(13), ["me"], DatasetSettings())
    assert made.held_out == []
    assert len(made.training) == 12
    assert "13 examples" in made.warnings[0]
    tiny = build_dataset(post_frame(3), ["me"], DatasetSettings())
    assert any("at least 10" in warning for warning in tiny.warnings)


def test_one_endless_conversation_is_cut_so_that_it_can_be_split():
    made = build_dataset(chat_frame(100, pause=1200), ["me"], DatasetSettings())
    assert len(made.held_out) == pytest.approx(20, abs=10)
    assert "cut every 10 answers" in made.warnings[-1]


def test_short_copies_of_one_post_land_in_one_part():
    rows = [(i * 5000, "me", "gm") for i in range(5)]
    rows += [(i * 5000, "me", sentence(i)) for i in range(5, 100)]
    made = build_dataset(frame_of(*rows, kind="post"), ["me"], DatasetSettings())
    parts = [
        sum(example.completion == "gm" for example in part)
        for part in (made.training, made.validation, made.held_out)
    ]
    assert sorted(parts) == [0, 0, 5]


@pytest.mark.parametrize(
    ("me", "changes", "words"),
    [
        ([], {}, "Nobody is chosen"),
        (["Zoe"], {}, "wrote no message"),
        (["me"], {"clone": ("Ann",)}, "consent"),
        (["me"], {"recipe": "poem"}, "no recipe"),
        (["me"], {"filters": Filters(min_chars=1, without_authors=("me",))}, "Nothing is left"),
    ],
)
def test_problems_are_sentences(me, changes, words):
    with pytest.raises(Problem, match=words):
        build_dataset(chat_frame(20), me, DatasetSettings(**changes))


def test_the_other_person_can_be_learnt_with_consent():
    made = build_dataset(chat_frame(40), ["me"], DatasetSettings(clone=("Ann",), consent=True))
    assert made.me == ("Ann",)
    assert all(example.completion.startswith("what about") for example in made.training)


def test_receipt_lists_messages_by_fate():
    frame = frame_of(
        (0, "Ann", "hello"),
        (5, "Ann", "anybody?"),
        (60, "me", "yes"),
        (70, "me", "", {"kind": "media"}),
        (80, "Ann", "bye"),
    )
    notes = [
        Note("left_out", "too old", 3, ("x",)),
        Note("merged", "edited", 2),
        Note("guessed", "z"),
    ]
    receipt = build_dataset(frame, ["me"], DatasetSettings(), notes=notes).receipt
    assert (receipt.raw, receipt.kept, receipt.merged, receipt.learnt) == (10, 2, 3, 1)
    assert receipt.left_out == {filters.MEDIA: 1, filters.UNANSWERED: 1, "too old": 3}
    assert receipt.examples[filters.UNANSWERED] == ["m4"]
    assert receipt.messages_with("learnt") == ["m2"]
    assert receipt.messages_with("context") == ["m0"]
    fates = receipt.fates.set_index("id")
    assert fates.loc["m2", ["part", "example"]].tolist() == ["training", 0]


def test_a_memory_keeps_stages_that_did_not_change():
    made = []

    def remember(name, key, make, kept={}):  # noqa: B006 - the memory is the point
        if kept.get(name, (None,))[0] != key:
            made.append(name)
            kept[name] = (key, make())
        return kept[name][1]

    frame = chat_frame(60)
    first = DatasetSettings()
    again = replace(first, buffer_size=2, seed=4)
    for chosen in (first, again, replace(again, merge_gap=5.0)):
        build = build_dataset(frame, ["me"], chosen, remember=remember, frame_key=1)
        assert build.training == build_dataset(frame, ["me"], chosen).training
    first_time = ["filter", "turns", "gap", "exchanges", "copies", "prepare"]
    assert made == [*first_time, "turns", "exchanges", "copies", "prepare"]


def built(frame, chosen):
    try:
        return build_dataset(frame, ["me"], chosen)
    except Problem:
        return None


@settings(max_examples=60, deadline=None)
@given(archives(), SETTINGS)
def test_properties_of_every_data_set(frame, chosen):
    made = built(frame, chosen)
    if made is None:
        return
    parts = (made.training, made.validation, made.held_out)
    everything = [example for part in parts for example in part]

    assert made.receipt.adds_up
    assert made.receipt.raw == len(frame)
    sources = {one for example in everything for one in example.source_ids}
    assert len(sources) == made.receipt.kept + made.receipt.merged

    for example in everything:
        assert example.messages[-1].role == "assistant"
        assert example.completion.strip()
        assert set(example.answer_ids) <= set(example.source_ids)

    inside = [{one for e in part for one in e.source_ids} for part in parts]
    assert not inside[0] & inside[1]
    assert not inside[0] & inside[2]
    assert not inside[1] & inside[2]
    train = {example.messages for example in made.training}
    assert not train & {example.messages for example in made.validation + made.held_out}
    shown = {
        text
        for example in made.training + made.validation
        for text in normalise([m.content for m in example.messages if m.role == "assistant"])
        if len(text) >= LONG_ENOUGH
    }
    assert not shown & set(normalise(made.voice_mine))

    assert find_leaks(made).findings == ()

    for part in parts:
        assert [e.messages for e in read_chat_jsonl(to_chat_jsonl(part))] == [
            e.messages for e in part
        ]
    assert built(frame, chosen) == made or built(frame, chosen).training == made.training


@given(SETTINGS, st.datetimes())
def test_settings_round_trip(chosen, since):
    chosen = replace(chosen, filters=replace(chosen.filters, since=since, hours=(3, 4)))
    data = settings_to_json(chosen)
    assert settings_from_json(data) == chosen
    assert settings_to_json(settings_from_json(data)) == data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "does not hold settings"),
        (b'{"soundalike_settings": 1, "colour": 2}', "'colour'"),
        (b'{"soundalike_settings": 1, "split_by": "luck"}', "'split_by'"),
        (b'{"soundalike_settings": 1, "seed": "four"}', "'seed'"),
        (b'{"soundalike_settings": 1, "consent": 1}', "'consent'"),
        (b'{"soundalike_settings": 1, "split_at": "soon"}', "'split_at'"),
        (b'{"soundalike_settings": 1, "filters": 3}', "list of filters"),
        (b'{"soundalike_settings": 1, "filters": {"min_chars": []}}', "'min_chars'"),
    ],
)
def test_a_damaged_settings_file_says_where(data, words):
    with pytest.raises(Problem, match=words):
        settings_from_json(data)


def test_an_empty_data_set_says_what_emptied_it():
    made = build_dataset(chat_frame(30), ["me"], DatasetSettings(filters=Filters(min_chars=900)))
    assert not made.training
    (said,) = made.advice["filters"]
    assert said.startswith("No example is left to train on. The most frequent reason: shorter than")
