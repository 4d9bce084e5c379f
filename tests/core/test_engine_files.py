"""Files and uploads through the unmodified client: checks, paging, quotas, expiry, tenants."""

from __future__ import annotations

import hashlib
import sqlite3
import time

import openai
import pytest

from core.engine import Engine, files_api, uploads_api
from core.engine.store import FILE_NAME, Store
from core.problems import Problem
from tests.core.engine_help import chat_lines, engine_in, make_client, upload, voice


def test_a_file_comes_back_as_it_was(client):
    content = "\ufeff".encode() + chat_lines(voice(3)) + "\nñ 👍".encode()
    made = client.files.create(file=("zoë.bin", content), purpose="user_data")
    again = client.files.retrieve(made.id)
    assert (again.bytes, again.filename, again.purpose) == (len(content), "zoë.bin", "user_data")
    assert client.files.content(made.id).read() == content
    assert client.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File"):
        client.files.retrieve(made.id)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello\n", "Line 1 is not valid JSON"),
        (b'{"a": 1}\n\n[1, 2]\n', "Line 3 is not a dictionary"),
        (b'{"a": 1}\n"text"\n', "Line 2 is not a dictionary"),
        (b'{"a": "\xff"}\n', "Line 1 is not UTF-8"),
        (b"", "empty"),
        (b"[" * 100_000, "Line 1"),
    ],
)
def test_what_is_no_jsonl_is_refused_at_once(client, content, said):
    with pytest.raises(openai.BadRequestError, match=said):
        client.files.create(file=("t.jsonl", content), purpose="fine-tune")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"purpose": "fun"}, "purpose"),
        ({"purpose": "fine-tune-results"}, "purpose"),
        ({"purpose": "batch", "expires_after": {"anchor": "created_at", "seconds": 60}}, "3600"),
    ],
)
def test_wrong_fields_are_refused(engine, fields, said):
    with pytest.raises(openai.BadRequestError, match=said):
        make_client(engine, watch=False).files.create(file=("a", b"{}"), **fields)


def test_lists_are_paged_and_filtered(client):
    made = [
        client.files.create(file=(f"{n}", b"{}"), purpose="batch" if n % 2 else "fine-tune").id
        for n in range(7)
    ]
    assert [file.id for file in client.files.list()] == made[::-1]
    assert [file.id for file in client.files.list(limit=2)] == made[::-1]
    assert [file.id for file in client.files.list(limit=3, order="asc")] == made
    assert [file.id for file in client.files.list(purpose="batch")] == made[1::2][::-1]
    page = client.files.list(limit=3, after=made[4])
    assert [file.id for file in page.data] == made[3:0:-1] and page.has_more
    with pytest.raises(openai.BadRequestError, match="limit"):
        client.with_options().files.list(limit=0)


def test_tenants_see_only_their_own(engine, client):
    mine = upload(client, chat_lines(voice(2)))
    other = make_client(engine, "tenant-two")
    assert list(other.files.list()) == []
    for call in (other.files.retrieve, other.files.delete, other.files.content):
        with pytest.raises(openai.NotFoundError):
            call(mine)
    with pytest.raises(openai.BadRequestError, match="invalid training_file"):
        other.fine_tuning.jobs.create(model="soundalike-base", training_file=mine)
    assert client.files.retrieve(mine).id == mine


@pytest.mark.parametrize("header", [None, "", "Bearer ", "Basic abc", "Bearer"])
def test_nobody_comes_in_without_a_token(engine, header):
    headers = {} if header is None else {"Authorization": header}
    answer = engine.handle("GET", "/v1/files", "", headers)
    assert answer.status == 401 and b"invalid_api_key" in b"".join(answer.chunks)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nowhere", 404), ("PUT", "/v1/files", 405), ("PATCH", "/v1/models", 405)],
)
def test_unknown_ways_are_errors_not_exceptions(engine, method, path, status):
    answer = engine.handle(method, path, None, {"Authorization": "Bearer abc"})
    assert answer.status == status


