"""What was found: a table to review, counts, and real messages before and after."""

from __future__ import annotations

import difflib
import html
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import regex
import streamlit as st

from core.messages import Archive
from core.privacy import Masked, Scan, Settings, decide, review_table
from core.privacy.spans import KINDS
from core.source_files import by_folder
from core.ui import state
from core.ui.privacy_settings import begin_afresh, version

#: From this many messages on, the search shows how far it is.
SLOW = 3_000
SHOWN_A_PAGE = 10
#: Longer texts are shown without marks: comparing them takes too long.
MOST_MARKED = 3_000
EVERYTHING = "everything"
ALL = "All kinds"


def look_through() -> Masked:
    """The masked archive; with a bar while the first search is on."""
    mine = state.session()
    archive = mine.archive
    assert archive is not None
    words = "Looking for names, numbers and secrets"
    if mine.privacy.mode == "off" or len(archive) < SLOW:
        with st.spinner(f"{words}…", show_time=True):
            return state.masked_everyone()
    slot = st.empty()
    try:
        state.scan(lambda share: _report(slot, share, words, len(archive)))
        with slot, st.spinner("Replacing…", show_time=True):
            return state.masked_everyone()
    finally:
        slot.empty()


def _report(slot, share: float, words: str, total: int) -> None:
    slot.progress(share, text=f"{words}: {share * total:,.0f} of {total:,} messages")


# ---- the review table ----


def review(mine: state.Session) -> None:
    """Every find with a tick box; changes are kept at once, and the table stays where it is."""
    if mine.privacy.mode == "off":
        st.write("Nothing is searched for while masking is off.")
        return
    archive = mine.archive
    assert archive is not None
    scan = state.scan()
    table = _table(mine, scan)
    if table.empty:
        st.write("Nothing private was found. Rules miss things: read a few messages yourself.")
        return
    counts = table["kind"].value_counts(sort=False)
    options = [EVERYTHING, *dict.fromkeys(table["kind"])]
    kind = st.pills(
        "Show",
        options,
        default=EVERYTHING,
        required=True,
        format_func=lambda one: one if one == EVERYTHING else f"{one} ({counts[one]:,})",
        key="kind",
    )
    if kind not in options:
        kind = EVERYTHING
    key = f"review_{kind}_{version()}"
    if key not in st.session_state:  # drawn anew, so it begins with what holds now
        mine.drop("privacy:base")
    settings, shown = mine.remember(
        "privacy:base", key, lambda: (mine.privacy, _of_kind(_table(mine, scan), kind))
    )
    doubtful = int((~shown["mask"]).sum())
    words = ""
    if doubtful:
        words = f" {doubtful:,} are not ticked: ordinary words and well-known names that may be somebody of yours"
        words += ", which strict replaces all the same." if mine.privacy.mode == "strict" else "."
    st.caption(
        "Ticked finds are replaced. Untick what is not private; change a replacement by a "
        f"double click.{words}"
    )
    edited = st.data_editor(
        shown,
        hide_index=True,
        height=420 if len(shown) > 10 else "auto",
        disabled=["found", "kind", "count", "where", "example", "why"],
        column_config={
            "mask": st.column_config.CheckboxColumn("Replace", width="small"),
            "found": "Found",
            "kind": "What it is",
            "count": st.column_config.NumberColumn("Times", width="small"),
            "example": st.column_config.TextColumn(
                "For example", width="large", help="The find stands between two lines."
            ),
            "replacement": "Replaced by",
            "where": st.column_config.TextColumn("In", help="The conversations it stands in."),
            "why": "Found by",
        },
        column_order=[
            *("mask", "found", "replacement", "kind", "count", "example"),
            *(("where",) if has_talks(archive) else ()),
            "why",
        ],
        key=key,
        alt="What was found, with a tick box, its replacement, how often and one example",
    )
    decided = decide(settings, shown, edited)
    if decided != mine.privacy:
        mine.privacy = decided
        st.rerun()
    if kind != EVERYTHING:
        _all_or_none(mine, settings, shown)


def _table(mine: state.Session, scan: Scan) -> pd.DataFrame:
    archive = mine.archive
    assert archive is not None
    return mine.remember(
        "privacy:table",
        (id(archive), id(scan), mine.me, mine.privacy),
        lambda: review_table(
            archive.frame(), mine.privacy, me=mine.me, scan=scan, titles=archive.titles
        ),
    )


