"""The Privacy page: what is found, what the person decides, and that later steps obey."""

from __future__ import annotations

import datetime
import random
from dataclasses import replace

import orjson
import pandas as pd
import pytest

from core.privacy import Settings, mask_frame, review_table
from core.privacy.others import WITHHELD, Exclusion
from core.readers import read_archive
from core.ui.privacy_choices import Choices, as_in_training, describe, obey
from core.ui.privacy_finds import count_table, marked, pairs_html
from core.ui.privacy_people import consent_table
from core.ui.state import SESSION_KEY, Session

TABS = ("What was found", "How many", "Before and after", "Other people", "Leave messages out")
WORDS = [
    "tea",
    "rain",
    "bus",
    "hat",
    "soup",
    "choir",
    "moss",
    "kite",
    "lamp",
    "drawer",
    "marmalade",
    "bicycle",
    "ferry",
    "pigeon",
    "cushion",
    "spoon",
    "whistle",
    "carpet",
    "puddle",
    "ladder",
    "onion",
    "trombone",
    "biscuit",
    "window",
    "pebble",
    "scarf",
    "lantern",
    "radish",
]


def chat() -> bytes:
    """Sixteen days of talk; every message has other words around what is looked for."""
    dice = random.Random(3)
    lines = []
    for day in range(13, 29):
        talk = (
            ("Ann Lowell", f"Boris, did Teddy call? see https://example.com/{day}"),
            ("Boris Marsh", f"ring me on +44 7911 1234{day} or ask Ann"),
            ("Ann Lowell", "the garden is lovely, come and see the beans"),
            ("Boris Marsh", "the secret about the cellar stays with us"),
            ("Ann Lowell", "of course, sleep well and mind the step"),
        )
        for minute, (author, text) in enumerate(talk):
            around = " ".join(dice.sample(WORDS, 9))
            lines.append(f"{day}/03/2024, 10:{minute:02} - {author}: {around}: {text}")
    return "\n".join(lines).encode()


CHAT = chat()


def mine(app) -> Session:
    return app.session_state[SESSION_KEY]


def run(element):
    app = element.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


@pytest.fixture
def page(app):
    """The privacy page with the chat above; Ann is me."""
    app.file_uploader[0].upload("chat.txt", CHAT, "text/plain").run()
    run(app.multiselect(key="who_is_me").set_value(["Ann Lowell"]))
    return run(app.switch_page("pages/privacy.py"))


def open_tab(app, name: str):
    app.session_state["privacy_tab"] = name
    return run(app)


def later_texts(app) -> str:
    """Everything that the data set holds."""
    run(app.switch_page("pages/dataset.py"))
    assert not app.error, [e.value for e in app.error]
    made = mine(app).cache["dataset"][1]
    examples = [*made.training, *made.validation, *made.held_out]
    assert examples
    return "\n".join(m.content for e in examples for m in e.messages)


def edit(app, key: str, rows: dict[int, dict]) -> None:
    app.session_state[key] = {"edited_rows": rows, "added_rows": [], "deleted_rows": []}
    run(app)


def table(app, column: str) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if column in one.value.columns)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("mode", ["standard", "strict", "off"])
def test_every_tab_in_every_mode(page, tab, mode):
    run(page.segmented_control(key="privacy_mode").set_value(mode))
    open_tab(page, tab)
    assert not page.error


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("key", ["odile", "concierge"])
def test_every_tab_with_other_samples(app, key, tab):
    run(app.button(key=f"sample_{key}").click())
    run(app.switch_page("pages/privacy.py"))
    open_tab(app, tab)
    assert not app.error


# ---- the review table ----


def row_of(app, found: str) -> int:
    return table(app, "found")["found"].tolist().index(found)


def version(app) -> int:
    known = "privacy_version" in app.session_state
    return app.session_state["privacy_version"] if known else 0


def review_key(app) -> str:
    return f"review_everything_{version(app)}"


