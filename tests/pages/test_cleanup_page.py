"""The Clean up page: look, dry run, delete, receipt; and forgetting everything here."""

from __future__ import annotations

import time

import httpx2
import orjson
import pytest
from streamlit.testing.v1 import AppTest

from core.engine import EngineTransport
from core.providers import key_slot, load_profiles, open_client
from core.ui import state
from core.ui.state import SESSION_KEY, Session
from core.uploads import our_file_name
from tests.loopback_provider import LoopbackProvider

from .conftest import APP

KEY = "sk-made-up-for-this-test"


def mine(app) -> Session:
    return app.session_state[SESSION_KEY]


def run(element):
    app = element.run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def train(app) -> str:
    """One epoch on the smallest sample; the job's id."""
    run(app.button(key="sample_odile").click())
    run(app.switch_page("pages/train.py"))
    run(app.number_input(key="epochs").set_value(1))
    run(app.button(key="train").click())
    job_id = app.query_params["job"]
    deadline = time.monotonic() + 60
    while mine(app).snapshots[job_id].job.status != "succeeded" and time.monotonic() < deadline:
        time.sleep(0.2)
        run(app)
    return job_id


def open_cleanup(app):
    run(app.switch_page("pages/cleanup.py"))
    return run(app.button(key="look").click())


def table(app, column: str):
    """The table that has this column."""
    return next(one.value for one in app.dataframe if column in one.value.columns)


def tick(app, rows: dict[int, bool]) -> None:
    """Set tick boxes of the inventory by row."""
    found = app.session_state["inventory"]
    typed = f"account_name_{found.taken_at}"
    whole = typed in app.session_state and bool(app.session_state[typed])
    app.session_state[f"items_{found.taken_at}_{whole}"] = {
        "edited_rows": {row: {"delete": on} for row, on in rows.items()},
        "added_rows": [],
        "deleted_rows": [],
    }
    run(app)


@pytest.fixture
def provider():
    with LoopbackProvider(key=KEY) as running:
        yield running


def at_openai(app, provider) -> None:
    session = mine(app)
    session.base_urls["openai"] = provider.url
    session.api_keys[key_slot(load_profiles()["openai"], provider.url)] = KEY
    run(app.selectbox(key="provider").set_value("openai"))


# ---- the embedded engine ----


def test_embedded_dry_run_deletes_nothing_and_then_all_of_it_goes(app):
    train(app)
    open_cleanup(app)
    kinds = [item.kind for item in app.session_state["inventory"].items]
    assert {"file", "job", "model"} <= set(kinds)
    run(app.button(key="delete").click())
    assert len(table(app, "Step")) == len(kinds) - kinds.count("job")
    run(app.button(key="cancel_delete").click())
    run(app.button(key="look").click())
    assert [item.kind for item in app.session_state["inventory"].items] == kinds
    run(app.button(key="delete").click())
    run(app.button(key="confirm_delete").click())
    assert not app.error
    receipt = app.session_state["cleanup_receipt"]
    assert receipt.complete
    assert len(receipt.outcomes) == len(kinds) - kinds.count("job")
    assert {item.kind for item in app.session_state["inventory"].items} <= {"job"}
    assert app.download_button(key="download_receipt").label == "Download the receipt"
    assert orjson.loads(receipt.to_json())["outcomes"][0]["result"] == "gone"


def test_only_ticked_things_go(app):
    train(app)
    open_cleanup(app)
    items = app.session_state["inventory"].items
    model = next(n for n, item in enumerate(items) if item.kind == "model")
    tick(app, {n: n == model for n in range(len(items))})
    run(app.button(key="delete").click())
    run(app.button(key="confirm_delete").click())
    left = {item.key for item in app.session_state["inventory"].items}
    assert left == {item.key for item in items} - {items[model].key}


def test_a_plan_is_gone_when_the_ticks_change(app):
    train(app)
    open_cleanup(app)
    run(app.button(key="delete").click())
    assert app.button(key="confirm_delete")
    tick(app, {0: False})
    assert "confirm_delete" not in [button.key for button in app.button]


# ---- a provider ----


