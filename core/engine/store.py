"""The engine's memory: one SQLite file with files, uploads, jobs, events, checkpoints, models.

Write-ahead log, one connection, one lock. Every row carries its tenant: the hash of a bearer
token, never the token. What is deleted is overwritten in the file (``secure_delete``).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from core.problems import Problem

FILE_NAME = "engine.sqlite"
MEBIBYTE = 1 << 20

SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER, filename TEXT NOT NULL,
    purpose TEXT NOT NULL, bytes INTEGER NOT NULL, content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS files_of ON files (tenant, seq);
CREATE TABLE IF NOT EXISTS uploads (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, filename TEXT NOT NULL,
    purpose TEXT NOT NULL, bytes INTEGER NOT NULL, file_expires_after INTEGER,
    status TEXT NOT NULL, file_id TEXT);
CREATE TABLE IF NOT EXISTS parts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    upload_id TEXT NOT NULL, created_at INTEGER NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    status TEXT NOT NULL, created_at INTEGER NOT NULL, started_at REAL, finished_at INTEGER,
    estimated_finish INTEGER, owner TEXT, lease_until REAL, attempts INTEGER NOT NULL DEFAULT 0,
    model TEXT NOT NULL, training_file TEXT NOT NULL, validation_file TEXT, suffix TEXT,
    seed INTEGER NOT NULL, method TEXT NOT NULL, requested TEXT NOT NULL,
    hyperparameters TEXT NOT NULL, metadata TEXT, error TEXT, fine_tuned_model TEXT,
    result_files TEXT NOT NULL DEFAULT '[]', trained_tokens INTEGER, languages TEXT, kind TEXT);
CREATE INDEX IF NOT EXISTS jobs_of ON jobs (tenant, seq);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, seq);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    job_id TEXT NOT NULL, created_at INTEGER NOT NULL, level TEXT NOT NULL,
    message TEXT NOT NULL, type TEXT NOT NULL, data TEXT, step INTEGER,
    UNIQUE (job_id, step));
CREATE INDEX IF NOT EXISTS events_of ON events (job_id, seq);
CREATE TABLE IF NOT EXISTS checkpoints (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    job_id TEXT NOT NULL, created_at INTEGER NOT NULL, step INTEGER NOT NULL,
    model TEXT NOT NULL, metrics TEXT NOT NULL, UNIQUE (job_id, step));
CREATE TABLE IF NOT EXISTS models (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    created_at INTEGER NOT NULL, job_id TEXT NOT NULL, checkpoint INTEGER NOT NULL,
    content BLOB NOT NULL, kind TEXT);
CREATE INDEX IF NOT EXISTS models_of ON models (tenant, seq);
CREATE TABLE IF NOT EXISTS completions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, tenant TEXT NOT NULL,
    created_at INTEGER NOT NULL, model TEXT NOT NULL, metadata TEXT, messages TEXT NOT NULL,
    content TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS completions_of ON completions (tenant, seq);
"""

TABLES = ("files", "uploads", "parts", "jobs", "events", "checkpoints", "models", "completions")

#: Columns that hold JSON.
JSON_COLUMNS = frozenset(
    (
        "method",
        "requested",
        "hyperparameters",
        "metadata",
        "error",
        "result_files",
        "data",
        "metrics",
        "languages",
        "messages",
    )
)

Row = dict[str, Any]


def tenant_of(token: str) -> str:
    """What is stored instead of a bearer token."""
    return hashlib.sha256(b"soundalike tenant\0" + token.encode()).hexdigest()[:40]


def new_id(prefix: str, length: int = 22) -> str:
    """A random identifier that cannot be guessed."""
    alphabet = string.ascii_letters + string.digits
    return prefix + "".join(secrets.choice(alphabet) for _ in range(length))