def test_unticked_find_stays_and_nothing_is_searched_again(page):
    scan, row = mine(page).cache["privacy:scan"][1], row_of(page, "https://example.com/13")
    edit(page, review_key(page), {row: {"mask": False}})
    assert mine(page).privacy.allowed == ("https://example.com/13",)
    assert mine(page).cache["privacy:scan"][1] is scan
    assert page.multiselect(key="privacy_allowed").value == ["https://example.com/13"]
    text = later_texts(page)
    assert "https://example.com/13" in text
    assert "https://example.com/14" not in text


def test_ticks_add_up_and_can_be_taken_back(page):
    first, second = row_of(page, "https://example.com/13"), row_of(page, "https://example.com/14")
    edit(page, review_key(page), {first: {"mask": False}})
    edit(page, review_key(page), {first: {"mask": False}, second: {"mask": False}})
    assert len(mine(page).privacy.allowed) == 2
    run(page.multiselect(key="privacy_allowed").set_value(["https://example.com/14"]))
    assert mine(page).privacy.allowed == ("https://example.com/14",)
    ticks = table(page, "found").set_index("found")["mask"]
    assert ticks["https://example.com/13"]
    assert not ticks["https://example.com/14"]


def test_replacement_of_ones_own(page):
    edit(
        page, review_key(page), {row_of(page, "https://example.com/13"): {"replacement": "(site)"}}
    )
    text = later_texts(page)
    assert "(site)" in text
    assert "https://example.com/13" not in text


def test_all_of_a_kind_at_once(page):
    run(page.get_by_key("kind").set_value("link"))
    run(page.button(key="all_False").click())
    assert not table(page, "found")["mask"].any()
    assert "https://example.com/20" in later_texts(page)


def test_table_begins_with_what_holds_after_a_page_change(page):
    edit(page, review_key(page), {row_of(page, "https://example.com/13"): {"mask": False}})
    run(page.switch_page("pages/dataset.py"))
    run(page.switch_page("pages/privacy.py"))
    assert not table(page, "found").set_index("found")["mask"]["https://example.com/13"]
    assert mine(page).privacy.allowed == ("https://example.com/13",)


# ---- settings ----


def test_undo_takes_back_one_change_after_the_other(page):
    page.session_state[SESSION_KEY].privacy = before = page.session_state[SESSION_KEY].privacy
    page.run()
    assert page.button(key="undo_privacy").disabled
    page.button_group(key="privacy_mode").set_value("strict").run()
    page.multiselect(key="privacy_words").set_value(["teapot"]).run()
    assert page.session_state[SESSION_KEY].privacy.words == ("teapot",)
    page.button(key="undo_privacy").click().run()
    assert page.session_state[SESSION_KEY].privacy == replace(before, mode="strict")
    page.button(key="undo_privacy").click().run()
    assert page.session_state[SESSION_KEY].privacy == before
    assert page.button(key="undo_privacy").disabled


def test_words_of_ones_own_are_replaced(page):
    run(page.multiselect(key="privacy_words").set_value(["cellar"]))
    assert "cellar" not in later_texts(page)


def test_nickname_gets_its_owners_made_up_name(page):
    page.text_input(key="nickname").set_value("Teddy")
    page.get_by_key("nickname_owner").set_value("Boris Marsh")
    run(next(b for b in page.button if b.label == "Add the nickname").click())
    assert mine(page).privacy.nicknames == (("Teddy", "Boris Marsh"),)
    assert "Teddy" not in later_texts(page)
    run(page.switch_page("pages/privacy.py"))
    run(page.multiselect(key="nicknames").set_value([]))
    assert mine(page).privacy.nicknames == ()


def test_country_and_domain(page):
    run(page.multiselect(key="privacy_regions").set_value(["DE"]))
    run(page.toggle(key="privacy_domain").set_value(True))
    assert mine(page).privacy.regions == ("DE",)
    text = later_texts(page)
    assert "see example.com" in text
    assert "https://" not in text


