"""Every choice that shapes a data set, as values that can be saved, compared and loaded again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import orjson

from core.problems import Problem

SplitBy = Literal["conversation", "time"]
Selection = Literal["all", "first", "latest", "random", "most_like_me"]
Shape = Literal["pairs", "conversations"]
FollowUps = Literal["own", "join", "leave_out"]
Threads = Literal["join", "separate", "sequence"]
SpeakerNames = Literal["auto", "always", "never"]


#: How a gap without end is written in JSON, which has no infinity.
INFINITE = "infinite"


@dataclass(frozen=True)
class Filters:
    """What is left out of a data set; everything else is used.

    ``unseen_replies``, ``link_only``, ``forwarded`` and ``momentary`` say what may stay.
    ``momentary`` answers are right only in their moment: "on my way", "at 7:30", "outside".
    ``since``/``until`` bound the time (``until`` excluded); ``hours`` is (from, to) of the day,
    may wrap around midnight. ``max_repeats`` caps identical short answers (at least 1 % of all
    answers stay). ``near_duplicates`` leaves out later copies of answers of 25 characters and
    more. ``edits`` are (message id, new text); ``excluded_ids`` the messages taken out by hand. ``remove_words``
    are cut out of every text, say another person's name.
    """

    min_chars: int = 1
    max_chars: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    hours: tuple[int, int] | None = None
    weekdays: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    without_authors: tuple[str, ...] = ()
    without_conversations: tuple[str, ...] = ()
    unseen_replies: bool = False
    link_only: bool = False
    forwarded: bool = False
    momentary: bool = True
    max_repeats: int | None = 5
    near_duplicates: bool = True
    excluded_ids: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    remove_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetSettings:
    """How messages become examples, and which part they land in.

    ``buffer_size`` counts exchanges (what the others said, what I answered) including the one
    being learnt: 1 shows only the message answered, 0 leaves the prompt empty. ``merge_gap`` and
    ``conversation_gap`` are seconds; ``conversation_gap=None`` reads it off the data.
    ``held_out_share`` and ``validation_share`` are shares of all examples; ``validation_share=None``
    is what the recipe usually has (``core.split.usual_validation``). ``max_examples`` limits
    training and validation together; the held-out part is taken first and does not count.
    ``split_at`` with ``split_by="time"`` holds out everything that begins then or later.
    ``mix`` gives several recipes with their shares and replaces ``recipe``. ``archive_shares``
    gives shares of the training material to conversations by the beginning of their key
    ("whatsapp:", 0.7); what matches none is not used. ``clone`` names another person to learn
    instead of me and needs ``consent``.
    """

    recipe: str = "auto"
    system_prompt: str = ""
    buffer_size: int = 5
    merge_gap: float | None = 120.0
    conversation_gap: float | None = None
    validation_share: float | None = None
    held_out_share: float = 0.2
    held_out_most: int = 500
    split_by: SplitBy = "conversation"
    split_at: datetime | None = None
    seed: int = 0
    max_examples: int | None = None
    selection: Selection = "all"
    joiner: str = "\n"
    max_turn_chars: int | None = None
    shape: Shape = "pairs"
    follow_ups: FollowUps = "own"
    openers: bool = True
    follow_replies: bool = True
    threads: Threads = "join"
    speaker_names: SpeakerNames = "auto"
    audience: bool = False
    context_weight: int | None = 0
    topic_count: tuple[int, int] = (1, 3)
    empty_prompt_share: float = 0.15
    topicless: Literal["blank", "leave_out"] = "blank"
    entity_time: bool = True
    entity_author: bool = False
    entity_completion: Literal["filled", "empty"] = "filled"
    mix: tuple[tuple[str, float], ...] = ()
    archive_shares: tuple[tuple[str, float], ...] = ()
    clone: tuple[str, ...] = ()
    consent: bool = False
    filters: Filters = field(default_factory=Filters)


def settings_to_json(settings: DatasetSettings) -> bytes:
    """Settings as indented JSON with sorted keys: the same choices give the same bytes.

    Edits made by hand hold the person's own text, so they are part of what is written.
    """
    values = {
        name: INFINITE if value == float("inf") else value
        for name, value in asdict(settings).items()
    }
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    return orjson.dumps({"soundalike_settings": 1, **values}, option=options) + b"\n"


def settings_from_json(data: bytes | str) -> DatasetSettings:
    """Settings saved by ``settings_to_json``; fields that are missing take their default.

    Raises:
        Problem: not JSON, not such a file, or a field has an impossible value.
    """
    hint = "Choose the settings file that was downloaded with a data set."
    try:
        values = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Problem("The settings file is not JSON.", hint) from error
    if not isinstance(values, dict) or values.pop("soundalike_settings", None) != 1:
        raise Problem("The file does not hold settings of a data set.", hint)
    filters = values.pop("filters", {})
    if not isinstance(filters, dict):
        raise Problem("The settings file has no list of filters where one belongs.", hint)
    return replace(_read(DatasetSettings, values), filters=_read(Filters, filters))


def _read(kind: type, values: dict[str, Any]) -> Any:
    """An instance of a settings class from JSON values, each converted to its field's type."""
    types = get_type_hints(kind)
    strange = sorted(set(values) - {one.name for one in fields(kind)})
    if strange:
        raise Problem(
            f"The settings file has a field {strange[0]!r} that this version does not know.",
            "Remove the field, or use the version that wrote the file.",
        )
    made = {}
    for name, value in values.items():
        try:
            made[name] = _convert(value, types[name])
        except (TypeError, ValueError) as error:
            raise Problem(
                f"The field {name!r} of the settings file has a value that cannot be used.",
                "Correct it, or leave the field out to get the default.",
            ) from error
    return kind(**made)


def _convert(value: Any, kind: Any) -> Any:
    """A JSON value as ``kind``: a class, a Literal, a union with None or a tuple of these.

    Raises:
        TypeError, ValueError: it cannot be that.
    """
    origin, inside = get_origin(kind), get_args(kind)
    if origin is UnionType:
        if value is None and NoneType in inside:
            return None
        return _convert(value, next(one for one in inside if one is not NoneType))
    if origin is Literal:
        if value in inside:
            return value
        raise ValueError(value)
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError(value)
        if inside[-1] is Ellipsis:
            return tuple(_convert(one, inside[0]) for one in value)
        return tuple(_convert(one, each) for one, each in zip(value, inside, strict=True))
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is float and value == INFINITE:
        return float("inf")
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise TypeError(value)
    return value
