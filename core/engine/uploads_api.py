"""Uploads: a file in parts, put together when it is complete."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from core.engine.files_api import (
    MAX_FILE,
    add_file,
    check_expiry,
    check_room,
    file_object,
    find_file,
    read_form,
)
from core.engine.parameters import COMPLETED_UPLOADS, UPLOADS, check_parameters
from core.engine.store import Row, Store, new_id
from core.engine.wire import ApiError, Request, Response, json_response, take

#: Seconds that an upload may take, as at OpenAI.
LIFETIME = 3600
MAX_PARTS = 256
PURPOSES = ("assistants", "batch", "fine-tune", "vision")


def upload_object(row: Row, file: Row | None = None) -> dict[str, Any]:
    """A row in OpenAI's shape; with the file once that is complete."""
    shape = {
        "id": row["id"],
        "object": "upload",
        "bytes": row["bytes"],
        "created_at": row["created_at"],
        "expires_at": row["expires_at"],
        "filename": row["filename"],
        "purpose": row["purpose"],
        "status": status_of(row),
    }
    return shape | ({"file": file_object(file)} if file else {})


def status_of(row: Row) -> str:
    """The status of an upload now: one that waited too long is expired."""
    late = row["status"] == "pending" and row["expires_at"] < time.time()
    return "expired" if late else row["status"]


def create(store: Store, request: Request) -> Response:
    """POST /uploads"""
    body = request.json()
    check_parameters(body, UPLOADS)
    for name in ("filename", "purpose", "bytes", "mime_type"):
        if body.get(name) is None:
            raise ApiError(
                400, f"'{name}' is a required property", "missing_required_parameter", name
            )
    purpose = take(body, "purpose", str)
    if purpose not in PURPOSES:
        raise ApiError(
            400, f"'{purpose}' is not one of {list(PURPOSES)}", "invalid_value", "purpose"
        )
    expires = take(body, "expires_after", dict)
    now = int(time.time())
    row = {
        "id": new_id("upload_"),
        "tenant": request.tenant,
        "created_at": now,
        "expires_at": now + LIFETIME,
        "filename": take(body, "filename", str),
        "purpose": purpose,
        "bytes": take(body, "bytes", int, low=1, high=MAX_FILE),
        "file_expires_after": check_expiry(expires.get("anchor"), expires.get("seconds"))
        if expires
        else None,
        "status": "pending",
    }
    with store.transaction():
        check_room(store, request.tenant, row["bytes"])
        store.insert("uploads", row)
    return json_response(upload_object(row))


def find_upload(store: Store, tenant: str, upload_id: str, *, pending: bool = True) -> Row:
    """A tenant's upload.

    Raises:
        ApiError: there is none by that id, or it takes no more parts.
    """
    row = store.one("SELECT * FROM uploads WHERE id = ? AND tenant = ?", upload_id, tenant)
    if row is None:
        raise ApiError(404, f"No such Upload object: {upload_id}", None, "upload_id")
    if pending and status_of(row) != "pending":
        raise ApiError(400, f"Upload {upload_id} is {status_of(row)}.", "invalid_upload_status")
    return row


def add_part(store: Store, request: Request, upload_id: str) -> Response:
    """POST /uploads/{id}/parts: multipart with ``data``."""
    upload = find_upload(store, request.tenant, upload_id)
    _, _, data = read_form(request, "data")
    row = {
        "id": new_id("part_"),
        "tenant": request.tenant,
        "upload_id": upload_id,
        "created_at": int(time.time()),
        "content": data,
    }
    with store.transaction():
        sofar = store.one(
            "SELECT count(*) AS parts, coalesce(sum(length(content)), 0) AS bytes FROM parts "
            "WHERE upload_id = ?",
            upload_id,
        ) or {"parts": 0, "bytes": 0}
        if sofar["bytes"] + len(data) > 2 * upload["bytes"] or sofar["parts"] >= MAX_PARTS:
            raise ApiError(
                400,
                f"The parts are larger than the {upload['bytes']} bytes announced.",
                "invalid_value",
                "data",
            )
        check_room(store, request.tenant, len(data))
        store.insert("parts", row)
    return json_response(
        {
            "id": row["id"],
            "object": "upload.part",
            "created_at": row["created_at"],
            "upload_id": upload_id,
        }
    )


def complete(store: Store, request: Request, upload_id: str) -> Response:
    """POST /uploads/{id}/complete: the parts in the order of ``part_ids`` become a file."""
    body = request.json()
    check_parameters(body, COMPLETED_UPLOADS)
    wanted = take(body, "part_ids", list, default=[])
    with store.transaction():
        upload = find_upload(store, request.tenant, upload_id)
        parts = {
            row["id"]: row["content"]
            for row in store.all("SELECT id, content FROM parts WHERE upload_id = ?", upload_id)
        }
        missing = [part for part in wanted if part not in parts]
        if missing or not wanted:
            raise ApiError(
                400,
                "Invalid 'part_ids': a part is unknown or none is named.",
                "invalid_value",
                "part_ids",
            )
        content = b"".join(parts[part] for part in wanted)
        if len(content) != upload["bytes"]:
            raise ApiError(
                400,
                f"The parts have {len(content)} bytes, but {upload['bytes']} were announced.",
                "invalid_value",
                "bytes",
            )
        md5 = take(body, "md5", str)
        if md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5.lower():
            raise ApiError(400, "The parts do not have this md5.", "invalid_value", "md5")
        store.run("DELETE FROM parts WHERE upload_id = ?", upload_id)
        file = add_file(
            store,
            request.tenant,
            upload["filename"],
            upload["purpose"],
            content,
            upload["file_expires_after"],
        )
        store.update("uploads", upload_id, {"status": "completed", "file_id": file["id"]})
        upload = find_upload(store, request.tenant, upload_id, pending=False)
    return json_response(upload_object(upload, find_file(store, request.tenant, file["id"])))


def cancel(store: Store, request: Request, upload_id: str) -> Response:
    """POST /uploads/{id}/cancel"""
    with store.transaction():
        find_upload(store, request.tenant, upload_id)
        store.run("DELETE FROM parts WHERE upload_id = ?", upload_id)
        store.update("uploads", upload_id, {"status": "cancelled"})
        upload = find_upload(store, request.tenant, upload_id, pending=False)
    return json_response(upload_object(upload))