def test_strict_says_how_many_messages_it_leaves_out(page):
    run(page.segmented_control(key="privacy_mode").set_value("strict"))
    removed = len(mine(page).cache["privacy:masked"][1].removed)
    assert f"leaves out {removed:,} of 80 messages" in page.info[0].value


def test_earlier_list_keeps_the_made_up_names(page):
    names = {
        "version": 1,
        "words": {"Boris": "Ezekiel"},
        "authors": {"Boris Marsh": "Ezekiel Tarn"},
    }
    run(page.file_uploader[0].upload("names.json", orjson.dumps(names), "application/json"))
    assert not page.error
    text = later_texts(page)
    assert "Ezekiel" in text
    run(page.switch_page("pages/privacy.py"))
    run(page.button(key="forget_names").click())
    assert "Ezekiel" not in later_texts(page)


def test_wrong_list_is_a_sentence(page):
    run(page.file_uploader[0].upload("names.json", b"[1]", "application/json"))
    assert len(page.error) == 1
    assert mine(page).known_names is None


# ---- other people ----


def test_person_left_out_stays_out_when_masking_changes(page):
    open_tab(page, "Other people")
    run(page.multiselect(key="people_left_out_0").set_value(["Boris Marsh"]))
    assert "ring me" not in later_texts(page)
    run(page.switch_page("pages/privacy.py"))
    open_tab(page, "What was found")
    run(page.segmented_control(key="privacy_mode").set_value("off"))
    assert "ring me" not in later_texts(page)


@pytest.mark.parametrize(("choice", "held"), [("withheld", True), ("removed", False)])
def test_my_words_only(page, choice, held):
    open_tab(page, "Other people")
    run(page.radio(key="others_0").set_value(choice))
    text = later_texts(page)
    assert "garden" in text
    assert "ring me" not in text
    assert (WITHHELD in text) is held
    assert not any(WITHHELD in one for one in mine(page).cache["dataset"][1].voice_others)


def test_consent_ticks(page):
    open_tab(page, "Other people")
    run(page.toggle(key="consent_only_0").set_value(True))
    assert "ring me" not in later_texts(page)
    run(page.switch_page("pages/privacy.py"))
    open_tab(page, "Other people")
    edit(page, "consent_0", {0: {"agreed": True}})
    assert len(mine(page).people.agreed) == 1
    assert "ring me" in later_texts(page)
    run(page.switch_page("pages/privacy.py"))
    open_tab(page, "Other people")
    assert table(page, "agreed")["agreed"].tolist() == [True]


def test_messages_can_be_left_out_and_taken_back(page):
    open_tab(page, "Leave messages out")
    run(page.text_input(key="exclude_words_0").set_value("cellar"))
    assert len(table(page, "text")) == 16
    run(page.button(key="leave_out").click())
    assert mine(page).people.exclusions == (Exclusion(containing="cellar"),)
    made = later_texts(page)
    assert "cellar" not in made
    receipt = mine(page).cache["dataset"][1].receipt
    assert receipt.adds_up
    assert receipt.left_out["left out by your choice"] == 16
    run(page.switch_page("pages/privacy.py"))
    open_tab(page, "Leave messages out")
    run(page.button(key="take_back_0").click())
    assert "cellar" in later_texts(page)


def test_leave_out_by_person_and_days(page):
    open_tab(page, "Leave messages out")
    run(page.multiselect(key="exclude_people_0").set_value(["Boris Marsh"]))
    days = (datetime.date(2024, 3, 13), datetime.date(2024, 3, 14))
    run(page.date_input(key="exclude_days_0").set_value(days))
    assert len(table(page, "text")) == 4
    run(page.button(key="leave_out").click())
    assert not page.error
    assert mine(page).people.exclusions[0].last == days[1]


def test_another_archive_begins_without_the_choices_of_the_last(page):
    mine(page).people = Choices(left_out=("Boris Marsh",))
    run(page.switch_page("pages/upload.py"))
    run(page.button(key="another_file").click())
    run(page.button(key="sample_nan").click())
    assert mine(page).people == Choices()


