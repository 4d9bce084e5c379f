"""The first half of the Upload page: bring files, wait, say how they are to be read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.messages import Archive
from core.problems import Problem
from core.readers import SOURCES, read_archive
from core.readers.how_to_export import HOW_TO_EXPORT
from core.readers.table import Preview, preview
from core.samples import SAMPLES, Sample
from core.ui import frame, state, upload_local
from core.ui.samples import open_sample

KEPT_WHERE = (
    "Your file stays in the memory of this browser session and is gone two minutes after you close or "
    "reload the page. Nothing is sent anywhere until you press a button that says what, to whom and "
    "at what price. What is made on this machine stays in the app's own folder, with names replaced "
    "unless you switch that off, until you delete it under Clean up, where one button forgets "
    "everything: the training file, the model, the list of your jobs and the last judge run; and, "
    "encrypted and for 30 days, what you correct on the Dataset page, which only this browser with "
    "the same file can open."
)
#: Files together larger than this (bytes) are read with a bar that moves.
LARGE = 4_000_000
MB = 1_000_000

#: Files together smaller than this (bytes) are kept for a second reading, in case a guess was
#: wrong; larger ones only when there is a question to answer.
KEPT_AT_MOST = 20_000_000
#: Sources that can also be read as a table, or that are one.
TABLES = ("table", "plain", "dialogue", "conversation_csv")
ROLES = {
    "text": "The words",
    "author": "Who wrote them",
    "time": "When",
    "conversation": "In which conversation",
}
NO_COLUMN = "(no column)"


def offer_upload(mine: state.Session) -> None:
    """The empty page: bring files, or open a sample."""
    own, made_up = st.columns([3, 2])
    with own.container(border=True, height="stretch"):
        st.header("Bring your own words", anchor=False)
        st.write(
            "Chats, posts, mails or tables, as the app exported them; zips as they come, several "
            "files at once if they belong together. The format is recognised from the content."
        )
        _receive(mine)
        with st.expander("What opens, and how to export it from each app"):
            st.markdown(_export_list())
    with made_up.container(border=True, height="stretch"):
        st.header("Or try it with a made-up archive", anchor=False)
        for sample in SAMPLES:
            _offer_sample(sample, first=sample is SAMPLES[0])
    st.caption(KEPT_WHERE)


def _offer_sample(sample: Sample, *, first: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"**{sample.title}**  \n{sample.about}")
        pressed = st.button(
            "Try the sample" if first else "Open",
            type="primary" if first else "secondary",
            key=f"sample_{sample.key}",
        )
    if pressed:
        with frame.problems_shown():
            open_sample(sample.key)
            st.rerun()


def _export_list() -> str:
    rows = [(SOURCES[key], how) for key, how in HOW_TO_EXPORT.items() if key in SOURCES]
    rows.sort(key=lambda row: row[0].casefold())
    return "\n".join(f"- **{title}** · {how}" for title, how in rows)


def _receive(mine: state.Session) -> None:
    """Drop zone and, on one's own machine, a path; reads what is there."""
    files = st.file_uploader(
        "Your files",
        accept_multiple_files=True,
        key=f"files_{mine.upload_round}",
        label_visibility="collapsed",
    )
    st.caption(
        "Larger than that? Export without photos and videos, or drop only the file with the "
        "words, such as tweets.js."
    )
    parts: list[Any] = [(file.name, file) for file in files]
    # Streamlit gives every upload an id; a failed reading is not repeated on the next click.
    attempt: tuple = tuple(file.file_id for file in files)
    if upload_local.runs_locally():
        path = st.text_input(
            "Or a path on this machine",
            placeholder="A file or a folder of any size; it is read where it lies",
            key=f"path_{mine.upload_round}",
        ).strip()
        if path and not parts:
            parts = [Path(path.strip("\"'")).expanduser()]
            attempt = (path, _modified(parts[0]))
    if not parts:
        return
    problem = mine.remember("upload:attempt", attempt, lambda: _try_to_read(parts))
    if problem is None:
        st.rerun()
    frame.show_problem(problem)
    _offer_columns(mine, parts, attempt)


def _try_to_read(parts: Sequence[Any], **options: Any) -> Problem | None:
    """Read into the session; the problem, if there is one."""
    try:
        archive = read_with_progress(parts, **options)
    except Problem as problem:
        return problem
    small = sum(_size(part) for part in parts) <= KEPT_AT_MOST
    asked = options or any(note.kind == "question" for note in archive.notes)
    names = tuple(part.name if isinstance(part, Path) else part[0] for part in parts)
    kept = tuple(_kept(part) for part in parts) if small or asked else ()
    state.set_archive(archive, names, parts=kept, reading=options)
    return None


def _kept(part: Any) -> Any:
    """A part that outlives the upload widget."""
    return (
        part
        if isinstance(part, Path) or isinstance(part[1], bytes)
        else (part[0], part[1].getvalue())
    )


