"""An error that nobody foresaw: a calm page, and logs without anybody's words."""

from __future__ import annotations

import logging

import pytest

from core.problems import Problem
from core.ui import surprises

#: The fixture lets surprises through; here they are to be seen.
SHOW_SURPRISE = surprises.show_surprise
SECRET = "Aunt Bea's bank code is 4711"


def fail() -> None:
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError(f"no such thing: {SECRET}") from error


def test_where_names_code_and_kind_but_no_words():
    with pytest.raises(ValueError) as caught:
        fail()
    lines = surprises.where(caught.value).splitlines()
    assert lines[-1] == "ValueError"
    assert "KeyError" in lines
    assert any(line.startswith("tests/pages/test_surprises.py:") for line in lines)
    assert SECRET not in surprises.where(caught.value)


def test_streamlit_logs_an_error_without_its_text(caplog):
    surprises.keep_words_out_of_logs()
    with pytest.raises(ValueError) as caught:
        fail()
    logger = logging.getLogger("streamlit.error_util")
    logger.propagate = True
    with caplog.at_level(logging.ERROR, logger="streamlit.error_util"):
        logger.error("Uncaught app execution", exc_info=caught.value)
    assert "Uncaught app execution" in caplog.text
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text


def test_page_that_breaks_says_so_and_the_log_keeps_quiet(app, monkeypatch, caplog):
    monkeypatch.setattr(surprises, "show_surprise", SHOW_SURPRISE)

    def broken() -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("core.ui.frame.enter", broken)
    app.run()
    assert not app.exception
    assert [one.proto.title for one in app.error] == ["This step stopped unexpectedly."]
    assert "ValueError" in app.code[0].value
    assert SECRET not in caplog.text + app.code[0].value


def test_problem_is_not_a_surprise(app, monkeypatch):
    def expected() -> None:
        raise Problem("Line 3 has no date.", "Export the chat again.")

    monkeypatch.setattr("core.ui.frame.enter", expected)
    app.run()
    assert [one.proto.title for one in app.error] == ["Line 3 has no date."]
    assert not app.code
