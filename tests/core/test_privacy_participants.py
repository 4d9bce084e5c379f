"""The people of an archive, however their names are written."""

from __future__ import annotations

import pytest

from core.privacy.evidence import gather_evidence
from core.privacy.mentions import find_participants
from core.privacy.participants import build_participants, split_unspaced

ENGLISH = ["what will you do with the thing about it and of", "rose is a rose, mom said"] * 5
POLISH = ["nie jest to dobrze, że się ale jak co żółty", "dziękuję bardzo, są już"] * 5
FINNISH = ["minä olen ja hän ei ole että mutta myös", "tämä on hyvää päivää"] * 5

PEOPLE = [
    "Will Okafor",
    "Anna Nowak",
    "Kasia",
    "김민수",
    "李小龙",
    "Ирина Петрова",
    "Mom ❤️",
    "💀",
    "+34 655 872 140",
    "Jean-Luc O'Brien",
    "دانا الحربي",
    "Κώστας",
    "a.(b",
    "Best Friend",
    "Jürgen",
    "Pekka",
    "",
    "   ",
    "moss_goblin42",
]


def found(text: str, people=PEOPLE, archive=ENGLISH, nicknames=(), sure=True) -> list[str]:
    tables = build_participants(people, nicknames, gather_evidence(archive))
    return [text[s.start : s.end] for s in find_participants(text, tables) if s.sure or not sure]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("what will happen? tell will. Will is here", ["will", "Will"]),
        ("I hope ANNA NOWAK or anna or Nowák comes", ["ANNA NOWAK", "anna", "Nowák"]),
        ("annals of Annapolis", []),
        ("Good. Will, come here", ["Will"]),
        ("user will.okafor_77 wrote", ["will.okafor_77"]),
        ("will.okay_77 and co-will", []),
        ("민수야 김민수가 왔어", ["민수", "김민수"]),
        ("李小龙说小龙好", ["李小龙", "小龙"]),
        ("Ирину и Ирине Петровой", ["Ирину", "Ирине Петровой"]),
        ("my mom and your best friend", []),
        ("ask @willokafor92 or @anna_n, not @random.guy", ["willokafor92", "anna_n"]),
        ("jean-luc, obrien, O’Brien", ["jean-luc", "obrien", "O’Brien"]),
        ("مع دانا ودانا والحربي", ["دانا", "دانا", "الحربي"]),
        ("πες στον Κώστα, του Κωστα", ["Κώστα", "Κωστα"]),
        ("Juergen, JURGEN's and Jürgens", ["Juergen, JURGEN", "Jürgens"]),
        ("call 655872140 or +34655872140", ["655872140", "+34655872140"]),
        ("moss_goblin42 and @moss_goblin42", ["moss_goblin42", "moss_goblin42"]),
        ("💀💀 a.(b", []),
    ],
)
def test_every_spelling_of_a_name_is_found(text, wanted):
    joined = [piece for name in found(text) for piece in name.replace(", ", "|").split("|")]
    assert joined == [piece for name in wanted for piece in name.replace(", ", "|").split("|")]


def test_endings_of_the_archives_languages():
    assert found("z Anną i Kasią, u Nowaka", archive=POLISH) == ["Anną", "Kasią", "Nowaka"]
    assert found("Pekalle ja Pekan", archive=FINNISH) == ["Pekalle", "Pekan"]
    assert found("Pekan nuts", archive=ENGLISH) == []


def test_a_nickname_is_found_like_a_name():
    assert found("ask bean", nicknames=[("bean", "Anna Nowak")]) == ["bean"]
    assert found("ask bean") == []


def test_words_are_offered_but_not_sure():
    assert found("my mom and your best friend", sure=False) == ["mom", "best friend"]


def test_names_inside_one_another():
    people = ["Ann", "Anna", "Anna Ann", "Annabel Ann"]
    assert found("Anna Ann met Ann, Annabel, Anna", people) == [
        "Anna Ann",
        "Ann",
        "Annabel",
        "Anna",
    ]