@pytest.mark.parametrize(
    "body", [b"", b"no", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="file"']
)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_broken_forms_are_refused(engine, body, kind):
    headers = {"Authorization": "Bearer abc", "Content-Type": kind}
    assert engine.handle("POST", "/v1/files", None, headers, body).status == 400


def test_a_tenant_has_a_quota_and_so_has_the_disk(engine, client, monkeypatch):
    monkeypatch.setattr(files_api, "MAX_FILE", 3000)
    with pytest.raises(openai.BadRequestError, match="too large"):
        client.files.create(file=("big", b"x" * 3001), purpose="batch")
    monkeypatch.setattr(files_api, "MAX_TENANT", 5000)
    first = client.files.create(file=("a", b"x" * 3000), purpose="batch")
    with pytest.raises(openai.RateLimitError, match="quota") as limited:
        client.files.create(file=("b", b"x" * 3000), purpose="batch")
    assert limited.value.code == "insufficient_quota"
    other = make_client(engine, "tenant-two")
    other.files.create(file=("b", b"x" * 3000), purpose="batch")
    client.files.delete(first.id)
    client.files.create(file=("b", b"x" * 3000), purpose="batch")
    monkeypatch.setattr(files_api, "MAX_ALL", engine.store.size() + 2000)
    with pytest.raises(openai.RateLimitError, match="storage"):
        make_client(engine, "tenant-three").files.create(file=("b", b"x" * 3000), purpose="batch")
    monkeypatch.setattr(files_api, "MAX_FILES", 1)
    with pytest.raises(openai.RateLimitError):
        client.files.create(file=("c", b"x"), purpose="batch")


def test_expired_files_are_gone(engine, monkeypatch):
    client = make_client(engine, watch=False)
    made = client.files.create(
        file=("a", b"{}"),
        purpose="batch",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert made.expires_at == made.created_at + 3600
    now = time.time() + 4000
    monkeypatch.setattr(time, "time", lambda: now)
    assert list(client.files.list()) == []
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(made.id)
    client.files.create(file=("b", b"{}"), purpose="batch")
    assert [file.filename for file in client.files.list()] == ["b"]


# ---- uploads ----


def begin_upload(client, content: bytes, **more):
    fields = {"filename": "u.jsonl", "purpose": "fine-tune", "mime_type": "text/jsonl"}
    return client.uploads.create(bytes=len(content), **(fields | more))


def test_a_file_in_parts_is_put_together_in_the_order_named(client):
    content = chat_lines(voice(12))
    cuts = [content[:100], content[100:900], content[900:]]
    made = begin_upload(client, content)
    parts = {n: client.uploads.parts.create(made.id, data=cuts[n]).id for n in (2, 0, 1)}
    md5 = hashlib.md5(content).hexdigest()
    done = client.uploads.complete(made.id, part_ids=[parts[0], parts[1], parts[2]], md5=md5)
    assert done.status == "completed" and done.file.filename == "u.jsonl"
    assert client.files.content(done.file.id).read() == content
    with pytest.raises(openai.BadRequestError, match="completed"):
        client.uploads.parts.create(made.id, data=b"more")


def test_the_clients_own_chunked_upload_works(client):
    content = chat_lines(voice(30))
    done = client.uploads.upload_file_chunked(
        file=content,
        filename="c.jsonl",
        bytes=len(content),
        mime_type="text/jsonl",
        purpose="fine-tune",
        part_size=700,
    )
    assert client.files.content(done.file.id).read() == content


def test_uploads_that_do_not_add_up_are_refused(client):
    content = b'{"a": 1}\n'
    made = begin_upload(client, content)
    part = client.uploads.parts.create(made.id, data=content[:4]).id
    for named, more, said in [
        ([part], {}, "4 bytes"),
        ([], {}, "part_ids"),
        (["part_x"], {}, "part_ids"),
    ]:
        with pytest.raises(openai.BadRequestError, match=said):
            client.uploads.complete(made.id, part_ids=named, **more)
    rest = client.uploads.parts.create(made.id, data=content[4:]).id
    with pytest.raises(openai.BadRequestError, match="md5"):
        client.uploads.complete(made.id, part_ids=[part, rest], md5="0" * 32)
    with pytest.raises(openai.BadRequestError, match="announced"):
        client.uploads.parts.create(made.id, data=b"x" * 100)
    assert client.uploads.cancel(made.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="cancelled"):
        client.uploads.complete(made.id, part_ids=[part, rest])
    with pytest.raises(openai.NotFoundError):
        client.uploads.cancel("upload_x")


def test_other_tenants_cannot_touch_an_upload(engine, client):
    made = begin_upload(client, b"{}")
    other = make_client(engine, "tenant-two")
    for call in (
        lambda: other.uploads.parts.create(made.id, data=b"{}"),
        lambda: other.uploads.complete(made.id, part_ids=["x"]),
        lambda: other.uploads.cancel(made.id),
    ):
        with pytest.raises(openai.NotFoundError):
            call()


def test_an_upload_expires_and_its_parts_are_swept(engine, client, monkeypatch):
    made = begin_upload(client, b"{}")
    client.uploads.parts.create(made.id, data=b"{}")
    later = time.time() + uploads_api.LIFETIME + 5
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(openai.BadRequestError, match="expired"):
        client.uploads.complete(made.id, part_ids=["x"])
    upload(client, b"{}")
    assert engine.store.all("SELECT * FROM parts") == []


# ---- the database ----


def test_deleted_text_is_overwritten_on_disk(tmp_path):
    with engine_in(tmp_path) as engine:
        client = make_client(engine)
        secret = "sesame-seed-bagel-7781"
        made = upload(client, chat_lines([secret] * 40))
        kept = upload(client, chat_lines(["kept-text-5512"]))
        client.files.delete(made)
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert secret.encode() not in data and b"kept-text-5512" in data
        engine.forget("tenant-one")
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert b"kept-text-5512" not in data
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(kept)


def test_tokens_are_not_stored(tmp_path):
    with engine_in(tmp_path) as engine:
        upload(make_client(engine, "very-secret-token"), b"{}")
        data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert b"very-secret-token" not in data


def test_forgetting_one_tenant_leaves_the_others(engine, client):
    other = make_client(engine, "tenant-two")
    upload(client, b"{}")
    kept = upload(other, b"{}")
    engine.forget("tenant-one")
    assert list(client.files.list()) == []
    assert [file.id for file in other.files.list()] == [kept]


def test_a_folder_that_cannot_be_used_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(Problem, match="database"):
        Engine(tmp_path / "file")
    (tmp_path / FILE_NAME).write_bytes(b"this is no database " * 100)
    with pytest.raises(Problem, match="database"):
        Engine(tmp_path)


def test_a_database_of_an_earlier_version_is_brought_up_to_date(tmp_path):
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as old:
        old.execute("ALTER TABLE jobs DROP COLUMN languages")
    old.close()
    store = Store(tmp_path)
    assert store.all("SELECT languages FROM jobs") == []
    store.close()


def test_a_full_disk_is_an_error_and_passes(engine, client):
    """A database that may not grow stands for a disk that is full."""
    upload(client, b"{}")
    pages = engine.store.one("PRAGMA page_count")["page_count"]
    engine.store.run(f"PRAGMA max_page_count = {pages + 8}")
    plain = make_client(engine, watch=False)
    with pytest.raises(openai.InternalServerError, match="database"):
        plain.files.create(file=("big", b"x" * 200_000), purpose="batch")
    assert len(list(client.files.list())) == 1
    engine.store.run("PRAGMA max_page_count = 1000000")
    plain.files.create(file=("big", b"x" * 200_000), purpose="batch")
    assert len(list(client.files.list())) == 2
