"""Several archives of one person become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
from pandas.api.types import union_categoricals

from core.messages import Archive, Note, Owner


def combine(
    archives: Sequence[Archive],
    extra_notes: Sequence[Note] = (),
    names_of_sources: Mapping[str, str] | None = None,
) -> Archive:
    """One archive out of several of different sources, in the order given.

    Ids and conversations get their source as a prefix, so that they stay unique. The owner is
    the first one found, with the names the other sources know the same person by; where none was
    found, the one author that all sources share. Notes say which source they are about, by
    ``names_of_sources``.
    """
    if len(archives) == 1:
        one = archives[0]
        return replace(one, notes=[*one.notes, *extra_notes])
    frames = [_prefixed(a) for a in archives]
    table = pd.concat(frames, ignore_index=True)
    for column in ("conversation", "author", "kind"):
        table[column] = union_categoricals([f[column] for f in frames])
    owners = [a.me for a in archives if a.me]
    names = list(dict.fromkeys(name for owner in owners for name in owner.names))
    me = None
    if owners:
        reason = owners[0].reason
        if len(names) > 1:
            reason += "; the other sources know you by other names"
        me = Owner(names[0], reason, tuple(names[1:]))
    else:
        shared = set.intersection(*({n for n, c in a.authors().items() if c} for a in archives))
        if len(shared) == 1:
            me = Owner(str(shared.pop()), f"the only name in all {len(archives)} sources")
    known = names_of_sources or {}
    files = [a.files for a in archives if a.files is not None]
    notes = [
        note
        if note.kind == "question"
        else replace(note, reason=f"{known.get(archive.source, archive.source)}: {note.reason}")
        for archive in archives
        for note in archive.notes
    ]
    return Archive(
        "several",
        table,
        me,
        [*notes, *extra_notes],
        sum(a.raw_count for a in archives),
        {f"{a.source}:{key}": title for a in archives for key, title in a.titles.items()},
        "; ".join(dict.fromkeys(a.recognised for a in archives if a.recognised)),
        union_categoricals(files) if len(files) == len(archives) else None,
    )


def _prefixed(archive: Archive) -> pd.DataFrame:
    frame = archive.frame().copy()
    prefix = f"{archive.source}:"
    frame["id"] = prefix + frame["id"]
    frame["reply_to"] = prefix + frame["reply_to"]
    frame["conversation"] = frame["conversation"].cat.rename_categories(lambda key: prefix + key)
    return frame
