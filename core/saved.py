"""The recipe of a data set as one file: every choice, and the labels given by hand or a chat model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from core.problems import Problem
from core.recipes.base import Labels
from core.settings import DatasetSettings, settings_from_json, settings_to_json

LABELS = "labels"


def recipe_to_json(settings: DatasetSettings, labels: Mapping[str, Labels]) -> bytes:
    """Settings and labels as indented JSON: the same choices give the same bytes.

    Labels and edits hold words of the archive, masked as the data set is.
    """
    if not labels:
        return settings_to_json(settings)
    values = orjson.loads(settings_to_json(settings))
    values[LABELS] = labels_to_json(labels)
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    return orjson.dumps(values, option=options) + b"\n"


def recipe_from_json(data: bytes | str) -> tuple[DatasetSettings, dict[str, Labels]]:
    """Settings and labels saved by ``recipe_to_json``.

    Raises:
        Problem: not JSON, not such a file, or a field has an impossible value.
    """
    try:
        values = orjson.loads(data)
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, dict) or LABELS not in values:
        return settings_from_json(data), {}
    given = values.pop(LABELS)
    settings = settings_from_json(orjson.dumps(values))
    return settings, labels_from_json(given)


def labels_to_json(labels: Mapping[str, Labels]) -> dict[str, dict[str, Any]]:
    """Labels as values for JSON; what was not given is left out."""
    return {
        one: {name: value for name, value in label._asdict().items() if value is not None}
        for one, label in labels.items()
    }


def labels_from_json(given: Any) -> dict[str, Labels]:
    """Labels from JSON values.

    Raises:
        Problem: they are something else.
    """
    if not isinstance(given, dict):
        raise _strange()
    return {one: _label(value) for one, value in given.items()}


def _label(value: Any) -> Labels:
    if not isinstance(value, dict) or set(value) - set(Labels._fields):
        raise _strange()
    instruction = value.get("instruction")
    if not isinstance(instruction, str | None):
        raise _strange()
    return Labels(_words(value.get("topics")), _words(value.get("entities")), instruction)


def _words(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _strange()
    return tuple(value)


def _strange() -> Problem:
    return Problem(
        "The settings file has labels that cannot be read.",
        "Choose the settings file that was downloaded with a data set.",
    )