def _of_kind(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    return table if kind == EVERYTHING else table[table["kind"] == kind].reset_index(drop=True)


def _all_or_none(mine: state.Session, settings: Settings, shown: pd.DataFrame) -> None:
    with st.container(horizontal=True):
        for tick, label in ((True, "Replace all of these"), (False, "Replace none of these")):
            if st.button(label, key=f"all_{tick}"):
                edited = shown.assign(mask=tick)
                mine.privacy = replace(
                    decide(settings, shown, edited), replacements=mine.privacy.replacements
                )
                begin_afresh()
                st.rerun()


# ---- counts ----


def has_talks(archive: Archive) -> bool:
    """Whether there is more than one conversation, and they are no single posts."""
    return 1 < archive.frame()["conversation"].nunique() <= len(archive) / 3


def count_table(finds: pd.DataFrame, titles: Mapping[str, str], what: str) -> pd.DataFrame:
    """Finds per ``what`` (rows, most first) and kind (columns in plain words), with a sum.

    Args:
        titles: what to call a row.
        what: heading of the rows.
    """
    counts = finds.rename(columns={kind: _headed(name) for kind, name in KINDS.items()})
    counts = counts[counts.sum().sort_values(ascending=False).index]
    counts.insert(0, ALL, counts.sum(axis=1))
    counts.insert(0, what, [titles.get(str(key), str(key)) for key in counts.index])
    return counts.sort_values(ALL, ascending=False, kind="stable").reset_index(drop=True)


def _headed(words: str) -> str:
    return words[:1].upper() + words[1:]


def how_many(mine: state.Session, masked: Masked) -> None:
    """Counts per kind, per file and per conversation."""
    if not masked.counts:
        st.write("Nothing was replaced.")
        return
    archive = mine.archive
    assert archive is not None
    kinds = sorted(masked.counts.items(), key=lambda item: -item[1])
    st.dataframe(
        [{"What it is": KINDS[kind], "Replaced": count} for kind, count in kinds],
        hide_index=True,
        width=420,
        key="by_kind_table",
        alt="How many finds of each kind were replaced",
    )
    several = archive.files is not None and len(archive.files.categories) > 1
    if several and not masked.by_file.empty:
        shown = by_folder(masked.by_file.index.tolist())
        files = masked.by_file.rename(index=shown).groupby(level=0, sort=False).sum()
        st.markdown("**In which file**")
        st.dataframe(
            count_table(files, {}, "File"), hide_index=True, key="by_file", alt="Finds per file"
        )
    if has_talks(archive):
        table = count_table(masked.by_conversation, archive.titles, "Conversation")
        st.markdown("**In which conversation**")
        st.dataframe(table, hide_index=True, key="by_conversation", alt="Finds per conversation")


# ---- before and after ----


def before_and_after(mine: state.Session, masked: Masked) -> None:
    """Real messages beside what every later step sees; also those left out or left alone."""
    archive = mine.archive
    assert archive is not None
    before = archive.frame()
    groups = mine.remember("privacy:groups", id(masked), lambda: _groups(before, masked))
    shown = st.segmented_control(
        "Messages that were",
        list(groups),
        default=next((name for name in groups if groups[name]), "changed"),
        required=True,
        format_func=lambda name: f"{name} ({len(groups[name]):,})",
        key="compare_group",
    )
    if shown == "left as they are":
        st.caption("Rules miss things. Read some of these: is there anything private in them?")
    ids = groups[shown]
    if not ids:
        st.write("There are none.")
        return
    pages = -(-len(ids) // SHOWN_A_PAGE)
    page = st.pagination(pages, key=f"compare_{shown}") if pages > 1 else 1
    some = ids[(page - 1) * SHOWN_A_PAGE : page * SHOWN_A_PAGE]
    texts = before[before["id"].isin(some)].set_index("id")["text"]
    after = masked.frame[masked.frame["id"].isin(some)].set_index("id")["text"]
    st.html(pairs_html([(str(texts[i]), str(after[i]) if i in after.index else "") for i in some]))


def _groups(before: pd.DataFrame, masked: Masked) -> dict[str, list[str]]:
    touched = {*masked.changed, *masked.removed}
    rest = before.loc[~before["id"].isin(touched) & (before["text"].fillna("") != ""), "id"]
    groups = {"changed": list(masked.changed)}
    if masked.removed:
        groups["left out"] = list(masked.removed)
    groups["left as they are"] = rest.tolist()
    return groups


PAIR_STYLE = """
<style>
.sa-pairs {display:grid; grid-template-columns:repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap:8px 12px;}
.sa-pairs > div {padding:8px 12px; border-radius:10px; line-height:1.45; white-space:pre-wrap;
  overflow-wrap:anywhere; background:rgba(127,127,150,.14);}
.sa-pairs > div.after {background:rgba(99,102,241,.20);}
.sa-pairs .sa-label {display:block; font-size:.78em; font-weight:600; opacity:.8;}
.sa-pairs mark {background:rgba(234,179,8,.35); color:inherit; border-radius:4px; padding:0 2px;}
</style>
"""


def pairs_html(pairs: list[tuple[str, str]]) -> str:
    """Before and after side by side (one below the other on a phone), changes marked."""
    cells = []
    for before, after in pairs:
        left, right = marked(before, after)
        if before == after:
            cells.append(f'<div dir="auto" style="grid-column:1/-1">{left}</div>')
            continue
        right = right or "<i>left out</i>"
        cells.append(f'<div dir="auto"><span class="sa-label">As written</span>{left}</div>')
        cells.append(
            f'<div class="after" dir="auto"><span class="sa-label">As used</span>{right}</div>'
        )
    return f'{PAIR_STYLE}<div class="sa-pairs">{"".join(cells)}</div>'


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts as HTML, with what differs inside <mark>."""
    if before == after or not after or len(before) > MOST_MARKED:
        return html.escape(before), html.escape(after)
    old, new = (regex.findall(r"\w+|\W", text) for text in (before, after))
    left, right = [], []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        one, other = html.escape("".join(old[a:b])), html.escape("".join(new[c:d]))
        if what == "equal":
            left.append(one)
            right.append(other)
            continue
        left.append(f"<mark>{one}</mark>" if one else "")
        right.append(f"<mark>{other}</mark>" if other else "")
    return "".join(left), "".join(right)
