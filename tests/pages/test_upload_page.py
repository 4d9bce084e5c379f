"""The Upload page: what can be dropped, asked, corrected, looked at and filtered."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from core.messages import Archive, Note, make_frame
from core.readers import read_archive
from core.readers.conversation_csv import write_conversation_csv
from core.ui.upload_views import (
    EVERYTHING,
    MENU,
    archive_of,
    conversation_table,
    fates,
    filter_messages,
    menu,
    sentence,
    titles_of,
)
from tests.pages.uploading import AMBIGUOUS, CHAT, mine, said, upload, zipped

STEADY = AMBIGUOUS.replace(b"5/6/21", b"3/3/21")


ODD_TABLE = (
    b"stamp,nick,blah,room\n2021-05-01 10:00,ann,good morning,x\n2021-05-02 11:00,bo,evening,x\n"
)


# ---- what was recognised ----


def test_several_files_at_once_are_one_archive(app):
    chat = b"13/01/2020, 10:00 - Ann: hi\n13/01/2020, 10:01 - Bo: hello\n"
    posts = b"a first post\na second post\n"
    upload(app, ("WhatsApp Chat with Bo.txt", chat), ("posts.txt", posts))
    assert mine(app).archive.source == "several"
    assert mine(app).file_names == ("WhatsApp Chat with Bo.txt", "posts.txt")
    assert "Recognised by: " in said(app)


def test_export_table_names_every_source(app):
    text = said(app)
    for name in ("WhatsApp", "X (Twitter)", "Telegram", "E-mail", "Plain text"):
        assert f"**{name}**" in text


def test_what_is_kept_where_is_said_before_anything_is_given(app):
    assert "gone two minutes after" in said(app)


def test_nothing_is_kept_of_a_file_that_is_put_away(app):
    upload(app, ("chat.txt", AMBIGUOUS))
    assert mine(app).parts
    app.button(key="another_file").click().run()
    assert mine(app).archive is None
    assert mine(app).parts == ()
    assert mine(app).cache.keys() <= {"profiles"}


# ---- questions and corrections ----


def test_date_order_is_asked_and_the_answer_is_obeyed(app):
    upload(app, ("chat.txt", AMBIGUOUS))
    text = said(app)
    assert "2 March 2021" in text
    assert "3 February 2021" in text
    app.button(key="day_first_False").click().run()
    assert not app.exception
    assert str(mine(app).archive.frame()["sent_at"].iloc[0]) == "2021-02-03 10:00:00"
    assert "Dates are read month first, as you said." in said(app)
    app.button(key="day_first_True").click().run()
    assert str(mine(app).archive.frame()["sent_at"].iloc[0]) == "2021-03-02 10:00:00"


def test_guessed_date_order_can_be_corrected(app):
    upload(app, ("chat.txt", STEADY))
    before = mine(app).archive.frame()["sent_at"].iloc[0]
    app.button(key="day_first_False").click().run()
    app.button(key="day_first_True").click().run()
    app.button(key="day_first_False").click().run()
    assert not app.exception
    assert str(mine(app).archive.frame()["sent_at"].iloc[0]) == "2021-02-03 10:00:00"
    assert str(before) == "2021-03-02 10:00:00"


def test_answer_to_the_date_question_keeps_who_i_am(app):
    upload(app, ("chat.txt", AMBIGUOUS))
    app.multiselect(key="who_is_me").set_value(["Bo"]).run()
    app.button(key="day_first_True").click().run()
    assert mine(app).me == ("Bo",)


def test_columns_of_a_table_can_be_chosen(app):
    upload(app, ("odd.csv", ODD_TABLE))
    assert not app.error
    for role, column in {
        "text": "blah", "author": "nick", "time": "stamp", "conversation": "room"
    }.items():  # fmt: skip
        app.selectbox(key=f"role_{role}").set_value(column)
    app.button[[b.label for b in app.button].index("Read it with these columns")].click().run()
    assert not app.exception
    frame = mine(app).archive.frame()
    assert mine(app).archive.source == "table"
    assert frame["text"].tolist() == ["good morning", "evening"]
    assert frame["author"].tolist() == ["ann", "bo"]
    assert frame["sent_at"].notna().all()


def test_table_taken_for_a_conversation_can_be_read_as_a_table(app):
    upload(app, ("two.csv", b"Tag;Spruch\n2021-05-01;first words\n2021-05-02;second words\n"))
    assert mine(app).archive.source == "conversation_csv"
    app.selectbox(key="role_text").set_value("Spruch")
    app.selectbox(key="role_time").set_value("Tag")
    app.selectbox(key="role_author").set_value("(no column)")
    app.button[[b.label for b in app.button].index("Read it with these columns")].click().run()
    assert not app.exception
    frame = mine(app).archive.frame()
    assert frame["text"].tolist() == ["first words", "second words"]
    assert str(frame["sent_at"].iloc[1]) == "2021-05-02 00:00:00"


def test_lines_or_paragraphs_of_a_plain_text(app):
    upload(app, ("posts.txt", b"one\ntwo\n\nthree\nfour\n"))
    app.segmented_control(key="unit").set_value("line").run()
    assert len(mine(app).archive) == 4
    app.segmented_control(key="unit").set_value("paragraph").run()
    assert len(mine(app).archive) == 2


def test_two_names_can_be_one_person(app):
    chat = b"13/01/2020, 10:00 - Ann: hi\n13/01/2020, 10:01 - Annie: me, too\n13/01/2020, 10:02 - Bo: ok\n"
    upload(app, ("chat.txt", chat))
    app.multiselect(key="who_is_me").set_value(["Ann", "Annie"]).run()
    assert mine(app).me == ("Ann", "Annie")


def test_period_is_kept_for_later_steps(app):
    app.button(key="sample_odile").click().run()
    first, last = datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)
    app.slider(key="period").set_value((first, last)).run()
    assert not app.exception
    assert mine(app).period == (first, last)
    app.switch_page("pages/dataset.py").run()
    assert not app.exception
    made = mine(app).cache["dataset"][1]
    assert made.training
    assert all(first <= e.sent_at.date() <= last for e in [*made.training, *made.held_out])


# ---- views ----


@pytest.mark.parametrize(
    "tab", ["Read a conversation", "All conversations", "All messages", "What was left out"]
)
@pytest.mark.parametrize("key", ["odile", "nan", "concierge"])
def test_every_tab_with_every_sample(app, key, tab):
    app.button(key=f"sample_{key}").click().run()
    app.session_state["preview_tab"] = tab
    app.run()
    assert not app.exception, [e.value for e in app.exception]
    assert not app.error


def test_filters_of_the_message_table(app):
    app.button(key="sample_nan").click().run()
    app.session_state["preview_tab"] = "All messages"
    app.run()
    app.text_input(key="by_text").set_value("the").run()
    some = len(app.dataframe[0].value)
    app.multiselect(key="by_author").set_value([mine(app).me[0]]).run()
    fewer = len(app.dataframe[0].value)
    app.date_input(key="by_day").set_value(
        (datetime.date(2023, 1, 1), datetime.date(2030, 1, 1))
    ).run()
    assert not app.exception
    assert 0 < fewer < some < len(mine(app).archive)


def test_long_conversation_is_read_page_by_page(app):
    lines = [f"13/01/2020, 10:{i % 60:02} - {'AB'[i % 2]}nn: line {i}" for i in range(150)]
    upload(app, ("chat.txt", "\n".join(lines).encode()))
    drawn = app.get("html")[-1].proto.body
    assert "line 59" in drawn
    assert "line 60<" not in drawn


MADE = make_frame(
    {
        "id": list("abcde"),
        "conversation": ["one", "one", "two", "two", "two"],
        "sent_at": [datetime.datetime(2024, 1, d) for d in (1, 2, 3, 4, 5)],
        "author": ["Ann", "Bo", "Ann", None, "Bo"],
        "text": ["Hello (you)", "bye", "HELLO", "Ann joined", ""],
        "kind": ["message", "message", "message", "system", "media"],
        "reply_to": [None] * 5,
    }
)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (([], [], (), ""), "abcde"),
        ((["Ann"], [], (), ""), "ac"),
        (([], ["media", "system"], (), ""), "de"),
        (([], [], (datetime.date(2024, 1, 2), datetime.date(2024, 1, 3)), ""), "bc"),
        (([], [], (datetime.date(2024, 1, 2),), ""), "abcde"),
        (([], [], (), "hello ("), "a"),
        (([], [], (), "hello"), "ac"),
        ((["Bo"], ["message"], (), "x"), ""),
    ],
)
def test_filter_messages(filters, expected):
    assert "".join(filter_messages(MADE, *filters)["id"]) == expected


def test_conversation_table_counts():
    archive = Archive("x", MADE, titles={"two": "Second"})
    table = conversation_table(archive, MADE, ("Ann",)).set_index("conversation")
    row = table.loc["one", ["title", "people", "messages", "mine"]]
    assert row.tolist() == ["Hello (you)", 2, 2, 1]
    assert table.loc["two", ["title", "messages", "mine"]].tolist() == ["Second", 1, 1]
    assert table.loc["two", "last"] == pd.Timestamp(2024, 1, 5)


def test_fates_have_reasons_and_examples():
    archive = Archive("x", MADE, notes=[Note("warning", "odd", 2), Note("left_out", "no text", 3)])
    rows = fates(archive, MADE)
    assert {row["Why"]: row["Items"] for row in rows} == {
        "notice by the app": 1, "photo, video or file": 1, "odd": 2, "no text": 3
    }  # fmt: skip
    assert rows[[r["Why"] for r in rows].index("notice by the app")]["For example"] == "Ann joined"


def test_what_has_no_text_shows_whose_it_is_and_from_when():
    photos = MADE[MADE["kind"] == "media"].assign(text="")
    rows = fates(Archive("whatsapp", photos), photos)
    author, when = photos["author"].iloc[0], photos["sent_at"].iloc[0]
    assert rows[0]["For example"] == f"{author}, {when:%d %b %Y, %H:%M}"


def test_a_conversation_without_a_title_is_called_by_its_first_words():
    key = str(MADE["conversation"].iloc[0])
    titles = titles_of(Archive("x", MADE), MADE, [key, "gone"])
    first = MADE[(MADE["conversation"] == key) & (MADE["text"] != "")]["text"].iloc[0]
    assert titles == {key: first, "gone": "gone"}


@pytest.mark.parametrize(
    ("reason", "count", "says"),
    [
        ("empty.txt is empty. Export it again.", 1, "empty.txt is empty. Export it again."),
        ("half a zip.zip is cut off", 1, "half a zip.zip is cut off."),
        ("messages from the future", 3, "Messages from the future (3 times)."),
    ],
)
def test_warnings_are_sentences(reason, count, says):
    assert sentence(Note("warning", reason, count), ("empty.txt", "half a zip.zip")) == says


def test_a_conversation_is_saved_as_a_csv_that_opens_again(app):
    upload(app, ("chat.txt", STEADY))
    archive = mine(app).archive
    assert archive is not None
    data = write_conversation_csv(archive_of(archive, archive.frame()))
    again = read_archive(data, name="conversation.csv")
    assert again.source == "conversation_csv"
    assert again.frame()["text"].tolist() == archive.frame()["text"].tolist()
    assert app.get("download_button")


def test_half_a_zip_gives_what_is_there_and_says_so(app):
    upload(app, ("half.zip", zipped(chat=CHAT * 500)[:5000]))
    assert mine(app).archive is not None
    assert app.warning[0].value.startswith("half.zip is cut off: chat was read as far as it goes")


def test_the_menu_of_conversations_stays_short():
    sizes = pd.Series({f"c{n}": 3 for n in range(MENU + 50)})
    assert len(menu(sizes, None)) == MENU
    assert menu(sizes, "c510")[-1] == "c510" and len(menu(sizes, "gone")) == MENU
    singles = pd.Series({f"p{n}": 1 for n in range(5)})
    assert menu(singles, None)[0] == EVERYTHING