# ---- pure parts ----


def made_frame() -> pd.DataFrame:
    return read_archive(("chat.txt", CHAT)).frame()


def test_obey_counts_everything_once():
    frame = made_frame()
    masked = mask_frame(frame, ["Ann Lowell"], Settings())
    choices = Choices(
        left_out=("Boris Marsh",), exclusions=(Exclusion(containing="garden"),), others="removed"
    )
    used = obey(masked, frame, choices)
    assert len(frame) == len(used.frame) + sum(note.count for note in used.notes)
    assert len(used.frame) == 32
    assert obey(masked, frame, Choices()) is masked


def test_describe():
    day = datetime.date(2024, 3, 1)
    assert describe(Exclusion(people=("Bo", "Al"), mentions=True, first=day, containing="x")) == (
        "Messages by or about Bo or Al, from 01 Mar 2024, with “x”"
    )


def test_consent_table_lists_conversations_with_others():
    archive = read_archive(("chat.txt", CHAT))
    key = str(archive.frame()["conversation"].iloc[0])
    found = consent_table(archive, ("Ann Lowell",), (key,))
    assert found[["agreed", "people", "messages"]].values.tolist() == [[True, 1, 32]]
    everybody = consent_table(archive, ("Ann Lowell", "Boris Marsh"), ())
    assert everybody.empty


def test_marks_show_what_changed_and_escape_markup():
    assert marked("call <b>Bo</b> now", "call <b>Al</b> now") == (
        "call &lt;b&gt;<mark>Bo</mark>&lt;/b&gt; now",
        "call &lt;b&gt;<mark>Al</mark>&lt;/b&gt; now",
    )
    assert "<script>" not in pairs_html([("<script>x</script>", "<script>y</script>")])
    assert "left out" in pairs_html([("gone", "")])


def test_remembered_values_go_with_what_they_were_made_of():
    session = Session(visitor="x")
    first = session.remember("a", 1, lambda: [1])
    second = session.remember("b", (id(first), 2), lambda: [2])
    session.remember("c", id(second), lambda: [3])
    session.remember("d", "other", lambda: [4])
    session.remember("a", 2, lambda: [5])
    assert set(session.cache) == {"a", "d"}


@pytest.mark.parametrize(
    ("others", "recipe", "sent"),
    [
        ("shown", "replies", "are you in?"),
        ("withheld", "replies", WITHHELD),
        ("removed", "blank_prompt", ""),
        ("withheld", "topics", "are you in?"),
    ],
)
def test_compare_asks_as_the_model_was_trained(others, recipe, sent):
    assert as_in_training("are you in?", others, recipe) == sent
    assert as_in_training("", others, recipe) == ""


def test_count_table():
    found = pd.DataFrame({"phone": [2, 1], "person": [0, 4]}, index=["a.txt", "b"])
    assert count_table(found, {"b": "Us two"}, "Conversation").to_dict("list") == {
        "Conversation": ["Us two", "a.txt"],
        "All kinds": [5, 2],
        "Person in this archive": [4, 0],
        "Phone number": [1, 2],
    }


def test_finds_are_counted_per_file(app):
    more = CHAT.replace(b"Boris", b"Carlo").replace(b"2024", b"2023")
    files = [("a.txt", CHAT, "text/plain"), ("b.txt", more, "text/plain")]
    run(app.file_uploader[0].set_value(files))
    run(app.multiselect(key="who_is_me").set_value(["Ann Lowell"]))
    run(app.switch_page("pages/privacy.py"))
    open_tab(app, "How many")
    counted = table(app, "File").set_index("File")
    assert set(counted.index) == {"a.txt", "b.txt"}
    assert counted["Link"].tolist() == [16, 16]


def test_the_table_says_in_which_conversations():
    frame = read_archive([("chat.txt", chat())]).frame()
    table = review_table(frame, Settings(), titles={str(frame["conversation"].iloc[0]): "Us two"})
    assert set(table["where"]) == {"Us two"}
