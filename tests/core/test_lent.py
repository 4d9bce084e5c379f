"""With a host's key strangers share an account: nobody sees, deletes or spends beyond their own."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx2
import openai
import pytest

from core import cleanup, jobs
from core.generate import Sampling, answer_texts, stream_answer
from core.launches import LaunchSettings, new_launch_token
from core.lent import LentTransport
from core.prices import load_prices
from core.problems import Problem
from core.providers import load_profiles, open_client
from core.spending import Ledger, OwnerKey, lent_launch, lent_marks, lent_so_far
from core.uploads import MADE_BY
from tests.loopback_provider import LoopbackProvider

OPENAI = load_profiles()["openai"]
MINI = "gpt-4.1-mini-2025-04-14"
SETTINGS = LaunchSettings(MINI, n_epochs=2)
DATA = b'{"messages": []}\n' * 20


@pytest.fixture
def server():
    with LoopbackProvider(step_per_look=500) as running:
        yield running


@pytest.fixture
def ledger():
    return Ledger()


def visitor(server, ledger, project="anna", cap=1.0):
    owner = OwnerKey("openai", server.key, cap)
    transport = LentTransport(
        httpx2.HTTPTransport(), owner, ledger, project, load_prices(), urlsplit(server.url).path
    )
    http = httpx2.Client(transport=transport, timeout=20)
    client = open_client(OPENAI, server.key, base_url=server.url, http_client=http, max_retries=0)
    return client, owner


def train(server, ledger, project="anna", cost=0.25, cap=1.0, settings=SETTINGS, token=None):
    client, owner = visitor(server, ledger, project, cap)
    file = jobs.upload(client, DATA, "training.jsonl", profile=OPENAI, project=project)
    token = token or new_launch_token()

    def start():
        return jobs.launch(
            client,
            OPENAI,
            file.id,
            None,
            settings,
            lent_marks(cost),
            token=token,
            project=project,
            waits=(),
        )

    job = lent_launch(ledger, owner, cost, token, start)
    server.finish(job.id)
    return client, client.fine_tuning.jobs.retrieve(job.id)


def test_a_visitor_trains_follows_asks_and_cleans_up(server, ledger):
    client, job = train(server, ledger)
    assert ledger.spent("openai") == 0.25 and server.creates == 1
    assert jobs.job_snapshot(client, job.id).events
    assert jobs.result_file(client, job)
    said = stream_answer(client, job.fine_tuned_model, [{"role": "user", "content": "hi"}])
    assert answer_texts(said)[0][0]
    assert 0.25 < ledger.spent("openai") < 0.26
    receipt = cleanup.execute(
        client, OPENAI, cleanup.plan(cleanup.inventory(client, OPENAI, "anna"))
    )
    assert receipt.complete and receipt.outcomes
    assert not server.files


def test_nothing_of_another_visitor_is_seen_asked_or_deleted(server, ledger):
    _, theirs = train(server, ledger, "berta")
    server.add_file("diary.jsonl", b"private", "fine-tune")
    client, mine = train(server, ledger, "anna")
    assert [job.id for job in jobs.list_jobs(client)] == [mine.id]
    seen = {file.id for file in client.files.list(limit=100)}
    assert seen == {mine.training_file, *mine.result_files}
    names = {model.id for model in client.models.list()}
    assert mine.fine_tuned_model in names and theirs.fine_tuned_model not in names
    for attempt in (
        lambda: client.fine_tuning.jobs.retrieve(theirs.id),
        lambda: client.fine_tuning.jobs.cancel(theirs.id),
        lambda: list(client.fine_tuning.jobs.list_events(theirs.id)),
        lambda: client.files.retrieve(theirs.training_file),
        lambda: client.files.content(theirs.training_file),
        lambda: client.files.content(theirs.result_files[0]),
        lambda: client.files.delete(theirs.training_file),
        lambda: client.models.retrieve(theirs.fine_tuned_model),
        lambda: client.models.delete(theirs.fine_tuned_model),
        lambda: client.models.delete(MINI),
        lambda: ask(client, theirs.fine_tuned_model),
        lambda: ask(client, f"{theirs.fine_tuned_model}:ckpt-step-1"),
        lambda: ask(client, f"{mine.fine_tuned_model}x"),
    ):
        with pytest.raises(openai.NotFoundError):
            attempt()
    assert "diary.jsonl" in {file["filename"] for file in server.files.values()}
    assert theirs.fine_tuned_model in server.models and len(server.jobs) == 2


def ask(client, model, **more):
    body = {"max_tokens": 5} | more
    return client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "hi"}], **body
    )


def test_a_plan_for_the_whole_account_finds_only_ones_own(server, ledger):
    train(server, ledger, "berta")
    client, _ = train(server, ledger, "anna")
    found = cleanup.inventory(client, OPENAI, "anna")
    assert {item.owner for item in found.items if item.kind != "model"} == {"project"}
    whole = cleanup.plan(found, whole_account=True, typed=found.account)
    cleanup.execute(client, OPENAI, whole)
    left = {f["filename"].split("-")[1] for f in server.files.values() if "-" in f["filename"]}
    assert left == {"berta"}


def test_the_cap_holds_over_visitors_and_a_refused_job_is_never_sent(server, ledger):
    train(server, ledger, "berta", cost=0.7)
    with pytest.raises(Problem, match=r"has \$0.30 left of \$1.00"):
        train(server, ledger, "anna", cost=0.4)
    assert server.creates == 1 and ledger.spent("openai") == pytest.approx(0.7)
    train(server, ledger, "anna", cost=0.3)
    with pytest.raises(Problem, match="nothing left"):
        train(server, ledger, "carl", cost=0.01)
    assert server.creates == 2


def test_a_job_without_a_sum_set_aside_is_not_created(server, ledger):
    client, _ = visitor(server, ledger)
    file = jobs.upload(client, DATA, "training.jsonl", profile=OPENAI, project="anna")
    for project in ("anna", "berta"):
        with pytest.raises(Problem, match="not lent for this"):
            jobs.launch(client, OPENAI, file.id, None, SETTINGS, project=project, waits=())
    assert server.creates == 0


def test_the_same_launch_twice_is_paid_and_counted_once(server, ledger):
    token = new_launch_token()
    first = train(server, ledger, token=token)[1]
    assert train(server, ledger, token=token)[1].id == first.id
    assert server.creates == 1 and ledger.spent("openai") == pytest.approx(0.25)


def test_an_unclear_create_stays_counted_and_a_clear_no_does_not(server, ledger):
    server.fault("POST", "/fine_tuning/jobs", "cut", done=False)
    with pytest.raises(Problem, match="did not say clearly"):
        train(server, ledger)
    assert ledger.spent("openai") == pytest.approx(0.25)
    server.closed = True
    with pytest.raises(Problem, match="no longer trains"):
        train(server, ledger)
    assert ledger.spent("openai") == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("model", "more", "code"),
    [
        (MINI, {"max_tokens": None}, "host_key_no_limit"),
        (MINI, {"max_tokens": 100_000}, "host_key_no_limit"),
        ("gpt-6-luna", {}, "host_key_price_unknown"),
        (MINI, {"max_tokens": 4000, "n": 100}, "host_key_cap_reached"),
    ],
)
def test_answers_are_refused_before_they_cost_anything(server, ledger, model, more, code):
    client, _ = visitor(server, ledger)
    with pytest.raises(openai.PermissionDeniedError) as refused:
        ask(client, model, **more)
    assert refused.value.code == code
    assert not server.requests("POST", "/chat/completions") and ledger.spent("openai") == 0


def test_answers_stop_at_the_cap(server, ledger):
    client, _ = visitor(server, ledger, cap=0.0001)
    given = 0
    with pytest.raises(Problem, match="reached its spending limit"):
        for _ in range(20):
            said = stream_answer(
                client, MINI, [{"role": "user", "content": "hi"}], Sampling(max_tokens=5),
                profile=OPENAI,
            )  # fmt: skip
            answer_texts(said)
            given += 1
    assert 1 <= given < 20 and ledger.spent("openai") <= 0.0001


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/organization/users"),
        ("POST", "/embeddings"),
        ("POST", "/images/generations"),
        ("POST", "/responses"),
        ("GET", "/fine_tuning/checkpoints/x/permissions"),
        ("DELETE", "/fine_tuning/jobs/x"),
        ("GET", "/chat/completions"),
        ("GET", ""),
    ],
)
def test_anything_else_is_never_sent(server, ledger, method, path):
    client, _ = visitor(server, ledger)
    before = len(server.seen)
    answer = client._client.request(
        method, f"{server.url}{path}", headers={"authorization": "Bearer x"}
    )
    assert answer.status_code == 403 and len(server.seen) == before


def test_a_server_that_ignores_the_filter_shows_nothing_more(server, ledger, monkeypatch):
    train(server, ledger, "berta")
    monkeypatch.setattr(server, "_metadata_fits", lambda job, seen: True)
    client, _ = visitor(server, ledger, "anna")
    assert jobs.list_jobs(client) == []


def test_the_sum_is_found_again_at_the_provider(server, ledger):
    for project, cost in (("anna", 0.2), ("berta", 0.3)):
        train(server, ledger, project, cost=cost)
    own = open_client(OPENAI, server.key, base_url=server.url)
    jobs.launch(own, OPENAI, next(iter(server.files)), None, SETTINGS, project="host")
    prices = [price for price in load_prices() if price.provider == "openai"]
    spent = lent_so_far(jobs.list_jobs(own), [])
    assert spent == pytest.approx(0.5)
    billed = sum(job["trained_tokens"] or 0 for job in server.jobs.values()) * 5 / 1e6
    assert lent_so_far(jobs.list_jobs(own), prices) == pytest.approx(billed)
    fresh = Ledger()
    fresh.at_least("openai", spent)
    fresh.at_least("openai", 0.1)
    assert fresh.spent("openai") == pytest.approx(0.5)


def test_strange_marks_do_not_lower_the_sum(server):
    own = open_client(OPENAI, server.key, base_url=server.url)
    for cost in ("-5", "much", ""):
        marks = {"made_by": MADE_BY, "paid_by": "host", "expected_cost": cost}
        server.add_job("file-x", metadata=marks)
    server.add_job("file-x", metadata={"paid_by": "host", "expected_cost": "9"})
    assert lent_so_far(jobs.list_jobs(own), []) == 0.0


def test_errors_of_the_provider_come_through(server, ledger):
    client, _ = visitor(server, ledger)
    server.fault("GET", "/fine_tuning/jobs", "status", status=429, error={"message": "slow down"})
    with pytest.raises(Problem, match="too many requests"):
        jobs.list_jobs(client, OPENAI)
    server.fault("GET", "/models", "html")
    with pytest.raises(Problem, match="web page"):
        list(client.models.list())


def test_the_job_carries_who_pays_and_how_much(server, ledger):
    train(server, ledger)
    sent = json.loads(server.requests("POST", "/fine_tuning/jobs")[0].body)
    assert sent["metadata"]["paid_by"] == "host" and sent["metadata"]["expected_cost"] == "0.250000"