class Store:
    """The database of one engine folder; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open or create the database.

        Raises:
            Problem: the folder cannot be written, or the file in it is not a database.
        """
        self.path = folder / FILE_NAME
        self._lock = threading.RLock()
        self._depth = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            for pragma in (
                "busy_timeout = 30000",
                "auto_vacuum = INCREMENTAL",
                "journal_mode = WAL",
                "synchronous = NORMAL",
                "secure_delete = ON",
                f"journal_size_limit = {8 * MEBIBYTE}",
            ):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(SCHEMA)
            self._add_missing_columns()
        except (OSError, sqlite3.DatabaseError) as error:
            raise Problem(
                f"The engine cannot use its database {self.path.name}.",
                "Check that its folder can be written; if the file is damaged, move it away.",
            ) from error

    def _add_missing_columns(self) -> None:
        """Bring a database that an earlier version made up to the present schema."""
        with closing(sqlite3.connect(":memory:")) as fresh:
            fresh.executescript(SCHEMA)
            for table in TABLES:
                there = {row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")}
                for _, name, kind, *_ in fresh.execute(f"PRAGMA table_info({table})"):
                    if name not in there:
                        self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction, part of that one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth = 0

    def run(self, statement: str, *values: Any) -> int:
        """Execute; the number of rows changed."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def all(self, statement: str, *values: Any) -> list[Row]:
        """Rows as dicts, JSON columns as values."""
        with self._lock:
            return [_load(row) for row in self._connection.execute(statement, values).fetchall()]

    def one(self, statement: str, *values: Any) -> Row | None:
        """The first row, or None."""
        with self._lock:
            row = self._connection.execute(statement, values).fetchone()
        return _load(row) if row else None

    def insert(self, table: str, row: Mapping[str, Any], *, or_ignore: bool = False) -> int:
        """Add a row; the number of rows added (0 only with ``or_ignore``)."""
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        ignore = "OR IGNORE " if or_ignore else ""
        values = [_dump(name, value) for name, value in row.items()]
        return self.run(f"INSERT {ignore}INTO {table} ({names}) VALUES ({marks})", *values)

    def update(self, table: str, row_id: str, changes: Mapping[str, Any], also: str = "") -> bool:
        """Change a row by its id; False where it is gone or ``also`` (SQL) does not hold."""
        names = ", ".join(f"{name} = ?" for name in changes)
        values = [_dump(name, value) for name, value in changes.items()]
        where = f"id = ?{' AND ' + also if also else ''}"
        return self.run(f"UPDATE {table} SET {names} WHERE {where}", *values, row_id) > 0

    def add_event(
        self,
        job: Row,
        message: str,
        *,
        level: str = "info",
        data: Row | None = None,
        step: int | None = None,
    ) -> int:
        """Append to a job's history. A second event for the same step is left out (0: was)."""
        return self.insert(
            "events",
            {
                "id": new_id("ftevent-"),
                "tenant": job["tenant"],
                "job_id": job["id"],
                "created_at": int(time.time()),
                "level": level,
                "message": message,
                "type": "message" if data is None else "metrics",
                "data": data,
                "step": step,
            },
            or_ignore=True,
        )

    def page(
        self,
        table: str,
        where: str,
        values: tuple[Any, ...],
        after: str | None,
        limit: int,
        newest_first: bool = True,
    ) -> tuple[list[Row], bool]:
        """One page of a table, and whether there is more. Contents are left out."""
        columns = "*"
        if table in ("files", "models"):
            names = [row["name"] for row in self.all(f"PRAGMA table_info({table})")]
            columns = ", ".join(name for name in names if name != "content")
        order, sign = ("DESC", "<") if newest_first else ("ASC", ">")
        if after is not None:
            where += f" AND seq {sign} (SELECT seq FROM {table} WHERE id = ?)"
            values = (*values, after)
        rows = self.all(
            f"SELECT {columns} FROM {table} WHERE {where} ORDER BY seq {order} LIMIT ?",
            *values,
            limit + 1,
        )
        return rows[:limit], len(rows) > limit

    def size(self) -> int:
        """Bytes of the database file that are in use."""
        pages, free, bytes_each = (
            int(self.all(f"PRAGMA {name}")[0][name])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * bytes_each

    def forget(self, tenant: str) -> None:
        """Delete every row of a tenant and shrink the log that still held them."""
        with self.transaction():
            for table in TABLES:
                self.run(f"DELETE FROM {table} WHERE tenant = ?", tenant)
        self.checkpoint()

    def checkpoint(self) -> None:
        """Move the log into the database, so that what was deleted is gone from both, and give the
        space back."""
        with self._lock:
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the database; the store cannot be used afterwards."""
        with self._lock:
            self._connection.close()


def _load(row: sqlite3.Row) -> Row:
    return {
        name: json.loads(row[name]) if name in JSON_COLUMNS and row[name] is not None else row[name]
        for name in row.keys()  # noqa: SIM118 - iterating a sqlite3.Row gives its values
    }


def _dump(name: str, value: Any) -> Any:
    return json.dumps(value) if name in JSON_COLUMNS and value is not None else value
