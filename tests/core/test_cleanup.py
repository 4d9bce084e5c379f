"""Clean up removes ours, nothing else, and says what really happened."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import cleanup
from core.cleanup import execute, inventory, inventory_frame, plan
from core.jobs import LaunchSettings, launch, upload
from core.problems import Problem
from core.providers import load_profiles, open_client
from tests.loopback_provider import LoopbackProvider

PROFILES = load_profiles()
OPENAI, NEBIUS = PROFILES["openai"], PROFILES["nebius"]
MINI = "gpt-4.1-mini-2025-04-14"
DATA = b'{"messages": []}\n' * 20
ACCOUNT = "org-loopback"


class Account:
    """An account in which two projects of ours and somebody else have trained."""

    def __init__(self, server: LoopbackProvider, profile=OPENAI) -> None:
        self.server, self.profile = server, profile
        self.client = open_client(profile, server.key, base_url=server.url, max_retries=0)
        self.client.timeout = 2.0
        self.mine = self._train("mine", 1)
        self.running = self._train("mine", 2, finish=False)
        self.colleague = self._train("colleague", 3)
        self.foreign_file = server.add_file("company-data.jsonl", DATA)
        self.foreign = server.add_job(self.foreign_file, metadata={"made_by": "company"})
        self.foreign_plain = server.add_job(self.foreign_file)
        self.foreign_running = server.add_job(self.foreign_file, status="running")
        server.add_file("batch.jsonl", DATA, "batch")
        self.before = (dict(server.files), dict(server.models), dict(server.jobs))

    def _train(self, project: str, number: int, *, finish: bool = True):
        data = DATA + b"{}\n" * number
        file = upload(self.client, data, "training.jsonl", profile=self.profile, project=project)
        chosen = LaunchSettings(MINI, n_epochs=3)
        job = launch(self.client, self.profile, file.id, None, chosen, project=project)
        if finish:
            self.server.finish(job.id)
        return self.server.jobs[job.id]

    def look(self, project="mine"):
        return inventory(self.client, self.profile, project)

    def removed(self) -> set[str]:
        """Files and models that are gone, and jobs that were stopped."""
        files, models, _ = self.before
        gone = set(files) - set(self.server.files) | set(models) - set(self.server.models)
        asked = {s.path.split("/")[-2] for s in self.server.requests("POST", "/cancel")}
        return gone | asked

    def made_by(self, job) -> set[str]:
        names = {job["training_file"], *job["result_files"], job["fine_tuned_model"]}
        names |= {c["fine_tuned_model_checkpoint"] for c in self.server.checkpoints[job["id"]]}
        return {name for name in names if name}


@pytest.fixture
def account():
    with LoopbackProvider() as server:
        yield Account(server)


def test_everything_is_listed_with_whose_it_is(account):
    found = account.look()
    owners = {item.id: item.owner for item in found.items}
    for name in account.made_by(account.mine) & set(owners):
        assert owners[name] == "project", name
    for name in account.made_by(account.colleague) & set(owners):
        assert owners[name] == "app", name
    assert owners[account.running["id"]] == "project"
    for job in (account.foreign, account.foreign_plain, account.foreign_running):
        assert owners[job["id"]] == "other"
    assert owners[account.foreign_file] == "other"
    kinds = [item.kind for item in found.items]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "file": 9,
        "job": 6,
        "model": 4,
        "checkpoint": 4,
    }
    assert found.account == ACCOUNT


def test_base_models_are_never_listed(account):
    assert not {item.id for item in account.look().items} & {MINI, "gpt-6-luna"}


def test_without_a_project_nothing_is_this_projects(account):
    owners = {item.owner for item in account.look("").items}
    assert owners == {"app", "other"}
    assert plan(account.look("")).steps == ()


def test_the_frame_has_a_row_a_thing(account):
    frame = inventory_frame(account.look())
    assert len(frame) == len(account.look().items) and frame["key"].is_unique


def test_a_plan_touches_nothing_and_is_in_order(account):
    planned = plan(account.look())
    assert account.removed() == set()
    kinds = [step.item.kind for step in planned.steps]
    assert kinds == sorted(kinds, key=["file", "job", "checkpoint", "model"].index)
    assert all(step.item.owner == "project" for step in planned.steps)
    reasons = {item.id: reason for item, reason in planned.kept}
    assert "over already" in reasons[account.mine["id"]]
    assert reasons[account.foreign_file] == "not made with this app"
    assert reasons[account.colleague["training_file"]] == "not chosen"
    assert len(planned.steps) + len(planned.kept) == len(account.look().items)


def test_ours_is_removed_and_nothing_else(account):
    receipt = execute(account.client, OPENAI, plan(account.look()))
    running = {account.running["training_file"], account.running["id"]}
    existed = {name for kind in account.before for name in kind}
    assert account.removed() == (account.made_by(account.mine) | running) & existed
    assert receipt.complete
    assert {o.result for o in receipt.outcomes} == {"gone", "stopped"}
    assert plan(account.look()).steps == ()  # a second clean-up has nothing to do


def test_deletions_happen_files_first_then_jobs_then_models(account):
    account.server.seen.clear()
    execute(account.client, OPENAI, plan(account.look()))
    order = [
        "file" if "/files/" in s.path else "job" if s.path.endswith("/cancel") else "model"
        for s in account.server.seen
        if s.method in ("DELETE", "POST")
    ]
    assert order == sorted(order, key=["file", "job", "model"].index)
    assert set(order) == {"file", "job", "model"}


# ---- somebody else's ----


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_choice_whatever_removes_somebody_elses(data):
    """Any selection, any mode, any typed text but the account's name: foreign things stay."""
    with LoopbackProvider() as server:
        account = Account(server)
        found = account.look()
        chosen = data.draw(st.none() | st.sets(st.sampled_from([i.key for i in found.items])))
        whole = data.draw(st.booleans())
        typed = data.draw(st.sampled_from(["", "OpenAI", "org", ACCOUNT.upper(), ACCOUNT + "x"]))
        try:
            planned = plan(found, keys=chosen, whole_account=whole, typed=typed)
            execute(account.client, OPENAI, planned)
        except Problem:
            assert account.removed() == set()
        foreign = {account.foreign_file, account.foreign_running["id"]}
        for job in (account.foreign, account.foreign_plain):
            foreign |= account.made_by(job)
        assert not account.removed() & foreign


