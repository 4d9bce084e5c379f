"""Chat completions that were stored (``store=True``): list, read, annotate, delete."""

from __future__ import annotations

from typing import Any

import orjson

from core.engine.files_api import check_room
from core.engine.jobs_api import METADATA_FILTER, read_metadata
from core.engine.parameters import read_page
from core.engine.store import Row, Store
from core.engine.wire import (
    ApiError,
    Request,
    Response,
    json_response,
    list_response,
)


def keep(
    store: Store,
    tenant: str,
    completion: dict[str, Any],
    messages: list[dict[str, Any]],
    metadata: dict[str, str] | None,
) -> None:
    """Store a completion and the messages it answers.

    Raises:
        ApiError: no room for it.
    """
    content = orjson.dumps(completion).decode()
    row = {
        "id": completion["id"],
        "tenant": tenant,
        "created_at": completion["created"],
        "model": completion["model"],
        "metadata": metadata,
        "messages": messages,
        "content": content,
    }
    with store.transaction():
        check_room(store, tenant, len(content.encode()) + len(orjson.dumps(messages)))
        store.insert("completions", row)


def completion_object(row: Row) -> dict[str, Any]:
    """A row in OpenAI's shape."""
    return orjson.loads(row["content"]) | {"metadata": row["metadata"] or {}}


def find_completion(store: Store, tenant: str, completion_id: str) -> Row:
    """A tenant's stored completion.

    Raises:
        ApiError: there is none by that id.
    """
    row = store.one("SELECT * FROM completions WHERE id = ? AND tenant = ?", completion_id, tenant)
    if row is None:
        raise ApiError(404, f"Chat completion '{completion_id}' not found.", None, "completion_id")
    return row


def list_completions(store: Store, request: Request) -> Response:
    """GET /chat/completions, oldest first; filters ``model`` and ``metadata[key]``."""
    where, values = "tenant = ?", [request.tenant]
    if "model" in request.query:
        where += " AND model = ?"
        values.append(request.query["model"])
    for name, value in request.query.items():
        if found := METADATA_FILTER.match(name):
            where += (
                " AND id IN (SELECT c.id FROM completions c, json_each(c.metadata) m "
                "WHERE m.key = ? AND m.value = ?)"
            )
            values += [found[1], value]
    after, limit = read_page(request.query, 100, also=("model", "metadata", "order"))
    newest_first = request.query.get("order") == "desc"
    rows, more = store.page("completions", where, tuple(values), after, limit, newest_first)
    return list_response([completion_object(row) for row in rows], more)


def retrieve(store: Store, request: Request, completion_id: str) -> Response:
    """GET /chat/completions/{id}"""
    return json_response(completion_object(find_completion(store, request.tenant, completion_id)))


def update(store: Store, request: Request, completion_id: str) -> Response:
    """POST /chat/completions/{id}: new metadata"""
    metadata = read_metadata(request.json())
    find_completion(store, request.tenant, completion_id)
    store.update("completions", completion_id, {"metadata": metadata})
    return retrieve(store, request, completion_id)


def delete(store: Store, request: Request, completion_id: str) -> Response:
    """DELETE /chat/completions/{id}"""
    find_completion(store, request.tenant, completion_id)
    store.run("DELETE FROM completions WHERE id = ?", completion_id)
    store.checkpoint()
    return json_response(
        {"id": completion_id, "object": "chat.completion.deleted", "deleted": True}
    )


def messages(store: Store, request: Request, completion_id: str) -> Response:
    """GET /chat/completions/{id}/messages"""
    row = find_completion(store, request.tenant, completion_id)
    asked = [
        message | {"id": f"{completion_id}-{number}"}
        for number, message in enumerate(row["messages"])
    ]
    if request.query.get("order") == "desc":
        asked.reverse()
    after, limit = read_page(request.query, 100, also=("order",))
    ids = [message["id"] for message in asked]
    first = ids.index(after) + 1 if after in ids else 0
    return list_response(asked[first : first + limit], len(asked) > first + limit)
