"""The review table: what was found, grouped, with a tick box and a replacement to edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from core.privacy.apply import Masked, Masker
from core.privacy.find import Scan, normal, scan_frame
from core.privacy.settings import Settings
from core.privacy.spans import KINDS, Span, fold, merge
from core.privacy.words import find_own_words, own_words

#: Columns of the table, as an editor shows them.
TABLE_COLUMNS = ("mask", "found", "kind", "count", "where", "example", "replacement", "why")
_CONTEXT = 40


def review_table(
    frame: pd.DataFrame,
    settings: Settings,
    *,
    me: Sequence[str] = (),
    scan: Scan | None = None,
    titles: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Every distinct find of an archive, the sure ones first, the frequent ones first.

    ``titles`` names conversations by their keys.

    Columns: ``mask`` bool, tick box; ``found`` str, as first written; ``kind`` str in plain
    words; ``count`` int, how often it would be replaced; ``where`` str, the titles of the conversations, the one with most
    finds first; ``example`` str, one occurrence with what stands around it
    and the find between two ``|``; ``replacement`` str, editable; ``why`` str, the rule, and how
    often the same word stays because it is an ordinary one there. Edit ``mask`` and
    ``replacement`` only and hand both tables to ``decide``.
    """
    scan = scan or scan_frame(frame, me, settings)
    masker = Masker(scan, replace(settings, mode="standard"))
    own = own_words(settings.words)
    rows: dict[tuple[str, str], dict] = {}
    places: dict[tuple[str, str], Counter[str]] = {}
    written = frame.loc[frame["text"].notna(), ["text", "conversation"]]
    pairs = zip(written["text"], written["conversation"].astype("str"), strict=True)
    for (text, place), times in Counter((normal(text), place) for text, place in pairs).items():
        spans = scan.spans.get(text, ())
        active = merge([*spans, *(find_own_words(text, own) if own else ())])
        for span in active:
            found = text[span.start : span.end]
            key = (span.kind, fold(found).strip())
            row = rows.get(key)
            if row is None or (span.sure and not row["sure"]):
                before = row["doubtful"] if row else 0
                row = rows[key] = _row(text, found, span, masker) | {"doubtful": before}
            row["count" if span.sure else "doubtful"] += times
            places.setdefault(key, Counter())[place] += times
    ticked = {fold(word).strip() for word in settings.ticked}
    allowed = {fold(word).strip() for word in settings.allowed}
    for (kind, folded), row in rows.items():
        row["where"] = _where(places[kind, folded], titles or {})
        row["mask"] = (row["sure"] or folded in ticked) and folded not in allowed
        if not row["sure"] or folded in ticked or settings.mode == "strict":
            row["count"] += row["doubtful"]
        elif row["doubtful"]:
            row["why"] += f"; {row['doubtful']:,} times an ordinary word, which stays"
    table = pd.DataFrame(rows.values(), columns=[*TABLE_COLUMNS, "sure"])
    table = table.sort_values(["sure", "count"], ascending=False, kind="stable")
    table["mask"] = table["mask"].astype(bool)
    return table[list(TABLE_COLUMNS)].reset_index(drop=True)


def _where(places: Counter[str], titles: Mapping[str, str]) -> str:
    """The conversations of a find, the most frequent first, three of them by name."""
    named = [titles.get(place, place) for place, _ in places.most_common(3)]
    more = len(places) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def _row(text: str, found: str, span: Span, masker: Masker) -> dict:
    before = text[max(0, span.start - _CONTEXT) : span.start].replace("\n", " ")
    after = text[span.end : span.end + _CONTEXT].replace("\n", " ")
    return {
        "mask": True,
        "found": found,
        "kind": KINDS[span.kind],
        "count": 0,
        "example": f"{before}|{found}|{after}",
        "replacement": masker.replacement(found, span),
        "why": span.rule,
        "sure": span.sure,
    }


def decide(settings: Settings, table: pd.DataFrame, edited: pd.DataFrame) -> Settings:
    """``settings`` with what the person changed between ``table`` and ``edited``.

    A cleared tick box allows the find, a set one masks it; a changed replacement is kept.
    """
    allowed = {fold(word).strip(): word for word in settings.allowed}
    ticked = {fold(word).strip(): word for word in settings.ticked}
    replacements = {fold(real).strip(): (real, new) for real, new in settings.replacements}
    columns = ["found", "mask", "replacement"]
    old_rows = table[columns].to_dict("records")
    for before, after in zip(old_rows, edited[columns].to_dict("records"), strict=True):
        found = str(before["found"])
        key = fold(found).strip()
        if bool(after["mask"]) != bool(before["mask"]):
            allowed.pop(key, None)
            ticked.pop(key, None)
            (ticked if after["mask"] else allowed)[key] = found
        new = after["replacement"] if isinstance(after["replacement"], str) else ""
        if new != before["replacement"]:
            replacements[key] = (found, new)
    return replace(
        settings,
        allowed=tuple(allowed.values()),
        ticked=tuple(ticked.values()),
        replacements=tuple(replacements.values()),
    )


def before_and_after(frame: pd.DataFrame, masked: Masked, most: int = 20) -> pd.DataFrame:
    """Real messages beside what masking made of them, spread evenly over the archive.

    Columns: ``id``, ``before``, ``after`` (empty for messages that strict masking left out).
    """
    touched = [*masked.changed, *masked.removed]
    after = dict(zip(masked.frame["id"], masked.frame["text"], strict=True))
    rows = frame.loc[frame["id"].isin(touched), ["id", "text"]]
    rows = rows.iloc[:: max(1, -(-len(rows) // most))].head(most)
    return pd.DataFrame(
        {
            "id": rows["id"].to_numpy(),
            "before": rows["text"].to_numpy(),
            "after": [after.get(message_id, "") for message_id in rows["id"]],
        }
    )
