"""Files: upload, list, read, delete."""

from __future__ import annotations

import time
from typing import Any

import python_multipart
from python_multipart.multipart import parse_options_header

from core.engine.parameters import FILES, check_parameters, read_page
from core.engine.store import MEBIBYTE, Row, Store, new_id
from core.engine.training_files import read_lines
from core.engine.wire import (
    ApiError,
    Request,
    Response,
    json_response,
    list_response,
)

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
MAX_FILE = 64 * MEBIBYTE
#: What one tenant may keep, and what all together may: the disk is not ours alone.
MAX_TENANT = 256 * MEBIBYTE
MAX_ALL = 2048 * MEBIBYTE
MAX_FILES = 1000
#: Seconds that the record of an upload is kept after its end.
KEPT_UPLOADS = 7 * 24 * 3600


def file_object(row: Row) -> dict[str, Any]:
    """A row in OpenAI's shape."""
    shape = {
        "id": row["id"],
        "object": "file",
        "bytes": row["bytes"],
        "created_at": row["created_at"],
        "filename": row["filename"],
        "purpose": row["purpose"],
        "status": "processed",
    }
    return shape | ({"expires_at": row["expires_at"]} if row["expires_at"] else {})


def create(store: Store, request: Request) -> Response:
    """POST /files: multipart with ``file``, ``purpose`` and perhaps ``expires_after``."""
    fields, filename, content = read_form(request, "file")
    check_parameters(fields, FILES)
    expires = None
    if fields.keys() & {"expires_after[anchor]", "expires_after[seconds]"}:
        expires = check_expiry(
            fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
        )
    row = add_file(store, request.tenant, filename, fields.get("purpose", ""), content, expires)
    return json_response(file_object(row))


def read_form(request: Request, name: str) -> tuple[dict[str, str], str, bytes]:
    """The fields of a multipart body, and the name and content of the file in it.

    Raises:
        ApiError: no such file in it, or it is broken.
    """
    fields, files = parse_multipart(request)
    if name not in files:
        raise ApiError(400, f"'{name}' is a required property", "missing_required_parameter", name)
    return fields, *files[name]


def check_expiry(anchor: Any, seconds: Any) -> int:
    """Seconds until a file expires.

    Raises:
        ApiError: not as ``expires_after`` must be.
    """
    try:
        number = int(seconds)
    except (TypeError, ValueError):
        number = 0
    if anchor != "created_at" or not 3600 <= number <= 2_592_000:
        raise ApiError(
            400,
            "Invalid 'expires_after': the anchor is 'created_at', and the seconds lie between "
            "3600 and 2592000.",
            "invalid_value",
            "expires_after",
        )
    return number


def add_file(
    store: Store,
    tenant: str,
    filename: str,
    purpose: str,
    content: bytes,
    expires_after: int | None = None,
    *,
    made_here: bool = False,
) -> Row:
    """Keep a file, after checking what the endpoint checks.

    Raises:
        ApiError: unknown purpose, no JSONL, too large, or no room for it.
    """
    if not made_here and purpose not in PURPOSES:
        raise ApiError(
            400,
            f"'{purpose}' is not one of {list(PURPOSES)} - 'purpose'",
            "invalid_value",
            "purpose",
        )
    if not content:
        raise ApiError(400, "File is empty.", "empty_file", "file")
    if len(content) > MAX_FILE:
        raise ApiError(
            400, f"File is too large: at most {MAX_FILE // MEBIBYTE} MB.", "file_too_large", "file"
        )
    if purpose == "fine-tune":
        try:
            for _ in read_lines(content):
                pass
        except ValueError as error:
            raise ApiError(400, str(error), "invalid_jsonl", "file") from error
    now = int(time.time())
    row = {
        "id": new_id("file-"),
        "tenant": tenant,
        "created_at": now,
        "expires_at": now + expires_after if expires_after else None,
        "filename": filename or "file",
        "purpose": purpose,
        "bytes": len(content),
        "content": content,
    }
    with store.transaction():
        sweep(store)
        if not made_here:
            check_room(store, tenant, len(content))
        store.insert("files", row)
    return row


def sweep(store: Store) -> None:
    """Delete what has expired: files, and the parts of uploads that were never completed."""
    now = time.time()
    store.run("DELETE FROM files WHERE expires_at < ?", now)
    store.run(
        "DELETE FROM parts WHERE upload_id IN (SELECT id FROM uploads WHERE expires_at < ?)", now
    )
    store.run("DELETE FROM uploads WHERE expires_at < ?", now - KEPT_UPLOADS)


