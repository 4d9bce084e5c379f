"""Errors that nobody foresaw: a calm message on the page, a log line without anybody's words.

The text of an exception can hold a name, a message or a key (``KeyError: 'Aunt Bea'``), and the
logs of a hosted app are read by its host. So what is logged and shown is where it happened and
what kind of error it was, never its text.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[2]

log = logging.getLogger("soundalike")


def where(error: BaseException) -> str:
    """Kind of error and the lines of code it went through, oldest first; not its text."""
    lines = []
    for step in traceback.extract_tb(error.__traceback__):
        path = Path(step.filename)
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
        lines.append(f"{name.as_posix()}:{step.lineno} {step.name}")
    cause = error.__cause__ or error.__context__
    before = [*where(cause).splitlines(), "then:"] if cause else []
    return "\n".join([*before, *lines, type(error).__qualname__])


def without_words(record: logging.LogRecord) -> bool:
    """Logging filter: keep where an exception happened, drop its text."""
    if record.exc_info and record.exc_info[1]:
        record.msg = f"{record.getMessage()}\n{where(record.exc_info[1])}"
        record.args, record.exc_info, record.exc_text = (), None, None
    return True


def keep_words_out_of_logs() -> None:
    """Make Streamlit log errors of pages and callbacks without their texts."""
    logger = logging.getLogger("streamlit.error_util")
    if without_words not in logger.filters:
        logger.addFilter(without_words)


@contextmanager
def surprises_shown() -> Iterator[None]:
    """Turn an exception that nobody foresaw into a message that says what to do."""
    try:
        yield
    except Exception as error:
        show_surprise(error)


def show_surprise(error: Exception) -> None:
    """Say that this step failed, and give what a report needs: places in the code, no words."""
    log.error("Unforeseen error\n%s", where(error))
    with st.container(key="surprise"):
        st.error(
            "That is a mistake in the app, not in your file. What you have done so far is kept: "
            "go back one page and try another way. If you report it, send the lines below; they "
            "hold places in the program and none of your words.",
            title="This step stopped unexpectedly.",
            icon=":material/error:",
        )
        st.code(where(error), language=None)