def read_with_progress(parts: Sequence[Any], **options: Any) -> Archive:
    """Read the parts of an archive, with a bar that counts megabytes where it takes a while.

    Raises:
        Problem: they cannot be read.
    """
    total = sum(_size(part) for part in parts)
    if total < LARGE:
        with st.spinner("Reading…", show_time=True):
            return read_archive(list(parts), **options)
    bar = st.progress(0.0, text="Reading…")
    shown = 0.0

    def report(fraction: float) -> None:
        nonlocal shown
        if fraction - shown >= 0.01 or fraction >= 1:
            shown = fraction
            words = f"Reading: {fraction * total / MB:,.0f} of {total / MB:,.0f} MB"
            bar.progress(fraction, text=words)

    try:
        return read_archive(list(parts), progress=report, **options)
    finally:
        bar.empty()


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except (OSError, ValueError):
        return None


def _size(part: Any) -> int:
    """Bytes of a part; 0 where that is unknown (a folder, a path that does not exist)."""
    if isinstance(part, Path):
        return part.stat().st_size if part.is_file() else 0
    if isinstance(part[1], bytes):
        return len(part[1])
    return part[1].seek(0, os.SEEK_END)


# ---- how to read it, once it is open ----


def read_differently(mine: state.Session, archive: Archive) -> None:
    """Questions that the file leaves open, and corrections of what was guessed."""
    asked = [note.reason for note in archive.notes if note.kind == "question"]
    dates = [reason for reason in asked if "is the day" in reason]
    for reason in asked:
        if reason not in dates:
            st.info(f"{reason}.", icon=":material/help:")
    answered = mine.reading.get("day_first") is not None
    if dates or answered:
        with st.container(border=True):
            st.markdown("**Which number is the day?**")
            _date_order(mine, dates)
    guessed = [note.reason for note in archive.notes if "dates read as" in note.reason]
    guessed = [] if dates or answered else guessed
    table = archive.source in TABLES or "columns" in mine.reading
    if not mine.parts or not (guessed or table):
        return
    with st.expander("Not what you expected? Read it differently"):
        if guessed:
            _date_order(mine, [f"{guessed[0]}."])
        if archive.source == "plain":
            _choose_unit(mine)
        if table:
            _offer_columns(mine, mine.parts, (id(archive),))


def _read_again(mine: state.Session, **options: Any) -> None:
    """Read what was kept once more, keeping the answers given so far."""
    chosen = {**mine.reading, **options}
    kept = {name: value for name, value in chosen.items() if value is not None}
    me = mine.me
    problem = _try_to_read(mine.parts, **kept)
    if problem is not None:
        frame.show_problem(problem)
        return
    assert mine.archive is not None
    known = set(mine.archive.authors().index)
    mine.me = tuple(name for name in me if name in known) or mine.me
    st.rerun()


def _date_order(mine: state.Session, sentences: Sequence[str]) -> None:
    answer = mine.reading.get("day_first")
    for sentence in sentences:
        st.write(sentence)
    if answer is not None:
        st.write(f"Dates are read {'day' if answer else 'month'} first, as you said.")
    with st.container(horizontal=True):
        for first, label in ((True, "Day first"), (False, "Month first")):
            if st.button(label, key=f"day_first_{first}", disabled=answer is first):
                _read_again(mine, day_first=first)


def _choose_unit(mine: state.Session) -> None:
    units = {"line": "each line", "paragraph": "each paragraph"}
    chosen = st.segmented_control(
        "One post is",
        list(units),
        default=mine.reading.get("unit"),
        format_func=units.__getitem__,
        key="unit",
    )
    if chosen and chosen != mine.reading.get("unit"):
        _read_again(mine, unit=chosen)


def _offer_columns(mine: state.Session, parts: Sequence[Any], about: tuple) -> None:
    """Choose the columns of a table, where these files hold one."""
    found = mine.remember("upload:preview", about, lambda: _preview(parts))
    if found is None:
        return
    chosen = {**found.guess, **(mine.reading.get("columns") or {})}
    with st.form("columns", border=False):
        st.markdown("**Read it as a table: which column holds what?**")
        st.dataframe(
            [dict(zip(found.columns, row, strict=True)) for row in found.rows],
            hide_index=True,
            key="table_preview",
        )
        picked = {}
        for place, (role, label) in zip(st.columns(len(ROLES)), ROLES.items(), strict=True):
            options = list(found.columns) if role == "text" else [NO_COLUMN, *found.columns]
            usual = chosen.get(role, options[0])
            picked[role] = place.selectbox(
                label, options, options.index(usual) if usual in options else 0, key=f"role_{role}"
            )
        pressed = st.form_submit_button("Read it with these columns")
    if pressed:
        columns = {role: name for role, name in picked.items() if name and name != NO_COLUMN}
        mine.parts = tuple(_kept(part) for part in parts)
        _read_again(mine, columns=columns)


def _preview(parts: Sequence[Any]) -> Preview | None:
    try:
        return preview(list(parts))
    except Problem:
        return None
