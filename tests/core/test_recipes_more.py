"""Topics, entities, instructions, ready data sets, mixes and shares."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from core.dataset import DatasetSettings, build_dataset
from core.leaks import find_leaks
from core.problems import Problem
from core.recipes.back_translation import instruction, mood_of, moods_of
from core.recipes.base import Labels
from tests.core.made_frames import START, frame_of
from tests.core.test_dataset import chat_frame, post_frame, sentence

ALL = {"held_out_share": 0.0, "validation_share": 0.0}


def build(frame, me="me", labels=None, **changes):
    return build_dataset(frame, [me], DatasetSettings(**changes), labels=labels)


def named_frame(count):
    people = ["Barbara", "Tobias", "Yusuf", "Ingrid"]
    rows = [(i * 9000, "me", f"{sentence(i)} with {people[i % 4]}") for i in range(count)]
    return frame_of(*rows, kind="post")


def prompts(made):
    return [example.messages[-2].content for example in made.training]


def test_one_to_three_topics_and_some_blank_prompts():
    made = prompts(build(named_frame(400), recipe="topics", **ALL))
    counts = [len(one.split(", ")) if one else 0 for one in made]
    assert set(counts) == {0, 1, 2, 3}
    assert 0.1 <= counts.count(0) / len(counts) <= 0.2
    all_three = build(named_frame(40), recipe="topics", topic_count=(3, 3), **ALL)
    assert all(not one or len(one.split(", ")) == 3 for one in prompts(all_three))
    never = build(named_frame(40), recipe="topics", empty_prompt_share=0.0, **ALL)
    assert all(prompts(never))


def test_labels_from_elsewhere_come_first():
    frame = named_frame(12)
    labels = {"m0": Labels(topics=("tea",), instruction="Talk of tea."), "m1": Labels(topics=())}
    made = build(frame, recipe="topics", labels=labels, empty_prompt_share=0.0, **ALL)
    assert prompts(made)[:2] == ["tea", ""]
    told = build(frame, recipe="back_translation", labels=labels, **ALL)
    assert prompts(told)[0] == "Talk of tea."
    named = build(frame, recipe="entities", labels={"m2": Labels(entities=("Yusuf", "tea"))}, **ALL)
    assert named.training[2].completion.startswith("named_entities=Yusuf, tea\n")


@pytest.mark.parametrize(
    ("text", "about", "is_post", "words"),
    [
        ("I miss my old bike 😢", ["bike"], True, ["sad", "short", "post", "bike"]),
        ("hahaha the cat did it again", ["cat"], False, ["funny", "message", "cat"]),
        ("We won!!! See you all at the pub", ["pub"], True, ["excited", "pub"]),
        ("so fed up with this printer", ["printer"], True, ["annoyed", "printer"]),
        ("x" * 500, [], True, ["long", "post"]),
        ("- milk\n- eggs", ["milk"], False, ["list"]),
        ("plain words of middling length, neither here nor there, " * 3, [], False, ["message"]),
    ],
)
def test_instructions_say_kind_length_mood_and_subject(text, about, is_post, words):
    made = instruction(text, about, mood=mood_of(text), is_post=is_post)
    assert all(word in made.lower() for word in words), made
    assert made == instruction(text, about, mood=mood_of(text), is_post=is_post)
    assert made.endswith(".")


def test_questions_are_asked_for():
    asked = [
        instruction(f"where is the {word}?", [word], mood="", is_post=True) for word in "abcdefgh"
    ]
    assert sum("question" in one for one in asked) >= 3


def test_moods_of_many_texts_are_those_of_each():
    texts = ["LOL", "ХАХАха", "хахах", "rip you", "WTF", "love you <3", "yes!", "yes!\u00a0\n"]
    texts += ["ok :'(", "plain", "", "can't wait", "so-so! said he", "🔥", "KKKKK"]
    assert moods_of(texts) == [mood_of(text) for text in texts]
    assert len({*moods_of(texts)}) == 6


def test_back_translation_prompts_are_not_empty():
    made = build(named_frame(30), recipe="back_translation", **ALL)
    assert len({*prompts(made)}) > 20
    assert all(prompts(made))


def test_mixes_keep_their_shares_and_one_split():
    made = build(named_frame(400), mix=(("blank_prompt", 1.0), ("topics", 3.0)))
    recipes = [example.recipe for example in made.training + made.validation + made.held_out]
    assert len(recipes) == 400
    assert recipes.count("topics") / 400 == pytest.approx(0.75, abs=0.08)
    plain = build(named_frame(400), recipe="blank_prompt")
    assert [e.answer_ids for e in made.held_out] == [e.answer_ids for e in plain.held_out]
    assert made.recipe == "blank_prompt + topics"
    assert made.receipt.adds_up


def test_a_mix_needs_real_recipes_and_shares():
    with pytest.raises(Problem, match="no recipe 'sonnet'"):
        build(named_frame(30), mix=(("sonnet", 1.0),))
    with pytest.raises(Problem, match="share above zero"):
        build(named_frame(30), mix=(("topics", 1.0), ("replies", 0.0)))


def test_archives_get_their_shares():
    rows = [
        (i * 5000, "me", sentence(i), {"conversation": "x:a" if i % 5 else "chat:b"})
        for i in range(300)
    ]
    made = build(frame_of(*rows, kind="post"), archive_shares=(("x:", 0.5), ("chat:", 0.5)), **ALL)
    sources = [example.conversation.split(":")[0] for example in made.training]
    assert (sources.count("x"), sources.count("chat")) == (60, 60)
    few = build(
        frame_of(*rows, kind="post"),
        archive_shares=(("x:", 3.0), ("chat:", 1.0)),
        max_examples=40,
        **ALL,
    )
    assert len(few.training) == 40
    with pytest.raises(Problem, match="nothing to learn from"):
        build(frame_of(*rows, kind="post"), archive_shares=(("x:", 1.0), ("mail:", 1.0)), **ALL)


READY = frame_of(
    (None, None, "You are Marv.", {"kind": "system", "conversation": "1"}),
    (None, "user", "capital of France?", {"conversation": "1"}),
    (None, "assistant", "Paris, as if nobody knew.", {"conversation": "1"}),
    (None, "user", "and Spain?", {"conversation": "1"}),
    (None, "assistant", "Look it up yourself, will you.", {"conversation": "1"}),
    (None, "user", "Romeo and Juliet?", {"conversation": "2"}),
    (None, "assistant", "Some guy named Shakespeare.", {"conversation": "2"}),
)


def test_ready_data_passes_through():
    made = build(READY, "assistant", recipe="ready", **ALL)
    assert [[message[:2] for message in one.messages] for one in made.training] == [
        [
            ("system", "You are Marv."),
            ("user", "capital of France?"),
            ("assistant", "Paris, as if nobody knew."),
            ("user", "and Spain?"),
            ("assistant", "Look it up yourself, will you."),
        ],
        [("user", "Romeo and Juliet?"), ("assistant", "Some guy named Shakespeare.")],
    ]
    assert made.receipt.adds_up
    assert made.receipt.left_out == {}


def test_ready_data_is_deduplicated_and_split():
    rows = []
    for i in range(100):
        where = {"conversation": str(i)}
        rows += [
            (None, "user", f"question {sentence(-i - 1)}", where),
            (None, "assistant", sentence(i % 90), where),
        ]
    made = build(frame_of(*rows), "assistant", recipe="ready")
    assert len(made.training) + len(made.validation) + len(made.held_out) == 90
    assert find_leaks(made).clean


def test_threads_as_a_sequence_show_what_came_before():
    rows = [
        (0, "me", "start of it"),
        (60, "me", "goes on", {"kind": "reply", "reply_to": "m0"}),
        (120, "me", "the end", {"kind": "reply", "reply_to": "m1"}),
    ]
    made = build(frame_of(*rows, kind="post"), threads="sequence", **ALL)
    assert [message.content for message in made.training[2].messages] == [
        "",
        "start of it",
        "",
        "goes on",
        "",
        "the end",
    ]
    joined = build(frame_of(*rows, kind="post"), **ALL)
    assert joined.training[0].completion == "start of it\n\ngoes on\n\nthe end"


def test_split_at_a_date():
    edge = START + timedelta(seconds=5000 * 70)
    made = build(post_frame(100), split_by="time", split_at=edge)
    assert len(made.held_out) == 30
    assert all(example.sent_at >= edge for example in made.held_out)
    assert all(example.sent_at < edge for example in made.training + made.validation)


def test_most_like_me_prefers_my_own_words():
    rng = random.Random(3)
    rows = []
    for i in range(60):
        rows.append((i * 9000, "Ann", " ".join(rng.choices(["hello", "there", "weather"], k=8))))
        mine = ["crikey", "blimey", "gadzooks"] if i % 2 else ["hello", "there", "weather"]
        rows.append((i * 9000 + 60, "me", " ".join(rng.choices(mine, k=9)) + f" {i}"))
    made = build(
        frame_of(*rows),
        max_examples=15,
        selection="most_like_me",
        **ALL,
        filters=replace(DatasetSettings().filters, near_duplicates=False),
    )
    assert all("hello" not in example.completion for example in made.training)
    assert len(made.training) == 15


def test_leaks_are_reported_where_there_are_some():
    made = build(chat_frame(100))
    assert find_leaks(made).clean
    assert find_leaks(made).compared["training"] == len(made.training)
    broken = replace(made, held_out=[*made.held_out, made.training[0]])
    report = find_leaks(broken)
    words = " ".join(finding.message for finding in report.findings)
    assert "messages of the archive" in words
    assert "word for word" in words
    copy = made.training[0]._replace(conversation="z", source_ids=("z",), answer_ids=("z",))
    last = copy.messages[-1]
    near = (*copy.messages[:-1], last._replace(content=last.content + "!"))
    report = find_leaks(replace(made, held_out=[copy._replace(messages=near)]))
    assert [finding.where for finding in report.findings] == ["held out"]
