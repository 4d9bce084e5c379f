"""The same bytes are uploaded once, checked on arrival and recognisable as ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import uploads
from core.problems import Problem
from core.providers import load_profiles, open_client
from tests.loopback_provider import LoopbackProvider

PROFILES = load_profiles()
OPENAI = PROFILES["openai"]
DATA = b'{"messages": [{"role": "user", "content": "hi"}]}\n' * 400


@pytest.fixture
def server():
    with LoopbackProvider() as running:
        yield running


@pytest.fixture
def client(server):
    return open_client(OPENAI, server.key, base_url=server.url, max_retries=0)


def test_upload_reports_progress_and_carries_the_mark(server, client):
    shares: list[float] = []
    data = DATA * 30  # several pieces
    file = uploads.upload(client, data, "training.jsonl", project="p1", progress=shares.append)
    assert shares == sorted(shares) and len(shares) > 3 and shares[-1] == 1.0
    assert uploads.OUR_FILE.fullmatch(file.filename)["project"] == "p1"
    assert server.contents[file.id] == data


def test_the_same_bytes_are_sent_once(server, client):
    first = uploads.upload(client, DATA, "training.jsonl", project="p1")
    again = uploads.upload(client, DATA, "training.jsonl", project="p1")
    assert first.id == again.id
    assert len(server.requests("POST", "/files")) == 1


@pytest.mark.parametrize(
    ("data", "name", "project"),
    [
        (DATA + b"{}\n", "training.jsonl", "p1"),
        (DATA, "validation.jsonl", "p1"),
        (DATA, "training.jsonl", "p2"),
    ],
)
def test_other_bytes_or_projects_are_sent(server, client, data, name, project):
    uploads.upload(client, DATA, "training.jsonl", project="p1")
    uploads.upload(client, data, name, project=project)
    assert len(server.requests("POST", "/files")) == 2


@pytest.mark.parametrize("change", [{"status": "error"}, {"bytes": 5}, {"filename": "mine.jsonl"}])
def test_a_broken_or_strange_file_is_not_reused(server, client, change):
    first = uploads.upload(client, DATA, "training.jsonl")
    server.files[first.id].update(change)
    assert uploads.upload(client, DATA, "training.jsonl").id != first.id


@pytest.mark.parametrize("how", ["cut", "status", "half", "html"])
def test_a_lost_answer_is_resolved_by_looking(server, client, how):
    server.fault("POST", "/files", how, done=True)
    file = uploads.upload(client, DATA, "training.jsonl")
    assert server.contents[file.id] == DATA
    assert len(server.requests("POST", "/files")) == 1 and len(server.files) == 1


def test_an_upload_that_did_not_arrive_is_said_so(server, client):
    server.fault("POST", "/files", "status", status=500)
    with pytest.raises(Problem, match="trouble of its own"):
        uploads.upload(client, DATA, "training.jsonl", profile=OPENAI)
    assert not server.files


def test_a_wrong_size_is_noticed(server, client, monkeypatch):
    monkeypatch.setattr(server, "contents", _Spoilt())
    with pytest.raises(Problem, match="not the one that was sent"):
        uploads.upload(client, DATA, "training.jsonl")


def test_a_wrong_content_of_a_reused_file_is_noticed(server, client):
    file = uploads.upload(client, DATA, "training.jsonl")
    server.contents[file.id] = DATA[::-1]
    with pytest.raises(Problem, match="not the one that was sent"):
        uploads.upload(client, DATA, "training.jsonl")


class _Spoilt(dict):
    """Keeps something else than what was sent."""

    def __getitem__(self, key):
        return b"x" * len(super().__getitem__(key))


def test_a_short_arrival_is_noticed(server, client, monkeypatch):
    keep = server.add_file
    monkeypatch.setattr(
        server, "add_file", lambda name, data, *more, **kw: keep(name, data[:-7], *more, **kw)
    )
    with pytest.raises(Problem, match="received"):
        uploads.upload(client, DATA, "training.jsonl")


def test_providers_that_do_not_give_files_back_are_believed(server, client):
    server.fault("GET", "/content", "status", status=403, error={"message": "x"})
    assert uploads.upload(client, DATA, "training.jsonl").bytes == len(DATA)


def test_big_files_are_not_read_back(server, client, monkeypatch):
    monkeypatch.setattr(uploads, "READ_BACK_LIMIT", 10)
    uploads.upload(client, DATA, "training.jsonl")
    assert not server.requests("GET", "/content")


def test_too_large_is_refused_before_sending(server, client, monkeypatch):
    with pytest.raises(Problem, match="takes at most 100"):
        uploads.upload(
            client,
            DATA,
            "training.jsonl",
            profile=replace(OPENAI, max_file_bytes=100, max_upload_bytes=0),
        )
    assert not server.seen


def test_azure_gets_a_byte_order_mark_and_others_none(server):
    azure = PROFILES["azure"]
    client = open_client(azure, server.key, base_url=server.url)
    file = uploads.upload(client, DATA, "training.jsonl", profile=azure)
    assert server.contents[file.id] == uploads.BOM + DATA
    assert uploads.with_bom(uploads.BOM + DATA, OPENAI) == DATA
    assert uploads.with_bom(uploads.BOM + DATA, azure) == uploads.BOM + DATA


def test_a_refused_file_is_explained_without_its_text(server, client):
    with pytest.raises(Problem, match="refused the request") as refused:
        uploads.upload(client, b"my secret diary", "diary.jsonl", profile=OPENAI)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("filename", "project", "start"),
    [
        ("training.jsonl", "", "soundalike-none-training-"),
        ("My Chats (2).jsonl", "A-B c!", "soundalike-abc-My-Chats-2-"),
        ("...", "p", "soundalike-p-file-"),
        ("日記.jsonl", "p", "soundalike-p-file-"),
    ],
)
def test_names_of_ours(filename, project, start):
    name = uploads.our_file_name(filename, b"x", project)
    assert name.startswith(start)
    assert uploads.OUR_FILE.fullmatch(name)


@pytest.mark.parametrize(
    "name",
    [
        "training.jsonl",
        "soundalike.jsonl",
        "x-soundalike-p-a-0123456789abcdef.jsonl",
        "soundalike-p-a-0123456789ABCDEF.jsonl",
        "soundalike-p-a-0123456789abcdef.jsonl.bak",
    ],
)
def test_names_that_are_not_ours(name):
    assert not uploads.OUR_FILE.fullmatch(name)


def test_a_list_that_never_ends_is_left(client, server):
    for number in range(5):
        server.add_file(f"f{number}")
    server.endless = True
    assert len(uploads.list_files(client)) == 5


# ---- in parts ----

SMALL_PARTS = replace(OPENAI, max_file_bytes=1000, part_bytes=4000, max_upload_bytes=50_000)
PARTS = -(-len(DATA) // 4000)


def send(client, started=None, shares=None):
    report = shares.append if shares is not None else None
    return uploads.upload(
        client, DATA, "training.jsonl", profile=SMALL_PARTS, progress=report, started=started
    )


def part_requests(server):
    return len([s for s in server.seen if s.path.endswith("/parts")])


def test_a_large_file_goes_in_parts_once(server, client):
    shares: list[float] = []
    started: dict = {}
    file = send(client, started, shares)
    assert server.contents[file.id] == DATA and uploads.OUR_FILE.fullmatch(file.filename)
    assert part_requests(server) == PARTS > 3 and not server.requests("POST", "/files")
    assert shares == sorted(shares) and len(shares) == PARTS + 1 and shares[-1] == 1.0
    assert send(client).id == file.id and part_requests(server) == PARTS and not started


@pytest.mark.parametrize("how", ["cut", "status", "html"])
def test_a_broken_upload_goes_on_after_the_last_part(server, client, how):
    started: dict = {}
    server.fault("POST", "/parts", "skip", times=2)
    server.fault("POST", "/parts", how, times=1, status=503)
    with pytest.raises(Problem):
        send(client, started)
    assert len(started) == 1 and not server.files
    file = send(client, started)
    assert server.contents[file.id] == DATA
    assert part_requests(server) == PARTS + 1 and len(server.uploads) == 1


def test_an_upload_that_is_about_to_expire_begins_anew(server, client):
    started: dict = {}
    server.fault("POST", "/parts", "cut")
    with pytest.raises(Problem):
        send(client, started)
    next(iter(started.values())).expires_at = 0.0
    assert server.contents[send(client, started).id] == DATA
    assert len(server.uploads) == 2


def test_an_upload_cancelled_at_the_provider_begins_anew(server, client):
    started: dict = {}
    server.fault("POST", "/parts", "cut")
    with pytest.raises(Problem):
        send(client, started)
    next(iter(server.uploads.values()))["status"] = "cancelled"
    with pytest.raises(Problem):
        send(client, started)
    assert server.contents[send(client, started).id] == DATA


@pytest.mark.parametrize("how", ["cut", "half", "status"])
def test_a_lost_answer_to_putting_together_is_resolved_by_looking(server, client, how):
    server.fault("POST", "/complete", how, times=9, done=True)
    file = send(client)
    assert server.contents[file.id] == DATA and len(server.requests("POST", "/complete")) == 1


def test_parts_that_arrive_spoilt_are_noticed(server, client, monkeypatch):
    keep = server._new_part
    monkeypatch.setattr(server, "_new_part", lambda upload, data: keep(upload, data[::-1]))
    with pytest.raises(Problem, match="md5"):
        send(client)
    assert not server.files


def test_above_the_limit_for_parts_nothing_is_sent(server, client):
    with pytest.raises(Problem, match="takes at most 5,000"):
        uploads.upload(
            client, DATA, "training.jsonl", profile=replace(SMALL_PARTS, max_upload_bytes=5000)
        )
    assert not server.seen


def test_which_providers_take_parts():
    assert OPENAI.largest_file == 8 * 2**30 and OPENAI.part_bytes == 64 * 2**20
    assert not PROFILES["azure"].part_bytes and not PROFILES["nebius"].part_bytes