def check_room(store: Store, tenant: str, more: int) -> None:
    """Whether a tenant may keep more bytes.

    Raises:
        ApiError: the tenant's share or the disk's is used up.
    """
    used = stored_bytes(store, tenant)
    files = store.one("SELECT count(*) AS n FROM files WHERE tenant = ?", tenant)
    if used + more > MAX_TENANT or (files or {"n": 0})["n"] >= MAX_FILES:
        raise ApiError(
            429,
            "You exceeded your current quota of stored files. Delete files or models that you "
            "no longer need.",
            "insufficient_quota",
            type="insufficient_quota",
        )
    if store.size() + more > MAX_ALL:
        raise ApiError(
            429,
            "The storage of this engine is used up. Try again later.",
            "insufficient_quota",
            type="insufficient_quota",
        )


def stored_bytes(store: Store, tenant: str) -> int:
    """Bytes of a tenant's contents."""
    total = 0
    for table in ("files", "parts", "models", "completions"):
        size = "length(CAST(content AS BLOB))"
        size += " + length(messages)" if table == "completions" else ""
        row = store.one(
            f"SELECT coalesce(sum({size}), 0) AS n FROM {table} WHERE tenant = ?", tenant
        )
        total += row["n"] if row else 0
    return total


def find_file(store: Store, tenant: str, file_id: str) -> Row:
    """A tenant's file, content included.

    Raises:
        ApiError: there is none by that id.
    """
    row = store.one("SELECT * FROM files WHERE id = ? AND tenant = ?", file_id, tenant)
    if row is None or (row["expires_at"] and row["expires_at"] < time.time()):
        raise ApiError(404, f"No such File object: {file_id}", None, "id")
    return row


def list_files(store: Store, request: Request) -> Response:
    """GET /files"""
    where, values = "tenant = ? AND coalesce(expires_at, 9e12) >= ?", [request.tenant, time.time()]
    if "purpose" in request.query:
        where += " AND purpose = ?"
        values.append(request.query["purpose"])
    after, limit = read_page(request.query, 10_000, default=10_000, also=("purpose", "order"))
    newest_first = request.query.get("order", "desc") == "desc"
    rows, more = store.page("files", where, tuple(values), after, limit, newest_first)
    return list_response([file_object(row) for row in rows], more)


def retrieve(store: Store, request: Request, file_id: str) -> Response:
    """GET /files/{file_id}"""
    return json_response(file_object(find_file(store, request.tenant, file_id)))


def content(store: Store, request: Request, file_id: str) -> Response:
    """GET /files/{file_id}/content"""
    data = find_file(store, request.tenant, file_id)["content"]
    headers = {"content-type": "application/octet-stream", "content-length": str(len(data))}
    return Response(200, headers, iter((data,)))


def delete(store: Store, request: Request, file_id: str) -> Response:
    """DELETE /files/{file_id}"""
    find_file(store, request.tenant, file_id)
    store.run("DELETE FROM files WHERE id = ? AND tenant = ?", file_id, request.tenant)
    store.checkpoint()
    return json_response({"id": file_id, "object": "file", "deleted": True})


def parse_multipart(request: Request) -> tuple[dict[str, str], dict[str, tuple[str, bytes]]]:
    """The fields and files of a multipart body.

    Raises:
        ApiError: the body is not multipart or broken.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise ApiError(400, "Expected a multipart/form-data body.", "invalid_content_type")
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}

    def on_field(item: Any) -> None:
        fields[(item.field_name or b"").decode()] = (item.value or b"").decode("utf-8", "replace")

    def on_file(item: Any) -> None:
        item.file_object.seek(0)
        name = (item.file_name or b"").decode("utf-8", "replace")
        files[(item.field_name or b"").decode()] = (name, item.file_object.read())

    parser = python_multipart.FormParser(
        "multipart/form-data",
        on_field,
        on_file,
        boundary=options[b"boundary"],
        config={"MAX_MEMORY_FILE_SIZE": MAX_FILE + MEBIBYTE},
    )
    try:
        parser.write(request.body)
        parser.finalize()
    except python_multipart.exceptions.FormParserError as error:
        raise ApiError(400, "The multipart body is broken.", "invalid_multipart") from error
    return fields, files
