"""Names of the archive's people in other letters than the header's."""

from __future__ import annotations

import pytest

from core.messages import make_frame
from core.privacy import Settings, mask_frame, restore, scan_frame
from core.privacy.other_scripts import sound_key, spellings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("светлана", "Svetlana"),
        ("дмитрий", "Dmitry"),
        ("дмитрий", "Dmitri"),
        ("юлия", "Julia"),
        ("ксения", "Xenia"),
        ("екатерина", "Yekaterina"),
        ("щербаков", "Shcherbakov"),
        ("гонсало", "Gonzalo"),
        ("παπαδόπουλος", "Papadopoulos"),
        ("χρήστος", "Christos"),
        ("유진", "Yujin"),
        ("雅婷", "Yating"),
        ("रोहित", "Rohit"),
    ],
)
def test_transliterations_share_a_key(one, other):
    assert sound_key(one) == sound_key(other) != ""


@pytest.mark.parametrize(
    ("name", "word"),
    [("иван", "ivan"), ("ivan", "иван"), ("健太", "kenta"), ("松本", "matsumoto"), ("박", "park"),
     ("emre", "エムレ"), ("سلمي", "salma"), ("deepa", "दीपा"), ("健太", "けんた"), ("سمر", "סמר"),
     ("vandana", "வந்தனா"), ("marcus", "маркус"), ("danica", "даница"), ("bernhard", "برنهارد")],
)  # fmt: skip
def test_a_name_is_found_in_the_vocabulary(name, word):
    assert spellings([name], [word], []) == {word: name}


@pytest.mark.parametrize(("name", "word"), [("ivan", "ivory"), ("bo", "бо"), ("سلمي", "slim")])
def test_other_words_are_not(name, word):
    assert spellings([name], [word], []) == {}


def chat(authors, texts):
    rows = [*((name, "ok") for name in authors), *((authors[0], text) for text in texts)]
    count = len(rows)
    return make_frame(
        {
            "id": [str(i) for i in range(count)],
            "conversation": ["chat"] * count,
            "sent_at": [None] * count,
            "author": [author for author, _ in rows],
            "text": [text for _, text in rows],
            "kind": ["message"] * count,
            "reply_to": [None] * count,
        }
    )


def test_both_spellings_are_masked_alike_and_come_back():
    texts = ["Ivan is late, ivan!", "Иван тут", "скажи Ивану", "ask Petrov"]
    frame = chat(["Иван Петров", "Ann Lee"], texts)
    masked = mask_frame(frame, [], Settings())
    after = masked.frame["text"].tolist()[2:]
    assert not any(name in text.lower() for text in after for name in ("ivan", "иван", "petrov"))
    assert after[0].split()[0].isascii() and not after[1].split()[0].isascii()
    assert restore(after[0], masked.map) == texts[0]
    assert restore(after[1], masked.map) == texts[1]


def test_a_spelling_that_is_a_word_is_only_offered_without_a_capital():
    frame = chat(["Роман Львов"], ["a roman road", "she met Roman there"])
    spans = scan_frame(frame, [], Settings()).spans
    assert [span.sure for span in spans["a roman road"]] == [False]
    assert any(span.sure for span in spans["she met Roman there"])


def test_short_forms_follow_the_full_name():
    frame = chat(["Beatrix Holloway", "Светлана Громова"], ["Bea called", "Света дома"])
    masked = mask_frame(frame, [], Settings())
    assert masked.frame["text"].tolist()[2].split()[0] not in ("Bea", "ok")
    assert "Света" not in masked.frame["text"].tolist()[3]


@pytest.mark.parametrize(
    ("text", "standard"),
    [("we stay with Bo tonight", True), ("Bo kommer klockan sju", True), ("jag vill bo i stan", False)],
)  # fmt: skip
def test_a_very_short_name_is_masked_where_it_has_a_capital_and_offered_elsewhere(text, standard):
    frame = chat(["Bo Engström"], [text])
    last = mask_frame(frame, [], Settings()).frame["text"].iloc[-1]
    assert (last != text) == standard
    strict = mask_frame(frame, [], Settings(mode="strict"))
    assert "1" in strict.removed or strict.frame["text"].iloc[-1] != text


def test_an_initial_before_a_surname_belongs_to_it():
    frame = chat(["Beatrix Holloway"], ["signed, B. Holloway"])
    after = mask_frame(frame, [], Settings()).frame["text"].iloc[-1]
    assert "Holloway" not in after and "B." not in after


def test_every_made_up_name_can_be_had_even_from_a_short_list():
    names = ["पूजा", "अमित", "सुनील", "रीना"]
    frame = chat(names, [" ".join(names)] * 3)
    assert len(set(mask_frame(frame, [], Settings()).map.authors.values())) == len(names)


def test_chinese_names_in_the_other_characters_are_masked_alike():
    frame = chat(["陈思远", "Ann Lee"], ["陳思遠話佢遲到", "陈思远来了", "思想遠大"])
    after = mask_frame(frame, [], Settings()).frame["text"].tolist()[2:]
    assert "陳思遠" not in after[0] and "思遠" not in after[0]
    assert after[0][:3] == after[1][:3] != "陈思远"
    assert after[2] == "思想遠大"
