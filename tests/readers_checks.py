"""How made-up exports are read, checked and broken."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st

from core.messages import Archive
from core.problems import Problem
from core.readers.containers import open_containers
from core.readers.rows import Options

_LINE = (
    "the kettle sings again and nobody answers so I moved your bicycle under the stairs because "
    "rain was coming ok fine tomorrow then bring lemons not limes 🍋 über café naïve жду 明日 yes"
)
WORDS = tuple(_LINE.split())

#: For tests that read many made-up files: a slow moment of the machine is no failure.
fuzz = settings(max_examples=80, deadline=None)


def sentence(rng: random.Random, most: int = 14) -> str:
    """A made-up line of 1 to ``most`` words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(1, most)))


def as_bytes(value: Any) -> bytes:
    """Bytes as they are, text as UTF-8, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def zip_of(files: Mapping[str, Any]) -> bytes:
    """A zip with these files; values as for ``as_bytes``."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, value in files.items():
            archive.writestr(path, as_bytes(value))
    return packed.getvalue()


def read_with(reader: Any, *files: tuple[str, Any], **options: Any) -> Archive:
    """Read files with one format's module, with nothing around it that could hide an error.

    Asserts that the format claims every file and that the receipt adds up.
    """
    with open_containers([(name, as_bytes(value)) for name, value in files]) as (opened, problems):
        assert not problems, problems
        members = []
        for container in opened:
            assert reader.sniff(container.members), f"{container.name} is not claimed"
            members += container.members
        archive = reader.read(members, Options(**options))
    assert_whole(archive)
    return archive


def assert_whole(archive: Archive) -> None:
    """The receipt adds up, ids are unique, and every answer points into the same archive's ids."""
    frame = archive.frame()
    assert archive.raw_count == len(frame) + archive.missing_rows
    assert frame["id"].is_unique
    assert not frame["text"].isna().any()
    assert archive.files is not None and len(archive.files) == len(frame)
    assert frame.loc[frame["kind"] == "system", "author"].isna().all()
    if archive.me is not None:
        assert archive.me.reason


def only_problems(reader: Any, *files: tuple[str, Any]) -> Archive | None:
    """Read files that may be broken in any way: an archive that adds up, or a Problem."""
    sources = [(name, as_bytes(value)) for name, value in files]
    try:
        with open_containers(sources) as (opened, _):
            members = [m for container in opened for m in container.members]
            if members:
                reader.sniff(members)
                archive = reader.read(members, Options())
                assert_whole(archive)
                return archive
    except Problem as problem:
        assert problem.message
    return None


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["", "0", "1647637512", "2022-03-18T21:05:12", "user1", "\ud83d"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)


def mangled(draw: Callable[[Any], Any], value: Any, share: float = 0.06) -> Any:
    """``value`` with some of its parts replaced, removed or repeated at random."""
    rng = draw(st.randoms(use_true_random=False))

    def visit(part: Any) -> Any:
        if rng.random() < share:
            return draw(JUNK)
        if isinstance(part, dict):
            return {k: visit(v) for k, v in part.items() if rng.random() > share / 2}
        if isinstance(part, list):
            kept = [visit(v) for v in part]
            return kept * 2 if rng.random() < share / 2 else kept
        return part

    return visit(value)


def damaged(draw: Callable[[Any], Any], data: bytes) -> bytes:
    """Bytes cut at a random place, with a few of them changed."""
    end = draw(st.integers(0, len(data)))
    broken = bytearray(data[:end])
    for place, byte in draw(
        st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=4)
    ):
        if broken:
            broken[place % len(broken)] = byte
    return bytes(broken)


def dumped(value: Any) -> bytes:
    """JSON that may hold halves of characters and numbers beyond 64 bits."""
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(value).encode()