def test_a_forged_plan_is_refused(account):
    """Even a plan that was not made by ``plan`` cannot touch what is not ours."""
    found = account.look()
    foreign = [item for item in found.items if item.owner == "other"]
    for item, owner in itertools.product(foreign, ("other", "project")):
        step = cleanup.Step(cleanup.ACTION[item.kind], replace(item, owner=owner))
        forged = replace(plan(found), steps=(step,))
        with pytest.raises(Problem, match="nothing was removed"):
            execute(account.client, OPENAI, forged)
        with pytest.raises(Problem, match="typed exactly"):
            execute(account.client, OPENAI, replace(forged, whole_account=True, typed="x"))
    assert account.removed() == set()


def test_a_plan_with_somebody_elses_is_not_even_made(account):
    for item in account.look().items:
        if item.owner == "other":
            with pytest.raises(Problem, match="1 of the things chosen were not made"):
                plan(account.look(), keys=[item.key])


def test_our_file_in_use_by_somebody_elses_job_stays(account):
    used = account.mine["training_file"]
    account.server.add_job(used, status="running", metadata={"made_by": "company"})
    planned = plan(account.look())
    assert used not in {step.item.id for step in planned.steps}
    reason = {item.id: why for item, why in planned.kept}[used]
    assert "in use by the running job" in reason


def test_use_that_began_after_the_plan_is_noticed(account):
    planned = plan(account.look())
    used = account.mine["training_file"]
    model = account.mine["fine_tuned_model"]
    account.server.add_job(used, status="running", model=model, metadata={"made_by": "company"})
    receipt = execute(account.client, OPENAI, planned)
    results = {outcome.id: outcome for outcome in receipt.outcomes}
    for name in (used, model):
        assert results[name].result == "still there"
        assert "in use by the running job" in results[name].reason
    assert not receipt.complete
    assert not account.removed() & {used, model}


def test_a_mark_in_the_wrong_place_is_no_mark(account):
    server = account.server
    server.add_file("my-soundalike-p-a-0123456789abcdef.jsonl")
    server.add_job(account.foreign_file, metadata={"note": "made_by soundalike"})
    ours_by_name = account.mine["training_file"]
    server.add_job(ours_by_name)  # somebody trained on our file, outside the app
    others = [item.id for item in account.look().items if item.owner == "other"]
    assert len(others) == len({*others}) and set(list(server.jobs)[-2:]) <= set(others)


def test_a_colleagues_things_go_only_when_chosen(account):
    found = account.look()
    keys = [i.key for i in found.items if i.owner == "app" and i.kind == "file"]
    execute(account.client, OPENAI, plan(found, keys=keys))
    gone = account.removed()
    assert account.colleague["training_file"] in gone
    assert not gone & account.made_by(account.mine)


def test_without_metadata_jobs_are_ours_by_their_file():
    with LoopbackProvider() as server:
        account = Account(server, NEBIUS)
        owners = {item.id: item.owner for item in account.look().items}
        assert owners[account.mine["id"]] == owners[account.running["id"]] == "project"
        assert owners[account.colleague["id"]] == "app"
        assert owners[account.foreign_plain["id"]] == owners[account.foreign["id"]] == "other"


# ---- everything in the account ----


