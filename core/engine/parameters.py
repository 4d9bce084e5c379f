"""Which parameters of OpenAI's requests the engine takes; the others are refused, never ignored.

The names are those of OpenAI's published description, with a few additions of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.engine.wire import ApiError

#: Bookkeeping between OpenAI and its customers: it says nothing about what to write.
BOOKKEEPING = frozenset(
    (
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
    )
)
DRAWING = frozenset(
    (
        "model",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "max_tokens",
        "n",
        "presence_penalty",
        "seed",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "top_p",
        # ours
        "min_p",
        "evidence",
        "messages",
    )
)


class Parameters(NamedTuple):
    """What one operation takes; and what it cannot do, with the values that ask for nothing."""

    taken: frozenset[str]
    refused: Mapping[str, tuple[Any, ...]]


CHAT = Parameters(
    DRAWING
    | BOOKKEEPING
    | {"max_completion_tokens", "metadata", "store", "top_logprobs"}
    | {"drafts"},  # ours
    {
        "audio": (),
        "function_call": ("none", "auto"),
        "functions": (),
        "modalities": (["text"],),
        "moderation": (),
        "parallel_tool_calls": (True,),
        "prediction": (),
        "reasoning_effort": ("none",),
        "response_format": ({"type": "text"},),
        "service_tier": ("auto", "default"),
        "tool_choice": ("none", "auto"),
        "tools": (),
        "verbosity": ("medium",),
        "web_search_options": (),
    },
)
COMPLETIONS = Parameters(DRAWING | {"user", "best_of", "echo", "prompt"}, {"suffix": ("",)})
JOBS = Parameters(
    frozenset(
        (
            "hyperparameters",
            "metadata",
            "method",
            "model",
            "seed",
            "suffix",
            "training_file",
            "validation_file",
        )
    ),
    {"integrations": ()},
)
FILES = Parameters(frozenset(("purpose", "expires_after[anchor]", "expires_after[seconds]")), {})
UPLOADS = Parameters(frozenset(("bytes", "expires_after", "filename", "mime_type", "purpose")), {})
COMPLETED_UPLOADS = Parameters(frozenset(("md5", "part_ids")), {})


def check_parameters(given: Mapping[str, Any], parameters: Parameters) -> None:
    """Whether a request asks for nothing that is unknown or cannot be done here.

    Raises:
        ApiError: it does.
    """
    for name, value in given.items():
        if name in parameters.taken:
            continue
        if name not in parameters.refused:
            raise ApiError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
        if value and value not in parameters.refused[name]:
            raise ApiError(
                400,
                f"Unsupported parameter: '{name}' is not available with this model.",
                "unsupported_parameter",
                name,
            )


def read_page(
    query: Mapping[str, str], most: int, *, default: int = 20, also: tuple[str, ...] = ()
) -> tuple[str | None, int]:
    """``after`` and ``limit`` of a list request.

    Args:
        also: other names it may have; ``metadata`` is one with a key, too.

    Raises:
        ApiError: an unknown name, or a value that is out of bounds.
    """
    for name in query:
        if name not in ("after", "limit", *also) and name.partition("[")[0] not in also:
            raise ApiError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
    if query.get("order", "asc") not in ("asc", "desc"):
        raise ApiError(400, "Invalid 'order': expected 'asc' or 'desc'.", "invalid_value", "order")
    given = query.get("limit")
    if given is not None and not (given.isdecimal() and 1 <= int(given) <= most):
        raise ApiError(
            400, f"Invalid 'limit': expected an integer from 1 to {most}.", "invalid_value", "limit"
        )
    return query.get("after"), default if given is None else int(given)