def test_provider_shows_only_ours_and_deletes_only_ours(app, provider):
    project = mine(app).project
    ours = provider.add_file(our_file_name("training.jsonl", b"{}\n", project))
    theirs = provider.add_file("holiday.jsonl")
    at_openai(app, provider)
    open_cleanup(app)
    owners = {item.id: item.owner for item in app.session_state["inventory"].items}
    assert owners[theirs] == "other"
    assert owners[ours] == "project"
    assert "holiday.jsonl" not in table(app, "delete")["name"].tolist()
    run(app.button(key="delete").click())
    run(app.button(key="confirm_delete").click())
    assert not app.error
    assert ours not in provider.files
    assert theirs in provider.files


def test_whole_account_needs_its_name_typed(app, provider):
    theirs = provider.add_file("holiday.jsonl")
    provider.add_job(theirs)
    at_openai(app, provider)
    open_cleanup(app)
    account = app.session_state["inventory"].account
    assert account == "org-loopback"
    assert "Nothing of yours is there." in [one.value for one in app.markdown]
    box = f"account_name_{app.session_state['inventory'].taken_at}"
    run(app.text_input(key=box).set_value("org-loop"))
    assert "delete" not in [b.key for b in app.button if not b.disabled]
    run(app.text_input(key=box).set_value(account))
    items = app.session_state["inventory"].items
    place = next(n for n, item in enumerate(items) if item.id == theirs)
    tick(app, {place: True})
    run(app.button(key="delete").click())
    run(app.button(key="confirm_delete").click())
    assert not app.error
    assert theirs not in provider.files
    assert app.session_state["cleanup_receipt"].whole_account
    fields = [one for one in app.text_input if one.key.startswith("account_name")]
    assert [one.value for one in fields] == [""]  # locked again


def test_wrong_key_is_a_sentence(app, provider):
    at_openai(app, provider)
    provider.key = "sk-another"
    open_cleanup(app)
    assert len(app.error) == 1
    assert KEY not in str(app.error[0])


# ---- forget everything ----


def client_of(visitor: str):
    transport = EngineTransport(state.engine())
    profile = load_profiles()["embedded"]
    return open_client(profile, visitor, http_client=httpx2.Client(transport=transport))


def stored_bytes() -> bytes:
    folder = state.engine_folder()
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def example(word: str) -> bytes:
    messages = [{"role": "user", "content": ""}, {"role": "assistant", "content": word}]
    return orjson.dumps({"messages": messages}) + b"\n"


def test_forget_everything_takes_mine_and_leaves_the_other_visitor(app):
    other = AppTest.from_file(APP, default_timeout=30)
    other.run()
    visitors = [mine(app).visitor, mine(other).visitor]
    assert visitors[0] != visitors[1]
    for visitor, word in zip(visitors, ("pomegranate-mine", "quincunx-theirs"), strict=True):
        client_of(visitor).files.create(file=(f"{word}.jsonl", example(word)), purpose="fine-tune")
    assert b"pomegranate-mine" in stored_bytes()
    run(app.button(key="sample_nan").click())
    mine(app).api_keys["openai"] = KEY
    run(app.switch_page("pages/train.py"))
    run(app.text_input(key="suffix").set_value("grandma"))
    run(app.switch_page("pages/cleanup.py"))
    run(app.button(key="forget").click())
    run(app.button(key="cancel_forget").click())
    assert mine(app).archive is not None
    run(app.button(key="forget").click())
    run(app.button(key="confirm_forget").click())
    assert mine(app).archive is None
    assert mine(app).api_keys == {}
    assert mine(app).visitor not in visitors
    for key in ("suffix", "inventory", "cleanup_plan", "forget_asked"):
        assert key not in app.session_state
    assert list(client_of(visitors[0]).files.list()) == []
    assert [f.filename for f in client_of(visitors[1]).files.list()] == ["quincunx-theirs.jsonl"]
    left = stored_bytes()
    assert b"pomegranate-mine" not in left
    assert b"quincunx-theirs" in left
    cookie = [h.proto.body for h in app.get("html") if "document.cookie" in h.proto.body]
    assert mine(app).visitor in cookie[0]
    assert visitors[0] not in cookie[0]