@pytest.mark.parametrize("typed", ["", "yes", "OpenAI", ACCOUNT.title(), ACCOUNT[:-1]])
def test_everything_needs_the_accounts_own_name(account, typed):
    with pytest.raises(Problem, match="typed exactly"):
        plan(account.look(), whole_account=True, typed=typed)


def test_everything_in_the_account(account):
    planned = plan(account.look(), whole_account=True, typed=f" {ACCOUNT} ")
    receipt = execute(account.client, OPENAI, planned)
    assert receipt.complete and receipt.whole_account
    assert account.server.files == {}
    assert {m["owned_by"] for m in account.server.models.values()} == {"system"}
    stopped = {job["status"] for job in account.server.jobs.values()}
    assert stopped == {"succeeded", "cancelled"}


# ---- what really happened ----


def test_what_is_gone_already_is_gone(account):
    planned = plan(account.look())
    for step in planned.steps:
        if step.item.kind == "file":
            account.client.files.delete(step.item.id)
    assert execute(account.client, OPENAI, planned).complete


@pytest.mark.parametrize(
    ("how", "more"),
    [("status", {"status": 500}), ("cut", {}), ("html", {}), ("status", {"status": 403})],
)
def test_a_failed_deletion_is_reported_and_the_rest_goes_on(account, how, more):
    file = account.mine["training_file"]
    account.server.fault("DELETE", file, how, **more)
    receipt = execute(account.client, OPENAI, plan(account.look()))
    result = next(outcome for outcome in receipt.outcomes if outcome.id == file)
    assert result.result == "still there" and result.reason
    assert [o.result for o in receipt.outcomes].count("still there") == 1
    assert len(account.server.requests("DELETE", file)) == 1


def test_a_lost_yes_is_found_out_by_looking_again(account):
    file = account.mine["training_file"]
    account.server.fault("DELETE", file, "cut", done=True)
    receipt = execute(account.client, OPENAI, plan(account.look()))
    assert next(o for o in receipt.outcomes if o.id == file).result == "gone"


def test_a_yes_that_was_none_is_found_out_by_looking_again(account):
    file = account.mine["training_file"]
    account.server.fault("DELETE", file, "text", body='{"deleted": true}')
    outcome = execute(account.client, OPENAI, plan(account.look())).outcomes
    lied = next(o for o in outcome if o.id == file)
    assert (lied.result, "still there" in lied.reason) == ("still there", True)


def test_a_look_that_fails_leaves_it_unknown(account):
    file = account.mine["training_file"]
    planned = plan(account.look())
    account.server.fault("GET", f"/files/{file}", "status", status=500)
    outcomes = execute(account.client, OPENAI, planned).outcomes
    assert next(o for o in outcomes if o.id == file).result == "unknown"


def test_a_key_that_stops_working_stops_the_clean_up(account):
    planned = plan(account.look())
    account.server.fault("DELETE", "", "status", times=99, status=401)
    receipt = execute(account.client, OPENAI, planned)
    assert len(account.server.requests("DELETE", "")) == 1
    assert not receipt.complete and account.removed() == set()
    assert all("does not accept this key" in o.reason for o in receipt.outcomes)


def test_the_receipt_is_a_file_without_a_key(account):
    receipt = execute(account.client, OPENAI, plan(account.look()))
    text = receipt.to_json()
    assert account.server.key.encode() not in text
    saved = json.loads(text)
    assert saved["kind"] == "soundalike clean-up receipt" and saved["account"] == ACCOUNT
    assert len(saved["outcomes"]) == len(receipt.outcomes)


# ---- strange providers ----


def test_a_plan_for_another_provider_is_refused(account):
    planned = plan(account.look())
    with LoopbackProvider() as other:
        client = open_client(OPENAI, other.key, base_url=other.url)
        with pytest.raises(Problem, match="for another provider"):
            execute(client, OPENAI, planned)
    with pytest.raises(Problem, match="for another provider"):
        execute(account.client, NEBIUS, planned)


def test_what_is_not_in_the_list_cannot_be_chosen(account):
    with pytest.raises(Problem, match="not in the list any more"):
        plan(account.look(), keys=["file file-none"])


def test_an_account_that_cannot_be_read(account):
    account.server.fault("GET", "/files", "status", status=401)
    with pytest.raises(Problem, match="does not accept this key"):
        account.look()


def test_providers_without_some_lists_have_none_of_that(account):
    for path in ("/files", "/fine_tuning/jobs"):
        account.server.fault("GET", path, "status", times=9, status=404)
    found = account.look()
    assert {item.kind for item in found.items} <= {"model", "checkpoint"}
    assert found.account == OPENAI.name


def test_lists_that_never_end_are_left(account):
    many = len(account.look().items)
    account.server.endless = True
    assert len(account.look().items) == many