@pytest.mark.parametrize(
    "name", [".*", "(", "[a-z]+", "\\", "a|b", "^$", "x{2,", "?", "\u202eevil"]
)
def test_regex_characters_in_names_are_letters_like_others(name):
    assert found("nothing to see here", [name]) == []


def test_one_of_ten_thousand_people():
    letters = str.maketrans("0123456789", "abcdefghij")
    people = [f"Xan{i:04d}a Zor{i:04d}b".translate(letters) for i in range(10_000)]
    assert found("hi xanaaaaa and Zorbbbbb, xanbbbba zorbbbbb", people) == [
        "xanaaaaa",
        "Zorbbbbb",
        "xanbbbba zorbbbbb",
    ]


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("김민수", ["김", "민수"]),
        ("王小明", ["王", "小明"]),
        ("田中美咲", ["田中", "美咲"]),
        ("Anna", ["Anna"]),
    ],
)
def test_unspaced_full_names_are_cut(word, parts):
    assert split_unspaced(word) == parts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hey Wilhe is late", ["Wilhe"]),
        ("hey Wilhelmi is late", ["Wilhelmi"]),
        ("and gonza too", ["gonza"]),
        ("a fran, a gonz and France", []),
    ],
)
def test_a_name_cut_short_is_found(text, wanted):
    evidence = gather_evidence([text, *["the and you are with this"] * 9])
    people = build_participants(["Wilhelmina Roth", "Gonzalo Paz", "Francesca Wu"], [], evidence)
    found = find_participants(text, people)
    assert [text[span.start : span.end] for span in found if span.sure] == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("让Thiago把截图发群里", ["Thiago"]),
        ("Thiago한테 물어봐", ["Thiago"]),
        ("ไปกับThiagoแล้ว", ["Thiago"]),
    ],
)
def test_a_latin_name_amid_a_script_without_spaces_is_found(text, wanted):
    assert found(text, ["Thiago Nascimento"]) == wanted


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("Xiomara Beltrán", "Xio llega tarde", "Xio"),
        ("Jürgen Plath", "frag mal den Jürgi", "Jürgi"),
        ("Katarzyna Mróz", "Kasia już jest", "Kasia"),
        ("Kateřina Malá", "kde je Kačka", "Kačka"),
        ("Kateřina Malá", "kde je Katia", "Katia"),
        ("Hope Adeyemi", "Hope's bike is gone", "Hope"),
        ("陈思远", "小陈今天加班", "小陈"),
        ("陈思远", "问一下陈哥吧", "陈哥"),
        ("박지훈", "훈이 생일 언제야", "훈이"),
        ("Juan Pablo Ríos", "dile a Juanpa", "Juanpa"),
        ("Екатерина Соболева", "катюх, ты где", "катюх"),
        ("佐々木 美咲", "みさきち了解", "みさき"),
        ("Aino Virtanen", "soitin Virtaselle eilen", "Virtaselle"),
        ("남궁석진", "석진이 또 지각이네", "석진"),
        ("남궁석진", "남궁석진님 오셨어요", "남궁석진"),
        ("三浦佳奈子", "佳奈子って今どこ", "佳奈子"),
        ("三浦さくら", "さくらは来ないって", "さくら"),
        ("Gemma Hill", "we saw Gem there", "Gem"),
        ("김도현", "ask Do-hyun for it", "Do-hyun"),
        ("小野寺 健太", "小野寺さんは遅れます", "小野寺"),
    ],
)
def test_short_forms_and_owners_are_found(name, text, wanted):
    assert found(text, people=[name], archive=[text]) == [wanted]


def test_a_short_form_that_is_a_word_needs_a_capital():
    archive = ["there is some art in here", "ask Art about it"]
    assert found(archive[0], people=["Arthur Pell"], archive=archive) == []
    assert found(archive[1], people=["Arthur Pell"], archive=archive) == ["Art"]
