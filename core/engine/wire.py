"""Requests, answers and errors in OpenAI's shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer; ``chunks`` are its body, made while they are read."""

    status: int
    headers: dict[str, str]
    chunks: Iterator[bytes]


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is an error, in OpenAI's words where it has some."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    type: str = "invalid_request_error"
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        error = {
            "message": self.message,
            "type": self.type,
            "param": self.param,
            "code": self.code,
        }
        return {"error": error}

    def response(self) -> Response:
        answer = json_response(self.body(), self.status)
        answer.headers.update(self.headers)
        return answer


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose sender is known; ``local`` if it is the person at this machine."""

    tenant: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes
    local: bool = False

    def json(self) -> dict[str, Any]:
        """The body as a JSON dictionary.

        Raises:
            ApiError: it is none.
        """
        try:
            value = orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError as error:
            raise ApiError(400, "We could not parse the JSON body of your request.") from error
        if not isinstance(value, dict):
            raise ApiError(400, "The body of your request must be a JSON object.")
        return value


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    body = orjson.dumps(value)
    headers = {"content-type": JSON_TYPE, "content-length": str(len(body))}
    return Response(status, headers, iter((body,)))


def event_stream(values: Iterable[Any]) -> Response:
    """Server-sent events: one per value, made when it is read, then ``[DONE]``.

    What goes wrong in the middle is an event too; the client raises it.
    """

    def chunks() -> Iterator[bytes]:
        try:
            for value in values:
                yield b"data: " + orjson.dumps(value) + b"\n\n"
        except ApiError as error:
            yield b"data: " + orjson.dumps(error.body()) + b"\n\n"
            return
        yield b"data: [DONE]\n\n"

    headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
    return Response(200, headers, chunks())


def list_response(items: list[dict[str, Any]], has_more: bool) -> Response:
    """A page of a list."""
    return json_response(
        {
            "object": "list",
            "data": items,
            "first_id": items[0]["id"] if items else "",
            "last_id": items[-1]["id"] if items else "",
            "has_more": has_more,
        }
    )


def parse_query(query: str | bytes | Mapping[str, Any] | None) -> dict[str, str]:
    """A query as a dictionary; of a repeated name the last value counts."""
    if isinstance(query, Mapping):
        return {str(name): str(value) for name, value in query.items()}
    text = query.decode("latin-1") if isinstance(query, bytes) else query or ""
    return dict(parse_qsl(text, keep_blank_values=True))


def take(
    body: Mapping[str, Any],
    name: str,
    kind: type | tuple[type, ...],
    *,
    default: Any = None,
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """A field of a request body, with its type and bounds checked. Null means left out.

    Raises:
        ApiError: wrong type or out of bounds.
    """
    value: Any = body.get(name)
    if value is None:
        return default
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        wanted = " or ".join(one.__name__ for one in kinds)
        raise ApiError(400, f"Invalid type for '{name}': expected {wanted}.", "invalid_type", name)
    number: Any = value
    if low is not None and number < low:
        raise ApiError(400, f"Invalid '{name}': must be at least {low}.", "below_min_value", name)
    if high is not None and number > high:
        raise ApiError(400, f"Invalid '{name}': must be at most {high}.", "above_max_value", name)
    return value
